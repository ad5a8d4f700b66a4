"""Recognize texts that look as if they could identify a person.

It catches slips and de-identifies nothing: kapnb is for invented cases, and a text that passes may still not be anonymous.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from kapnb.engine.problems import shorten
from kapnb.limits import IDENTIFIER_SEARCH

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


def find_identifiers(text: str) -> tuple[str, ...]:
    """The classes of identifier that a text seems to hold.

    >>> find_identifiers("Seen again after two weeks; sleeps six hours.")
    ()
    >>> find_identifiers("Reach me at rowan@example.org")
    ('email',)
    """
    plain = _write_plainly(text[:IDENTIFIER_SEARCH])
    return tuple(name for name, pattern in PATTERNS.items() if pattern.search(plain))


def find_identifying(texts: Iterable[str]) -> frozenset[str]:
    """Those of many texts that seem to hold an identifier."""
    return frozenset(text for text in dict.fromkeys(texts) if find_identifiers(text))


def hide(text: object) -> str:
    """A text as a message may repeat it: short, and not at all where it seems to identify somebody.

    "DOB" alone is the name of a column, not a birthday.

    >>> hide("DOB"), hide("rowan@example.org")
    ('DOB', '…')
    """
    kinds = set(find_identifiers(str(text)))
    return "…" if kinds and (kinds != {"birth"} or any(map(str.isdigit, str(text)))) else shorten(text)


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
