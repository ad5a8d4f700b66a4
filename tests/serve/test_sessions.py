"""Kernels: one per page, a bounded number, none left behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kapnb.serve import handles, limits
from kapnb.serve.handlers import ENDS_IN
from kapnb.serve.limits import ends_soon, tell_places
from kapnb.text.words import words
from tests.served import ROOT, Answer, Served, wait_for
from tests.visitor import Visitor, run

TOKEN = "open-sesame-2026"


def kernel_id(page: Answer) -> str:
    found = re.search(r'"kernelId": "([\w-]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def close(served: Served, page: Answer) -> Answer:
    """What the browser sends when the tab closes."""
    cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    body = f"_xsrf={page.cookies['_xsrf']}"
    return served.ask(
        f"/voila/api/shutdown/{kernel_id(page)}",
        "POST",
        body,
        Cookie=cookie,
        Content_Type="application/x-www-form-urlencoded",
    )


def test_the_number_of_sessions_is_bounded(folder: Path) -> None:
    """One more than allowed is told so, and gets in once another has left; the spare kernel does not count."""
    with Served("--notebooks", str(folder), "--max-sessions", "2", "--preheat", "1") as served:
        wait_for(lambda: len(served.kernels()) == 1, 20)
        first, _ = served.ask("/counter"), served.ask("/counter")
        wait_for(lambda: len(served.kernels()) == 3, 20)
        refused = served.ask("/counter")
        assert refused.status == 503
        assert words("shell.error_503_title") in refused.text
        assert refused.headers["Retry-After"] == "60"
        assert served.ask("/").status == 200
        assert close(served, first).status == 204
        assert served.ask("/counter").status == 200


def test_pages_that_open_together_all_open(small: Served) -> None:
    """Under load no output is lost."""
    with ThreadPoolExecutor() as visitors:
        pages = list(visitors.map(small.ask, ["/counter"] * 8))
    assert all("application/vnd.jupyter.widget-view+json" in page.text for page in pages)
    assert len({kernel_id(page) for page in pages}) == 8


def test_a_spare_kernel_is_used_and_replaced(folder: Path) -> None:
    """The page gets the process that was waiting, and another one waits then."""
    with Served("--notebooks", str(folder), "--preheat", "1") as served:
        waiting = wait_for(served.kernels, 20)[0]
        time.sleep(2)
        page = served.ask("/counter")
        assert any(kernel_id(page) in str(end.laddr) for end in waiting.net_connections("unix"))
        wait_for(lambda: len(served.kernels()) == 2, 20)


def test_a_dead_spare_is_not_used(folder: Path) -> None:
    """The page opens on a live kernel all the same."""
    with Served("--notebooks", str(folder), "--preheat", "1") as served:
        wait_for(served.kernels, 20)
        time.sleep(2)
        served.kill_kernels()
        page = served.ask("/counter")
        assert served.ask(f"/kapnb/alive/{kernel_id(page)}").status == 204


def test_an_idle_kernel_ends_although_its_page_asks_after_it(folder: Path) -> None:
    """The check that a session lives keeps none alive; the spare one stays."""
    with Served("--notebooks", str(folder), "--preheat", "1", "--idle-minutes", "0.05") as served:
        alive = f"/kapnb/alive/{kernel_id(served.ask('/counter'))}"
        assert served.ask(alive).status == 204
        wait_for(lambda: served.ask(alive).status == 410, 20)
        time.sleep(4)
        assert len(served.kernels()) == 1


def keep(served: Served, page: Answer, **headers: str) -> Answer:
    """What the browser sends when somebody says that they are still there."""
    cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    secret = {"Cookie": cookie, "X_XSRFToken": page.cookies["_xsrf"]}
    return served.ask(f"/kapnb/alive/{kernel_id(page)}", "PUT", **(secret | headers))


def test_a_session_tells_its_end_and_can_be_kept(folder: Path) -> None:
    """Whoever asks hears how many seconds are left; asking wins none, saying that one is there does."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--idle-minutes", "0.05") as served:
        page = served.ask("/counter")
        alive = f"/kapnb/alive/{kernel_id(page)}"
        begun = time.monotonic()
        while time.monotonic() - begun < 6:
            kept = keep(served, page)
            assert (kept.status, kept.headers["Cache-Control"]) == (204, "no-store")
            assert int(kept.headers[ENDS_IN]) == 2
            time.sleep(0.5)
        heard = []
        while (answer := served.ask(alive)).status == 204:
            heard.append(int(answer.headers[ENDS_IN]))
            time.sleep(0.3)
        assert heard == sorted(heard, reverse=True)
        assert {2, 1, 0} >= set(heard) > {0}
        assert keep(served, page).status == 410


def test_nothing_is_said_of_an_end_that_is_far(small: Served) -> None:
    """An hour is left."""
    assert ENDS_IN not in small.ask(f"/kapnb/alive/{kernel_id(small.ask('/counter'))}").headers


def test_the_end_is_told_in_good_time() -> None:
    """Five minutes before, or a fifth of a shorter time; never so late that a page would not hear of it."""
    for limit in (20, 60, 600, 3600, 10_080 * 60):
        told = min(300, max(limit / 5, limits.SHORTEST_NOTICE))
        assert ends_soon(told, limit)
        assert not ends_soon(told + 1, limit)
        assert told > 4


@pytest.mark.parametrize(
    "careless", [{"X_XSRFToken": "x"}, {"X_XSRFToken": ""}, {"Origin": "http://elsewhere.example"}, {"Cookie": "_xsrf=x"}]
)
def test_another_site_keeps_no_session(small: Served, careless: dict[str, str]) -> None:
    """It takes the secret of the visitor, and a request from this site."""
    page = small.ask("/counter")
    assert keep(small, page, **careless).status in {403, 404}
    assert keep(small, page).status == 204


def test_places_that_get_scarce_are_told_in_the_index(folder: Path) -> None:
    """To whoever may come in, before the last one is taken; then at each link too. A stranger learns nothing of it."""
    known = {"Authorization": f"token {TOKEN}"}
    with Served("--notebooks", str(folder), "--preheat", "0", "--max-sessions", "2", "--token", TOKEN) as served:
        said = [words("shell.places_one", places=2), words("shell.places_taken", places=2)]
        seen = []
        for _ in range(3):
            index = served.ask("/", **known)
            assert index.headers["Cache-Control"] == "no-store"
            assert words("shell.index_idle", idle="60 minutes") in index.text
            seen.append([line in index.text for line in (*said, words("shell.place_taken"))])
            stranger = served.ask("/")
            assert not [line for line in (*said, words("shell.place_taken")) if line in stranger.text]
            refused = served.ask("/counter", **known)
        assert seen == [[False, False, False], [True, False, False], [False, True, True]]
        assert words("shell.error_503", places=2, idle="60 minutes") in refused.text
        assert json.loads(served.ask("/kapnb/health", **known).text) == {"status": "ok", "sessions": 2, "limit": 2}


def test_few_places_are_told() -> None:
    """Three, or a tenth of them all, and none that is untouched."""
    assert [left for left in range(21) if tell_places(left, 20)] == [0, 1, 2, 3]
    assert [left for left in range(101) if tell_places(left, 100)] == list(range(11))
    assert [left for left in range(3) if tell_places(left, 2)] == [0, 1]
    assert tell_places(1, 1) == ""


def limited(tmp_path: Path, *limits: str) -> str:
    """An interpreter that gets so many handles and no more."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nulimit {" && ulimit ".join(limits)}\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.skipif(handles.resource is None, reason="this system counts no handles")
class TestHandles:
    def test_a_server_asks_for_the_handles_that_its_pages_take(self, folder: Path, tmp_path: Path) -> None:
        """More pages open than fit into what it was given at first."""

        async def visit() -> None:
            visitors = [await Visitor.enter(served.address, "counter") for _ in range(5)]
            assert len(list(handles_of(served).iterdir())) > 64
            for visitor in visitors:
                await visitor.leave()

        options = ("--notebooks", str(folder), "--preheat", "0")
        with Served(*options, python=limited(tmp_path, "-Sn 64")) as served:
            run(visit())

    def test_a_server_that_gets_too_few_has_fewer_places(self, folder: Path, tmp_path: Path) -> None:
        """It says how many fit and what to do, and holds to that."""
        options = ("--notebooks", str(folder), "--preheat", "0", "--max-sessions", "40")
        hard = handles.count_handles(2)
        with Served(*options, python=limited(tmp_path, f"-Sn {hard}", f"-Hn {hard}")) as served:
            said = served.log.read_text()
            assert words("serving.too_few_handles", wanted=40, pages=2) in said
            assert str(handles.count_handles(40)) in said
            assert json.loads(served.ask("/kapnb/health").text)["limit"] == 2
            with ThreadPoolExecutor() as visitors:
                pages = list(visitors.map(served.ask, ["/counter"] * 4))
            assert sorted(page.status for page in pages) == [200, 200, 503, 503]

    def test_a_server_that_could_open_no_page_does_not_start(self, folder: Path, tmp_path: Path) -> None:
        """The reason is said at once."""
        hard = handles.count_handles(1) - 1
        with pytest.raises(AssertionError, match="--max-sessions"):
            Served("--notebooks", str(folder), python=limited(tmp_path, f"-Sn {hard}", f"-Hn {hard}"))

    def test_the_check_of_an_installation_tells_too(self, folder: Path, tmp_path: Path) -> None:
        hard = handles.count_handles(3)
        python = limited(tmp_path, f"-Sn {hard}", f"-Hn {hard}")
        command = [python, "-c", "from kapnb.serve import checking, launcher as l\n"]
        command[-1] += (
            "print(*checking.check_handles(l.Options(max_sessions=3)), *checking.check_handles(l.Options(max_sessions=9)))"
        )
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        assert words("serving.too_few_handles", wanted=9, pages=3) in said
        assert said.count("--max-sessions") == 1


def handles_of(served: Served) -> Path:
    return Path(f"/proc/{served.process.pid}/fd")


def test_a_killed_kernel_is_gone(small: Served) -> None:
    """It is not started anew: a new one would know nothing of the page."""
    alive = f"/kapnb/alive/{kernel_id(small.ask('/counter'))}"
    small.kill_kernels()
    wait_for(lambda: small.ask(alive).status == 410, 5)
    assert not small.kernels()


def test_kernels_write_nothing_into_the_users_folder(folder: Path, tmp_path: Path) -> None:
    """No history, no profile, no signatures."""
    with Served("--notebooks", str(folder), "--preheat", "1", HOME=str(tmp_path)) as served:
        served.ask("/counter")
    assert not list(tmp_path.iterdir())


def test_a_kernel_of_the_users_is_not_used(folder: Path, tmp_path: Path) -> None:
    """The interpreter that serves runs the pages, whatever else is called python3 on this machine."""
    kernel = tmp_path / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "Other", "language": "python"}')
    with Served("--notebooks", str(folder), "--preheat", "0", HOME=str(tmp_path)) as served:
        assert served.ask("/counter").status == 200


def test_a_page_that_fails_says_so_calmly(small: Served) -> None:
    """The number on the page is the number in the log; the reason is in the log only."""
    text = small.ask("/failing").text
    number = re.search(words("shell.number", number="([0-9a-f]{8})"), text)
    assert number
    assert "secret" not in text
    assert "RuntimeError" not in text
    log = small.log.read_text()
    assert number[1] in log
    assert "in the log only" in log
