"""What a session looks like: everything the widgets draw, worked out from the state and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kapnb import Assessment, assess, explain, fields, load_guidance
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.compare import compare
from kapnb.text.explain import four, support
from kapnb.text.words import words
from kapnb.ui.session import Session, asked


@dataclass(frozen=True, slots=True)
class View:
    """One state of the page.

    Attributes:
        shown: the questions on view, in order.
        counts: for each section, how many of its questions on view are answered, in words.
        changed: how many readings of the source are changed, in words.
        whatif: in a what-if, how much it has changed so far, in words; else empty.
        assessment: None before somebody has confirmed that the case is invented.
        recorded: in a what-if, the assessment of the recorded case.
        blocks: the explanation, in a what-if the comparison; before that confirmation the support block alone, where there is one.
    """

    shown: tuple[str, ...]
    answered: int
    counts: Mapping[str, str]
    changed: str
    whatif: str
    assessment: Assessment | None
    recorded: Assessment | None
    blocks: tuple[Block, ...]

    @property
    def progress(self) -> str:
        return count(self.answered, len(self.shown))


def look(session: Session) -> View:
    """Draw up the page of a session."""
    case, before = session.case, session.whatif
    answers = case.answers
    shown = asked(answers)
    counts = {}
    for section in fields.sections:
        here = [one.name for one in section.fields if one.name in shown]
        counts[section.name] = count(sum(name in answers for name in here), len(here))
    answered = sum(name in answers for name in shown)
    changed = count_readings(case)
    whatif = count_changes(before, case) if before else ""
    assessment = assess(answers, case.readings) if session.invented else None
    recorded = assess(before.answers, before.readings) if assessment and before else None
    if assessment and recorded:
        blocks = weigh(recorded, assessment)
    elif assessment:
        blocks = explain(assessment)
    else:
        blocks = tuple(filter(None, (support(answers),)))
    return View(shown, answered, counts, changed, whatif, assessment, recorded, blocks)


def weigh(recorded: Assessment, assessment: Assessment) -> tuple[Block, ...]:
    """What a what-if changes, below what has to stand beside every outcome."""
    moved, *rest = compare(recorded, assessment)
    help_first = support(assessment.answers) or support(recorded.answers)
    return (moved, *([help_first] if help_first else []), four(assessment), *rest)


def count(answered: int, of: int) -> str:
    """How many are answered, in words."""
    return words("page.answered", answered=answered, asked=of)


def count_readings(case: Case) -> str:
    """How many readings of the source differ from their default, in words."""
    known = load_guidance().readings
    changed = sum(choice != known[name].default for name, choice in case.readings.items())
    return words("page.readings_changed", changed=changed, readings=len(known)) if changed else words("page.readings_none")


def count_changes(before: Case, after: Case) -> str:
    """In how many answers and readings two cases differ, in words."""
    pairs = ((before.answers, after.answers), (before.readings, after.readings))
    changes = sum(was.get(name) != now.get(name) for was, now in pairs for name in {**was, **now})
    return words("page.whatif_count", changes=changes) if changes else words("page.whatif_none")
