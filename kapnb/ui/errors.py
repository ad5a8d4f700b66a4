"""Reports an unexpected error in a page: its reader gets an incident id, and the log says under it where it happened."""

from __future__ import annotations

from kapnb.serve import event_log


def report_error(page: str) -> str:
    """Log the exception being handled, and return its incident id.

    Its message may repeat an answer or something typed, so only kinds of exceptions and places in the code are logged.
    """
    return event_log.report_error(page, quote=False)
