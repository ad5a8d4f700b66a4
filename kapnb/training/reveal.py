"""What is told of a committed item and of what is then learned, as words that a page draws as they are.

:func:`explain_reveal` and :func:`ask` are queries: they change nothing, and tell nothing of an item that is not committed. They
compare and never correct: the article is one clinician's view, and some of what decides is our reading of it, which is said first.

A follow-up is one new finding, and whether KAP then fits worse, the same, or better. What it changes is shown once there is a
response, which stays, beside those of a group where there are some.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.outcomes import Basis, Outcome, Reason
from kapnb.engine.outcomes import Kind as Effect
from kapnb.group.differences import Difference, Kind, compare_facts, locate
from kapnb.group.discussion import explain_suggestions, suggest
from kapnb.group.judgments import Judgment
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explanation import Explanation, explain
from kapnb.text.phrases import headline_words, join_words, list_outcomes, outcome_words, sentence
from kapnb.text.support import support
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, problem
from kapnb.training.interview import Review, review
from kapnb.training.library import FollowUp, Library, Vignette, find_support
from kapnb.training.offers import offer_facts
from kapnb.training.session import (
    RESPONSES,
    Attempt,
    Passage,
    Training,
    find,
    keep_known,
    tells_twin,
    twin_waits,
)

LEARN: Final = "You then learn that "
"""How a follow-up begins in its file; on a page that is above it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The twin of a committed item: the same but for one answer.

    Attributes:
        block: the difference and both outcomes, in words.
        support: what is shown where only the twin touches suicide or self-injury, or asks for more.
    """

    title: str
    story: str
    block: Block
    support: Block | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both judgments in one sentence.

    Attributes:
        basis: whose view it is; None where the article leaves the case open because too little is known.
        paragraphs: of the article, that it comes from.
    """

    text: str
    basis: Basis | None
    paragraphs: tuple[str, ...]

    @property
    def where(self) -> str:
        """The paragraphs, in words."""
        numbers = [one.removeprefix("P") for one in self.paragraphs]
        kind = "compare" if self.basis is Basis.SILENT else "from"  # what the article does not say is not from it
        key = ("from_nobody", f"{kind}_paragraph", f"{kind}_paragraphs")[min(len(numbers), 2)]
        return words(f"training_page.{key}", paragraphs=join_words(numbers))


@dataclass(frozen=True, eq=False)
class Reveal:
    """What is shown of an item after the commitment, beside what was committed itself.

    Attributes:
        decides: the passages of the story on which the outcome turns.
        difference: where the judgment differs from the article; None where it does not, or where that cannot be located.
        prediction: how what was predicted compares; empty where nothing was.
        source: the explanation of the article's answer, without its prompts, and without the support, which stays with the story;
            ``assessment`` is the answer as a value.
        twin: the vignette with one differing fact, if there is one and it does not wait for its own commitment.
        judged: the judgments of others.
        debrief: what the vignette teaches, or the note of a case of one's own, by paragraphs.
        interview: what was asked and what was not, where the case was asked for.
    """

    verdict: Verdict
    decides: tuple[Passage, ...]
    difference: Block | None
    prediction: str
    source: Explanation
    twin: Beside | None
    twin_waits: bool
    judged: tuple[Judgment, ...]
    debrief: tuple[str, ...]
    prompts: Block
    interview: Review | None
    assessment: Assessment
    located: Difference


def explain_reveal(training: Training, library: Library, panel: Iterable[Judgment] = ()) -> Reveal:
    """What the article says of the item on view.

    Args:
        training: with the item committed.
        library: the vignettes and cases available.
        panel: judgments of others, of this case and of any other, as a judgments table holds them.

    Raises:
        TrainingError: before the commitment.
    """
    attempt = training.now
    if attempt.open:
        raise TrainingError([problem(attempt.item.id, "not_committed")])
    vignette, edition = find(library, attempt.item), library.edition
    assessment = edition.assess(vignette.answers)
    located = locate_attempt(attempt, vignette, assessment)
    suggestions = suggest(vignette.id, assessment, [located])
    twin, waits = library.find_twin(vignette), twin_waits(training, library)
    source = replace(explain(assessment), support=None, prompts=())
    if waits:  # the twin is one answer away, and nothing that is may be told
        twin, source = None, replace(source, changes=(), twins=())
        suggestions = tuple(one for one in suggestions if one.origin != "twin")
    starts = ((vignette.story.index(one), len(one)) for one in vignette.decides)
    return Reveal(
        verdict=_give_verdict(attempt.draft.outcome, vignette, assessment),
        decides=tuple(sorted(Passage(start, start + length) for start, length in starts)),
        difference=explain_difference(located, edition),
        prediction=_compare_prediction(attempt.draft.prediction, assessment),
        source=source,
        twin=_put_beside(vignette, twin, assessment) if twin else None,
        twin_waits=waits,
        judged=tuple(one for one in panel if one.case_id == vignette.id),
        debrief=tuple(leave_out_codes(text) for text in vignette.debrief.split("\n\n") if text.strip()),
        prompts=replace(explain_suggestions(suggestions), open=False),
        interview=review(vignette, attempt.draft.asked, edition) if attempt.draft.interview else None,
        assessment=assessment,
        located=located,
    )


def leave_out_codes(text: str) -> str:
    """A text for a trainee: claims are named by their codes for those who check the vignettes."""
    return _CODES.sub("", text)


_CODES: Final = re.compile(r" ?\[C\d+(?:, C\d+)*\]")

# The judgment beside the article


def locate_attempt(attempt: Attempt, vignette: Vignette, assessment: Assessment) -> Difference:
    """Where an attempt differs. What the trainee recorded counts; whatever was not asked for was read as we read it."""
    judgment = attempt.as_judgment(assessment.edition)
    read = find_facts(attempt, vignette, assessment.edition)
    if not read:
        return locate(judgment, assessment)
    return locate(replace(judgment, own=keep_known({**vignette.answers, **read}, assessment.edition.fields)), assessment)


def find_facts(attempt: Attempt, vignette: Vignette, edition: Edition) -> Mapping[str, str]:
    """Of the facts on which the case turns, those that the trainee recorded."""
    asked = offer_facts(vignette, edition)
    return {name: given for name, given in keep_known(attempt.draft.fields, edition.fields).items() if name in asked}


def _give_verdict(own: Outcome | None, vignette: Vignette, assessment: Assessment) -> Verdict:
    """The trainee's outcome and the article's, in one sentence, with what decides."""
    ledger, deciding = assessment.edition.ledger, assessment.deciding
    would = words(f"training.would.{own}") if own else words("training.would.nothing")
    if not deciding:
        labels = [assessment.edition.fields[one.field].label for one in assessment.next_questions[:2]]
        key = "verdict_open_alike" if own is assessment.outcome else "verdict_open"
        return Verdict(words(f"training.{key}", would=would, open=join_words(labels, "or")), None, ())
    first, because = deciding[0], words("training.because", because=vignette.because)
    if not vignette.because or {one.rule for one in deciding} != {*vignette.deciding}:  # under another reading another decides
        meaning = assessment.edition.guidance.meanings[first.rule]
        because = words("training.because_rule", because=meaning[:1].lower() + meaning[1:])
    alike = "_alike" if own is assessment.outcome else ""
    if assessment.reasons == (Reason.SOURCE_SILENT,):
        key = "no_answer"
    elif first.rule == assessment.edition.default_rule.name:
        key = "no_caution"
    else:
        key = f"{first.basis}{alike}"
    least = "_least" if assessment.at_least else ""
    same, outcome = words(f"training.same{least}"), outcome_words(assessment.outcome).partition(":")[0]
    outcome = words(f"training.says{least}", outcome=outcome)
    text = words(f"training.verdict_{key}", would=would, outcome=outcome, same=same, because=because)
    hopeful = [one for one in assessment.findings if one.kind is Effect.FAVORABLE] if key == "no_caution" else []
    claims = (claim for one in (first, *hopeful) for claim in one.claims)
    return Verdict(text, first.basis, tuple(sorted({ledger.claims[claim].paragraph for claim in claims})))


def _compare_prediction(prediction: Outcome | None, assessment: Assessment) -> str:
    if prediction is None:
        return ""
    key = "predicted_alike" if prediction is assessment.outcome else "predicted_otherwise"
    return words(f"training.{key}", outcome=outcome_words(prediction))


def explain_difference(difference: Difference, edition: Edition) -> Block | None:
    """Where a trainee's judgment differs from the article, by facts, rule and priority; None where that cannot be located.

    Of a reason that the story does not support that much is told, also where a fact or a rule may lie behind it.
    """
    kinds = difference.kinds
    lines = [Line(text) for kind in kinds for text in _state(kind, difference, edition)]
    named = join_words([words(f"training.kind_{kind}") for kind in kinds])
    title = words("training.differ_same" if difference.agrees else "training.differ", kinds=named)
    if not lines and difference.conclusion.added:
        lines, title = [Line(next(_state(Kind.RULE, difference, edition)))], words("training.differ_reason")
    return Block("difference", title, tuple(lines), open=True) if lines else None


def _state(kind: Kind, difference: Difference, edition: Edition) -> Iterator[str]:
    meanings, found = edition.guidance.meanings, difference.conclusion
    if kind is Kind.FACTS:
        for fact in difference.facts:
            if fact.matters and fact.rater:
                field = edition.fields[fact.field]
                said = field.option(fact.table).label if fact.table else words("training.story_silent")
                yield words("training.read_fact", label=sentence(field.label), own=field.option(fact.rater).label, said=said)
    for key, _, rule in difference.rests:
        if kind is (Kind.PRIORITY if key == "preferred" else Kind.RULE):
            yield words(f"training.{key}", rule=meanings.get(rule, ""))
    if kind is Kind.PRIORITY and found.preferred:
        yield from (words("training.weighs_more", rule=meanings[name]) for name in found.passed_over)


# What is beside it


def _put_beside(vignette: Vignette, twin: Vignette, here: Assessment) -> Beside | None:
    """The twin with its differing fact: the first that both are asked, since an answer can raise further questions."""
    there, fields = here.edition.assess(twin.answers), here.edition.fields
    for fact in compare_facts(here, there)[:1]:
        one, two = (
            fields[fact.field].option(given).label if given else words("explanation.not_recorded")
            for given in (fact.table, fact.rater)
        )
        label = sentence(fields[fact.field].label)
        lines = (
            Line(words("training.twin_fact", label=label, here=one, there=two)),
            Line(words("training.twin_here", outcome=headline_words(here))),
            Line(words("training.twin_there", title=twin.title, outcome=headline_words(there))),
        )
        block = Block("twin", words("training.twin"), lines, open=True)
        first = _add_support(find_support(vignette, fields), find_support(twin, fields))
        return Beside(twin.title, twin.story, block, first)
    return None


def _add_support(told: Block | None, new: Block | None) -> Block | None:
    """The help that something new brings, where none is on view yet, or only help that asks for less."""
    return new if new and (told is None or len(new.lines) > len(told.lines)) else None


Responses = Counter[tuple[str, str, str, str]]
"""How often a group gave a response: by case, question, answer, and the response."""
NOBODY: Final[Responses] = Counter()


@dataclass(frozen=True, eq=False)
class Asked:
    """A follow-up as it is shown before and after the response.

    Attributes:
        learn: the new finding.
        response: what was responded; None while it is open. ``reason`` is why.
        support: what is shown where only the new finding touches suicide or self-injury, or asks for more.
        blocks: what it changes, once there is a response: response (and those of the group), what moved and changed with what
            follows from it (see :func:`kapnb.text.compare.compare`), reasoning.
    """

    place: int
    learn: str
    response: int | None
    reason: str
    support: Block | None
    blocks: tuple[Block, ...]


def ask(training: Training, library: Library, group: Responses = NOBODY) -> tuple[Asked, ...]:
    """The follow-ups of the item on view. One that would make it like a twin still to be judged is left out until then.

    Raises:
        TrainingError: before the commitment.
    """
    attempt, asked = training.now, []
    if attempt.open:
        raise TrainingError([problem(attempt.item.id, "not_committed")])
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
        learn = one.learn.removeprefix(LEARN)
        learn = sentence(re.sub(r"(,| and) that ", r"\1 ", learn)) if learn != one.learn else learn
        asked.append(Asked(place, learn, given.response if given else None, given.reason if given else "", first, blocks))
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
    'The same'
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
    yield Block("reasoning", words("training.reasoning"), (Line(leave_out_codes(follow_up.reasoning)),), open=True)
