"""What a session looks like: everything the widgets draw, worked out from the state and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kapnb import Assessment, assess, explain, fields
from kapnb.explanation import Block, support
from kapnb.ui.session import Session, asked
from kapnb.words import words


@dataclass(frozen=True, slots=True)
class View:
    """One state of the page.

    Attributes:
        shown: the questions on view, in order.
        counts: for each section, how many of its questions on view are answered, in words.
        assessment: None before somebody has confirmed that the case is invented.
        blocks: the explanation, or before that confirmation the support block alone, where there is one.
    """

    shown: tuple[str, ...]
    answered: int
    counts: Mapping[str, str]
    assessment: Assessment | None
    blocks: tuple[Block, ...]

    @property
    def progress(self) -> str:
        return count(self.answered, len(self.shown))


def look(session: Session) -> View:
    """Draw up the page of a session."""
    answers = session.case.answers
    shown = asked(answers)
    counts = {}
    for section in fields.sections:
        here = [one.name for one in section.fields if one.name in shown]
        counts[section.name] = count(sum(name in answers for name in here), len(here))
    answered = sum(name in answers for name in shown)
    if session.invented:
        assessment = assess(answers, session.case.readings)
        return View(shown, answered, counts, assessment, explain(assessment))
    help_first = support(answers)
    return View(shown, answered, counts, None, (help_first,) if help_first else ())


def count(answered: int, of: int) -> str:
    """How many are answered, in words."""
    return words("page.answered", answered=answered, asked=of)
