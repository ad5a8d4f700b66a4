"""The page for supervisors: choose stories by their first lines, put them in order, hand them out by link or on paper."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import KapnbError
from kapnb.text.html import Html, element, fragment
from kapnb.training import saving
from kapnb.ui import sets_desk as at
from kapnb.ui.controls import Notice
from kapnb.ui.page import MOST_BYTES, NOTICES, Download, Focus, Page, Say, Task
from kapnb.ui.sets_desk import Desk, refuse, say
from kapnb.ui.sets_view import write_set, write_stories
from kapnb.ui.training import read_table
from kapnb.ui.widget import RESTORE, Event, region

STEPS: Final[Mapping[str, Callable[[Desk, Event], Desk]]] = {
    "search": lambda desk, event: replace(desk, search=str(event.value), most=at.STEP),
    "more": lambda desk, _: replace(desk, most=desk.most + at.STEP),
    "narrow": lambda desk, event: at.narrow(desk, event.name, str(event.value)),
    "pick": lambda desk, event: at.pick(desk, event.name),
    "move": lambda desk, event: at.move(desk, event.name, -1 if event.value == "-1" else 1),
    "show": lambda desk, event: at.show(desk, event.name),
    "preset": lambda desk, event: at.start_from(desk, int(event.value)),
    "reading": lambda desk, event: at.read_as(desk, event.name, str(event.value)),
    "title": lambda desk, event: replace(desk, title=str(event.value)),
    "note": lambda desk, event: replace(desk, note=str(event.value)),
}
"""What the state alone answers."""


class SetsPage(Page):
    """The page of one edition, over a :class:`kapnb.ui.sets_desk.Desk`."""

    name: ClassVar[str] = "sets"
    section: ClassVar[str] = "sets_page"
    keeps: ClassVar[bool] = True

    def __init__(self, edition: Edition | None = None) -> None:
        super().__init__(at.arrive(edition or served_edition()))

    def update(self, state: Desk, event: Event) -> Any:
        """The desk after an event, and effects. What cannot be done raises, and changes nothing."""
        action, before = event.action, replace(state, notice=None)
        if action == "confirm":
            return replace(state, invented=event.value is True), Focus("sets-stories")
        if not state.invented:
            raise ValueError("nothing is shown before the gate")
        if action in STEPS:
            after = STEPS[action](before, event)
            return after, *_speak(before, after, event)
        if action in FILES:
            if not state.picked:
                raise refuse("empty")
            if state.trouble:
                raise refuse("note_trouble", trouble=state.trouble)
            name, data = FILES[action](before, event.name)
            told = say("downloaded", name=name)
            return replace(before, notice=Notice(told)), Download(name, data), Say(told)
        if action == "file":
            if not event.files or len(event.files[0]) > MOST_BYTES:
                raise refuse("too_large", size=MOST_BYTES // 1024**2)
            data = event.files[0]
            return replace(before, busy=True), Task("cases", lambda _tell: read_table("cases", data, self.state.edition))
        if action == "done:cases":
            after = at.bring(replace(before, busy=False), event.value)
            told = say("own_there", count=len(after.own))
            return replace(after, notice=Notice(told)), Say(told)
        raise ValueError(f"the page does not know {action}")

    def restored(self, state: Desk, text: str) -> Desk:
        """The desk with the set that the browser kept."""
        return at.restore(state, text)

    def refused(self, state: Desk, event: Event, error: KapnbError) -> Any:
        """Nothing has changed but the notice."""
        title = say("kept_unreadable" if event.action == RESTORE else "refused")
        notice = Notice(title, tuple(map(str, error.problems)), problem=True)
        return replace(state, notice=notice, busy=False), Say(" ".join((notice.text, *notice.lines))), Focus("sets-notice")

    def task_failed(self, state: Desk, name: str) -> Desk:  # noqa: ARG002
        """The table is not read any more."""
        return replace(state, busy=False)

    def saved(self, state: Desk) -> str | None:
        """The set, with its title, its note and cases of one's own."""
        return at.keep(state)

    def frame(self) -> Html:
        """The set comes before the stories, so that it is at hand on a phone."""
        return fragment(region(NOTICES), element("div", region("set"), region("stories"), class_="preparing"))

    def view(self, state: Desk) -> Mapping[str, Html]:
        """The set, and the stories. Outcome and traps are in them only where they are asked for."""
        return {"set": write_set(state), "stories": write_stories(state)}


def _speak(before: Desk, after: Desk, event: Event) -> tuple[Say | Focus, ...]:
    """What is spoken where nothing else tells it."""
    if event.action == "move":
        title, place = after.library[event.name].title, after.picked.index(event.name) + 1
        return (Say(say("moved", title=title, place=place, count=len(after.picked))),)
    if before.picked != after.picked:
        said = Say(say("size", count=len(after.picked), minutes=sum(one.minutes for one in after.vignettes)))
        return (said, Focus("sets-set")) if event.action == "preset" else (said,)
    return ()


# what is taken along: a name and its content


def _name(desk: Desk, kind: str, ending: str) -> str:
    """The name of a file: another set, or the same in another order, has another."""
    mark = hashlib.sha256(".".join((*desk.picked, *desk.edition.changed.values())).encode("utf-8", "replace")).hexdigest()[:6]
    return f"kapnb-{kind}-{mark}.{ending}"


def _print(desk: Desk, name: str) -> tuple[str, str | bytes]:
    from kapnb.report import cards_of_set, handout_of_set, note_of_set, write_docx, write_html  # when one is wanted

    kind, _, ending = name.partition(".")
    make: Any = {"handout": handout_of_set, "sheet": note_of_set, "cards": cards_of_set}
    if kind not in make or ending not in {"html", "docx"}:
        raise ValueError(f"nothing is printed as {name}")
    if kind == "cards" and not any(one.interview for one in desk.vignettes):
        raise refuse("no_interview")
    more = {"note": desk.told} if kind == "handout" else {}
    note = make[kind](desk.title, desk.vignettes, desk.edition, **more)
    return _name(desk, say(f"{kind}_file"), ending), write_html(note) if ending == "html" else write_docx(note)


def _tabulate(desk: Desk, _: str) -> tuple[str, bytes]:
    rows = saving.export_cases(desk.vignettes)
    return _name(desk, say("cases_file"), "csv"), saving.as_csv(rows, "cases", desk.edition.fields)


FILES: Final[Mapping[str, Callable[[Desk, str], tuple[str, str | bytes]]]] = {
    "paper": _print,
    "cases": _tabulate,
    "share": lambda desk, _: (_name(desk, say("share_file"), "json"), at.share(desk)),
}


def show_page() -> SetsPage:
    """The page for supervisors, ready to be shown in a notebook."""
    return SetsPage()
