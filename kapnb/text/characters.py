"""Characters that somebody's text may hold, and that not every page, file or socket can take."""

from __future__ import annotations

import re
from typing import Final

TURNS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that turn the direction of whatever follows, in texts that are not theirs."""

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and halves of characters."""

_HALVES: Final = re.compile("[\ud800-\udfff]")


def has_unwritable(text: str) -> bool:
    """Whether a text holds what cannot be written in every format again."""
    return bool(_UNWRITABLE.search(text))


def make_writable(text: str) -> str:
    r"""The text with a mark in the place of each such character.

    >>> make_writable("a bell\a")
    'a bell�'
    """
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def has_halves(text: str) -> bool:
    """Whether a text holds half a character, which can be neither encoded nor sent to a page."""
    return bool(_HALVES.search(text))
