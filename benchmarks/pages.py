"""What one person meets in Chromium: the first question of the assessment page, a click, and what the page's kernel weighs.

Beside it stand two notebooks that the same server serves in the same template: an empty page with one slider, and a widget that
only echoes. The clocks are the browser's: from the request until something is on view, and from the click as the page gets it
until the answer of Python is written into the page.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from benchmarks.figure import Figure, over, take_turns
from kapnb.paths import notebooks
from tests import chromium
from tests.browser.assess_page import AssessPage
from tests.served import Served, wait_for

EMPTY = 'import ipywidgets\nipywidgets.VBox([ipywidgets.Label("Ready"), ipywidgets.IntSlider()])'
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
QUESTION, SLIDER = "fieldset input[type=radio]", ".widget-slider"
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

UNTIL_SEEN = """(wanted) => new Promise((done) => {
  const look = () => {
    const there = [...document.querySelectorAll(wanted)].some((one) => one.getBoundingClientRect().height);
    return there ? done(performance.now()) : requestAnimationFrame(look);
  };
  look();
})"""
WATCH = """(selector) => {
  window.seen = new Promise((resolve, reject) => {
    let start = 0;
    document.addEventListener("click", (event) => (start = event.timeStamp), { capture: true, once: true });
    const observer = new MutationObserver(() => (observer.disconnect(), resolve(performance.now() - start)));
    observer.observe(document.querySelector(selector), { childList: true, subtree: true, characterData: true });
    setTimeout(() => reject(new Error("nothing changed")), 10_000);
  });
}"""


@contextmanager
def serve(*options: str) -> Iterator[Served]:
    """The assessment page and the two notebooks beside it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_notebooks(folder)
        with Served("--notebooks", str(folder), *options) as served:
            yield served


def write_notebooks(folder: Path) -> None:
    for name, code in {"empty": EMPTY, "echo": ECHO}.items():
        cells = [nbformat.v4.new_markdown_cell(f"# {name}"), nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
    shutil.copy(notebooks() / "assessment.ipynb", folder)


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
    context = browser.new_context()
    try:
        return open_page(context, address, wanted)
    finally:
        context.close()


def first_question(browser: Browser, served: Served, rounds: int) -> list[Figure]:
    places = {"assessment": (f"{served.url}assessment", QUESTION), "empty": (f"{served.url}empty", SLIDER)}
    told = []
    with ExitStack() as stack:
        known = {name: browser.new_context() for name in places}
        for context in known.values():
            stack.callback(context.close)
        ways: dict[str, Callable[[str], float]] = {
            "that has been there": lambda name: open_page(known[name], *places[name]),
            "that has never been there": lambda name: open_first(browser, *places[name]),
        }
        for what, opener in ways.items():
            opener("assessment"), opener("empty")  # once to warm up
            measured = take_turns({name: lambda name=name, opener=opener: opener(name) for name in places}, rounds)
            empty = over("", "ms", measured["empty"])
            told.append(
                over(f"a page to its first question, in a browser {what}", "ms", measured["assessment"], f"an empty page {empty}")
            )
    return told


def click(page: Page, target: Locator, watched: str) -> float:
    """Milliseconds until what is watched has been written."""
    page.bring_to_front()
    target.scroll_into_view_if_needed()
    page.evaluate(WATCH, watched)
    target.click()
    return float(page.evaluate("() => window.seen"))


def clicks(browser: Browser, served: Served, rounds: int) -> list[Figure]:
    with ExitStack() as stack:

        def tab() -> Page:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            stack.callback(context.close)
            page = context.new_page()
            stack.callback(page.goto, "about:blank")
            return page

        one, two = tab(), tab()
        one.goto(f"{served.url}echo")
        radios = one.locator("input[name=echo]")
        expect(radios).to_have_count(2, timeout=60_000)
        app = AssessPage(two, served.url).open().confirm()
        values, answers = cycle((radios.nth(0), radios.nth(1))), cycle(ANSWERS)
        contenders: dict[str, Callable[[], float]] = {
            "echo": lambda: click(one, next(values), ".said"),
            "assessment": lambda: click(two, app.option(*next(answers)), "aside.answer"),
        }
        take_turns(contenders, 8)
        measured = take_turns(contenders, rounds)
    echo = over("", "ms", measured["echo"])
    return [
        over("a click to the changed explanation, in Chromium", "ms", measured["assessment"], f"a widget that only echoes {echo}")
    ]


def memory(browser: Browser, served: Served, rounds: int) -> list[Figure]:
    """Of its own: what the system has to find for each page more."""

    def weigh(name: str) -> float:
        context = browser.new_context()
        page = context.new_page()
        wait_for(lambda: not served.kernels(), 30)
        if name == "assessment":
            app = AssessPage(page, served.url).open().confirm()
            app.answer(*ANSWERS[0])
            expect(app.aside).to_contain_text("OCD")
        else:
            page.goto(f"{served.url}empty")
            page.locator(SLIDER).first.wait_for(timeout=60_000)
        (kernel,) = served.kernels()
        uss = kernel.memory_full_info().uss / 1e6
        page.goto("about:blank")
        context.close()
        return uss

    measured = take_turns({name: lambda name=name: weigh(name) for name in ("assessment", "empty")}, rounds)
    empty = over("", "MB", measured["empty"])
    return [
        over(
            "the memory of an assessment page, once a question is answered", "MB", measured["assessment"], f"an empty page {empty}"
        )
    ]


def measure(*, brief: bool) -> list[Figure]:
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with serve() as served, serve("--preheat", "0") as without_spare, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=[*chromium.flags(), alone])
        try:
            return [
                *clicks(browser, served, 8 if brief else 96),
                *first_question(browser, served, 2 if brief else 15),
                *memory(browser, without_spare, 1 if brief else 7),
            ]
        finally:
            browser.close()
