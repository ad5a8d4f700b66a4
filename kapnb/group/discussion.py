"""What to talk about: prompts placed in Bernard's discrimination model, the most disputed cases, and what a table of cases reaches.

A prompt stands in one of three roles of the supervisor (teacher, counselor, consultant) and has one of three foci (intervention,
conceptualization, personalization). The supervisor chooses; nothing is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.explore import Twin
from kapnb.engine.ledger import FOCI, ROLES
from kapnb.group.differences import Difference, Fact, Kind
from kapnb.group.judgments import Judgment, by_case, distance, list_briefly, spread
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


@dataclass(frozen=True, slots=True)
class Dispute:
    """How far apart a group is on one case.

    Attributes:
        apart: the mean distance between the outcomes of two raters, from 0 to 1; what AC2 would count as not agreeing.
        span: steps between the most and the least cautious outcome that was given.
        judgments: those with an outcome.
    """

    case_id: str
    apart: float
    span: int
    judgments: int


@dataclass(frozen=True)
class Coverage:
    """What the cases of a table reach.

    Attributes:
        rules: for each rule in force the cases in which it certainly holds, in the order of the source.
        claims: for each claim the cases in which it stands beside a finding, as its source or as its why.
    """

    rules: Mapping[str, tuple[str, ...]]
    claims: Mapping[str, tuple[str, ...]]

    @property
    def rules_not_reached(self) -> tuple[str, ...]:
        """Rules that hold in no case."""
        return tuple(rule for rule, cases in self.rules.items() if not cases)

    @property
    def claims_not_reached(self) -> tuple[str, ...]:
        """Claims that no case brings up."""
        return tuple(claim for claim, cases in self.claims.items() if not cases)


def suggest(case_id: str, assessment: Assessment, differences: Sequence[Difference] = ()) -> tuple[Suggestion, ...]:
    """Prompts for one case: first where the group differs, then what the case itself offers, then what can always be asked.

    >>> from kapnb import assess
    >>> case = assess({"suicide_attempts": "single", "structured_therapy": "not_started"})
    >>> sorted({one.origin for one in suggest("E1", case)})
    ['finding', 'general', 'reading', 'twin']
    """
    sources = (_from_group(assessment, differences), _from_case(assessment, differences), _general(assessment.edition))
    found = [replace(one, cases=(case_id,)) for source in sources for one in source]
    return tuple({one.key: one for one in reversed(found)}[key] for key in dict.fromkeys(one.key for one in found))


def suggest_for_session(cases: Iterable[tuple[str, Assessment, Sequence[Difference]]]) -> tuple[Suggestion, ...]:
    """Prompts for a session: each once, with its cases; those that more cases raise come first, general ones last."""
    gathered: dict[str, Suggestion] = {}
    for case_id, assessment, differences in cases:
        for one in suggest(case_id, assessment, differences):
            before = gathered.get(one.key)
            gathered[one.key] = replace(before, cases=(*before.cases, case_id)) if before else one
    return tuple(sorted(gathered.values(), key=lambda one: (one.origin == "general", -len(one.cases))))


def choose(suggestions: Iterable[Suggestion], roles: Iterable[str] = ROLES, foci: Iterable[str] = FOCI) -> tuple[Suggestion, ...]:
    """The prompts in some of the roles and foci, in their order."""
    wanted_roles, wanted_foci = frozenset(roles), frozenset(foci)
    return tuple(one for one in suggestions if one.role in wanted_roles and one.focus in wanted_foci)


def explain_suggestions(suggestions: Iterable[Suggestion]) -> Block:
    """The prompts as lines, each with its place and, where they come from several cases, with its own."""
    suggestions, lines = tuple(suggestions), []
    several = len({case for one in suggestions for case in one.cases}) > 1
    for one in suggestions:
        place = words("explanation.prompt_place", role=words(f"roles.{one.role}"), focus=words(f"foci.{one.focus}"))
        cases = (words("supervision.prompt_cases", cases=list_briefly(one.cases)),) if several and one.origin != "general" else ()
        lines.append(Line(one.text, (Badge(place, "prompt"),), cases))
    return Block("prompts", words("supervision.prompts"), tuple(lines) or (Line(words("supervision.prompts_none")),), open=True)


def rank_disputes(judgments: Iterable[Judgment]) -> tuple[Dispute, ...]:
    """The cases with two outcomes or more, the most disputed first.

    First counts how far apart two raters are on average, as AC2 weighs it: many small differences can be outweighed by a few
    large ones. Then the span between the ends, then the number of judgments, then the label of the case.
    """
    disputes = []
    for case_id, given in by_case(judgments).items():
        outcomes = [one.outcome for one in given if one.outcome]
        if len(outcomes) > 1:
            pairs = [distance(one, other) for one, other in combinations(sorted(outcomes), 2)]
            span = max(outcomes).caution - min(outcomes).caution
            disputes.append(Dispute(case_id, sum(pairs) / len(pairs), span, len(outcomes)))
    return tuple(sorted(disputes, key=lambda one: (-round(one.apart, 9), -one.span, -one.judgments, one.case_id)))


def explain_disputes(judgments: Sequence[Judgment], most: int = 5) -> Block:
    """The most disputed cases, with the outcomes that were given; cases in which all agree are left out."""
    given = by_case(judgments)
    lines = []
    for dispute in rank_disputes(judgments)[:most]:
        if dispute.span:
            counts = spread(given[dispute.case_id])
            outcomes = tuple(
                words("supervision.times", outcome=outcome_words(outcome), count=count) for outcome, count in counts.items()
            )
            ends = {"most": max(counts).step, "least": min(counts).step}
            lines.append(Line(words("supervision.disputed_case", case=dispute.case_id, **ends), (), outcomes))
    return Block("disputes", words("supervision.disputes"), tuple(lines) or (Line(words("supervision.disputes_none")),), open=True)


def cover(cases: Iterable[tuple[str, Assessment]], edition: Edition) -> Coverage:
    """Which rules and claims a table of cases reaches, and what none reaches."""
    ledger = edition.guidance.ledger
    rules: dict[str, list[str]] = {rule.name: [] for rule in edition.rules}
    claims: dict[str, list[str]] = {claim: [] for claim in ledger.claims}
    for case_id, assessment in cases:
        held = {finding.rule: finding.claims for finding in assessment.findings}
        for rule in held:
            rules[rule].append(case_id)
        for name, claim in ledger.claims.items():
            if not held.keys().isdisjoint(claim.explains) or any(name in stated for stated in held.values()):
                claims[name].append(case_id)
    return Coverage({name: tuple(found) for name, found in rules.items()}, {name: tuple(found) for name, found in claims.items()})


def explain_coverage(coverage: Coverage, edition: Edition) -> Block:
    """How much is reached, and everything that is not."""
    meanings = {rule.name: rule.rule.meaning for rule in edition.rules}
    ledger = edition.guidance.ledger
    missed_rules = tuple(meanings[name] for name in coverage.rules_not_reached)
    missed_claims = tuple(
        words("explanation.claim", id=name, paragraph=ledger.claims[name].paragraph, text=ledger.claims[name].text)
        for name in coverage.claims_not_reached
    )
    lines = []
    for key, missed, of in (("rules", missed_rules, coverage.rules), ("claims", missed_claims, coverage.claims)):
        lines.append(Line(words(f"supervision.reached_{key}", reached=len(of) - len(missed), of=len(of))))
        if missed:
            lines.append(Line(words(f"supervision.not_reached_{key}"), (), missed))
    return Block("coverage", words("supervision.coverage"), tuple(lines))


def _make(key: str, role: str, focus: str, origin: str, **values: object) -> Suggestion:
    return Suggestion(words(f"supervision.{key}", **values), role, focus, origin)


def _from_group(assessment: Assessment, differences: Sequence[Difference]) -> Iterator[Suggestion]:
    """What the judgments of a case raise. Facts that do not move the outcome raise nothing by themselves."""
    yield from _from_facts(assessment, differences)
    rules = {rule.name: rule.meaning.rstrip(".") for rule in assessment.edition.guidance.rules}
    for one in differences:
        yield from _from_conclusion(one, rules)
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
    found, kinds = difference.conclusion, difference.kinds
    if Kind.RULE in kinds and found.added in rules:
        yield _make("ask_added", "teacher", "conceptualization", "rule", rule=rules[found.added])
    if Kind.RULE in kinds and found.redrawn in rules:
        yield _make("ask_redrawn", "teacher", "intervention", "rule", rule=rules[found.redrawn])
    if Kind.RULE in kinds and not found.preferred:
        for name in found.passed_over:
            yield _make("ask_passed_over", "teacher", "intervention", "rule", rule=rules[name])
    if Kind.PRIORITY in kinds and found.passed_over:
        over = rules[found.passed_over[0]]
        yield _make("ask_priority", "consultant", "intervention", "priority", rule=rules[found.preferred], over=over)
        yield _make("ask_weight", "counselor", "personalization", "priority", rule=rules[found.preferred])


def _from_facts(assessment: Assessment, differences: Sequence[Difference]) -> Iterator[Suggestion]:
    """The questions that most raters answered otherwise, of those that matter."""
    fields = assessment.edition.guidance.fields
    read: dict[str, list[Fact]] = {}
    for fact in (fact for one in differences for fact in one.facts if fact.matters):
        read.setdefault(fact.field, []).append(fact)
    order = list(fields)
    for name in sorted(read, key=lambda name: (-len(read[name]), order.index(name)))[:MOST_FACTS]:
        given = {option for fact in read[name] for option in (fact.table, fact.rater)}
        options = words("supervision.or").join(f'"{one.label}"' for one in fields[name].options if one.name in given)
        key = "ask_fact" if len(given - {None}) > 1 else "ask_fact_open"
        label = sentence(fields[name].label)
        yield _make(key, "teacher", "conceptualization", "facts", label=label, options=options)
        yield _make("ask_fact_self", "teacher", "personalization", "facts", label=fields[name].label)
        yield _make("ask_fact_next", "consultant", "intervention", "facts", label=fields[name].label)


def _from_case(assessment: Assessment, differences: Sequence[Difference]) -> Iterator[Suggestion]:
    ledger, fields = assessment.edition.guidance.ledger, assessment.edition.guidance.fields
    for finding in assessment.findings:
        for prompt in ledger.words[finding.rule].prompts:
            yield Suggestion(prompt.text, prompt.role, prompt.focus, "finding")
    for twin in _nearest(assessment, differences):
        field = fields[twin.field]
        values = {"before": field.option(twin.before).label, "after": field.option(twin.after).label}
        outcome = twin_outcome_words(assessment, twin)
        yield _make("ask_twin", "teacher", "conceptualization", "twin", label=sentence(field.label), outcome=outcome, **values)
    for name in dict.fromkeys(hinge.reading for hinge in assessment.hinges_on):
        question = assessment.edition.guidance.readings[name].question
        yield _make("ask_reading", "consultant", "conceptualization", "reading", question=question)


def _nearest(assessment: Assessment, differences: Sequence[Difference]) -> Sequence[Twin]:
    """The few twins worth telling: first what the group read otherwise, then what a finding rests on, the farthest outcome first.

    One to a question, and none for a question that nothing in the case is about.
    """
    default = assessment.edition.default_rule.name
    read = {fact.field for one in differences for fact in one.facts}
    rests = {name for finding in assessment.findings if finding.rule != default for name in finding.because}
    twins = [twin for twin in assessment.twins if twin.field in read | rests]
    twins.sort(key=lambda twin: (twin.field not in read, -distance(twin.outcome, assessment.outcome)))
    first = {twin.field: twin for twin in reversed(twins)}
    return tuple(twin for twin in twins if first[twin.field] is twin)[:MOST_TWINS]


def _general(edition: Edition) -> Iterator[Suggestion]:
    for prompt in edition.guidance.ledger.prompts:
        yield Suggestion(prompt.text, prompt.role, prompt.focus, "general")
