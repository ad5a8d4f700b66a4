"""What a page without a server takes in and hands out is as with one: some of the same tests.

How a page keeps, draws and explains is the same code in both; that is tested with the server.
"""

from types import SimpleNamespace

import pytest
from playwright.sync_api import Page

from tests.browser import test_training_page as training
from tests.browser.conftest import app, opened  # noqa: F401
from tests.browser.test_assessment_page import (  # noqa: F401
    test_a_bad_file_is_told_in_place,
    test_a_saved_case_loads_as_it_was,
    test_a_what_if_survives_a_reload,
    test_paper_shows_answers_and_explanation,
)
from tests.browser.training_sheet import TrainingSheet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.usefixtures("static_words")]


def test_files_of_the_training_page_go_out_and_in(page: Page, server: SimpleNamespace) -> None:
    page.emulate_media(reduced_motion="reduce")
    training.test_files_go_out_and_in(TrainingSheet(page, server.url).open())
