"""The assessment page for somebody who does not see it, or sees it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kapnb import fields
from kapnb.text.words import words
from kapnb.ui.questions import find_asked
from tests.browser.assess_page import AssessPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.served import Served

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def barriers(page: Page) -> list[str]:
    found: dict[str, Any] = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_barrier(page: Page, server: Served, width: int) -> None:
    """In every state of the page, wide and narrow: no violation of WCAG 2.2 A and AA, and none of best practice."""
    page.set_viewport_size({"width": width, "height": 844})
    app = AssessPage(page, server.url).open()
    assert barriers(page) == []
    app.confirm()
    app.load('{"ocd": "maybe"}')
    expect(app.trouble).to_be_focused()
    assert barriers(page) == []
    app.button("examples").click()
    assert barriers(page) == []
    page.get_by_role("dialog").get_by_role("button").nth(5).click()
    expect(app.option("ocd", "yes")).to_be_checked()
    for summary in app.aside.locator("summary").all():
        summary.click()
    page.evaluate("scrollTo(0, 0)")  # axe takes what the header covers at the moment for a small target
    assert barriers(page) == []


def test_the_tree_shows_group_name_radios_and_state(page: Page, server: Served) -> None:
    """A question is a group with the question as its name, its help as its description, and native radios that say their state."""
    app = AssessPage(page, server.url).open()
    app.answer("ocd", "yes")
    expect(app.question("ocd")).to_match_aria_snapshot(
        f"""
        - group "{fields["ocd"].question}":
          - radio "No"
          - radio "Yes" [checked]
          - 'button "{words("page.take_back")}: {fields["ocd"].question}"'
        """
    )
    expect(app.question("ocd")).to_have_accessible_description(
        f"{fields['ocd'].help} " + words("page.instruments", names=", ".join(fields["ocd"].instruments))
    )
    for name in find_asked(fields, {"ocd": "yes"}):
        described = page.locator(f"[data-field={name}]")
        assert described.get_by_role("radio", include_hidden=True).count() == len(fields[name].options)


def test_every_target_is_large_enough(page: Page, server: Served) -> None:
    """Everything to press is at least 24 px high and wide, a radio with its card."""
    app = AssessPage(page, server.url).open().confirm()
    app.answer("ocd", "yes")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.kapnb :is(button, summary, .option, .gate label)')]
           .filter(e => e.checkVisibility({visibilityProperty: true}))
           .map(e => [e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"""
    )
    assert small == []


def test_the_page_stands_twice_the_size(page: Page, server: Served) -> None:
    """At 200 % zoom, which is half the window, nothing needs sideways scrolling."""
    page.set_viewport_size({"width": 640, "height": 450})
    AssessPage(page, server.url).open().confirm()
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_forced_colors_keep_what_is_chosen_visible(page: Page, server: Served) -> None:
    """In a high-contrast theme the chosen card and the outcome's step differ by more than color."""
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    app = AssessPage(page, server.url).open().confirm()
    app.answer("ocd", "yes")
    widths = app.question("ocd").locator(".option").evaluate_all("all => all.map(e => getComputedStyle(e).borderTopWidth)")
    assert len(set(widths)) == 2
    expect(app.aside.get_by_role("img", name=words("page.scale").split("{")[0])).to_be_visible()
