"""The facilitator's sheet of a session: each case with its likely traps, prompts and debrief. It is not for trainees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.engine.edition import assess, load_guidance
from kapnb.group.discussion import suggest
from kapnb.report.content import tidy_note
from kapnb.report.note import Note
from kapnb.report.texts import tidy
from kapnb.text.blocks import Block, Line
from kapnb.text.explain import explain, support
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import Library, Vignette
from kapnb.training.sets import Selection

MOST_PROMPTS: Final = 4


def note_of_set(selection: Selection, library: Library) -> Note:
    """The sheet of a selection; vignettes that the library does not have are left out."""
    vignettes = [library[name] for name in selection.items if name in library]
    ledger = load_guidance().ledger
    first = next((block for one in vignettes if (block := support(one.answers))), None)
    *_, edition = explain(assess({}))[0].lines
    minutes = sum(one.minutes for one in vignettes)
    count = Line(words("training.sheet_count", items=len(vignettes), minutes=minutes))
    head = Block("whose", words("report.whose"), (edition, count))
    note = Note(
        kind=words("training.sheet"),
        title=tidy(selection.title) or words("report.untitled_session"),
        head=(*([first] if first else []), head),
        body=tuple(Block(f"case_{number}", _entitle(one), tuple(_tell(one))) for number, one in enumerate(vignettes, 1)),
        foot=(ledger.four["whose"], ledger.four["invented"], words("shell.index_footer")),
    )
    return tidy_note(note)


def _entitle(vignette: Vignette) -> str:
    return words("training.sheet_case", id=vignette.id, title=vignette.title)


def _tell(vignette: Vignette) -> Iterator[Line]:
    assessment = assess(vignette.answers)
    yield from map(Line, vignette.story.split("\n\n"))
    because = tuple(finding.text for finding in assessment.deciding)
    yield Line(words("training.sheet_outcome", outcome=outcome_words(assessment.outcome)), (), because)
    if vignette.tension:
        yield Line(words("training.sheet_tension", text=vignette.tension))
    for trap in vignette.traps:
        yield Line(words("training.sheet_trap", text=words(f"vignettes.trap.{trap}")))
    prompts = [one for one in suggest(vignette.id, assessment) if one.origin != "general"]
    for one in prompts[:MOST_PROMPTS]:
        yield Line(words("training.sheet_prompt", text=one.text))
    if vignette.debrief:
        yield Line(words("training.sheet_debrief", text=vignette.debrief))
