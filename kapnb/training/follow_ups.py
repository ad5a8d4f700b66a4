"""Follow-ups after the reveal: one new finding each, and whether KAP then fits less, as before, or more.

A response stays once it is given, and only then is it shown what the new finding changes for this source, beside the responses of a
group where there are some. Nothing is compared as if one of them were the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kapnb.engine.edition import Assessment
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explain import support
from kapnb.text.phrases import list_outcomes
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, problem
from kapnb.training.library import FollowUp, Library, Vignette
from kapnb.training.session import RESPONSES, Training, find, keep_known, waits_for_twin


@dataclass(frozen=True, eq=False)
class Asked:
    """A follow-up as it is shown before and after the response.

    Attributes:
        learn: the new finding.
        response: what was responded; None while it is open.
        support: what comes first where only the new finding tells of suicidal ideation.
        blocks: what it changes, once there is a response; see :func:`explain_follow_up`.
    """

    place: int
    learn: str
    response: int | None
    support: Block | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class GroupResponse:
    """A response of somebody in a group, as a row of the responses table holds it; None where it is left out."""

    case_id: str
    rater: str
    field: str
    answer: str
    response: int | None


def ask(training: Training, library: Library, group: Sequence[GroupResponse] = ()) -> tuple[Asked, ...]:
    """The follow-ups of the item on view. One that would make it like a twin still to be judged is left out until then.

    Raises:
        TrainingError: before the reveal.
    """
    attempt = training.now
    if not attempt.revealed:
        raise TrainingError([problem(attempt.item.id, "not_revealed")])
    vignette, asked = find(library, attempt.item), []
    told = support(vignette.answers) is not None
    for at, one in enumerate(vignette.follow_ups):
        if not waits_for_twin(training, library, one):
            given = attempt.responses.get(at)
            blocks = explain_follow_up(training, library, at, group) if given else ()
            asked.append(Asked(at, one.learn, given.response if given else None, None if told else support(one.changes), blocks))
    return tuple(asked)


def explain_follow_up(training: Training, library: Library, place: int, group: Iterable[GroupResponse] = ()) -> tuple[Block, ...]:
    """What a follow-up changes for this source, beside one's own response and those of a group.

    Returns:
        Blocks in this order: response (and those of the group), moved and changed with what follows from them (see
        :func:`kapnb.text.compare.compare`), reasoning.

    Raises:
        TrainingError: before the response, and where it would tell the answer of a twin that is still to be judged.
    """
    item = training.now.item
    given = training.now.responses.get(place)
    if given is None:
        raise TrainingError([problem(item.id, "not_responded")])
    vignette = find(library, item)
    if place >= len(vignette.follow_ups):
        raise TrainingError([problem(item.id, "no_follow_up", count=len(vignette.follow_ups))])
    follow_up = vignette.follow_ups[place]
    if waits_for_twin(training, library, follow_up):
        raise TrainingError([problem(item.id, "follow_up_waits")])
    before, after = assess_change(library, vignette, follow_up)
    rest = tuple(_with_range(block, before, after) for block in compare(before, after))
    reasoning = Block("reasoning", words("training.reasoning"), (Line(follow_up.reasoning),), open=True)
    return (_list_responses(given.response, count_responses(group, item.id, given.field, given.answer)), *rest, reasoning)


def assess_change(library: Library, vignette: Vignette, follow_up: FollowUp) -> tuple[Assessment, Assessment]:
    """The case as it was read, before and after a new finding; other follow-ups are not added."""
    edition = library.edition
    changed = keep_known({**vignette.answers, **follow_up.changes}, edition.fields)
    return edition.assess(vignette.answers), edition.assess(changed)


def read_group_response(row: Mapping[str, object]) -> GroupResponse:
    """A response from a row of a responses table that was checked; a cell that holds no text is empty."""
    given = {name: value for name, value in row.items() if isinstance(value, str) and value}
    response = int(given["response"]) if "response" in given else None
    return GroupResponse(given["case_id"], given["rater"], given["field"], given["answer"], response)


def count_responses(group: Iterable[GroupResponse], case_id: str, field: str, answer: str) -> dict[int, int]:
    """How often each response was given to one follow-up, from -2 to 2; those not given are left out."""
    counted = Counter(one.response for one in group if (one.case_id, one.field, one.answer) == (case_id, field, answer))
    return {response: counted[response] for response in RESPONSES if counted[response]}


def response_words(response: int) -> str:
    """A response in words.

    >>> response_words(0)
    'KAP fits as before'
    """
    return words(f"training.fits_{('much_less', 'less', 'same', 'more', 'much_more')[response + 2]}")


def _list_responses(own: int, group: Mapping[int, int]) -> Block:
    lines = [Line(words("training.own_response", response=response_words(own)))]
    for response, count in group.items():
        badges = (Badge(words("training.of_own"), "note"),) if response == own else ()
        lines.append(Line(words("supervision.times", outcome=response_words(response), count=count), badges))
    if group:
        lines.append(Line(words("training.panel_note")))
    return Block("response", words("training.response_group" if group else "training.response"), tuple(lines), open=True)


def _with_range(block: Block, before: Assessment, after: Assessment) -> Block:
    """The block on the outcome, with what became of the possible outcomes where the outcome itself does not tell it."""
    key = "narrowed" if after.possible < before.possible else "widened" if after.possible > before.possible else ""
    if block.key != "moved" or not key:
        return block
    values = {"before": list_outcomes(before.possible), "after": list_outcomes(after.possible)}
    return replace(block, lines=(*block.lines, Line(words(f"training.{key}", **values))))
