"""What the server is asked for: how to serve, and whether that can be."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from kapnb import paths
from kapnb.engine.problems import Problem, ServingError
from kapnb.limits import ADDRESS_SHARE, IDLE_MINUTES, PORT, SESSIONS, SPARE_KERNELS, TOKEN_CHARACTERS, TOKEN_DISTINCT
from kapnb.serve.access import is_loopback, is_weak


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes:
        token: None: none on this machine alone, a new one where others can come.
        hosts: names that others know the server by, as behind a proxy on this machine. A request for another name is refused.
        max_per_address: sessions that one network address may have; None: three quarters of all.
        preheat: kernels kept ready for the next page.
        log: one of the ``FORMATS`` of :mod:`kapnb.serve.event_log`.
    """

    ip: str = "127.0.0.1"
    port: int = PORT
    token: str | None = None
    hosts: Sequence[str] = ()
    base_url: str = "/"
    max_sessions: int = SESSIONS
    max_per_address: int | None = None
    idle_minutes: float = IDLE_MINUTES
    preheat: int = SPARE_KERNELS
    open_browser: bool = False
    log: str = "errors"
    notebooks: Path = field(default_factory=paths.notebooks)

    @property
    def is_local(self) -> bool:
        """Nobody else can come, not even through a proxy that was told of a name."""
        return self._on_loopback and not self.hosts

    @property
    def behind_proxy(self) -> bool:
        """Whoever comes was sent by a proxy on this machine, which says for whom it speaks."""
        return self._on_loopback and bool(self.hosts)

    @property
    def allowed_hosts(self) -> Sequence[str] | None:
        """Names that a request may be for, beside this machine's own; None: any."""
        return self.hosts if self.hosts or self._on_loopback else None

    @property
    def address_limit(self) -> int:
        """Sessions that one network address may have; 0: as many as there are."""
        if self.max_per_address is not None:
            return self.max_per_address
        return 0 if self.is_local else ceil(self.max_sessions * ADDRESS_SHARE)

    @property
    def _on_loopback(self) -> bool:
        return self.ip == "localhost" or is_loopback(self.ip)

    def url(self, port: int) -> str:
        host = self.ip if self.ip not in {"0.0.0.0", "::"} else socket.gethostname()  # noqa: S104  # compared only
        return f"http://{f'[{host}]' if ':' in host else host}:{port}{self.base_url}"


def check_options(options: Options) -> None:
    """Raises ServingError for what can be seen to be wrong before anything is started."""
    if not options.ip:  # the system would take it for every address there is
        raise ServingError([not_an_address(options)])
    if options.token is not None and is_weak(options.token) and not options.is_local:
        raise ServingError(
            [
                Problem(
                    "--token",
                    f"is easy to guess, and at {', '.join(options.hosts) or options.ip} others could try.",
                    f"{TOKEN_CHARACTERS} characters or more, {TOKEN_DISTINCT} of them different.",
                    "Or leave --token out, and a strong one is made and printed.",
                )
            ]
        )
    if not options.notebooks.is_dir():
        raise ServingError([Problem("--notebooks", f"{options.notebooks} is no folder.")])


def not_an_address(options: Options) -> Problem:
    what = f"{options.ip or 'an empty text'} is no address of this machine."
    return Problem("--ip", what, remedy="127.0.0.1 serves this machine alone, 0.0.0.0 all its networks.")
