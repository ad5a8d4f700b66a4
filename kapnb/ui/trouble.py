"""Something went wrong in a page: its reader is told a number, and the server's log tells under that number where, never what.

The message of an exception may repeat an answer or something typed. So the log gets kinds of exceptions and places in the code.
"""

from __future__ import annotations

import logging
import sys
from secrets import token_hex

from kapnb.serve.events import fact, formatter, locate

_log = logging.getLogger(__name__)
_handler = logging.StreamHandler(sys.__stderr__)  # a kernel sends sys.stderr to its page; this one is the server's
_handler.setFormatter(formatter())
_log.addHandler(_handler)


def note_trouble(page: str) -> str:
    """Note the exception at hand, and give the number to tell the reader of the page."""
    number = token_hex(4)
    trace = [*locate(sys.exception())]
    extra = {**fact("error", number=number, where=page), "trace": trace}
    _log.error("kapnb: error %s in the %s page\n%s", number, page, "\n".join(trace), extra=extra)
    return number
