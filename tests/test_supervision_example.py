"""The bundled example: what it is made of, what it shows, and that its differences have the structure that is claimed."""

from __future__ import annotations

import pytest

from kapnb import assess, fields
from kapnb.engine.outcomes import Outcome
from kapnb.group.agreement import compare_with_source, measure_agreement
from kapnb.group.differences import Difference, Kind
from kapnb.group.discussion import explain_coverage, rank_disputes
from kapnb.group.judgments import Confidence, Judgment, read_judgment
from kapnb.limits import CASE_TEXTS
from kapnb.tables.columns import LATER
from kapnb.text.identifiers import find_identifiers
from tests import oracle
from tests.bundled import EDITION
from tests.example import ASSESSED, CASES, JUDGMENTS, LOCATED, TABLES


def of(rater: str) -> list[Difference]:
    return [one for found in LOCATED.values() for one in found if one.judgment.rater == rater]


def kinds(rater: str) -> set[Kind]:
    return {kind for one in of(rater) for kind in one.kinds}


def test_twelve_cases_and_six_raters() -> None:
    """In the columns of the contract and their order; known options only, no answer where none is asked for, every outcome."""
    asked = [name for name in fields if name in oracle.FIELDS or name in TABLES["cases"][0]]  # what no rule reads may be left out
    assert list(TABLES["cases"][0]) == ["case_id", "title", "vignette", "note", *asked]
    judged = ["case_id", "rater", "outcome", "confidence", "deciding_finding", *asked, "comment", *LATER]
    assert list(TABLES["judgments"][0]) == judged
    assert list(ASSESSED) == [f"S{number:02}" for number in range(1, 13)]
    assert {one.rater for one in JUDGMENTS} == {f"R{number}" for number in range(1, 7)}
    assert {one.case_id for one in JUDGMENTS} == ASSESSED.keys()
    assert not any(assess(answers).ignored for answers in (*(one.answers for one in CASES), *(one.own or {} for one in JUDGMENTS)))
    assert {one.outcome for one in ASSESSED.values()} == set(Outcome)
    assert {one.deciding_finding for one in JUDGMENTS} - {""} <= {rule.name for rule in EDITION.guidance.rules}


def test_a_row_is_read_whatever_stands_for_empty() -> None:
    """Absent, None, NaN and empty text are all not recorded."""
    row: dict[str, object] = {"case_id": "E1", "rater": "R1", "outcome": "clarify_first", "confidence": "low", "ocd": "yes"}
    expected = Judgment("E1", "R1", Outcome.CLARIFY_FIRST, Confidence.LOW, own={"ocd": "yes"})
    for empty in (None, float("nan"), ""):
        assert read_judgment(row | dict.fromkeys(("deciding_finding", "comment", "bpd_diagnosis"), empty), EDITION) == expected
    assert read_judgment({"case_id": "E1", "rater": "R1", "outcome": None}, EDITION) == Judgment("E1", "R1")


def test_the_vignettes_are_short_invented_and_anonymous() -> None:
    """40 to 90 words, within the limits of a case table, and nothing that looks like an identifier."""
    for case in CASES:
        texts = {name: getattr(case, name) for name in CASE_TEXTS}
        assert 40 <= len(texts["vignette"].split()) <= 90
        assert all(0 < len(text) <= CASE_TEXTS[name] and not find_identifiers(text) for name, text in texts.items())
    assert not [one.comment for one in JUDGMENTS if find_identifiers(one.comment)]


def test_a_third_of_the_cases_leave_something_out() -> None:
    """Four cases have a question that applies and is not answered."""
    open_cases = [case_id for case_id, one in ASSESSED.items() if oracle.FIELDS.keys() & set(one.unrecorded)]
    assert open_cases == ["S07", "S08", "S10", "S12"]


@pytest.mark.parametrize(("one", "other", "field"), [("S03", "S04", "mood_shift"), ("S05", "S06", "substance_use_disorder")])
def test_twins_differ_in_one_fact_and_in_outcome(one: str, other: str, field: str) -> None:
    """Twin vignettes differ in a single answer and come to different outcomes."""
    here, there = ASSESSED[one], ASSESSED[other]
    assert [name for name in fields if here.answers.get(name) != there.answers.get(name)] == [field]
    assert here.outcome is not there.outcome


def test_the_raters_differ_in_their_own_ways() -> None:
    """One is near the source, one reads other facts, one passes over rules, one has other priorities, one is incomplete."""
    assert (kinds("R1"), kinds("R2"), kinds("R4")) == (set(), {Kind.FACTS}, {Kind.PRIORITY})
    assert kinds("R3") == {Kind.RULE, Kind.FACTS}
    assert sum(Kind.RULE in one.kinds for one in of("R3")) == 4
    assert len(of("R5")) == 10
    assert sum(not one.complete for one in of("R5")) == 3
    assert all(one.complete for rater in ("R1", "R2", "R3", "R4", "R6") for one in of(rater))
    given = [(one.judgment.outcome, one.source) for one in of("R6")]
    assert all(outcome and outcome >= source for outcome, source in given)
    assert not kinds("R6")
    assert sum(bool(one.either) for one in of("R6")) >= 6


def test_the_group_agrees_in_part() -> None:
    """Agreement is neither full nor none, so that there is something to see; what is incomplete stands apart."""
    found = measure_agreement(JUDGMENTS)
    counts = {"raters": 6, "cases": 12, "judgments": 67, "alone": 0, "incomplete": 3, "absent": 2}
    assert found.counts == counts
    for one in (found.plain, found.ac1, found.ac2, found.alpha):
        assert one.value is not None
        assert 0 < one.interval[0] < one.value < one.interval[1] < 1
    source = compare_with_source(JUDGMENTS, {case_id: one.outcome for case_id, one in ASSESSED.items()})
    assert min(source[key] for key in ("same", "more", "less")) > 5


def test_some_cases_are_disputed_and_some_are_not() -> None:
    assert 0 < len(rank_disputes(JUDGMENTS)) < len(CASES)


def test_the_cases_cover_every_kind_of_finding() -> None:
    """Every paragraph of the source is brought up."""
    (*_, missed) = explain_coverage(ASSESSED.values(), EDITION).lines
    names = {text.partition(",")[0] for text in missed.details}
    reached = {claim.paragraph for claim in EDITION.ledger.claims.values() if claim.id not in names}
    assert reached == {"P1", "P2", "P3", "P4", "P5", "P6"}
