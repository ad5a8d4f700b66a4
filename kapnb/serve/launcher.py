"""What ``kapnb serve`` does: look at the options, take the port and a temporary folder, and run the app."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from threading import Timer
from typing import Final
from urllib.request import ProxyHandler, build_opener

from kapnb import __version__, paths
from kapnb.engine.edition import served_edition
from kapnb.engine.problems import KapnbError
from kapnb.serve import event_log
from kapnb.serve.app import EXTENSIONS, App, configuration, prepare_voila
from kapnb.serve.assets import Assets, find_assets
from kapnb.serve.options import Options, refuse
from kapnb.serve.pages import read_pages
from kapnb.serve.rooms import Rooms
from kapnb.text.words import words
from kapnb.training.library import load_library

try:
    import fcntl
except ImportError:  # Windows removes nothing of a server that was killed
    fcntl = None  # type: ignore[assignment]

FOLDER: Final = "kapnb-"
LOCK: Final = "lock"
LONGEST_FOLDER: Final = 33
"""Characters that leave room for the name of a socket, where a system allows 104 together."""
CHECK_SECONDS: Final = 60
"""For the server of a check to start, to open a page, and to end."""


def serve(options: Options) -> None:
    """Serve until interrupted.

    Raises:
        ServingError: The address, the port, the token or a notebook cannot be used.
        DictionaryError, GuidanceError: What the pages show has mistakes.
    """
    options.check()
    served_edition()  # a mistake in its files, or in the dictionary, is said here and not by every page
    pages = read_pages(options.notebooks)
    options, problem = options.fit()
    if problem:
        print(f"{problem}\n{words('serving.fewer_pages', pages=options.max_sessions)}", flush=True)  # noqa: T201
    taken = bind(options)
    port = taken.getsockname()[1]
    with temporary_folder(Path(tempfile.gettempdir())) as folder:
        isolate(folder)
        event_log.configure(options.log)
        prepare_voila(folder)
        made = "" if options.is_local else secrets.token_urlsafe(24)
        token = made if options.token is None else options.token
        assets = Assets(options.base_url, find_assets(EXTENSIONS))
        ipc = sys.platform != "win32" and len(str(folder)) <= LONGEST_FOLDER
        app = App.instance(config=configuration(options, token, pages, assets, folder, ipc=ipc))
        app.options, app.socket, app.pages, app.assets, app.rooms = options, taken, pages, assets, Rooms(options.database)
        app.address = options.url(port) + (f"?token={made}" if made and options.token is None else "")
        app.initialize([str(options.notebooks)])
        limits = {"limit": options.max_sessions, "idle_minutes": options.idle_minutes}
        facts = {"version": __version__, "port": port, "base_url": options.base_url, "asks_for_token": bool(token), **limits}
        event_log.log_event("server_started", **facts)
        app.start()
        event_log.log_event("server_stopped")


def bind(options: Options) -> socket.socket:
    """Take the port before anything is started, so that a mistake is said at once."""
    try:
        family, *_, address = min(socket.getaddrinfo(options.ip, options.port, type=socket.SOCK_STREAM))  # IPv4 before IPv6
        taken = socket.create_server(address, family=family, backlog=128)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise refuse("--ip", "not_an_address", "ip", given=options.ip) from None
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            key = "port_in_use" if error.errno == errno.EADDRINUSE else "port_kept"
            raise refuse("--port", key, key, port=options.port) from None
        raise
    taken.setblocking(False)  # noqa: FBT003  # it has no name
    return taken


@contextmanager
def temporary_folder(root: Path) -> Iterator[Path]:
    """A folder for the sockets between server and pages. Folders of servers that were killed are removed first."""
    remove_stale(root)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=root))
    with (folder / "locking").open("w") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "locking").rename(folder / LOCK)  # under this name it is locked, or its server is gone
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def remove_stale(root: Path) -> None:
    """Remove the folders of our own whose lock nobody holds: the system lets go of it when a process ends in whatever way."""
    for path in root.glob(f"{FOLDER}*/{LOCK}") if fcntl else ():
        with suppress(OSError), path.open() as lock:  # another server holds it, or another user owns it
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.parent.lstat().st_uid == os.getuid() and not path.parent.is_symlink():
                shutil.rmtree(path.parent, ignore_errors=True)


def isolate(folder: Path) -> None:
    """Neither read nor write what other Jupyter tools keep on this machine."""
    ours = [str(paths.jupyter()), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, ours))
    for kind in ("config", "data", "runtime"):
        os.environ[f"JUPYTER_{kind.upper()}_DIR"] = str(folder / kind)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.environ[paths.STYLED] = "1"


def check(options: Options, tell: Callable[[str], object]) -> int:
    """``kapnb serve --check``: say line by line what was looked at and what is wrong. Exit code 0: this installation can serve.

    A server is started as asked, each page opened once, and the server ended.
    """
    problems: list[str] = []
    for step in (options.check, lambda: load_library(served_edition()), options.fit, lambda: bind(options).close()):
        try:
            step()
        except KapnbError as error:
            problems += map(str, error.problems)
    problems += [] if problems else check_pages(options.notebooks, tell)
    for problem in problems:
        tell(problem)
    tell(words("serving.check_bad" if problems else "serving.check_good"))
    return int(bool(problems))


def check_pages(notebooks: Path, tell: Callable[[str], object]) -> Iterator[str]:
    """Open each page as a browser would, on a server that only this machine reaches."""
    command = [sys.executable, "-m", "kapnb", "serve", "--port", "0", "--preheat", "0", "--notebooks", str(notebooks)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603  # our own
        patience = Timer(CHECK_SECONDS, server.terminate)
        patience.start()
        assert server.stdout  # noqa: S101  # asked for just now
        found = re.search(r"http://\S+", server.stdout.readline())
        patience.cancel()
        try:
            for page in read_pages(notebooks) if found else ():
                tell(words("serving.check_opening", page=page.label))
                if found and not opens(found[0] + page.name):
                    yield words("serving.page_fails", page=page.name)
        finally:
            server.terminate()
            last = Timer(CHECK_SECONDS, server.kill)
            last.start()
            said = server.communicate()[1]
            last.cancel()
    if not found:
        yield words("serving.not_started", said=said.strip())


def opens(address: str) -> bool:
    """Whether a page comes whole, with a session behind it."""
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=CHECK_SECONDS) as answer:
            text = answer.read().decode()
    except (HTTPException, OSError):
        return False
    return '"kernelId"' in text and "shell-failure" not in text
