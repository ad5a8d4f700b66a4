"""What every page object needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


def settle(page: Page, timeout: float = 30_000) -> None:
    """Wait until the page is there, everything that was done is answered, and the browser's storage is written."""
    expect(page.locator("html")).to_have_attribute("data-kapnb", "settled", timeout=timeout)


def read_storage(page: Page, key: str, *, tab: bool = False) -> str | None:
    """What the browser keeps under a key, once the page has settled."""
    settle(page)
    return page.evaluate("([kind, key]) => window[kind].getItem(key)", ["sessionStorage" if tab else "localStorage", key])


def list_storage(page: Page) -> list[str]:
    """The keys under which pages of ours keep something beyond the tab, once the page has settled."""
    settle(page)
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('kapnb:')).sort()")
