"""Texts that look like identifiers are recognized, and ordinary clinical sentences are left alone."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb.limits import IDENTIFIER_SEARCH
from kapnb.text.identifiers import PATTERNS, find_identifiers, find_identifying
from kapnb.text.words import words
from tests.texts import every_text

# All invented: reserved domains, reserved telephone numbers, numbers that are never issued.
_FORMS = {
    "email": (
        "rowan@example.org | ROWAN.B@EXAMPLE.ORG | write to rowan+notes@mail.example.org, please | <rowan_b@example.org>"
        " | rowan[at]example | rowan\uff20example.org"
    ),
    "phone": (
        "(555) 010-4477 | (555)010-4477 | 555-010-4477 | 555.010.4477 | 555 010 4477 | 1-555-010-4477 | +1 555 010 4477"
        " | +1 (555) 010-4477 | +44 20 7946 0958 | 020 7946 0958 | +49 (30) 9018 20 | 01 99 00 12 34 | phone 555-0104"
        " | Tel.: 555 0104 | 555\u2011010\u20114477 | 555\xa0010\xa04477 | call her:555-010-4477."
    ),
    "social_security": "000-12-3456 | 000 12 3456 | (000-12-3456) | 000\u201312\u20133456",
    "record_number": (
        "MRN 4711 | MRN: A-4711 | mrn#4711 | chart no. 4711 | Patient ID 4711 | record number: 4711 | policy number A4711"
        " | Medicaid ID: 4711 | SSN 000123456 | 000123456 | The number is 12345678. | no.12345678"
    ),
    "url": (
        "https://example.org/rowan | HTTP://EXAMPLE.ORG | www.example.org | see example.com/rowan | example.org"
        " | a.b.example.net | ftp://example.org"
    ),
    "full_date": (
        "2024-05-03 | 2024/5/3 | 2024.05.03 | 5/3/2024 | 05/03/24 | 3.5.2024 | 03-05-2024 | May 3, 2024 | May 3rd 2024"
        " | may 3 2024 | Sept. 3, 2024 | 3 May 2024 | 3rd of May 2024 | 3. September 2024 | 03-May-2024 | 2024 May 3"
        " | on 2024-05-03T10:00"
    ),
    "postal_code": (
        "OR 97205 | Springfield, OR 97205-1234 | 97205-1234 | Springfield, Oregon 97205 | zip 97205 | ZIP code: 97205"
        " | postal code is 97205 | postcode: AB1 | SW1A 1AA | SW1A1AA | K1A 0B1"
    ),
    "titled_name": (
        "Mr. Rowan | Mr Rowan | Mrs. O'Neil | Ms. Rowan | Mx Rowan | Miss Rowan | Dr. Rowan | dr. Rowan | Dr.Rowan"
        " | Dr. \xc9lise | Prof. Rowan | Doctor Rowan | DR. ROWAN | seen by Dr.\nRowan"
    ),
    "birth": (
        "DOB 3 May | dob: unknown | D.O.B. 1984 | date of birth | birthdate | born 1984 | born in 1984 | born on May 3"
        " | born on the 3rd | year of birth: 1984 | birth year 84"
    ),
}
"""Texts of each kind, apart by bars."""

FORMS = {kind: texts.split(" | ") for kind, texts in _FORMS.items()}

ORDINARY = [
    "A person in their thirties, seen for depression.",
    "In her 30s, on her third job in 2 years.",
    "Someone in midlife; a 20-minute intake and a 50-minute session.",
    "Bipolar II, in question; bipolar I in a parent.",
    "Two weeks after the loss, sleep fell to 4-5 hours.",
    "Call or text 988.",
    "DBT since 2024, individual and group.",
    "Attended three of 12 sessions; 9/12 before.",
    "PHQ-9 of 18, then 12; GAD-7 of 14; C-SSRS asked.",
    "DSM-5-TR and ICD-10 F31.9 were looked up; F60.3 was not.",
    "Abstinent since May 2024, in 2022-2023 not.",
    "Pain 7/10, mood 3/10, 24/7 worry, a 50/50 chance.",
    "Walks 10,000 steps or 10000 steps, drinks 1-2 coffees.",
    "Takes 1,200 mg a day, 2-3 times a week, at 9.30 and 21:45.",
    "Born in a small town, the eldest of 4.",
    "Her sister's birthday was hard.",
    "Seen by a doctor and a nurse; the dr. said to wait.",
    "A diagnosis of MS. Sleep is poor.",
    "The patient noted 3 panic attacks; patient identified 2 causes.",
    "Works as a postal worker for 12 years; posts 3 times a day.",
    "May sleep 8 hours; may 2 or 3 times wake.",
    "Marriage in 2010, separated in 2019.",
    "Insurance changed in 2021; the record numbers several episodes.",
    "Miss the old routine? Yes.",
    "Burnout post-2020, worse in the post 2 years.",
    "At the age of nineteen, at a party, e.g. after exams.",
    "Mr. A and Ms. B are the invented people of an exercise.",
    "The first attempt was 15 years ago, the second 14.",
    "Vitamins B12 and D3; a CYP2D6 question was left open.",
    "Case 4 of 30; see case V12 and claim C09.",
    "Symptom-free for 6 months, then 10-12 weeks of low mood.",
]


@pytest.mark.parametrize("kind", FORMS)
def test_an_identifier_is_recognized(kind: str) -> None:
    """Alone, and in the middle of a sentence."""
    for text in FORMS[kind]:
        assert kind in find_identifiers(text), text
        assert kind in find_identifiers(f"As we said before: {text} (and so on)."), text


def test_ordinary_sentences_pass() -> None:
    assert {text: kinds for text in ORDINARY if (kinds := find_identifiers(text))} == {}


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
