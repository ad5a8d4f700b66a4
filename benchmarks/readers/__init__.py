"""What the reader of each page does, one step at a time, without a browser. Each step is answered, or it counts as lost."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape
from random import Random
from typing import Any

from tests.visitor import Visitor

WAIT = 15.0
"""Seconds after which an answer counts as lost."""


@dataclass
class Reader:
    """Somebody at work on a page. ``told`` is what was answered, to be found again in the last state."""

    visitor: Visitor
    chance: Random
    page: str
    told: dict[str, str] = field(default_factory=dict)
    form: str = ""

    async def begin(self) -> None:
        """Get past what stands before the first question."""
        await BEGINNINGS[self.page](self)

    async def step(self) -> float:
        """Do one thing and wait for what Python says to it; seconds.

        Raises:
            TimeoutError: No answer came.
        """
        return await STEPS[self.page](self)

    async def finish(self) -> list[str]:
        """Ask for all states anew; which answers are not in them."""
        await self.visitor.learn()
        if not self.form:
            return []
        case = self.visitor.states[self.form]["state"]["case"]
        return [name for name, option in self.told.items() if case.get(name) != option]

    async def say(self, widget: str, **said: Any) -> float:
        states = self.visitor.states
        seq, turn = states[widget]["state"]["seq"] + 1, states[widget]["heard"] + 1
        await self.visitor.act(widget, **said, seq=seq, turn=turn)
        took = await self.visitor.until(lambda: states[widget]["state"]["seq"] >= seq, WAIT)
        await self.visitor.until(lambda: states[widget]["heard"] >= turn, WAIT)  # taken, so that the next one is in its turn
        return took

    async def press(self, action: str, value: Any = None) -> float:
        """One of the elements that ask for an action and can be used, any of them."""
        found = [
            (widget, tag)
            for widget, state in self.visitor.states.items()
            for tag in re.findall(rf'<[^>]*data-action="{action}"[^>]*>', state.get("state", {}).get("html", ""))
            if 'aria-disabled="true"' not in tag
        ]
        widget, tag = self.chance.choice(found)
        given = attribute(tag, "value") if value is None else value
        about = {"about": attribute(tag, "data-about")} if "data-about" in tag else {}
        return await self.say(widget, action=action, name=attribute(tag, "data-name"), value=given, **about)

    def shows(self, action: str) -> bool:
        return any(f'data-action="{action}"' in state.get("state", {}).get("html", "") for state in self.visitor.states.values())

    async def record(self) -> float:
        """Answer one of the questions that are always asked, with another answer than before."""
        fields = [
            one for section in self.visitor.states[self.form]["form"]["sections"] for one in section["fields"] if not one["child"]
        ]
        asked = self.chance.choice(fields)
        options = [option["name"] for option in asked["options"] if option["name"] != self.told.get(asked["name"])]
        self.told[asked["name"]] = option = self.chance.choice(options)
        return await self.say(self.form, action="record", field=asked["name"], option=option)


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


async def begin_assessment(reader: Reader) -> None:
    reader.form = reader.visitor.find("form")
    await reader.say(reader.form, action="confirm")


async def begin_guidance(_: Reader) -> None:
    return


async def begin_supervision(reader: Reader) -> None:
    await reader.press("confirm", value=True)
    await reader.press("example", value="")
    await reader.visitor.until(lambda: reader.shows("step"))


async def begin_training(reader: Reader) -> None:
    await reader.press("confirm", value=True)
    await reader.press("begin", value="")
    await reader.visitor.until(lambda: reader.shows("enter") or reader.shows("outcome"))
    if reader.shows("enter"):  # what the story touches on is said before it
        await reader.press("enter", value="")
    await reader.visitor.until(lambda: reader.shows("outcome"))


async def step_guidance(reader: Reader) -> float:
    return await reader.press(reader.chance.choice(("quiet", "free")), value="")


async def step_supervision(reader: Reader) -> float:
    return await reader.press("step")


async def step_training(reader: Reader) -> float:
    """Weigh the outcomes; nothing is committed."""
    return await reader.press("outcome")


BEGINNINGS: dict[str, Callable[[Reader], Awaitable[None]]] = {
    "assessment": begin_assessment,
    "guidance": begin_guidance,
    "supervision": begin_supervision,
    "training": begin_training,
}
STEPS: dict[str, Callable[[Reader], Awaitable[float]]] = {
    "assessment": Reader.record,
    "guidance": step_guidance,
    "supervision": step_supervision,
    "training": step_training,
}
