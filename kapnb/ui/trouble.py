"""Something went wrong in a page: its reader is told a number, and the server's log tells under that number where, never what.

The message of an exception may repeat an answer or something typed. So the log gets kinds of exceptions and places in the code.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from secrets import token_hex
from traceback import walk_tb

_log = logging.getLogger(__name__)
_log.addHandler(logging.StreamHandler(sys.__stderr__))  # a kernel sends sys.stderr to its page; this one is the server's


def note_trouble(page: str) -> str:
    """Note the exception at hand, and give the number to tell the reader of the page."""
    number = token_hex(4)
    _log.error("kapnb: error %s in the %s page\n%s", number, page, "\n".join(_locate(sys.exception())))
    return number


def _locate(problem: BaseException | None) -> Iterator[str]:
    """An exception and those behind it, latest first: kinds, and the calls that led there, outermost first."""
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield f"  {type(problem).__name__}"
        for frame, line in walk_tb(problem.__traceback__):
            yield f"    {frame.f_globals.get('__name__', '?')}, line {line}, in {frame.f_code.co_qualname}"
        problem = problem.__cause__ or problem.__context__
