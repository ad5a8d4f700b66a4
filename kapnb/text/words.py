"""The words of the interface, in one place: the folder ``kapnb/words``, a file for each page or purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from os import environ
from pathlib import Path
from typing import Any

from kapnb.engine.problems import KapnbError
from kapnb.engine.records import read_yaml

_WORDS = Path(__file__).parent.parent / "words"
STATIC = "KAPNB_STATIC"
"""Set in the environment where the pages run without a server, which some words speak of."""
ONE_FILE = "one_file"
"""What it is set to where all pages are one file, which has no address that others can open."""
_static = environ.get(STATIC, "")  # read once: a click asks for hundreds of words


def words(key: str, /, **values: object) -> str:
    """The words for a key such as ``page.new_case``, with what is in braces filled in.

    >>> words("explanation.answer", label="OCD", option="Yes")
    'OCD: Yes'
    """
    text = _load(_static)[key]
    return text.format(**values) if values else text


def list_words(section: str) -> Mapping[str, str]:
    """All words of a section, by the rest of their keys."""
    return {key.partition(".")[2]: text for key, text in _load(_static).items() if key.startswith(f"{section}.")}


def without_server() -> bool:
    """Whether the pages run in a browser alone. Neither pandas nor python-docx is there: what needs them is not offered."""
    return bool(_static)


def is_one_file() -> bool:
    return _static == ONE_FILE


@cache
def _load(static: str) -> Mapping[str, str]:
    merged: dict[str, str] = {}
    for file in sorted(_WORDS.glob("*.yaml")):
        merged.update(_flatten("", read_yaml(file, KapnbError)))
    for group in ("instead", "instead_in_one_file")[: bool(static) + (static == ONE_FILE)]:
        start = f"site.{group}."
        merged |= {key.removeprefix(start): text for key, text in merged.items() if key.startswith(start)}
    return merged


def _flatten(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flatten(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", str(inner)
