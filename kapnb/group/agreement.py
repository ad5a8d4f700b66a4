"""How far the raters of a group agree: plainly first, then beyond chance. No figure here is a grade, and none is one rater's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.group.coefficients import RESAMPLES, Coefficient, Counts, measure_alpha, measure_gwet, measure_plainly, ordinal_weights
from kapnb.group.judgments import Judgment, by_case
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words

FEW: Final = {"raters": 5, "cases": 20}
"""Below these the figures come with a warning. Both are our choice; there is no published limit."""


@dataclass(frozen=True)
class Agreement:
    """How far a group agrees with itself.

    Attributes:
        counts: raters who gave an outcome; cases with two outcomes, which alone say something about agreement; judgments with an
            outcome; cases with a single outcome; incomplete judgments; absent ones, of a rater and a case of the table.
        plain: of two raters of the same case, how often both gave the same outcome; the mean over cases.
        ac1: Gwet's AC1: any two outcomes differ alike.
        ac2: Gwet's AC2 with ordinal weights: neighboring outcomes differ less.
        alpha: Krippendorff's alpha for an ordered scale.
    """

    counts: Mapping[str, int]
    plain: Coefficient
    ac1: Coefficient
    ac2: Coefficient
    alpha: Coefficient


def measure_agreement(judgments: Iterable[Judgment], *, resamples: int = RESAMPLES) -> Agreement:
    """Measure how far raters agree among themselves. The order of judgments makes no difference.

    Raises:
        ValueError: when a rater judged a case twice.
    """
    cases = by_case(judgments)
    everything = [one for given in cases.values() for one in given]
    outcomes = count_outcomes(cases.values())
    judged = outcomes.sum(axis=1)
    counts = {
        "raters": len({one.rater for one in everything if one.outcome}),
        "cases": int((judged >= 2).sum()),
        "judgments": int(judged.sum()),
        "alone": int((judged == 1).sum()),
        "incomplete": sum(one.outcome is None for one in everything),
        "absent": len({one.rater for one in everything}) * len(cases) - len(everything),
    }
    ac2 = measure_gwet(outcomes, ordinal_weights(len(BY_CAUTION)), name="ac2")
    return Agreement(counts, measure_plainly(outcomes), measure_gwet(outcomes), ac2, measure_alpha(outcomes, resamples))


def compare_with_source(judgments: Iterable[Judgment], outcomes: Mapping[str, Outcome]) -> Counter[str]:
    """Compare the judgments of the group, never of one rater, with the article.

    Args:
        judgments: of any cases and raters.
        outcomes: what the article says of each case; a judgment of another case counts nowhere.

    Returns:
        How many are the same, more and less cautious, and incomplete; and all judgments with an outcome.
    """
    counts = Counter[str]()
    for one in judgments:
        if source := outcomes.get(one.case_id):
            given = one.outcome
            counts["incomplete" if given is None else "same" if given is source else "more" if given > source else "less"] += 1
            counts["judgments"] += given is not None
    return counts


def explain_agreement(agreement: Agreement, source: Counter[str] | None = None) -> tuple[Block, ...]:
    """Put the figures into words.

    Returns:
        Blocks in this order: agreement (plain agreement with its warnings, who and what was counted), beyond_chance, and
        with_source where that is given: agreement with the article is another question than agreement among raters.
    """
    counts, warned = agreement.counts, [key for key, few in FEW.items() if agreement.counts[key] < few]
    warnings = [words(f"supervision.few_{key}", few=FEW[key], **counts) for key in warned]
    told = [key for key in ("alone", "incomplete", "absent") if counts[key]]
    counted = [Line(words(f"supervision.{key}", **counts)) for key in ("counted", *told)]
    among = Block("agreement", words("supervision.agreement"), (_say_plainly(agreement.plain, warnings), *counted), open=True)
    figures = map(_say, (agreement.ac1, agreement.ac2, agreement.alpha))
    beyond = Block("beyond_chance", words("supervision.beyond_chance"), (*figures, Line(words("supervision.no_verdict"))))
    if source is None:
        return (among, beyond)
    keys = ("source_same", "source_apart", *(["incomplete"] if source["incomplete"] else []), "source_note")
    values = {key: source[key] for key in ("same", "more", "less", "judgments", "incomplete")}
    said = tuple(Line(words(f"supervision.{key}", **values)) for key in keys)
    return (among, beyond, Block("with_source", words("supervision.with_source"), said, open=True))


def _say_plainly(plain: Coefficient, warnings: Iterable[str]) -> Line:
    """Plain agreement, which never comes without its warnings."""
    if plain.value is None:
        return Line(words("supervision.plain_none"), (), tuple(warnings))
    share, *ends = (f"{100 * one:.0f}" for one in (plain.value, *plain.interval))
    interval = [words("supervision.interval", low=ends[0], high=ends[1])] if ends else []
    return Line(words("supervision.plain", share=share), (), (*interval, *warnings))


def _say(figure: Coefficient) -> Line:
    name, meaning = words(f"supervision.{figure.name}"), words(f"supervision.{figure.name}_meaning")
    if figure.value is None:
        return Line(words("supervision.figure_none", name=name), (), (meaning, words("supervision.figure_none_why")))
    value, *ends = (f"{one:.2f}" for one in (figure.value, *figure.interval))
    if not ends:
        return Line(words("supervision.figure_alone", name=name, value=value), (), (meaning,))
    method = words(f"supervision.by_{figure.method}", resamples=f"{figure.resamples:,}")
    return Line(words("supervision.figure", name=name, value=value, low=ends[0], high=ends[1]), (), (meaning, method))


def count_outcomes(cases: Iterable[Iterable[Judgment]]) -> Counts:
    """How often each outcome was given, the least cautious first. Cases are sorted by that, so that their order does not matter."""
    counted = (Counter(one.outcome for one in given) for given in cases)
    rows = sorted([one[outcome] for outcome in BY_CAUTION] for one in counted)
    return np.array(rows, dtype=np.int64).reshape(-1, len(BY_CAUTION))
