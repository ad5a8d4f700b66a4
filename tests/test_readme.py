"""The README cannot rot: its examples run, its links and its picture exist."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def test_its_examples_run() -> None:
    """What it shows from Python is what comes out."""
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 5
    assert result.failed == 0


def test_what_it_points_at_exists() -> None:
    """Every local link and picture leads somewhere."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text("utf-8"))
    assert "docs/assessment.png" in targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_it_names_both_commands_and_what_this_is_not() -> None:
    text = README.read_text("utf-8")
    assert all(said in text for said in ("make app", "make test", "invented cases only", "It is not", "conda", "Windows"))
