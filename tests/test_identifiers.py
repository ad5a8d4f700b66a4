"""Texts that look like identifiers are recognized, and ordinary clinical sentences are left alone."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb.limits import IDENTIFIER_SEARCH
from kapnb.text.identifiers import PATTERNS, find_identifiers, find_identifying
from kapnb.text.words import words
from tests.texts import every_text

TEXTS = yaml.safe_load((Path(__file__).parent / "data" / "identifiers.yaml").read_text("utf-8"))
FORMS: dict[str, list[str]] = TEXTS["forms"]


@pytest.mark.parametrize("kind", FORMS)
def test_an_identifier_is_recognized(kind: str) -> None:
    """Alone, and in the middle of a sentence."""
    for text in FORMS[kind]:
        assert kind in find_identifiers(text), text
        assert kind in find_identifiers(f"As we said before: {text} (and so on)."), text


def test_ordinary_sentences_pass() -> None:
    assert {text: kinds for text in TEXTS["ordinary"] if (kinds := find_identifiers(text))} == {}


def test_every_class_is_tried_and_has_words() -> None:
    assert FORMS.keys() == PATTERNS.keys()
    assert all(words(f"identifiers.{kind}") for kind in PATTERNS)


def test_the_texts_of_the_project_pass() -> None:
    """All but the article's address; help lines are addresses, numbers and days, and belong to nobody."""
    found = {where: kinds for where, text in every_text() if (kinds := find_identifiers(text))}
    assert {where: kinds for where, kinds in found.items() if not where.startswith("helplines.")} == {"begley.source.url": ("url",)}


def test_an_identifier_is_found_behind_much_text() -> None:
    """As far as a text is looked at; whoever reads texts bounds them to that."""
    text = "Sleep is poor. " * 1000
    assert "email" in find_identifiers(text + "rowan@example.org")
    assert len(text) < IDENTIFIER_SEARCH


@pytest.mark.parametrize("invisible", ["\u200b", "\u00ad", "\u2060", "\ufeff"])
def test_nothing_invisible_hides_an_identifier(invisible: str) -> None:
    assert "email" in find_identifiers(f"rowan{invisible}@{invisible}example.org")
    assert "phone" in find_identifiers(f"555-0{invisible}10-4477")


SEEDS = [
    *"a|a-|a.|1|1 |1-|12/|(1|+1 |a@a|mar |may 1 |Dr. |Mr Mr|mrn |record no|zip |born in |call |www.|A1 |AB 1".split("|"),  # noqa: SIM905
    *", Aaa |0|01 | |\n|_|é|\u200b|a[at|20|2024-|1.1.".split("|"),  # noqa: SIM905
]


def busy(length: int) -> list[str]:
    """Texts made to keep a pattern busy, however they are repeated."""
    return [(one * length)[:length] for one in (*SEEDS, *map("".join, pairwise(SEEDS)))]


@pytest.mark.parametrize("kind", PATTERNS)
def test_time_grows_no_faster_than_the_text(kind: str) -> None:
    """Of the texts that keep a pattern busiest, four times as much takes about four times as long, not sixteen."""

    def spend(text: str) -> float:
        start = time.process_time()
        PATTERNS[kind].search(text)
        return time.process_time() - start

    times = [(min(spend(short) for _ in range(2)), long) for short, long in zip(busy(5_000), busy(20_000), strict=True)]
    for short, long in sorted(times, reverse=True)[:3]:
        assert min(spend(long) for _ in range(3)) < 10 * max(short, 0.001)


def test_many_texts_are_looked_at_one_by_one() -> None:
    assert find_identifying(["plain", SEEDS[0], "rowan@example.org", "rowan@example.org"]) == {"rowan@example.org"}


@given(st.text())
@settings(max_examples=60)
def test_any_text_can_be_looked_at(text: str) -> None:
    """Lone surrogates, control characters, other scripts: an answer and no error."""
    assert set(find_identifiers(text)) <= PATTERNS.keys()


def test_half_a_character_is_no_obstacle() -> None:
    assert find_identifiers("\ud800 rowan@example.org \udfff") == ("email",)
