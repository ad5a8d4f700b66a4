"""The one file, opened from a disk, does what the served assessment page does: some of the same tests."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.browser.conftest import app, opened  # noqa: F401
from tests.browser.test_assessment_page import (  # noqa: F401
    test_a_saved_case_loads_as_it_was,
    test_paper_shows_answers_and_explanation,
)
from tests.site.conftest import as_served

pytestmark = as_served


@pytest.fixture(scope="module")
def server(one_file: Path) -> SimpleNamespace:
    return SimpleNamespace(url=f"{one_file.as_uri()}#*")
