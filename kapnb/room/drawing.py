"""What wall, desk and phone draw alike: outcomes with their marks, the dots of a vote, who moved, a story, and support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import segno

from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import Outcome, Reason
from kapnb.group.judgments import Confidence
from kapnb.room.scene import Scene, count_outcomes
from kapnb.room.store import Given
from kapnb.text.explain import explain
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import headline_words, join_words, outcome_words
from kapnb.text.words import support_words, words
from kapnb.training.library import SUICIDAL, Library, Vignette

MOST_DOTS: Final = 40
"""More votes than these are drawn as bars."""

MARKS: Final = {
    Outcome.NOT_RECOMMENDED: "nr",
    Outcome.NOT_AT_PRESENT: "nap",
    Outcome.CLARIFY_FIRST: "cf",
    Outcome.CONSIDER_WITH_CONDITIONS: "cc",
    Outcome.MAY_BE_CONSIDERED: "mc",
}
SILENT: Final = "na"
_FILLS: Final = {Confidence.HIGH: "hi", Confidence.MEDIUM: "me", Confidence.LOW: "lo"}


def write_outcome(outcome: Outcome, text: str = "") -> Html:
    return element("span", text or outcome_words(outcome), class_=f"om {MARKS[outcome]}")


def write_headline(assessment: Assessment) -> Html:
    """What the article says of the case, in words and with its mark; that it gives no answer has a mark of its own."""
    silent = assessment.reasons == (Reason.SOURCE_SILENT,)
    mark = SILENT if silent else MARKS[assessment.outcome]
    return element("span", headline_words(assessment), class_=f"om {mark}")


def row_label(outcome: Outcome) -> str:
    return words("room.clarify_or_no_answer") if outcome is Outcome.CLARIFY_FIRST else outcome_words(outcome)


def write_story(vignette: Vignette) -> Html:
    return element("div", *(element("p", part) for part in vignette.story.split("\n\n")), class_="story")


def write_support(library: Library, vignette: Vignette, *, first: bool = False) -> Html | None:
    """Where a story touches suicide or self-injury: help for whoever reads, and on the desk what comes first for the person."""
    if not library.find_content(vignette.id) & (SUICIDAL | {"self_injury"}):
        return None
    said = support_words()
    return element("div", element("p", said["first"]) if first else None, element("p", said["reader"]), class_="support")


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
    counts = count_outcomes(tuple(given))
    alone = [outcome for outcome, count in counts.items() if count == 1] if fold else []
    told = {outcome: 0 if outcome in alone else counts[outcome] for outcome in Outcome}
    rows = []
    for outcome, count in told.items():
        own = [one for one in given if one.vote.outcome is outcome][:count]
        drawn = write_dots(own) if len(given) <= MOST_DOTS else element("progress", max=str(len(given)), value=str(count))
        cells = (
            write_outcome(outcome, row_label(outcome)),
            element("span", drawn, class_="ds"),
            element("span", str(count), class_="n"),
        )
        rows.append(element("div", *cells, class_="fr" if outcome is framed else None))
    said = "; ".join(words("room.strip_said", outcome=row_label(outcome), count=count) for outcome, count in told.items())
    strip = element("div", *rows, class_="strip", role="img", aria_label=said)
    return join((strip, element("p", words("room.wall_alone", count=len(alone)), class_="alone") if alone else None))


def write_key(given: Sequence[Given], *, framed: bool = False) -> Html:
    """How to read the dots."""
    parts = [element("span", words("room.dots" if len(given) <= MOST_DOTS else "room.bars"))]
    if len(given) <= MOST_DOTS:
        parts.append(element("span", words("room.sure_key")))
        parts += [
            element("span", element("i", class_=f"dot {fill}"), words(f"room.sure_{confidence}"))
            for confidence, fill in _FILLS.items()
        ]
    if framed:
        parts.append(element("span", element("i", class_="box"), words("room.frame")))
    return element("div", *parts, class_="lg")


def write_movement(scene: Scene, *, fold: bool) -> Html:
    """Who moved: a line for each way from the first to the second vote, as wide as many went it.

    With ``fold``, ways of one person alone are left out, so that nobody can be followed.
    """
    ways = {way: count for way, count in scene.moves.items() if count > 1 or not fold}
    columns = (Counter[Outcome](), Counter[Outcome]())
    for (before, after), count in ways.items():
        columns[0][before] += count
        columns[1][after] += count
    most = max(1, *columns[0].values(), *columns[1].values())
    parts: list[Html] = []
    for place, outcome in enumerate(Outcome):
        y = 60 + 150 * place
        parts.append(element("line", x1="0", x2="1700", y1=str(y), y2=str(y), class_="rule"))
        parts.append(element("text", row_label(outcome), x="0", y=str(y + 92), class_="name"))
        for column, x, anchor in ((columns[0], 860, "end"), (columns[1], 1400, "start")):
            parts.append(element("text", str(column[outcome]), x=str(x), y=str(y + 92), text_anchor=anchor, class_="count"))
    for key, x, anchor in (("first_column", 860, "end"), ("second_column", 1400, "start")):
        parts.append(element("text", words(f"room.{key}"), x=str(x), y="40", text_anchor=anchor, class_="head"))
    used = (Counter[Outcome](), Counter[Outcome]())
    places = list(Outcome)
    for (before, after), count in sorted(ways.items(), key=lambda way: (places.index(way[0][0]), places.index(way[0][1]))):
        width = max(4, round(90 * count / most))
        ends = []
        for own, outcome, column in ((used[0], before, columns[0]), (used[1], after, columns[1])):
            top = 60 + 150 * places.index(outcome) + 75 - round(45 * column[outcome] / most)
            ends.append(top + own[outcome] + width // 2)
            own[outcome] += width
        path = f"M890 {ends[0]}C1060 {ends[0]} 1200 {ends[1]} 1370 {ends[1]}"
        parts.append(element("path", d=path, stroke_width=str(width), class_="way" if before is after else "way moved"))
    moves = " ".join(
        words("room.movement_one", before=row_label(before), after=row_label(after), count=count)
        for (before, after), count in ways.items()
    )
    said = words("room.movement_said", moves=moves)
    return element("svg", *parts, viewBox="0 0 1700 820", class_="moves", role="img", aria_label=said)


def say_moved(scene: Scene) -> str:
    key = {0: "wall_moved_none", 1: "wall_moved_one"}.get(scene.moved, "wall_moved")
    return words(f"room.{key}", count=scene.moved)


def write_article(assessment: Assessment, tag: str = "h3") -> Html:
    """What the article says of the case, and whose reading that is said first; its claim, its paragraph."""
    whose, *rest = explain(assessment)[0].lines
    deciding = assessment.deciding[0] if assessment.deciding else None
    said = deciding.text if deciding else (rest[0].text if rest else words("room.no_answer_yet"))
    return element(
        "div",
        element("p", whose.text, class_="whose"),
        element(tag, write_headline(assessment)),
        element("p", said, class_="claim"),
        element(
            "p", element("span", words(f"bases.{deciding.basis}"), class_=f"tag {deciding.basis}"), " ", say_paragraphs(assessment)
        )
        if deciding
        else None,
        class_="says",
    )


def say_paragraphs(assessment: Assessment) -> str:
    """Where in the article what decides stands; nothing where it does not."""
    claims = assessment.edition.ledger.claims
    numbers = sorted({claims[name].paragraph[1:] for finding in assessment.deciding[:1] for name in finding.claims})
    return words("room.paragraph", numbers=join_words(numbers)) if numbers else ""


def write_qr(address: str) -> Html:
    """The picture that leads a phone to an address."""
    return Html(segno.make(address, error="m").svg_inline(border=2, omitsize=True, light="#fff", dark="#111"))
