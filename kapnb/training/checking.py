"""What may come in from outside: names, free texts, and the JSON files of this floor. Everything that is wrong is told at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from kapnb.engine.problems import KapnbError, Problem, shorten, suggest
from kapnb.engine.records import kind_of
from kapnb.text.characters import has_halves
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

MOST_NAME: Final = 64
_DIGEST: Final = re.compile("[0-9a-f]{32}")


class TrainingError(KapnbError):
    """A step that cannot be taken now, or a file that cannot be used; nothing has changed."""


class NothingAtHandError(TrainingError):
    """A saved training is as it was written, and nothing of it is at hand: its table or set has to be loaded first."""


def is_name(value: object) -> bool:
    """Whether something can be an id or the name of an option: short, on one line, and no identifier of a person."""
    return isinstance(value, str) and 0 < len(value) <= MOST_NAME and value.isprintable() and _is_plain(value)


@lru_cache(maxsize=1024)
def _is_plain(name: str) -> bool:
    """A file repeats the names of a few questions and options many times."""
    return not find_identifiers(name)


def find_text_problems(where: str, text: object, limit: int) -> Iterator[Problem]:
    """What keeps a free text from being written down; it is never repeated."""
    if not isinstance(text, str) or has_halves(text):
        yield Problem(where, words("case.not_text"))
    elif not text.strip():
        yield Problem(where, words("training.empty_text"))
    elif len(text) > limit:
        yield Problem(where, words("case.too_long", limit=f"{limit:,}"), remedy=words("table.remedy_too_long"))
    else:
        for kind in find_identifiers(text):
            what = words("case.identifier", kind=words(f"identifiers.{kind}"))
            yield Problem(where, what, remedy=words("training.remedy_identifier"))


class Reader:
    """Reads what JSON holds, and notes everything that is wrong instead of raising."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, key: str, given: object = "", known: Any = (), **values: object) -> None:
        what = words(f"training.{key}", **values)
        self.problems.append(Problem(where, what, ", ".join(map(shorten, known)) if known else "", suggest(given, known)))

    def finish(self, error: type[KapnbError] = TrainingError) -> None:
        if self.problems:
            raise error(self.problems)

    def open(self, text: str | bytes, limit: int, kind: str, version: int) -> Mapping[str, Any]:
        """The object that a text holds, if it is a file of this kind."""
        file, remedy = words("training.file"), words("training.remedy_file")
        if len(text) > limit:
            raise TrainingError([Problem(file, words("case.too_large", limit=f"{limit:,}"), remedy=remedy)])
        try:
            plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text.lstrip("\ufeff")
            value = json.loads(plain, object_pairs_hook=self._collect)
        except UnicodeDecodeError:
            raise TrainingError([Problem(file, words("case.not_text"), remedy=remedy)]) from None
        except (RecursionError, ValueError):
            raise TrainingError([Problem(file, words("case.not_json"), remedy=remedy)]) from None
        if not isinstance(value, dict) or value.get("format") != kind:
            raise TrainingError([Problem(file, words("training.other_file"), remedy=remedy)])
        if type(value.get("version")) is not int or value["version"] != version:
            raise TrainingError([Problem(file, words("training.other_version"), str(version), remedy)])
        return value

    def _collect(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            self.wrong(words("training.file"), "name_twice")
        return dict(pairs)

    def close(self, row: Mapping[str, Any], where: str, known: set[str]) -> None:
        """Note what nothing reads."""
        if row.keys() - known:
            self.problems.append(Problem(where, words("training.unknown_name"), ", ".join(sorted(known))))

    def mapping(self, row: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        return self.as_mapping(row.get(key), where if where == key else f"{where}, {key}")

    def as_mapping(self, value: object, where: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.problems.append(Problem(where, words("case.not_object", kind=kind_of(value)), words("training.an_object")))
        return {}

    def items(self, row: Mapping[str, Any], key: str, where: str, limit: int) -> list[Any]:
        value = row.get(key)
        where = where if where == key else f"{where}, {key}"
        if not isinstance(value, list):
            self.problems.append(Problem(where, words("case.not_object", kind=kind_of(value)), words("training.a_list")))
            return []
        if len(value) > limit:
            self.wrong(where, "too_many", limit=f"{limit:,}")
            return []
        return value

    def rows(self, row: Mapping[str, Any], key: str, where: str, limit: int) -> list[tuple[str, Mapping[str, Any]]]:
        """The objects of a list, each with its place."""
        placed = [(f"{key}, {number}", one) for number, one in enumerate(self.items(row, key, where, limit), 1)]
        return [(place, self.as_mapping(one, place)) for place, one in placed]

    def name(self, row: Mapping[str, Any], key: str, where: str) -> str:
        """A short text on one line, as ids and names of options are."""
        value = row.get(key)
        place = where if where == key else f"{where}, {key}"
        return str(value) if self.is_name(value, place) else ""

    def is_name(self, value: object, where: str) -> bool:
        fine = is_name(value)
        if not fine:
            self.wrong(where, "no_name", limit=MOST_NAME)
        return fine

    def digest(self, row: Mapping[str, Any], key: str, where: str) -> str:
        value = row.get(key)
        if isinstance(value, str) and _DIGEST.fullmatch(value):
            return value
        self.wrong(f"{where}, {key}", "no_digest")
        return ""

    def choice(self, row: Mapping[str, Any], key: str, where: str, known: tuple[str, ...], *, optional: bool = False) -> str:
        value = row.get(key)
        if isinstance(value, str) and value in known:
            return value
        if not (optional and value is None):
            self.problems.append(Problem(f"{where}, {key}", words("table.option"), ", ".join(known)))
        return ""

    def number(self, row: Mapping[str, Any], key: str, where: str, known: range) -> int:
        value = row.get(key)
        if type(value) is int and value in known:
            return value
        self.problems.append(Problem(f"{where}, {key}", words("training.no_number"), f"{known[0]} … {known[-1]}"))
        return known[0]

    def text(self, row: Mapping[str, Any], key: str, where: str, limit: int) -> str:
        value = row.get(key)
        problems = list(find_text_problems(where, value, limit))
        self.problems += problems
        return "" if problems else str(value)
