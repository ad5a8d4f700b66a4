"""The supervision page without a browser: what it shows, and what a message of the browser leads to."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from kapnb import assess, assess_table, explain, load_guidance, read_cases
from kapnb.engine.outcomes import Outcome
from kapnb.group.example import example_files, load_example
from kapnb.group.overview import compare_in_case
from kapnb.paths import notebooks
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui import supervision as page_module
from kapnb.ui.supervision import SHEETS, SupervisionPage
from kapnb.ui.supervision_case import spread_said
from kapnb.ui.supervision_intake import MOST_BYTES, SHOWN
from tests.tables import as_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

EDITION = load_guidance().bind()
CASES, JUDGMENTS = load_example()
HOSTILE = """<img src=x onerror="alert(1)">&'"""


def texts(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def holds(html: str, text: str) -> bool:
    return re.sub(r"\s+", "", text) in re.sub(r"\s+", "", texts(html))


class Visit:
    """A page, and what its browser would say and get."""

    def __init__(self) -> None:
        self.page = SupervisionPage()
        self.seq = 0
        self.got: dict[str, bytes] = {}
        for sheet in self.page.sheets.values():
            sheet.send = self._get  # type: ignore[method-assign]

    def _get(self, content: dict[str, str], buffers: list[bytes]) -> None:
        self.got[content["download"]] = bytes(buffers[0])

    async def say(self, sheet: str, action: str, value: Any = "", name: str = "", file: bytes | None = None) -> str:
        """What is spoken when everything that was begun is done."""
        self.seq += 1
        buffers = [] if file is None else [memoryview(file)]
        message = {"action": action, "name": name, "value": value, "seq": self.seq, "buffers": buffers}
        self.page.act(sheet, message)
        while self.page.tasks:
            await asyncio.gather(*self.page.tasks)
        return str(self.page.sheets[sheet].state["said"])

    def html(self, sheet: str) -> str:
        return str(self.page.sheets[sheet].state["html"])

    async def give(self, name: str, data: bytes) -> str:
        return await self.say("tables", "file", len(data), name, data)

    async def open(self) -> Visit:
        await self.say("tables", "confirm", value=True)
        await self.say("tables", "example")
        return self


def fail(*_: object) -> None:
    """Stands in for work that goes wrong, and says what nobody is to see."""
    raise RuntimeError(HOSTILE)


def visit(story: Callable[[Visit], Coroutine[Any, Any, None]]) -> None:
    """Tell a story in a loop of its own; the browser of other tests may have one running in this thread."""

    async def begin() -> None:
        await story(Visit())

    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, begin()).result()


def opened(story: Callable[[Visit], Coroutine[Any, Any, None]]) -> None:
    async def begin(here: Visit) -> None:
        await story(await here.open())

    visit(begin)


def test_page_and_table_say_what_the_case_alone_says() -> None:
    """For each case of the example the list, the page and the explanation give the same outcome, span and findings."""

    async def story(here: Visit) -> None:
        (table,) = here.page.list.children
        listed = table.df.to_dict("records")
        judged = assess_table(read_cases(example_files()[0]))
        column = {name: words(f"supervision_page.column_{name}") for name in ("case", "outcome", "span", "deciding")}
        for case, row, (_, said) in zip(CASES, listed, judged.iterrows(), strict=True):
            alone = assess(case.answers)
            await here.say("case", "pick", case.case_id)
            shown = here.html("case")
            assert row[column["case"]] == case.case_id
            assert said["outcome"] == alone.outcome
            assert row[column["outcome"]].partition(" ")[2] == outcome_words(alone.outcome, alone.reasons)
            steps = {str(number) for number, one in enumerate(Outcome, 1) if one in {alone.most_cautious, alone.least_cautious}}
            assert set(re.findall(r"\d", row[column["span"]])) == (set() if alone.settled else steps)
            deciding = " ".join(EDITION.by_name[finding.rule].rule.meaning for finding in alone.deciding)
            assert row[column["deciding"]] == (deciding or words("supervision_page.none_decides"))
            for block in explain(alone):
                assert holds(shown, block.title)
                for line in block.lines:
                    assert holds(shown, line.text)
                    assert all(holds(shown, detail) for detail in line.details)

    opened(story)


def test_the_group_is_shown_without_labels_until_they_are_asked_for() -> None:
    """No sheet holds the label of a rater until the checkbox is on; then the lines of the comparison stand with labels."""

    async def story(here: Visit) -> None:
        await here.say("case", "pick", "S10")
        assert not [name for name in SHEETS[2:] if re.search(r"\bR[1-6]\b", texts(here.html(name)))]
        assert await here.say("case", "names", value=True) == words("supervision_page.names_on")
        material = here.page.room.material
        for block in compare_in_case(material.differ("S10"), EDITION, names=True):
            assert all(holds(here.html("case"), line.text) for line in block.lines)
        for name in ("case", "overview"):
            assert set(re.findall(r"\bR[1-6]\b", texts(here.html(name)))) == {f"R{number}" for number in range(1, 7)}
        await here.say("case", "names", value=False)
        assert not re.search(r"\bR[1-6]\b", texts(here.html("case")))

    opened(story)


def test_a_plot_says_in_words_what_it_draws() -> None:
    """The spread has as many dots as judgments with an outcome, and its text counts them and names the source's outcome."""

    async def story(here: Visit) -> None:
        for case in CASES:
            await here.say("case", "pick", case.case_id)
            differences = here.page.room.material.differ(case.case_id)
            html = here.html("case")
            assert html.count("<circle") == sum(one.complete for one in differences)
            said = spread_said(assess(case.answers), differences)
            assert said in unescape(html)
            assert outcome_words(assess(case.answers).outcome, assess(case.answers).reasons) in said

    opened(story)


def test_a_row_of_the_list_and_the_case_on_view_go_together() -> None:
    """Choosing a row shows its case; choosing a case marks its row; a row that is let go leaves the case on view."""

    async def story(here: Visit) -> None:
        (table,) = here.page.list.children
        table.selected_rows = [3]
        assert here.page.room.chosen == "S04"
        assert holds(here.html("case"), CASES[3].vignette)
        await here.say("case", "step", "1")
        assert table.selected_rows == [4]
        table.selected_rows = []
        assert here.page.room.chosen == "S05"
        table.selected_rows = [99]
        assert here.page.room.chosen == "S05"

    opened(story)


def test_the_way_to_a_disputed_case_stands_above_the_list() -> None:
    """The most disputed cases are named above the list; going to one shows and speaks it, and nothing else can be asked there."""

    async def story(here: Visit) -> None:
        ways = re.findall('data-value="([^"]*)"', here.html("cases"))
        assert ways == list(here.page.room.material.disputed[: len(ways)])
        assert len(ways) > 1
        answered = here.page.sheets["case"].state["seq"]
        await here.say("cases", "pick", ways[1])
        assert here.page.room.chosen == ways[1]
        assert ways[1] in here.page.sheets["case"].state["said"]
        assert here.page.sheets["case"].state["seq"] == answered  # each sheet counts its own messages
        assert here.page.sheets["cases"].state["seq"] == here.seq

    opened(story)


def test_prompts_of_a_session_wait_for_the_overview() -> None:
    """While the overview is being worked out it is said, instead of that there is no prompt."""

    async def story(here: Visit) -> None:
        here.page.room = replace(here.page.room, overview=None)
        said = await here.say("discussion", "scope", "session")
        assert said == words("supervision_page.prompts_working")
        assert holds(here.html("discussion"), said)
        assert not holds(here.html("discussion"), words("supervision.prompts_none"))

    opened(story)


def test_nothing_is_read_before_the_gate() -> None:
    """Before somebody has confirmed that the cases are invented, an example or a file leads nowhere."""

    async def story(here: Visit) -> None:
        for action in ("example", "file"):
            await here.say("tables", action, 10, "cases", b"case_id\nA\n")
            assert not here.page.room.chosen
            assert words("supervision_page.gate_title") in here.html("tables")

    visit(story)


def test_all_problems_stand_in_a_table_and_what_was_open_stays() -> None:
    """Every problem has its row, column and remedy; the cell is never repeated; the cases open before are still open."""
    secret = "rowan@example.org"
    wrong = as_csv([["case_id", "title", "ocd", "extra"], ["A", secret, "perhaps", "x"], ["A", "=1", "yes", ""]])

    async def story(here: Visit) -> None:
        said = await here.give("cases", wrong)
        html = here.html("tables")
        problems = here.page.intake.problems["cases"]
        assert words("supervision_page.problems_cases", count=len(problems)) in said
        for one in problems:
            assert all(holds(html, text) for text in (one.column, one.problem, one.remedy))
        assert not [name for name in SHEETS if secret in here.html(name)]
        assert here.page.room.chosen == "S01"
        assert holds(html, words("supervision_page.kept_open"))
        await here.say("tables", "marked", name="cases")
        book = load_workbook(io.BytesIO(here.got["cases-marked.xlsx"]))
        assert secret not in str([list(sheet.values) for sheet in book])

    opened(story)


def test_very_many_problems_are_counted_and_not_all_listed() -> None:
    """The page lists so many, says how many there are, and the copy has them all."""
    rows = [["case_id", "ocd"], *([f"A{number}", "perhaps"] for number in range(SHOWN + 30))]

    async def story(here: Visit) -> None:
        await here.say("tables", "confirm", value=True)
        await here.give("cases", as_csv(rows))
        html = here.html("tables")
        assert html.count('scope="row"') == SHOWN
        assert words("supervision_page.problems_cases", count=SHOWN + 30) in html
        assert words("supervision_page.problems_more", shown=SHOWN) in html

    visit(story)


def test_a_file_that_is_too_large_or_cannot_be_read_is_told() -> None:
    """Its size alone comes up; the page says the limit, or that it could not be read, and stays as it is."""

    async def story(here: Visit) -> None:
        said = await here.say("tables", "file", MOST_BYTES + 1, "cases")
        assert words("supervision_page.too_large", size=MOST_BYTES // 1024**2) in said
        assert words("supervision_page.unreadable") in await here.say("tables", "file", 10, "cases")
        assert here.page.room.chosen == "S01"

    opened(story)


def test_judgments_wait_for_their_cases_and_can_be_left_out() -> None:
    """In whichever order the two come they are read together; leaving the judgments out leaves the cases."""
    cases, judgments = (path.read_bytes() for path in example_files())

    async def story(here: Visit) -> None:
        await here.say("tables", "confirm", value=True)
        assert await here.give("judgments", judgments) == words("supervision_page.cases_missing")
        await here.give("cases", cases)
        assert len(here.page.room.material.everything) == len(JUDGMENTS)
        await here.say("tables", "leave")
        assert here.page.room.material.everything == ()
        assert len(here.page.room.material.cases) == len(CASES)
        assert holds(here.html("case"), words("supervision_page.no_group"))

    visit(story)


def test_cells_are_never_markup() -> None:
    """Markup in a cell is shown as text, in the case, in the list and among the comments."""
    cases = as_csv([["case_id", "title", "vignette"], [HOSTILE[:60], HOSTILE, HOSTILE]])
    judgments = as_csv([["case_id", "rater", "outcome", "comment"], [HOSTILE[:60], "R1", "clarify_first", HOSTILE]])

    async def story(here: Visit) -> None:
        await here.say("tables", "confirm", value=True)
        await here.give("cases", cases)
        await here.give("judgments", judgments)
        await here.say("case", "names", value=True)
        assert here.page.room.chosen == HOSTILE
        assert not [name for name in SHEETS if "<img" in here.html(name)]
        assert holds(here.html("case"), HOSTILE)
        (table,) = here.page.list.children
        assert "<img" not in table._dt_args["data_json"]  # itables escapes on its way in
        await here.say("note", "note", name="html")
        assert all("<img" not in data.decode() for data in here.got.values())

    visit(story)


@pytest.mark.parametrize("kind", ["html", "markdown", "docx"])
def test_the_note_says_what_the_page_says(kind: str) -> None:
    """The note of the case on view has its outcome, what was ticked and what was learned, and no labels while they are off."""

    async def story(here: Visit) -> None:
        await here.say("case", "pick", "S07")
        first = here.page.room.offered[0]
        await here.say("discussion", "tick", value=True, name=first.key)
        await here.say("discussion", "learn", "One attempt is asked about again.", "S07")
        await here.say("note", "note", name=kind)
        ((name, data),) = here.got.items()
        assert name.startswith("note-S07.")
        text = data.decode() if kind != "docx" else _read_document(data)
        plain = texts(text).replace("\\", "")
        assert outcome_words(assess(CASES[6].answers).outcome) in plain
        assert "One attempt is asked about again." in plain
        assert not re.search(r"\bR[1-6]\b", plain)
        await here.say("discussion", "scope", "session")
        await here.say("note", "note", name=kind)
        assert any(name.startswith("note-session.") for name in here.got)

    opened(story)


def _read_document(data: bytes) -> str:
    from docx import Document

    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_learning_points_that_may_identify_are_not_echoed() -> None:
    """They are refused in words that do not repeat them, and go into no note."""
    secret = "Call 555-123-4567"

    async def story(here: Visit) -> None:
        said = await here.say("discussion", "learn", secret, "S01")
        assert here.page.room.trouble
        assert said == words("supervision_page.learning_wrong", problem=here.page.room.trouble)
        assert not [name for name in SHEETS if secret in here.html(name)]
        await here.say("note", "note", name="markdown")
        assert secret not in here.got["note-S01.md"].decode()

    opened(story)


@pytest.mark.parametrize(
    ("sheet", "action", "value", "name"),
    [
        ("case", "pick", "S99", ""),
        ("case", "pick", None, ""),
        ("case", "fly", "", ""),
        ("discussion", "scope", "world", ""),
        ("discussion", "narrow", True, "judge"),
        ("note", "note", "", "exe"),
        ("tables", "marked", "", "cases"),
        ("tables", "file", 5, "secrets"),
        ("overview", "anything", "", ""),
    ],
)
def test_nonsense_is_told_with_a_number_and_changes_nothing(
    sheet: str, action: str, value: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong leaves the page as it was; its reader is told a number that stands in the log."""

    async def story(here: Visit) -> None:
        before = here.page.room
        with caplog.at_level(logging.ERROR):
            said = await here.say(sheet, action, value, name)
        assert here.page.room is before
        (number,) = re.findall(r"[0-9a-f]{8}", said)
        assert number in caplog.text
        assert words("supervision_page.trouble") in here.html(sheet)
        assert "Traceback" not in here.html(sheet)

    opened(story)


def test_an_overview_that_fails_is_told_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases and group are there without it; no bar runs on; one click tries again."""

    async def story(here: Visit) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(page_module, "look_over", fail)
            await here.say("tables", "example")
        assert re.search(r"[0-9a-f]{8}", str(here.page.sheets["overview"].state["said"]))
        assert "<progress" not in here.html("overview")
        assert holds(here.html("overview"), words("supervision_page.overview_stuck"))
        assert HOSTILE not in here.html("overview")
        assert await here.say("discussion", "scope", "session") == words("supervision_page.prompts_stuck")
        assert holds(here.html("case"), outcome_words(here.page.room.material.assess(here.page.room.chosen).outcome))
        await here.say("overview", "again")
        assert here.page.room.overview
        assert holds(here.html("overview"), words("supervision_page.outcomes"))
        assert not holds(here.html("discussion"), words("supervision_page.prompts_stuck"))

    opened(story)


def test_trouble_while_reading_is_told_and_what_was_open_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the thread that reads ends the work, with a number, and the page can read again."""

    async def story(here: Visit) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(page_module, "_read_files", fail)
            said = await here.say("tables", "example")
        assert re.search(r"[0-9a-f]{8}", said)
        assert HOSTILE not in said
        assert not here.page.intake.busy
        assert here.page.room.chosen == "S01"
        await here.say("tables", "example")
        assert words("supervision_page.trouble") not in here.html("tables")

    opened(story)


def test_a_failed_download_leaves_the_reading_on_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that fails while tables are read is told, and the page goes on saying that it reads."""

    told, read = Event(), page_module._read_files

    def read_late(*given: Any) -> Any:
        assert told.wait(60)
        return read(*given)

    async def story(here: Visit) -> None:
        monkeypatch.setattr(page_module, "_make_empty", fail)
        monkeypatch.setattr(page_module, "_read_files", read_late)
        here.page.act("tables", {"action": "example", "name": "", "value": "", "seq": 100, "buffers": []})
        reading = set(here.page.tasks)
        here.page.act("tables", {"action": "empty", "name": "cases", "value": "", "seq": 101, "buffers": []})
        await asyncio.gather(*(here.page.tasks - reading))
        assert words("supervision_page.trouble") in here.html("tables")
        assert here.page.intake.busy
        assert "<progress" in here.html("tables")
        told.set()
        await asyncio.gather(*reading)
        assert not here.page.intake.busy

    opened(story)


def test_a_later_choice_overtakes_an_earlier_one() -> None:
    """Of two tables that are read at once the one chosen last is open in the end."""

    async def story(here: Visit) -> None:
        for number, label in enumerate(("FIRST", "SECOND"), 100):
            data = as_csv([["case_id"], [label]])
            message = {"action": "file", "name": "cases", "value": len(data), "seq": number, "buffers": [memoryview(data)]}
            here.page.act("tables", message)
        while here.page.tasks:
            await asyncio.gather(*here.page.tasks)
        assert list(here.page.room.material.cases) == ["SECOND"]

    async def begin(here: Visit) -> None:
        await here.say("tables", "confirm", value=True)
        await story(here)

    visit(begin)


def test_the_page_opens_without_what_only_tables_need() -> None:
    """Before the gate neither pandas nor numpy nor what writes documents is imported."""
    heavy = ("pandas", "numpy", "pandera", "itables", "docx", "openpyxl", "kapnb.report")
    code = f"import sys; from kapnb.ui.supervision import show_page; show_page(); print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_notebook_tells_its_purpose() -> None:
    """The index names the page from what the notebook says of itself."""
    said = json.loads((notebooks() / "supervision.ipynb").read_text("utf-8"))["metadata"]["kapnb"]
    assert said["nav"] == "Supervision"
    assert said["purpose"]
