"""Characters that somebody's text may hold, and that not every page, file or socket can take."""

from __future__ import annotations

import re
from typing import Final

TURNS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that turn the direction of whatever follows, in texts that are not theirs."""

UNWRITABLE: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
"""Control characters and halves of characters, as ranges of a pattern."""

_UNWRITABLE: Final = re.compile(f"[{UNWRITABLE}]")

_HALVES: Final = re.compile("[\ud800-\udfff]")

_RUNS: Final = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_NUMBER: Final = r"[+-]?\d+(?:\.\d+)?"
_FIRST: Final = rf"(?!{_NUMBER}$)(?='*\s*(?:{_RUNS}|[\t\r\n]))"
_LATER: Final = rf"(?!{_NUMBER}(?:[;|\t\r\n]|$))(?='*[^\S\t\r\n]*{_RUNS})"
_TO_NEUTRALIZE: Final = re.compile(rf"\A{_FIRST}|(?<=[;|\t\r\n]){_LATER}")
NEUTRALIZED: Final = re.compile(rf"\A'{_FIRST}|(?<=[;|\t\r\n])'{_LATER}")
"""What a spreadsheet would run, at the beginning or behind what separates cells where a file is opened with another separator."""


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


def neutralize(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe in front of what would begin a formula.

    >>> neutralize("=1+1"), neutralize("-2"), neutralize("twice;=1+1")
    ("'=1+1", '-2', "twice;'=1+1")
    """
    return _TO_NEUTRALIZE.sub("'", text)
