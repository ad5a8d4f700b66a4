"""A story and an interview on the served page: by keyboard, by touch, over reloads and dead kernels. Nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import settle
from tests.browser.training_sheet import LIBRARY, TrainingSheet
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]  # two cases are a long way on a busy machine

ALONE = [name for name, one in LIBRARY.items() if one.follow_ups and not one.twin]
READ, LAST, *_ = (name for name in ALONE if not LIBRARY[name].interview)
ASKED = next(name for name in ALONE if LIBRARY[name].interview)
SET = (READ, ASKED, LAST)
"""A story to read, an interview, and a case that is only opened; no two of them twins."""
QUESTIONS = 2


class Walk:
    """The steps of cases, each by one act; an act is a click, a tap or a key."""

    def __init__(self, app: TrainingSheet, act: Callable[[Locator], Any]) -> None:
        self.app, self.act = app, act

    def steps(self, *names: str) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
        """What each step is called, how it is done, and what shows that it was."""
        app, page = self.app, self.app.page
        start = page.locator(".my-cases .now button")
        for name in names:
            why, later, title = f"Because of {name}.", f"It moves {name}.", LIBRARY[name].title
            yield "open", lambda: self.act(start), lambda title=title: expect(app.part("story")).to_have_text(title)
            for at in range(QUESTIONS if name == ASKED else 0):
                question, talk = page.locator(".questions button").nth(at), page.locator(".talk li")
                yield (
                    "ask",
                    lambda question=question: self.act(question),
                    lambda at=at, talk=talk: expect(talk).to_have_count(at + 1),
                )
            ready = app.button("ready").or_(app.button("have_read"))
            yield "read", lambda ready=ready: self.act(ready), lambda: expect(app.screen("judge")).to_be_visible()
            yield from self.choose("outcome", app.outcome("not_at_present"))
            yield from self.choose("confidence", app.part("confidence-low"))
            yield from self.write("reason", why)
            yield "decide", lambda: self.act(app.button("to_decide")), lambda: expect(app.screen("decide")).to_be_visible()
            yield from self.choose("finding", page.locator("[data-action=finding]").first)
            yield "lock", lambda: self.act(app.button("lock")), lambda: expect(app.part("revealed")).to_be_visible()
            yield "more", lambda: self.act(app.button("one_more")), lambda: expect(app.screen("follow")).to_be_visible()
            yield from self.choose("lean", app.part("lean--1"))
            yield from self.write("later_why", later)
            yield "respond", lambda: self.act(app.button("respond")), lambda: expect(app.screen("followed")).to_be_visible()
            if name != names[-1]:
                yield "list", lambda: self.act(app.button("to_cases")), lambda: expect(app.part("list")).to_be_visible()
        title = LIBRARY[LAST].title
        yield "next", lambda: self.act(app.button("next")), lambda: expect(app.part("story")).to_have_text(title)

    def choose(self, name: str, option: Locator) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
        yield name, lambda: self.act(option), lambda: expect(option).to_be_checked()

    def write(self, name: str, text: str) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
        """Type a text, and leave the box, as whoever goes on does."""
        box = self.app.part(name)

        def write() -> None:
            self.act(box)
            self.app.page.keyboard.type(text)
            box.blur()

        yield name, write, lambda: expect(box).to_have_value(text)


def check_kept(app: TrainingSheet, *names: str) -> None:
    """Every judgment and response is kept, once, as it was said."""
    kept = json.loads(app.kept)
    for name in names:
        judged, responded = (one for one in kept["events"] if one["item"] == name)
        assert (judged["outcome"], judged["confidence"], judged["reason"]) == ("not_at_present", "low", f"Because of {name}.")
        assert judged["finding"] is not None
        assert len(judged["asked"]) == (QUESTIONS if name == ASKED else 0)
        assert (responded["response"], responded["reason"]) == (-1, f"It moves {name}.")
    assert kept["position"] == LAST
    assert app.mistakes == []


@pytest.fixture
def app(page: Page, server: Served) -> TrainingSheet:
    page.emulate_media(reduced_motion="reduce")
    return TrainingSheet(page, server.url).open()


FOCUS = {"open": "story", "decide": "decide", "lock": "revealed", "more": "follow-up", "list": "list", "next": "story"}
"""What has the focus after a step."""


def test_everything_by_keyboard(app: TrainingSheet) -> None:
    """Gate, a set, starting again, each step of a story and an interview, a sentence, the article, looking back."""
    page = app.page
    app.press(app.part("gate").get_by_role("checkbox"), "Space")
    app.press(app.part("skip"), "Space")
    expect(app.part("skip")).to_be_checked()
    app.press(app.button("begin"))
    expect(app.part("list")).to_be_focused()
    app.press(app.fold("anew"))
    app.press(app.button("anew_sure"))
    expect(app.part("choose")).to_be_focused()
    app.bring_set(*SET)

    def act(target: Locator) -> None:
        if target.evaluate("one => one.type") == "radio":
            app.press(page.locator(f"[name={target.get_attribute('name')}]").first, "Space")
            for _ in range(5):
                if target.is_checked():
                    return
                page.keyboard.press("ArrowDown")
        app.tab_to(target)
        if target.evaluate("one => one.localName") == "button":
            page.keyboard.press("Enter")

    for step, do, done in Walk(app, act).steps(READ, ASKED):
        if step == "finding" and page.locator(".sentence").count():
            app.press(page.locator(".sentence input").nth(1), "Space")
            expect(page.locator(".text mark")).to_have_count(1)
        do()
        done()
        if step in FOCUS:
            expect(app.part(FOCUS[step])).to_be_focused()
    check_kept(app, READ, ASKED)
    app.press(app.button("article").first)
    expect(app.part("article")).to_be_visible()
    page.keyboard.press("Escape")
    expect(app.part("article")).to_be_hidden()
    app.press(app.button("to_cases"))
    app.press(app.button("looking_back"))
    expect(app.part("back")).to_be_focused()


def test_everything_by_touch(browser: Browser, server: Served) -> None:
    """At 390 pixels; whatever is tapped is as large as a thumb needs it, and nobody scrolls sideways."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, reduced_motion="reduce")
    app = TrainingSheet(context.new_page(), server.url).open().choose_set(*SET)

    def act(target: Locator) -> None:
        row = target.locator("xpath=ancestor-or-self::*[contains(@class, 'option')][1]")
        box = (row if row.count() else target).bounding_box()
        assert box
        assert box["height"] >= 44
        target.tap()

    for _, do, done in Walk(app, act).steps(READ, ASKED):
        do()
        done()
        assert app.width() <= 390
    check_kept(app, READ, ASKED)
    context.close()


RELOADED = {"open", "ask", "outcome", "reason", "lock", "respond", "next"}
AGAIN = {"reason", "lock"}
DIES = {"read", "confidence", "lock", "later_why", "next"}
"""Of each two steps of each kind: a choice, a text, a button; and those that must not be taken twice."""


def test_a_reload_at_every_kind_of_step(app: TrainingSheet) -> None:
    """Each step is there, once, though nobody waited for an answer; and one that had settled is not taken again."""
    app.choose_set(ASKED, LAST)
    for step, do, done in Walk(app, lambda target: target.click()).steps(ASKED):
        do()
        if step in RELOADED:
            app.page.evaluate("null")  # the page has heard of it; on a busy machine a click can be on its way still
            app.page.reload()
        done()
        if step in AGAIN:
            settle(app.page)
            app.page.reload()
            done()
    check_kept(app, ASKED)


def test_a_dead_kernel_at_every_kind_of_step(app: TrainingSheet, server: Served) -> None:
    """A step that was said to a dead kernel is taken after the reload, once; lock and next case as well."""
    app.choose_set(ASKED, LAST)
    for step, do, done in Walk(app, lambda target: target.click()).steps(ASKED):
        settle(app.page)
        if step in DIES:
            server.kill_kernels()
        do()
        if step in DIES:
            app.page.reload()
        done()
    check_kept(app, ASKED)
