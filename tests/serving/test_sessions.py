"""Kernels: one per page, a bounded number, none left behind."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kapnb.words import words
from tests.served import Answer, Served, wait_for

if TYPE_CHECKING:
    from pathlib import Path


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
