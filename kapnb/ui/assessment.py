"""The assessment page: an invented case on the left, what its edition says of it on the right."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Final

from traitlets import Dict, observe, validate

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import CaseError, KapnbError, Problem
from kapnb.limits import CASE_FILE
from kapnb.text.cases import as_record
from kapnb.text.explanation import explain
from kapnb.text.html import Html
from kapnb.text.words import words
from kapnb.ui import assessment_state as steps
from kapnb.ui.assessment_state import State
from kapnb.ui.assessment_view import outcome_line, write_frame, write_regions
from kapnb.ui.controls import Notice
from kapnb.ui.explanation import SUPPOSED
from kapnb.ui.page import Download, Focus, Forget, Page
from kapnb.ui.widget import RESTORE, Event

WARM_AFTER: Final = 0.5
"""Seconds from the making of a page to the first explanation that is built in advance: the page is on view by then."""


class AssessmentPage(Page):
    """The page; in a notebook ``page.case`` can be read, set and observed too.

    Attributes:
        case: the answers on view, by field.
    """

    name: ClassVar[str] = "assessment"
    keeps: ClassVar[bool] = True
    older: ClassVar[tuple[str, ...]] = ("kapnb:recorded", "kapnb:case")  # the record before what was supposed in a what-if
    older_aside: ClassVar[str] = "kapnb:aside"
    case = Dict()

    def __init__(self, edition: Edition | None = None) -> None:
        super().__init__(State(edition or served_edition()))
        with suppress(RuntimeError):  # outside of a kernel there is no loop, and nobody waits
            asyncio.get_running_loop().call_later(WARM_AFTER, self._warm)

    def update(self, state: State, event: Event) -> Any:
        return _STEPS[event.action](state, event)

    def view(self, state: State) -> Mapping[str, Html]:
        return write_regions(state, kept=self.storage.kept)

    def frame(self) -> Html:
        return write_frame(self.state.edition)

    def classes(self, state: State) -> str:
        return "kapnb-assessment supposed" if state.recorded else "kapnb-assessment"

    def spoken(self, state: State) -> str:
        return outcome_line(state)

    def saved(self, state: State) -> str:
        return steps.write_kept(state)

    def restored(self, state: State, text: str) -> State:
        return steps.read_kept(state, text)

    def refused(self, state: State, event: Event, error: KapnbError) -> Any:
        said = words("page.problems_kept" if event.action == RESTORE else "page.problems")
        return replace(state, notice=None), *self.tell(said, *map(str, error.problems))

    def _warm(self) -> None:
        """Build, while the reader reads, what the first explanation needs."""
        explain(steps.assess_case(self.state, self.state.case))

    @observe("state")
    def _follow_state(self, _change: Any) -> None:
        self.case = dict(self.state.case.answers)

    @validate("case")
    def _check_case(self, proposal: Any) -> dict[str, str]:
        return dict(self.state.edition.assess(proposal["value"]).answers)

    @observe("case")
    def _follow_case(self, change: Any) -> None:
        if change["new"] != dict(self.state.case.answers):
            self.state = steps.load_answers(self.state, change["new"])


def _load(state: State, event: Event) -> State:
    if event.files:
        return steps.load_file(state, event.files[0])
    large = not isinstance(event.value, int) or event.value > CASE_FILE
    raise CaseError([Problem("", words("page.too_large", limit=CASE_FILE // 1024) if large else words("page.unreadable"))])


def _hand_out(state: State, event: Event) -> Any:
    """The case as a file or a note; of a what-if the recorded case. There is no note before somebody has confirmed the gate."""
    one, ending = state.recorded or state.case, "html" if event.action == "note" else "json"
    if ending == "json":
        text = json.dumps(as_record(one, state.edition), indent=2, ensure_ascii=False) + "\n"
    elif state.invented:
        from kapnb.report import note_of_case, write_html  # most visits end without one

        text = write_html(note_of_case(one, steps.assess_case(state, one)))
    else:
        return state
    slug = re.sub(r"[^a-z0-9]+", "-", (one.title or one.case_id).lower()).strip("-")[:40].strip("-") or "case"
    name = f"kapnb-{slug}.{ending}"
    said = words("page.whatif_saved" if state.recorded else "page.saved", name=name)
    return replace(state, notice=Notice(said)), Download(name, text)


_STEPS: Final[Mapping[str, Callable[[State, Event], Any]]] = {
    "back": lambda state, _: steps.go_back(state),
    "choose": lambda state, event: steps.choose(state, event.name, event.value),
    "confirm": lambda state, event: replace(state, invented=event.value is True),
    "dismiss": lambda state, _: replace(state, notice=None),
    "example": lambda state, event: steps.load_example(state, event.name),
    "forget": lambda state, _: (steps.forget(state), Forget()),
    "keep": lambda state, _: steps.keep_changes(state),
    "load": _load,
    "new": lambda state, _: steps.new_case(state),
    "note": _hand_out,
    "record": lambda state, event: steps.record(state, event.name, event.value or None),
    "reset": lambda state, _: steps.reset_readings(state),
    "save": _hand_out,
    "save_kept": _hand_out,
    "title": lambda state, event: steps.entitle(state, event.value),
    "twin": lambda state, event: (steps.open_twin(state, event.name, event.value), Focus(SUPPOSED)),
    "undo": lambda state, _: steps.undo(state),
    "whatif": lambda state, _: steps.suppose(state),
}
"""What each event does."""


def show_page() -> AssessmentPage:
    """The assessment page, ready to be shown in a notebook."""
    return AssessmentPage()
