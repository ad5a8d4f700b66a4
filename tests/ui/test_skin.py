"""What comes in from the browser: each message once and in its turn, whatever the connection does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from comm.base_comm import BaseComm

from kapnb.text.html import element
from kapnb.ui.sheet import Sheet

if TYPE_CHECKING:
    from kapnb.ui.skin import Message


class Wire(BaseComm):
    """Notes what goes to the browser. Tests that ran before may have brought a way of their own, so this one says what it needs."""

    kernel = object()

    def __init__(self, sent: list[str]) -> None:
        self.sent = sent
        super().__init__(primary=False)

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:  # as in the base class
        self.sent.extend((data or {}).get("state", ()))


def say(sheet: Sheet, turn: object, value: str) -> None:
    sheet._handle_custom_msg({"action": "note", "value": value, "turn": turn}, [])


def test_a_message_is_taken_once_and_in_its_turn() -> None:
    """One that comes twice is taken once; one that overtook others waits until they have been said again."""
    taken: list[Message] = []
    sheet = Sheet(element("p"), taken.append)
    for turn, value in ((1, "a"), (3, "c"), (1, "a"), (2, "b"), (2, "b"), (3, "c"), (4, "d"), (3, "c")):
        say(sheet, turn, value)
    assert [one["value"] for one in taken] == ["a", "b", "c", "d"]
    assert sheet.heard == 4


@pytest.mark.parametrize("turn", [-1, 2**31, 1.0, True, "1", None, [1]])
def test_an_odd_turn_is_dropped(turn: object) -> None:
    """No script of ours says it, so nothing is done."""
    taken: list[Message] = []
    sheet = Sheet(element("p"), taken.append)
    say(sheet, turn, "a")
    assert (taken, sheet.heard) == ([], 0)


def test_a_message_is_answered_before_it_is_put_away() -> None:
    """The browser keeps what was chosen until it has the answer; a page that is left between the two loses nothing."""
    sent: list[str] = []
    sheet = Sheet(element("p"), lambda said: sheet.update(element("p", said["value"])))
    sheet.comm = Wire(sent)
    say(sheet, 1, "taken")
    assert sent == ["state", "heard"]
