"""The supervision page: tables in, a case and its group, an overview, what to talk about, and a note out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import KapnbError
from kapnb.group import inbox as inboxes
from kapnb.group import saving
from kapnb.group import state as states
from kapnb.group.inbox import KINDS, Inbox, Settled
from kapnb.group.questionnaires import make_form
from kapnb.group.state import Dataset, Order, Scope, State, make_dataset
from kapnb.tables.forms import assign
from kapnb.text.html import Html, element
from kapnb.text.words import words
from kapnb.training.library import load_library
from kapnb.training.saving import as_csv, export_cases
from kapnb.training.sets import FORMAT, Selection, gather, load_set
from kapnb.ui.page import MOST_BYTES, Download, Page, Say, Task
from kapnb.ui.supervision_case import write_case
from kapnb.ui.supervision_discussion import count_prompts, learning_words, write_discussion, write_note_part
from kapnb.ui.supervision_inbox import NOTHING, Intake, Job, intake_words, read_cell, write_intake
from kapnb.ui.supervision_picture import (
    count_words,
    picked_words,
    readings_words,
    say,
    turn,
    write_overview,
    write_picture,
    write_unprepared,
)
from kapnb.ui.widget import Event

if TYPE_CHECKING:
    from kapnb.report import Note

PARTS: Final = ("inbox", "picture", "case", "overview", "discussion", "note")
"""The parts of the page, from its top."""

REGIONS: Final = ("ways", "parts", *PARTS)
"""The regions of the page: links to other pages, links to its parts, and the parts."""

WAYS: Final = {"room": "room/new", "sets": "sets"}
"""What else somebody who leads a session may want, and where it is."""


@dataclass(frozen=True)
class Visit:
    """The state of the page: the dataset and what was chosen of it, what was brought, and the list of cases.

    Attributes:
        page: of the picture, counted from 0.
        prepared: the overview is worked out.
        failed: it could not be, through a fault of ours.
    """

    state: State
    intake: Intake = field(default_factory=Intake)
    page: int = 0
    prepared: bool = False
    failed: bool = False

    @property
    def edition(self) -> Edition:
        """What judges the cases. What a table may hold does not depend on readings, so tables go by ``edition.bind()``."""
        return self.state.dataset.edition


class SupervisionPage(Page):
    """The supervision page over a :class:`Visit`."""

    name: ClassVar[str] = "supervision"
    section: ClassVar[str] = "supervision_page"
    keeps: ClassVar[bool] = True

    def __init__(self, edition: Edition | None = None) -> None:
        super().__init__(Visit(State(Dataset({}, {}, edition or served_edition()))))

    def update(self, visit: Visit, event: Event) -> Any:
        """The visit after an event, and effects. What is unknown raises, and changes nothing."""
        if event.action == "confirm":
            return _change(visit, invented=event.value is True), Task("import", lambda _report: import_module("kapnb.group.settle"))
        if not visit.intake.invented:
            raise ValueError("nothing is read or shown before the gate")
        return _EVENTS[event.action](visit, event)

    def saved(self, visit: Visit) -> str | None:
        """What was prepared; what is being read is kept once it is."""
        return None if visit.intake.busy or not visit.intake.invented else saving.save(visit.state, visit.intake.kept)

    def restored(self, visit: Visit, text: str) -> Any:
        """Open again what was prepared. That the cases are invented was confirmed before any of it was brought."""
        state, inbox = saving.load(text, visit.state)
        visit = _change(replace(visit, state=state), invented=True, inbox=inbox, kept=saving.save_inbox(inbox))
        return _do(visit, lambda inbox, _report: inbox)  # a job, so that it can be tried again

    def task_failed(self, visit: Visit, name: str) -> Any:
        """What was open stays open, and can be tried again."""
        if name == "overview":
            return replace(visit, failed=True)
        return _change(visit, busy=False) if name == "read" else visit

    def view(self, visit: Visit) -> Mapping[str, Html]:
        """Every region; before there is a dataset only the tables."""
        state, drawn = visit.state, {"ways": _write_links("way", WAYS), "inbox": write_intake(visit.intake, visit.edition.bind())}
        if state.chosen in state.dataset.cases:
            drawn |= {
                "parts": _write_links("part", {name: f"#supervision-{name}" for name in PARTS}),
                "picture": write_picture(state, visit.page),
                "case": write_case(state),
                "overview": write_overview(state.dataset, names=state.names)
                if visit.prepared
                else write_unprepared(failed=visit.failed),
                "discussion": write_discussion(state) if visit.prepared else Html(),
                "note": write_note_part(state) if visit.prepared else Html(),
            }
        return {name: drawn.get(name, Html()) for name in REGIONS}


def _write_links(key: str, addresses: Mapping[str, str]) -> Html:
    """The way to a room and to a set, or to each part."""
    links = (element("a", say(f"{key}_{name}"), href=address) for name, address in addresses.items())
    return element("nav", element("ul", *(element("li", one) for one in links)), aria_label=say(f"{key}s"))


# what is brought


@cache
def library_rows(edition: Edition) -> Mapping[str, Mapping[str, str]]:
    """The cases of the library as rows of a table: judgments may speak of them without one."""
    return {row["case_id"]: row for row in export_cases(load_library(edition).values())}


def _change(visit: Visit, **changes: Any) -> Visit:
    return replace(visit, intake=replace(visit.intake, **changes))


def _stand(visit: Visit, *effects: Any) -> Any:
    """The visit, and where things are with what was brought."""
    return visit, *effects, Say(intake_words(visit.intake))


def _do(visit: Visit, *jobs: Job) -> Any:
    """Do something with the inbox, after whatever is being done."""
    visit = _change(visit, jobs=(*visit.intake.jobs, *jobs), refused="")
    return _stand(visit) if visit.intake.busy or visit.intake.doing else _begin(visit)


def _begin(visit: Visit) -> Any:
    """Do everything that is to be done, one after the other."""
    jobs, inbox, edition = (*visit.intake.doing, *visit.intake.jobs), visit.intake.inbox, visit.edition.bind()

    def work(report: Callable[[int], None]) -> tuple[Inbox, Settled, Dataset]:
        from kapnb.group.settle import settle  # what needs pandas is imported in the thread that reads

        done = inbox
        for job in jobs:
            done = job(done, report)
        settled = settle(done, edition, library_rows(edition))
        return done, settled, make_dataset(settled.cases, settled.judgments, visit.edition)

    return _stand(_change(visit, busy=True, done=0, jobs=(), doing=jobs), Task("read", work))


def _take(data: bytes, edition: Edition) -> Job:
    """Take a file: a table, the export of a form, or a training set, of which the cases are taken."""

    def job(inbox: Inbox, report: Callable[[int], None]) -> Inbox:
        from kapnb.group.settle import take  # as above

        return take(inbox, _unfold(data, edition), edition, library_rows(edition), report)

    return job


def _open_set(data: bytes, edition: Edition) -> Selection | None:
    """The training set that a file holds, where it is one."""
    if FORMAT.encode() in data[:200]:
        with suppress(KapnbError):
            return load_set(data, edition)[0]
    return None


def _unfold(data: bytes, edition: Edition) -> bytes:
    """A training set as a case table; anything else as it is."""
    selection = _open_set(data, edition)
    if selection is None:
        return data
    library = gather(selection.cases, edition)
    return as_csv(export_cases(library[item] for item in selection.items), "cases", edition.fields)


def _open_example(visit: Visit, _event: Event) -> Any:
    folder, edition = visit.edition.guidance.folder / "examples" / "supervision", visit.edition.bind()
    files = [(folder / f"{name}.csv").read_bytes() for name in ("cases", "judgments")]
    visit = _change(visit, round=visit.intake.round + 1)
    return _do(visit, lambda _inbox, _report: Inbox(), *(_take(data, edition) for data in files))


def _take_file(visit: Visit, event: Event) -> Any:
    """Take a file that was chosen; of one that is too large, or that the browser cannot read, there is only the size."""
    if event.name != "files":
        raise ValueError("there is no such chooser")
    if event.files and len(event.files[0]) <= MOST_BYTES:
        data, edition = event.files[0], visit.edition.bind()
        if (shared := _open_set(data, edition)) and shared.readings:
            visit = replace(visit, state=states.read_by(visit.state, shared.readings), prepared=False)
        return _do(visit, _take(data, edition))
    key = "too_large" if not isinstance(event.value, int) or event.value > MOST_BYTES else "unreadable"
    return _stand(_change(visit, refused=words(f"inbox.{key}", size=MOST_BYTES // 1024**2)))


def _clear(visit: Visit, _event: Event) -> Any:
    return _do(_change(visit, round=visit.intake.round + 1), lambda _inbox, _report: Inbox())


def _edit(visit: Visit, change: Callable[[Inbox], Inbox]) -> Any:
    """Change the inbox. What cannot be done is seen here and now, before anything is begun."""
    if not visit.intake.busy:
        change(visit.intake.inbox)
    return _do(visit, lambda inbox, _report: change(inbox))


def _mend(visit: Visit, event: Event) -> Any:
    if not event.value:
        return visit
    value = "" if event.value == NOTHING else str(event.value)
    return _edit(visit, lambda inbox: inboxes.mend(inbox, read_cell(event.name), value))


def _settle_clash(visit: Visit, event: Event) -> Any:
    number, *raters = event.name.split("\t")
    return _edit(visit, lambda inbox: inboxes.settle_clash(inbox, int(number), *raters, apart=event.action == "apart"))


def _read_form(visit: Visit, event: Event) -> Any:
    """Read a column of a form, or a number in it, as something else."""
    number, *which = event.name.split("\t")

    def change(inbox: Inbox) -> Inbox:
        form = inbox.find(int(number)).form
        if form is None:
            raise ValueError("this paper is no form")
        if event.action == "code":
            role, code = which
            form = replace(form, codes={**form.codes, role: {**form.codes[role], code: str(event.value)}})
        else:
            role, _, case = str(event.value).partition("\t")
            form = assign(form, int(which[0]), role, case)
        return inboxes.read_form(inbox, int(number), form)

    return _edit(visit, change)


def _open(visit: Visit, event: Event) -> Any:
    """Show what was read, and go on with what came meanwhile."""
    inbox, settled, dataset = event.value
    kept = saving.save_inbox(inbox) if inbox.papers else ""
    visit = _change(visit, busy=False, doing=(), inbox=inbox, settled=settled, kept=kept)
    if visit.intake.jobs:
        return _begin(visit)
    dataset = replace(dataset, edition=visit.edition)  # which may have been chosen meanwhile
    if not dataset.cases:
        return _stand(replace(visit, state=replace(visit.state, dataset=dataset, chosen="")))
    visit = replace(visit, state=states.load(visit.state, dataset), page=0, prepared=False)
    return _stand(visit, _prepare(visit))


def _prepare(visit: Visit) -> Task:
    """Work out the overview, which takes a moment and is not waited for."""
    dataset = visit.state.dataset
    return Task("overview", lambda _report: dataset.prepare())


def _ask_empty(visit: Visit, event: Event) -> Any:
    if event.name not in KINDS:
        raise ValueError("there is no such table")

    def make(_report: Any) -> Download:
        from kapnb.tables.template import make_template

        return Download(f"{event.name}.xlsx", make_template(event.name, visit.edition))

    return visit, Task("file", make)


def _ask_form(visit: Visit, event: Event) -> Any:
    if not visit.intake.settled.cases:
        raise ValueError("a form needs cases")
    name, data = make_form(event.name, visit.intake.settled.cases)
    return _hand_out(visit, Download(name, data))


# what is chosen


def _turn(visit: Visit, event: Event) -> Any:
    visit = replace(visit, page=turn(visit.state, visit.page, _by(event)))
    return visit, Say(count_words(visit.state, visit.page))


def _choose(visit: Visit, state: State, tell: Callable[[State], str]) -> Any:
    """The visit with what was chosen, and what is told of it."""
    return replace(visit, state=state), Say(tell(state))


def _names_words(state: State) -> str:
    return say("names_on" if state.names else "names_off")


# what is taken along


def _hand_out(visit: Visit, download: Download) -> Any:
    return visit, download, Say(say("downloaded", name=download.name))


def _save_kept(visit: Visit, _event: Event) -> Any:
    points = (f"{about}\n{text}" for about, text in visit.state.typed.items() if text)
    return _hand_out(visit, Download(words("page.typed_file"), "\n\n".join(points)))


def _write_note(visit: Visit, event: Event) -> Any:
    from kapnb.report import note_of_case, note_of_session, write_docx, write_html, write_markdown  # when one is wanted

    kinds: dict[str, tuple[str, Callable[[Note], str | bytes]]]
    kinds = {"html": ("html", write_html), "docx": ("docx", write_docx), "markdown": ("md", write_markdown)}
    ending, write = kinds[event.name]
    state, more, now = visit.state, (visit.state.taken, visit.state.learning), datetime.now().astimezone()
    people, key = {one.rater for one in state.dataset.everything}, "note_labels" if state.names else "note_unnamed"
    named = say(key, count=len(people)) if people else ""
    about = " \N{MIDDLE DOT} ".join(filter(None, (state.group, f"{now:%B} {now.day}, {now.year}", named)))
    if state.scope is Scope.SESSION:
        title, called = state.title or say("session_title"), state.title or "session"
        note = note_of_session(title, state.session, visit.edition, *more, names=state.names, about=about)
    else:
        called = state.chosen
        note = note_of_case(state.case, state.assessment, state.differences, *more, names=state.names, about=about)
    named_after = re.sub(r"[^A-Za-z0-9_-]+", "-", called).strip("-")[:40] or "case"
    name = f"{say('note_file')}-{named_after}-{now:%Y-%m-%d-%H%M%S}.{ending}"
    return _hand_out(visit, Download(name, write(note)))


def _entitle(visit: Visit, event: Event) -> Any:
    state = states.entitle(visit.state, event.name, str(event.value))
    trouble = state.refused.get(f"{event.name}:", "")
    said = say("learning_wrong", problem=trouble) if trouble else ""
    return replace(visit, state=state), *([Say(said)] if said else [])


def _read_otherwise(visit: Visit, event: Event) -> Any:
    state = states.read_by(visit.state, {**visit.edition.changed, event.name: str(event.value)})
    visit = replace(visit, state=state, prepared=False, failed=False)
    return visit, Say(readings_words(visit.edition)), _prepare(visit)


def _by(event: Event) -> int:
    return -1 if event.value == "-1" else 1


_EVENTS: Final[Mapping[str, Callable[[Visit, Event], Any]]] = {
    "example": _open_example,
    "file": _take_file,
    "clear": _clear,
    "retry": lambda visit, _event: _begin(visit),
    "leave": lambda visit, _event: _begin(_change(visit, doing=())),
    "drop": lambda visit, event: _edit(visit, lambda inbox: inboxes.drop(inbox, int(event.name))),
    "use": lambda visit, event: _edit(visit, lambda inbox: inboxes.confirm(inbox, int(event.name))),
    "assign": _read_form,
    "code": _read_form,
    "mend": _mend,
    "undo": lambda visit, event: _edit(visit, lambda inbox: inboxes.undo(inbox, read_cell(event.name))),
    "join": lambda visit, event: _edit(visit, lambda inbox: inboxes.join(inbox, event.name.split("\t"))),
    "number": lambda visit, _event: _edit(visit, inboxes.number_people),
    "apart": _settle_clash,
    "later": _settle_clash,
    "progress:read": lambda visit, event: _change(visit, done=event.value),
    "done:read": _open,
    "again": lambda visit, _event: (replace(visit, failed=False), _prepare(visit)),
    "done:overview": lambda visit, _event: replace(visit, prepared=True, failed=False),
    "done:import": lambda visit, _event: visit,
    "empty": _ask_empty,
    "form": _ask_form,
    "done:file": lambda visit, event: _hand_out(visit, event.value),
    "save_kept": _save_kept,
    "order": lambda visit, event: replace(visit, page=0, state=replace(visit.state, order=Order(str(event.value)))),
    "turn": _turn,
    "pick": lambda visit, event: _choose(visit, states.pick(visit.state, str(event.value)), picked_words),
    "step": lambda visit, event: _choose(visit, states.step(visit.state, _by(event)), picked_words),
    "names": lambda visit, event: _choose(visit, replace(visit.state, names=event.value is True), _names_words),
    "learn": lambda visit, event: _choose(visit, states.learn(visit.state, event.name, str(event.value)), learning_words),
    "scope": lambda visit, event: _choose(visit, replace(visit.state, scope=Scope(str(event.value))), count_prompts),
    "narrow": lambda visit, event: _choose(visit, states.narrow(visit.state, event.name, on=event.value is True), count_prompts),
    "tick": lambda visit, event: _choose(visit, states.tick(visit.state, event.name, on=event.value is True), count_prompts),
    "note": _write_note,
    "entitle": _entitle,
    "reading": _read_otherwise,
}


def show_page() -> SupervisionPage:
    """The supervision page, ready to be shown in a notebook."""
    return SupervisionPage()
