"""The glossary in Chromium: by click, by pointer and by keyboard, on a wide screen and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from kapnb.text.words import words
from tests.browser.pages import barriers, settle
from tests.browser.training_sheet import LIBRARY, READ, TrainingSheet
from tests.served import Served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(browser: Browser, server: Served) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}article")
    settle(page)
    yield page
    page.goto("about:blank")
    context.close()


@pytest.fixture
def article(opened: Page) -> Page:
    """The page of the article, opened once, with no entry open."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.mouse.click(5, 5)
    expect(opened.locator(":popover-open")).to_have_count(0)
    return opened


def test_a_term_opens_its_entry_by_keyboard(article: Page) -> None:
    """The focus stays on the term, which is described by the entry; Esc closes it."""
    term, entry = article.locator("button.term").first, article.locator("#term-kap")
    expect(entry).to_be_hidden()
    expect(term).to_have_accessible_description(f"{words('glossary.kap.term')} {words('glossary.kap.text')}")
    term.focus()
    term.press("Enter")
    expect(entry).to_be_visible()
    expect(entry).to_contain_text(words("glossary.kap.text"))
    assert barriers(article, "#term-kap") == []
    article.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    expect(term).to_be_focused()


def test_the_pointer_shows_an_entry_while_it_is_there(article: Page) -> None:
    """One after the other; a click makes it stay until a click elsewhere."""
    article.locator("button.term").first.hover()
    expect(article.locator("#term-kap")).to_be_visible()
    article.locator("button.tag.implies").first.hover()
    expect(article.locator("#term-kap")).to_be_hidden()
    expect(article.locator("#term-implies")).to_be_visible()
    article.locator("button.tag.implies").first.click()
    article.mouse.move(5, 5)
    expect(article.locator("#term-implies")).to_be_visible()
    article.mouse.click(5, 5)
    expect(article.locator("#term-implies")).to_be_hidden()


def test_a_story_of_practice_has_its_terms(page: Page, server: Served) -> None:
    """And so has the article over it."""
    sheet = TrainingSheet(page, server.url).open()
    name = next(name for name in READ if "KAP" in LIBRARY[name].story)
    sheet.begin(name)
    page.locator(".story button.term", has_text="KAP").first.click()
    expect(page.locator("#term-kap")).to_be_visible()
    assert barriers(page, ".story") == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words("training_page.article"), exact=True).click()
    drawer = page.locator("#training-article")
    drawer.locator("summary").nth(3).click()
    drawer.locator("button.term:visible").first.click()
    expect(page.locator(".pop:popover-open")).to_be_visible()
    expect(drawer).to_be_visible()


def test_on_a_phone_an_entry_is_within_the_screen(article: Page) -> None:
    article.set_viewport_size({"width": 390, "height": 844})
    entry = article.locator("#term-silent")
    article.locator("button.tag.silent").first.click()
    box = entry.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    assert article.evaluate("document.documentElement.scrollWidth") <= 390
