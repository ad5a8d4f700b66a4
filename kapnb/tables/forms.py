"""Exports of forms: a row a person, a column a question. What each column holds is proposed; what may name somebody is dropped.

Known are Google Forms, its grids, Microsoft Forms, Qualtrics and REDCap; any other export with one row a person is read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kapnb.engine.edition import Edition
from kapnb.tables.columns import Table, find_option, load_table, make_bare
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

Rows = tuple[tuple[str, ...], ...]

ROLES: Final = ("outcome", "confidence", "comment")
"""What a question of a form can ask about a case."""

_PERSONAL: Final = re.compile(
    r"e-?mail|user ?name|ip ?address|latitude|longitude|location|(?:first|last|full|your|recipient.*) ?name|^name$|phone|identifier"
    r"|time ?stamp|start ?(?:time|date)|end ?date|completion time|last modified|recorded ?date|duration|^date\b",
    re.IGNORECASE,
)
"""What forms add about the person who answered: e-mail, address, place, name and time."""

_TECHNICAL: Final = re.compile(
    r"^(?:id|record[ _]?id|response ?id|response ?type|status|progress|finished|complete\??|distribution ?channel|user ?language"
    r"|language|external ?(?:data )?reference|repeat (?:instrument|instance)|redcap_.*|.*_complete|score|total points|quiz feedback"
    r"|(?:points|feedback) - .*)$",
    re.IGNORECASE,
)
"""What forms add of their own."""

_ASKS: Final = {
    "confidence": re.compile(r"\bsure\b|confiden|certain", re.IGNORECASE),
    "comment": re.compile(r"\bwhy\b|reason|comment|explain", re.IGNORECASE),
    "outcome": re.compile(r"outcome|conclu|judg|would you|recommend|decide", re.IGNORECASE),
}
_LABEL: Final = re.compile(r"\blabel\b|\bcode\b|pseudonym|participant", re.IGNORECASE)
_IMPORTED: Final = '{"ImportId"'


@dataclass(frozen=True)
class Question:
    """A column of a form.

    Attributes:
        header: as the form writes it.
        role: what it holds: ``rater``, or one of :data:`ROLES`; empty where it is not used.
        case: the case that it asks about.
    """

    header: str
    role: str = ""
    case: str = ""


@dataclass(frozen=True)
class Form:
    """A form's export, and how it is proposed to be read.

    Attributes:
        product: whose it is: google, grid, microsoft, qualtrics, redcap or form.
        questions: the columns that are kept, in their order.
        dropped: the headers of those that are not.
        codes: for a role whose cells are numbers, what each number means.
    """

    product: str
    questions: tuple[Question, ...]
    dropped: tuple[str, ...] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that it asks about."""
        return tuple(dict.fromkeys(one.case for one in self.questions if one.case))

    @property
    def labeled(self) -> bool:
        """Whether a column holds the labels of the people."""
        return any(one.role == "rater" for one in self.questions)


def recognize(
    header: Sequence[str], rows: Sequence[Sequence[str]], cases: Mapping[str, str], edition: Edition
) -> tuple[Form, Rows, tuple[int, ...]] | None:
    """Recognize the export of a form.

    Args:
        header: its first row.
        rows: the others.
        cases: the titles of the cases that it may ask about, by their labels.
        edition: whose outcomes are the answers.

    Returns:
        How it is proposed to be read, the cells of the columns that are kept, and the places of the rows that are answers; None
        where no column asks for the outcome of a case.
    """
    answers = tuple(range(len(rows)))
    names = list(header)
    for place, row in enumerate(rows[:3]):
        if any(cell.startswith(_IMPORTED) for cell in row):  # Qualtrics writes names, questions, and names of its own
            texts = rows[place - 1] if place else header
            names = [" ".join(dict.fromkeys(filter(None, pair))) for pair in zip(header, texts, strict=True)]
            answers = answers[place + 1 :]
            break
    table = load_table("judgments", edition)
    columns = list(zip(*(rows[at] for at in answers), strict=True)) or [()] * len(names)
    questions: dict[int, Question] = {}
    dropped: list[str] = []
    asked = set[tuple[str, str]]()
    for place, name in enumerate(names):
        one = _propose(name, columns[place], cases, table)
        if one is None:
            if name.strip() or any(map(str.strip, columns[place])):
                dropped.append(name)
            continue
        if one.role and (one.role, one.case) in asked:
            one = Question(name)
        asked.add((one.role, one.case))
        questions[place] = one
    if not any(one.role == "outcome" for one in questions.values()):
        return None
    kept = tuple(tuple(rows[at][place] for place in questions) for at in answers)
    form = Form(_name_product(header, rows), tuple(questions.values()), tuple(dropped))
    codes = {role: guess for role, guess in _guess_codes(table).items() if _is_coded(form, kept, role)}
    return replace(form, codes=codes), kept, answers


def _propose(name: str, cells: Sequence[str], cases: Mapping[str, str], table: Table) -> Question | None:
    """What a column holds; None where it is dropped."""
    case = _find_case(name, cases)
    if not case:
        if table.find_column(name) == "rater" or (_LABEL.search(name) and not _PERSONAL.search(name)):
            return Question(name, "rater")
        if _PERSONAL.search(name) or _TECHNICAL.match(name.strip()) or any(map(find_identifiers, cells)):
            return None
        return Question(name) if any(map(str.strip, cells)) else None
    rest = re.sub(re.escape(cases[case]), " ", name, flags=re.IGNORECASE) if cases[case] else name
    rest = rest.replace("_", " ")
    for role, asks in _ASKS.items():
        if asks.search(rest):
            return Question(name, role, case)
    filled = [cell for cell in cells if cell.strip()]
    for role in ("outcome", "confidence"):
        if filled and 2 * sum(bool(find_option(cell, table.columns[role])) for cell in filled) > len(filled):
            return Question(name, role, case)
    return Question(name)


def _find_case(name: str, cases: Mapping[str, str]) -> str:
    """The case that a header names: by its label as a word of its own, else by its title."""
    said = f" {_split(name)} "
    for known in (lambda case: case, cases.__getitem__):
        found = [case for case in cases if (own := _split(known(case))) and f" {own} " in said]
        if found:
            return max(found, key=len)
    return ""


def _split(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _name_product(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = {make_bare(name) for name in header}
    if "responseid" in names or any(cell.startswith(_IMPORTED) for row in rows[:3] for cell in row):
        return "qualtrics"
    if {"start_time", "completion_time"} <= names:
        return "microsoft"
    if names & {"record_id", "record id"} or any(name.endswith("_complete") for name in names):
        return "redcap"
    if "timestamp" in names:
        return "grid" if any("[" in name for name in header) else "google"
    return "form"


def _guess_codes(table: Table) -> dict[str, dict[str, str]]:
    """Numbers as our own form gives them: the most cautious outcome first, the lowest confidence first."""
    outcomes, sure = list(reversed(table.columns["outcome"].options)), table.columns["confidence"].options
    return {
        role: {str(at): option for at, option in enumerate(own, 1)} for role, own in (("outcome", outcomes), ("confidence", sure))
    }


def _is_coded(form: Form, rows: Rows, role: str) -> bool:
    cells = {row[place].strip() for place, one in enumerate(form.questions) if one.role == role for row in rows} - {""}
    return bool(cells) and all(re.fullmatch(r"\d(?:\.0)?", cell) for cell in cells)


def assign(form: Form, place: int, role: str, case: str = "") -> Form:
    """Read a column as something else; whatever was read as that before is not used any more.

    Raises:
        ValueError: for a role that there is none of.
    """
    if role not in ("", "rater", *ROLES) or (role in ROLES) != bool(case):
        raise ValueError("no column can hold that")
    one = replace(form.questions[place], role=role, case=case)
    others = (replace(q, role="", case="") if role and (q.role, q.case) == (role, case) else q for q in form.questions)
    return replace(form, questions=tuple(one if at == place else q for at, q in enumerate(others)))


def unroll(form: Form, rows: Rows) -> tuple[tuple[int, dict[str, str]], ...]:
    """The judgments of a form, each with the place of its row. People without a label are numbered in the order of the rows."""
    found = []
    labels = [place for place, one in enumerate(form.questions) if one.role == "rater"]
    for at, row in enumerate(rows):
        rater = row[labels[0]] if labels else words("inbox.numbered", number=at + 1)
        judged: dict[str, dict[str, str]] = {}
        for one, cell in zip(form.questions, row, strict=True):
            if one.case and cell.strip():
                codes = form.codes.get(one.role, {})
                judged.setdefault(one.case, {})[one.role] = codes.get(cell.strip().removesuffix(".0"), cell)
        found += [(at, {"case_id": case, "rater": rater, **cells}) for case, cells in judged.items()]
    return tuple(found)
