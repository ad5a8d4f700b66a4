"""The assessment page: one session, two widgets over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ipywidgets import Box, Widget

from kapnb import assess, explain, fields, load_guidance
from kapnb.text.words import words
from kapnb.ui import session as visit
from kapnb.ui.choices import Choices, describe_form, describe_notice, describe_state
from kapnb.ui.panel import Panel, describe_panel
from kapnb.ui.session import Notice, Session
from kapnb.ui.skin import Message
from kapnb.ui.trouble import note_trouble
from kapnb.ui.view import look


def _warm(session: Session, said: Message) -> Session:
    """Build, while the reader reads, what the first explanation needs, or the first one under another choice of a reading."""
    chosen = {said["reading"]: said["choice"]} if "reading" in said else {}
    explain(assess(session.case.answers, {**session.case.readings, **chosen}))
    return session


_ACTIONS: Final[Mapping[str, Callable[[Session, Message], Session]]] = {
    "record": lambda session, said: visit.record(session, said["field"], said["option"]),
    "clear": lambda session, said: visit.clear_section(session, said["section"]),
    "choose": lambda session, said: visit.choose(session, said["reading"], said["choice"]),
    "reset": lambda session, _: visit.reset_readings(session),
    "whatif": lambda session, _: visit.suppose(session),
    "keep": lambda session, _: visit.keep_changes(session),
    "back": lambda session, _: visit.go_back(session),
    "new": lambda session, _: visit.new_case(session),
    "forget": lambda session, _: visit.forget(session),
    "example": lambda session, said: visit.load_example(session, said["name"]),
    "load": lambda session, said: visit.load_text(session, said["text"]),
    "restore": lambda session, said: visit.restore(session, said["text"], said.get("recorded")),
    "note": lambda session, _: session,
    "undo": lambda session, _: visit.undo(session),
    "warm": _warm,
    "dismiss": lambda session, _: visit.dismiss(session),
    "confirm": lambda session, _: visit.confirm(session),
}
"""What the browser can ask for."""


class AssessmentPage:
    """Holds the session; a message of the browser leads to the next one, and the widgets show it."""

    def __init__(self) -> None:
        self.session = Session()
        view = look(self.session)
        shelf = {name: visit.read_example(name) for name in visit.list_examples()}
        form = describe_form(fields.sections, shelf, load_guidance().readings.values())
        self.form = Choices(form, describe_state(self.session, view, 0), self.act)
        self.panel = Panel(describe_panel(view), self.act)

    def act(self, message: Message) -> None:
        """Do what a message asks for. Whatever goes wrong leaves the session as it was, and is told with a number."""
        seq = message.get("seq", self.form.state["seq"])
        try:
            session = _ACTIONS[message["action"]](self.session, message)
            view = look(session)
            form, panel = describe_state(session, view, seq), describe_panel(view)
            note = write_note(session) if message["action"] == "note" and session.invented else None
        except Exception:  # noqa: BLE001  # whatever it is, it is told and noted
            lines = (words("page.trouble_number", number=note_trouble("assessment")),)
            notice = Notice(words("page.trouble"), lines, problem=True)
            self.session = replace(self.session, notice=notice)
            self.form.state = {**self.form.state, "seq": seq, "notice": describe_notice(notice)}
            return
        self.session = session
        self.panel.state, self.form.state = panel, form  # the explanation is what the reader waits for
        if note:
            self.form.send({"note": note})

    def show(self) -> Widget:
        columns = Box([self.form, self.panel])
        columns.add_class("kapnb-columns")
        page = Box([columns])
        page.add_class("kapnb").add_class("kapnb-page")
        return page


def write_note(session: Session) -> str:
    """The note of the recorded case, as an HTML file."""
    from kapnb.report import note_of_case, write_html  # most visits end without one

    case = session.whatif or session.case
    return write_html(note_of_case(case, assess(case.answers, case.readings)))


def show_page() -> Widget:
    """The assessment page, ready to be shown in a notebook."""
    return AssessmentPage().show()
