"""Read a YAML or JSON file strictly: every mistake is a :class:`Problem` with its place, and all come at once."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from kapnb.engine.problems import KapnbError, Problem, shorten, suggest
from kapnb.limits import MOST_PROBLEMS

Kind = TypeVar("Kind")
Member = TypeVar("Member", bound=StrEnum)


class Record:
    """One mapping of a file. Each method takes a key, checks what it holds, and notes what is wrong instead of raising.

    A key that is absent, null or empty has the default; without a default it is missing.

    Args:
        value: the mapping.
        where: its place, which problems name; for a whole file its name, or nothing where the keys say enough.
        problems: takes what is wrong.
        quote: how a message repeats a name that the file holds; it may hide it.
    """

    def __init__(self, value: Any, where: str, problems: list[Problem], quote: Callable[[object], str] = shorten) -> None:
        self.where, self.problems, self.quote = where, problems, quote
        if not isinstance(value, dict):
            self.wrong("", f"is {kind_of(value)}", allowed="a mapping of names to values")
            value = {}
        self._value: dict[str, Any] = value
        self._read: set[str] = set()

    def wrong(self, key: str, what: str, allowed: str = "", remedy: str = "") -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(self._place(key) or "file", what, allowed, remedy))

    def _unknown(self, key: str, what: str, name: object, known: Collection[str], allowed: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:  # to see what was meant takes a while
            self.wrong(key, what.format(self.quote(name)), allowed, suggest(name, known))

    def _place(self, key: str) -> str:
        return f"{self.where}.{key}".strip(".")

    def _open(self, value: Any, key: str) -> Record:
        return Record(value, self._place(key), self.problems, self.quote)

    def _get(self, key: str, kind: type[Any], allowed: str, default: Any, most: int | None = None) -> Any:
        self._read.add(key)
        value = self._value.get(key)
        if value in (None, "") or (default is None and value in ([], {})):
            if default is None:
                self.wrong(key, "is missing", allowed)
            return kind() if default is None else default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            hint = "Put it in quotes: YAML reads a bare yes or no as true or false." if isinstance(value, bool) else ""
            self.wrong(key, f"is {kind_of(value)}", allowed, hint)
            return kind()
        if most is not None and len(value) > most:
            self.wrong(key, f"is longer than {most:,} {'characters' if kind is str else 'entries'}")
            return kind()
        return value

    def raw(self, key: str, default: str | None = None, most: int | None = None) -> str:
        """A text as it is, with at most so many characters."""
        text: str = self._get(key, str, "a text", default, most)
        return text

    def text(self, key: str, default: str | None = None, most: int | None = None) -> str:
        """A text on one line."""
        return " ".join(self.raw(key, default, most).split())

    def number(self, key: str, allowed: range | None = None) -> int:
        """A whole number; one that is not allowed gives the first that is."""
        bounds = f"a whole number from {allowed[0]:,} to {allowed[-1]:,}" if allowed else "a whole number"
        self._read.add(key)
        value = self._value.get(key)
        if type(value) is int and (allowed is None or value in allowed):
            return value
        what = "is missing" if value is None else f"is {value}" if type(value) is int else f"is {kind_of(value)}"
        self.wrong(key, what, bounds)
        return allowed[0] if allowed else 0

    def choice(self, key: str, known: Collection[str], default: str | None = None) -> str:
        """One of some known names; a name that is not known is noted, and given as none."""
        name = self.text(key, default)
        return name if not name or name == default or self.check(key, name, known) else ""

    def member(self, key: str, kind: type[Member], *, required: bool = False) -> Member | None:
        """One of an enumeration; None where it is absent, or none of them."""
        name = self.choice(key, tuple(map(str, kind)), None if required else "")
        return kind(name) if name else None

    def check(self, key: str, name: str, known: Collection[str]) -> bool:
        if name in known:
            return True
        self._unknown(key, '"{}" is not known', name, known, ", ".join(known))
        return False

    def flag(self, key: str) -> bool:
        """True or false; false where it is absent."""
        return bool(self._get(key, bool, "true or false", default=False))

    def texts(self, key: str, known: Collection[str] | None = None, *, required: bool = False) -> tuple[str, ...]:
        values = self._get(key, list, "a list of texts", None if required else [])
        kept = []
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.wrong(f"{key}[{index}]", f"is {kind_of(value)}", "a text", "Put it in quotes.")
            elif known is None or self.check(f"{key}[{index}]", value, known):
                kept.append(" ".join(value.split()))
        return tuple(kept)

    def groups(self, key: str, known: Collection[str]) -> tuple[tuple[str, ...], ...]:
        rows = self._get(key, list, "a list of lists of names", [])
        return tuple(self._open({"group": row}, f"{key}[{i}]").texts("group", known) for i, row in enumerate(rows))

    def fill(self, kind: type[Kind], known: Mapping[str, Collection[str]] | None = None, **given: Any) -> Kind:
        """A dataclass whose fields are the keys of this record, which can hold no other.

        Args:
            kind: a text, a list of texts or a flag is read by the type of its field, and may be absent where that has a default.
            known: for some fields, the names that are allowed there.
            given: fields that are read already.
        """
        for one in fields(kind):  # type: ignore[arg-type]  # a dataclass
            required, names = one.default is MISSING, (known or {}).get(one.name)
            if not one.init or one.name in given:
                continue
            if one.type == "bool":
                given[one.name] = self.flag(one.name)
            elif one.type == "str":
                default = None if required else ""
                given[one.name] = self.choice(one.name, names, default) if names else self.text(one.name, default)
            else:
                given[one.name] = self.texts(one.name, names, required=required)
        self.close()
        return kind(**given)

    def pairs(self, key: str, most: int | None = None) -> tuple[tuple[int, int], ...]:
        """A list of pairs of whole numbers."""
        rows = self._get(key, list, "a list of pairs of whole numbers", [], most)
        pairs = [tuple(row) for row in rows if isinstance(row, list) and [type(one) for one in row] == [int, int]]
        if len(pairs) < len(rows):
            self.wrong(key, "has an entry that is not a pair", "pairs of whole numbers")
        return tuple(pairs)

    def mapping(self, key: str, most: int | None = None) -> dict[str, str]:
        """Names, each with a text; a text that is null or empty is left out."""
        inner = self._open(self._get(key, dict, "a mapping of names to texts", {}, most), key)
        return {name: text for name in inner.names if (text := inner.raw(name, ""))}

    def records(self, key: str, *, required: bool = False, most: int | None = None) -> list[Record]:
        rows = self._get(key, list, "a list of mappings", None if required else [], most)
        return [self._open(row, f"{key}[{self._label(row, i)}]") for i, row in enumerate(rows)]

    def _label(self, row: object, index: int) -> str:
        return self.quote(row["name"]) if isinstance(row, dict) and isinstance(row.get("name"), str) else str(index)

    def record(self, key: str, *, required: bool = False) -> Record:
        return self._open(self._get(key, dict, "a mapping", None if required else {}), key)

    def named(self) -> Iterator[tuple[str, Record]]:
        """The mapping's entries, each a mapping itself."""
        for key, value in self._value.items():
            self._read.add(key)
            if isinstance(key, str):
                yield key, self._open(value, self.quote(key))
            else:
                self.wrong(self.quote(key), f"has {kind_of(key)} as a name", "a text", "Put the name in quotes.")

    def has(self, key: str) -> bool:
        return self._value.get(key) is not None

    def take(self) -> dict[str, Any]:
        """The whole mapping as it is, for somebody else to check."""
        self._read.update(self._value)
        return dict(self._value)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(str(key) for key in self._value)

    def close(self) -> None:
        """Note every key that nothing has read; what is allowed is listed once."""
        allowed = ", ".join(sorted(self._read))
        for key in self._value.keys() - self._read:
            self._unknown("", 'has the unknown key "{}"', key, self._read, allowed)
            allowed = ""


def read_record(path: Path, error: type[KapnbError]) -> Record:
    """Open a YAML file as one record; :func:`parse_yaml` says what is raised."""
    return Record(read_yaml(path, error), path.name, [])


def decode(data: bytes) -> str:
    """A text file as people and their editors write it: UTF-8, or UTF-16 where its byte order mark says so.

    Raises:
        UnicodeDecodeError: when it is neither.
    """
    return data.decode("utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")


def read_yaml(path: Path, error: type[KapnbError]) -> Any:
    try:
        return parse_yaml(decode(path.read_bytes()), path.name, error)
    except OSError as failure:
        raise error([Problem(path.name, "cannot be read", remedy=str(failure.strerror or ""))]) from None
    except UnicodeDecodeError:
        raise error([Problem(path.name, "cannot be read as YAML: broken text")]) from None


def parse_yaml(text: str, name: str, error: type[KapnbError]) -> Any:
    """What a text in YAML holds, as it is; ``name`` says in a complaint where the text is from.

    Raises:
        KapnbError: of the given kind, when the text cannot be read as YAML.
    """
    if sys.platform == "emscripten":  # a browser is handed our own files as JSON, and no YAML reader
        return json.loads(text.removeprefix("---\n"))
    import yaml  # as said

    try:
        return yaml.load(text, Loader=_load_strictly())  # noqa: S506  # a safe loader, made stricter
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        mark = getattr(failure, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        why = getattr(failure, "problem", None) or "broken text, or a date or number that cannot be"
        raise error([Problem(where, f"cannot be read as YAML: {why}")]) from None


@cache
def _load_strictly() -> Any:
    """YAML takes the last of two equal keys in silence; here that is a mistake."""
    import yaml  # as above

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader where there is one, else Python's

    class StrictLoader(base):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # as PyYAML has it
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):  # a list as a key is refused further down
                    if key.value in seen:
                        what = f"the key {shorten(key.value)!r} is listed twice"
                        raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
                    seen.add(key.value)
            mapping: dict[Any, Any] = super().construct_mapping(node, deep)
            return mapping

    return StrictLoader


def parse_json(
    text: str | bytes, error: type[KapnbError], *, most: int, remedy: str = "", quote: Callable[[object], str] = shorten
) -> Record:
    """Open a text in JSON, which holds one object, as a record; repeated keys are noted in it.

    Args:
        text: what a file holds, with or without a byte order mark; bytes as :func:`decode` takes them.
        error: what is raised.
        most: how many characters are looked at; a longer text is refused unread.
        remedy: what to do about a file that cannot be read at all.
        quote: as of :class:`Record`.

    Raises:
        KapnbError: of the given kind, when the text is too long, not JSON, or no object.
    """
    problems: list[Problem] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
            problems.extend(Problem(quote(name), "is listed twice") for name in twice[: MOST_PROBLEMS - len(problems)])
        return value

    def refuse(what: str, allowed: str = "") -> KapnbError:
        return error([Problem("file", what, allowed, remedy)])

    if len(text) > most:
        raise refuse(f"is larger than {most:,} characters, far more than it needs")
    try:
        plain = decode(text) if isinstance(text, bytes) else text.lstrip("\ufeff")
        value = json.loads(plain, object_pairs_hook=collect)
    except UnicodeDecodeError:
        raise refuse("is not readable as text") from None
    except json.JSONDecodeError as failure:
        raise refuse(f"is not readable as JSON (line {failure.lineno}: something is missing or misplaced there)") from None
    except (RecursionError, ValueError):  # nested too deeply, or a number too long
        raise refuse("is not readable as JSON") from None
    if not isinstance(value, dict):
        raise refuse(f"is {kind_of(value)}", "one object of names and values")
    return Record(value, "", problems, quote)


def finish(record: Record, error: type[KapnbError]) -> None:
    if record.problems:
        raise error(record.problems)


def kind_of(value: object) -> str:  # noqa: PLR0911  # a table
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
    return f"of the type {type(value).__name__}"
