"""The differences in words: one judgment, a case across the group, the group across cases. Page and note show these lines.

Nobody is named unless that is asked for, and lines are never in the order of raters, so that their place names nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kapnb.engine.edition import Edition
from kapnb.group.differences import Conclusion, Difference, Kind
from kapnb.group.judgments import by_case, list_briefly, spread
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.phrases import list_reasons, outcome_words, sentence
from kapnb.text.words import words


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing in which one judgment differs.

    Attributes:
        kind: facts, rule or priority; None where they cannot be separated.
        text: what can be said of any case.
        detail: what is particular to this one.
        matters: whether the outcome hangs on it.
    """

    kind: Kind | None
    text: str
    detail: str = ""
    matters: bool = True


def state(difference: Difference) -> tuple[Statement, ...]:
    """Everything in which a judgment differs, in words."""
    return (*_state_facts(difference), *_state_conclusion(difference))


def explain_difference(difference: Difference, *, names: bool = False) -> Block:
    """One judgment beside the article."""
    judgment, read = difference.judgment, difference.read
    title = words("supervision.judgment_of", rater=judgment.rater) if names else words("supervision.judgment")
    if judgment.outcome is None:
        return Block("difference", title, (Line(words("supervision.no_outcome")),), open=True)
    said = [words("supervision.given", outcome=outcome_words(judgment.outcome))]
    if judgment.confidence:
        said.append(words("supervision.confidence", how=words(f"supervision.confidence_{judgment.confidence}")))
    table = outcome_words(difference.source, difference.table.reasons)
    said.append(words("supervision.as_source" if difference.agrees else "supervision.source", outcome=table))
    if read is None:
        said.append(words("supervision.no_reading"))
    elif read.outcome is not difference.source:
        said.append(words("supervision.own", outcome=outcome_words(read.outcome, read.reasons)))
    statements = state(difference)
    if not statements:
        said.append(words("supervision.no_difference"))
    return Block("difference", title, (*map(Line, said), *map(_write, statements)), open=True)


def compare_in_case(differences: Sequence[Difference], *, names: bool = False) -> tuple[Block, ...]:
    """One case across the group.

    Args:
        differences: of all judgments of one case, in any order.
        names: whether to say who; then the labels of the raters are beside each line.

    Returns:
        Blocks in this order: spread, alike, then facts, rule, priority and untold where there is something to say.
    """

    def count(found: Sequence[Difference]) -> str:
        who = ", ".join(sorted(one.judgment.rater for one in found))
        return who if names else words("supervision.of_judgments", count=len(found), judgments=len(differences))

    return (_spread(differences, count), _alike(differences), *_by_kind(_gather(differences), count))


def compare_across_cases(differences: Iterable[Difference], *, names: bool = False) -> tuple[Block, ...]:
    """The group across cases: what differs most often comes first, and each line names the cases.

    Args:
        differences: of all judgments of all cases.
        names: whether to say who differed where.

    Returns:
        Blocks facts, rule, priority and untold, where there is something to say.
    """

    def count(found: Sequence[Difference]) -> str:
        said = []
        for case, given in sorted(by_case(one.judgment for one in found).items()):
            key = "in_case_who" if names else "in_case" if len(given) > 1 else "in_case_once"
            who = ", ".join(sorted(one.rater for one in given))
            said.append(words(f"supervision.{key}", case=case, count=len(given), who=who))
        return words("supervision.in_cases", cases=list_briefly(said))

    return _by_kind(_gather(differences, details=False), count)


Facts = Mapping[str, Mapping[str, Counter[str | None]]]
"""For each question and case, which answer was read how often; None where what the table records was left open."""


def gather_facts(differences: Mapping[str, Sequence[Difference]]) -> Facts:
    """What was read otherwise and matters to the outcome, the question that most people read otherwise first."""
    found: dict[str, dict[str, Counter[str | None]]] = {}
    for case, group in differences.items():
        for one in group:
            for fact in one.facts:
                if fact.matters:
                    found.setdefault(fact.field, {}).setdefault(case, Counter())[fact.rater] += 1
    return dict(sorted(found.items(), key=lambda one: -sum(counts.total() for counts in one[1].values())))


def _state_facts(difference: Difference) -> Iterator[Statement]:
    fields, silent = difference.table.edition.fields, words("explanation.not_recorded")
    for fact in difference.facts:
        field = fields[fact.field]
        key = "fact_read_in" if fact.table is None else "fact_left_open" if fact.rater is None else "fact"
        table, rater = (field.option(given).label if given else silent for given in (fact.table, fact.rater))
        both = words("supervision.fact_both", table=table, rater=rater)
        yield Statement(Kind.FACTS, words(f"supervision.{key}", label=sentence(field.label)), both, fact.matters)


def _state_conclusion(difference: Difference) -> Iterator[Statement]:
    found, kinds, edition = difference.conclusion, difference.kinds, difference.table.edition
    for key, kind, rule in difference.rests:
        over = "; ".join(_meaning(name, edition) for name in found.passed_over) if key == "preferred" else ""
        detail = words("supervision.preferred_over", rules=over) if over else ""
        yield Statement(kind, words(f"supervision.{key}", rule=_meaning(rule, edition)), detail)
    if found.preferred and Kind.RULE in kinds:
        yield Statement(Kind.RULE, words("supervision.not_from_preferred"))
    if found.open:
        labels = ", ".join(edition.fields[name].label for name in found.open)
        yield Statement(None, words("supervision.concluded_early"), words("supervision.concluded_open", fields=labels))
    given = difference.judgment.outcome
    if given and Conclusion() != found == Conclusion(found.kinds, found.either):  # nothing above says how
        more = given > (difference.own or difference.source)
        kind = Kind.RULE if Kind.RULE in kinds else None
        yield Statement(kind, words("supervision.more_cautious" if more else "supervision.less_cautious"))


def _meaning(rule: str, edition: Edition) -> str:
    """The rule in words; one that the article does not have is not repeated."""
    return edition.guidance.meanings.get(rule, words("supervision.unknown_rule"))


def _write(statement: Statement, *more: str) -> Line:
    matters = Badge(words("supervision.matters" if statement.matters else "supervision.matters_not"), "note")
    badges = (matters,) if statement.kind is Kind.FACTS else ()
    return Line(statement.text, badges, tuple(filter(None, (statement.detail, *more))))


_Gathered = Mapping[Statement, Sequence[Difference]]


def _gather(differences: Iterable[Difference], *, details: bool = True) -> _Gathered:
    """Who differs in the same: statements with the judgments that they are true of."""
    gathered: dict[Statement, list[Difference]] = {}
    for difference in differences:
        said = state(difference)
        for statement in dict.fromkeys(said if details else (replace(one, detail="") for one in said)):
            gathered.setdefault(statement, []).append(difference)
    return gathered


def _by_kind(gathered: _Gathered, count: Callable[[Sequence[Difference]], str]) -> tuple[Block, ...]:
    """A block for each kind: what matters first, then what is most frequent, then by the alphabet."""
    blocks = []
    for kind in (*Kind, None):
        key = kind or "untold"
        mine = [(statement, found) for statement, found in gathered.items() if statement.kind is kind]
        mine.sort(key=lambda one: (not one[0].matters, -len(one[1]), one[0].text, one[0].detail))
        if mine:
            lines = tuple(_write(statement, count(found)) for statement, found in mine)
            blocks.append(Block(key, words(f"supervision.{key}"), lines, open=True))
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
    """That an outcome is the article's too, with its reasons; those of a rater are not known."""
    if not difference.agrees:
        return ()
    reasons = difference.table.reasons
    key = "of_source_because" if reasons else "of_source"
    return (Badge(words(f"supervision.{key}", reasons=list_reasons(reasons)), "note"),)


def _alike(differences: Iterable[Difference]) -> Block:
    """What the judgments have in common, where there are two or more to compare."""
    complete, said = [one for one in differences if one.complete], []
    if len(complete) > 1:
        if len({one.judgment.outcome for one in complete}) == 1:
            said.append(words("supervision.alike_outcome"))
        named = {one.judgment.deciding_finding for one in complete}
        if len(named) == 1 and named != {""}:
            said.append(words("supervision.alike_finding", rule=_meaning(named.pop(), complete[0].table.edition)))
        read = [one for one in complete if one.read]
        if len(read) > 1 and not any(fact.matters for one in read for fact in one.facts):
            said.append(words("supervision.alike_facts"))
    return Block("alike", words("supervision.alike"), tuple(map(Line, said or [words("supervision.alike_none")])), open=True)
