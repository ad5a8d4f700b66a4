"""Stand-ins for vignettes, and a trainee who goes through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kapnb.text.blocks import Block, Line
from kapnb.text.cases import Case
from kapnb.training.library import FollowUp, Interview, Library, Vignette
from kapnb.training.reveal import Reveal
from kapnb.training.session import Training, choose, commit, explain_why, record
from kapnb.training.sets import as_vignette
from tests import oracle
from tests.bundled import EDITION

FIELDS = EDITION.fields

QUIET: dict[str, str] = {name: answer for name, answer in oracle.QUIET.items() if oracle.asked(name, oracle.QUIET)}
ATTEMPT = QUIET | {"suicide_attempts": "single", "last_attempt": "over_a_year_ago", "structured_therapy": "not_started"}
PATTERN = ATTEMPT | {"suicide_attempts": "repeated_current"}
WISH = QUIET | {"suicidal_ideation": "passive", "ideation_onset": "newer", "likelihood_of_acting": "unlikely"}
OPEN = {name: answer for name, answer in QUIET.items() if name != "psychotic_disorder"}


def make(name: str, answers: Mapping[str, str], **changes: Any) -> Vignette:
    """A vignette with an invented story of its own."""
    story = f"Someone keeps bees on hill {name} and asks about KAP.\n\nNobody has asked how the winter was."
    return replace(as_vignette(Case(dict(answers), name, f"Bees on {name}", story, f"What {name} teaches."), EDITION), **changes)


def as_case(vignette: Vignette) -> Case:
    """The case that a vignette was made of."""
    return Case(dict(vignette.answers), vignette.id, vignette.title, vignette.story)


def gather(*vignettes: Vignette) -> Library:
    """A library of these vignettes."""
    return Library(EDITION, {one.id: one for one in vignettes})


ALCOHOL = FollowUp("You then learn that use is active.", {"substance_use_disorder": "active"}, "Order of treatment.")
VOICES = FollowUp("You then learn that voices were never asked about.", {"psychological_assessment": "incomplete"}, "Ask first.")
TIRED = FollowUp("You then learn of a wish not to wake up.", {"suicidal_ideation": "passive"}, "Ask about it.")

TALK = Interview(
    "They keep bees and ask about KAP.",
    {
        "psychotic_disorder": "“No voices, no.”",
        "suicide_attempts": "“Once. Years ago.”",
        "last_attempt": "“Seven years in May.”",
        "ocd": "“I count hives, like anyone.”",
        "abandonment_fear": "“I would have to think.”",
    },
)
"""An interview about a single attempt; about one question the person does not know."""
HEARD = {"psychotic_disorder": "none", "suicide_attempts": "single", "last_attempt": "over_a_year_ago", "ocd": "no"}
ASKED = make("A7", HEARD, interview=TALK, omits=("abandonment_fear",))

LIBRARY = gather(
    make("A1", QUIET, follow_ups=(ALCOHOL, VOICES)),
    make("A2", ATTEMPT, twin="A3", content=("suicide_attempts",)),
    make("A3", PATTERN, twin="A2", content=("suicide_attempts",)),
    make("A4", WISH, content=("suicidal_ideation",)),
    make("A5", OPEN, follow_ups=(TIRED,)),
    make("A6", QUIET | {"ocd": "yes", "ocd_preparation": "thorough"}),
    ASKED,
)


def change(*vignettes: Vignette, without: tuple[str, ...] = ()) -> Library:
    """The library with other vignettes under some ids, or without some."""
    changed = {**LIBRARY, **{one.id: one for one in vignettes}}
    return gather(*(one for name, one in changed.items() if name not in without))


def judge(
    training: Training, outcome: str = "clarify_first", finding: str = "", own: Mapping[str, str] | None = None, sure: str = "high"
) -> Training:
    """Commit the item on view."""
    for field, option in (own or {}).items():
        training = record(training, field, option)
    for part, value in (("outcome", outcome), ("confidence", sure), ("finding", finding)):
        training = choose(training, part, value)
    return commit(explain_why(training, "The winter."))


def list_blocks(shown: Reveal) -> list[Block]:
    """Everything that a reveal says, in the order in which it is read."""
    twin = [shown.twin.support, shown.twin.block] if shown.twin else []
    verdict = Block("verdict", shown.verdict.text, ())
    debrief = Block("debrief", "", tuple(map(Line, shown.debrief)))
    every = (verdict, shown.difference, *shown.source.whole, *twin, debrief, shown.prompts)
    return [block for block in every if block]
