"""The readings of the source, switched on the served page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb.engine.outcomes import Outcome
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from tests.browser.assess_page import READINGS, changed_readings

if TYPE_CHECKING:
    from tests.browser.assess_page import AssessPage

pytestmark = pytest.mark.browser


def unusual(name: str, choice: str) -> str:
    return words("explanation.badge_reading", label=READINGS[name].choice(choice).label)


def test_an_outcome_turns_on_a_reading(app: AssessPage) -> None:
    """A choice changes the outcome at once; the card names the unusual reading and the outcome without it, and leads back to it."""
    app.load_case("V16")
    usual, card, count = app.outcome.inner_text(), app.aside.locator(".verdict"), app.readings.locator(".count")
    app.choose("single_attempt", "counts_as_pattern")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    expect(card).to_contain_text(unusual("single_attempt", "counts_as_pattern"))
    expect(card).to_contain_text(words("explanation.default_outcome", outcome=usual).removesuffix("."))
    expect(count).to_have_text(changed_readings(1))
    app.readings.locator("summary").click()
    expect(app.reading("single_attempt")).to_be_hidden()
    card.get_by_role("button", name=words("page.readings_change")).click()
    expect(app.reading("single_attempt")).to_be_visible()
    expect(app.readings.locator("summary")).to_be_focused()
    app.page.get_by_role("button", name=words("page.readings_reset")).click()
    expect(app.outcome).to_have_text(usual)
    expect(count).to_have_text(changed_readings(0))
    expect(card).not_to_contain_text(unusual("single_attempt", "counts_as_pattern"))


def test_readings_survive_a_reload_and_stay_closed(app: AssessPage) -> None:
    """The browser keeps the readings of a case; the closed card tells how many, and is printed with the changed one alone."""
    app.choose("single_attempt", "counts_as_pattern")
    app.open()
    expect(app.readings.locator(".count")).to_have_text(changed_readings(1))
    expect(app.reading("single_attempt")).to_be_hidden()
    app.print()
    expect(app.reading("single_attempt")).to_be_visible()
    expect(app.reading("therapy_counted")).to_be_hidden()
    app.end_print()
    expect(app.reading("single_attempt")).to_be_hidden()
    app.readings.locator("summary").click()
    expect(app.choice("single_attempt", "counts_as_pattern")).to_be_checked()
    app.button("new_case").click()
    expect(app.readings.locator(".count")).to_have_text(changed_readings(0))
    app.print()
    expect(app.readings).to_be_hidden()
    app.end_print()
