"""What is told after a commitment: the difference, the twin, follow-ups, looking back; each in its turn, and nothing as wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Kind
from kapnb.group.judgments import Confidence, Judgment
from kapnb.text.blocks import as_text
from kapnb.text.explain import explain
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.library import FollowUp, Library, load_library
from kapnb.training.looking_back import FEW, Met, find_interval, look_back
from kapnb.training.reveal import Reveal, ask, assess_change, count_responses, explain_committed, explain_reveal
from kapnb.training.session import Training, annotate, begin, go_to, keep_known, mark, respond, set_aside, uncover
from tests.test_language import FORBIDDEN, matches
from tests.test_practice_cases import ROWS, answers
from tests.training import (
    ATTEMPT,
    EDITION,
    FIELDS,
    LIBRARY,
    OPEN,
    QUIET,
    TIRED,
    VOICES,
    WISH,
    change,
    gather,
    judge,
    list_blocks,
    make,
    see,
)

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
        ("not_at_present", "past_suicidal_pattern", PAST, "lies in: facts."),
        ("not_recommended", "schizophrenia", CASE, "lies in: rule."),
        ("consider_with_conditions", "ocd", CASE, "lies in: priority."),
        ("not_recommended", "schizophrenia", PAST, "lies in: facts and rule."),
        ("consider_with_conditions", "ocd", PAST, "lies in: facts and priority."),
        ("not_at_present", "past_suicidal_pattern", None, "cannot be told"),
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
        words("supervision.times", outcome="May be considered", count=3),
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


def revealed(name: str = "A1") -> Training:
    return see(go_to(begin(LIBRARY, LIBRARY), name))


@pytest.mark.parametrize(
    ("answers", "changes", "direction", "possible"),
    [
        (QUIET, {"substance_use_disorder": "active"}, "more", ""),
        (QUIET, {"developmental_trauma": "yes"}, "same", ""),
        (ATTEMPT, {"structured_therapy": "stabilized_after_dbt"}, "less", ""),
        (OPEN, {"psychotic_disorder": "none"}, "less", "Fewer"),
        (QUIET | {"psychological_assessment": "incomplete"}, {"suicidal_ideation": "passive"}, "same", "More"),
    ],
)
def test_where_a_new_finding_moves_the_outcome(
    answers: dict[str, str], changes: dict[str, str], direction: str, possible: str
) -> None:
    """More cautious, less cautious or the same; and, apart from that, whether fewer or more outcomes are possible."""
    vignette = make("A1", answers, follow_ups=(FollowUp("You then learn …", changes, "Why."),))
    before, after = assess_change(EDITION, vignette, vignette.follow_ups[0])
    was, now = before.outcome.caution, after.outcome.caution
    assert direction == ("same" if was == now else "more" if now > was else "less")
    library = gather(vignette)
    moved = ask(respond(see(begin(library, library)), library, 0, 0), library)[0].blocks[1]
    told = [line.text.partition(" outcomes")[0] for line in moved.lines if " outcomes are possible" in line.text]
    assert told == ([possible] if possible else [])


def test_nothing_is_shown_before_the_response() -> None:
    """A follow-up as it is asked holds what is learned, and neither the question that it is about nor the reasoning."""
    training = revealed()
    said = repr(ask(training, LIBRARY))
    assert "substance_use_disorder" not in said
    assert "Order of treatment" not in said
    first, second = ask(respond(training, LIBRARY, 0, -2), LIBRARY)
    assert (first.response, second.response, second.blocks) == (-2, None, ())


def test_a_follow_up_is_explained_with_the_response_first_and_the_reasoning_last() -> None:
    blocks = ask(respond(revealed(), LIBRARY, 0, 1), LIBRARY)[0].blocks
    keys = [block.key for block in blocks]
    assert (keys[:3], keys[-1]) == (["response", "moved", "changed"], "reasoning")
    text = as_text(blocks, width=1_000)
    for part in ("KAP fits more", "Before: May be considered", "more cautious than before", "Active", "Order of treatment."):
        assert part in text


def test_the_group_stands_beside_without_names_and_without_a_verdict() -> None:
    """Of the rows of a responses table those count that are about this new finding and give a response."""
    row = {"case_id": "A1", "field": "substance_use_disorder", "answer": "active", "comment": None}
    given = [*(row | {"rater": f"R{at}", "response": "-2"} for at in range(4)), row | {"rater": "R5", "response": "1"}]
    others = [
        row | {"rater": "R6", "response": None},
        row | {"rater": "R7", "answer": "in_recovery", "response": "2"},
        row | {"rater": "R8", "case_id": "A2", "response": "2"},
    ]
    group = count_responses([*given, *others])
    assert group.total() == 7
    first = ask(respond(revealed(), LIBRARY, 0, 1), LIBRARY, group)[0].blocks[0]
    assert [line.text for line in first.lines[1:]] == [
        words("supervision.times", outcome="KAP fits much less", count=4),
        words("supervision.times", outcome="KAP fits more", count=1),
        words("training.panel_note"),
    ]
    assert [badge.text for badge in first.lines[2].badges] == ["you"]
    assert "R1" not in as_text([first])


def test_a_follow_up_that_brings_up_ideation_brings_its_support_once() -> None:
    """Not again where the story tells of ideation already, and its support stands there."""
    assert [bool(one.support) for one in ask(revealed("A5"), LIBRARY)] == [True]
    assert [bool(one.support) for one in ask(revealed(), LIBRARY)] == [False, False]
    active = replace(TIRED, changes={"suicidal_ideation": "active"})
    library = change(make("A4", WISH, follow_ups=(active,)), make("A5", OPEN, follow_ups=(active,)))
    assert [bool(ask(see(begin(library, [name])), library)[0].support) for name in ("A4", "A5")] == [False, True]


def test_a_new_answer_drops_those_that_no_longer_apply() -> None:
    _, after = assess_change(EDITION, make("A4", WISH), FollowUp("Learn.", {"suicidal_ideation": "none"}, "Why."))
    assert after.outcome is Outcome.MAY_BE_CONSIDERED
    assert after.answers == EDITION.assess(keep_known(QUIET, FIELDS)).answers


def test_a_follow_up_that_makes_a_case_its_twin_waits_for_the_twin() -> None:
    """In a session with both, it would tell the twin's answer before the twin is judged."""
    like = FollowUp("You then learn of three more.", {"suicide_attempts": "repeated_current"}, "A pattern.")
    library = change(replace(LIBRARY["A2"], follow_ups=(like, VOICES)))
    alone = see(begin(library, ["A2"]))
    assert [one.place for one in ask(alone, library)] == [0, 1]
    both = see(begin(library, ["A2", "A3"]))
    assert [one.place for one in ask(both, library)] == [1]
    with pytest.raises(TrainingError, match="once the twin is committed"):
        respond(both, library, 0, 1)
    after = go_to(judge(go_to(both, "A3"), "not_at_present"), "A2")
    assert ask(respond(after, library, 0, 1), library)[0].blocks
    aside = set_aside(both, without := gather(library["A2"]))
    assert ask(aside, without) == ()
    assert [one.place for one in ask(set_aside(after, without), without)] == [0, 1]


def test_a_library_with_fewer_follow_ups_than_were_answered_asks_those_that_it_has() -> None:
    training = respond(revealed(), LIBRARY, 1, 0)
    fewer = change(replace(LIBRARY["A1"], follow_ups=LIBRARY["A1"].follow_ups[:1]))
    assert [one.response for one in ask(training, fewer)] == [None]


BUNDLED = load_library(EDITION)
MANY = gather(*(make(f"B{at}", ATTEMPT if at % 2 else QUIET) for at in range(24)))


def practice(outcomes: dict[str, str], sure: dict[str, str] | None = None, library: Library = MANY) -> Training:
    """A session in which these items were judged and revealed."""
    training = begin(library, outcomes)
    for name, outcome in outcomes.items():
        training = uncover(judge(go_to(training, name), outcome, sure=(sure or {}).get(name, "high")))
    return training


@pytest.mark.parametrize(
    ("agreed", "judgments", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_has_the_published_digits(agreed: int, judgments: int, low: float, high: float) -> None:
    """Newcombe (1998), table I, method 3: the score interval without a correction for continuity."""
    assert find_interval(agreed, judgments) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize("judgments", [1, 2, 7, 60])
def test_the_interval_holds_its_share_and_mirrors(judgments: int) -> None:
    for agreed in range(judgments + 1):
        low, high = find_interval(agreed, judgments)
        assert 0 <= low <= agreed / judgments <= high <= 1
        mirrored = find_interval(judgments - agreed, judgments)
        assert (1 - high, 1 - low) == (pytest.approx(mirrored[0]), pytest.approx(mirrored[1]))


def test_confidence_is_held_against_agreement() -> None:
    names = list(MANY)[:15]
    back = look_back(practice(dict.fromkeys(names, "clarify_first"), dict.fromkeys(names[12:], "low")), MANY)
    assert back.confidence == (Met(Confidence.LOW, 3, 1), Met(Confidence.MEDIUM, 0, 0), Met(Confidence.HIGH, 12, 6))
    calibration = as_text(back.blocks[:1], width=1_000)
    assert "high: 6 of 12 agreed with this source" in calibration
    assert calibration.count(f"Too few to tell; that takes {FEW} or more.") == 1
    assert calibration.count("from 2.5 to 7.5 of 10") == 1
    assert "medium: no judgment yet" in calibration


def test_topics_are_those_of_the_cases() -> None:
    """In the order of the dictionary, each by its label."""
    (topic,) = look_back(practice({"B1": "clarify_first", "B3": "not_at_present"}), MANY).topics.items()
    label = next(one.label for one in FIELDS.sections if one.name == "suicide_related")
    assert topic == (label, (Met(None, 2, 1), *(Met(one, *(2, 1) if one == "high" else (0, 0)) for one in Confidence)))
    every = look_back(practice(dict.fromkeys(BUNDLED, "clarify_first"), library=BUNDLED), BUNDLED)
    assert list(every.topics) == [section.label for section in FIELDS.sections]
    assert [line.text.partition(":")[0] for line in every.blocks[1].lines] == list(every.topics)


def test_differences_that_recur_are_counted() -> None:
    library = gather(make("B1", ATTEMPT), make("B2", QUIET))
    own = ATTEMPT | {"suicide_attempts": "repeated_past"}
    training = see(begin(library, library), "not_at_present", "past_suicidal_pattern", own)
    training = see(go_to(training, "B2"), "clarify_first", "outside_scope", QUIET)
    back = look_back(training, library)
    assert back.kinds == {Kind.FACTS: 1, Kind.RULE: 1, Kind.PRIORITY: 0}
    text = as_text(back.blocks, width=1_000)
    assert "Facts that were read otherwise: in 1 of 2 judgments" in text
    assert "Too few to call it a habit" in text


def test_claims_that_no_revealed_item_brings_up_are_told() -> None:
    items = ["V01", "V02"]
    back = look_back(practice(dict.fromkeys(items, "clarify_first"), library=BUNDLED), BUNDLED)
    met = {claim for name in items for claim in BUNDLED[name].claims}
    assert {claim.id for claim in back.claims_not_met} == set(EDITION.ledger.claims) - met
    assert len(back.blocks[3].lines) == len(back.claims_not_met)


def test_with_nothing_revealed_there_is_nothing_to_tell() -> None:
    """A commitment alone tells nothing: whether it agrees would tell the answer before its time."""
    for training in (begin(LIBRARY, LIBRARY), judge(begin(LIBRARY, LIBRARY), "clarify_first")):
        back = look_back(training, LIBRARY)
        assert (back.judgments, back.topics) == (0, {})
        assert "nothing to look back on" in as_text(back.blocks)


def test_looking_back_never_marks() -> None:
    """Whatever was judged, no words of it are a percentage, a mark, a rank, or right and wrong."""
    chance = Random(4)
    mark = re.compile(r"%|\b(scor\w*|rank\w*|percent\w*|grade\w*|correct\w*|right|wrong|pass(ed)?|fail\w*)\b", re.IGNORECASE)
    for many in (1, 5, 30):
        items = chance.sample(list(BUNDLED), many)
        training = practice({name: chance.choice(list(map(str, Outcome))) for name in items}, library=BUNDLED)
        blocks = [block for block in look_back(training, BUNDLED).blocks if block.key != "claims"]
        text = as_text(blocks, width=10_000)
        assert f"of {many}" in text
        assert not mark.search(text)
        assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [("here", text)])]
