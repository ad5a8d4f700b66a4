"""Kernels: one per page, a bounded number, none left behind."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

from kapnb.limits import STUCK_SECONDS
from kapnb.serve import kernel_pool, limits
from kapnb.serve.handlers import ENDS_IN
from kapnb.serve.kernel_pool import KernelPool, MonotonicKernel, PlacesTakenError, client_address
from kapnb.serve.launcher import temporary_folder
from kapnb.serve.options import Options
from kapnb.text.words import words
from tests import apart
from tests.serve.conftest import TOKEN
from tests.served import Served, wait_for
from tests.visitor import Visitor, run


class FakeKernel(MonotonicKernel):
    process_lives = True

    async def is_alive(self) -> bool:  # type: ignore[override]
        return self.process_lives


class FakePool(KernelPool):
    """A pool whose kernels are no processes, with a clock that the test sets."""

    now = 0.0
    started = 0

    async def _start(self, **_: Any) -> str:
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
    pool = FakePool(max_sessions=4, spares=0, spare_delay=0, unwatched_timeout=300, cull_idle_timeout=3600, cull_connected=True)
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

    apart.run(story())


def test_a_spare_kernel_is_used_and_replaced(pool: FakePool) -> None:
    """It counts as no session and is never idle; a dead one is put away."""

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

    apart.run(story())


def test_a_session_ends_when_nobody_uses_it(pool: FakePool) -> None:
    """After an hour, or five minutes without a browser; asking after it is no use, saying that one is there is."""

    async def story() -> None:
        watched, unwatched, kept = [await pool.start_kernel() for _ in range(3)]
        pool._kernel_connections |= {watched: 1, unwatched: 0, kept: 1}
        await pool.pass_time(300)
        assert len(pool.list_kernel_ids()) == 3
        await pool.pass_time(1)
        assert unwatched not in pool
        assert pool.seconds_left(watched) == 3299
        pool.keep(kept)
        await pool.pass_time(3300)
        assert (watched in pool, kept in pool) == (False, True)

    apart.run(story())


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

    apart.run(story())


def test_places_are_told_before_they_are_all_taken(folder: Path) -> None:
    """In the index, in the refusal, and to whoever may ask how many there are. A stranger learns nothing of it."""
    known, other = {"Authorization": f"token {TOKEN}"}, {"X_Real_IP": "10.0.0.2"}
    options = ("--preheat", "0", "--max-sessions", "2", "--token", TOKEN, "--allow-host", "kap.example", "--max-per-address", "1")
    with Served("--notebooks", str(folder), *options) as served:
        said = [words("shell.places_one", places=2), words("shell.places_taken", places=2), words("shell.place_taken")]
        seen = []
        for headers in ({}, other, other):
            index, stranger = served.ask("/", **known).text, served.ask("/").text
            assert words("shell.index_idle", idle="60 minutes") in index
            seen.append([line in index for line in said])
            assert not [line for line in said if line in stranger]
            page = served.ask("/counter", **known, **headers)
            own = served.ask("/counter", **known)
        assert seen == [[False, False, False], [True, False, False], [False, True, True]]
        assert words("shell.error_503", places=2, idle="60 minutes") in page.text
        assert (page.status, page.headers["Retry-After"]) == (503, "60")
        assert words("shell.error_503_title") in own.text
        assert json.loads(served.ask("/kapnb/health", **known).text) == {"status": "ok", "sessions": 2, "limit": 2}


def test_one_address_has_three_quarters_of_the_places() -> None:
    """Where others can come. On this machine everybody has the same one."""
    assert [Options(ip="0.0.0.0", max_sessions=places).address_limit for places in (1, 2, 20)] == [1, 2, 15]
    assert [Options().address_limit, Options(ip="0.0.0.0", max_per_address=20).address_limit] == [0, 20]


def test_pages_that_open_together_all_open(small: Served) -> None:
    """Under load no output is lost."""
    with ThreadPoolExecutor() as visitors:
        pages = list(visitors.map(small.ask, ["/counter"] * 8))
    assert all("application/vnd.jupyter.widget-view+json" in page.text for page in pages)
    assert len({page.kernel_id for page in pages}) == 8


def test_a_session_tells_its_end_and_ends(folder: Path) -> None:
    """Whoever asks hears how many seconds are left; asking wins none. The spare kernel stays."""
    with Served("--notebooks", str(folder), "--preheat", "1", "--idle-minutes", "0.05") as served:
        page = served.ask("/counter")
        alive, mine = f"/kapnb/alive/{page.kernel_id}", {"Cookie": page.cookie, "X_XSRFToken": page.cookies["_xsrf"]}
        heard = served.ask(alive, "PUT", **mine)
        assert (heard.status, heard.headers["Cache-Control"]) == (204, "no-store")
        assert 0 <= int(heard.headers[ENDS_IN]) <= 3
        wait_for(lambda: served.ask(alive).status == 410, 20)
        assert served.ask(alive, "PUT", **mine).status == 410
        wait_for(lambda: len(served.kernels()) == 1, 20)


def test_nothing_is_said_of_an_end_that_is_far(small: Served) -> None:
    """An hour is left."""
    assert ENDS_IN not in small.ask(f"/kapnb/alive/{small.ask('/counter').kernel_id}").headers


def test_a_kernel_that_is_gone_or_does_not_answer_is_told(small: Served) -> None:
    """A stopped process is no session that lives; when it goes on, so does the page. A killed one is not started anew."""
    alive = f"/kapnb/alive/{small.ask('/counter').kernel_id}"
    kernels = small.kernels()
    for kernel in kernels:
        kernel.suspend()
    assert wait_for(lambda: small.ask(alive).status == 503, 30)
    for kernel in kernels:
        kernel.resume()
    assert wait_for(lambda: small.ask(alive).status == 204, 10)
    small.kill_kernels()
    wait_for(lambda: small.ask(alive).status == 410, 5)
    assert not small.kernels()
    assert small.ask("/kapnb/alive/00000000-0000-0000-0000-000000000000").status == 410


def limited(tmp_path: Path, *limits: str) -> str:
    """An interpreter that gets so many file descriptors and no more."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nulimit {" && ulimit ".join(limits)}\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.skipif(limits.resource is None, reason="this system counts no descriptors")
class TestDescriptors:
    def test_a_server_asks_for_those_that_its_pages_take(self, folder: Path, tmp_path: Path) -> None:
        """More pages open than fit into what it was given at first."""

        async def visit() -> None:
            visitors = [await Visitor.enter(served.address, "counter") for _ in range(5)]
            assert psutil.Process(served.process.pid).num_fds() > 64
            for visitor in visitors:
                await visitor.leave()

        with Served("--notebooks", str(folder), "--preheat", "0", python=limited(tmp_path, "-Sn 64")) as served:
            run(visit())

    def test_a_server_that_gets_too_few_has_fewer_places(self, folder: Path, tmp_path: Path) -> None:
        """It says how many fit and what to do, and holds to that."""
        hard = limits.count_fds(2)
        options = ("--notebooks", str(folder), "--preheat", "0", "--max-sessions", "40")
        with Served(*options, python=limited(tmp_path, f"-Sn {hard}", f"-Hn {hard}")) as served:
            said = served.log.read_text()
            assert words("serving.too_few_handles", wanted=40, pages=2) in said
            assert str(limits.count_fds(40)) in said
            with ThreadPoolExecutor() as visitors:
                pages = list(visitors.map(served.ask, ["/counter"] * 4))
            assert sorted(page.status for page in pages) == [200, 200, 503, 503]

    def test_a_server_that_could_open_no_page_does_not_start(self, folder: Path, tmp_path: Path) -> None:
        """The reason is said at once."""
        hard = limits.count_fds(1) - 1
        with pytest.raises(AssertionError, match="--max-sessions"):
            Served("--notebooks", str(folder), python=limited(tmp_path, f"-Sn {hard}", f"-Hn {hard}"))


def test_what_a_killed_server_left_is_removed_by_the_next(folder: Path) -> None:
    """Not what a server that runs has, nor what is no server's."""
    options = ("--notebooks", str(folder), "--preheat", "0")
    with TemporaryDirectory(prefix="k", dir="/tmp") as root, temporary_folder(Path(root)) as running:
        (Path(root) / "kapnb-other").mkdir()
        Served(*options, TMPDIR=root).kill()
        assert len(list(Path(root).iterdir())) == 3
        with Served(*options, TMPDIR=root):
            assert len(list(Path(root).iterdir())) == 3
        assert {path.name for path in Path(root).iterdir()} == {"kapnb-other", running.name}
