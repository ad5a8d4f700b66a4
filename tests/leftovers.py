"""What a test run leaves behind: processes, ports and files. Each run, and each worker of one, looks after its own.

Whatever a run starts inherits a mark in its environment, also through servers and nurseries that have gone by then, and puts its
temporary files into a folder of the run. So nobody else's processes and folders are taken for ours.
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

OTHERS = ("multiprocessing.resource_tracker",)
"""Python's own helper, which ends with the process that it helps."""


class Watch:
    """One test run, from its first test on."""

    def __init__(self) -> None:
        self.mark = uuid4().hex
        self.folder = Path(tempfile.mkdtemp(prefix="k", dir="/tmp" if Path("/tmp").is_dir() else None))
        self._listening = set(ports_of(psutil.Process()))

    def processes(self) -> list[psutil.Process]:
        """Those that the run started and that still run."""
        return [one for one in psutil.process_iter() if one.pid != os.getpid() and self._is_ours(one)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.environ().get(MARK) != self.mark:
                return False
            return not any(other in " ".join(process.cmdline()) for other in OTHERS)
        except psutil.Error:  # it ended just now, or is somebody else's
            return False

    def find(self) -> list[str]:
        """All that is left, one a line, once what is ending has had its time."""
        until = time.monotonic() + PATIENCE
        while (left := self._look()) and time.monotonic() < until:
            time.sleep(0.1)
        return left

    def _look(self) -> list[str]:
        ours = self.processes()
        left = [f"process {one.pid}: {describe(one)}" for one in ours]
        left += [f"port {port} of process {one.pid}" for one in ours for port in ports_of(one)]
        left += [f"port {port} of the tests themselves" for port in sorted(set(ports_of(psutil.Process())) - self._listening)]
        left += [f"in the temporary folder: {path.name}" for path in sorted(self.folder.iterdir())]
        left += [f"the room of a server: {room}" for room in served.ROOMS if room.exists()]
        return left

    def clear(self) -> None:
        """End and remove what was left, so that it is in nobody's way."""
        left = self.processes()
        for one in left:
            with suppress(psutil.Error):  # it ended just now
                one.kill()
        psutil.wait_procs(left, timeout=1)
        for folder in (self.folder, *served.ROOMS):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fails when something is left behind, and says what.

    Raises:
        AssertionError: Something is.
    """
    watch = Watch()
    kept, home = {name: os.environ.get(name) for name in (MARK, "TMPDIR")}, tempfile.tempdir
    os.environ.update({MARK: watch.mark, "TMPDIR": str(watch.folder)})
    tempfile.tempdir = None  # found anew
    try:
        yield
    finally:
        tempfile.tempdir = home
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
        left = watch.find()
        watch.clear()
    assert not left, "\n".join(["The tests left behind:", *left])


def ports_of(process: psutil.Process) -> list[int]:
    """Those it listens at."""
    try:
        return [end.laddr.port for end in process.net_connections("inet") if end.status == psutil.CONN_LISTEN]
    except psutil.Error:
        return []


def describe(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:200] or process.name()
    except psutil.Error:
        return "gone by now"
