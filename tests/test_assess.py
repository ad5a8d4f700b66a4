"""What `assess` promises to its callers, and how it answers what it cannot use."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb import CaseError, Outcome, assess, load_guidance
from kapnb.engine.outcomes import Reason
from kapnb.engine.problems import GuidanceError, KapnbError
from tests import oracle
from tests.strategies import EDITIONS, random_case


def said(assessment: Any) -> tuple[Any, ...]:
    """What an assessment comes to, to compare two of them."""
    a = assessment
    return a.outcome, a.at_least, a.possible, a.findings, a.unsettled, a.next_questions, a.reasons


# --- outcomes -------------------------------------------------------------------------------------------


def test_outcomes_are_ordered_by_caution() -> None:
    """More caution is greater, among all five and in max and min."""
    ordered = [Outcome(name) for name in oracle.OUTCOMES]
    assert sorted(Outcome) == ordered
    assert all((a < b) == (i < j) and (a >= b) == (i >= j) for i, a in enumerate(ordered) for j, b in enumerate(ordered))
    assert max(Outcome) is Outcome.NOT_RECOMMENDED
    assert [str(one) for one in ordered] == list(oracle.OUTCOMES)
    assert f"{Outcome.NOT_AT_PRESENT}" == "not_at_present" == Outcome.NOT_AT_PRESENT


def test_an_outcome_is_not_compared_with_plain_text() -> None:
    """Alphabetical order would be a wrong answer without an error."""
    with pytest.raises(TypeError):
        _ = Outcome.CLARIFY_FIRST < "not_at_present"  # type: ignore[operator]


# --- what is said ---------------------------------------------------------------------------------------


def test_the_contract_in_one_case() -> None:
    a = assess({"bipolar_disorder": "not_stabilized"})
    assert a.outcome is Outcome.NOT_AT_PRESENT
    assert str(a.outcome) == "not_at_present"
    assert a.at_least
    assert (a.most_cautious, a.least_cautious) == (Outcome.NOT_RECOMMENDED, Outcome.NOT_AT_PRESENT)
    assert a.possible == frozenset({Outcome.NOT_RECOMMENDED, Outcome.NOT_AT_PRESENT})
    (finding,) = a.findings
    assert (finding.rule, finding.kind, finding.outcome) == ("bipolar_not_stabilized", "outcome", Outcome.NOT_AT_PRESENT)
    assert tuple(finding.claims) == ("C05",)
    assert (str(finding.basis), str(finding.caution)) == ("stated", "destabilization")
    assert dict(finding.because) == {"bipolar_disorder": "not_stabilized"}
    assert finding.text
    assert a.deciding == (finding,)


def test_none_is_not_recorded() -> None:
    """A field that is absent and one that is None say the same."""
    assert said(assess(dict.fromkeys(oracle.FIELDS))) == said(assess({}))


def test_assess_leaves_the_case_alone() -> None:
    case = {"ocd": "yes", "ocd_preparation": None, "mood_shift": "unclear"}
    assess(case)
    assert case == {"ocd": "yes", "ocd_preparation": None, "mood_shift": "unclear"}


def test_findings_stand_most_cautious_first() -> None:
    """Outcome-bearing findings come by caution; the deciding ones are those that give the outcome; the rest come last."""
    random = Random(21)
    for _ in range(100):
        a = assess(random_case(random), readings=random.choice(EDITIONS[:8]))
        outcomes = [one.outcome for one in a.findings if one.outcome]
        assert outcomes == sorted(outcomes, reverse=True) == [one.outcome for one in a.findings[: len(outcomes)]]
        assert a.deciding == tuple(one for one in a.findings if one.outcome is a.outcome)
        assert {one.kind == "outcome" for one in a.findings if not one.outcome} <= {False}


# --- what cannot be used ----------------------------------------------------------------------------------


def problems(case: Any) -> list[Any]:
    with pytest.raises(CaseError) as raised:
        assess(case)
    return list(raised.value.problems)


def reading_problems(readings: Any) -> list[Any]:
    with pytest.raises(GuidanceError) as raised:
        assess({}, readings=readings)
    return list(raised.value.problems)


def test_all_problems_come_at_once() -> None:
    """Each by its place, with what is allowed and what may have been meant."""
    field, option, number = problems({"bipolar_disorde": "none", "bipolar_disorder": "stabilised", "suicide_attempts": 3})
    assert "bipolar_disorde" in field.what
    assert "bipolar_disorder" in field.remedy
    assert (option.where, "stabilized" in option.remedy) == ("bipolar_disorder", True)
    assert all(name in option.allowed for name in oracle.FIELDS["bipolar_disorder"])
    assert "Leave it out" in number.remedy


@pytest.mark.parametrize(
    "answer", [["yes"], {"ocd": "yes"}, 1, 1.5, True, b"yes", ("yes",), object(), "", " yes", "Yes", float("nan")]
)
def test_an_answer_of_a_wrong_type_is_a_problem_of_its_field(answer: object) -> None:
    (problem,) = problems({"ocd": answer})
    assert "ocd" in problem.where
    assert "no" in problem.allowed
    assert "yes" in problem.allowed


@pytest.mark.parametrize("case", [None, [], ["ocd"], "ocd", 3, {"ocd"}, [("ocd", "yes")], object()])
def test_what_is_no_mapping_is_no_case(case: object) -> None:
    (problem,) = problems(case)
    assert problem.what


@pytest.mark.parametrize("key", [None, 1, ("ocd",), b"ocd", "", "OCD", "__class__", "\x00", "x" * 100_000])
def test_a_key_that_is_no_field_is_a_problem(key: object) -> None:
    (problem,) = problems({key: "yes"})
    assert len(str(problem)) < 2_000


@pytest.mark.parametrize(
    "readings",
    [
        {"single_attemp": "clarify"},
        {"single_attempt": "counts"},
        {"single_attempt": None},
        {"single_attempt": ["clarify"]},
        {1: "clarify"},
        "single_attempt",
        ["single_attempt"],
        3,
    ],
)
def test_a_wrong_reading_is_a_problem(readings: Any) -> None:
    assert reading_problems(readings)


def test_every_default_reading_can_be_said_aloud() -> None:
    case = oracle.QUIET | {"suicide_attempts": "single", "structured_therapy": "in_progress"}
    assert said(assess(case, readings=oracle.DEFAULT)) == said(assess(case))


def test_every_complaint_is_of_one_kind() -> None:
    """A caller can catch everything with KapnbError, or with ValueError."""
    assert issubclass(CaseError, KapnbError)
    assert issubclass(GuidanceError, KapnbError)
    assert issubclass(KapnbError, ValueError)


@given(
    case=st.dictionaries(
        st.sampled_from(list(oracle.FIELDS)) | st.text(max_size=20),
        st.none() | st.text(max_size=20) | st.integers() | st.lists(st.none(), max_size=2) | st.sampled_from(["none", "yes", "no"]),
        max_size=8,
    )
)
@settings(max_examples=60)
def test_noise_is_assessed_or_refused(case: dict[str, Any]) -> None:
    """Whatever a mapping holds, it is a case or it is refused with as many problems as it has wrong entries."""
    wrong = [
        name
        for name, answer in case.items()
        if name not in oracle.FIELDS or (answer is not None and not (isinstance(answer, str) and answer in oracle.FIELDS[name]))
    ]
    if wrong:
        assert len(problems(case)) == len(wrong)
    else:
        assert assess(case).outcome in Outcome


# --- what it costs ----------------------------------------------------------------------------------------


def run(*options: str, code: str) -> str:
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


HEAVY = {"pandas", "pandera", "matplotlib", "docx", "numpy"}
OPENED = "from kapnb.ui.assessment import AssessmentPage; page = AssessmentPage()"
NOTED = f"{OPENED}; from kapnb.ui.page import Event; page.act(Event('confirm', value=True)); page.act(Event('note'))"


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("kapnb.explain(kapnb.assess({'ocd': 'yes'}))", {"ipywidgets"}),
        ("from kapnb.training.library import load_library; load_library(kapnb.load_guidance('begley').bind())", {"ipywidgets"}),
        ("import kapnb.report", {"ipywidgets"}),
        ("from kapnb.ui.article import show_page; show_page()", {"kapnb.report"}),
        ("from kapnb.ui.supervision import show_page; show_page()", {"kapnb.report", "openpyxl"}),
        (OPENED, {"kapnb.report"}),
        (NOTED, set()),
    ],
)
def test_what_is_heavy_is_loaded_only_where_it_is_needed(code: str, others: set[str]) -> None:
    """A page's process stays small: neither a case, the library, a page before its gate nor the note of a case brings tables."""
    assert run(code=f"import sys, kapnb; {code}; print({HEAVY | others} & sys.modules.keys())") == "set()"


def test_a_pack_without_its_docstrings_is_refused() -> None:
    """`python -OO` takes the sentences of the rules away, and nothing is judged without them."""
    code = "import kapnb\ntry:\n    print(kapnb.assess({}).outcome)\nexcept kapnb.GuidanceError as error:\n    print(error)"
    assert "does not say when it applies" in run("-OO", code=code)
    assert run("-O", code=code) == "clarify_first"


# --- small promises ---------------------------------------------------------------------------------------


def test_findings_of_one_caution_stand_in_the_order_of_the_source() -> None:
    found = assess(
        {"substance_use_disorder": "active", "bipolar_disorder": "not_stabilized", "suicide_attempts": "repeated_current"}
    )
    names = [finding.rule for finding in found.findings]
    assert names[:3] == ["bipolar_not_stabilized", "current_suicidal_pattern", "active_substance_use"]


def test_only_what_is_to_be_clarified_has_a_reason() -> None:
    """Under a reading that makes it a plain caution, a finding gives no reason to clarify."""
    case = {"bipolar_disorder": "diagnosis_in_question"}
    for readings, reason in (({}, Reason.DIAGNOSIS_UNSETTLED), ({"questioned_bipolar": "as_not_stabilized"}, None)):
        found = {finding.rule: finding.reason for finding in assess(case, readings).findings}
        assert found["bipolar_diagnosis_in_question"] is reason


def test_an_edition_knows_which_readings_are_not_the_default() -> None:
    changed = {"unprepared_ocd": "defer", "single_attempt": "counts_as_pattern"}
    edition = load_guidance("begley").bind({**changed, "recovery_requires": "lifestyle_first"})
    assert dict(edition.changed) == changed
    assert edition.bind().changed == {}
    assert edition.bind(edition.changed) is load_guidance("begley").bind(changed)
