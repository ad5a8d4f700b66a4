"""What an assessment can come to, and the terms in which the guidance speaks of it."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The five outcomes, ordered by caution: more caution is greater.

    >>> Outcome.NOT_RECOMMENDED > Outcome.MAY_BE_CONSIDERED
    True
    >>> str(max(Outcome))
    'not_recommended'
    """

    NOT_RECOMMENDED = "not_recommended"
    NOT_AT_PRESENT = "not_at_present"
    CLARIFY_FIRST = "clarify_first"
    CONSIDER_WITH_CONDITIONS = "consider_with_conditions"
    MAY_BE_CONSIDERED = "may_be_considered"

    @property
    def caution(self) -> int:
        """From 0, may be considered, to 4, not recommended."""
        return _CAUTION[self]

    def __lt__(self, other: object) -> bool:
        return self.caution < _caution(other)

    def __le__(self, other: object) -> bool:
        return self.caution <= _caution(other)

    def __gt__(self, other: object) -> bool:
        return self.caution > _caution(other)

    def __ge__(self, other: object) -> bool:
        return self.caution >= _caution(other)


def _caution(other: object) -> int:
    """Refuses plain text: NotImplemented would hand over to str, which compares by the alphabet and says nothing."""
    if not isinstance(other, Outcome):
        raise TypeError(f"an outcome cannot be compared with {type(other).__name__}")
    return other.caution


BY_CAUTION = tuple(reversed(Outcome))
"""The outcomes by their caution: ``BY_CAUTION[outcome.caution] is outcome``."""

_CAUTION = {outcome: caution for caution, outcome in enumerate(BY_CAUTION)}


class Kind(StrEnum):
    OUTCOME = "outcome"
    NOTE = "note"
    FAVORABLE = "favorable"


class Basis(StrEnum):
    """Where a rule comes from.

    The author said it; it follows from what she said; it is our choice among several readings of it; or she says nothing, and we
    take the cautious side.
    """

    STATED = "stated"
    INFERRED = "inferred"
    READING = "reading"
    SILENT = "silent"


class Caution(StrEnum):
    """The three kinds of caution, which are easily blurred."""

    DESTABILIZATION = "destabilization"
    ORDER_OF_TREATMENT = "order_of_treatment"
    LIKELY_FUTILITY = "likely_futility"


class Reason(StrEnum):
    INFORMATION_MISSING = "information_missing"
    DIAGNOSIS_UNSETTLED = "diagnosis_unsettled"
    SOURCE_SILENT = "source_silent"
    ASSESSMENT_INCOMPLETE = "assessment_incomplete"
