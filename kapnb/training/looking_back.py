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

from kapnb.engine.edition import assess, load_guidance
from kapnb.engine.fields import load_fields
from kapnb.group.differences import Difference, Kind, locate
from kapnb.group.judgments import Confidence
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words
from kapnb.training.session import Library, Training

FEW: Final = 10
"""With fewer judgments than this a count says next to nothing. A choice of this toolkit; there is no published limit."""

Z: Final = 1.959963984540054
"""What a standard normal variable stays within, either way, in 95 of 100 draws."""


@dataclass(frozen=True, slots=True)
class Met:
    """How many of some judgments agreed with this source.

    Attributes:
        confidence: of these judgments; None for all.
        topic: the section of the dictionary that the cases are about; empty for all.
        low: the interval that the count leaves open, as shares of 1; from 0 to 1 where there are no judgments.
    """

    confidence: Confidence | None
    topic: str
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
        topics: for each topic that came up, in the order of the dictionary: all judgments first, then by confidence. A case that is
            about several topics counts in each.
        kinds: in how many judgments each kind of difference was found.
        untold: in how many a difference could not be told apart.
        claims_not_met: claims of the source that no revealed item brings up.
        judgments: how many items were revealed.
    """

    confidence: tuple[Met, ...]
    topics: Mapping[str, tuple[Met, ...]]
    kinds: Mapping[Kind, int]
    untold: int
    claims_not_met: tuple[str, ...]
    judgments: int

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Everything in words: calibration, topics, recurring, claims."""
        return _explain(self)


@dataclass(frozen=True)
class _Seen:
    difference: Difference
    topics: tuple[str, ...]
    claims: tuple[str, ...]

    @property
    def confidence(self) -> Confidence | None:
        return self.difference.judgment.confidence


def look_back(trainings: Training | Iterable[Training], library: Library) -> LookingBack:
    """Look back on one training or several.

    >>> look_back([], {}).judgments
    0
    """
    trainings = (trainings,) if isinstance(trainings, Training) else tuple(trainings)
    seen = [one for training in trainings for one in _see(training, library)]
    order = [section.name for section in load_fields().sections]
    topics = [name for name in order if any(name in one.topics for one in seen)]
    met = {claim for one in seen for claim in one.claims}
    kinds = Counter(kind for one in seen for kind in one.difference.kinds)
    return LookingBack(
        confidence=tuple(_count(seen, confidence) for confidence in Confidence),
        topics={name: tuple(_count(seen, one, name) for one in (None, *Confidence)) for name in topics},
        kinds={kind: kinds[kind] for kind in Kind},
        untold=sum(bool(one.difference.either) for one in seen),
        claims_not_met=tuple(claim for claim in load_guidance().ledger.claims if claim not in met),
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
            difference = locate(attempt.as_judgment(), assess(vignette.answers))
            yield _Seen(difference, vignette.topics, vignette.claims)


def _count(seen: Sequence[_Seen], confidence: Confidence | None = None, topic: str = "") -> Met:
    mine = [one for one in seen if confidence in {None, one.confidence} and (not topic or topic in one.topics)]
    agreed = sum(one.difference.agrees for one in mine)
    return Met(confidence, topic, len(mine), agreed, *find_interval(agreed, len(mine)))


def _explain(back: LookingBack) -> tuple[Block, ...]:
    labels = {section.name: section.label for section in load_fields().sections}
    claims = load_guidance().ledger.claims
    own = [_line(one, words(f"training.when_{one.confidence}")) for one in back.confidence]
    own.append(Line(words("training.calibration_note")))
    if not back.judgments:
        own = [Line(words("training.nothing_revealed"))]
    topics = []
    for name, (every, *rest) in back.topics.items():
        line = _line(every, labels[name])
        details = tuple(_line(one, words(f"training.when_{one.confidence}")).text for one in rest if one.judgments)
        topics.append(Line(line.text, (), (*details, *line.details)))
    recurring = [
        Line(words("training.recurs", kind=words(f"supervision.{kind}"), count=count, judgments=back.judgments))
        for kind, count in sorted(back.kinds.items(), key=lambda one: -one[1])
        if count
    ]
    if back.untold:
        recurring.append(Line(words("training.recurs_untold", count=back.untold, judgments=back.judgments)))
    if recurring and back.judgments < FEW:
        recurring.append(Line(words("training.few_overall", few=FEW)))
    not_met = tuple(
        Line(words("explanation.claim", id=name, paragraph=claims[name].paragraph[1:], text=claims[name].text))
        for name in back.claims_not_met
    )
    none = Line(words("training.nothing_yet"))
    return (
        Block("calibration", words("training.calibration"), tuple(own), open=True),
        Block("topics", words("training.topics"), tuple(topics) or (none,)),
        Block("recurring", words("training.recurring"), tuple(recurring) or (Line(words("training.recurs_none")),), open=True),
        Block("claims", words("training.claims_not_met"), not_met or (Line(words("training.claims_all_met")),)),
    )


def _line(met: Met, label: str) -> Line:
    if not met.judgments:
        return Line(words("training.met_none", label=label))
    text = words("training.met", label=label, agreed=met.agreed, judgments=met.judgments)
    if met.few:
        return Line(text, (), (words("training.few", few=FEW),))
    low, high = (f"{10 * end:.1f}" for end in (met.low, met.high))
    return Line(text, (), (words("training.met_interval", low=low, high=high),))
