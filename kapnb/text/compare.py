"""Compare two assessments, and say only what changed: a what-if beside its recorded case, a case beside its twin."""

from __future__ import annotations

from collections.abc import Iterator

from kapnb.engine.assess import Finding
from kapnb.engine.edition import Assessment
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.explanation import outcome_line
from kapnb.text.phrases import (
    finding_badges,
    list_answers,
    list_outcomes,
    list_reasons,
    outcome_badges,
    outcome_words,
    reading_badges,
    sentence,
)
from kapnb.text.words import words


def compare(before: Assessment, after: Assessment) -> tuple[Block, ...]:
    """Put into words what another case, or another reading of the article, changes.

    Returns:
        Blocks in this order: moved, changed, come, go, turn, opened, settled. The first two are always there, the others where
        there is something to say.

    >>> from kapnb import assess
    >>> [block.key for block in compare(assess({"ocd": "no"}), assess({"ocd": "yes"}))]
    ['moved', 'changed', 'come', 'opened']
    """
    shifts = find_shifts(before, after)
    held, holds = by_rule(before), by_rule(after)
    blocks = {
        "come": tuple(_finding(after, holds[name], recorded=True) for name in shifts["come"]),
        "go": tuple(_gone(before, after, held[name]) for name in shifts["go"]),
        "turn": tuple(_turned(before, after, held[name], holds[name]) for name in shifts["turn"]),
        "opened": tuple(_open(after, name) for name in shifts["opened"]),
        "settled": tuple(_open(before, name, waiting=False) for name in shifts["settled"]),
    }
    said = [Block(key, words(f"comparison.{key}"), lines, open=True) for key, lines in blocks.items() if lines]
    return (_moved(before, after), _changed(before, after), *said)


def find_shifts(before: Assessment, after: Assessment) -> dict[str, list[str]]:
    """The rules whose standing differs, each once, the most cautious first.

    Returns:
        What comes to hold, and goes; what holds in both and turns: with another outcome, or decides in one only;
        what was ruled out and is open now, and what was open and is now ruled out.
    """
    held, holds = by_rule(before), by_rule(after)
    was_open, is_open = waiting(before), waiting(after)
    stood = {**held, **holds}  # a rule that holds may wait as well, for what it leads to

    def weighs(assessment: Assessment, finding: Finding) -> tuple[object, ...]:
        return finding.outcome, finding.outcome is assessment.outcome

    return {
        "come": [name for name in holds if name not in held],
        "go": [name for name in held if name not in holds],
        "turn": [name for name in holds if name in held and weighs(before, held[name]) != weighs(after, holds[name])],
        "opened": [name for name in is_open if name not in was_open and name not in stood],
        "settled": [name for name in was_open if name not in is_open and name not in stood],
    }


def by_rule(assessment: Assessment) -> dict[str, Finding]:
    return {finding.rule: finding for finding in assessment.findings}


def waiting(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """What each open rule waits for. That nothing decides, the default, is the absence of the others and left out."""
    default = assessment.edition.default_rule.name
    return {one.rule: one.waits_for for one in assessment.unsettled if one.rule != default}


def _moved(before: Assessment, after: Assessment) -> Block:
    was, now = before.outcome, after.outcome
    key = "same" if was is now else "more" if now > was else "less"
    lines = [] if was is now else [Line(words("comparison.before", outcome=outcome_line(before)))]
    lines.append(Line(words(f"comparison.{key}"), reading_badges(after, after.edition.changed)))
    if before.settled and not after.settled:
        lines.append(Line(words("comparison.outcome_open")))
    if not after.settled:
        for key, outcomes in (("possible", after.possible - before.possible), ("impossible", before.possible - after.possible)):
            if outcomes:
                reasons = (after if key == "possible" else before).final_reasons
                lines.append(Line(words(f"comparison.{key}", outcomes=list_outcomes(outcomes, reasons))))
    if after.at_least and not before.at_least:
        lines.append(Line(words("explanation.at_least")))
    if after.reasons:
        lines.append(Line(words("explanation.because_of", reasons=list_reasons(after.reasons))))
    return Block("moved", outcome_line(after), tuple(lines), open=True)


def _changed(before: Assessment, after: Assessment) -> Block:
    lines = (*_changed_answers(before, after), *_changed_readings(before, after))
    return Block("changed", words("comparison.changed"), lines or (Line(words("comparison.changed_none")),), open=True)


def _changed_answers(before: Assessment, after: Assessment) -> Iterator[Line]:
    for name, field in after.edition.fields.items():
        was, now = before.counted.get(name), after.counted.get(name)
        if was != now:
            values = {"before": _said(before, name), "after": _said(after, name)}
            yield Line(words("comparison.change", label=sentence(field.label), **values), field=name)


def _changed_readings(before: Assessment, after: Assessment) -> Iterator[Line]:
    for name, reading in after.edition.ledger.readings.items():
        was, now = before.edition.readings[name], after.edition.readings[name]
        if was != now:
            values = {"before": reading.choice(was).label, "after": reading.choice(now).label}
            badge = Badge(words("comparison.reading"), "reading")
            yield Line(words("comparison.change_reading", question=reading.question, **values), (badge,))


def _said(assessment: Assessment, name: str) -> str:
    fields, given = assessment.edition.fields, assessment.counted.get(name)
    if given is not None:
        return fields[name].option(given).label
    asked = fields.applies(name, assessment.answers) is not False
    return words("explanation.not_recorded" if asked else "comparison.not_asked")


def _finding(assessment: Assessment, finding: Finding, *, recorded: bool = False) -> Line:
    """A finding in short; the explanation of the case itself has the rest."""
    label = outcome_badges(finding.outcome, finding.reason)
    details: tuple[str, ...] = ()
    if recorded and finding.because:
        details = (words("comparison.because", answers=list_answers(assessment.edition.fields, finding.because)),)
    return Line(finding.text, (*label, *finding_badges(assessment, finding)), details)


def _gone(before: Assessment, after: Assessment, finding: Finding) -> Line:
    line, waits = _finding(before, finding), waiting(after).get(finding.rule)
    if not waits:
        return line
    return Line(line.text, line.badges, (words("comparison.open_now", fields=_labels(after, waits)),), field=waits[0])


def _turned(before: Assessment, after: Assessment, was: Finding, now: Finding) -> Line:
    line, details = _finding(after, now), []
    if (now in after.deciding) != (was in before.deciding):
        details.append(words("comparison.decides" if now in after.deciding else "comparison.decides_no_more"))
    if now.outcome is not was.outcome and was.outcome:
        details.append(words("comparison.led_to", outcome=outcome_words(was.outcome, [was.reason] if was.reason else ())))
    return Line(line.text, line.badges, tuple(details))


def _open(assessment: Assessment, name: str, *, waiting: bool = True) -> Line:
    """A rule that is open in this assessment, with what it waits for where that still matters."""
    rule = assessment.edition.by_name[name]
    label = outcome_badges(rule.outcome, rule.rule.reason)
    waits = next(one.waits_for for one in assessment.unsettled if one.rule == name)
    if not waiting:
        return Line(rule.rule.meaning, label)
    details = (words("explanation.waits_for", fields=_labels(assessment, waits)),)
    return Line(rule.rule.meaning, label, details, field=waits[0] if waits else None)


def _labels(assessment: Assessment, names: tuple[str, ...]) -> str:
    return ", ".join(assessment.edition.fields[name].label for name in names)
