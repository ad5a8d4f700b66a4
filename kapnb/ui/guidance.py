"""The guidance page: the ledger, its readings, the atlas of the case space, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from kapnb.engine.edition import Edition, served_edition
from kapnb.text.html import Html, join
from kapnb.ui.assessment_state import read_examples
from kapnb.ui.atlas_view import Choice, choose, count_words, write_atlas
from kapnb.ui.charts import write_textures
from kapnb.ui.ledger_view import EVERY, filter_words, find_held, write_ledger, write_source
from kapnb.ui.page import Page, Say, Task
from kapnb.ui.proof_view import Report, check_all, check_readings, report_words, write_proof
from kapnb.ui.readings_view import write_readings
from kapnb.ui.widget import Event


@dataclass(frozen=True, slots=True)
class State:
    """What a reader chose to see, and what was checked so far."""

    basis: str = EVERY
    choice: Choice = field(default_factory=Choice)
    report: Report = field(default_factory=Report)


class GuidancePage(Page):
    """The page of one edition."""

    name: ClassVar[str] = "guidance"

    def __init__(self, edition: Edition | None = None) -> None:
        self.edition = edition or served_edition()
        self.guidance = self.edition.guidance
        self.reach = find_held(self.guidance, read_examples(self.edition).values())
        super().__init__(State())

    def frame(self) -> Html:
        return join((write_textures(), super().frame()))

    def update(self, state: State, event: Event) -> Any:
        match event:
            case Event("basis", value=str(basis)):
                return replace(state, basis=basis), Say(filter_words(self.guidance, basis))
            case Event("axis" | "fix" | "quiet" | "free"):
                choice = choose(state.choice, event, self.edition.fields)
                return replace(state, choice=choice), Say(count_words(self.edition, choice))
            case Event("prove" | "prove_readings") if state.report.work:
                return state
            case Event("prove"):
                return state, Task("proof", check_all(self.edition, state.report))
            case Event("prove_readings"):
                return state, Task("proof", check_readings(self.guidance, state.report))
            case Event("progress:proof" | "done:proof", value=report):
                return replace(state, report=report), Say(report_words(report))
        raise ValueError(f"the page does not know {event.action}")

    def task_failed(self, state: State, name: str) -> State:  # noqa: ARG002
        return replace(state, report=replace(state.report, work=""))

    def view(self, state: State) -> Mapping[str, Html]:
        return {
            "source": write_source(self.guidance),
            "ledger": write_ledger(self.guidance, self.reach, state.basis),
            "readings": write_readings(self.guidance),
            "atlas": write_atlas(self.edition, state.choice),
            "proof": write_proof(self.edition, state.report),
        }


def show_page() -> GuidancePage:
    """The guidance page, ready to be shown in a notebook."""
    return GuidancePage()
