"""What is wrong, where, what is allowed, and what to do: the one form that every complaint of kapnb takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was given."""

    where: str
    what: str
    allowed: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        what = f"{self.where}: {self.what}" if self.where else self.what
        allowed = f"Allowed: {self.allowed}" if self.allowed else ""
        return " ".join(part if part[-1] in ".?!…" else f"{part}." for part in (what, allowed, self.remedy) if part)

    @classmethod
    def unknown(cls, where: str, name: object, what: str, known: Iterable[str], remedy: str = "") -> Problem:
        """A name that is none of those known, with the one that may have been meant."""
        names = tuple(known)
        return cls(where, f'"{shorten(name)}" {what}', ", ".join(names), suggest(name, names) or remedy)


class KapnbError(ValueError):
    """Something given to kapnb cannot be used; ``problems`` lists everything that is wrong, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class CaseError(KapnbError):
    """A case names an unknown field or option, or is not a case at all."""


class DictionaryError(KapnbError):
    """The dictionary of fields (``schemas/fields.yaml``) has a mistake."""


class GuidanceError(KapnbError):
    """A guidance pack (its ledger or its rules) has a mistake."""


class ServingError(KapnbError):
    """The app cannot be served as asked."""


def suggest(name: object, known: Iterable[str]) -> str:
    """A did-you-mean sentence, or nothing when no known name is near.

    >>> suggest("bipolar_disorde", ["ocd", "bipolar_disorder"])
    'Did you mean "bipolar_disorder"?'
    """
    from difflib import get_close_matches  # only when something is wrong

    near = get_close_matches(str(name)[:80], list(known), n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else ""


def shorten(text: object, length: int = 40) -> str:
    """A name as it can be repeated in a message: short, on one line, printable only."""
    said = "".join(c if c.isprintable() else " " for c in str(text)[: length + 1])
    return said if len(said) <= length else said[: length - 1] + "…"
