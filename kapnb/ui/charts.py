"""Plots of outcomes as SVG, each with a title and a description. Pattern and number tell outcomes apart, not color alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.text.html import Html, element
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.controls import table

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
"""What is drawn over the color of an outcome; the most cautious is plain."""

Flows = Mapping[tuple[Outcome, Outcome], int]


def write_textures(key: str) -> Html:
    """The patterns that the plots of one sheet are filled with; ``key`` tells them from those of other sheets."""
    patterns = [
        element(
            "pattern",
            element("path", d=path, fill="none", stroke="#fff", stroke_opacity="0.5", stroke_width="1.4"),
            id=f"{key}-{outcome}",
            width="8",
            height="8",
            patternUnits="userSpaceOnUse",
        )
        for outcome, path in _TEXTURES.items()
    ]
    return element("svg", element("defs", *patterns), width="0", height="0", class_="textures", aria_hidden="true")


def write_chip(outcome: Outcome) -> Html:
    """The number of an outcome, for the eye; its words stand beside it."""
    return element("span", str(outcome.step), class_="chip", data_outcome=outcome, aria_hidden="true")


def write_outcome_words(outcome: Outcome) -> Html:
    """An outcome as its number and its words."""
    return element("span", write_chip(outcome), element("span", outcome_words(outcome)), class_="outcome")


def write_key(key: str) -> Html:
    """What the numbers, colors and patterns mean."""
    rows = [element("li", _swatch(key, outcome), element("span", f"{outcome.step} "), outcome_words(outcome)) for outcome in STEPS]
    return element("ul", *rows, class_="key", aria_label=words("guidance.key"))


def write_bar(counts: Mapping[Outcome, int], key: str, title: str) -> Html:
    """One bar, divided as the cases are; the most cautious outcome comes first."""
    stripes: list[Html] = []
    left = 0.0
    for outcome, width in _widths(counts).items():
        stripes += _fill(key, outcome, "rect", x=f"{left:.2f}%", y="0", width=f"{width:.2f}%", height="100%")
        left += width
    label = element("title", title), element("desc", describe_counts(counts))
    return element("svg", *label, *stripes, class_="bar-plot", role="img", aria_label=f"{title}. {describe_counts(counts)}")


def write_flow(flows: Flows, key: str, title: str) -> Html:
    """From which outcome on the left to which on the right cases move; a band is as thick as many they are."""
    total, gap, room, wide = sum(flows.values()), 8.0, 34.0 + 10.0 * len(flows), 220.0
    thick = {pair: max(3.0, room * cases / total) for pair, cases in flows.items()}
    tops: dict[tuple[int, Outcome], float] = {}
    marks: list[Html] = []
    height = 0.0
    for side, x in ((0, 22.0), (1, wide - 28.0)):
        top = 4.0
        for outcome in STEPS:
            size = sum(here for pair, here in thick.items() if pair[side] is outcome)
            if not size:
                continue
            tops[side, outcome] = top
            marks += _fill(key, outcome, "rect", x=f"{x}", y=f"{top:.1f}", width="6", height=f"{size:.1f}")
            at = f"{10 if side == 0 else wide - 10}"
            marks.append(element("text", str(outcome.step), x=at, y=f"{top + size / 2 + 4:.1f}", text_anchor="middle"))
            top += max(size, 11.0) + gap
        height = max(height, top)
    bands = []
    for (old, new), size in thick.items():
        start, end = tops[0, old], tops[1, new]
        tops[0, old], tops[1, new] = start + size, end + size
        left, right, middle = 28.0, wide - 28.0, wide / 2
        path = (
            f"M{left} {start:.1f}C{middle} {start:.1f} {middle} {end:.1f} {right} {end:.1f}v{size:.1f}"
            f"C{middle} {end + size:.1f} {middle} {start + size:.1f} {left} {start + size:.1f}z"
        )
        bands.append(element("path", d=path, class_="band", data_outcome=new))
    said = describe_flows(flows)
    label = element("title", title), element("desc", said)
    box = f"0 0 {wide:.0f} {height:.0f}"
    return element("svg", *label, *bands, *marks, class_="flow-plot", role="img", aria_label=f"{title}. {said}", viewBox=box)


def write_dots(counts: Mapping[Outcome, int], source: Outcome, said: str, *, own: Outcome | None = None, label: str = "") -> Html:
    """A dot for each judgment on the scale of five steps, a frame around what the source says, and a line under one's own.

    ``said`` is the plot in words, ``label`` stands in the frame.
    """
    most = max((*counts.values(), 1))
    tall = 14.0 * min(most, _DOTS) + 10
    marks: list[Html] = []
    for place, outcome in enumerate(STEPS):
        middle, foot = 32.0 + 60 * place, f"{tall + 36:.0f}"
        if outcome is source:
            marks.append(element("rect", x=f"{middle - 28}", y="1", width="56", height=f"{tall + 37:.0f}", rx="6", class_="here"))
            if label:
                marks.append(element("text", label, x=f"{middle}", y="12", text_anchor="middle", class_="small"))
        marks += _stack(outcome, counts.get(outcome, 0), middle, tall, most)
        marks.append(element("text", str(outcome.step), x=f"{middle}", y=f"{tall + 33:.0f}", text_anchor="middle"))
        if outcome is own:
            marks.append(element("line", x1=f"{middle - 12}", x2=f"{middle + 12}", y1=foot, y2=foot, class_="own"))
    ground = element("line", x1="4", x2="300", y1=f"{tall + 16:.0f}", y2=f"{tall + 16:.0f}", class_="ground")
    box = f"0 0 304 {tall + 40:.0f}"
    return element("svg", element("title", said), *marks, ground, class_="spread-plot", role="img", aria_label=said, viewBox=box)


def _stack(outcome: Outcome, count: int, middle: float, tall: float, most: int) -> Iterable[Html]:
    if most > _DOTS and count:
        size = max(4.0, (tall - 10) * count / most)
        place = {"x": f"{middle - 12}", "y": f"{tall + 14 - size:.1f}", "width": "24", "height": f"{size:.1f}", "rx": "3"}
        yield element("rect", class_="tone", data_outcome=outcome, **place)
        yield element("text", str(count), x=f"{middle}", y=f"{tall + 9 - size:.1f}", text_anchor="middle", class_="small")
        return
    for dot in range(count):
        at = {"cx": f"{middle}", "cy": f"{tall + 8 - 14 * dot:.0f}", "r": "5.5"}
        yield element("circle", class_="tone", data_outcome=outcome, **at)


def describe_counts(counts: Mapping[Outcome, int]) -> str:
    """A bar in words."""
    said = [
        words("guidance.count", outcome=outcome_words(outcome), cases=f"{cases:,}") for outcome, cases in counts.items() if cases
    ]
    return "; ".join(said) or words("guidance.no_case")


def describe_flows(flows: Flows) -> str:
    """A flow in words."""
    return "; ".join(
        words("guidance.flow", old=outcome_words(old), new=outcome_words(new), cases=f"{cases:,}")
        for (old, new), cases in flows.items()
    )


def _widths(counts: Mapping[Outcome, int]) -> dict[Outcome, float]:
    """How wide each stripe is, in hundredths of the bar."""
    total = sum(counts.values())
    raw = {outcome: max(_SLIVER, 100 * counts[outcome] / total) for outcome in STEPS if counts.get(outcome)}
    whole = sum(raw.values())
    return {outcome: 100 * width / whole for outcome, width in raw.items()}


def _swatch(key: str, outcome: Outcome) -> Html:
    return element("svg", *_fill(key, outcome, "rect", width="100%", height="100%", rx="3"), class_="swatch", aria_hidden="true")


def _fill(key: str, outcome: Outcome, tag: str, **shape: str) -> Iterable[Html]:
    """A shape in the color of an outcome, and again in its pattern."""
    yield element(tag, class_="tone", data_outcome=outcome, **shape)
    if outcome in _TEXTURES:
        yield element(tag, fill=f"url(#{key}-{outcome})", **shape)


def write_count_table(counts: Mapping[Outcome, int], caption: str) -> Html:
    """The same as a bar, as a table."""
    rows = [(write_outcome_words(outcome), f"{counts[outcome]:,}") for outcome in STEPS]
    return table((words("guidance.outcome"), words("guidance.cases")), rows, label=caption, class_="counts")
