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
    assert (finding.rule, finding.kind, finding.outcome) == (
        "bipolar_not_stabilized",
        "outcome",
        Outcome.NOT_AT_PRESENT,
    )
    assert tuple(finding.claims) == ("C05",)
    assert (str(finding.basis), str(finding.caution)) == ("stated", "destabilization")
    assert dict(finding.because) == {"bipolar_disorder": "not_stabilized"}
    assert finding.text
    assert a.deciding == (finding,)


def test_an_empty_case_concludes_nothing() -> None:
    """Nothing recorded: every outcome is possible, and what is missing is the reason."""
    a = assess({})
    assert a.outcome is Outcome.CLARIFY_FIRST
    assert a.possible == frozenset(Outcome)
    assert a.findings == () == a.deciding
    assert not a.at_least
    assert [str(reason) for reason in a.reasons] == ["information_missing"]


def test_none_is_not_recorded() -> None:
    """A field that is absent and one that is None say the same."""
    assert said(assess(dict.fromkeys(oracle.FIELDS))) == said(assess({}))


def test_assess_leaves_the_case_alone() -> None:
    case = {"ocd": "yes", "ocd_preparation": None, "mood_shift": "unclear"}
    assess(case)
    assert case == {"ocd": "yes", "ocd_preparation": None, "mood_shift": "unclear"}


def test_an_assessment_is_frozen() -> None:
    a = assess({"ocd": "yes"})
    with pytest.raises(AttributeError):
        a.outcome = Outcome.MAY_BE_CONSIDERED  # type: ignore[misc]
    with pytest.raises(AttributeError):
        a.findings[0].rule = "other"  # type: ignore[misc]


def test_findings_stand_most_cautious_first() -> None:
    """Outcome-bearing findings come by caution; the deciding ones are those that give the outcome."""
    random = Random(21)
    for _ in range(500):
        a = assess(random_case(random), readings=random.choice(EDITIONS))
        bearing = [one for one in a.findings if one.kind == "outcome"]
        assert [one.outcome for one in bearing] == sorted((one.outcome for one in bearing), reverse=True)
        assert all(one.outcome is None for one in a.findings if one.kind != "outcome")
        assert all(one in a.findings for one in a.deciding)
        if a.deciding:
            assert {one.outcome for one in a.deciding} == {a.outcome}
        if len(a.possible) == 1:
            assert a.possible == {a.outcome}


def test_the_reasons_to_clarify() -> None:
    """`clarify_first` always comes with its kind of reason, and no other outcome with one."""
    quiet = oracle.QUIET
    expected = {
        "information_missing": {name: answer for name, answer in quiet.items() if name != "ocd"},
        "diagnosis_unsettled": quiet | {"bipolar_disorder": "diagnosis_in_question", "mood_shift": "unclear"},
        "source_silent": quiet | {"outside_scope": "yes"},
        "assessment_incomplete": quiet | {"psychological_assessment": "incomplete"},
    }
    for reason, case in expected.items():
        assert [str(one) for one in assess(case).reasons] == [reason]
    random = Random(22)
    for _ in range(500):
        a = assess(random_case(random))
        assert bool(a.reasons) == (a.outcome is Outcome.CLARIFY_FIRST)


def test_unsettled_findings_wait_for_unrecorded_answers() -> None:
    """Each unsettled rule names fields that are not recorded, whose questions may still be asked."""
    random = Random(23)
    for _ in range(500):
        case = random_case(random)
        for one in assess(case).unsettled:
            assert one.waits_for
            for name in one.waits_for:
                assert name not in case
                parents = tuple(oracle.ASKED_WHEN.get(name, {}))
                assert any(oracle.asked(name, c) for c in oracle.completions(case, parents))


# --- the next question ------------------------------------------------------------------------------------


def ranked(case: dict[str, str], readings: dict[str, str]) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    """The questions worth asking next, by their definition.

    They are unrecorded, certainly asked, and some answer changes what is possible. First comes the one that leaves
    fewest outcomes in its worst case, then the one with most answers that leave a single one, then dictionary order.
    """
    before = oracle.possible(case, readings)
    questions = []
    for place, (name, options) in enumerate(oracle.FIELDS.items()):
        parents = oracle.completions(case, tuple(oracle.ASKED_WHEN.get(name, {})))
        if name in case or not all(oracle.asked(name, one) for one in parents):
            continue
        after = {option: oracle.possible(case | {name: option}, readings) for option in options}
        if any(outcomes != before for outcomes in after.values()):
            worst = max(len(outcomes) for outcomes in after.values())
            settling = sum(len(outcomes) == 1 for outcomes in after.values())
            spans = {option: (oracle.most_cautious(o), oracle.least_cautious(o)) for option, o in after.items()}
            questions.append(((worst, -settling, place), name, spans))
    return [(name, spans) for _, name, spans in sorted(questions)]


def test_the_next_questions_are_ranked_by_what_they_settle() -> None:
    """In 100 partial cases under random readings: the same questions, in the same order, leading to the same."""
    random = Random(24)
    for _ in range(100):
        case, readings = random_case(random), random.choice(EDITIONS)
        ours = [
            (question.field, {option: (str(max(left)), str(min(left))) for option, left in question.possible.items()})
            for question in assess(case, readings=readings).next_questions
        ]
        assert ours == ranked(case, readings), case


def test_a_settled_case_has_no_next_question() -> None:
    assert assess(oracle.QUIET).next_questions == ()
    assert assess(oracle.QUIET | {"psychotic_disorder": "schizophrenia", "ocd": "yes"}).next_questions == ()


def test_a_next_question_says_why() -> None:
    question = assess({}).next_questions[0]
    assert question.why
    assert list(question.possible) == list(oracle.FIELDS[question.field])


# --- what cannot be used ----------------------------------------------------------------------------------


def problems(case: Any) -> list[Any]:
    with pytest.raises(CaseError) as raised:
        assess(case)
    return list(raised.value.problems)


def reading_problems(readings: Any) -> list[Any]:
    with pytest.raises(GuidanceError) as raised:
        assess({}, readings=readings)
    return list(raised.value.problems)


def test_an_unknown_field_is_named_with_its_neighbor() -> None:
    (problem,) = problems({"bipolar_disorde": "none"})
    assert "bipolar_disorde" in f"{problem.where} {problem.what}"
    assert "bipolar_disorder" in problem.remedy


def test_an_unknown_option_comes_with_what_is_allowed() -> None:
    (problem,) = problems({"bipolar_disorder": "stabilised"})
    assert "bipolar_disorder" in problem.where
    assert all(option in problem.allowed for option in oracle.FIELDS["bipolar_disorder"])
    assert "stabilized" in problem.remedy


def test_all_problems_come_at_once() -> None:
    found = problems({"ocdd": "yes", "ocd": "maybe", "suicide_attempts": 3})
    assert len(found) == 3
    with pytest.raises(CaseError) as raised:
        assess({"ocdd": "yes", "ocd": "maybe"})
    assert "ocdd" in str(raised.value)
    assert "maybe" in str(raised.value)


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


def test_an_unhashable_answer_does_not_escape() -> None:
    assert problems({"ocd": [], "outside_scope": {}})


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


def test_a_misspelt_reading_is_named_with_its_neighbor() -> None:
    (problem,) = reading_problems({"single_attemp": "clarify"})
    assert "single_attempt" in problem.remedy
    (problem,) = reading_problems({"single_attempt": "count_as_pattern"})
    assert "counts_as_pattern" in problem.remedy


def test_every_default_reading_can_be_said_aloud() -> None:
    case = oracle.QUIET | {"suicide_attempts": "single", "structured_therapy": "in_progress"}
    assert said(assess(case, readings=oracle.DEFAULT)) == said(assess(case))


def test_an_unknown_pack_is_a_problem() -> None:
    with pytest.raises(GuidanceError) as raised:
        assess({}, guidance="begly")
    assert "begley" in str(raised.value)


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
@settings(max_examples=300, deadline=None)
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


def test_assessing_imports_neither_numpy_nor_pandas() -> None:
    """One case needs plain Python only; a page kernel stays small."""
    program = (
        "import sys, kapnb; kapnb.explain(kapnb.assess({'ocd': 'yes'}));"
        "print(sorted({'numpy', 'pandas', 'pandera', 'matplotlib', 'ipywidgets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


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
    for readings, reasons in (({}, {Reason.DIAGNOSIS_UNSETTLED}), ({"questioned_bipolar": "as_not_stabilized"}, {None})):
        found = assess(case, readings).findings
        assert {finding.reason for finding in found if finding.rule == "bipolar_diagnosis_in_question"} == reasons


def test_an_edition_knows_which_readings_are_not_the_default() -> None:
    changed = {"unprepared_ocd": "defer", "single_attempt": "counts_as_pattern"}
    edition = load_guidance("begley").bind({**changed, "recovery_requires": "both"})
    assert dict(edition.changed) == changed
    assert edition.bind().changed == {}
    assert edition.bind(edition.changed) is load_guidance("begley").bind(changed)


def test_the_scale_has_five_steps() -> None:
    assert [outcome.step for outcome in Outcome] == [1, 2, 3, 4, 5]
