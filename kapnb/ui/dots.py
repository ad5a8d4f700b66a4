"""Dots: one dot is one person, filled by how sure they are; the frame is the article, as we read it. No outcome has a color."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence, Judgment, spread
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import mark_of, outcome_words
from kapnb.text.words import words

MOST_DOTS: Final = 40
"""More people of one outcome than these are counted, not drawn."""

Moves = Mapping[tuple[Outcome, Outcome], int]
"""From which outcome to which, and how many people."""

_FILLS: Final = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low", None: "unsaid"}


def write_outcome(outcome: Outcome, text: str = "") -> Html:
    """An outcome as its mark and its words."""
    return element("span", text or short_words(outcome), class_=f"om {mark_of(outcome)}")


def short_words(outcome: Outcome) -> str:
    """An outcome in few words, as the head of a column."""
    return words(f"dots.{outcome}")


def write_dots(judgments: Iterable[Judgment]) -> Html:
    """A dot for each person, the surest first, whose order says nothing of who they are."""
    order = list(_FILLS)
    fills = sorted(order.index(one.confidence) for one in judgments)
    if len(fills) > MOST_DOTS:
        return element("b", f"{len(fills):,}")
    return join(element("i", class_=f"vote {_FILLS[order[fill]]}") for fill in fills)


def write_legend(judgments: Iterable[Judgment]) -> Html:
    """How to read the dots; of the fillings only those that occur."""
    given = {one.confidence for one in judgments if one.outcome}
    fills = [
        element("span", element("i", class_=f"vote {fill}", aria_hidden="true"), words(f"dots.sure_{fill}"))
        for confidence, fill in _FILLS.items()
        if confidence in given and given != {None}
    ]
    frame = element("span", element("i", class_="box", aria_hidden="true"), words("dots.frame"))
    return element("p", element("span", words("dots.one")), *fills, frame, class_="legend")


def write_strip(judgments: Sequence[Judgment], source: Outcome, *, own: Outcome | None = None, said: str = "") -> Html:
    """How one case was judged: a row in words for each outcome, the article's framed, and "you" beside one's ``own``.

    ``said`` is the strip in words, where more is to be said than the counts and the article's outcome.
    """
    rows = []
    for outcome in Outcome:
        given = [one for one in judgments if one.outcome is outcome]
        you = element("span", words("training.of_own"), class_="tag") if outcome is own else None
        cells = (
            element("span", write_outcome(outcome, outcome_words(outcome)), " ", you),
            element("span", write_dots(given), class_="votes"),
            element("span", str(len(given)), class_="n"),
        )
        rows.append(element("div", *cells, class_="fr" if outcome is source else None))
    return element("div", *rows, class_="votes-strip", role="img", aria_label=said or describe_votes(judgments, source))


def describe_votes(judgments: Sequence[Judgment], source: Outcome) -> str:
    """The strip in words."""
    return words("dots.said", spread=count_words(judgments), outcome=outcome_words(source))


def count_words(judgments: Iterable[Judgment]) -> str:
    """How many people gave each outcome, in words."""
    told = (words("dots.count", outcome=outcome_words(one), count=count) for one, count in spread(judgments).items())
    return "; ".join(told) or words("dots.nobody")


def write_slopes(moves: Moves) -> Html:
    """From the first vote to the second: a line for each way that somebody went, the wider the more went it."""
    places, lines = list(Outcome), []
    for before, after in sorted(moves, key=lambda way: (places.index(way[0]), places.index(way[1]))):
        ends = {"y1": f"{20 + 40 * places.index(before)}", "y2": f"{20 + 40 * places.index(after)}"}
        width = f"{min(10, 1.5 + moves[before, after]):.1f}"
        lines.append(element("line", x1="4", x2="196", **ends, stroke_width=width, class_="stayed" if before is after else "moved"))
    drawn = element(
        "svg",
        *lines,
        viewBox="0 0 200 200",
        preserveAspectRatio="none",
        role="img",
        aria_label=describe_moves(moves),
        class_="slopes",
    )
    sides = [element("ul", *(element("li", write_outcome(one)) for one in Outcome), aria_hidden="true") for _ in range(2)]
    heads = (element("p", words(f"dots.{key}"), class_="hint", aria_hidden="true") for key in ("first", "second"))
    first, second = (element("div", head, side) for head, side in zip(heads, sides, strict=True))
    return element("div", first, drawn, second, class_="sloped")


def describe_moves(moves: Moves) -> str:
    """Who moved, in words, the most frequent way first."""
    ways = [(count, before, after) for (before, after), count in moves.items() if before is not after]
    moved = sorted(ways, key=lambda way: (-way[0], way[1], way[2]))
    stayed = sum(count for (before, after), count in moves.items() if before is after)
    told = "; ".join(
        words("dots.way", count=count, before=short_words(one), after=short_words(other)) for count, one, other in moved
    )
    return words("dots.moved", ways=told, stayed=stayed) if moved else words("dots.nobody_moved", stayed=stayed)


def write_whiskers(rows: Iterable[tuple[str, float, Collection[float]]], ends: tuple[str, str]) -> Html:
    """Figures from 0 to 1, each as a dot with the whisker of its interval, and below them what the ends mean."""
    written = []
    for name, value, interval in rows:
        place = {"cx": f"{_place(value):.1f}", "cy": "12", "r": "5"}
        ends_of = [(_place(low), _place(high)) for low, high in ([tuple(interval)] if interval else [])]
        reach = (element("line", x1=f"{low:.1f}", x2=f"{high:.1f}", y1="12", y2="12") for low, high in ends_of)
        axis = element("line", x1=f"{_place(0):.1f}", x2=f"{_place(1):.1f}", y1="12", y2="12", class_="axis")
        drawn = element("svg", axis, *reach, element("circle", **place), viewBox="0 0 320 24", aria_hidden="true", class_="whisker")
        written.append(element("li", element("span", name), drawn))
    foot = element("p", *(element("span", end) for end in ends), class_="ends")
    return element("div", element("ul", *written), foot, class_="whiskers")


def _place(value: float) -> float:
    """From -0.25 to 1, in the units of the drawing; a figure below chance is left of the axis."""
    return 8 + 304 * (min(max(value, -0.25), 1) + 0.25) / 1.25
