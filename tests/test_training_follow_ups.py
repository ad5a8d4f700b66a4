"""Follow-ups: a response first, then what the new finding changes for this source, beside the group and never as an answer key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import as_text
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.follow_ups import (
    GroupResponse,
    ask,
    assess_change,
    count_responses,
    explain_follow_up,
    read_group_response,
    response_words,
)
from kapnb.training.library import FollowUp, load_library
from kapnb.training.session import RESPONSES, Training, begin, go_to, keep_known, respond, set_aside
from tests import oracle
from tests.training import ATTEMPT, EDITION, FIELDS, LIBRARY, OPEN, QUIET, VOICES, WISH, change, gather, judge, make, see


def revealed(name: str = "A1") -> Training:
    return see(go_to(begin(LIBRARY, LIBRARY), name))


@pytest.mark.parametrize(
    ("answers", "changes", "direction", "possible"),
    [
        (QUIET, {"substance_use_disorder": "active"}, "more", ""),
        (QUIET, {"developmental_trauma": "yes"}, "same", ""),
        (ATTEMPT, {"structured_therapy": "stabilized_after_dbt"}, "less", ""),
        (OPEN, {"psychotic_disorder": "none"}, "less", "Fewer"),
        (OPEN, {"psychological_assessment": "incomplete"}, "same", "Fewer"),
        (WISH, {"suicidal_ideation": "none"}, "same", ""),
        (QUIET, {"ocd": "yes"}, "more", ""),
        (QUIET | {"psychological_assessment": "incomplete"}, {"suicidal_ideation": "passive"}, "same", "More"),
    ],
)
def test_where_a_new_finding_moves_the_outcome(
    answers: dict[str, str], changes: dict[str, str], direction: str, possible: str
) -> None:
    """More cautious, less cautious or the same; and, apart from that, whether fewer or more outcomes are possible."""
    vignette = make("A1", answers, follow_ups=(FollowUp("You then learn …", changes, "Why."),))
    library = gather(vignette)
    before, after = assess_change(library, vignette, vignette.follow_ups[0])
    was, now = before.outcome.caution, after.outcome.caution
    assert direction == ("same" if was == now else "more" if now > was else "less")
    moved = explain_follow_up(respond(see(begin(library, library)), library, 0, 0), library, 0)[1]
    assert [line.text.partition(" outcomes")[0] for line in moved.lines if " outcomes are possible" in line.text] == (
        [possible] if possible else []
    )


def test_a_change_is_that_of_the_engine_on_the_whole_library() -> None:
    """Each follow-up of each vignette, against the table of the guidance: outcome and possible outcomes before and after."""
    library, count = load_library(EDITION), 0
    for vignette in library.values():
        for follow_up in vignette.follow_ups:
            before, changed = assess_change(library, vignette, follow_up)
            after = {**vignette.answers, **follow_up.changes}
            after = {name: given for name, given in after.items() if oracle.asked(name, after)}
            assert {str(one) for one in changed.possible} == oracle.possible(after)
            assert {str(one) for one in before.possible} == oracle.possible(vignette.answers)
            count += 1
    assert count >= 24


def test_nothing_is_shown_before_the_response() -> None:
    training = revealed()
    assert [one.response for one in ask(training, LIBRARY)] == [None, None]
    for place in (0, 1, 2, -1):
        with pytest.raises(TrainingError, match="after the response"):
            explain_follow_up(training, LIBRARY, place)
    training = respond(training, LIBRARY, 0, -2)
    assert [one.response for one in ask(training, LIBRARY)] == [-2, None]
    assert explain_follow_up(training, LIBRARY, 0)
    with pytest.raises(TrainingError, match="after the response"):
        explain_follow_up(training, LIBRARY, 1)


def test_what_is_asked_tells_no_change() -> None:
    """A follow-up as it is asked holds what is learned, and neither the question that it is about nor the reasoning."""
    said = repr(ask(revealed(), LIBRARY))
    assert "substance_use_disorder" not in said
    assert "Order of treatment" not in said


def test_a_follow_up_is_explained_with_the_response_first_and_the_reasoning_last() -> None:
    blocks = explain_follow_up(respond(revealed(), LIBRARY, 0, 1), LIBRARY, 0)
    keys = [block.key for block in blocks]
    assert (keys[:3], keys[-1]) == (["response", "moved", "changed"], "reasoning")
    text = as_text(blocks, width=1_000)
    for part in ("KAP fits more", "Before: May be considered", "more cautious than before", "Active", "Order of treatment."):
        assert part in text


def test_the_group_stands_beside_without_names_and_without_a_verdict() -> None:
    group = [
        *(GroupResponse("A1", f"R{at}", "substance_use_disorder", "active", -2) for at in range(4)),
        GroupResponse("A1", "R5", "substance_use_disorder", "active", 1),
        GroupResponse("A1", "R6", "substance_use_disorder", "active", None),
        GroupResponse("A1", "R7", "substance_use_disorder", "in_recovery", 2),
        GroupResponse("A2", "R8", "substance_use_disorder", "active", 2),
    ]
    assert count_responses(group, "A1", "substance_use_disorder", "active") == {-2: 4, 1: 1}
    (first, *_) = explain_follow_up(respond(revealed(), LIBRARY, 0, 1), LIBRARY, 0, group)
    assert [line.text for line in first.lines[1:3]] == [
        words("supervision.times", outcome="KAP fits much less", count=4),
        words("supervision.times", outcome="KAP fits more", count=1),
    ]
    assert [badge.text for badge in first.lines[2].badges] == ["you"]
    assert "R1" not in as_text([first])


def test_a_row_of_the_responses_table_is_read() -> None:
    row = {"case_id": "A1", "rater": "R1", "field": "ocd", "answer": "yes", "response": "-1", "comment": None}
    assert read_group_response(row) == GroupResponse("A1", "R1", "ocd", "yes", -1)
    assert read_group_response({**row, "response": None}).response is None


def test_a_follow_up_that_brings_up_ideation_brings_its_support() -> None:
    assert [bool(one.support) for one in ask(revealed("A5"), LIBRARY)] == [True]
    assert [bool(one.support) for one in ask(revealed(), LIBRARY)] == [False, False]


def test_each_response_has_its_words() -> None:
    assert len({response_words(one) for one in RESPONSES}) == len(RESPONSES) == 5


def test_a_new_answer_drops_those_that_no_longer_apply() -> None:
    _, after = assess_change(LIBRARY, make("A4", WISH), FollowUp("Learn.", {"suicidal_ideation": "none"}, "Why."))
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
    assert explain_follow_up(respond(after, library, 0, 1), library, 0)
    aside = set_aside(both, without := gather(library["A2"]))
    assert ask(aside, without) == ()
    assert [one.place for one in ask(set_aside(after, without), without)] == [0, 1]


def test_a_library_with_fewer_follow_ups_than_were_answered_says_so() -> None:
    training = respond(revealed(), LIBRARY, 1, 0)
    fewer = change(replace(LIBRARY["A1"], follow_ups=LIBRARY["A1"].follow_ups[:1]))
    with pytest.raises(TrainingError, match="no such follow-up"):
        explain_follow_up(training, fewer, 1)
