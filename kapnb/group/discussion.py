"""What to talk about: prompts in Bernard's discrimination model, the cases that divide a group, and what a table of cases reaches.

A prompt has one of three roles of the supervisor (teacher, counselor, consultant) and has one of three foci (intervention,
conceptualization, personalization). The supervisor chooses; nothing is chosen here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import comb
from typing import Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.explore import Twin
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, Kind
from kapnb.group.judgments import Judgment, by_case, distance, list_briefly
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.phrases import outcome_words, sentence, twin_outcome_words
from kapnb.text.words import words

MOST_TWINS: Final = 3
MOST_FACTS: Final = 3
"""How many of a kind are suggested for one case: an hour is short."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A prompt for the supervision hour.

    Attributes:
        origin: what it comes from: facts, rule, priority, untold, spread, incomplete (the group), finding, twin, reading (the case)
            or general.
        cases: the cases that it was suggested for.
    """

    text: str
    role: str
    focus: str
    origin: str
    cases: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What it is known by while the supervisor chooses: the same for the same prompt, whatever the cases."""
        return f"{self.role}.{self.focus}.{self.text}"


def suggest(case_id: str, assessment: Assessment, differences: Sequence[Difference] = ()) -> tuple[Suggestion, ...]:
    """Prompts for one case: first where the group differs, then what the case itself offers, then what can always be asked.

    >>> from kapnb import assess
    >>> case = assess({"suicide_attempts": "single", "structured_therapy": "not_started"})
    >>> sorted({one.origin for one in suggest("E1", case)})
    ['finding', 'general', 'reading', 'twin']
    """
    found: dict[str, Suggestion] = {}
    for one in chain(_from_group(assessment, differences), _from_case(assessment, differences)):
        found.setdefault(one.key, replace(one, cases=(case_id,)))
    return tuple(found.values())


def suggest_for_session(cases: Iterable[tuple[str, Assessment, Sequence[Difference]]]) -> tuple[Suggestion, ...]:
    """Prompts for a session: each once, with its cases; those that more cases raise come first, general ones last."""
    gathered: dict[str, Suggestion] = {}
    for case_id, assessment, differences in cases:
        for one in suggest(case_id, assessment, differences):
            before = gathered.get(one.key)
            gathered[one.key] = replace(before, cases=(*before.cases, case_id)) if before else one
    return tuple(sorted(gathered.values(), key=lambda one: (one.origin == "general", -len(one.cases))))


def explain_suggestions(suggestions: Iterable[Suggestion]) -> Block:
    """The prompts as lines, each with its place and, where they come from several cases, with its own."""
    suggestions, lines = tuple(suggestions), []
    several = len({case for one in suggestions for case in one.cases}) > 1
    for one in suggestions:
        place = words("explanation.prompt_place", role=words(f"roles.{one.role}"), focus=words(f"foci.{one.focus}"))
        cases = (words("supervision.prompt_cases", cases=list_briefly(one.cases)),) if several and one.origin != "general" else ()
        lines.append(Line(one.text, (Badge(place, "prompt"),), cases))
    return Block("prompts", words("supervision.prompts"), tuple(lines) or (Line(words("supervision.prompts_none")),), open=True)


def share_alike(outcomes: Sequence[Outcome]) -> float | None:
    """Of all pairs of people the share that gave the same outcome; None where there is no pair.

    >>> share_alike([Outcome.CLARIFY_FIRST, Outcome.CLARIFY_FIRST, Outcome.NOT_AT_PRESENT])
    0.3333333333333333
    """
    pairs = comb(len(outcomes), 2)
    return sum(comb(count, 2) for count in Counter(outcomes).values()) / pairs if pairs else None


def is_divided(outcomes: Sequence[Outcome]) -> bool:
    """Whether a case divides the group: one person who differs from all the others is no dispute, and is not singled out."""
    if len(set(outcomes)) < 2:
        return False
    most = max(Counter(outcomes).values())
    return len(outcomes) - most > 1 or len(outcomes) == 2


def rank_disputes(judgments: Iterable[Judgment]) -> tuple[str, ...]:
    """The cases that divide the group, the most divided first.

    First counts how few pairs of people agree. Then the span between the ends, then the number of judgments, then the label.
    """
    ranked = []
    for case_id, given in by_case(judgments).items():
        outcomes = [one.outcome for one in given if one.outcome]
        if is_divided(outcomes):
            span = max(outcomes).caution - min(outcomes).caution
            ranked.append((round(share_alike(outcomes) or 0, 9), -span, -len(outcomes), case_id))
    return tuple(case_id for *_, case_id in sorted(ranked))


def find_claims(assessment: Assessment) -> tuple[str, ...]:
    """The claims of the article that a case brings up: those beside a finding, as its basis or as its why."""
    stated = {claim for finding in assessment.findings for claim in finding.claims}
    held = {finding.rule for finding in assessment.findings}
    claims = assessment.edition.ledger.claims
    return tuple(name for name, claim in claims.items() if name in stated or not held.isdisjoint(claim.explains))


def explain_coverage(assessments: Iterable[Assessment], edition: Edition) -> Block:
    """How many rules and claims some case reaches, and everything that none does. A rule is reached where it certainly holds."""
    rules, claims = set[str](), set[str]()
    for one in assessments:
        rules |= {finding.rule for finding in one.findings}
        claims |= {*find_claims(one)}
    told = {
        claim.id: words("explanation.claim", id=claim.id, paragraph=claim.paragraph, text=claim.text)
        for claim in edition.ledger.claims.values()
    }
    meanings = {rule.name: rule.rule.meaning for rule in edition.rules}
    lines = []
    for key, reached, texts in (("rules", rules, meanings), ("claims", claims, told)):
        missed = tuple(text for name, text in texts.items() if name not in reached)
        lines.append(Line(words(f"supervision.reached_{key}", reached=len(texts) - len(missed), of=len(texts))))
        if missed:
            lines.append(Line(words(f"supervision.not_reached_{key}"), (), missed))
    return Block("coverage", words("supervision.coverage"), tuple(lines))


def _make(key: str, role: str, focus: str, origin: str, **values: object) -> Suggestion:
    return Suggestion(words(f"supervision.{key}", **values), role, focus, origin)


def _from_group(assessment: Assessment, differences: Sequence[Difference]) -> Iterator[Suggestion]:
    """What the judgments of a case raise. Facts that do not move the outcome raise nothing by themselves."""
    yield from _from_facts(assessment, differences)
    for one in differences:
        yield from _from_conclusion(one, assessment.edition.guidance.meanings)
    if any(one.either for one in differences):
        yield _make("ask_untold", "consultant", "conceptualization", "untold")
    if any(one.conclusion.open for one in differences):
        yield _make("ask_open", "counselor", "intervention", "untold")
    outcomes = [one.judgment.outcome for one in differences if one.judgment.outcome]
    if outcomes and max(outcomes).caution - min(outcomes).caution > 1:
        values = {"most": outcome_words(max(outcomes)), "least": outcome_words(min(outcomes))}
        yield _make("ask_spread", "consultant", "personalization", "spread", **values)
        yield _make("ask_persuade", "counselor", "conceptualization", "spread")
    if any(not one.complete for one in differences):
        yield _make("ask_incomplete", "counselor", "personalization", "incomplete")


def _from_conclusion(difference: Difference, rules: Mapping[str, str]) -> Iterator[Suggestion]:
    for key, kind, rule in difference.rests:
        if kind is Kind.RULE and rule in rules:
            focus = "conceptualization" if key == "added" else "intervention"
            yield _make(f"ask_{key}", "teacher", focus, "rule", rule=rules[rule])
        over = difference.conclusion.passed_over
        if kind is Kind.PRIORITY and over:
            yield _make("ask_priority", "consultant", "intervention", "priority", rule=rules[rule], over=rules[over[0]])
            yield _make("ask_weight", "counselor", "personalization", "priority", rule=rules[rule])


def _from_facts(assessment: Assessment, differences: Sequence[Difference]) -> Iterator[Suggestion]:
    """The questions that most raters answered otherwise, of those that matter."""
    facts = [fact for one in differences for fact in one.facts if fact.matters]
    count = Counter(fact.field for fact in facts)
    read = sorted((field for field in assessment.edition.fields.values() if field.name in count), key=lambda one: -count[one.name])
    for field in read[:MOST_FACTS]:
        given = {option for fact in facts if fact.field == field.name for option in (fact.table, fact.rater)}
        options = words("supervision.or").join(f"“{one.label}”" for one in field.options if one.name in given)
        key = "ask_fact" if len(given - {None}) > 1 else "ask_fact_open"
        yield _make(key, "teacher", "conceptualization", "facts", label=sentence(field.label), options=options)
        yield _make("ask_fact_self", "teacher", "personalization", "facts", label=field.label)
        yield _make("ask_fact_next", "consultant", "intervention", "facts", label=field.label)


def _from_case(assessment: Assessment, differences: Sequence[Difference]) -> Iterator[Suggestion]:
    edition = assessment.edition
    for finding in assessment.findings:
        for prompt in edition.ledger.words[finding.rule].prompts:
            yield Suggestion(prompt.text, prompt.role, prompt.focus, "finding")
    for twin in _nearest(assessment, differences):
        field, outcome = edition.fields[twin.field], twin_outcome_words(assessment, twin)
        values = {"before": field.option(twin.before).label, "after": field.option(twin.after).label}
        yield _make("ask_twin", "teacher", "conceptualization", "twin", label=sentence(field.label), outcome=outcome, **values)
    for name in dict.fromkeys(hinge.reading for hinge in assessment.hinges_on):
        question = edition.ledger.readings[name].question
        yield _make("ask_reading", "consultant", "conceptualization", "reading", question=question)
    for prompt in edition.ledger.prompts:
        yield Suggestion(prompt.text, prompt.role, prompt.focus, "general")


def _nearest(assessment: Assessment, differences: Sequence[Difference]) -> Sequence[Twin]:
    """The few twins worth telling: first what the group read otherwise, then what a finding rests on, the farthest outcome first.

    One to a question, and none for a question that nothing in the case is about.
    """
    default = assessment.edition.default_rule.name
    read = {fact.field for one in differences for fact in one.facts}
    rests = {name for finding in assessment.findings if finding.rule != default for name in finding.because}
    twins = [twin for twin in assessment.twins if twin.field in read | rests]
    nearest: dict[str, Twin] = {}
    for twin in sorted(twins, key=lambda twin: (twin.field not in read, -distance(twin.outcome, assessment.outcome))):
        nearest.setdefault(twin.field, twin)
    return tuple(nearest.values())[:MOST_TWINS]
