"""The reveal: the difference is located as it was constructed, the twin waits for its turn, and nothing is called wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Kind
from kapnb.group.judgments import Judgment
from kapnb.text.blocks import as_text
from kapnb.text.explain import explain
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import Library, load_library
from kapnb.training.reveal import Reveal, explain_committed, explain_reveal
from kapnb.training.session import annotate, begin, go_to, mark, read, set_aside
from tests.test_language import FORBIDDEN, matches
from tests.test_practice_cases import ROWS, answers
from tests.training import ATTEMPT, EDITION, LIBRARY, WISH, change, gather, judge, list_blocks, make, see

RULES = [rule.name for rule in EDITION.rules]
CASES = [{field: given for field, given in answers(row).items() if given} for row in ROWS]
VERDICT = re.compile(
    r"\b(right|wrong|correct|incorrect|mistake\w*|error\w*|missed|better|worse|passed(?! over)|failed)\b", re.IGNORECASE
)


def shown(case: Mapping[str, str], outcome: Outcome, finding: str, own: Mapping[str, str] | None) -> Reveal:
    """What is revealed of a judgment of a case."""
    library = gather(make("A1", case))
    return explain_reveal(see(begin(library, library), str(outcome), finding, own), library)


CASE = ATTEMPT | {"ocd": "yes", "ocd_preparation": "thorough"}
PAST = CASE | {"suicide_attempts": "repeated_past"}


@pytest.mark.parametrize(
    ("outcome", "finding", "own", "told"),
    [
        ("clarify_first", "single_attempt", CASE, "agrees with this source: "),
        ("not_at_present", "past_attempt_pattern", PAST, "lies in: facts."),
        ("not_recommended", "schizophrenia", CASE, "lies in: rule."),
        ("consider_with_conditions", "ocd", CASE, "lies in: priority."),
        ("not_recommended", "schizophrenia", PAST, "lies in: facts and rule."),
        ("consider_with_conditions", "ocd", PAST, "lies in: facts and priority."),
        ("not_at_present", "past_attempt_pattern", None, "cannot be told"),
    ],
)
def test_a_difference_is_told_by_what_it_lies_in(outcome: str, finding: str, own: Mapping[str, str] | None, told: str) -> None:
    """As :mod:`kapnb.group.differences` locates it, which has tests of its own."""
    found = shown(CASE, Outcome(outcome), finding, own)
    assert told in as_text([found.difference], width=10_000)
    assert (own is None) is (Kind.FACTS in found.located.either)


def test_a_trainee_who_records_little_is_told_so() -> None:
    """What was not recorded counts as open, and that may not be what was meant; the list stays short."""
    found = shown(ATTEMPT, Outcome.CLARIFY_FIRST, "single_attempt", {"suicide_attempts": "single"})
    assert "counts as open here" in as_text([found.difference], width=10_000)
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
    blocks = list_blocks(explain_reveal(see(go_to(begin(LIBRARY, LIBRARY), "A4")), LIBRARY))
    keys = [block.key for block in blocks]
    explained = [block.key for block in explain(EDITION.assess(WISH)) if block.key not in {"support", "prompts"}]
    assert keys == ["difference", *explained, "debrief", "prompts"]


def test_the_twin_stands_beside_with_the_one_fact_and_both_outcomes() -> None:
    twin = explain_reveal(see(begin(LIBRARY, ["A2"])), LIBRARY).twin
    assert twin
    assert (twin.field, twin.story) == ("suicide_attempts", LIBRARY["A3"].story)
    assert [line.text for line in twin.block.lines] == [
        'Suicide attempts: here "One attempt", in the twin "More than one, current pattern"',
        words("training.twin_here", outcome="Clarify first"),
        words("training.twin_there", title=LIBRARY["A3"].title, outcome=outcome_words(Outcome.NOT_AT_PRESENT)),
    ]


@pytest.mark.parametrize("library", [LIBRARY, change(without=("A3",))], ids=["here", "aside"])
def test_a_twin_that_is_still_to_be_judged_waits(library: Library) -> None:
    """Nothing that is one answer away is told until it is committed itself, be it at hand or set aside."""
    waits = see(begin(LIBRARY, ["A2", "A3"]))
    judged = go_to(judge(go_to(waits, "A3"), "not_at_present"), "A2")
    for training, hidden in ((waits, True), (judged, False)):
        found = explain_reveal(set_aside(training, library), library)
        text = as_text(list_blocks(found), width=10_000)
        assert found.twin_waits is hidden
        assert bool(found.twin) is (not hidden and "A3" in library)
        for told in ("near", "near_lead"):
            assert (words(f"explanation.{told}") in text) is not hidden
        assert ("If it were" in text) is not hidden
        assert ("current pattern" in text) is not hidden


def test_a_twin_of_ideation_brings_its_support() -> None:
    library = change(replace(LIBRARY["A1"], twin="A4"), replace(LIBRARY["A4"], twin="A1"))
    assert read(begin(library, ["A1"]), library).support is None
    for name, there in (("A1", True), ("A4", False)):
        twin = explain_reveal(see(begin(library, [name])), library).twin
        assert twin
        assert bool(twin.support) is there


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
        own = (None, {"ocd": "yes", "psychotic_disorder": "none"}, library[name].answers)[int(name[1:]) % 3]
        training = see(begin(library, [name]), str(outcome), RULES[outcome.caution * 5], own)
        found = explain_reveal(training, library)
        assert not VERDICT.search(as_text([explain_committed(training.now, library), found.difference], width=10_000))
        whole = as_text(list_blocks(found), width=100_000).replace(EDITION.guidance.ledger.source.title, "")
        assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [(name, whole)])]


def test_every_twin_of_the_library_has_a_fact_to_show() -> None:
    library = load_library(EDITION)
    for one, twin in library.pairs:
        beside = explain_reveal(see(begin(library, [one.id])), library).twin
        assert beside
        assert one.answers.get(beside.field) != twin.answers.get(beside.field)
