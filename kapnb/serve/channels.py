"""What a page may say to its kernel: what widgets need, on one channel, and nothing that runs code.

Jupyter's socket is made for notebooks, where whoever types may run Python. A page of ours has no such reader. Each message is taken
apart here before Jupyter sees it: its own reading trusts the numbers in a message, and a few bytes could hold up every page. What
one page says is taken no faster than readers act, and what its kernel says passes where a page has a use for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

V1: Final = "v1.kernel.websocket.jupyter.org"
"""The one way to write a message. Jupyter knows another, which takes seconds to read where it is long; no page of ours uses it."""

CHANNEL: Final = "shell"
KINDS: Final = frozenset({"comm_close", "comm_info_request", "comm_msg", "comm_open", "kernel_info_request"})
TARGETS: Final = frozenset({"jupyter.widget.control"})
"""What a page may open: the channel on which it asks what the widgets show. Python alone makes widgets."""

SAID: Final = frozenset({"comm_close", "comm_info_reply", "comm_msg", "comm_open", "kernel_info_reply", "status"})
"""What a kernel says that pages need. What a library prints or complains of tells of the server, and no page shows it."""

MOST_BUFFERS: Final = 16
MOST_SOCKETS: Final = 8
"""Of one page at a time. It has one, or for a while two where its network was cut; each takes handles that all pages share."""

EACH: Final = 0.02
"""Seconds that a message counts for. Readers act a few times in a second at most."""

BYTES: Final = 2 * 1024**2
"""How many bytes count for a second."""

SLACK: Final = 5.0
"""Seconds that a page may be ahead: two files at once, or what was typed while the network was cut."""


def is_allowed(message: str | bytes, subprotocol: str | None = None) -> bool:
    """Whether a page of ours may say it. A message that cannot be read, or can be read in two ways, is none of ours.

    Args:
        message: as it came over the socket: where each part begins and where the last one ends, then channel, header, parent,
            metadata, content and buffers.
        subprotocol: what page and server agreed on.
    """
    if isinstance(message, str) or subprotocol != V1:
        return False
    try:
        *starts, end = _offsets(message)
        channel, header, _, _, content, *_ = _cut(message, starts, end)
        kind = _read(header)["msg_type"]
        return (
            str(channel, "utf-8") == CHANNEL and kind in KINDS and (kind != "comm_open" or _read(content)["target_name"] in TARGETS)
        )
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


def is_for_pages(message: bytes) -> bool:
    """Whether what a kernel says, written as above, is anything that a page needs."""
    try:
        *starts, end = _offsets(message)
        return _read(_cut(message, starts, end)[1])["msg_type"] in SAID
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


class Pace:
    """How far ahead a page is of what readers do. Whoever is too far ahead waits; nothing is lost, and nobody else waits."""

    def __init__(self) -> None:
        self._even = 0.0

    def count(self, size: int) -> float:
        """Count a message of so many bytes, and tell how many seconds to wait before the next one is taken."""
        now = time.monotonic()
        self._even = max(now, self._even) + EACH + size / BYTES
        return max(0.0, self._even - now - SLACK)


def _offsets(message: bytes) -> list[int]:
    """How many offsets, then the offsets: as many as there are buffers, and six others."""
    count = int.from_bytes(message[:8], "little")
    if not 6 <= count <= 6 + MOST_BUFFERS:
        raise ValueError
    return [int.from_bytes(message[8 * place : 8 * (place + 1)], "little") for place in range(1, count + 1)]


def _cut(message: bytes, starts: Sequence[int], end: int) -> list[memoryview]:
    """The parts. They follow each other, and leave nothing over at the end."""
    edges = [*starts, end]
    if end != len(message) or edges != sorted(edges):
        raise ValueError
    return [memoryview(message)[start:stop] for start, stop in pairwise(edges)]


def _read(text: memoryview) -> Any:
    return json.loads(str(text, "utf-8"), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """Of a key that stands twice, one reader takes the first and another the last."""
    if len(read := dict(pairs)) < len(pairs):
        raise ValueError
    return read
