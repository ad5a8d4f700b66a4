"""Explain an assessment in plain words. The page, the reports and ``kapnb explain`` all show exactly these blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from kapnb.engine.assess import Either, Finding
from kapnb.engine.edition import Assessment
from kapnb.engine.explore import (
    Question,
    Step,
    Twin,
    Way,
    counting,
    find_deciding,
    find_home,
    find_raised,
)
from kapnb.engine.fields import WAYS, Dictionary, Field
from kapnb.engine.ledger import Claim
from kapnb.engine.outcomes import Basis, Outcome, Reason
from kapnb.limits import NEXT_QUESTIONS
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.phrases import (
    answer_words,
    finding_badges,
    headline_words,
    in_order,
    join_words,
    list_answers,
    list_outcomes,
    list_reasons,
    outcome_badges,
    outcome_there,
    outcome_words,
    reading_badges,
    sentence,
    twin_outcome_words,
)
from kapnb.text.support import support
from kapnb.text.words import words


def explain(assessment: Assessment, *texts: str) -> tuple[Block, ...]:
    """Put an assessment into words.

    Args:
        assessment: of a case.
        texts: the story and whatever else is on view with it; see :func:`kapnb.text.support.support`.

    Returns:
        Blocks in this order: outcome, support (only where the case touches suicide or self-injury), four, deciding, answers,
        outranked, unsettled, next (only where the outcome is open), ways, near, hinges, not_addressed, doubts, prompts. Every
        finding that holds stands once, in deciding or in outranked.

    >>> from kapnb import assess
    >>> [block.key for block in explain(assess({"ocd": "yes"}))][:3]
    ['outcome', 'four', 'deciding']
    """
    help_first = support(assessment.edition.fields, assessment.answers, *texts)
    deciding, outranked = _findings(assessment)
    return (
        _outcome(assessment),
        *([help_first] if help_first else []),
        four(assessment),
        deciding,
        _answers(assessment),
        outranked,
        _unsettled(assessment),
        *([] if assessment.settled else [_next(assessment)]),
        _ways(assessment),
        _near(assessment),
        _hinges(assessment),
        _not_addressed(assessment),
        _doubts(assessment),
        _prompts(assessment),
    )


_OLD: Final = {"twins", "prompts", "doubts", "not_addressed"}


def _block(key: str, lines: Iterable[Line], *, show: bool = False) -> Block:
    """A block under its own title; where there is no line, one says so."""
    return Block(
        key,
        words(f"explanation.old_{key}" if key in _OLD else f"explanation.{key}"),
        tuple(lines) or (Line(words(f"explanation.{key}_none")),),
        show,
    )


def _outcome(a: Assessment) -> Block:
    source, edition = a.edition.ledger.source, a.edition.ledger.edition
    whose = _whose(a)
    shown = dict.fromkeys(finding.basis for finding in a.deciding if whose != "whose_unusual")
    badges = (*(Badge(words(f"bases.{basis}"), basis) for basis in shown), *reading_badges(a, a.edition.changed))
    lines = [Line(words(f"explanation.{whose}", author=source.short), badges)]
    ours = "_ours" if whose != "whose" and a.outcome in _MEANS_OTHERWISE else ""
    lines.append(Line(words(f"meanings.{a.outcome}{ours}", reasons=list_reasons(a.reasons))))
    if a.at_least:
        lines.append(Line(words("explanation.old_at_least", most=outcome_words(a.most_cautious))))
    elif not a.settled:
        lines.append(Line(words("explanation.choices", outcomes=list_outcomes(a.possible, a.final_reasons))))
    elif a.unrecorded:
        lines.append(Line(words("explanation.old_settled")))
    lines += _by_default(a)
    readings = a.edition.ledger.readings
    changed = [
        words("explanation.reading", name=readings[name].question, label=readings[name].choice(c).label)
        for name, c in a.edition.changed.items()
    ]
    key = "explanation.edition_readings" if changed else "explanation.edition"
    lines.append(Line(words(key, author=source.author, edition=edition, readings="; ".join(changed))))
    return Block("outcome", headline_words(a), tuple(lines), open=True)


def _by_default(a: Assessment) -> Iterator[Line]:
    """What the default readings come to and what decides there, where the chosen ones come to something else."""
    if a.default_outcome is a.outcome:
        return
    usual = a.edition.bind().assess(a.answers)
    meanings = " ".join(usual.edition.by_name[finding.rule].rule.meaning for finding in usual.deciding)
    said = words("explanation.default_outcome", outcome=outcome_words(usual.outcome, usual.reasons))
    decides = words("explanation.twin_decides", meanings=meanings) if meanings else ""
    yield Line(" ".join(filter(None, (said, decides))))
    if a.outcome < usual.outcome:
        yield Line(words("explanation.hinges_caution"))


_MEANS_OTHERWISE: Final = {Outcome.NOT_RECOMMENDED, Outcome.NOT_AT_PRESENT, Outcome.MAY_BE_CONSIDERED}
"""The outcomes whose meaning speaks for the source, and has other words where it is not the author who decides."""


def _whose(a: Assessment) -> str:
    """Whose the outcome is: the author's only where something that she states decides, read as it usually is.

    Where the default readings come to another outcome, it is an unusual reading that made this one, whatever decides under it.
    """
    certain = [finding.rule for finding in a.deciding] or [name for either in a.either for name in either.rules]
    deciding = certain or [one.rule for one in a.unsettled if one.outcome is a.outcome]
    if not a.deciding and a.outcome is Outcome.CLARIFY_FIRST:
        return "whose_open"
    if a.default_outcome is not a.outcome:
        return "whose_unusual"
    rules = [a.edition.by_name[name].rule for name in deciding]
    usual = {rule.basis for rule in rules if rule.reads.isdisjoint(a.edition.changed)}
    if Basis.STATED in usual or not rules:
        return "whose"
    if len(usual) == 1:
        return f"whose_{usual.pop()}"
    return "whose_ours" if usual else "whose_unusual"


def _findings(a: Assessment) -> tuple[Block, Block]:
    """What decides, and what stands beside it. What several findings rest on is stated once, with the first of them."""
    told: set[str] = set()
    deciding = tuple(_finding(a, finding, told) for finding in a.deciding)
    if not deciding:
        deciding = tuple(_either(a, one) for one in a.either) or (Line(words("explanation.nothing_decides")),)
    outranked = tuple(_finding(a, finding, told, beside=True) for finding in a.findings if finding.outcome is not a.outcome)
    return _block("deciding", deciding, show=True), _block("outranked", outranked)


def _either(a: Assessment, either: Either) -> Line:
    """That one of several findings decides, with what they would say and what makes that certain."""
    recorded = words("explanation.recorded", answers=list_answers(a.edition.fields, either.because))
    return Line(words("explanation.either_decides"), (), (*(a.edition.ledger.words[name].text for name in either.rules), recorded))


def _finding(a: Assessment, finding: Finding, told: set[str], *, beside: bool = False) -> Line:
    """A finding with what it rests on; ``told`` are the texts and claims that stand above it, and it adds its own."""
    fields, ledger = a.edition.fields, a.edition.ledger
    said = ledger.words[finding.rule]
    details = []
    if finding.because:
        details.append(words("explanation.recorded", answers=list_answers(fields, _cited(a, finding))))
    if finding.also:
        details.append(words("explanation.also_recorded", answers=list_answers(fields, finding.also)))
    # under another reading nothing is offered on conditions
    offered = said.conditions if finding.outcome is Outcome.CONSIDER_WITH_CONDITIONS else ()
    steps = [words("explanation.old_condition", text=condition) for condition in offered]
    steps += [words("explanation.next_step", text=said.next_step)] if said.next_step else []
    details += [step for step in steps if step not in told]
    claims = [ledger.claims[id_] for id_ in finding.claims]
    claims += [claim for claim in ledger.claims.values() if finding.rule in claim.explains and claim not in claims]
    for claim in claims:
        if claim.id not in told:
            details += _claim(claim, cited=claim.id in finding.claims)
    again = [claim.id for claim in claims if claim.id in told]
    if again:
        details.append(words("explanation.again", claims=join_words(again)))
    undefined = [phrase for phrase in ledger.undefined if phrase.phrase not in told and {c.id for c in claims} & set(phrase.claims)]
    for phrase in undefined:
        details.append(words("explanation.undefined", phrase=phrase.phrase, paragraph=phrase.paragraph[1:]))
    told.update(steps, (claim.id for claim in claims), (phrase.phrase for phrase in undefined))
    if beside:
        label = outcome_badges(finding.outcome, finding.reason)
    else:  # the outcome stands above it, and its reason may be one of several
        label = (Badge(words(f"reasons.{finding.reason}"), "reason"),) if finding.reason else ()
    return Line(finding.text, (*label, *finding_badges(a, finding)), tuple(details))


def _claim(claim: Claim, *, cited: bool) -> Iterator[str]:
    """A claim that a finding comes from, or one that stands beside it as background."""
    standing = words(f"standings.{claim.standing}") if claim.standing else ""
    key = "claim" if cited else "why_standing" if standing else "why"
    yield words(f"explanation.{key}", id=claim.id, paragraph=claim.paragraph[1:], text=claim.text, standing=standing)
    if claim.contrast:
        yield words("explanation.contrast", text=claim.contrast)


def _cited(a: Assessment, finding: Finding) -> Mapping[str, str]:
    """The answers that a finding rests on, and those for which a claim of its rule is cited."""
    cited = a.edition.by_name[finding.rule].rule.cited_when
    return {**finding.because} | {name: given for claim in finding.claims for name, given in cited.get(claim, {}).items()}


def _answers(a: Assessment) -> Block:
    fields = a.edition.fields
    used = {name for finding in a.findings for name in (*_cited(a, finding), *finding.also)}
    used |= {name for either in a.either for name in either.because}
    lines = [Line(answer_words(fields, name, given), field=name) for name, given in in_order(fields, a.answers) if name in used]
    lines = lines or [Line(words("explanation.answers_none"))]
    unused = {name: given for name, given in a.answers.items() if name not in used and name not in a.ignored}
    if unused:
        lines.append(Line(words("explanation.answers_unused", answers=list_answers(fields, unused))))
    if a.ignored:
        lines.append(Line(words("explanation.answers_ignored", answers=list_answers(fields, a.ignored))))
    return _block("answers", lines, show=True)


def _unsettled(a: Assessment) -> Block:
    """Question by question; a finding that waits for several questions stands under the one that is most about it."""
    fields, rules = a.edition.fields, a.edition.by_name
    waiting = [one for one in a.unsettled if one.outcome and one.outcome in a.possible and one.outcome > a.least_cautious]
    homes = {one.rule: find_home(a, one.rule) for one in waiting}
    lines = []
    for name in fields:
        here = [one for one in waiting if homes[one.rule] == name]
        elsewhere = {homes[one.rule] for one in waiting if name in one.waits_for} - {name}
        together: dict[str, list[str]] = {}
        for one in here:
            reason = rules[one.rule].rule.reason
            label = outcome_words(one.outcome, [reason] if reason else ()) if one.outcome else ""
            together.setdefault(label, []).append(rules[one.rule].rule.meaning)
        details = []
        for outcome, said in together.items():
            key = "explanation.unsettled_rules" if len(said) > 1 else "explanation.unsettled_rule"
            details.append(words(key, meanings=" ".join(said), outcome=outcome))
        if elsewhere:
            labels = [fields[other].label for other in fields if other in elsewhere]
            details.append(words("explanation.unsettled_also", fields=join_words(labels)))
        if details:
            lines.append(Line(fields[name].question, (), tuple(details), field=name))
    return _block("unsettled", lines)


def _next(a: Assessment) -> Block:
    return _block("next", (_question(a, question) for question in a.next_questions[:NEXT_QUESTIONS]), show=True)


def _question(a: Assessment, question: Question) -> Line:
    field, rules = a.edition.fields[question.field], a.edition.by_name
    bears = [rules[name] for name in question.why if name != a.edition.default_rule.name]
    bears = [rule for rule in bears if rule.most_cautious and rule.most_cautious >= a.least_cautious]
    own = [rule for rule in bears if find_home(a, rule.name) == field.name]
    why = [rule.rule.meaning for rule in own or bears]
    key = "explanation.next_why_several" if len(why) > 1 else "explanation.next_why"
    details = [words(key, meanings=" ".join(why))] if why else []
    together: dict[str, list[str]] = {}
    for option, outcomes in question.possible.items():
        reasons = a.edition.assess({**a.answers, field.name: option}).final_reasons
        together.setdefault(_lead(a, outcomes, reasons), []).append(f'"{field.option(option).label}"')
    details += [words("explanation.leads_to", options=join_words(options, "or"), what=what) for what, options in together.items()]
    return Line(field.question, (), tuple(details), field=question.field)


def _lead(a: Assessment, outcomes: frozenset[Outcome], reasons: Sequence[Reason]) -> str:
    """What an answer leads to, when these outcomes remain."""
    most, least = max(outcomes), min(outcomes)
    if outcomes == a.possible:
        return words("explanation.leads_same")
    if len(outcomes) == 1:
        return outcome_words(most, reasons)
    key = "explanation.leads_least" if least >= Outcome.NOT_AT_PRESENT else "explanation.leads_span"
    return words(key, most=outcome_words(most, reasons, "or"), least=outcome_words(least, reasons, "or"))


def _ways(a: Assessment) -> Block:
    fields, ledger = a.edition.fields, a.edition.ledger
    toward: dict[str, list[str]] = {}
    for way in a.changes:
        after = {**counting(a), **{step.field: step.after for step in way.steps}}
        toward.setdefault(outcome_there(way.outcome, a.edition, after), []).append(_way_words(fields, way))
    lines = [Line(words("explanation.ways_to", outcome=outcome), (), tuple(ways)) for outcome, ways in toward.items()]
    if lines:
        lead = [words("explanation.ways_lead")]
        first = dict.fromkeys(ledger.words[finding.rule].next_step for finding in a.deciding)
        lead += [words("explanation.ways_first", text=step) for step in first if step]
        lead += [] if a.settled else [words("explanation.ways_unrecorded")]
        lines = [*map(Line, lead), *lines]
    elif a.least_cautious is not Outcome.MAY_BE_CONSIDERED:
        named = a.outcome is Outcome.CONSIDER_WITH_CONDITIONS or any(ledger.words[one.rule].next_step for one in a.deciding)
        lines.append(Line(words("explanation.ways_none_named" if named else "explanation.ways_none")))
        lines += [] if a.settled else [Line(words("explanation.ways_ask"))]
    if Reason.SOURCE_SILENT in a.reasons:
        lines.append(Line(words("explanation.ways_silent")))
    fixed = {n: g for finding in a.deciding for n, g in finding.because.items() if _stays(a, n, g)}
    if a.least_cautious is Outcome.MAY_BE_CONSIDERED:
        lines.append(Line(words("explanation.ways_least" if a.settled else "explanation.ways_open")))
    elif fixed:
        lines.append(Line(words("explanation.cannot_change", answers=list_answers(fields, fixed))))
    return _block("ways", lines)


def _stays(a: Assessment, name: str, given: str) -> bool:
    """Whether an answer that stands for caution cannot change."""
    field = a.edition.fields[name]
    mildest = field.order[:1]
    return bool(mildest) and given not in mildest[0] and not any(change.is_open(a.answers) for change in field.changes)


def _way_words(fields: Dictionary, way: Way) -> str:
    """One way forward, its steps sorted by what brings them about."""
    said = []
    for by in WAYS:
        steps = [_step(fields[step.field], step) for step in way.steps if step.by == by]
        if steps:
            said.append(words("explanation.way", by=words(f"ways.{by}"), steps="; ".join(steps)))
    return " ".join(said)


def _step(field: Field, step: Step) -> str:
    before, after = (field.option(name).label if name else "" for name in (step.before, step.after))
    key = "explanation.step" if before else "explanation.step_raised"
    return words(key, label=field.label, before=before, after=after)


def _near(a: Assessment) -> Block:
    """What is less cautious first, answer by answer; what is more cautious counted, and listed by where it leads."""
    less = [twin for twin in a.twins if twin.outcome < a.outcome]
    more = [twin for twin in a.twins if twin.outcome > a.outcome]
    lines = [*([Line(words("explanation.near_lead"))] if less else []), *_tell_twins(a, less)]
    if more:
        lines.append(Line(words("explanation.near_more", count=len(more)), (), tuple(_gather_twins(a, more))))
    return _block("near", lines)


def _tell_twins(a: Assessment, twins: Iterable[Twin]) -> Iterator[Line]:
    fields = a.edition.fields
    for name, each in groupby(twins, lambda twin: twin.field):
        said = []
        for twin in each:
            values = {"option": fields[name].option(twin.after).label, "outcome": twin_outcome_words(a, twin)}
            why = " ".join(a.edition.by_name[rule].rule.meaning for rule in find_deciding(a, twin))
            decides = words("explanation.twin_decides", meanings=why) if why else ""
            said.append(" ".join(filter(None, (words("explanation.twin", **values), decides, _would_raise(a, twin)))))
        yield Line(answer_words(fields, name, a.answers[name]), (), tuple(said), field=name)


def _gather_twins(a: Assessment, twins: Iterable[Twin]) -> Iterator[str]:
    fields = a.edition.fields
    together: dict[tuple[str, str], dict[str, list[str]]] = {}
    for twin in sorted(twins, key=lambda twin: -twin.outcome.caution):
        options = together.setdefault((twin_outcome_words(a, twin), _would_raise(a, twin)), {}).setdefault(twin.field, [])
        options.append(f'"{fields[twin.field].option(twin.after).label}"')
    for (outcome, raised), where in together.items():
        answers = [
            words("explanation.answer", label=sentence(fields[name].label), option=join_words(options, "or"))
            for name, options in where.items()
        ]
        yield " ".join(filter(None, (words("explanation.old_twins", outcome=outcome, answers="; ".join(answers)), raised)))


def _would_raise(a: Assessment, twin: Twin) -> str:
    """The questions that keep a twin from being concluded, where it is the other answer that raises them."""
    if twin.outcome is not Outcome.CLARIFY_FIRST:
        return ""
    raised = [a.edition.fields[name].label for name in find_raised(a, {twin.field: twin.after})]
    return words("explanation.raised", fields=join_words(raised)) if raised else ""


def _hinges(a: Assessment) -> Block:
    """A reading is never shown without what it says; one that would loosen an outcome is marked."""
    known, edition = a.edition.ledger.readings, a.edition
    lines = []
    for name, hinges in groupby(a.hinges_on, lambda hinge: hinge.reading):
        said = [words("explanation.hinge_why", why=known[name].why)]
        for hinge in hinges:
            choice = known[name].choice(hinge.choice)
            there = edition.guidance.bind({**edition.readings, name: hinge.choice})
            outcome = outcome_there(hinge.outcome, there, a.answers)
            key = "explanation.hinge_less" if hinge.outcome < a.outcome else "explanation.hinge"
            said.append(words(key, choice=choice.label, outcome=outcome, text=choice.text))
        lines.append(Line(known[name].question, (), tuple(said)))
    if any(hinge.outcome < a.outcome for hinge in a.hinges_on):
        lines.append(Line(words("explanation.hinges_caution")))
    return _block("hinges", lines)


def _not_addressed(a: Assessment) -> Block:
    return _block("not_addressed", [Line(words("explanation.not_addressed_lead"), (), a.edition.ledger.not_addressed)])


def _doubts(a: Assessment) -> Block:
    ledger = a.edition.ledger
    doubts = dict.fromkeys((*(ledger.words[finding.rule].doubt for finding in a.findings), *ledger.doubts))
    return _block("doubts", tuple(Line(doubt) for doubt in doubts if doubt))


def _prompts(a: Assessment) -> Block:
    ledger = a.edition.ledger
    prompts = [prompt for finding in a.findings for prompt in ledger.words[finding.rule].prompts]
    lines = []
    for prompt in dict.fromkeys((*prompts, *ledger.prompts)):
        place = words("explanation.prompt_place", role=words(f"roles.{prompt.role}"), focus=words(f"foci.{prompt.focus}"))
        lines.append(Line(prompt.text, (Badge(place, "prompt"),)))
    return _block("prompts", lines)


def four(a: Assessment) -> Block:
    """Whose view, what it leaves out, invented cases only, who decides: beside every outcome."""
    return _block("four", tuple(map(Line, a.edition.ledger.four.values())), show=True)
