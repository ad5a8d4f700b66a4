"""What breaks on the server's side: in each case the page says so calmly, what was typed is kept, and one click goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from kapnb import paths
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage
from tests.browser.pages import settle
from tests.browser.test_supervision_page import Visit
from tests.browser.test_training_page import WRONG, TrainingSheet
from tests.served import Served, wait_for
from tests.visitor import Visitor, run

WITHIN = 15_000


def kernel_of(page: Page, server: Served) -> psutil.Process:
    """The process behind a page."""
    number = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    return next(one for one in server.kernels() if any(number in str(end.laddr) for end in one.net_connections("unix")))


def go_on(page: Page) -> None:
    """The page says by itself that its session is gone; one click."""
    banner = page.locator("#session")
    expect(banner).to_contain_text(words("shell.ended_title"), timeout=WITHIN)
    banner.get_by_role("button").click()


# a kernel that is killed, be it by somebody or by the system when memory runs out


@pytest.mark.browser
def test_an_answer_that_nobody_takes_is_kept(page: Page, server: Served) -> None:
    """The answer that a kernel did not live to take is there after one click, and evaluated."""
    app = AssessPage(page, server.url).open()
    app.answer("outside_scope", "no")
    settle(page)
    kernel = kernel_of(page, server)
    kernel.suspend()
    app.answer("ocd", "yes")
    kernel.kill()
    go_on(page)
    expect(app.option("ocd", "yes")).to_be_checked()
    expect(app.option("outside_scope", "no")).to_be_checked()
    expect(page.locator("[data-field=ocd_preparation]")).to_be_visible()


@pytest.mark.browser
def test_a_choice_that_nobody_takes_is_made_again(page: Page, server: Served) -> None:
    """In a judgment that is not committed, whatever else was answered since."""

    holding = [b'"action":"confidence"']

    def hold(socket: WebSocketRoute) -> None:
        far = socket.connect_to_server()
        socket.on_message(lambda said: None if any(one in bytes(said) for one in holding) else far.send(said))  # type: ignore[arg-type]

    page.route_web_socket(re.compile("/channels"), hold)
    app = TrainingSheet(page, server.url).open().begin("V05")
    app.button("have_read").click()
    expect(app.outcome(WRONG)).to_be_visible()
    kernel = kernel_of(page, server)
    kernel.suspend()
    app.outcome(WRONG).check()
    app.part("confidence-high").check()  # does not arrive
    kernel.resume()
    page.wait_for_function("wanted => Object.values(localStorage).join().includes(wanted)", arg=WRONG)  # it is never settled
    holding.clear()
    kernel.kill()
    go_on(page)
    expect(app.outcome(WRONG)).to_be_checked()
    expect(app.part("confidence-high")).to_be_checked()
    assert '"high"' in app.kept


@pytest.mark.browser
def test_what_a_group_wrote_is_kept(page: Page, server: Served) -> None:
    """Learning points are; the banner says what is to be opened again."""
    room = Visit(page, server.url).open().confirm().example()
    kernel = kernel_of(page, server)
    kernel.suspend()
    room.learning.fill("Written while nobody listened.")
    kernel.kill()
    kept = json.loads((paths.notebooks() / "supervision.ipynb").read_text("utf-8"))["metadata"]["kapnb"]["kept"]
    expect(page.locator("#session")).to_contain_text(kept, timeout=WITHIN)
    go_on(page)
    room.wait()
    expect(room.learning).to_have_value("Written while nobody listened.")


def test_a_kernel_that_ends_while_its_page_is_made_is_told(small: Served) -> None:
    """At once and with a number; what would come after it is not waited for."""
    text = small.ask("/ending").text
    assert text.count(words("shell.failure_title")) == 1
    assert "widget-view" not in text


def test_a_kernel_that_cannot_come_up_is_told(small: Served) -> None:
    """As when there are too many open files: a panel, and not a page that opens forever."""
    assert small.ask("/counter").status == 200
    forker = small.fork_server()
    assert forker
    with limited([forker], psutil.RLIMIT_NOFILE, 14):
        page = small.ask("/counter")
    assert words("shell.failure_title") in page.text
    assert small.ask(f"/kapnb/alive/{page.kernel_id}").status == 410
    assert "widget-view" in small.ask("/counter").text


# a network that comes and goes


@pytest.mark.browser
def test_an_answer_whose_reply_was_lost_is_shown_and_kept(page: Page, server: Served) -> None:
    """The kernel took it and said so into a line that was cut, and the next line was cut as soon as it was there."""
    lines: list[WebSocketRoute] = []
    cut: list[int] = []

    def carry(line: WebSocketRoute) -> None:
        number, far = len(lines), line.connect_to_server()
        lines.append(line)
        far.on_message(lambda said: None if number in cut else line.send(said))

        def up(said: str | bytes) -> None:
            far.send(said)
            if number in cut and b"request_states" in bytes(said if isinstance(said, bytes) else said.encode()):
                line.close()

        line.on_message(up)

    page.route_web_socket(re.compile("/channels"), carry)
    app = AssessPage(page, server.url).open()
    cut += [0, 1]
    app.answer("outside_scope", "no")
    page.wait_for_function("document.documentElement.dataset.kapnb === 'busy'")
    lines[0].close()
    wait_for(lambda: page.evaluate("true") and len(lines) == 3)
    app.answer("ocd", "yes")
    settle(page)
    app.open()
    expect(app.option("ocd", "yes")).to_be_checked()
    expect(app.option("outside_scope", "no")).to_be_checked()


# a full disk


@contextmanager
def limited(processes: list[psutil.Process], resource: int, most: int) -> Iterator[None]:
    """Processes that may have no more of something, for a while."""
    before = [process.rlimit(resource) for process in processes]
    for process, (_, hard) in zip(processes, before, strict=True):
        process.rlimit(resource, (most, hard))
    try:
        yield
    finally:
        for process, limits in zip(processes, before, strict=True):
            process.rlimit(resource, limits)


needs_limits = pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="this system cannot limit another process")


@needs_limits
def test_a_full_disk_is_told_and_passes(small: Served) -> None:
    """Open pages go on, a new one is told what to do, and as soon as there is room the next one opens."""

    async def visit() -> None:
        visitor = await Visitor.enter(small.url, "counter")
        with limited([psutil.Process(small.process.pid)], psutil.RLIMIT_FSIZE, 0):  # no file can grow
            refused = await visitor.get("counter")
            assert refused.code == 500
            assert words("shell.error_room_title") in refused.body.decode()
            assert re.search(words("shell.number", number="[0-9a-f]{8}"), refused.body.decode())
            assert (await visitor.get("kapnb/health")).code == 503
            await visitor.press()
        assert (await visitor.get("kapnb/health")).code == 200
        assert await visitor.fetch("counter")
        await visitor.leave()

    run(visit())


# the clock


@pytest.mark.browser
def test_a_browser_whose_clock_jumps_goes_on(page: Page, server: Served) -> None:
    """As when a laptop wakes up: the page answers, says nothing, and keeps what it had."""
    page.clock.install()
    app = AssessPage(page, server.url).open()
    app.answer("outside_scope", "no")
    page.clock.fast_forward("09:00:00")
    app.answer("ocd", "yes")
    page.clock.set_system_time("2001-01-01")
    expect(page.locator("[data-field=ocd_preparation]")).to_be_visible()
    with page.expect_response(re.compile("/alive/"), timeout=WITHIN) as answer:
        pass
    assert answer.value.status == 204
    expect(page.locator("#session")).to_be_hidden()
    app.open()
    expect(app.option("ocd", "yes")).to_be_checked()
    expect(app.option("outside_scope", "no")).to_be_checked()
