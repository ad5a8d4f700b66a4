"""Nothing is left behind after the tests; and should something be, it is seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent

CONFTEST = """
import pytest
from tests import leftovers
leftovers.PATIENCE = 0.2

@pytest.fixture(scope="session", autouse=True)
def nothing_left():
    with leftovers.nothing_left():
        yield
"""

TIDY = """
import subprocess, tempfile
def test_tidy():
    subprocess.run(["true"], check=True)
    with tempfile.TemporaryDirectory(prefix="kapnb-"):
        pass
"""

LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print('listening', flush=True); time.sleep(60)"

UNTIDY = f"""
import os, subprocess, socket, sys, tempfile
from pathlib import Path
from tests import served
def test_untidy():
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])", {LISTEN!r}],
        stdout=subprocess.PIPE, start_new_session=True)
    assert orphan.stdout.readline() == b"listening\\n"
    orphan.kill()  # what it started is nobody's child now
    tempfile.mkdtemp(prefix="kapnb-")
    served.ROOMS.append(Path(tempfile.mkdtemp(prefix="k")))
    test_untidy.socket = socket.create_server(("127.0.0.1", 0))
"""


def run(folder: Path, test: str, *options: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "-p",
        "no:cacheprovider",
        "--basetemp",
        folder / "base",
        *options,
        folder,
    ]
    ran = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_what_is_left_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    """An orphan and its port, a port of the tests, a temporary folder and a server's room, each by its name."""
    code, said = run(tmp_path, UNTIDY, *options)
    assert code == 1
    assert "1 passed, 1 error" in said
    number = re.search(r"process (\d+): .*listening", said)
    assert number
    assert re.search(rf"port \d+ of process {number[1]}", said)
    assert re.search(r"port \d+ of the tests themselves", said)
    assert "in the temporary folder: kapnb-" in said
    assert "the room of a server: /" in said
    assert is_gone(int(number[1]))


def is_gone(number: int) -> bool:
    return not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE


def test_a_tidy_run_passes(tmp_path: Path) -> None:
    code, said = run(tmp_path, TIDY)
    assert code == 0, said
