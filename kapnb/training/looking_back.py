"""Looking back on a training: what was met, where one's own view and the article's differ, and how sure one was of the facts.

Counts, never a mark. Nobody is measured by agreeing with one author, so confidence is held against the facts of the stories, a fair
yardstick. Only committed items count: anything else would tell an answer before its time.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from kapnb.group.differences import Kind
from kapnb.group.judgments import Confidence
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words
from kapnb.training.library import Library
from kapnb.training.reveal import find_facts, locate_attempt
from kapnb.training.session import Training, find

FROM: Final = 3
"""With fewer cases there is nothing to look back on."""


def look_back(training: Training, library: Library) -> tuple[Block, ...]:
    """A training in retrospect: cases, facts, differences, traps, claims; before the third case only when there will be more."""
    seen = [(one, find(library, one.item)) for one in training.present if not one.open]
    if len(seen) < FROM:
        return (_block("cases", [words("training.back_from", count=FROM)]),)
    count, agreed, edition = len(seen), 0, library.edition
    kinds, facts, traps = Counter[Kind](), Counter[tuple[Confidence | None, bool]](), dict[str, list[str]]()
    for attempt, vignette in seen:
        found = locate_attempt(attempt, vignette, edition.assess(vignette.answers))
        kinds.update(found.kinds)
        agreed += found.agrees
        for name, given in find_facts(attempt, vignette, edition).items():
            facts[attempt.draft.confidence, vignette.answers.get(name) == given] += 1
        for trap in vignette.traps if not found.agrees else ():
            traps.setdefault(words(f"vignettes.trap.{trap}"), []).append(vignette.title)
    read = [
        words("training.back_facts", how=words(f"training_page.confidence_{sure}").lower(), alike=alike, facts=alike + apart)
        for sure in Confidence
        if (alike := facts[sure, True]) + (apart := facts[sure, False])
    ]
    recurring = [words(f"training.recurs_{kind}", count=many, judgments=count) for kind, many in kinds.most_common()]
    met, claims = {claim for _, vignette in seen for claim in vignette.claims}, edition.ledger.claims
    left = [
        Line(words("explanation.claim", id=claim.id, paragraph=claim.paragraph[1:], text=claim.text))
        for name, claim in claims.items()
        if name not in met
    ]
    blocks = (
        _block("cases", [words("training.back_agreed", agreed=agreed, count=count), words("training.back_note")]),
        _block("facts", read),
        _block("differences", recurring),
        _block("traps", [words("training.back_trap", trap=trap, cases=", ".join(cases)) for trap, cases in traps.items()]),
        Block("claims", words("training.claims_met", met=len(claims) - len(left), count=len(claims)), tuple(left)),
    )
    return tuple(block for block in blocks if block.lines)


def _block(key: str, lines: list[str]) -> Block:
    return Block(key, words(f"training.back_title_{key}"), tuple(map(Line, lines)), open=True)
