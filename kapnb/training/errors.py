"""What a training refuses, and the checks of names and free texts that come in from outside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from kapnb.engine.problems import KapnbError, Problem
from kapnb.text.characters import has_halves
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

MOST_NAME: Final = 64


class TrainingError(KapnbError):
    """A step that cannot be taken now, or a file that cannot be used; nothing has changed."""


class NothingAtHandError(TrainingError):
    """A saved training is sound, and none of its cases is available: their table or set has to be loaded first."""


def problem(where: str, key: str, **values: object) -> Problem:
    """A problem in the words of a training."""
    return Problem(where, words(f"training.{key}", **values))


@lru_cache(maxsize=1024)
def is_name(text: str) -> bool:
    """Whether a text can be an id or the name of an option: short, on one line, and no identifier of a person."""
    return 0 < len(text) <= MOST_NAME and text.isprintable() and not find_identifiers(text)


def find_text_problems(where: str, text: object, limit: int) -> Iterator[Problem]:
    """What keeps a free text from being kept; the text itself is never repeated."""
    if not isinstance(text, str) or has_halves(text):
        yield Problem(where, words("case.not_text"))
    elif not text.strip():
        yield problem(where, "empty_text")
    elif len(text) > limit:
        yield Problem(where, words("case.too_long", limit=f"{limit:,}"), remedy=words("table.remedy_too_long"))
    else:
        for kind in find_identifiers(text):
            what = words("case.identifier", kind=words(f"identifiers.{kind}"))
            yield Problem(where, what, remedy=words("training.remedy_identifier"))
