"""Texts that look like identifiers are recognized, and ordinary clinical sentences are left alone."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb.text import identifiers
from kapnb.text.identifiers import MOST_CHARACTERS, PATTERNS, find_identifiers, find_identifying
from kapnb.text.words import words
from tests.texts import every_text

# All invented: reserved domains, reserved telephone numbers, numbers that are never issued.
FORMS = {
    "email": [
        "rowan@example.org",
        "ROWAN.B@EXAMPLE.ORG",
        "write to rowan+notes@mail.example.org, please",
        "<rowan_b@example.org>",
        "rowan[at]example",
        "rowan\N{FULLWIDTH COMMERCIAL AT}example.org",
    ],
    "phone": [
        "(555) 010-4477",
        "(555)010-4477",
        "555-010-4477",
        "555.010.4477",
        "555 010 4477",
        "1-555-010-4477",
        "+1 555 010 4477",
        "+1 (555) 010-4477",
        "+44 20 7946 0958",
        "020 7946 0958",
        "+49 (30) 9018 20",
        "01 99 00 12 34",
        "phone 555-0104",
        "Tel.: 555 0104",
        "555\u2011010\u20114477",
        "555\u00a0010\u00a04477",
        "call her:555-010-4477.",
    ],
    "social_security": ["000-12-3456", "000 12 3456", "(000-12-3456)", "000\u201312\u20133456"],
    "record_number": [
        "MRN 4711",
        "MRN: A-4711",
        "mrn#4711",
        "chart no. 4711",
        "Patient ID 4711",
        "record number: 4711",
        "policy number A4711",
        "Medicaid ID: 4711",
        "SSN 000123456",
        "000123456",
        "The number is 12345678.",
        "no.12345678",
    ],
    "url": [
        "https://example.org/rowan",
        "HTTP://EXAMPLE.ORG",
        "www.example.org",
        "see example.com/rowan",
        "example.org",
        "a.b.example.net",
        "ftp://example.org",
    ],
    "full_date": [
        "2024-05-03",
        "2024/5/3",
        "2024.05.03",
        "5/3/2024",
        "05/03/24",
        "3.5.2024",
        "03-05-2024",
        "May 3, 2024",
        "May 3rd 2024",
        "may 3 2024",
        "Sept. 3, 2024",
        "3 May 2024",
        "3rd of May 2024",
        "3. September 2024",
        "03-May-2024",
        "2024 May 3",
        "on 2024-05-03T10:00",
    ],
    "postal_code": [
        "OR 97205",
        "Springfield, OR 97205-1234",
        "97205-1234",
        "Springfield, Oregon 97205",
        "zip 97205",
        "ZIP code: 97205",
        "postal code is 97205",
        "postcode: AB1",
        "SW1A 1AA",
        "SW1A1AA",
        "K1A 0B1",
    ],
    "titled_name": [
        "Mr. Rowan",
        "Mr Rowan",
        "Mrs. O'Neil",
        "Ms. Rowan",
        "Mx Rowan",
        "Miss Rowan",
        "Dr. Rowan",
        "dr. Rowan",
        "Dr.Rowan",
        "Dr. Élise",
        "Prof. Rowan",
        "Doctor Rowan",
        "DR. ROWAN",
        "seen by Dr.\nRowan",
    ],
    "birth": [
        "DOB 3 May",
        "dob: unknown",
        "D.O.B. 1984",
        "date of birth",
        "birthdate",
        "born 1984",
        "born in 1984",
        "born on May 3",
        "born on the 3rd",
        "year of birth: 1984",
        "birth year 84",
    ],
}

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


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FORMS.items() for text in texts])
def test_an_identifier_is_recognized(kind: str, text: str) -> None:
    """Alone, and in the middle of a sentence."""
    assert kind in find_identifiers(text)
    assert kind in find_identifiers(f"As we said before: {text} (and so on).")


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_sentence_passes(text: str) -> None:
    assert find_identifiers(text) == ()


def test_every_class_is_tried_and_has_words() -> None:
    assert FORMS.keys() == PATTERNS.keys()
    assert all(words(f"identifiers.{kind}") for kind in PATTERNS)


def test_the_texts_of_the_project_pass() -> None:
    """All but the article's address and the crisis line's."""
    found = {where: kinds for where, text in every_text() if (kinds := find_identifiers(text))}
    assert {where.rpartition(".")[0]: kinds for where, kinds in found.items()} == {
        "begley.source": ("url",),
        "support.us": ("url",),
    }


def test_an_identifier_is_found_behind_much_text() -> None:
    """As far as a text is looked at; whoever reads texts bounds them to that."""
    text = "Sleep is poor. " * 1000
    assert "email" in find_identifiers(text + "rowan@example.org")
    assert len(text) < MOST_CHARACTERS


@pytest.mark.parametrize("invisible", ["\u200b", "\u00ad", "\u2060", "\ufeff"])
def test_nothing_invisible_hides_an_identifier(invisible: str) -> None:
    assert "email" in find_identifiers(f"rowan{invisible}@{invisible}example.org")
    assert "phone" in find_identifiers(f"555-0{invisible}10-4477")


SEEDS = [
    *("a", "a-", "a.", "1", "1 ", "1-", "12/", "(1", "+1", "+1 ", "@", "a@", "a@a", "mar", "mar ", "may 1 ", "Dr", "Dr. ", "Mr Mr"),
    *("mrn", "mrn ", "record no", "zip ", "post code ", "born in ", "call ", "www.", "A1", "A1 ", "AB 1", ", Aa", ", Aaa ", "0"),
    *("01 ", "'", " ", "\n", "_", "é", "\N{FULLWIDTH DIGIT ONE}", "\u200b", "[at]", "a[at", "date of birt", "20", "2024-", "1.1."),
]


def test_no_text_takes_long() -> None:
    """Twenty thousand characters made to keep a pattern busy are done in a moment, however they are repeated."""
    texts = [(one * MOST_CHARACTERS)[:MOST_CHARACTERS] for one in SEEDS]
    texts += [((one + two) * MOST_CHARACTERS)[:MOST_CHARACTERS] for one, two in pairwise(SEEDS)]
    slowest = 0.0
    for text in texts:
        start = time.process_time()
        find_identifiers(text)
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 1.0


def test_time_grows_no_faster_than_the_text() -> None:
    """Four times the text takes about four times as long, not sixteen."""

    def spend(number: int) -> float:
        start = time.process_time()
        for one in SEEDS:
            find_identifiers((one * number)[:number])
        return time.process_time() - start

    spend(1000)
    assert min(spend(MOST_CHARACTERS) for _ in range(2)) < 9 * max(spend(MOST_CHARACTERS // 4) for _ in range(2))


WORDS = [text for texts in (*FORMS.values(), ORDINARY, SEEDS) for text in texts]
mixed = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=4).map("".join)
cut = st.tuples(mixed, st.integers(0, 20), st.integers(0, 20)).map(lambda given: given[0][given[1] :] + given[0][: given[2]])


def find_slowly(text: str) -> tuple[str, ...]:
    """Every pattern is asked of every text."""
    plain = identifiers._write_plainly(text[:MOST_CHARACTERS])
    return tuple(name for name, pattern in PATTERNS.items() if pattern.search(plain))


@given(texts=st.lists(cut, max_size=8))
@settings(max_examples=500, deadline=None)
def test_what_is_not_asked_of_a_pattern_would_not_match(texts: list[str]) -> None:
    """Speed makes no difference: one text alone, and many together."""
    slowly = {text: find_slowly(text) for text in texts}
    assert {text: find_identifiers(text) for text in texts} == slowly
    assert find_identifying(texts) == {text for text, kinds in slowly.items() if kinds}


@pytest.mark.parametrize("text", WORDS)
def test_each_form_is_found_quickly_as_slowly(text: str) -> None:
    """In small and in capital letters, and with the letters that other alphabets lend."""
    for form in (
        text,
        text.upper(),
        text.lower(),
        text.replace("i", "\u0131"),
        text.replace("s", "\u017f"),
        text.replace("k", "\u212a"),
    ):
        assert find_identifiers(form) == find_slowly(form)
        assert find_identifying(["plain", form, "more"]) == ({form} if find_slowly(form) else set())


def test_the_letters_that_a_pattern_takes_for_plain_ones_are_known() -> None:
    """Where case is ignored, four foreign letters match; two of them become plain before, the others are written as an i."""
    foreign = {chr(code) for code in range(128, 0x110000) if re.match("[a-z]", chr(code), re.IGNORECASE)}
    assert foreign == {"\u0130", "\u0131", "\u017f", "\u212a"}
    assert identifiers._write_plainly("\u017f\u212a") == "sK"
    assert identifiers._write_small("\u0130\u0131") == "ii"


@pytest.mark.parametrize("name", ["_SIGNS", "_NEAR_DIGITS"])
def test_a_sign_that_is_not_looked_for_would_be_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault."""
    monkeypatch.setattr(identifiers, name, {} if name == "_SIGNS" else ())
    assert any(find_identifiers(text) != find_slowly(text) for texts in FORMS.values() for text in texts)


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_looked_at(text: str) -> None:
    """Lone surrogates, control characters, other scripts: an answer and no error."""
    assert set(find_identifiers(text)) <= PATTERNS.keys()


def test_half_a_character_is_no_obstacle() -> None:
    assert find_identifiers("\ud800 rowan@example.org \udfff") == ("email",)
