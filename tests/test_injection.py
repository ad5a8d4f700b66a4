"""What people write stays a text: every text that a person or a file can bring, against everything that could become more."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook

from kapnb import assess
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import CaseError, KapnbError
from kapnb.group.differences import locate
from kapnb.group.inbox import Inbox, Settled
from kapnb.group.judgments import Judgment
from kapnb.group.settle import settle, take
from kapnb.group.state import SESSION, Scope, learn, make_dataset
from kapnb.group.state import State as GroupState
from kapnb.limits import CASE_TEXTS
from kapnb.report import Note, note_of_case, note_of_session, note_of_set, write_docx, write_html, write_markdown
from kapnb.report.note import tidy
from kapnb.tables.problems import CaseTableError
from kapnb.tables.read import list_rows, read_cases, read_judgments
from kapnb.tables.write import WRITERS
from kapnb.text.cases import Case, as_record, read_case
from kapnb.text.characters import has_unwritable, make_writable
from kapnb.training.errors import TrainingError
from kapnb.training.saving import as_csv, export_cases, export_judgments, load, save
from kapnb.training.session import begin, reconsider, reflect
from kapnb.training.sets import Selection, as_vignette, check_cases, gather, load_set, save_set
from kapnb.ui.assessment_state import State, load_file
from kapnb.ui.supervision_case import write_case
from kapnb.ui.supervision_discussion import write_discussion, write_note_part
from kapnb.ui.supervision_inbox import Intake, write_intake
from kapnb.ui.supervision_picture import write_overview, write_picture
from tests.bundled import EDITION
from tests.report_notes import render
from tests.training import PATTERN, judge
from tests.ui.test_training_view import Trainee

Skeleton = list[tuple[str, tuple[tuple[str, str | None], ...]]]

PAYLOADS = {
    "an image": "<img src=x onerror=alert(1)>",
    "a script": '"><script>alert(1)</script>',
    "the end of what holds it": "</textarea></title></style></select></svg><svg onload=alert(1)>",
    "a style": '" style="position:fixed" class="firm" data-action="reveal',
    "an address": "javascript:alert(1)",
    "a picture": "![x](//e.example/p.png)",
    "a bare link": "<javascript:alert(1)> <//e.example>",
    "Markdown": "# One\\*\n---\n> `two` | **three** ~~four~~ $x$ [^1] ==five==",
    "a template": "{{7*7}} {% raw %} ${7*7} #{7*7} <%= 7 %>",
    "half a format": "{",
    "CDATA": "]]> <![CDATA[x <!-- <?xml",
    "an entity": "&lt;b&gt; &amp;#60; &#x3c; &NewLine;",
    "a formula": '=HYPERLINK("e.example")',
    "a command": "+cmd|' /C calc'!A0",
    "a difference": "-1+1",
    "a tab": "\t=1+1",
    "a line": "\n=1+1",
    "a wide sign": "\uff1d1+1",
    "a blank without width": "\u200b=1+1",
    "a null": "\0=1+1",
    "a turn": "one \u202egnp.exe\u2066 two",
    "no width": "a\u200bb\u200dc\ufeffd\u00ade\u200f",
    "half a letter": "\ud800<b>",
    "very long": "<b>=1+1 " * 1_500,
}
"""What could become markup, a link, a formula, a command or a mess where it is shown, by what it is."""

TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
NEVER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

SHOWS_WHAT_IT_DOES = frozenset(
    ("href", "src", "srcset", "style", "class", "type", "action", "rel", "target", "role", "data-action", "http-equiv", "content")
)
"""Attributes whose value says what an element does."""


def make_harmless(text: str) -> str:
    """A text of the same shape in which there is nothing but letters and blanks; short ones on one line are all alike."""
    if len(text) < 100 and len(text.split("\n")) == 1:
        return "x"
    return "".join(sign if sign.isspace() and not NEVER.match(sign) else "x" for sign in text)


class Reader(HTMLParser):
    """The elements of a page with what they do, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.skeleton: Skeleton = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skeleton.append((tag, tuple((name, value if name in SHOWS_WHAT_IT_DOES else None) for name, value in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_decl(self, decl: str) -> None:
        self.skeleton.append((decl, ()))

    handle_comment = unknown_decl = handle_pi = handle_decl


def squeeze(text: str) -> str:
    return "".join(text.split())


def show(text: str) -> str:
    """What is seen of a text in a page."""
    return TURNS.sub("\u2060", make_writable(text))


def check_html(html: str, harmless: str, text: str | None) -> None:
    """Nothing but texts differs from a harmless page, and the text is there."""
    page = Reader(html)
    assert page.skeleton == Reader(harmless).skeleton
    assert not TURNS.search("".join(page.texts))  # what goes back from an attribute is exact
    assert not NEVER.search(html)
    if text is not None:
        assert squeeze(show(text)) in squeeze("".join(page.texts))


def check_message(message: str, text: str) -> None:
    """A refusal repeats nothing of a text."""
    assert len(squeeze(text)) < 4 or squeeze(text) not in squeeze(message)


payloads = pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
FORMULAS = {name for name, text in PAYLOADS.items() if text.endswith("=1+1") or text[0] in "=+-@"}
markup = pytest.mark.parametrize("text", [text for name, text in PAYLOADS.items() if name not in FORMULAS])
"""What a formula is in a table is plain text in a page."""
WORST = ["the end of what holds it", "a style", "a bare link", "Markdown", "CDATA", "a formula", "a turn", "half a letter"]
worst = pytest.mark.parametrize("text", [PAYLOADS[name] for name in WORST], ids=WORST)
"""For what takes long to write."""


# --- the supervision page ------------------------------------------------------------------------------


ROW = {"suicide_attempts": "repeated_current", "structured_therapy": "not_started"}


def as_rows(*rows: dict[str, str]) -> bytes:
    return json.dumps(rows).encode()


def bring(*files: bytes) -> tuple[Inbox, Settled]:
    inbox = Inbox()
    for data in files:
        inbox = take(inbox, data, EDITION, {})
    return inbox, settle(inbox, EDITION, {})


@lru_cache
def bring_tables(text: str) -> tuple[Inbox, Settled]:
    """A case with a text in each of its free cells, and two judgments of it."""
    case, label = {**dict.fromkeys(CASE_TEXTS, text), **ROW}, text[:38].rstrip()
    judged = [
        {"case_id": text, "rater": rater, "outcome": outcome, "comment": text}
        for rater, outcome in ((label, "clarify_first"), (f"{label}z", "not_at_present"))  # so that they sort alike
    ]
    return bring(as_rows(case), as_rows(*judged))


@lru_cache
def open_room(text: str) -> GroupState:
    _, settled = bring_tables(text)
    material = make_dataset(settled.cases, settled.judgments, EDITION)
    return GroupState(material, next(iter(material.cases)))


@lru_cache
def draw_room(text: str, learning: str) -> str:
    """Every part of the supervision page, without and with the labels of the raters."""
    room = open_room(text)
    drawn = []
    for scope, about, named in ((Scope.CASE, room.chosen, False), (Scope.SESSION, SESSION, True)):
        here = learn(replace(room, scope=scope, names=named), about, learning)
        drawn += [write_picture(here, 0), write_overview(here.dataset, names=named)]
        drawn += [write(here) for write in (write_case, write_discussion, write_note_part)]
    return "".join(drawn)


@worst
def test_on_the_supervision_page(text: str) -> None:
    """Label, title, story, note, rater, comment and learning points are texts, or the table is refused without repeating them."""
    inbox, settled = bring_tables(text)
    shown = write_intake(Intake(invented=True, inbox=inbox, settled=settled), EDITION)
    assert not TURNS.search(shown)
    assert not NEVER.search(shown)
    if not settled.cases:
        return
    (case,) = settled.cases
    html, harmless = (draw_room(one, one) for one in (text, make_harmless(text)))
    check_html(html, harmless, case.get("title", ""))


@worst
def test_learning_points(text: str) -> None:
    """They are kept as they were typed, or refused without repeating them, whatever they are."""
    shown, refused = draw_room("x", text), draw_room("x", "rowan@example.org")
    if Reader(shown).skeleton != Reader(refused).skeleton:
        check_html(shown, draw_room("x", make_harmless(text)), text)
    assert not NEVER.search(shown)
    shown.encode()


@worst
def test_in_a_table_that_waits(text: str) -> None:
    """The name of a column and a cell that waits are told as texts; an error tells no cell."""

    def wait(name: str, cell: str) -> str:
        inbox, settled = bring(as_rows({"case_id": "E1", "ocd": cell, name: cell}))
        return write_intake(Intake(invented=True, inbox=inbox, settled=settled), EDITION)

    check_html(wait(text, "Zq"), wait(make_harmless(text) + "x" * (not text.strip()), "Zq"), None)
    if not has_unwritable(text):  # such a cell waits in other words
        check_html(wait("note", f"Zq{text}"), wait("note", f"Zq{make_harmless(text)}"), None)
    with pytest.raises(CaseTableError) as caught:
        read_cases(as_rows({"case_id": "E1", "ocd": f"Zq{text}"}))
    assert "Zq" not in str(caught.value)
    assert not NEVER.search(str(caught.value).replace("\n", ""))


# --- notes ---------------------------------------------------------------------------------------------


def make_notes(text: str) -> Iterator[Note]:
    """A text wherever a note has one, whatever reading it would have said."""
    case = Case(PATTERN, text, text, text, text)
    assessment = assess(case.answers)
    judged = [Judgment(text, rater, outcome, comment=text) for rater, outcome in zip((text, f"{text}z"), Outcome, strict=False)]
    located = [locate(one, assessment) for one in judged]
    yield note_of_case(case, assessment, located, (), [text], names=True)
    yield note_of_session(text, [(case, assessment, located)], EDITION, (), [text], names=True)
    yield note_of_set(text, [as_vignette(case, EDITION)], EDITION)


def outline(document: bytes) -> list[str]:
    """The elements of a DOCX document, and what it leads to."""
    with zipfile.ZipFile(io.BytesIO(document)) as parts:
        names = [name for name in parts.namelist() if name.endswith((".xml", ".rels"))]
        return [one.tag for name in sorted(names) for one in ET.fromstring(parts.read(name)).iter()]


def text_of(document: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(document)) as parts:
        return "".join(ET.fromstring(parts.read("word/document.xml")).itertext())


@lru_cache
def write_notes(text: str) -> tuple[tuple[str, ...], tuple[str, ...], bytes]:
    """Each note as HTML and as Markdown rendered, and that of the case as a document."""
    notes = tuple(make_notes(text))
    return tuple(map(write_html, notes)), tuple(render(write_markdown(one)) for one in notes), write_docx(notes[0])


@worst
def test_in_a_note(text: str) -> None:
    """In every format the text stands for itself: no element, link or field more than with a harmless one."""
    said = squeeze(tidy(text)[:100])
    (pages, rendered, document), (plain_pages, plain, plain_document) = map(write_notes, (text, make_harmless(tidy(text))))
    for page, harmless in zip(pages, plain_pages, strict=True):
        check_html(page, harmless, said)
    for page, harmless in zip(rendered, plain, strict=True):
        assert Reader(page).skeleton == Reader(harmless).skeleton
        assert said in squeeze("".join(Reader(page).texts))
    assert outline(document) == outline(plain_document)
    assert said in squeeze(text_of(document))


# --- spreadsheets --------------------------------------------------------------------------------------


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def runs(cell: str) -> bool:
    """Whether a spreadsheet takes a cell for a formula, also where it strips what stands before it."""
    bare = cell.lstrip().lstrip("\0")
    return (cell[:1] in {"\t", "\r", "\n"} or bare[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20")) and not _NUMBER.fullmatch(cell)


def check_csv(data: bytes) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row.values() if runs(cell)]
    return rows


def check_workbook(data: bytes) -> None:
    cells = [cell for sheet in load_workbook(io.BytesIO(data)) for row in sheet.iter_rows() for cell in row]
    texts = [cell for cell in cells if cell.value is not None]
    assert {cell.data_type for cell in texts} == {"s"}
    assert not [cell for cell in texts if runs(cell.value) or cell.hyperlink]


def test_in_a_table() -> None:
    """A case table is refused, or what it is written to runs nowhere and is read again as it was; all texts in one table."""
    texts = enumerate(PAYLOADS.values())
    rows = [{**dict.fromkeys(CASE_TEXTS, text), "case_id": f"{text[:30]}{number}", **ROW} for number, text in texts]
    with pytest.raises(CaseTableError) as refused:
        read_cases(as_rows(*rows))
    bad = {problem.row for problem in refused.value.listed}
    cases = read_cases(as_rows(*(row for number, row in enumerate(rows, 2) if number not in bad)))
    assert len(cases) > 10
    for ending in (".csv", ".xlsx", ".json"):
        written = WRITERS[ending](cases)
        if ending == ".csv":
            check_csv(written)
        if ending == ".xlsx":
            check_workbook(written)
        assert list(list_rows(read_cases(written))) == list(list_rows(cases))


@markup
def test_in_what_a_trainee_hands_over(text: str) -> None:
    """A text is refused, or its row runs nowhere and can be read by whoever gets it; so can the table of own cases."""
    case = Case(PATTERN, "E1", "One", "A story.", "A note.")
    library = gather([case], EDITION)
    training = judge(begin(library, ["E1"]))
    try:
        training = reconsider(reflect(training, text), "clarify_first", "low", text)
    except TrainingError as refused:
        check_message(str(refused), text)
    else:
        assert load(save(training), library).training == training
        data = as_csv(export_judgments(training, "R1"), "judgments", EDITION.fields)
        check_csv(data)
        (row,) = list_rows(read_judgments(data))
        for name in ("reflection", "second_reason"):
            assert squeeze(row[name].strip("\u200b")) == squeeze(make_writable(text.strip()).strip("\u200b"))
    own = as_vignette(Case(PATTERN, text, text, text, text), EDITION)
    check_csv(as_csv(export_cases([own]), "cases", EDITION.fields))


# --- JSON ----------------------------------------------------------------------------------------------


@payloads
def test_in_a_case_as_a_file(text: str) -> None:
    """Each text comes back exactly, or the file is refused, and the page tells why without it."""
    for name in CASE_TEXTS:
        file = json.dumps({name: text, **ROW})
        try:
            case = read_case(file, EDITION)
        except CaseError as refused:
            check_message(str(refused), text)
            continue
        after = load_file(State(EDITION), file.encode())
        assert not NEVER.search(text)
        assert getattr(case, name) == getattr(after.case, name) == text
        assert read_case(json.dumps(as_record(case, EDITION)), EDITION) == case
        assert json.dumps(as_record(case, EDITION), ensure_ascii=False).encode()
    for other in ({text: "yes"}, {"ocd": text}, {"readings": {text: text}}):
        with pytest.raises(CaseError) as caught:
            read_case(json.dumps(other), EDITION)
        assert all(sign.isprintable() or sign == "\n" for sign in str(caught.value))
        assert len(str(caught.value)) < 4_000


@markup
def test_in_a_set(text: str) -> None:
    """A set comes back exactly, or is refused."""
    cases = (Case(PATTERN, "E1", text, text, text),)
    try:
        check_cases(cases)
        shared, told = load_set(save_set(Selection(("E1",), cases, text, text), EDITION), EDITION)
    except KapnbError as refused:
        check_message(str(refused), text)
        return
    assert not told
    assert (shared.title, shared.note, shared.cases) == (text, text, cases)


# --- the training page ---------------------------------------------------------------------------------


class Watched(Trainee):
    """Whoever practices, with everything that was drawn for them."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        super().__init__()

    def say(self, action: str, name: str = "", value: Any = "", **more: Any) -> Watched:
        super().say(action, name, value, **more)
        self.drawn.append(self.part(*self.view.regions))
        return self


@lru_cache
def practice(text: str) -> Watched:
    """A set of one case with a text wherever there is one, from its file to the thought that is added at the end."""
    trainee = Watched()
    story = f"{text}\n\nA story."
    case = Case(PATTERN, "E1", text, story, text)
    data = save_set(Selection(("E1",), (case,), text, text), EDITION).encode("utf-8", "surrogatepass")
    trainee.load("set", data)
    if trainee.problem:
        return trainee
    trainee.say("begin")
    trainee.say("open", "E1")
    for action, value in {"outcome": "clarify_first", "confidence": "high", "reason": text}.items():
        trainee.say(action, value=value)
    if trainee.problem:
        trainee.say("reason", value="The winter.")
    trainee.say("screen", value="judge")
    trainee.say("screen", value="decide")
    trainee.say("point", f"0-{len(story)}", value=True)
    trainee.say("lock")
    trainee.say("later_thought", value=text)
    trainee.say("reflect")
    trainee.say("screen", value="list")
    return trainee


@worst
def test_on_the_training_page(text: str) -> None:
    """Title, story and note of a case, title and note of its set and a thought are texts, or the file is refused without them."""
    trainee = practice(text)
    html = "".join(trainee.drawn)
    if trainee.page.state.training is None:
        assert trainee.problem
        assert squeeze(text) not in squeeze("".join(Reader(html).texts))
        known = {tag for tag, _ in Reader("".join(practice("x").drawn)).skeleton}
        assert {tag for tag, _ in Reader(html).skeleton} <= {"div", "ul", "li", *known}
        return
    check_html(html, "".join(practice(make_harmless(text)).drawn), text)


@worst
def test_typed_for_a_set_to_share(text: str) -> None:
    """Title, note and label are drawn as texts while they are typed, and refused kindly where nobody could load them."""
    shown = []
    for one in (text, make_harmless(text)):
        trainee = Watched()
        for action in ("title", "set_note", "label"):
            trainee.say(action, value=one)
        shown.append(trainee.drawn[-1])
        trainee.say("share")
        assert "trouble_number" not in trainee.drawn[-1]
    check_html(shown[0], shown[1], None)
