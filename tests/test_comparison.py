"""A comparison says everything that changed between two assessments, once, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kapnb import Assessment, assess, fields
from kapnb.text.blocks import Block
from kapnb.text.compare import compare, find_shifts
from kapnb.text.explanation import outcome_line
from kapnb.text.phrases import list_reasons, outcome_words
from kapnb.text.words import words
from tests.strategies import partial_cases, readings

assessments = st.builds(assess, partial_cases, readings)


@st.composite
def neighbors(draw: st.DrawFn) -> tuple[Assessment, Assessment]:
    """A case and the same with one answer another: what a what-if is made of."""
    case, chosen = draw(partial_cases), draw(readings)
    name = draw(st.sampled_from(sorted(fields)))
    option = draw(st.sampled_from([None, *(option.name for option in fields[name].options)]))
    return assess(case, chosen), assess({**case, name: option}, chosen)


pairs = neighbors() | st.tuples(assessments, assessments)


def standing(assessment: Assessment) -> dict[str, str]:
    """Each rule that holds or is open; the default rule is open wherever it does not hold and nothing is said of it."""
    default = assessment.edition.default_rule.name
    open_rules = {one.rule: "open" for one in assessment.unsettled if one.rule != default}
    return {**open_rules, **{finding.rule: "holds" for finding in assessment.findings}}


def by_key(before: Assessment, after: Assessment) -> dict[str, Block]:
    return {block.key: block for block in compare(before, after)}


RULED_OUT = assess({"structured_therapy": "stabilized_after_dbt"})
OUTCOME_OPEN = assess(
    {"suicide_attempts": "single", "structured_therapy": "not_started"},
    {"single_attempt": "counts_as_pattern", "attempt_pattern_expires": "with_time"},
)
"""A rule holds, and what it leads to waits for an answer."""


@settings(max_examples=40)
@given(pairs)
@example((RULED_OUT, OUTCOME_OPEN))
@example((OUTCOME_OPEN, RULED_OUT))
def test_every_rule_whose_standing_changed_is_named_once(pair: tuple[Assessment, Assessment]) -> None:
    """A rule stands under what comes, goes, opens or is ruled out exactly when it did not stand so before."""
    before, after = pair
    was, now, shifts = standing(before), standing(after), find_shifts(before, after)
    expected: dict[str, set[str]] = {"come": set(), "go": set(), "opened": set(), "settled": set()}
    for rule in {**was, **now}:
        match was.get(rule, "out"), now.get(rule, "out"):
            case (("open" | "out"), "holds"):
                expected["come"].add(rule)
            case "holds", ("open" | "out"):
                expected["go"].add(rule)
            case "out", "open":
                expected["opened"].add(rule)
            case "open", "out":
                expected["settled"].add(rule)
    for key, rules in expected.items():
        found = shifts[key]
        assert len(found) == len(set(found))
        assert set(found) == rules, key


@settings(max_examples=40)
@given(pairs)
def test_a_finding_turns_when_it_stays_and_differs(pair: tuple[Assessment, Assessment]) -> None:
    """What holds in both is named exactly when its outcome, its words or its part in the outcome differ."""
    before, after = pair
    held = {one.rule: (one.outcome, one.text, one in before.deciding) for one in before.findings}
    holds = {one.rule: (one.outcome, one.text, one in after.deciding) for one in after.findings}
    assert set(find_shifts(before, after)["turn"]) == {rule for rule in held.keys() & holds.keys() if held[rule] != holds[rule]}


@settings(max_examples=20)
@given(assessments)
def test_nothing_changed_says_so(assessment: Assessment) -> None:
    """Compared with itself a case has no finding that comes or goes, and the outcome stays, if open with its reason."""
    moved, changed = compare(assessment, assessment)
    assert moved.title == outcome_line(assessment)
    reasons = [words("explanation.because_of", reasons=list_reasons(assessment.reasons))] if assessment.reasons else []
    assert [line.text for line in moved.lines] == [words("comparison.same"), *reasons]
    assert [line.text for line in changed.lines] == [words("comparison.changed_none")]


@settings(max_examples=40)
@given(pairs)
def test_both_outcomes_are_named(pair: tuple[Assessment, Assessment]) -> None:
    """The title is the outcome after; where it moved, the first line has the one before and the next which way it went."""
    before, after = pair
    moved = compare(before, after)[0]
    said = [line.text for line in moved.lines]
    assert moved.title == outcome_line(after)
    if before.outcome is not after.outcome:
        key = "more" if after.outcome > before.outcome else "less"
        assert said[:2] == [words("comparison.before", outcome=outcome_line(before)), words(f"comparison.{key}")]


@settings(max_examples=40)
@given(neighbors())
def test_each_changed_answer_that_counts_is_listed(pair: tuple[Assessment, Assessment]) -> None:
    """The list has a line for each answer that differs, those that count no longer included, and no other."""
    before, after = pair
    counting = [{name: given for name, given in one.answers.items() if name not in one.ignored} for one in pair]
    differing = {name for name in fields if counting[0].get(name) != counting[1].get(name)}
    assert {line.field for line in by_key(before, after)["changed"].lines if line.field} == differing


def test_a_changed_answer_is_given_with_what_it_was() -> None:
    """From not recorded to an option, and from an answer to a question that is asked no longer."""
    lines = by_key(
        assess({"suicidal_ideation": "passive", "ideation_onset": "newer"}), assess({"suicidal_ideation": "none", "ocd": "no"})
    )
    said = {line.field: line.text for line in lines["changed"].lines}
    assert said["ocd"].endswith(f"{words('explanation.not_recorded')} → {fields['ocd'].option('no').label}")
    assert said["ideation_onset"].endswith(f"→ {words('comparison.not_asked')}")


def test_a_changed_reading_is_a_change() -> None:
    """Another reading of the source is listed with both choices, and marked as unusual beside the outcome."""
    case = {"suicide_attempts": "single"}
    before, after = assess(case), assess(case, {"single_attempt": "counts_as_pattern"})
    reading = after.edition.guidance.readings["single_attempt"]
    blocks = by_key(before, after)
    assert blocks["changed"].lines[0].text == words(
        "comparison.change_reading", question=reading.question, before="Clarify first", after="Counts as a pattern"
    )
    label = words("explanation.badge_reading", label="Counts as a pattern")
    assert label in {badge.text for line in blocks["moved"].lines for badge in line.badges}


def test_a_finding_that_goes_and_stays_open_says_what_it_waits_for() -> None:
    """An answer taken back leaves its finding open; the line leads to the question."""
    line = by_key(assess({"bipolar_disorder": "not_stabilized"}), assess({}))["go"].lines[0]
    assert line.field == "bipolar_disorder"
    assert fields["bipolar_disorder"].label in line.details[0]


@pytest.mark.parametrize(
    ("before", "after", "said"), [({"ocd": "yes"}, {"ocd": "no"}, "possible"), ({"ocd": "no"}, {"ocd": "yes"}, "impossible")]
)
def test_what_becomes_possible_is_said(before: dict[str, str], after: dict[str, str], said: str) -> None:
    """Where the headline stays, the outcomes that come into view or leave it are named."""
    label = outcome_words(max(assess({"ocd": "no"}).possible - assess({"ocd": "yes"}).possible))
    lines = [line.text for line in by_key(assess(before), assess(after))["moved"].lines]
    assert words(f"comparison.{said}", outcomes=f"“{label}”") in lines
