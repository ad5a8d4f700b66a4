"""The explanation as HTML: the outcome with its mark, support, the cards, what is one step away, and lines with their badges."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from kapnb import fields
from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import Basis, Outcome, Reason
from kapnb.text.alternatives import Hinge, Row
from kapnb.text.blocks import Block, Line
from kapnb.text.cards import Card
from kapnb.text.explanation import Explanation, facts_of, find_mark, paragraph_words
from kapnb.text.glossary import VOICES, write_badge, write_terms, write_voice
from kapnb.text.html import Html, element, fragment, join
from kapnb.text.phrases import mark_of, outcome_words
from kapnb.text.support import Piece, find_helpline, list_countries, reader_country, tell_reader
from kapnb.text.words import words
from kapnb.ui.controls import button, details, join_names
from kapnb.ui.widget import COUNTRY

SUPPOSED: Final = "supposed"
"""The id of the outcome of a what-if."""


def write_pane(told: Explanation, shown: Collection[str]) -> Html:
    """Everything that is said of a case. ``shown`` are the questions that a reader can be sent to."""
    met = ((words("explanation.met", text=one.text), " ", *_write_paragraphs(one.paragraphs)) for one in told.met)
    parts = (
        _write_sum(told),
        write_support(told.support) if told.support else None,
        *_write_cards(told.cards),
        *(element("p", *said, class_="met") for said in met),
        _write_ask(told, shown) if told.asks_open else None,
        _write_folds(told, shown),
        element("p", told.facts, class_="src"),
    )
    before, sign, after = element("div", *parts, class_="explained").partition(f">{words('explanation.paragraph', number='')}")
    full = words("explanation.paragraph_full", number="") if sign else ""  # for the first: not everybody knows the sign
    return Html(before + (f">{full}" if sign else "") + after)


def write_comparison(after: Assessment, blocks: Collection[Block], shown: Collection[str]) -> Html:
    """What a what-if changes, and nothing else: the outcome, the one that it comes from, and the other blocks of the comparison."""
    jumps = {name: words("page.change" if name in after.answers else "page.go_to") for name in shown}
    moved, *rest = blocks
    parts = [
        write_support(block)
        if block.key == "support"
        else element("section", element("h3", block.title), write_lines(block, jumps), class_=f"panel {block.key}")
        for block in rest
    ]
    flag = element("p", words("page.whatif_mode"), class_="flag")
    title = element("h2", write_mark(moved.title, find_mark(after)), id=SUPPOSED, tabindex="-1")
    back = button(words("page.whatif_back"), "back", class_="quiet in-sheet")  # elsewhere the band has it
    head = element("div", flag, title, *map(_write_told, moved.lines), back, class_="sum supposed")
    return element("div", head, *parts, element("p", facts_of(after), class_="src"), class_="explained")


def write_outcome_mark(outcome: Outcome, reasons: Iterable[Reason] = ()) -> Html:
    """An outcome as its mark and its words."""
    reasons = tuple(reasons)
    return write_mark(outcome_words(outcome, reasons), mark_of(outcome, reasons))


def write_mark(said: str, mark: str) -> Html:
    """The words of an outcome with its mark; words alone where there is none yet."""
    return element("span", said, class_=f"om {mark}" if mark else None)


def _write_sum(told: Explanation) -> Html:
    lines = [*map(_write_told, told.lines)]
    if any(line.badges for line in told.lines):
        lines.append(write_jump_to_readings("sum"))
    return element("div", element("h2", write_mark(told.title, told.mark)), *lines, class_="sum")


def _write_told(line: Line) -> Html:
    """A line below an outcome."""
    return element("p", line.text, *(join((" ", write_badge(badge))) for badge in line.badges))


def _write_cards(cards: Sequence[Card]) -> list[Html]:
    """Full cards, each by itself; short ones in one card for each place."""
    written = []
    for short, together in groupby(cards, lambda card: card.short):
        if not short:
            written += [_write_card(card) for card in together]
            continue
        for kicker, rows in groupby(together, lambda card: card.kicker):
            head = element("p", kicker, class_="k")
            written.append(element("section", head, *map(_write_short, rows), class_="fc also"))
    return written


@lru_cache(maxsize=256)  # most cards are the same after an answer
def _write_card(card: Card) -> Html:
    terms: set[str] = set()
    return element(
        "article",
        element("p", card.kicker, class_="k"),
        element("p", write_terms(card.text, terms)),
        element("p", write_voice(card.basis), *_write_paragraphs(card.paragraphs), class_="m"),
        details(words("explanation.more"), *(_write_line(text, terms) for text in card.more), key=f"more-{card.name}")
        if card.more
        else None,
        class_=join_names({"fc": True, "dec": card.decides}),
    )


@lru_cache(maxsize=256)
def _write_short(card: Card) -> Html:
    """A row of a card of several: its brief opens the rest, and the frame of its paragraph says whose words they are."""
    links = _write_paragraphs(card.paragraphs, card.basis)
    terms: set[str] = set()
    first = element("p", write_terms(card.text, terms), *(join((" ", link)) for link in links if card.bare))
    lines = (first, *(_write_line(text, terms) for text in card.more))
    more = details(card.brief, *lines, key=f"more-{card.name}")
    where = element("p", *links, class_="m") if links and not card.bare else None
    return element("div", more, where, class_=join_names({"one": True, "dec": card.decides}))


def _write_line(text: str, terms: set[str]) -> Html:
    """A line of a card; ``terms`` were explained in it before."""
    return element("p", write_terms(text, terms))


def _write_paragraphs(paragraphs: Iterable[str], basis: Basis | None = None) -> list[Html]:
    """Links to the summary of each paragraph; with a basis, framed as its words are."""
    links = []
    for paragraph in paragraphs:
        said = words("explanation.paragraph_of", number=paragraph[1:])
        whose = f"{words(f'bases.{basis}')}, {said}" if basis else said
        frame = f"tag {VOICES[basis]}" if basis else None
        links.append(element("a", paragraph_words(paragraph), href=f"article#{paragraph}", class_=frame, aria_label=whose))
    return links


def _write_ask(told: Explanation, shown: Collection[str], *, framed: bool = True) -> Html | None:
    if told.ask is None:
        return None
    go = None
    if told.ask.field in shown:
        go = button(words("explanation.answer_it"), of=told.ask.question, class_="firm", data_go=told.ask.field, data_key="ask")
    kicker = element("p", words("explanation.ask"), class_="k") if framed else None
    lines = (element("p", element("b", told.ask.question)), element("p", told.ask.because, class_="small"))
    return element("div", kicker, *lines, go, class_="next" if framed else None)


def _write_folds(told: Explanation, shown: Collection[str]) -> Html:
    ask = None if told.asks_open else _write_ask(told, shown, framed=False)
    twins = (_write_twin(row, opens=bool(shown)) for row in told.twins)
    readings = (_write_reading(one, switch=bool(shown)) for one in told.readings)
    folds: dict[str, Iterable[Html | None]] = {
        "missing": (ask, *(element("p", text) for text in told.missing)),
        "changes": [_write_changes(told.changes)] if told.changes else (),
        "twins": [element("div", *twins, class_="twins")] if told.twins else (),
        "readings": (*readings, write_jump_to_readings("fold")) if told.readings else (),
        "prompts": (element("p", text) for text in told.prompts),
        "doubts": (element("p", text) for text in told.doubts),
    }
    written = ((key, fragment(*content)) for key, content in folds.items())
    parts = (details(words(f"explanation.{key}"), element("div", one), key=f"fold-{key}") for key, one in written if one)
    return element("div", *parts, class_="folds")


def _write_changes(rows: Iterable[Row]) -> Html:
    head = element("tr", *(element("th", words(f"explanation.{key}"), scope="col") for key in ("changes_if", "changes_then")))
    body = (element("tr", element("td", row.said), element("td", write_mark(row.outcome, row.mark))) for row in rows)
    table = element("table", element("thead", head), element("tbody", *body), class_="chg")
    return join((table, element("p", words("explanation.changes_end"), class_="small")))


def _write_twin(row: Row, *, opens: bool) -> Html:
    """A twin with its outcome; where it ``opens``, as a what-if."""
    said = fragment(element("b", row.said), " ", write_mark(row.outcome, row.mark))
    return button(said, "twin", row.about, row.choice, data_key=f"twin-{row.about}-{row.choice}") if opens else element("div", said)


def _write_reading(hinge: Hinge, *, switch: bool) -> Html:
    """A reading with what each other choice leads to; with ``switch`` it can be chosen here."""
    rows = []
    for number, row in enumerate(hinge.rows):
        key = f"switch-{hinge.name}-{number}"
        act = button(words("page.readings_switch"), "choose", hinge.name, row.choice, of=row.said, class_="quiet", data_key=key)
        leads = f"{row.said}: ", write_mark(row.outcome, row.mark), f" {row.more}" if row.more else None
        rows.append(element("li", *leads, act if switch else None))
    return element("div", element("p", element("b", hinge.question)), element("p", hinge.now), element("ul", *rows))


# what other pages draw too


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


def write_lines(block: Block, jumps: Mapping[str, str]) -> Html:
    """Lines; ``jumps`` are the questions that a reader can be sent to, each with what its button says."""
    plain = all(not (line.badges or line.details or line.field) for line in block.lines)
    told: set[str] = set()
    rows = (write_line(line, block.key, jumps, told) for line in block.lines)
    return element("ul", *rows, class_="lines tight" if plain else "lines")


def write_line(line: Line, key: str, jumps: Mapping[str, str], told: set[str] | None = None) -> Html:
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
    """A detail; its beginning, up to the first colon outside of quotation marks, is emphasized."""
    found = _LEAD.match(text)
    return element("li", element("span", found[0], class_="lead"), text[found.end() :]) if found else element("li", text)


_LEAD: Final = re.compile(r'(?:"[^"]*"|[^":]|:(?! ))*: ')


def write_jump_to_readings(key: str) -> Html:
    return button(words("page.readings_change"), class_="quiet jump", data_go="readings", data_key=f"{key}-readings")
