"""What a test run leaves behind: processes, ports and files. Each run, and each worker of one, looks after its own.

Whatever a run starts inherits a mark in its environment, also through servers that have gone by then, and puts its temporary files
into a folder of the run. So nobody else's processes and folders are taken for ours.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from tests import served

MARK = "SUITE_OF_KAPNB"
PATIENCE = 10
"""Seconds for what is ending just now."""


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fails when something is left behind, and says what.

    Raises:
        AssertionError: Something is.
    """
    mark, listening = uuid4().hex, own_ports()
    folder = Path(tempfile.mkdtemp(prefix="k", dir="/tmp" if Path("/tmp").is_dir() else None))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(MARK, mark)
            patch.setenv("TMPDIR", str(folder))
            patch.setattr(tempfile, "tempdir", None)  # found anew
            yield
    finally:
        until = time.monotonic() + PATIENCE
        while (left := find_left(mark, folder, listening)) and time.monotonic() < until:
            time.sleep(0.1)
        clear(mark, folder)
    assert not left, "\n".join(["The tests left behind:", *left])


def find_left(mark: str, folder: Path, listening: set[int]) -> list[str]:
    """All that is left just now, one a line."""
    left = [f"process {one.pid}: {command[:200]}" for one, command in processes(mark).items()]
    left += [f"port {port} of the tests themselves" for port in sorted(own_ports() - listening)]
    left += [f"in the temporary folder: {path.name}" for path in sorted(folder.iterdir())]
    return left + [f"the folder of a server: {room}" for room in served.ROOMS if room.exists()]


def processes(mark: str) -> dict[psutil.Process, str]:
    """Those that the run started and that still run, with their commands, but for Python's own helper, which ends with its user."""
    ours = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it ended just now, or is somebody else's
            if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                ours[process] = " ".join(process.cmdline())
    return {process: command for process, command in ours.items() if "multiprocessing.resource_tracker" not in command}


def clear(mark: str, folder: Path) -> None:
    """End and remove what was left, so that it is in nobody's way."""
    left = processes(mark)
    for one in left:
        with suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(list(left), timeout=1)
    for place in (folder, *served.ROOMS):
        shutil.rmtree(place, ignore_errors=True)


def own_ports() -> set[int]:
    """Those that this process listens at."""
    return {end.laddr.port for end in psutil.Process().net_connections("inet") if end.status == psutil.CONN_LISTEN}
