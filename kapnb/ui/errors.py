"""Reports an unexpected error in a page: its reader gets an incident id, and the server's log says under that id where it happened.

The message of an exception may repeat an answer or something typed, so only kinds of exceptions and places in the code are logged.
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


def report_error(page: str) -> str:
    """Log the exception being handled, and return its incident id."""
    incident = token_hex(4)
    trace = [*locate(sys.exception())]
    extra = {**fact("error", number=incident, where=page), "trace": trace}
    _log.error("kapnb: error %s in the %s page\n%s", incident, page, "\n".join(trace), extra=extra)
    return incident
