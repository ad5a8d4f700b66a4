"""In which order tests run where several workers share them: each begins with long ones of its own, and short ones fill up the end.

A worker gets a stretch of all tests, and who is done first takes from the end of another's stretch (``--dist worksteal``). In the
order of the files one worker would begin with nearly all long tests. The others would take them from it bit by bit, each with a
server, a browser and a build of the pages of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

import pytest

SECONDS = {"tests/site": 7, "tests/browser": 4, "tests/serve": 2}
"""About how long a long test of a folder takes, with what it sets up."""
USUAL = 2


def is_long(item: pytest.Item) -> bool:
    """The cells of a notebook too: they start a kernel, and stay together where they come first."""
    return item.path.suffix == ".ipynb" or any(item.iter_markers("slow")) or any(item.iter_markers("browser"))


def weigh(item: pytest.Item) -> int:
    return next((seconds for folder, seconds in SECONDS.items() if item.nodeid.startswith(folder)), USUAL)


def spread(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The same tests, so that a stretch for each worker begins with as much that takes long."""
    long = [item for item in items if is_long(item)]
    short = iter([item for item in items if not is_long(item)])
    stretches = zip(cut(long, workers), sizes(len(items), workers), strict=True)
    return [item for own, size in stretches for item in (*own, *islice(short, max(0, size - len(own))))]


def cut(items: Sequence[pytest.Item], workers: int) -> list[list[pytest.Item]]:
    """One after the other, into as many parts of about the same weight."""
    parts: list[list[pytest.Item]] = [[] for _ in range(workers)]
    total = sum(map(weigh, items))
    for item, until in zip(items, accumulate(map(weigh, items)), strict=True):
        parts[(until - 1) * workers // total].append(item)
    return parts


def sizes(number: int, workers: int) -> Iterator[int]:
    """How many tests each worker gets."""
    for left in range(workers, 0, -1):
        yield number // left
        number -= number // left
