"""The note as one HTML file: its style inside, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kapnb.report.note import FLOWING, STACKED, Form, Leaf, Note, Table
from kapnb.text.blocks import Block, Line
from kapnb.text.html import Html, element, join


def write_html(note: Note) -> str:
    """The note as a file of its own, which prints on one page of A4 or US Letter, or on one for each leaf that is apart."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        element("title", f"{note.title} · {note.kind}"),
        element("style", _style()),
    )
    about = element("p", note.about, class_="kind about", dir="auto") if note.about else None
    body = element(
        "main",
        element("header", element("p", note.kind, class_="kind"), element("h1", note.title, dir="auto"), about),
        *(_write_head(note, block) for block in note.head),
        _write_table(note.table) if note.table else None,
        element("div", *(_write_block(block, note.rests.get(block.key)) for block in note.body), class_="columns"),
        element("footer", *(element("p", text) for text in note.end)),
        *(_write_leaf(leaf, apart=note.apart) for leaf in note.leaves),
    )
    return f"<!doctype html>\n{element('html', head, element('body', body), lang='en')}\n"


@cache
def _style() -> Html:
    return Html(Path(__file__).with_name("note.css").read_text("utf-8"))


def _write_head(note: Note, block: Block) -> Html:
    """A block across the page: the support, the outcome with its mark, the edition of a session."""
    lines = _spaced(element("p", line.text, _write_badges(line)) for line in block.lines)
    title = element("span", block.title, class_=f"om {note.mark}" if note.mark and block.key == "outcome" else None)
    return element("section", element("h2", title), *lines, class_=block.key)


def _write_block(block: Block, rest: str | None) -> Html:
    lines = (_write_line(line, stacked=block.key in STACKED) for line in block.lines)
    more = element("p", rest, class_="aside") if rest else None
    return element("section", element("h2", block.title), element("ul", *lines), more, class_=f"block {block.key}")


def _write_leaf(leaf: Leaf, *, apart: bool) -> Html:
    pieces = element("div", *map(_write_piece, leaf.blocks), class_="pieces")
    room = element("section", element("h3", leaf.room), element("div", class_="lines"), class_="room") if leaf.room else None
    title, about = element("h2", leaf.title, dir="auto"), element("p", leaf.about, class_="about") if leaf.about else None
    form = _write_form(leaf.form) if leaf.form else None
    return element("article", title, about, pieces, form, room, class_="leaf apart" if apart else "leaf")


def _write_piece(block: Block) -> Html:
    title = element("h3", block.title) if block.title else None
    if block.key not in FLOWING:
        return element(
            "section", title, element("ul", *(_write_line(line, stacked=True) for line in block.lines)), class_=block.key
        )
    lines = (element("p", element("bdi", line.text), _write_badges(line)) for line in block.lines)
    return element("section", title, *lines, class_=block.key)


def _write_form(form: Form) -> Html:
    head = element("tr", *(element("th", text, scope="col") for text in form.head))
    empty = [element("td")] * (len(form.head) - 1)
    rows = (element("tr", element("th", name, scope="row"), *empty) for name in form.rows)
    return element("table", element("thead", head), element("tbody", *rows), class_="form")


def _write_line(line: Line, *, stacked: bool) -> Html:
    said, below = [element("bdi", line.text), _write_badges(line)], None
    if stacked and line.details:
        below = element("ul", *(element("li", detail, dir="auto") for detail in line.details))
    else:
        said += _spaced(element("span", detail, class_="aside", dir="auto") for detail in line.details)
    return element("li", element("p", *said), below)


def _write_badges(line: Line) -> Html:
    return join(_spaced(element("span", badge.text, class_=f"badge {badge.kind}") for badge in line.badges))


def _spaced(parts: Iterable[Html]) -> list[Html]:
    return [part for one in parts for part in (Html(" "), one)]


def _write_table(table: Table) -> Html:
    head = []
    for text in table.head:
        meaning = table.meanings.get(text)
        short = element("abbr", text, title=meaning) if meaning else text
        head.append(element("th", short, scope="col", class_="count" if meaning else None))
    rows = []
    for (case, outcome, *counts), mark in zip(table.rows, table.marks, strict=True):
        cells = [element("td", count, class_="count source" if place == mark else "count") for place, count in enumerate(counts, 2)]
        rows.append(element("tr", element("th", case, scope="row", dir="auto"), element("td", outcome), *cells))
    body = element("table", element("thead", element("tr", *head)), element("tbody", *rows))
    below = _spaced(element("p", text) for text in table.below)
    return element("section", element("h2", table.title), body, *below, class_="cases")
