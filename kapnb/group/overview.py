"""The differences in words: one judgment, a case across the group, the group across cases. Page and note show these lines.

Nobody is named unless that is asked for, and lines never stand in the order of raters, so that nobody can be told by their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kapnb.engine.edition import Edition
from kapnb.group.differences import Conclusion, Difference, Fact, Kind
from kapnb.group.judgments import list_briefly, spread
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.phrases import list_reasons, outcome_words, sentence
from kapnb.text.words import words


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing in which one judgment differs.

    Attributes:
        kind: facts, rule or priority; None where they cannot be told apart.
        text: what can be said of any case.
        detail: what is particular to this one.
        field: the question that it is about.
        matters: whether the outcome hangs on it.
    """

    kind: Kind | None
    text: str
    detail: str = ""
    field: str | None = None
    matters: bool = True


def state(difference: Difference, edition: Edition) -> tuple[Statement, ...]:
    """Everything in which a judgment differs, in words."""
    return (*_state_facts(difference, edition), *_state_conclusion(difference, edition))


def explain_difference(difference: Difference, edition: Edition, *, names: bool = False) -> Block:
    """One judgment beside this source."""
    given = difference.judgment.outcome
    title = words("supervision.judgment_of", rater=difference.judgment.rater) if names else words("supervision.judgment")
    if given is None:
        return Block("difference", title, (Line(words("supervision.no_outcome")),), open=True)
    lines = [Line(words("supervision.given", outcome=outcome_words(given)))]
    if difference.judgment.confidence:
        lines.append(Line(words("supervision.confidence", how=words(f"supervision.confidence_{difference.judgment.confidence}"))))
    lines.append(Line(words("supervision.as_source" if difference.agrees else "supervision.source", **_source(difference))))
    if difference.own and difference.own is not difference.source:
        lines.append(Line(words("supervision.own", outcome=outcome_words(difference.own, difference.own_reasons))))
    if difference.own is None:
        lines.append(Line(words("supervision.no_reading")))
    said = state(difference, edition)
    lines += [Line(one.text, _badges(one), (one.detail,) if one.detail else (), one.field) for one in said]
    if not said:
        lines.append(Line(words("supervision.no_difference")))
    return Block("difference", title, tuple(lines), open=True)


def compare_in_case(differences: Sequence[Difference], edition: Edition, *, names: bool = False) -> tuple[Block, ...]:
    """One case across the group.

    Args:
        differences: of all judgments of one case, in any order.
        edition: the guidance that they were located in.
        names: whether to say who; the labels of the raters stand beside each line then.

    Returns:
        Blocks in this order: spread, alike, then facts, rule, priority and untold where there is something to say.
    """

    def count(found: Sequence[Difference]) -> str:
        who = ", ".join(sorted(one.judgment.rater for one in found))
        return who if names else words("supervision.of_judgments", count=len(found), judgments=len(differences))

    def say(statement: Statement, found: Sequence[Difference]) -> Line:
        details = (*((statement.detail,) if statement.detail else ()), count(found))
        return Line(statement.text, _badges(statement), details, statement.field)

    blocks = [_spread(differences, count), _alike(differences, edition)]
    gathered = _gather(differences, edition, lambda statement: statement)
    return (*blocks, *_by_kind(gathered, say))


def compare_across_cases(differences: Iterable[Difference], edition: Edition, *, names: bool = False) -> tuple[Block, ...]:
    """The group across cases: what differs most often comes first, and each line names the cases.

    Args:
        differences: of all judgments of all cases.
        edition: the guidance that they were located in.
        names: whether to say who differed where.

    Returns:
        Blocks facts, rule, priority and untold, where there is something to say.
    """

    def say(statement: Statement, found: Sequence[Difference]) -> Line:
        cases: dict[str, list[str]] = {}
        for one in found:
            cases.setdefault(one.judgment.case_id, []).append(one.judgment.rater)
        in_case = "supervision.in_case_who" if names else "supervision.in_case"
        said = [
            words(in_case, case=case, count=len(who), who=", ".join(sorted(who))) if names or len(who) > 1 else case
            for case, who in sorted(cases.items())
        ]
        return Line(statement.text, _badges(statement), (words("supervision.in_cases", cases=list_briefly(said)),), statement.field)

    def generalize(statement: Statement) -> Statement:
        return Statement(statement.kind, statement.text, "", statement.field, statement.matters)

    return _by_kind(_gather(differences, edition, generalize), say)


def _source(difference: Difference) -> dict[str, str]:
    return {} if difference.agrees else {"outcome": outcome_words(difference.source, difference.reasons)}


def _state_facts(difference: Difference, edition: Edition) -> Iterator[Statement]:
    for fact in difference.facts:
        key = "fact_read_in" if fact.table is None else "fact_left_open" if fact.rater is None else "fact"
        text = words(f"supervision.{key}", label=sentence(edition.guidance.fields[fact.field].label))
        yield Statement(Kind.FACTS, text, _both(fact, edition), fact.field, fact.matters)


def _both(fact: Fact, edition: Edition) -> str:
    field, silent = edition.guidance.fields[fact.field], words("explanation.not_recorded")
    table, rater = (field.option(given).label if given else silent for given in (fact.table, fact.rater))
    return words("supervision.fact_both", table=table, rater=rater)


def _state_conclusion(difference: Difference, edition: Edition) -> Iterator[Statement]:
    found, kinds = difference.conclusion, difference.kinds
    rule = Kind.RULE if Kind.RULE in kinds else None
    if found.added:
        yield Statement(rule, words("supervision.added", rule=_meaning(found.added, edition)))
    if found.redrawn:
        yield Statement(rule, words("supervision.redrawn", rule=_meaning(found.redrawn, edition)))
    if found.preferred:
        kind = Kind.PRIORITY if Kind.PRIORITY in kinds else None
        over = "; ".join(_meaning(name, edition) for name in found.passed_over)
        detail = words("supervision.preferred_over", rules=over) if over else ""
        yield Statement(kind, words("supervision.preferred", rule=_meaning(found.preferred, edition)), detail)
    else:
        for name in found.passed_over:
            yield Statement(rule, words("supervision.passed_over", rule=_meaning(name, edition)))
    if found.preferred and Kind.RULE in kinds:
        yield Statement(Kind.RULE, words("supervision.not_from_preferred"))
    if found.open:
        labels = ", ".join(edition.guidance.fields[name].label for name in found.open)
        yield Statement(None, words("supervision.concluded_early"), words("supervision.concluded_open", fields=labels))
    given = difference.judgment.outcome
    if given and found == Conclusion((Kind.RULE,)):
        more = given > (difference.own or difference.source)
        yield Statement(rule, words("supervision.more_cautious" if more else "supervision.less_cautious"))
    if difference.either:
        maybe = words("supervision.or").join(words(f"supervision.maybe_{kind}") for kind in difference.either)
        yield Statement(None, words("supervision.untold_which", kinds=maybe))


def _meaning(rule: str, edition: Edition) -> str:
    """The rule in words, without its full stop; one that the source does not have is not repeated."""
    known = (one.meaning for one in edition.guidance.rules if one.name == rule)
    return next(known, words("supervision.unknown_rule")).rstrip(".")


def _badges(statement: Statement) -> tuple[Badge, ...]:
    if statement.kind is not Kind.FACTS:
        return ()
    return (Badge(words("supervision.matters" if statement.matters else "supervision.matters_not"), "note"),)


_Gathered = dict[Statement, list[Difference]]


def _gather(differences: Iterable[Difference], edition: Edition, key: Callable[[Statement], Statement]) -> _Gathered:
    """Who differs in the same: statements with the judgments that they are true of."""
    gathered: _Gathered = {}
    for difference in differences:
        for statement in dict.fromkeys(key(one) for one in state(difference, edition)):
            gathered.setdefault(statement, []).append(difference)
    return gathered


def _by_kind(gathered: _Gathered, say: Callable[[Statement, Sequence[Difference]], Line]) -> tuple[Block, ...]:
    """A block for each kind: what matters first, then what is most frequent, then by the alphabet."""
    blocks = []
    for kind in (*Kind, None):
        key = kind or "untold"
        mine = [(statement, found) for statement, found in gathered.items() if statement.kind is kind]
        mine.sort(key=lambda one: (not one[0].matters, -len(one[1]), one[0].text, one[0].detail))
        if mine:
            blocks.append(Block(key, words(f"supervision.{key}"), tuple(say(*one) for one in mine), open=True))
    return tuple(blocks)


def _spread(differences: Sequence[Difference], count: Callable[[Sequence[Difference]], str]) -> Block:
    lines = []
    for outcome in spread(one.judgment for one in differences):
        found = [one for one in differences if one.judgment.outcome is outcome]
        lines.append(Line(outcome_words(outcome), _badges_of_source(found[0]), (count(found),)))
    missing = [one for one in differences if not one.complete]
    if missing:
        lines.append(Line(words("supervision.no_outcome"), (), (count(missing),)))
    return Block("spread", words("supervision.spread"), tuple(lines) or (Line(words("supervision.no_judgment")),), open=True)


def _badges_of_source(difference: Difference) -> tuple[Badge, ...]:
    """That an outcome is this source's too, with its reasons; those of a rater are not known."""
    if not difference.agrees:
        return ()
    key = "of_source_because" if difference.reasons else "of_source"
    return (Badge(words(f"supervision.{key}", reasons=list_reasons(difference.reasons)), "note"),)


def _alike(differences: Sequence[Difference], edition: Edition) -> Block:
    """What the judgments have in common, where there are two or more to compare."""
    complete = [one for one in differences if one.complete]
    lines = []
    if len(complete) > 1:
        outcomes = {one.judgment.outcome for one in complete}
        if len(outcomes) == 1:
            lines.append(Line(words("supervision.alike_outcome")))
        named = {one.judgment.deciding_finding for one in complete}
        if len(named) == 1 and named != {""}:
            lines.append(Line(words("supervision.alike_finding", rule=_meaning(named.pop(), edition))))
        read = [one for one in complete if one.own is not None]
        if len(read) > 1 and not any(fact.matters for one in read for fact in one.facts):
            lines.append(Line(words("supervision.alike_facts")))
    return Block("alike", words("supervision.alike"), tuple(lines) or (Line(words("supervision.alike_none")),), open=True)
