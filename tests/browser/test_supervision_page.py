"""The served supervision page in Chromium: tables in, a case and its group, what to talk about, a note out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from kapnb.engine.outcomes import Outcome
from kapnb.paths import notebooks
from kapnb.text.phrases import headline_words, outcome_words
from kapnb.text.words import words
from tests.browser.pages import barriers, settle
from tests.example import ASSESSED, CASES
from tests.tables import as_csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Download, Locator

    from tests.served import Served

pytestmark = pytest.mark.browser

LABELS = re.compile(r"\bR[1-6]\b")
HOSTILE = "<img src=x onerror=alert(1)>"
SECRETS = ("rowan@example.org", "555-123-4567", "Dr. Rowan Vale")
JUDGED = ["case_id", "rater", "outcome", "confidence", "comment", "employer"]
WRONG = as_csv(
    [
        JUDGED,
        ["V56", "R1", "not at presnt", "high", SECRETS[0], "x"],
        ["V15", "R1", "unsure", "low", "", SECRETS[2]],
        ["V56", "R2", "clarify_first", "", HOSTILE, ""],
    ]
)


class Visit:
    """The supervision page as its visitor meets it."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.address = f"{server.rstrip('/')}/supervision"

    def open(self) -> Visit:
        self.page.goto(self.address)
        expect(self.gate).to_be_visible()
        return self

    def confirm(self) -> Visit:
        self.gate.click()
        expect(self.example_button).to_be_visible()
        return self

    def example(self) -> Visit:
        self.example_button.click()
        return self.wait()

    def wait(self) -> Visit:
        """Until the overview is worked out."""
        expect(self.page.locator(".facts-read, .kapnb-overview .more").first).to_be_attached()
        return self.settle()

    def settle(self) -> Visit:
        settle(self.page)
        return self

    @property
    def gate(self) -> Locator:
        return self.page.get_by_role("checkbox", name=words("supervision_page.gate_confirm"))

    @property
    def chooser(self) -> Locator:
        return self.page.get_by_label(words("supervision_page.choose_case"))

    @property
    def rows(self) -> Locator:
        return self.page.locator(".kapnb-picture .picture tbody tr")

    @property
    def outcome(self) -> Locator:
        return self.page.locator(".sum h2")

    @property
    def group(self) -> Locator:
        return self.page.locator(".group")

    @property
    def names(self) -> Locator:
        return self.page.get_by_role("checkbox", name=words("supervision_page.names"))

    @property
    def learning(self) -> Locator:
        return self.page.locator(".learning textarea")

    def heading(self, text: str) -> Locator:
        return self.page.get_by_role("heading", level=2, name=text)

    @property
    def spoken(self) -> Locator:
        return self.page.locator(".kapnb-page > [role=status]").first

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=words(f"supervision_page.{key}"), exact=True)

    @property
    def example_button(self) -> Locator:
        return self.page.get_by_role("button", name=words("inbox.example"), exact=True)

    def give(self, *files: bytes) -> None:
        chosen = [{"name": f"{at}.csv", "mimeType": "application/octet-stream", "buffer": data} for at, data in enumerate(files)]
        self.page.get_by_label(words("inbox.files"), exact=True).set_input_files(chosen)  # type: ignore[arg-type]  # as playwright has it

    def take(self, button: Locator) -> Download:
        with self.page.expect_download() as download:
            button.click()
        return download.value

    def width(self) -> int:
        settle(self.page)
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@pytest.fixture(scope="module")
def room(browser: Browser, server: Served) -> Iterator[Visit]:
    """The example, open: one visit for the tests that leave it as it is."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    yield Visit(page, server.url).open().confirm().example()
    page.goto("about:blank")
    context.close()


def test_a_case_is_picked_in_every_way(room: Visit) -> None:
    """A link of the picture, the list of cases and the buttons lead to it, mark it, and say it."""
    room.rows.filter(has_text=CASES[4].title).get_by_role("link").click()
    expect(room.heading(CASES[4].title)).to_be_in_viewport()
    expect(room.outcome).to_have_text(headline_words(ASSESSED["S05"]))
    expect(room.chooser).to_have_value("S05")
    expect(room.rows.filter(has_text=CASES[4].title)).to_have_class(re.compile("selected"))
    expect(room.spoken).to_contain_text(outcome_words(ASSESSED["S05"].outcome))
    room.chooser.focus()
    room.page.keyboard.press("ArrowDown")
    expect(room.chooser).not_to_have_value("S05")
    expect(room.chooser).to_be_focused()
    before = room.chooser.input_value()
    room.page.keyboard.press("Tab")
    room.page.keyboard.press("Enter")
    expect(room.chooser).not_to_have_value(before)
    expect(room.button("next")).to_be_focused()


def test_the_order_is_chosen_by_keyboard(room: Visit) -> None:
    """The most divided case stands first, until the order of the set is asked for."""
    expect(room.rows.first).to_contain_text(words("supervision_page.pairs_agree", share="20"))
    room.page.get_by_role("radio", name=words("supervision_page.order_divided")).focus()
    room.page.keyboard.press("ArrowRight")
    expect(room.rows.first).to_contain_text(CASES[0].title)
    room.page.keyboard.press("ArrowLeft")
    expect(room.rows.first).not_to_contain_text(CASES[0].title)


def test_raters_are_named_only_on_request(room: Visit) -> None:
    """No label of a rater is on the page below the tables until the checkbox is on, and none again when it is off."""
    below = room.page.locator(".kapnb-sheet.kapnb-case, .kapnb-sheet.kapnb-overview").all()
    for sheet in below:
        expect(sheet).not_to_contain_text(LABELS)
    room.names.focus()
    room.page.keyboard.press("Space")
    for sheet in below:
        expect(sheet).to_contain_text(LABELS)
    expect(room.spoken).to_have_text(words("supervision_page.names_on"))
    expect(room.names).to_be_focused()
    room.names.uncheck()
    for sheet in below:
        expect(sheet).not_to_contain_text(LABELS)


def test_a_note_is_taken_along(room: Visit, tmp_path: Path) -> None:
    """The HTML opens by itself and has the outcome in the words of the page, what was ticked and written, and no labels."""
    room.chooser.select_option("S07")
    expect(room.heading(CASES[6].title)).to_be_visible()
    prompt = room.page.locator(".prompts li").first
    prompt.locator("input").check()
    expect(room.spoken).to_contain_text("1.")
    room.learning.fill("Ask what was different at that time.")
    download = room.take(room.button("note_html"))
    assert re.fullmatch(r"note-S07-[0-9-]+\.html", download.suggested_filename)
    download.save_as(tmp_path / "note.html")
    said = (" ".join(room.outcome.inner_text().split()), prompt.locator("label span").inner_text())
    reader = room.page.context.new_page()
    reader.goto((tmp_path / "note.html").as_uri())
    for text in (*said, "Ask what was different at that time."):
        expect(reader.locator("body")).to_contain_text(text)
    expect(reader.locator("body")).not_to_contain_text(LABELS)
    reader.close()
    assert re.fullmatch(r"note-S07-[0-9-]+\.docx", room.take(room.button("note_docx")).suggested_filename)


def test_axe_finds_no_barrier_with_everything_unfolded(room: Visit) -> None:
    """The example open, raters named, all unfolded: no violation, and nothing beside the window."""
    room.names.check()
    expect(room.group).to_contain_text("R1")
    room.page.evaluate("document.querySelectorAll('.kapnb-page details').forEach(one => { one.open = true })")
    assert barriers(room.page) == []
    assert room.width() <= 1280
    room.names.uncheck()


def test_what_narrows_the_prompts_stays_in_its_box(room: Visit) -> None:
    """Box and label side by side, within their card."""
    options = room.page.locator(".narrowing .option")
    expect(options).not_to_have_count(0)
    outside = """all => all.filter(one => { const card = one.getBoundingClientRect()
        return [...one.querySelectorAll("input, label")].some(part => part.getBoundingClientRect().right > card.right) })
        .map(one => one.textContent)"""
    assert options.evaluate_all(outside) == []


def test_every_target_is_large_enough(room: Visit) -> None:
    """Everything to press is at least 24 px high and wide, or a box whose label is."""
    small = room.page.evaluate(
        """() => [...document.querySelectorAll('.kapnb-supervision :is(button, summary, select, textarea, input, a, label)')]
           .filter(e => e.checkVisibility({visibilityProperty: true}) && !(e.localName == 'input' && e.labels.length))
           .filter(e => (e.localName != 'label' || e.control?.type != 'file') && !e.matches('.tag, .term, .badge, .support a'))
           .map(e => [e.textContent, (e.closest('.option') ?? e).getBoundingClientRect()])
           .filter(([, r]) => r.width < 24 || r.height < 20).map(([t]) => t)"""
    )
    assert small == []


def test_files_at_once_are_mended_in_place_and_nothing_that_identifies_is_shown(page: Page, server: Served) -> None:
    """Two files in one go: good rows are used, the others mended by a button and a list; all from this server, on a phone too."""
    hosts: set[str | None] = set()
    mistakes: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc) if request.url.startswith("http") else None)
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    room = Visit(page, server.url).open().confirm()
    room.give(WRONG, as_csv([JUDGED[:3], ["V56", "R3", "clarify_first"], ["V15", "R3", "not_at_present"]]))
    waiting = page.locator(".waiting > li")
    expect(waiting).to_have_count(3)
    room.wait()
    expect(page.locator(".papers > li")).to_have_count(2)
    assert barriers(page) == []
    assert room.width() <= 390
    assert not [secret for secret in SECRETS if secret in page.content()]
    room.page.get_by_role("button", name=words("inbox.near", option=outcome_words(Outcome.NOT_AT_PRESENT))).click()
    expect(waiting).to_have_count(2)
    page.locator(".waiting select").select_option("clarify_first")
    expect(waiting).to_have_count(1)
    expect(page.locator(".opened")).to_have_text(words("inbox.opened_judgments", people=3, cases=2, judgments=5))
    expect(room.rows).to_have_count(2)
    page.locator(".group summary").last.click()
    expect(page.locator(".kapnb-supervision img")).to_have_count(0)
    assert room.width() <= 390
    assert (hosts, mistakes) == ({urlsplit(server.url).netloc}, [])


def test_what_was_typed_outlives_a_reload_and_a_session(page: Page, server: Served) -> None:
    """Learning points of each case are back after a reload, a new session, with the gate passed; the shell says just that."""
    room = Visit(page, server.url).open().confirm().example()
    kept = json.loads((notebooks() / "supervision.ipynb").read_text("utf-8"))["metadata"]["kapnb"]["kept"]
    for key in ("ended", "silent"):
        expect(page.locator("#session")).to_have_attribute(f"data-{key}", words(f"shell.{key}", kept=kept))
    room.learning.fill("Kept over a reload.")
    room.chooser.select_option("S02")
    expect(room.learning).to_have_value("")
    room.learning.fill("Of another case.")
    room.settle()
    page.reload()
    room.wait()  # what was brought is open again
    expect(room.chooser).to_have_value("S02")
    expect(room.learning).to_have_value("Of another case.")
    room.chooser.select_option("S10")
    expect(room.learning).to_have_value("Kept over a reload.")
    room.chooser.select_option("S02")
    room.page.get_by_role("radio", name=words("supervision_page.scope_session")).check()
    expect(room.learning).to_have_value("")
    room.page.get_by_role("radio", name=words("supervision_page.scope_case", case="S02")).check()
    expect(page.locator("#supervision-learning-state")).to_have_text(words("supervision_page.learning_taken", count=1))


def test_the_way_through_without_a_mouse(page: Page, server: Served) -> None:
    """From the gate to the note with the keyboard alone; the focus is never lost."""
    room = Visit(page, server.url).open()
    room.gate.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name=words("inbox.title"))).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label(words("inbox.files"), exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(room.example_button).to_be_focused()
    page.keyboard.press("Enter")
    room.wait()
    expect(room.example_button).to_be_focused()
    room.button("note_html").focus()
    with page.expect_download():
        page.keyboard.press("Enter")
    expect(room.button("note_html")).to_be_focused()
    expect(room.spoken).to_contain_text("note-S10-")
