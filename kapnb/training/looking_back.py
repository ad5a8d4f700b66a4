"""Looking back on a training: how often confidence met agreement with this source, which differences recur, what was never met.

Counts, never a mark: "4 of 6 agreed with this source". Nobody's judgment is measured by agreeing with one author. Only items whose
answer was revealed count, since anything else would tell an answer before its time. With few items, nothing can be told from a
count, and then that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from kapnb.engine.ledger import Claim
from kapnb.group.differences import Difference, Kind, locate
from kapnb.group.judgments import Confidence
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words
from kapnb.training.library import Library
from kapnb.training.session import Training

FEW: Final = 10
"""With fewer judgments than this a count says next to nothing. A choice of this toolkit; there is no published limit."""

Z: Final = 1.959963984540054
"""What a standard normal variable stays within, either way, in 95 of 100 draws."""


@dataclass(frozen=True, slots=True)
class Met:
    """How many of some judgments agreed with this source.

    Attributes:
        confidence: of these judgments; None for all.
        low: the interval that the count leaves open, as shares of 1; from 0 to 1 where there are no judgments.
    """

    confidence: Confidence | None
    judgments: int
    agreed: int
    low: float
    high: float

    @property
    def few(self) -> bool:
        """Whether there are too few to tell."""
        return self.judgments < FEW


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
        return (_explain_confidence(self), _explain_topics(self), _explain_kinds(self), _explain_claims(self))


@dataclass(frozen=True, slots=True)
class _Seen:
    difference: Difference
    topics: tuple[str, ...]
    claims: tuple[str, ...]


def look_back(trainings: Training | Iterable[Training], library: Library) -> LookingBack:
    """Look back on one training or several."""
    trainings = (trainings,) if isinstance(trainings, Training) else tuple(trainings)
    seen = [one for training in trainings for one in _see(training, library)]
    labels = {one.label: one.name for one in library.edition.fields.sections if any(one.name in about.topics for about in seen)}
    met = {claim for one in seen for claim in one.claims}
    kinds = Counter(kind for one in seen for kind in one.difference.kinds)
    return LookingBack(
        confidence=tuple(_count(seen, confidence) for confidence in Confidence),
        topics={label: tuple(_count(seen, one, name) for one in (None, *Confidence)) for label, name in labels.items()},
        kinds={kind: kinds[kind] for kind in Kind},
        untold=sum(bool(one.difference.either) for one in seen),
        claims_not_met=tuple(claim for name, claim in library.edition.ledger.claims.items() if name not in met),
        judgments=len(seen),
    )


def find_interval(agreed: int, judgments: int) -> tuple[float, float]:
    """The 95 % interval of a share: the score interval of E. B. Wilson (1927), without a correction for continuity.

    It stays within 0 and 1, and holds up for small counts (R. G. Newcombe, Statistics in Medicine 17, 1998, method 3, whose
    digits ``tests/test_training_looking_back.py`` holds it to).

    >>> tuple(round(end, 4) for end in find_interval(15, 148))
    (0.0624, 0.1605)
    """
    if not judgments:
        return 0.0, 1.0
    share = agreed / judgments
    middle = share + Z**2 / (2 * judgments)
    reach = Z * sqrt(share * (1 - share) / judgments + Z**2 / (4 * judgments**2))
    scale = 1 + Z**2 / judgments
    return min(max((middle - reach) / scale, 0.0), share), max(min((middle + reach) / scale, 1.0), share)  # not off by a rounding


def _see(training: Training, library: Library) -> Iterable[_Seen]:
    for attempt in training.present:
        if attempt.revealed and attempt.item.id in library:
            vignette = library[attempt.item.id]
            difference = locate(attempt.as_judgment(library.edition), library.edition.assess(vignette.answers))
            yield _Seen(difference, vignette.topics, vignette.claims)


def _count(seen: Sequence[_Seen], confidence: Confidence | None = None, topic: str = "") -> Met:
    mine = [
        one.difference
        for one in seen
        if confidence in {None, one.difference.judgment.confidence} and (not topic or topic in one.topics)
    ]
    agreed = sum(one.agrees for one in mine)
    return Met(confidence, len(mine), agreed, *find_interval(agreed, len(mine)))


def _explain_confidence(back: LookingBack) -> Block:
    if back.judgments:
        lines = [_line(one, words(f"training.when_{one.confidence}")) for one in back.confidence]
        lines.append(Line(words("training.calibration_note")))
    else:
        lines = [Line(words("training.nothing_revealed"))]
    return Block("calibration", words("training.calibration"), tuple(lines), open=True)


def _explain_topics(back: LookingBack) -> Block:
    lines = []
    for label, (every, *rest) in back.topics.items():
        line = _line(every, label)
        details = (_line(one, words(f"training.when_{one.confidence}")).text for one in rest if one.judgments)
        lines.append(Line(line.text, (), (*details, *line.details)))
    return Block("topics", words("training.topics"), tuple(lines) or (Line(words("training.nothing_yet")),))


def _explain_kinds(back: LookingBack) -> Block:
    lines = [
        Line(words("training.recurs", kind=words(f"supervision.{kind}"), count=count, judgments=back.judgments))
        for kind, count in sorted(back.kinds.items(), key=lambda one: -one[1])
        if count
    ]
    if back.untold:
        lines.append(Line(words("training.recurs_untold", count=back.untold, judgments=back.judgments)))
    if lines and back.judgments < FEW:
        lines.append(Line(words("training.few_overall", few=FEW)))
    return Block("recurring", words("training.recurring"), tuple(lines) or (Line(words("training.recurs_none")),), open=True)


def _explain_claims(back: LookingBack) -> Block:
    lines = tuple(
        Line(words("explanation.claim", id=claim.id, paragraph=claim.paragraph[1:], text=claim.text))
        for claim in back.claims_not_met
    )
    return Block("claims", words("training.claims_not_met"), lines or (Line(words("training.claims_all_met")),))


def _line(met: Met, label: str) -> Line:
    if not met.judgments:
        return Line(words("training.met_none", label=label))
    text = words("training.met", label=label, agreed=met.agreed, judgments=met.judgments)
    if met.few:
        return Line(text, (), (words("training.few", few=FEW),))
    low, high = (f"{10 * end:.1f}" for end in (met.low, met.high))
    return Line(text, (), (words("training.met_interval", low=low, high=high),))
