"""Explanations as markup: the parts that pages draw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kapnb import fields
from kapnb.text.blocks import Block, Line
from kapnb.text.glossary import write_badge, write_terms
from kapnb.text.html import Html, element, fragment
from kapnb.text.support import Piece, find_helpline, list_countries, reader_country, tell_reader
from kapnb.text.words import words
from kapnb.ui.controls import button
from kapnb.ui.widget import COUNTRY

Jumps = Mapping[str, str]
"""The questions that a reader can be sent to, each with what its button says."""


def write_support(block: Block) -> Html:
    """Help, with the reader's country to choose. It cannot be put away."""
    *first, _ = block.lines
    here = reader_country()
    countries = (element("option", name, value=code, selected=code == here) for code, name in list_countries().items())
    chosen = element("select", *countries, aria_label=words("support.choose"), data_action=COUNTRY)
    lead, *ways = tell_reader(find_helpline(), named=False)
    reader = element("p", lead.text, chosen, " ", *map(_write_piece, ways))
    return element("section", element("h3", block.title), *(element("p", line.text) for line in first), reader, class_="support")


def _write_piece(piece: Piece) -> Html:
    return element("a", piece.text, href=piece.href, rel="noopener noreferrer") if piece.href else fragment(piece.text)


def write_lines(block: Block, jumps: Jumps) -> Html:
    plain = all(not (line.badges or line.details or line.field) for line in block.lines)
    told: set[str] = set()
    rows = (write_line(line, block.key, jumps, told) for line in block.lines)
    return element("ul", *rows, class_="lines tight" if plain else "lines")


def write_line(line: Line, key: str, jumps: Jumps, told: set[str] | None = None) -> Html:
    """A line; ``told`` are the terms that were marked before it."""
    name, jump = line.field, None
    if name and name in jumps:
        jump = button(jumps[name], of=fields[name].question, class_="quiet jump", data_go=name, data_key=f"{key}-{name}")
    return element(
        "li",
        element("p", write_terms(line.text, told)),
        jump,
        write_badges(line),
        element("ul", *map(write_detail, line.details), class_="because") if line.details else None,
    )


def write_badges(line: Line) -> Html | None:
    badges = [element("li", write_badge(badge)) for badge in line.badges]
    return element("ul", *badges, class_="badges") if badges else None


def write_detail(text: str) -> Html:
    """What a detail begins with, up to its first colon outside of quotation marks, stands out."""
    found = _LEAD.match(text)
    return element("li", element("span", found[0], class_="lead"), text[found.end() :]) if found else element("li", text)


_LEAD: Final = re.compile(r'(?:"[^"]*"|[^":]|:(?! ))*: ')


def write_jump_to_readings(key: str) -> Html:
    return button(words("page.readings_change"), class_="quiet jump", data_go="readings", data_key=f"{key}-readings")
