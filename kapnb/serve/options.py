"""What the server is asked for, and whether that can be: address, token, folder and file descriptors."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Final

from kapnb import paths
from kapnb.engine.problems import Problem, ServingError
from kapnb.limits import ADDRESS_SHARE, IDLE_MINUTES, PORT, SESSIONS, SPARE_KERNELS, TOKEN_CHARACTERS, TOKEN_DISTINCT
from kapnb.serve.access import is_loopback, is_weak
from kapnb.text.words import words

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

FDS_PER_PAGE: Final = 32
"""For a page while it opens: 24 in the server, as measured, and up to six connections of its browser. Later it holds 14."""
FDS_OF_SERVER: Final = 64


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes:
        token: None: none on this machine alone, a new one where others can come.
        hosts: names that others know the server by, as behind a proxy on this machine. A request for another name is refused.
        max_per_address: sessions that one network address may have; None: three quarters of all.
        preheat: kernels kept ready for the next page.
        database: where rooms are kept, as an SQLAlchemy URL; empty: in a file of the data folder.
        log: errors or json, as :mod:`kapnb.serve.event_log` has it.
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
    database: str = ""
    log: str = "errors"
    notebooks: Path = field(default_factory=paths.notebooks)

    @property
    def on_loopback(self) -> bool:
        return self.ip == "localhost" or is_loopback(self.ip)

    @property
    def is_local(self) -> bool:
        """Nobody else can connect, not even through a proxy with a name."""
        return self.on_loopback and not self.hosts

    @property
    def behind_proxy(self) -> bool:
        """Whoever comes was sent by a proxy on this machine, which says for whom it speaks."""
        return self.on_loopback and bool(self.hosts)

    @property
    def allowed_hosts(self) -> Sequence[str] | None:
        """Names that a request may be for, beside this machine's own; None: any."""
        return self.hosts if self.hosts or self.on_loopback else None

    @property
    def address_limit(self) -> int:
        """Sessions that one network address may have; 0: as many as there are."""
        if self.max_per_address is not None:
            return self.max_per_address
        return 0 if self.is_local else ceil(self.max_sessions * ADDRESS_SHARE)

    def url(self, port: int) -> str:
        host = self.ip if self.ip not in {"0.0.0.0", "::"} else socket.gethostname()  # noqa: S104  # compared only
        return f"http://{f'[{host}]' if ':' in host else host}:{port}{self.base_url}"

    def check(self) -> None:
        """Raises ServingError for what can be seen to be wrong before anything is started."""
        if not self.ip:  # the system would take it for every address there is
            raise refuse("--ip", "not_an_address", "ip", given='""')
        if self.token is not None and is_weak(self.token) and not self.is_local:
            where = ", ".join(self.hosts) or self.ip
            numbers = {"characters": TOKEN_CHARACTERS, "different": TOKEN_DISTINCT}
            raise refuse("--token", "weak_token", "token", where=where, allowed=words("serving.strong_token", **numbers))
        if not self.notebooks.is_dir():
            raise refuse("--notebooks", "no_folder", path=self.notebooks)
        if self.database:
            from kapnb.room.state import RoomError
            from kapnb.room.store import open_store  # only then: SQLAlchemy takes its time

            try:
                open_store(self.database).close()
            except RoomError:
                raise refuse("--database", "no_database", "database") from None

    def fit(self) -> tuple[Options, Problem | None]:
        """The options with no more pages than fit, and what to say where those are fewer than asked for.

        Raises:
            ServingError: Not even one page would open.
        """
        wanted, pages = self.max_sessions, raise_fd_limit(self.max_sessions)
        if pages == wanted:
            return self, None
        refusal = refuse("--max-sessions", "too_few_handles", "handles", wanted=wanted, pages=pages, handles=count_fds(wanted))
        if not pages:
            raise refusal
        return replace(self, max_sessions=pages), refusal.problems[0]


def refuse(option: str, key: str, remedy: str = "", *, allowed: str = "", **facts: object) -> ServingError:
    """What to raise for an option, in the words of ``key`` and of its ``remedy``."""
    said, advice = words(f"serving.{key}", **facts), words(f"serving.remedy_{remedy}", **facts) if remedy else ""
    return ServingError([Problem(option, said, allowed, advice)])


def count_fds(pages: int) -> int:
    return FDS_OF_SERVER + FDS_PER_PAGE * pages


def raise_fd_limit(pages: int) -> int:
    """Ask the system for the file descriptors that so many pages take. For how many it is enough: as many, or fewer."""
    if resource is None:
        return pages
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return pages
    wanted = max(soft, count_fds(pages))
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):  # some systems have a limit below the one that they tell
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
        soft = possible
    return max(0, min(pages, (soft - FDS_OF_SERVER) // FDS_PER_PAGE))
