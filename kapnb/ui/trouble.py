"""Something went wrong in a page: its reader is told a number, and the server's log tells under that number where, never what."""

from __future__ import annotations

from kapnb.serve.event_log import report_error


def note_trouble(page: str) -> str:
    """Note the exception at hand, and give the number to tell the reader of the page."""
    return report_error(page, quote=False)
