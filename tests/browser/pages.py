"""What every page object needs."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.served import PATIENCE

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = """async ([within, values]) => {
    const options = { runOnly: { type: "tag", values }, resultTypes: ["violations"] }
    return (await axe.run(within ?? document, options)).violations
}"""
"""And nothing else: to list all that is well takes as long as to find what is not."""
SETTLED = "html[data-kapnb=settled]:is(:not([data-python]), [data-python=ready])"
"""Without a server Python starts in the browser."""


def locate(server: str, name: str) -> str:
    """The address of a page below a server's; where the address has a star, the name stands in its place."""
    return server.replace("*", name) if "*" in server else f"{server.rstrip('/')}/{name}"


def visit(page: Page, address: str) -> None:
    """Open an address anew, also where only what follows # in it is another."""
    if "#" in address:
        page.goto("about:blank")
    page.goto(address)


def settle(page: Page) -> None:
    """Wait until the page is there, everything that was done is answered, and the browser's storage is written."""
    patience = 1000 * PATIENCE * (2 if page.locator("html[data-python]").count() else 1)  # Python in a browser starts in 2 s of CPU
    try:
        expect(page.locator(SETTLED)).to_have_count(1, timeout=patience)
    except AssertionError as error:
        error.add_note(f"The page says: {page.locator('body').inner_text()[:2_000]}")
        raise


def read_storage(page: Page, key: str, *, tab: bool = False) -> str | None:
    """What the browser keeps under a key, once the page has settled."""
    settle(page)
    return page.evaluate("([kind, key]) => window[kind].getItem(key)", ["sessionStorage" if tab else "localStorage", key])


def list_storage(page: Page) -> list[str]:
    """The keys under which pages of ours keep something beyond the tab, once the page has settled."""
    settle(page)
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('kapnb:')).sort()")


def barriers(page: Page, within: str | None = None) -> list[str]:
    """The violations of WCAG 2.2 A and AA, and of best practice, that axe finds once nothing is on its way."""
    expect(page.locator("[data-kapnb=busy]")).to_have_count(0)
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'; scrollTo(0, 0)")  # what sticks would cover what is below
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[dict[str, Any]] = page.evaluate(VIOLATIONS, [within, TAGS])
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
