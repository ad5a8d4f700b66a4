"""Texts as a note can hold them in every format: one line, nothing that a document refuses, no longer than there is room for."""

from __future__ import annotations

import unicodedata
from typing import Final

from kapnb.text.characters import TURNS
from kapnb.text.words import words

_UNSEEN: Final = frozenset(("Cc", "Cs", "Cn"))


def tidy(text: str) -> str:
    r"""The text on one line. What no document can hold becomes a mark that something stood there.

    >>> tidy("  two\n lines,\x07 a bell ")
    'two lines,� a bell'
    """
    return " ".join("".join(map(_show, text)).split())


def shorten(text: str, most: int) -> str:
    """The text, or its beginning up to a word, with a mark that it goes on.

    >>> shorten("a long story of one afternoon", 14)
    'a long story … (shortened here)'
    """
    if len(text) <= most:
        return text
    start = text[:most]
    whole = start if text[most].isspace() else start.rpartition(" ")[0] or start
    return words("report.shortened", start=whole.rstrip())


def _show(character: str) -> str:
    if character in TURNS:
        return ""
    if character.isspace() or unicodedata.category(character) not in _UNSEEN:
        return character
    return "\N{REPLACEMENT CHARACTER}"
