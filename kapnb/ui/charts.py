"""Charts of outcomes as SVG. Pattern and number tell outcomes apart, not color alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.controls import details, table

STEPS: Final = tuple(Outcome)
"""The outcomes, the most cautious first."""

_DOTS: Final = 8
"""So many judgments of one outcome are drawn as dots; more as a bar."""

_SLIVER: Final = 2.5
"""The narrowest stripe, in hundredths of a bar: what occurs at all can be seen."""

_TEXTURES: Final[Mapping[Outcome, str]] = {
    Outcome.NOT_AT_PRESENT: "M-1 1 1 -1M0 8 8 0M7 9 9 7",
    Outcome.CLARIFY_FIRST: "M2 2h2v2h-2zM6 6h2v2h-2z",
    Outcome.CONSIDER_WITH_CONDITIONS: "M0 2h8M0 6h8",
    Outcome.MAY_BE_CONSIDERED: "M2 0v8M6 0v8",
}
"""What is drawn over an outcome; the most cautious is plain."""

Counts = Mapping[Outcome, int]


def write_textures() -> Html:
    """The patterns that charts are filled with: once in the frame of a page that has charts."""
    patterns = (
        element("pattern", element("path", d=path), id=f"texture-{one}", width="8", height="8", patternUnits="userSpaceOnUse")
        for one, path in _TEXTURES.items()
    )
    return element("svg", element("defs", *patterns), width="0", height="0", class_="textures", aria_hidden="true")


def write_chip(outcome: Outcome) -> Html:
    """The number of an outcome, for the eye; its words stand beside it."""
    return element("span", str(outcome.step), class_="chip", aria_hidden="true")


def write_outcome_words(outcome: Outcome) -> Html:
    """An outcome as its number and its words."""
    return element("span", write_chip(outcome), element("span", outcome_words(outcome)), class_="outcome")


def write_key() -> Html:
    """What the numbers and patterns mean."""
    rows = []
    for outcome in STEPS:
        swatch = element("svg", *_fill(outcome, width="100%", height="100%", rx="3"), class_="swatch", aria_hidden="true")
        rows.append(element("li", swatch, element("span", f"{outcome.step} "), outcome_words(outcome)))
    return element("ul", *rows, class_="key", aria_label=words("chart.key"))


def write_bar(counts: Counts, title: str) -> Html:
    """One bar, divided as the cases are; the most cautious outcome comes first."""
    total = sum(counts.values())
    shares = {outcome: max(_SLIVER, 100 * counts[outcome] / total) for outcome in STEPS if counts.get(outcome)}
    widths = [100 * share / sum(shares.values()) for share in shares.values()]
    stripes: list[Html] = []
    for outcome, left, width in zip(shares, accumulate(widths, initial=0.0), widths, strict=False):
        stripes += _fill(outcome, x=f"{left:.2f}%", width=f"{width:.2f}%", height="100%")
    return _write_image("bar-plot", f"{title}. {describe_counts(counts)}", stripes)


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


def write_bar_and_table(counts: Counts, title: str) -> Html:
    """The bar, and one step away its numbers."""
    rows = [(write_outcome_words(outcome), f"{counts[outcome]:,}") for outcome in STEPS]
    numbers = table((words("chart.outcome"), words("chart.cases")), rows, label=title, class_="counts")
    return join((write_bar(counts, title), details(words("chart.as_table"), numbers, key="numbers")))


def _write_image(class_: str, said: str, marks: list[Html], box: str | None = None) -> Html:
    return element("svg", element("title", said), *marks, class_=class_, role="img", aria_label=said, viewBox=box)


def _write_text(text: str, x: float, y: float, class_: str | None = None) -> Html:
    return element("text", text, x=f"{x}", y=f"{y:.1f}", text_anchor="middle", class_=class_)


def _fill(outcome: Outcome, **shape: str) -> Iterator[Html]:
    """A rectangle in ink, and again in the pattern of an outcome."""
    yield element("rect", class_="tone", **shape)
    if outcome in _TEXTURES:
        yield element("rect", fill=f"url(#texture-{outcome})", **shape)
