"""What many tests need: the app, served once, and a browser to look at it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import chromium, leftovers
from tests import firefox as firefox_browser
from tests.order import spread
from tests.served import PATIENCE, ROOT, Served
from tests.toy_pack import toy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

__all__ = ["toy"]

settings.register_profile("patient", deadline=None)  # how long one example takes says more of the machine than of the code
settings.load_profile("patient")


LEFT_OUT = {"not browser": "tests/browser", "not slow": "tests/site"}
"""Folders of which nothing is left where a kind of test is: what they need takes a while to load."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return any(kind in config.option.markexpr and collection_path == ROOT / folder for kind, folder in LEFT_OUT.items()) or None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark what opens a browser, and what starts a server, so that nobody has to think of it; and begin with what takes long."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"browser", "firefox", "site", "visitor"}:
            item.add_marker("browser")
        if fixtures & {"server", "local", "locked", "public"} or hasattr(getattr(item, "module", None), "Served"):
            item.add_marker("slow")
    yield
    if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
        items[:] = spread(items, workers)


@pytest.fixture(scope="session", autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set up first and so ended last: no process, port, file or folder of the run may be left by then."""
    tmp_path_factory.getbasetemp()  # pytest's own folder stays where it keeps the last three
    with leftovers.nothing_left():
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """The real notebooks. When it stops, no process, port or file may be left."""
    with Served() as served:
        yield served


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        yield playwright


def be_patient(context: BrowserContext) -> None:
    """With a click, a page and a file as with what is expected of them."""
    context.set_default_timeout(1000 * PATIENCE)


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    path = chromium.find(light=True)
    if path is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("no Chromium: set CHROMIUM to a browser's path, or let 'make test' install one")
    browser = request.getfixturevalue("playwright").chromium.launch(executable_path=path, args=chromium.flags())
    browser.on("context", be_patient)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if firefox_browser.find() is None:
        pytest.skip("Firefox is not there")
    start = firefox_browser.write_launcher(tmp_path_factory.mktemp("firefox"))
    prefs = {"browser.sessionhistory.max_total_viewers": 0}  # playwright waits in vain for a page that comes back as it was left
    browser = request.getfixturevalue("playwright").firefox.launch(
        channel="moz-firefox", executable_path=start, firefox_user_prefs=prefs
    )
    browser.on("context", be_patient)
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of a visitor who has never been here. When it closes, so does its session."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield page
    page.goto("about:blank")  # leaving ends the session; a context that closes at once would drop the farewell
    context.close()
