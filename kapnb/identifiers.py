"""Recognize texts that look as if they could identify a person.

A seat belt, not a de-identification: kapnb is for invented cases, and a text that passes is not thereby anonymous.
"""

from __future__ import annotations

import re
from typing import Final

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"

PATTERNS: Final = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]+\.\w", re.IGNORECASE),
    "url": re.compile(r"\b(?:https?://|www\.)\S", re.IGNORECASE),
    "social_security": re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)"),
    "full_date": re.compile(
        rf"(?<!\d)(?:(?:19|20)\d\d[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:19|20)?\d\d)(?!\d)"
        rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)?\.? {_MONTH},? (?:19|20)\d\d\b",
        re.IGNORECASE,
    ),
    "birth": re.compile(r"\b(?:dob|d\.o\.b\.?|date of birth|born (?:on|in)|birth ?date)\b", re.IGNORECASE),
    "phone": re.compile(
        r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]?\d{3,4}[ .-]\d{3,4}(?!\w)|\+\d[\d .-]{7,16}\d"
    ),
    "record_number": re.compile(
        r"\b(?:mrn|nhs|ssn|(?:record|chart|patient|insurance|policy|case file) ?(?:no|nr|number|id|#))\W{0,3}\w*\d"
        r"|(?<![\d.])\d{7,}(?![\d.])",
        re.IGNORECASE,
    ),
    "postal_code": re.compile(
        r"\b[A-Z]{2} \d{5}(?:-\d{4})?\b|\b\d{5}-\d{4}\b|\b(?:zip|postal|postcode)\b\D{0,8}\w*\d|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    ),
    "titled_name": re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|MR|MRS|MS|DR)\b\.?\s+[A-Z]\w"),
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
    looked_at = text[:MOST_CHARACTERS]
    return tuple(name for name, pattern in PATTERNS.items() if pattern.search(looked_at))
