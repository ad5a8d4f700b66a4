"""What a page may say to its kernel: what widgets need, on one channel, and nothing that runs code.

Jupyter's socket is made for notebooks, where whoever types may run Python. A page of ours has no such reader. Each message is taken
apart here before Jupyter sees it: its own reading trusts the numbers in a message, and a few bytes could hold up every page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, Literal

V1: Final = "v1.kernel.websocket.jupyter.org"
"""The binary way to write a message. The other way is JSON, with buffers behind it where there are any."""

CHANNEL: Final = "shell"
KINDS: Final = frozenset({"comm_close", "comm_info_request", "comm_msg", "comm_open", "kernel_info_request"})
TARGETS: Final = frozenset({"jupyter.widget.control"})
"""What a page may open: the channel on which it asks what the widgets show. Python alone makes widgets."""

MOST_BUFFERS: Final = 16

Envelope = tuple[str, Mapping[str, Any], Callable[[], Any]]
"""The channel, the header, and the content for whoever asks."""


def is_allowed(message: str | bytes, subprotocol: str | None = None) -> bool:
    """Whether a page of ours may say it. A message that cannot be read, or can be read in two ways, is none of ours.

    Args:
        message: as it came over the socket.
        subprotocol: ``V1``, or none for JSON.
    """
    try:
        channel, header, content = _open_v1(message) if subprotocol == V1 else _open_json(message)
        kind = header["msg_type"]
        return channel == CHANNEL and kind in KINDS and (kind != "comm_open" or content()["target_name"] in TARGETS)
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


def _open_v1(message: str | bytes) -> Envelope:
    """Where each part begins and where the last one ends, then channel, header, parent, metadata, content and buffers."""
    if isinstance(message, str):
        raise TypeError
    *starts, end = _offsets(message, 8, "little", others=6)
    channel, header, _, _, content, *_ = _cut(message, starts, end)
    return str(channel, "utf-8"), _read(header), lambda: _read(content)


def _open_json(message: str | bytes) -> Envelope:
    """JSON. As bytes: where each part begins, then the JSON and the buffers."""
    text = message if isinstance(message, str) else _cut(message, _offsets(message, 4, "big", others=1), len(message))[0]
    said = _read(text)
    return said["channel"], said["header"], lambda: said["content"]


def _offsets(message: bytes, width: int, order: Literal["little", "big"], others: int) -> list[int]:
    """How many offsets, then the offsets: as many as there are buffers, and so many others."""
    count = int.from_bytes(message[:width], order)
    if not others <= count <= others + MOST_BUFFERS:
        raise ValueError
    return [int.from_bytes(message[width * place : width * (place + 1)], order) for place in range(1, count + 1)]


def _cut(message: bytes, starts: Sequence[int], end: int) -> list[memoryview]:
    """The parts. They follow each other, and leave nothing over at the end."""
    edges = [*starts, end]
    if end != len(message) or edges != sorted(edges):
        raise ValueError
    return [memoryview(message)[start:stop] for start, stop in pairwise(edges)]


def _read(text: str | memoryview) -> Any:
    return json.loads(text if isinstance(text, str) else str(text, "utf-8"), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """Of a key that stands twice, one reader takes the first and another the last."""
    if len(read := dict(pairs)) < len(pairs):
        raise ValueError
    return read
