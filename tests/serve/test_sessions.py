"""Kernels: one per page, a bounded number, none left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kapnb.limits import STUCK_SECONDS
from kapnb.serve import kernel_pool, options
from kapnb.serve.handlers import ENDS_IN
from kapnb.serve.kernel_pool import KernelPool, MonotonicKernel, NoRoomError, PlacesTakenError, client_address
from kapnb.serve.launcher import temporary_folder
from kapnb.serve.options import Options
from kapnb.text.words import words
from tests.served import ROOT, Served, wait_for
from tests.visitor import run


class FakeKernel(MonotonicKernel):
    process_lives = True

    async def is_alive(self) -> bool:  # type: ignore[override]
        return self.process_lives


class FakePool(KernelPool):
    """A pool whose kernels are no processes, with a clock that the test sets."""

    now = 0.0
    started = 0
    room = True

    async def _start(self, **_: Any) -> str:
        if not self.room:
            raise NoRoomError
        self.started += 1
        self._kernels[f"k{self.started}"] = FakeKernel()
        return f"k{self.started}"

    async def shutdown_kernel(self, kernel_id: str, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002
        self.remove_kernel(kernel_id)

    async def pass_time(self, seconds: float) -> None:
        FakePool.now += seconds
        await self.cull_kernels()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePool]:
    monkeypatch.setattr(kernel_pool, "monotonic", lambda: FakePool.now)
    pool = FakePool(max_sessions=4, spares=0, spare_delay=0, unwatched_timeout=300, cull_idle_timeout=3600)
    yield pool
    pool.context.destroy(linger=0)


def test_the_number_of_sessions_is_bounded_for_all_and_for_each_address(pool: FakePool) -> None:
    """One address cannot take all places; one more than there are is refused, and let in once another has left."""

    async def story() -> None:
        pool.max_per_address = 3
        client_address.set("10.0.0.1")
        first = await pool.start_kernel()
        await asyncio.gather(pool.start_kernel(), pool.start_kernel())
        with pytest.raises(PlacesTakenError, match="503") as own:
            await pool.start_kernel()
        client_address.set("10.0.0.2")
        await pool.start_kernel()
        with pytest.raises(PlacesTakenError) as everybody:
            await pool.start_kernel()
        assert [own.value.key, everybody.value.key] == ["shell.error_503_address", "shell.error_503"]
        await pool.shutdown_kernel(first)
        client_address.set("10.0.0.1")
        assert await pool.start_kernel()
        assert pool.sessions == 4

    run(story())


def test_a_spare_kernel_is_used_and_replaced(pool: FakePool, caplog: pytest.LogCaptureFixture) -> None:
    """It counts as no session and is never idle; a dead one is put away. One that cannot start is noted and hinders nothing."""

    async def story() -> None:
        async def refill() -> None:
            pool.prepare_spares()
            assert pool._refill
            await pool._refill

        pool.spares = 1
        await refill()
        assert (pool.sessions, pool.list_kernel_ids()) == (0, ["k1"])
        await pool.pass_time(10_000)
        assert await pool.start_kernel() == "k1"
        await refill()
        assert (pool.sessions, pool.list_kernel_ids()) == (1, ["k1", "k2"])
        pool._kernels["k2"].process_lives = False
        assert await pool.start_kernel() == "k3"
        assert "k2" not in pool
        pool.room = False
        await refill()
        assert caplog.records[-1].getMessage().endswith("(spare)")
        pool.room = True
        assert await pool.start_kernel() == "k4"

    run(story())


def test_a_session_ends_when_nobody_uses_it(pool: FakePool) -> None:
    """After an hour, or five minutes without a browser; asking after it is no use, saying that one is there is."""

    async def story() -> None:
        watched, unwatched, kept = [await pool.start_kernel() for _ in range(3)]
        pool._kernel_connections |= {watched: 1, unwatched: 0, kept: 1}
        await pool.pass_time(300)
        assert len(pool.list_kernel_ids()) == 3
        await pool.pass_time(1)
        assert unwatched not in pool
        assert pool.find(watched).idle_seconds == 301
        pool.find(kept).touch()
        await pool.pass_time(3300)
        assert (watched in pool, kept in pool) == (False, True)

    run(story())


def test_a_clock_that_jumps_ends_nothing_early_or_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle time is what has passed, whatever the clock on the wall says: hours forward end no session, hours back keep none."""
    jump = 0.0
    real, now = time.time, dt.datetime.now
    monkeypatch.setattr(kernel_pool, "monotonic", lambda: FakePool.now)
    monkeypatch.setattr(time, "time", lambda: real() + jump)

    class Jumping(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now(tz) + dt.timedelta(seconds=jump)

    monkeypatch.setattr("jupyter_server._tz.datetime", Jumping)
    monkeypatch.setattr(kernel_pool, "datetime", Jumping)

    async def story() -> None:
        nonlocal jump
        looked = asyncio.Event()

        class Looking(FakePool):
            async def cull_kernels(self) -> None:
                await super().cull_kernels()
                looked.set()

        async def look() -> None:
            for _ in range(2):  # the first may have begun before the clock was set
                looked.clear()
                await looked.wait()

        pool = Looking(spares=0, cull_idle_timeout=3, cull_interval=0)
        pool.initialize_culler()
        for seconds in (18_000, -18_000):
            jump = seconds
            kernel = await pool.start_kernel()
            pool._kernel_connections[kernel] = 1
            FakePool.now += 3
            await look()
            assert kernel in pool
            FakePool.now += 1
            await look()
            assert kernel not in pool
        await pool.shutdown_all()
        pool.context.destroy(linger=0)

    run(story())


def test_a_kernel_at_work_without_a_word_is_stuck(pool: FakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although its heartbeat may answer: a page waits in vain."""

    async def story() -> None:
        kernel = await pool.start_kernel()
        pool._kernels[kernel].execution_state = "busy"
        FakePool.now += STUCK_SECONDS + 1
        assert await pool.find_state(kernel) == "stuck"
        pool._kernels[kernel].process_lives = False
        assert await pool.find_state(kernel) == "gone"
        assert await pool.find_state(kernel) == "gone"

    run(story())


def test_one_address_has_three_quarters_of_the_places() -> None:
    """Where others can come. On this machine everybody has the same one."""
    assert [Options(ip="0.0.0.0", max_sessions=places).address_limit for places in (1, 2, 20)] == [1, 2, 15]
    assert [Options().address_limit, Options(ip="0.0.0.0", max_per_address=20).address_limit] == [0, 20]


def test_pages_that_open_together_all_open(small: Served) -> None:
    """Under load no output is lost. Nothing is said of an end that is far."""
    with ThreadPoolExecutor() as visitors:
        pages = list(visitors.map(small.ask, ["/counter"] * 8))
    assert all("application/vnd.jupyter.widget-view+json" in page.text for page in pages)
    assert len({page.kernel_id for page in pages}) == 8
    assert ENDS_IN not in small.ask(f"/kapnb/alive/{pages[0].kernel_id}").headers


def test_a_kernel_that_is_gone_or_does_not_answer_is_told(small: Served) -> None:
    """A stopped process is no session that lives; when it goes on, so does the page. A killed one is not started anew."""
    alive = f"/kapnb/alive/{small.ask('/counter').kernel_id}"
    kernels = small.kernels()
    for kernel in kernels:
        kernel.suspend()
    assert wait_for(lambda: small.ask(alive).status == 503)
    for kernel in kernels:
        kernel.resume()
    assert wait_for(lambda: small.ask(alive).status == 204)
    small.kill_kernels()
    wait_for(lambda: small.ask(alive).status == 410)
    assert not small.kernels()
    assert small.ask("/kapnb/alive/00000000-0000-0000-0000-000000000000").status == 410


def limit_fds(soft: int, hard: int | str = "hard") -> str:
    """For a shell: a process that gets so many file descriptors and no more."""
    return f"ulimit -Sn {soft} && ulimit -Hn {'$(ulimit -Hn)' if hard == 'hard' else hard} && exec"


@pytest.mark.skipif(options.resource is None, reason="this system counts no descriptors")
class TestDescriptors:
    @pytest.mark.parametrize(("hard", "fits"), [("hard", 40), (options.count_fds(2), 2), (options.count_fds(1) - 1, 0)])
    def test_a_server_has_as_many_places_as_it_gets_descriptors_for(self, hard: int | str, fits: int) -> None:
        """It asks for those that its pages take. Where it gets too few it says how many fit; without one page it does not start."""
        code = "from kapnb.serve.options import Options; new, said = Options(max_sessions=40).fit(); print(new.max_sessions, said)"
        shell = f"{limit_fds(64, hard)} '{sys.executable}' -c '{code}'"
        ran = subprocess.run(shell, shell=True, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
        assert ran.stdout.startswith(f"{fits} ") or "ServingError: --max-sessions" in ran.stderr
        assert (ran.returncode == 0) is bool(fits)
        assert ("None" in ran.stdout) is (fits == 40)

    def test_a_server_that_gets_too_few_holds_to_that(self, folder: Path, tmp_path: Path) -> None:
        hard = options.count_fds(2)
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\n{limit_fds(hard, hard)} {sys.executable} "$@"\n')
        python.chmod(0o755)
        with Served("--notebooks", str(folder), "--preheat", "0", "--max-sessions", "40", python=str(python)) as served:
            said = served.log.read_text()
            assert words("serving.too_few_handles", wanted=40, pages=2) in said
            assert str(options.count_fds(40)) in said
            with ThreadPoolExecutor() as visitors:
                pages = list(visitors.map(served.ask, ["/counter"] * 4))
            assert sorted(page.status for page in pages) == [200, 200, 503, 503]


def test_what_a_killed_server_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """Not what a server that runs has, nor what is no server's."""
    code = (
        "import sys, pathlib; from kapnb.serve.launcher import temporary_folder\n"
        "with temporary_folder(pathlib.Path(sys.argv[1])) as made: print(made.name, flush=True); sys.stdin.read()"
    )
    with temporary_folder(tmp_path) as running:
        (tmp_path / "kapnb-other").mkdir()
        command = [sys.executable, "-c", code, str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as killed:
            assert killed.stdout
            left = killed.stdout.readline().strip()
            killed.kill()
        assert {path.name for path in tmp_path.iterdir()} == {left, running.name, "kapnb-other"}
        with temporary_folder(tmp_path) as following:
            assert {path.name for path in tmp_path.iterdir()} == {following.name, running.name, "kapnb-other"}
    assert [path.name for path in tmp_path.iterdir()] == ["kapnb-other"]
