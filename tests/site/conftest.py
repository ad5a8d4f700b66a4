"""The pages without a server, built once, as a folder behind a plain web host and as one file on a disk."""

from __future__ import annotations

import functools
import http.server
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Self

import pytest

from kapnb.engine.edition import load_guidance
from kapnb.engine.problems import KapnbError
from kapnb.site.build import build
from kapnb.site.pyodide import Runtime, fetch, find_runtime
from kapnb.text.words import STATIC
from tests.browser.assess_page import AssessPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

EDITION = load_guidance("begley").bind()
BELOW = "/some/where"
"""The folder works below any path."""


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package ``pyodide``, as npm has it."""
    path = tmp_path_factory.mktemp("npm") / "pyodide.tgz"
    try:
        path.write_bytes(fetch())
    except KapnbError as failure:
        pytest.skip(str(failure))
    return path


@pytest.fixture(scope="session")
def runtime(package: Path) -> Runtime:
    return find_runtime(package)


@pytest.fixture(scope="session")
def folder(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "folder"
    build(path, EDITION, runtime=package, say=lambda _: None)
    return path


@pytest.fixture(scope="session")
def one_file(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "one"
    build(path, EDITION, one_file=True, runtime=package, say=lambda _: None)
    return path / "kapnb.html"


@dataclass
class Host:
    """A plain web host: files as they lie there, nothing packed on the way. ``asked`` are the addresses, each with its bytes."""

    folder: Path
    asked: list[tuple[str, int]] = field(default_factory=list)

    def __enter__(self) -> Self:
        host = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def translate_path(self, path: str) -> str:
                return super().translate_path(path.removeprefix(BELOW))

            def send_response(self, code: int, message: str | None = None) -> None:
                size = (host.folder / self.path.split("?")[0].removeprefix(f"{BELOW}/")) if code == 200 else None
                host.asked.append((self.path, size.stat().st_size if size and size.is_file() else 0))
                super().send_response(code, message)

            def log_message(self, *_: object) -> None:
                pass

        handler = functools.partial(Handler, directory=str(self.folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
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
    """Where the pages are, and what went wrong in any of them."""

    page: Page
    addresses: dict[str, str]
    complaints: list[str]

    def assess(self) -> AssessPage:
        app = AssessPage(self.page, "")
        app.address = self.addresses["assessment"]
        return app


PAGES = ("index", "assessment", "training", "article", "sets")

HOLD = "window.Worker = class extends Worker { constructor(given) { super(given); window.started = this } }"
"""Has the page's worker at hand."""

as_served = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.usefixtures("static_words")]
"""Of a file whose tests are those of the served pages."""


@pytest.fixture
def static_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATIC, "1")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[SimpleNamespace]:
    """Stands in for the server: the address of the folder's pages, with a star for the name."""
    with Host(folder) as host:
        yield SimpleNamespace(url=host.url)


@pytest.fixture(params=["browser folder", "browser file", "firefox folder", "firefox file"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Both kinds, in a browser of a visitor who has never been here. A page that complains fails the test that asks."""
    which, kind = request.param.split()
    browser: Browser = request.getfixturevalue(which)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, complaints = context.new_page(), list[str]()
    page.add_init_script(HOLD)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("requestfailed", lambda asked: complaints.append(f"{asked.url} {asked.failure}"))
    if kind == "folder":
        with Host(request.getfixturevalue("folder")) as host:
            yield Site(page, {name: host.address(name) for name in PAGES}, complaints)
    else:
        base = request.getfixturevalue("one_file").as_uri()
        yield Site(page, {name: f"{base}#{name}" for name in PAGES}, complaints)
    context.close()
