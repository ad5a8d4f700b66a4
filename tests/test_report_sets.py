"""A set on paper, and a trainee's work on one page: what each says, and what it must not tell."""

from __future__ import annotations

from datetime import date
from itertools import chain

import pytest

from kapnb.report import cards_of_set, handout_of_set, note_of_set, note_of_training
from kapnb.report.note import Leaf, Note
from kapnb.text.phrases import outcome_words
from kapnb.text.support import touches
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.session import Training, begin, choose, go_to, point, reconsider, reflect, respond
from tests.bundled import EDITION, LIBRARY
from tests.report_notes import FORMATS
from tests.test_language import FORBIDDEN, matches
from tests.training import FIELDS, judge
from tests.untold import untold

EVERY = list(LIBRARY.values())
PLAYED = [one for one in EVERY if one.interview]
SOME = [LIBRARY[name] for name in ("V05", "V38", "V43")]
DAY = date(2026, 11, 9)


def read(leaf: Leaf) -> str:
    lines = (line for block in leaf.blocks for line in block.lines)
    said = (text for line in lines for text in (line.text, *(badge.text for badge in line.badges), *line.details))
    return " ".join((leaf.title, leaf.about, *(block.title for block in leaf.blocks), *said, leaf.room))


def told(note: Note) -> str:
    parts = (line.text for block in (*note.head, *note.body) for line in block.lines)
    return " ".join((note.title, *parts, *map(read, note.leaves)))


def test_the_facilitators_sheet_tells_each_case_under_labels() -> None:
    """A leaf for each case: outcome first, then traps, what to ask, story, debrief, and a tally by hand."""
    note = note_of_set("All", EVERY, EDITION)
    assert note.apart
    assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [("sheet", told(note))])]
    for one, leaf in zip(EVERY, note.leaves, strict=True):
        found = EDITION.assess(one.answers)
        assert leaf.blocks[0].lines[0].text == outcome_words(found.outcome, found.reasons)
        labels = [block.title for block in leaf.blocks if block.title]
        assert labels[-1] == words("sheets.debrief")
        assert {words(f"sheets.{key}") for key in ("outcome", "asks", "tension")} <= {*labels}
        assert (words("sheets.trap") in labels) == bool(one.traps)
        text = read(leaf)
        assert not [part for part in (*one.story.split("\n\n"), one.tension, *one.decides) if part not in text]
        assert "[C" not in text
        assert leaf.form
        assert len(leaf.form.rows) == 5


def test_nothing_of_an_answer_is_on_a_handout() -> None:
    """Story, what was asked and not found, and room for one's own; no level, no twin, no trap, whatever the case."""
    note = handout_of_set("All", EVERY, EDITION)
    for one, leaf in zip(EVERY, note.leaves, strict=True):
        text = read(leaf)
        assert not [secret for secret in untold(one) if secret in text]
        assert not [secret for secret in (one.id, f"vignettes.level.{one.level}", *one.traps) if secret in text]
        assert leaf.form
        assert leaf.room
        assert {block.key for block in leaf.blocks} <= {"story", "words", "support"}
    assert words("sheets.content") in told(note)


def test_the_card_of_who_asks_is_the_same_for_every_story() -> None:
    """Which questions matter is for the asker to find: but for title and opening, no card differs from another."""
    leaves = cards_of_set("All", EVERY, EDITION).leaves
    played, asking = leaves[::2], leaves[1::2]
    assert len(played) == len(asking) == len(PLAYED) >= 16
    rests = set()
    for one, leaf in zip(PLAYED, asking, strict=True):
        text = read(leaf)
        assert one.interview
        assert not [secret for secret in untold(one) if secret in text]
        assert not [reply for reply in one.interview.replies.values() if reply in text]
        assert not [field.spoken for field in FIELDS.values() if field.spoken not in text]
        rests.add(text.replace(one.title, "").replace(one.interview.opening, ""))
    assert len(rests) == 1


def test_the_card_of_who_plays_has_every_reply_and_no_key() -> None:
    for one, leaf in zip(PLAYED, cards_of_set("All", EVERY, EDITION).leaves[::2], strict=True):
        text = read(leaf)
        assert one.interview
        assert not [reply for reply in one.interview.replies.values() if reply not in text]
        assert not [secret for secret in untold(one) if secret in text]


@pytest.mark.parametrize("make", [handout_of_set, note_of_set, cards_of_set])
def test_help_is_on_paper_where_a_story_touches_suicide(make: object) -> None:
    """Once at the beginning, and on each page that may get apart from it; nowhere else."""
    loud = next(one for one in PLAYED if touches(one.title, one.story))
    for one in (loud, next(one for one in EVERY if not one.interview and not touches(one.title, one.story))):
        note = make("", [one], EDITION)  # type: ignore[operator]  # each makes a note
        assert ("support" in [block.key for block in note.head]) == (one is loud)
        if make is not note_of_set:
            assert all(any(block.key == "support" for block in leaf.blocks) for leaf in note.leaves) == (
                one is loud or not note.leaves
            )


@pytest.mark.parametrize("make", [handout_of_set, note_of_set, cards_of_set])
def test_every_format_says_the_same(make: object) -> None:
    note = make("An hour <b>", SOME, EDITION)  # type: ignore[operator]  # each makes a note
    texts = list(chain.from_iterable([leaf.title, *(block.title for block in leaf.blocks), leaf.room] for leaf in note.leaves))
    for text_of in FORMATS.values():
        text = text_of(note)
        assert not [one for one in texts if one not in text]


# --- a trainee's work ---------------------------------------------------------------------------------


def work() -> Training:
    """One case with everything, one locked in, one not judged."""
    training = point(begin(LIBRARY, ["V05", "V43", "V10"]), 0, LIBRARY["V05"].story.index(".") + 1)
    training = choose(training, "prediction", "clarify_first")
    training = judge(training, "consider_with_conditions", "bipolar_stabilized", {"bipolar_disorder": "stabilized"})
    training = respond(training, LIBRARY, 0, -1, "A letter is no state.")
    training = reflect(reconsider(training, "not_at_present", "medium", "Two saw the sleep."), "Dates matter.")
    return judge(go_to(training, "V43"), "may_be_considered")


def test_a_trainees_work_keeps_four_kinds_apart() -> None:
    """Own judgment, prediction, second judgment and later thought, each under its label, and none under another's."""
    note = note_of_training(work(), LIBRARY, "R1", DAY)
    first, second = note.leaves
    found = {block.title: " ".join(line.text for line in block.lines) for block in first.blocks}
    own = outcome_words(next(one for one in EDITION.assess({}).possible if str(one) == "consider_with_conditions"))
    expected = {"own": own, "prediction": "Clarify first", "second": "Two saw the sleep.", "later": "Dates matter."}
    for key, text in expected.items():
        holding = [label for label, said in found.items() if text in said and label != words("work.follow_up")]
        assert holding == [words(f"work.{key}")], key
    story = LIBRARY["V05"].story
    assert story[: story.index(".") + 1] in found[words("work.ground")]
    assert "paragraph 2" in found[words("work.article")]
    assert "A letter is no state." in found[words("work.follow_up")]
    assert (note.title, "November 9, 2026" in told(note)) == ("R1", True)
    assert LIBRARY["V10"].title in told(note)
    assert second.title == LIBRARY["V43"].title


def test_of_a_case_that_is_not_judged_no_answer_is_told() -> None:
    """Neither outcome nor finding nor debrief."""
    text = told(note_of_training(work(), LIBRARY, "R1", DAY))
    assert not [secret for secret in untold(LIBRARY["V10"]) if secret in text]


def test_help_is_on_a_trainees_work_where_only_a_follow_up_touches_suicide() -> None:
    """The story of V59 tells of none, and nor does the first thing that is learned."""
    training = judge(begin(LIBRARY, ["V59"]))
    for place, named in ((0, False), (1, True)):
        training = respond(training, LIBRARY, place, -1, "It was asked at last.")
        assert (words("support.first") in told(note_of_training(training, LIBRARY, "R1", DAY))) is named


def test_a_trainees_work_needs_something_locked_in() -> None:
    with pytest.raises(TrainingError, match="nothing is locked in"):
        note_of_training(begin(LIBRARY, ["V05"]), LIBRARY, "R1", DAY)
