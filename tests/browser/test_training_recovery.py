"""A set of six cases on the served page: by keyboard, by touch, over reloads and dead kernels. Nothing is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kapnb.text.words import words
from tests.browser.pages import settle
from tests.browser.training_sheet import LIBRARY, TrainingSheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]  # six cases are a long way on a busy machine

STEPS = {
    *("open", "ask", "read", "outcome", "sure", "why", "decide", "finding", "lock"),
    *("more", "lean", "because", "respond", "list"),
}
RELOADS = ("settled", "at once", "", "")
"""When a page is loaded anew after a step, if it is."""


def choose_six() -> tuple[str, ...]:
    """Four stories to read and two interviews, each with a follow-up, and no two of them twins."""
    alone = [name for name, one in LIBRARY.items() if one.follow_ups and not one.twin]
    asked = [name for name in alone if LIBRARY[name].interview][:2]
    return (*[name for name in alone if not LIBRARY[name].interview][: 6 - len(asked)], *asked)


class Walk:
    """The steps of a case, each by one act; an act is a click, a tap or a key."""

    def __init__(self, app: TrainingSheet, act: Callable[[Locator], Any]) -> None:
        self.app, self.act = app, act

    def steps(self, name: str) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
        """What each step is called, how it is done, and what shows that it was."""
        app, page, asks = self.app, self.app.page, bool(LIBRARY[name].interview)
        start = page.locator(".my-cases .now button")
        why, later = f"Because of {name}.", f"It moves {name}."
        yield "open", lambda: self.act(start), lambda: expect(app.part("story")).to_have_text(LIBRARY[name].title)
        if asks:
            question = page.locator(".questions button").first
            talk = page.locator(".talk li")
            yield "ask", lambda: self.act(question), lambda: expect(talk).to_have_count(1)
        ready = app.button("ready" if asks else "have_read")
        yield "read", lambda: self.act(ready), lambda: expect(app.screen("judge")).to_be_visible()
        outcome, sure = app.outcome("not_at_present"), app.part("confidence-low")
        yield "outcome", lambda: self.act(outcome), lambda: expect(outcome).to_be_checked()
        yield "sure", lambda: self.act(sure), lambda: expect(sure).to_be_checked()
        yield "why", lambda: self.write("reason", why), lambda: expect(app.part("reason")).to_have_value(why)
        to_decide = app.button("to_decide")
        yield "decide", lambda: self.act(to_decide), lambda: expect(app.screen("decide")).to_be_visible()
        finding = page.locator("[data-action=finding]").first
        yield "finding", lambda: self.act(finding), lambda: expect(finding).to_be_checked()
        yield "lock", lambda: self.act(app.button("lock")), lambda: expect(app.part("revealed")).to_be_visible()
        yield "more", lambda: self.act(app.button("one_more")), lambda: expect(app.screen("follow")).to_be_visible()
        lean = app.part("lean--1")
        yield "lean", lambda: self.act(lean), lambda: expect(lean).to_be_checked()
        yield (
            "because",
            lambda: self.write("later_why", later),
            lambda: expect(app.part("later_why")).to_have_value(later),
        )
        answered = app.screen("followed")
        yield "respond", lambda: self.act(app.button("respond")), lambda: expect(answered).to_be_visible()
        yield "list", lambda: self.act(app.button("to_cases")), lambda: expect(app.part("list")).to_be_visible()

    def write(self, name: str, text: str) -> None:
        """Type a text, and leave the box, as whoever goes on does."""
        box = self.app.part(name)
        self.act(box)
        self.app.page.keyboard.type(text)
        box.blur()


def check_kept(app: TrainingSheet, six: tuple[str, ...]) -> None:
    """Every judgment and response is kept, once, as it was said."""
    kept = json.loads(app.kept)
    for name in six:
        events = [one for one in kept["events"] if one["item"] == name]
        assert [one["step"] for one in events] == ["committed", "revealed", "responded"]
        judged, _, responded = events
        assert (judged["outcome"], judged["confidence"], judged["reason"]) == ("not_at_present", "low", f"Because of {name}.")
        assert judged["finding"] is not None
        assert len(judged["asked"]) == bool(LIBRARY[name].interview)
        assert (responded["response"], responded["reason"]) == (-1, f"It moves {name}.")
    assert words("training_page.all_done", count=6) in app.page.locator(".intro").inner_text()
    assert app.mistakes == []


def start(page: Page, server: Served, six: tuple[str, ...]) -> TrainingSheet:
    page.emulate_media(reduced_motion="reduce")
    return TrainingSheet(page, server.url).open().choose_set(*six)


def test_six_cases_by_keyboard(page: Page, server: Served) -> None:
    six = choose_six()
    app = start(page, server, six)

    def act(target: Locator) -> None:
        app.tab_to(target)
        if target.evaluate("one => one.localName") == "textarea":
            return
        page.keyboard.press("Space")

    for name in six:
        for step, do, done in Walk(app, act).steps(name):
            if step in {"outcome", "sure", "lean"}:
                group = page.locator(f"[name=training-{'confidence' if step == 'sure' else step}]")
                app.press(group.first, "Space")
                for _ in range(5):
                    if group.nth({"outcome": 1, "sure": 0, "lean": 1}[step]).is_checked():
                        break
                    page.keyboard.press("ArrowDown")
            else:
                do()
            done()
    check_kept(app, six)


def test_six_cases_by_touch(browser: Browser, server: Served) -> None:
    """At 390 pixels; whatever is tapped is as large as a thumb needs it, and nobody scrolls sideways."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page, six = context.new_page(), choose_six()
    app = start(page, server, six)

    def act(target: Locator) -> None:
        box = target.bounding_box()
        assert box
        row = target.locator("xpath=ancestor-or-self::*[contains(@class, 'option')][1]")
        assert (row.bounding_box() or box)["height"] >= 44 if row.count() else box["height"] >= 44
        target.tap()

    for name in six:
        for _, do, done in Walk(app, act).steps(name):
            do()
            done()
            assert app.width() <= 390
    check_kept(app, six)
    context.close()


def test_six_cases_with_a_reload_at_every_step(page: Page, server: Served) -> None:
    """Each step is there, once, whether the page had settled or nobody waited for it; another case has the other way."""
    six, met = choose_six(), set()
    app = start(page, server, six)
    for case, name in enumerate(six):
        for at, (step, do, done) in enumerate(Walk(app, lambda target: target.click()).steps(name)):
            when = RELOADS[(at + 3 * case) % len(RELOADS)]  # by threes: both interviews ask, one in each way
            do()
            if when == "settled":
                done()
                settle(page)
            if when:
                met.add((step, when))
                page.reload()
            done()
    check_kept(app, six)
    assert met == {(step, when) for step in STEPS for when in RELOADS if when}


def test_six_cases_with_a_dead_kernel_at_every_step(page: Page, server: Served) -> None:
    """Each step is said once to a kernel that is dead, and is taken after the reload: lock and next case as well, and once."""
    six = choose_six()
    app, at, met = start(page, server, six), 0, set()
    for name in six:
        for step, do, done in Walk(app, lambda target: target.click()).steps(name):
            at += 1
            dies = step not in met and at % 2 == 0
            settle(page)
            if dies:
                met.add(step)
                server.kill_kernels()
            do()
            if dies:
                page.reload()
            done()
            at += step == "list"
    check_kept(app, six)
    assert met >= STEPS - {"ask"}


def test_the_next_case_is_repeated_after_a_dead_kernel_and_is_one_case_on(page: Page, server: Served) -> None:
    six = choose_six()
    app = start(page, server, six)
    app.start()
    app.lock()
    settle(page)
    server.kill_kernels()
    app.button("next").click()
    page.reload()
    expect(app.part("story")).to_have_text(LIBRARY[six[1]].title)
    assert json.loads(app.kept)["position"] == six[1]
