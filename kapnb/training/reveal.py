"""What this source would say of a committed item, as blocks that a page draws as they are.

:func:`explain_reveal` is a query: it changes nothing, and tells nothing of an item that is not revealed. It compares and never
corrects: the source is one clinician's view, and the most that is said of a judgment is whether it agrees with this source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, Fact, Kind, compare_facts, locate
from kapnb.group.discussion import explain_suggestions, suggest
from kapnb.group.judgments import Judgment, spread
from kapnb.group.overview import Statement, state
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.explain import explain, support
from kapnb.text.phrases import answer_words, outcome_words, sentence
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, problem
from kapnb.training.library import Library, Vignette
from kapnb.training.session import (
    Attempt,
    Draft,
    Training,
    find,
    find_waiting_twin,
    hides_twin,
    keep_known,
)


@dataclass(frozen=True, slots=True)
class Beside:
    """The twin of a revealed item: the same but for one answer.

    Attributes:
        field: the question that is answered otherwise.
        block: the difference and both outcomes, in words.
        support: what comes first where only the twin tells of suicidal ideation.
    """

    id: str
    title: str
    story: str
    field: str
    block: Block
    support: Block | None


@dataclass(frozen=True, eq=False)
class Reveal:
    """What is shown of an item after the commitment, beside what was committed itself.

    Attributes:
        difference: where the judgment differs from the source, if it does.
        source: the explanation of the source's answer, without its prompts, and without the support, which stays with the task.
        twin: the vignette with one differing fact; None where there is none, or where it waits for its own commitment.
        twin_waits: whether the twin is another item of the session that is not committed yet.
        panel: the outcomes that others gave; None where no judgment is at hand.
        counts: how often others gave each outcome.
        debrief: what the vignette teaches, or the note of a case of one's own; None where there is neither.
        prompts: for discussion, from the difference, the case, and in general.
        assessment: the source's answer as a value.
        located: the difference as a value.
    """

    item: str
    difference: Block
    source: tuple[Block, ...]
    twin: Beside | None
    twin_waits: bool
    panel: Block | None
    counts: dict[Outcome, int]
    debrief: Block | None
    prompts: Block
    assessment: Assessment
    located: Difference

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Everything, in the order in which it is read."""
        twin = self.twin.block if self.twin else None
        waits = Block("twin", words("training.twin"), (Line(words("training.twin_waits")),)) if self.twin_waits else None
        first = self.twin.support if self.twin else None
        every = (self.difference, *self.source, first, twin, waits, self.panel, self.debrief, self.prompts)
        return tuple(block for block in every if block)


def explain_reveal(training: Training, library: Library, panel: Iterable[Judgment] = ()) -> Reveal:
    """What the source would say of the item on view.

    Args:
        training: with the item revealed.
        library: the vignettes and cases at hand.
        panel: judgments of others, of this case and of any other, as a judgments table holds them.

    Raises:
        TrainingError: before the reveal.
    """
    attempt = training.now
    if not attempt.revealed:
        raise TrainingError([problem(attempt.item.id, "not_committed" if attempt.open else "not_revealed")])
    vignette = find(library, attempt.item)
    assessment = library.edition.assess(vignette.answers)
    located = locate(attempt.as_judgment(library.edition), assessment)
    twin, waits = library.find_twin(vignette), find_waiting_twin(training, library) is not None
    beside = _put_beside(twin, assessment) if twin else None
    blocks = explain(assessment)
    read = tuple(fact for fact in located.facts if fact.rater is not None)  # recording is optional: no prompt on what was left out
    suggestions = suggest(vignette.id, assessment, [replace(located, facts=read)])
    hidden = hides_twin(training, vignette)
    if beside and waits:
        blocks = tuple(_withhold(block, beside.field) for block in blocks)
    if hidden:
        blocks = tuple(block for block in blocks if block.key != "near")
    if hidden or (beside and waits):
        suggestions = tuple(one for one in suggestions if one.origin != "twin")
    judged = [one for one in panel if one.case_id == vignette.id]
    return Reveal(
        item=vignette.id,
        difference=explain_located(located, library.edition),
        source=tuple(block for block in blocks if block.key not in {"prompts", "support"}),
        twin=None if waits else beside,
        twin_waits=hidden or bool(beside and waits),
        panel=_count_panel(located, judged),
        counts=spread(judged),
        debrief=_debrief(vignette),
        prompts=replace(explain_suggestions(suggestions), open=False),
        assessment=assessment,
        located=located,
    )


# The judgment beside the source


def explain_located(difference: Difference, edition: Edition) -> Block:
    """A trainee's own judgment beside this source: what it agrees in, and where it differs, by facts, rule and priority."""
    agrees = difference.agrees
    key = "agrees" if agrees and not difference.kinds else "agrees_otherwise" if agrees else "differs"
    lines = [Line(words(f"training.{key}", outcome=outcome_words(difference.source)))]
    if difference.own is None:
        lines.append(Line(words("training.no_fields")))
    elif difference.own is not difference.source:
        lines.append(Line(words("training.own_fields", outcome=outcome_words(difference.own))))
    if difference.kinds:
        kinds = words("table.and").join(words(f"training.kind_{kind}") for kind in difference.kinds)
        lines.append(Line(words("training.located", kinds=kinds)))
    facts = {fact.field: fact for fact in difference.facts}
    for one in state(difference, edition):
        fact = facts.get(one.field or "")
        if fact is None:
            lines.append(_line(one, one.detail))
        elif fact.rater is not None:
            lines.append(_line(one, _tell_both(fact, edition)))
    lines += _tell_left_open(difference, edition)
    return Block("difference", words("training.difference"), tuple(lines), open=True)


def _line(statement: Statement, detail: str) -> Line:
    badges = [Badge(words(f"training.kind_{statement.kind}"), "note")] if statement.kind else []
    if statement.kind is Kind.FACTS:
        badges.append(Badge(words("supervision.matters" if statement.matters else "supervision.matters_not"), "note"))
    return Line(statement.text, tuple(badges), (detail,) if detail else (), statement.field)


def _tell_both(fact: Fact, edition: Edition) -> str:
    reader, own = (_label(edition, fact.field, given) for given in (fact.table, fact.rater))
    return words("training.fact_both", reader=reader, own=own)


def _label(edition: Edition, field: str, given: str | None) -> str:
    return edition.fields[field].option(given).label if given else words("explanation.not_recorded")


def _tell_left_open(difference: Difference, edition: Edition) -> Iterator[Line]:
    """What the trainee did not record, in a few lines: recording is optional, and a long list would bury the rest."""
    for matters in (True, False):
        names = [fact.field for fact in difference.facts if fact.rater is None and fact.matters is matters]
        labels = tuple(sentence(edition.fields[name].label) for name in names)
        if labels:
            yield Line(words("training.left_open" if matters else "training.left_open_still"), (), labels)
    if any(fact.rater is None for fact in difference.facts):
        yield Line(words("training.left_open_note"))


def explain_committed(attempt: Attempt, library: Library) -> Block:
    """What was committed, shown back, with marked passages and annotations word for word."""
    draft, edition, story = attempt.draft, library.edition, find(library, attempt.item).story
    lines = [Line(text) for text in describe_draft(draft, edition)]
    known = keep_known(draft.fields, edition.fields)
    answers = tuple(answer_words(edition.fields, name, option) for name, option in known.items())
    lines.append(Line(words("training.recorded" if answers else "training.recorded_none"), (), answers))
    if draft.passages:
        marked = tuple(words("training.passage", text=story[one.start : one.end]) for one in draft.passages)
        lines.append(Line(words("training.marked"), (), marked))
    lines += [Line(words("training.changed_mind", text=text)) for text in attempt.annotations]
    return Block("committed", words("training.committed_title"), tuple(lines), open=True)


def describe_draft(draft: Draft, edition: Edition) -> Iterator[str]:
    """Outcome, confidence and deciding finding in words, as far as they are chosen."""
    if draft.outcome:
        yield words("training.own_outcome", outcome=outcome_words(draft.outcome))
    if draft.confidence:
        yield words("training.own_confidence", how=words(f"supervision.confidence_{draft.confidence}"))
    if draft.finding is not None:
        meanings = {"": words("training.none_of_these"), **{rule.name: rule.meaning for rule in edition.guidance.rules}}
        finding = meanings.get(draft.finding, words("supervision.unknown_rule"))
        yield words("training.own_finding", finding=finding.rstrip("."))


# What stands beside it


def _put_beside(twin: Vignette, here: Assessment) -> Beside | None:
    """The twin with its differing fact: the first that both are asked, since an answer can raise further questions."""
    there = here.edition.assess(twin.answers)
    facts = compare_facts(here, there)
    if not facts:
        return None
    fact, edition = facts[0], here.edition
    one, two = (_label(edition, fact.field, given) for given in (fact.table, fact.rater))
    label = sentence(edition.fields[fact.field].label)
    lines = (
        Line(words("training.twin_fact", label=label, here=one, there=two), field=fact.field),
        Line(words("training.twin_here", outcome=outcome_words(here.outcome))),
        Line(words("training.twin_there", title=twin.title, outcome=outcome_words(there.outcome))),
    )
    first = None if support(here.answers) else support(twin.answers)
    return Beside(twin.id, twin.title, twin.story, fact.field, Block("twin", words("training.twin"), lines, open=True), first)


def _withhold(block: Block, field: str) -> Block:
    """Near misses without the question that sets the twin apart, as long as the twin is still to be judged."""
    return replace(block, lines=tuple(line for line in block.lines if line.field != field)) if block.key == "near" else block


def _count_panel(difference: Difference, judgments: Sequence[Judgment]) -> Block | None:
    if not judgments:
        return None
    lines = []
    for outcome, count in spread(judgments).items():
        badges = []
        if outcome is difference.judgment.outcome:
            badges.append(Badge(words("training.of_own"), "note"))
        if outcome is difference.source:
            badges.append(Badge(words("supervision.of_source"), "note"))
        lines.append(Line(words("supervision.times", outcome=outcome_words(outcome), count=count), tuple(badges)))
    missing = sum(one.outcome is None for one in judgments)
    if missing:
        lines.append(Line(words("supervision.incomplete", incomplete=missing)))
    return Block("panel", words("training.panel"), (*lines, Line(words("training.panel_note"))), open=True)


def _debrief(vignette: Vignette) -> Block | None:
    paragraphs = tuple(Line(text) for text in vignette.debrief.split("\n\n") if text.strip())
    return Block("debrief", words("training.debrief"), paragraphs, open=True) if paragraphs else None
