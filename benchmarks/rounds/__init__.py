"""Rounds: contenders measured in turn (A B A B …), so that a slow moment of the machine meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import TypeVar

Measured = TypeVar("Measured")


def run(contenders: Mapping[str, Callable[[], Measured]], rounds: int) -> dict[str, list[Measured]]:
    """What is measured of each contender, round by round."""
    measured: dict[str, list[Measured]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            measured[name].append(measure())
    return measured


def clock(work: Callable[[], object]) -> float:
    """Milliseconds that some work takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def show(title: str, measured: Mapping[str, list[float]], base: str) -> None:
    """A small table: medians with their range, and the ratio to the base, round by round."""
    print(f"{title:44} {'median':>10} {'range':>21} {'ratio':>8}")
    for name, own in measured.items():
        ratio = median(a / b for a, b in zip(own, measured[base], strict=True))
        print(f"{name:44} {median(own):10.2f} {min(own):9.2f} - {max(own):9.2f} {ratio:8.2f}")
    print()
