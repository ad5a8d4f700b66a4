"""Follow-ups: a response first, then what the new finding changes for this source, beside the group and never as an answer key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import as_text
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.follow_ups import ask, assess_change, count_responses
from kapnb.training.library import FollowUp
from kapnb.training.session import Training, begin, go_to, keep_known, respond, set_aside
from tests.training import ATTEMPT, EDITION, FIELDS, LIBRARY, OPEN, QUIET, TIRED, VOICES, WISH, change, gather, judge, make, see


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
