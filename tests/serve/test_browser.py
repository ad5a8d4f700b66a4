"""The shell in a browser: opening, ending, failing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kapnb import assess
from kapnb.serve.handlers import ENDS_IN
from kapnb.text.explanation import outcome_line
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage
from tests.browser.pages import barriers
from tests.serve.conftest import KNOWN, TOKEN
from tests.served import Served, wait_for

pytestmark = pytest.mark.browser

WITHIN = 15_000
TOO_SLOW = """((wait) => (AbortSignal.timeout = (ms) => {
  const over = new AbortController();
  if (ms < 10_000) Promise.resolve().then(() => over.abort());
  return ms < 10_000 ? over.signal : wait.call(AbortSignal, ms);
}))(AbortSignal.timeout)"""
"""Whoever gives something less than ten seconds gives it up at once."""


def open_counter(page: Page, served: Served) -> None:
    page.goto(f"{served.url}counter")
    expect(page.get_by_role("button", name="Press")).to_be_visible()


def test_a_session_that_nobody_uses_ends_unless_it_is_kept_by_a_key(page: Page, folder: Path) -> None:
    """The page says in good time that it ends; one press of a key keeps it, nothing typed is lost, and it answers on.

    One that nobody watches ends: whoever asks hears how many seconds are left, and wins none by asking. The spare kernel stays.
    """
    with Served("--notebooks", str(folder), "--preheat", "1", "--idle-minutes", "0.2") as served:
        other = served.ask("/counter")
        alive, mine = f"/kapnb/alive/{other.kernel_id}", {"Cookie": other.cookie, "X_XSRFToken": other.cookies["_xsrf"]}
        assert served.ask(alive, "PUT", **mine).status == 204
        page.goto(f"{served.url}counter")
        press = page.get_by_role("button", name="Press")
        press.click()
        keep = page.get_by_role("status").get_by_role("button", name=words("shell.keep"))
        heard = wait_for(lambda: (answer := served.ask(alive)).headers[ENDS_IN] and answer)
        assert (heard.status, heard.headers["Cache-Control"]) == (204, "no-store")
        assert 0 <= int(heard.headers[ENDS_IN]) <= 8
        expect(keep).to_be_visible()
        for _ in range(20):
            page.keyboard.press("Shift+Tab")
            if keep.evaluate("button => button === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(keep).to_be_hidden()
        expect(press).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("2 times")).to_be_visible()
        wait_for(lambda: served.ask(alive).status == 410)
        assert served.ask(alive, "PUT", **mine).status == 410
        assert len(served.kernels()) == 2


def test_the_end_of_a_session_is_counted_down(page: Page, small: Served) -> None:
    """In minutes, then as near, in the tab's name too; whatever is worse comes first, and use makes it go."""
    answer = {"status": 204, "headers": {}}
    page.route("**/kapnb/alive/*", lambda route: route.fulfill(**answer))
    open_counter(page, small)
    name = page.title()
    ending = page.locator("#ending")

    def hear(seconds: int | None, status: int = 204) -> None:
        answer.update(status=status, headers={} if seconds is None else {ENDS_IN: str(seconds)})
        page.evaluate("dispatchEvent(new Event('online'))")  # look now

    for seconds, minutes in ((300, 5), (241, 5), (61, 2)):
        hear(seconds)
        expect(ending.get_by_text(words("shell.ending_title").format(minutes=minutes))).to_be_visible()
    hear(60)
    expect(ending.get_by_text(words("shell.ending_title_soon"))).to_be_visible()
    expect(ending).to_contain_text(words("shell.ending", kept=words("shell.kept")))
    assert page.title() == f"{words('shell.mark_ending')} · {name}"
    assert barriers(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".shell-banner:visible").bounding_box()
    assert box
    assert 0 < box["x"] < box["x"] + box["width"] < 390
    hear(None)
    expect(ending).to_be_empty()
    assert page.title() == name
    hear(60)
    expect(ending).not_to_be_empty()
    hear(None, 410)
    expect(page.get_by_role("alert").filter(has_text=words("shell.ended_title"))).to_be_visible()
    expect(ending).to_be_empty()
    assert page.title() == f"{words('shell.mark_ended')} · {name}"


def test_places_are_told_before_they_are_all_taken(page: Page, folder: Path) -> None:
    """In the index and at each of its links, and in the refusal; never to a stranger."""
    options = ("--preheat", "0", "--max-sessions", "2", "--token", TOKEN, "--allow-host", "kap.example", "--max-per-address", "1")
    one, other, third = ({**KNOWN, "X_Real_IP": f"10.0.0.{number}"} for number in (1, 2, 3))
    with Served("--notebooks", str(folder), *options) as served:
        said = [words("shell.places_one", places=2), words("shell.places_taken", places=2), words("shell.place_taken")]
        taken, seen = [], []
        for headers in (one, other, third):
            index, stranger = served.ask("/", **KNOWN).text, served.ask("/").text
            assert words("shell.index_idle", idle="60 minutes") in index
            seen.append([line in index for line in said])
            assert not [line for line in said if line in stranger]
            taken.append(served.ask("/counter", **headers))
            if headers is one:
                assert words("shell.error_503_address_title") in served.ask("/counter", **one).text
        assert seen == [[False, False, False], [True, False, False], [False, True, True]]
        refused = taken.pop()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
        assert words("shell.error_503", places=2, idle="60 minutes") in refused.text
        page.goto(f"{served.url}?token={TOKEN}")
        expect(page.get_by_role("link", name=words("shell.place_taken")).first).to_be_visible()
        assert barriers(page) == []
        page.goto(f"{served.url}counter")
        assert barriers(page) == []
        assert served.close(taken[0]).status == 204
        page.get_by_role("link", name=words("shell.try_again")).click()
        expect(page.get_by_role("button", name="Press")).to_be_visible()


def test_closing_the_tab_ends_its_kernel(browser: Browser, small: Served) -> None:
    """Nobody waits for the idle time to pass; reloading leaves one kernel, not two."""
    context = browser.new_context()
    context.new_page()  # another tab stays: a browser that closes whole may drop the farewell
    page = context.new_page()
    open_counter(page, small)
    page.reload()
    expect(page.get_by_role("button", name="Press")).to_be_visible()
    wait_for(lambda: len(small.kernels()) == 1)
    page.close(run_before_unload=True)
    wait_for(lambda: not small.kernels())
    context.close()


def test_a_visitor_with_a_token(page: Page, public: Served) -> None:
    """There is no barrier in the form. The liveness check and the farewell are let in by the cookie alone."""
    page.goto(public.url)
    page.get_by_label(words("shell.token_label")).fill("wrong")
    page.get_by_role("button", name=words("shell.token_button")).click()
    expect(page.get_by_role("alert")).to_have_text(words("shell.token_wrong"))
    assert barriers(page) == []
    page.goto(public.address)
    assert "token" not in page.url
    before = len(public.kernels())
    with page.expect_response(re.compile("/alive/"), timeout=2 * WITHIN) as answer:
        open_counter(page, public)
    assert answer.value.status == 204
    page.goto("about:blank")
    wait_for(lambda: len(public.kernels()) == before)


def test_a_page_that_does_not_open_says_so(page: Page, small: Served) -> None:
    """After a minute; at once where its scripts do not arrive, even the one that watches the session. One click tries again."""
    page.clock.install()
    page.route("**/voila.js", lambda route: route.abort())
    page.goto(f"{small.url}counter")
    opening = page.locator("#loading")
    expect(opening).to_have_text(words("shell.opening"))
    page.clock.fast_forward(61_000)
    expect(opening).to_contain_text(words("shell.slow"))
    page.route("**/session.js", lambda route: route.abort())
    with page.expect_request("**/session.js"):  # of the new page: the old one says the same
        page.get_by_role("button", name=words("shell.reload")).click()
    expect(opening).to_contain_text(words("shell.slow"))
    page.unroute_all()
    page.get_by_role("button", name=words("shell.reload")).click()
    expect(page.get_by_role("button", name="Press")).to_be_visible()


def test_a_widget_that_the_browser_does_not_find_is_asked_for_again(page: Page, small: Served) -> None:
    """Twice; after that the page says what to do, and not what its library says."""
    opened: list[str] = []
    page.on("domcontentloaded", lambda one: opened.append(one.url))
    page.goto(f"{small.url}late")
    expect(page.get_by_text(words("shell.slow"))).to_be_visible()
    expect(page.get_by_role("button", name=words("shell.reload"))).to_be_visible()
    assert opened == [f"{small.url}late"] * 3


def test_a_page_that_starts_slowly_hears_from_python(page: Page, server: Served) -> None:
    """As on a phone on which nothing is done within ten seconds; and not only once it has asked over a new connection."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script(TOO_SLOW)
    app = AssessPage(page, server.url).open().confirm()
    app.answer("bipolar_disorder", "not_stabilized")
    expect(app.outcome).to_have_text(outcome_line(assess(app.answers())))
    assert not [error for error in wrong if "anywidget" in error]


@pytest.mark.parametrize("path", ["", "nowhere", "counter", "failing"])
def test_the_shell_has_no_barrier(page: Page, small: Served, path: str) -> None:
    """The index, a wrong address, a page, and one that fails; and at 390 pixels everything fits."""
    page.goto(f"{small.url}{path}")
    there = page.get_by_role({"failing": "alert", "counter": "button"}.get(path, "heading"))
    expect(there.last).to_be_visible()
    assert barriers(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
