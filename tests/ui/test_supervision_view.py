"""The supervision page without a browser: what it shows, and what a message of the browser leads to."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document
from openpyxl import load_workbook

from kapnb import assess_table, explain, read_cases
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.overview import compare_in_case
from kapnb.group.state import Scope, State
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.supervision import REGIONS, SupervisionPage
from kapnb.ui.supervision_case import spread_said
from kapnb.ui.supervision_intake import SHOWN
from kapnb.ui.supervision_list import PAGE
from kapnb.ui.widget import Event
from tests.example import ASSESSED, CASES, EDITION, FILES, JUDGMENTS, LOCATED
from tests.tables import as_csv
from tests.toy_pack import find_strays, toy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["toy"]

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

    def give(self, name: str, data: bytes) -> str:
        return self.act(choice(name, data))

    def html(self, region: str) -> str:
        return str(getattr(self.widget, f"html_{region}"))

    def whole(self) -> str:
        return "".join(map(self.html, REGIONS))


def choice(name: str, data: bytes) -> Event:
    return Event("file", name, len(data), None, (data,))


@pytest.fixture
def here() -> Iterator[Here]:
    """The page with its gate confirmed."""
    visit = Here()
    visit.say("confirm", value=True)
    yield visit
    visit.close()


@pytest.fixture
def room(here: Here) -> Here:
    """The example, open."""
    here.say("example")
    return here


def fail(*_: object) -> None:
    """Stands in for work that goes wrong, and says what nobody is to see."""
    raise RuntimeError(HOSTILE)


def test_list_page_table_and_case_alone_say_the_same(room: Here) -> None:
    """For each case of the example: outcome, span, what decides and turns on a reading, and every line of the explanation."""
    table = assess_table(read_cases(FILES["cases"]))
    for case, row, (_, said) in zip(CASES, room.state.dataset.rows, table.iterrows(), strict=True):
        alone = ASSESSED[case.case_id]
        room.say("pick", case.case_id)
        ends = (alone.outcome, alone.most_cautious, alone.least_cautious)
        assert (said["outcome"], said["most_cautious"], said["least_cautious"]) == tuple(map(str, ends))
        assert said["findings"] == "; ".join(finding.rule for finding in alone.findings)
        assert (row["case"], row["title"]) == (case.case_id, case.title)
        assert row["outcome"] == f"{alone.outcome.step} {outcome_words(alone.outcome, alone.reasons)}"
        steps = {str(number) for number, one in enumerate(Outcome, 1) if one in {alone.most_cautious, alone.least_cautious}}
        assert set(re.findall(r"\d", row["span"])) == (set() if alone.settled else steps)
        deciding = " ".join(EDITION.by_name[finding.rule].rule.meaning for finding in alone.deciding)
        assert row["deciding"] == (deciding or say("none_decides"))
        hinges = [EDITION.ledger.readings[name].question for name in filter(None, said["hinges_on"].split("; "))]
        assert row["hinges"] == " ".join(hinges)
        told = explain(alone, *case.texts)
        lines = [line for block in told for line in (block.lines[:-1] if block.key == "support" else block.lines)]
        assert holds(room.html("case"), *(text for line in lines for text in (line.text, *line.details)))


def test_the_group_is_shown_without_labels_until_they_are_asked_for(room: Here) -> None:
    """No part holds the label of a rater until the checkbox is on; then the lines of the comparison stand with labels."""
    room.say("pick", "S10")
    assert not [name for name in REGIONS[2:] if LABELS.search(texts(room.html(name)))]
    assert room.say("names", value=True) == say("names_on")
    for block in compare_in_case(LOCATED["S10"], names=True):
        assert holds(room.html("case"), *(line.text for line in block.lines))
    for name in ("case", "overview"):
        assert set(LABELS.findall(texts(room.html(name)))) == {f"R{number}" for number in range(1, 7)}
    room.say("names", value=False)
    assert not LABELS.search(texts(room.html("case") + room.html("overview")))


def test_comments_keep_no_order_of_raters(here: Here) -> None:
    """Without labels they stand in the order of the alphabet, with labels in that of the labels."""
    here.give("cases", as_csv([["case_id"], ["A"]]))
    rows = [["A", "R1", "clarify_first", "Zinnia"], ["A", "R2", "clarify_first", "Aster"]]
    here.give("judgments", as_csv([["case_id", "rater", "outcome", "comment"], *rows]))
    shown = texts(here.html("case"))
    assert shown.index("Aster") < shown.index("Zinnia")
    here.say("names", value=True)
    shown = texts(here.html("case"))
    assert shown.index("Zinnia") < shown.index("Aster")


def test_a_plot_says_in_words_what_it_draws(room: Here) -> None:
    """The spread has as many dots as judgments with an outcome, and its text counts them and names the source's outcome."""
    for case in CASES:
        room.say("pick", case.case_id)
        alone, said = ASSESSED[case.case_id], spread_said(room.state)
        assert room.html("case").count("<circle") == sum(one.complete for one in LOCATED[case.case_id])
        assert said in unescape(room.html("case"))
        assert outcome_words(alone.outcome, alone.reasons) in said


def test_the_list_marks_the_case_on_view_and_leads_to_disputed_ones(room: Here) -> None:
    """The most disputed cases are named above the list; going to one shows, speaks and marks it."""
    ways = re.findall('href="#supervision-case" data-action="pick" data-value="([^"]*)"', room.html("cases"))
    assert ways == list(room.state.dataset.disputed[: len(ways)])
    assert len(ways) > 1
    assert ways[1] in room.say("pick", ways[1])
    assert re.findall(r'class="selected" data-key="row-([^"]*)"', room.html("cases")) == [ways[1]]
    assert re.findall(r'data-value="([^"]*)"[^>]*aria-current="true"', room.html("cases")) == [ways[1]]


def test_the_list_is_sorted_searched_and_paged(here: Here) -> None:
    """A column sorts upward, downward and back; words leave the rows that have them; twelve rows are shown at once."""
    everything = [f"L{number}" for number in range(1, 31)]
    here.give("cases", as_csv([["case_id", "title"], *([name, f"Title {name}"] for name in everything)]))

    def rows() -> list[str]:
        return re.findall(r'data-key="row-([^"]*)"', here.html("cases"))

    assert rows() == everything[:PAGE]
    assert say("cases_info", start=1, end=12, total=30) in here.html("cases")
    assert here.say("turn", "1") == say("cases_info", start=13, end=24, total=30)
    for _ in range(2):
        here.say("turn", "1")
        assert rows() == everything[24:]
    for order, listed in (("ascending", everything), ("descending", everything[::-1]), ("", everything)):
        here.say("sort", name="case")
        assert rows() == listed[:PAGE]
        assert re.findall('aria-sort="([a-z]*)"', here.html("cases")) == ([order] if order else [])
    for wanted, found in (("l24 title", ["L24"]), ("nowhere", []), ("", everything[:PAGE])):
        here.say("find", wanted)
        assert rows() == found
    here.say("find", "nowhere")
    assert holds(here.html("cases"), say("cases_none"))


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
    assert say("gate_title") in here.html("tables")
    here.close()


def test_all_problems_stand_in_a_table_and_what_was_open_stays(room: Here) -> None:
    """Every problem has its row, column and remedy; the cell is never repeated; the cases open before are still open."""
    secret = "rowan@example.org"
    wrong = as_csv([["case_id", "title", "ocd", "extra"], ["A", secret, "perhaps", "x"], ["A", "=1", "yes", ""]])
    said = room.give("cases", wrong)
    problems = room.page.state.intake.upload.problems["cases"]
    assert say("problems_cases", count=len(problems)) in said
    for one in problems:
        assert holds(room.html("tables"), one.column, one.problem, one.remedy)
    assert secret not in room.whole()
    assert room.state.chosen == "S01"
    assert holds(room.html("tables"), say("kept_open"))
    room.say("marked", name="cases")
    book = load_workbook(io.BytesIO(room.got["cases-marked.xlsx"]))
    assert secret not in str([list(sheet.values) for sheet in book])


def test_very_many_problems_are_counted_and_not_all_listed(here: Here) -> None:
    """The page lists so many, says how many there are, and the copy has them all."""
    here.give("cases", as_csv([["case_id", "ocd"], *([f"A{number}", "perhaps"] for number in range(SHOWN + 30))]))
    assert here.html("tables").count('scope="row"') == SHOWN
    assert say("problems_cases", count=SHOWN + 30) in here.html("tables")
    assert say("problems_more", shown=SHOWN) in here.html("tables")


def test_a_file_that_is_too_large_or_cannot_be_read_is_told(room: Here) -> None:
    """Its size alone comes up; the page says the limit, or that it could not be read, and stays as it is."""
    assert say("too_large", size=MOST_BYTES // 1024**2) in room.say("file", MOST_BYTES + 1, "cases")
    assert say("unreadable") in room.say("file", 10, "cases")
    assert room.state.chosen == "S01"


def test_judgments_wait_for_their_cases_are_replaced_and_left_out(here: Here) -> None:
    """In whichever order the two come they are read together; another file is said to replace the one before."""
    cases, judgments = (path.read_bytes() for path in FILES.values())
    assert here.give("judgments", judgments) == say("cases_missing")
    assert say("replaced_cases") not in here.give("cases", cases)
    assert len(here.state.dataset.everything) == len(JUDGMENTS)
    assert say("replaced_judgments") in here.give("judgments", judgments)
    assert holds(here.html("tables"), say("replaced_judgments"))
    here.say("leave")
    assert here.state.dataset.everything == ()
    assert len(here.state.dataset.cases) == len(CASES)
    assert holds(here.html("case"), say("no_group"))
    assert not holds(here.html("tables"), say("leave_judgments"))


@pytest.mark.parametrize("kind", ["html", "markdown", "docx"])
def test_the_note_says_what_the_page_says(room: Here, kind: str) -> None:
    """The note of the case on view has its outcome, what was ticked and what was learned, and no labels while they are off."""
    room.say("pick", "S07")
    (ticked, *_) = room.state.offered
    room.say("tick", value=True, name=ticked.key)
    room.say("learn", "One attempt is asked about again.", "S07")
    room.say("note", name=kind)
    ((name, data),) = room.got.items()
    assert name.startswith("note-S07.")
    plain = texts(read_note(name, data)).replace("\\", "")
    assert outcome_words(ASSESSED["S07"].outcome) in plain
    assert "One attempt is asked about again." in plain
    assert ticked.text in plain
    assert not LABELS.search(plain)
    room.say("scope", "session")
    room.say("note", name=kind)
    assert any(name.startswith("note-session.") for name in room.got)


def test_learning_points_that_may_identify_are_not_echoed(room: Here) -> None:
    """They are refused in words that do not repeat them, and go into no note and no file of what was typed."""
    secret = "Call 555-123-4567"
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
        *(("sort", "", "secrets"), ("note", "", "exe"), ("marked", "", "cases"), ("file", 5, "secrets"), ("empty", "", "secrets")),
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


def test_trouble_while_reading_is_told_and_what_was_open_stays(room: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the thread that reads or works out the overview ends the work, with a number, and the page can read again."""
    for broken in ("kapnb.group.upload.read_cases", "kapnb.group.state.explain_coverage"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, fail)
            said = room.say("example")
        assert NUMBER.search(said)
        assert HOSTILE not in said + unescape(room.whole() + room.html("notices"))
        assert "<progress" not in room.html("tables")
        assert room.state.chosen == "S01"
        room.say("example")
        assert words("page.trouble") not in room.html("notices")


def test_a_later_choice_overtakes_an_earlier_one(here: Here) -> None:
    """Of two tables that are read at once the one chosen last is open in the end."""
    here.act(*(choice("cases", as_csv([["case_id"], [label]])) for label in ("FIRST", "SECOND")))
    assert list(here.state.dataset.cases) == ["SECOND"]


def test_the_page_opens_without_what_only_tables_need() -> None:
    """Before the gate neither pandas nor numpy nor what writes documents is imported."""
    heavy = ("pandas", "numpy", "pandera", "docx", "openpyxl", "kapnb.report")
    code = f"import sys; from kapnb.ui.supervision import show_page; show_page(); print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.strip() == "[]"
