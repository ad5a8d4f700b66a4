"""Explain an assessment in plain words. The page, the reports and ``kapnb explain`` all show exactly these blocks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kapnb.assessment import Assessment, Finding
from kapnb.dictionary import WAYS, Dictionary
from kapnb.exploration import Question, Way
from kapnb.outcomes import Kind, Outcome
from kapnb.words import support_words, words


@dataclass(frozen=True, slots=True)
class Badge:
    """A short label beside a line; ``kind`` is a basis, or caution, note, favorable, prompt."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """One statement, with details under it. ``field`` names a question that it points to."""

    text: str
    badges: tuple[Badge, ...] = ()
    details: tuple[str, ...] = ()
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Statements under one title; ``open`` says whether they are shown at once or one step away."""

    key: str
    title: str
    lines: tuple[Line, ...]
    open: bool = False


def explain(assessment: Assessment) -> tuple[Block, ...]:
    """Put an assessment into words.

    Returns:
        Blocks in this order: outcome, support (only where suicidal ideation is recorded), deciding, answers, outranked,
        unsettled, next, ways, near, hinges, not_addressed, doubts, prompts, four. Every finding that holds stands once, in
        deciding or in outranked.

    >>> from kapnb import assess
    >>> [block.key for block in explain(assess({"ocd": "yes"}))][:3]
    ['outcome', 'deciding', 'answers']
    """
    help_first = support(assessment.answers)
    return (
        _outcome(assessment),
        *([help_first] if help_first else []),
        _deciding(assessment),
        _answers(assessment),
        _outranked(assessment),
        _unsettled(assessment),
        _next(assessment),
        _ways(assessment),
        _near(assessment),
        _hinges(assessment),
        _not_addressed(assessment),
        _doubts(assessment),
        _prompts(assessment),
        four(assessment),
    )


def support(answers: Mapping[str, str]) -> Block | None:
    """What comes before any question of KAP where suicidal ideation is recorded; nothing where it is not."""
    if answers.get("suicidal_ideation", "none") == "none":
        return None
    said = support_words()
    return Block("support", said["title"], (Line(said["first"]), Line(said["reader"])), open=True)


def as_text(blocks: Iterable[Block], width: int = 100) -> str:
    """The blocks as text for a terminal.

    >>> print(as_text([Block("four", "What this is", (Line("For invented cases only."),))]))
    What this is
      For invented cases only.
    """
    return "\n\n".join("\n".join((block.title, *_wrap(block.lines, width))) for block in blocks)


def outcome_words(outcome: Outcome) -> str:
    """The outcome's label."""
    return words(f"outcomes.{outcome}")


def list_outcomes(outcomes: Iterable[Outcome]) -> str:
    """Their labels, the most cautious first."""
    return "; ".join(f'"{outcome_words(outcome)}"' for outcome in sorted(outcomes, reverse=True))


def answer_words(fields: Dictionary, name: str, option: str) -> str:
    """One recorded answer, as "label: option"."""
    return words("explanation.answer", label=sentence(fields[name].label), option=fields[name].option(option).label)


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def _wrap(lines: Iterable[Line], width: int) -> Iterator[str]:
    for line in lines:
        badges = "".join(f" [{badge.text}]" for badge in line.badges)
        yield textwrap.fill(line.text + badges, width, initial_indent="  ", subsequent_indent="    ")
        for detail in line.details:
            yield textwrap.fill(detail, width, initial_indent="      ", subsequent_indent="        ")


def _outcome(a: Assessment) -> Block:
    source, edition = a.edition.guidance.ledger.source, a.edition.guidance.ledger.edition
    bases = dict.fromkeys(finding.basis for finding in a.deciding)
    badges = (*(Badge(words(f"bases.{basis}"), basis) for basis in bases), *reading_badges(a, a.edition.changed))
    lines = [Line(words("explanation.whose", author=source.short), badges)]
    lines.append(Line(words(f"meanings.{a.outcome}")))
    if a.reasons:
        lines.append(Line(words("explanation.because_of", reasons=", ".join(words(f"reasons.{reason}") for reason in a.reasons))))
    if a.at_least:
        lines.append(Line(words("explanation.at_least", most=outcome_words(a.most_cautious))))
    elif not a.settled:
        lines.append(Line(words("explanation.choices", outcomes=list_outcomes(a.possible))))
    elif a.unrecorded:
        lines.append(Line(words("explanation.settled")))
    if a.edition.changed and a.default_outcome is not a.outcome:
        lines.append(Line(words("explanation.default_outcome", outcome=outcome_words(a.default_outcome))))
    readings = a.edition.guidance.readings
    changed = [
        words("explanation.reading", name=readings[name].question, label=readings[name].choice(c).label)
        for name, c in a.edition.changed.items()
    ]
    key = "explanation.edition_readings" if changed else "explanation.edition"
    lines.append(Line(words(key, author=source.author, edition=edition, readings="; ".join(changed))))
    return Block("outcome", outcome_words(a.outcome), tuple(lines), open=True)


def _deciding(a: Assessment) -> Block:
    lines = tuple(_finding(a, finding) for finding in a.deciding)
    if not lines:
        lines = (Line(words("explanation.either_decides" if a.settled or a.at_least else "explanation.nothing_decides")),)
    return Block("deciding", words("explanation.deciding"), lines, open=True)


def _finding(a: Assessment, finding: Finding) -> Line:
    fields, ledger = a.edition.guidance.fields, a.edition.guidance.ledger
    said = ledger.words[finding.rule]
    details = []
    if finding.because:
        details.append(words("explanation.recorded", answers=_list_answers(fields, _cited(a, finding))))
    if finding.also:
        details.append(words("explanation.also_recorded", answers=_list_answers(fields, finding.also)))
    details += [words("explanation.condition", text=condition) for condition in said.conditions]
    if said.next_step:
        details.append(words("explanation.next_step", text=said.next_step))
    for id_ in finding.claims:
        claim = ledger.claims[id_]
        details.append(words("explanation.claim", id=id_, paragraph=claim.paragraph[1:], text=claim.text))
    for claim in ledger.claims.values():
        if finding.rule in claim.explains and claim.id not in finding.claims:
            standing = words(f"standings.{claim.standing}") if claim.standing else ""
            key = "explanation.why_standing" if standing else "explanation.why"
            details.append(words(key, id=claim.id, paragraph=claim.paragraph[1:], text=claim.text, standing=standing))
            if claim.contrast:
                details.append(words("explanation.contrast", text=claim.contrast))
    shown = {*finding.claims, *(claim.id for claim in ledger.claims.values() if finding.rule in claim.explains)}
    for phrase in ledger.undefined:
        if shown & set(phrase.claims):
            details.append(words("explanation.undefined", phrase=phrase.phrase, paragraph=phrase.paragraph[1:]))
    return Line(finding.text, finding_badges(a, finding), tuple(details))


def _cited(a: Assessment, finding: Finding) -> Mapping[str, str]:
    """The answers that a finding rests on, and those that its stronger wording speaks of."""
    stronger = finding.text == a.edition.guidance.ledger.words[finding.rule].stronger
    return {**finding.because, **(a.edition.by_name[finding.rule].rule.stronger_when if stronger else {})}


def finding_badges(a: Assessment, finding: Finding) -> tuple[Badge, ...]:
    """What kind of finding it is, and whose: its caution, unusual readings that it rests on, its basis and its claims."""
    claims = a.edition.guidance.ledger.claims
    badges = []
    if finding.kind is not Kind.OUTCOME:
        badges.append(Badge(words(f"kinds.{finding.kind}"), finding.kind))
    if finding.caution:
        badges.append(Badge(words(f"cautions.{finding.caution}"), "caution"))
    reads = a.edition.by_name[finding.rule].rule.reads
    badges += reading_badges(a, [name for name in a.edition.changed if name in reads])
    basis = words(f"bases.{finding.basis}")
    if finding.claims:
        paragraphs = ", ".join(dict.fromkeys(claims[id_].paragraph[1:] for id_ in finding.claims))
        basis = words("explanation.badge_claims", basis=basis, claims=" ".join(finding.claims), paragraphs=paragraphs)
    return (*badges, Badge(basis, finding.basis))


def reading_badges(a: Assessment, readings: Iterable[str]) -> tuple[Badge, ...]:
    """A badge for each of these readings, which are not the default."""
    known, chosen = a.edition.guidance.readings, a.edition.readings
    said = [words("explanation.badge_reading", label=known[name].choice(chosen[name]).label) for name in readings]
    return tuple(Badge(text, "reading") for text in said)


def _answers(a: Assessment) -> Block:
    fields = a.edition.guidance.fields
    used = {name for finding in a.findings for name in (*_cited(a, finding), *finding.also)}
    lines = [Line(answer_words(fields, name, given), field=name) for name, given in _in_order(fields, a.answers) if name in used]
    if not lines:
        lines.append(Line(words("explanation.answers_none")))
    unused = {name: given for name, given in a.answers.items() if name not in used and name not in a.ignored}
    if unused:
        lines.append(Line(words("explanation.answers_unused", answers=_list_answers(fields, unused))))
    if a.ignored:
        lines.append(Line(words("explanation.answers_ignored", answers=_list_answers(fields, a.ignored))))
    return Block("answers", words("explanation.answers"), tuple(lines), open=True)


def _outranked(a: Assessment) -> Block:
    deciding = a.deciding
    lines = []
    for finding in a.findings:
        if finding not in deciding:
            line = _finding(a, finding)
            label = (Badge(outcome_words(finding.outcome), "outcome"),) if finding.outcome else ()
            lines.append(Line(line.text, (*label, *line.badges), line.details))
    return Block("outranked", words("explanation.outranked"), tuple(lines) or (Line(words("explanation.outranked_none")),))


def _unsettled(a: Assessment) -> Block:
    fields, rules = a.edition.guidance.fields, a.edition.by_name
    lines = []
    for one in a.unsettled:
        if one.outcome in a.possible and one.outcome > a.least_cautious:
            waits = ", ".join(fields[name].label for name in one.waits_for)
            text = words("explanation.unsettled_rule", meaning=rules[one.rule].rule.meaning, outcome=outcome_words(one.outcome))
            lines.append(Line(text, (), (words("explanation.waits_for", fields=waits),)))
    return Block("unsettled", words("explanation.unsettled"), tuple(lines) or (Line(words("explanation.unsettled_none")),))


def _next(a: Assessment) -> Block:
    lines = tuple(_question(a, question) for question in a.next_questions[:_MOST_QUESTIONS])
    if not lines:
        lines = (Line(words("explanation.unsettled_none" if a.settled else "explanation.next_none")),)
    return Block("next", words("explanation.next"), lines, open=True)


_MOST_QUESTIONS: Final = 3
"""How many of the next questions are shown."""


def _question(a: Assessment, question: Question) -> Line:
    field, rules = a.edition.guidance.fields[question.field], a.edition.by_name
    outranked = [name for name in question.why if (rules[name].outcome or Outcome.MAY_BE_CONSIDERED) < a.least_cautious]
    why = " ".join(rules[name].rule.meaning for name in question.why if name not in outranked and rules[name].outcome)
    details = [words("explanation.next_why", meanings=why)] if why else []
    together: dict[frozenset[Outcome], list[str]] = {}
    for option, outcomes in question.possible.items():
        together.setdefault(outcomes, []).append(f'"{field.option(option).label}"')
    for outcomes, options in together.items():
        details.append(_leads_to(a, outcomes, options))
    return Line(field.question, (), tuple(details), field=question.field)


def _leads_to(a: Assessment, outcomes: frozenset[Outcome], options: Sequence[str]) -> str:
    said, most, least = words("explanation.or").join(options), max(outcomes), min(outcomes)
    if outcomes == a.possible:
        return words("explanation.leads_same", options=said)
    if len(outcomes) == 1:
        return words("explanation.leads_one", options=said, outcome=outcome_words(most))
    key = "explanation.leads_least" if least >= Outcome.NOT_AT_PRESENT else "explanation.leads_span"
    return words(key, options=said, most=outcome_words(most), least=outcome_words(least))


def _ways(a: Assessment) -> Block:
    fields = a.edition.guidance.fields
    toward: dict[Outcome, list[str]] = {}
    for way in a.changes:
        toward.setdefault(way.outcome, []).append(_way(fields, way))
    lines = [Line(words("explanation.ways_lead"))] if toward else []
    lines += [
        Line(words("explanation.ways_to", outcome=outcome_words(outcome)), (), tuple(ways)) for outcome, ways in toward.items()
    ]
    fixed = {n: g for finding in a.deciding for n, g in finding.because.items() if _stays(fields, n, g)}
    if a.least_cautious is Outcome.MAY_BE_CONSIDERED:
        lines.append(Line(words("explanation.ways_least" if a.settled else "explanation.ways_open")))
    elif fixed:
        lines.append(Line(words("explanation.cannot_change", answers=_list_answers(fields, fixed))))
    if not a.changes and a.least_cautious is not Outcome.MAY_BE_CONSIDERED:
        lines.insert(0, Line(words("explanation.ways_none")))
    return Block("ways", words("explanation.ways"), tuple(lines))


def _stays(fields: Dictionary, name: str, given: str) -> bool:
    """Whether an answer that stands for caution cannot change."""
    mildest = fields[name].order[:1]
    return bool(mildest) and given not in mildest[0] and not any(change.before == given for change in fields[name].changes)


def _way(fields: Dictionary, way: Way) -> str:
    """One way forward, its steps sorted by what brings them about."""
    said = []
    for by in WAYS:
        answers = {step.field: step.after for step in way.steps if step.by == by}
        if answers:
            said.append(words("explanation.way", by=words(f"ways.{by}"), answers=_list_answers(fields, answers)))
    return " ".join(said)


def _near(a: Assessment) -> Block:
    fields = a.edition.guidance.fields
    why = {(miss.field, miss.after, miss.outcome): a.edition.by_name[miss.rule].rule.meaning for miss in a.near_misses}
    alternatives: dict[str, list[str]] = {}
    for twin in a.twins:
        option, meaning = fields[twin.field].option(twin.after).label, why.get((twin.field, twin.after, twin.outcome), "")
        said = words("explanation.twin", option=option, outcome=outcome_words(twin.outcome), meaning=meaning)
        alternatives.setdefault(twin.field, []).append(said.rstrip())
    lines = [Line(answer_words(fields, name, a.answers[name]), (), tuple(said), field=name) for name, said in alternatives.items()]
    return Block("near", words("explanation.near"), tuple(lines) or (Line(words("explanation.near_none")),))


def _hinges(a: Assessment) -> Block:
    readings = a.edition.guidance.readings
    alternatives: dict[str, list[str]] = {}
    for hinge in a.hinges_on:
        choice = readings[hinge.reading].choice(hinge.choice).label
        said = words("explanation.hinge", choice=choice, outcome=outcome_words(hinge.outcome))
        alternatives.setdefault(hinge.reading, []).append(said)
    lines = [Line(readings[name].question, (), tuple(said)) for name, said in alternatives.items()]
    return Block("hinges", words("explanation.hinges"), tuple(lines) or (Line(words("explanation.hinges_none")),))


def _not_addressed(a: Assessment) -> Block:
    topics = a.edition.guidance.ledger.not_addressed
    lead = Line(words("explanation.not_addressed_lead"), (), topics)
    return Block("not_addressed", words("explanation.not_addressed"), (lead,))


def _doubts(a: Assessment) -> Block:
    ledger = a.edition.guidance.ledger
    doubts = dict.fromkeys((*(ledger.words[finding.rule].doubt for finding in a.findings), *ledger.doubts))
    return Block("doubts", words("explanation.doubts"), tuple(Line(doubt) for doubt in doubts if doubt))


def _prompts(a: Assessment) -> Block:
    ledger = a.edition.guidance.ledger
    prompts = [prompt for finding in a.findings for prompt in ledger.words[finding.rule].prompts]
    lines = []
    for prompt in dict.fromkeys((*prompts, *ledger.prompts)):
        place = words("explanation.prompt_place", role=words(f"roles.{prompt.role}"), focus=words(f"foci.{prompt.focus}"))
        lines.append(Line(prompt.text, (Badge(place, "prompt"),)))
    return Block("prompts", words("explanation.prompts"), tuple(lines))


def four(a: Assessment) -> Block:
    """Whose view, what it leaves out, invented cases only, who decides: beside every outcome."""
    return Block("four", words("explanation.four"), tuple(map(Line, a.edition.guidance.ledger.four.values())), open=True)


def _list_answers(fields: Dictionary, answers: Mapping[str, str]) -> str:
    return "; ".join(answer_words(fields, name, given) for name, given in _in_order(fields, answers))


def _in_order(fields: Dictionary, answers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, answers[name]) for name in fields if name in answers]
