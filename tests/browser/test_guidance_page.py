"""The served guidance page in Chromium: reading, filtering, the atlas, and the proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from kapnb import load_guidance
from kapnb.engine.atlas import count_outcomes
from kapnb.engine.outcomes import Basis
from kapnb.engine.proof import CHECKS
from kapnb.text.words import words
from tests.browser.pages import barriers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.served import Served

pytestmark = pytest.mark.browser

GUIDANCE = load_guidance("begley")
EDITION = GUIDANCE.bind()
PROOF_SECONDS = 60


class ReadPage:
    """The guidance page as its reader meets it, and what it asked for and what failed on the way."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.mistakes: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc) if request.url[:4] == "http" else None)
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.goto(f"{server.rstrip('/')}/guidance")
        expect(page.get_by_role("heading", level=2, name=words("guidance.part_proof"))).to_be_attached(timeout=60_000)

    def axis(self, name: str) -> Locator:
        return self.page.get_by_label(words(f"guidance.{name}"), exact=True)

    def fix(self, name: str) -> Locator:
        return self.page.locator(f"select[data-name={name}][data-action=fix]")

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=words(f"guidance.{key}"), exact=True)

    @property
    def map(self) -> Locator:
        return self.page.locator("table.map")

    @property
    def spoken(self) -> Locator:
        return self.page.locator(".kapnb-page > [role=status]")


@pytest.fixture(scope="module")
def app(browser: Browser, server: Served) -> Iterator[ReadPage]:
    """One page for all tests; each begins with what it needs."""
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    app = ReadPage(context.new_page(), server.url)
    yield app
    app.page.goto("about:blank")
    context.close()


def test_all_of_it_is_there(app: ReadPage, server: Served) -> None:
    """Each claim, rule and reading; nothing failed, nothing came from elsewhere, and the source is a link."""
    for kind, names in {"claim": GUIDANCE.ledger.claims, "rule": GUIDANCE.rules, "reading": GUIDANCE.readings}.items():
        expect(app.page.locator(f"[id^=guidance-{kind}-]")).to_have_count(len(names))
    expect(app.page.locator(".trouble, .shell-failure")).to_have_count(0)
    link = app.page.get_by_role("link", name=GUIDANCE.ledger.source.title)
    expect(link).to_have_attribute("href", GUIDANCE.ledger.source.url)
    assert app.hosts == {urlsplit(server.url).netloc}
    assert not app.mistakes


def test_a_claim_leads_to_its_reading_and_back(app: ReadPage) -> None:
    """A link from a claim shows the question that it leaves open, and the question links back to the claim."""
    reading = GUIDANCE.readings["features_needed"]
    app.page.locator("#guidance-claim-C15").get_by_role("link", name=reading.question).click()
    section = app.page.locator("#guidance-reading-features_needed")
    expect(section.get_by_role("heading", name=reading.question)).to_be_in_viewport()
    section.get_by_role("link", name="C15").click()
    expect(app.page.locator("#guidance-claim-C15 .claim")).to_be_in_viewport()


def test_the_rules_of_one_basis(app: ReadPage) -> None:
    """Choosing a basis by keyboard leaves its rules alone, keeps the focus, and says how many are shown."""
    filters = app.page.get_by_role("group", name=words("guidance.filter")).get_by_role("radio")
    filters.first.focus()
    app.page.keyboard.press("ArrowDown")
    stated = [rule for rule in GUIDANCE.rules if rule.basis is Basis.STATED]
    expect(app.page.locator("[id^=guidance-rule-]")).to_have_count(len(stated))
    expect(filters.nth(1)).to_be_focused()
    expect(filters.nth(1)).to_be_checked()
    expect(app.spoken).to_contain_text(str(len(stated)))
    app.page.keyboard.press("ArrowUp")
    expect(app.page.locator("[id^=guidance-rule-]")).to_have_count(len(GUIDANCE.rules))


def test_the_atlas_is_narrowed_by_keyboard(app: ReadPage) -> None:
    """Fixing an answer without the mouse counts fewer cases, keeps the focus in its place, and says the number."""
    app.page.get_by_text(words("guidance.narrow")).focus()
    app.page.keyboard.press("Enter")
    select = app.fix("psychotic_disorder")
    select.focus()
    app.page.keyboard.press("ArrowDown")
    expect(app.spoken).to_contain_text(f"{sum(count_outcomes(EDITION, {'psychotic_disorder': 'none'}).values()):,}")
    expect(select).to_have_value("none")
    expect(select).to_be_focused()
    expect(select).to_be_visible()  # what was folded open stays open
    app.button("free").click()
    expect(select).to_have_value("")


def test_the_proof_reports_as_it_goes(app: ReadPage) -> None:
    """Each property reports, the page stays at work meanwhile, and the end is spoken. Then every reading, begun by keyboard.

    102 editions are tried; where the order of caution fails, the choice and a case are named. No barrier before and after.
    """
    expect(app.page.locator("[data-property] .status.waits")).to_have_count(len(CHECKS))
    assert barriers(app.page, ".proof") == []
    app.button("prove").click()
    expect(app.button("checking")).to_have_attribute("aria-disabled", "true")
    app.axis("rows").select_option("ocd")
    expect(app.map.get_by_role("rowheader")).to_have_count(2)
    expect(app.spoken).to_have_text(words("guidance.done_all", count=len(CHECKS)), timeout=PROOF_SECONDS * 1000)
    expect(app.page.locator("[data-property] .status.holds")).to_have_count(len(CHECKS))
    app.button("prove_readings").focus()
    app.page.keyboard.press("Enter")
    expect(app.page.get_by_role("progressbar")).to_be_visible()
    expect(app.spoken).to_contain_text("102", timeout=PROOF_SECONDS * 1000)
    expect(app.button("prove_readings")).to_be_focused()
    expect(app.page.locator("[data-property=total] .status").last).to_have_text(words("guidance.status_holds"))
    last = app.page.locator("[data-property=monotone]").last
    expect(last.locator(".status")).to_have_text(words("guidance.status_partly"))
    expect(last.locator("summary")).to_have_count(3)
    last.locator("summary").first.click()
    expect(last.locator("details p").first).to_be_visible()
    assert barriers(app.page, ".kapnb-proof") == []


def test_all_of_it_is_without_barrier(app: ReadPage) -> None:
    """On a phone, with all of it unfolded: no violation. What is to be pressed is 24 px high and wide, or as high as its line."""
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.page.evaluate("document.querySelectorAll('.kapnb-page details').forEach(one => { one.open = true })")
    assert barriers(app.page) == []
    small = app.page.evaluate(
        """() => [...document.querySelectorAll('.kapnb-page :is(button, summary, select, .option, .contents a)')]
           .filter(e => e.checkVisibility({visibilityProperty: true}))
           .map(e => [e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"""
    )
    assert small == []


@pytest.mark.parametrize("size", [(1280, 844), (390, 844), (640, 450)], ids=["wide", "phone", "twice the size"])
def test_nothing_scrolls_sideways(app: ReadPage, size: tuple[int, int]) -> None:
    app.page.set_viewport_size({"width": size[0], "height": size[1]})
    app.page.evaluate("document.querySelectorAll('.kapnb-page details').forEach(one => { one.open = true })")
    assert app.page.evaluate("document.documentElement.scrollWidth") <= size[0]
