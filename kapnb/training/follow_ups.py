"""Follow-ups after the reveal: one new finding each, and whether KAP then fits less, as before, or more.

A response stays once it is given, and only then is it shown what the new finding changes for this source, beside the responses of a
group where there are some. Nothing is compared as if one of them were the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kapnb.engine.edition import Assessment, assess
from kapnb.engine.problems import Problem
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explain import support
from kapnb.text.phrases import list_outcomes
from kapnb.text.words import words
from kapnb.training.checking import TrainingError
from kapnb.training.library import FollowUp, Vignette
from kapnb.training.session import RESPONSES, Library, Training, find, keep_known, waits_for_twin


class Direction(StrEnum):
    """Where a new finding moves the outcome."""

    MORE = "more_cautious"
    LESS = "less_cautious"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Asked:
    """A follow-up as it stands before and after the response.

    Attributes:
        learn: the new finding.
        response: what was responded; None while it is open.
        support: what comes first where only the new finding tells of suicidal ideation.
    """

    place: int
    learn: str
    response: int | None
    support: Block | None = None


@dataclass(frozen=True)
class Change:
    """What a new finding changes for this source.

    Attributes:
        narrowed: whether fewer outcomes are possible than before, and no other.
        widened: whether more are, because a question is newly open.
    """

    before: Assessment
    after: Assessment
    direction: Direction
    narrowed: bool
    widened: bool


@dataclass(frozen=True, slots=True)
class GroupResponse:
    """A response of somebody in a group, as a row of the responses table holds it; None where it is left out."""

    case_id: str
    rater: str
    field: str
    answer: str
    response: int | None


def ask(training: Training, library: Library) -> tuple[Asked, ...]:
    """The follow-ups of the item on view. One that would make it like a twin still to be judged is left out until then.

    Raises:
        TrainingError: before the reveal.
    """
    attempt = training.now
    if not attempt.revealed:
        raise TrainingError([Problem(attempt.item.id, words("training.not_revealed"))])
    given = {place: one.response for place, one in attempt.responses.items()}
    vignette = find(library, attempt.item)
    told = support(vignette.answers) is not None
    return tuple(
        Asked(at, one.learn, given.get(at), None if told else support(one.changes))
        for at, one in enumerate(vignette.follow_ups)
        if not waits_for_twin(training, library, one)
    )


def explain_follow_up(training: Training, library: Library, place: int, group: Iterable[GroupResponse] = ()) -> tuple[Block, ...]:
    """What a follow-up changes for this source, beside one's own response and those of a group.

    Returns:
        Blocks in this order: response (and those of the group), moved and changed with what follows from them (see
        :func:`kapnb.text.compare.compare`), reasoning.

    Raises:
        TrainingError: before the response, and where it would tell the answer of a twin that is still to be judged.
    """
    given = training.now.responses.get(place)
    if given is None or not training.now.revealed:
        raise TrainingError([Problem(training.now.item.id, words("training.not_responded"))])
    vignette = find(library, training.now.item)
    if place >= len(vignette.follow_ups):
        raise TrainingError([Problem(vignette.id, words("training.no_follow_up", count=len(vignette.follow_ups)))])
    follow_up = vignette.follow_ups[place]
    if waits_for_twin(training, library, follow_up):
        raise TrainingError([Problem(vignette.id, words("training.follow_up_waits"))])
    change = find_change(vignette, follow_up)
    rest = tuple(_with_span(block, change) for block in compare(change.before, change.after))
    reasoning = Block("reasoning", words("training.reasoning"), (Line(follow_up.reasoning),), open=True)
    return (_responses(given.response, spread_responses(group, vignette.id, given.field, given.answer)), *rest, reasoning)


def find_change(vignette: Vignette, follow_up: FollowUp) -> Change:
    """What a new finding changes. It is added to the case as it was read, not to the follow-ups before it."""
    before = assess(vignette.answers)
    after = assess(keep_known({**vignette.answers, **follow_up.changes}))
    direction = Direction.SAME
    if after.outcome is not before.outcome:
        direction = Direction.MORE if after.outcome > before.outcome else Direction.LESS
    return Change(before, after, direction, after.possible < before.possible, after.possible > before.possible)


def read_group_response(row: Mapping[str, object]) -> GroupResponse:
    """A response from a row of a responses table that was checked; a cell that holds no text is empty."""
    given = {name: value for name, value in row.items() if isinstance(value, str) and value}
    response = int(given["response"]) if "response" in given else None
    return GroupResponse(given["case_id"], given["rater"], given["field"], given["answer"], response)


def spread_responses(group: Iterable[GroupResponse], case_id: str, field: str, answer: str) -> dict[int, int]:
    """How often each response was given to one follow-up, from -2 to 2; those not given are left out."""
    mine = (one for one in group if (one.case_id, one.field, one.answer) == (case_id, field, answer))
    counted = Counter(one.response for one in mine)
    return {response: counted[response] for response in RESPONSES if counted[response]}


def response_words(response: int) -> str:
    """A response in words.

    >>> response_words(0)
    'KAP fits as before'
    """
    return words(f"training.fits_{('much_less', 'less', 'same', 'more', 'much_more')[response + 2]}")


def _responses(own: int, group: Mapping[int, int]) -> Block:
    lines = [Line(words("training.own_response", response=response_words(own)))]
    for response, count in group.items():
        badges = (Badge(words("training.of_own"), "note"),) if response == own else ()
        lines.append(Line(words("supervision.times", outcome=response_words(response), count=count), badges))
    if group:
        lines.append(Line(words("training.panel_note")))
    return Block("response", words("training.response_group" if group else "training.response"), tuple(lines), open=True)


def _with_span(block: Block, change: Change) -> Block:
    """The block on the outcome, with what became of the span where that is not told by the outcome itself."""
    if block.key != "moved" or not (change.narrowed or change.widened):
        return block
    key = "narrowed" if change.narrowed else "widened"
    values = {"before": list_outcomes(change.before.possible), "after": list_outcomes(change.after.possible)}
    return Block(block.key, block.title, (*block.lines, Line(words(f"training.{key}", **values))), block.open)
