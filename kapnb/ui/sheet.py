"""A part of a page that is read more than filled in, drawn by ``static/sheet.js`` from markup that Python wrote and escaped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

from traitlets import Dict

from kapnb.paths import style
from kapnb.text.html import Html
from kapnb.text.words import words
from kapnb.ui.page import say_unkept
from kapnb.ui.skin import Message, Skin, read_script

__all__ = ["MOST_BYTES", "Message", "Sheet", "describe_sheet"]

MOST_BYTES: Final = 5 * 1024 * 1024
"""One message of the browser holds a file, and the server takes 10 MB in a message."""


class Sheet(Skin):
    """Shows ``state``: the markup, what is spoken of it, and the number of the browser's last action that is in it."""

    _esm: ClassVar[str] = read_script("line.js", "aside.js", "sheet.js")
    _css: ClassVar[Path | str] = style()
    words = Dict().tag(sync=True)
    state = Dict().tag(sync=True)

    def __init__(self, html: Html, act: Callable[[Message], None]) -> None:
        said: dict[str, Any] = {name: words(f"page.{name}") for name in ("not_typed", "typed_save", "typed_file")}
        super().__init__(act, words=said | {"unkept": say_unkept()}, state=describe_sheet(html, "", 0))

    def update(self, html: Html, said: str = "", seq: int | None = None) -> None:
        """Show other markup."""
        self.state = describe_sheet(html, said, self.state["seq"] if seq is None else seq)


def describe_sheet(html: Html, said: str, seq: int) -> dict[str, Any]:
    """What a sheet shows."""
    return {"html": str(html), "said": said, "seq": seq}
