"""What was saved under an earlier edition: carried over to the questions of today, and judged as it was then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module

from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Basis, Kind, Outcome
from kapnb.engine.rules import Rule


@dataclass(frozen=True, slots=True)
class Replay:
    """What a case came to under an earlier edition, and comes to now.

    Attributes:
        rules: where it moved, the rules that decide now and that this edition changed.
        questions: where it moved, the new questions that it leaves open.
    """

    before: Outcome
    after: Outcome
    rules: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        return self.before is not self.after


def list_earlier(guidance: Guidance) -> tuple[str, ...]:
    """The numbers of the earlier editions that are still known; each has a module ``edition_N`` in the pack's folder."""
    numbers = (path.stem.removeprefix("edition_") for path in guidance.folder.glob("edition_*.py"))
    return tuple(sorted(filter(str.isdecimal, numbers), key=int))


def carry(answers: Mapping[str, str], fields: Dictionary) -> dict[str, str]:
    """The answers with options by their names of today.

    >>> from kapnb import fields
    >>> carry({"suicidal_communication": "repeated", "ocd": "no"}, fields)
    {'suicidal_communication': 'repeated_current', 'ocd': 'no'}
    """
    known = {(name, option.was): option.name for name, one in fields.items() for option in one.options if option.was}
    return {name: known.get((name, given), given) for name, given in answers.items()}


def carry_rule(name: str, edition: Edition, answers: Mapping[str, str]) -> str:
    """The rule that has taken the place of one; of several the one that holds for these answers, else the last."""
    rules = [rule for rule, words in edition.ledger.words.items() if name in words.was]
    if name in edition.ledger.words or not rules:
        return name
    held = {finding.rule for finding in edition.assess(carry(answers, edition.fields)).findings}
    return next((rule for rule in rules if rule in held), rules[-1])


def list_new(fields: Dictionary, number: str) -> tuple[str, ...]:
    """The questions that an edition with this number did not have."""
    return tuple(name for name, one in fields.items() if one.since and int(one.since) > int(number))


def replay(answers: Mapping[str, str], edition: Edition, number: str, readings: Mapping[str, str] | None = None) -> Replay:
    """Judge a case, whose answers are carried over, as the earlier edition of a number did, and as this one does.

    ``readings`` are those that differed from the default then; without them, those that do now count.
    """
    now = edition.assess(answers)
    then = _open(edition.guidance, number, tuple((edition.changed if readings is None else readings).items()))
    before, after = then.assess(answers).outcome, now.outcome
    if before is after:
        return Replay(before, after)
    changed = tuple(one.rule for one in now.deciding if edition.ledger.words[one.rule].new)
    asked = tuple(name for name in list_new(edition.fields, number) if name in now.unrecorded)
    return Replay(before, after, changed, () if now.settled else asked)


@cache
def _open(guidance: Guidance, number: str, readings: tuple[tuple[str, str], ...]) -> Edition:
    """An earlier edition, which gives outcomes and nothing else: its rules have no words now."""
    module = import_module(f"kapnb.packs.{guidance.name}.edition_{number}")
    rules = tuple(
        Rule(one.name, one.meaning, one.condition, Kind.OUTCOME, outcome, (), Basis.READING)
        for outcome, one in module.OUTCOMES.items()
    )
    default = next(rule for rule in guidance.rules if not rule.condition.fields)
    earlier = replace(guidance, rules=(*rules, default))
    return earlier.bind({**module.DEFAULTS, **dict(readings)})
