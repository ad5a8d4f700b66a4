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
    mark, listening = uuid4().hex, set(ports_of(psutil.Process()))
    folder = Path(tempfile.mkdtemp(prefix="k", dir="/tmp" if Path("/tmp").is_dir() else None))
    before, home = {name: os.environ.get(name) for name in (MARK, "TMPDIR")}, tempfile.tempdir
    os.environ.update({MARK: mark, "TMPDIR": str(folder)})
    tempfile.tempdir = None  # found anew
    try:
        yield
    finally:
        tempfile.tempdir = home
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
        until = time.monotonic() + PATIENCE
        while (left := find_left(mark, folder, listening)) and time.monotonic() < until:
            time.sleep(0.1)
        clear(mark, folder)
    assert not left, "\n".join(["The tests left behind:", *left])


def find_left(mark: str, folder: Path, listening: set[int]) -> list[str]:
    """All that is left just now, one a line."""
    left = []
    for one in processes(mark):
        with suppress(psutil.Error):  # it ended just now
            left.append(f"process {one.pid}: {' '.join(one.cmdline())[:200]}")
            left += [f"port {port} of process {one.pid}" for port in ports_of(one)]
    left += [f"port {port} of the tests themselves" for port in sorted(set(ports_of(psutil.Process())) - listening)]
    left += [f"in the temporary folder: {path.name}" for path in sorted(folder.iterdir())]
    return left + [f"the folder of a server: {room}" for room in served.ROOMS if room.exists()]


def processes(mark: str) -> list[psutil.Process]:
    """Those that the run started and that still run, but for Python's own helper, which ends with the process that it helps."""

    def is_ours(process: psutil.Process) -> bool:
        with suppress(psutil.Error):  # it ended just now, or is somebody else's
            if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                return "multiprocessing.resource_tracker" not in " ".join(process.cmdline())
        return False

    return [one for one in psutil.process_iter() if is_ours(one)]


def clear(mark: str, folder: Path) -> None:
    """End and remove what was left, so that it is in nobody's way."""
    left = processes(mark)
    for one in left:
        with suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(left, timeout=1)
    for place in (folder, *served.ROOMS):
        shutil.rmtree(place, ignore_errors=True)


def ports_of(process: psutil.Process) -> list[int]:
    """Those it listens at."""
    try:
        return [end.laddr.port for end in process.net_connections("inet") if end.status == psutil.CONN_LISTEN]
    except psutil.Error:
        return []
