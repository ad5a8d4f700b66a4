"""The supervision page: tables in, a case and its group, an overview, what to talk about, and a note out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.group import state as states
from kapnb.group.state import Dataset, Scope, State
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.charts import write_textures
from kapnb.ui.page import MOST_BYTES, Download, Page, Say, Task
from kapnb.ui.supervision_case import title_words, write_case
from kapnb.ui.supervision_discussion import count_prompts, learning_words, write_discussion, write_note_part
from kapnb.ui.supervision_intake import FILES, Intake, intake_words, opened_words, write_intake
from kapnb.ui.supervision_list import Listing, info_words, sort_by, turn, write_list
from kapnb.ui.supervision_overview import write_overview
from kapnb.ui.widget import Event

if TYPE_CHECKING:
    from kapnb.group.upload import Upload
    from kapnb.report import Note

REGIONS: Final = ("parts", "tables", "cases", "case", "overview", "discussion", "note")
"""The parts of the page, from its top."""


@dataclass(frozen=True)
class Visit:
    """The state of the page: the dataset and what was chosen of it, the reading of tables, and the list of cases."""

    state: State
    intake: Intake = field(default_factory=Intake)
    listing: Listing = field(default_factory=Listing)

    @property
    def edition(self) -> Edition:
        """What judges the cases."""
        return self.state.dataset.edition


class SupervisionPage(Page):
    """The supervision page over a :class:`Visit`."""

    name: ClassVar[str] = "supervision"
    section: ClassVar[str] = "supervision_page"

    def __init__(self, edition: Edition | None = None) -> None:
        super().__init__(Visit(State(Dataset({}, {}, edition or served_edition()))))

    def frame(self) -> Html:
        return join((write_textures(), super().frame()))

    def update(self, visit: Visit, event: Event) -> Any:
        """The visit after an event, and effects. What is unknown raises, and changes nothing."""
        if event.action == "confirm":
            return _change(visit, invented=event.value is True), Task("import", lambda _report: import_module("kapnb.group.upload"))
        if not visit.intake.invented:
            raise ValueError("nothing is read or shown before the gate")
        return _EVENTS[event.action](visit, event)

    def task_failed(self, visit: Visit, name: str) -> Any:
        """What was open stays open."""
        return _change(visit, busy=False) if name == "read" else visit

    def view(self, visit: Visit) -> Mapping[str, Html]:
        """Every region; before there is a dataset only the tables."""
        state, drawn = visit.state, {"tables": write_intake(visit.intake)}
        if state.chosen:
            drawn |= {
                "parts": _write_parts(),
                "cases": write_list(state, visit.listing),
                "case": write_case(state),
                "overview": write_overview(state.dataset, names=state.names),
                "discussion": write_discussion(state),
                "note": write_note_part(state),
            }
        return {name: drawn.get(name, Html()) for name in REGIONS}


def _write_parts() -> Html:
    """The way to each part."""
    links = (element("a", words(f"supervision_page.part_{name}"), href=f"#supervision-{name}") for name in REGIONS[1:])
    return element("nav", element("ul", *(element("li", one) for one in links)), aria_label=words("supervision_page.parts"))


# what is read


def _change(visit: Visit, **changes: Any) -> Visit:
    return replace(visit, intake=replace(visit.intake, **changes))


def _stand(visit: Visit, *effects: Any) -> Any:
    """The visit, and where things are with the tables."""
    return visit, *effects, Say(intake_words(visit.intake))


def _open_example(visit: Visit, _event: Event) -> Any:
    folder = visit.edition.guidance.folder / "examples" / "supervision"
    return _read(visit, {name: (folder / f"{name}.csv").read_bytes() for name in FILES}, put_away=1)


def _leave_judgments(visit: Visit, _event: Event) -> Any:
    return _read(visit, {name: data for name, data in visit.intake.files.items() if name != "judgments"}, put_away=1)


def _take_file(visit: Visit, event: Event) -> Any:
    """Read a file that was chosen; of one that is too large, or that the browser cannot read, there is only the size."""
    name, size = event.name, event.value
    if name not in FILES:
        raise ValueError("there is no such table")
    if event.files and len(event.files[0]) <= MOST_BYTES:
        replaced = words(f"supervision_page.replaced_{name}") if name in visit.intake.files else ""
        return _read(visit, {**visit.intake.files, name: event.files[0]}, replaced=replaced)
    key = "too_large" if not isinstance(size, int) or size > MOST_BYTES else "unreadable"
    return _stand(_change(visit, refused=words(f"supervision_page.{key}", size=MOST_BYTES // 1024**2)))


def _read(visit: Visit, files: Mapping[str, bytes], *, put_away: int = 0, replaced: str = "") -> Any:
    """Begin to read; a later choice overtakes an earlier one."""
    visit = _change(visit, files=files, refused="", replaced=replaced, round=visit.intake.round + put_away)
    if "cases" not in files:
        return _stand(_change(visit, refused=words("supervision_page.cases_missing"), upload=None, busy=False))

    def read(report: Callable[[int], None]) -> Upload:
        from kapnb.group.upload import read_files  # what needs pandas is imported in the thread that reads

        return read_files(files, visit.edition, report)

    return _stand(_change(visit, busy=True, done=0), Task("read", read))


def _open(visit: Visit, event: Event) -> Any:
    """Show what was read. Where the cases cannot be used, what is open stays."""
    upload: Upload = event.value
    visit = _change(visit, busy=False, upload=upload)
    if upload.dataset:
        visit = _change(visit, opened=opened_words(upload.dataset))
        visit = replace(visit, state=states.load(visit.state, upload.dataset), listing=Listing())
    return _stand(visit)


def _ask_empty(visit: Visit, event: Event) -> Any:
    if event.name not in FILES:
        raise ValueError("there is no such table")

    def make(_report: Any) -> Download:
        from kapnb.tables.template import make_template

        return Download(f"{event.name}.xlsx", make_template(event.name, visit.edition))

    return visit, Task("file", make)


def _ask_marked(visit: Visit, event: Event) -> Any:
    name, upload = event.name, visit.intake.upload
    if not upload or name not in upload.markable:
        raise ValueError("there is nothing to mark")

    def make(_report: Any) -> Download:
        from kapnb.tables.marking import mark

        return Download(f"{name}-marked.xlsx", mark(visit.intake.files[name], name, upload.problems[name], visit.edition))

    return visit, Task("file", make)


# what is chosen


def _list(visit: Visit, listing: Listing) -> Any:
    return replace(visit, listing=listing), Say(info_words(visit.state.dataset.rows, listing))


def _pick(visit: Visit, state: State) -> Any:
    outcome = outcome_words(state.assessment.outcome, state.assessment.reasons)
    return replace(visit, state=state), Say(words("supervision_page.picked", case=title_words(state.case), outcome=outcome))


def _name_raters(visit: Visit, event: Event) -> Any:
    named = event.value is True
    said = Say(words("supervision_page.names_on" if named else "supervision_page.names_off"))
    return replace(visit, state=replace(visit.state, names=named)), said


def _choose(visit: Visit, state: State) -> Any:
    return replace(visit, state=state), Say(count_prompts(state))


def _learn(visit: Visit, event: Event) -> Any:
    state = states.learn(visit.state, event.name, str(event.value))
    return replace(visit, state=state), Say(learning_words(state))


# what is taken along


def _hand_out(visit: Visit, download: Download) -> Any:
    return visit, download, Say(words("supervision_page.downloaded", name=download.name))


def _save_kept(visit: Visit, _event: Event) -> Any:
    points = (f"{about}\n{text}" for about, text in visit.state.typed.items() if text)
    return _hand_out(visit, Download(words("page.typed_file"), "\n\n".join(points)))


def _write_note(visit: Visit, event: Event) -> Any:
    from kapnb.report import note_of_case, note_of_session, write_docx, write_html, write_markdown  # when one is wanted

    kinds: dict[str, tuple[str, Callable[[Note], str | bytes]]]
    kinds = {"html": ("html", write_html), "docx": ("docx", write_docx), "markdown": ("md", write_markdown)}
    ending, write = kinds[event.name]
    state, more = visit.state, (visit.state.taken, visit.state.learning)
    if state.scope is Scope.SESSION:
        title, about = words("supervision_page.session_title"), "session"
        note = note_of_session(title, state.session, visit.edition, *more, names=state.names)
    else:
        about = re.sub(r"[^A-Za-z0-9_-]+", "-", state.chosen).strip("-") or "case"
        note = note_of_case(state.case, state.assessment, state.differences, *more, names=state.names)
    return _hand_out(visit, Download(f"{words('supervision_page.note_file')}-{about}.{ending}", write(note)))


def _by(event: Event) -> int:
    return -1 if event.value == "-1" else 1


_EVENTS: Final[Mapping[str, Callable[[Visit, Event], Any]]] = {
    "example": _open_example,
    "leave": _leave_judgments,
    "file": _take_file,
    "progress:read": lambda visit, event: _change(visit, done=event.value),
    "done:read": _open,
    "done:import": lambda visit, _event: visit,
    "empty": _ask_empty,
    "marked": _ask_marked,
    "done:file": lambda visit, event: _hand_out(visit, event.value),
    "save_kept": _save_kept,
    "sort": lambda visit, event: _list(visit, sort_by(visit.listing, event.name)),
    "find": lambda visit, event: _list(visit, replace(visit.listing, find=str(event.value), page=0)),
    "turn": lambda visit, event: _list(visit, turn(visit.state.dataset.rows, visit.listing, _by(event))),
    "pick": lambda visit, event: _pick(visit, states.pick(visit.state, str(event.value))),
    "step": lambda visit, event: _pick(visit, states.step(visit.state, _by(event))),
    "names": _name_raters,
    "learn": _learn,
    "scope": lambda visit, event: _choose(visit, replace(visit.state, scope=Scope(str(event.value)))),
    "narrow": lambda visit, event: _choose(visit, states.narrow(visit.state, event.name, on=event.value is True)),
    "tick": lambda visit, event: _choose(visit, states.tick(visit.state, event.name, on=event.value is True)),
    "note": _write_note,
}


def show_page() -> SupervisionPage:
    """The supervision page, ready to be shown in a notebook."""
    return SupervisionPage()
