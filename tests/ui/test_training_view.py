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
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb.engine.outcomes import Outcome
from kapnb.tables.read import read_cases
from kapnb.text.html import join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import SUICIDAL, find_support, load_library
from kapnb.training.saving import as_csv, save
from kapnb.training.session import Passage
from kapnb.training.sets import Selection, load_set, save_set
from kapnb.ui import training_visit as visiting
from kapnb.ui.page import Download
from kapnb.ui.training import TrainingPage, read_table
from kapnb.ui.training_desk import split_paragraphs, split_sentences, write_pieces
from kapnb.ui.training_reveal import compare_stories
from kapnb.ui.widget import RESTORE, STORAGE, Event
from tests.toy_pack import find_strays, toy
from tests.training import EDITION, FIELDS, as_case
from tests.training import LIBRARY as STANDINS
from tests.untold import untold

if TYPE_CHECKING:
    from kapnb.engine.edition import Edition

__all__ = ["toy"]

ROOT = Path(__file__).parent.parent.parent
LIBRARY = load_library(EDITION)
LOUD = [name for name in LIBRARY if SUICIDAL & LIBRARY.find_content(name)]
QUIET = [name for name in LIBRARY if name not in LOUD]


def share(*items: str) -> bytes:
    """The file of a set."""
    return save_set(Selection(items), EDITION).encode()


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
            self.load("set", share(*items)).say("begin").enter()

    def say(self, action: str, name: str = "", value: Any = None, **more: Any) -> Trainee:
        self.page.act(Event(action, name, value, **more))
        return self

    def load(self, name: str, data: bytes) -> Trainee:
        return self.say("file", name, len(data), files=(data,))

    def bring(self, name: str, *rows: dict[str, str]) -> Trainee:
        """A table, as it comes when it has been read."""
        data = as_csv(rows, {"panel": "judgments", "group": "responses"}[name], FIELDS)
        return self.say(f"done:{name}", value=read_table(name, data, EDITION))

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
        return str(self.view.saved)

    @property
    def shown(self) -> str:
        """Everything that the browser has."""
        state = self.view.get_state()
        mine = {name: value for name, value in state.items() if name[0] != "_"}
        return unescape(json.dumps(mine, ensure_ascii=False, default=str))

    def part(self, *names: str) -> str:
        return "".join(str(getattr(self.view, f"html_{name}")) for name in names)

    @property
    def rest(self) -> str:
        """What a reveal adds below the story and the judgment."""
        return self.part("source", "rest")


# --- before the commitment -----------------------------------------------------------------------------


def test_nothing_of_an_answer_goes_down_before_the_commitment() -> None:
    """Of no vignette does any widget hold a debrief, a finding, a follow-up or what its twin says; after the reveal it does."""
    trainee = Trainee(*LIBRARY)
    for name in list(LIBRARY)[::3]:
        trainee.say("go", value=name).choose().say("marking").say("recording").say("commit")
        assert LIBRARY[name].title in trainee.shown
        assert [piece for piece in untold(LIBRARY[name]) if piece in trainee.shown] == []
        assert len(untold(LIBRARY[name])) > 5
    trainee.say("commit_sure").reveal()
    assert sum(piece in trainee.shown for piece in untold(LIBRARY[name])) > 5


BEFORE = [
    ("reveal", "", ""),
    ("lean", "", "1"),
    ("respond", "0", ""),
    ("annotate", "", ""),
    ("commit", "", ""),
    ("commit_sure", "", ""),
]
AFTER = [
    ("outcome", "", "not_recommended"),
    ("outcome", "", ""),
    ("confidence", "", "low"),
    ("finding", "", "ocd"),
    ("clear", "ocd", ""),
]
AFTER += [("record", "ocd", "yes"), ("mark", "1-20", True), ("mark", "0-20", "off"), ("commit", "", ""), ("commit_sure", "", "")]


@pytest.mark.parametrize(
    ("stage", "events", "said"),
    [
        ("open", BEFORE, "training_page.refused"),
        ("committed", AFTER, "training.committed"),
        ("revealed", AFTER, "training.committed"),
    ],
)
def test_a_crafted_message_reveals_nothing_and_changes_no_commitment(stage: str, events: Any, said: str) -> None:
    """What comes after a commitment is refused before it, and what came before it after it: kindly, and nothing changes."""
    trainee = Trainee("V05", "V07").say("note", value="I was told.")
    if stage != "open":
        trainee.commit()
    if stage == "revealed":
        trainee.reveal()
    before, rest = trainee.page.state.training, trainee.rest
    for action, name, value in events:
        trainee.say(action, name, value)
        assert trainee.page.state.training == before, action
        assert trainee.problem, action
        assert words(said) in trainee.shown, action
        assert trainee.rest == rest == "" or stage == "revealed"
        assert ('data-action="outcome"' in trainee.part("judgment")) is (stage == "open")


def test_the_commitment_takes_two_steps_and_a_lost_confirmation_is_repeated() -> None:
    """What is chosen in between takes the question back. A confirmation names its draft: another one is asked about again."""
    trainee = Trainee("V05", "V07").choose().say("commit_sure")
    asked = trainee.part("judgment")
    (sure,) = re.findall(r'data-action="commit_sure" data-value="(\w+)"', asked)
    for changed in (False, True):
        again = Trainee().say(RESTORE, value=trainee.kept)
        if changed:
            again.say("confidence", value="low")
            assert 'data-action="commit_sure"' not in again.part("judgment")
        again.say("commit_sure", value=sure, about="V05")
        assert again.page.state.under_way.now.open is changed
        assert again.page.state.asking == ("commit" if changed else "")
    trainee.say("go", value="V07").say("outcome", value="not_recommended", about="V05").say("commit_sure", about="V05")
    assert trainee.page.state.under_way.now.draft.outcome is None  # it came late, from the other case
    assert words("training_page.other_case")[1:] in trainee.problem


def test_nothing_is_shown_before_the_gate() -> None:
    """Without the gate no set is begun, and what the browser kept is not drawn."""
    kept = Trainee("V05").commit().reveal().kept
    trainee = Trainee(gate=False).say("begin")
    assert trainee.page.state.training is None
    trainee.say(RESTORE, value=kept)
    assert trainee.page.state.training
    assert "training-gate" in trainee.part("head")
    assert trainee.part("story", "judgment", "source", "rest") == ""
    trainee.say("confirm", value=True)
    assert LIBRARY["V05"].title in trainee.part("story")


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
    assert Trainee(QUIET[0], LOUD[0]).say("skip", value=True).say("next").page.state.part == "back"


def test_content_notes_come_before_the_story() -> None:
    """A story that involves suicidal ideation is not there until somebody asks for it; others show their notes above it."""
    loud = next(one for one in LIBRARY.values() if SUICIDAL & set(one.content) and find_support(one, FIELDS))
    trainee = Trainee().load("set", share(loud.id)).say("begin")
    assert words(f"vignettes.content.{loud.content[0]}") in trainee.part("story")
    assert loud.story[:60] not in trainee.shown
    assert trainee.part("judgment") == ""
    assert loud.story[:60] in trainee.say("enter").part("story")
    assert 'class="support"' in trainee.part("story").partition(loud.story[:60])[0]


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
    shown = trainee.say("picking", value=True).shown
    assert all(f'id=\\"training-pick-{name}\\"' in shown for name in LIBRARY)
    assert [piece for one in LIBRARY.values() for piece in untold(one) if piece in shown] == []
    for name, on in (("V07", True), ("V05", True), ("V01", True), ("V07", False), ("V07", True)):
        trainee.say("pick", name, value=on)
    assert trainee.say("pick", "V99", value=True).problem
    trainee.say("title", value=" An hour on doubt ").say("set_note", value="Read slowly.").say("share")
    shared, messages = load_set(trainee.sent[-1].data, EDITION)
    assert (shared.items, shared.title, shared.note, messages) == (("V05", "V01", "V07"), "An hour on doubt", "Read slowly.", ())
    assert trainee.say("title", value="For somebody@example.org").say("share").problem
    assert len(trainee.sent) == 1
    trainee.say("title").say("begin")
    assert [one.id for one in trainee.page.state.under_way.items] == ["V05", "V01", "V07"]
    assert "Read slowly." in trainee.part("head")


def test_the_facilitators_sheet_is_never_told_to_whoever_still_judges() -> None:
    """It takes two steps, and none leads to it while a case of a training waits for its judgment."""
    trainee = Trainee().say("sheet", "html")
    assert trainee.problem
    for kind in ("html", "docx", "cases"):
        trainee.say("ask_sheet").say("sheet", kind)
    assert [one.name.rpartition(".")[2] for one in trainee.sent] == ["html", "docx", "csv"]
    rows = read_cases(trainee.sent[-1].data)
    assert [LIBRARY[name].story for name in rows["case_id"]] == list(rows["vignette"])
    judging = Trainee("V05")
    for action, kind in (("ask_sheet", ""), ("sheet", "cases"), ("sheet", "html")):
        assert judging.say(action, kind).problem
    assert judging.sent == []


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
    trainee.say("share")
    for kind in ("html", "docx", "cases"):
        trainee.say("ask_sheet").say("sheet", kind)
    shown = [trainee.shown]
    trainee.load("set", trainee.sent[0].data).say("begin").enter().say("recording").choose()
    shown.append(trainee.shown)
    trainee.say("commit").say("commit_sure").reveal().say("lean", value="1").say("respond", "0")
    assert item.follow_ups[0].reasoning in trainee.shown
    shown.append(trainee.shown)
    for table in ("judgments", "responses"):
        trainee.say("label", value="R1").say("export", table)
    shown.append(trainee.say("save").say("back").shown)
    names = [one.name for one in trainee.sent]
    assert len(set(names)) == len(names) == 7
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
    text = Trainee("V05").commit().kept.replace('"high"', '"highest"') if broken == "changed" else broken
    trainee = Trainee().say(RESTORE, value=text)
    assert trainee.page.state.training is None
    assert trainee.problem
    assert trainee.view.refused
    assert trainee.part("judgment") == ""


def test_what_is_committed_is_overtaken_by_no_file_and_no_second_tab() -> None:
    """Neither by an earlier state, nor by that of a tab that saw the answer first and then went another way."""
    trainee = Trainee("V05", "V07")
    earlier = trainee.kept
    other = Trainee().say(RESTORE, value=earlier).commit(outcome="not_at_present")
    trainee.commit().reveal()
    before = trainee.page.state.training
    assert trainee.say(RESTORE, value=earlier).problem
    assert trainee.load("load", earlier.encode()).problem
    for step in ("commit", "reveal", "next"):
        assert trainee.load("load", other.kept.encode()).problem, step
        other.reveal() if step == "commit" else other.say("next").commit()
    assert trainee.page.state.training == before
    further = Trainee().load("load", save(before).encode()).say("next").choose()
    assert not trainee.load("load", further.kept.encode()).problem


def test_no_case_takes_the_place_of_one_that_is_judged() -> None:
    """A set whose case has the id of a twin that waits is refused while a training is under way, and nothing is told by it."""
    crafted = save_set(Selection(("V07",), (replace(as_case(STANDINS["A1"]), case_id="V07"),)), EDITION).encode()
    trainee = Trainee("V05", "V07").commit()
    assert trainee.load("set", crafted).problem
    assert trainee.page.state.own == ()
    trainee = Trainee().load("set", crafted).load("load", trainee.kept.encode()).reveal()
    assert words("training.twin_waits") in trainee.rest
    assert words("explanation.near") not in trainee.rest
    assert outcome_words(EDITION.assess(LIBRARY["V07"].answers).outcome) not in trainee.rest.partition('class="twin"')[2]


def test_what_the_browser_does_not_keep_can_be_saved_as_a_file() -> None:
    """The button beside the note on storage gives the training, before the gate too; without one it says so."""
    trainee = Trainee("V05").commit().say(STORAGE, value={"kept": False, "elsewhere": False, "aside": 0})
    assert 'data-action="save_kept"' in trainee.part("notices")
    closed = Trainee(gate=False).say(RESTORE, value=trainee.kept)
    for one in (trainee, closed):
        assert one.say("save_kept").sent[-1].data.decode() == trainee.kept
    for action in ("save_kept", "save"):
        assert words("training_page.no_training")[1:] in Trainee().say(action).problem


def test_cases_of_ones_own_are_not_kept_and_are_waited_for() -> None:
    """Nothing of their answers stays in the browser; brought again, the training goes on; another one sets it aside."""
    data = save_set(Selection(tuple(STANDINS), tuple(map(as_case, STANDINS.values()))), EDITION).encode()
    trainee = Trainee().load("set", data).say("begin").commit()
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
    pieces = "".join(write_pieces(story, 0, len(story), apart))
    story = unescape(join((story,)))  # as a page shows it: one sign for one
    texts = re.findall(r'data-at="(\d+)">(.*?)</', pieces, flags=re.DOTALL)
    assert "".join(unescape(text) for _, text in texts) == story
    assert all(story[int(at) :].startswith(unescape(text)) for at, text in texts)
    assert pieces.count("<mark") == len(apart)


def test_twins_differ_in_few_sentences() -> None:
    """What is highlighted is in one story and not in the other, and it is the smaller part."""
    for one, other in LIBRARY.pairs:
        here, there = compare_stories(one.story, other.story)
        assert here
        assert there
        assert all(one.story[part.start : part.end] not in other.story for part in here)
        assert sum(part.end - part.start for part in here) < len(one.story) / 2


def test_each_revealed_case_shows_its_own_answer_and_its_twin_once_both_are_committed() -> None:
    """Before that the twin waits, and its story is not there; afterwards the differing sentences are set off in both."""
    trainee = Trainee("V05", "V07").commit().reveal()
    assert words("training.twin_waits") in trainee.rest
    second = trainee.say("next").commit().reveal().part("source")
    assert second.count("<mark") >= 2
    first = trainee.say("go", value="V05").part("source")
    assert words("training.twin_waits") not in first
    assert trainee.say("go", value="V07").part("source") == second != first


def test_one_follow_up_at_a_time() -> None:
    """The next one, what the source makes of one, and what others said are not there before the response; each keeps its number."""
    follow_ups = LIBRARY["V01"].follow_ups
    field, answer = next(iter(follow_ups[0].changes.items()))
    trainee, times = Trainee(), words("supervision.times", outcome=words("training.fits_much_less"), count=3)
    trainee.bring(
        "group", *({"case_id": "V01", "rater": f"R{at}", "field": field, "answer": answer, "response": "-2"} for at in range(3))
    )
    trainee.load("set", share("V01")).say("begin").commit().reveal()
    for at, one in enumerate(follow_ups):
        assert one.learn in trainee.shown
        assert (times in trainee.shown) is (at > 0)
        assert all(text not in trainee.shown for text in (one.reasoning, *(later.learn for later in follow_ups[at + 1 :])))
        assert trainee.say("respond", str(at)).problem
        trainee.say("lean", value="0").say("respond", str(at))
        assert one.reasoning in trainee.shown
    numbers = [words("training_page.follow_up", number=at + 1, count=len(follow_ups)) for at in range(len(follow_ups))]
    assert re.findall(r"<h3>(New finding[^<]*)</h3>", trainee.rest) == numbers
    last = Trainee("V01").commit().reveal().say("lean", value="1").say("respond", str(len(follow_ups) - 1))
    assert re.findall(r"<h3>(New finding[^<]*)</h3>", last.rest) == [numbers[-1], numbers[0]]


def test_what_others_judged_is_shown_after_the_reveal_with_the_reason_of_the_source() -> None:
    """Whoever hears the two plots of a reveal is told why the source would clarify first, as whoever reads the page is."""
    every = ((name, EDITION.assess(one.answers)) for name, one in LIBRARY.items())
    item, assessment = next((name, there) for name, there in every if there.outcome is Outcome.CLARIFY_FIRST)
    trainee = Trainee().bring("panel", *({"case_id": item, "rater": f"R{at}", "outcome": "not_recommended"} for at in range(3)))
    trainee.load("set", share(item)).say("begin").commit()
    times = words("supervision.times", outcome=words("outcomes.not_recommended"), count=3)
    assert not any(one in trainee.shown for one in ("spread-plot", times))
    trainee.reveal()
    assert all(one in trainee.shown for one in ("spread-plot", times))
    labels = [unescape(one) for one in re.findall(r'aria-label="([^"]*)"', trainee.part("judgment", "source"))]
    about = [label for label in labels if words("training_page.positions").split("{")[0] in label]
    assert len(about) >= 2
    assert all(outcome_words(assessment.outcome, assessment.reasons) in label for label in about)


# --- how much is done for an event -----------------------------------------------------------------------


def test_nothing_is_explained_or_saved_again_where_nothing_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed or asked for is no reason to ask the engine again; and asking to commit commits nothing."""
    shown, asked = Trainee("V01").commit().reveal().say("lean", value="1").say("respond", "0"), Trainee("V01").choose()
    for name in ("explain_reveal", "ask", "save", "session.apply_event"):
        monkeypatch.setattr(f"kapnb.ui.training_visit.{name}", None)
    for action, value in (("lean", "0"), ("note", "Another thought."), ("ask_export", None), ("unask", None)):
        assert not shown.say(action, value=value).problem, action
    assert not asked.say("commit").problem
    assert shown.say("annotate").problem  # it is saved, which fails here


@pytest.mark.slow
def test_a_long_session_stays_light() -> None:
    """Over 24 cases nothing heavy is imported, and memory stays flat."""
    told = subprocess.run([sys.executable, "-c", WALK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=240).stdout
    heavy, revealed, first, last = json.loads(told)
    assert (heavy, revealed) == ([], 24)
    assert last - first < 8


WALK = """
import json, sys
from kapnb.ui.training import TrainingPage
from kapnb.ui.widget import Event

page, sizes = TrainingPage(), []
judge = [("enter", None), ("outcome", "clarify_first"), ("confidence", "high"), ("finding", "none"), ("commit", None)]
steps = [*judge, ("commit_sure", None), ("reveal", None), ("lean", "1"), ("note", "Another thought."), ("annotate", None)]
for action, value in (("confirm", True), ("minutes", "all"), ("begin", None)):
    page.act(Event(action, value=value))
for _ in range(24):
    for action, value in steps:
        page.act(Event(action, value=value))
    page.act(Event("respond", "0"))
    page.act(Event("next"))
    with open("/proc/self/statm") as told:
        sizes.append(int(told.read().split()[1]) * 4096 / 2**20)
heavy = {"pandas", "numpy", "pandera", "matplotlib", "docx"} & set(sys.modules)
print(json.dumps([sorted(heavy), sum(one.revealed for one in page.state.training.present), sizes[7], sizes[-1]]))
"""
