"""The readings of the source, switched on the served page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import assess
from kapnb.engine.outcomes import Outcome
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from tests.browser.assess_page import PRACTICE, READINGS, AssessPage
from tests.browser.test_accessibility import barriers

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.served import Served

pytestmark = pytest.mark.browser


@pytest.fixture
def app(page: Page, server: Served) -> AssessPage:
    return AssessPage(page, server.url).open()


def count(changed: int) -> str:
    return words("page.readings_changed", changed=changed, readings=len(READINGS)) if changed else words("page.readings_none")


def unusual(name: str, choice: str) -> str:
    return words("explanation.badge_reading", label=READINGS[name].choice(choice).label)


@pytest.mark.parametrize(
    ("case_id", "reading", "choice", "outcome"),
    [
        ("V12", "relief_condition", "newer_suffices", Outcome.MAY_BE_CONSIDERED),
        ("V16", "single_attempt", "counts_as_pattern", Outcome.NOT_AT_PRESENT),
    ],
)
def test_an_outcome_turns_on_a_reading(app: AssessPage, case_id: str, reading: str, choice: str, outcome: Outcome) -> None:
    """A choice changes the outcome at once; the card names the unusual reading and the outcome without it, and goes back."""
    usual = outcome_words(assess(PRACTICE[case_id]).outcome)
    app.confirm()
    app.load(json.dumps(PRACTICE[case_id]))
    expect(app.outcome).to_have_text(usual)
    app.choose(reading, choice)
    expect(app.outcome).to_have_text(outcome_words(outcome))
    card = app.aside.locator(".verdict")
    expect(card).to_contain_text(unusual(reading, choice))
    expect(card).to_contain_text(words("explanation.default_outcome", outcome=usual).removesuffix("."))
    expect(app.readings.locator(".count")).to_have_text(count(1))
    app.page.get_by_role("button", name=words("page.readings_reset")).click()
    expect(app.outcome).to_have_text(usual)
    expect(app.readings.locator(".count")).to_have_text(count(0))
    expect(card).not_to_contain_text(unusual(reading, choice))


def test_several_readings_at_once(app: AssessPage) -> None:
    """Each choice is marked at the outcome; the default is one of the choices; one control puts all back, Undo brings them back."""
    app.confirm()
    chosen = {name: reading.choices[-1].name for name, reading in list(READINGS.items())[:3]}
    for done, (name, choice) in enumerate(chosen.items(), 1):
        app.choose(name, choice)
        expect(app.readings.locator(".count")).to_have_text(count(done))
        expect(app.aside.locator(".verdict")).to_contain_text(unusual(name, choice))
    assert app.kept()["readings"] == chosen
    first = next(iter(chosen))
    app.choice(first, READINGS[first].default).check()
    expect(app.readings.locator(".count")).to_have_text(count(2))
    reset = app.page.get_by_role("button", name=words("page.readings_reset"))
    reset.click()
    expect(app.readings.locator(".count")).to_have_text(count(0))
    expect(reset).to_be_focused()
    assert app.kept() == {}
    app.button("undo").click()
    expect(app.readings.locator(".count")).to_have_text(count(2))


def test_each_reading_is_a_group_of_native_radios(app: AssessPage) -> None:
    """A group named by the question and described by why it is open; each choice by its text, the first as the default."""
    app.readings.locator("summary").click()
    for name, reading in READINGS.items():
        expect(app.reading(name)).to_have_accessible_description(reading.why)
        for choice in reading.choices:
            usual = choice.name == reading.default
            said = f"{words('page.default')} {choice.text}" if usual else choice.text
            expect(app.choice(name, choice.name)).to_have_accessible_description(said)
            expect(app.choice(name, choice.name)).to_be_checked(checked=usual)


def test_readings_by_keyboard_alone(app: AssessPage) -> None:
    """The card opens with Enter, and the arrows choose."""
    app.confirm()
    app.readings.locator("summary").focus()
    for key in ("Enter", "Tab", "Tab", "ArrowDown"):  # past the control that puts all back
        app.page.keyboard.press(key)
    name, reading = next(iter(READINGS.items()))
    expect(app.choice(name, reading.choices[1].name)).to_be_checked()
    expect(app.readings.locator(".count")).to_have_text(count(1))


def test_readings_survive_a_reload_and_stay_closed(app: AssessPage) -> None:
    """What the browser keeps of a case has its readings; the closed card tells how many."""
    app.choose("single_attempt", "counts_as_pattern")
    app.open()
    expect(app.readings.locator(".count")).to_have_text(count(1))
    expect(app.reading("single_attempt")).to_be_hidden()
    app.readings.locator("summary").click()
    expect(app.choice("single_attempt", "counts_as_pattern")).to_be_checked()


def test_readings_are_saved_and_loaded(app: AssessPage, tmp_path: Path) -> None:
    """A saved file has the readings; a new case and an example put them back; the file brings them again."""
    app.confirm()
    app.load(json.dumps({**PRACTICE["V16"], "readings": {"single_attempt": "counts_as_pattern"}}))
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    with app.page.expect_download() as download:
        app.button("save").click()
    download.value.save_as(tmp_path / "case.json")
    app.button("new_case").click()
    expect(app.readings.locator(".count")).to_have_text(count(0))
    app.load((tmp_path / "case.json").read_bytes())
    expect(app.readings.locator(".count")).to_have_text(count(1))
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    app.button("examples").click()
    app.page.get_by_role("dialog").get_by_role("button").first.click()
    expect(app.readings.locator(".count")).to_have_text(count(0))
    app.button("undo").click()
    expect(app.readings.locator(".count")).to_have_text(count(1))


def test_the_explanation_leads_to_the_readings(app: AssessPage) -> None:
    """Beside an unusual outcome, and beside the readings it turns on, a button opens the card."""
    app.confirm()
    app.choose("single_attempt", "counts_as_pattern")
    app.readings.locator("summary").click()
    expect(app.reading("single_attempt")).to_be_hidden()
    app.aside.locator(".verdict").get_by_role("button", name=words("page.readings_change")).click()
    expect(app.reading("single_attempt")).to_be_visible()
    expect(app.readings.locator("summary")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_readings_have_no_barrier(page: Page, server: Served, width: int) -> None:
    """Open and changed, wide and narrow: nothing that axe finds, and no sideways scroll."""
    page.set_viewport_size({"width": width, "height": 844})
    app = AssessPage(page, server.url).open().confirm()
    app.choose("features_needed", "two_or_more")
    expect(app.aside).to_contain_text(unusual("features_needed", "two_or_more"))
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_shows_the_readings_that_are_changed(app: AssessPage) -> None:
    """Printed, a case has its unusual readings and no other; afterwards the card is closed again."""
    printed = ("beforeprint", "print"), ("afterprint", "screen")
    for event, media in printed:
        app.page.emulate_media(media=media)
        app.page.evaluate(f"dispatchEvent(new Event('{event}'))")
        expect(app.readings).to_be_visible(visible=media == "screen")
    app.choose("single_attempt", "counts_as_pattern")
    app.readings.locator("summary").click()
    for event, media in printed:
        app.page.emulate_media(media=media)
        app.page.evaluate(f"dispatchEvent(new Event('{event}'))")
        expect(app.reading("single_attempt")).to_be_visible(visible=media == "print")
        expect(app.reading("therapy_counted")).to_be_hidden()
