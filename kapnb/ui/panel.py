"""The explanation beside the form, drawn by ``static/panel.js`` from the markup of :mod:`kapnb.ui.markup`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict

from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.choices import STYLE
from kapnb.ui.markup import write_comparison, write_explanation, write_gate
from kapnb.ui.skin import Message, Skin, read_script
from kapnb.ui.view import View


class Panel(Skin):
    """Shows ``state``: the markup; the outcome in one line and by name, empty before the gate; what comes first, if anything."""

    _esm: ClassVar[str] = read_script("line.js", "panel.js")
    _css: ClassVar[Path | str] = STYLE
    words = Dict().tag(sync=True)
    state = Dict().tag(sync=True)

    def __init__(self, state: Mapping[str, Any], act: Callable[[Message], None]) -> None:
        said = {name: words(f"page.{name}") for name in ("behind", "behind_bar", "explanation", "gate_go", "why")}
        super().__init__(act, words=said, state=dict(state))


def describe_panel(view: View) -> dict[str, str]:
    """What the panel shows."""
    first = words("page.support_bar") if any(block.key == "support" for block in view.blocks) else ""
    if view.assessment is None:
        return {"html": write_gate(view.blocks), "outcome": "", "line": words("page.gate_bar"), "first": first}
    line = outcome_words(view.assessment.outcome, view.assessment.reasons)
    if view.recorded:
        html = write_comparison(view.recorded, view.assessment, view.blocks, view.shown)
        line = words("page.whatif_line", outcome=line)
    else:
        html = write_explanation(view.assessment, view.blocks, view.shown)
    return {"html": html, "outcome": str(view.assessment.outcome), "line": line, "first": first}
