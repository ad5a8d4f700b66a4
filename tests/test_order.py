"""Workers that share the tests: each begins with what takes long, nothing is lost, and what belongs together stays in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.order import sizes, spread, weigh


@dataclass(frozen=True)
class Item:
    nodeid: str
    slow: bool

    @property
    def path(self) -> Path:
        return Path(self.nodeid)

    def iter_markers(self, name: str) -> Any:
        return iter([name] if self.slow and name == "slow" else [])


@pytest.mark.parametrize("workers", [1, 2, 4, 7])
@pytest.mark.parametrize(("long", "short"), [(0, 9), (9, 0), (40, 400), (3, 2), (0, 0)])
def test_each_begins_with_as_much_that_takes_long(workers: int, long: int, short: int) -> None:
    folders = ("tests/browser", "tests/serve", "tests/site")
    items: list[Any] = [Item(f"{folders[number * 3 // long]}/test_it.py::test_{number}", slow=True) for number in range(long)]
    items += [Item(f"tests/test_it.py::test_{number}", slow=False) for number in range(short)]
    ordered: list[Any] = spread(items, workers)
    assert sorted(ordered, key=items.index) == items
    for slow in (True, False):
        assert [one for one in ordered if one.slow is slow] == [one for one in items if one.slow is slow]
    if short < long * workers:
        return
    stretches = [[ordered.pop(0) for _ in range(size)] for size in sizes(len(items), workers)]
    for stretch in stretches:
        assert stretch == sorted(stretch, key=lambda one: not one.slow)
    shares = [sum(weigh(one) for one in stretch if one.slow) for stretch in stretches]
    assert max(shares) - min(shares) <= 16
