"""What the training page asks of a browser beyond its sheets: keep, mark what is selected, lead on (``static/keeper.js``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict

from kapnb.text.words import words
from kapnb.ui.choices import STYLE, say_unkept
from kapnb.ui.skin import Message, Skin, read_script


class Keeper(Skin):
    """Shows ``state``.

    Attributes:
        state: ``text``, the saved training that the browser keeps, empty for none and None to leave there what is there;
            ``refused``, whether what it kept cannot be used and is to be set aside; ``focus``, the id of what takes the focus, and
            ``turn``, which counts how often it was given.
    """

    _esm: ClassVar[str] = read_script("line.js", "aside.js", "keeper.js")
    _css: ClassVar[Path | str] = STYLE
    words = Dict().tag(sync=True)
    state = Dict().tag(sync=True)

    def __init__(self, act: Callable[[Message], None]) -> None:
        names = ("aside", "aside_save", "aside_forget", "aside_file", "save_file", "no_storage", "elsewhere", "mark_selected")
        said: dict[str, Any] = {name: words(f"training_page.{name}") for name in names}
        super().__init__(act, words=said | {"unkept": say_unkept()}, state={"text": "", "refused": False, "focus": "", "turn": 0})

    def keep(self, text: str | None, *, focus: str = "") -> None:
        """Keep a text, and lead the focus somewhere."""
        before: dict[str, Any] = self.state
        after = before | {"text": text}
        if focus:
            after |= {"focus": focus, "turn": before["turn"] + 1}
        if after != before:
            self.state = after

    def refuse(self) -> None:
        """Set aside what the browser kept."""
        self.state = self.state | {"refused": True}
