"""How outcomes are spread, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.text.html import Html, element
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words

STEPS: Final = tuple(Outcome)
"""The outcomes, the most cautious first."""

_DOTS: Final = 8
"""So many judgments of one outcome are drawn as dots; more as a bar."""

Counts = Mapping[Outcome, int]


def write_dots(counts: Counts, source: Outcome, said: str, *, own: Outcome | None = None, label: str = "") -> Html:
    """A dot for each judgment on the scale of five steps, a frame around what the source says, and a line under one's own.

    ``said`` is the chart in words, ``label`` stands in the frame.
    """
    most = max((*counts.values(), 1))
    tall = 14.0 * min(most, _DOTS) + 10
    marks: list[Html] = []
    for place, outcome in enumerate(STEPS):
        middle, foot = 32.0 + 60 * place, f"{tall + 36:.0f}"
        if outcome is source:
            marks.append(element("rect", x=f"{middle - 28}", y="1", width="56", height=f"{tall + 37:.0f}", rx="6", class_="here"))
            marks.append(_write_text(label, middle, 12, "small"))
        marks += _stack(counts.get(outcome, 0), middle, tall, most)
        marks.append(_write_text(str(outcome.step), middle, tall + 33))
        if outcome is own:
            marks.append(element("line", x1=f"{middle - 12}", x2=f"{middle + 12}", y1=foot, y2=foot, class_="own"))
    marks.append(element("line", x1="4", x2="300", y1=f"{tall + 16:.0f}", y2=f"{tall + 16:.0f}", class_="ground"))
    return _write_image("spread-plot", said, marks, f"0 0 304 {tall + 40:.0f}")


def _stack(count: int, middle: float, tall: float, most: int) -> Iterator[Html]:
    if most <= _DOTS:
        for dot in range(count):
            yield element("circle", class_="tone", cx=f"{middle}", cy=f"{tall + 8 - 14 * dot:.0f}", r="5.5")
    elif count:
        size = max(4.0, (tall - 10) * count / most)
        top = tall + 14 - size
        yield element("rect", class_="tone", x=f"{middle - 12}", y=f"{top:.1f}", width="24", height=f"{size:.1f}", rx="3")
        yield _write_text(str(count), middle, top - 5, "small")


def describe_counts(counts: Counts) -> str:
    """A bar in words."""
    said = (words("chart.count", outcome=outcome_words(one), cases=f"{cases:,}") for one, cases in counts.items() if cases)
    return "; ".join(said) or words("chart.no_case")


def _write_image(class_: str, said: str, marks: list[Html], box: str | None = None) -> Html:
    return element("svg", element("title", said), *marks, class_=class_, role="img", aria_label=said, viewBox=box)


def _write_text(text: str, x: float, y: float, class_: str | None = None) -> Html:
    return element("text", text, x=f"{x}", y=f"{y:.1f}", text_anchor="middle", class_=class_)
