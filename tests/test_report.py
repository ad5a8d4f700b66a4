"""The note: it says what the page says, loses nothing that matters, names nobody, and no text in it becomes anything else."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from docx import Document
from hypothesis import example, given, settings

from kapnb import Assessment, assess, explain, fields
from kapnb.group.differences import locate
from kapnb.group.discussion import Suggestion
from kapnb.group.overview import compare_in_case
from kapnb.report import Note, note_of_case, note_of_session, write_docx, write_html, write_markdown
from kapnb.report.markdown import escape
from kapnb.report.note import tidy
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.explanation import badges_of, outcome_line
from kapnb.text.support import needs_support, support
from kapnb.text.words import words
from tests.bundled import EDITION
from tests.example import ASSESSED, CASES, JUDGMENTS, LOCATED
from tests.report_notes import FORMATS, POINTS, flat, note_of, note_of_example, read, render
from tests.strategies import EDITIONS, partial_cases, random_case, readings

MARKUP = (
    '<script>alert("x")</script><img src=x onerror=alert(1)> & <b>bold</b> &lt;i&gt; &#x41;',
    "[a link](https://example.org) ![a picture](x.png) <https://example.org> https://example.org www.example.org a@example.org",
    "# a heading *and* **more** __so__ ~~gone~~ `code` ==mark== $x^2$ | a cell | [^1] [ ] [x] {braces} a\\b \\* \\[",
    *("- an item", "1. an item", "2) an item", "+ an item", "> a quotation", "---", "===", "***", "```python", ": a definition"),
    *("*[KAP]: an abbreviation", "[1]: https://example.org", "a setext heading\n===\n\n    code\n\n* * *"),
    "a bell \x07, a null \x00, a form feed \x0c, half a letter \ud800, no letter \ufffe",
)


def note_around(answers: dict[str, str], chosen: dict[str, str] | None = None) -> tuple[Assessment, Note]:
    """A note of a case with nothing else on it."""
    assessment = assess(answers, readings=chosen or {})
    return assessment, note_of_case(Case(answers, title="An invented case"), assessment)


def assert_says_the_same(assessment: Assessment, note: Note) -> None:
    """In every format: the outcome whole, each card that decides once with its badges, help where the case asks for it."""
    told = explain(assessment)
    help_first = support(fields, assessment.answers)
    for name, text_of in FORMATS.items():
        text = text_of(note)
        assert told.title in text, name
        for line in told.lines:
            assert line.text in text, name
        for card, badges in zip(told.cards, badges_of(told.cards), strict=True):
            if card.decides:
                assert text.count(card.text) == 1, name
                assert all(badge.text in text for badge in badges), name
        for sentence in (words("support.title"), words("support.first"), words("support.reader").strip(": ")):
            assert text.count(sentence) == bool(help_first), name
        assert all(line.text in text for line in help_first.lines) if help_first else True, name
        four = assessment.edition.guidance.ledger.four
        assert four["whose"] in text, name
        assert four["invented"] in text, name


@settings(max_examples=12)
@given(partial_cases, readings)
@example(dict(CASES[5].answers), {})
@example(dict(CASES[9].answers), {})
def test_any_note_says_what_the_page_says(answers: dict[str, str], chosen: dict[str, str]) -> None:
    """Whatever is recorded, and whatever the readings: no deciding finding, badge or support is lost, in any format."""
    assert_says_the_same(*note_around(answers, chosen))


def test_every_line_of_a_note_is_one_of_the_page() -> None:
    """A note makes up nothing: what it says of a case are lines and details of its explanation, in their order."""
    chance = Random(4)
    for _ in range(20):
        assessment, note = note_around(random_case(chance), chance.choice(EDITIONS))
        told = explain(assessment)
        behind = {card.text: card.more for card in told.cards} | {line.text: line.details for line in told.met_lines}
        assert note.head == tuple(filter(None, (told.support, Block("outcome", told.title, told.lines))))
        for block in note.body:
            if block.key == "ask":
                assert told.ask
                assert [(line.text, *line.details) for line in block.lines] == [(told.ask.question, told.ask.because)]
            else:
                assert all(line.details == behind[line.text][: len(line.details)] for line in block.lines)


def test_what_is_left_out_is_said() -> None:
    """A block that is cut says how much more there is, and one without room is named."""
    learning = [f"A point of {index}, said at some length so that it takes room." for index in range(40)]
    prompts = [Suggestion(f"Question {index}? " * 12, "teacher", "intervention", "general") for index in range(12)]
    named = set()
    for case in CASES:
        note = note_of_case(
            replace(case, vignette=case.vignette * 9), ASSESSED[case.case_id], LOCATED[case.case_id], prompts, learning
        )
        text = FORMATS["html"](note)
        learned = next(block for block in note.body if block.key == "learning")
        assert 4 < len(learned.lines) < 40
        assert words("report.more", count=40 - len(learned.lines)) == note.rests["learning"]
        assert note.rests["learning"] in text
        assert note.left_out in text
        shown = {block.key for block in note.body}
        missing = {block.title for block in compare_in_case(LOCATED[case.case_id]) if block.key not in shown}
        assert all(title in note.left_out for title in missing)
        named |= missing
    assert named


def test_a_long_story_is_shortened_and_said_to_be() -> None:
    note = note_of_case(replace(CASES[0], vignette=CASES[0].vignette * 9), ASSESSED[CASES[0].case_id])
    assert words("report.shortened", start="") in FORMATS["html"](note)


def test_a_session_of_many_cases_says_how_many_are_left_out() -> None:
    """A table alone never fills more than the page; the cases without a row are counted."""
    case, assessment = replace(CASES[0], title="語" * 60), ASSESSED["S06"]
    note = note_of_session("Many", [(replace(case, case_id=f"C{number}"), assessment, ()) for number in range(300)], EDITION)
    assert note.table
    assert 0 < len(note.table.rows) == len(note.table.marks) <= 20
    assert words("report.more", count=300 - len(note.table.rows)) in FORMATS["html"](note)


def test_the_table_of_a_session_counts_the_judgments() -> None:
    """Each case has its outcome in words, and as many judgments as were given."""
    note = note_of_example()
    assert note.table
    assert [row[0].split()[0] for row in note.table.rows] == [case.case_id for case in CASES]
    for case, row in zip(CASES, note.table.rows, strict=True):
        assert row[1] == outcome_line(ASSESSED[case.case_id])
        assert sum(int(cell or 0) for cell in row[2:]) == len(LOCATED[case.case_id])
    for name, text_of in FORMATS.items():
        text = text_of(note)
        assert all(cell in text for row in note.table.rows for cell in row[:2]), name
        assert all(one in text for one in note.table.below), name


def test_agreement_never_stands_without_its_warning() -> None:
    """Twelve cases are few, and whoever reads the figure of a session reads that with it."""
    agreement = next(block for block in note_of_example().body if block.key == "agreement")
    assert words("supervision.few_cases", cases=12, few=20) in agreement.lines[0].details
    assert len(agreement.lines[0].details) == 2


def test_a_session_tells_support_once_and_of_which_cases() -> None:
    """One case of many is enough, by its answers or its story, and the cases are named by their labels."""
    loud = [case.case_id for case in CASES if needs_support(fields, case.answers, *case.texts)]
    quiet = [(case, ASSESSED[case.case_id], ()) for case in CASES if case.case_id not in loud]
    for text_of in FORMATS.values():
        text = text_of(note_of_example())
        assert text.count(words("support.reader").strip(": ")) == 1
        assert words("report.support_cases", cases=", ".join(loud)) in text
        assert words("support.first") not in text_of(note_of_session("Quiet", quiet, EDITION))


def test_an_empty_session_is_a_note() -> None:
    """Without a case, a judgment or a title there is still a page that says whose view it is."""
    note = note_of_session("", [], EDITION)
    for text_of in FORMATS.values():
        assert words("report.untitled_session") in text_of(note)
        assert "edition" in text_of(note)


@pytest.mark.parametrize("names", [False, True])
def test_names_are_off_unless_asked_for(*, names: bool) -> None:
    """No rater's label stands anywhere in a note of a case or a session, its properties included, until the supervisor asks."""
    cases = []
    for case in CASES[8:11]:
        judged = [one for one in JUDGMENTS if one.case_id == case.case_id]
        renamed = [replace(one, rater=f"Owl {one.rater}", comment=f"Owl {one.rater} said so") for one in judged]
        assessment = ASSESSED[case.case_id]
        cases.append((case, assessment, [locate(one, assessment) for one in renamed]))
    for note in (note_of_case(*cases[0], names=names), note_of_session("A session", cases, EDITION, names=names)):
        found = (write_html(note), write_markdown(note), FORMATS["docx"](note))
        assert all(("Owl R" in text) == names for text in found), note.title


@pytest.mark.parametrize("text", MARKUP, ids=range(len(MARKUP)))
def test_in_markdown_a_text_means_itself(text: str) -> None:
    """Nothing of it becomes markup or a link; what else may stand in a note is in ``tests/test_injection.py``."""
    page = read(render(escape(tidy(text))))
    assert {tag for tag, _ in page.tags} == {"p"}
    assert flat("".join(page.seen)) == tidy(text)
    assert {"a", "strong"} <= {tag for tag, _ in read(render("**see** https://example.org")).tags}  # planted: it would be seen


def test_the_html_is_a_file_of_its_own() -> None:
    """No script, no address, nothing fetched; a language, a title, one main heading."""
    for note in (note_of(5), note_of_example()):
        html = write_html(note)
        assert not re.search(r"<script|https?:|//|url\(|@import|src=|href=", html.split("</style>")[1])
        assert not re.search(r"https?:|//|url\(|@import", html.split("</style>")[0].replace("default-src 'none'", ""))
        tags = [tag for tag, _ in read(html).tags]
        assert ("html", {"lang": "en"}) in read(html).tags
        assert [tags.count(tag) for tag in ("title", "h1", "main", "script", "link")] == [1, 1, 1, 0, 0]


def test_the_document_has_real_headings_and_names_nobody() -> None:
    """Headings are heading styles, properties hold the title and no person."""
    note = note_of(5)
    document: Any = Document(io.BytesIO(write_docx(note)))
    headings = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs if "Heading" in paragraph.style.name]
    assert headings == [("Heading 1", note.title), *(("Heading 2", block.title) for block in (*note.head, *note.body))]
    properties = document.core_properties
    assert (properties.title, properties.author, properties.last_modified_by, properties.comments) == (note.title, "kapnb", "", "")
    assert document.core_properties.created.year == document.core_properties.modified.year == 2000


def test_learning_points_and_prompts_are_there() -> None:
    """What the supervisor wrote and chose stands in every format."""
    for note in (note_of(0), note_of_example()):
        for text_of in FORMATS.values():
            text = text_of(note)
            assert all(point in text for point in POINTS)
            assert words("supervision.prompts") in text


def test_the_group_stands_on_the_note() -> None:
    """The outcomes that were given, what was seen alike, and where the judgments differ."""
    note = note_of(9)
    keys = [block.key for block in note.body]
    assert {"spread", "alike"} <= set(keys)
    assert "rule" in keys or words("supervision.rule") in note.left_out  # what was ticked comes first
    assert keys[:2] == ["learning", "prompts"]
    assert not {"spread", "alike"} & {block.key for block in note_of_case(CASES[9], ASSESSED["S10"]).body}


# --- the facilitator's sheet of a training set ---------------------------------------------------------
