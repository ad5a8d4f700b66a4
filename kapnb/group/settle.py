"""Read what comes into an inbox, and say what follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from kapnb.engine.edition import Edition
from kapnb.group.inbox import MOST_PAPERS, Clash, Inbox, Mend, Paper, Person, Refusal, Row, Settled, Waiting, find_person
from kapnb.group.judgments import list_briefly
from kapnb.group.state import MOST_CASES, MOST_JUDGMENTS
from kapnb.tables.columns import Table, load_table, make_alike
from kapnb.tables.files import read_sheet
from kapnb.tables.forms import Form, Rows, recognize
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.sheets import Sheet
from kapnb.tables.sift import Held, Sifted, sift
from kapnb.text.words import words


def take(
    inbox: Inbox, data: bytes, edition: Edition, library: Mapping[str, Row], progress: Callable[[int], None] | None = None
) -> Inbox:
    """Take a file. One that cannot be used is kept as a refusal, without anything of it.

    Args:
        inbox: what came before.
        data: its content.
        edition: whose questions are the columns.
        library: the rows of the cases that are known without a table of them, by their labels.
        progress: told from time to time how many rows are read.
    """
    number = inbox.count + 1
    inbox = replace(inbox, count=number)
    if len(inbox.papers) >= MOST_PAPERS:
        problem = TableProblem(0, "", words("inbox.too_many", most=MOST_PAPERS))
        return replace(inbox, refused=(*inbox.refused, Refusal(number, (problem,))))
    try:
        paper = _read(number, data, edition, _titles(inbox, library), progress)
    except CaseTableError as error:
        return replace(inbox, refused=(*inbox.refused, Refusal(number, error.listed)))
    return replace(inbox, papers=(*inbox.papers, paper))


def _titles(inbox: Inbox, library: Mapping[str, Row]) -> dict[str, str]:
    """The titles of the cases that a form may ask about: those of a case table alone where there is one."""
    rows = (dict(zip(paper.header, cells, strict=True)) for paper in _of_kind(inbox, "cases") for _, cells in paper.rows)
    own = {row.get("case_id", ""): row.get("title", "") for row in rows}
    return own or {name: row.get("title", "") for name, row in library.items()}


def _read(number: int, data: bytes, edition: Edition, titles: Mapping[str, str], progress: Callable[[int], None] | None) -> Paper:
    def tell(done: int, _whole: int) -> None:
        if progress:
            progress(done)

    judged = load_table("judgments", edition)
    sheet = read_sheet(data, judged, MOST_JUDGMENTS, tell)
    known = {judged.find_column(name) for name in sheet.header}
    if {"case_id", "rater"} <= known:
        return _keep(number, "judgments", sheet, judged, edition)
    if found := recognize(sheet.header, sheet.rows, titles, edition):
        return _keep_form(number, sheet, *found)
    cases = load_table("cases", edition)
    sheet = read_sheet(data, cases, MOST_CASES, tell)
    if not {cases.find_column(name) for name in sheet.header} & {"case_id", *edition.fields}:
        raise CaseTableError([TableProblem(0, "", words("inbox.unknown_file"), remedy=words("inbox.remedy_unknown_file"))])
    return _keep(number, "cases", sheet, cases, edition)


def _keep(number: int, kind: str, sheet: Sheet, table: Table, edition: Edition) -> Paper:
    """The columns that are ours; whatever is wrong with the header refuses the file here and now."""
    places = [place for place, name in enumerate(sheet.header) if table.find_column(name)]
    header = tuple(sheet.header[place] for place in places)
    rows = tuple((row, tuple(cells[place] for place in places)) for row, cells in zip(sheet.numbers, sheet.rows, strict=True))
    odd = tuple(
        (row, places.index(place) if place in places else len(places), what)
        for (row, place), what in sheet.odd.items()
        if row != sheet.header_row and (place in places or what == "beyond")
    )
    found = sift(sheet, kind, edition)  # in full once, with every column: so that what is left out is told
    settled = {said for _, said in sheet.told}  # what a paper cannot say again: what was hidden, struck out or merged in the file
    told = tuple(say_repair(one) for one in found.repairs if not one["column"] or one["repair"] in settled)
    names = (table.find_column(name) or name for name in header)
    return Paper(number, kind, tuple(names), rows, sheet.header_row, odd, told, spreadsheet=sheet.spreadsheet)


def _keep_form(number: int, sheet: Sheet, form: Form, kept: Rows, places: Sequence[int]) -> Paper:
    numbers = [sheet.numbers[place] for place in places]
    headers = [one.header for one in form.questions]
    unread = sorted(
        {row for row, place in sheet.odd if row in numbers and sheet.header[place : place + 1] and sheet.header[place] in headers}
    )
    told = (words("inbox.unread", rows=", ".join(map(str, unread))),) if unread else ()
    return Paper(number, "form", tuple(headers), tuple(zip(numbers, kept, strict=True)), sheet.header_row, told=told, form=form)


def say_repair(repair: Mapping[str, str | int]) -> str:
    """What was mended, and where."""
    where = words("inbox.repair_where", column=repair["column"]) if repair["column"] else ""
    rows = words("inbox.repair_rows", rows=repair["rows"]) if repair["rows"] else ""
    return words("inbox.repair", where=where, repair=repair["repair"], rows=rows)


def settle(inbox: Inbox, edition: Edition, library: Mapping[str, Row]) -> Settled:
    """Sift every paper, and put together what can be used.

    Later papers add to earlier ones; of what two say of the same case and the same person, the later one counts.
    """
    told = {paper.number: list(paper.told) for paper in inbox.papers}
    sizes: dict[int, tuple[int, int]] = {}
    waiting: list[Waiting] = []
    cases: dict[str, dict[str, str]] = {}

    def note(paper: Paper, found: Sifted) -> None:
        told[paper.number] += map(say_repair, found.repairs)
        sizes[paper.number] = len(found.rows), len(paper.rows)
        waiting.extend(_gather(paper, found.held))

    for paper in _of_kind(inbox, "cases"):
        found = _sift(paper, _mends_of(inbox, paper), edition, None)
        changed, twice = _add_cases(paper, found, cases)
        if moved := [name for name in cases if changed[name] != cases[name]]:
            told[paper.number].append(words("inbox.told_cases", cases=list_briefly(moved)))
        cases = changed
        waiting += twice
        note(paper, found)
    known = {**({} if cases else library), **cases}
    judged = [(paper, _sift(paper, _mends_of(inbox, paper), edition, tuple(known))) for paper in _of_kind(inbox, "judgments")]
    for paper, found in judged:
        note(paper, found)
    people, clashes, replaced = _merge(inbox, judged)
    if not cases:
        cases = {case: dict(library[case]) for _, case in people}
    unknown = dict.fromkeys(one.held.shown for one in waiting if one.held.problem == words("table.unknown_case"))
    return Settled(
        cases=tuple(cases.values()),
        judgments=tuple(people.values()),
        waiting=tuple(waiting),
        clashes=clashes,
        replaced=replaced,
        alike=_find_alike({rater for rater, _ in people}),
        naming=any(one.held.column == "rater" and one.held.whole for one in waiting),
        unknown=tuple(unknown),
        told={number: tuple(dict.fromkeys(said)) for number, said in told.items()},
        sizes=sizes,
        roster=_list_people(people, cases, judged, inbox),
    )


def _add_cases(paper: Paper, found: Sifted, cases: dict[str, dict[str, str]]) -> tuple[dict[str, dict[str, str]], list[Waiting]]:
    """The cases with those of another paper; a case that one paper names twice, in different words, is used once and told."""
    first: dict[str, tuple[int, Row]] = {}
    twice = []
    for number, row in found.rows:
        before, known = first.setdefault(row["case_id"], (number, row))
        if known != row:
            said = words("inbox.case_twice", row=before)
            twice.append(Waiting(paper.number, Held(number, "case_id", said, row["case_id"]), (number,), None))
    return {**cases, **{name: {**cases.get(name, {}), **row} for name, (_, row) in first.items()}}, twice


def _of_kind(inbox: Inbox, kind: str) -> Iterator[Paper]:
    return (paper for paper in inbox.papers if paper.kind == kind)


def _mends_of(inbox: Inbox, paper: Paper) -> tuple[tuple[Mend, str], ...]:
    return tuple((cell, value) for cell, value in inbox.mends.items() if cell[0] == paper.number)


@lru_cache(maxsize=2 * MOST_PAPERS)
def _sift(paper: Paper, mends: tuple[tuple[Mend, str], ...], edition: Edition, cases: tuple[str, ...] | None) -> Sifted:
    sheet = Sheet(header=list(paper.header), header_row=paper.header_row, spreadsheet=paper.spreadsheet)
    sheet.odd = {(row, place): what for row, place, what in paper.odd}
    of_row = {(column, row): value for (_, column, _, row), value in mends if row}
    of_text = {(column, text): value for (_, column, text, row), value in mends if not row}
    for row, cells in paper.rows:
        mended = []
        for place, (column, cell) in enumerate(zip(paper.header, cells, strict=True)):
            value = of_row.get((column, row))
            if value is None:
                value = of_text.get((column, cell.strip()), cell)
            else:
                sheet.odd.pop((row, place), None)
            mended.append(value)
        sheet.rows.append(mended)
        sheet.numbers.append(row)
    return sift(sheet, paper.kind, edition, cases)


def _gather(paper: Paper, held: Iterable[Held]) -> Iterator[Waiting]:
    """Cells of one column that hold the same and are wrong in the same way are mended together."""

    def alike(one: Held) -> tuple[str, str, str, int]:
        together = one.shown not in ("", "\N{HORIZONTAL ELLIPSIS}") and one.problem in (
            words("table.option"),
            words("table.unknown_case"),
        )
        return one.column, one.problem, one.shown, 0 if together else one.row

    together: dict[tuple[str, str, str, int], list[Held]] = {}
    for one in held:
        together.setdefault(alike(one), []).append(one)
    for (column, _, shown, row), found in together.items():
        can = shown or column not in ("rater", "title", "vignette", "note", "comment")  # else no answer could be read from it
        cell: Mend | None = (paper.number, column, "" if row else shown, row) if can and column else None
        yield Waiting(paper.number, found[0], tuple(paper.origin.get(one.row, one.row) for one in found), cell)


_People = dict[tuple[str, str], dict[str, str]]
"""The judgments, by label and case."""


def _merge(
    inbox: Inbox, judged: Iterable[tuple[Paper, Sifted]]
) -> tuple[_People, tuple[Clash, ...], tuple[tuple[int, str, int], ...]]:
    people: _People = {}
    clashes: dict[tuple[int, str], list[int]] = {}
    replaced: dict[tuple[int, str], int] = {}
    for paper, found in judged:
        earlier = {rater for rater, _ in people}
        seen: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row, cells in found.rows:
            rater, case = find_person(cells["rater"], inbox.aliases), cells["case_id"]
            own, one = {**cells, "rater": rater}, (paper.number, rater)
            before = seen.setdefault((rater, case), [])
            if any(own == other for other in before):
                continue  # the same row again says nothing new
            if before and one not in inbox.apart | inbox.later:
                clashes.setdefault(one, []).append(paper.origin.get(row, row))
                continue
            before.append(own)
            if one in inbox.apart:
                place = len(before) + (rater in earlier)
                own["rater"] = rater if place == 1 else words("inbox.second", rater=rater, number=place)
            key = own["rater"], case
            changed = {name: cell for name, cell in own.items() if people.get(key, own).get(name, cell) != cell}
            if changed and one not in inbox.later:
                replaced[one] = replaced.get(one, 0) + len(changed)
            people[key] = {**people.get(key, {}), **own}
    told = tuple(Clash(number, rater, tuple(rows)) for (number, rater), rows in clashes.items())
    return people, told, tuple((number, rater, count) for (number, rater), count in replaced.items())


def _find_alike(labels: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Labels that differ in case, blanks and signs alone."""
    groups = groupby(sorted(labels, key=lambda label: (make_alike(label), label)), make_alike)
    return tuple(found for _, group in groups if len(found := tuple(group)) > 1)


def _list_people(people: _People, cases: Iterable[str], judged: Iterable[tuple[Paper, Sifted]], inbox: Inbox) -> tuple[Person, ...]:
    order = {case: place for place, case in enumerate(cases)}
    papers: dict[str, dict[int, None]] = {}
    for paper, found in judged:
        for _, cells in found.rows:
            papers.setdefault(find_person(cells["rater"], inbox.aliases), {})[paper.number] = None
    own: dict[str, list[str]] = {}
    for (rater, case), cells in people.items():
        own.setdefault(rater, [])
        if cells.get("outcome"):
            own[rater].append(case)
    listed = sorted(
        own, key=lambda rater: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", f" {rater.casefold()}")]
    )
    return tuple(
        Person(rater, tuple(sorted(own[rater], key=lambda case: order.get(case, 0))), tuple(papers.get(rater, ())))
        for rater in listed
    )
