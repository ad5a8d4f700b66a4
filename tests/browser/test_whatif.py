"""The what-if mode of the served page: change an answer beside the recorded case and see only what changed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import assess, fields
from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import as_text
from kapnb.text.compare import compare
from kapnb.text.explain import four
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage
from tests.browser.pages import list_storage
from tests.browser.test_accessibility import barriers
from tests.browser.test_readings import PRACTICE, count

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.served import Served

pytestmark = pytest.mark.browser


@pytest.fixture
def app(page: Page, server: Served) -> AssessPage:
    return AssessPage(page, server.url).open().confirm()


def begin(app: AssessPage, case_id: str = "V16") -> None:
    app.load(json.dumps(PRACTICE[case_id]))
    expect(app.outcome).to_have_text(outcome_words(assess(PRACTICE[case_id]).outcome))
    app.button("whatif").click()
    expect(app.band).to_be_visible()


def changed(changes: int) -> str:
    return words("page.whatif_count", changes=changes) if changes else words("page.whatif_none")


def test_only_what_changed_is_shown(app: AssessPage) -> None:
    """The aside has the words of the comparison and the four sentences, and nothing else of the explanation."""
    begin(app)
    expect(app.band).to_contain_text(changed(0))
    expect(app.aside).to_contain_text(words("comparison.changed_none"))
    app.answer("suicide_attempts", "none")
    expect(app.band).to_contain_text(changed(2))  # structured therapy is not asked for any more
    after = {
        name: option for name, option in (PRACTICE["V16"] | {"suicide_attempts": "none"}).items() if name != "structured_therapy"
    }
    before, after_all = assess(PRACTICE["V16"]), assess(after)
    expect(app.outcome).to_have_text(outcome_words(after_all.outcome))
    wanted = as_text((*compare(before, after_all), four(after_all)), width=10_000)
    shown = re.sub(r"\s+", "", app.text())
    for line in wanted.splitlines():
        for part in re.split(r" \[|\](?: \[)?", line.strip()):
            assert re.sub(r"\s+", "", part) in shown, part
    expect(app.aside).not_to_contain_text(words("explanation.deciding"))
    expect(app.aside.locator("details")).to_have_count(0)


def test_a_changed_question_says_what_was_recorded(app: AssessPage) -> None:
    """In words beside the new answer, also for a screen reader; putting the answer back takes it away."""
    begin(app)
    question = app.question("suicide_attempts")
    recorded = fields["suicide_attempts"].option("single").label
    app.answer("suicide_attempts", "repeated_past")
    expect(question).to_contain_text(words("page.whatif_was", answer=recorded))
    expect(question).to_have_accessible_description(re.compile(re.escape(words("page.whatif_was", answer=recorded))))
    app.answer("suicide_attempts", "single")
    expect(question.locator(".was")).to_be_hidden()
    expect(app.band).to_contain_text(changed(0))


def test_back_to_the_recorded_case(app: AssessPage) -> None:
    """Every answer is again as recorded, the explanation is whole, and Undo brings the what-if back."""
    begin(app)
    full = app.answers()
    app.answer("psychotic_disorder", "schizophrenia")
    app.answer("ocd", "yes")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.band).to_be_hidden()
    expect(app.outcome).to_have_text(outcome_words(Outcome.CLARIFY_FIRST))
    expect(app.aside).to_contain_text(words("explanation.deciding"))
    assert app.answers() == full
    expect(app.button("next_unanswered")).to_be_focused()
    app.button("undo").click()
    expect(app.band).to_contain_text(changed(2))
    expect(app.option("psychotic_disorder", "schizophrenia")).to_be_checked()


def test_keeping_the_changes(app: AssessPage) -> None:
    """What was supposed is recorded, and the explanation is the one of the changed case."""
    begin(app)
    app.answer("psychotic_disorder", "schizophrenia")
    app.band.get_by_role("button", name=words("page.whatif_keep")).click()
    expect(app.band).to_be_hidden()
    expect(app.notice).to_contain_text(words("page.whatif_kept"))
    expect(app.aside).to_contain_text(words("explanation.deciding"))
    assert app.kept() == PRACTICE["V16"] | {"psychotic_disorder": "schizophrenia"}


def test_a_what_if_by_keyboard_alone(app: AssessPage) -> None:
    """Begin, change an answer, and go back, without the mouse; the outcome is spoken as a what-if."""
    app.button("whatif").focus()
    app.page.keyboard.press("Enter")
    expect(app.band).to_be_visible()
    app.option("psychotic_disorder", "none").focus()
    app.page.keyboard.press("Space")
    app.page.keyboard.press("ArrowDown")
    expect(app.spoken).to_have_text(words("page.whatif_line", outcome=outcome_words(Outcome.NOT_RECOMMENDED)))
    app.band.get_by_role("button", name=words("page.whatif_back")).focus()
    app.page.keyboard.press("Enter")
    expect(app.band).to_be_hidden()
    assert app.answers() == {}


def test_a_reading_can_be_part_of_a_what_if(app: AssessPage) -> None:
    """Another reading counts as a change, is listed with both choices, and goes with the what-if."""
    begin(app)
    app.choose("single_attempt", "counts_as_pattern")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    expect(app.band).to_contain_text(changed(1))
    expect(app.aside.locator(".changed")).to_contain_text("Clarify first → Counts as a pattern")
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.readings.locator(".count")).to_have_text(count(0))


def test_a_what_if_survives_a_reload(app: AssessPage) -> None:
    """The page comes back as a what-if, with the recorded case behind it."""
    begin(app)
    full = app.answers()
    app.answer("psychotic_disorder", "schizophrenia")
    app.open()
    expect(app.band).to_contain_text(changed(1))
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    expect(app.aside).to_contain_text(words("comparison.before", outcome=outcome_words(Outcome.CLARIFY_FIRST)))
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.option("psychotic_disorder", "none")).to_be_checked()
    assert app.answers() == full
    assert app.kept("recorded") == {}


def test_saving_in_a_what_if_saves_the_recorded_case(app: AssessPage, tmp_path: Path) -> None:
    """A what-if is not recorded: the file has the case as it was, and the page says so."""
    begin(app)
    app.answer("ocd", "yes")
    with app.page.expect_download() as download:
        app.button("save").click()
    download.value.save_as(tmp_path / "case.json")
    saved = json.loads((tmp_path / "case.json").read_text("utf-8"))
    assert saved == {"pack": "begley", "edition": "1", **PRACTICE["V16"]}
    expect(app.notice).to_contain_text(words("page.whatif_saved", name=download.value.suggested_filename))


def test_forgetting_in_a_what_if_leaves_nothing(app: AssessPage) -> None:
    """Neither the supposed nor the recorded case stays in the browser."""
    begin(app)
    app.answer("ocd", "yes")
    app.button("forget").click()
    expect(app.band).to_be_hidden()
    assert list_storage(app.page) == []


def test_support_stays_when_the_what_if_takes_the_ideation_away(app: AssessPage) -> None:
    """The support wording stands while either the recorded or the supposed case has ideation."""
    begin(app, "V12")
    expect(app.aside.locator(".support")).to_have_count(1)
    app.answer("suicidal_ideation", "none")
    expect(app.aside.locator(".changed")).to_contain_text(words("comparison.not_asked"))
    expect(app.aside.locator(".support")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_what_if_has_no_barrier(page: Page, server: Served, width: int) -> None:
    """At its beginning and with changes, wide and narrow: nothing that axe finds, no sideways scroll, the bar says what if."""
    page.set_viewport_size({"width": width, "height": 844})
    app = AssessPage(page, server.url).open().confirm()
    begin(app, "V12")
    assert barriers(page) == []
    app.answer("suicide_attempts", "repeated_past")
    app.answer("psychological_assessment", "incomplete")
    expect(app.band).to_contain_text(changed(2))
    expect(page.locator(".bar")).to_contain_text(words("page.whatif_mode"))
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_band_hides_no_focus_on_a_phone(page: Page, server: Served) -> None:
    """With the band above and the bar below, the control that has the focus can be seen, forward and backward."""
    page.set_viewport_size({"width": 390, "height": 844})
    app = AssessPage(page, server.url).open().confirm()
    begin(app, "V12")
    page.locator(".strip .row button").focus()
    for key in ["Tab"] * 40 + ["Shift+Tab"] * 40:
        page.keyboard.press(key)
        covered = page.evaluate(
            """() => { const e = document.activeElement, r = e.getBoundingClientRect();
               const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
               return top?.closest('.strip, .bar') && !e.closest('.strip, .bar') ? e.outerHTML : null }"""
        )
        assert covered is None, covered


def test_three_next_questions_each_lead_to_their_question(app: AssessPage) -> None:
    """Each of the questions under "ask next" has a button, which puts the focus on that question."""
    app.load(
        json.dumps(
            {name: option for name, option in PRACTICE["V01"].items() if name not in {"ocd", "bipolar_disorder", "bpd_diagnosis"}}
        )
    )
    expect(app.option("psychotic_disorder", "none")).to_be_checked()
    asked = app.aside.locator(".panel.next").get_by_role("button", name=words("page.go_to"))
    expect(asked).to_have_count(3)
    for place in range(3):
        name = asked.nth(place).get_attribute("data-go")
        asked.nth(place).click()
        expect(app.question(str(name)).get_by_role("radio").first).to_be_focused()


def test_paper_says_that_it_is_a_what_if(app: AssessPage) -> None:
    """Printed, a what-if has its flag, both outcomes, and at each changed answer what was recorded."""
    begin(app)
    app.answer("psychotic_disorder", "schizophrenia")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    app.page.emulate_media(media="print")
    app.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(app.aside.get_by_text(words("page.whatif_mode"), exact=True)).to_be_visible()
    expect(app.aside).to_contain_text(words("comparison.before", outcome=outcome_words(Outcome.CLARIFY_FIRST)))
    expect(app.question("psychotic_disorder").locator(".was")).to_be_visible()
    expect(app.band).to_be_hidden()
