"""The training page: a set, a story, a commitment, and only then what the source would say.

The library stays here, in the kernel. Of an item that is not committed the browser gets the story with its notes, and the outcomes
and rules that every item can be judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import randrange
from typing import Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import KapnbError, Problem
from kapnb.group.judgments import read_judgment, read_row
from kapnb.text.html import Html, element, join
from kapnb.training import saving, session
from kapnb.training.errors import TrainingError
from kapnb.training.reveal import count_responses
from kapnb.training.sets import load_set, save_set
from kapnb.ui import training_visit as visiting
from kapnb.ui.controls import Notice
from kapnb.ui.page import MOST_BYTES, NOTICES, Download, Effect, Focus, Page, Say, SetAside, Task
from kapnb.ui.training_choice import write_foot, write_head
from kapnb.ui.training_desk import write_fields, write_judgment, write_story
from kapnb.ui.training_reveal import write_back, write_difference, write_rest, write_source
from kapnb.ui.training_visit import Visit, number, refuse, say
from kapnb.ui.widget import RESTORE, Event, region

REGIONS: Final = ("head", "story", "fields", "form", "judgment", "source", "rest", "foot")
MOST_ROWS: Final = {"cases": 5_000, "panel": 20_000, "group": 20_000}
"""Of each table that can be brought."""


def _topic(visit: Visit, event: Event) -> Visit:
    others = visit.wish.topics - {event.name}
    return visiting.wish(visit, topics=others | {event.name} if event.value is True else others)


_STEPS: Final[Mapping[str, Callable[[Visit, Event], Visit]]] = {
    # a set
    "source": lambda visit, event: visiting.wish(visit, own=event.value == "own"),
    "minutes": lambda visit, event: visiting.wish(visit, minutes=None if event.value == "all" else number(event.value)),
    "topic": _topic,
    "twins": lambda visit, event: visiting.wish(visit, twins=event.value is True),
    "skip": lambda visit, event: visiting.wish(visit, skip=event.value is True),
    "order": lambda visit, event: visiting.wish(visit, order=event.value),
    "picking": lambda visit, event: visiting.wish(visit, picked=() if event.value is True else None),
    "pick": visiting.pick,
    "title": lambda visit, event: visiting.wish(visit, title=str(event.value)),
    "set_note": lambda visit, event: visiting.wish(visit, note=str(event.value)),
    "again": lambda visit, _: visiting.wish(visit, seed=visit.wish.seed + 1),
    "begin": visiting.begin,
    # the item on view
    "enter": lambda visit, _: replace(visit, entered=visit.entered | {visit.under_way.current}),
    "marking": lambda visit, _: replace(visit, marking=not visit.marking),
    "mark": visiting.mark,
    "recording": lambda visit, _: replace(visit, recording=not visit.recording),
    "record": lambda visit, event: visiting.move(visit, session.record(visit.under_way, event.name, event.value or None)),
    "clear": visiting.clear,
    **dict.fromkeys(("outcome", "confidence", "finding"), visiting.choose_part),
    "commit": visiting.ask_to_commit,
    "commit_sure": visiting.commit,
    "reveal": lambda visit, _: visiting.move(visit, session.uncover(visit.under_way)),
    "lean": visiting.lean,
    "respond": visiting.respond,
    "note": lambda visit, event: replace(visit, note=str(event.value)),
    "annotate": lambda visit, _: visiting.move(visit, session.annotate(visit.under_way, visit.note), note=""),
    # from item to item
    "next": visiting.go_on,
    "go": lambda visit, event: visiting.go_to(visit, str(event.value)),
    "practice": lambda visit, _: visiting.move(visit, visit.under_way, part="practice"),
    "back": lambda visit, _: visiting.move(visit, visit.under_way, part="back"),
    # the training as a whole
    "unask": lambda visit, _: replace(visit, asking=""),
    "ask_anew": lambda visit, _: replace(visit, asking="anew"),
    "ask_export": lambda visit, _: replace(visit, asking="export"),
    "ask_sheet": visiting.ask_for_sheet,
    "anew": visiting.start_anew,
    "label": lambda visit, event: replace(visit, label=str(event.value)),
}
"""What the browser can ask for and the state alone answers."""

_PLACES: Final = {
    **dict.fromkeys(("outcome", "confidence", "finding", "commit", "commit_sure", "reveal"), "judgment"),
    **dict.fromkeys(("lean", "respond"), "follow_up"),
    **dict.fromkeys(("note", "annotate"), "note"),
    **dict.fromkeys(("label", "export"), "export"),
}
"""Where it is said that something cannot be done, if that is on view."""


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
        action, effects = event.action, list[Effect]()
        if action == "confirm":
            return replace(state, invented=event.value is True)
        if not state.invented and action not in {"skip", "save_kept"}:
            raise ValueError("nothing is shown before the gate")
        if event.about is not None and event.about != state.under_way.current:
            raise refuse("other_case")  # it comes late, from another case
        if state.waiting and (action == "begin" or (action, event.name) == ("file", "load")):
            effects.append(SetAside())  # what waits for its cases makes room, and is not lost
        told = state.notice if action == "skip" else None  # the browser keeps its tick, and says it again after a reload
        before = replace(state, notice=told, place="head")
        if action in _STEPS:
            after = _STEPS[action](before, event)
        elif action in _FILES:
            name, data = _FILES[action](before, event.name)
            done, place = Notice(say("downloaded", name=name)), "export" if action == "export" else "head"
            after = replace(before, notice=done, place=place, asking="export" if action == "export" else "")
            effects.append(Download(name, data))
        elif action == "file":
            after = _take_file(before, event)
            if after.busy:
                effects.append(Task(event.name, lambda _report: read_table(event.name, event.files[0], state.edition)))
        elif action.startswith("done:"):
            after = _take_table(replace(before, busy=False), action.removeprefix("done:"), event.value)
        else:
            raise ValueError(f"the page does not know {action}")
        return _finish(state, after, _speak(state, after, action), *effects)

    def restored(self, state: Visit, text: str) -> Any:
        """The visit with the training that the browser kept."""
        return _finish(state, visiting.restore(state, text))

    def refused(self, state: Visit, event: Event, error: KapnbError) -> Any:
        """Nothing has changed but the notice."""
        action = "file" if event.action.startswith("done:") else event.action
        key = {RESTORE: "kept_unreadable", "file": "file_refused"}.get(action, "refused")
        notice = Notice(say(key), tuple(_say_problem(state, one) for one in error.problems), problem=True)
        place = _PLACES.get(action, "head")
        asking = "" if state.asking == "commit" and not action.startswith("commit") else state.asking
        after = replace(state, notice=notice, place=place if place in state.places else "head", asking=asking, busy=False)
        return _finish(state, after, " ".join((notice.text, *notice.lines)))

    def task_failed(self, state: Visit, name: str) -> Any:  # noqa: ARG002
        """The table is not read any more."""
        return replace(state, busy=False)

    def saved(self, state: Visit) -> str | None:
        """The training, or None to leave there what waits for its cases."""
        return None if state.waiting else state.kept

    def frame(self) -> Html:
        """Story on the left, judgment on the right, and the rest below."""
        left = element("div", region("story"), class_="kapnb-left")
        right = element("div", region("fields"), region("form"), region("judgment"), class_="kapnb-right")
        desk = element("div", left, right, class_="kapnb-desk")
        return join((region(NOTICES), region("head"), desk, region("source"), region("rest"), region("foot")))

    def classes(self, state: Visit) -> str:
        """What is laid out where, by the stage of the item on view."""
        if state.training is None or not state.invented or state.part != "practice":
            return "kapnb-training at-choice"
        now = state.training.now
        stage = "at-door" if state.gated else "at-open" if now.open else "at-revealed" if now.revealed else "at-committed"
        return f"kapnb-training {stage}" + (" recording" if now.open and state.recording else "")

    def view(self, state: Visit) -> Mapping[str, Html]:
        """Every region. Nothing of an answer is in them before its commitment."""
        drawn = dict.fromkeys(REGIONS, join(())) | {"head": write_head(state), "foot": write_foot(state)}
        if not state.invented or state.training is None:
            return drawn
        if state.part == "back":
            return drawn | {"rest": write_back(state)}
        drawn["story"] = write_story(state)
        if state.shown:
            drawn |= {"judgment": write_difference(state, state.shown), "source": write_source(state, state.shown)}
            drawn["rest"] = write_rest(state)
        elif not state.gated:
            drawn["judgment"] = write_judgment(state)
            if state.training.now.open:
                drawn["fields"], drawn["form"] = write_fields(state)
        return drawn


def _finish(before: Visit, after: Visit, said: str = "", *effects: Effect) -> Any:
    settled = visiting.settle(before, after)
    focus = _find_focus(before, settled)
    said = said or (after.notice.text if after.notice else "")
    return (settled, *effects, *([Say(said)] if said else []), *([Focus(focus)] if focus else []))


# what is brought


def _take_file(visit: Visit, event: Event) -> Visit:
    if not event.files or len(event.files[0]) > MOST_BYTES:
        large = not isinstance(event.value, int) or event.value > MOST_BYTES
        raise refuse("too_large" if large else "unreadable", size=MOST_BYTES // 1024**2)
    data = event.files[0]
    if event.name == "load":
        return visiting.load_file(visit, data)
    if event.name == "set":
        shared, messages = load_set(data, visit.edition)
        after = visiting.bring_cases(visit, shared.cases, shared)
        return replace(after, notice=after.notice or Notice(say("set_there"), messages))
    if event.name not in MOST_ROWS:
        raise ValueError(f"there is no file {event.name}")
    return replace(visit, busy=True)


def _take_table(visit: Visit, name: str, brought: Any) -> Visit:
    after = visiting.bring_cases(visit, brought) if name == "cases" else replace(visit, **{name: brought})
    count = brought.total() if name == "group" else len(brought)
    return replace(after, notice=after.notice or Notice(say(f"{name}_there", count=count)))


def read_table(name: str, data: bytes, edition: Edition) -> Any:
    """What a table holds: cases, the judgments of a ``panel``, or the responses of a ``group``.

    Raises:
        TrainingError: with what is wrong with it.
    """
    from kapnb.tables import read  # pandas, not before a table is at hand
    from kapnb.tables.problems import SHOWN, CaseTableError

    open_table: Any = {"cases": read.read_cases, "panel": read.read_judgments, "group": read.read_responses}[name]
    try:
        rows = read.list_rows(open_table(data, most_rows=MOST_ROWS[name]))
    except CaseTableError as failure:
        told = (Problem(one.where, one.problem, one.allowed, one.remedy) for one in failure.listed[:SHOWN])
        raise TrainingError(told) from None
    if name == "group":
        return count_responses(rows)
    if name == "panel":
        return tuple(read_judgment(row, edition) for row in rows)
    return tuple(read_row(row, edition) for row in rows)


# what is taken along: a name and its content


def _save(visit: Visit, _: str) -> tuple[str, str]:
    """The training as a file, or the kept one that waits for its cases."""
    return say("save_file"), visit.waiting or saving.save(visit.under_way)


def _export(visit: Visit, table: str) -> tuple[str, bytes]:
    make = {"judgments": saving.export_judgments, "responses": saving.export_responses}[table]
    rows = make(visit.under_way, visit.label)
    if not rows:
        raise refuse(f"no_{table}")
    return say(f"{table}_file"), saving.as_csv(rows, table, visit.edition.fields)


def _write_sheet(visit: Visit, kind: str) -> tuple[str, str | bytes]:
    """The facilitator's sheet, which tells every answer: never while stories wait to be judged, and only once it is confirmed."""
    from kapnb.report import note_of_set, write_docx, write_html  # when one is wanted

    visiting.ask_for_sheet(visit, Event("ask_sheet"))
    if visit.asking != "sheet":
        raise refuse("ask_first")
    selection = visiting.prepare(visit)
    items = [visit.library[name] for name in selection.items]
    if kind == "cases":
        return say("cases_file"), saving.as_csv(saving.export_cases(items), "cases", visit.edition.fields)
    note = note_of_set(selection.title, items, visit.edition)
    return f"{say('sheet_file')}.{kind}", write_html(note) if kind == "html" else write_docx(note)


_FILES: Final[Mapping[str, Callable[[Visit, str], tuple[str, str | bytes]]]] = {
    **dict.fromkeys(("save", "save_kept"), _save),
    "share": lambda visit, _: (say("share_file"), save_set(visiting.prepare(visit), visit.edition)),
    "export": _export,
    "sheet": _write_sheet,
}


# what is said, and where the focus goes


def _say_problem(visit: Visit, problem: Problem) -> str:
    """A problem as a sentence; the case on view needs no id."""
    here = visit.training.current if visit.training else ""
    text = str(replace(problem, where=say("this_case")) if here and problem.where == here else problem)
    return text[:1].upper() + text[1:]


def _speak(before: Visit, after: Visit, action: str) -> str:
    """What is spoken of a step where nothing else tells it."""
    if after.notice:
        return after.notice.text
    if action in {"commit", "commit_sure", "reveal", "respond", "annotate"}:
        return say(f"spoken_{action}")
    if after.training is None:
        return say("spoken_proposal", count=len(visiting.propose(after).items))
    if before.training and before.training.current != after.training.current:
        return say("spoken_item", place=[*after.training.attempts].index(after.training.current) + 1)
    return ""


def _find_focus(before: Visit, after: Visit) -> str:
    """Where the focus goes when what had it has made room for something else."""
    if after.notice and after.notice.problem and after.place == "head" and after.notice is not before.notice:
        return "training-notice"
    if after.part is not before.part or (before.training is None) is not (after.training is None):
        place = {"choose": "training-choose", "practice": "training-story", "back": "training-back"}
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


def show_page() -> TrainingPage:
    """The training page, ready to be shown in a notebook."""
    return TrainingPage()
