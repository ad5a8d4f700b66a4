"""What a reader may want to know, or to leave out, before a story is read: by its content notes and by its recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kapnb.training.library import Vignette

SUICIDAL: Final = frozenset(("suicidal_ideation", "suicide_attempts"))
"""The content notes that stand for suicidal ideation: whoever skips one of them skips both."""

_TOUCHED: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "suicidal_ideation": {
        "suicidal_ideation": frozenset(("passive", "active")),
        "suicidal_communication": frozenset(("repeated",)),
    },
    "suicide_attempts": {"suicide_attempts": frozenset(("single", "repeated_past", "repeated_current"))},
    "self_injury": {"self_injury_or_recklessness": frozenset(("past", "current"))},
    "psychosis": {"psychotic_disorder": frozenset(("schizophrenia", "other_primary", "secondary_or_unclear"))},
    "substance_use": {"substance_use_disorder": frozenset(("active", "in_recovery"))},
    "trauma": {"developmental_trauma": frozenset(("yes",))},
}
"""For each content note the answers that bring it up."""


def touches(vignette: Vignette) -> frozenset[str]:
    """What a vignette speaks of, at any point: in its story, its answers, or a follow-up.

    Notes and answers are both asked, since a case of one's own has no notes, and a note may tell what is not recorded.
    """
    told = [vignette.answers, *(one.changes for one in vignette.follow_ups)]
    return frozenset(vignette.content).union(*map(_touched_by, told))


def involves(vignette: Vignette, library: Mapping[str, Vignette]) -> frozenset[str]:
    """What is spoken of wherever an item is shown: its twin stands beside it in the end."""
    twin = library.get(vignette.twin)
    return touches(vignette) | (touches(twin) if twin else frozenset())


def notes(vignette: Vignette) -> tuple[str, ...]:
    """What is said before the story is read: its content notes, and what its answers tell of suicide.

    Other answers raise no note: what they tell is for the reader to find.
    """
    suicidal = (_touched_by(vignette.answers) & SUICIDAL).difference(vignette.content)
    return (*vignette.content, *sorted(suicidal))


def _touched_by(answers: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        note for note, loud in _TOUCHED.items() if any(answers.get(field) in options for field, options in loud.items())
    )
