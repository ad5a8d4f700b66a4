"""The page that tells what the vignettes reach: ``python -m tests.vignettes_page docs/vignettes.md`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from kapnb.engine.edition import served_edition
from kapnb.engine.outcomes import Outcome
from kapnb.text.words import words
from kapnb.training.library import TRAPS, Library, Vignette, load_library

Reached = Mapping[str, tuple[str, ...]]


def cover_library(library: Library) -> Mapping[str, Reached]:
    """Which vignettes reach what: for each kind of thing its names, each with the ids of the vignettes that reach it."""
    edition = library.edition
    held = {one.id: [finding.rule for finding in edition.assess(one.answers).findings] for one in library.values()}

    def gather(names: Iterable[str], of: Callable[[Vignette], Iterable[str]]) -> Reached:
        return {name: tuple(one.id for one in library.values() if name in of(one)) for name in names}

    return {
        "outcomes": gather(map(str, Outcome), lambda one: (str(one.outcome),)),
        "topics": gather((section.name for section in edition.fields.sections), lambda one: one.topics),
        "traps": gather(TRAPS, lambda one: one.traps),
        "claims": gather(edition.ledger.claims, lambda one: one.claims),
        "rules": gather((rule.name for rule in edition.guidance.rules), lambda one: held[one.id]),
        "readings": gather(edition.guidance.readings, lambda one: one.readings),
    }


def write_coverage(library: Library) -> str:
    """What a library of vignettes reaches, as a page in Markdown."""
    guidance = library.edition.guidance
    claims, sections = guidance.ledger.claims, {one.name: one.label for one in library.edition.fields.sections}
    rules = {rule.name: rule.meaning for rule in guidance.rules}
    labels: Mapping[str, Callable[[str], str]] = {
        "outcomes": lambda name: words(f"outcomes.{name}"),
        "topics": sections.__getitem__,
        "traps": lambda name: words(f"vignettes.trap.{name}"),
        "claims": lambda name: _word("claim", id=name, paragraph=claims[name].paragraph, text=claims[name].text),
        "rules": rules.__getitem__,
        "readings": lambda name: guidance.readings[name].question,
    }
    every = library.values()
    intro = _word(
        "intro",
        count=len(every),
        follow_ups=sum(bool(one.follow_ups) for one in every),
        twins=len(library.pairs),
        omits=sum(bool(one.omits) for one in every),
    )
    lines = [f"# {_word('title')}", "", intro, "", _word("made"), "", f"## {_word('list')}", "", *_list(library)]
    for key, reached in cover_library(library).items():
        rows = ((labels[key](name), ", ".join(found) or _word("none")) for name, found in reached.items())
        lines += ["", f"## {_word(key)}", "", *_table((_word(key), _word("reached_by")), rows)]
    return "\n".join(lines) + "\n"


def _word(key: str, **values: object) -> str:
    return words(f"vignettes.coverage.{key}", **values)


def _list(library: Library) -> Iterator[str]:
    fields = library.edition.fields
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
    return _table(map(_word, ("id", "name", "level", "outcome", "twin", "omits", "follow_ups")), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = tuple(head)
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(write_coverage(load_library(served_edition())), encoding="utf-8")
