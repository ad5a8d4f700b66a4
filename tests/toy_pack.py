"""A second pack, ``toy``, which agrees with the first in nothing. It stands in ``tests/data/packs``.

The fixture ``toy`` installs it beside the first, for this process and for those that it starts, and gives its edition. Whatever is
shown under it is handed to :func:`find_strays`: no word of the first pack may stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import kapnb.packs
from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.ledger import Ledger

PACKS = Path(__file__).parent / "data" / "packs"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Edition:
    """The edition of the second pack, with its default readings."""
    monkeypatch.setenv("KAPNB_PACKS", str(PACKS))
    monkeypatch.setenv("KAPNB_GUIDANCE", "toy")
    monkeypatch.setattr(kapnb.packs, "__path__", [*kapnb.packs.__path__, str(PACKS)])
    return load_guidance("toy").bind()


def list_words(ledger: Ledger) -> Iterator[str]:
    """What only this pack says: its claims, its source, its readings, and the words of its rules."""
    yield from (claim.text for claim in ledger.claims.values())
    yield from (ledger.source.author, ledger.source.title, ledger.source.short, *ledger.doubts, *ledger.four.values())
    for reading in ledger.readings.values():
        yield from (reading.name, reading.question, reading.why, *(choice.text for choice in reading.choices))
    for words in ledger.words.values():
        yield from (
            words.card,
            words.text,
            words.next_step,
            words.doubt,
            *words.conditions,
            *(prompt.text for prompt in words.prompts),
        )
    yield from (prompt.text for prompt in ledger.prompts)


def find_strays(text: str) -> list[str]:
    """Words of the first pack in what the second one shows: its sentences, its rules' meanings, its author's name."""
    first = load_guidance("begley")
    meanings = [rule.meaning for rule in first.rules]
    told = {*list_words(first.ledger), *meanings, "begley"} - {"", first.ledger.four["invented"]}  # that is said of every pack
    return [stray for stray in told if stray.lower() in text.lower()]
