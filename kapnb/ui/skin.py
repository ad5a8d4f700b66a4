"""What all widgets of ours have in common: Python holds the state, and the browser says what its reader does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from anywidget import AnyWidget

Message = Mapping[str, Any]
LAST_NUMBER: Final = 2**31 - 1


class Skin(AnyWidget):
    """Shows what Python gives it, and passes on to ``act`` what the browser says. Nothing else comes in."""

    def __init__(self, act: Callable[[Message], None], **shown: Any) -> None:
        super().__init__(**shown)
        self.on_msg(lambda _widget, said, buffers: act({**said, "buffers": buffers}) if is_message(said) else None)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """No script of ours sets what is shown; whoever tries from a browser changes nothing."""


def is_message(said: object) -> bool:
    """Whether a script of ours may have said it: an action by its name and, where it is numbered, a number one can count to."""
    if not isinstance(said, dict) or not isinstance(said.get("action"), str):
        return False
    seq = said.get("seq", 0)
    return type(seq) is int and 0 <= seq <= LAST_NUMBER
