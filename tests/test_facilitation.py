"""The facilitator's sheet: every case of the set with its story, its traps, prompts and debrief, in HTML and DOCX."""

from __future__ import annotations

import io

import pytest
from docx import Document

from kapnb.report.document import write_docx
from kapnb.report.facilitation import note_of_set
from kapnb.report.web import write_html
from kapnb.text.blocks import as_text
from kapnb.text.cases import Case
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import load_library
from kapnb.training.sets import Selection, choose, gather
from tests.test_language import FORBIDDEN, matches
from tests.training import ATTEMPT, EDITION

LIBRARY = load_library(EDITION)
SET = choose(LIBRARY, minutes=45, seed=2)
OWN = Selection(("C1",), (Case(ATTEMPT, "C1", "A <b>bold</b> one", "A story of one attempt.", "Look at the pattern."),), "Monday")


def test_each_case_is_told_whole() -> None:
    note = note_of_set(SET, LIBRARY)
    assert len(note.body) == len(SET.items)
    for name, block in zip(SET.items, note.body, strict=True):
        one, text = LIBRARY[name], as_text([block], width=100_000)
        assert one.title in block.title
        parts = [*one.story.split("\n\n"), one.tension, outcome_words(one.outcome), one.debrief.split("\n\n")[0]]
        assert not [part for part in (*parts, *(words(f"vignettes.trap.{trap}") for trap in one.traps)) if part not in text]
        assert "Ask: " in text


def test_whose_view_it_is_and_what_comes_first_stand_on_the_sheet() -> None:
    """Where a case tells of suicidal ideation, the support comes first; every sheet says whose view, and invented cases only."""
    ideation = next(one.id for one in LIBRARY.values() if one.answers.get("suicidal_ideation") == "passive")
    quiet = next(one.id for one in LIBRARY.values() if one.answers.get("suicidal_ideation") == "none")
    assert [block.key for block in note_of_set(Selection((ideation,)), LIBRARY).head] == ["support", "whose"]
    note = note_of_set(Selection((quiet,)), LIBRARY)
    assert [block.key for block in note.head] == ["whose"]
    assert len(note.foot) == 3
    assert "Begley" in as_text(note.head)


def test_own_cases_and_what_is_not_there() -> None:
    note = note_of_set(Selection(("V999", *OWN.items), OWN.cases, "Monday"), gather(OWN.cases, EDITION))
    assert note.title == "Monday"
    assert len(note.body) == 1
    assert "Look at the pattern." in as_text(note.body)


@pytest.mark.parametrize("selection", [SET, OWN], ids=["library", "own"])
def test_it_is_written_as_html_and_docx(selection: Selection) -> None:
    """Nothing of a case is markup, and both hold the same cases."""
    note = note_of_set(selection, gather(selection.cases, EDITION))
    html = write_html(note)
    assert "<b>bold</b>" not in html
    document = Document(io.BytesIO(write_docx(note)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert all(block.title in text for block in note.body)


def test_nothing_forbidden_is_put_together() -> None:
    whole = as_text(note_of_set(Selection(tuple(LIBRARY)), LIBRARY).body, width=100_000)
    assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [("sheet", whole)])]
