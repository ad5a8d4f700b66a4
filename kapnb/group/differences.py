"""Find where a judgment differs from the article: in the facts, in the rules, or in what is given priority.

A rater who read the vignette otherwise differs in facts, where the outcome hangs on them. A rater whose outcome does not follow
from the article, given the facts as the rater read them, differs in a rule. A rater who sees the same findings and lets another one
decide differs in priority. These mix. Without the rater's own reading they often cannot be separated, and then we say so. To
differ is no mistake: the article is one clinician's view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.groups import headline
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Judgment


class Kind(StrEnum):
    """What a judgment can differ in."""

    FACTS = "facts"
    RULE = "rule"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Fact:
    """A question that the rater answered otherwise than the table.

    Attributes:
        table: what the table records; None where it records nothing, and the rater read an answer into the vignette.
        rater: what the rater recorded; None where the rater left open what the table records.
        matters: whether taking this one answer over, from either reading into the other, moves the outcome.
    """

    field: str
    table: str | None
    rater: str | None
    matters: bool


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Compare a rater's outcome and deciding finding with what the article says of a reading of the facts.

    Attributes:
        passed_over: findings that decide for the article, or ask for more caution than the rater's outcome.
        added: the rule that the rater let decide although it does not hold; empty where there is none.
        preferred: the finding that the rater let decide although others outrank it; empty where there is none.
        redrawn: the finding that decides for both, with another outcome for the rater; empty where there is none.
        open: questions without an answer over which the rater concluded.
    """

    kinds: tuple[Kind, ...] = ()
    either: tuple[Kind, ...] = ()
    passed_over: tuple[str, ...] = ()
    added: str = ""
    preferred: str = ""
    redrawn: str = ""
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One judgment beside the article.

    Attributes:
        table: what the article says of the case as the table records it.
        read: what it says of the case as the rater read it; None where the rater recorded no reading.
        kinds: what certainly differs.
        either: what may differ, one of these or several, where they cannot be separated.
        facts: in the order of the dictionary. A question that is not asked in one of both readings is left out: the answer
            that makes the difference represents it.
        conclusion: from the rater's own reading where there is one, else from the table's.
    """

    judgment: Judgment
    table: Assessment
    read: Assessment | None
    kinds: tuple[Kind, ...]
    either: tuple[Kind, ...]
    facts: tuple[Fact, ...]
    conclusion: Conclusion

    @property
    def source(self) -> Outcome:
        """The outcome of the case as the table records it."""
        return self.table.outcome

    @property
    def own(self) -> Outcome | None:
        """The outcome of the case as the rater read it."""
        return self.read.outcome if self.read else None

    @property
    def complete(self) -> bool:
        """Whether the rater gave an outcome."""
        return self.judgment.outcome is not None

    @property
    def agrees(self) -> bool:
        """Whether the rater gave the outcome of the article."""
        return self.judgment.outcome is self.source

    @property
    def rests(self) -> Iterator[tuple[str, Kind | None, str]]:
        """The rules over which the rater and the article differ: how, the kind where that is certain, and the rule."""
        found = self.conclusion
        rule, priority = (kind if kind in self.kinds else None for kind in (Kind.RULE, Kind.PRIORITY))
        if found.added:
            yield "added", rule, found.added
        if found.redrawn:
            yield "redrawn", rule, found.redrawn
        if found.preferred:
            yield "preferred", priority, found.preferred
        else:
            yield from (("passed_over", rule, name) for name in found.passed_over)


def locate(judgment: Judgment, assessment: Assessment) -> Difference:
    """Locate a judgment beside the assessment of the case that it is about.

    >>> from kapnb import assess
    >>> case = assess({"psychotic_disorder": "none", "suicide_attempts": "single"})
    >>> judgment = Judgment("E1", "R1", Outcome.NOT_AT_PRESENT, own={"suicide_attempts": "repeated_current"})
    >>> [str(kind) for kind in locate(judgment, case).kinds]
    ['facts']
    """
    if judgment.own is None:
        return _locate_from_outside(judgment, assessment)
    own = assessment.edition.assess(judgment.own)
    facts = compare_facts(assessment, own)
    conclusion = _conclude(judgment, own)
    follows = judgment.outcome is own.outcome is not assessment.outcome
    read = any(fact.matters and (fact.rater is not None or follows) for fact in facts)
    kinds = (*([Kind.FACTS] if read and judgment.outcome else []), *conclusion.kinds)
    either = tuple(kind for kind in conclusion.either if kind not in kinds)
    return Difference(judgment, assessment, own, kinds, either, facts, conclusion)


def _locate_from_outside(judgment: Judgment, assessment: Assessment) -> Difference:
    """Without the rater's reading: only another outcome of the same deciding finding is certainly a rule."""
    conclusion = _conclude(judgment, assessment)
    certain = conclusion.kinds if conclusion.redrawn else ()
    found = {*conclusion.kinds, *conclusion.either}.difference(certain)
    either = tuple(kind for kind in Kind if found and (kind in found or kind is Kind.FACTS))
    return Difference(judgment, assessment, None, certain, either, (), conclusion)


def compare_facts(table: Assessment, rater: Assessment) -> tuple[Fact, ...]:
    """The questions that two readings of a case answer otherwise, and whether each matters to the outcome."""
    edition, one, two = table.edition, table.counted, rater.counted
    asked = _asked(edition, one) & _asked(edition, two)
    differ = [name for name in edition.fields if name in asked and one.get(name) != two.get(name)]
    return tuple(Fact(name, one.get(name), two.get(name), _matters(edition, one, two, name)) for name in differ)


def _matters(edition: Edition, one: Mapping[str, str], two: Mapping[str, str], name: str) -> bool:
    return any(
        headline(edition.find_cautions(_take_over(edition, here, there, name))) is not headline(edition.find_cautions(here))
        for here, there in ((one, two), (two, one))
    )


def _take_over(edition: Edition, here: Mapping[str, str], there: Mapping[str, str], name: str) -> dict[str, str]:
    """A reading with one answer of the other, and with the other's answers to the questions which that answer raises."""
    asked = _asked(edition, here)
    raised = {field.name for field in edition.fields.values() if name in field.parents and field.name not in asked}
    kept = {other: given for other, given in here.items() if other != name}
    return {**kept, **{other: there[other] for other in (name, *raised) if other in there}}


def _asked(edition: Edition, answers: Mapping[str, str]) -> set[str]:
    """The questions that apply, or may."""
    return {name for name, state in edition.fields.states(answers).items() if state != {NOT_APPLICABLE}}


def _conclude(judgment: Judgment, reading: Assessment) -> Conclusion:
    """Set the rater's outcome and deciding finding beside what the article says of a reading."""
    given, named, follows = judgment.outcome, judgment.deciding_finding, judgment.outcome is reading.outcome
    if given is None:
        return Conclusion()
    held = {finding.rule: finding.outcome for finding in reading.findings}
    above = tuple(rule for rule, outcome in held.items() if outcome and outcome > given)  # they ask for more caution
    if not follows and not reading.settled and given in reading.possible:
        # some answer to what is open would give it: an answer was read into the case, or a missing one read as "no"
        waiting = {one.rule: one.waits_for for one in reading.unsettled}
        added = named if named not in {*held, *waiting} else ""
        either = (Kind.FACTS,) if added else (Kind.FACTS, Kind.RULE)
        opened = tuple(dict.fromkeys(chain(*waiting.values())))
        return Conclusion((Kind.RULE,) if added else (), either, added=added, open=opened)
    if named:
        return _conclude_from(named, given, above, reading)
    if given in held.values() and not follows:
        return Conclusion(either=(Kind.RULE, Kind.PRIORITY), passed_over=above)
    return Conclusion() if follows else Conclusion((Kind.RULE,), passed_over=above)


def _conclude_from(named: str, given: Outcome, above: tuple[str, ...], reading: Assessment) -> Conclusion:
    """An outcome with the finding that the rater let decide; ``above`` are those that ask for more caution."""
    follows, deciding = given is reading.outcome, tuple(finding.rule for finding in reading.deciding)
    held = {finding.rule: finding.outcome for finding in reading.findings}
    waits_for = next((one.waits_for for one in reading.unsettled if one.rule == named), None)
    if follows and (named in deciding or (not deciding and waits_for)):
        return Conclusion()
    if follows and deciding == (reading.edition.default_rule.name,) and named in held:
        return Conclusion()  # nothing decides, so a note or a favorable finding that was named outranks nothing
    if named in deciding:
        return Conclusion((Kind.RULE,), redrawn=named)
    passed_over = above or (deciding if follows else ())
    if waits_for is not None:
        return Conclusion(either=(Kind.FACTS, Kind.RULE), passed_over=passed_over, open=waits_for)
    if named not in held:
        return Conclusion((Kind.RULE,), passed_over=passed_over, added=named)
    own = held[named]  # None for a note or a favorable finding, which leads to no outcome by itself
    kinds = (Kind.PRIORITY,) if follows or own in {None, given} else (Kind.RULE, Kind.PRIORITY)
    return Conclusion(kinds, passed_over=passed_over, preferred=named)
