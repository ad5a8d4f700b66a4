"""Builds the pages as files: a folder that any web host serves, or one file to open from a disk.

The pages are the notebooks' own. What each shows first is written into its file, so that it is there at once. Then Python (Pyodide)
starts in a worker and takes over. No page sends anything to anybody.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from os import environ
from pathlib import Path
from typing import Any, Final

import jinja2
import traitlets

import kapnb
from kapnb import paths
from kapnb.engine.edition import Edition
from kapnb.engine.problems import KapnbError, Problem
from kapnb.engine.records import parse_yaml
from kapnb.limits import PAGES_WITHOUT_SERVER
from kapnb.serve.pages import Page, read_pages, tell_home
from kapnb.site.pyodide import Runtime, find_node, find_runtime, make_snapshot, pack_tighter
from kapnb.text.html import element, fragment, join
from kapnb.text.words import ONE_FILE, STATIC, words
from kapnb.ui.scripts import join_modules

HERE: Final = Path(__file__).parent
STYLE: Final = paths.template() / "static" / "kapnb.css"
LEFT_OUT: Final = ("cli.py", "__main__.py", "serve", "site", "_schemas", "_notebooks", "share", "ui/static")
"""Of our package, what no page needs without a server."""
NEEDED_ALL_THE_SAME: Final = ("serve/__init__.py", "serve/event_log.py")
MANIFEST: Final = "manifest.json"
STORED: Final = (2026, 1, 1, 0, 0, 0)
"""The time that every packed file bears, so that the same input gives the same bytes."""
PLAIN: Final = b"self.importScripts = undefined;"
"""Pyodide takes a worker without it for a module, and refuses to start in any other. It loads nothing by it."""
DISK: Final = "if (location.protocol === 'file:') { disk.hidden = false; opening.hidden = true }"
"""From a disk a browser loads neither the style nor the script of a page in a folder."""
IMPORT: Final = re.compile(r'^import (\w+) from "([./\w]+)/(\w+)\.js";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A file of the build: its content as it is sent, and its name, in which its hash stands."""

    name: str
    content: bytes

    @property
    def link(self) -> dict[str, str]:
        integrity = base64.b64encode(hashlib.sha384(self.content).digest()).decode()
        return {"address": self.name, "integrity": f"sha384-{integrity}"}


def build(
    folder: Path,
    edition: Edition,
    *,
    one_file: bool = False,
    snapshot: bool = False,
    pages: Sequence[str] = PAGES_WITHOUT_SERVER,
    country: str | None = None,
    runtime: Path | None = None,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Write the pages.

    Args:
        folder: is made anew; a folder that holds anything that no build wrote is refused.
        edition: judges the cases; its pack goes along.
        one_file: one file that can be opened from a disk, instead of a folder for a web host.
        snapshot: also Python's memory as it is once the pages are imported, from which a browser starts sooner.
        pages: which of :data:`kapnb.limits.PAGES_WITHOUT_SERVER`.
        country: whose support lines come first.
        runtime: the unpacked or packed npm package ``pyodide``; by default it is fetched by npm.
        say: hears how far the build has come.

    Returns:
        The files written.

    Raises:
        KapnbError: with what cannot be built, and why.
    """
    if one_file and snapshot:
        raise KapnbError([Problem("--snapshot", words("site.one_file_without"))])
    prepare(folder)
    say(words("site.fetching"))
    python = find_runtime(runtime)
    say(words("site.drawing"))
    known = {page.name: page for page in read_pages(paths.notebooks())}
    variables = {
        STATIC: ONE_FILE if one_file else "folder",
        "KAPNB_GUIDANCE": edition.guidance.name,
        "KAPNB_COUNTRY": country or environ.get("KAPNB_COUNTRY", "us"),
    }
    files = {
        "kapnb.zip": pack(edition.guidance.folder),
        "python_stdlib.zip": loosen(python.library),
        "pyodide.asm.wasm": python.module,
    }
    if snapshot:
        say(words("site.remembering"))
        files["python.snapshot"] = make_snapshot(python, files["kapnb.zip"], variables, pages)
    if not one_file and not find_node():
        say(words("site.gzip_alone"))
    site = Site(edition, tuple(known[name] for name in pages), variables, files, python)
    with patched(variables):  # the pages are drawn here as they will be there
        written = site.write_one() if one_file else site.write_folder()
    for name, content in written.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in written]


@contextmanager
def patched(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: environ.get(name) for name in variables}
    environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            environ.pop(name) if value is None else environ.__setitem__(name, value)


def prepare(folder: Path) -> None:
    """Empty a folder that an earlier build wrote."""
    if folder.exists():
        mine = (folder / MANIFEST).is_file() or not any(folder.iterdir()) if folder.is_dir() else False
        if not mine:
            raise KapnbError([Problem(str(folder), words("site.not_ours"), remedy=words("site.remedy_not_ours"))])
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def pack(pack_folder: Path) -> bytes:
    """Our own package and its data, as the browser's Python unpacks them: YAML as JSON, and no file that no page needs."""
    root = Path(kapnb.__file__).parent
    found = {
        f"kapnb/{path.relative_to(root).as_posix()}": path
        for path in root.rglob("*")
        if is_needed(path.relative_to(root), pack_folder)
    }
    found |= {f"kapnb/_schemas/{path.name}": path for path in paths.schemas().glob("*.yaml")}
    traits = Path(traitlets.__file__).parent
    found |= {
        f"traitlets/{path.relative_to(traits).as_posix()}": path for path in traits.rglob("*.py") if "tests" not in path.parts
    }
    return store({name: write_plainly(path) for name, path in found.items()})


def store(files: Mapping[str, bytes]) -> bytes:
    """An archive without packing: packed as a whole afterwards it is smaller, and opens faster."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, STORED), content)
    return stored.getvalue()


def loosen(packed: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return store({name: archive.read(name) for name in archive.namelist()})


def is_needed(path: Path, pack_folder: Path) -> bool:
    name = path.as_posix()
    if path.suffix not in {".py", ".yaml", ".md", ".json", ".css", ".csv"} or "__pycache__" in path.parts:
        return False
    if path.parts[0] == "packs" and len(path.parts) > 2:
        return path.parts[1] == pack_folder.name
    return name in NEEDED_ALL_THE_SAME or not any(name == one or name.startswith(f"{one}/") for one in LEFT_OUT)


def write_plainly(path: Path) -> bytes:
    """A file as the browser's Python takes it: YAML as JSON, in the front of a vignette too."""
    text = path.read_text("utf-8")
    if path.suffix == ".yaml":
        text = as_json(text, path)
    elif path.suffix == ".md" and text.startswith("---\n"):
        front, _, body = text.removeprefix("---\n").partition("\n---\n")
        text = f"---\n{as_json(front, path)}\n---\n{body}"
    return text.encode()


def as_json(text: str, path: Path) -> str:
    return json.dumps(parse_yaml(text, path.name, KapnbError), ensure_ascii=False)


def write_worker(python: Runtime) -> bytes:
    """One plain script for the worker: modules do not start there from a disk."""
    own = (HERE / "static" / "worker.js").read_bytes()
    return b"\n".join((PLAIN, python.loader, python.script, own))


def write_script() -> bytes:
    static = HERE / "static"

    def link(found: re.Match[str]) -> str:
        name, folder, module = found.groups()
        return join_modules(module, static / folder).replace("export default ", f"const {name} = ")

    return IMPORT.sub(link, (static / "host.js").read_text("utf-8")).encode()


@dataclass(frozen=True)
class Site:
    """What a build is made of."""

    edition: Edition
    pages: tuple[Page, ...]
    variables: Mapping[str, str]
    files: Mapping[str, bytes]
    runtime: Runtime

    def write_folder(self) -> dict[str, bytes]:
        """The files of a folder by their names."""
        style, script = name_file("style.css", STYLE.read_bytes()), name_file("page.js", write_script())
        worker = name_file("worker.js", write_worker(self.runtime))
        packed = {name: [name_file(f"{name}{end}", data) for end, data in squeeze(content)] for name, content in self.files.items()}
        addresses = {page.name: f"{page.name}.html" for page in self.pages}
        settings = self.settings(
            addresses, worker={"address": worker.name}, files={name: [way.link for way in ways] for name, ways in packed.items()}
        )
        policy = write_policy(f"'self' {allow(DISK)}", style="'self' 'unsafe-inline'", connect="'self'", worker="'self'")
        links = {"style": style.link, "script": script.link, "manifest": "manifest.html", "home": "index.html"}
        links |= {"policy": policy, "disk": DISK}

        def render(place: Mapping[str, str], title: str, current: str = "") -> bytes:
            return self.render(addresses, [place], title, settings=settings, current=current, **links)

        written = {addresses[page.name]: render(draw(page), page.title, page.name) for page in self.pages}
        written["index.html"] = render(self.draw_home(), words("shell.index_title"))
        written |= {one.name: one.content for one in (style, script, worker)}
        written |= {f"{name}{end}": data for name, content in written.items() for end, data in squeeze(content)}
        written |= {one.name: one.content for ways in packed.values() for one in ways}
        listed = self.list_files(written)
        written["manifest.html"] = render(draw_manifest(listed), words("site.manifest"))
        return {**written, MANIFEST: json.dumps(listed, indent=1).encode()}

    def write_one(self) -> dict[str, bytes]:
        """One file, in which everything stands."""
        script = f"(() => {{\n'use strict';\n{write_script().decode()}}})();"  # a module would wait for the whole file
        parts = {"worker": write_worker(self.runtime), **self.files}
        embedded = [(f"file-{name}", base64.b64encode(pack_tight(content)).decode()) for name, content in parts.items()]
        addresses = {page.name: f"#{page.name}" for page in self.pages}
        settings = self.settings(
            addresses, worker={"id": "file-worker"}, files={name: [{"id": f"file-{name}"}] for name in self.files}
        )
        policy = write_policy(f"{allow(script)} blob:", style="'unsafe-inline'", connect="'none'", worker="blob:")
        texts: dict[str, Any] = {"style": {"text": STYLE.read_text("utf-8")}, "script": {"text": script}, "embedded": embedded}
        places = [self.draw_home(), *map(draw, self.pages)]
        page = self.render(addresses, places, words("shell.index_title"), policy=policy, settings=settings, **texts)
        return {"kapnb.html": page, MANIFEST: json.dumps(self.list_files({"kapnb.html": page}), indent=1).encode()}

    def settings(self, addresses: Mapping[str, str], **given: Any) -> dict[str, Any]:
        """What the script of a page has to know."""
        lock = {"info": self.runtime.info, "packages": {}}
        return {"variables": dict(self.variables), "lock": lock, "pages": dict(addresses), **given}

    def render(
        self, addresses: Mapping[str, str], places: Sequence[Mapping[str, str]], title: str, *, settings: Any, **context: Any
    ) -> bytes:
        """A document with one or more pages in it. Pages lead to one another by name; here each has another address."""
        told = {"words": words, "pages": self.pages, "base_url": "./", "title": title, "settings": as_data(settings)}
        runs = any("state" in place for place in places)
        html = templates().get_template("page.html.j2").render(**told, places=places, runs=runs, **context)
        for name, address in addresses.items():
            html = html.replace(f'href="./{name}"', f'href="{address}"')
        html = html.replace('href="./"', f'href="{context.get("home", "#home")}"')
        return html.encode()

    def draw_home(self) -> dict[str, str]:
        """The landing page's content: the same as of the server, with a word on what is left out."""
        home = templates().get_template("home.html.j2")
        told = tell_home(self.edition.guidance) | {"places": words("site.left_out")}
        page = home.render(words=words, pages=self.pages, base_url="./", asset=str, **told)
        _, html, _ = re.split(r"<main\b[^>]*>|</main", page)
        return {"name": "home", "html": html}

    def list_files(self, written: Mapping[str, bytes]) -> dict[str, Any]:
        """What was built of what, and when; each file with its size and its hash."""
        hashes = {name: hashlib.sha384(content).hexdigest() for name, content in sorted(written.items())}
        return {
            "kapnb": kapnb.__version__,
            "pack": self.edition.guidance.name,
            "edition": self.edition.guidance.ledger.edition,
            "pyodide": self.runtime.version,
            "built": datetime.now(UTC).date().isoformat(),
            "files": {name: {"bytes": len(written[name]), "sha384": digest} for name, digest in hashes.items()},
        }


def draw_manifest(listed: Mapping[str, Any]) -> dict[str, str]:
    """The list of files as a page, for whoever has to vouch for the folder."""
    facts = [element("p", f"{name}: {value}") for name, value in listed.items() if name != "files"]
    rows = []
    for name, one in listed["files"].items():
        size, digest = element("td", f"{one['bytes']:,}"), element("td", element("code", one["sha384"]))
        rows.append(element("tr", element("th", name, scope="row"), size, digest))
    head = element("tr", *(element("th", words(f"site.manifest_{name}"), scope="col") for name in ("file", "bytes", "hash")))
    table = element("div", element("table", head, *rows), class_="site-files", tabindex="0")
    return {"name": "manifest", "html": fragment(element("h1", words("site.manifest")), *facts, table)}


def draw(page: Page) -> dict[str, str]:
    """What a page shows first: its title, its markup, and the rest of what its view has to know."""
    widget = import_module(f"kapnb.ui.{page.name}").show_page().widget
    html = str(widget.frame)
    for name in widget.regions:
        before, place, after = re.split(rf'(data-region="{name}"[^>]*>)', html)  # the frame has a place for each region
        html = before + place + getattr(widget, f"html_{name}") + after
    names = ("options", "session", "frame", "regions", "classes", "heard", "said", "saved", "fresh", "refused", "focus")
    head = (element("h1", text.lstrip("# ")) if text.startswith("#") else element("p", text) for text in page.blocks)
    return {
        "name": page.name,
        "head": str(join(head)),
        "html": html,
        "classes": widget.classes,
        "state": as_data({name: getattr(widget, name) for name in names}),
    }


def write_policy(script: str, *, style: str, connect: str, worker: str) -> str:
    """What the browser may load and run: compiled code, but no text as code, and nothing from another host."""
    rest = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"
    return f"{rest}; script-src {script} 'wasm-unsafe-eval'; style-src {style}; connect-src {connect}; worker-src {worker}"


def allow(script: str) -> str:
    """As a policy names a script that stands in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def as_data(value: Any) -> str:
    """JSON that can stand in a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def name_file(name: str, content: bytes) -> File:
    stem, dot, ending = name.partition(".")
    return File(f"{stem}.{hashlib.blake2b(content, digest_size=6).hexdigest()}{dot}{ending}", content)


def squeeze(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Content as it is packed, by the ending of its name: the smallest first."""
    if find_node():
        yield ".br", pack_tighter(content)
    yield ".gz", pack_tight(content)


def pack_tight(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def templates() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader([HERE, paths.template()]), autoescape=False)  # noqa: S701  # each template escapes
