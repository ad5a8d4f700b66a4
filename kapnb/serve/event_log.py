"""The log: one line for each event, made of named facts, never of what anybody typed.

What libraries log is noted by its place, because their words may repeat a message. Of a session's id eight characters are noted:
the whole id is a key to it. With ``errors`` the log is for whoever starts the server by hand, and quotes exceptions of the server.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Any, Final

VARIABLE: Final = "KAPNB_LOG"
"""Tells the processes behind the pages the format of the log: "errors" alone, for a person to read, or every event as "json"."""

FACTS: Final = {
    *("version", "port", "base_url", "limit", "idle_minutes", "asks_for_token"),  # server_started
    *("session", "open", "why", "bound"),  # session_opened, session_refused, session_ended, message_refused
    "phase",  # room_moved; rooms are opened and deleted without a word more
    *("number", "where"),  # error
}
"""All that a line may hold beside its time, level, event and places in the code."""

_log = logging.getLogger(__name__)
_handler = logging.StreamHandler(sys.__stderr__)  # a kernel sends sys.stderr to its page
_log.addHandler(_handler)


class LineFormatter(logging.Formatter):
    """Writes a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", "complaint")
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "event": event}
        if event == "complaint":
            line |= {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        line |= getattr(record, "facts", {})
        if trace := getattr(record, "trace", None) or [*locate(record.exc_info[1] if record.exc_info else None)]:
            line["trace"] = trace
        return json.dumps(line)


def configure(chosen: str) -> None:
    """Log in this format, here and in the processes behind the pages."""
    os.environ[VARIABLE] = chosen
    if chosen != "errors":
        _handler.setFormatter(LineFormatter())
        _log.removeHandler(_handler)
        logging.getLogger().addHandler(_handler)  # what libraries complain of too
        logging.captureWarnings(capture=True)
        _log.setLevel(logging.INFO)


def configure_kernel() -> None:
    """Keep the server's error output for this log; what a library or a cell writes there is dropped, unless a person watches."""
    if os.environ.get(VARIABLE, "errors") == "errors" or _handler.stream is not sys.__stderr__:
        return
    _handler.setFormatter(LineFormatter())
    _handler.setStream(os.fdopen(os.dup(2), "w", buffering=1))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nowhere, output)


def log_event(event: str, level: int = logging.INFO, **facts: float | str) -> None:
    _log.log(level, event, extra={"event": event, "facts": _check(facts)})


def report_error(where: str, *, problem: BaseException | None = None, quote: bool = True) -> str:
    """Log an exception under a new incident id.

    Args:
        where: the part of the app that failed, as a word.
        problem: by default the one that is being handled.
        quote: whether its message may stand in a log that a person reads. Not where it may repeat what somebody typed.

    Returns:
        The id, short enough to read out on the telephone.
    """
    problem = problem or sys.exception()
    incident, trace = secrets.token_hex(4), [*locate(problem)]
    extra = {"event": "error", "facts": _check({"number": incident, "where": where}), "trace": trace}
    said = "" if quote else "\n" + "\n".join(trace)
    _log.error("kapnb: error %s (%s)%s", incident, where, said, exc_info=problem if quote else None, extra=extra)
    return incident


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


def _check(facts: dict[str, float | str]) -> dict[str, float | str]:
    """Raises KeyError for a fact that is not in ``FACTS``."""
    if unknown := facts.keys() - FACTS:
        raise KeyError(*sorted(unknown))
    return facts
