"""How many pages fit into the file descriptors of a process, and how visitors are told of limits before they bite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from kapnb.engine.problems import Problem, ServingError
from kapnb.text.words import words

if TYPE_CHECKING:
    from kapnb.serve.options import Options

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

FDS_PER_PAGE: Final = 32
"""For a page while it opens: 24 in the server, as measured, and up to six connections of its browser. Later it holds 14."""
FDS_OF_SERVER: Final = 64
ZMQ_SOCKETS_PER_PAGE: Final = 16
"""As above, of the sockets that the library between server and kernels counts by itself. A page holds five later."""

NOTICE_SECONDS: Final = 5 * 60
LEAST_NOTICE_SECONDS: Final = 8
"""A page asks every four seconds how long it has: it should hear of its end more than once."""
FEW_PLACES: Final = 3
"""So many places left are few, and so is a tenth of them all."""


def count_fds(pages: int) -> int:
    return FDS_OF_SERVER + FDS_PER_PAGE * pages


def raise_fd_limit(pages: int) -> int:
    """Ask the system for the file descriptors that so many pages take. For how many it is enough: as many, or fewer."""
    if resource is None:
        return pages
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count_fds(pages)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
            soft = possible
        except (OSError, ValueError):  # some systems have a limit below the one that they tell
            pass
    return pages if soft == resource.RLIM_INFINITY else max(0, min(pages, (soft - FDS_OF_SERVER) // FDS_PER_PAGE))


def fit(options: Options) -> tuple[Options, Problem | None]:
    """The options with no more pages than fit, and what to say where those are fewer than asked for.

    Raises:
        ServingError: Not even one page would open.
    """
    wanted, pages = options.max_sessions, raise_fd_limit(options.max_sessions)
    if pages == wanted:
        return options, None
    said = words("serving.too_few_handles", wanted=wanted, pages=pages)
    problem = Problem("--max-sessions", said, remedy=words("serving.remedy_handles", handles=count_fds(wanted)))
    if not pages:
        raise ServingError([problem])
    return replace(options, max_sessions=pages), problem


def ends_soon(seconds_left: float, limit: float) -> bool:
    """Whether to say that a session ends: five minutes before, or where sessions are shorter, a fifth of their time.

    >>> [ends_soon(seconds, limit=3600) for seconds in (301, 300, 0)], [ends_soon(seconds, limit=300) for seconds in (61, 60)]
    ([False, True, True], [False, True])
    """
    return seconds_left <= min(NOTICE_SECONDS, max(limit / 5, LEAST_NOTICE_SECONDS))


def describe_places(left: int, places: int) -> str:
    """How many places are left; nothing while there are plenty.

    >>> [bool(describe_places(left, places)) for left, places in ((4, 20), (3, 20), (0, 20), (11, 100), (10, 100), (1, 1))]
    [False, True, True, False, True, False]
    """
    if left == places or left > max(FEW_PLACES, places // 10):
        return ""
    if left <= 0:
        return words("shell.places_taken", places=places)
    return words("shell.places_one" if left == 1 else "shell.places_left", left=left, places=places)


def describe_span(seconds: float) -> str:
    """Such as "60 minutes"; short ones in seconds.

    >>> describe_span(3600), describe_span(90)
    ('60 minutes', '90 seconds')
    """
    minutes = round(seconds / 60)
    return words("shell.minutes", count=minutes) if minutes > 1 and seconds >= 120 else words("shell.seconds", count=round(seconds))
