"""The state of the assessment page as a value: what is recorded, what can be undone, what has just been said.

Every change is a function from one state to the next. Nothing here knows a widget.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.fields import Dictionary
from kapnb.engine.problems import CaseError
from kapnb.text.cases import Case, as_record, read_case
from kapnb.text.earlier import describe_case
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words
from kapnb.ui.controls import Notice

EMPTY: Final = Case({})
_UNDOABLE: Final = 50

Moment = tuple[Case, Case | None]
"""What undo brings back: the case on view, and the recorded one behind a what-if."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of the page.

    Attributes:
        edition: by which cases are judged, with its default readings.
        case: what is on view.
        recorded: the recorded case, as it was when a what-if began; None outside of one.
        invented: somebody has confirmed that the case is invented; nothing is assessed before.
        past: the moments before, latest last.
        notice: what has just been said.
        title: what stands in the box for the title, where it was refused; it is kept nowhere, and the case has its old title.
        title_problem: why it was refused.
    """

    edition: Edition
    case: Case = EMPTY
    recorded: Case | None = None
    invented: bool = False
    past: tuple[Moment, ...] = ()
    notice: Notice | None = None
    title: str | None = None
    title_problem: str = ""

    @property
    def fields(self) -> Dictionary:
        return self.edition.fields


def assess_case(state: State, case: Case) -> Assessment:
    return state.edition.bind(case.readings).assess(case.answers)


def record(state: State, name: str, option: str | None) -> State:
    """Answer a question, or with None take the answer back. Answers that no longer apply go, and the notice says so."""
    if option not in {None, *state.fields[name].names}:
        raise ValueError(f"{option} is not an option of {name}")
    return _answer(state, {**state.case.answers, name: option})


def entitle(state: State, title: str) -> State:
    """Give the case a title, the recorded case behind a what-if too; one that may identify somebody is refused, with the reason.

    A title that is typed letter by letter is one step to undo.
    """
    if kinds := find_identifiers(title):
        return replace(state, title=title, title_problem=words("page.title_refused", kind=words(f"identifiers.{kinds[0]}")))
    try:
        named = replace(state.case, title=read_case(json.dumps({"title": title.strip()}), state.edition).title)
    except CaseError as error:
        return replace(state, title=title, title_problem=str(error))
    recorded = state.recorded and replace(state.recorded, title=named.title)
    after = _move(state, named, recorded)
    before = state.past[-1] if state.past else None
    if before and (replace(before[0], title=named.title), before[1] and replace(before[1], title=named.title)) == (named, recorded):
        after = replace(after, past=state.past)
    return replace(after, notice=state.notice)


def choose(state: State, reading: str, choice: str) -> State:
    """Read the article in another way; a case holds only the choices that differ from the default."""
    known = state.edition.ledger.readings
    if all(choice != one.name for one in known[reading].choices):
        raise ValueError(f"{choice} is not a choice of {reading}")
    chosen = {**state.case.readings, reading: choice}
    unusual = {name: chosen[name] for name in known if chosen.get(name, known[name].default) != known[name].default}
    return _move(state, replace(state.case, readings=unusual), state.recorded)


def reset_readings(state: State) -> State:
    return _tell(_move(state, replace(state.case, readings={}), state.recorded), "readings_default")


def suppose(state: State) -> State:
    """Begin a what-if: the case stays recorded as it is, and what changes from here on is compared with it."""
    return state if state.recorded else _move(state, state.case, state.case)


def open_twin(state: State, name: str, option: str) -> State:
    """Begin a what-if with one other answer: the case stays recorded behind it, and one undo brings it back."""
    return replace(record(suppose(state), name, option), past=_remember(state))


def keep_changes(state: State) -> State:
    """End a what-if, and record what it changed."""
    return _tell(_move(state, state.case), "whatif_kept")


def go_back(state: State) -> State:
    """End a what-if; the case is again as it was recorded."""
    return _tell(_move(state, state.recorded or state.case), "whatif_ended")


def new_case(state: State) -> State:
    return _tell(_move(state, EMPTY), "emptied")


def forget(state: State) -> State:
    """Start again with nothing to undo."""
    return _tell(State(state.edition, invented=state.invented), "forgotten", undo=False)


def undo(state: State) -> State:
    if not state.past:
        return state
    case, recorded = state.past[-1]
    return _tell(replace(_move(state, case, recorded), past=state.past[:-1]), "undone", undo=False)


def load_file(state: State, data: bytes) -> State:
    """Take the case of a saved file.

    Raises:
        CaseError: with everything that is wrong with it.
    """
    return _load(state, read_case(data, state.edition), "file_loaded")


def load_example(state: State, name: str) -> State:
    case = read_examples(state.edition)[name]
    return _load(state, case, "example_loaded", title=case.title or name)


def load_answers(state: State, answers: Mapping[str, str]) -> State:
    """Other answers to the case on view; those that do not apply are left out."""
    return _move(state, _settle(state, replace(state.case, answers=answers))[0], state.recorded)


def read_examples(edition: Edition) -> dict[str, Case]:
    """The example cases of an edition, by name."""
    return {name: read_case(path.read_text("utf-8"), edition) for name, path in edition.examples().items()}


def write_kept(state: State) -> str:
    """What the browser keeps: the case on view, with the recorded one in a what-if; empty for nothing."""
    if (state.case, state.recorded) == (EMPTY, None):
        return ""
    cases = {"case": state.case} | ({"recorded": state.recorded} if state.recorded else {})
    return json.dumps({name: as_record(case, state.edition) for name, case in cases.items()})


def read_kept(state: State, text: str) -> State:
    """Take back what :func:`write_kept` gave.

    Raises:
        CaseError: it cannot be read, with everything that is wrong.
    """
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        kept = None
    texts = {name: json.dumps(one) for name, one in kept.items()} if isinstance(kept, dict) and "case" in kept else {"case": text}
    case, left_out = _settle(state, read_case(texts["case"], state.edition))
    recorded = _settle(state, read_case(texts["recorded"], state.edition))[0] if "recorded" in texts else None
    fresh = not state.past and (state.case, state.recorded) == (EMPTY, None)
    back = replace(state, case=case, recorded=recorded) if fresh else _move(state, case, recorded)
    return _tell(back, "restored", *_list(state, "left_out", left_out), *_list_moved(state, case), undo=False)


def _list_moved(state: State, case: Case) -> tuple[str, ...]:
    """The notice about a case that an earlier edition saved."""
    return describe_case(case.answers, state.edition.bind(), case.edition, case.readings) if case.edition else ()


def _answer(state: State, answers: Mapping[str, str | None]) -> State:
    kept = {name: option for name, option in answers.items() if option is not None}
    case, dropped = _settle(state, replace(state.case, answers=kept))
    lines = _list(state, "no_longer_asked", dropped)
    return replace(_move(state, case, state.recorded), notice=Notice(lines[0], undo=True) if lines else None)


def _load(state: State, case: Case, key: str, title: str = "") -> State:
    settled, left_out = _settle(state, case)
    return _tell(_move(state, settled), key, *_list(state, "left_out", left_out), *_list_moved(state, case), title=title)


def _move(state: State, case: Case, recorded: Case | None = None) -> State:
    past = state.past if (state.case, state.recorded) == (case, recorded) else _remember(state)  # an undo is to change something
    return replace(state, case=case, recorded=recorded, past=past, notice=None, title=None, title_problem="")


def _remember(state: State) -> tuple[Moment, ...]:
    return (*state.past, (state.case, state.recorded))[-_UNDOABLE:]


def _settle(state: State, case: Case) -> tuple[Case, tuple[str, ...]]:
    """Drop the answers to questions that certainly do not apply; also give their names."""
    states = state.fields.states(case.answers)
    dropped = tuple(name for name in state.fields if name in case.answers and states[name] == {NOT_APPLICABLE})
    return replace(case, answers={name: case.answers[name] for name in case.answers if name not in dropped}), dropped


def _tell(state: State, key: str, *lines: str, undo: bool = True, **values: str) -> State:
    return replace(state, notice=Notice(words(f"page.{key}", **values), lines, undo=undo))


def _list(state: State, key: str, names: Iterable[str]) -> tuple[str, ...]:
    labels = ", ".join(state.fields[name].label for name in names)
    return (words(f"page.{key}", names=labels),) if labels else ()
