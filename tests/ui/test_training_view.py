"""The training page without a browser: what its regions hold at each step, and what no event can make them hold."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome
from kapnb.room.codes import code_of_set, find_signs, read_signs, salt_of_label
from kapnb.room.state import Round
from kapnb.text.html import join
from kapnb.text.phrases import edition_words, outcome_words
from kapnb.text.words import words
from kapnb.training.library import CONTENT, SUICIDAL, Interview, Library, find_support, load_library
from kapnb.training.links import write_link
from kapnb.training.saving import as_csv, save
from kapnb.training.session import Passage, begin
from kapnb.training.sets import Selection, save_set
from kapnb.ui import training_visit as visiting
from kapnb.ui.page import Download
from kapnb.ui.training import TrainingPage, read_table
from kapnb.ui.training_desk import split_paragraphs, split_sentences, write_pieces
from kapnb.ui.training_loop import FEW_QUESTIONS
from kapnb.ui.training_reveal import compare_stories
from kapnb.ui.widget import ADDRESS, RESTORE, STORAGE, Event
from tests.bundled import EDITION, LIBRARY
from tests.texts import drop_terms
from tests.toy_pack import find_strays
from tests.training import ASKED, FIELDS, as_case, gather
from tests.training import LIBRARY as STANDINS
from tests.untold import untold

ROOT = Path(__file__).parent.parent.parent
LOUD = [name for name in LIBRARY if SUICIDAL & LIBRARY.find_content(name)]
QUIET = [name for name in LIBRARY if name not in LOUD]


def share(*items: str) -> bytes:
    """The file of a set."""
    return save_set(Selection(items), EDITION).encode()


@pytest.fixture
def talk() -> Library:
    """A library with an interview."""
    return gather(ASKED)


class Trainee:
    """Does to the page what its reader does."""

    def __init__(self, *items: str, gate: bool = True, edition: Edition | None = EDITION) -> None:
        self.page = TrainingPage(edition)
        self.sent: list[Any] = []
        assert self.page.widget
        self.view = self.page.widget
        self.view.download = lambda name, data: self.sent.append(Download(name, data))  # type: ignore[method-assign]
        if gate:
            self.say("confirm", value=True)
        if items:
            self.load("set", share(*items)).say("begin").open(items[0])

    def say(self, action: str, name: str = "", value: Any = None, **more: Any) -> Trainee:
        self.page.act(Event(action, name, value, **more))
        return self

    def load(self, name: str, data: bytes) -> Trainee:
        return self.say("file", name, len(data), files=(data,))

    def bring(self, name: str, *rows: dict[str, str]) -> Trainee:
        """A table, as it comes when it has been read."""
        data = as_csv(rows, {"panel": "judgments", "group": "responses"}[name], FIELDS)
        return self.say(f"done:{name}", value=read_table(name, data, EDITION))

    def open(self, name: str) -> Trainee:
        """Turn to a case and read it, also where it could be asked for."""
        self.say("open", name)
        return self.say("interview", value="off", about=name) if self.page.state.under_way.now.draft.interview else self

    @property
    def item(self) -> str:
        return str(self.page.state.under_way.current)

    def choose(self, outcome: str = "clarify_first", finding: str = "none") -> Trainee:
        """Judge the case on view, up to the lock."""
        for action, value in (("outcome", outcome), ("confidence", "high"), ("reason", "The winter.")):
            self.say(action, value=value, about=self.item)
        return self.say("screen", value="decide").say("finding", value=finding, about=self.item)

    def lock(self, **chosen: str) -> Trainee:
        return self.choose(**chosen).say("lock", about=self.item)

    def next(self) -> Trainee:
        return self.say("next", about=self.item)

    @property
    def problem(self) -> str:
        notice = self.page.notice or self.page.state.notice
        return " ".join(notice.lines) if notice and notice.problem else ""

    @property
    def kept(self) -> str:
        """What the browser keeps."""
        return str(self.view.saved)

    @property
    def shown(self) -> str:
        """Everything that the browser has."""
        state = self.view.get_state()
        mine = {name: value for name, value in state.items() if name[0] != "_"}
        return unescape(drop_terms(json.dumps(mine, ensure_ascii=False, default=str).replace('\\"', '"')))

    def part(self, *names: str) -> str:
        return drop_terms("".join(str(getattr(self.view, f"html_{name}")) for name in names))

    @property
    def case(self) -> str:
        return unescape(self.part("case"))


def test_an_interview_brings_help_with_a_reply_that_is_shown_only_afterwards() -> None:
    """Nothing was asked; the reply that was worth most, on view after the reveal, speaks of suicide."""
    says = "“No voices, and I would never kill myself.”"
    told = replace(ASKED, interview=Interview("They keep bees.", {"psychotic_disorder": says}), answers=STANDINS["A1"].answers)
    trainee = Trainee(edition=EDITION)
    trainee.page.state = replace(trainee.page.state, library=gather(told), training=begin(gather(told), ["A7"]))
    trainee.say("open", "A7").say("screen", value="judge")
    assert 'class="support"' not in trainee.case
    trainee.choose(outcome="may_be_considered").say("lock", about="A7")
    assert says in trainee.case
    assert trainee.case.count('class="support"') == 1


def test_the_bar_has_a_dot_for_each_case_of_a_short_set() -> None:
    """Of a long one the number alone is said: a row of 73 dots is wider than the page."""
    few, many = Trainee(*QUIET[:3]), Trainee(*LIBRARY)
    assert (few.case.count("<i"), many.case.count("<i")) == (3, 0)
    assert words("training_page.progress", place=1, count=len(LIBRARY)) in many.case


# --- before the lock -----------------------------------------------------------------------------------


def test_nothing_of_an_answer_goes_down_before_the_lock() -> None:
    """Of no vignette does any widget hold a debrief, a finding, a follow-up or what its twin says; after the reveal it does."""
    trainee = Trainee(*LIBRARY)
    for name in list(LIBRARY)[::3]:
        shown = trainee.open(name).shown
        for screen in ("judge", "read", "list", "back"):
            shown += trainee.say("screen", value=screen).shown
        trainee.open(name).choose().say("record", "ocd", "no", about=name)
        first = LIBRARY[name].story[:20]
        shown += trainee.say("point", f"0-{len(first)}", value=True, about=name).shown
        assert LIBRARY[name].title in shown
        assert [piece for piece in untold(LIBRARY[name]) if piece in shown] == []
        assert len(untold(LIBRARY[name])) > 5
    trainee.say("lock", about=name)
    assert sum(piece in trainee.shown for piece in untold(LIBRARY[name])) > 2


def test_an_interview_tells_what_was_asked_and_no_more(talk: Library) -> None:
    """Neither the story, nor the reply to a question that nobody asked, nor whether help would come up with it."""
    trainee = Trainee(edition=EDITION)
    trainee.page.state = replace(trainee.page.state, library=talk, training=begin(talk, talk))
    story, told = talk["A7"].story, talk["A7"].interview
    assert told
    trainee.say("open", "A7")
    assert told.opening in trainee.case
    for name in ("psychotic_disorder", "ocd"):
        trainee.say("ask", name, about="A7")
        assert told.replies[name] in trainee.case
    assert re.search('<div role="log"[^>]*><ol class="talk"><li>', trainee.case)  # in a list with a role, rows would be no rows
    left = [says for name, says in told.replies.items() if name not in {"psychotic_disorder", "ocd"}]
    for screen in ("judge", "list", "read"):
        trainee.say("screen", value=screen)
        assert not [text for text in (story[:30], *left) if text in trainee.shown]
    assert 'class="support"' not in trainee.case
    assert words("training_page.nothing") not in trainee.case
    assert 'data-name="last_attempt"' not in trainee.case
    trainee.say("ask", "suicide_attempts", about="A7")
    assert 'data-name="last_attempt"' in trainee.case
    assert (
        trainee.case.index('class="questions"')
        < trainee.case.index('class="support"')
        < trainee.case.index(words("training_page.ready"))
    )
    assert words("training_page.heard") in trainee.say("screen", value="judge").case
    trainee.choose(outcome="may_be_considered")
    assert (trainee.case.count(">What decides?<"), trainee.case.count(">Choose a finding<")) == (1, 1)
    trainee.say("lock", about="A7")
    assert 'class="support"' in trainee.case
    assert f"<h3>{words('training_page.story')}</h3>" in trainee.case
    assert all(text in trainee.case for text in ("Not asked, and it matters", FIELDS["abandonment_fear"].spoken, story[:30]))
    assert words("training_page.best") in trainee.case


def test_of_the_questions_a_phone_shows_first_what_an_answer_raised(talk: Library) -> None:
    """Of a section that it shows nothing of, not the heading either."""
    told = talk["A7"].interview
    assert told
    usual = {one.name: one.options[0].name for one in FIELDS.values() if one.always and one.name not in told.replies}
    replies = {**dict.fromkeys(usual, "No."), **told.replies}
    talk = gather(replace(talk["A7"], answers=usual | talk["A7"].answers, interview=replace(told, replies=replies)))
    trainee = Trainee(edition=EDITION)
    trainee.page.state = replace(trainee.page.state, library=talk, training=begin(talk, talk))
    trainee.say("open", "A7").say("ask", "suicide_attempts", about="A7")
    at_once: list[str] = []
    for section in trainee.case.split("<h4")[1:]:
        names = re.findall(r'data-action="ask" data-name="(\w+)"(?![^>]*class="later")', section)
        assert ('class="later"' in section.partition(">")[0]) is (not names)
        at_once += names
    assert len(at_once) == 1 + FEW_QUESTIONS
    assert {"suicide_attempts", "last_attempt"} < set(at_once)


BEFORE = [
    ("screen", "", "reveal"),
    ("screen", "", "follow"),
    ("later_lean", "", "1"),
    ("respond", "0", ""),
    ("reflect", "", ""),
    ("reconsider", "", ""),
    ("lock", "", ""),
]
AFTER = [
    ("outcome", "", "not_recommended"),
    ("outcome", "", ""),
    ("confidence", "", "low"),
    ("prediction", "", "not_recommended"),
    ("reason", "", "Another."),
    ("finding", "", "ocd"),
    ("record", "ocd", "yes"),
    ("point", "1-20", True),
    ("point", "0-20", False),
    ("interview", "", "off"),
    ("ask", "ocd", ""),
    ("lock", "", ""),
]


@pytest.mark.parametrize(("stage", "events"), [("open", BEFORE), ("revealed", AFTER)])
def test_a_crafted_message_reveals_nothing_and_changes_no_judgment(stage: str, events: Any) -> None:
    """What comes after a lock is refused before it, and what came before it after it: kindly, and nothing changes."""
    trainee = Trainee("V05", "V07")
    if stage == "revealed":
        trainee.lock()
    before = trainee.page.state.training
    for action, name, value in events:
        trainee.say(action, name, value)
        assert trainee.page.state.training == before, action
        assert trainee.problem, action
        assert ("training-revealed" in trainee.case) is (stage == "revealed")


def test_a_step_that_is_said_again_after_a_kernel_was_lost_is_taken_once() -> None:
    """It names its case and what it locks in: what was taken already changes nothing, and what was not is taken."""
    trainee = Trainee("V01", "V07").choose()
    (lock,) = re.findall(r'data-action="lock" data-value="(\w+)" class="firm" data-about="V01"', trainee.case)
    again = Trainee().say(RESTORE, value=trainee.kept).say("lock", value=lock, about="V01")
    assert again.page.state.under_way.now.events
    place = LIBRARY["V01"].follow_ups and "0"
    steps = [("lock", "", lock), ("later_lean", "", "1"), ("respond", place, None), ("next", "", None)]
    for action, name, value in steps:
        again.say(action, name, value, about="V01")
        assert not again.problem, action
    after = again.page.state.training
    for action, name, value in steps:
        if action != "later_lean":
            again.say(action, name, value, about="V01")
            assert (again.page.state.training, again.problem) == (after, ""), action
    assert again.item == "V07"
    again.say("outcome", value="not_recommended", about="V01")
    assert again.page.state.under_way.now.draft.outcome is None  # it came late, from the other case
    assert words("training_page.other_case")[1:] in again.problem


def test_nothing_is_shown_before_the_gate() -> None:
    """Without the gate no set is begun, and neither what the browser kept nor the set of a link is drawn."""
    kept = Trainee("V05").lock().kept
    trainee = Trainee(gate=False).say("begin")
    assert trainee.page.state.training is None
    trainee.say(RESTORE, value=kept)
    assert trainee.page.state.training
    assert "training-gate" in trainee.part("head")
    assert trainee.part("case", "foot") == ""
    trainee.say("confirm", value=True)
    assert "training-revealed" in trainee.case
    linked = Trainee(gate=False).say(ADDRESS, value=f"?set={write_link(['V24'], EDITION)}")
    assert LIBRARY["V24"].title not in linked.shown
    assert LIBRARY["V24"].title in linked.say("confirm", value=True).shown


# --- a set ---------------------------------------------------------------------------------------------


def test_the_skip_filter_holds_for_every_choice() -> None:
    """No topic, order, twin or shared set brings up suicidal ideation when it is skipped, and nor does a set under way."""
    trainee = Trainee().say("skip", value=True).say("minutes", value="all")
    seen: set[str] = set()
    for section in FIELDS.sections:
        trainee.say("topic", section.name, value=True)
        for twins, order in ((True, "mixed"), (False, "mixed"), (True, "claims")):
            trainee.say("twins", value=twins).say("order", value=order)
            seen.update(visiting.propose(trainee.page.state).items)
        trainee.say("topic", section.name, value=False)
    assert seen
    assert seen.isdisjoint(LOUD)
    assert set(visiting.propose(trainee.load("set", share(*LIBRARY)).page.state).items) == set(QUIET)
    assert Trainee(QUIET[0], LOUD[0]).say("skip", value=True).next().page.state.screen == "list"


def test_one_note_on_content_is_the_same_for_every_set() -> None:
    """It stands before a set and with the cases by title, and none of a story of its own; help stands with the story."""
    loud = next(one for one in LIBRARY.values() if SUICIDAL & set(one.content) and find_support(one, FIELDS))
    note = words("training_page.content")
    for name in (loud.id, "V05"):
        trainee = Trainee().load("set", share(name))
        assert note in trainee.part("head")
        assert note in trainee.say("begin").case
        trainee.open(name)
        assert not [one for one in CONTENT if f">{words(f'vignettes.content.{one}')}<" in trainee.case]
        assert ('class="support"' in trainee.case) is (name == loud.id)


def test_the_next_set_leaves_the_first_where_it_was() -> None:
    """Nothing that was begun comes up again, the first is folded, and what was missed brings its twin later."""
    trainee = Trainee("V05", "V01").lock(outcome="may_be_considered").say("screen", value="list").say("another")
    assert "V07" in visiting.propose(trainee.page.state).items[2:3]
    assert words("training_page.again_twin") in trainee.part("head")
    trainee.say("begin")
    training = trainee.page.state.under_way
    assert list(training.attempts)[:2] == ["V05", "V01"]
    assert training.attempts["V05"].events
    assert len(set(training.attempts)) == len(training.attempts) > 3
    assert words("training_page.earlier", count=2) in trainee.case
    assert LIBRARY["V05"].title in trainee.case
    assert "training-gate" not in trainee.say("another").say("to_cases").part("head")
    assert trainee.page.state.screen == "list"


def test_there_is_nothing_to_look_back_on_before_a_case_is_revealed() -> None:
    trainee = Trainee("V05", "V57").say("screen", value="list")
    assert words("training_page.looking_back") not in trainee.shown
    trainee.open("V05").lock().say("screen", value="list")
    assert words("training_page.looking_back") in trainee.shown


def test_a_case_that_was_met_says_how_it_compares_and_what_it_tempts_to() -> None:
    trainee = Trainee("V05", "V01").say("record", "bipolar_disorder", "not_stabilized", about="V05")
    shown = trainee.lock(outcome="may_be_considered", finding="nothing_found").say("screen", value="list").case
    assert words(f"vignettes.trap.{LIBRARY['V05'].traps[0]}") in shown
    assert "You differ: a rule" in shown
    assert words(f"vignettes.trap.{LIBRARY['V01'].traps[0]}") not in shown


def test_something_said_moves_nothing_below_it() -> None:
    """The page is compared piece by piece: a notice has its own place, so that what is folded open below stays open."""
    assert Trainee().part("head").startswith("<div hidden></div><h2")
    told = Trainee().load("set", b"{")
    assert told.part("head").startswith('<div><div class="trouble"')


# --- a set by a link ------------------------------------------------------------------------------------


def come(*items: str, query: str = "", edition: Edition = EDITION) -> Trainee:
    """A trainee who opened a link."""
    trainee = Trainee()
    trainee.page.act(Event(ADDRESS, value=query or f"?set={write_link(items, edition)}"))
    return trainee


def test_a_link_opens_its_set_and_nothing_else_is_offered() -> None:
    """The cases by title, in their order; no chooser, no way to another set, and nothing for whoever leads."""
    trainee = come("V24", "V05", "V43")
    assert [one.id for one in trainee.page.state.under_way.items] == ["V24", "V05", "V43"]
    assert trainee.page.state.screen == "list"
    assert words("training_page.choose_set") not in trainee.shown
    assert words("training_page.supervisor") not in trainee.shown
    assert [piece for name in ("V24", "V05", "V43") for piece in untold(LIBRARY[name]) if piece in trainee.shown] == []
    for action in ("another", "begin", "file"):
        assert trainee.say(action).problem
    trainee.say("anew")
    assert [one.id for one in trainee.page.state.under_way.items] == ["V24", "V05", "V43"]


def test_a_link_again_changes_nothing_and_another_comes_after_it() -> None:
    """After a reload the browser hands back the training, then the address is read."""
    trainee = come("V24", "V05")
    trainee.open("V24").lock()
    kept, again = trainee.page.state.kept, come("V10")
    fresh = TrainingPage(EDITION)
    fresh.act(Event(RESTORE, value=kept))
    for items, expected in ((["V24", "V05"], ["V24", "V05"]), (["V05", "V10"], ["V24", "V05", "V10"])):
        fresh.act(Event(ADDRESS, value=f"?set={write_link(items, EDITION)}"))
        assert [one.id for one in fresh.state.under_way.items] == expected
        assert fresh.state.under_way.attempts["V24"].events
    assert [one.id for one in again.page.state.under_way.items] == ["V10"]


def test_a_linked_set_can_be_handed_over_as_ten_signs_for_each_case() -> None:
    """They say which case, outcome and confidence, and nobody's name; a label is needed, as for every other way."""
    trainee = come("V24", "V05")
    trainee.say("signs")
    assert trainee.problem
    trainee.say("label", value="R1").say("signs")
    assert trainee.problem == words("training_page.no_judgments").capitalize() + "."
    trainee.open("V05").lock().say("screen", value="list").say("signs")
    assert 'data-action="signs"' in trainee.part("foot")
    ((title, signs),) = (line.split(": ") for line in trainee.page.state.notice.lines)
    assert title == LIBRARY["V05"].title
    code = code_of_set(write_link(["V24", "V05"], EDITION))
    (found,) = find_signs(signs)
    read = read_signs(code, found)
    assert (read.case, read.round, str(read.outcome), str(read.confidence)) == (1, Round.FIRST, "clarify_first", "high")
    assert read.salt == salt_of_label("R1")
    assert read_signs(code_of_set(write_link(["V05", "V24"], EDITION)), found) is None
    assert 'data-action="signs"' not in Trainee("V05").lock().say("screen", value="list").part("foot")


def test_what_needs_pandas_or_word_is_not_offered_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kapnb.text.words._static", "1")
    page = Trainee()
    assert re.findall(r'id="training-file-(\w+)"', page.part("head")) == ["set", "load"]
    page.load("set", share("V05")).say("begin").open("V05").lock().say("screen", value="list")
    assert re.findall(r'data-name="([\w.]+)"', page.part("foot")) == ["page.html", "judgments.csv", "responses.csv"]


def test_the_readings_of_a_link_are_in_force_and_named() -> None:
    edition = EDITION.guidance.bind({"single_attempt": "counts_as_pattern"})
    trainee = come("V38", edition=edition)
    assert trainee.page.state.under_way.edition is trainee.page.state.library.edition is edition
    assert edition_words(edition) in unescape(trainee.part("case"))


@pytest.mark.parametrize("query", ["?set=", "?set=begley.1.1.V05", "?set=begley.2.2.V05", "?set=<script>", "?set=begley.2.1.V99"])
def test_a_wrong_link_is_said_kindly_and_the_chooser_opens(query: str) -> None:
    trainee = come(query=query)
    assert trainee.page.state.screen == "choose"
    assert words("training_page.link_refused") in trainee.part("head")
    assert "script" not in trainee.part("head")
    assert come(query="?token=1").page.state.notice is None


# --- work that leaves -----------------------------------------------------------------------------------


def test_work_leaves_as_a_page_and_as_a_table_under_names_that_do_not_collide() -> None:
    trainee = Trainee("V05", "V43").lock().say("screen", value="list").say("label", value="R 1")
    for name in ("page.html", "page.docx", "judgments.csv", "judgments.xlsx"):
        assert not trainee.say("export", name).problem, name
    names = [one.name for one in trainee.sent]
    assert len({*names}) == 4
    assert all(re.fullmatch(r"kapnb-R-1-\d{4}-\d\d-\d\d-[0-9a-f]{6}-\w+\.\w+", name) for name in names)
    page = text_of(trainee.sent[0].data)
    assert LIBRARY["V05"].title in page
    assert [piece for piece in untold(LIBRARY["V43"]) if piece in page] == []
    assert Trainee("V05").say("label", value="R1").say("export", "page.html").problem


# --- another pack ---------------------------------------------------------------------------------------


def text_of(data: str | bytes) -> str:
    """What a downloaded file says: of a DOCX every part of it, without markup."""
    if isinstance(data, bytes) and data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            every = "\n".join(parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels")))
        return unescape(re.sub("<[^>]+>", "", every))
    return data if isinstance(data, str) else data.decode()


def test_a_training_under_another_pack_says_nothing_of_the_first(toy: Edition) -> None:
    """The page, what the browser keeps, and everything that is downloaded; files of the first pack are refused."""
    trainee, (item,) = Trainee(edition=None), load_library(toy).values()
    shown = [trainee.shown]
    trainee.load("set", save_set(Selection((item.id,)), toy)).say("begin").open(item.id).choose()
    shown.append(trainee.shown)
    trainee.say("lock", about=item.id)
    shown.append(trainee.shown)
    trainee.say("screen", value="follow").say("later_lean", value="1").say("respond", "0", about=item.id)
    assert item.follow_ups[0].reasoning in trainee.shown
    shown.append(trainee.shown)
    for file in ("page.html", "page.docx", "judgments.csv", "responses.csv"):
        trainee.say("label", value="R1").say("export", file)
    shown += [trainee.say("save").shown, trainee.say("screen", value="list").shown, trainee.say("screen", value="back").shown]
    names = [one.name for one in trainee.sent]
    assert len(set(names)) == len(names) == 5
    files = [text_of(one.data) for one in trainee.sent]
    assert all("oy" in one or item.id in one for one in files)
    assert find_strays("\n".join(shown + files)) == []
    assert json.loads(trainee.kept)["pack"] == "toy"
    assert Trainee("V05").load("load", trainee.kept.encode()).problem
    assert Trainee(edition=None).load("set", share("V05")).problem
    assert Trainee(edition=None).say(RESTORE, value=(ROOT / "tests/data/training_v1.json").read_text("utf-8")).problem


# --- over a reload, and as files -----------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["", "{", '{"format": "kapnb training"}', "changed"])
def test_a_kept_training_that_was_changed_is_set_aside(broken: str) -> None:
    """It is refused, its problems are told, the browser is told to set it aside, and nothing is revealed."""
    text = Trainee("V05").lock().kept.replace('"high"', '"highest"') if broken == "changed" else broken
    trainee = Trainee().say(RESTORE, value=text)
    assert trainee.page.state.training is None
    assert trainee.problem
    assert trainee.view.refused
    assert trainee.part("case") == ""


def test_what_is_locked_in_is_overtaken_by_no_file_and_no_second_tab() -> None:
    """Neither by an earlier state, nor by that of a tab that saw the answer first and then went another way."""
    trainee = Trainee("V05", "V07")
    earlier = trainee.kept
    other = Trainee().say(RESTORE, value=earlier).lock(outcome="not_at_present")
    trainee.lock()
    before = trainee.page.state.training
    assert trainee.say(RESTORE, value=earlier).problem
    assert trainee.load("load", earlier.encode()).problem
    for step in ("lock", "next"):
        assert trainee.load("load", other.kept.encode()).problem, step
        other.next().lock()
    assert trainee.page.state.training == before
    further = Trainee().load("load", save(before).encode()).next().choose()
    assert not trainee.load("load", further.kept.encode()).problem


def test_no_case_takes_the_place_of_one_that_is_judged() -> None:
    """A set whose case has the id of a twin that waits is refused while there are cases, and nothing is told by it."""
    crafted = save_set(Selection(("V07",), (replace(as_case(STANDINS["A1"]), case_id="V07"),)), EDITION).encode()
    trainee = Trainee("V05", "V07").choose()
    assert trainee.load("set", crafted).problem
    assert trainee.page.state.own == ()
    trainee = Trainee().load("set", crafted).load("load", trainee.kept.encode()).say("lock", about="V05")
    assert words("training.twin_waits") in trainee.case
    assert "twin_there" not in trainee.case
    assert words("training_page.twin_story", title=LIBRARY["V07"].title) not in trainee.case


def test_what_the_browser_does_not_keep_can_be_saved_as_a_file() -> None:
    """The button beside the note on storage gives the training, before the gate too; without one it says so."""
    trainee = Trainee("V05").lock().say(STORAGE, value={"kept": False, "elsewhere": False, "aside": 0})
    assert 'data-action="save_kept"' in trainee.part("notices")
    closed = Trainee(gate=False).say(RESTORE, value=trainee.kept)
    for one in (trainee, closed):
        assert one.say("save_kept").sent[-1].data.decode() == trainee.kept
    for action in ("save_kept", "save"):
        assert words("training_page.no_training")[1:] in Trainee().say(action).problem


def test_cases_of_ones_own_are_not_kept_and_are_waited_for() -> None:
    """Nothing of their answers stays in the browser; brought again, it goes on; other cases set it aside."""
    own = [one for one in STANDINS.values() if one.id != "A7"]
    data = save_set(Selection(tuple(one.id for one in own), tuple(map(as_case, own))), EDITION).encode()
    trainee = Trainee().load("set", data).say("begin").open("A1").lock()
    assert json.loads(trainee.kept)["events"][0]["fields"] == {}
    assert not [answer for answer in STANDINS["A2"].answers.values() if f'"{answer}"' in trainee.kept]
    again = Trainee().say(RESTORE, value=trainee.kept)
    assert again.page.state.training is None
    assert again.view.saved is None  # what is there stays there
    assert words("training_page.waits") in again.say("skip", value=True).part("head")  # as it comes back after a reload
    assert Trainee().say(RESTORE, value=trainee.kept).say("begin").view.refused
    assert again.load("set", data).page.state.training == trainee.page.state.training


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
    pieces = join(write_pieces(story, 0, len(story), apart))
    story = unescape(join((story,)))  # as a page shows it: one sign for one
    assert unescape(re.sub("</?mark>", "", pieces)) == story
    assert pieces.count("<mark") == len(apart)


def test_twins_differ_in_few_sentences() -> None:
    """What is highlighted is in one story and not in the other, and it is the smaller part."""
    for one, other in LIBRARY.pairs:
        here, there = compare_stories(one.story, other.story)
        assert here
        assert there
        assert all(one.story[part.start : part.end] not in other.story for part in here)
        assert sum(part.end - part.start for part in here) < len(one.story) / 2


def test_each_revealed_case_shows_its_own_answer_and_its_twin_once_both_are_locked_in() -> None:
    """Before that the twin waits, and its story is not there; afterwards the differing sentences are set off in both."""
    trainee = Trainee("V05", "V07").lock()
    assert words("training.twin_waits") in trainee.case
    twin = words("training_page.twin_story", title=LIBRARY["V05"].title)
    second = trainee.next().lock().case
    assert twin in second
    assert second.partition(twin)[2].count("<mark") >= 1
    first = trainee.open("V05").case
    assert words("training.twin_waits") not in first
    assert trainee.open("V07").case == second != first


def test_the_reveal_says_whose_view_it_is_first_then_the_sentence_then_the_debrief() -> None:
    """In this order, and everything else after them or one step away; what is ours is labeled as ours."""
    for name, voice in (("V05", "says"), ("V57", "ours")):
        one = LIBRARY[name]
        shown = Trainee(name).lock(outcome="may_be_considered").case
        debrief = f">{words('training_page.debrief')}<"
        places = [shown.index(text) for text in (f'popovertarget="term-{voice}"', "You would consider KAP", debrief)]
        assert "KAP" not in one.debrief[:60]
        assert one.debrief[:60] in shown[places[2] :]
        places += [shown.index(text) for text in one.decides[:1]]
        assert places[:3] == sorted(places[:3])
        assert not one.decides or places[1] < places[3] < places[2]
        assert shown.count("<details") >= 4
        assert shown.index("<details") > places[2]


def test_ones_own_sentence_stands_beside_the_one_that_decides() -> None:
    """Marked apart, and as one where both are the same."""
    name = next(name for name, one in LIBRARY.items() if one.decides and one.story.index(one.decides[0]) > 0)
    story, sentence = LIBRARY[name].story, LIBRARY[name].decides[0]
    start = story.index(sentence)
    for place, alike in (((0, 12), False), ((start, start + len(sentence)), True)):
        trainee = Trainee(name).choose().say("point", f"{place[0]}-{place[1]}", value=True, about=name).say("lock", about=name)
        assert (words("training_page.both") in trainee.case) is alike
        assert (words("training_page.your_sentence") in trainee.case) is not alike
        assert ('class="mine alike"' in trainee.case) is alike


def test_one_follow_up_at_a_time() -> None:
    """The next one, what changes with one, and what others said are not there before the response; each keeps its number."""
    name = next(name for name, one in LIBRARY.items() if len(one.follow_ups) >= 3 and not one.twin)
    follow_ups = LIBRARY[name].follow_ups
    field, answer = next(iter(follow_ups[0].changes.items()))
    trainee, times = Trainee(), words("supervision.times", outcome=words("training.fits_much_less"), count=3)
    trainee.bring(
        "group", *({"case_id": name, "rater": f"R{at}", "field": field, "answer": answer, "response": "-2"} for at in range(3))
    )
    trainee.load("set", share(name)).say("begin").open(name).lock()
    for at, one in enumerate(follow_ups):
        learn, reasoning = one.learn[-40:], re.sub(r" ?\[[^]]*\]", "", one.reasoning)
        assert learn not in trainee.case
        trainee.say("screen", value="follow")
        assert learn in trainee.case
        assert times not in trainee.case
        later = [other.learn[-40:] for other in follow_ups[at + 1 :]]
        assert all(text not in trainee.shown for text in (reasoning, *later))
        assert trainee.say("respond", str(at), about=name).problem
        trainee.say("later_lean", value="0", about=name).say("later_why", value="It weighs less.", about=name)
        trainee.say("respond", str(at), about=name)
        assert all(text in trainee.case for text in (reasoning, "It weighs less."))
        assert (times in trainee.case) is (at == 0)
        assert words("training_page.follow_up", number=at + 1, count=len(follow_ups)) in trainee.case
    assert words("training_page.one_more") not in trainee.case
    assert trainee.say("screen", value="reveal").case.count(words("training_page.thought")) == 1


def test_what_others_judged_is_shown_after_the_reveal_with_the_reason_of_the_article() -> None:
    """Whoever hears the plot of a reveal is told why the article would clarify first, as whoever reads the page is."""
    every = ((name, EDITION.assess(one.answers)) for name, one in LIBRARY.items())
    item, assessment = next((name, there) for name, there in every if there.outcome is Outcome.CLARIFY_FIRST)
    panel = [{"case_id": item, "rater": f"R{at}", "outcome": "not_recommended"} for at in range(3)]
    trainee = Trainee().bring("panel", *panel, {"case_id": item, "rater": "R7", "comment": "Not sure."})
    trainee.load("set", share(item)).say("begin").open(item).choose()
    times = words("supervision.times", outcome=words("outcomes.not_recommended"), count=3)
    assert not any(one in trainee.shown for one in ("votes-strip", times))
    trainee.say("lock", about=item)
    assert "votes-strip" in trainee.shown
    assert f">{times}" not in trainee.shown  # the strip says so once
    for said in (words("training.panel"), words("supervision.incomplete", incomplete=1), words("training.panel_note")):
        assert f">{said}<" in trainee.shown
    assert not re.search(r"\bR\d", trainee.shown)
    labels = [unescape(one) for one in re.findall(r'aria-label="([^"]*)"', trainee.part("case"))]
    assert any(outcome_words(assessment.outcome, assessment.reasons) in label for label in labels)
    strip = trainee.part("case").partition('class="votes-strip"')[2].partition("legend")[0]
    assert strip.count('class="vote ') == 3
    assert len(re.findall(f'class="tag">{words("training.of_own")}<', strip)) == 1
    assert not re.search(r">[1-5]</text>", trainee.shown)


def test_a_judgment_after_talking_and_a_later_thought_stand_beside_the_first() -> None:
    trainee = Trainee("V05").lock()
    first = trainee.page.state.under_way.now.draft
    assert trainee.say("reconsider", about="V05").problem
    for action, value in (("later_outcome", "not_at_present"), ("later_confidence", "low"), ("later_reason", "We talked.")):
        trainee.say(action, value=value, about="V05")
    trainee.say("reconsider", about="V05").say("later_thought", value="Who says so?", about="V05").say("reflect", about="V05")
    now = trainee.page.state.under_way.now
    assert (now.draft, str(now.second and now.second.outcome), now.reflections) == (first, "not_at_present", ("Who says so?",))
    assert all(text in trainee.case for text in ("We talked.", "Who says so?", words("training_page.second_said")))


class Words(HTMLParser):
    """Counts what is read on a screen: nothing folded, and nothing that only some devices show."""

    def __init__(self, *without: str) -> None:
        super().__init__()
        self.without, self.depth, self.texts = {"folded-story", "visually-hidden", *without}, 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        looks = set((dict(attrs).get("class") or "").split())
        if tag not in {"input", "br"} and (self.depth or looks & self.without or tag in {"details", "svg"}):
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:  # every parser has it
        self.depth = max(0, self.depth - 1) if self.depth else 0

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.texts.append(data)


def count_words(html: str, *without: str) -> int:
    counter = Words(*without)
    counter.feed(html)
    return len(" ".join(counter.texts).split())


def test_a_case_takes_few_words_and_the_minutes_are_measured_on_them() -> None:
    """From the story, or every question of an interview, to the last follow-up; what is estimated is what the screens say.

    At first 637 words stood before the judgment of a case, and 1,111 at its reveal. The story is counted once.
    """
    found, estimated = 0, 0
    for name in list(LIBRARY)[::8]:
        trainee = Trainee(name)
        told = count_words(trainee.case)
        judged = count_words(trainee.say("screen", value="judge").case, "story") + count_words(trainee.choose().case, "story")
        assert told + judged < 520, name
        if interview := LIBRARY[name].interview:
            trainee.say("screen", value="read").say("interview", value="on", about=name)
            for question in [*interview.replies] * 2:  # some can be asked once another is answered
                trainee.say("ask", question, about=name)
            told = count_words(trainee.case, "questions")
        revealed = count_words(trainee.say("lock", about=name).case, "story")
        assert interview or revealed < 320, name
        later = 0
        for at in range(len(LIBRARY[name].follow_ups)):
            later += count_words(trainee.say("screen", value="follow").case)
            later += count_words(trainee.say("later_lean", value="1").say("respond", str(at), about=name).case)
        found, estimated = found + told + judged + revealed + later, estimated + LIBRARY[name].words
    assert abs(found - estimated) < found / 8, (found, estimated)


# --- how much is done for an event -----------------------------------------------------------------------


def test_nothing_is_explained_or_saved_again_where_nothing_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed or asked for on the way out is no reason to ask the engine again."""
    shown = Trainee("V01").lock()
    for name in ("explain_reveal", "ask", "save", "session.apply_event"):
        monkeypatch.setattr(f"kapnb.ui.training_visit.{name}", None)
    for action, value in (("label", "R1"), ("confirm", True)):
        assert not shown.say(action, value=value).problem, action
    assert shown.say("later_thought", value="It is saved, which fails here.").problem


@pytest.mark.slow
def test_a_long_session_stays_light() -> None:
    """Over 12 cases nothing heavy is imported, and memory stays flat."""
    told = subprocess.run([sys.executable, "-c", WALK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=240).stdout
    heavy, revealed, first, last = json.loads(told)
    assert (heavy, revealed) == ([], 12)
    assert last - first < 8


WALK = """
import json, sys
from kapnb.ui.training import TrainingPage
from kapnb.ui.widget import Event

page, sizes = TrainingPage(), []
judge = [("outcome", "clarify_first"), ("confidence", "high"), ("reason", "The winter."), ("finding", "none"), ("lock", None)]
later = [("later_thought", "Another thought."), ("reflect", None), ("screen", "follow"), ("later_lean", "1")]
for action, value in (("confirm", True), ("minutes", "all"), ("begin", None)):
    page.act(Event(action, value=value))
for _ in range(12):
    page.act(Event("open", next(one.item.id for one in page.state.training.present if one.open)))
    page.act(Event("interview", value="off"))
    for action, value in (*judge, *later):
        page.act(Event(action, value=value))
    page.act(Event("respond", "0"))
    with open("/proc/self/statm") as told:
        sizes.append(int(told.read().split()[1]) * 4096 / 2**20)
heavy = {"pandas", "numpy", "pandera", "matplotlib", "docx"} & set(sys.modules)
print(json.dumps([sorted(heavy), sum(not one.open for one in page.state.training.present), sizes[3], sizes[-1]]))
"""
