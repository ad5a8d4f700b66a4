"""What wall, desk and phone draw alike: outcomes with their marks, the dots of a vote, who moved, a story, and support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import segno

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.scene import Scene, count_outcomes
from kapnb.room.state import Response
from kapnb.room.store import Given
from kapnb.text.explanation import badges_of, explain
from kapnb.text.glossary import VOICES, write_voice
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import headline_words, mark_of, outcome_words
from kapnb.text.support import ELSEWHERE, find_helpline, tell_reader
from kapnb.text.words import words
from kapnb.training.library import FollowUp, Vignette, find_support
from kapnb.training.reveal import assess_change, response_words
from kapnb.training.session import RESPONSES

Choice = TypeVar("Choice")

MOST_DOTS: Final = 40
"""More votes than these are drawn as bars."""

_FILLS: Final = {Confidence.HIGH: "hi", Confidence.MEDIUM: "me", Confidence.LOW: "lo"}


def say(tag: str, key: str, kind: str | None = None, **values: object) -> Html:
    """Words of a room as an element."""
    return element(tag, words(f"room.{key}", **values), class_=kind)


def write_button(key: str, *more: Html | str, kind: str = "", title: str = "", **data: str | bool) -> Html:
    said = {f"data_{name}": value for name, value in data.items()}
    return element("button", words(f"room.{key}", title=title), *more, type="button", class_=kind or None, **said)


def write_outcome(outcome: Outcome, text: str = "") -> Html:
    return element("span", text or outcome_words(outcome), class_=f"om {mark_of(outcome)}")


def write_headline(assessment: Assessment) -> Html:
    """What the article says of the case, in words and with its mark; that it gives no answer has a mark of its own."""
    return element("span", headline_words(assessment), class_=f"om {mark_of(assessment.outcome, assessment.reasons)}")


def row_label(outcome: Outcome) -> str:
    """A label short enough for one line of a wall."""
    short = {Outcome.CLARIFY_FIRST: "clarify_or_no_answer", Outcome.NOT_AT_PRESENT: "not_at_present"}
    return words(f"room.{short[outcome]}") if outcome in short else outcome_words(outcome)


def write_story(vignette: Vignette) -> Html:
    return element("div", *(element("p", part) for part in vignette.story.split("\n\n")), class_="story")


def write_support(
    edition: Edition, vignette: Vignette, *learned: FollowUp, first: bool = False, linked: bool = True
) -> Html | None:
    """Where a story, or what was ``learned`` since, touches suicide or self-injury: help for whoever reads it.

    On the desk, which knows the answers, with what comes ``first`` for the person. A wall is not ``linked``: nobody can follow a
    link there.
    """
    block = find_support(vignette, edition.fields, *learned, judged=first)
    if block is None:
        return None
    before = [element("p", line.text) for line in block.lines[:-1]] if first else []
    pieces = tell_reader(find_helpline())
    if not linked:
        return element("div", element("p", *(one.text for one in pieces)), class_="support")
    reader = (element("a", one.text, href=one.href, rel="noopener noreferrer") if one.href else one.text for one in pieces)
    other = element("a", words("room.other_countries"), href=find_helpline(ELSEWHERE).source, rel="noopener noreferrer")
    return element("div", *before, element("p", *reader, " ", other), class_="support")


def write_help(scene: Scene, vignette: Vignette | None = None, **shown: bool) -> Html | None:
    """The same for a room, with what was learned since."""
    return write_support(scene.edition, vignette or scene.vignette, *scene.learned, **shown)


def write_dots(given: Iterable[Given]) -> Html:
    """One dot for each vote, the surest first."""
    fills = sorted((list(_FILLS).index(one.vote.confidence), _FILLS[one.vote.confidence]) for one in given)
    return join(element("i", class_=f"dot {fill}") for _, fill in fills)


def write_strip(given: Sequence[Given], framed: Outcome | None = None, *, fold: bool = False) -> Html:
    """How a vote is spread: a row for each outcome, the article's framed.

    Args:
        given: the votes.
        framed: what the article says, once that is shown.
        fold: whether whoever is alone with an outcome is counted apart, without saying where.
    """
    counts = count_outcomes(given)

    def draw(outcome: Outcome, count: int) -> Html:
        own = [one for one in given if one.vote.outcome is outcome][:count]
        return write_dots(own) if len(given) <= MOST_DOTS else _write_bar(count, len(given))

    told = {outcome: counts[outcome] for outcome in Outcome}
    return _write_rows(told, row_label, lambda one: write_outcome(one, row_label(one)), draw, framed=framed, fold=fold)


def write_fits(fits: Sequence[Response], *, fold: bool = False) -> Html:
    """How often each answer to a follow-up was given; with ``fold``, whoever is alone is counted apart, as in a spread."""
    counts = Counter(one.fit for one in fits)
    told = {fit: counts[fit] for fit in RESPONSES}
    return _write_rows(
        told,
        response_words,
        lambda one: element("span", response_words(one)),
        lambda _, count: _write_bar(count, len(fits)),
        fold=fold,
    )


def _write_bar(count: int, of: int) -> Html:
    return element("progress", max=str(max(1, of)), value=str(count))


def _write_rows(
    counts: Mapping[Choice, int],
    say: Callable[[Choice], str],
    show: Callable[[Choice], Html],
    draw: Callable[[Choice, int], Html],
    *,
    framed: Choice | None = None,
    fold: bool,
) -> Html:
    alone = sum(count == 1 for count in counts.values()) if fold else 0
    rows, said = [], []
    for one, count in counts.items():
        told = 0 if fold and count == 1 else count
        number = str(told) if told or not fold else ""  # a row of nobody and one of somebody alone look alike
        cells = (show(one), element("span", draw(one, told), class_="ds"), element("span", number, class_="n"))
        rows.append(element("div", *cells, class_="fr" if framed is not None and one == framed else None))
        said += [words("room.strip_said", outcome=say(one), count=told)] if number else []
    strip = element("div", *rows, class_="strip", role="img", aria_label="; ".join(said))
    below = words("room.wall_alone_one" if alone == 1 else "room.wall_alone", count=alone)
    return join((strip, element("p", below, class_="alone") if alone else None))


def say_change(scene: Scene) -> str:
    """What a new finding changes for the article, under the readings in force."""
    before, after = assess_change(scene.edition, scene.vignette, scene.follow_up)
    said = {"before": outcome_words(before.outcome), "after": outcome_words(after.outcome)}
    return words("room.before_same" if before.outcome is after.outcome else "room.before_after", **said)


def write_key(given: Sequence[Given], *, framed: bool = False) -> Html:
    """How to read the dots."""
    parts = [element("span", words("room.dots" if len(given) <= MOST_DOTS else "room.bars"))]
    if len(given) <= MOST_DOTS:
        parts.append(element("span", words("room.sure_key")))
        parts += [
            element("span", element("i", class_=f"dot {fill}"), words(f"room.{confidence}").lower())
            for confidence, fill in _FILLS.items()
        ]
    if framed:
        parts.append(element("span", element("i", class_="box"), words("room.frame")))
    return element("div", *parts, class_="lg")


def write_movement(scene: Scene) -> Html:
    """Who moved: a line for each way from the first to the second vote, as wide as many went it."""
    before, after = columns = Counter[Outcome](), Counter[Outcome]()
    for way, count in scene.moves.items():
        for column, outcome in zip(columns, way, strict=True):
            column[outcome] += count
    parts: list[Html] = []
    for place, outcome in enumerate(Outcome):
        y = 60 + 150 * place
        parts.append(element("line", x1="0", x2="1700", y1=str(y), y2=str(y), class_="rule"))
        parts.append(element("text", row_label(outcome), x="0", y=str(y + 92), class_="name"))
        for column, x, anchor in ((before, 860, "end"), (after, 1400, "start")):
            number = column[outcome]
            parts.append(element("text", str(number) if number else "", x=str(x), y=str(y + 92), text_anchor=anchor, class_="sum"))
    for key, x, anchor in (("step_first_vote", 860, "end"), ("step_second_vote", 1400, "start")):
        parts.append(element("text", words(f"room.{key}"), x=str(x), y="40", text_anchor=anchor, class_="head"))
    parts += _write_ways(scene.moves, columns)
    moves = " ".join(
        words("room.movement_one", before=row_label(one), after=row_label(other), count=n)
        for (one, other), n in scene.moves.items()
    )
    said = words("room.movement_said", moves=moves)
    return element("svg", *parts, viewBox="0 0 1700 820", class_="moves", role="img", aria_label=said)


def _write_ways(ways: Mapping[tuple[Outcome, Outcome], int], columns: Sequence[Mapping[Outcome, int]]) -> Iterator[Html]:
    """The lines of one outcome lie beside each other, and together they are no wider than its row."""
    most = max((count for column in columns for count in column.values()), default=1)
    used = (Counter[Outcome](), Counter[Outcome]())
    places = list(Outcome)
    for way, count in sorted(ways.items(), key=lambda one: tuple(map(places.index, one[0]))):
        width, ends = 90 * count / most, []
        for column, own, outcome in zip(columns, used, way, strict=True):
            top = 60 + 150 * places.index(outcome) + 75 - 45 * column[outcome] / most
            ends.append(round(top + 90 * own[outcome] / most + width / 2))
            own[outcome] += count
        path = f"M890 {ends[0]}C1060 {ends[0]} 1200 {ends[1]} 1370 {ends[1]}"
        kind = "way" if way[0] is way[1] else "way moved"
        yield element("path", d=path, stroke_width=f"{max(3, width - 3):.0f}", class_=kind)


def say_moved(scene: Scene) -> str:
    key = {0: "wall_moved_none", 1: "wall_moved_one"}.get(scene.moved, "wall_moved")
    return words(f"room.{key}", count=scene.moved)


def write_article(assessment: Assessment, tag: str = "h2", *, linked: bool = True) -> Html:
    """What the article says of the case, and whose reading that is said first; the claim that decides, and its paragraph.

    Where it is ``linked``, whose reading it is opens an entry of the glossary: nobody can press anything on a wall.
    """
    told = explain(assessment)
    first = told.cards[0] if told.cards else None
    badges = []
    if first:
        whose, *where = next(badges_of([first]))
        plain = element("span", whose.text, class_=f"tag {VOICES[whose.kind]}")
        badges = [write_voice(whose.kind) if linked else plain, *(element("span", one.text, class_="tag") for one in where)]
    parts = [words("room.whose"), *badges]
    line = told.lines[0].text if told.lines else ""
    if line and not linked:
        parts.append(line)  # a wall has no room for one more line
    return element(
        "div",
        element("p", *(piece for part in parts for piece in (part, " ")), class_="whose"),
        element(tag, write_headline(assessment)),
        element("p", line, class_="whose") if line and linked else None,
        element("p", first.text, class_="claim") if first else None,
        class_="says",
    )


def write_qr(address: str) -> Html:
    """The picture that leads a phone to an address."""
    return Html(segno.make(address, error="m").svg_inline(border=2, omitsize=True, light="#fff", dark="#111"))
