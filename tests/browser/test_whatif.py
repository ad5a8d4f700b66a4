"""A what-if on the served page: beside the recorded case, never in its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import assess, fields
from kapnb.engine.outcomes import Outcome
from kapnb.text.compare import compare
from kapnb.text.explain import four
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from tests.browser.assess_page import PRACTICE, changed_readings, changes

if TYPE_CHECKING:
    from tests.browser.assess_page import AssessPage

pytestmark = pytest.mark.browser


def test_only_what_changed_is_shown(app: AssessPage) -> None:
    """The aside has the comparison and the four sentences alone; the question says, also to a screen reader, what was recorded."""
    before = app.begin_what_if()
    expect(app.band).to_contain_text(changes(0))
    expect(app.aside).to_contain_text(words("comparison.changed_none"))
    app.answer("suicide_attempts", "none")
    was = words("page.whatif_was", answer=fields["suicide_attempts"].option("single").label)
    expect(app.question("suicide_attempts")).to_contain_text(was)
    expect(app.question("suicide_attempts")).to_have_accessible_description(re.compile(re.escape(was)))
    expect(app.band).to_contain_text(changes(2))  # structured therapy is not asked for any more
    after = assess({name: before[name] for name in before if name != "structured_therapy"} | {"suicide_attempts": "none"})
    expect(app.outcome).to_have_text(outcome_words(after.outcome))
    assert app.says((*compare(assess(before), after), four(after)))
    expect(app.aside).not_to_contain_text(words("explanation.deciding"))
    expect(app.aside.locator("details")).to_have_count(0)


def test_back_to_the_recorded_case(app: AssessPage) -> None:
    """Every answer and reading is again as recorded, the explanation is whole, and Undo brings the what-if back."""
    full = app.begin_what_if()
    app.answer("psychotic_disorder", "schizophrenia")
    app.choose("single_attempt", "counts_as_pattern")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    expect(app.band).to_contain_text(changes(2))
    expect(app.aside.locator(".changed")).to_contain_text("Clarify first → Counts as a pattern")
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.band).to_be_hidden()
    expect(app.outcome).to_have_text(outcome_words(Outcome.CLARIFY_FIRST))
    expect(app.aside).to_contain_text(words("explanation.deciding"))
    expect(app.readings.locator(".count")).to_have_text(changed_readings(0))
    assert app.answers() == full
    expect(app.button("next_unanswered")).to_be_focused()
    app.button("undo").click()
    expect(app.band).to_contain_text(changes(2))
    expect(app.option("psychotic_disorder", "schizophrenia")).to_be_checked()


def test_a_what_if_survives_a_reload(app: AssessPage) -> None:
    """The page comes back as a what-if, with the recorded case behind it, and is printed as one."""
    full = app.begin_what_if()
    app.answer("psychotic_disorder", "schizophrenia")
    app.open()
    expect(app.band).to_contain_text(changes(1))
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    app.print()
    expect(app.aside.get_by_text(words("page.whatif_mode"), exact=True)).to_be_visible()
    expect(app.aside).to_contain_text(words("comparison.before", outcome=outcome_words(Outcome.CLARIFY_FIRST)))
    expect(app.question("psychotic_disorder").locator(".was")).to_be_visible()
    expect(app.band).to_be_hidden()
    app.end_print()
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.option("psychotic_disorder", "none")).to_be_checked()
    assert app.answers() == full == PRACTICE["V16"]
    assert app.kept("recorded") == {}
