"""What this source would say of a committed item and of what is then learned, as blocks that a page draws as they are.

:func:`explain_reveal` and :func:`ask` are queries: they change nothing, and tell nothing of an item that is not revealed. They
compare and never correct: the source is one clinician's view, and the most that is said of a judgment is whether it agrees with it.

A follow-up is one new finding, and whether KAP then fits less, as before, or more. What it changes for this source is shown once
there is a response, which stays, beside those of a group where there are some.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, Fact, Kind, compare_facts, locate
from kapnb.group.discussion import explain_suggestions, suggest
from kapnb.group.judgments import Judgment, spread
from kapnb.group.overview import state
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explain import explain
from kapnb.text.phrases import answer_words, list_outcomes, outcome_words, sentence
from kapnb.text.support import support
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, problem
from kapnb.training.library import FollowUp, Library, Vignette, find_support
from kapnb.training.session import RESPONSES, Attempt, Draft, Training, find, keep_known, tells_twin, twin_waits


@dataclass(frozen=True, slots=True)
class Beside:
    """The twin of a revealed item: the same but for one answer.

    Attributes:
        field: the question that is answered otherwise.
        block: the difference and both outcomes, in words.
        support: what is shown where only the twin touches suicide or self-injury, or asks for more.
    """

    title: str
    story: str
    field: str
    block: Block
    support: Block | None


@dataclass(frozen=True, eq=False)
class Reveal:
    """What is shown of an item after the commitment, beside what was committed itself.

    Attributes:
        difference: where the judgment differs from the source, if it does; ``located`` is the same as a value.
        source: the explanation of the source's answer, without its prompts, and without the support, which stays with the story;
            ``assessment`` is the answer as a value.
        twin: the vignette with one differing fact, if there is one and it does not wait for its own commitment.
        panel: the outcomes that others gave, if any judgment is at hand; ``counts`` are the same as values.
        debrief: what the vignette teaches, or the note of a case of one's own.
    """

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
    vignette, edition = find(library, attempt.item), library.edition
    assessment = edition.assess(vignette.answers)
    located = locate(attempt.as_judgment(edition), assessment)
    read = tuple(fact for fact in located.facts if fact.rater is not None)  # recording is optional: no prompt on what was left out
    suggestions = suggest(vignette.id, assessment, [replace(located, facts=read)])
    twin, waits, apart = library.find_twin(vignette), twin_waits(training, library), {"prompts", "support"}
    if waits:  # the twin is one answer away, and nothing that is may be told
        twin, apart = None, apart | {"near"}
        suggestions = tuple(one for one in suggestions if one.origin != "twin")
    judged = [one for one in panel if one.case_id == vignette.id]
    taught = tuple(Line(text) for text in vignette.debrief.split("\n\n") if text.strip())
    return Reveal(
        difference=_explain_difference(located, edition),
        source=tuple(block for block in explain(assessment) if block.key not in apart),
        twin=_put_beside(vignette, twin, assessment) if twin else None,
        twin_waits=waits,
        panel=_count_panel(located, judged) if judged else None,
        counts=spread(judged),
        debrief=Block("debrief", words("training.debrief"), taught, open=True) if taught else None,
        prompts=replace(explain_suggestions(suggestions), open=False),
        assessment=assessment,
        located=located,
    )


# The judgment beside the source


def _explain_difference(difference: Difference, edition: Edition) -> Block:
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
    for one in state(difference):
        fact, detail = facts.get(one.field or ""), one.detail
        if fact and fact.rater is None:
            continue  # all of these are told together, below
        if fact:
            reader, own = _labels(fact, edition)
            detail = words("training.fact_both", reader=reader, own=own)
        badges = [words(f"training.kind_{one.kind}")] if one.kind else []
        if one.kind is Kind.FACTS:
            badges.append(words("supervision.matters" if one.matters else "supervision.matters_not"))
        lines.append(Line(one.text, tuple(Badge(text, "note") for text in badges), (detail,) if detail else (), one.field))
    return Block("difference", words("training.difference"), (*lines, *_tell_left_open(difference, edition)), open=True)


def _labels(fact: Fact, edition: Edition) -> tuple[str, ...]:
    field, silent = edition.fields[fact.field], words("explanation.not_recorded")
    return tuple(field.option(given).label if given else silent for given in (fact.table, fact.rater))


def _tell_left_open(difference: Difference, edition: Edition) -> Iterator[Line]:
    """What the trainee did not record, in a few lines: recording is optional, and a long list would bury the rest."""
    left = [fact for fact in difference.facts if fact.rater is None]
    for key, matters in (("left_open", True), ("left_open_still", False)):
        labels = tuple(sentence(edition.fields[fact.field].label) for fact in left if fact.matters is matters)
        if labels:
            yield Line(words(f"training.{key}"), (), labels)
    if left:
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


def _put_beside(vignette: Vignette, twin: Vignette, here: Assessment) -> Beside | None:
    """The twin with its differing fact: the first that both are asked, since an answer can raise further questions."""
    there, fields = here.edition.assess(twin.answers), here.edition.fields
    for fact in compare_facts(here, there)[:1]:
        one, two = _labels(fact, here.edition)
        label = sentence(fields[fact.field].label)
        lines = (
            Line(words("training.twin_fact", label=label, here=one, there=two), field=fact.field),
            Line(words("training.twin_here", outcome=outcome_words(here.outcome))),
            Line(words("training.twin_there", title=twin.title, outcome=outcome_words(there.outcome))),
        )
        block = Block("twin", words("training.twin"), lines, open=True)
        first = _add_support(find_support(vignette, fields), find_support(twin, fields))
        return Beside(twin.title, twin.story, fact.field, block, first)
    return None


def _add_support(told: Block | None, new: Block | None) -> Block | None:
    """The help that something new brings, where none is on view yet, or only help that asks for less."""
    return new if new and (told is None or len(new.lines) > len(told.lines)) else None


def _count_panel(difference: Difference, judgments: Sequence[Judgment]) -> Block:
    lines = []
    for outcome, count in spread(judgments).items():
        whose = {"training.of_own": difference.judgment.outcome, "supervision.of_source": difference.source}
        badges = tuple(Badge(words(key), "note") for key, one in whose.items() if one is outcome)
        lines.append(Line(words("supervision.times", outcome=outcome_words(outcome), count=count), badges))
    missing = sum(one.outcome is None for one in judgments)
    if missing:
        lines.append(Line(words("supervision.incomplete", incomplete=missing)))
    return Block("panel", words("training.panel"), (*lines, Line(words("training.panel_note"))), open=True)


Responses = Counter[tuple[str, str, str, str]]
"""How often a group gave a response: by case, question, answer, and the response."""
NOBODY: Final[Responses] = Counter()


@dataclass(frozen=True, eq=False)
class Asked:
    """A follow-up as it is shown before and after the response.

    Attributes:
        learn: the new finding.
        response: what was responded; None while it is open.
        support: what is shown where only the new finding touches suicide or self-injury, or asks for more.
        blocks: what it changes, once there is a response: response (and those of the group), what moved and changed with what
            follows from it (see :func:`kapnb.text.compare.compare`), reasoning.
    """

    place: int
    learn: str
    response: int | None
    support: Block | None
    blocks: tuple[Block, ...]


def ask(training: Training, library: Library, group: Responses = NOBODY) -> tuple[Asked, ...]:
    """The follow-ups of the item on view. One that would make it like a twin still to be judged is left out until then.

    Raises:
        TrainingError: before the reveal.
    """
    attempt, asked = training.now, []
    if not attempt.revealed:
        raise TrainingError([problem(attempt.item.id, "not_revealed")])
    vignette = find(library, attempt.item)
    fields = library.edition.fields
    told = find_support(vignette, fields)
    for place, one in enumerate(vignette.follow_ups):
        if tells_twin(training, library, one):
            continue
        given = attempt.responses.get(place)
        blocks: tuple[Block, ...] = ()
        if given:
            counts = {response: group[vignette.id, given.field, given.answer, str(response)] for response in RESPONSES}
            blocks = (_list_responses(given.response, counts), *_explain(library.edition, vignette, one))
        first = _add_support(told, support(fields, one.changes, one.learn))
        asked.append(Asked(place, one.learn, given.response if given else None, first, blocks))
    return tuple(asked)


def assess_change(edition: Edition, vignette: Vignette, follow_up: FollowUp) -> tuple[Assessment, Assessment]:
    """The case as it was read, before and after a new finding; other follow-ups are not added."""
    changed = keep_known({**vignette.answers, **follow_up.changes}, edition.fields)
    return edition.assess(vignette.answers), edition.assess(changed)


def count_responses(rows: Iterable[Mapping[str, object]]) -> Responses:
    """The responses of a group from the rows of a responses table that was checked; one without a response is not counted."""
    given = ({name: value for name, value in row.items() if isinstance(value, str) and value} for row in rows)
    return Counter((one["case_id"], one["field"], one["answer"], one["response"]) for one in given if "response" in one)


def response_words(response: int) -> str:
    """A response in words.

    >>> response_words(0)
    'KAP fits as before'
    """
    return words(f"training.fits_{('much_less', 'less', 'same', 'more', 'much_more')[response + 2]}")


def _list_responses(own: int, group: Mapping[int, int]) -> Block:
    lines = [Line(words("training.own_response", response=response_words(own)))]
    for response, count in group.items():
        if count:
            badges = (Badge(words("training.of_own"), "note"),) if response == own else ()
            lines.append(Line(words("supervision.times", outcome=response_words(response), count=count), badges))
    if lines[1:]:
        lines.append(Line(words("training.panel_note")))
    return Block("response", words("training.response_group" if lines[1:] else "training.response"), tuple(lines), open=True)


def _explain(edition: Edition, vignette: Vignette, follow_up: FollowUp) -> Iterator[Block]:
    """What a follow-up changes; and what became of the possible outcomes, where the outcome itself does not tell it."""
    before, after = assess_change(edition, vignette, follow_up)
    moved, *rest = compare(before, after)
    key = "narrowed" if after.possible < before.possible else "widened" if after.possible > before.possible else ""
    if key:
        values = {"before": list_outcomes(before.possible), "after": list_outcomes(after.possible)}
        moved = replace(moved, lines=(*moved.lines, Line(words(f"training.{key}", **values))))
    yield from (moved, *rest)
    yield Block("reasoning", words("training.reasoning"), (Line(follow_up.reasoning),), open=True)
