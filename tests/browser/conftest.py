"""The assessment page, opened once for all tests of a file: opening takes a second, and most tests need no page of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.assess_page import AssessPage
from tests.served import Served


@pytest.fixture(scope="module")
def opened(browser: Browser, server: Served) -> Iterator[AssessPage]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield AssessPage(page, server.url).open().confirm()
    page.goto("about:blank")
    context.close()


@pytest.fixture
def app(opened: AssessPage) -> AssessPage:
    """The page past its gate, without a case, as if it had just been opened."""
    return opened.reset()
