"""The note as a DOCX document, with real headings and nobody's name in its properties."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from kapnb.report.note import FLOWING, STACKED, Note, Table
from kapnb.text.blocks import Block, Line

_SIDES: Final = 13
_ENDS: Final = 10
_GAP: Final = 440
_GAP_OF_CELLS: Final = 80
"""In millimeters, and in twentieths of a point between two columns and between cells."""

_SIZE: Final = 10
_SIZE_IN_TABLE: Final = 9.5
_WRITTEN: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # a note has no date
_MUTED: Final = "4A5768"


def write_docx(note: Note) -> bytes:
    """The note as the bytes of a DOCX file, the same for the same note."""
    from docx import Document

    document = Document()
    _set_page(document.sections[0])
    _set_styles(document)
    _set_properties(document, note)
    document.add_paragraph(note.kind, style="Subtitle")
    document.add_heading(note.title, 1)
    for block in note.head:
        _add_block(document, block)
    if note.table:
        _add_table(document, note.table)
    _begin(document, columns=2)
    for block in note.body:
        _add_block(document, block)
        if block.key in note.rests:
            _mute(document.add_paragraph().add_run(note.rests[block.key]))
    _begin(document, columns=1)
    _add_foot(document, note)
    file = io.BytesIO()
    document.save(file)
    return _freeze(file)


def _set_page(section: Any) -> None:
    """US Letter, the lower of both papers, with the sides of A4: either holds what it holds."""
    from docx.shared import Mm

    section.page_width, section.page_height = Mm(215.9), Mm(279.4)
    section.left_margin = section.right_margin = Mm(_SIDES)
    section.top_margin = section.bottom_margin = Mm(_ENDS)


def _begin(document: Any, *, columns: int) -> None:
    """What follows stands in so many columns, on the same page."""
    from docx.enum.section import WD_SECTION
    from docx.oxml.ns import qn

    section = document.add_section(WD_SECTION.CONTINUOUS)
    set_of_columns = section._sectPr.find(qn("w:cols"))  # noqa: SLF001  # python-docx has no columns
    set_of_columns.set(qn("w:num"), str(columns))
    set_of_columns.set(qn("w:space"), str(_GAP))


def _set_styles(document: Any) -> None:
    from docx.shared import Pt, RGBColor

    for named, size, before, after in (
        ("Normal", _SIZE, 0, 2),
        ("List Bullet", _SIZE, 0, 2),
        ("List Bullet 2", _SIZE, 0, 0),
        ("Subtitle", _SIZE, 0, 0),
        ("Heading 1", 16, 0, 3),
        ("Heading 2", 11, 7, 2),
    ):
        style = document.styles[named]
        style.font.name, style.font.size = "Arial", Pt(size)
        fonts = style.element.rPr.rFonts
        for name in [name for name in fonts.attrib if "Theme" in name]:
            del fonts.attrib[name]  # a theme's font would win over ours
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
    style = "Normal" if block.key in FLOWING else "List Bullet"
    for line in block.lines:
        _add_line(document, line, style, stacked=block.key in STACKED)


def _add_line(document: Any, line: Line, style: str, *, stacked: bool) -> None:
    paragraph = document.add_paragraph(line.text, style=style)
    for badge in line.badges:
        _mute(paragraph.add_run(f" [{badge.text}]"))
    for detail in line.details:
        if stacked:
            _mute(document.add_paragraph(style="List Bullet 2").add_run(detail))
        else:
            _mute(paragraph.add_run(f" · {detail}"))


def _add_foot(document: Any, note: Note) -> None:
    from docx.shared import Pt

    for place, text in enumerate(filter(None, (note.left_out, " ".join(note.foot)))):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(0 if place else 6)
        _mute(paragraph.add_run(text))


def _mute(run: Any) -> None:
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(_MUTED)


def _add_table(document: Any, table: Table) -> None:
    from docx.shared import Mm

    document.add_heading(table.title, 2)
    head = (*table.head, *(short for short, _ in table.columns))
    grid = document.add_table(rows=0, cols=len(head))
    grid.autofit = False
    for column, width in zip(grid.columns, (62, 86, *(6.9 for _ in table.columns)), strict=True):
        column.width = Mm(width)
    _rule(grid)
    _add_row(grid, head, bold=range(len(head)))
    _repeat(grid.rows[0])
    for row, mark in zip(table.rows, table.marks, strict=True):
        _add_row(grid, row, bold=(mark + len(table.head),))
    document.add_paragraph(" ".join(filter(None, (table.rest, table.lead, table.legend))))


def _add_row(grid: Any, texts: Iterable[str], *, bold: Collection[int]) -> None:
    from docx.shared import Pt

    cells = grid.add_row().cells
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        cell.width = grid.columns[place].width
        cell.paragraphs[0].paragraph_format.space_after = Pt(0)
        run = cell.paragraphs[0].add_run(text)
        run.bold, run.font.size = place in bold, Pt(_SIZE_IN_TABLE)


def _rule(grid: Any) -> None:
    """A thin line between rows, and none around the table, whose first column begins where the text does."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        border = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "D9DDE3")):
            border.set(qn(f"w:{name}"), value)
        borders.append(border)
    margins = OxmlElement("w:tblCellMar")
    for side, width in (("left", 0), ("right", _GAP_OF_CELLS)):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(width))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    of_table = grid._tbl.tblPr  # noqa: SLF001  # python-docx has neither borders nor margins of tables
    of_table.insert_element_before(borders, "w:tblLayout", "w:tblLook")  # the order is part of the format
    of_table.insert_element_before(margins, "w:tblLook")


def _repeat(row: Any) -> None:
    """The first row is the head of its columns, for a screen reader too."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  # nor heads of columns


def _freeze(file: io.BytesIO) -> bytes:
    """The same parts without the time at which they were packed."""
    frozen = io.BytesIO()
    with ZipFile(file) as parts, ZipFile(frozen, "w") as packed:
        for name in parts.namelist():
            packed.writestr(ZipInfo(name, _WRITTEN.timetuple()[:6]), parts.read(name), ZIP_DEFLATED)
    return frozen.getvalue()
