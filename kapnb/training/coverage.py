"""The page that tells what the vignettes reach: ``python -m kapnb.training.coverage docs/vignettes.md`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from kapnb.engine.edition import load_guidance
from kapnb.engine.fields import load_fields
from kapnb.text.words import words
from kapnb.training.library import Vignette, cover_library, load_library, twins


def write_coverage(library: Mapping[str, Vignette]) -> str:
    """What a library of vignettes reaches, as a page in Markdown."""
    reach, guidance = cover_library(library), load_guidance()
    claims, rules = guidance.ledger.claims, {rule.name: rule.meaning for rule in guidance.rules}
    sections = {section.name: section.label for section in load_fields().sections}
    tables: tuple[tuple[str, Mapping[str, tuple[str, ...]], Callable[[str], str]], ...] = (
        ("outcomes", reach.outcomes, lambda name: words(f"outcomes.{name}")),
        ("topics", reach.topics, sections.__getitem__),
        ("traps", reach.traps, lambda name: words(f"vignettes.trap.{name}")),
        ("claims", reach.claims, lambda name: _word("claim", id=name, paragraph=claims[name].paragraph, text=claims[name].text)),
        ("rules", reach.rules, rules.__getitem__),
        ("readings", reach.readings, lambda name: guidance.readings[name].question),
    )
    lines = [f"# {_word('title')}", "", _introduce(library), "", _word("made"), "", f"## {_word('list')}", "", *_list(library)]
    for key, reached, label in tables:
        rows = ((label(name), ", ".join(found) or _word("none")) for name, found in reached.items())
        lines += ["", f"## {_word(key)}", "", *_table((_word(key), _word("reached_by")), rows)]
    return "\n".join(lines) + "\n"


def _word(key: str, **values: object) -> str:
    return words(f"vignettes.coverage.{key}", **values)


def _introduce(library: Mapping[str, Vignette]) -> str:
    every = library.values()
    return _word(
        "intro",
        count=len(every),
        follow_ups=sum(bool(one.follow_ups) for one in every),
        twins=len(twins(library)),
        omits=sum(bool(one.omits) for one in every),
    )


def _list(library: Mapping[str, Vignette]) -> Iterator[str]:
    fields = load_fields()
    names = ("id", "name", "level", "outcome", "twin", "omits", "follow_ups")
    rows = (
        (
            one.id,
            one.title,
            words(f"vignettes.level.{one.level}"),
            words(f"outcomes.{one.outcome}"),
            one.twin,
            ", ".join(fields[name].label for name in one.omits),
            str(len(one.follow_ups) or ""),
        )
        for one in library.values()
    )
    return _table([_word(name) for name in names], rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = tuple(head)
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(write_coverage(load_library()), encoding="utf-8")
