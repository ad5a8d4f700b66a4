"""The page for reviewers: claims and rules, how many cases there are, a map of outcomes, and what is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.proof import Result, prove
from kapnb.text.html import Html
from kapnb.ui.outcome_map import Choice, choose, write_map
from kapnb.ui.page import Page, Say, Task
from kapnb.ui.rules_view import describe_checks, write_checks, write_counts, write_helplines, write_reviews, write_rules
from kapnb.ui.widget import Event


@dataclass(frozen=True, slots=True)
class State:
    """What the map shows, whether the checks are under way, and what they found."""

    choice: Choice = field(default_factory=Choice)
    checking: bool = False
    results: tuple[Result, ...] = ()


class ReviewersPage(Page):
    """The page of one edition."""

    name: ClassVar[str] = "reviewers"

    def __init__(self, edition: Edition | None = None) -> None:
        self.edition = edition or served_edition()
        super().__init__(State())

    def update(self, state: State, event: Event) -> Any:
        match event:
            case Event("axis" | "others"):
                return replace(state, choice=choose(state.choice, event, self.edition.fields))
            case Event("check") if state.checking:
                return state
            case Event("check"):
                return replace(state, checking=True), Task("checks", lambda _tell: tuple(prove(self.edition)))
            case Event("done:checks", value=tuple(results)):
                return replace(state, checking=False, results=results), Say(describe_checks(results))
        raise ValueError(f"the page does not know {event.action}")

    def task_failed(self, state: State, name: str) -> State:  # noqa: ARG002
        return replace(state, checking=False)

    def view(self, state: State) -> Mapping[str, Html]:
        return {
            "reviews": write_reviews(self.edition.guidance),
            "rules": write_rules(self.edition.guidance),
            "counts": write_counts(self.edition),
            "map": write_map(self.edition, state.choice),
            "checks": write_checks(self.edition, state.results, checking=state.checking),
            "lines": write_helplines(),
        }


def show_page() -> ReviewersPage:
    """The page for reviewers, ready to be shown in a notebook."""
    return ReviewersPage()
