"""The training page: a set, a story, a commitment, and only then what the source would say.

The library stays here, in the kernel. Of an item that is not committed the browser gets what :func:`kapnb.training.session.read`
gives, and the outcomes and rules that every item can be judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import randrange
from typing import Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import KapnbError, Problem
from kapnb.group.judgments import Judgment
from kapnb.group.state import MOST_CASES, MOST_JUDGMENTS, make_dataset
from kapnb.text.cases import Case
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.training import export, session
from kapnb.training.errors import TrainingError
from kapnb.training.follow_ups import Responses, count_responses
from kapnb.training.saving import save
from kapnb.training.session import Training
from kapnb.training.sets import load_set, save_set
from kapnb.ui import training_visit as visiting
from kapnb.ui.controls import Notice
from kapnb.ui.page import MOST_BYTES, NOTICES, Download, Effect, Focus, Page, Say, SetAside, Task
from kapnb.ui.training_back import write_back
from kapnb.ui.training_choice import write_foot, write_head
from kapnb.ui.training_judgment import NONE, write_fields_head, write_form, write_judgment
from kapnb.ui.training_reveal import write_difference, write_rest, write_source
from kapnb.ui.training_story import write_story
from kapnb.ui.training_visit import Ask, Order, Part, Place, Visit, refuse
from kapnb.ui.widget import RESTORE, Event, region

REGIONS: Final = ("head", "story", "fields", "form", "judgment", "source", "rest", "foot")

Step = Callable[[Visit, Event], Visit]


def _choose(part: str) -> Step:
    """A step that chooses a part of the judgment; the empty value takes it back."""

    def step(visit: Visit, event: Event) -> Visit:
        value = "" if (part, event.value) == ("finding", NONE) else event.value or None
        return visiting.move(visit, session.choose(visit.under_way, part, value))

    return step


def _clear(visit: Visit, event: Event) -> Visit:
    training = visit.under_way
    for field in next(one for one in visit.edition.fields.sections if one.name == event.name).fields:
        training = session.record(training, field.name, None)
    return visiting.move(visit, training)


def _mark(visit: Visit, event: Event) -> Visit:
    start, _, end = event.name.partition("-")
    step = session.unmark if event.value is False else session.mark
    return visiting.move(visit, step(visit.under_way, _number(start), _number(end)))


def _unmark(visit: Visit) -> Visit:
    training = visit.under_way
    return visiting.move(visit, session.unmark(training, 0, training.now.item.characters))


def _number(text: str) -> int:
    """A number as a script of ours writes it; -1, which is nowhere, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _topic(visit: Visit, event: Event) -> Visit:
    others = visit.wish.topics - {event.name}
    return visiting.wish(visit, topics=others | {event.name} if event.value is True else others)


_STEPS: Final[Mapping[str, Step]] = {
    # a set
    "source": lambda visit, event: visiting.wish(visit, own=event.value == "own"),
    "minutes": lambda visit, event: visiting.wish(visit, minutes=None if event.value == "all" else _number(str(event.value))),
    "topic": _topic,
    "twins": lambda visit, event: visiting.wish(visit, twins=event.value is True),
    "skip": lambda visit, event: visiting.wish(visit, skip=event.value is True),
    "order": lambda visit, event: visiting.wish(visit, order=Order(event.value)),
    "picking": lambda visit, event: visiting.wish(visit, picked=() if event.value is True else None),
    "pick": lambda visit, event: visiting.pick(visit, event.name, on=event.value is True),
    "title": lambda visit, event: visiting.wish(visit, title=str(event.value)),
    "set_note": lambda visit, event: visiting.wish(visit, note=str(event.value)),
    "again": lambda visit, _: visiting.wish(visit, seed=visit.wish.seed + 1),
    "begin": lambda visit, _: visiting.begin(visit),
    # the item on view
    "enter": lambda visit, _: visiting.enter(visit),
    "marking": lambda visit, _: replace(visit, marking=not visit.marking),
    "mark": _mark,
    "unmark": lambda visit, _: _unmark(visit),
    "recording": lambda visit, _: replace(visit, recording=not visit.recording),
    "record": lambda visit, event: visiting.move(visit, session.record(visit.under_way, event.name, event.value or None)),
    "clear": _clear,
    "outcome": _choose("outcome"),
    "confidence": _choose("confidence"),
    "finding": _choose("finding"),
    "commit": lambda visit, _: visiting.ask_to_commit(visit),
    "commit_sure": lambda visit, event: visiting.commit(visit, event.value),
    "reveal": lambda visit, _: visiting.move(visit, session.uncover(visit.under_way)),
    "lean": lambda visit, event: visiting.lean(visit, event.value),
    "respond": lambda visit, event: visiting.respond(visit, _number(event.name)),
    "note": lambda visit, event: replace(visit, note=str(event.value)),
    "annotate": lambda visit, _: visiting.annotate(visit),
    # from item to item
    "next": lambda visit, _: visiting.go_on(visit),
    "go": lambda visit, event: visiting.go_to(visit, str(event.value)),
    "practice": lambda visit, _: visiting.turn_to(visit, Part.PRACTICE),
    "back": lambda visit, _: visiting.turn_to(visit, Part.BACK),
    # the training as a whole
    "unask": lambda visit, _: replace(visit, asking=Ask.NOTHING),
    "ask_anew": lambda visit, _: replace(visit, asking=Ask.ANEW),
    "ask_export": lambda visit, _: replace(visit, asking=Ask.EXPORT),
    "ask_sheet": lambda visit, _: visiting.ask_for_sheet(visit),
    "anew": lambda visit, _: visiting.start_anew(visit),
    "label": lambda visit, event: replace(visit, label=str(event.value)),
}
"""What the browser can ask for and the state alone answers."""

_PLACES: Final = {
    **dict.fromkeys(("outcome", "confidence", "finding", "commit", "commit_sure", "reveal"), Place.JUDGMENT),
    **dict.fromkeys(("lean", "respond"), Place.FOLLOW_UP),
    **dict.fromkeys(("note", "annotate"), Place.NOTE),
    **dict.fromkeys(("label", "export"), Place.EXPORT),
}
"""Where it is said that something cannot be done."""


class TrainingPage(Page):
    """The training page over a :class:`kapnb.ui.training_visit.Visit`."""

    name: ClassVar[str] = "training"
    section: ClassVar[str] = "training_page"
    keeps: ClassVar[bool] = True
    exclusive: ClassVar[bool] = True

    def __init__(self, edition: Edition | None = None) -> None:
        super().__init__(visiting.arrive(edition or served_edition(), randrange(2**31)))  # noqa: S311  # an order to practice in

    def update(self, state: Visit, event: Event) -> Any:
        """The visit after an event, and effects. What cannot be done raises, and changes nothing."""
        if event.action == "confirm":
            return replace(state, invented=event.value is True)
        if not state.invented and event.action not in {"skip", "save_kept"}:
            raise ValueError("nothing is shown before the gate")
        if event.about is not None and event.about != state.under_way.current:
            raise refuse("other_case")  # it comes late, from another case
        effects: list[Effect] = []
        if state.waiting and (event.action == "begin" or (event.action, event.name) == ("file", "load")):
            effects.append(SetAside())  # what waits for its cases makes room, and is not lost
        before = replace(state, notice=None, place=Place.HEAD)
        if event.action in _STEPS:
            after = _STEPS[event.action](before, event)
        elif event.action in _HAND_OUT:
            after, download = _HAND_OUT[event.action](before, event.name)
            effects.append(download)
        elif event.action == "file":
            after = _take_file(before, event)
            if after.busy:
                effects.append(Task(event.name, lambda _report: _READERS[event.name](event.files[0], state.edition)))
        elif event.action.startswith("done:"):
            after = _take_table(before, event.action.removeprefix("done:"), event.value)
        else:
            raise ValueError(f"the page does not know {event.action}")
        return self._finish(state, after, _speak(state, after, event.action), *effects)

    def restored(self, state: Visit, text: str) -> Any:
        """The visit with the training that the browser kept."""
        return self._finish(state, visiting.restore(state, text))

    def refused(self, state: Visit, event: Event, error: KapnbError) -> Any:
        """Nothing has changed but the notice."""
        action = "file" if event.action.startswith("done:") else event.action
        key = {RESTORE: "kept_unreadable", "file": "file_refused"}.get(action, "refused")
        notice = Notice(words(f"training_page.{key}"), tuple(_say_problem(state, one) for one in error.problems), problem=True)
        place = _PLACES.get(action, Place.HEAD) if _is_on_view(state, action) else Place.HEAD
        asking = Ask.NOTHING if state.asking is Ask.COMMIT and not action.startswith("commit") else state.asking
        after = replace(state, notice=notice, place=place, asking=asking, busy=False)
        return self._finish(state, after, " ".join((notice.text, *notice.lines)))

    def task_failed(self, state: Visit, name: str) -> Any:  # noqa: ARG002
        """The table is not read any more."""
        return replace(state, busy=False)

    def saved(self, state: Visit) -> str | None:
        """The training, or None to leave there what waits for its cases."""
        return None if state.waiting else state.kept

    @staticmethod
    def _finish(before: Visit, after: Visit, said: str = "", *effects: Effect) -> Any:
        settled = visiting.settle(before, after)
        focus = _find_focus(before, settled)
        said = said or (after.notice.text if after.notice else "")
        return (settled, *effects, *([Say(said)] if said else []), *([Focus(focus)] if focus else []))

    # what is shown

    def frame(self) -> Html:
        """Story on the left, judgment on the right, and the rest below."""
        left = element("div", region("story"), class_="kapnb-left")
        right = element("div", region("fields"), region("form"), region("judgment"), class_="kapnb-right")
        desk = element("div", left, right, class_="kapnb-desk")
        return join((region(NOTICES), region("head"), desk, region("source"), region("rest"), region("foot")))

    def classes(self, state: Visit) -> str:
        """What is laid out where, by the stage of the item on view."""
        now = state.training.now if state.training and state.invented and state.part is Part.PRACTICE else None
        stage = "at-choice" if now is None else "at-open" if now.open else "at-revealed" if now.revealed else "at-committed"
        if now and state.gated:
            stage = "at-door"
        return f"kapnb-training {stage}" + (" recording" if now and now.open and state.recording else "")

    def view(self, state: Visit) -> Mapping[str, Html]:
        """Every region. Nothing of an answer is in them before its commitment."""
        drawn = dict.fromkeys(REGIONS, join(())) | {"head": write_head(state), "foot": write_foot(state)}
        if not state.invented or state.training is None:
            return drawn
        if state.part is Part.BACK:
            return drawn | {"rest": write_back(state)}
        drawn["story"] = write_story(state)
        if state.gated:
            return drawn
        if state.shown:
            return drawn | {
                "judgment": write_difference(state, state.shown),
                "source": write_source(state, state.shown),
                "rest": write_rest(state),
            }
        if state.training.now.open:
            drawn["fields"] = write_fields_head(state)
            if state.recording:
                drawn["form"] = write_form(state)
        return drawn | {"judgment": write_judgment(state)}


# what is brought


def _take_file(visit: Visit, event: Event) -> Visit:
    name = event.name
    if not event.files or len(event.files[0]) > MOST_BYTES:
        large = not isinstance(event.value, int) or event.value > MOST_BYTES
        raise refuse("too_large" if large else "unreadable", size=MOST_BYTES // 1024**2)
    data = event.files[0]
    if name == "load":
        return visiting.load_file(visit, data)
    if name == "set":
        shared, messages = load_set(data, visit.edition)
        after = visiting.bring_cases(visit, shared.cases, shared)
        return replace(after, notice=after.notice or Notice(words("training_page.set_there"), messages))
    if name not in _READERS:
        raise ValueError(f"there is no file {name}")
    return replace(visit, busy=True)


def _take_table(visit: Visit, name: str, brought: Any) -> Visit:
    before = replace(visit, busy=False)
    after = visiting.bring_cases(before, brought) if name == "cases" else replace(before, **{name: brought})
    return replace(
        after,
        notice=after.notice
        or Notice(words(f"training_page.{name}_there", count=brought.total() if name == "group" else len(brought))),
    )


# what is taken along


def _hand_out(visit: Visit, name: str, data: str | bytes, place: Place = Place.HEAD) -> tuple[Visit, Download]:
    asking = Ask.NOTHING if place is Place.HEAD else visit.asking
    notice = Notice(words("training_page.downloaded", name=name))
    return replace(visit, notice=notice, place=place, asking=asking), Download(name, data)


def _save(visit: Visit, _: str) -> tuple[Visit, Download]:
    """The training as a file, or the kept one that waits for its cases."""
    return _hand_out(visit, words("training_page.save_file"), visit.waiting or save(visit.under_way))


def _export(visit: Visit, table: str) -> tuple[Visit, Download]:
    make, columns = _TABLES[table]
    rows = make(visit.under_way, visit.label)
    if not rows:
        raise refuse(f"no_{table}")
    data = export.as_csv(rows, columns, visit.edition.fields)
    return _hand_out(visit, words(f"training_page.{table}_file"), data, Place.EXPORT)


def _write_sheet(visit: Visit, kind: str) -> tuple[Visit, Download]:
    """The facilitator's sheet, which tells every answer: never while stories wait to be judged, and only once it is confirmed."""
    from kapnb.report import note_of_set, write_docx, write_html  # when one is wanted

    visiting.ask_for_sheet(visit)
    if visit.asking is not Ask.SHEET:
        raise refuse("ask_first")
    selection = visiting.prepare(visit)
    if kind == "cases":
        rows = export.export_cases(visit.library[name] for name in selection.items)
        return _hand_out(visit, words("training_page.cases_file"), export.as_csv(rows, export.CASES, visit.edition.fields))
    note = note_of_set(selection.title, [visit.library[name] for name in selection.items], visit.edition)
    data = write_html(note).encode() if kind == "html" else write_docx(note)
    return _hand_out(visit, f"{words('training_page.sheet_file')}.{kind}", data)


_TABLES: Final[Mapping[str, tuple[Callable[[Training, str], tuple[export.Row, ...]], str]]] = {
    "judgments": (export.export_judgments, export.JUDGMENTS),
    "responses": (export.export_responses, export.RESPONSES),
}
_HAND_OUT: Final[Mapping[str, Callable[[Visit, str], tuple[Visit, Download]]]] = {
    "save": _save,
    "save_kept": _save,
    "share": lambda visit, _: _hand_out(visit, words("training_page.share_file"), save_set(visiting.prepare(visit), visit.edition)),
    "export": _export,
    "sheet": _write_sheet,
}


# what is said, and where the focus goes


def _say_problem(visit: Visit, problem: Problem) -> str:
    """A problem as a sentence; the case on view needs no id."""
    here = visit.training.current if visit.training else ""
    where = words("training_page.this_case") if here and problem.where == here else problem.where
    text = str(replace(problem, where=where))
    return text[:1].upper() + text[1:]


def _is_on_view(visit: Visit, action: str) -> bool:
    """Whether what an action is about is on view."""
    if visit.training is None or visit.part is not Part.PRACTICE or visit.gated:
        return False
    place, revealed = _PLACES.get(action), visit.training.now.revealed
    return not (place is Place.JUDGMENT and revealed) and not (place in {Place.FOLLOW_UP, Place.NOTE} and not revealed)


def _speak(before: Visit, after: Visit, action: str) -> str:
    """What is spoken of a step where nothing else tells it."""
    if after.notice:
        return after.notice.text
    if action in {"commit", "commit_sure", "reveal", "respond", "annotate"}:
        return words(f"training_page.spoken_{action}")
    if after.part is Part.CHOOSE and not after.training:
        return words("training_page.spoken_proposal", count=len(visiting.propose(after).items))
    if before.training and after.training and before.training.current != after.training.current:
        return words("training_page.spoken_item", place=[*after.training.attempts].index(after.training.current) + 1)
    return ""


def _find_focus(before: Visit, after: Visit) -> str:
    """Where the focus goes when what had it has made room for something else."""
    if after.notice and after.notice.problem and after.place is Place.HEAD and after.notice is not before.notice:
        return "training-notice"
    if after.part is not before.part or (before.training is None) is not (after.training is None):
        place = {Part.CHOOSE: "training-choose", Part.PRACTICE: "training-story", Part.BACK: "training-back"}
        return place[after.part] if after.invented else ""
    if before.training and after.training:
        old, new = before.training.now, after.training.now
        if old.item != new.item or before.gated is not after.gated:
            return "training-story"
        if old.open and not new.open:
            return "training-committed"
        if new.revealed and not old.revealed:
            return "training-revealed"
    return ""


# What needs pandas is imported when a table is at hand.


def read_cases_file(data: bytes, edition: Edition) -> tuple[Case, ...]:
    """The cases of a case table.

    Raises:
        TrainingError: with what is wrong with it.
    """
    from kapnb.tables.read import read_cases

    return tuple(make_dataset(_list_rows(read_cases, data, MOST_CASES), (), edition).cases.values())


def read_judgments_file(data: bytes, edition: Edition) -> tuple[Judgment, ...]:
    """The judgments of a judgments table; errors as above."""
    from kapnb.tables.read import read_judgments

    return make_dataset((), _list_rows(read_judgments, data, MOST_JUDGMENTS), edition).everything


def read_responses_file(data: bytes, edition: Edition) -> Responses:  # noqa: ARG001
    """The responses of a responses table; errors as above."""
    from kapnb.tables.read import read_responses

    return count_responses(_list_rows(read_responses, data, MOST_JUDGMENTS))


_READERS: Final[Mapping[str, Callable[[bytes, Edition], Any]]] = {
    "cases": read_cases_file,
    "panel": read_judgments_file,
    "group": read_responses_file,
}
"""The tables that can be brought."""


def _list_rows(read_frame: Callable[..., Any], data: bytes, most_rows: int) -> list[dict[str, str]]:
    from kapnb.tables.problems import SHOWN, CaseTableError
    from kapnb.tables.read import list_rows

    try:
        return list_rows(read_frame(data, most_rows=most_rows))
    except CaseTableError as failure:
        told = (Problem(one.where, one.problem, one.allowed, one.remedy) for one in failure.listed[:SHOWN])
        raise TrainingError(told) from None


def show_page() -> TrainingPage:
    """The training page, ready to be shown in a notebook."""
    return TrainingPage()
