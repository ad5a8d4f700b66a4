"""The note as a DOCX document, with real headings and nobody's name in its properties."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any, Final

from kapnb.report.note import FLOWING, STACKED, Form, Leaf, Note, Table
from kapnb.text.blocks import Block

_WRITTEN: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # a note has no date
_INK, _MUTED = "1D2733", "4A5768"
_STYLES: Final = {
    "Normal": (10, 0, 2),
    "List Bullet": (10, 0, 2),
    "List Bullet 2": (10, 0, 0),
    "Subtitle": (10, 0, 0),
    "Heading 1": (16, 0, 3),
    "Heading 2": (11, 7, 2),
    "Heading 3": (10, 5, 1),
}
"""Each style with its size and the space before and after it, in points."""


def write_docx(note: Note) -> bytes:
    """The note as the bytes of a DOCX file."""
    from docx import Document

    document = Document()
    _set_page(document)
    document.add_paragraph(note.kind, style="Subtitle")
    document.add_heading(note.title, 1)
    if note.about:
        document.add_paragraph(note.about, style="Subtitle")
    for block in note.head:
        _add_block(document, block)
    if note.table:
        _add_table(document, note.table)
    _begin(document, columns=2)
    for block in note.body:
        _add_block(document, block)
        if block.key in note.rests:
            _add_muted(document.add_paragraph(), note.rests[block.key])
    _begin(document, columns=1)
    for text in note.end:
        _add_muted(document.add_paragraph(), text)
    for leaf in note.leaves:
        _add_leaf(document, leaf, apart=note.apart)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = note.title, "kapnb", ""
    properties.last_modified_by, properties.created, properties.modified = "", _WRITTEN, _WRITTEN
    properties.language = "en-US"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_page(document: Any) -> None:
    """US Letter with the side margins of A4, so that what fits here fits on both; Arial throughout."""
    from docx.shared import Mm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Mm(215.9), Mm(279.4)
    section.left_margin = section.right_margin = Mm(13)
    section.top_margin = section.bottom_margin = Mm(10)
    for named, (size, before, after) in _STYLES.items():
        style = document.styles[named]
        style.font.name, style.font.size, style.font.italic = "Arial", Pt(size), False
        style.font.color.rgb = RGBColor.from_string(_INK)
        fonts = style.element.rPr.rFonts
        for name in [name for name in fonts.attrib if "Theme" in name]:
            del fonts.attrib[name]  # a theme's font would win over ours
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = 1.05


def _begin(document: Any, *, columns: int) -> None:
    """What follows is set in so many columns, on the same page."""
    from docx.enum.section import WD_SECTION
    from docx.oxml.ns import qn

    section = document.add_section(WD_SECTION.CONTINUOUS)
    set_of_columns = section._sectPr.find(qn("w:cols"))  # noqa: SLF001  # python-docx has no columns
    set_of_columns.set(qn("w:num"), str(columns))
    set_of_columns.set(qn("w:space"), "440")


def _add_leaf(document: Any, leaf: Leaf, *, apart: bool) -> None:
    from docx.shared import Mm

    document.add_heading(leaf.title, 2).paragraph_format.page_break_before = apart
    if leaf.about:
        _add_muted(document.add_paragraph(), leaf.about)
    for block in leaf.blocks:
        _add_block(document, block, 3)
    if leaf.form:
        _add_form(document, leaf.form)
    if leaf.room:
        document.add_heading(leaf.room, 3)
        row = document.add_table(rows=1, cols=1, style="Table Grid").rows[0]
        row.height = Mm(45)


def _add_form(document: Any, form: Form) -> None:
    grid = document.add_table(rows=0, cols=len(form.head), style="Table Grid")
    for texts in (form.head, *((name, *[""] * (len(form.head) - 1)) for name in form.rows)):
        for cell, text in zip(grid.add_row().cells, texts, strict=True):
            cell.text = text


def _add_block(document: Any, block: Block, level: int = 2) -> None:
    if block.title:
        document.add_heading(block.title, level)
    for line in block.lines:
        paragraph = document.add_paragraph(line.text, style="Normal" if block.key in FLOWING else "List Bullet")
        for badge in line.badges:
            _add_muted(paragraph, f" [{badge.text}]")
        for detail in line.details:
            if block.key in STACKED or level > 2:
                _add_muted(document.add_paragraph(style="List Bullet 2"), detail)
            else:
                _add_muted(paragraph, f" · {detail}")


def _add_muted(paragraph: Any, text: str) -> None:
    from docx.shared import RGBColor

    paragraph.add_run(text).font.color.rgb = RGBColor.from_string(_MUTED)


def _add_table(document: Any, table: Table) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    document.add_heading(table.title, 2)
    grid = document.add_table(rows=0, cols=len(table.head), style="Table Grid")
    grid.autofit = False
    widths = [Mm(62), Mm(86), *(Mm(6.9) for _ in table.meanings)]
    bold = [range(len(table.head)), *((mark,) for mark in table.marks)]
    for texts, marked in zip((table.head, *table.rows), bold, strict=True):
        for place, (cell, text) in enumerate(zip(grid.add_row().cells, texts, strict=True)):
            cell.width = widths[place]
            cell.paragraphs[0].paragraph_format.space_after = Pt(0)
            run = cell.paragraphs[0].add_run(text)
            run.bold, run.font.size = place in marked, Pt(9.5)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    repeated = OxmlElement("w:tblHeader")  # makes the first row the head of its columns, for a screen reader too
    grid.rows[0]._tr.get_or_add_trPr().append(repeated)  # noqa: SLF001  # python-docx has no heads of columns
    document.add_paragraph(" ".join(table.below))
