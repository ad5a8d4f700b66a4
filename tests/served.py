"""The app as its user starts it: ``python -m kapnb serve`` in a process of its own, on this machine alone."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).parent.parent
GREETING = "kapnb is at "
LAUNCHER = "ipykernel_launcher"
PATIENCE = 90
"""Seconds for whatever comes by itself."""
ROOMS: list[Path] = []
"""All that were made; ``tests/leftovers.py`` looks whether one is left."""

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (header.split(";")[0].split("=", 1) for header in self.headers.get_all("Set-Cookie", []))
        return dict(pairs)

    @property
    def cookie(self) -> str:
        """The header that gives them back."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def kernel_id(self) -> str:
        found = re.search(r'"kernelId": "([\w-]+)"', self.text)
        assert found, self.text[:500]
        return found[1]


class Served:
    """One running app. ``stop`` ends it and says what it left behind."""

    def __init__(self, *options: str, cwd: Path | None = None, python: str = sys.executable, **environment: str) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="k", dir="/tmp" if Path("/tmp").is_dir() else None))
        ROOMS.append(self.room)
        self.log = self.room / "log"
        (self.room / "t").mkdir()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER_", "KAPNB_"))}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [python, "-m", "kapnb", "serve", "--port", "0", *options],
                cwd=cwd or ROOT,
                env={**inherited, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.room / "t"), **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self.address = self._greeting()
        except AssertionError:
            self.process.kill()
            self.process.wait(10)
            shutil.rmtree(self.room)
            raise
        self.url = self.address.split("?")[0]

    def _greeting(self) -> str:
        def said() -> str | None:
            assert self.process.poll() is None, self.log.read_text()
            lines = self.log.read_text().splitlines()
            return next((line.removeprefix(GREETING) for line in lines if line.startswith(GREETING)), None)

        address = wait_for(said)
        host = urlsplit(address).hostname
        return address.replace(f"//{host}:", "//127.0.0.1:") if host not in {"127.0.0.1", "localhost"} else address

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port
        return port

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        raw = response.read()
        connection.close()
        packed = response.headers.get("Content-Encoding") == "gzip"
        return Answer(response.status, response.headers, raw.hex() if packed else raw.decode())

    def post(self, path: str, form: str, **headers: str) -> Answer:
        return self.ask(path, "POST", form, Content_Type="application/x-www-form-urlencoded", **headers)

    def close(self, page: Answer) -> Answer:
        """What the browser sends when the tab closes."""
        return self.post(f"/voila/api/shutdown/{page.kernel_id}", f"_xsrf={page.cookies['_xsrf']}", Cookie=page.cookie)

    def kernels(self) -> list[psutil.Process]:
        """The kernel processes, spare ones too."""
        found = []
        for process in self.children():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and (LAUNCHER in process.cmdline() or is_fork_server(process.parent())):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def fork_server(self) -> psutil.Process | None:
        """The process that kernels are forked from."""
        own = (process for process in psutil.Process(self.process.pid).children() if is_fork_server(process))
        return next(own, None)

    def sockets(self) -> list[Path]:
        """The folders for the sockets between server and pages."""
        return list((self.room / "t").glob("kapnb-*/voila_*"))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill_kernels(self) -> None:
        """Without a farewell, as the system does when memory runs out; a spare that is just being started too."""

        def gone() -> bool:
            for kernel in (left := self.kernels()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    kernel.kill()
            return not left

        wait_for(gone)

    def stop(self) -> None:
        """Ends the app as a service manager would; nothing may be left."""
        children = self.children()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
            left = [str(path) for path in (self.room / "t").rglob("*")]
            _, alive = psutil.wait_procs(children, timeout=PATIENCE)
            assert code == 0, self.log.read_text()
            assert not left, left
            assert not alive
        finally:
            self.process.kill()
            self.process.wait(10)
            shutil.rmtree(self.room)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def is_fork_server(process: psutil.Process | None) -> bool:
    try:
        return process is not None and "kapnb.serve.fork_server" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def wait_for(look: Callable[[], Seen | None], seconds: float = PATIENCE) -> Seen:
    """What ``look`` sees as soon as it sees something. A machine that is busy takes long; only a promise has a time of its own."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seen = look()
        if seen:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds} s: {look.__name__}")
