"""Notices about a case that was saved under an earlier edition: what was carried over, what moved, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kapnb.engine.earlier import Replay, list_new, replay
from kapnb.engine.edition import Edition
from kapnb.text.phrases import answer_words, in_order, outcome_words
from kapnb.text.words import words


def describe_edition(edition: Edition, number: str) -> str:
    """That something is older than the rules, and what they ask that it could not answer."""
    questions = ", ".join(edition.fields[name].label for name in list_new(edition.fields, number))
    return words("earlier.edition", before=number, now=edition.number, questions=questions)


def describe_case(
    answers: Mapping[str, str], edition: Edition, number: str, readings: Mapping[str, str], label: str = ""
) -> tuple[str, ...]:
    """What a reader has to know of one case, which is carried over already; ``readings`` are those that it was saved with."""
    fields = edition.fields
    renamed = [name for name, given in in_order(fields, answers) if fields[name].option(given).was]
    carried = (words("earlier.renamed", answer=answer_words(fields, name, answers[name])) for name in renamed)
    again = replay(answers, edition.bind(readings), number, readings)
    said = describe_replay(label or words("earlier.this_case"), again, edition)
    return (describe_edition(edition, number), *carried, said)


def describe_replays(cases: Iterable[tuple[str, Mapping[str, str]]], edition: Edition, number: str) -> Iterator[str]:
    """One line for each case whose outcome moved, and one for those that came to the same."""
    same = 0
    for label, answers in cases:
        again = replay(answers, edition, number)
        same += not again.moved
        if again.moved:
            yield describe_replay(label, again, edition)
    if same:
        yield words("earlier.same_several" if same > 1 else "earlier.same_one", count=same)


def describe_replay(label: str, again: Replay, edition: Edition) -> str:
    """What became of the outcome of a case, in one line."""
    if not again.moved:
        return words("earlier.same", case=label, outcome=outcome_words(again.after))
    why = [edition.ledger.words[name].new for name in again.rules]
    if again.questions:
        why.append(words("earlier.unanswered", questions=", ".join(edition.fields[name].label for name in again.questions)))
    reasons = " ".join(dict.fromkeys(why)) or words("earlier.why_other")
    return words("earlier.moved", case=label, before=outcome_words(again.before), after=outcome_words(again.after), why=reasons)
