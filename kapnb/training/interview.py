"""An interview in retrospect: what was asked, what was not, and which question was worth most.

The questions whose answers decide come first; where no caution does, those of a hopeful finding; where too little is known, what
would have to be asked next. Of these one is worth more, the fewer outcomes its answer leaves possible, beside what else was heard.
Where nothing decides and no answer would narrow anything, no question is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Kind
from kapnb.training.library import Vignette
from kapnb.training.offers import find_told
from kapnb.training.session import list_askable


@dataclass(frozen=True, slots=True)
class Review:
    """The questions of an interview, by their fields.

    Attributes:
        best: the question that was worth most; empty where none was.
        asked: in their order.
        missed: not asked, and there was something, or it stayed open.
        quiet: not asked, and nothing was there.
    """

    best: str
    asked: tuple[str, ...]
    missed: tuple[str, ...]
    quiet: tuple[str, ...]


def review(vignette: Vignette, asked: tuple[str, ...], edition: Edition) -> Review:
    """Look back on an interview."""
    there = find_told(vignette.answers, edition.fields)
    left = [name for name in edition.fields if name in vignette.replies and name not in asked]
    missed = tuple(name for name in left if name in there or name not in vignette.answers)
    return Review(_find_best(vignette, asked, edition), asked, missed, tuple(name for name in left if name not in missed))


def _find_best(vignette: Vignette, asked: tuple[str, ...], edition: Edition) -> str:
    replies, heard = vignette.replies, vignette.hear(asked)
    whole = edition.assess(vignette.answers)
    if not whole.deciding:
        return next((one.field for one in whole.next_questions if one.field in replies), "")
    worth: dict[str, int] = {}
    for name in (one for one in edition.fields if one in replies and one in whole.counted):
        rest = {other: given for other, given in heard.items() if other != name}
        before, after = edition.assess(rest), edition.assess({**rest, name: vignette.answers[name]})
        if after.possible != before.possible:
            worth[name] = len(after.possible)
    told = find_told(vignette.answers, edition.fields)
    quiet = whole.deciding[0].rule == edition.default_rule.name
    held = [*whole.deciding, *(one for one in whole.findings if one.kind is Kind.FAVORABLE and quiet)]
    turning = told & {name for finding in held for name in finding.because}
    turning |= told & {parent for name in turning for parent in edition.fields[name].parents}
    reach = [name for name in list_askable(vignette, asked, edition.fields) if name in turning]
    first = reach[0] if reach else min(worth, key=worth.__getitem__, default="")
    return min((name for name in reach if name in worth), key=worth.__getitem__, default=first)
