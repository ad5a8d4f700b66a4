"""Whether the server can do its work, for whoever watches over it: a container, a proxy, a service manager.

A stranger learns one word and nothing else. How many sessions are open tells how many people are at work, so that is for whoever
may come in anyway. That all places are taken is no illness: the server answers, and says so to whoever comes next.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler

if TYPE_CHECKING:
    from kapnb.serve.kernels import Sessions

ROOM: Final = 64 * 1024
"""Bytes that a new session needs at least, for its sockets and the file that names them."""


class HealthHandler(JupyterHandler):
    """``{"status": "ok"}``; or ``degraded`` with status 503, when pages that are open go on and new ones cannot be opened."""

    @allow_unauthenticated
    def get(self) -> None:
        sessions: Sessions = self.settings["kernel_manager"]
        well = can_write(sessions.connection_dir)
        told: dict[str, Any] = {"status": "ok" if well else "degraded"}
        if self.current_user:
            told |= {"sessions": sessions.sessions, "limit": sessions.max_sessions}
        self.set_status(200 if well else 503)
        self.set_header("Cache-Control", "no-store")
        self.finish(told)

    head = get


def can_write(folder: str) -> bool:
    """Whether the folder is there and its disk has room."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            return file.write(b"\0" * ROOM) == ROOM
    except OSError:
        return False
