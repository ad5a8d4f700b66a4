"""What a supervisor prepared as one text, for the browser to keep: what was brought and ticked, and the order of the cases.

Labels that may be names are numbered first, and a text that may identify somebody is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from kapnb.engine.problems import KapnbError, Problem
from kapnb.group.inbox import Inbox, Paper, find_person, looks_made, number_people
from kapnb.group.state import Order, Scope, State
from kapnb.tables.forms import Form, Question
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

FORMAT: Final = "kapnb supervision"
VERSION: Final = 1
MOST_CHARACTERS: Final = 400_000
"""A browser keeps some millions for all pages together, and a longer text would travel at every tick."""


def save_inbox(inbox: Inbox) -> str:
    """An inbox as a text; empty where it is too large to keep. Files that cannot be used are not kept."""
    made = all(looks_made(label) for paper in inbox.papers for label in _list_labels(paper, inbox))
    kept = inbox if made else number_people(inbox)
    value = {
        "count": kept.count,
        "papers": [_save_paper(paper) for paper in kept.papers],
        "mends": [[*cell, value] for cell, value in kept.mends.items() if not find_identifiers(cell[2])],
        "aliases": dict(kept.aliases),
        "apart": sorted(kept.apart),
        "later": sorted(kept.later),
    }
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else ""


def _list_labels(paper: Paper, inbox: Inbox) -> set[str]:
    if paper.kind == "form":
        places = [at for at, one in enumerate(paper.form.questions) if one.role == "rater"] if paper.form else []
    else:
        places = [paper.header.index("rater")] if "rater" in paper.header else []
    return {label for _, cells in paper.rows for at in places if (label := find_person(cells[at], inbox.aliases))}


def _save_paper(paper: Paper) -> dict[str, Any]:
    rows = [[number, *("" if cell and find_identifiers(cell) else cell for cell in cells)] for number, cells in paper.rows]
    origin = [[here, there] for here, there in paper.origin.items()]
    form = asdict(paper.form) if paper.form and paper.kind == "form" else None
    plain = {name: getattr(paper, name) for name in ("number", "kind", "header", "header_row", "odd", "told", "spreadsheet")}
    return {**plain, "rows": rows, "origin": origin, "form": form}


def save(state: State, inbox: str) -> str:
    """Everything that was prepared, with an inbox that :func:`save_inbox` wrote; empty where nothing was brought."""
    if not inbox:
        return ""
    value = {
        "format": FORMAT,
        "version": VERSION,
        "pack": state.dataset.edition.pack,
        "readings": dict(state.dataset.edition.changed),
        "chosen": state.chosen,
        "order": state.order,
        "scope": state.scope,
        "hidden": sorted(state.hidden),
        "ticked": sorted(state.ticked),
        "title": state.title,
        "group": state.group,
    }
    return f'{json.dumps(value, ensure_ascii=False)[:-1]}, "inbox": {inbox}}}'


def load(text: str, state: State) -> tuple[State, Inbox]:
    """What a text says was prepared: the state without its cases, and the inbox from which they follow.

    Raises:
        KapnbError: when it is none that can be used.
    """
    try:
        value = json.loads(text)
        if (value["format"], value["version"], value["pack"]) != (FORMAT, VERSION, state.dataset.edition.pack):
            raise ValueError("another format, or of another pack")  # noqa: TRY301  # as all that is wrong with it
        readings = {name: choice for name, choice in value["readings"].items() if name in state.dataset.edition.ledger.readings}
        edition = state.dataset.edition.bind(readings)
        found = replace(
            state,
            dataset=type(state.dataset)({}, {}, edition),
            chosen=str(value["chosen"]),
            order=Order(value["order"]),
            scope=Scope(value["scope"]),
            hidden=frozenset(map(str, value["hidden"])),
            ticked=frozenset((str(about), str(key)) for about, key in value["ticked"]),
            title=str(value["title"]),
            group=str(value["group"]),
        )
        return found, _load_inbox(value["inbox"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise KapnbError([Problem("", words("supervision_page.kept_unreadable"))]) from None


def _load_inbox(value: Mapping[str, Any]) -> Inbox:
    return Inbox(
        papers=tuple(map(_load_paper, value["papers"])),
        count=int(value["count"]),
        mends={(int(number), str(column), str(shown), int(row)): str(said) for number, column, shown, row, said in value["mends"]},
        aliases={str(label): str(other) for label, other in value["aliases"].items()},
        apart=frozenset((int(number), str(label)) for number, label in value["apart"]),
        later=frozenset((int(number), str(label)) for number, label in value["later"]),
    )


def _load_paper(value: Mapping[str, Any]) -> Paper:
    header = tuple(map(str, value["header"]))
    rows = tuple((int(number), tuple(map(str, cells))) for number, *cells in value["rows"])
    if any(len(cells) != len(header) for _, cells in rows) or value["kind"] not in ("cases", "judgments", "form"):
        raise ValueError("no paper")
    return Paper(
        number=int(value["number"]),
        kind=str(value["kind"]),
        header=header,
        rows=rows,
        header_row=int(value["header_row"]),
        odd=tuple((int(row), int(place), str(what)) for row, place, what in value["odd"]),
        told=tuple(map(str, value["told"])),
        form=_load_form(value["form"]) if value["form"] else None,
        origin={int(here): int(there) for here, there in value["origin"]},
        spreadsheet=value["spreadsheet"] is True,
    )


def _load_form(value: Mapping[str, Any]) -> Form:
    questions = tuple(Question(str(one["header"]), str(one["role"]), str(one["case"])) for one in value["questions"])
    codes = {str(role): {str(code): str(option) for code, option in meant.items()} for role, meant in value["codes"].items()}
    return Form(str(value["product"]), questions, tuple(map(str, value["dropped"])), codes)
