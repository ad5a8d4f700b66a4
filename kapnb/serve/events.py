"""What the server notes of its own running: one line for each event, in kinds and numbers, never what anybody typed.

A line holds only facts that :data:`FACTS` names. What libraries complain of is noted by its place, for their words may repeat what
a page said. Of the number of a session eight signs are noted: the whole number is a key to it.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Any, Final

FORMATS: Final = ("errors", "text", "json")
"""Errors alone, for a person to read; every event as ``key=value``; every event as JSON."""

VARIABLE: Final = "KAPNB_LOG"
"""Tells the processes behind the pages which of the formats it is."""

FACTS: Final[Mapping[str, frozenset[str]]] = {
    "server_started": frozenset({"version", "port", "base_url", "limit", "idle_minutes", "asks_for_token", "asks_hub"}),
    "server_stopped": frozenset(),
    "session_opened": frozenset({"session", "open", "limit"}),
    # why: closed (its tab), idle (nobody used it), unwatched (no tab was connected), gone (its process died), server_stopped
    "session_ended": frozenset({"session", "why", "open"}),
    "session_refused": frozenset({"open", "limit"}),
    "message_refused": frozenset({"session"}),
    "error": frozenset({"number", "where"}),
    "hub_unheard": frozenset({"kind"}),
}

_log = logging.getLogger(__name__)


class Lines(logging.Formatter):
    """Writes a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", "complaint")
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "event": event}
        if event == "complaint":
            line |= {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        line |= getattr(record, "facts", {})
        problem = record.exc_info[1] if record.exc_info else None
        trace = [*locate(problem)] or getattr(record, "trace", [])
        if trace:
            line["trace"] = trace
        if os.environ.get(VARIABLE) == "json":
            return json.dumps(line)
        return " ".join(f"{name}={_quote(value)}" for name, value in line.items())


def begin(chosen: str) -> None:
    """From here on note events in one of the ``FORMATS``."""
    os.environ[VARIABLE] = chosen
    if chosen == "errors":
        return
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
    _log.setLevel(logging.INFO)


def formatter() -> logging.Formatter | None:
    """How the process of a page writes what it notes."""
    return Lines() if os.environ.get(VARIABLE, "errors") != "errors" else None


def note(event: str, **facts: float | str) -> None:
    _log.info(event, extra=fact(event, **facts))


def fact(event: str, **facts: float | str) -> dict[str, Any]:
    """What makes the record of any logger one of an event, for its parameter ``extra``."""
    unknown = facts.keys() - FACTS[event]
    if unknown:
        raise KeyError(*sorted(unknown))
    return {"event": event, "facts": facts}


def short(kernel_id: str) -> str:
    return kernel_id[:8]


def locate(problem: BaseException | None) -> Iterator[str]:
    """An exception and those behind it, latest first: kinds, and the calls that led there, outermost first. Never what they say."""
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield f"  {type(problem).__name__}"
        for frame, line in walk_tb(problem.__traceback__):
            yield f"    {frame.f_globals.get('__name__', '?')}, line {line}, in {frame.f_code.co_qualname}"
        problem = problem.__cause__ or problem.__context__


def _quote(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set(' "=') else json.dumps(value)
