"""Phrases that are used wherever a case is spoken of: an outcome with its reasons, an answer, what kind of finding something is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kapnb.engine.assess import Finding
from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.explore import Twin
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Caution, Kind, Outcome, Reason
from kapnb.text.blocks import Badge
from kapnb.text.words import words


def outcome_words(outcome: Outcome, reasons: Iterable[Reason] = (), joiner: str = "and") -> str:
    """The outcome's label. "Clarify first" comes with its reasons; of those that only may hold one suffices, hence "or".

    Where only the article is silent, there is nothing to clarify by recording it, and the label says so.

    >>> outcome_words(Outcome.CLARIFY_FIRST, [Reason.SOURCE_SILENT])
    'The article gives no answer'
    """
    label, reasons = words(f"outcomes.{outcome}"), tuple(reasons)
    if outcome is not Outcome.CLARIFY_FIRST or not reasons:
        return label
    if reasons == (Reason.SOURCE_SILENT,):
        return words("outcomes.no_answer")
    return words("explanation.outcome_because", outcome=label, reasons=list_reasons(reasons, joiner))


def headline_words(assessment: Assessment) -> str:
    """The label of a case's outcome; that the article gives no answer has a label of its own."""
    silent = assessment.reasons == (Reason.SOURCE_SILENT,)
    return outcome_words(assessment.outcome, assessment.reasons if silent else ())


def edition_words(edition: Edition) -> str:
    """Whose article it is, in which edition of our rules, and how it is read where that is unusual."""
    known, ledger = edition.ledger.readings, edition.ledger
    changed = [
        words("explanation.reading", name=known[name].question, label=known[name].choice(choice).label)
        for name, choice in edition.changed.items()
    ]
    key = "explanation.edition_readings" if changed else "explanation.edition"
    return words(key, author=ledger.source.author, edition=ledger.edition, readings="; ".join(changed))


def list_reasons(reasons: Iterable[Reason], joiner: str = "and") -> str:
    """Why something has to be clarified, as part of a sentence."""
    return join_words([words(f"reasons.{reason}") for reason in reasons], joiner)


def list_outcomes(outcomes: Iterable[Outcome], reasons: Iterable[Reason] = ()) -> str:
    """Their labels, the most cautious first; the reasons are those that "clarify first" may have."""
    return "; ".join(f"“{outcome_words(outcome, reasons, 'or')}”" for outcome in sorted(outcomes, reverse=True))


def join_words(items: Sequence[str], joiner: str = "and") -> str:
    """The items as a list within a sentence.

    >>> join_words(["one", "two", "three"])
    'one, two and three'
    """
    last = words(f"explanation.{joiner}")
    return last.join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def answer_words(fields: Dictionary, name: str, option: str) -> str:
    """One recorded answer, as "label: option"."""
    return words("explanation.answer", label=sentence(fields[name].label), option=fields[name].option(option).label)


def list_answers(fields: Dictionary, answers: Mapping[str, str]) -> str:
    return "; ".join(answer_words(fields, name, given) for name, given in in_order(fields, answers))


def in_order(fields: Dictionary, answers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, answers[name]) for name in fields if name in answers]


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def outcome_badges(outcome: Outcome | None, reason: Reason | None) -> tuple[Badge, ...]:
    """What a rule leads to, beside others that lead elsewhere; nothing for a note or a favorable finding."""
    return (Badge(outcome_words(outcome, [reason] if reason else ()), "outcome"),) if outcome else ()


def finding_badges(a: Assessment, finding: Finding) -> tuple[Badge, ...]:
    """What kind of finding it is, and whose: its cautions, unusual readings that it rests on, its basis and its claims."""
    claims = [a.edition.ledger.claims[id_] for id_ in finding.claims]
    badges = []
    if finding.kind is not Kind.OUTCOME:
        badges.append(Badge(words(f"kinds.{finding.kind}"), finding.kind))
    elif any(claim.favorable for claim in claims):
        badges.append(Badge(words("explanation.favorable_note"), Kind.FAVORABLE))
    if finding.caution:
        named = {finding.caution, *(claim.caution for claim in claims)}
        badges += [Badge(words(f"cautions.{caution}"), "caution") for caution in Caution if caution in named]
    badges += reading_badges(a, _read_otherwise(a, finding))
    basis = words(f"bases.{finding.basis}")
    if claims:
        paragraphs = list(dict.fromkeys(claim.paragraph[1:] for claim in claims))
        key = "explanation.badge_claims_several" if len(paragraphs) > 1 else "explanation.badge_claims"
        basis = words(key, basis=basis, claims=" ".join(finding.claims), paragraphs=join_words(paragraphs))
    return (*badges, Badge(basis, finding.basis))


def _read_otherwise(a: Assessment, finding: Finding) -> list[str]:
    """The unusual readings that a finding rests on. That nothing decides may rest on any that took a finding away."""
    if finding.rule == a.edition.default_rule.name:
        return list(a.edition.changed) if a.default_outcome is not a.outcome else []
    reads = a.edition.by_name[finding.rule].rule.reads
    return [name for name in a.edition.changed if name in reads]


def reading_badges(a: Assessment, readings: Iterable[str]) -> tuple[Badge, ...]:
    known, chosen = a.edition.ledger.readings, a.edition.readings
    said = [words("explanation.badge_reading", label=known[name].choice(chosen[name]).label) for name in readings]
    return tuple(Badge(text, "reading") for text in said)


def twin_outcome_words(a: Assessment, twin: Twin) -> str:
    return outcome_words(twin.outcome, a.edition.assess({**a.counted, twin.field: twin.after}).reasons)


def mark_of(outcome: Outcome, reasons: Iterable[Reason] = ()) -> str:
    """The short name of an outcome's mark: nr, nap, cf, cc or mc; na where the article gives no answer.

    >>> mark_of(Outcome.CLARIFY_FIRST, [Reason.SOURCE_SILENT])
    'na'
    """
    silent = outcome is Outcome.CLARIFY_FIRST and tuple(reasons) == (Reason.SOURCE_SILENT,)
    return "na" if silent else _MARKS[outcome]


_MARKS: Final = {
    Outcome.NOT_RECOMMENDED: "nr",
    Outcome.NOT_AT_PRESENT: "nap",
    Outcome.CLARIFY_FIRST: "cf",
    Outcome.CONSIDER_WITH_CONDITIONS: "cc",
    Outcome.MAY_BE_CONSIDERED: "mc",
}
