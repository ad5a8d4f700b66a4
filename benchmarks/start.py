"""How soon a page is there, and what travels for it: in Chromium, against the served app.

Beside the assessment page stands an empty one, a notebook with one label and one slider: served by the same server in the same
template, and by Voila itself with its own, as one gets it without kapnb. They are opened in turn, each by a browser that has never
been there and by one that has. The clock is the browser's, from the request until the first question, or the slider, is on view.
What Voila's template asks of a foreign host fails at once here, which is to its advantage.

Then the app is started anew, with and without a kernel kept ready, until it answers (looked at ten times a second), and its first
page is opened. Last, all bytes that come from the server are counted for a first and a second visit of each page: answers, their
headers, and messages on the socket. Aims: the first question within 1.3 of the empty page, a second visit below 50 kB.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks import figures, rounds
from benchmarks.figures import Figure, over_rounds
from kapnb.paths import notebooks
from tests import chromium
from tests.serve.test_transfer import PAGES, Meter, visit
from tests.served import Served, wait_for

ROUNDS, STARTS, VISITS = 15, 5, 3

EMPTY = 'import ipywidgets\nipywidgets.VBox([ipywidgets.Label("Ready"), ipywidgets.IntSlider()])'
QUESTION, SLIDER = "fieldset input[type=radio]", ".widget-slider"

NAMES = {
    "empty": "empty page, same server and template",
    "voila": "empty page, Voila by itself",
    "assessment": "assessment page, first question",
}

UNTIL_SEEN = """(wanted) => new Promise((done) => {
  const look = () => {
    const there = [...document.querySelectorAll(wanted)].some((one) => one.getBoundingClientRect().height);
    return there ? done(performance.now()) : requestAnimationFrame(look);
  };
  look();
})"""


def open_page(context: BrowserContext, address: str, wanted: str) -> float:
    """Milliseconds until something of a page is on view; then it is left."""
    page = context.new_page()
    page.goto(address, wait_until="commit")
    seen: float = page.evaluate(UNTIL_SEEN, wanted)
    page.goto("about:blank")  # leaving ends the session
    page.close()
    return seen


def open_first(browser: Browser, address: str, wanted: str) -> float:
    """In a browser that has never been there."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        return open_page(context, address, wanted)
    finally:
        context.close()


@contextmanager
def voila_itself(folder: Path) -> Iterator[str]:
    """Voila as it comes, with one notebook."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    room = folder / "voila"
    room.mkdir()
    own = {f"JUPYTER_{kind}_DIR": str(room / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "voila", "empty.ipynb", "--no-browser", f"--port={port}"]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"

    def answers() -> bool:
        try:
            with urlopen(f"{address}voila/static/voila.js") as answer:
                return bool(answer.status == 200)
        except URLError:
            return False

    try:
        wait_for(answers, 60)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def compare_pages(browser: Browser, folder: Path, many: int) -> list[Figure]:
    with Served("--notebooks", str(folder)) as served, voila_itself(folder) as voila, ExitStack() as stack:
        places = {
            "empty": (f"{served.url}empty", SLIDER),
            "voila": (voila, SLIDER),
            "assessment": (f"{served.url}assessment", QUESTION),
        }
        known = {name: browser.new_context(viewport={"width": 1280, "height": 800}) for name in places}
        for context in known.values():
            stack.callback(context.close)

        def again(name: str) -> Callable[[], float]:
            return lambda: open_page(known[name], *places[name])

        def first(name: str) -> Callable[[], float]:
            return lambda: open_first(browser, *places[name])

        told = []
        for key, what, opener in (("again", "that has been there", again), ("first", "that has never been there", first)):
            contenders = {name: opener(name) for name in places}
            rounds.run(contenders, 2)
            group = f"A page in a browser {what}"
            told += figures.compare(key, group, "ms", NAMES, rounds.run(contenders, many), base="empty", aims={"assessment": 1.3})
    return told


def start_app(browser: Browser, *, spares: int) -> tuple[float, float]:
    """Milliseconds until the app answers, and until the first question of its first page is on view once it does."""
    begun = perf_counter()
    with Served("--preheat", str(spares)) as served:
        assert served.ask("/").status == 200
        answered = (perf_counter() - begun) * 1e3
        if spares:
            wait_for(served.kernels, 60)
        return answered, open_first(browser, f"{served.url}assessment", QUESTION)


def compare_starts(browser: Browser, many: int) -> list[Figure]:
    ways = {"cold": partial(start_app, browser, spares=0), "ready": partial(start_app, browser, spares=1)}
    measured = rounds.run(ways, many)
    answered = [own for starts in measured.values() for own, _ in starts]
    cold, ready = ([page for _, page in measured[way]] for way in ways)
    group = "The app is started"
    return [
        over_rounds("answers", group, "until it answers", "ms", answered),
        over_rounds("page_cold", group, "its first page, until the first question, --preheat 0", "ms", cold),
        over_rounds("page_ready", group, "its first page, until the first question, --preheat 1 and ready", "ms", ready),
    ]


def count_bytes(browser: Browser, many: int) -> list[Figure]:
    told = []
    with Served() as served:
        meter = Meter(served.port)
        for page in PAGES:
            firsts, seconds = [], []
            for _ in range(many):
                context = browser.new_context()
                firsts.append(visit(context, meter, page)[0] / 1e3)
                seconds.append(visit(context, meter, page)[0] / 1e3)
                context.close()
            group = "What travels to a browser, all of it"
            told.append(over_rounds(f"bytes_first_{page}", group, f"{page}, first visit", "kB", firsts))
            told.append(over_rounds(f"bytes_second_{page}", group, f"{page}, second visit", "kB", seconds, at_most=50))
        meter.stop()
    return told


def measure(*, brief: bool = False) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Empty"), nbformat.v4.new_code_cell(EMPTY)])
        nbformat.write(notebook, folder / "empty.ipynb")
        shutil.copy(notebooks() / "assessment.ipynb", folder)
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=[*chromium.flags(), alone])
        try:
            return [
                *compare_pages(browser, folder, 2 if brief else ROUNDS),
                *compare_starts(browser, 1 if brief else STARTS),
                *count_bytes(browser, 1 if brief else VISITS),
            ]
        finally:
            browser.close()


if __name__ == "__main__":
    figures.show(measure(brief="--brief" in sys.argv))
