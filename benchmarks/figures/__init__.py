"""Figures: what a benchmark hands over, so that a person, the report and the README read the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from math import floor, isfinite, log10
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. ``low`` and ``high`` are the least and the most of all rounds.

    In a format string ``{figure}`` is the value with its unit, ``{figure:number}`` the bare value, ``{figure:ratio}`` how often
    the first of its group goes into it, as the median of the ratios round by round.
    """

    key: str
    group: str
    what: str
    unit: str
    value: float
    low: float | None = None
    high: float | None = None
    rounds: int = 1
    ratio: float | None = None
    at_most: float | None = None
    ratio_at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether what the house aims for is reached; None where it aims for nothing."""
        aims = [(self.value, self.at_most), (self.ratio, self.ratio_at_most)]
        held = [own <= most for own, most in aims if own is not None and most is not None]
        return all(held) if held else None

    @property
    def aim(self) -> str:
        """What the house aims for, in words."""
        value = "" if self.at_most is None else f"at most {with_unit(shorten(self.at_most), self.unit)}" if self.at_most else "none"
        ratio = "" if self.ratio_at_most is None else f"a ratio of at most {shorten(self.ratio_at_most, 3)}"
        return " and ".join(filter(None, (value, ratio)))

    @property
    def said_ratio(self) -> str:
        """With so many digits that a miss is seen."""
        if self.ratio is None:
            return ""
        said, most = shorten(self.ratio, 3), self.ratio_at_most
        hidden = most is not None and self.ratio > most and said == shorten(most, 3)
        return shorten(self.ratio, 5) if hidden else said

    @property
    def spread(self) -> str:
        return "" if self.low is None or self.high is None else f"{shorten(self.low, 3)} to {shorten(self.high, 3)}"

    def __format__(self, spec: str) -> str:
        if spec == "ratio":
            assert self.ratio is not None, self.key
            return shorten(self.ratio)
        number = shorten(self.value)
        return number if spec == "number" else with_unit(number, self.unit)


def shorten(value: float, digits: int = 2) -> str:
    """So many digits as tell something, and never fewer than stand before the point.

    >>> shorten(33.27), shorten(2796.6), shorten(0.0612), shorten(40), shorten(99.7)
    ('33', '2,797', '0.061', '40', '100')
    """
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.{max(0, digits - 1 - floor(log10(abs(value))))}f}"


def with_unit(number: str, unit: str) -> str:
    return f"{number} {unit}".strip()


def over_rounds(
    key: str,
    group: str,
    what: str,
    unit: str,
    measured: Sequence[float],
    *,
    base: Sequence[float] | None = None,
    at_most: float | None = None,
    ratio_at_most: float | None = None,
) -> Figure:
    """The median over the rounds with its range; beside a base, measured in the same rounds."""
    ratio = None if base is None else median(own / other for own, other in zip(measured, base, strict=True))
    low, high = (min(measured), max(measured)) if len(measured) > 1 else (None, None)
    return Figure(key, group, what, unit, median(measured), low, high, len(measured), ratio, at_most, ratio_at_most)


def compare(
    prefix: str,
    group: str,
    unit: str,
    names: Mapping[str, str],
    measured: Mapping[str, Sequence[float]],
    *,
    base: str = "",
    aims: Mapping[str, float] | None = None,
) -> list[Figure]:
    """A figure for each contender. The base comes first; ``aims`` are ratios to it. What could not be measured is left out."""
    order = sorted(measured, key=lambda name: name != base)
    return [
        over_rounds(
            f"{prefix}_{name}",
            group,
            names[name],
            unit,
            measured[name],
            base=measured[base] if base else None,
            ratio_at_most=(aims or {}).get(name),
        )
        for name in order
        if all(map(isfinite, measured[name]))
    ]


def beside(key: str, group: str, what: str, ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Our time as a part of another's, round by round. The aim is to be ahead."""
    return over_rounds(
        key,
        f"The time of kapnb as a part of theirs, {group}",
        what,
        "",
        [own / other for own, other in zip(ours, theirs, strict=True)],
        at_most=1,
    )


def show(figures: Iterable[Figure]) -> None:
    """For a person: a small table for each group."""
    for group, members in groupby(figures, lambda figure: figure.group):
        print(f"\n{group:60} {'median':>12} {'range':>22} {'ratio':>8}")
        for one in members:
            missed = "  MISSED: " + one.aim if one.reached is False else ""
            print(f"{one.what:60} {with_unit(shorten(one.value, 3), one.unit):>12} {one.spread:>22} {one.said_ratio:>8}{missed}")


def strip(figure: Figure) -> dict[str, object]:
    """For JSON: without what is not said, and with as many digits as a clock here tells."""
    return {name: _round(value) for name, value in asdict(figure).items() if value is not None}


def _round(value: object) -> object:
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else float(f"{value:.5g}")
