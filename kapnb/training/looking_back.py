"""Looking back on a training: how often confidence met agreement with this source, which differences recur, what was never met.

Counts, never a mark: "4 of 6 agreed with this source". Nobody's judgment is measured by agreeing with one author. Only items whose
answer was revealed count, since anything else would tell an answer before its time. With few items, nothing can be told from a
count, and then that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final

from kapnb.engine.ledger import Claim
from kapnb.group.differences import Difference, Kind, locate
from kapnb.group.judgments import Confidence
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words
from kapnb.training.library import Library
from kapnb.training.session import Training, find

FEW: Final = 10
"""With fewer judgments than this a count says next to nothing. A choice of this toolkit; there is no published limit."""

Z: Final = 1.959963984540054
"""What a standard normal variable stays within, either way, in 95 of 100 draws."""


@dataclass(frozen=True, slots=True)
class Met:
    """How many of some judgments agreed with this source; those of one confidence, or all."""

    confidence: Confidence | None
    judgments: int
    agreed: int

    def say(self, label: str = "") -> str:
        """The count as a sentence; without a label it begins with the confidence."""
        label = label or words(f"training.when_{self.confidence}")
        if not self.judgments:
            return words("training.met_none", label=label)
        return words("training.met", label=label, agreed=self.agreed, judgments=self.judgments)

    @property
    def doubt(self) -> tuple[str, ...]:
        """What the count leaves open."""
        if not self.judgments:
            return ()
        if self.judgments < FEW:
            return (words("training.few", few=FEW),)
        low, high = (f"{10 * end:.1f}" for end in find_interval(self.agreed, self.judgments))
        return (words("training.met_interval", low=low, high=high),)


@dataclass(frozen=True)
class LookingBack:
    """A training in retrospect: plain data for plots, and the blocks that say the same.

    Attributes:
        confidence: for each confidence, low first, over all topics.
        topics: for each topic that came up, by its label in the order of the dictionary: all judgments first, then by confidence. A
            case that is about several topics counts in each.
        kinds: in how many judgments each kind of difference was found.
        untold: in how many the kinds of difference could not be told apart.
        claims_not_met: claims of the source that no revealed item brings up.
        judgments: how many items were revealed.
    """

    confidence: tuple[Met, ...]
    topics: Mapping[str, tuple[Met, ...]]
    kinds: Mapping[Kind, int]
    untold: int
    claims_not_met: tuple[Claim, ...]
    judgments: int

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Everything in words: calibration, topics, recurring, claims."""
        calibration = [Line(one.say(), (), one.doubt) for one in self.confidence]
        calibration.append(Line(words("training.calibration_note")))
        topics = [
            Line(every.say(label), (), (*(one.say() for one in rest if one.judgments), *every.doubt))
            for label, (every, *rest) in self.topics.items()
        ]
        claims = [
            Line(words("explanation.claim", id=claim.id, paragraph=claim.paragraph[1:], text=claim.text))
            for claim in self.claims_not_met
        ]
        return (
            _block("calibration", calibration if self.judgments else (), "nothing_revealed", is_open=True),
            _block("topics", topics, "nothing_yet"),
            _block("recurring", self._explain_kinds(), "recurs_none", is_open=True),
            _block("claims", claims, "claims_all_met", title="claims_not_met"),
        )

    def _explain_kinds(self) -> Iterable[Line]:
        of = {"judgments": self.judgments}
        for kind, count in sorted(self.kinds.items(), key=lambda one: -one[1]):
            if count:
                yield Line(words("training.recurs", kind=words(f"supervision.{kind}"), count=count, **of))
        if self.untold:
            yield Line(words("training.recurs_untold", count=self.untold, **of))
        if self.judgments < FEW and (self.untold or any(self.kinds.values())):
            yield Line(words("training.few_overall", few=FEW))


def _block(key: str, lines: Iterable[Line], otherwise: str, *, title: str = "", is_open: bool = False) -> Block:
    said = tuple(lines) or (Line(words(f"training.{otherwise}")),)
    return Block(key, words(f"training.{title or key}"), said, open=is_open)


def look_back(training: Training, library: Library) -> LookingBack:
    """Look back on a training."""
    edition, seen = library.edition, []
    for attempt in training.present:
        if attempt.revealed:
            vignette = find(library, attempt.item)
            seen.append((vignette, locate(attempt.as_judgment(edition), edition.assess(vignette.answers))))
    every = [difference for _, difference in seen]
    met = {claim for vignette, _ in seen for claim in vignette.claims}
    kinds = Counter(kind for one in every for kind in one.kinds)
    about = {one.label: [found for vignette, found in seen if one.name in vignette.topics] for one in edition.fields.sections}
    return LookingBack(
        confidence=tuple(_count(every, confidence) for confidence in Confidence),
        topics={label: tuple(_count(found, one) for one in (None, *Confidence)) for label, found in about.items() if found},
        kinds={kind: kinds[kind] for kind in Kind},
        untold=sum(bool(one.either) for one in every),
        claims_not_met=tuple(claim for name, claim in edition.ledger.claims.items() if name not in met),
        judgments=len(seen),
    )


def _count(found: Iterable[Difference], confidence: Confidence | None) -> Met:
    mine = [one.agrees for one in found if confidence in {None, one.judgment.confidence}]
    return Met(confidence, len(mine), sum(mine))


def find_interval(agreed: int, judgments: int) -> tuple[float, float]:
    """The 95 % interval of a share: the score interval of E. B. Wilson (1927), without a correction for continuity.

    It stays within 0 and 1, and holds up for small counts (R. G. Newcombe, Statistics in Medicine 17, 1998, method 3, whose
    digits ``tests/test_training_reveal.py`` holds it to).

    >>> tuple(round(end, 4) for end in find_interval(15, 148))
    (0.0624, 0.1605)
    """
    share = agreed / judgments
    middle = share + Z**2 / (2 * judgments)
    reach = Z * sqrt(share * (1 - share) / judgments + Z**2 / (4 * judgments**2))
    scale = 1 + Z**2 / judgments
    return min(max((middle - reach) / scale, 0.0), share), max(min((middle + reach) / scale, 1.0), share)  # not off by a rounding
