"""Nothing is left behind after the tests; and should something be, it is seen."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests import leftovers, served

SLEEP = "import time; print('begun', flush=True); time.sleep(60)"
ORPHAN = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.fixture(autouse=True)
def no_servers_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that other tests share are still in use: their folders are not left behind, and are not to be cleared."""
    monkeypatch.setattr(served, "ROOMS", [])


def leave_everything(own: socket.socket) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN, SLEEP], stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"begun\n"
        parent.kill()  # what it started is nobody's child now
    tempfile.mkdtemp(prefix="kapnb-")
    served.ROOMS.append(Path(tempfile.mkdtemp(prefix="k")))
    own.bind(("127.0.0.1", 0))
    own.listen()


def test_what_is_left_is_named_and_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """An orphan, a port of the tests, a temporary folder and a server's folder."""
    monkeypatch.setattr(leftovers, "PATIENCE", 0.2)
    watched = leftovers.nothing_left()
    with socket.socket() as own:
        watched.__enter__()
        leave_everything(own)
        with pytest.raises(AssertionError) as said:
            watched.__exit__(None, None, None)
    number = re.search(r"process (\d+): .*begun", str(said.value))
    assert number
    assert re.search(r"port \d+ of the tests themselves", str(said.value))
    assert "in the temporary folder: kapnb-" in str(said.value)
    assert "the folder of a server: /" in str(said.value)
    assert not psutil.pid_exists(int(number[1])) or psutil.Process(int(number[1])).status() == psutil.STATUS_ZOMBIE
    assert not served.ROOMS.pop().exists()


def test_a_tidy_run_passes() -> None:
    with leftovers.nothing_left():
        subprocess.run(["true"], check=True)
        with tempfile.TemporaryDirectory(prefix="kapnb-"):
            pass
