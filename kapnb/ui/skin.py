"""What all widgets of ours have in common: Python holds the state, and the browser says what its reader does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from anywidget import AnyWidget
from traitlets import Int

Message = Mapping[str, Any]
LAST_NUMBER: Final = 2**31 - 1


STATIC: Final = Path(__file__).parent / "static"


def read_script(*names: str) -> str:
    """A script of ours behind those that it builds on; a widget's script is one text."""
    return "\n".join((STATIC / name).read_text("utf-8") for name in names)


class Skin(AnyWidget):
    """Shows what Python gives it, and passes on to ``act`` what the browser says. Nothing else comes in.

    Attributes:
        heard: how many numbered messages were taken. A connection that was cut brings some twice and others late, out of turn; each
            is taken once and in its turn, and the browser says again what was not (``static/line.js``).
    """

    heard = Int(0).tag(sync=True)

    def __init__(self, act: Callable[[Message], None], **shown: Any) -> None:
        super().__init__(**shown)
        self.act = act
        self.on_msg(lambda _widget, said, buffers: self._hear(said, buffers) if is_message(said) else None)

    def _hear(self, said: Message, buffers: list[Any]) -> None:
        turn = said.get("turn", 0)
        if turn not in {0, self.heard + 1}:
            return
        self.act({**said, "buffers": buffers})
        self.heard = max(self.heard, turn)  # last, so that the browser has the answer before it puts the message away

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """No script of ours sets what is shown; whoever tries from a browser changes nothing."""


def is_message(said: object) -> bool:
    """Whether a script of ours may have said it: an action by its name and, where it is numbered, a number one can count to."""
    if not isinstance(said, dict) or not isinstance(said.get("action"), str):
        return False
    numbers = (said.get(name, 0) for name in ("seq", "turn"))
    return all(type(one) is int and 0 <= one <= LAST_NUMBER for one in numbers)
