"""The words of the interface, in one place: ``en.yaml``. A second language is one more file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from os import environ
from pathlib import Path
from typing import Any

from kapnb.engine.problems import KapnbError, Problem
from kapnb.engine.records import kind_of, read_yaml

_FOLDER = Path(__file__).parent


def words(key: str, /, **values: object) -> str:
    """The words for a key such as ``page.new_case``, with what is in braces filled in.

    >>> words("explanation.answer", label="OCD", option="Yes")
    'OCD: Yes'
    """
    text = _load("en")[key]
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
    """The countries with a support wording of their own."""
    return tuple(_load_support())


@cache
def _load(language: str) -> Mapping[str, str]:
    return dict(_flatten("", _read(_FOLDER / f"{language}.yaml")))


@cache
def _load_support() -> Mapping[str, Mapping[str, str]]:
    return {
        country: {key: " ".join(text.split()) for key, text in entry.items()}
        for country, entry in _read(_FOLDER / "support.yaml").items()
    }


def every_text() -> Iterator[tuple[str, str]]:
    """Every text that a person can see, with the place where it is written."""
    from kapnb.engine.pack import PACKS, load_guidance
    from kapnb.paths import examples, schemas
    from kapnb.training.library import load_library

    for file in sorted(schemas().glob("*.yaml")):
        yield from _texts(file.stem, _read(file))
    for file in sorted(_FOLDER.glob("*.yaml")):
        yield from _texts(file.stem, _read(file))
    for pack in PACKS:
        guidance = load_guidance(pack)
        yield from _texts(pack, _read(_FOLDER.parent / "packs" / pack / "ledger.yaml"))
        for rule in guidance.rules:
            yield f"{pack}.rules.{rule.name}.meaning", rule.meaning
    for file in sorted(examples().glob("*.json")):
        yield file.stem, file.read_text("utf-8")
    yield from ((f"{one.id} {name}", text) for one in load_library().values() for name, text in one.texts())
    for file in sorted((examples() / "supervision").glob("*.csv")):
        rows = csv.DictReader(file.read_text("utf-8").splitlines())
        for row in rows:
            for column in ("title", "vignette", "note", "comment"):
                if row.get(column):
                    yield f"{file.name} {row['case_id']} {row.get('rater', '')} {column}", row[column]


def _read(path: Path) -> Any:
    """A YAML file of ours, which holds a mapping.

    Raises:
        KapnbError: when it cannot be read as one.
    """
    value = read_yaml(path, KapnbError)
    if not isinstance(value, Mapping):
        raise KapnbError([Problem(path.name, f"is {kind_of(value)}", "a mapping of names to texts")])
    return value


def _flatten(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flatten(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", str(inner)


def _texts(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, " ".join(value.split())
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(f"{where}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            label = inner.get("name", index) if isinstance(inner, dict) else index
            yield from _texts(f"{where}[{label}]", inner)
