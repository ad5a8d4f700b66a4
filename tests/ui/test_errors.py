"""What is noted of trouble in a page."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from kapnb.serve.event_log import report_error


def test_places_are_noted_and_no_content(caplog: pytest.LogCaptureFixture) -> None:
    """The number, the kinds of the exceptions and where they were; neither their messages nor the values at hand."""

    def answer(typed: str) -> None:
        try:
            json.loads(typed)
        except ValueError as problem:
            raise KeyError(f"cannot read {typed}") from problem

    try:
        answer("typed by somebody")
    except KeyError:
        number = report_error("assessment", quote=False)
    assert re.fullmatch("[0-9a-f]{8}", number)
    (said,) = caplog.messages
    assert said.startswith(f"kapnb: error {number} (assessment)\n")
    assert re.search(r"KeyError\n +\S+test_errors, line \d+, in test_places\S+\n +\S+, line \d+, in \S+answer\n", said)
    assert "JSONDecodeError\n" in said
    assert not re.search("typed|Expecting", said)


def test_a_circle_of_causes_ends(caplog: pytest.LogCaptureFixture) -> None:
    """And where no exception is at hand there is a number all the same."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    report_error("assessment", problem=first, quote=False)
    assert caplog.text.count("KeyError") == 1
    assert report_error("assessment", quote=False) in caplog.text


def test_a_redirected_error_stream_does_not_swallow_it() -> None:
    """What is noted goes where the process was started to write errors, whatever stands for ``sys.stderr`` by then."""
    code = (
        "import io, sys; sys.stderr = io.StringIO()\n"
        "from kapnb.serve.event_log import report_error\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: print(report_error('assessment', quote=False))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert f"error {ran.stdout.strip()} (assessment)\n  ZeroDivisionError\n" in ran.stderr
