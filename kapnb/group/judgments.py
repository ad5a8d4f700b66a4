"""What a rater judged of a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.limits import CASE_TEXTS
from kapnb.text.cases import Case
from kapnb.text.words import words


class Confidence(StrEnum):
    """How sure a rater was."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Second:
    """The judgment after talking with others; nothing where there was none."""

    outcome: Outcome | None = None
    confidence: Confidence | None = None
    reason: str = ""


@dataclass(frozen=True)
class Judgment:
    """One rater's judgment of one case, as a row of the judgments table holds it.

    Attributes:
        outcome: what the rater would do; None where the rater gave none: that is incomplete, which is no disagreement.
        deciding_finding: the rule that decided for the rater; empty where none was named.
        own: the rater's own reading of the vignette, fields with one of their options; None where no field was filled in.
        comment: why, in the rater's own words, said before anything was shown.
        prediction: what the rater expected the article to say.
        reflection: what the rater wrote later; never a reason for the judgment.
    """

    case_id: str
    rater: str
    outcome: Outcome | None = None
    confidence: Confidence | None = None
    deciding_finding: str = ""
    own: Mapping[str, str] | None = None
    comment: str = ""
    prediction: Outcome | None = None
    second: Second = Second()
    reflection: str = ""


def read_judgment(row: Mapping[str, object], edition: Edition) -> Judgment:
    """A judgment from a row of a judgments table that was checked; a cell that holds no text is empty.

    >>> from kapnb import load_guidance
    >>> row = {"case_id": "E1", "rater": "R1", "outcome": "clarify_first", "ocd": "yes", "confidence": None}
    >>> read_judgment(row, load_guidance("begley").bind()).own
    {'ocd': 'yes'}
    """
    given = {name: value for name, value in row.items() if isinstance(value, str) and value}
    return Judgment(
        case_id=given["case_id"],
        rater=given["rater"],
        outcome=_read_outcome(given, "outcome"),
        confidence=_read_confidence(given, "confidence"),
        deciding_finding=given.get("deciding_finding", ""),
        own=_read_answers(row, edition) or None,
        comment=given.get("comment", ""),
        prediction=_read_outcome(given, "prediction"),
        second=Second(
            _read_outcome(given, "second_outcome"), _read_confidence(given, "second_confidence"), given.get("second_reason", "")
        ),
        reflection=given.get("reflection", ""),
    )


def _read_outcome(given: Mapping[str, str], name: str) -> Outcome | None:
    return Outcome(given[name]) if name in given else None


def _read_confidence(given: Mapping[str, str], name: str) -> Confidence | None:
    return Confidence(given[name]) if name in given else None


def read_row(row: Mapping[str, str], edition: Edition) -> Case:
    """A case from a row of a case table that was checked."""
    case_id, title, vignette, note = (row.get(name, "") for name in CASE_TEXTS)
    return Case(_read_answers(row, edition), case_id, title, vignette, note)


def _read_answers(row: Mapping[str, object], edition: Edition) -> dict[str, str]:
    return {name: given for name in edition.fields if isinstance(given := row.get(name), str) and given}


def distance(one: Outcome, other: Outcome) -> float:
    """How far two outcomes are apart, from 0 for the same to 1 for the ends of the scale.

    Each step counts more than the one before: 0.1, 0.3, 0.6 and 1. It is what Gwet's ordinal weights leave of 1.

    >>> distance(Outcome.NOT_RECOMMENDED, Outcome.NOT_AT_PRESENT)
    0.1
    """
    return comb(abs(one.caution - other.caution) + 1, 2) / comb(len(BY_CAUTION), 2)


def spread(judgments: Iterable[Judgment]) -> dict[Outcome, int]:
    """How often each outcome was given, the most cautious first; those not given are left out."""
    counted = Counter(judgment.outcome for judgment in judgments)
    return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}


def count_moves(judgments: Iterable[Judgment]) -> dict[tuple[Outcome, Outcome], int]:
    """From which outcome to which the people who judged twice went, and how many did; staying is a way too."""
    return dict(Counter((one.outcome, one.second.outcome) for one in judgments if one.outcome and one.second.outcome))


def list_briefly(cases: Sequence[str], most: int = 15) -> str:
    """The first cases by their labels, and how many more there are.

    >>> list_briefly(["S01", "S03", "S10 (2)"], most=2)
    'S01, S03 and 1 more'
    """
    first = ", ".join(cases[:most])
    return words("supervision.and_more", cases=first, count=f"{len(cases) - most:,}") if len(cases) > most else first


def by_case(judgments: Iterable[Judgment]) -> dict[str, tuple[Judgment, ...]]:
    """The judgments of each case, cases and raters in their order.

    Raises:
        ValueError: when a rater judged a case twice; which of the two counts is not ours to choose.
    """
    cases: dict[str, dict[str, Judgment]] = {}
    for judgment in judgments:
        raters = cases.setdefault(judgment.case_id, {})
        if judgment.rater in raters:
            raise ValueError(f'a rater judged the case "{judgment.case_id}" twice')
        raters[judgment.rater] = judgment
    return {case_id: tuple(raters.values()) for case_id, raters in cases.items()}
