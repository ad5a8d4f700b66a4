"""What a trainee is offered to judge by, made by the engine for one case: findings, facts, and what was asked and not found.

Nothing offered tells the answer. The findings are those that hold and others that could, in the order of the article; the facts are
those on which the case turns, and others beside them, in the order of the dictionary. There are always as many of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Kind
from kapnb.text.phrases import join_words
from kapnb.text.words import words
from kapnb.training.library import Library, Vignette
from kapnb.training.session import keep_known

FINDINGS: Final = 6
"""The findings offered; that nothing speaks against it is always one of them."""
HOLDING: Final = 3
"""Of them at most so many that hold, so that most do not."""
FACTS: Final = 4
NOTHING: Final = ("no", "none")
"""How an answer begins by which nothing was found."""


def offer_findings(vignette: Vignette, library: Library) -> tuple[str, ...]:
    """The rules that a trainee can choose from as the one that decides, in the order of the article."""
    edition = library.edition
    here, default = edition.assess(vignette.answers), edition.default_rule.name
    rank = {rule.name: place for place, rule in enumerate(edition.guidance.rules)}
    held = [finding.rule for finding in here.findings if finding.outcome]  # the most cautious first
    likely = chain(held[:HOLDING], _find_near(vignette, here, library), rank)
    able = {rule.name for rule in edition.guidance.rules if rule.outcome or rule.kind is Kind.FAVORABLE}
    able -= {default, *held[HOLDING:]}
    found = [name for name in dict.fromkeys(likely) if name in able][: FINDINGS - 1]
    return tuple(sorted((*found, default), key=rank.__getitem__))


def _find_near(vignette: Vignette, here: Assessment, library: Library) -> Iterator[str]:
    """Rules that do not hold here and could be taken to: those open, of the twin, after a follow-up, about the same facts."""
    edition, answers = here.edition, here.counted
    yield from (one.rule for one in here.unsettled[:2])
    others: list[Mapping[str, str]] = [twin.answers] if (twin := library.find_twin(vignette)) else []
    others += [keep_known({**answers, **one.changes}, edition.fields) for one in vignette.follow_ups]
    yield from (finding.rule for one in others for finding in edition.assess(one).deciding)
    told = find_told(answers, edition.fields)
    about = {rule.name: rule.condition.fields for rule in edition.guidance.rules}
    near = [name for name, fields in about.items() if fields & told]
    yield from sorted(near, key=lambda name: -len(about[name] & told) / len(about[name]))
    taught = set(vignette.claims)
    yield from (rule.name for rule in edition.guidance.rules if taught.intersection(rule.claims))
    yield from ("assessment_incomplete", "outside_scope")


def offer_facts(vignette: Vignette, edition: Edition) -> tuple[str, ...]:
    """The questions on which a case turns, and others beside them, in the order of the dictionary.

    None that the story leaves open: to be asked would be a hint.
    """
    here = edition.assess(vignette.answers)
    answers, fields = here.counted, edition.fields
    told = find_told(answers, fields)
    deciding = (name for finding in here.deciding for name in finding.because if name in told)
    changed = (name for one in vignette.follow_ups for name in one.changes)
    twins = (twin.field for twin in here.twins if twin.field in told)
    found = [name for name in dict.fromkeys(chain(deciding, twins, changed, answers)) if name in answers][:FACTS]
    return tuple(name for name in fields if name in found)


def find_told(answers: Mapping[str, str], fields: Dictionary) -> frozenset[str]:
    """The questions whose answer is anything but the quiet one."""
    return frozenset(name for name, given in answers.items() if not (fields[name].always and given == fields[name].options[0].name))


def list_absent(answers: Mapping[str, str], fields: Dictionary) -> tuple[str, ...]:
    """The questions that were asked and in which nothing was found; one that is open is not among them."""
    told = find_told(answers, fields)
    return tuple(name for name in fields if name in answers and name not in told and answers[name].partition("_")[0] in NOTHING)


def tell_absent(answers: Mapping[str, str], fields: Dictionary) -> tuple[str, str]:
    """In words what was asked and not found, and that the assessment is thorough; empty where it is not so."""
    labels = [fields[name].label for name in list_absent(answers, fields)]
    thorough = answers.get("psychological_assessment") == "thorough"
    return f"{join_words(labels)}." if labels else "", words("training_page.thorough") if thorough else ""
