"""The supervision page without a browser: what it shows, and what a message of the browser leads to."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from kapnb import assess_table, explain, read_cases
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.overview import compare_in_case
from kapnb.group.questionnaires import PRODUCTS
from kapnb.group.state import Scope, State
from kapnb.tables.columns import load_table
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.sets import Selection, save_set
from kapnb.ui.dots import describe_votes, short_words
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.supervision import PARTS, REGIONS, SupervisionPage, Visit, library_rows
from kapnb.ui.supervision_inbox import name_cell
from kapnb.ui.supervision_picture import PAGE, agreement_words, readings_words
from kapnb.ui.widget import RESTORE, Event
from tests.bundled import EDITION
from tests.example import ASSESSED, CASES, FILES, LOCATED
from tests.tables import as_csv
from tests.toy_pack import find_strays

DATA = Path(__file__).parent.parent / "data" / "inputs"
HOSTILE = """<img src=x onerror="alert(1)">&'"""
LABELS = re.compile(r"\bR[1-6]\b")
NUMBER = re.compile("[0-9a-f]{8}")


def texts(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def holds(html: str, *said: str) -> bool:
    shown = squeeze(texts(html))
    return all(squeeze(text) in shown for text in said)


def say(key: str, **values: object) -> str:
    return words(f"supervision_page.{key}", **values)


class Here:
    """A page, and what its browser would say and get, in a thread and loop of their own: those of other tests may be running."""

    def __init__(self, edition: Edition | None = None) -> None:
        self.page = SupervisionPage(edition)
        self.got: dict[str, bytes] = {}
        self.apart, self.loop = ThreadPoolExecutor(1), asyncio.new_event_loop()
        assert self.page.widget
        self.widget = self.page.widget
        self.widget.download = lambda name, data: self.got.update({name: data})  # type: ignore[method-assign]

    def close(self) -> None:
        self.apart.submit(self.loop.close).result(60)
        self.apart.shutdown()

    @property
    def state(self) -> State:
        return self.page.state.state  # type: ignore[no-any-return]

    def act(self, *events: Event) -> str:
        """What is spoken when everything that was begun is done."""

        async def happen() -> None:
            for event in events:
                self.page.act(event)
            await self.page.settled()

        self.apart.submit(self.loop.run_until_complete, happen()).result(60)
        return str(self.widget.said)

    def say(self, action: str, value: Any = "", name: str = "") -> str:
        return self.act(Event(action, name, value))

    def give(self, *files: bytes) -> str:
        return self.act(*map(choice, files))

    def html(self, region: str) -> str:
        return str(getattr(self.widget, f"html_{region}"))

    def whole(self) -> str:
        return "".join(map(self.html, REGIONS))


def choice(data: bytes) -> Event:
    return Event("file", "files", len(data), None, (data,))


@pytest.fixture
def here() -> Iterator[Here]:
    """The page with its gate confirmed."""
    visit = Here()
    visit.say("confirm", value=True)
    yield visit
    visit.close()


@pytest.fixture(scope="module")
def opened() -> Visit:
    """The example, read and worked out once."""
    visit = Here()
    visit.say("confirm", value=True)
    visit.say("example")
    visit.close()
    return visit.page.state  # type: ignore[no-any-return]


@pytest.fixture
def room(here: Here, opened: Visit) -> Here:
    """The example, open."""
    here.page.state = opened
    return here


def fail(*_: object) -> None:
    """Stands in for work that goes wrong, and says what nobody is to see."""
    raise RuntimeError(HOSTILE)


def test_the_case_table_and_the_page_say_the_same(room: Here) -> None:
    """For each case of the example: the outcome of the table is the one that the picture frames, and the case on view."""
    table = assess_table(read_cases(FILES["cases"]))
    for case, (_, said) in zip(CASES, table.iterrows(), strict=True):
        room.say("pick", case.case_id)
        alone = ASSESSED[case.case_id]
        assert said["outcome"] == alone.outcome
        row = re.search(f'data-key="row-{case.case_id}">.*?</tr>', room.html("picture"))
        assert row
        assert re.findall('class="fr[^"]*" data-label="([^"]*)"', row[0]) == [short_words(alone.outcome)]
        told = explain(alone, *case.texts)
        assert holds(room.html("case"), told.title, *(text for card in told.cards for text in (card.text, *card.more)))


def test_a_room_and_a_set_are_one_step_away() -> None:
    """Before the gate already, since neither needs what it lets in."""
    visit = Here()
    assert re.findall('href="([^"]*)"', visit.html("ways")) == ["room/new", "sets"]
    assert holds(visit.html("ways"), say("way_room"), say("way_sets"))
    visit.close()


def test_the_group_is_shown_without_labels_until_they_are_asked_for(room: Here) -> None:
    """No part holds the label of a rater until the checkbox is on; then the lines of the comparison stand with labels."""
    room.say("pick", "S10")
    assert not [name for name in PARTS[1:] if LABELS.search(texts(room.html(name)))]
    assert "<details" in room.html("inbox").partition("R1")[0]  # the roster is one step away
    assert room.say("names", value=True) == say("names_on")
    for block in compare_in_case(LOCATED["S10"], names=True):
        assert holds(room.html("case"), *(line.text for line in block.lines))
    for name in ("case", "overview"):
        assert set(LABELS.findall(texts(room.html(name)))) == {f"R{number}" for number in range(1, 7)}
    room.say("names", value=False)
    assert not LABELS.search(texts(room.html("case") + room.html("overview")))


def test_comments_keep_no_order_of_raters(here: Here) -> None:
    """Without labels they stand in the order of the alphabet, with labels in that of the labels."""
    rows = [["A", "R1", "clarify_first", "Zinnia"], ["A", "R2", "clarify_first", "Aster"]]
    here.give(as_csv([["case_id"], ["A"]]), as_csv([["case_id", "rater", "outcome", "comment"], *rows]))
    shown = texts(here.html("case"))
    assert shown.index("Aster") < shown.index("Zinnia")
    here.say("names", value=True)
    shown = texts(here.html("case"))
    assert shown.index("Zinnia") < shown.index("Aster")


def test_the_picture_and_the_strip_have_a_dot_for_each_person_and_say_so(room: Here) -> None:
    """As many dots as judgments with an outcome, filled by how sure; the strip counts in words and names the article's outcome."""
    for case in CASES:
        room.say("pick", case.case_id)
        judged = [one.judgment for one in LOCATED[case.case_id] if one.complete]
        row = re.search(f'data-key="row-{case.case_id}">.*?</tr>', room.html("picture"))
        assert row
        strip = room.html("case").partition('class="votes-strip"')[2].partition("legend")[0]
        for drawn in (row[0], strip):
            fills = re.findall('class="vote ([a-z]*)"', drawn)
            assert sorted(fills) == sorted(str(one.confidence or "unsaid") for one in judged)
        assert describe_votes(judged, ASSESSED[case.case_id].outcome) in unescape(room.html("case"))


def test_the_most_divided_case_leads_and_one_dissenter_is_not_singled_out(room: Here) -> None:
    """Cases stand by the share of pairs that agree; of a single dissenter no percentage is told, and no place."""
    order = re.findall('data-key="row-([^"]*)"', room.html("picture"))
    assert order == list(room.state.listed)
    divided = room.state.dataset.disputed
    assert tuple(order[: len(divided)]) == divided
    assert room.state.chosen == divided[0]
    shares = [room.state.dataset.agreeing(name) for name in divided]
    assert shares == sorted(shares, key=lambda share: share or 0)
    alone = next(name for name in order[len(divided) :] if room.state.dataset.agreeing(name) not in (None, 1.0))
    assert agreement_words(room.state.dataset, alone).startswith(say("one_differs", count=6).partition("6")[0])
    room.say("order", "given")
    assert re.findall('data-key="row-([^"]*)"', room.html("picture")) == [case.case_id for case in CASES]


def test_a_case_of_the_picture_is_opened_and_marked(room: Here) -> None:
    room.say("pick", "S05")
    assert re.findall(r'class="selected" data-key="row-([^"]*)"', room.html("picture")) == ["S05"]
    assert "S05" in room.say("step", "1") or room.state.chosen != "S05"


def test_many_cases_stand_on_pages(here: Here) -> None:
    everything = [f"L{number}" for number in range(1, 2 * PAGE + 6)]
    here.give(as_csv([["case_id", "title"], *([name, f"Title {name}"] for name in everything)]))

    def rows() -> list[str]:
        return re.findall(r'data-key="row-([^"]*)"', here.html("picture"))

    assert rows() == everything[:PAGE]
    assert here.say("turn", "1") == say("cases_info", start=PAGE + 1, end=2 * PAGE, total=len(everything))
    for _ in range(2):
        here.say("turn", "1")
        assert rows() == everything[2 * PAGE :]


def test_facts_that_were_read_otherwise_are_counted_by_case(room: Here) -> None:
    """How many read what, beside what the case says; never who."""
    shown = texts(room.html("overview"))
    assert f"{say('read_as', count=2, option='No')} {say('in_the_case', option='not recorded')}" in shown
    assert not LABELS.search(shown)


def test_who_moved_after_talking_is_drawn_and_told(here: Here) -> None:
    """The second vote is beside the first and does not overwrite it: a line for each way, and the same in words."""
    header = ["case_id", "rater", "outcome", "second_outcome"]
    ways = [("clarify_first", "not_at_present")] * 2 + [("clarify_first", "clarify_first"), ("not_at_present", "")]
    here.give(as_csv([header, *(["V56", f"R{n}", *way] for n, way in enumerate(ways))]))
    drawn = here.html("case").partition('class="slopes"')[2].partition("</svg>")[0]
    assert sorted(re.findall('class="(moved|stayed)"', drawn)) == ["moved", "stayed"]
    before, after = short_words(Outcome.CLARIFY_FIRST), short_words(Outcome.NOT_AT_PRESENT)
    assert holds(here.html("case"), words("dots.moved", ways=words("dots.way", count=2, before=before, after=after), stayed=1))
    assert here.html("picture").partition("<table")[2].count('class="vote ') == 4  # those of the first vote


def test_figures_are_dots_with_their_intervals(room: Here) -> None:
    """Plain agreement is read at once; four figures, each with a whisker from its own interval, are folded away."""
    measured = room.state.dataset.measured
    assert measured
    assert measured.alpha.resamples == 10_000
    drawn = room.html("overview").partition('class="whiskers"')[2]
    assert drawn.count("<circle") == 4
    assert drawn.count('class="axis"') == 4
    assert drawn.count("<line") == 8


def test_under_another_pack_nothing_of_the_first_is_shown(toy: Edition) -> None:
    """Every region with its example, every prompt, and every note."""
    here = Here()
    here.say("confirm", value=True)
    here.say("example")
    assert here.state.dataset.edition is toy
    for case in here.state.dataset.cases:
        here.say("pick", case)
        assert find_strays(here.whole()) == []
    for scope in Scope:
        here.say("scope", str(scope))
        assert find_strays(here.whole()) == []
        for kind in ("html", "markdown", "docx"):
            here.say("note", name=kind)
    assert len(here.got) == 6
    assert not [name for name, data in here.got.items() if find_strays(read_note(name, data))]
    here.close()


def read_note(name: str, data: bytes) -> str:
    if not name.endswith("docx"):
        return data.decode()
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize("action", ["example", "file", "note"])
def test_nothing_is_read_before_the_gate(action: str) -> None:
    """Before somebody has confirmed that the cases are invented, an example or a file leads nowhere."""
    here = Here()
    here.act(Event(action, "cases", 10, None, (b"case_id\nA\n",)))
    assert not here.state.chosen
    assert say("gate_title") in here.html("inbox")
    here.close()


JUDGED = ["case_id", "rater", "outcome", "confidence", "comment"]


def test_twelve_files_at_once_are_one_group(here: Here) -> None:
    """Whatever is being read while the next one comes; the cases come from the library."""
    files = [
        as_csv([JUDGED, ["V56", f"R{n}", "clarify_first", "", ""], ["V15", f"R{n}", "not_at_present", "", ""]]) for n in range(12)
    ]
    said = here.give(*files)
    assert words("inbox.opened_judgments", people=12, cases=2, judgments=24) in said
    assert len(here.page.state.intake.inbox.papers) == 12


def test_a_cell_that_waits_is_mended_in_place_and_taken_back(here: Here) -> None:
    """The others are used; the nearest words are offered; what was mended by hand is listed and can be undone."""
    rows = [["V56", "R1", "unsure", "high", ""], ["V15", "R1", "not at presnt", "high", ""], ["V56", "R2", "clarify_first", "", ""]]
    said = here.give(as_csv([JUDGED, *rows]))
    assert words("inbox.waiting_count", count=2) in said
    assert holds(here.html("inbox"), "“unsure”", words("inbox.near", option=outcome_words(Outcome.NOT_AT_PRESENT)))
    assert len(here.state.dataset.everything) == 1
    unsure, near = here.page.state.intake.settled.waiting
    assert near.mend
    here.say("mend", near.held.near, name_cell(near.mend))
    assert unsure.mend
    here.say("mend", "clarify_first", name_cell(unsure.mend))
    assert len(here.state.dataset.everything) == 3
    assert holds(here.html("inbox"), words("inbox.mended", count=2))
    here.say("undo", name=name_cell(unsure.mend))
    assert len(here.state.dataset.everything) == 2
    here.say("mend", "", name_cell(unsure.mend))
    assert len(here.state.dataset.everything) == 2


def test_whatever_column_waits_its_options_are_offered(here: Here) -> None:
    columns = {name: one.options for name, one in load_table("judgments").columns.items() if one.options}
    header = dict.fromkeys(("case_id", "rater", "outcome", *columns), "")
    judged = {**header, "rater": "R1", "outcome": "clarify_first"}
    rows = [judged | {"case_id": case, name: "neither of them"} for case, name in zip(library_rows(EDITION), columns, strict=False)]
    here.give(as_csv([list(header), *(list(row.values()) for row in rows)]))
    waiting = [one.held.column for one in here.page.state.intake.settled.waiting]
    assert sorted(waiting) == sorted(columns)
    offered = [set(re.findall(r'<option value="([^"]+)"', one)) for one in here.html("inbox").split("<select")[1:]]
    for name, options in zip(waiting, offered, strict=True):
        assert set(columns[name]) <= options, name


def test_what_may_identify_is_never_on_the_page(room: Here) -> None:
    """A file that cannot be used says why without its cells; what was open stays open."""
    secret = "rowan@example.org"
    room.give(as_csv([["case_id", "title", "bipolar_disorde"], ["A", secret, "perhaps"]]))
    assert words("inbox.file_refused", number=3) in texts(room.html("inbox"))
    room.give(as_csv([JUDGED, ["S01", "R9", "clarify_first", "high", secret], ["S01", secret, "clarify_first", "high", ""]]))
    assert secret not in room.whole()
    assert room.state.chosen
    assert words("inbox.naming") in texts(room.html("inbox"))


def test_a_form_is_used_once_its_reading_is_confirmed(here: Here) -> None:
    """The proposal is on the page with what is dropped; each column can be read as something else; codes can be said otherwise."""
    here.give((DATA / "google_forms.csv").read_bytes(), (DATA / "redcap_raw.csv").read_bytes())
    assert not here.state.dataset.cases
    assert holds(here.html("inbox"), words("inbox.dropped", names="Timestamp, Email Address"))
    place = next(at for at, one in enumerate(here.page.state.intake.inbox.papers[0].form.questions) if one.role == "comment")
    here.say("assign", "", f"1\t{place}")
    here.say("code", "may_be_considered", "2\toutcome\t1")
    here.say("use", name="1")
    assert len(here.state.dataset.everything) == 72
    assert sum(not one.comment for one in here.state.dataset.everything if one.case_id == "V56") == 12
    here.say("drop", name="1")
    here.say("use", name="2")
    assert {one.outcome for one in here.state.dataset.everything if one.case_id == "V56"} >= {Outcome.MAY_BE_CONSIDERED}


def test_a_training_set_opens_its_cases_and_a_form_is_made_of_them(here: Here) -> None:
    """The questions come as a file for each product; before there are cases there are none to ask about."""
    here.say("form", name="google")
    assert not here.got
    here.give(save_set(Selection(("V56", "V15")), EDITION).encode())
    assert list(here.state.dataset.cases) == ["V56", "V15"]
    for product in PRODUCTS:
        here.say("form", name=product)
    assert len(here.got) == len(PRODUCTS)
    assert all(b"V56" in data or b"v56" in data for data in here.got.values())


def test_two_files_that_overlap_are_told_once(here: Here) -> None:
    """One line for all labels, with all of them as other people by one button, or one by one."""
    head = ["case_id", "rater", "outcome", "confidence", "comment"]
    for outcome in ("clarify_first", "may_be_considered"):
        here.give(as_csv([head, *([case, f"R{number}", outcome, "", ""] for case in ("V56", "V15") for number in range(1, 5))]))
    shown = here.html("inbox")
    assert shown.count(words("inbox.replaced", file=words("inbox.file", number=2), count=8, rater="R1, R2, R3, R4")) == 1
    assert words("inbox.replaced_apart") not in shown
    here.say("apart", name="2\tR3")
    assert len(here.state.dataset.everything) == 10
    here.say("apart", name="2\tR1\tR2\tR4")
    assert len(here.state.dataset.everything) == 16
    assert words("inbox.replaced_others") not in here.html("inbox")


def test_labels_are_joined_told_apart_and_numbered(here: Here) -> None:
    rows = [
        ["V56", "Anna", "clarify_first", "", ""],
        ["V15", "anna", "clarify_first", "", ""],
        ["V56", "Anna", "not_at_present", "", ""],
    ]
    here.give(as_csv([JUDGED, *rows]))
    here.say("apart", name="1\tAnna")
    assert len(here.state.dataset.everything) == 3
    here.say("later", name="1\tAnna")
    here.say("join", name="Anna\tanna")
    assert {one.rater for one in here.state.dataset.everything} == {"Anna"}
    here.say("number")
    assert {one.rater for one in here.state.dataset.everything} == {"R1"}
    assert "Anna" not in here.whole()
    here.say("clear")
    assert not here.state.dataset.cases
    assert not here.html("case")


def test_a_file_that_is_too_large_or_cannot_be_read_is_told(room: Here) -> None:
    """Its size alone comes up; the page says the limit, or that it could not be read, and stays as it is."""
    assert words("inbox.too_large", size=MOST_BYTES // 1024**2) in room.say("file", MOST_BYTES + 1, "files")
    assert words("inbox.unreadable") in room.say("file", 10, "files")
    assert room.state.chosen


@pytest.mark.parametrize("kind", ["html", "markdown", "docx"])
def test_the_note_says_what_the_page_says(room: Here, kind: str) -> None:
    """The note of the case on view has its outcome, what was ticked and what was learned, and no labels while they are off."""
    room.say("pick", "S07")
    (ticked, *_) = room.state.offered
    room.say("tick", value=True, name=ticked.key)
    room.say("learn", "One attempt is asked about again.", "S07")
    room.say("note", name=kind)
    ((name, data),) = room.got.items()
    assert re.fullmatch(r"note-S07-\d{4}-\d\d-\d\d-\d{6}\.\w+", name)
    plain = texts(read_note(name, data)).replace("\\", "")
    assert outcome_words(ASSESSED["S07"].outcome) in plain
    assert "One attempt is asked about again." in plain
    assert ticked.text in plain
    assert not LABELS.search(plain)
    room.say("scope", "session")
    for one in room.state.offered[:4]:
        room.say("tick", value=True, name=one.key)
    room.say("entitle", "Tuesday group", "title")
    room.say("entitle", "Second year", "group")
    room.say("note", name=kind)
    (name,) = (name for name in room.got if name.startswith("note-Tuesday-group-"))
    plain = texts(read_note(name, room.got[name])).replace("\\", "")
    assert [one.text for one in room.state.taken if one.text not in plain] == []  # everything that was ticked
    assert plain.index(room.state.taken[0].text) < plain.index(words("report.differences"))  # before what we say of the group
    assert f"Second year \N{MIDDLE DOT} {datetime.now().astimezone():%B}" in plain
    assert words("supervision_page.note_unnamed", count=6) in plain


def test_a_title_that_may_name_somebody_is_refused_and_not_repeated(room: Here) -> None:
    room.say("entitle", "Dr. Rowan Vale's group", "group")
    assert room.state.group == ""
    assert "Rowan" not in room.whole()


def test_another_reading_moves_every_case_and_stands_on_every_note(room: Here) -> None:
    """The picture frames what the article says under it, the page says so, and so does each note."""
    reading, choice = "single_attempt", "counts_as_pattern"
    before = {name: one.outcome for name, one in room.state.dataset.assessments.items()}
    known = EDITION.ledger.readings[reading]
    assert known.choice(choice).label in room.say("reading", choice, reading)
    assert holds(room.html("picture"), readings_words(room.page.state.edition))
    moved = {name for name, one in room.state.dataset.assessments.items() if one.outcome is not before[name]}
    other = EDITION.bind({reading: choice})
    assert moved == {one.case_id for one in CASES if other.assess(one.answers).outcome is not before[one.case_id]}
    assert moved
    for scope in Scope:
        room.say("scope", str(scope))
        room.say("note", name="markdown")
    assert len(room.got) == 2
    for data in room.got.values():
        assert choice in data.decode().replace("\\", "") or known.choice(choice).label in data.decode().replace("\\", "")
    room.say("reading", known.default, reading)
    assert {name: one.outcome for name, one in room.state.dataset.assessments.items()} == before


def test_what_was_prepared_is_open_again_after_a_reload(room: Here) -> None:
    """Files, ticks, order and reading; labels are off again, and the gate was passed before any of it was brought."""
    room.say("order", "given")
    room.say("pick", "S07")
    room.say("reading", "two_or_more", "features_needed")
    (ticked, *_) = room.state.offered
    room.say("tick", value=True, name=ticked.key)
    room.say("names", value=True)
    kept = room.widget.saved
    assert kept
    again = Here()
    again.act(Event(RESTORE, "", kept))
    assert again.state.dataset.everything == room.state.dataset.everything
    assert (again.state.chosen, again.state.order, again.state.taken, again.state.names) == ("S07", "given", (ticked,), False)
    assert again.page.state.edition.changed == {"features_needed": "two_or_more"}
    again.say("clear")
    assert again.widget.saved == ""
    again.act(Event(RESTORE, "", "{}"))
    assert again.widget.refused == 1
    again.close()


def test_trouble_after_a_reload_loses_nothing_that_was_kept(room: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = room.widget.saved
    again = Here()
    with monkeypatch.context() as patch:
        patch.setattr("kapnb.group.settle.settle", fail)
        again.act(Event(RESTORE, "", kept))
    assert again.widget.saved == kept
    assert holds(again.html("inbox"), words("inbox.stuck"))
    again.say("retry")
    assert again.state.dataset.everything == room.state.dataset.everything
    again.close()


def test_learning_points_that_may_identify_are_not_echoed(room: Here) -> None:
    """They are refused in words that do not repeat them, and go into no note and no file of what was typed."""
    secret = "Call 555-123-4567"
    room.say("pick", "S01")
    room.say("learn", "Kept.", "S02")
    said = room.say("learn", secret, "S01")
    assert room.state.trouble
    assert said == say("learning_wrong", problem=room.state.trouble)
    room.say("note", name="markdown")
    room.say("save_kept")
    assert secret not in room.whole() + "".join(data.decode() for data in room.got.values())
    assert room.got[words("page.typed_file")].decode() == "S02\nKept."


@pytest.mark.parametrize(
    ("action", "value", "name"),
    [
        *(("pick", "S99", ""), ("pick", None, ""), ("fly", "", ""), ("scope", "world", ""), ("narrow", True, "judge")),
        *(("order", "size", ""), ("note", "", "exe"), ("drop", "", "x"), ("file", 5, "secrets"), ("empty", "", "secrets")),
        ("mend", "x", "9\t"),
    ],
)
def test_nonsense_is_told_with_a_number_and_changes_nothing(
    room: Here, action: str, value: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong leaves the page as it was; its reader is told a number that stands in the log."""
    before = room.page.state
    with caplog.at_level(logging.ERROR):
        (number,) = NUMBER.findall(room.say(action, value, name))
    assert room.page.state is before
    assert number in caplog.text
    assert number in room.html("notices")


def test_trouble_while_reading_is_told_and_can_be_tried_again(room: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the thread that reads ends the work, with a number; the file is read again on request, or left."""
    data = as_csv([JUDGED, ["S01", "R9", "clarify_first", "", ""]])
    before = len(room.state.dataset.everything)
    with monkeypatch.context() as patch:
        patch.setattr("kapnb.group.settle.read_sheet", fail)
        said = room.give(data)
    assert NUMBER.search(said)
    assert HOSTILE not in said + unescape(room.whole() + room.html("notices"))
    assert "<progress" not in room.html("inbox")
    assert holds(room.html("inbox"), words("inbox.stuck"))
    assert len(room.state.dataset.everything) == before
    room.say("retry")
    assert len(room.state.dataset.everything) == before + 1
    with monkeypatch.context() as patch:
        patch.setattr("kapnb.group.settle.read_sheet", fail)
        room.give(data)
    room.say("leave")
    assert len(room.state.dataset.everything) == before + 1
    assert not holds(room.html("inbox"), words("inbox.stuck"))


def test_an_overview_that_cannot_be_worked_out_refuses_no_table(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases and dots are open all the same; it is tried again on request."""
    with monkeypatch.context() as patch:
        patch.setattr("kapnb.group.state.explain_coverage", fail)
        assert NUMBER.search(here.say("example"))
        assert len(here.state.dataset.cases) == len(CASES)
        assert here.html("picture").count("<tr") == len(CASES) + 1
        assert holds(here.html("overview"), say("overview_failed"), words("inbox.retry"))
    here.say("again")
    assert holds(here.html("overview"), say("facts"))
    assert not holds(here.html("overview"), say("overview_failed"))
