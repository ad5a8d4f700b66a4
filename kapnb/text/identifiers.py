"""Recognize texts that look as if they could identify a person.

A seat belt, not a de-identification: kapnb is for invented cases, and a text that passes is not thereby anonymous.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Final

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:19|20)\d\d"
_CAPITAL: Final = r"[A-ZÀ-ÖØ-Þ]"

# Every repetition is bounded, so that no text takes long.
PATTERNS: Final = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w|\w ?[\[(]at[\])] ?\w", re.IGNORECASE),
    "url": re.compile(r"\b(?:https?://|ftp://|www\.)\S|(?<![@\w.-])(?:[\w-]{1,63}\.){1,4}(?:com|org|net|edu|gov)\b", re.IGNORECASE),
    "social_security": re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)"),
    "full_date": re.compile(
        rf"(?<!\d)(?:{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}([-/.])\d{{1,2}}\1(?:19|20)?\d\d)(?!\d)"
        rf"|\b{_MONTH}[ -]{_DAY},?[ -]{_YEAR}\b|\b{_DAY}\.?[ -](?:of )?{_MONTH},?[ -]{_YEAR}\b|\b{_YEAR},? {_MONTH} \d",
        re.IGNORECASE,
    ),
    "birth": re.compile(
        rf"\b(?:dob|d\.o\.b|date of birth|birth ?date|(?:year of birth|birth ?year)\W{{0,3}}(?:is )?\d{{2,4}}"
        rf"|born(?: on| in)?(?: the)? (?:{_DAY}|{_MONTH}|{_YEAR}))\b",
        re.IGNORECASE,
    ),
    "phone": re.compile(
        r"(?<!\w)(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ ./-]?\d{3,4}[ .-]\d{3,4}(?!\w)"
        r"|\+\d[\d ().-]{7,16}\d|(?<!\w)0\d(?:[ .-]\d\d){4}(?!\w)"
        r"|\b(?:tel|phone|telephone|cell|mobile|fax|call|text)\b[^\d]{0,12}\d{3}[ .-]?\d{4}(?!\w)",
        re.IGNORECASE,
    ),
    "record_number": re.compile(
        r"\b(?:mrn|nhs|ssn|(?:record|chart|patient|member|medicaid|medicare|insurance|account|policy|passport|case file)"
        r" ?(?:no|nr|number|id|#))\W{0,3}[\w-]{0,20}\d|(?<!\d)(?<!\d\.)\d{7,}(?!\d)(?!\.\d)",
        re.IGNORECASE,
    ),
    "postal_code": re.compile(
        rf"\b[A-Z]{{2}} \d{{5}}(?:-\d{{4}})?\b|, {_CAPITAL}\w{{2,20}}(?: {_CAPITAL}\w{{2,20}})? \d{{5}}\b|\b\d{{5}}-\d{{4}}\b"
        r"|\b(?:[Zz][Ii][Pp](?: ?[Cc]ode)?|[Pp]ost(?:al)? ?[Cc]ode)(?: is)?\W{1,3}\w{0,4}\d"
        r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b"
    ),
    "titled_name": re.compile(
        rf"\b(?:(?:[Mm]rs?|Ms|Mx|[Dd]r|Prof)(?:\.\s?|\s)|(?:Miss|Doctor|Professor)\s){_CAPITAL}[\w'\u2019]"
        rf"|\b(?:MR|MRS|MS|MX|DR|PROF)(?:\.\s?|\s){_CAPITAL}[{_CAPITAL[1:-1]}'\u2019]"
    ),
}
"""Each class of identifier, by its name in the words ``identifiers.*``."""

MOST_CHARACTERS: Final = 20_000
"""How much of a text is looked at; whoever reads a text bounds its length first."""


def find_identifiers(text: str) -> tuple[str, ...]:
    """The classes of identifier that a text seems to hold.

    >>> find_identifiers("Seen again after two weeks; sleeps six hours.")
    ()
    >>> find_identifiers("Reach me at rowan@example.org")
    ('email',)
    """
    plain = _write_plainly(text[:MOST_CHARACTERS])
    possible = _name_possible(plain)
    return tuple(name for name, pattern in PATTERNS.items() if name in possible and pattern.search(plain))


def find_identifying(texts: Iterable[str]) -> frozenset[str]:
    """Those of many texts that seem to hold an identifier. Most are told from a glance at many of them together."""
    distinct = list(dict.fromkeys(texts))
    found: list[str] = []
    for start in range(0, len(distinct), _TOGETHER):
        some = distinct[start : start + _TOGETHER]
        if max(map(len, some)) > MOST_CHARACTERS:
            some = [text[:MOST_CHARACTERS] for text in some]
        joined = _write_plainly("\0".join(some))
        places = _find_suspects(joined) if joined.count("\0") == len(some) - 1 else range(len(some))
        found += [distinct[start + place] for place in places if find_identifiers(some[place])]
    return frozenset(found)


def _write_plainly(text: str) -> str:
    """One kind of dash and of space, full-width signs as usual ones, nothing invisible."""
    if text.isascii():  # plain already
        return " ".join(text.split())
    signs = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    for sign in set(signs):
        match unicodedata.category(sign):
            case "Pd":  # dashes of every length
                signs = signs.replace(sign, "-")
            case "Cf":  # what has no width
                signs = signs.replace(sign, "")
    return " ".join(signs.split())


# What each class cannot be without. A pattern takes long; to see that it cannot match takes a hundredth of
# that. Whatever is possible is then asked of the pattern itself, so that this makes no difference but of time.


def _name_possible(plain: str) -> set[str]:
    """The classes that a text may hold."""
    small, shape = _write_small(plain), _write_shape(plain)
    digits = shape.count(b"0")
    possible = {name for name, signs in _SIGNS.items() if any(sign in small for sign in signs)}
    if _TITLE.search(plain):
        possible.add("titled_name")
    if any(map(str.isdecimal, _list_foreign(plain))):
        return possible | _OF_DIGITS
    if not digits:
        return possible - _OF_DIGITS
    if any(sign in shape for sign in _NEAR_DIGITS):
        least = {"full_date": 4, "postal_code": 5, "phone": 7, "record_number": 7, "social_security": 9}
        possible.update(name for name, number in least.items() if digits >= number)
        possible.update(name for name, sign in (("phone", b"+"), ("postal_code", b"0A")) if sign in shape)
    return possible


def _find_suspects(joined: str) -> list[int]:
    """The places of those of many texts, a zero sign between two, in which anything is possible."""
    small, shape = _write_small(joined), _write_shape(joined)
    letters, kinds = {letter for letter in _LETTERS if letter in small}, {kind for kind in _KINDS if kind in shape}
    signs = [sign for sign in _ALL_SIGNS if letters.issuperset(sign)]  # quick where the texts are labels of a few letters
    places = {place for sign in (*signs, *filter(str.isdecimal, _list_foreign(joined))) for place in _place(small, sign, "\0")}
    places |= {place for sign in _NEAR_DIGITS if kinds.issuperset(sign) for place in _place(shape, sign, b"\0")}
    if not kinds.isdisjoint(b"A?"):
        places |= {joined.count("\0", 0, found.start()) for found in _TITLE.finditer(joined)}
    return sorted(places)


def _place(joined: Any, sign: Any, zero: Any) -> Iterator[int]:
    """The places of those texts that hold a sign."""
    place, last, at = 0, 0, joined.find(sign)
    while at >= 0:
        place += joined.count(zero, last, at)
        yield place
        last = joined.find(zero, at)
        at = joined.find(sign, last) if last >= 0 else -1


def _write_small(plain: str) -> str:
    """In small letters; the two further letters that a pattern takes for an i are one."""
    return (plain if plain.isascii() else plain.replace("\u0130", "i").replace("\u0131", "i")).lower()


def _write_shape(plain: str) -> bytes:
    """Digits as 0, capitals as A, other letters as a, plus and zero signs as they are, the rest as -; what is not ASCII as ?."""
    return plain.encode("utf-8", "surrogatepass").translate(_SHAPES)


def _list_foreign(plain: str) -> set[str]:
    return set() if plain.isascii() else {sign for sign in set(plain) if not sign.isascii()}


def _shape(sign: str) -> str:
    if sign in "+\0":
        return sign
    if not sign.isascii():
        return "?"
    if sign.isalnum() or sign == "_":
        return "0" if sign.isdecimal() else "A" if sign.isupper() else "a"
    return "-"


_TOGETHER: Final = 2_000
"""How many texts are looked at in one go."""

_SHAPES: Final = "".join(map(_shape, map(chr, range(256)))).encode()
_NEAR_DIGITS: Final = (b"0-", b"-0", b"0+", b"+0", b"0?", b"?0", b"0A", b"0000000")
_OF_DIGITS: Final = frozenset({"full_date", "phone", "postal_code", "record_number", "social_security"})
"""None of these matches without a digit. Digits stand beside another kind of sign or are many, unless a word below is there."""

_SIGNS: Final = {
    "email": ("@", "[at", "(at"),
    "url": ("://", "www.", ".com", ".org", ".net", ".edu", ".gov"),
    "birth": ("dob", "d.o.b", "birth", "born"),
    "record_number": (
        *("mrn", "nhs", "ssn", "record", "chart", "patient", "member", "medicaid", "medicare", "insurance", "account"),
        *("policy", "passport", "case file"),
    ),
    "postal_code": ("zip", "postcode", "post code", "postalcode", "postal code"),
}
"""Small letters of which one stands in every text that the class matches; the last two also know digits alone."""

_ALL_SIGNS: Final = tuple(sign for signs in _SIGNS.values() for sign in signs)
_LETTERS: Final = sorted(frozenset("".join(_ALL_SIGNS)))
_KINDS: Final = tuple(frozenset(_SHAPES))

_TITLES: Final = ("Mr|mr|Ms|Mx|Dr|dr|MR|MS|MX|DR", "Mrs|mrs|MRS", "Prof|PROF|Miss", "Doctor|fessor")
_TITLE: Final = re.compile(
    rf"{_CAPITAL}(?:{'|'.join(rf'(?<=(?:{title}){between}.)' for title in _TITLES for between in ('[. ]', '[.] '))})"
)
"""A capital letter behind a title; what is rarest is looked for first."""
