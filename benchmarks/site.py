"""The pages without a server beside the served ones, by the browser's clock; their host is on this machine and packs nothing."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright

from benchmarks.figure import Figure, over, take_turns
from benchmarks.pages import QUESTION, UNTIL_SEEN
from kapnb.site.build import build
from kapnb.site.pyodide import fetch
from tests import chromium
from tests.served import Served
from tests.site.conftest import EDITION, Host

READY = f"html[data-python=ready] {QUESTION}"
LOADED = "performance.getEntries().reduce((sum, { transferSize }) => sum + (transferSize ?? 0), 0)"
TOLD = ("the first question", "an explanation", "loaded", "the first question, again", "an explanation, again", "loaded again")
FOLDER, SNAPSHOT, FILE = "pages in a folder", "pages in a folder, with a snapshot", "pages in one file"
ROWS = {FOLDER: (0, 1, 2, 4, 5), SNAPSHOT: (1, 2, 4), FILE: (0, 1, 2)}


def visit_twice(playwright: Playwright, address: str, wanted: str, count_bytes: Callable[[Page], int]) -> list[float]:
    told: list[float] = []
    with tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=chromium.find(), args=chromium.flags())
        for _ in range(2):
            page = context.new_page()
            page.goto(address, wait_until="commit")
            told += [page.evaluate(UNTIL_SEEN, one) for one in (QUESTION, wanted)]
            told.append(count_bytes(page) / 1e6)
            page.goto("about:blank")  # leaving ends a session of the server
        context.close()
    return told


def measure(*, brief: bool) -> list[Figure]:
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (package := place / "pyodide.tgz").write_bytes(fetch())
        ways = {"serve": (f"{stack.enter_context(Served()).url}assessment", QUESTION, lambda page: page.evaluate(LOADED))}
        for name in ROWS:
            build(place / name, EDITION, runtime=package, say=str, snapshot=name == SNAPSHOT, one_file=name == FILE)
            host = stack.enter_context(Host(place / name))
            sent = lambda _, asked=host.asked: sum(asked.pop()[1] for _ in list(asked))  # noqa: E731
            ways[name] = host.address("assessment"), READY, sent
        file = place / FILE / "kapnb.html"
        ways[FILE] = f"{file.as_uri()}#assessment", READY, lambda _: file.stat().st_size
        playwright = stack.enter_context(sync_playwright())
        turns = {name: lambda way=way: visit_twice(playwright, *way) for name, way in ways.items()}
        measured = {name: list(zip(*told, strict=True)) for name, told in take_turns(turns, 1 if brief else 5).items()}

    def tell(name: str, number: int, unit: str) -> Figure:
        beside = over("", unit, measured["serve"][number])
        return over(f"{name}: {TOLD[number]}", unit, measured[name][number], f"`kapnb serve` {beside}")

    return [tell(name, number, ("ms", "ms", "MB")[number % 3]) for name, several in ROWS.items() for number in several]
