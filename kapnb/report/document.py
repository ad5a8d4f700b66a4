"""The note as a DOCX document, with real headings and nobody's name in its properties."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from kapnb.explanation import Block, Line
from kapnb.report.note import STACKED, Note, Table

_MARGIN: Final = 13
_SIZE: Final = 9.5
_WRITTEN: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # a note has no date
_MUTED: Final = "4A5768"


def write_docx(note: Note) -> bytes:
    """The note as the bytes of a DOCX file, the same for the same note."""
    from docx import Document

    document = Document()
    _set_page(document)
    _set_styles(document)
    _set_properties(document, note)
    document.add_paragraph(note.kind, style="Subtitle")
    document.add_heading(note.title, 1)
    for block in note.head:
        _add_block(document, block)
    if note.table:
        _add_table(document, note.table)
    for block in note.body:
        _add_block(document, block)
        if block.key in note.rests:
            _mute(document.add_paragraph().add_run(note.rests[block.key]))
    for sentence in filter(None, (note.left_out, " ".join(note.foot))):
        document.add_paragraph(sentence)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_page(document: Any) -> None:
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(279.4)
    section.left_margin = section.right_margin = Mm(_MARGIN)
    section.top_margin = section.bottom_margin = Mm(_MARGIN)


def _set_styles(document: Any) -> None:
    from docx.shared import Pt, RGBColor

    for name, size, before, after in (
        ("Normal", _SIZE, 0, 2),
        ("List Bullet", _SIZE, 0, 1),
        ("List Bullet 2", _SIZE, 0, 0),
        ("Subtitle", _SIZE, 0, 0),
        ("Heading 1", 16, 0, 3),
        ("Heading 2", 11, 6, 2),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = "Arial", Pt(size)
        style.font.color.rgb = RGBColor.from_string("1D2733")
        style.font.italic = False
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = 1.05


def _set_properties(document: Any, note: Note) -> None:
    """The title alone tells two notes apart: no person, no program's default, no time."""
    properties = document.core_properties
    properties.title, properties.author, properties.comments = note.title, "kapnb", ""
    properties.last_modified_by, properties.created, properties.modified = "", _WRITTEN, _WRITTEN
    properties.language = "en-US"


def _add_block(document: Any, block: Block) -> None:
    document.add_heading(block.title, 2)
    for line in block.lines:
        _add_line(document, line, stacked=block.key in STACKED)


def _add_line(document: Any, line: Line, *, stacked: bool) -> None:
    paragraph = document.add_paragraph(line.text, style="List Bullet")
    for badge in line.badges:
        _mute(paragraph.add_run(f" [{badge.text}]"))
    for detail in line.details:
        if stacked:
            _mute(document.add_paragraph(style="List Bullet 2").add_run(detail))
        else:
            _mute(paragraph.add_run(f" · {detail}"))


def _mute(run: Any) -> None:
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(_MUTED)


def _add_table(document: Any, table: Table) -> None:
    document.add_heading(table.title, 2)
    head = (*table.head, *(short for short, _ in table.columns))
    grid = document.add_table(rows=0, cols=len(head), style="Light Grid")
    _add_row(grid, head, bold=range(len(head)))
    for row, mark in zip(table.rows, table.marks, strict=True):
        _add_row(grid, row, bold=(mark + len(table.head),))
    for text in filter(None, (table.rest, table.lead, table.legend)):
        document.add_paragraph(text)


def _add_row(grid: Any, texts: Iterable[str], *, bold: Iterable[int]) -> None:
    for place, (cell, text) in enumerate(zip(grid.add_row().cells, texts, strict=True)):
        cell.paragraphs[0].add_run(text).bold = place in bold
