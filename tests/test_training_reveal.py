"""The reveal: the difference is located as it was constructed, the twin waits for its turn, and nothing is called wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.group.differences import Kind
from kapnb.group.judgments import Judgment
from kapnb.text.blocks import as_text
from kapnb.text.explain import explain
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import load_library
from kapnb.training.reveal import Reveal, explain_committed, explain_reveal
from kapnb.training.session import annotate, begin, go_to, keep_known, mark, read, set_aside
from tests import oracle
from tests.test_language import FORBIDDEN, matches
from tests.test_practice_cases import ROWS, answers
from tests.training import ATTEMPT, EDITION, FIELDS, LIBRARY, QUIET, WISH, change, gather, judge, make, see

RULES = [rule.name for rule in EDITION.rules]
CASES = [{field: given for field, given in answers(row).items() if given} for row in ROWS]
VERDICT = re.compile(
    r"\b(right|wrong|correct|incorrect|mistake\w*|error\w*|missed|better|worse|passed(?! over)|failed)\b", re.IGNORECASE
)


def shown(case: Mapping[str, str], outcome: Outcome, finding: str, own: Mapping[str, str] | None) -> Reveal:
    """What is revealed of a judgment of a case."""
    library = gather(make("A1", case))
    return explain_reveal(see(begin(library, library), str(outcome), finding, own), library)


# --- the difference, on judgments constructed from its definition --------------------------------------


def other_facts(case: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Readings of a complete case with one answer changed, and every question that it raises answered."""
    for field, given in case.items():
        for option in oracle.FIELDS[field]:
            changed = {**case, field: option}
            asked = {name: changed.get(name, options[0]) for name, options in oracle.FIELDS.items() if oracle.asked(name, changed)}
            if option != given and all(oracle.asked(name, asked) for name in asked):
                yield dict(keep_known(asked, FIELDS))


def not_its_own(reading: Assessment) -> Iterator[tuple[Outcome, str]]:
    """Judgments that add or ignore a rule: an outcome that no finding of the reading asks for, by a rule that does not hold."""
    held = {finding.rule: finding.outcome for finding in reading.findings}
    for outcome in BY_CAUTION:
        if outcome not in held.values() and outcome is not reading.outcome:
            added = next(rule for rule in EDITION.rules if rule.outcome is outcome and rule.name not in held)
            yield outcome, added.name


def preferred(reading: Assessment) -> Iterator[tuple[Outcome, str]]:
    """Judgments that weigh otherwise: a milder finding of the reading, with the outcome that it asks for."""
    for finding in reading.findings:
        if finding.outcome and finding.outcome < reading.outcome:
            yield finding.outcome, finding.rule


def told(reveal: Reveal) -> str:
    return as_text([reveal.difference], width=10_000)


def test_the_same_is_no_difference() -> None:
    for case in CASES:
        table = EDITION.assess(case)
        found = shown(case, table.outcome, table.deciding[0].rule, case)
        assert (found.located.kinds, found.located.either, found.located.facts) == ((), (), ())
        assert "agrees with this source: " in told(found)


def test_other_facts_are_told_as_facts() -> None:
    count = 0
    for case in CASES[::2]:
        table = EDITION.assess(case)
        for own in other_facts(case):
            reading = EDITION.assess(own)
            if reading.outcome is not table.outcome:
                found = shown(case, reading.outcome, reading.deciding[0].rule, own)
                assert (found.located.kinds, found.located.either) == ((Kind.FACTS,), ())
                assert "The difference lies in: facts." in told(found)
                count += 1
    assert count > 100


def test_an_ignored_or_added_rule_is_told_as_a_rule() -> None:
    count = 0
    for case in CASES:
        for outcome, finding in not_its_own(EDITION.assess(case)):
            found = shown(case, outcome, finding, case)
            assert (found.located.kinds, found.located.either) == ((Kind.RULE,), ())
            assert found.located.conclusion.added == finding
            assert "The difference lies in: rule." in told(found)
            count += 1
    assert count > 50


def test_a_preferred_finding_is_told_as_a_priority() -> None:
    count = 0
    for case in [*CASES, *({**one, "ocd": "yes", "ocd_preparation": "thorough"} for one in CASES)]:
        for outcome, finding in preferred(EDITION.assess(case)):
            found = shown(case, outcome, finding, case)
            assert (found.located.kinds, found.located.either) == ((Kind.PRIORITY,), ())
            assert found.located.conclusion.preferred == finding
            assert "The difference lies in: priority." in told(found)
            count += 1
    assert count > 20


@pytest.mark.parametrize(("kind", "construct"), [(Kind.RULE, not_its_own), (Kind.PRIORITY, preferred)])
def test_mixtures_are_told_with_each_of_their_kinds(kind: Kind, construct: object) -> None:
    """Other facts that move the outcome, and then a rule or a priority that does not follow from them."""
    count = 0
    for case in [one | {"ocd": "yes", "ocd_preparation": "thorough"} for one in CASES[::4]]:
        table = EDITION.assess(case)
        for own in other_facts(case):
            reading = EDITION.assess(own)
            if reading.outcome is not table.outcome:
                for outcome, finding in construct(reading):  # type: ignore[operator]
                    found = shown(case, outcome, finding, own)
                    assert found.located.kinds == (Kind.FACTS, kind)
                    assert f"The difference lies in: facts and {kind}." in told(found)
                    count += 1
    assert count > 10


def test_without_recorded_answers_it_is_said_that_facts_cannot_be_told() -> None:
    found = shown(ATTEMPT, Outcome.NOT_AT_PRESENT, "past_attempt_pattern", None)
    assert found.located.kinds == ()
    assert Kind.FACTS in found.located.either
    assert "cannot be told" in told(found)


def test_a_trainee_who_records_little_is_told_so() -> None:
    """What was not recorded counts as open, and that may not be what was meant; the list stays short."""
    found = shown(ATTEMPT, Outcome.CLARIFY_FIRST, "single_attempt", {"suicide_attempts": "single"})
    assert "counts as open here" in told(found)
    assert len(found.difference.lines) <= 8
    assert not [line for line in found.prompts.lines if "was left open as well" in line.text]


# --- what is shown beside it -------------------------------------------------------------------------


def test_what_was_committed_is_shown_back_word_for_word() -> None:
    training = see(mark(begin(LIBRARY, LIBRARY), 8, 18), own={"ocd": "no"})
    text = as_text([explain_committed(annotate(training, "The winter.").now, LIBRARY)], width=1_000)
    story = LIBRARY["A1"].story
    for part in ("Clarify first", "high", "none of these", "(OCD): No", f"“{story[8:18]}”", "The winter."):
        assert part in text


def test_every_block_of_the_explanation_is_there_once() -> None:
    """Support stands with the story, prompts come with those that the difference raises; nothing else is left out."""
    blocks = explain_reveal(see(go_to(begin(LIBRARY, LIBRARY), "A4")), LIBRARY).blocks
    keys = [block.key for block in blocks]
    explained = [block.key for block in explain(EDITION.assess(WISH)) if block.key not in {"support", "prompts"}]
    assert keys == ["difference", *explained, "debrief", "prompts"]


def test_the_twin_stands_beside_with_the_one_fact_and_both_outcomes() -> None:
    twin = explain_reveal(see(begin(LIBRARY, ["A2"])), LIBRARY).twin
    assert twin
    assert (twin.id, twin.field, twin.story) == ("A3", "suicide_attempts", LIBRARY["A3"].story)
    text = as_text([twin.block], width=1_000)
    for part in (
        'here "One attempt"',
        'in the twin "More than one, current pattern"',
        "Clarify first",
        outcome_words(Outcome.NOT_AT_PRESENT),
    ):
        assert part in text


def test_a_twin_that_is_still_to_be_judged_waits() -> None:
    """Its answer is told neither as the twin's nor as a near miss, until it is committed itself."""
    training = see(begin(LIBRARY, ["A2", "A3"]))
    shown_ = explain_reveal(training, LIBRARY)
    assert (shown_.twin, shown_.twin_waits) == (None, True)
    (near,) = (block for block in shown_.blocks if block.key == "near")
    assert not [line for line in near.lines if line.field == "suicide_attempts"]
    assert near.lines
    assert not [line for line in shown_.prompts.lines if "If it were" in line.text]
    both = go_to(judge(go_to(training, "A3"), "not_at_present"), "A2")
    assert explain_reveal(both, LIBRARY).twin


def test_a_twin_that_is_set_aside_hides_what_sets_it_apart_until_it_is_judged() -> None:
    """Its story is not at hand, so all near misses stay away; once it was judged there is nothing left to hide."""
    without = change(without=("A3",))
    waits = see(begin(LIBRARY, ["A2", "A3"]))
    judged = go_to(judge(go_to(waits, "A3"), "not_at_present"), "A2")
    for training, hidden in ((waits, True), (judged, False)):
        shown_ = explain_reveal(set_aside(training, without), without)
        assert (shown_.twin, shown_.twin_waits) == (None, hidden)
        assert ("near" not in [block.key for block in shown_.blocks]) is hidden
        assert (not [line for line in shown_.prompts.lines if "If it were" in line.text]) is hidden


def test_a_twin_of_ideation_brings_its_support() -> None:
    library = change(replace(LIBRARY["A1"], twin="A4"), replace(LIBRARY["A4"], twin="A1"))
    assert read(begin(library, ["A1"]), library).support is None
    blocks = explain_reveal(see(begin(library, ["A1"])), library).blocks
    assert [block.key for block in blocks].count("support") == 1


def test_the_panel_is_counted_without_names() -> None:
    panel = [
        *(Judgment("A1", f"R{at}", Outcome.MAY_BE_CONSIDERED) for at in range(3)),
        Judgment("A1", "R7", Outcome.CLARIFY_FIRST),
        Judgment("A1", "R8"),
        Judgment("A2", "R1", Outcome.NOT_RECOMMENDED),
    ]
    training = see(begin(LIBRARY, ["A1"]))
    block = explain_reveal(training, LIBRARY, panel).panel
    assert block
    assert [line.text for line in block.lines[:2]] == [
        words("supervision.times", outcome="Clarify first", count=1),
        words("supervision.times", outcome="May be considered, after full assessment", count=3),
    ]
    assert [[badge.text for badge in line.badges] for line in block.lines[:2]] == [["you"], ["this source"]]
    assert not re.search(r"\bR\d", as_text([block]))
    assert explain_reveal(training, LIBRARY, panel[-1:]).panel is None


# --- how it is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
def test_no_judgment_is_called_right_or_wrong(outcome: Outcome) -> None:
    """Whatever was committed, on any vignette of the library; nor is any other forbidden word put together."""
    library = load_library(EDITION)
    for name in list(library)[outcome.caution :: 5]:
        for own in (None, {"ocd": "yes", "psychotic_disorder": "none"}, library[name].answers):
            training = see(begin(library, [name]), str(outcome), RULES[outcome.caution * 5], own)
            shown_ = explain_reveal(training, library)
            text = as_text([explain_committed(training.now, library), shown_.difference], width=10_000)
            assert not VERDICT.search(text)
            whole = as_text(shown_.blocks, width=100_000).replace(EDITION.guidance.ledger.source.title, "")
            assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [(name, whole)])]


def test_every_twin_of_the_library_has_a_fact_to_show() -> None:
    library = load_library(EDITION)
    for one in library.values():
        if one.twin:
            shown_ = explain_reveal(see(begin(library, [one.id])), library)
            assert shown_.twin
            assert one.answers.get(shown_.twin.field) != library[one.twin].answers.get(shown_.twin.field)


def test_a_case_of_quiet_answers_reveals_what_the_source_says() -> None:
    assert shown(QUIET, Outcome.MAY_BE_CONSIDERED, "nothing_found", QUIET).assessment.outcome is Outcome.MAY_BE_CONSIDERED
