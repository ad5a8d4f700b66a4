"""The form: questions with native radio buttons, drawn by ``static/choices.js``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict

from kapnb.engine.fields import Field, Section
from kapnb.engine.ledger import Reading
from kapnb.limits import CASE_FILE
from kapnb.paths import style
from kapnb.text.cases import Case
from kapnb.text.words import words
from kapnb.ui.session import Notice, Session, as_record
from kapnb.ui.skin import Message, Skin, read_script
from kapnb.ui.view import View

STYLE = style()

_WORDS = (  # noqa: SIM905  # one name a line would hide the rest of the module
    "aside aside_forget aside_save case clear close default dismiss examples examples_lead examples_title forget "
    "instruments kept load new_case next_unanswered no_storage not_recorded note readings readings_lead readings_reset save "
    "saved take_back too_large tools undo unreadable whatif whatif_back whatif_keep whatif_mode whatif_saved whatif_was"
).split()


class Choices(Skin):
    """A form over any sections of the dictionary. It shows ``state`` and says what its reader does; it decides nothing.

    Attributes:
        form: what never changes: sections with their questions, words, and the examples where the tools of a case are wanted.
        state: what does; see :func:`describe_state`.
    """

    _esm: ClassVar[str] = read_script("line.js", "aside.js", "choices.js")
    _css: ClassVar[Path | str] = STYLE
    form = Dict().tag(sync=True)
    state = Dict().tag(sync=True)

    def __init__(self, form: Mapping[str, Any], state: Mapping[str, Any], act: Callable[[Message], None]) -> None:
        super().__init__(act, form=dict(form), state=dict(state))


def describe_form(
    sections: Iterable[Section], examples: Mapping[str, Case] | None = None, readings: Iterable[Reading] = ()
) -> dict[str, Any]:
    """What a form never changes.

    Args:
        sections: of the dictionary, with their questions.
        examples: with them the form has the tools of a case: load, save, undo, what if, and the browser's storage.
        readings: of the source, to be switched below the questions.
    """
    shelf = examples and [{"name": name, "title": case.title, "note": case.note} for name, case in examples.items()]
    return {
        "words": {name: words(f"page.{name}") for name in _WORDS} | {"unkept": say_unkept()},
        "sections": [
            {"name": section.name, "label": section.label, "fields": [_describe_field(one) for one in section.fields]}
            for section in sections
        ],
        "examples": shelf,
        "readings": [_describe_reading(one) for one in readings],
        "limit": CASE_FILE,
    }


def say_unkept() -> dict[str, str]:
    """What the banner of the page says where the browser keeps nothing."""
    kept = words("shell.unkept")
    return {"ended": words("shell.ended", kept=kept), "silent": words("shell.silent", kept=kept)}


def describe_state(session: Session, view: View, seq: int) -> dict[str, Any]:
    """What a form shows. ``seq`` numbers the last action of the browser that is in it."""
    return {
        "seq": seq,
        "case": as_record(session.case),
        "recorded": session.whatif and as_record(session.whatif),
        "whatif": view.whatif,
        "readings": view.changed,
        "shown": view.shown,
        "counts": dict(view.counts),
        "answered": view.answered,
        "asked": len(view.shown),
        "progress": view.progress,
        "undo": bool(session.past),
        "invented": session.invented,
        "fresh": session.fresh,
        "notice": session.notice and describe_notice(session.notice),
    }


def describe_notice(notice: Notice) -> dict[str, Any]:
    return {"text": notice.text, "lines": notice.lines, "problem": notice.problem, "undo": notice.undo}


def _describe_field(one: Field) -> dict[str, Any]:
    return {
        "name": one.name,
        "question": one.question,
        "help": one.help,
        "instruments": one.instruments,
        "options": [{"name": option.name, "label": option.label, "help": option.help} for option in one.options],
        "child": not one.always,
    }


def _describe_reading(one: Reading) -> dict[str, Any]:
    return {
        "name": one.name,
        "question": one.question,
        "help": one.why,
        "instruments": (),
        "options": [{"name": choice.name, "label": choice.label, "help": choice.text} for choice in one.choices],
        "default": one.default,
    }
