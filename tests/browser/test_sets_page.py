"""The page for sets in Chromium: a link that is copied opens the set, and everything is reached by keyboard, in order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from kapnb.text.words import words
from tests.browser.pages import barriers, settle
from tests.bundled import LIBRARY
from tests.served import Served

pytestmark = pytest.mark.browser

STOP = """() => { const one = document.activeElement; return one.closest(".set-panel")
    ? [one.id || one.textContent.trim(), one.getBoundingClientRect().top + scrollY] : null }"""


def say(key: str) -> str:
    return words(f"sets_page.{key}")


@pytest.fixture
def sets(page: Page, server: Served) -> Page:
    """The page with a set of one case."""
    page.goto(f"{server.url}sets")
    page.get_by_label(say("gate_confirm")).click(timeout=60_000)
    page.locator("#sets-case-V05-pick").click()
    expect(page.locator("#sets-link")).to_be_visible()
    return page


def test_the_link_of_a_set_of_one_case_is_copied_and_opens_it(sets: Page) -> None:
    expect(sets.locator(".order > li")).to_have_count(1)
    for way in ("up", "down"):
        expect(sets.locator(f"#sets-place-V05-{way}")).to_be_disabled()
    sets.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sets.get_by_role("button", name=say("copy")).click()
    expect(sets.get_by_text(say("copied"), exact=True)).to_be_visible()
    copied = sets.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("/training?set=begley.2.1.V05")
    sets.goto(copied)
    expect(sets.get_by_text(LIBRARY["V05"].title).first).to_be_visible(timeout=60_000)


def test_what_was_typed_survives_a_reload(sets: Page) -> None:
    """Though the field still has the focus."""
    sets.locator("#sets-name").click()
    sets.keyboard.type("Tuesday")
    sets.locator("#sets-note").click()
    sets.keyboard.type("Read it twice.")
    settle(sets)
    sets.reload()
    expect(sets.locator("#sets-name")).to_have_value("Tuesday", timeout=60_000)
    expect(sets.locator("#sets-note")).to_have_value("Read it twice.")
    expect(sets.locator(".order > li")).to_have_count(1)


def test_axe_finds_no_barrier(sets: Page) -> None:
    """Wide and narrow, with an answer shown, a note that looks like an address, and every fold open."""
    sets.locator("#sets-case-V05-show").click()
    sets.fill("#sets-note", "Write to rowan@example.org")
    for summary in sets.locator(".set-panel summary").all():
        summary.click()
    settle(sets)
    assert barriers(sets) == []
    sets.set_viewport_size({"width": 390, "height": 800})
    assert barriers(sets) == []
    assert sets.evaluate("document.documentElement.scrollWidth") <= 390


def test_everything_of_a_set_is_reached_by_keyboard_from_top_to_bottom(sets: Page) -> None:
    sets.locator("#sets-place-V05-out").focus()
    stops = [sets.evaluate(STOP)]
    for _ in range(40):
        sets.keyboard.press("Tab")
        if not (stop := sets.evaluate(STOP)):
            break
        stops.append(stop)
    names = [name for name, _ in stops]
    wanted = ["sets-name", "sets-note", "sets-link", say("copy"), say("share"), say("live"), say("cases")]
    assert [name for name in names if name in wanted] == wanted
    heights = [top for _, top in stops]
    assert all(later > before - 60 for before, later in pairwise(heights)), stops  # one row has several
    sets.locator("#sets-place-V05-out").press("Enter")
    expect(sets.get_by_text(say("empty"))).to_be_visible()
