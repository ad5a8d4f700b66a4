"""How far the raters of a group agree: plainly first, then beyond chance. No figure here is a grade, and none is one rater's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.group.coefficients import (
    RESAMPLES,
    SEED,
    Coefficient,
    Counts,
    measure_alpha,
    measure_gwet,
    measure_plainly,
    ordinal_weights,
)
from kapnb.group.judgments import Judgment, by_case
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words

FEW_RATERS: Final = 5
FEW_CASES: Final = 20
"""Below these the figures come with a warning. Both are a choice of this toolkit; there is no published limit."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a group agrees with itself.

    Attributes:
        raters: who gave at least one outcome.
        cases: those with at least two outcomes, which alone say something about agreement.
        judgments: those with an outcome.
        alone: cases with a single outcome.
        incomplete: judgments without an outcome.
        absent: pairs of a rater and a case, both of the table, without a judgment.
        plain: of two raters of the same case, how often both gave the same outcome; the mean over cases.
        ac1: Gwet's AC1: any two outcomes differ alike.
        ac2: Gwet's AC2 with ordinal weights: neighboring outcomes differ less.
        alpha: Krippendorff's alpha for an ordered scale.
    """

    raters: int
    cases: int
    judgments: int
    alone: int
    incomplete: int
    absent: int
    plain: Coefficient
    ac1: Coefficient
    ac2: Coefficient
    alpha: Coefficient

    @property
    def few_raters(self) -> bool:
        """Whether there are too few raters to lean on the figures."""
        return self.raters < FEW_RATERS

    @property
    def few_cases(self) -> bool:
        """Whether there are too few cases to lean on the figures."""
        return self.cases < FEW_CASES


@dataclass(frozen=True, slots=True)
class SourceAgreement:
    """How the group's outcomes stand to those of the source, for the group as a whole and never for one rater.

    Attributes:
        same: judgments with the outcome of the source.
        more: judgments more cautious than the source.
        less: judgments less cautious than the source.
        incomplete: judgments without an outcome.
    """

    same: int
    more: int
    less: int
    incomplete: int

    @property
    def judgments(self) -> int:
        """The judgments with an outcome."""
        return self.same + self.more + self.less


def measure_agreement(judgments: Iterable[Judgment], *, resamples: int = RESAMPLES, seed: int = SEED) -> Agreement:
    """Measure how far raters agree among themselves. The order of judgments makes no difference.

    Raises:
        ValueError: when a rater judged a case twice.
    """
    cases = by_case(judgments)
    everything = [one for given in cases.values() for one in given]
    counts = count_outcomes(cases.values())
    judged = counts.sum(axis=1)
    return Agreement(
        raters=len({one.rater for one in everything if one.outcome}),
        cases=int((judged >= 2).sum()),
        judgments=int(judged.sum()),
        alone=int((judged == 1).sum()),
        incomplete=sum(one.outcome is None for one in everything),
        absent=len({one.rater for one in everything}) * len(cases) - len(everything),
        plain=measure_plainly(counts),
        ac1=measure_gwet(counts, name="ac1"),
        ac2=measure_gwet(counts, ordinal_weights(len(BY_CAUTION)), name="ac2"),
        alpha=measure_alpha(counts, resamples=resamples, seed=seed),
    )


def compare_with_source(judgments: Iterable[Judgment], outcomes: Mapping[str, Outcome]) -> SourceAgreement:
    """Count how the judgments stand to the source.

    Args:
        judgments: of any cases and raters.
        outcomes: what the source says of each case; a judgment of another case counts nowhere.
    """
    known = [(one.outcome, outcomes[one.case_id]) for one in judgments if one.case_id in outcomes]
    given = [(outcome, source) for outcome, source in known if outcome]
    same, more = (sum(test) for test in ((o is s for o, s in given), (o > s for o, s in given)))
    return SourceAgreement(same, more, len(given) - same - more, len(known) - len(given))


def explain_agreement(agreement: Agreement, source: SourceAgreement | None = None) -> tuple[Block, ...]:
    """Put the figures into words.

    Returns:
        Blocks in this order: agreement (who and what was counted, plain agreement, warnings), beyond_chance, and with_source where
        that is given: agreement with the source is another question than agreement among raters.
    """
    among = Block("agreement", words("supervision.agreement"), tuple(_count(agreement)), open=True)
    figures = tuple(_say(one) for one in (agreement.ac1, agreement.ac2, agreement.alpha))
    beyond = Block("beyond_chance", words("supervision.beyond_chance"), (*figures, Line(words("supervision.no_verdict"))))
    if source is None:
        return (among, beyond)
    said = [Line(words("supervision.source_same", same=source.same, judgments=source.judgments))]
    said.append(Line(words("supervision.source_apart", more=source.more, less=source.less)))
    if source.incomplete:
        said.append(Line(words("supervision.incomplete", incomplete=source.incomplete)))
    said.append(Line(words("supervision.source_note")))
    return (among, beyond, Block("with_source", words("supervision.with_source"), tuple(said), open=True))


def _count(agreement: Agreement) -> Iterator[Line]:
    plain = agreement.plain
    if plain.value is None:
        yield Line(words("supervision.plain_none"))
    elif plain.low is None or plain.high is None:
        yield Line(words("supervision.plain", share=_of_100(plain.value)))
    else:
        interval = words("supervision.interval", low=_of_100(plain.low), high=_of_100(plain.high))
        yield Line(words("supervision.plain", share=_of_100(plain.value)), (), (interval,))
    yield Line(words("supervision.counted", raters=agreement.raters, cases=agreement.cases, judgments=agreement.judgments))
    if agreement.alone:
        yield Line(words("supervision.alone", cases=agreement.alone))
    if agreement.incomplete:
        yield Line(words("supervision.incomplete", incomplete=agreement.incomplete))
    if agreement.absent:
        yield Line(words("supervision.absent", absent=agreement.absent))
    if agreement.few_raters:
        yield Line(words("supervision.few_raters", raters=agreement.raters, few=FEW_RATERS))
    if agreement.few_cases:
        yield Line(words("supervision.few_cases", cases=agreement.cases, few=FEW_CASES))


def _say(coefficient: Coefficient) -> Line:
    name = words(f"supervision.{coefficient.name}")
    meaning = words(f"supervision.{coefficient.name}_meaning")
    if coefficient.value is None:
        return Line(words("supervision.figure_none", name=name), (), (meaning, words("supervision.figure_none_why")))
    value = f"{coefficient.value:.2f}"
    if coefficient.low is None or coefficient.high is None:
        return Line(words("supervision.figure_alone", name=name, value=value), (), (meaning,))
    method = words(f"supervision.by_{coefficient.method}", resamples=coefficient.resamples)
    values = {"value": value, "low": f"{coefficient.low:.2f}", "high": f"{coefficient.high:.2f}"}
    return Line(words("supervision.figure", name=name, **values), (), (meaning, method))


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}"


def count_outcomes(cases: Iterable[Iterable[Judgment]]) -> Counts:
    """How often each outcome was given, the least cautious first. Cases are sorted by that, so that their order does not matter."""
    rows = []
    for given in cases:
        row = [0] * len(BY_CAUTION)
        for judgment in given:
            if judgment.outcome:
                row[judgment.outcome.caution] += 1
        rows.append(row)
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, len(BY_CAUTION))
