"""The training page: the cases by title, one case with one thing per screen, and only after the lock what the article says.

The library stays here, in the kernel. Of an item that is not locked in the browser gets the story, and findings and facts that are
offered so that they do not tell the answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import randrange
from typing import Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import KapnbError, Problem
from kapnb.group.judgments import read_judgment, read_row
from kapnb.room.codes import Signed, code_of_set, salt_of_label, write_signs
from kapnb.room.state import Round
from kapnb.text.html import Html, fragment, join
from kapnb.training import saving, session
from kapnb.training.errors import TrainingError
from kapnb.training.links import find_link, write_link
from kapnb.training.reveal import count_responses
from kapnb.training.session import Training
from kapnb.training.sets import load_set
from kapnb.ui import training_visit as visiting
from kapnb.ui.controls import Notice
from kapnb.ui.page import MOST_BYTES, NOTICES, Download, Effect, Focus, Page, Say, SetAside, Task
from kapnb.ui.training_cases import write_cases, write_foot, write_head
from kapnb.ui.training_desk import write_drawer
from kapnb.ui.training_loop import find_reply, find_title, write_loop
from kapnb.ui.training_reveal import write_reveal
from kapnb.ui.training_visit import Visit, refuse, say
from kapnb.ui.widget import ADDRESS, RESTORE, Event, region

MOST_ROWS: Final = {"cases": 5_000, "panel": 20_000, "group": 20_000}
"""Of each table that can be brought."""


def _topic(visit: Visit, event: Event) -> Visit:
    others = visit.wish.topics - {event.name}
    return visiting.wish(visit, topics=others | {event.name} if event.value is True else others)


def _take(step: Callable[[Training, Event], Training]) -> Callable[[Visit, Event], Visit]:
    return lambda visit, event: visiting.move(visit, step(visit.under_way, event))


_STEPS: Final[Mapping[str, Callable[[Visit, Event], Visit]]] = {
    ADDRESS: lambda visit, event: visiting.follow_link(visit, str(event.value)),
    # a set
    "source": lambda visit, event: visiting.wish(visit, own=event.value == "own"),
    "minutes": lambda visit, event: visiting.wish(visit, minutes=None if event.value == "all" else visiting.number(event.value)),
    "topic": _topic,
    "twins": lambda visit, event: visiting.wish(visit, twins=event.value is True),
    "skip": lambda visit, event: visiting.wish(visit, skip=event.value is True),
    "order": lambda visit, event: visiting.wish(visit, order=event.value),
    "again": lambda visit, _: visiting.wish(visit, seed=visit.wish.seed + 1),
    "begin": visiting.begin,
    "another": visiting.choose_another,
    # the item on view
    "open": visiting.open_item,
    "screen": _take(lambda training, event: session.turn(training, str(event.value))),
    "interview": lambda visit, event: visiting.move(
        visit, session.interview(visit.under_way, visit.library, on=event.value != "off")
    ),
    "ask": lambda visit, event: visiting.move(visit, session.put_question(visit.under_way, visit.library, event.name)),
    **dict.fromkeys(("outcome", "confidence", "prediction", "finding"), visiting.choose_part),
    "reason": _take(lambda training, event: session.explain_why(training, event.value)),
    "point": visiting.point,
    "record": _take(lambda training, event: session.record(training, event.name, event.value or None)),
    "lock": _take(lambda training, _: session.commit(training)),
    **dict.fromkeys((f"later_{one}" for one in ("lean", "why", "outcome", "confidence", "reason", "thought")), visiting.say_later),
    "respond": visiting.respond,
    "reconsider": visiting.reconsider,
    "reflect": _take(lambda training, _: session.reflect(training, training.unsaid.thought)),
    "next": visiting.go_on,
    # the training as a whole
    "to_cases": _take(lambda training, _: training),
    "anew": visiting.start_anew,
    "label": lambda visit, event: replace(visit, label=str(event.value)),
}
"""What the browser can ask for and the state alone answers."""
_EXPORT: Final = frozenset({"label", "export", "signs"})
"""What is said of these stands beside them."""


class TrainingPage(Page):
    """The training page over a :class:`kapnb.ui.training_visit.Visit`."""

    name: ClassVar[str] = "training"
    section: ClassVar[str] = "training_page"
    keeps: ClassVar[bool] = True
    reads: ClassVar[bool] = True
    exclusive: ClassVar[bool] = True

    def __init__(self, edition: Edition | None = None) -> None:
        super().__init__(visiting.arrive(edition or served_edition(), randrange(2**31)))  # noqa: S311  # an order to practice in

    def update(self, state: Visit, event: Event) -> Any:
        """The visit after an event, and effects. What cannot be done raises, and changes nothing."""
        action, effects = event.action, list[Effect]()
        if action == "confirm":
            return replace(state, invented=event.value is True)
        if _is_late(state, event):
            return state
        if state.waiting and _makes_room(event):
            effects.append(SetAside())  # what waits for its cases makes room, and is not lost
        told = state.notice if action == "skip" else None  # the browser keeps its tick, and says it again after a reload
        before = replace(state, notice=told, place="export" if action in _EXPORT else "head")
        if action in _STEPS:
            after = _STEPS[action](before, event)
        elif action in _FILES:
            name, data = _FILES[action](before, event.name)
            after = replace(before, notice=Notice(say("downloaded", name=name)))
            effects.append(Download(name, data))
        elif action == "signs":
            after = replace(before, notice=_sign(before))
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
        key = {RESTORE: "kept_unreadable", "file": "file_refused", ADDRESS: "link_refused"}.get(action, "refused")
        notice = Notice(say(key), tuple(_say_problem(state, one) for one in error.problems), problem=True)
        place = "export" if action in _EXPORT else "here" if state.at_case and action != ADDRESS else "head"
        choosing = state.choosing or (action == ADDRESS and state.training is not None)
        after = replace(state, notice=notice, place=place, busy=False, choosing=choosing)
        return _finish(state, after, " ".join((notice.text, *notice.lines)))

    def task_failed(self, state: Visit, name: str) -> Any:  # noqa: ARG002
        """The table is not read any more."""
        return replace(state, busy=False)

    def saved(self, state: Visit) -> str | None:
        """The training, or None to leave there what waits for its cases."""
        return None if state.waiting else state.kept

    def frame(self) -> Html:
        """One screen; the article and the glossary are at hand over each."""
        edition = self.state.edition
        return fragment(region(NOTICES), region("head"), region("case"), region("foot"), write_drawer(edition))

    def classes(self, state: Visit) -> str:
        """What is on view."""
        return f"kapnb-training at-{state.screen if state.invented else 'gate'}"

    def view(self, state: Visit) -> Mapping[str, Html]:
        """Every region. Nothing of an answer is in them before its lock."""
        case = join(())
        if state.invented and state.screen != "choose":
            case = write_reveal(state, state.shown) if state.shown else (write_loop if state.at_case else write_cases)(state)
        return {"head": write_head(state), "case": case, "foot": write_foot(state)}


def _is_late(state: Visit, event: Event) -> bool:
    """Whether a step was taken already, and is said once more after a kernel was lost. What may not come now raises."""
    if not state.invented and event.action not in {"skip", "save_kept", ADDRESS}:
        raise ValueError("nothing is shown before the gate")
    if state.linked and event.action in {"begin", "another", "file"}:
        raise refuse("linked")
    if visiting.is_done(state, event):
        return True
    if event.about is not None and event.about != state.under_way.current:
        raise refuse("other_case")
    return False


def _makes_room(event: Event) -> bool:
    """Whether another training takes the place of one that waits for its cases."""
    linked = event.action == ADDRESS and find_link(str(event.value)) is not None
    return linked or event.action == "begin" or (event.action, event.name) == ("file", "load")


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


def _export(visit: Visit, name: str) -> tuple[str, str | bytes]:
    """What a trainee hands over, as a page to read or a table. Files of others, and of another state, have other names."""
    kind, _, ending = name.partition(".")
    training, label = visit.under_way, saving.check_label(visit.label)
    mark = hashlib.sha256(visit.kept.encode("utf-8", "replace")).hexdigest()[:6]
    day = datetime.now(UTC).astimezone().date()
    file = f"kapnb-{re.sub('[^A-Za-z0-9]+', '-', label).strip('-')}-{day}-{mark}-{kind}.{ending}"
    if kind == "page":
        from kapnb.report import note_of_training, write_docx, write_html  # when one is wanted

        note = note_of_training(training, visit.library, label, day)
        return file, write_html(note) if ending == "html" else write_docx(note)
    rows = {"judgments": saving.export_judgments, "responses": saving.export_responses}[kind](training, label)
    if not rows:
        raise refuse(f"no_{kind}")
    table = saving.as_csv(rows, kind, visit.edition.fields)
    if ending != "xlsx":
        return file, table
    from kapnb.tables import read, write  # pandas, not before a table is wanted

    return file, write.write_workbook(read.read_judgments(table), kind)


def _sign(visit: Visit) -> Notice:
    """Each judgment of a linked set as ten signs, which a desk of the same set reads."""
    code = code_of_set(write_link(visit.linked, visit.edition))
    salt = salt_of_label(saving.check_label(visit.label))
    lines = []
    for attempt in visit.under_way.present:
        draft, name = attempt.draft, attempt.item.id
        if name in visit.linked and not attempt.open and draft.outcome and draft.confidence:
            signed = Signed(visit.linked.index(name), Round.FIRST, draft.outcome, draft.confidence, salt)
            signs = write_signs(code, signed)
            lines.append(f"{visit.library[name].title}: {signs[: len(signs) // 2]} {signs[len(signs) // 2 :]}")
    if not lines:
        raise refuse("no_judgments")
    return Notice(say("signs"), tuple(lines))


_FILES: Final[Mapping[str, Callable[[Visit, str], tuple[str, str | bytes]]]] = {
    **dict.fromkeys(("save", "save_kept"), _save),
    "export": _export,
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
    if action == "ask" and after.training:
        return find_reply(after)
    if action in {"lock", "respond"}:
        return say(f"spoken_{action}")
    if after.screen == "choose":
        return say("spoken_proposal", count=len(visiting.propose(after).items))
    if after.at_case and before.training and before.training.current != after.under_way.current:
        return say("spoken_item", place=[*after.under_way.attempts].index(after.under_way.current) + 1, title=find_title(after))
    return ""


_TITLES: Final = {"read": "story", "judge": "story", "reveal": "revealed", "follow": "follow-up", "followed": "follow-up"}
"""The title of a screen, where it has another name."""


def _find_focus(before: Visit, after: Visit) -> str:
    """Where the focus goes when what had it has made room for something else."""
    if not after.invented:
        return ""
    if after.notice and after.notice.problem and after.notice is not before.notice:
        return "training-notice"
    old, new = (
        (one.screen, one.training and one.at_case and (one.training.current, len(one.training.now.events)))
        for one in (before, after)
    )
    return f"training-{_TITLES.get(after.screen, after.screen)}" if old != new or not before.invented else ""


def show_page() -> TrainingPage:
    """The training page, ready to be shown in a notebook."""
    return TrainingPage()
