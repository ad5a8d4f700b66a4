"""Explanations as markup: the parts that pages draw."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Final

from kapnb import Assessment, Outcome, fields
from kapnb.text.blocks import Block, Line
from kapnb.text.glossary import write_badge
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import describe_scale
from kapnb.text.support import Piece, find_helpline, list_countries, reader_country, tell_reader
from kapnb.text.words import words
from kapnb.ui.controls import button, details, join_names
from kapnb.ui.widget import COUNTRY

Jumps = Mapping[str, str]
"""The questions that a reader can be sent to, each with what its button says."""


def write_explanation(assessment: Assessment, blocks: Collection[Block], shown: Collection[str]) -> Html:
    """The aside of an evaluated case. ``shown`` are the questions that a reader can be sent to."""
    jumps = _jumps(assessment, shown)
    parts = []
    for is_open, together in groupby(blocks, lambda block: block.open):
        written = [write_block(assessment, block, jumps) if is_open else write_folded(block, jumps) for block in together]
        parts += written if is_open else [element("div", *written, class_="panel more")]
    return join(parts)


def write_comparison(before: Assessment, after: Assessment, blocks: Collection[Block], shown: Collection[str]) -> Html:
    """The aside of a what-if: what it changes, and nothing else."""
    moved, *rest = blocks
    return join((write_move(before, after, moved), *(write_block(after, block, _jumps(after, shown)) for block in rest)))


def _jumps(assessment: Assessment, shown: Collection[str]) -> Jumps:
    return {name: words("page.change" if name in assessment.answers else "page.go_to") for name in shown}


def write_block(assessment: Assessment, block: Block, jumps: Jumps) -> Html:
    """A block that is read at once. What stands beside every outcome is in one piece, so that what decides is in sight."""
    if block.key == "outcome":
        return write_outcome(assessment, block)
    if block.key == "support":
        return write_support(block)
    title = element("h3", block.title)
    if block.key == "four":
        return element("section", title, element("p", " ".join(line.text for line in block.lines)), class_="four")
    return element("section", title, write_lines(block, jumps), class_=f"panel {block.key}")


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
    return element("a", piece.text, href=piece.href, rel="noopener noreferrer") if piece.href else join([piece.text])


def write_outcome(assessment: Assessment, block: Block) -> Html:
    whose, *lines, edition = block.lines
    return element(
        "section",
        element("div", element("p", whose.text, class_="whose"), write_badges(whose), class_="origin"),
        element("h2", block.title),
        write_scale(assessment),
        *(element("p", line.text, class_="line") for line in lines),
        element("p", edition.text, class_="whose"),
        write_jump_to_readings(block.key) if assessment.edition.changed else None,
        class_="verdict",
        data_outcome=assessment.outcome,
    )


def write_move(before: Assessment, after: Assessment, block: Block) -> Html:
    """The outcome of a what-if, with the one it comes from."""
    moved = before.outcome is not after.outcome
    return element(
        "section",
        element("p", words("page.whatif_mode"), class_="flag"),
        element("p", block.lines[0].text, class_="was") if moved else None,
        element("h2", block.title),
        write_scale(after, before.outcome),
        *(element("p", line.text, class_="line") for line in block.lines[moved:]),
        *map(write_badges, block.lines),
        class_="verdict supposed",
        data_outcome=after.outcome,
    )


def write_scale(assessment: Assessment, before: Outcome | None = None) -> Html:
    """The five outcomes as steps, and the step before a what-if, for the eye; its text says the same for everybody else."""
    outcome, others = assessment.outcome, assessment.possible - {assessment.outcome}
    said = describe_scale(outcome, others)
    if before:
        said = f"{words('page.scale_before', step=before.step)} {said}"
    marks = []
    for step in Outcome:
        states = {"on": step is outcome, "span": step in others, "was": step is before}
        marks.append(element("li", str(step.step), class_=join_names(states)))
    ends = element("p", element("span", words("page.most_cautious")), element("span", words("page.least_cautious")), class_="ends")
    return element("div", element("ol", *marks, class_="scale", aria_hidden="true"), ends, role="img", aria_label=said)


def write_folded(block: Block, jumps: Jumps) -> Html:
    jump = write_jump_to_readings(block.key) if block.key == "hinges" else None
    return details(element("h3", block.title), write_lines(block, jumps), jump, key=block.key)


def write_lines(block: Block, jumps: Jumps) -> Html:
    plain = all(not (line.badges or line.details or line.field) for line in block.lines)
    return element("ul", *(write_line(line, block.key, jumps) for line in block.lines), class_="lines tight" if plain else "lines")


def write_line(line: Line, key: str, jumps: Jumps) -> Html:
    return element(
        "li",
        element("p", line.text),
        write_jump(line.field, key, jumps[line.field]) if line.field and line.field in jumps else None,
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


def write_jump(name: str, key: str, said: str) -> Html:
    """A button that leads to a question."""
    return button(said, of=fields[name].question, class_="quiet jump", data_go=name, data_key=f"{key}-{name}")
