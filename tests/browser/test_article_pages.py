"""Home, the article and the page for reviewers in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from kapnb import load_guidance
from kapnb.engine.proof import CHECKS
from kapnb.text.reviews import count_reviewed
from kapnb.text.words import words
from tests.browser.pages import barriers, locate, settle
from tests.served import Served

pytestmark = pytest.mark.browser

GUIDANCE = load_guidance("begley")
LEDGER = GUIDANCE.ledger
Open = Callable[[str], "Page"]


@pytest.fixture(scope="module")
def tab(browser: Browser, server: Served) -> Iterator[Open]:
    """Opens a page in the one tab of this file, wide; each page is opened once and then shown again as it is."""
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    page, mistakes, hosts = context.new_page(), [], set()
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc) if request.url[:4] == "http" else None)

    def open_page(path: str) -> Page:
        page.set_viewport_size({"width": 1280, "height": 844})
        if page.url != locate(server.url, path):
            page.goto("about:blank")
            page.goto(locate(server.url, path))
        if path:
            settle(page)
        return page

    yield open_page
    page.goto("about:blank")
    context.close()
    assert (mistakes, hosts) == ([], {urlsplit(server.url).netloc})


def look_both_ways(page: Page, *widths: int) -> None:
    """No sideways scroll, wide and on a phone, with everything unfolded, and no barrier at these widths."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert width not in widths or barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_home_has_a_door_for_each_reader(tab: Open) -> None:
    """Three doors, whose article it is, who reviewed the rules, and a way to both pages about it."""
    page, article = tab(""), GUIDANCE.article
    expect(page.get_by_role("heading", level=1)).to_have_text(article.question)
    doors = page.locator(".shell-doors a")
    assert [one.get_attribute("href") for one in doors.all()] == ["/training", "/supervision", "/assessment", "/room/new"]
    expect(page.get_by_role("link", name=LEDGER.source.title)).to_have_attribute("href", LEDGER.source.url)
    expect(page.locator("main")).to_contain_text(count_reviewed(GUIDANCE))
    for key, path in (("join", "/room"), ("prepare", "/sets"), ("summary", "/article"), ("review", "/reviewers")):
        expect(page.get_by_role("link", name=words(f"shell.{key}"))).to_have_attribute("href", path)
    look_both_ways(page, 1280, 390)


def test_an_address_leads_to_a_claim(tab: Open) -> None:
    """As a finding links to it: the claim is in view and stands out, though the page is drawn after it was opened."""
    page = tab("article#C17")
    expect(page.locator("#C17")).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target')?.id") == "C17"


def test_the_article_is_searched_while_typing(tab: Open) -> None:
    """At every key, without Enter; the number is spoken, what is typed stays, and an empty search shows everything again."""
    page = tab("article")
    box = page.get_by_label(words("article.search"))
    box.press_sequentially("default mode", delay=10)
    settle(page)
    expect(page.locator(".kapnb-page > [role=status]")).to_have_text(words("article.found", count=1))
    expect(page.locator(".kapnb-text section li")).to_have_count(1)
    expect(box).to_have_value("default mode")
    expect(box).to_be_focused()
    box.fill("")
    settle(page)
    expect(page.locator("li[id^=C]")).to_have_count(len(LEDGER.claims))


def test_the_article_by_keyboard_alone(tab: Open) -> None:
    """The contents lead to a topic, a term opens what it means, Escape closes it, and a reading unfolds its case."""
    page = tab("article")
    page.get_by_role("navigation", name=words("article.contents")).get_by_role("link", name=LEDGER.paragraphs["P6"]).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#P6 h2")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator("#P6 button").first).to_be_focused()
    page.keyboard.press("Enter")
    entry = page.locator("#term-ocd")
    expect(entry).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    summary = page.locator("#reading-single_attempt summary")
    was_open = page.locator("#reading-single_attempt details").evaluate("one => one.open")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#reading-single_attempt details").evaluate("one => one.open") is not was_open


@pytest.mark.parametrize(("path", "widths"), [("article", (1280, 390)), ("reviewers", (390,))])
def test_a_page_has_no_barrier(tab: Open, path: str, widths: tuple[int, ...]) -> None:
    """The tables for reviewers are the same at every width, and take axe long."""
    look_both_ways(tab(path), *widths)


def test_a_reviewer_draws_a_map_and_runs_the_checks(tab: Open) -> None:
    """Another question on the map; then the checks by keyboard, whose end is spoken."""
    page = tab("reviewers")
    page.get_by_label(words("reviewers.rows")).select_option("ocd")
    expect(page.locator("table.map").get_by_role("rowheader")).to_have_count(2)
    page.locator("#check").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#check")).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".kapnb-page > [role=status]")).to_have_text(words("reviewers.all_hold"))
    expect(page.get_by_role("cell", name=words("reviewers.holds"), exact=True)).to_have_count(len(CHECKS))


def test_a_rule_leads_to_what_it_rests_on(tab: Open) -> None:
    """From a rule to its claim on the article's page."""
    page = tab("reviewers")
    page.locator("table.rules").get_by_role("link", name="C03", exact=True).first.click()
    settle(page)
    expect(page.locator("#C03")).to_be_in_viewport()
