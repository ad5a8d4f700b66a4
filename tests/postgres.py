"""A PostgreSQL server of the tests' own, on loopback, in a folder of theirs; where there is none, a test says so and is skipped."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.served import wait_for


def find_programs() -> Path | None:
    """The newest that Debian put beside each other, else those on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return versions[-1].parent if versions else Path(on_path).parent if on_path else None


class Postgres:
    """One running server. ``kill`` ends it without a farewell, ``start`` starts it again on the same files."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, _free_port()
        self.user = _another_user() if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user, self.user)
            folder.chmod(0o700)
        self._run("initdb", "--pgdata", str(folder / "data"), "--username", "kapnb", "--auth", "trust", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://kapnb@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = ["-D", str(self.folder / "data"), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", *options], stdout=log, stderr=log, cwd=self.folder, **self._as_user()
            )
        wait_for(self._answers)

    def kill(self) -> None:
        """With all that serve a connection: while one of them lives, no other server starts on these files."""
        others = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait(10)
        for one in others:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(others, timeout=30)
        wait_for(lambda: not self._answers())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def _as_user(self) -> dict[str, Any]:
        return {"user": self.user, "extra_groups": []} if self.user else {}

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=2):
            return True
        return False

    def _run(self, program: str, *options: str) -> None:
        command = [self.programs / program, *options]
        done = subprocess.run(command, capture_output=True, cwd=self.folder, **self._as_user(), check=False)
        assert done.returncode == 0, done.stderr.decode()


@contextlib.contextmanager
def started() -> Iterator[Postgres]:
    """Ended and removed when the test is over."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine: install one to test rooms on several servers")
    folder = Path(tempfile.mkdtemp(prefix="kpg", dir="/tmp"))  # the other user reads no folder of pytest's
    server: Postgres | None = None
    try:
        server = Postgres(programs, folder)
        yield server
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _another_user() -> str:
    """The server refuses to run as root."""
    known = {one.pw_name for one in pwd.getpwall()}
    found = next((name for name in ("postgres", "nobody") if name in known), None)
    if found is None:
        pytest.skip("PostgreSQL does not run as root, and there is no other user")
    return found
