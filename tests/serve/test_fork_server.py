"""Kernels as forks of one process: small, apart from each other, and none left behind when the server goes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from kapnb.serve.fork_server import POSSIBLE, ForkedProcess, ForkServer
from tests.served import Served, wait_for

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this system has no handles of processes")


class Kernel:
    """A fork, and a client that talks to it."""

    def __init__(self, server: ForkServer, folder: Path, **env: str) -> None:
        folder.mkdir()
        file, _ = write_connection_file(str(folder / "k.json"), transport="ipc", ip=str(folder / "k"))
        self.process: ForkedProcess = server.fork(
            ["-f", file, "--HistoryManager.enabled=False"], {**os.environ, **env}, str(folder)
        )
        self.client = BlockingKernelClient()
        self.client.load_connection_file(file)
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def tell(self, expression: str) -> str:
        reply = self.client.execute("", user_expressions={"it": expression}, reply=True, timeout=30)
        return str(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])

    def end(self) -> None:
        self.client.stop_channels()
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def pair(server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kernel, Kernel]]:
    room = tmp_path_factory.mktemp("p")
    kernels = Kernel(server, room / "1", PAGE="one"), Kernel(server, room / "2", PAGE="two")
    yield kernels
    for kernel in kernels:
        kernel.end()


def test_a_fork_has_its_own_environment_folder_and_group(pair: tuple[Kernel, Kernel]) -> None:
    one, two = pair
    assert [kernel.tell("__import__('os').environ['PAGE']") for kernel in pair] == ["'one'", "'two'"]
    assert one.tell("__import__('os').getcwd()") != two.tell("__import__('os').getcwd()")
    assert [os.getpgid(kernel.process.pid) for kernel in pair] == [kernel.process.pid for kernel in pair]


def test_forks_do_not_draw_the_same_random_numbers(pair: tuple[Kernel, Kernel]) -> None:
    for expression in ("__import__('random').random()", "__import__('uuid').uuid4()", "__import__('secrets').token_hex()"):
        assert len({kernel.tell(expression) for kernel in pair}) == 2, expression


def test_a_fork_keeps_no_way_to_ask_for_forks(pair: tuple[Kernel, Kernel]) -> None:
    """The socket between web server and fork server stays with those two: no page can use it, or keep it open."""
    parent = psutil.Process(pair[0].process.pid).parent()
    assert parent
    mine = {str(Path(f"/proc/{parent.pid}/fd/0").readlink())}
    assert all(link.startswith("socket:") for link in mine)
    for kernel in pair:
        handles = Path(f"/proc/{kernel.process.pid}/fd").iterdir()
        assert mine.isdisjoint(str(handle.readlink()) for handle in handles)


def test_a_fork_needs_little_memory_of_its_own(pair: tuple[Kernel, Kernel]) -> None:
    """Far less than the 38 MB of a bare page in a process that started by itself."""
    code = (
        "from kapnb.ui.assessment import AssessmentPage\n"
        "page = AssessmentPage()\n"
        "page.act({'action': 'confirm'})\n"
        "page.act({'action': 'example', 'name': '1_recurrent_depression'})"
    )
    reply = pair[0].client.execute(code, reply=True, timeout=30)
    assert reply["content"]["status"] == "ok"
    assert psutil.Process(pair[0].process.pid).memory_full_info().uss < 25e6


def test_a_fork_that_shuts_down_is_seen_to_have_ended(server: ForkServer, tmp_path: Path) -> None:
    kernel = Kernel(server, tmp_path / "k")
    assert kernel.process.poll() is None
    kernel.client.execute("__import__('os')._exit(0)")  # asked to shut down, any kernel of a busy machine may take long to
    kernel.client.stop_channels()
    assert wait_for(lambda: kernel.process.poll() == 0, 20)
    assert kernel.process.wait() == 0
    kernel.process.kill()  # harms nobody, whoever may have its number now
    assert not psutil.pid_exists(kernel.process.pid)


def test_a_fork_is_looked_after_among_many_handles(server: ForkServer, tmp_path: Path) -> None:
    """A hundred pages hold more than 1,024 handles."""
    import resource  # not on every system, but on those with handles of processes

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    many = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    kernel = Kernel(server, tmp_path / "k")
    assert kernel.process.poll() is None
    kernel.end()
    assert kernel.process.poll() == 0
    for handle in many:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_forks_outlive_the_process_that_they_come_from(tmp_path: Path) -> None:
    """As when the system kills it: its fork goes on, the next one comes from a new process, and both end with the server's side."""
    server = ForkServer()
    kernel = Kernel(server, tmp_path / "1")
    assert server._process
    server._process.kill()
    server._process.wait(10)
    other = Kernel(server, tmp_path / "2")
    assert [one.tell("6 * 7") for one in (kernel, other)] == ["42", "42"]
    server.close()
    for one in (kernel, other):
        assert wait_for(lambda one=one: one.process.poll() == 0, 20)
        one.client.stop_channels()


def test_a_process_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    """It is given up after some patience, and with it nothing that was forked from it."""
    server = ForkServer()
    kernel = Kernel(server, tmp_path / "1")
    assert server._process
    assert server._socket
    server._process.send_signal(signal.SIGSTOP)
    server._socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        server.fork(["-f", "nowhere"], {}, str(tmp_path))
    other = Kernel(server, tmp_path / "2")
    assert [one.tell("6 * 7") for one in (kernel, other)] == ["42", "42"]
    kernel.end()
    other.end()
    server.close()


def test_a_fork_server_that_cannot_start_says_so_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = ForkServer()
    before = set(psutil.Process().children())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OSError, match=r"fork server|pipe|reset"):
        server.fork(["-f", "nowhere"], {}, str(tmp_path))
    server.close()
    assert set(psutil.Process().children()) <= before


def test_pages_are_forks(folder: Path) -> None:
    with Served("--notebooks", str(folder), "--preheat", "0") as served:
        assert "widget-view" in served.ask("/counter").text
        parent = served.fork_server()
        assert parent
        assert [kernel.ppid() for kernel in served.kernels()] == [parent.pid]


def test_a_kernel_starts_by_itself_where_no_fork_can_be_made(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.pidfd_open\n")
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    with Served("--notebooks", str(folder), "--preheat", "0", PYTHONPATH=paths) as served:
        assert "widget-view" in served.ask("/counter").text
        assert served.fork_server() is None
