"""Follow-ups after the reveal: one new finding each, and whether KAP then fits less, as before, or more.

A response stays once it is given, and only then is it shown what the new finding changes for this source, beside the responses of a
group where there are some. Nothing is compared as if one of them were the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explain import support
from kapnb.text.phrases import list_outcomes
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, problem
from kapnb.training.library import FollowUp, Library, Vignette
from kapnb.training.session import RESPONSES, Training, find, keep_known, tells_twin

Responses = Counter[tuple[str, str, str, str]]
"""How often a group gave a response: by case, question, answer, and the response."""
NOBODY: Final[Responses] = Counter()


@dataclass(frozen=True, eq=False)
class Asked:
    """A follow-up as it is shown before and after the response.

    Attributes:
        learn: the new finding.
        response: what was responded; None while it is open.
        support: what comes first where only the new finding tells of suicidal ideation.
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
    told = support(vignette.answers)
    for place, one in enumerate(vignette.follow_ups):
        if tells_twin(training, library, one):
            continue
        given = attempt.responses.get(place)
        blocks: tuple[Block, ...] = ()
        if given:
            counts = {response: group[vignette.id, given.field, given.answer, str(response)] for response in RESPONSES}
            blocks = (_list_responses(given.response, counts), *_explain(library.edition, vignette, one))
        first = None if told else support(one.changes)
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
