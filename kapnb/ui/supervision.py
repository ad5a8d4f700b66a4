"""The supervision page: tables in, a case and its group, an overview, what to talk about, and a note out."""

from __future__ import annotations

import asyncio
import re
from asyncio import to_thread
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Box, Widget

from kapnb import load_guidance
from kapnb.engine.edition import Edition
from kapnb.group import room as visit
from kapnb.group.room import Material, Room, Scope, look_over
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.sheet import MOST_BYTES, Message, Sheet
from kapnb.ui.supervision_case import title_words, write_case
from kapnb.ui.supervision_discussion import count_prompts, learning_words, write_discussion, write_note_part
from kapnb.ui.supervision_intake import FILES, Intake, intake_words, write_intake
from kapnb.ui.supervision_list import BOX, make_list, write_list_head
from kapnb.ui.supervision_overview import write_overview
from kapnb.ui.trouble import note_trouble

if TYPE_CHECKING:
    from kapnb.group.reading import Brought

SHEETS: Final = ("parts", "tables", "cases", "case", "overview", "discussion", "note")
"""The parts of the page, from its top."""

TYPES: Final = {
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What can be taken along, by the end of the file's name."""

OF_CASE: Final = ("case", "discussion", "note")


class SupervisionPage:
    """Holds the room; a message of the browser leads to the next one, and the sheets show it."""

    def __init__(self) -> None:
        self.edition = load_guidance().bind()
        self.intake = Intake()
        self.room = Room(Material({}, {}, self.edition))
        self.files: Mapping[str, bytes] = {}
        self.turn = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.drawn: dict[str, Html] = {name: self._draw(name, self.room, self.intake) for name in SHEETS}
        self.sheets = {name: Sheet(html, partial(self.act, name)) for name, html in self.drawn.items()}
        self.list = Box()

    def act(self, sheet: str, message: Message) -> None:
        """Do what a message asks for. Whatever goes wrong leaves the page as it was, and is told with a number."""
        try:
            self._do(sheet, message)
        except Exception:  # noqa: BLE001  # whatever it is, it is told and noted
            self._tell_trouble(sheet, message.get("seq"))

    def _do(self, sheet: str, message: Message) -> None:
        if not self.intake.invented and message["action"] != "confirm":
            raise ValueError("nothing is read or shown before the gate")
        {
            "tables": self._do_with_tables,
            "cases": self._do_in_list,
            "case": self._do_with_case,
            "overview": self._do_in_overview,
            "discussion": self._do_in_discussion,
            "note": self._do_with_note,
        }[sheet](message)

    def _do_with_tables(self, message: Message) -> None:
        name, value = message["name"], message.get("value")
        match message["action"]:
            case "confirm":
                self._stay("tables", message, replace(self.intake, invented=value is True))
                self._start(to_thread(_import_readers), "tables")
            case "example":
                self._read(_example_files(), message, 1)
            case "file" if name in FILES:
                self._take(name, value, message)
            case "leave":
                self._read({one: data for one, data in self.files.items() if one != "judgments"}, message, 1)
            case "empty" if name in FILES:
                self._stay("tables", message)
                self._start(self._make_empty(name), "tables")
            case "marked" if name in self.intake.markable:
                self._stay("tables", message)
                self._start(self._mark(name), "tables")
            case action:
                raise ValueError(f"the tables do not know {action} {name}")

    def _do_in_list(self, message: Message) -> None:
        if message["action"] != "pick":
            raise ValueError("above the list a case can be picked, and no more")
        room = visit.pick(self.room, str(message.get("value")))
        self._move(room, (), acting="cases", seq=message["seq"])
        self._pick(room)

    def _do_with_case(self, message: Message) -> None:
        room, value = self.room, message.get("value")
        match message["action"]:
            case "pick":
                self._pick(visit.pick(room, str(value)), message["seq"])
            case "step":
                self._pick(visit.step(room, -1 if value == "-1" else 1), message["seq"])
            case "names":
                said = words("supervision_page.names_on" if value else "supervision_page.names_off")
                also = ("overview", "note")
                self._move(visit.name_raters(room, named=value is True), also, said, acting="case", seq=message["seq"])
            case action:
                raise ValueError(f"the case does not know {action}")

    def _do_in_overview(self, message: Message) -> None:
        if message["action"] != "again" or not self.room.stuck:
            raise ValueError("an overview can be tried again where it failed, and no more")
        self._move(replace(self.room, stuck=False), ("discussion",), acting="overview", seq=message["seq"])
        self._start(self._look_over(self.room.material), "overview")

    def _do_in_discussion(self, message: Message) -> None:
        room, name, value = self.room, message["name"], message.get("value")
        match message["action"]:
            case "learn":
                after = visit.learn(room, name, str(value))
                self._move(after, (), learning_words(after), acting="discussion", seq=message["seq"])
                return
            case "scope":
                room = replace(room, scope=Scope(str(value)))
            case "narrow":
                room = visit.narrow(room, name, on=value is True)
            case "tick":
                room = visit.tick(room, name, on=value is True)
            case action:
                raise ValueError(f"the discussion does not know {action}")
        self._move(room, ("note",), count_prompts(room), acting="discussion", seq=message["seq"])

    def _do_with_note(self, message: Message) -> None:
        said = self._hand_out_note(message["name"])
        self._move(self.room, (), said, acting="note", seq=message["seq"])

    # what is shown

    def _draw(self, sheet: str, room: Room, intake: Intake) -> Html:
        return write_intake(intake) if sheet == "tables" else _WRITERS[sheet](room)

    def _move(
        self, room: Room, also: Iterable[str], said: str = "", *, acting: str, seq: int | None = None, intake: Intake | None = None
    ) -> None:
        """Go on to another state, and draw the sheets that it shows in: the acting one, which speaks, and others, which do not."""
        intake = intake or self.intake
        drawn = {name: self._draw(name, room, intake) for name in dict.fromkeys((acting, *also))}
        self.room, self.intake = room, intake
        self.drawn |= drawn
        for name, html in drawn.items():
            sheet = self.sheets[name]
            if name == acting:
                sheet.update(html, said, seq)
            else:
                sheet.update(html, sheet.state["said"])

    def _tell_trouble(self, sheet: str, seq: int | None = None) -> None:
        number = note_trouble("supervision")
        said = words("supervision_page.trouble"), words("page.trouble_number", number=number)
        notice = element("div", *(element("p", line) for line in said), class_="trouble")
        self.sheets[sheet].update(join((notice, self.drawn[sheet])), " ".join(said), seq)

    def _stay(self, sheet: str, message: Message, intake: Intake | None = None) -> None:
        """Answer a message by which nothing moves but the tables, where at all."""
        self._move(self.room, (), intake_words(intake) if intake else "", acting=sheet, seq=message["seq"], intake=intake)

    def _pick(self, room: Room, seq: int | None = None) -> None:
        assessment = room.material.assess(room.chosen)
        outcome = outcome_words(assessment.outcome, assessment.reasons)
        said = words("supervision_page.picked", case=title_words(room.case), outcome=outcome)
        self._move(room, OF_CASE, said, acting="case", seq=seq)
        for table in self.list.children:
            table.selected_rows = [room.material.listed.index(room.chosen)]

    def _pick_row(self, place: int) -> None:
        """A row of the list was chosen."""
        listed = self.room.material.listed
        if not 0 <= place < len(listed) or listed[place] == self.room.chosen:
            return
        try:
            self._pick(visit.pick(self.room, listed[place]))
        except Exception:  # noqa: BLE001  # as in act
            self._tell_trouble("case")

    # what is read

    def _take(self, name: str, size: Any, message: Message) -> None:
        """A file that was chosen, or only its size where it is too large."""
        data = bytes(message["buffers"][0]) if message.get("buffers") else None
        if data is None or len(data) > MOST_BYTES:
            large = not isinstance(size, int) or size > MOST_BYTES
            key, values = ("too_large", {"size": MOST_BYTES // 1024**2}) if large else ("unreadable", {})
            intake = replace(self.intake, refused={name: words(f"supervision_page.{key}", **values)})
            self._stay("tables", message, intake)
            return
        self._read({**self.files, name: data}, message)

    def _read(self, files: Mapping[str, bytes], message: Message, put_away: int = 0) -> None:
        """Begin to read; the page stays at work meanwhile, and a later choice overtakes an earlier one."""
        self.files = files
        self.turn += 1
        judged = "judgments" in files
        if "cases" not in files:
            waits = {"judgments": words("supervision_page.cases_missing")} if judged else {}
            intake = replace(self.intake, refused=waits, problems={}, repairs={}, judged=judged)
            self._stay("tables", message, intake)
            return
        intake = replace(self.intake, busy=True, done=0, refused={}, judged=judged, round=self.intake.round + put_away)
        self._stay("tables", message, intake)
        self._start(self._follow(files, self.turn), "tables", self.turn)

    def _start(self, work: Coroutine[Any, Any, None], sheet: str, turn: int | None = None) -> None:
        task = asyncio.get_running_loop().create_task(self._watch(work, sheet, turn))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _watch(self, work: Coroutine[Any, Any, None], sheet: str, turn: int | None) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001  # as in act
            if turn == self.turn:  # other work that fails leaves the reading of tables as it is
                self.intake = replace(self.intake, busy=False)
                self.drawn["tables"] = write_intake(self.intake)
            self._tell_trouble(sheet)

    async def _follow(self, files: Mapping[str, bytes], turn: int) -> None:
        loop = asyncio.get_running_loop()
        brought = await to_thread(
            _read_files, files, self.edition, lambda done: loop.call_soon_threadsafe(self._tell_rows, done, turn)
        )
        if turn != self.turn:
            return
        self._bring(brought)
        if brought.material:
            self._start(self._look_over(brought.material), "overview")

    async def _look_over(self, material: Material) -> None:
        try:
            overview = await to_thread(look_over, material)
        except Exception:
            if self.room.material is material:
                self._move(replace(self.room, stuck=True), ("discussion",), acting="overview")
            raise
        if self.room.material is material:
            self._move(replace(self.room, overview=overview), ("discussion",), acting="overview")

    def _tell_rows(self, done: int, turn: int) -> None:
        if turn == self.turn and self.intake.busy:
            intake = replace(self.intake, done=done)
            self._move(self.room, (), intake_words(intake), acting="tables", intake=intake)

    def _bring(self, brought: Brought) -> None:
        """Put what was read on the table. Where the cases cannot be used, what is open stays."""
        material = brought.material
        intake = replace(
            self.intake,
            busy=False,
            opened=_say_opened(material) if material else self.intake.opened,
            problems=brought.problems,
            markable=brought.markable,
            repairs=brought.repairs,
        )
        if material is None:
            self._move(self.room, (), intake_words(intake), acting="tables", intake=intake)
            return
        room = visit.bring(self.room, material)
        table = make_list(brought.listing, material.listed.index(room.chosen), self._pick_row)
        self._move(room, SHEETS, intake_words(intake), acting="tables", intake=intake)
        old, self.list.children = self.list.children, (table,)
        for one in old:
            one.close()

    # what is taken along

    async def _make_empty(self, name: str) -> None:
        self._hand_out("tables", f"{name}.xlsx", await to_thread(_make_empty, name))

    async def _mark(self, name: str) -> None:
        problems, data = self.intake.problems[name], self.files[name]
        self._hand_out("tables", f"{name}-marked.xlsx", await to_thread(_mark_file, name, data, problems))

    def _hand_out(self, sheet: str, name: str, data: bytes) -> None:
        self.sheets[sheet].send({"download": name, "type": TYPES[name.rpartition(".")[2]]}, buffers=[data])
        self._move(self.room, (), words("supervision_page.downloaded", name=name), acting=sheet)

    def _hand_out_note(self, kind: str) -> str:
        """Write the note and hand it to the browser; what is said of it."""
        from kapnb.report import note_of_case, note_of_session, write_docx, write_html, write_markdown  # when one is wanted

        room = self.room
        if room.scope is Scope.SESSION:
            title, about = words("supervision_page.session_title"), "session"
            note = note_of_session(title, room.session, self.edition, room.taken, room.learning, names=room.names)
        else:
            about = re.sub(r"[^A-Za-z0-9_-]+", "-", room.chosen).strip("-") or "case"
            assessment, differences = room.material.assess(room.chosen), room.material.differ(room.chosen)
            note = note_of_case(room.case, assessment, differences, room.taken, room.learning, names=room.names)
        write = {"html": write_html, "docx": write_docx, "markdown": write_markdown}[kind]
        written = write(note)
        name = f"{words('supervision_page.note_file')}-{about}.{'md' if kind == 'markdown' else kind}"
        data = written.encode() if isinstance(written, str) else written
        self.sheets["note"].send({"download": name, "type": TYPES[name.rpartition(".")[2]]}, buffers=[data])
        return words("supervision_page.downloaded", name=name)

    def show(self) -> Widget:
        self.sheets["parts"].add_class("kapnb-parts")
        self.list.add_class("kapnb").add_class(BOX)
        parts: list[Widget] = [self.sheets[name] for name in SHEETS]
        parts.insert(SHEETS.index("cases") + 1, self.list)
        page = Box(parts)
        page.add_class("kapnb").add_class("kapnb-page").add_class("kapnb-supervision")
        return page


def _write_parts(room: Room) -> Html:
    """The way to each part, once there is more than one."""
    if not room.chosen:
        return join(())
    links = (
        element("li", element("a", words(f"supervision_page.part_{name}"), href=f"#supervision-{name}")) for name in SHEETS[1:]
    )
    return element("nav", element("ul", *links), aria_label=words("supervision_page.parts"))


_WRITERS: Final[Mapping[str, Callable[[Room], Html]]] = {
    "parts": _write_parts,
    "cases": write_list_head,
    "case": write_case,
    "overview": write_overview,
    "discussion": write_discussion,
    "note": write_note_part,
}


def _say_opened(material: Material) -> str:
    judgments = material.everything
    if not judgments:
        return words("supervision_page.opened", cases=f"{len(material.cases):,}")
    counts = {"judgments": f"{len(judgments):,}", "raters": f"{len({one.rater for one in judgments}):,}"}
    return words("supervision_page.opened_judgments", cases=f"{len(material.cases):,}", **counts)


# What needs pandas is imported when a table is at hand, away from the thread that answers the page.


def _import_readers() -> None:
    for name in ("itables.widget", "kapnb.group.reading"):
        import_module(name)


def _example_files() -> dict[str, bytes]:
    from kapnb.group.example import example_files

    return {name: path.read_bytes() for name, path in zip(FILES, example_files(), strict=True)}


def _read_files(files: Mapping[str, bytes], edition: Edition, progress: Any) -> Brought:
    _import_readers()
    from kapnb.group.reading import read_files

    return read_files(files, edition, progress)


def _make_empty(name: str) -> bytes:
    from kapnb.group.reading import make_empty

    return make_empty(name)


def _mark_file(name: str, data: bytes, problems: Any) -> bytes:
    from kapnb.group.reading import mark_file

    return mark_file(name, data, problems)


def show_page() -> Widget:
    """The supervision page, ready to be shown in a notebook."""
    return SupervisionPage().show()
