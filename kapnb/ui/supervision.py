"""The supervision page: tables in, a case and its group, an overview, what to talk about, and a note out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.group import state as states
from kapnb.group.example import example_files
from kapnb.group.state import Dataset, Overview, Scope, State, look_over
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.charts import write_textures
from kapnb.ui.page import MOST_BYTES, Download, Page, Say, Task
from kapnb.ui.supervision_case import title_words, write_case
from kapnb.ui.supervision_discussion import count_prompts, learning_words, write_discussion, write_note_part
from kapnb.ui.supervision_intake import FILES, Intake, intake_words, write_intake
from kapnb.ui.supervision_list import Listing, info_words, search, sort_by, turn, write_list
from kapnb.ui.supervision_overview import write_overview
from kapnb.ui.widget import Event

if TYPE_CHECKING:
    from kapnb.group.upload import Upload
    from kapnb.report import Note

REGIONS: Final = ("parts", "tables", "cases", "case", "overview", "discussion", "note")
"""The parts of the page, from its top."""


@dataclass(frozen=True)
class Visit:
    """The state of the page.

    Attributes:
        state: the dataset, and what was chosen of it.
        intake: where the reading of tables stands.
        listing: the list of cases.
        files: the content of the tables that were chosen.
    """

    state: State
    intake: Intake = field(default_factory=Intake)
    listing: Listing = field(default_factory=Listing)
    files: Mapping[str, bytes] = field(default_factory=dict)

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
            intake = replace(visit.intake, invented=event.value is True)
            return replace(visit, intake=intake), Task("import", _import_readers)
        if not visit.intake.invented:
            raise ValueError("nothing is read or shown before the gate")
        for step in (_update_tables, _update_files, _update_list, _update_case, _update_discussion):
            result = step(visit, event)
            if result is not None:
                return result
        raise ValueError(f"the page does not know {event.action} {event.name}")

    def task_failed(self, visit: Visit, name: str) -> Any:
        """What was open stays open; an overview that failed can be tried again."""
        if name == "read":
            return replace(visit, intake=replace(visit.intake, busy=False))
        if name == "overview":
            return replace(visit, state=replace(visit.state, stuck=True))
        return visit

    def view(self, visit: Visit) -> Mapping[str, Html]:
        """Every region; before there is a dataset only the tables."""
        state = visit.state
        return {
            "parts": _write_parts(state),
            "tables": write_intake(visit.intake),
            "cases": write_list(state, visit.listing),
            "case": _write_case(state.dataset, state.chosen, state.names),
            "overview": _write_overview(state.dataset, state.overview, state.stuck, state.names) if state.chosen else join(()),
            "discussion": write_discussion(state),
            "note": write_note_part(state),
        }


# What is drawn of much is kept, since every event asks for every region.


@lru_cache(maxsize=4)
def _write_case(dataset: Dataset, chosen: str, names: bool) -> Html:  # noqa: FBT001  # for the cache
    return write_case(State(dataset, chosen=chosen, names=names))


@lru_cache(maxsize=4)
def _write_overview(dataset: Dataset, overview: Overview | None, stuck: bool, names: bool) -> Html:  # noqa: FBT001  # for the cache
    return write_overview(State(dataset, overview, stuck=stuck, names=names))


def _write_parts(state: State) -> Html:
    """The way to each part, once there is more than one."""
    if not state.chosen:
        return join(())
    links = (
        element("li", element("a", words(f"supervision_page.part_{name}"), href=f"#supervision-{name}")) for name in REGIONS[1:]
    )
    return element("nav", element("ul", *links), aria_label=words("supervision_page.parts"))


# what is read


def _update_tables(visit: Visit, event: Event) -> Any:  # noqa: PLR0911  # one for each event
    intake = visit.intake
    match event:
        case Event("example"):
            files = (path.read_bytes() for path in example_files(visit.edition))
            return _read(visit, dict(zip(FILES, files, strict=True)), put_away=1)
        case Event("leave"):
            return _read(visit, {name: data for name, data in visit.files.items() if name != "judgments"}, put_away=1)
        case Event("file", name=name, files=(data,)) if name in FILES and len(data) <= MOST_BYTES:
            replaced = words(f"supervision_page.replaced_{name}") if name in visit.files else ""
            return _read(visit, {**visit.files, name: data}, replaced=replaced)
        case Event("file", name=name, value=size) if name in FILES:
            large = not isinstance(size, int) or size > MOST_BYTES
            key, values = ("too_large", {"size": MOST_BYTES // 1024**2}) if large else ("unreadable", {})
            return _stand(replace(visit, intake=replace(intake, refused={name: words(f"supervision_page.{key}", **values)})))
        case Event("progress:read", value=done):
            return replace(visit, intake=replace(intake, done=done))
        case Event("done:read", value=upload):
            return _open(visit, upload)
    return None


def _update_files(visit: Visit, event: Event) -> Any:
    match event:
        case Event("done:import"):
            return visit
        case Event("empty", name=name) if name in FILES:
            return visit, Task("file", partial(_make_empty, name, visit.edition))
        case Event("marked", name=name) if name in visit.intake.markable:
            problems = visit.intake.problems[name]
            return visit, Task("file", partial(_mark, name, visit.files[name], problems, visit.edition))
        case Event("done:file", value=download):
            return _hand_out(visit, download)
        case Event("save_kept"):
            points = (f"{about}\n{text}" for about, text in visit.state.typed.items())
            return _hand_out(visit, Download(words("page.typed_file"), "\n\n".join(points)))
    return None


def _stand(visit: Visit, *effects: Any) -> Any:
    """The visit, and where things are with the tables."""
    return visit, *effects, Say(intake_words(visit.intake))


def _read(visit: Visit, files: Mapping[str, bytes], *, put_away: int = 0, replaced: str = "") -> Any:
    """Begin to read; a later choice overtakes an earlier one."""
    intake = replace(visit.intake, refused={}, replaced=replaced, judged="judgments" in files, round=visit.intake.round + put_away)
    if "cases" not in files:
        waits = {"judgments": words("supervision_page.cases_missing")} if intake.judged else {}
        intake = replace(intake, refused=waits, problems={}, repairs={}, busy=False)
        return _stand(replace(visit, files=files, intake=intake))
    visit = replace(visit, files=files, intake=replace(intake, busy=True, done=0))
    return _stand(visit, Task("read", partial(_read_files, files, visit.edition)))


def _open(visit: Visit, upload: Upload) -> Any:
    """Show what was read. Where the cases cannot be used, what is open stays."""
    dataset = upload.dataset
    intake = replace(
        visit.intake,
        busy=False,
        opened=_say_opened(dataset) if dataset else visit.intake.opened,
        problems=upload.problems,
        markable=upload.markable,
        repairs=upload.repairs,
    )
    if dataset is None:
        return _stand(replace(visit, intake=intake))
    visit = replace(visit, intake=intake, state=states.load(visit.state, dataset), listing=Listing(upload.listing))
    return _stand(visit, _look_over(dataset))


def _look_over(dataset: Dataset) -> Task:
    return Task("overview", lambda _report: look_over(dataset))


def _say_opened(dataset: Dataset) -> str:
    judgments = dataset.everything
    if not judgments:
        return words("supervision_page.opened", cases=f"{len(dataset.cases):,}")
    counts = {"judgments": f"{len(judgments):,}", "raters": f"{len({one.rater for one in judgments}):,}"}
    return words("supervision_page.opened_judgments", cases=f"{len(dataset.cases):,}", **counts)


# What needs pandas is imported when a table is at hand, in the thread that reads it.


def _import_readers(_report: Any) -> None:
    import_module("kapnb.group.upload")


def _read_files(files: Mapping[str, bytes], edition: Edition, report: Any) -> Upload:
    from kapnb.group.upload import read_files

    return read_files(files, edition, report)


def _make_empty(name: str, edition: Edition, _report: Any) -> Download:
    from kapnb.tables.template import make_template

    return Download(f"{name}.xlsx", make_template(name, edition))


def _mark(name: str, data: bytes, problems: Any, edition: Edition, _report: Any) -> Download:
    from kapnb.tables.marking import mark

    return Download(f"{name}-marked.xlsx", mark(data, name, problems, edition))


# what is chosen


def _update_list(visit: Visit, event: Event) -> Any:
    match event:
        case Event("sort", name=column):
            listing = sort_by(visit.listing, column)
        case Event("find", value=text):
            listing = search(visit.listing, str(text))
        case Event("turn", value=by):
            listing = turn(visit.listing, -1 if by == "-1" else 1)
        case _:
            return None
    return replace(visit, listing=listing), Say(info_words(listing))


def _update_case(visit: Visit, event: Event) -> Any:
    state = visit.state
    match event:
        case Event("pick", value=case):
            return _pick(visit, states.pick(state, str(case)))
        case Event("step", value=by):
            return _pick(visit, states.step(state, -1 if by == "-1" else 1))
        case Event("names", value=on):
            said = Say(words("supervision_page.names_on" if on is True else "supervision_page.names_off"))
            return replace(visit, state=states.name_raters(state, named=on is True)), said
        case Event("done:overview", value=overview):
            return replace(visit, state=replace(state, overview=overview))
        case Event("again") if state.stuck:
            return replace(visit, state=replace(state, stuck=False)), _look_over(state.dataset)
    return None


def _pick(visit: Visit, state: State) -> Any:
    assessment = state.dataset.assess(state.chosen)
    outcome = outcome_words(assessment.outcome, assessment.reasons)
    return replace(visit, state=state), Say(words("supervision_page.picked", case=title_words(state.case), outcome=outcome))


def _update_discussion(visit: Visit, event: Event) -> Any:
    state, on = visit.state, event.value is True
    match event:
        case Event("note", name=kind):
            return _hand_out(visit, _write_note(state, kind))
        case Event("learn", name=about, value=text):
            state = states.learn(state, about, str(text))
            return replace(visit, state=state), Say(learning_words(state))
        case Event("scope", value=scope):
            state = replace(state, scope=Scope(str(scope)))
        case Event("narrow", name=name):
            state = states.narrow(state, name, on=on)
        case Event("tick", name=key):
            state = states.tick(state, key, on=on)
        case _:
            return None
    return replace(visit, state=state), Say(count_prompts(state))


# what is taken along


def _hand_out(visit: Visit, download: Download) -> Any:
    return visit, download, Say(words("supervision_page.downloaded", name=download.name))


def _write_note(state: State, kind: str) -> Download:
    from kapnb.report import note_of_case, note_of_session, write_docx, write_html, write_markdown  # when one is wanted

    kinds: dict[str, tuple[str, Callable[[Note], str | bytes]]]
    kinds = {"html": ("html", write_html), "docx": ("docx", write_docx), "markdown": ("md", write_markdown)}
    ending, write = kinds[kind]
    dataset, more = state.dataset, (state.taken, state.learning)
    if state.scope is Scope.SESSION:
        title, about = words("supervision_page.session_title"), "session"
        note = note_of_session(title, state.session, dataset.edition, *more, names=state.names)
    else:
        about = re.sub(r"[^A-Za-z0-9_-]+", "-", state.chosen).strip("-") or "case"
        note = note_of_case(state.case, dataset.assess(state.chosen), dataset.differ(state.chosen), *more, names=state.names)
    return Download(f"{words('supervision_page.note_file')}-{about}.{ending}", write(note))


def show_page() -> SupervisionPage:
    """The supervision page, ready to be shown in a notebook."""
    return SupervisionPage()
