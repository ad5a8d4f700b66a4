"""Plots of figures as SVG files: they bring their own ground, follow the reader's light or dark, and tell themselves in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log10

from benchmarks.figures import Figure, shorten, with_unit
from kapnb.text.html import Html, element

LABEL, FIELD, VALUE, ROW = 312, 290, 98, 24
"""Widths of the three columns, and the height of a row."""

FAR = 20
"""From so many times the least on, an axis goes by powers of ten."""

STYLE = Html(
    ".ground{fill:#fff}text{font:13px system-ui,sans-serif;fill:#25313b}.fine{font-size:11px;fill:#586874}"
    ".grid{stroke:#dfe5ea}.range{stroke:#2b6777;stroke-opacity:.4;stroke-width:5;stroke-linecap:round}.dot{fill:#2b6777}"
    ".aim{stroke:#a3541d;stroke-width:2;stroke-dasharray:3 3}.line{fill:none;stroke:#2b6777;stroke-width:2}"
    ".other{stroke-dasharray:6 4}"
    "@media(prefers-color-scheme:dark){.ground{fill:#14191e}text{fill:#e3e9ee}.fine{fill:#a7b4be}.grid{stroke:#333d46}"
    ".range,.line{stroke:#7cc0cf}.dot{fill:#7cc0cf}.aim{stroke:#e8a06f}}"
)

Scale = Callable[[float], float]
"""Where a value stands, from 0 to 1."""


def draw_ranges(figures: Sequence[Figure]) -> Html:
    """A dot for each figure, over the bar of its range; a dashed mark where the aim is."""
    ends = [end for one in figures for end in (one.low, one.high, one.value, one.at_most) if end is not None]
    scale, ticks = make_scale(ends)
    foot = ROW * len(figures) + 18.0
    marks: list[Html] = []
    for tick in ticks:
        x = f"{LABEL + FIELD * scale(tick):.1f}"
        marks.append(element("line", x1=x, x2=x, y1="10", y2=f"{foot - 4:.0f}", class_="grid"))
        marks.append(element("text", shorten(tick), x=x, y=f"{foot + 9:.0f}", text_anchor="middle", class_="fine"))
    for place, one in enumerate(figures):
        y = 22 + ROW * place
        middle, base = f"{y}", f"{y + 4}"
        marks.append(element("text", one.what, x="8", y=base))
        if one.low is not None and one.high is not None:
            left, right = (f"{LABEL + FIELD * scale(end):.1f}" for end in (one.low, one.high))
            marks.append(element("line", x1=left, x2=right, y1=middle, y2=middle, class_="range"))
        if one.at_most is not None:
            x = f"{LABEL + FIELD * scale(one.at_most):.1f}"
            marks.append(element("line", x1=x, x2=x, y1=f"{y - 9}", y2=f"{y + 9}", class_="aim"))
        marks.append(element("circle", cx=f"{LABEL + FIELD * scale(one.value):.1f}", cy=middle, r="4.5", class_="dot"))
        value = with_unit(shorten(one.value, 3), one.unit)
        marks.append(element("text", value, x=f"{LABEL + FIELD + VALUE - 8}", y=base, text_anchor="end"))
    return _frame(marks, LABEL + FIELD + VALUE, foot + 18, describe(figures))


def describe(figures: Sequence[Figure]) -> str:
    """A plot in words."""
    told = (
        f"{one.what} {with_unit(shorten(one.value, 3), one.unit)}" + (f" ({one.spread})" if one.spread else "") for one in figures
    )
    return f"{figures[0].group}: {'; '.join(told)}"


def draw_lines(title: str, below: str, across: Sequence[float], lines: Mapping[str, Sequence[float]], unit: str) -> Html:
    """Values over a number, a line for each, all but the first dashed. ``below`` says what the number is."""
    wide, tall, left, top = 520.0, 200.0, 64.0, 16.0
    scale, ticks = make_scale([value for values in lines.values() for value in values])
    foot = {"y": f"{top + tall + 18}", "class_": "fine"}
    marks: list[Html] = []
    for tick in ticks:
        y = top + tall * (1 - scale(tick))
        marks.append(element("line", x1=f"{left}", x2=f"{left + wide}", y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid"))
        said = with_unit(shorten(tick), unit)
        marks.append(element("text", said, x=f"{left - 8}", y=f"{y + 4:.1f}", text_anchor="end", class_="fine"))
    places = [left + wide * number / max(across) for number in across]
    marks += [
        element("text", shorten(number), x=f"{x:.1f}", text_anchor="middle", **foot)
        for number, x in zip(across, places, strict=True)
    ]
    marks.append(element("text", below, x=f"{left + wide + 10}", **foot))
    taken = float("-inf")
    first = next(iter(lines))
    for name, values in sorted(lines.items(), key=lambda line: -line[1][-1]):
        heights = [top + tall * (1 - scale(value)) for value in values]
        points = [(f"{x:.1f}", f"{y:.1f}") for x, y in zip(places, heights, strict=True)]
        path = "M" + "L".join(" ".join(point) for point in points)
        marks.append(element("path", d=path, class_="line" if name == first else "line other"))
        marks += [element("circle", cx=x, cy=y, r="4.5", class_="dot") for x, y in points]
        taken = max(heights[-1] + 4, taken + 16)  # names of lines that end together stand below each other
        marks.append(element("text", name, x=f"{left + wide + 10}", y=f"{taken:.1f}"))
    told = [
        f"{name} {with_unit(shorten(value, 3), unit)} at {shorten(number)}"
        for name, values in lines.items()
        for number, value in zip(across, values, strict=True)
    ]
    return _frame(marks, left + wide + 120, top + tall + 28, f"{title}: {'; '.join(told)}")


def make_scale(values: Sequence[float]) -> tuple[Scale, list[float]]:
    """An axis that holds all values, and what is written at it."""
    least, most = min(values), max(values)
    if least > 0 and most / least > FAR:
        low, high = floor(log10(least)), ceil(log10(most))
        return lambda value: (log10(value) - low) / (high - low), [10.0**power for power in range(low, high + 1)]
    step = next(step for step in _steps(most) if most / step <= 5) if most > 0 else 1.0
    end = step * ceil(most / step) if most > 0 else 1.0
    return lambda value: value / end, [step * number for number in range(round(end / step) + 1)]


def _steps(most: float) -> list[float]:
    """Even numbers to count by."""
    power = 10.0 ** (floor(log10(most)) - 1)
    return [power * factor for factor in (1, 2, 5, 10, 20, 50)]


def _frame(marks: Sequence[Html], wide: float, tall: float, said: str) -> Html:
    ground = element("rect", width="100%", height="100%", rx="6", class_="ground")
    size = {"width": f"{wide:.0f}", "height": f"{tall:.0f}", "viewBox": f"0 0 {wide:.0f} {tall:.0f}"}
    head = element("title", said), element("style", STYLE), ground
    svg = element("svg", *head, *marks, xmlns="http://www.w3.org/2000/svg", role="img", **size)
    closed = re.sub(r"></(?:rect|line|circle|path)>", "/>", svg)
    return Html(closed.replace("><", ">\n<") + "\n")
