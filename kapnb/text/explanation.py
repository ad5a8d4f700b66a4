"""Explain an assessment: one model, from which the page, the note, the command and the table draw.

What is open by default has at most :data:`MOST_OPEN` words, and everything together at most :data:`MOST_WORDS`. Every finding is
open, if only by its brief. Of the rest as much is kept as there is room for, what weighs most first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import Basis, Caution, Outcome
from kapnb.text.alternatives import (
    Ask,
    Hinge,
    Row,
    find_next,
    list_changes,
    list_doubts,
    list_missing,
    list_prompts,
    list_readings,
    list_twins,
)
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.cards import MANDATORY, Card, Met, make_cards
from kapnb.text.phrases import headline_words, mark_of, outcome_words, reading_badges
from kapnb.text.support import support
from kapnb.text.words import words

MOST_OPEN: Final = 150
MOST_WORDS: Final = 400

UNCOUNTED: Final = 12
"""Words that a page draws around the rest: labels of its controls."""

RESERVE, FIRST = 10, 24
"""Words that cards leave to the titles of what is one step away, and those that the first card adds in full."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An assessment in words.

    Attributes:
        title: the outcome, or that it is too early to sum up.
        mark: of the outcome; empty where it is too early.
        lines: what follows the title.
        support: what comes first where suicide or self-injury is touched.
        cards: every finding and claim, what decides first; those that are ``short`` come last.
        ask: the question to ask next, if one is open; ``asks_open`` says whether it is open or under what is missing.
        changes: the ways to less caution.
    """

    title: str
    mark: str
    lines: tuple[Line, ...]
    support: Block | None
    cards: tuple[Card, ...]
    met: tuple[Met, ...]
    ask: Ask | None
    facts: str
    asks_open: bool = False
    missing: tuple[str, ...] = ()
    changes: tuple[Row, ...] = ()
    twins: tuple[Row, ...] = ()
    readings: tuple[Hinge, ...] = ()
    prompts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def open(self) -> tuple[Block, ...]:
        """What is read at once: outcome, support, cards, ask, facts."""
        ask = Block("ask", words("explanation.ask"), (_line_of_ask(self.ask),), open=True) if self.ask and self.asks_open else None
        blocks = (
            Block("outcome", self.title, self.lines, open=True),
            self.support,
            Block("cards", words("explanation.cards"), tuple(self._card_lines()), open=True),
            ask,
            Block("facts", words("explanation.facts"), (Line(self.facts),), open=True),
        )
        return tuple(block for block in blocks if block and (block.lines or block.key == "outcome"))

    @property
    def met_lines(self) -> tuple[Line, ...]:
        """A line for each request that is met."""
        return tuple(Line(words("explanation.met", text=one.text), tuple(_paragraph_badges(one.paragraphs))) for one in self.met)

    @property
    def rest(self) -> tuple[Block, ...]:
        """What is one step away: what is behind the cards, what is missing, what would change it, and why it could be wrong."""
        told = {
            "behind": [
                Line(card.brief, (), behind)
                for card in self.cards
                if (behind := (*([card.text] if card.short else []), *card.more))
            ],
            "missing": [*([_line_of_ask(self.ask)] if self.ask and not self.asks_open else []), *map(Line, self.missing)],
            "changes": [*map(_line_of_row, self.changes), *([Line(words("explanation.changes_end"))] if self.changes else [])],
            "twins": [*map(_line_of_row, self.twins)],
            "readings": [Line(one.question, (), (one.now, *(_line_of_row(row).text for row in one.rows))) for one in self.readings],
            "prompts": [*map(Line, self.prompts)],
            "doubts": [*map(Line, self.doubts)],
        }
        return tuple(Block(key, words(f"explanation.{key}"), tuple(lines)) for key, lines in told.items() if lines)

    @property
    def whole(self) -> tuple[Block, ...]:
        """What is open, and what is one step away."""
        return (*self.open, *self.rest)

    def _card_lines(self) -> Iterator[Line]:
        for card, badges in zip(self.cards, badges_of(self.cards), strict=True):
            yield Line(card.brief if card.short else card.text, (Badge(card.kicker, "place"), *badges))
        yield from self.met_lines


def badges_of(cards: Iterable[Card]) -> Iterator[tuple[Badge, ...]]:
    """Whose words each card has, and where they are: the first paragraph in full, for readers who never saw a "¶"."""
    full = True
    for card in cards:
        where = [*_paragraph_badges(card.paragraphs)]
        if where and full:
            where[0] = Badge(words("explanation.paragraph_full", number=card.paragraphs[0][1:]), "paragraph")
            full = False
        yield (Badge(words(f"bases.{card.basis}"), card.basis), *where)


def _paragraph_badges(paragraphs: Iterable[str]) -> Iterator[Badge]:
    return (Badge(paragraph_words(paragraph), "paragraph") for paragraph in paragraphs)


def paragraph_words(paragraph: str) -> str:
    """A paragraph of the article, as a card points to it.

    >>> paragraph_words("P3")
    '¶3'
    """
    return words("explanation.paragraph", number=paragraph[1:])


def _line_of_ask(ask: Ask) -> Line:
    return Line(ask.question, (), (ask.because,) if ask.because else (), field=ask.field)


def _line_of_row(row: Row) -> Line:
    text = words("explanation.row", said=row.said, outcome=row.outcome)
    return Line(" ".join(filter(None, (text, row.more))))


def outcome_line(a: Assessment) -> str:
    """The outcome in one line, or how early it is."""
    if not a.answers:
        return words("explanation.start")
    if a.settled or a.at_least:
        return headline_words(a)
    known = len(a.counted)
    return words("explanation.too_early", known=known, of=known + len(a.unrecorded))


def find_mark(a: Assessment) -> str:
    """The mark of the outcome; none while it is too early to sum up."""
    return mark_of(a.outcome, a.reasons) if a.settled or a.at_least else ""


def facts_of(a: Assessment) -> str:
    """What is at the foot of every outcome. That cases are invented, the header of the page says."""
    return " ".join(a.edition.ledger.four[key] for key in ("whose", "left_out", "who_decides"))


def explain(a: Assessment, *texts: str) -> Explanation:
    """Put an assessment into words.

    Args:
        a: the assessment.
        texts: what else is on view of the case, such as its story; it may call for support.

    >>> from kapnb import assess
    >>> told = explain(assess({"ocd": "yes", "ocd_preparation": "not_started"}))
    >>> told.lines[0].text, [(card.place, card.name) for card in told.cards]
    ('Nothing known so far rules KAP out.', [('conditions', 'ocd'), ('conditions', 'ocd_unprepared')])
    """
    cards, met = make_cards(a)
    bare = Explanation(
        title=outcome_line(a),
        mark=find_mark(a),
        lines=tuple(_lead(a, warned=any(card.place == "comes_first" for card in cards))),
        support=support(a.edition.fields, a.answers, *texts),
        cards=tuple(replace(card, short=True) for card in cards),
        met=met,
        ask=find_next(a),
        facts=facts_of(a),
    )
    return _add_rest(a, _open_cards(bare))


# --- the line under the outcome ----------------------------------------------------------------------------


def _lead(a: Assessment, *, warned: bool) -> Iterator[Line]:
    """What kind of caution it is, and whose; then how certain it is, and what an unusual reading did to it."""
    if not a.answers:
        yield Line(words("explanation.start_hint"))
        return
    changed = a.edition.changed
    many = Badge(words("explanation.badge_readings", count=len(changed)), "reading")
    yield Line(_meaning(a, warned=warned), (many,) if len(changed) > 1 else reading_badges(a, changed))
    if a.at_least:
        yield Line(words("explanation.at_least"))
    if a.default_outcome is not a.outcome:
        usual = a.edition.bind().assess(a.answers)
        yield Line(words("explanation.usual", outcome=outcome_words(usual.outcome, usual.reasons[:1])))


def _meaning(a: Assessment, *, warned: bool) -> str:
    """In one sentence; ``warned`` says that a card advises against KAP for now, though it may yet come to something else."""
    if not (a.settled or a.at_least):
        return words("explanation.lead.open_warned" if warned else "explanation.lead.open")
    if a.outcome is Outcome.CLARIFY_FIRST:
        step = next((said for finding in a.deciding if (said := a.edition.ledger.words[finding.rule].next_step)), "")
        begun = step if step[1:2].isupper() else step[:1].lower() + step[1:]
        return words("explanation.lead.clarify", step=begun) if step else words("explanation.lead.clarify_several")
    if a.outcome is Outcome.CONSIDER_WITH_CONDITIONS:
        return words("explanation.lead.conditions")
    ours = "" if _is_hers(a) else "_ours"
    if a.outcome is not Outcome.NOT_AT_PRESENT:
        return words(f"explanation.lead.{a.outcome}{ours}")
    kinds = {rule.rule.caution for name in _leading(a) if (rule := a.edition.by_name[name])}
    known = [str(kind) for kind in (Caution.DESTABILIZATION, Caution.ORDER_OF_TREATMENT, Caution.LIKELY_FUTILITY) if kind in kinds]
    return words(f"explanation.lead.{'_and_'.join(known[:2]) or 'care'}{ours}")


def _leading(a: Assessment) -> list[str]:
    return [finding.rule for finding in a.deciding] or [name for either in a.either for name in either.rules]


def _is_hers(a: Assessment) -> bool:
    """Whether the outcome is the author's: she states something that decides, read as it usually is."""
    if a.default_outcome is not a.outcome:
        return False
    rules = [a.edition.by_name[name].rule for name in _leading(a)]
    return any(rule.basis is Basis.STATED and rule.reads.isdisjoint(a.edition.changed) for rule in rules)


# --- room --------------------------------------------------------------------------------------------------


def count_words(*texts: str) -> int:
    """Words as a reader counts them: signs alone are none.

    >>> count_words("✓ Thorough assessment: recorded. ¶3")
    4
    """
    return sum(map(_count_words, texts))


@lru_cache(maxsize=1 << 12)  # mostly texts of the ledger
def _count_words(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _open_cards(told: Explanation) -> Explanation:
    """Open as many cards as there is room for, in their order; then the next question."""
    left = MOST_OPEN - RESERVE - count_words(*_open_texts(told))
    ask = count_words(*_ask_texts(told.ask))
    asks = bool(ask) and not told.mark and ask + FIRST <= left  # while it is too early, to ask comes before all but the first card
    left -= ask if asks else 0
    cards = list(told.cards)
    if left < FIRST:
        cards = [replace(card, bare=True) for card in cards]
        left += sum(len(card.paragraphs) for card in cards)
    for number, card in enumerate(cards):
        opened = replace(card, short=False, bare=False)
        later = {other.kicker for other in cards[number + 1 :]}
        grown = count_words(*_shown(opened)) - count_words(*_shown(card), *({card.kicker} - later))
        titles = count_words(words("explanation.missing")) if told.ask and not asks else 0
        if grown > left + (0 if number else RESERVE - titles):  # for the first, the titles that can be left out make room
            break
        left -= grown
        cards[number] = opened
    return replace(told, cards=tuple(cards), asks_open=asks or (bool(ask) and ask <= left))


def _open_texts(told: Explanation) -> Iterator[str]:
    """Everything that is open but the titles of what is not."""
    yield from (told.title, told.facts)
    for line in told.lines:
        yield from (line.text, *(badge.text for badge in line.badges), words("page.readings_change") if line.badges else "")
    if told.support:
        yield from (told.support.title, *(line.text for line in told.support.lines))
    for card in told.cards:
        yield from _shown(card)
    yield from {card.kicker for card in told.cards if card.short}
    for one in told.met:
        yield from (one.text, *map(paragraph_words, one.paragraphs))
    if any(card.paragraphs for card in told.cards) or any(one.paragraphs for one in told.met):
        yield words("explanation.paragraph_full", number="")  # the first is named in full
    if told.asks_open:
        yield from _ask_texts(told.ask)


def _shown(card: Card) -> tuple[str, ...]:
    """What is open of a card by itself, "More" included; of a short one, its brief among others."""
    where = map(paragraph_words, card.paragraphs)
    if card.short:
        return (card.brief,) if card.bare else (card.brief, *where)
    return card.kicker, card.text, words(f"bases.{card.basis}"), *where, words("explanation.more")


def _ask_texts(ask: Ask | None) -> tuple[str, ...]:
    return (words("explanation.ask"), ask.question, ask.because, words("explanation.answer_it")) if ask else ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something that is kept where there is room, what weighs least first: under a fold, or under the "More" of a card."""

    weight: int
    under: str | int
    item: object
    texts: tuple[str, ...]


def _pieces(a: Assessment, told: Explanation) -> Iterator[_Piece]:
    if told.ask and not told.asks_open:
        yield _Piece(MANDATORY, "missing", None, _ask_texts(told.ask)[1:])
    for number, card in enumerate(told.cards):
        if card.short:
            where = map(paragraph_words, card.paragraphs if card.bare else ())
            yield _Piece(MANDATORY, number, None, (card.text, *where))
        for detail in card.details:
            yield _Piece(detail.weight, number, detail.text, (detail.text,))
    table = (words("explanation.changes_if"), words("explanation.changes_then"), words("explanation.changes_end"))
    for weight, row in zip((1, 1, 3, 6), list_changes(a), strict=False):
        yield _Piece(weight, "changes", row, (row.said, row.outcome, *table))
        table = ("", "", "")
    readings = list_readings(a)
    for weight, hinge in zip((2, 5, 7), readings, strict=False):
        rows = (text for row in hinge.rows for text in (row.said, row.outcome, row.more))
        change = words("page.readings_change") if hinge is readings[0] else ""
        yield _Piece(weight, "readings", hinge, (hinge.question, hinge.now, *rows, change))
    for weight, row in zip((4, 4, 6), list_twins(a), strict=False):
        yield _Piece(weight, "twins", row, (row.said, row.outcome))
    for key, weights, texts in (
        ("doubts", (2, 6, 7), list_doubts(a)),
        ("missing", (4, 5, 7), list_missing(a)),
        ("prompts", (6, 8), list_prompts(a)),
    ):
        yield from (_Piece(weight, key, text, (text,)) for weight, text in zip(weights, texts, strict=False))


def _add_rest(a: Assessment, told: Explanation) -> Explanation:
    """Add what weighs most as long as there is room. The title of a fold is open."""
    used = count_words(*_open_texts(told))
    left, open_left = MOST_WORDS - UNCOUNTED - used, MOST_OPEN - used
    kept: dict[str | int, list[object]] = {}
    for piece in sorted(_pieces(a, told), key=lambda piece: piece.weight):
        fold = isinstance(piece.under, str) and piece.under not in kept
        title = count_words(words(f"explanation.{piece.under}")) if fold else 0
        cost = title + count_words(*piece.texts)
        if piece.weight == MANDATORY or (cost <= left and title <= open_left):
            left, open_left = left - cost, open_left - title
            kept.setdefault(piece.under, []).extend([piece.item] if piece.item else [])
    cards = (
        replace(card, more=tuple(one.text for one in card.details if one.text in kept.get(number, ())))
        for number, card in enumerate(told.cards)
    )
    folds = {key: tuple(items) for key, items in kept.items() if isinstance(key, str)}
    return replace(told, cards=tuple(cards), **folds)  # type: ignore[arg-type]  # each fold holds what its pieces do
