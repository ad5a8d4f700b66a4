"""Kernels as forks of one process: small, apart from each other, and none left behind when the server goes."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.provisioning import LocalProvisioner
from traitlets.config import Configurable

from kapnb.serve import fork_server
from kapnb.serve.fork_server import POSSIBLE, ForkedKernel, ForkedProcess, ForkServer
from tests.apart import run
from tests.served import Served, wait_for

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this system has no handles of processes")


class Kernel:
    """A fork, and a client that talks to it."""

    def __init__(self, server: ForkServer, folder: Path, **env: str) -> None:
        folder.mkdir()
        file, _ = write_connection_file(str(folder / "k.json"), transport="ipc", ip=str(folder / "k"))
        command = ["-f", file, "--HistoryManager.enabled=False"]
        self.process: ForkedProcess = server.fork(command, {**os.environ, **env}, str(folder))
        self.client = BlockingKernelClient()
        self.client.load_connection_file(file)
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def tell(self, expression: str) -> str:
        reply = self.client.execute("", user_expressions={"it": expression}, reply=True, timeout=60)
        return str(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])

    def end(self) -> None:
        self.client.stop_channels()
        self.process.kill()
        assert self.process.wait() == 0


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


def test_forks_are_apart(pair: tuple[Kernel, Kernel]) -> None:
    """Each has its own environment, folder, group and random numbers."""
    one, two = pair
    assert [kernel.tell("__import__('os').environ['PAGE']") for kernel in pair] == ["'one'", "'two'"]
    expressions = ("os').getcwd()", "random').random()", "uuid').uuid4()", "secrets').token_hex()")
    assert not [it for it in expressions if one.tell(f"__import__('{it}") == two.tell(f"__import__('{it}")]
    assert [os.getpgid(kernel.process.pid) for kernel in pair] == [kernel.process.pid for kernel in pair]


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
    reply = pair[0].client.execute(code, reply=True, timeout=60)
    assert reply["content"]["status"] == "ok"
    assert psutil.Process(pair[0].process.pid).memory_full_info().uss < 25e6


def test_a_fork_is_looked_after_among_many_handles(server: ForkServer, tmp_path: Path) -> None:
    """A hundred pages hold more than 1,024 handles. One that has ended by itself is seen to have, and nobody else is hurt."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    many = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    kernel = Kernel(server, tmp_path / "k")
    assert kernel.process.poll() is None
    kernel.client.execute("__import__('os')._exit(0)")  # asked to shut down, any kernel of a busy machine may take long to
    kernel.client.stop_channels()
    assert kernel.process.wait(60) == 0
    kernel.process.kill()  # whoever may have its number now
    assert not psutil.pid_exists(kernel.process.pid)
    for handle in many:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_forks_outlive_the_process_that_they_come_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is killed by the system, or does not answer and is given up: its forks go on, and the next comes from a new process."""
    monkeypatch.setattr(fork_server, "END_SECONDS", 0.5)
    server = ForkServer()
    kernels = [Kernel(server, tmp_path / "1")]
    assert server._process
    server._process.kill()
    server._process.wait(10)
    kernels.append(Kernel(server, tmp_path / "2"))
    assert server._socket
    server._process.send_signal(signal.SIGSTOP)
    server._socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        server.fork(["-f", "nowhere"], {}, str(tmp_path))
    kernels.append(Kernel(server, tmp_path / "3"))
    assert [one.tell("6 * 7") for one in kernels] == ["42"] * 3
    server.close()
    assert [one.process.poll() for one in kernels] == [0] * 3  # nobody writes to the folder of a server that has stopped
    with pytest.raises(OSError, match="closed"):
        server.fork(["-f", "nowhere"], {}, str(tmp_path))
    for kernel in kernels:
        kernel.end()


def test_closing_waits_for_no_fork(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Although the process does not answer, and whoever asked would have waited for longer."""
    monkeypatch.setattr(fork_server, "END_SECONDS", 0.5)
    server = ForkServer()
    Kernel(server, tmp_path / "1").end()
    assert server._process
    server._process.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as asking:
        asked = asking.submit(server.fork, ["-f", "nowhere"], {}, str(tmp_path))
        wait_for(server._asking.locked)
        server.close()
        with pytest.raises(OSError, match=r"gone|pipe"):
            asked.result(60)


def list_forks() -> set[int]:
    """The processes that fork for this one, and their forks."""
    return {
        one.pid
        for one in psutil.process_iter(["cmdline"])
        if (one.info["cmdline"] or [])[2:] == [fork_server.__name__, str(os.getpid())]
    }


def test_a_fork_that_comes_too_late_is_no_kernel(tmp_path: Path) -> None:
    """By then another kernel has its place, and a page must not come to talk to both."""
    before, server = list_forks(), ForkServer()
    Kernel(server, tmp_path / "1").end()
    assert server._process
    assert server._socket
    process, line = psutil.Process(server._process.pid), server._socket
    process.suspend()
    line.settimeout(0.2)
    with ThreadPoolExecutor(1) as asking:
        asked = asking.submit(server.fork, ["-f", str(tmp_path / "k.json")], {}, str(tmp_path))
        wait_for(lambda: line.fileno() == -1)
        process.resume()
        with pytest.raises(TimeoutError):
            asked.result(60)
    assert not process.is_running()
    wait_for(lambda: list_forks() <= before)


def test_a_fork_server_that_cannot_start_says_so_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = ForkServer()
    before = set(psutil.Process().children())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OSError, match=r"fork server|pipe|reset"):
        server.fork(["-f", "nowhere"], {}, str(tmp_path))
    server.close()
    assert set(psutil.Process().children()) <= before


def test_a_server_that_closes_starts_no_kernel_in_place_of_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a page that was just being opened: nobody would end it, and it would write to a folder that is removed."""
    monkeypatch.setattr(LocalProvisioner, "launch_kernel", lambda *_, **__: pytest.fail("started"))
    pool = Configurable()
    pool.fork_server = ForkServer()
    pool.fork_server.close()
    kernel = ForkedKernel(parent=Configurable(parent=pool))
    with pytest.raises(OSError, match="closed"):
        run(kernel.launch_kernel(["python", "-m", fork_server.LAUNCHER, "-f", "nowhere"], env={}))


def test_a_kernel_starts_by_itself_where_no_fork_can_be_made(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.pidfd_open\n")
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    with Served("--notebooks", str(folder), "--preheat", "0", PYTHONPATH=paths) as served:
        assert "widget-view" in served.ask("/counter").text
        assert served.fork_server() is None


def test_pages_are_forks_and_none_goes_on_without_the_server(folder: Path) -> None:
    """It is killed without a farewell: its kernels end, also those whose process to come from went before."""
    served = Served("--notebooks", str(folder), "--preheat", "0")
    try:
        assert served.ask("/counter").status == 200
        forker, kernels = served.fork_server(), served.kernels()
        assert forker
        assert [kernel.ppid() for kernel in kernels] == [forker.pid]
        forker.kill()
        wait_for(lambda: served.fork_server() is None)
        assert served.ask("/counter").status == 200
        left = [*kernels, *served.children()]
        assert len(left) > len(kernels) == 1
        served.process.kill()
        served.process.wait(10)
        assert psutil.wait_procs(left, timeout=60)[1] == []
    finally:
        served.process.kill()
        shutil.rmtree(served.room)
