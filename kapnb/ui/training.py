"""The training page: a set, a story, a commitment, and only then what the source would say.

The library stays here, in the kernel. Of an item that is not committed the browser gets what :func:`kapnb.training.session.read`
gives, and the outcomes and rules that every item can be judged by.
"""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from random import randrange
from typing import Any, Final

from ipywidgets import Box, Widget

from kapnb.engine.edition import load_guidance
from kapnb.engine.fields import load_fields
from kapnb.engine.problems import Problem
from kapnb.group.judgments import Judgment
from kapnb.group.room import MOST_CASES, MOST_JUDGMENTS, make_material
from kapnb.text.cases import Case
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.training import export, session
from kapnb.training.checking import TrainingError
from kapnb.training.follow_ups import GroupResponse, read_group_response
from kapnb.training.reveal import reveal
from kapnb.training.saving import save
from kapnb.training.session import Training, read
from kapnb.training.sets import load_set, save_set
from kapnb.ui import training_visit as trainee
from kapnb.ui.choices import Choices, describe_form, describe_state
from kapnb.ui.keeper import Keeper
from kapnb.ui.session import Notice, Session
from kapnb.ui.sheet import MOST_BYTES, Message, Sheet
from kapnb.ui.training_back import write_back
from kapnb.ui.training_choice import write_foot, write_head
from kapnb.ui.training_judgment import NONE, write_fields_head, write_judgment
from kapnb.ui.training_reveal import write_difference, write_rest
from kapnb.ui.training_story import write_story
from kapnb.ui.training_visit import Ask, Order, Part, Place, UnreadableError, Visit, Wish
from kapnb.ui.trouble import note_trouble
from kapnb.ui.view import look

SHEETS: Final = ("head", "story", "fields", "judgment", "rest", "foot")
EMPTY: Final = join(())

TYPES: Final = {
    "csv": "text/csv",
    "json": "application/json",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""What can be taken along, by the end of the file's name."""

Step = Callable[[Visit, Message], Visit]


def _draft(step: Callable[[Training, str | None], Training]) -> Step:
    """A step of the item on view, told by a value; the empty value takes it back."""
    return lambda visit, said: trainee.move(visit, step(_agree(visit, said), said.get("value") or None))


def _agree(visit: Visit, said: Message) -> Training:
    """The training, where a message is about the item on view. One that comes late may be about another."""
    training = visit.under_way
    if said.get("about") not in (None, training.now.item.id):
        raise trainee.refuse("other_case")
    return training


def _choose_finding(training: Training, value: str | None) -> Training:
    return session.choose_finding(training, "" if value == NONE else value)


def _record(visit: Visit, said: Message) -> Visit:
    return trainee.move(visit, session.record(_agree(visit, said), said["field"], said["option"]))


def _clear(visit: Visit, said: Message) -> Visit:
    training = _agree(visit, said)
    for field in next(one for one in load_fields().sections if one.name == said["section"]).fields:
        training = session.record(training, field.name, None)
    return trainee.move(visit, training)


def _mark(visit: Visit, said: Message) -> Visit:
    start, _, end = said["name"].partition("-")
    step = session.mark if said.get("value", True) is True else session.unmark
    return trainee.move(visit, step(visit.under_way, _count(start), _count(end)))


def _unmark(visit: Visit, _: Message) -> Visit:
    training = visit.under_way
    return trainee.move(visit, session.unmark(training, 0, training.now.item.characters))


def _count(text: str) -> int:
    """A number as a script of ours writes it; -1, which is nowhere, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


_STEPS: Final[Mapping[str, Step]] = {
    "restore": lambda visit, said: trainee.restore(visit, said.get("text")),
    # a set
    "source": lambda visit, said: trainee.wish(visit, own=said["value"] == "own"),
    "minutes": lambda visit, said: trainee.wish(visit, minutes=_count(said["value"]) if said["value"] != "all" else None),
    "topic": lambda visit, said: trainee.wish_topic(visit, said["name"], on=said["value"] is True),
    "twins": lambda visit, said: trainee.wish(visit, twins=said["value"] is True),
    "skip": lambda visit, said: trainee.wish(visit, skip=said["value"] is True),
    "order": lambda visit, said: trainee.wish(visit, order=Order(said["value"])),
    "picking": lambda visit, said: trainee.wish(visit, picked=() if said["value"] is True else None),
    "pick": lambda visit, said: trainee.pick(visit, said["name"], on=said["value"] is True),
    "title": lambda visit, said: trainee.wish(visit, title=str(said["value"])),
    "set_note": lambda visit, said: trainee.wish(visit, note=str(said["value"])),
    "again": lambda visit, _: trainee.wish(visit, seed=visit.wish.seed + 1),
    "begin": lambda visit, _: trainee.begin(visit),
    # the item on view
    "enter": lambda visit, _: trainee.enter(visit),
    "marking": lambda visit, _: replace(visit, marking=not visit.marking),
    "mark": _mark,
    "unmark": _unmark,
    "recording": lambda visit, _: replace(visit, recording=not visit.recording),
    "record": _record,
    "clear": _clear,
    "outcome": _draft(session.choose_outcome),
    "confidence": _draft(session.choose_confidence),
    "finding": _draft(_choose_finding),
    "commit": lambda visit, _: trainee.ask_to_commit(visit),
    "commit_sure": lambda visit, _: trainee.commit(visit),
    "reveal": lambda visit, _: trainee.uncover(visit),
    "lean": lambda visit, said: trainee.lean(visit, said["value"]),
    "respond": lambda visit, said: trainee.respond(visit, _count(said["name"])),
    "note": lambda visit, said: replace(visit, note=str(said["value"])),
    "annotate": lambda visit, _: trainee.annotate(visit),
    # from item to item
    "next": lambda visit, _: trainee.go_on(visit),
    "go": lambda visit, said: trainee.go_to(visit, said["value"]),
    "practice": lambda visit, _: trainee.turn_to(visit, Part.PRACTICE),
    "back": lambda visit, _: trainee.turn_to(visit, Part.BACK),
    # the training as a whole
    "unask": lambda visit, _: replace(visit, asking=Ask.NOTHING),
    "ask_anew": lambda visit, _: replace(visit, asking=Ask.ANEW),
    "ask_export": lambda visit, _: replace(visit, asking=Ask.EXPORT),
    "ask_sheet": lambda visit, _: replace(trainee.tell_nothing(visit), asking=Ask.SHEET),
    "anew": lambda visit, _: trainee.start_anew(visit),
    "label": lambda visit, said: replace(visit, label=str(said["value"])),
}
"""What the browser can ask for and the state alone answers."""

_PLACES: Final = {
    **dict.fromkeys(("outcome", "confidence", "finding", "commit", "commit_sure", "reveal"), Place.JUDGMENT),
    **dict.fromkeys(("lean", "respond"), Place.FOLLOW_UP),
    **dict.fromkeys(("note", "annotate"), Place.NOTE),
    **dict.fromkeys(("label", "export"), Place.EXPORT),
}
"""Where it is said that something cannot be done."""


class TrainingPage:
    """Holds the visit; a message of the browser leads to the next one, and the widgets show it."""

    def __init__(self) -> None:
        self.visit = Visit(wish=Wish(seed=randrange(2**31)))  # noqa: S311  # an order to practice in, no secret
        self.tasks: set[asyncio.Task[None]] = set()
        self.sheets = {name: Sheet(html, partial(self.act, name)) for name, html in self._draw(self.visit).items()}
        self.form = Choices(describe_form(load_fields().sections), self._describe_form(self.visit, 0), partial(self.act, "form"))
        self.keeper = Keeper(partial(self.act, "keeper"))
        self.page = self._lay_out()
        self._arrange(self.visit)

    def act(self, sheet: str, message: Message) -> None:
        """Do what a message asks for. What cannot be done leaves everything as it was, and is told."""
        before = self.visit
        try:
            after, said = self._do(replace(before, notice=None), message)
            drawn = self._draw(after)
        except TrainingError as failure:
            after, said = self._refuse(before, message, failure)
            drawn = self._draw(after)
        except Exception:  # noqa: BLE001  # whatever it is, it is told and noted
            self._tell_trouble(sheet, message.get("seq"))
            return
        self._show(after, drawn, said, sheet, message.get("seq"))

    def _do(self, visit: Visit, message: Message) -> tuple[Visit, str]:
        """The visit after a message, and what is spoken of it."""
        action = message["action"]
        if action == "confirm":
            return replace(visit, invented=message["value"] is True, notice=self.visit.notice), ""
        if not visit.invented and action not in {"restore", "skip"}:
            raise ValueError("nothing is shown before the gate")
        if visit.waiting and (action == "begin" or (action, message.get("name")) == ("file", "load")):
            self.keeper.refuse()  # what waits for its cases makes room, and is not lost
        if action in _STEPS:
            after = _STEPS[action](visit, message)
            return replace(after, place=Place.HEAD), after.notice.text if after.notice else _speak(visit, after, action)
        name = message.get("name", "")
        hand_out = {"save": self._save, "share": self._share, "export": self._export, "sheet": self._write_sheet}
        if action in hand_out:
            return hand_out[action](visit, name)
        if action == "file":
            return self._take(visit, name, message), ""
        raise ValueError(f"the page does not know {action}")

    def _refuse(self, visit: Visit, message: Message, failure: TrainingError) -> tuple[Visit, str]:
        """Nothing has changed but the notice."""
        action = message["action"]
        unreadable = isinstance(failure, UnreadableError)
        key = "kept_unreadable" if unreadable else "file_refused" if action == "file" else "refused"
        notice = Notice(words(f"training_page.{key}"), tuple(_tell(visit, one) for one in failure.problems), problem=True)
        place = _PLACES.get(action, Place.HEAD) if visit.part is Part.PRACTICE and not _elsewhere(visit, action) else Place.HEAD
        asking = Ask.NOTHING if visit.asking is Ask.COMMIT and not action.startswith("commit") else visit.asking
        if unreadable:
            self.keeper.refuse()
        return replace(visit, notice=notice, place=place, asking=asking, busy=False), " ".join((notice.text, *notice.lines))

    # what is shown

    def _lay_out(self) -> Box:
        """Story on the left, judgment on the right, and the rest below."""
        for name, sheet in self.sheets.items():
            sheet.add_class(f"kapnb-{name}")
        left, right = Box([self.sheets["story"]]), Box([self.sheets["fields"], self.form, self.sheets["judgment"]])
        desk = Box([left.add_class("kapnb-left"), right.add_class("kapnb-right")]).add_class("kapnb-desk")
        return Box([self.sheets["head"], desk, self.sheets["rest"], self.sheets["foot"], self.keeper])

    def _draw(self, visit: Visit) -> dict[str, Html]:
        """Every sheet. Nothing of an answer is in them before its commitment."""
        drawn = dict.fromkeys(SHEETS, EMPTY)
        drawn["head"], drawn["foot"] = write_head(visit), write_foot(visit)
        if not visit.invented or visit.training is None:
            return drawn
        if visit.part is Part.BACK:
            return drawn | {"rest": write_back(visit)}
        if visit.part is Part.PRACTICE:
            drawn["story"] = write_story(visit)
            if not visit.hushed:
                drawn |= self._draw_judgment(visit)
        return drawn

    def _draw_judgment(self, visit: Visit) -> dict[str, Html]:
        attempt = visit.under_way.now
        if attempt.revealed:
            _, shown = reveal(visit.under_way, visit.library, visit.panel)
            story = read(visit.under_way, visit.library).story
            return {"judgment": write_difference(shown), "rest": write_rest(visit, shown, story)}
        if attempt.open:
            count = look(Session(Case(dict(attempt.draft.fields)))).progress
            return {"fields": write_fields_head(visit, count), "judgment": write_judgment(visit)}
        return {"judgment": write_judgment(visit)}

    def _describe_form(self, visit: Visit, seq: int) -> dict[str, Any]:
        answers = dict(visit.training.now.draft.fields) if visit.training else {}
        one = Session(Case(answers))
        about = visit.training.now.item.id if visit.training and visit.training.now.open else None
        return describe_state(one, look(one), seq) | {"about": about}

    def _show(self, visit: Visit, drawn: Mapping[str, Html], said: str, acting: str, seq: int | None) -> None:
        before, self.visit = self.visit, visit
        for name, html in drawn.items():
            sheet = self.sheets[name]
            if name == acting:
                sheet.update(html, said, seq)
            elif sheet.state["html"] != html:
                sheet.update(html)
        if acting in {"form", "keeper"}:
            self.sheets["head"].update(drawn["head"], said)
        form = self._describe_form(visit, seq if acting == "form" and seq is not None else self.form.state["seq"])
        if form != self.form.state:
            self.form.state = form
        self._arrange(visit)
        self.keeper.keep(_kept(visit), focus=_lead(before, visit))

    def _arrange(self, visit: Visit) -> None:
        """What stands where, by classes of the page."""
        now = visit.training.now if visit.training and visit.invented and visit.part is Part.PRACTICE else None
        stage = "at-choice" if now is None else "at-open" if now.open else "at-revealed" if now.revealed else "at-committed"
        if now and visit.hushed:
            stage = "at-door"
        self._set_class(self.page, {stage, *(["recording"] if now and now.open and visit.recording else [])})

    def _set_class(self, box: Box, wanted: Iterable[str]) -> None:
        classes = ("kapnb", "kapnb-page", "kapnb-training", *sorted(wanted))
        if tuple(box._dom_classes) != classes:  # noqa: SLF001  # several in one step; add_class takes one at a time
            box._dom_classes = classes  # noqa: SLF001

    def _tell_trouble(self, sheet: str, seq: int | None = None) -> None:
        number = note_trouble("training")
        said = words("training_page.trouble"), words("page.trouble_number", number=number)
        notice = Notice(said[0], said[1:], problem=True)
        visit = replace(self.visit, notice=notice, place=Place.HEAD, busy=False)
        try:
            self._show(visit, self._draw(visit), " ".join(said), sheet, seq)
        except Exception:  # noqa: BLE001  # the visit itself cannot be drawn; what stands there stays
            note_trouble("training")
            told = element("div", *(element("p", line) for line in said), class_="trouble")
            self.sheets["head"].update(join((told, Html(self.sheets["head"].state["html"]))), " ".join(said))

    # what is brought

    def _take(self, visit: Visit, name: str, message: Message) -> Visit:
        data = bytes(message["buffers"][0]) if message.get("buffers") else None
        size = message.get("value")
        if data is None or len(data) > MOST_BYTES:
            large = not isinstance(size, int) or size > MOST_BYTES
            raise trainee.refuse("too_large" if large else "unreadable", size=MOST_BYTES // 1024**2)
        if name == "load":
            return trainee.load_file(visit, data)
        if name == "set":
            shared, messages = load_set(data)
            after = trainee.bring_cases(visit, shared.cases, shared)
            return replace(after, notice=after.notice or Notice(words("training_page.set_there"), messages), place=Place.HEAD)
        if name not in _READERS:
            raise ValueError(f"there is no file {name}")
        self._start(self._follow(name, data))
        return replace(visit, busy=True)

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _follow(self, name: str, data: bytes) -> None:
        """Read a table away from the thread that answers the page."""
        try:
            brought = await to_thread(_READERS[name], data)
            before = replace(self.visit, notice=None, busy=False, place=Place.HEAD)
            visit = trainee.bring_cases(before, brought) if name == "cases" else replace(before, **{name: brought})
            told = Notice(words(f"training_page.{name}_there", count=len(brought)))
            visit = replace(visit, notice=visit.notice or told)
            self._show(visit, self._draw(visit), visit.notice.text if visit.notice else "", "head", None)
        except TrainingError as failure:
            visit, said = self._refuse(self.visit, {"action": "file"}, failure)
            self._show(visit, self._draw(visit), said, "head", None)
        except Exception:  # noqa: BLE001  # as in act
            self._tell_trouble("head")

    # what is taken along

    def _hand_out(self, visit: Visit, sheet: str, name: str, data: bytes, *, place: Place = Place.HEAD) -> tuple[Visit, str]:
        self.sheets[sheet].send({"download": name, "type": TYPES[name.rpartition(".")[2]]}, buffers=[data])
        said = words("training_page.downloaded", name=name)
        return replace(visit, notice=Notice(said), place=place, asking=Ask.NOTHING if place is Place.HEAD else visit.asking), said

    def _save(self, visit: Visit, _: str) -> tuple[Visit, str]:
        return self._hand_out(visit, "foot", words("training_page.save_file"), save(visit.under_way).encode())

    def _share(self, visit: Visit, _: str) -> tuple[Visit, str]:
        text = save_set(trainee.prepare(visit))
        return self._hand_out(visit, "head", words("training_page.share_file"), text.encode())

    def _export(self, visit: Visit, table: str) -> tuple[Visit, str]:
        make, kind = {
            "judgments": (export.export_judgments, export.JUDGMENTS),
            "responses": (export.export_responses, export.RESPONSES),
        }[table]
        rows = make(visit.under_way, visit.label)
        if not rows:
            raise trainee.refuse(f"no_{table}")
        data = export.as_csv(rows, kind)
        return self._hand_out(visit, "foot", words(f"training_page.{table}_file"), data, place=Place.EXPORT)

    def _write_sheet(self, visit: Visit, kind: str) -> tuple[Visit, str]:
        """The facilitator's sheet, which tells every answer: never while stories wait to be judged, and never at one word."""
        from kapnb.report import write_docx, write_html  # when one is wanted
        from kapnb.report.facilitation import note_of_set

        if trainee.tell_nothing(visit).asking is not Ask.SHEET:
            raise trainee.refuse("ask_first")
        selection = trainee.prepare(visit)
        if kind == "cases":
            rows = export.export_cases(visit.library[name] for name in selection.items)
            return self._hand_out(visit, "head", words("training_page.cases_file"), export.as_csv(rows, export.CASES))
        note = note_of_set(selection)
        data = write_html(note).encode() if kind == "html" else write_docx(note)
        return self._hand_out(visit, "head", f"{words('training_page.sheet_file')}.{kind}", data)

    def show(self) -> Widget:
        return self.page


def _tell(visit: Visit, problem: Problem) -> str:
    """A problem as a sentence; the case on view needs no id."""
    here = visit.training.now.item.id if visit.training else ""
    where = words("training_page.this_case") if here and problem.where == here else problem.where
    text = str(replace(problem, where=where))
    return text[:1].upper() + text[1:]


def _elsewhere(visit: Visit, action: str) -> bool:
    """Whether what an action is about is not on view."""
    if visit.training is None or visit.hushed:
        return True
    revealed = visit.training.now.revealed
    place = _PLACES.get(action)
    return (place is Place.JUDGMENT and revealed) or (place in {Place.FOLLOW_UP, Place.NOTE} and not revealed)


def _speak(before: Visit, after: Visit, action: str) -> str:
    """What is spoken of a step where nothing else tells it."""
    if action in {"commit", "commit_sure", "reveal", "respond", "annotate"}:
        return words(f"training_page.spoken_{action}")
    if after.part is Part.CHOOSE and not after.training:
        selection = trainee.propose(after)
        return words("training_page.spoken_proposal", count=len(selection.items))
    if before.training and after.training and before.training.position != after.training.position:
        return words("training_page.spoken_item", place=after.training.position + 1)
    return ""


def _kept(visit: Visit) -> str | None:
    """What the browser keeps; None to leave there what is there."""
    if visit.waiting:
        return None
    return save(visit.training) if visit.training else ""


def _lead(before: Visit, after: Visit) -> str:
    """Where the focus goes when what had it has made room for something else."""
    if after.notice and after.notice.problem and after.place is Place.HEAD and after.notice is not before.notice:
        return "training-notice"
    if after.part is not before.part or (before.training is None) is not (after.training is None):
        place = {Part.CHOOSE: "training-choose", Part.PRACTICE: "training-story", Part.BACK: "training-back"}
        return place[after.part] if after.invented else ""
    if before.training and after.training:
        old, new = before.training.now, after.training.now
        if old.item != new.item or before.hushed is not after.hushed:
            return "training-story"
        if old.stage is not new.stage and old.open:
            return "training-committed"
        if new.revealed and not old.revealed:
            return "training-revealed"
    return ""


# What needs pandas is imported when a table is at hand.


def read_cases_file(data: bytes) -> tuple[Case, ...]:
    """The cases of a case table.

    Raises:
        TrainingError: with what is wrong with it.
    """
    from kapnb.tables.checking import read_cases

    return tuple(make_material(_list_rows(read_cases, data, MOST_CASES), (), load_guidance().bind()).cases.values())


def read_judgments_file(data: bytes) -> tuple[Judgment, ...]:
    """The judgments of a judgments table; errors as above."""
    from kapnb.tables.checking import read_judgments

    return make_material((), _list_rows(read_judgments, data, MOST_JUDGMENTS), load_guidance().bind()).everything


def read_responses_file(data: bytes) -> tuple[GroupResponse, ...]:
    """The responses of a responses table; errors as above."""
    from kapnb.tables.checking import read_responses

    return tuple(map(read_group_response, _list_rows(read_responses, data, MOST_JUDGMENTS)))


_READERS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "cases": read_cases_file,
    "panel": read_judgments_file,
    "group": read_responses_file,
}
"""The tables that can be brought."""


def _list_rows(read_frame: Callable[..., Any], data: bytes, most_rows: int) -> list[dict[str, str]]:
    from kapnb.tables.listing import list_rows
    from kapnb.tables.problems import SHOWN, CaseTableError

    try:
        return list(list_rows(read_frame(data, most_rows=most_rows)))
    except CaseTableError as failure:
        told = (Problem(one.where, one.problem, one.allowed, one.remedy) for one in failure.listed[:SHOWN])
        raise TrainingError(told) from None


def show_page() -> Widget:
    """The training page, ready to be shown in a notebook."""
    return TrainingPage().show()
