"""Normalize a sheet: columns by their names, cells as plain texts. Repairs are reported, and no content is lost silently."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import pandas as pd

from kapnb.engine.problems import suggest
from kapnb.tables.assess import RESULTS
from kapnb.tables.columns import BLANKS, Column, Table, find_option, make_alike, make_plain
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.sheets import Sheet
from kapnb.text.characters import NEUTRALIZED, has_unwritable
from kapnb.text.identifiers import hide
from kapnb.text.words import words

Reading = tuple[str, tuple[str, ...]]
"""What a cell is read as, with what was repaired for it, or the key of what is wrong with it."""

SOURCE: Final = ("whose_view", "invented")
"""The columns in which an export says whose view it gives, and of what."""

ADDED: Final = (*RESULTS, *SOURCE)
"""All columns of ours: known when a table is read again, and left out."""

PERSONAL: Final = frozenset(
    (
        *("age", "sex", "gender", "name", "names", "surname", "birth", "birthday", "birthdate", "dob", "date", "race", "religion"),
        *("place", "city", "town", "address", "zip", "postcode", "occupation", "job", "profession", "employer", "nationality"),
        *("phone", "mobile", "email", "mail", "ssn", "mrn", "ethnicity"),
    )
)
"""Words in the names of columns that a case table never has: they would say who somebody is."""

NOTHING: Final = frozenset(("?", "-", "\u2013", "\u2014", "na", "n/a", "nan", "null", "not_recorded", "not_known", "unknown"))
"""What people and programs write where nothing is recorded."""

_GAPS: Final = re.compile(f"[{BLANKS}]+")


def normalize(sheet: Sheet, table: Table) -> pd.DataFrame:
    """Find the columns, and repair the cells.

    Returns:
        The known columns as texts, rows by their numbers.

    Raises:
        CaseTableError: when no row names a column of the table.
    """
    names = _read_header(sheet, table)
    places = {place: name for name, place in names.items()}
    for (place, said), rows in sheet.told.items():
        if place < 0 or place in places:
            sheet.mend(places.get(place, ""), said, rows)
    texts: dict[str, list[str]] = {}
    different = {name: {cells[place] for cells in sheet.rows} for name, place in names.items()}
    by_label = any(_is_label(cell, table.columns[name]) for name, cells in different.items() for cell in cells)
    for name, place in names.items():
        read: Callable[[str], Reading]
        if table.columns[name].options:
            read = partial(_read_option, column=table.columns[name], by_label=by_label)
            sheet.old |= not table.columns[name].was.isdisjoint(map(make_plain, different[name]))
        else:
            read = partial(_read_text, key=name in table.key, spreadsheet=sheet.spreadsheet)
        texts[name] = _repair_column(sheet, name, place, read)
    for (row, place), key in sheet.odd.items():
        if row != sheet.header_row and (place in places or key == "beyond"):
            sheet.refuse(row, places.get(place, "") if key != "beyond" else "", key)
    for name in table.key:
        if name in names and not table.columns[name].options:
            _tell_look_alikes(sheet, name, texts[name])
    return pd.DataFrame(texts, pd.Index(sheet.numbers, dtype="int64"), dtype="str")


# The header


def _read_header(sheet: Sheet, table: Table) -> dict[str, int]:
    """The place of each known column; results of an earlier export are left out."""
    row = sheet.header_row
    places: dict[str, int] = {}
    left_out: list[str] = []
    for place, given in enumerate(sheet.header):
        name = table.find_column(given) or (plain if (plain := make_plain(given)) in ADDED else None)
        if name is None:
            left_out += _refuse_name(place, given, sheet, table)
        elif name in places:
            sheet.refuse(row, name, "twice")
        else:
            places[name] = place
            if given != name:
                sheet.mend(name, words("table.repair_name", name=name), [row])
    if left_out:
        sheet.mend("", words("table.notice_left_out", names=", ".join(left_out)), [])
    results = [name for name in places if name not in table.columns]
    if len(results) == len(places):
        names = ", ".join(table.columns)
        raise CaseTableError([TableProblem(row, "", words("table.no_header"), names, words("table.remedy_no_header"))])
    if results:
        sheet.mend("", words("table.notice_results", names=", ".join(results)), [])
    return {name: place for name, place in places.items() if name in table.columns}


def _refuse_name(place: int, given: str, sheet: Sheet, table: Table) -> list[str]:
    """What is wrong with a column whose name is unknown, or its name where it is somebody's own column, which is left out.

    One that is empty, name and all, is nothing. A name close to one of ours may be misspelled, and its answers would be lost.
    """
    row, odd, bare = sheet.header_row, sheet.odd, given.strip(BLANKS)
    if (row, place) in odd:
        sheet.refuse(row, "", "odd_name", "no_name", column=place + 1)
    elif bare:
        name = hide(bare)
        remedy = "" if name == "…" else suggest(make_plain(bare), table.columns)
        if not remedy and not (table.name == "cases" and (name == "…" or PERSONAL & {*make_plain(bare).split("_")})):
            return [name]
        if not remedy:
            sheet.problems.append(
                TableProblem(row, name, words("table.personal_column"), remedy=words("table.remedy_personal_column"))
            )
            return []
        sheet.problems.append(TableProblem(row, name, words("table.unknown_column"), ", ".join(table.columns), remedy))
    elif any(cells[place].strip(BLANKS) for cells in sheet.rows) or any(place == other for _, other in odd):
        sheet.refuse(row, "", "no_name", column=place + 1)
    return []


# The cells


def _read_text(text: str, *, key: bool, spreadsheet: bool) -> Reading:
    """A free text without blanks around it, its lines ended alike, and without the apostrophe of ``neutralize``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    bare = _GAPS.sub(" ", lines.strip(BLANKS)) if key else lines.strip(BLANKS)
    plain = NEUTRALIZED.sub("", bare) if spreadsheet else bare
    composed = unicodedata.normalize("NFC", plain) if key else plain
    if composed == text:
        return text, ()
    changed = {"lines": lines != text, "blanks": bare != lines, "apostrophe": plain != bare, "letters": composed != plain}
    return composed, tuple(words(f"table.repair_{name}") for name, told in changed.items() if told)


def _read_option(text: str, column: Column, *, by_label: bool) -> Reading:
    """An option by its name, where exactly one can be meant; any other text unchanged.

    "None" is what Python writes where nothing is recorded, unless some answer of the table is written as people see it.
    """
    stripped = text.strip(BLANKS)
    if stripped == "None" and not by_label:
        return "", ("missing",)
    trimmed = (words("table.repair_blanks"),) if stripped != text else ()
    if stripped in column.options:
        return stripped, trimmed
    if meant := find_option(stripped, column):
        return meant, trimmed if stripped == column.labels[meant] else (words("table.repair_option", option=meant),)
    if make_plain(stripped) in NOTHING:
        return "", (words("table.repair_nothing"),)
    return stripped, trimmed


def _is_label(cell: str, column: Column) -> bool:
    """Whether a cell holds an option as people see it; "None" alone says nothing, since Python writes it for no answer."""
    return cell not in ("", "None", *column.options) and cell in column.labels.values()


def _repair_column(sheet: Sheet, name: str, place: int, read: Callable[[str], Reading]) -> list[str]:
    """The cells as they are read; each different text is looked at once."""
    cells = [row[place] for row in sheet.rows]
    read_as = {text: read(text) for text in set(cells)}
    read_as |= {text: ("", ("unwritable",)) for text, (plain, _) in read_as.items() if has_unwritable(plain)}
    told: dict[str, list[int]] = {}
    if any(said for _, said in read_as.values()):
        for number, text in zip(sheet.numbers, cells, strict=True):
            for what in read_as[text][1]:
                told.setdefault(what, []).append(number)
    for what, rows in told.items():
        if what in ("unwritable", "missing"):
            for row in rows:
                sheet.refuse(row, name, what)
        else:
            sheet.mend(name, what, rows)
    return [read_as[text][0] for text in cells]


def _tell_look_alikes(sheet: Sheet, column: str, labels: Iterable[str]) -> None:
    """Report labels that differ only in case, blanks or signs: each counts as a label of its own."""
    first: dict[str, tuple[str, int]] = {}
    others: dict[int, list[int]] = {}
    for label, number in zip(labels, sheet.numbers, strict=True):
        known, row = first.setdefault(make_alike(label), (label, number))
        if known != label:
            others.setdefault(row, []).append(number)
    for row, rows in others.items():
        sheet.mend(column, words("table.notice_look_alike", row=row), rows)
