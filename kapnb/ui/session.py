"""One visit to the assessment page, as a value: what is recorded, what can be undone, what has just been said.

Every change is a function from one session to the next. Nothing here knows a widget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from kapnb import fields, load_guidance
from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.problems import CaseError
from kapnb.paths import examples
from kapnb.text import cases
from kapnb.text.cases import Case, read_case
from kapnb.text.words import words

EMPTY: Final = Case({})
_UNDOABLE: Final = 50

Moment = tuple[Case, Case | None]
"""What undo brings back: the case on view, and the recorded one behind a what-if."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said once, in place.

    Attributes:
        lines: one for each problem.
        problem: it needs attention and takes the focus.
        undo: what it tells of can be taken back.
    """

    text: str
    lines: tuple[str, ...] = ()
    problem: bool = False
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """The state of the page.

    Attributes:
        case: what is on view.
        whatif: the recorded case, as it was when a what-if began; None outside of one.
        invented: somebody has confirmed that the case is invented; nothing is evaluated before.
        past: the moments before, latest last.
    """

    case: Case = EMPTY
    whatif: Case | None = None
    invented: bool = False
    past: tuple[Moment, ...] = ()
    notice: Notice | None = None

    @property
    def fresh(self) -> bool:
        """Nothing has happened yet."""
        return not self.past and (self.case, self.whatif) == (EMPTY, None)


def record(session: Session, name: str, option: str | None) -> Session:
    """Answer a question, or with None take the answer back. Answers that no longer apply go, and the notice says so."""
    if option is not None and option not in fields[name].names:
        raise ValueError(f"{option} is no option of {name}")
    return _answer(session, {**session.case.answers, name: option})


def clear_section(session: Session, name: str) -> Session:
    section = next(section for section in fields.sections if section.name == name)
    cleared = {one.name for one in section.fields}
    after = _answer(session, {name: option for name, option in session.case.answers.items() if name not in cleared})
    said = _say("section_emptied", section=section.label)
    return replace(after, notice=Notice(said, after.notice.lines if after.notice else (), undo=True))


def choose(session: Session, reading: str, choice: str) -> Session:
    """Read the source in another way; a case holds only the choices that differ from the default."""
    known = load_guidance().readings[reading]
    if all(choice != one.name for one in known.choices):
        raise ValueError(f"{choice} is no choice of {reading}")
    return _read(session, {**session.case.readings, reading: choice})


def reset_readings(session: Session) -> Session:
    return replace(_read(session, {}), notice=Notice(_say("readings_default"), undo=True))


def suppose(session: Session) -> Session:
    """Begin a what-if: the case stays recorded as it is, and what changes from here on is compared with it."""
    if session.whatif is not None:
        return session
    return replace(_move(session, session.case, session.case), notice=None)


def keep_changes(session: Session) -> Session:
    """End a what-if, and record what it changed."""
    return replace(_move(session, session.case), notice=Notice(_say("whatif_kept"), undo=True))


def go_back(session: Session) -> Session:
    """End a what-if; the case is again as it was recorded."""
    return replace(_move(session, session.whatif or session.case), notice=Notice(_say("whatif_ended"), undo=True))


def new_case(session: Session) -> Session:
    return replace(_move(session, EMPTY), notice=Notice(_say("emptied"), undo=True))


def forget(session: Session) -> Session:
    """Start again with nothing to undo."""
    return Session(invented=session.invented, notice=Notice(_say("forgotten")))


def load_text(session: Session, text: str) -> Session:
    """Take the case of a saved file. With any problem in it nothing changes but the notice, which lists them all."""
    try:
        case = read_case(text, load_guidance().bind())
    except CaseError as error:
        return replace(session, notice=Notice(_say("problems"), tuple(map(str, error.problems)), problem=True))
    return _load(session, case, _say("file_loaded"))


def load_example(session: Session, name: str) -> Session:
    case = read_example(name)
    return _load(session, case, _say("example_loaded", title=case.title or name))


def restore(session: Session, text: str, recorded: str | None = None) -> Session:
    """Take back the case that the browser kept over a reload, with the recorded one where a what-if was under way."""
    try:
        case, left_out = _settle(read_case(text, load_guidance().bind()))
        whatif = None if recorded is None else _settle(read_case(recorded, load_guidance().bind()))[0]
    except CaseError as error:
        return replace(session, notice=Notice(_say("problems_kept"), tuple(map(str, error.problems)), problem=True))
    back = replace(session, case=case, whatif=whatif) if session.fresh else _move(session, case, whatif)
    return replace(back, notice=Notice(_say("restored"), _list("left_out", left_out)))


def undo(session: Session) -> Session:
    if not session.past:
        return session
    case, whatif = session.past[-1]
    return replace(session, case=case, whatif=whatif, past=session.past[:-1], notice=Notice(_say("undone")))


def confirm(session: Session) -> Session:
    """Somebody says that the case is invented."""
    return replace(session, invented=True)


def dismiss(session: Session) -> Session:
    return replace(session, notice=None)


def list_examples() -> tuple[str, ...]:
    """The names of the example cases, in order."""
    return tuple(sorted(path.stem for path in examples().glob("*.json")))


def read_example(name: str) -> Case:
    if name not in list_examples():
        raise ValueError(f"there is no example {name}")
    return read_case((examples() / f"{name}.json").read_text("utf-8"), load_guidance().bind())


def as_record(case: Case) -> dict[str, object]:
    """The case as the object that a saved file holds."""
    return cases.as_record(case, load_guidance().bind())


def asked(answers: Mapping[str, str]) -> tuple[str, ...]:
    """The questions on view: those that apply, and those that may apply and have an answer, so that nothing hidden counts."""
    states = fields.states(answers)
    return tuple(name for name in fields if NOT_APPLICABLE not in states[name] or (name in answers and len(states[name]) > 1))


def _answer(session: Session, answers: Mapping[str, str | None]) -> Session:
    recorded = {name: option for name, option in answers.items() if option is not None}
    case, dropped = _settle(replace(session.case, answers=recorded))
    lines = _list("no_longer_asked", dropped)
    return replace(_move(session, case, session.whatif), notice=Notice(lines[0], undo=True) if lines else None)


def _read(session: Session, readings: Mapping[str, str]) -> Session:
    known = load_guidance().readings
    unusual = {name: readings[name] for name in known if readings.get(name, known[name].default) != known[name].default}
    return replace(_move(session, replace(session.case, readings=unusual), session.whatif), notice=None)


def _load(session: Session, case: Case, said: str) -> Session:
    settled, left_out = _settle(case)
    return replace(_move(session, settled), notice=Notice(said, _list("left_out", left_out), undo=True))


def _move(session: Session, case: Case, whatif: Case | None = None) -> Session:
    before = session.case, session.whatif
    past = session.past if before == (case, whatif) else (*session.past, before)[-_UNDOABLE:]  # an undo is to change something
    return replace(session, case=case, whatif=whatif, past=past)


def _settle(case: Case) -> tuple[Case, tuple[str, ...]]:
    """Drop the answers to questions that certainly do not apply; also give their names."""
    states = fields.states(case.answers)
    dropped = tuple(name for name in fields if name in case.answers and states[name] == {NOT_APPLICABLE})
    return replace(case, answers={name: case.answers[name] for name in case.answers if name not in dropped}), dropped


def _list(key: str, names: Iterable[str]) -> tuple[str, ...]:
    labels = ", ".join(fields[name].label for name in names)
    return (_say(key, names=labels),) if labels else ()


def _say(key: str, **values: object) -> str:
    return words(f"page.{key}", **values)
