"""The guidance page: the ledger, its readings, the atlas of the case space, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from kapnb.engine.edition import Edition, served_edition
from kapnb.text.html import Html
from kapnb.ui.assessment_state import read_examples
from kapnb.ui.atlas_view import Choice, choose, count_words, write_atlas
from kapnb.ui.ledger_view import EVERY, count_reach, filter_words, write_ledger, write_source
from kapnb.ui.page import Page, Say, Task
from kapnb.ui.proof_view import Report, Work, check_all, check_readings, report_words, write_proof
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
        self.reach = count_reach(self.guidance, read_examples(self.edition).values())
        self._written: dict[str, tuple[object, Html]] = {}
        super().__init__(State())

    def update(self, state: State, event: Event) -> Any:
        match event:
            case Event("basis", value=str(basis)):
                return replace(state, basis=basis), Say(filter_words(self.guidance, basis))
            case Event("axis" | "fix" | "quiet" | "free"):
                choice = choose(state.choice, event.action, event.name, event.value, self.edition.fields)
                return replace(state, choice=choice), Say(count_words(self.edition, choice))
            case Event("prove" | "prove_readings"):
                readings, report = event.action == "prove_readings", state.report
                work = check_readings(self.guidance, report) if readings else check_all(self.edition, report)
                return state if report.work else (state, Task("proof", work))
            case Event("progress:proof" | "done:proof", value=report):
                return replace(state, report=report), Say(report_words(report))
        raise ValueError(f"the page does not know {event.action}")

    def task_failed(self, state: State, name: str) -> State:  # noqa: ARG002
        return replace(state, report=replace(state.report, work=Work.NOTHING))

    def view(self, state: State) -> Mapping[str, Html]:
        writers: dict[str, tuple[object, Callable[[], Html]]] = {
            "source": (None, lambda: write_source(self.guidance)),
            "ledger": (state.basis, lambda: write_ledger(self.guidance, self.reach, state.basis)),
            "readings": (None, lambda: write_readings(self.guidance)),
            "atlas": (state.choice, lambda: write_atlas(self.edition, state.choice)),
            "proof": (state.report, lambda: write_proof(self.edition, state.report)),
        }
        return {name: self._write(name, key, write) for name, (key, write) in writers.items()}

    def _write(self, name: str, key: object, write: Callable[[], Html]) -> Html:
        """A region, written again only when what it shows changed."""
        if name not in self._written or self._written[name][0] != key:
            self._written[name] = key, write()
        return self._written[name][1]


def show_page() -> GuidancePage:
    """The guidance page, ready to be shown in a notebook."""
    return GuidancePage()
