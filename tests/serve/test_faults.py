"""What breaks on the server's side: in each case the page says so calmly, what was typed is kept, and one click goes on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect

from kapnb import paths
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage
from tests.browser.test_supervision_page import Visit
from tests.browser.test_training_page import WRONG, TrainingSheet
from tests.serve import notebooks
from tests.served import ROOT, Served, wait_for
from tests.visitor import Visitor, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, WebSocketRoute

WITHIN = 15_000
OPENING = 60_000
TYPED = "typed by somebody"
CLOCK = """
import datetime, pathlib, time

class Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=jump())

def jump():
    return float(pathlib.Path(__file__).with_name("jump").read_text())

real, time.time, datetime.datetime = time.time, lambda: real() + jump(), Jumping
"""
"""A clock on the wall that can be set, for the processes of one server."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The pages of the house, and some that fail."""
    folder = notebooks.write_all(tmp_path_factory.mktemp("pages"))
    for path in paths.notebooks().glob("*.ipynb"):
        shutil.copy(path, folder)
    other = notebooks.COUNTER.replace("button", "key").replace("count", "tally")
    notebooks.write(folder, "halves", "# Halves", notebooks.COUNTER, f"raise RuntimeError({TYPED!r})", other)
    notebooks.write(folder, "ending", "# End", "import os\nos._exit(1)", notebooks.COUNTER)
    with Served("--notebooks", str(folder), "--preheat", "0", "--log", "json") as served:
        yield served


def kernel_of(page: Page, served: Served) -> psutil.Process:
    """The process behind a page."""
    number = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    return next(one for one in served.kernels() if any(number in str(end.laddr) for end in one.net_connections("unix")))


def go_on(page: Page) -> None:
    """The page says by itself that its session is gone; one click."""
    banner = page.locator("#session")
    expect(banner).to_contain_text(words("shell.ended_title"), timeout=WITHIN)
    banner.get_by_role("button").click()


# a kernel that is killed, be it by somebody or by the system when memory runs out


@pytest.mark.browser
def test_an_answer_that_nobody_takes_is_kept(page: Page, served: Served) -> None:
    """The answer that a kernel did not live to take is there after one click, and evaluated."""
    app = AssessPage(page, served.url).open()
    app.answer("outside_scope", "no")
    expect(page.locator(".strip .tally")).to_contain_text("1 of")
    kernel = kernel_of(page, served)
    kernel.suspend()
    app.answer("ocd", "yes")
    kernel.kill()
    go_on(page)
    expect(app.option("ocd", "yes")).to_be_checked(timeout=OPENING)
    expect(app.option("outside_scope", "no")).to_be_checked()
    expect(page.locator("[data-field=ocd_preparation]")).to_be_visible()


@pytest.mark.browser
def test_a_choice_that_nobody_takes_is_made_again(page: Page, served: Served) -> None:
    """In a judgment that is not committed, whatever else was answered since."""

    holding = [b'"action":"confidence"']

    def hold(socket: WebSocketRoute) -> None:
        far = socket.connect_to_server()
        socket.on_message(lambda said: None if any(one in bytes(said) for one in holding) else far.send(said))  # type: ignore[arg-type]

    page.route_web_socket(re.compile("/channels"), hold)
    app = TrainingSheet(page, served.url).open().begin("V05")
    kernel = kernel_of(page, served)
    kernel.suspend()
    app.outcome(WRONG).check()
    app.part("confidence-high").check()  # does not arrive
    kernel.resume()
    page.wait_for_function("wanted => Object.values(localStorage).join().includes(wanted)", arg=WRONG)  # it is never settled
    holding.clear()
    kernel.kill()
    go_on(page)
    expect(app.outcome(WRONG)).to_be_checked(timeout=OPENING)
    expect(app.part("confidence-high")).to_be_checked()
    wait_for(lambda: '"high"' in app.kept, 10)


@pytest.mark.browser
def test_what_a_group_wrote_is_kept(page: Page, served: Served) -> None:
    """Learning points are; the banner says what is to be opened again."""
    room = Visit(page, served.url).open().confirm().example()
    kernel = kernel_of(page, served)
    kernel.suspend()
    room.learning.fill("Written while nobody listened.")
    kernel.kill()
    kept = json.loads((paths.notebooks() / "supervision.ipynb").read_text("utf-8"))["metadata"]["kapnb"]["kept"]
    expect(page.locator("#session")).to_contain_text(kept, timeout=WITHIN)
    go_on(page)
    expect(room.button("example_open")).to_be_visible(timeout=OPENING)
    room.example()
    expect(room.learning).to_have_value("Written while nobody listened.")


def test_a_kernel_that_ends_while_its_page_is_made_is_told(served: Served) -> None:
    """At once and with a number; what would come after it is not waited for."""
    text = served.ask("/ending").text
    assert text.count(words("shell.failure_title")) == 1
    assert "widget-view" not in text


def test_a_kernel_that_cannot_come_up_is_told(served: Served) -> None:
    """As when there are too many open files: a panel, and not a page that opens forever."""
    assert served.ask("/counter").status == 200
    forker = served.fork_server()
    assert forker
    with limited([forker], psutil.RLIMIT_NOFILE, 9):
        page = served.ask("/counter")
    assert words("shell.failure_title") in page.text
    assert served.ask(f"/kapnb/alive/{page.kernel_id}").status == 410
    assert "widget-view" in served.ask("/counter").text


# the server starts anew


@pytest.mark.browser
def test_a_server_that_starts_anew_throws_nobody_out(page: Page, tmp_path: Path) -> None:
    """One click with the same token; with another one it is asked for, and leads back to the page."""
    (tmp_path / "token").write_text("open-sesame-2026")
    asking = ("--preheat", "0", "--token-file", str(tmp_path / "token"))
    with Served(*asking) as first:
        app = AssessPage(page, first.url)
        page.goto(f"{first.url}?token=open-sesame-2026")
        app.open().answer("ocd", "yes")
        port = ("--port", str(first.port))
    with Served(*asking, *port):
        go_on(page)
        expect(app.option("ocd", "yes")).to_be_checked(timeout=OPENING)
    (tmp_path / "token").write_text("another-word-2027")
    with Served(*asking, *port):
        go_on(page)
        page.get_by_label(words("shell.token_label")).fill("another-word-2027")
        page.get_by_role("button", name=words("shell.token_button")).click()
        expect(app.option("ocd", "yes")).to_be_checked(timeout=OPENING)


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
def test_a_full_disk_is_told_and_passes(served: Served) -> None:
    """Open pages go on, a new one is told what to do, and as soon as there is room the next one opens."""

    async def visit() -> None:
        visitor = await Visitor.enter(served.url, "counter")
        with limited([psutil.Process(served.process.pid)], psutil.RLIMIT_FSIZE, 0):  # no file can grow
            refused = await visitor.get("counter")
            assert refused.code == 500
            assert words("shell.error_room_title") in refused.body.decode()
            assert re.search(words("shell.number", number="[0-9a-f]{8}"), refused.body.decode())
            assert (await visitor.get("kapnb/health")).code == 503
            await press(visitor)
        assert (await visitor.get("kapnb/health")).code == 200
        assert await visitor.fetch("counter")
        await visitor.leave()

    run(visit())


async def press(visitor: Visitor) -> None:
    """The counter counts on."""
    label = visitor.find("value")
    before = visitor.states[label]["value"]
    button = next(name for name, state in visitor.states.items() if state.get("description") == "Press")
    await visitor.act(button, event="click")
    await visitor.until(lambda: visitor.states[label]["value"] != before, 10)


def test_a_spare_that_cannot_start_hinders_nothing(folder: Path) -> None:
    """It is noted; the server goes on, and ends in order."""
    with Served("--notebooks", str(folder), "--preheat", "1", "--log", "json") as served:
        wait_for(served.kernels, 20)
        noted = False
        for _ in range(5):  # on a busy machine the next spare may have started before its room was gone
            page = served.ask("/counter")
            (sockets,) = (served.room / "t").rglob("voila_*")
            away = sockets.rename(sockets.with_name("away"))
            with contextlib.suppress(AssertionError):
                noted = wait_for(lambda: '"where": "spare"' in served.log.read_text(), 8)
            away.rename(sockets)
            if noted:
                break
        assert noted
        assert served.ask(f"/kapnb/alive/{page.kernel_id}").status == 204


# the clock


def test_a_clock_that_jumps_ends_nothing_early_or_late(folder: Path, tmp_path: Path) -> None:
    """Idle time is what has passed, whatever the clock on the wall says: hours forward end no session, hours back keep none."""
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    (tmp_path / "jump").write_text("0")

    def jump(hours: float) -> None:
        (tmp_path / "next").write_text(str(hours * 3600))
        (tmp_path / "next").replace(tmp_path / "jump")

    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    with Served("--notebooks", str(folder), "--preheat", "0", "--idle-minutes", "0.15", PYTHONPATH=paths) as served:
        alive = f"/kapnb/alive/{served.ask('/counter').kernel_id}"
        jump(5)
        with pytest.raises(AssertionError, match="nothing within"):
            wait_for(lambda: served.ask(alive).status == 410, 6)
        jump(-5)
        wait_for(lambda: served.ask(alive).status == 410, 20)


@pytest.mark.browser
def test_a_browser_whose_clock_jumps_goes_on(page: Page, served: Served) -> None:
    """As when a laptop wakes up: the page answers, says nothing, and keeps what it had."""
    page.clock.install()
    app = AssessPage(page, served.url).open()
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
    assert app.answers() == {"outside_scope": "no", "ocd": "yes"}


# a cell that fails


@pytest.mark.browser
def test_a_cell_that_fails_takes_nothing_with_it(page: Page, served: Served) -> None:
    """What stands before and after it works, the browser keeps what it kept, and the log has the number and no word of it."""
    page.goto(f"{served.url}halves")
    page.evaluate("localStorage.setItem('kapnb:case', 'kept')")
    panel = page.get_by_role("alert").filter(has_text=words("shell.failure_title"))
    expect(panel).to_be_visible(timeout=OPENING)
    for place in (0, 1):
        page.get_by_role("button", name="Press").nth(place).click(timeout=OPENING)
        expect(page.get_by_text("1 times")).to_have_count(place + 1)
    number = re.search(words("shell.number", number="([0-9a-f]{8})"), panel.inner_text())
    assert number
    log = served.log.read_text()
    assert f'"event": "error", "number": "{number[1]}", "where": "cell"' in log
    assert TYPED not in log + page.content()
    panel.get_by_role("button", name=words("shell.reload")).click()
    expect(page.get_by_text("0 times")).to_have_count(2, timeout=OPENING)
    expect(panel).to_be_visible()
    assert page.evaluate("localStorage.getItem('kapnb:case')") == "kept"


# the process that kernels are copied from


def test_pages_go_on_without_the_process_that_they_come_from(served: Served) -> None:
    """It is killed: open pages answer, the next one opens from a new one, and none is left when the server ends."""

    async def visit() -> None:
        visitor = await Visitor.enter(served.url, "counter")
        forker = served.fork_server()
        assert forker
        forker.kill()
        wait_for(lambda: served.fork_server() is None, 10)
        other = await Visitor.enter(served.url, "counter")
        await press(visitor)
        await press(other)
        assert served.fork_server()
        await visitor.leave()
        await other.leave()

    run(visit())


def test_nothing_goes_on_without_the_server(folder: Path) -> None:
    """It is killed without a farewell: its kernels end, also those whose process to come from went before."""
    served = Served("--notebooks", str(folder), "--preheat", "0")
    try:
        assert served.ask("/counter").status == 200
        forker, kernels = served.fork_server(), served.kernels()
        assert forker
        forker.kill()
        wait_for(lambda: served.fork_server() is None, 10)
        assert served.ask("/counter").status == 200
        left = [*kernels, *served.children()]
        assert len(left) > len(kernels) == 1
        served.process.kill()
        served.process.wait(10)
        assert psutil.wait_procs(left, timeout=10)[1] == []
    finally:
        served.process.kill()
        shutil.rmtree(served.room)
