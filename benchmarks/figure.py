"""A measured number, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from statistics import median
from typing import TypeVar

Measured = TypeVar("Measured")


@dataclass(frozen=True)
class Figure:
    """One number. ``low`` and ``high`` are the least and the most of all rounds; ``beside`` says what it is compared with."""

    what: str
    unit: str
    value: float
    low: float
    high: float
    rounds: int = 1
    beside: str = ""

    def __str__(self) -> str:
        return f"{shorten(self.value)} {self.unit}".strip()

    @property
    def range(self) -> str:
        return f"{shorten(self.low)} to {shorten(self.high)}, {self.rounds:,} times" if self.rounds > 1 else ""


def over(what: str, unit: str, values: Sequence[float], beside: str = "") -> Figure:
    """The median of some rounds."""
    return Figure(what, unit, round_off(median(values)), round_off(min(values)), round_off(max(values)), len(values), beside)


def count(what: str, value: float, unit: str = "") -> Figure:
    return over(what, unit, [value])


def take_turns(contenders: Mapping[str, Callable[[], Measured]], rounds: int) -> dict[str, list[Measured]]:
    """Measure each in turn (A B A B …), so that a slow moment of the machine meets all of them."""
    measured: dict[str, list[Measured]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            measured[name].append(measure())
    return measured


def round_off(value: float) -> float:
    return float(f"{value:.3g}") if value < 1000 else float(round(value))


def shorten(value: float) -> str:
    """So many digits as tell something, and never fewer than stand before the point.

    >>> shorten(33.27), shorten(2796.6), shorten(0.0612), shorten(40), shorten(99.7)
    ('33', '2,797', '0.061', '40', '100')
    """
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.{max(0, 1 - floor(log10(abs(value))))}f}"
