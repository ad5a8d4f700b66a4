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
from html import unescape
from threading import Event as ThreadEvent
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from kapnb import assess, assess_table, explain, read_cases
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.overview import compare_in_case
from kapnb.group.state import Scope, State
from kapnb.paths import notebooks
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui import supervision as page_module
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.supervision import REGIONS, SupervisionPage
from kapnb.ui.supervision_case import spread_said
from kapnb.ui.supervision_intake import SHOWN
from kapnb.ui.supervision_list import PAGE
from kapnb.ui.widget import Event
from tests.example import CASES, EDITION, FILES, JUDGMENTS
from tests.tables import as_csv
from tests.toy_pack import find_strays, toy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["toy"]

HOSTILE = """<img src=x onerror="alert(1)">&'"""


def texts(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def holds(html: str, text: str) -> bool:
    return re.sub(r"\s+", "", text) in re.sub(r"\s+", "", texts(html))


class Here:
    """A page, and what its browser would say and get."""

    def __init__(self, edition: Edition | None = None) -> None:
        self.page = SupervisionPage(edition)
        self.got: dict[str, bytes] = {}
        assert self.page.widget
        self.widget = self.page.widget
        self.widget.download = self._get  # type: ignore[method-assign]

    def _get(self, name: str, data: bytes) -> None:
        self.got[name] = data

    @property
    def state(self) -> State:
        return self.page.state.state  # type: ignore[no-any-return]

    @property
    def intake(self) -> Any:
        return self.page.state.intake

    async def say(self, action: str, value: Any = "", name: str = "", *files: bytes) -> str:
        """What is spoken when everything that was begun is done."""
        self.page.act(Event(action, name, value, None, files))
        await self.page.settled()
        return str(self.widget.said)

    def html(self, region: str) -> str:
        return str(getattr(self.widget, f"html_{region}"))

    def whole(self) -> str:
        return "".join(map(self.html, REGIONS))

    async def give(self, name: str, data: bytes) -> str:
        return await self.say("file", len(data), name, data)

    async def open(self) -> Here:
        await self.say("confirm", value=True)
        await self.say("example")
        return self


def fail(*_: object) -> None:
    """Stands in for work that goes wrong, and says what nobody is to see."""
    raise RuntimeError(HOSTILE)


def visit(story: Callable[[Here], Coroutine[Any, Any, None]]) -> None:
    """Tell a story in a loop of its own; the browser of other tests may have one running in this thread."""

    async def begin() -> None:
        await story(Here())

    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, begin()).result()


def opened(story: Callable[[Here], Coroutine[Any, Any, None]]) -> None:
    async def begin(here: Here) -> None:
        await story(await here.open())

    visit(begin)


def test_page_and_table_say_what_the_case_alone_says() -> None:
    """For each case of the example the list, the page and the explanation give the same outcome, span and findings."""

    async def story(here: Here) -> None:
        listed = here.state.dataset.rows
        judged = assess_table(read_cases(FILES["cases"]))
        for case, row, (_, said) in zip(CASES, listed, judged.iterrows(), strict=True):
            alone = assess(case.answers)
            await here.say("pick", case.case_id)
            shown = here.html("case")
            assert row["case"] == case.case_id
            assert said["outcome"] == alone.outcome
            assert row["outcome"].partition(" ")[2] == outcome_words(alone.outcome, alone.reasons)
            steps = {str(number) for number, one in enumerate(Outcome, 1) if one in {alone.most_cautious, alone.least_cautious}}
            assert set(re.findall(r"\d", row["span"])) == (set() if alone.settled else steps)
            deciding = " ".join(EDITION.by_name[finding.rule].rule.meaning for finding in alone.deciding)
            assert row["deciding"] == (deciding or words("supervision_page.none_decides"))
            for block in explain(alone):
                assert holds(shown, block.title)
                for line in block.lines:
                    assert holds(shown, line.text)
                    assert all(holds(shown, detail) for detail in line.details)

    opened(story)


def test_the_group_is_shown_without_labels_until_they_are_asked_for() -> None:
    """No sheet holds the label of a rater until the checkbox is on; then the lines of the comparison stand with labels."""

    async def story(here: Here) -> None:
        await here.say("pick", "S10")
        assert not [name for name in REGIONS[2:] if re.search(r"\bR[1-6]\b", texts(here.html(name)))]
        assert await here.say("names", value=True) == words("supervision_page.names_on")
        material = here.state.dataset
        for block in compare_in_case(material.differences["S10"], names=True):
            assert all(holds(here.html("case"), line.text) for line in block.lines)
        for name in ("case", "overview"):
            assert set(re.findall(r"\bR[1-6]\b", texts(here.html(name)))) == {f"R{number}" for number in range(1, 7)}
        await here.say("names", value=False)
        assert not re.search(r"\bR[1-6]\b", texts(here.html("case")))

    opened(story)


def test_a_plot_says_in_words_what_it_draws() -> None:
    """The spread has as many dots as judgments with an outcome, and its text counts them and names the source's outcome."""

    async def story(here: Here) -> None:
        for case in CASES:
            await here.say("pick", case.case_id)
            differences = here.state.differences
            html = here.html("case")
            assert html.count("<circle") == sum(one.complete for one in differences)
            said = spread_said(assess(case.answers), differences)
            assert said in unescape(html)
            assert outcome_words(assess(case.answers).outcome, assess(case.answers).reasons) in said

    opened(story)


def rows_of(here: Here) -> list[str]:
    return re.findall(r'data-key="row-([^"]*)"', here.html("cases"))


def test_the_list_marks_the_case_on_view() -> None:
    async def story(here: Here) -> None:
        await here.say("pick", "S04")
        await here.say("step", "1")
        assert re.findall(r'class="selected" data-key="row-([^"]*)"', here.html("cases")) == ["S05"]
        assert re.findall(r'data-value="([^"]*)"[^>]*aria-current="true"', here.html("cases")) == ["S05"]

    opened(story)


def test_the_list_is_sorted_searched_and_paged() -> None:
    """A column sorts upward, downward and back; words leave the rows that have them; twelve rows are shown at once."""
    many = as_csv([["case_id", "title"], *([f"L{number}", f"Title {number % 7}"] for number in range(1, 31))])

    async def story(here: Here) -> None:
        await here.say("confirm", value=True)
        await here.give("cases", many)
        everything = [f"L{number}" for number in range(1, 31)]
        assert rows_of(here) == everything[:PAGE]
        assert words("supervision_page.cases_info", start=1, end=12, total=30) in here.html("cases")
        assert await here.say("turn", "1") == words("supervision_page.cases_info", start=13, end=24, total=30)
        await here.say("turn", "1")
        assert rows_of(here) == everything[24:]
        await here.say("turn", "1")
        assert rows_of(here) == everything[24:]
        await here.say("sort", name="case")
        assert rows_of(here) == everything[:PAGE]
        assert 'aria-sort="ascending"' in here.html("cases")
        await here.say("sort", name="case")
        assert rows_of(here) == everything[::-1][:PAGE]
        assert 'aria-sort="descending"' in here.html("cases")
        await here.say("sort", name="case")
        assert "aria-sort" not in here.html("cases")
        await here.say("find", "l24 title")
        assert rows_of(here) == ["L24"]
        await here.say("find", "nowhere")
        assert rows_of(here) == []
        assert holds(here.html("cases"), words("supervision_page.cases_none"))
        await here.say("find", "")
        assert len(rows_of(here)) == PAGE

    visit(story)


def test_another_file_for_the_same_table_is_said_to_replace_it() -> None:
    async def story(here: Here) -> None:
        assert words("supervision_page.replaced_judgments") not in await here.give("cases", FILES["cases"].read_bytes())
        again = await here.give("judgments", FILES["judgments"].read_bytes())
        assert words("supervision_page.replaced_judgments") in again
        assert holds(here.html("tables"), words("supervision_page.replaced_judgments"))

    opened(story)


def test_under_another_pack_nothing_of_the_first_is_shown(toy: Edition) -> None:
    """Every region with its example, every prompt, and every note."""

    async def story(here: Here) -> None:
        await here.open()
        assert here.state.dataset.edition is toy
        for case in here.state.dataset.cases:
            await here.say("pick", case)
            assert find_strays(here.whole()) == []
        for scope in Scope:
            await here.say("scope", str(scope))
            assert find_strays(here.whole()) == []
            for kind in ("html", "markdown", "docx"):
                await here.say("note", name=kind)
        assert len(here.got) == 6
        for name, data in here.got.items():
            assert find_strays(_read_document(data) if name.endswith("docx") else data.decode()) == []

    visit(story)


def test_the_way_to_a_disputed_case_stands_above_the_list() -> None:
    """The most disputed cases are named above the list; going to one shows and speaks it, and nothing else can be asked there."""

    async def story(here: Here) -> None:
        ways = re.findall('href="#supervision-case" data-action="pick" data-value="([^"]*)"', here.html("cases"))
        assert ways == list(here.state.dataset.disputed[: len(ways)])
        assert len(ways) > 1
        assert ways[1] in await here.say("pick", ways[1])
        assert here.state.chosen == ways[1]

    opened(story)


def test_nothing_is_read_before_the_gate() -> None:
    """Before somebody has confirmed that the cases are invented, an example or a file leads nowhere."""

    async def story(here: Here) -> None:
        for action in ("example", "file"):
            await here.say(action, 10, "cases", b"case_id\nA\n")
            assert not here.state.chosen
            assert words("supervision_page.gate_title") in here.html("tables")

    visit(story)


def test_all_problems_stand_in_a_table_and_what_was_open_stays() -> None:
    """Every problem has its row, column and remedy; the cell is never repeated; the cases open before are still open."""
    secret = "rowan@example.org"
    wrong = as_csv([["case_id", "title", "ocd", "extra"], ["A", secret, "perhaps", "x"], ["A", "=1", "yes", ""]])

    async def story(here: Here) -> None:
        said = await here.give("cases", wrong)
        html = here.html("tables")
        problems = here.intake.upload.problems["cases"]
        assert words("supervision_page.problems_cases", count=len(problems)) in said
        for one in problems:
            assert all(holds(html, text) for text in (one.column, one.problem, one.remedy))
        assert not [name for name in REGIONS if secret in here.html(name)]
        assert here.state.chosen == "S01"
        assert holds(html, words("supervision_page.kept_open"))
        await here.say("marked", name="cases")
        book = load_workbook(io.BytesIO(here.got["cases-marked.xlsx"]))
        assert secret not in str([list(sheet.values) for sheet in book])

    opened(story)


def test_very_many_problems_are_counted_and_not_all_listed() -> None:
    """The page lists so many, says how many there are, and the copy has them all."""
    rows = [["case_id", "ocd"], *([f"A{number}", "perhaps"] for number in range(SHOWN + 30))]

    async def story(here: Here) -> None:
        await here.say("confirm", value=True)
        await here.give("cases", as_csv(rows))
        html = here.html("tables")
        assert html.count('scope="row"') == SHOWN
        assert words("supervision_page.problems_cases", count=SHOWN + 30) in html
        assert words("supervision_page.problems_more", shown=SHOWN) in html

    visit(story)


def test_a_file_that_is_too_large_or_cannot_be_read_is_told() -> None:
    """Its size alone comes up; the page says the limit, or that it could not be read, and stays as it is."""

    async def story(here: Here) -> None:
        said = await here.say("file", MOST_BYTES + 1, "cases")
        assert words("supervision_page.too_large", size=MOST_BYTES // 1024**2) in said
        assert words("supervision_page.unreadable") in await here.say("file", 10, "cases")
        assert here.state.chosen == "S01"

    opened(story)


def test_judgments_wait_for_their_cases_and_can_be_left_out() -> None:
    """In whichever order the two come they are read together; leaving the judgments out leaves the cases."""
    cases, judgments = (path.read_bytes() for path in FILES.values())

    async def story(here: Here) -> None:
        await here.say("confirm", value=True)
        assert await here.give("judgments", judgments) == words("supervision_page.cases_missing")
        await here.give("cases", cases)
        assert len(here.state.dataset.everything) == len(JUDGMENTS)
        await here.say("leave")
        assert here.state.dataset.everything == ()
        assert len(here.state.dataset.cases) == len(CASES)
        assert holds(here.html("case"), words("supervision_page.no_group"))

    visit(story)


def test_cells_are_never_markup() -> None:
    """Markup in a cell is shown as text, in the case, in the list and among the comments."""
    cases = as_csv([["case_id", "title", "vignette"], [HOSTILE[:60], HOSTILE, HOSTILE]])
    judgments = as_csv([["case_id", "rater", "outcome", "comment"], [HOSTILE[:60], "R1", "clarify_first", HOSTILE]])

    async def story(here: Here) -> None:
        await here.say("confirm", value=True)
        await here.give("cases", cases)
        await here.give("judgments", judgments)
        await here.say("names", value=True)
        assert here.state.chosen == HOSTILE
        assert not [name for name in REGIONS if "<img" in here.html(name)]
        assert holds(here.html("case"), HOSTILE)
        await here.say("note", name="html")
        assert all("<img" not in data.decode() for data in here.got.values())

    visit(story)


@pytest.mark.parametrize("kind", ["html", "markdown", "docx"])
def test_the_note_says_what_the_page_says(kind: str) -> None:
    """The note of the case on view has its outcome, what was ticked and what was learned, and no labels while they are off."""

    async def story(here: Here) -> None:
        await here.say("pick", "S07")
        first = here.state.offered[0]
        await here.say("tick", value=True, name=first.key)
        await here.say("learn", "One attempt is asked about again.", "S07")
        await here.say("note", name=kind)
        ((name, data),) = here.got.items()
        assert name.startswith("note-S07.")
        text = data.decode() if kind != "docx" else _read_document(data)
        plain = texts(text).replace("\\", "")
        assert outcome_words(assess(CASES[6].answers).outcome) in plain
        assert "One attempt is asked about again." in plain
        assert not re.search(r"\bR[1-6]\b", plain)
        await here.say("scope", "session")
        await here.say("note", name=kind)
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

    async def story(here: Here) -> None:
        said = await here.say("learn", secret, "S01")
        assert here.state.trouble
        assert said == words("supervision_page.learning_wrong", problem=here.state.trouble)
        assert not [name for name in REGIONS if secret in here.html(name)]
        await here.say("note", name="markdown")
        assert secret not in here.got["note-S01.md"].decode()

    opened(story)


@pytest.mark.parametrize(
    ("action", "value", "name"),
    [
        ("pick", "S99", ""),
        ("pick", None, ""),
        ("fly", "", ""),
        ("scope", "world", ""),
        ("narrow", True, "judge"),
        ("sort", "", "secrets"),
        ("note", "", "exe"),
        ("marked", "", "cases"),
        ("file", 5, "secrets"),
    ],
)
def test_nonsense_is_told_with_a_number_and_changes_nothing(
    action: str, value: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong leaves the page as it was; its reader is told a number that stands in the log."""

    async def story(here: Here) -> None:
        before = here.page.state
        with caplog.at_level(logging.ERROR):
            said = await here.say(action, value, name)
        assert here.page.state is before
        (number,) = re.findall(r"[0-9a-f]{8}", said)
        assert number in caplog.text
        assert number in here.html("notices")

    opened(story)


def test_trouble_while_reading_is_told_and_what_was_open_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the thread that reads ends the work, with a number, and the page can read again."""

    async def story(here: Here) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(page_module, "_read_files", fail)
            said = await here.say("example")
        assert re.search(r"[0-9a-f]{8}", said)
        assert HOSTILE not in said
        assert not here.intake.busy
        assert here.state.chosen == "S01"
        await here.say("example")
        assert words("page.trouble") not in here.html("notices")

    opened(story)


def test_a_failed_download_leaves_the_reading_on_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that fails while tables are read is told, and the page goes on saying that it reads."""
    told, read = ThreadEvent(), page_module._read_files

    def read_late(*given: Any) -> Any:
        assert told.wait(60)
        return read(*given)

    async def story(here: Here) -> None:
        monkeypatch.setattr(page_module, "_make_empty", fail)
        monkeypatch.setattr(page_module, "_read_files", read_late)
        here.page.act(Event("example"))
        here.page.act(Event("empty", "cases"))
        await asyncio.wait([here.page._running["file"]])
        assert words("page.trouble") in here.html("notices")
        assert here.intake.busy
        assert "<progress" in here.html("tables")
        told.set()
        await here.page.settled()
        assert not here.intake.busy

    opened(story)


def test_a_later_choice_overtakes_an_earlier_one() -> None:
    """Of two tables that are read at once the one chosen last is open in the end."""

    async def story(here: Here) -> None:
        await here.say("confirm", value=True)
        for label in ("FIRST", "SECOND"):
            data = as_csv([["case_id"], [label]])
            here.page.act(Event("file", "cases", len(data), None, (data,)))
        await here.page.settled()
        assert list(here.state.dataset.cases) == ["SECOND"]

    visit(story)


def test_the_page_opens_without_what_only_tables_need() -> None:
    """Before the gate neither pandas nor numpy nor what writes documents is imported."""
    heavy = ("pandas", "numpy", "pandera", "docx", "openpyxl", "kapnb.report")
    code = f"import sys; from kapnb.ui.supervision import show_page; show_page(); print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_notebook_tells_its_purpose() -> None:
    """The index names the page from what the notebook says of itself."""
    said = json.loads((notebooks() / "supervision.ipynb").read_text("utf-8"))["metadata"]["kapnb"]
    assert said["nav"] == "Supervision"
    assert said["purpose"]
