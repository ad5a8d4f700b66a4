"""Read a YAML file of ours strictly: every mistake is a :class:`Problem` with its place, and all come at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from kapnb.engine.problems import KapnbError, Problem, shorten, suggest

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc]  # the C loader where there is one, else Python's
    """YAML takes the last of two equal keys in silence; here that is a mistake."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # as PyYAML has it
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):  # a list as a key is refused further down
                if key.value in seen:
                    what = f"the key {shorten(key.value)!r} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class Record:
    """One mapping of the file. Each method takes a key, checks it, and notes what is wrong instead of raising."""

    def __init__(self, value: Any, where: str, problems: list[Problem]) -> None:
        self.where, self.problems = where, problems
        if not isinstance(value, dict):
            self.wrong("", f"is {kind_of(value)}", allowed="a mapping of names to values")
            value = {}
        self._value: dict[str, Any] = value
        self._read: set[str] = set()

    def wrong(self, key: str, what: str, allowed: str = "", remedy: str = "") -> None:
        self.problems.append(Problem(f"{self.where}.{key}".strip("."), what, allowed, remedy))

    def _get(self, key: str, kind: type, allowed: str, default: Any) -> Any:
        self._read.add(key)
        value = self._value.get(key)
        if value is None or (default is None and value in ("", [], {})):
            if default is None:
                self.wrong(key, "is missing", allowed)
            return kind() if default is None else default
        if not isinstance(value, kind):
            hint = "Put it in quotes: YAML reads a bare yes or no as true or false." if isinstance(value, bool) else ""
            self.wrong(key, f"is {kind_of(value)}", allowed, hint)
            return kind()
        return value

    def text(self, key: str, default: str | None = None) -> str:
        text: str = self._get(key, str, "a text", default)
        return " ".join(text.split())

    def number(self, key: str) -> int:
        return int(self._get(key, int, "a whole number", None))

    def flag(self, key: str) -> bool:
        return bool(self._get(key, bool, "true or false", default=False))

    def choice(self, key: str, known: Collection[str], default: str | None = None) -> str:
        name = self.text(key, default)
        if name and name != default:
            self.check(key, name, known)
        return name

    def check(self, key: str, name: str, known: Collection[str]) -> bool:
        if name in known:
            return True
        self.wrong(key, f'"{shorten(name)}" is not known', ", ".join(known), suggest(name, known))
        return False

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
        """A list of lists of known names."""
        rows = self._get(key, list, "a list of lists of names", [])
        return tuple(
            Record({"group": row}, f"{self.where}.{key}[{i}]", self.problems).texts("group", known) for i, row in enumerate(rows)
        )

    def records(self, key: str, *, required: bool = False) -> list[Record]:
        rows = self._get(key, list, "a list of mappings", None if required else [])
        return [Record(row, f"{self.where}.{key}[{_label(row, i)}]", self.problems) for i, row in enumerate(rows)]

    def record(self, key: str, *, required: bool = False) -> Record:
        return Record(self._get(key, dict, "a mapping", None if required else {}), f"{self.where}.{key}".strip("."), self.problems)

    def named(self) -> Iterator[tuple[str, Record]]:
        """The mapping's entries, each a mapping itself."""
        for key, value in self._value.items():
            self._read.add(key)
            if isinstance(key, str):
                yield key, Record(value, f"{self.where}.{key}".strip("."), self.problems)
            else:
                self.wrong(shorten(key), f"is named by {kind_of(key)}", "a text", "Put the name in quotes.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(str(key) for key in self._value)

    def close(self) -> None:
        """Note every key that nothing has read."""
        for key in self._value.keys() - self._read:
            self.wrong("", f'has the unknown key "{shorten(key)}"', ", ".join(sorted(self._read)), suggest(key, self._read))


def read_record(path: Path, error: type[KapnbError]) -> Record:
    """Open a YAML file as one record.

    Raises:
        KapnbError: of the given kind, when the file cannot be read as YAML.
    """
    return Record(read_yaml(path, error), path.name, [])


def read_yaml(path: Path, error: type[KapnbError]) -> Any:
    """What a YAML file holds, as it stands.

    Raises:
        KapnbError: of the given kind, when the file cannot be read as YAML.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as failure:
        raise error([Problem(path.name, "cannot be read", remedy=str(failure.strerror or ""))]) from None
    except UnicodeDecodeError:
        raise error([Problem(path.name, "is not readable as YAML: broken text")]) from None
    return parse_yaml(text, path.name, error)


def parse_yaml(text: str, name: str, error: type[KapnbError]) -> Any:
    """What a text in YAML holds, as it stands; ``name`` says in a complaint where the text is from.

    Raises:
        KapnbError: of the given kind, when the text cannot be read as YAML.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506  # a safe loader, made stricter
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        mark = getattr(failure, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        why = getattr(failure, "problem", None) or "broken text, or a date or number that cannot be"
        raise error([Problem(where, f"is not readable as YAML: {why}")]) from None


def finish(record: Record, error: type[KapnbError]) -> None:
    """Raise all that was noted, if anything was."""
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


def _label(row: object, index: int) -> str:
    return str(row["name"]) if isinstance(row, dict) and isinstance(row.get("name"), str) else str(index)
