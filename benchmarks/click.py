"""From a click to the changed explanation, in Chromium against the served app, beside a widget that only echoes.

The echo is a notebook with one anywidget, served by the same server: a radio button sends its value, Python sends it back, the page
writes it. Beside it stand two assessment pages, one with a case that is complete and one with a case that is mostly open; there
each click is an answer that changes the explanation. The three tabs are clicked in turn, with the mouse, 120 times each.

The clock is the browser's. It starts with the click as the page gets it and stops when the answer of Python has been written into
the page; a second one goes on until the frame with it has been drawn. Printed: milliseconds, medians over the clicks with their
range, and the ratio to the echo, click by click. Aim: within 2 of the echo, and within 3 with all that a case can be explored for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from benchmarks import figures, rounds
from benchmarks.figures import Figure
from kapnb.paths import examples, notebooks
from tests import chromium
from tests.browser.assess_page import AssessPage
from tests.served import Served

CLICKS = 120
WARM_UP = 16

ECHO = '''
import anywidget, traitlets

class Echo(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
      const said = Object.assign(document.createElement("p"), { className: "said" });
      for (const value of ["one", "two"]) {
        const input = Object.assign(document.createElement("input"), { type: "radio", name: "echo", value });
        input.addEventListener("change", () => model.send({ value }));
        el.append(input);
      }
      model.on("change:state", () => (said.textContent = model.get("state").value));
      el.append(said);
    }
    export default { render };
    """
    state = traitlets.Dict().tag(sync=True)

    def __init__(self):
        super().__init__()
        self.on_msg(lambda widget, message, buffers: setattr(self, "state", message))

Echo()
'''

ANSWERS = (
    ("ocd", "yes"),
    ("psychotic_disorder", "secondary_or_unclear"),
    ("substance_use_disorder", "active"),
    ("bipolar_disorder", "not_stabilized"),
    ("ocd", "no"),
    ("psychotic_disorder", "none"),
    ("substance_use_disorder", "none"),
    ("bipolar_disorder", "none"),
)
"""Each changes the explanation of the answers before."""

WATCH = """
(selector) => {
  const place = document.querySelector(selector);
  window.seen = new Promise((resolve, reject) => {
    let start = 0;
    document.addEventListener("click", (event) => (start = event.timeStamp), { capture: true, once: true });
    const observer = new MutationObserver(() => {
      const written = performance.now() - start;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve([written, performance.now() - start])));
    });
    observer.observe(place, { childList: true, subtree: true, characterData: true });
    setTimeout(() => reject(new Error("nothing changed")), 10_000);
  });
}
"""

NAMES = {
    "echo": "a widget that only echoes",
    "complete": "assessment page, a complete case",
    "open": "assessment page, a mostly open case",
}

Measure = Callable[[], tuple[float, float]]


def click(page: Page, target: Locator, watched: str) -> tuple[float, float]:
    """How long it takes until what is watched has been written, and until it has been drawn."""
    page.bring_to_front()
    target.scroll_into_view_if_needed()
    page.evaluate(WATCH, watched)
    target.click()
    written, drawn = page.evaluate("() => window.seen")
    return written, drawn


@contextmanager
def open_tab(browser: Browser) -> Iterator[Page]:
    """A visitor of its own: the pages of one visitor share what the browser keeps."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield page
    page.goto("about:blank")
    context.close()


def open_echo(page: Page, server: str) -> Measure:
    page.goto(f"{server}echo")
    radios = page.locator("input[name=echo]")
    expect(radios).to_have_count(2, timeout=60_000)
    turns = cycle((radios.nth(0), radios.nth(1)))
    return lambda: click(page, next(turns), ".said")


def open_assessment(page: Page, server: str, case: str) -> Measure:
    app = AssessPage(page, server).open().confirm()
    if case:
        app.load(case)
        expect(app.outcome).to_be_visible()
    turns = cycle(ANSWERS)
    return lambda: click(page, app.option(*next(turns)), "aside.answer")


def measure(*, brief: bool = False) -> list[Figure]:
    clicks = 10 if brief else CLICKS
    complete = (examples() / "1_recurrent_depression.json").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Echo"), nbformat.v4.new_code_cell(ECHO)])
        nbformat.write(notebook, Path(folder) / "echo.ipynb")
        shutil.copy(notebooks() / "assessment.ipynb", folder)
        with Served("--notebooks", folder) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
            with open_tab(browser) as one, open_tab(browser) as two, open_tab(browser) as three:
                contenders = {
                    "echo": open_echo(one, served.url),
                    "complete": open_assessment(two, served.url, complete),
                    "open": open_assessment(three, served.url, ""),
                }
                rounds.run(contenders, WARM_UP)
                measured = rounds.run(contenders, clicks)
            browser.close()
    told = []
    for clock, (key, what) in enumerate((("written", "until it is written"), ("drawn", "until it is drawn"))):
        times = {name: [both[clock] for both in own] for name, own in measured.items()}
        told += figures.compare(key, f"A click, {what}", "ms", NAMES, times, base="echo", aims={"complete": 2, "open": 3})
    return told


if __name__ == "__main__":
    figures.show(measure())
