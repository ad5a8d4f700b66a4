"""Whether an installation can serve. What it needs is looked at, each page is opened once; what is wrong comes with a remedy."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from kapnb import paths
from kapnb.engine.problems import KapnbError, Problem
from kapnb.text.words import words

if TYPE_CHECKING:
    from kapnb.serve.launcher import Options

Tell = Callable[[str], object]

TEMPLATES: Final = (
    "conf.json",
    "frame.html.j2",
    "home.html.j2",
    "index.html.j2",
    "shell.html.j2",
    "token.html.j2",
    "trouble.html.j2",
)
STYLES: Final = ("static/apart.js", "static/kapnb.css", "static/session.js", "static/waiting.js")
SCRIPTS: Final = ("aside.js", "choices.js", "keeper.js", "line.js", "panel.js", "sheet.js")
DRAWN_WITH: Final = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
"""What other packages put where Jupyter looks for it."""

PATIENCE: Final = 25
"""Seconds for the server to start and for all pages to open."""


def check(chosen: Mapping[str, Any], tell: Tell) -> int:
    """Say of everything whether it is good. Exit code 0: the installation can serve; 1: it cannot, and what to do has been said.

    Args:
        chosen: what :class:`kapnb.serve.launcher.Options` takes.
        tell: how to say it, line by line.
    """
    if report(tell, "python", check_python) + report(tell, "packages", check_packages) == 0:
        from kapnb.serve.launcher import Options  # it needs the packages

        options = Options(**chosen)
        looks = (
            ("content", check_content),
            ("notebooks", check_notebooks),
            ("files", check_files),
            ("folder", check_folder),
            ("handles", check_handles),
            ("port", check_port),
        )
        found = sum(report(tell, name, look, options) for name, look in looks)
        if found == 0 and report(tell, "pages", check_pages, options, tell) == 0:
            tell(words("serving.check_good"))
            return 0
    tell(words("serving.check_bad"))
    return 1


def report(tell: Tell, name: str, look: Callable[..., Iterable[Problem]], *given: Any) -> int:
    """Look, say what was found, and how much it was."""
    try:
        problems = list(look(*given))
    except KapnbError as error:
        problems = list(error.problems)
    verdict = words("serving.check_fault" if problems else "serving.check_fine")
    tell(words("serving.check_line", verdict=verdict, what=words(f"serving.check_{name}")))
    for problem in problems:
        tell(f"  {problem}")
    return len(problems)


def check_python() -> Iterator[Problem]:
    from packaging.specifiers import SpecifierSet  # comes with Jupyter

    wanted, own = read_needs()[0], ".".join(map(str, sys.version_info[:3]))
    if own not in SpecifierSet(wanted):
        yield Problem("Python", words("serving.version_is", version=own), wanted, words("serving.remedy_python"))


def check_packages() -> Iterator[Problem]:
    from packaging.requirements import Requirement  # as above

    for need in map(Requirement, read_needs()[1]):
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(need.name)
        except PackageNotFoundError:
            yield Problem(need.name, words("serving.package_missing"), str(need), words("serving.remedy_package", need=need))
            continue
        if not need.specifier.contains(there, prereleases=True):
            what = words("serving.version_is", version=there)
            yield Problem(need.name, what, str(need), words("serving.remedy_package", need=need))


def read_needs() -> tuple[str, list[str]]:
    """The versions of Python, and the packages, that kapnb asks for: what the checkout says, else the installed package."""
    try:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    except (OSError, KeyError):
        installed = metadata("kapnb")
        return installed["Requires-Python"], installed.get_all("Requires-Dist") or []


def check_content(_: Options) -> Iterator[Problem]:
    """The dictionary, the guidance and the practice cases."""
    from kapnb.engine.edition import load_guidance
    from kapnb.training.library import load_library

    load_guidance()
    load_library()
    yield from ()


def check_notebooks(options: Options) -> Iterator[Problem]:
    from kapnb.serve.pages import read_page

    paths = sorted(options.notebooks.glob("*.ipynb"))
    if not paths:
        yield Problem(str(options.notebooks), words("serving.no_notebook"), remedy=words("serving.remedy_install"))
    for path in paths:
        try:
            read_page(path)
        except KapnbError as error:
            yield from error.problems


def check_files(_: Options) -> Iterator[Problem]:
    from jupyter_core.paths import jupyter_path

    for folder, names in ((paths.template(), (*TEMPLATES, *STYLES)), (Path(__file__).parents[1] / "ui" / "static", SCRIPTS)):
        for name in names:
            if not (folder / name).is_file():
                yield Problem(str(folder / name), words("serving.file_missing"), remedy=words("serving.remedy_install"))
    for name in DRAWN_WITH:
        if not any((Path(folder) / name / "package.json").is_file() for folder in jupyter_path("labextensions")):
            yield Problem(name, words("serving.file_missing"), remedy=words("serving.remedy_package", need="anywidget ipywidgets"))


def check_folder(_: Options) -> Iterator[Problem]:
    """The temporary folder, where the sockets between the server and its pages lie."""
    from kapnb.serve.health import can_write
    from kapnb.serve.launcher import fits, short_folder

    folder = short_folder() or tempfile.gettempdir()
    if not can_write(folder):
        yield Problem(folder, words("serving.folder_full"), remedy=words("serving.remedy_folder"))
    if sys.platform != "win32" and not fits(folder):
        yield Problem(folder, words("serving.folder_long"), remedy=words("serving.remedy_folder"))


def check_handles(options: Options) -> Iterator[Problem]:
    """Files and sockets that the system lets the server have, enough for all the pages that may be open."""
    from kapnb.serve.handles import make_room
    from kapnb.serve.launcher import too_few_handles

    fit = make_room(options.max_sessions)
    if fit < options.max_sessions:
        yield too_few_handles(options, fit)


def check_port(options: Options) -> Iterator[Problem]:
    from kapnb.serve.launcher import bind

    for taken in bind(options):
        taken.close()
    yield from ()


def check_pages(options: Options, tell: Tell) -> Iterator[Problem]:
    """Start a server that only this machine reaches, and open each page as a browser would."""
    from kapnb.serve.pages import read_pages

    with serving(options.notebooks) as address:
        if not address:
            yield Problem("kapnb serve", words("serving.not_started"), remedy=words("serving.remedy_start"))
            return
        for page in read_pages(options.notebooks):
            tell(words("serving.check_opening", page=page.label))
            if not opens(address, page.name):
                yield Problem(f"{page.name}.ipynb", words("serving.page_fails"), remedy=words("serving.remedy_start"))


@contextmanager
def serving(notebooks: Path) -> Iterator[str]:
    """The address of a server of its own, or nothing when none came up in time."""
    command = [sys.executable, "-m", "kapnb", "serve", "--port", "0", "--preheat", "0", "--notebooks", str(notebooks)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603  # our own command
    patience = Timer(PATIENCE, server.terminate)
    patience.start()
    try:
        assert server.stdout  # noqa: S101  # asked for just now
        said = re.search(r"http://\S+", server.stdout.readline())
        yield said[0] if said else ""
    finally:
        patience.cancel()
        server.terminate()
        server.wait()
        if server.stdout:
            server.stdout.close()


def opens(address: str, page: str) -> bool:
    """Whether a page comes whole, and the process behind it lives."""
    try:
        status, text = ask(address, page)
        kernel = re.search(r'"kernelId": "([\w-]+)"', text)
        return (
            status == 200
            and kernel is not None
            and "shell-failure" not in text
            and ask(address, f"kapnb/alive/{kernel[1]}")[0] == 204
        )
    except (HTTPException, OSError):
        return False


def ask(address: str, path: str) -> tuple[int, str]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=PATIENCE)
    try:
        connection.request("GET", f"{parts.path}{path}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
