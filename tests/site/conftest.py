"""The pages without a server, built once, as a folder behind a plain web host and as one file on a disk."""

from __future__ import annotations

import fcntl
import functools
import gzip
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Self

import pytest
from playwright.sync_api import Browser, Page

from kapnb.engine.problems import KapnbError
from kapnb.site.build import build
from kapnb.site.pyodide import Runtime, fetch, find_node, find_runtime
from tests.browser.assess_page import AssessPage
from tests.bundled import EDITION
from tests.served import PATIENCE

BELOW = "/some/where"
"""The folder works below any path."""


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """What takes long is made by the worker that asks first, under a name; the others of the run wait for it, and share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make_once(name: str, make: Callable[[Path], object]) -> Path:
        made, unfinished = shared / f"site-{name}", shared / f"site-{name}.unfinished"
        with (shared / f"site-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                make(unfinished)
                unfinished.rename(made)
        return made

    return make_once


@pytest.fixture(scope="session")
def package(once: Once) -> Path:
    """The npm package ``pyodide``, as npm has it."""
    try:
        return once("pyodide.tgz", lambda path: path.write_bytes(fetch()))
    except KapnbError as failure:
        pytest.skip(str(failure))


@pytest.fixture(scope="session")
def runtime(package: Path) -> Runtime:
    return find_runtime(package)


@pytest.fixture(scope="session")
def folder(package: Path, once: Once) -> Path:
    """As it is passed on."""
    return once("folder", lambda path: build(path, EDITION, runtime=package, say=str))


@pytest.fixture(scope="session")
def with_snapshot(package: Path, once: Once) -> Path:
    """A folder whose pages start soonest, for tests of what comes afterwards; without node one that starts in the ordinary way."""

    def make(path: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            pack_lightly(patch)
            build(path, EDITION, snapshot=bool(find_node()), runtime=package, say=str)

    return once("snapshot", make)


@pytest.fixture(scope="session")
def one_file(package: Path, once: Once) -> Path:
    return once("one", lambda path: build(path, EDITION, one_file=True, runtime=package, say=str)) / "kapnb.html"


def pack_lightly(patch: pytest.MonkeyPatch) -> None:
    """Packing as tight as can be takes most of a build's time."""
    patch.setattr("kapnb.site.build.find_node", lambda: "")
    patch.setattr("kapnb.site.build.pack_tight", lambda content: gzip.compress(content, 1, mtime=0))


@dataclass
class Host:
    """A plain web host: files as they lie there, nothing packed on the way.

    Attributes:
        asked: the addresses, each with its bytes.
        until: of each file no more is sent than what comes before this, until ``go_on`` is set.
        lacks: an ending; there are no files with it.
    """

    folder: Path
    asked: list[tuple[str, int]] = field(default_factory=list)
    until: bytes | None = None
    lacks: str | None = None
    go_on: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        host = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def translate_path(self, path: str) -> str:
                missing = "-" if host.lacks and path.endswith(host.lacks) else ""
                return super().translate_path(path.removeprefix(BELOW)) + missing

            def end_headers(self) -> None:
                self.send_header("Cache-Control", "no-store")  # so that a browser asks again for what is missing by then
                super().end_headers()

            def send_response(self, code: int, message: str | None = None) -> None:
                size = (host.folder / self.path.split("?")[0].removeprefix(f"{BELOW}/")) if code == 200 else None
                host.asked.append((self.path, size.stat().st_size if size and size.is_file() else 0))
                super().send_response(code, message)

            def copyfile(self, source: IO[bytes], outputfile: Any) -> None:
                text = source.read()
                before, mark, after = text.partition(host.until) if host.until else (text, b"", b"")
                outputfile.write(before)
                if mark:
                    outputfile.flush()
                    host.go_on.wait(PATIENCE)
                with suppress(ConnectionError):  # the visitor may have left meanwhile
                    outputfile.write(mark + after)

            def log_message(self, *_: object) -> None:
                pass

        handler = functools.partial(Handler, directory=str(self.folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{BELOW}/*.html"

    def address(self, page: str) -> str:
        return self.url.replace("*", page)


@dataclass
class Site:
    """Where the pages are, and what went wrong in any of them; to ask anything of anybody else is wrong."""

    page: Page
    addresses: dict[str, str]
    complaints: list[str]
    host: Host | None = None

    def assess(self) -> AssessPage:
        app = AssessPage(self.page, "")
        app.address = self.addresses["assessment"]
        return app


PAGES = ("index", "assessment", "training", "article", "sets")

HOLD = """
window.Worker = class extends Worker { constructor(given) { super(given); window.started = this } }
URL.createObjectURL = ((make) => (content) => make(window.handed = content))(URL.createObjectURL)
"""
"""Has the page's worker at hand, and the file that it handed out last."""


@pytest.fixture
def static_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kapnb.text.words._static", "1")


@pytest.fixture(scope="module")
def server(with_snapshot: Path) -> Iterator[SimpleNamespace]:
    """Stands in for the server: the address of the folder's pages, with a star for the name."""
    with Host(with_snapshot) as host:
        yield SimpleNamespace(url=host.url)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """In a browser of a visitor who has never been here. A page that complains fails the test that asks."""
    which, kind = request.param.split()
    browser: Browser = request.getfixturevalue(which)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, complaints = context.new_page(), list[str]()
    page.add_init_script(HOLD)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("requestfailed", lambda asked: asked.is_navigation_request() or complaints.append(f"{asked.url} {asked.failure}"))
    place: Path = request.getfixturevalue(kind)

    def watch(base: str) -> None:
        own = (base, "data:", "blob:", "about:")
        page.on("request", lambda asked: None if asked.url.startswith(own) else complaints.append(asked.url))

    if place.is_dir():
        with Host(place) as host:
            watch(host.address("").rsplit("/", 1)[0])
            yield Site(page, {name: host.address(name) for name in PAGES}, complaints, host)
    else:
        base = place.as_uri()
        watch(base)
        yield Site(page, {name: f"{base}#{name}" for name in PAGES}, complaints)
    context.close()
