"""Looking back on a training: what was met, where one's own view and the article's differ, and how sure one was of the facts.

Counts, never a mark. Nobody is measured by agreeing with one author, so confidence is held against the facts of the stories, a fair
yardstick. Only committed items count: anything else would tell an answer before its time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kapnb.engine.ledger import Claim
from kapnb.group.differences import Difference, Kind
from kapnb.group.judgments import Confidence
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words
from kapnb.training.library import Library, Vignette
from kapnb.training.reveal import find_facts, locate_attempt
from kapnb.training.session import Training, find

FROM: Final = 3
"""With fewer cases there is nothing to look back on."""


@dataclass(frozen=True, slots=True)
class Read:
    """How many facts were recorded with one confidence, and how many of them as the story has them."""

    confidence: Confidence
    facts: int
    alike: int


@dataclass(frozen=True)
class LookingBack:
    """A training in retrospect: plain data, and the blocks that say the same.

    Attributes:
        judgments: how many items were committed; in ``agreed`` of them the trainee would do what the article says.
        facts: for each confidence with which facts were recorded.
        kinds: in how many judgments each kind of difference was found.
        traps: for each trap, the titles of the cases with it in which trainee and article differ.
        claims_not_met: claims of the article that no committed item brings up; ``claims_met`` is how many were.
    """

    judgments: int
    agreed: int
    facts: tuple[Read, ...]
    kinds: Mapping[Kind, int]
    traps: Mapping[str, tuple[str, ...]]
    claims_met: int
    claims_not_met: tuple[Claim, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Everything in words: cases, facts, differences, traps, claims; before the third case only when there will be more."""
        if self.judgments < FROM:
            return (
                Block("cases", words("training.back_title_cases"), (Line(words("training.back_from", count=FROM)),), open=True),
            )
        claims = [
            Line(words("explanation.claim", id=claim.id, paragraph=claim.paragraph[1:], text=claim.text))
            for claim in self.claims_not_met
        ]
        met = words("training.claims_met", met=self.claims_met, count=self.claims_met + len(claims))
        blocks = (
            _block("cases", [words("training.back_agreed", agreed=self.agreed, count=self.judgments), words("training.back_note")]),
            _block("facts", map(_say_facts, self.facts)),
            _block("differences", self._say_kinds()),
            _block("traps", (words("training.back_trap", trap=trap, cases=", ".join(cases)) for trap, cases in self.traps.items())),
            Block("claims", met, tuple(claims)),
        )
        return tuple(block for block in blocks if block.lines)

    def _say_kinds(self) -> Iterator[str]:
        for kind, count in sorted(self.kinds.items(), key=lambda one: -one[1]):
            if count:
                yield words(f"training.recurs_{kind}", count=count, judgments=self.judgments)


def _say_facts(one: Read) -> str:
    return words(
        "training.back_facts", how=words(f"training_page.confidence_{one.confidence}").lower(), alike=one.alike, facts=one.facts
    )


def _block(key: str, lines: Iterable[str]) -> Block:
    return Block(key, words(f"training.back_title_{key}"), tuple(map(Line, lines)), open=True)


def look_back(training: Training, library: Library) -> LookingBack:
    """Look back on a training."""
    edition, seen, facts = library.edition, list[tuple[Vignette, Difference]](), Counter[tuple[Confidence, bool]]()
    for attempt in training.present:
        if not attempt.open:
            vignette = find(library, attempt.item)
            seen.append((vignette, locate_attempt(attempt, vignette, edition.assess(vignette.answers))))
            for name, given in find_facts(attempt, vignette, edition).items():
                if attempt.draft.confidence:
                    facts[attempt.draft.confidence, vignette.answers.get(name) == given] += 1
    met = {claim for vignette, _ in seen for claim in vignette.claims}
    kinds = Counter(kind for _, found in seen for kind in found.kinds)
    traps: dict[str, list[str]] = {}
    for vignette, found in seen:
        for trap in vignette.traps if not found.agrees else ():
            traps.setdefault(words(f"vignettes.trap.{trap}"), []).append(vignette.title)
    counts = ((one, facts[one, True], facts[one, False]) for one in Confidence)
    return LookingBack(
        judgments=len(seen),
        agreed=sum(found.agrees for _, found in seen),
        facts=tuple(Read(one, alike + apart, alike) for one, alike, apart in counts if alike + apart),
        kinds={kind: kinds[kind] for kind in Kind},
        traps={trap: tuple(cases) for trap, cases in traps.items()},
        claims_met=len(edition.ledger.claims.keys() & met),
        claims_not_met=tuple(claim for name, claim in edition.ledger.claims.items() if name not in met),
    )
