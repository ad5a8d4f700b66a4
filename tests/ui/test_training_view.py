"""The training page without a browser: what its widgets hold at each step, and what no message can make them hold."""

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

from kapnb.engine.edition import assess
from kapnb.engine.fields import load_fields
from kapnb.engine.outcomes import Outcome
from kapnb.group.discussion import rank_disputes
from kapnb.group.judgments import read_judgment
from kapnb.tables.checking import read_cases, read_judgments, read_responses
from kapnb.text.html import join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.content import SUICIDAL, involves
from kapnb.training.export import JUDGMENTS, RESPONSES, as_csv, columns_of
from kapnb.training.journal import Passage
from kapnb.training.library import load_library, twins
from kapnb.training.saving import save
from kapnb.training.sets import LENGTHS, Selection, choose_cases, load_set, save_set
from kapnb.ui.training import TrainingPage, read_judgments_file, read_responses_file
from kapnb.ui.training_reveal import compare_stories
from kapnb.ui.training_story import split_paragraphs, split_sentences, write_pieces
from kapnb.ui.training_visit import Part
from tests.training import LIBRARY as STANDINS
from tests.untold import untold

if TYPE_CHECKING:
    from kapnb.training.library import Vignette

ROOT = Path(__file__).parent.parent.parent
LIBRARY = load_library()


class Trainee:
    """Says to the page what its scripts would say, through the widgets."""

    def __init__(self, *items: str, gate: bool = True) -> None:
        self.page = TrainingPage()
        self.seq = 0
        self.sent: list[tuple[dict[str, Any], bytes]] = []
        for sheet in self.page.sheets.values():
            sheet.send = self._keep  # type: ignore[method-assign]
        if gate:
            self.say("confirm", value=True)
        if items:
            self.load("set", save_set(Selection(items)).encode())
            self.say("begin")
            self.enter()

    def _keep(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append((content, buffers[0]))

    def say(self, action: str, name: str = "", value: Any = "", sheet: str = "head", **more: Any) -> Trainee:
        self.seq += 1
        widget = {"form": self.page.form, "keeper": self.page.keeper}.get(sheet) or self.page.sheets[sheet]
        buffers = more.pop("buffers", [])
        widget._handle_custom_msg({"action": action, "name": name, "value": value, "seq": self.seq, **more}, buffers)
        return self

    def load(self, name: str, data: bytes) -> Trainee:
        return self.say("file", name, len(data), buffers=[data])

    def enter(self) -> None:
        if self.page.visit.training and self.page.visit.hushed:
            self.say("enter", sheet="story")

    def choose(self, outcome: str = "clarify_first", finding: str = "none") -> Trainee:
        self.enter()
        self.say("outcome", value=outcome, sheet="judgment").say("confidence", value="high", sheet="judgment")
        return self.say("finding", value=finding, sheet="judgment")

    def commit(self, **chosen: str) -> Trainee:
        return self.choose(**chosen).say("commit", sheet="judgment").say("commit_sure", sheet="judgment")

    def reveal(self) -> Trainee:
        return self.say("reveal", sheet="judgment")

    @property
    def problem(self) -> str:
        notice = self.page.visit.notice
        return " ".join(notice.lines) if notice and notice.problem else ""

    @property
    def shown(self) -> str:
        """Everything that the browser has."""
        states = [sheet.state for sheet in self.page.sheets.values()]
        return unescape(
            json.dumps([*states, self.page.form.state, self.page.form.form, self.page.keeper.state], ensure_ascii=False)
        )

    def part(self, name: str) -> str:
        return str(self.page.sheets[name].state["html"])


# --- before the commitment -----------------------------------------------------------------------------


def test_nothing_of_an_answer_goes_down_before_the_commitment() -> None:
    """Of no vignette does any widget hold a debrief, a finding, a follow-up or what its twin says, until it is committed."""
    trainee = Trainee(*LIBRARY)
    told = 0
    for name, vignette in LIBRARY.items():
        trainee.say("go", value=name).choose().say("marking", sheet="story").say("recording", sheet="fields")
        trainee.say("commit", sheet="judgment")
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
    before, shown = trainee.page.visit.training, trainee.part("rest")
    trainee.say("note", value="I was told.", sheet="rest").say(action, name, value, sheet="judgment")
    assert trainee.page.visit.training == before
    assert trainee.part("rest") == shown == ""
    assert trainee.problem
    assert trainee.page.visit.notice
    assert words("training_page.refused") in trainee.shown


@pytest.mark.parametrize("revealed", [False, True])
@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("outcome", {"value": "not_recommended"}),
        ("outcome", {"value": ""}),
        ("confidence", {"value": "low"}),
        ("finding", {"value": "ocd"}),
        ("record", {"field": "ocd", "option": "yes", "sheet": "form"}),
        ("clear", {"section": "ocd", "sheet": "form"}),
        ("mark", {"name": "1-20"}),
        ("unmark", {}),
        ("commit", {}),
        ("commit_sure", {}),
    ],
)
def test_a_crafted_message_changes_no_commitment(action: str, more: dict[str, Any], *, revealed: bool) -> None:
    """Whatever is said after the commitment, the judgment stays, and the page tells so."""
    trainee = Trainee("V05").commit()
    if revealed:
        trainee.reveal()
    before = trainee.page.visit.training
    trainee.say(action, **more)
    assert trainee.page.visit.training == before
    assert words("training.committed") in trainee.problem
    assert 'data-action="outcome"' not in trainee.part("judgment")


def test_the_commitment_takes_two_steps() -> None:
    """One word asks, the second commits; anything chosen in between takes the question back."""
    trainee = Trainee("V05").choose().say("commit_sure", sheet="judgment")
    assert trainee.page.visit.training
    assert trainee.page.visit.training.now.open
    trainee.say("confidence", value="low", sheet="judgment")
    assert "training-sure" not in trainee.part("judgment")
    trainee.say("commit", sheet="judgment").say("commit_sure", sheet="judgment")
    assert not trainee.page.visit.training.now.open


def test_everything_that_is_missing_is_told_at_once() -> None:
    trainee = Trainee("V05").say("commit", sheet="judgment")
    for name in ("outcome", "confidence", "finding"):
        assert words(f"training.missing_{name}") in trainee.problem


def test_nothing_is_shown_before_the_gate() -> None:
    """Without the gate no set is begun, and what the browser kept is not drawn."""
    kept = save(Trainee("V05").commit().reveal().page.visit.under_way)
    trainee = Trainee(gate=False).say("begin")
    assert trainee.page.visit.training is None
    trainee.say("restore", text=kept, sheet="keeper")
    assert trainee.page.visit.training
    assert "training-gate" in trainee.part("head")
    assert [trainee.part(name) for name in ("story", "judgment", "rest")] == ["", "", ""]
    trainee.say("confirm", value=True)
    assert LIBRARY["V05"].title in trainee.part("story")


def test_a_message_of_no_script_is_a_trouble_with_a_number() -> None:
    """The number leads to the log, and everything stays."""
    trainee = Trainee("V05").choose()
    before = trainee.page.visit.training
    trainee.say("tell_me")
    assert trainee.page.visit.training == before
    assert re.search(r"[0-9a-f]{8}", trainee.problem)


# --- a set ---------------------------------------------------------------------------------------------


def propose(trainee: Trainee) -> tuple[str, ...]:
    trainee.say("begin")
    items = trainee.page.visit.under_way.items if trainee.page.visit.training else ()
    trainee.say("anew", sheet="foot")
    return tuple(one.id for one in items)


def test_the_skip_filter_holds_for_every_choice() -> None:
    """No topic, length, order, twin or shared set brings up suicidal ideation when it is skipped."""
    trainee = Trainee().say("skip", value=True)
    seen: set[str] = set()
    for section in load_fields().sections:
        trainee.say("topic", section.name, value=True)
        for minutes in (*LENGTHS, "all"):
            for twin in (True, False):
                for order in ("mixed", "claims"):
                    trainee.say("minutes", value=str(minutes)).say("twins", value=twin).say("order", value=order)
                    seen.update(propose(trainee))
        trainee.say("topic", section.name, value=False)
    trainee.load("set", save_set(Selection(tuple(LIBRARY))).encode())
    shared = propose(trainee)
    assert seen
    assert set(shared) == {name for name, one in LIBRARY.items() if not SUICIDAL & involves(one, LIBRARY)}
    assert [name for name in seen if SUICIDAL & involves(LIBRARY[name], LIBRARY)] == []


def test_the_skip_filter_holds_on_the_way() -> None:
    """A training that was begun without it is gone through without what involves suicidal ideation, from where it is ticked."""
    names = [
        next(name for name, one in LIBRARY.items() if bool(SUICIDAL & involves(one, LIBRARY)) is loud) for loud in (False, True)
    ]
    trainee = Trainee(names[0], names[1]).say("skip", value=True).say("next")
    assert trainee.page.visit.part is Part.BACK


def test_content_notes_come_before_the_story() -> None:
    """A story that involves suicidal ideation is not there until somebody asks for it; others show their notes above it."""
    loud = next(one for one in LIBRARY.values() if SUICIDAL & set(one.content))
    other = Trainee()
    other.load("set", save_set(Selection((loud.id,))).encode()).say("begin")
    assert words(f"vignettes.content.{loud.content[0]}") in other.part("story")
    assert loud.story[:60] not in other.shown
    assert other.part("judgment") == ""
    other.say("enter", sheet="story")
    assert loud.story[:60] in other.part("story")


def test_a_set_comes_back_from_its_file() -> None:
    trainee = Trainee().say("share")
    content, data = trainee.sent[0]
    assert content["type"] == "application/json"
    selection, messages = load_set(data)
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
    shared, messages = load_set(trainee.sent[-1][1])
    assert (shared.items, shared.title, shared.note, messages) == (("V05", "V01", "V07"), "An hour on doubt", "Read slowly.", ())
    count = len(trainee.sent)
    assert trainee.say("title", value="For somebody@example.org").say("share").problem
    assert len(trainee.sent) == count
    trainee.say("title").say("begin")
    assert [one.id for one in trainee.page.visit.under_way.items] == ["V05", "V01", "V07"]
    assert "Read slowly." in trainee.part("head")


def test_the_facilitators_sheet_is_never_told_to_whoever_still_judges() -> None:
    """It takes two steps, and none leads to it while a case of a training waits for its judgment."""
    trainee = Trainee().say("sheet", "html")
    assert trainee.problem
    trainee.say("ask_sheet").say("sheet", "html").say("ask_sheet").say("sheet", "docx")
    assert [content["download"].rpartition(".")[2] for content, _ in trainee.sent] == ["html", "docx"]
    rows = read_cases(trainee.say("ask_sheet").say("sheet", "cases").sent[-1][1])
    assert [LIBRARY[name].story for name in rows["case_id"]] == list(rows["vignette"])
    judging = Trainee("V05")
    assert judging.say("ask_sheet").problem
    assert judging.say("sheet", "cases").problem
    assert judging.say("sheet", "html").problem
    assert judging.sent == []


# --- over a reload, and as files -----------------------------------------------------------------------


def test_a_kept_training_comes_back_as_it_was() -> None:
    """Drafts, marks, fields, commitments and notes; and what was not revealed is not revealed by it."""
    trainee = (
        Trainee("V05", "V07").commit().reveal().say("note", value="A new thought.", sheet="rest").say("annotate", sheet="rest")
    )
    trainee.say("next", sheet="rest").choose(outcome="not_at_present").say("mark", "0-30", value=True, sheet="story")
    trainee.say("record", field="ocd", option="no", sheet="form")
    again = Trainee().say("restore", text=trainee.page.keeper.state["text"], sheet="keeper")
    assert again.page.visit.training == trainee.page.visit.training
    assert again.part("judgment") == trainee.part("judgment")
    assert "<mark" in again.part("story")
    assert again.page.form.state["case"] == {"ocd": "no"}
    assert again.page.keeper.state["text"] == trainee.page.keeper.state["text"]


@pytest.mark.parametrize("broken", ["", "{", '{"format": "kapnb training"}', "changed"])
def test_a_kept_training_that_was_changed_is_set_aside(broken: str) -> None:
    """It is refused, its problems are told, the browser is told to set it aside, and nothing is revealed."""
    kept = Trainee("V05").commit().page.keeper.state["text"]
    text = kept.replace('"high"', '"low"') if broken == "changed" else broken
    trainee = Trainee().say("restore", text=text, sheet="keeper")
    assert trainee.page.visit.training is None
    assert trainee.problem
    assert trainee.page.keeper.state["refused"]
    assert trainee.part("judgment") == ""


def test_a_training_under_way_is_not_overtaken_by_a_kept_one() -> None:
    """A crafted restore cannot bring an earlier state back, nor can the file of one."""
    trainee = Trainee("V05").choose()
    earlier = trainee.page.keeper.state["text"]
    trainee.commit().reveal()
    before = trainee.page.visit.training
    assert trainee.say("restore", text=earlier, sheet="keeper").problem
    assert trainee.load("load", earlier.encode()).problem
    assert trainee.page.visit.training == before


def test_a_second_tab_does_not_commit_anew() -> None:
    """What was committed stays, also against the file of a tab that saw the answer first and then went another way."""
    trainee = Trainee("V05", "V07")
    open_still = trainee.page.keeper.state["text"]
    other = Trainee().say("restore", text=open_still, sheet="keeper").commit(outcome="not_at_present")
    trainee.commit(outcome="clarify_first").reveal()
    before = trainee.page.visit.training
    for step in ("commit", "reveal", "next"):
        assert trainee.load("load", other.page.keeper.state["text"].encode()).problem, step
        assert trainee.page.visit.training == before
        other.reveal() if step == "commit" else other.say("next", sheet="rest").commit()
    further = Trainee().load("load", save(before).encode()).say("next", sheet="rest").choose()
    assert not trainee.load("load", further.page.keeper.state["text"].encode()).problem


def test_no_case_takes_the_place_of_one_that_is_judged() -> None:
    """A set whose case has the id of a twin that waits is refused while a training is under way, and nothing is told by it."""
    crafted = choose_cases([replace(STANDINS["A1"].case, case_id="V07")])
    trainee = Trainee("V05", "V07").commit()
    assert trainee.load("set", save_set(crafted).encode()).problem
    assert trainee.page.visit.own == ()
    kept = trainee.page.keeper.state["text"]
    trainee = Trainee().load("set", save_set(crafted).encode()).load("load", kept.encode()).reveal()
    shown = assess(LIBRARY["V07"].answers)
    assert words("training.twin_waits") in trainee.part("rest")
    assert words("explanation.near") not in trainee.part("rest")
    assert outcome_words(shown.outcome) not in trainee.part("rest").partition('class="twin"')[2]


def test_saved_and_loaded_is_the_same() -> None:
    trainee = Trainee("V05").commit().reveal().say("save", sheet="foot")
    again = Trainee().load("load", trainee.sent[0][1])
    assert again.page.visit.training == trainee.page.visit.training
    assert again.page.visit.part is Part.PRACTICE


def test_cases_of_ones_own_are_not_kept_and_are_waited_for() -> None:
    """Nothing of their answers stays in the browser; brought again, the training goes on; another one sets it aside."""
    own = choose_cases(one.case for one in STANDINS.values())
    data = save_set(own).encode()
    trainee = Trainee().load("set", data).say("begin").commit()
    kept = trainee.page.keeper.state["text"]
    assert "closed" not in kept
    assert json.loads(kept)["journal"][0]["fields"] == {}
    again = Trainee().say("restore", text=kept, sheet="keeper")
    assert again.page.visit.training is None
    assert again.page.keeper.state["text"] is None  # what is there stays there
    other = Trainee().say("restore", text=kept, sheet="keeper").say("begin")
    assert other.page.keeper.state["refused"]
    again.load("set", data)
    assert again.page.visit.training == trainee.page.visit.training


def test_an_export_is_a_deliberate_act_and_is_read_by_supervision() -> None:
    """It needs a label that names nobody; the tables pass the checks, and the overview of a group takes them."""
    trainee = Trainee("V05", "V07").commit(finding="bipolar_not_stabilized").reveal()
    trainee.say("lean", value="-1", sheet="rest").say(
        "respond", re.findall(r"training-asked-(\d)", trainee.part("rest"))[0], sheet="rest"
    )
    assert trainee.say("export", "judgments", sheet="foot").problem
    assert trainee.say("label", value="jo@example.org", sheet="foot").say("export", "judgments", sheet="foot").problem
    assert "example.org" not in trainee.problem
    trainee.say("label", value="R1", sheet="foot").say("export", "judgments", sheet="foot").say("export", "responses", sheet="foot")
    judgments, responses = (data for _, data in trainee.sent)
    frame = read_judgments(judgments)
    assert [*frame["case_id"]] == ["V05"]
    read = [read_judgment(row) for row in frame.to_dict("records")]
    assert (read[0].outcome, read[0].deciding_finding) == (Outcome.CLARIFY_FIRST, "bipolar_not_stabilized")
    other = (
        Trainee("V05")
        .commit(outcome="not_recommended")
        .say("label", value="R2", sheet="foot")
        .say("export", "judgments", sheet="foot")
    )
    group = [*read, *(read_judgment(row) for row in read_judgments(other.sent[0][1]).to_dict("records"))]
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
    trainee = Trainee("V05").say("marking", sheet="story")
    name = re.findall(r'data-name="(\d+-\d+)"', trainee.part("story"))[2]
    trainee.say("mark", name, value=True, sheet="story")
    assert trainee.part("story").count("<mark") == 1
    trainee.say("mark", name, value=False, sheet="story")
    assert "<mark" not in trainee.part("story")
    assert trainee.say("mark", "x-9", value=True, sheet="story").problem


@pytest.mark.parametrize(("one", "other"), twins(LIBRARY), ids=lambda one: one.id)
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
    assert words("training.twin_waits") in trainee.part("rest")
    trainee.say("next", sheet="rest").commit().reveal()
    assert trainee.part("rest").count("<mark") >= 2


def test_one_follow_up_at_a_time() -> None:
    """The next one, and what the source makes of one, are not there before the response."""
    trainee = Trainee("V01").commit().reveal()
    follow_ups = LIBRARY["V01"].follow_ups
    for at, one in enumerate(follow_ups):
        assert one.learn in trainee.part("rest").replace("&#x27;", "'")
        assert one.reasoning not in trainee.part("rest")
        assert all(later.learn not in trainee.part("rest") for later in follow_ups[at + 1 :])
        assert trainee.say("respond", str(at), sheet="rest").problem
        trainee.say("lean", value="0", sheet="rest").say("respond", str(at), sheet="rest")
        assert one.reasoning.replace("'", "&#x27;") in trainee.part("rest")
    assert "training-asked" not in trainee.part("rest")


def test_a_follow_up_keeps_its_number() -> None:
    """It is numbered by its place among those that are asked, whatever was responded to first, and never beyond their count."""
    trainee = Trainee("V01").commit().reveal()
    count = len(LIBRARY["V01"].follow_ups)
    trainee.page.visit = replace(trainee.page.visit, leaning=1)
    trainee.say("respond", str(count - 1), sheet="rest")
    numbers = re.findall(r"<h3>(New finding[^<]*)</h3>", trainee.part("rest"))
    assert numbers == [words("training_page.follow_up", number=number, count=count) for number in (count, 1)]


def test_a_plot_gives_the_reason_with_what_the_source_would_clarify() -> None:
    """Whoever hears the two plots of a reveal is told why the source would clarify first, as whoever reads the page is."""
    item = next(name for name, one in LIBRARY.items() if assess(one.answers).outcome is Outcome.CLARIFY_FIRST)
    assessment = assess(LIBRARY[item].answers)
    trainee = Trainee()
    rows = as_csv([{**dict.fromkeys(_columns(), ""), "case_id": item, "rater": "R1", "outcome": "not_recommended"}])
    trainee.page.visit = replace(trainee.page.visit, panel=read_judgments_file(rows))
    trainee.load("set", save_set(Selection((item,))).encode()).say("begin").commit().reveal()
    labels = [unescape(one) for part in trainee.page.sheets for one in re.findall(r'aria-label="([^"]*)"', trainee.part(part))]
    about = [label for label in labels if words("training_page.positions").split("{")[0] in label]
    assert len(about) >= 2
    assert all(outcome_words(assessment.outcome, assessment.reasons) in label for label in about)


def test_judgments_of_others_are_shown_after_the_reveal_only() -> None:
    """Their spread is drawn beside the source, and nothing of it is there before."""
    trainee = Trainee()
    rows = as_csv(
        [{**dict.fromkeys(_columns(), ""), "case_id": "V05", "rater": f"R{at}", "outcome": "not_recommended"} for at in range(3)]
    )
    panel = read_judgments_file(rows)
    trainee.page.visit = replace(trainee.page.visit, panel=panel)
    trainee.load("set", save_set(Selection(("V05",))).encode()).say("begin").commit()
    assert "spread-plot" not in trainee.shown
    trainee.reveal()
    assert "spread-plot" in trainee.part("rest")
    assert words("supervision.times", outcome=words("outcomes.not_recommended"), count=3) in trainee.part("rest")


def test_responses_of_others_are_shown_beside_ones_own() -> None:
    """Their spread over a follow-up is there once one's own response is given, and not before."""
    first = LIBRARY["V01"].follow_ups[0]
    field, answer = next(iter(first.changes.items()))
    blank = dict.fromkeys(columns_of(RESPONSES), "")
    mine = {"case_id": "V01", "field": field, "answer": answer, "response": "-2"}
    rows = [{**blank, **mine, "rater": f"R{at}"} for at in range(4)]
    trainee = Trainee("V01").commit().reveal()
    trainee.page.visit = replace(trainee.page.visit, group=read_responses_file(as_csv(rows, RESPONSES)))
    trainee.say("lean", value="0", sheet="rest")
    told = words("supervision.times", outcome=words("training.fits_much_less"), count=4)
    assert told not in trainee.shown
    trainee.say("respond", "0", sheet="rest")
    assert told in trainee.shown


def _columns() -> tuple[str, ...]:
    return columns_of(JUDGMENTS)


def test_looking_back_counts_what_was_revealed() -> None:
    """A dot for each revealed judgment; a commitment that was not revealed tells nothing."""
    trainee = Trainee("V05", "V01", "V10").commit().reveal().say("next").commit().say("back")
    back = trainee.part("rest")
    assert len(re.findall(r'class="(?:agreed|differed)"', back)) == 1
    assert "%" not in back


def test_the_browser_sets_nothing_of_a_widget() -> None:
    trainee = Trainee("V05")
    for widget in (trainee.page.keeper, trainee.page.form, *trainee.page.sheets.values()):
        before = dict(widget.state)
        widget.set_state({"state": {"html": "", "text": "{}", "said": "", "seq": 9}})
        assert widget.state == before


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
from kapnb.ui.training import TrainingPage, read_judgments_file, read_responses_file

page, spent, sizes, problems, seq = TrainingPage(), [], [], [], 0

def say(sheet, action, name="", value="", **more):
    global seq
    seq += 1
    start = time.process_time()
    page.act(sheet, {"action": action, "name": name, "value": value, "seq": seq, **more})
    spent[-1].append(time.process_time() - start)
    notice = page.visit.notice
    if notice and notice.problem:
        problems.append([action, *notice.lines])

def size():
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * 4096 / 2**20

spent.append([])
say("head", "confirm", value=True)
say("head", "minutes", value="all")
say("head", "begin")
cases = len(page.visit.training.items)
for _ in range(cases):
    spent.append([])
    if page.visit.hushed:
        say("story", "enter")
    say("form", "record", field="ocd", option="yes")
    say("judgment", "outcome", value="clarify_first")
    say("judgment", "confidence", value="high")
    say("judgment", "finding", value="none")
    say("judgment", "commit")
    say("judgment", "commit_sure")
    say("judgment", "reveal")
    while found := re.search("training-asked-([0-9])", page.sheets["rest"].state["html"]):
        say("rest", "lean", value="1")
        say("rest", "respond", name=found[1])
    say("rest", "note", value="Another thought.")
    say("rest", "annotate")
    say("rest", "next")
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
