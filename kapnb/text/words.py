"""The words of the interface, in one place: the folder ``kapnb/words``, a file for each page or purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from os import environ
from pathlib import Path
from typing import Any

from kapnb.engine.problems import KapnbError
from kapnb.engine.records import finish, read_record

_FOLDER = Path(__file__).parent
_WORDS = _FOLDER.parent / "words"


def words(key: str, /, **values: object) -> str:
    """The words for a key such as ``page.new_case``, with what is in braces filled in.

    >>> words("explanation.answer", label="OCD", option="Yes")
    'OCD: Yes'
    """
    text = _load()[key]
    return text.format(**values) if values else text


def support_words(country: str | None = None) -> Mapping[str, str]:
    """The suicide-related support wording: ``title``, ``first`` and ``reader``.

    Args:
        country: a key of ``support.yaml``; by default what the variable KAPNB_COUNTRY says, else ``us``. A country that the
            file does not know gets the wording without numbers.
    """
    known = _load_support()
    return known.get(country or environ.get("KAPNB_COUNTRY", "us"), known["other"])


def countries() -> tuple[str, ...]:
    return tuple(_load_support())


@cache
def _load() -> Mapping[str, str]:
    merged: dict[str, str] = {}
    for file in sorted(_WORDS.glob("*.yaml")):
        merged.update(_flatten("", _read(file)))
    return merged


@cache
def _load_support() -> Mapping[str, Mapping[str, str]]:
    return {
        country: {key: " ".join(text.split()) for key, text in entry.items()}
        for country, entry in _read(_FOLDER / "support.yaml").items()
    }


def _read(path: Path) -> dict[str, Any]:
    file = read_record(path, KapnbError)
    finish(file, KapnbError)
    return file.take()


def _flatten(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flatten(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", str(inner)
