"""The training page without a browser: what its regions hold at each step, and what no event can make them hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb.engine.outcomes import Outcome
from kapnb.group.discussion import rank_disputes
from kapnb.group.judgments import read_judgment
from kapnb.tables.read import read_cases, read_judgments, read_responses
from kapnb.text.html import join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.export import JUDGMENTS, RESPONSES, as_csv
from kapnb.training.library import SUICIDAL, load_library
from kapnb.training.saving import save
from kapnb.training.session import Passage
from kapnb.training.sets import LENGTHS, Selection, load_set, save_set
from kapnb.ui.page import Download
from kapnb.ui.training import TrainingPage, read_table
from kapnb.ui.training_desk import split_paragraphs, split_sentences, write_pieces
from kapnb.ui.training_reveal import compare_stories
from kapnb.ui.training_visit import Part
from kapnb.ui.widget import RESTORE, STORAGE, Event
from tests.toy_pack import find_strays, toy
from tests.training import EDITION, FIELDS, as_case
from tests.training import LIBRARY as STANDINS
from tests.untold import untold

if TYPE_CHECKING:
    from kapnb.engine.edition import Edition
    from kapnb.training.library import Vignette

__all__ = ["toy"]

ROOT = Path(__file__).parent.parent.parent
LIBRARY = load_library(EDITION)


def share(*items: str) -> bytes:
    """The file of a set."""
    return save_set(Selection(items), EDITION).encode()


class Trainee:
    """Does to the page what its reader does."""

    def __init__(self, *items: str, gate: bool = True, edition: Edition | None = EDITION) -> None:
        self.page = TrainingPage(edition)
        self.sent: list[Any] = []
        self.page.widget.download = self._keep  # type: ignore[method-assign,union-attr]
        if gate:
            self.say("confirm", value=True)
        if items:
            self.load("set", share(*items)).say("begin").enter()

    def _keep(self, name: str, data: bytes) -> None:
        self.sent.append(Download(name, data))

    def say(self, action: str, name: str = "", value: Any = None, **more: Any) -> Trainee:
        self.page.act(Event(action, name, value, **more))
        return self

    def load(self, name: str, data: bytes) -> Trainee:
        return self.say("file", name, len(data), files=(data,))

    def enter(self) -> Trainee:
        return self.say("enter") if self.page.state.training and self.page.state.gated else self

    def choose(self, outcome: str = "clarify_first", finding: str = "none") -> Trainee:
        return self.enter().say("outcome", value=outcome).say("confidence", value="high").say("finding", value=finding)

    def commit(self, **chosen: str) -> Trainee:
        return self.choose(**chosen).say("commit").say("commit_sure")

    def reveal(self) -> Trainee:
        return self.say("reveal")

    @property
    def problem(self) -> str:
        notice = self.page.notice or self.page.state.notice
        return " ".join(notice.lines) if notice and notice.problem else ""

    @property
    def kept(self) -> str:
        """What the browser keeps."""
        return str(self.page.widget.saved)  # type: ignore[union-attr]

    @property
    def shown(self) -> str:
        """Everything that the browser has."""
        state = self.page.widget.get_state()  # type: ignore[union-attr]
        return unescape(
            json.dumps({name: value for name, value in state.items() if name[0] != "_"}, ensure_ascii=False, default=str)
        )

    def part(self, *names: str) -> str:
        return "".join(str(getattr(self.page.widget, f"html_{name}")) for name in names)

    @property
    def rest(self) -> str:
        """What a reveal adds below the story and the judgment."""
        return self.part("source", "rest")


# --- before the commitment -----------------------------------------------------------------------------


def test_nothing_of_an_answer_goes_down_before_the_commitment() -> None:
    """Of no vignette does any widget hold a debrief, a finding, a follow-up or what its twin says, until it is committed."""
    trainee = Trainee(*LIBRARY)
    told = 0
    for name, vignette in LIBRARY.items():
        trainee.say("go", value=name).choose().say("marking").say("recording")
        trainee.say("commit")
        shown = trainee.shown
        assert vignette.title in shown
        assert [piece for piece in untold(vignette) if piece in shown] == []
        told += len(untold(vignette))
    assert told > 10 * len(LIBRARY)


def test_what_is_secret_is_told_after_the_reveal() -> None:
    """The same stretches of text are there afterwards: the check above could fail."""
    trainee = Trainee("V05").commit().reveal()
    assert sum(piece in trainee.shown for piece in untold(LIBRARY["V05"])) > 5


@pytest.mark.parametrize(
    ("action", "name", "value"),
    [
        ("reveal", "", ""),
        ("lean", "", "1"),
        ("respond", "0", ""),
        ("annotate", "", ""),
        ("commit", "", ""),
        ("commit_sure", "", ""),
    ],
)
def test_a_crafted_message_reveals_nothing(action: str, name: str, value: str) -> None:
    """What comes after a commitment is refused before it, kindly, and nothing changes."""
    trainee = Trainee("V05", "V07")
    before, shown = trainee.page.state.training, trainee.rest
    trainee.say("note", value="I was told.").say(action, name, value)
    assert trainee.page.state.training == before
    assert trainee.rest == shown == ""
    assert trainee.problem
    assert words("training_page.refused") in trainee.shown


@pytest.mark.parametrize("revealed", [False, True])
@pytest.mark.parametrize(
    "event",
    [
        Event("outcome", value="not_recommended"),
        Event("outcome", value=""),
        Event("confidence", value="low"),
        Event("finding", value="ocd"),
        Event("record", "ocd", "yes"),
        Event("clear", "ocd"),
        Event("mark", "1-20"),
        Event("unmark"),
        Event("commit"),
        Event("commit_sure"),
    ],
    ids=lambda event: f"{event.action} {event.value}",
)
def test_a_crafted_message_changes_no_commitment(event: Event, *, revealed: bool) -> None:
    """Whatever is said after the commitment, the judgment stays, and the page tells so."""
    trainee = Trainee("V05").commit()
    if revealed:
        trainee.reveal()
    before = trainee.page.state.training
    trainee.page.act(event)
    assert trainee.page.state.training == before
    assert words("training.committed") in trainee.problem
    assert 'data-action="outcome"' not in trainee.part("judgment")


def test_the_commitment_takes_two_steps() -> None:
    """One word asks, the second commits; anything chosen in between takes the question back."""
    trainee = Trainee("V05").choose().say("commit_sure")
    assert trainee.page.state.training
    assert trainee.page.state.training.now.open
    trainee.say("confidence", value="low")
    assert "training-commit" not in trainee.part("judgment")
    trainee.say("commit").say("commit_sure")
    assert not trainee.page.state.training.now.open


def test_a_confirmation_that_was_not_taken_commits_after_a_restore() -> None:
    """It names the draft: it commits what was confirmed, and asks again where the draft is another one."""
    lost = Trainee("V05").choose().say("commit")
    sure = re.findall(r'data-action="commit_sure" data-value="(\w+)"', lost.part("judgment"))[0]
    for changed in (False, True):
        again = Trainee().say(RESTORE, value=lost.kept)
        if changed:
            again.say("confidence", value="low")
        again.say("commit_sure", value=sure, about="V05")
        assert again.page.state.under_way.now.open is changed
        assert again.page.state.asking == ("commit" if changed else "")


def test_what_comes_late_is_not_taken_for_another_case() -> None:
    trainee = Trainee("V05", "V07").choose().say("go", value="V07")
    trainee.say("outcome", value="not_recommended", about="V05").say("commit_sure", about="V05")
    assert trainee.page.state.under_way.attempts["V07"].draft.outcome is None
    assert words("training_page.other_case")[1:] in trainee.problem


def test_everything_that_is_missing_is_told_at_once() -> None:
    trainee = Trainee("V05").say("commit")
    for name in ("outcome", "confidence", "finding"):
        assert words(f"training.missing_{name}") in trainee.problem


def test_nothing_is_shown_before_the_gate() -> None:
    """Without the gate no set is begun, and what the browser kept is not drawn."""
    kept = save(Trainee("V05").commit().reveal().page.state.under_way)
    trainee = Trainee(gate=False).say("begin")
    assert trainee.page.state.training is None
    trainee.say(RESTORE, value=kept)
    assert trainee.page.state.training
    assert "training-gate" in trainee.part("head")
    assert trainee.part("story", "judgment", "source", "rest") == ""
    trainee.say("confirm", value=True)
    assert LIBRARY["V05"].title in trainee.part("story")


def test_a_message_of_no_script_is_a_trouble_with_a_number() -> None:
    """The number leads to the log, and everything stays."""
    trainee = Trainee("V05").choose()
    before = trainee.page.state.training
    trainee.say("tell_me")
    assert trainee.page.state.training == before
    assert re.search(r"[0-9a-f]{8}", trainee.problem)


# --- a set ---------------------------------------------------------------------------------------------


def propose(trainee: Trainee) -> tuple[str, ...]:
    trainee.say("begin")
    items = trainee.page.state.under_way.items if trainee.page.state.training else ()
    trainee.say("anew")
    return tuple(one.id for one in items)


def test_the_skip_filter_holds_for_every_choice() -> None:
    """No topic, length, order, twin or shared set brings up suicidal ideation when it is skipped."""
    trainee = Trainee().say("skip", value=True)
    seen: set[str] = set()
    for section in FIELDS.sections:
        trainee.say("topic", section.name, value=True)
        for minutes in (*LENGTHS, "all"):
            for twin in (True, False):
                for order in ("mixed", "claims"):
                    trainee.say("minutes", value=str(minutes)).say("twins", value=twin).say("order", value=order)
                    seen.update(propose(trainee))
        trainee.say("topic", section.name, value=False)
    trainee.load("set", share(*LIBRARY))
    shared = propose(trainee)
    assert seen
    assert set(shared) == {name for name, one in LIBRARY.items() if not SUICIDAL & LIBRARY.find_content(name)}
    assert [name for name in seen if SUICIDAL & LIBRARY.find_content(name)] == []


def test_the_skip_filter_holds_on_the_way() -> None:
    """A training that was begun without it is gone through without what involves suicidal ideation, from where it is ticked."""
    names = [
        next(name for name, one in LIBRARY.items() if bool(SUICIDAL & LIBRARY.find_content(name)) is loud) for loud in (False, True)
    ]
    trainee = Trainee(names[0], names[1]).say("skip", value=True).say("next")
    assert trainee.page.state.part is Part.BACK


def test_content_notes_come_before_the_story() -> None:
    """A story that involves suicidal ideation is not there until somebody asks for it; others show their notes above it."""
    loud = next(one for one in LIBRARY.values() if SUICIDAL & set(one.content))
    other = Trainee()
    other.load("set", share(loud.id)).say("begin")
    assert words(f"vignettes.content.{loud.content[0]}") in other.part("story")
    assert loud.story[:60] not in other.shown
    assert other.part("judgment") == ""
    other.say("enter")
    assert loud.story[:60] in other.part("story")


def test_a_set_comes_back_from_its_file() -> None:
    trainee = Trainee().say("share")
    data = trainee.sent[0].data
    selection, messages = load_set(data, EDITION)
    assert selection.items
    assert not messages
    trainee.load("set", data)
    assert "training-source-own" in trainee.part("head")
    assert propose(trainee) == selection.items


def test_something_said_moves_nothing_below_it() -> None:
    """The page is compared piece by piece: a notice has its own place, so that what is folded open below stays open."""
    assert Trainee().part("head").startswith("<div hidden></div><h2")
    told = Trainee().say("title", value="For somebody@example.org").say("share")
    assert told.part("head").startswith('<div><div class="trouble"')


def test_single_cases_are_picked_for_a_set_with_a_title_and_a_note() -> None:
    """They come in the order of picking and back from the file, nothing of an answer is in the list, and what is off is told."""
    trainee = Trainee().say("pick", "V05", value=True)
    assert trainee.problem
    assert "training-pick-" not in trainee.shown
    trainee.say("picking", value=True)
    for name in LIBRARY:
        assert f'id="training-pick-{name}"' in trainee.part("head")
        assert [piece for piece in untold(LIBRARY[name]) if piece in trainee.shown] == []
    for name, on in (("V07", True), ("V05", True), ("V01", True), ("V07", False), ("V07", True)):
        trainee.say("pick", name, value=on)
    assert trainee.say("pick", "V99", value=True).problem
    trainee.say("title", value=" An hour on doubt ").say("set_note", value="Read slowly.").say("share")
    shared, messages = load_set(trainee.sent[-1].data, EDITION)
    assert (shared.items, shared.title, shared.note, messages) == (("V05", "V01", "V07"), "An hour on doubt", "Read slowly.", ())
    count = len(trainee.sent)
    assert trainee.say("title", value="For somebody@example.org").say("share").problem
    assert len(trainee.sent) == count
    trainee.say("title").say("begin")
    assert [one.id for one in trainee.page.state.under_way.items] == ["V05", "V01", "V07"]
    assert "Read slowly." in trainee.part("head")


def test_the_facilitators_sheet_is_never_told_to_whoever_still_judges() -> None:
    """It takes two steps, and none leads to it while a case of a training waits for its judgment."""
    trainee = Trainee().say("sheet", "html")
    assert trainee.problem
    trainee.say("ask_sheet").say("sheet", "html").say("ask_sheet").say("sheet", "docx")
    assert [one.name.rpartition(".")[2] for one in trainee.sent] == ["html", "docx"]
    rows = read_cases(trainee.say("ask_sheet").say("sheet", "cases").sent[-1].data)
    assert [LIBRARY[name].story for name in rows["case_id"]] == list(rows["vignette"])
    judging = Trainee("V05")
    assert judging.say("ask_sheet").problem
    assert judging.say("sheet", "cases").problem
    assert judging.say("sheet", "html").problem
    assert judging.sent == []


# --- another pack ---------------------------------------------------------------------------------------


def test_a_training_under_another_pack_says_nothing_of_the_first(toy: Edition) -> None:
    """The page, what the browser keeps, what is downloaded, and the sheet of its one vignette; files of the first are refused."""
    trainee, item = Trainee(edition=None), next(iter(load_library(toy)))
    trainee.say("share").say("ask_sheet").say("sheet", "html").say("ask_sheet").say("sheet", "cases")
    shown = trainee.shown
    trainee.load("set", trainee.sent[0].data).say("begin").enter().say("recording").choose()
    shown += trainee.shown
    trainee.say("commit").say("commit_sure").reveal()
    shown += trainee.shown
    trainee.say("label", value="R1").say("export", "judgments").say("save").say("back")
    shown += trainee.shown + "".join(one.data.decode() if isinstance(one.data, bytes) else one.data for one in trainee.sent)
    assert load_library(toy)[item].title in shown
    assert json.loads(trainee.kept)["pack"] == "toy"
    assert find_strays(shown) == []
    assert Trainee("V05").load("load", trainee.kept.encode()).problem
    assert Trainee(edition=None).load("set", share("V05")).problem
    assert Trainee(edition=None).say(RESTORE, value=(ROOT / "tests/data/training_v1.json").read_text("utf-8")).problem


# --- over a reload, and as files -----------------------------------------------------------------------


def test_a_kept_training_comes_back_as_it_was() -> None:
    """Drafts, marks, fields, commitments and notes; and what was not revealed is not revealed by it."""
    trainee = Trainee("V05", "V07").commit().reveal().say("note", value="A new thought.").say("annotate")
    trainee.say("next").choose(outcome="not_at_present").say("mark", "0-30", value=True)
    trainee.say("record", "ocd", "no")
    again = Trainee().say(RESTORE, value=trainee.kept)
    assert again.page.state.training == trainee.page.state.training
    assert again.part("judgment") == trainee.part("judgment")
    assert "<mark" in again.part("story")
    assert dict(again.page.state.under_way.now.draft.fields) == {"ocd": "no"}
    assert again.kept == trainee.kept


@pytest.mark.parametrize("broken", ["", "{", '{"format": "kapnb training"}', "changed"])
def test_a_kept_training_that_was_changed_is_set_aside(broken: str) -> None:
    """It is refused, its problems are told, the browser is told to set it aside, and nothing is revealed."""
    kept = Trainee("V05").commit().kept
    text = kept.replace('"high"', '"highest"') if broken == "changed" else broken
    trainee = Trainee().say(RESTORE, value=text)
    assert trainee.page.state.training is None
    assert trainee.problem
    assert trainee.page.widget.refused
    assert trainee.part("judgment") == ""


def test_a_training_under_way_is_not_overtaken_by_a_kept_one() -> None:
    """A crafted restore cannot bring an earlier state back, nor can the file of one."""
    trainee = Trainee("V05").choose()
    earlier = trainee.kept
    trainee.commit().reveal()
    before = trainee.page.state.training
    assert trainee.say(RESTORE, value=earlier).problem
    assert trainee.load("load", earlier.encode()).problem
    assert trainee.page.state.training == before


def test_a_second_tab_does_not_commit_anew() -> None:
    """What was committed stays, also against the file of a tab that saw the answer first and then went another way."""
    trainee = Trainee("V05", "V07")
    open_still = trainee.kept
    other = Trainee().say(RESTORE, value=open_still).commit(outcome="not_at_present")
    trainee.commit(outcome="clarify_first").reveal()
    before = trainee.page.state.training
    for step in ("commit", "reveal", "next"):
        assert trainee.load("load", other.kept.encode()).problem, step
        assert trainee.page.state.training == before
        other.reveal() if step == "commit" else other.say("next").commit()
    further = Trainee().load("load", save(before).encode()).say("next").choose()
    assert not trainee.load("load", further.kept.encode()).problem


def test_no_case_takes_the_place_of_one_that_is_judged() -> None:
    """A set whose case has the id of a twin that waits is refused while a training is under way, and nothing is told by it."""
    crafted = save_set(Selection(("V07",), (replace(as_case(STANDINS["A1"]), case_id="V07"),)), EDITION).encode()
    trainee = Trainee("V05", "V07").commit()
    assert trainee.load("set", crafted).problem
    assert trainee.page.state.own == ()
    kept = trainee.kept
    trainee = Trainee().load("set", crafted).load("load", kept.encode()).reveal()
    shown = EDITION.assess(LIBRARY["V07"].answers)
    assert words("training.twin_waits") in trainee.rest
    assert words("explanation.near") not in trainee.rest
    assert outcome_words(shown.outcome) not in trainee.rest.partition('class="twin"')[2]


def test_saved_and_loaded_is_the_same() -> None:
    trainee = Trainee("V05").commit().reveal().say("save")
    again = Trainee().load("load", trainee.sent[0].data)
    assert again.page.state.training == trainee.page.state.training
    assert again.page.state.part is Part.PRACTICE


def test_what_the_browser_does_not_keep_can_be_saved_as_a_file() -> None:
    """The button beside the note on storage gives the training, before the gate too; without one it says so."""
    trainee = Trainee("V05").commit().say(STORAGE, value={"kept": False, "elsewhere": False, "aside": 0})
    assert 'data-action="save_kept"' in trainee.part("notices")
    trainee.say("save_kept")
    assert trainee.sent[-1].data.decode() == trainee.kept
    closed = Trainee(gate=False).say(RESTORE, value=trainee.kept).say("save_kept")
    assert closed.sent[-1].data.decode() == trainee.kept
    assert words("training_page.no_training")[1:] in Trainee().say("save_kept").problem
    assert words("training_page.no_training")[1:] in Trainee().say("save").problem


def test_cases_of_ones_own_are_not_kept_and_are_waited_for() -> None:
    """Nothing of their answers stays in the browser; brought again, the training goes on; another one sets it aside."""
    data = save_set(Selection(tuple(STANDINS), tuple(map(as_case, STANDINS.values()))), EDITION).encode()
    trainee = Trainee().load("set", data).say("begin").commit()
    kept = trainee.kept
    assert json.loads(kept)["events"][0]["fields"] == {}
    assert not [answer for answer in STANDINS["A2"].answers.values() if f'"{answer}"' in kept]
    again = Trainee().say(RESTORE, value=kept)
    assert again.page.state.training is None
    assert again.page.widget.saved is None  # what is there stays there
    other = Trainee().say(RESTORE, value=kept).say("begin")
    assert other.page.widget.refused
    again.load("set", data)
    assert again.page.state.training == trainee.page.state.training


def test_an_export_is_a_deliberate_act_and_is_read_by_supervision() -> None:
    """It needs a label that names nobody; the tables pass the checks, and the overview of a group takes them."""
    trainee = Trainee("V05", "V07").commit(finding="bipolar_not_stabilized").reveal()
    trainee.say("lean", value="-1").say("respond", re.findall(r"training-asked-(\d)", trainee.rest)[0])
    assert trainee.say("export", "judgments").problem
    assert trainee.say("label", value="jo@example.org").say("export", "judgments").problem
    assert "example.org" not in trainee.problem
    trainee.say("label", value="R1").say("export", "judgments").say("export", "responses")
    judgments, responses = (one.data for one in trainee.sent)
    frame = read_judgments(judgments)
    assert [*frame["case_id"]] == ["V05"]
    read = [read_judgment(row, EDITION) for row in frame.to_dict("records")]
    assert (read[0].outcome, read[0].deciding_finding) == (Outcome.CLARIFY_FIRST, "bipolar_not_stabilized")
    other = Trainee("V05").commit(outcome="not_recommended").say("label", value="R2").say("export", "judgments")
    group = [*read, *(read_judgment(row, EDITION) for row in read_judgments(other.sent[0].data).to_dict("records"))]
    assert [one.case_id for one in rank_disputes(group)] == ["V05"]
    assert len(read_responses(responses)) == 1


# --- what is drawn -------------------------------------------------------------------------------------


@given(st.text(alphabet='aB .!?\n\u2019"😀', max_size=80))
def test_sentences_cover_a_story(story: str) -> None:
    """Sentences lie apart, in order, within their paragraphs, and leave out nothing but space."""
    found = [one for start, end in split_paragraphs(story) for one in split_sentences(story, start, end)]
    assert all(one.end <= other.start for one, other in pairwise(found))
    kept = {at for one in found for at in range(one.start, one.end)}
    assert all(story[at].isspace() for at in range(len(story)) if at not in kept)


@given(st.text(min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4))
def test_marks_change_no_letter_of_a_story(story: str, pairs: list[tuple[int, int]]) -> None:
    """However passages lie, the pieces are the story, and each knows its place."""
    apart, last = [], 0
    for start, end in sorted(pairs):
        if last < start < end <= len(story):
            apart.append(Passage(start, end))
            last = end
    pieces = "".join(write_pieces(story, 0, len(story), apart))
    story = unescape(join((story,)))  # as a page shows it: one sign for one
    texts = re.findall(r'data-at="(\d+)">(.*?)</', pieces, flags=re.DOTALL)
    assert "".join(unescape(text) for _, text in texts) == story
    assert all(story[int(at) :].startswith(unescape(text)) for at, text in texts)
    assert pieces.count("<mark") == len(apart)


def test_a_sentence_is_marked_and_unmarked() -> None:
    trainee = Trainee("V05").say("marking")
    name = re.findall(r'data-name="(\d+-\d+)"', trainee.part("story"))[2]
    trainee.say("mark", name, value=True)
    assert trainee.part("story").count("<mark") == 1
    trainee.say("mark", name, value=False)
    assert "<mark" not in trainee.part("story")
    assert trainee.say("mark", "x-9", value=True).problem


@pytest.mark.parametrize(("one", "other"), LIBRARY.pairs, ids=lambda one: one.id)
def test_twins_differ_in_few_sentences(one: Vignette, other: Vignette) -> None:
    """What is highlighted is in one story and not in the other, and it is the smaller part."""
    here, there = compare_stories(one.story, other.story)
    assert here
    assert there
    assert all(one.story[part.start : part.end] not in other.story for part in here)
    assert sum(part.end - part.start for part in here) < len(one.story) / 2


def test_the_twin_stands_beside_once_both_are_committed() -> None:
    """Before that it waits, and its story is not there; afterwards the differing sentences are set off in both."""
    trainee = Trainee("V05", "V07").commit().reveal()
    assert words("training.twin_waits") in trainee.rest
    trainee.say("next").commit().reveal()
    assert trainee.rest.count("<mark") >= 2


def test_each_revealed_case_shows_its_own_answer() -> None:
    """What is remembered of a reveal is never shown beside another case."""
    trainee = Trainee("V05", "V01").commit().reveal()
    first = trainee.part("source")
    second = trainee.say("next").commit().reveal().part("source")
    assert trainee.say("go", value="V05").part("source") == first != second


def test_one_follow_up_at_a_time() -> None:
    """The next one, and what the source makes of one, are not there before the response."""
    trainee = Trainee("V01").commit().reveal()
    follow_ups = LIBRARY["V01"].follow_ups
    for at, one in enumerate(follow_ups):
        assert one.learn in trainee.rest.replace("&#x27;", "'")
        assert one.reasoning not in trainee.rest
        assert all(later.learn not in trainee.rest for later in follow_ups[at + 1 :])
        assert trainee.say("respond", str(at)).problem
        trainee.say("lean", value="0").say("respond", str(at))
        assert one.reasoning.replace("'", "&#x27;") in trainee.rest
    assert "training-asked" not in trainee.rest


def test_a_follow_up_keeps_its_number() -> None:
    """It is numbered by its place among those that are asked, whatever was responded to first, and never beyond their count."""
    trainee = Trainee("V01").commit().reveal()
    count = len(LIBRARY["V01"].follow_ups)
    trainee.page.state = replace(trainee.page.state, leaning=1)
    trainee.say("respond", str(count - 1))
    numbers = re.findall(r"<h3>(New finding[^<]*)</h3>", trainee.rest)
    assert numbers == [words("training_page.follow_up", number=number, count=count) for number in (count, 1)]


def test_a_plot_gives_the_reason_with_what_the_source_would_clarify() -> None:
    """Whoever hears the two plots of a reveal is told why the source would clarify first, as whoever reads the page is."""
    item = next(name for name, one in LIBRARY.items() if EDITION.assess(one.answers).outcome is Outcome.CLARIFY_FIRST)
    assessment = EDITION.assess(LIBRARY[item].answers)
    trainee = Trainee()
    rows = as_csv([{"case_id": item, "rater": "R1", "outcome": "not_recommended"}], JUDGMENTS, FIELDS)
    trainee.page.state = replace(trainee.page.state, panel=read_table("panel", rows, EDITION))
    trainee.load("set", share(item)).say("begin").commit().reveal()
    labels = [unescape(one) for one in re.findall(r'aria-label="([^"]*)"', trainee.part("judgment", "source"))]
    about = [label for label in labels if words("training_page.positions").split("{")[0] in label]
    assert len(about) >= 2
    assert all(outcome_words(assessment.outcome, assessment.reasons) in label for label in about)


def test_judgments_of_others_are_shown_after_the_reveal_only() -> None:
    """Their spread is drawn beside the source, and nothing of it is there before."""
    trainee = Trainee()
    judged = ({"case_id": "V05", "rater": f"R{at}", "outcome": "not_recommended"} for at in range(3))
    rows = as_csv(judged, JUDGMENTS, FIELDS)
    panel = read_table("panel", rows, EDITION)
    trainee.page.state = replace(trainee.page.state, panel=panel)
    trainee.load("set", share("V05")).say("begin").commit()
    assert "spread-plot" not in trainee.shown
    trainee.reveal()
    assert "spread-plot" in trainee.rest
    assert words("supervision.times", outcome=words("outcomes.not_recommended"), count=3) in trainee.rest


def test_responses_of_others_are_shown_beside_ones_own() -> None:
    """Their spread over a follow-up is there once one's own response is given, and not before."""
    first = LIBRARY["V01"].follow_ups[0]
    field, answer = next(iter(first.changes.items()))
    mine = {"case_id": "V01", "field": field, "answer": answer, "response": "-2"}
    rows = [{**mine, "rater": f"R{at}"} for at in range(4)]
    trainee = Trainee("V01").commit().reveal()
    trainee.page.state = replace(trainee.page.state, group=read_table("group", as_csv(rows, RESPONSES, FIELDS), EDITION))
    trainee.say("lean", value="0")
    told = words("supervision.times", outcome=words("training.fits_much_less"), count=4)
    assert told not in trainee.shown
    trainee.say("respond", "0")
    assert told in trainee.shown


def test_looking_back_counts_what_was_revealed() -> None:
    """A dot for each revealed judgment; a commitment that was not revealed tells nothing."""
    trainee = Trainee("V05", "V01", "V10").commit().reveal().say("next").commit().say("back")
    back = trainee.rest
    assert len(re.findall(r'class="(?:agreed|differed)"', back)) == 1
    assert "%" not in back


# --- how much is done for an event -----------------------------------------------------------------------


def count_calls(trainee: Trainee, action: str, value: Any = None) -> list[str]:
    """The functions of kapnb that an event calls, one entry for each call."""
    called: list[str] = []

    def look(frame: Any, event: str, _: object) -> None:
        if event == "call" and "/kapnb/" in frame.f_code.co_filename and "/tests/" not in frame.f_code.co_filename:
            called.append(frame.f_code.co_qualname)

    sys.setprofile(look)
    try:
        trainee.say(action, value=value)
    finally:
        sys.setprofile(None)
    return called


def test_nothing_is_explained_or_saved_again_where_nothing_happened() -> None:
    """What is typed or asked for is no reason to ask the engine again, and an addition is saved."""
    trainee = Trainee("V01").commit().reveal().say("lean", value="1").say("respond", "0")
    heavy = {"explain_reveal", "explain", "Edition.assess", "assess_change", "save", "locate", "compare"}
    assert heavy >= {"explain_reveal", "save"}
    for action, value in (("lean", "0"), ("note", "Another thought."), ("ask_export", None), ("unask", None)):
        called = count_calls(trainee, action, value)
        assert heavy.isdisjoint(called), action
    assert "save" in count_calls(trainee, "annotate")
    assert "explain_reveal" in count_calls(Trainee("V05").commit(), "reveal")


def test_asking_to_commit_commits_nothing() -> None:
    """Whether it could be committed is a question, and not answered by doing it."""
    trainee = Trainee("V01").choose()
    called = count_calls(trainee, "commit")
    assert {"check_event", "ask_to_commit"} <= set(called)
    assert {"commit", "apply_event", "save"}.isdisjoint(called)


# --- all of the library in one session -------------------------------------------------------------------


@pytest.mark.slow
def test_a_session_of_the_whole_library_stays_light() -> None:
    """Over 48 cases and more: neither pandas nor numpy is imported, memory stays flat, and a step takes no longer at the end."""
    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    seen = json.loads(done.stdout)
    assert seen["cases"] >= 48
    assert seen["heavy"] == []
    assert seen["last_mb"] - seen["first_mb"] < 8
    assert seen["last_ms"] < 3 * seen["first_ms"] + 10
    assert seen["problems"] == []


WALK = """
import json, re, statistics, sys, time
from kapnb.ui.training import TrainingPage
from kapnb.ui.widget import Event

page, spent, sizes, problems = TrainingPage(), [], [], []

def say(action, name="", value=None):
    start = time.process_time()
    page.act(Event(action, name, value))
    spent[-1].append(time.process_time() - start)
    notice = page.notice or page.state.notice
    if notice and notice.problem:
        problems.append([action, *notice.lines])

def size():
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * 4096 / 2**20

spent.append([])
say("confirm", value=True)
say("minutes", value="all")
say("begin")
cases = len(page.state.training.items)
for _ in range(cases):
    spent.append([])
    if page.state.gated:
        say("enter")
    say("record", "ocd", "yes")
    for action, value in (("outcome", "clarify_first"), ("confidence", "high"), ("finding", "none")):
        say(action, value=value)
    for action in ("commit", "commit_sure", "reveal"):
        say(action)
    while found := re.search("training-asked-([0-9])", page.widget.html_rest):
        say("lean", value="1")
        say("respond", found[1])
    say("note", value="Another thought.")
    say("annotate")
    say("next")
    sizes.append(size())
print(json.dumps({
    "cases": cases,
    "heavy": [name for name in ("pandas", "numpy") if name in sys.modules],
    "first_mb": sizes[7],
    "last_mb": sizes[-1],
    "first_ms": 1000 * statistics.median(sum(spent[1:13], [])),
    "last_ms": 1000 * statistics.median(sum(spent[-12:], [])),
    "problems": problems,
}))
"""
