"""What ``kapnb serve`` does: look at the options, take the port and a temporary folder, and run the app."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tornado.netutil import bind_sockets

from kapnb import __version__, paths
from kapnb.engine.edition import served_edition
from kapnb.engine.problems import Problem, ServingError
from kapnb.serve import event_log
from kapnb.serve.app import EXTENSIONS, App, configuration, prepare_voila
from kapnb.serve.assets import Assets, find_assets
from kapnb.serve.limits import fit
from kapnb.serve.options import Options, check_options, not_an_address
from kapnb.serve.pages import read_pages
from kapnb.text.words import words

try:
    import fcntl
except ImportError:  # Windows removes nothing of a server that was killed
    fcntl = None  # type: ignore[assignment]

FOLDER: Final = "kapnb-"
LOCK: Final = "lock"
LONGEST_SOCKET_PATH: Final = 103
"""A little less than the shortest limit of the systems that have sockets in the file system."""


def serve(options: Options) -> None:
    """Serve until interrupted.

    Raises:
        ServingError: The address, the port, the token or a notebook cannot be used.
        DictionaryError, GuidanceError: What the pages show has mistakes.
    """
    check_options(options)
    served_edition()  # a mistake in its files, or in the dictionary, is said here and not by every page
    pages = read_pages(options.notebooks)
    options, problem = fit(options)
    if problem:
        print(f"{problem}\n{words('serving.fewer_pages', pages=options.max_sessions)}", flush=True)  # noqa: T201
    sockets = bind(options)
    with temporary_folder(choose_root()) as folder:
        isolate(folder)
        event_log.configure(options.log)
        prepare_voila()
        token = options.token
        if token is None:
            token = "" if options.is_local else secrets.token_urlsafe(24)
        assets = Assets(options.base_url, find_assets(EXTENSIONS))
        ipc = sys.platform != "win32" and is_short(folder.parent)
        app = App.instance(config=configuration(options, token, pages, assets, folder, ipc=ipc))
        app.sockets, app.pages, app.assets = sockets, pages, assets
        app.hosts, app.behind_proxy = options.allowed_hosts, options.behind_proxy
        port = sockets[0].getsockname()[1]
        made = token if options.token is None else ""
        app.address = options.url(port) + (f"?token={made}" if made else "")
        app.greeting = f"kapnb is at {app.address}\nPress Ctrl+C to stop."
        app.initialize([str(options.notebooks)])
        event_log.log_event(
            "server_started",
            version=__version__,
            port=port,
            base_url=options.base_url,
            limit=options.max_sessions,
            idle_minutes=options.idle_minutes,
            asks_for_token=bool(token),
        )
        app.start()
        event_log.log_event("server_stopped")


def bind(options: Options) -> list[socket.socket]:
    """Take the port before anything is started, so that a mistake is said at once."""
    try:
        return bind_sockets(options.port, address=options.ip)
    except socket.gaierror:
        problem = not_an_address(options)
    except OSError as error:
        in_use = Problem(
            "--port", f"{options.port} is in use.", remedy="Stop the other program, or choose another port, or 0 for any."
        )
        kept = f"{options.port} is kept for the administrator of this machine."
        problem = {
            errno.EADDRINUSE: in_use,
            errno.EACCES: Problem("--port", kept, remedy="Choose a port above 1023."),
            errno.EADDRNOTAVAIL: not_an_address(options),
        }.get(error.errno or 0, Problem("--ip", f"{options.ip}: {os.strerror(error.errno or 0)}."))
    raise ServingError([problem])


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


def choose_root() -> Path:
    """Sockets in the file system need short paths; some systems have a long temporary folder, and a short one too."""
    usual = Path(tempfile.gettempdir())
    short = Path("/tmp")  # noqa: S108  # its folders are made by mkdtemp
    return short if not is_short(usual) and short.is_dir() else usual


def is_short(root: Path) -> bool:
    return len(f"{root}/{FOLDER}12345678/voila_12345678/kernel-{'x' * 36}.json-ipc-5") < LONGEST_SOCKET_PATH


def isolate(folder: Path) -> None:
    """Neither read nor write what other Jupyter tools keep on this machine."""
    ours = [str(paths.jupyter()), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, ours))
    os.environ["JUPYTER_CONFIG_DIR"] = str(folder / "config")
    os.environ["JUPYTER_DATA_DIR"] = str(folder / "data")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.environ[paths.STYLED] = "1"
