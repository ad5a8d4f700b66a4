"""Which messages pass between a page and its kernel: what widgets need, on one channel, and nothing that runs code.

Jupyter's socket is made for notebooks, where whoever types may run Python. A page has no such reader. Each message is taken apart
here before Jupyter reads it, because its own reading trusts the numbers in a message: a few bytes could hold up every page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from kapnb.limits import MESSAGE_BUFFERS

V1: Final = "v1.kernel.websocket.jupyter.org"
"""The one encoding that is read. Jupyter's other one, JSON, takes seconds to read where it is long; no page uses it."""

CHANNEL: Final = "shell"
FROM_PAGE: Final = frozenset({"comm_close", "comm_info_request", "comm_msg", "comm_open", "kernel_info_request"})
TARGETS: Final = frozenset({"jupyter.widget.control"})
"""Comms that a page may open: the one that asks for the states of the widgets. Python alone makes widgets."""

FROM_KERNEL: Final = frozenset({"comm_close", "comm_info_reply", "comm_msg", "comm_open", "kernel_info_reply", "status"})
"""What a library prints or complains of is about the server, and no page shows it."""

UNREADABLE: Final = (KeyError, RecursionError, TypeError, ValueError)


def is_allowed(message: str | bytes, subprotocol: str | None = None) -> bool:
    """Whether a page may send a message. One that cannot be read, or can be read in two ways, may not be sent.

    Args:
        message: as it came over the socket: the offsets of its parts, then channel, header, parent, metadata, content and buffers.
        subprotocol: what page and server agreed on.
    """
    if isinstance(message, str) or subprotocol != V1:
        return False
    try:
        channel, header, _, _, content, *_ = _split(message)
        kind = _parse(header)["msg_type"]
        return (
            str(channel, "utf-8") == CHANNEL
            and kind in FROM_PAGE
            and (kind != "comm_open" or _parse(content)["target_name"] in TARGETS)
        )
    except UNREADABLE:
        return False


def is_for_pages(message: bytes) -> bool:
    """Whether a message of a kernel, encoded as above, is one that pages need."""
    try:
        return _parse(_split(message)[1])["msg_type"] in FROM_KERNEL
    except UNREADABLE:
        return False


class Throttle:
    """Slows down a page that sends far more than readers do. Nothing is lost, and no other page waits.

    Each message counts for ``SECONDS``, and for a second each ``BYTES`` of it. A page may be ``SLACK`` seconds ahead: two files at
    once, or what was typed while the network was cut.
    """

    SECONDS: Final = 0.02
    BYTES: Final = 2 * 1024**2
    SLACK: Final = 5.0

    def __init__(self) -> None:
        self._even = 0.0

    def count(self, size: int) -> float:
        """Count a message of so many bytes; how many seconds to wait before the next one is read."""
        now = time.monotonic()
        self._even = max(now, self._even) + self.SECONDS + size / self.BYTES
        return max(0.0, self._even - now - self.SLACK)


def _split(message: bytes) -> Sequence[memoryview]:
    """The parts, which follow each other without a gap and leave nothing over. Before them stand their number and their offsets."""
    count = int.from_bytes(message[:8], "little")
    if not 6 <= count <= 6 + MESSAGE_BUFFERS:
        raise ValueError
    offsets = [int.from_bytes(message[8 * place : 8 * (place + 1)], "little") for place in range(1, count + 1)]
    if offsets[-1] != len(message) or offsets != sorted(offsets):
        raise ValueError
    return [memoryview(message)[start:stop] for start, stop in pairwise(offsets)]


def _parse(text: memoryview) -> Any:
    return json.loads(str(text, "utf-8"), object_pairs_hook=_refuse_twice)


def _refuse_twice(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """Of a repeated key, one reader takes the first and another the last."""
    if len(read := dict(pairs)) < len(pairs):
        raise ValueError
    return read
