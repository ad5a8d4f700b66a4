"""The handles that open pages take: of files and sockets the system grants a process only so many.

What a process holds without asking (often 1,024, on some systems 256) is too little for a class; it may ask for more, up to a limit
that whoever runs the machine has set.
"""

from __future__ import annotations

from typing import Final

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

EACH: Final = 32
"""For a page while it opens: 24 in the server, as measured, and up to six connections of its browser. Later it holds 14."""

OWN: Final = 64
"""For the server itself, with room to spare."""

SOCKETS_EACH: Final = 16
"""For a page as above, of the sockets that the library between server and kernels counts by itself. It holds five later."""


def count_handles(pages: int) -> int:
    return OWN + EACH * pages


def make_room(pages: int) -> int:
    """Ask the system for the handles that so many pages take. For how many it is enough: as many, or fewer."""
    if resource is None:
        return pages
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count_handles(pages)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
            soft = possible
        except (OSError, ValueError):  # some systems have a limit below the one that they tell
            pass
    return pages if soft == resource.RLIM_INFINITY else max(0, min(pages, (soft - OWN) // EACH))
