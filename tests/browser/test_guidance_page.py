"""The served guidance page in Chromium: reading, filtering, the atlas, and the proof."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from kapnb import fields, load_guidance
from kapnb.engine.atlas import count_outcomes, map_outcomes
from kapnb.engine.outcomes import Basis, Outcome
from kapnb.engine.proof import CHECKS
from kapnb.text.words import words
from kapnb.ui.atlas_view import Choice
from kapnb.ui.charts import describe_counts

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.served import Served

pytestmark = pytest.mark.browser

GUIDANCE = load_guidance("begley")
EDITION = GUIDANCE.bind()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PROOF_SECONDS = 60


class ReadPage:
    """The guidance page as its reader meets it."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.address = f"{server.rstrip('/')}/guidance"

    def open(self) -> ReadPage:
        self.page.goto(self.address)
        expect(self.heading("proof")).to_be_attached(timeout=60_000)
        expect(self.heading("ledger")).to_be_visible()
        return self

    def heading(self, part: str) -> Locator:
        return self.page.get_by_role("heading", level=2, name=words(f"guidance.part_{part}"))

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

    def barriers(self, part: str | None = None) -> list[str]:
        found: dict[str, Any] = Axe().run(self.page, part, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]

    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@pytest.fixture
def app(page: Page, server: Served) -> ReadPage:
    return ReadPage(page, server.url).open()


def test_every_claim_rule_and_reading_is_there(app: ReadPage) -> None:
    """The page holds each claim by its id, each rule and each reading, and nothing that failed."""
    for claim in GUIDANCE.ledger.claims:
        expect(app.page.locator(f"#guidance-claim-{claim} .id")).to_have_text(claim)
    for rule in GUIDANCE.rules:
        expect(app.page.locator(f"#guidance-rule-{rule.name}")).to_have_count(1)
    for reading in GUIDANCE.readings.values():
        expect(app.page.locator(f"#guidance-reading-{reading.name}")).to_contain_text(reading.question)
    expect(app.page.locator(".trouble, .shell-failure")).to_have_count(0)


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
    filters = app.page.get_by_role("group", name=words("guidance.filter"))
    filters.get_by_role("radio").first.focus()
    app.page.keyboard.press("ArrowDown")
    stated = [rule for rule in GUIDANCE.rules if rule.basis is Basis.STATED]
    expect(app.page.locator("[id^=guidance-rule-]")).to_have_count(len(stated))
    expect(filters.get_by_role("radio").nth(1)).to_be_focused()
    expect(filters.get_by_role("radio").nth(1)).to_be_checked()
    expect(app.spoken).to_contain_text(str(len(stated)))
    app.page.keyboard.press("ArrowUp")
    expect(app.page.locator("[id^=guidance-rule-]")).to_have_count(len(GUIDANCE.rules))


def test_the_atlas_follows_its_questions(app: ReadPage) -> None:
    """Another question on the rows draws another map: each cell is named, and says its exact counts."""
    app.axis("rows").select_option("suicide_attempts")
    app.axis("columns").select_option("ocd")
    expect(app.map.get_by_role("rowheader")).to_have_text([option.label for option in fields["suicide_attempts"].options])
    shown = map_outcomes(EDITION, "suicide_attempts", "ocd")
    counts = describe_counts(shown.outcomes(1, 1))
    cell = words("guidance.cell", row=fields["suicide_attempts"].options[1].label, column=fields["ocd"].options[1].label)
    expect(app.map.get_by_role("img", name=f"{cell}. {counts}", exact=True)).to_be_visible()


def test_the_atlas_is_narrowed_by_keyboard(app: ReadPage) -> None:
    """Fixing an answer without the mouse counts fewer cases, keeps the focus in its place, and says the number."""
    app.page.get_by_text(words("guidance.narrow")).focus()
    app.page.keyboard.press("Enter")
    select = app.fix("psychotic_disorder")
    select.focus()
    app.page.keyboard.press("ArrowDown")
    some = sum(count_outcomes(EDITION, {"psychotic_disorder": "none"}).values())
    expect(app.spoken).to_contain_text(f"{some:,}")
    expect(select).to_have_value("none")
    expect(select).to_be_focused()
    expect(select).to_be_visible()  # what was folded open stays open
    app.button("free").click()
    expect(select).to_have_value("")


def test_the_least_cautious_answers_are_one_button(app: ReadPage) -> None:
    """One button fixes every other answer at its least cautious; the map then shows what the two questions do alone."""
    app.button("quiet").click()
    choice = Choice()
    for row, option in enumerate(fields[choice.rows].options):
        if option.name == "current":
            name = app.map.locator("tbody tr").nth(row).get_by_role("img").first
            expect(name).to_have_attribute("aria-label", f"{option.label}, Not started. {_only(Outcome.NOT_AT_PRESENT, 2)}")
    expect(app.page.get_by_text(words("guidance.fixed_none"))).to_have_count(0)


def _only(outcome: Outcome, cases: int) -> str:
    return describe_counts({outcome: cases})


def test_a_choice_is_answered_at_once(app: ReadPage) -> None:
    """From a choice to the new map it takes a fraction of a second at most."""
    best = 9.0
    for name in ("ocd", "suicide_attempts", "bipolar_disorder"):
        start = time.perf_counter()
        app.axis("rows").select_option(name)
        expect(app.map.get_by_role("rowheader")).to_have_count(len(fields[name].options))
        best = min(best, time.perf_counter() - start)
    assert best < 0.4


def test_the_proof_reports_as_it_goes(app: ReadPage) -> None:
    """The button starts it, each property reports, the end is spoken, and the page stays at work meanwhile."""
    expect(app.page.locator("[data-property] .status.waits")).to_have_count(len(CHECKS))
    app.button("prove").click()
    expect(app.button("checking")).to_have_attribute("aria-disabled", "true")
    app.axis("rows").select_option("ocd")
    expect(app.map.get_by_role("rowheader")).to_have_count(2)
    expect(app.spoken).to_have_text(words("guidance.done_all", count=len(CHECKS)), timeout=PROOF_SECONDS * 1000)
    expect(app.page.locator("[data-property] .status.holds")).to_have_count(len(CHECKS))
    expect(app.button("prove")).not_to_have_attribute("aria-disabled", "true")


def test_every_reading_is_tried_by_keyboard(app: ReadPage) -> None:
    """Enter on the second button tries 102 editions; where the order of caution fails, the choice and a case are named."""
    app.button("prove_readings").focus()
    app.page.keyboard.press("Enter")
    expect(app.page.get_by_role("progressbar")).to_be_visible()
    expect(app.spoken).to_contain_text("102", timeout=PROOF_SECONDS * 1000)
    expect(app.page.locator("[data-property=total] .status").last).to_have_text(words("guidance.status_holds"))
    last = app.page.locator("[data-property=monotone]").last
    expect(last.locator(".status")).to_have_text(words("guidance.status_partly"))
    expect(last.locator("summary")).to_have_count(3)
    expect(app.button("prove_readings")).to_be_focused()
    last.locator("summary").first.click()
    expect(last.locator("details p").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_barrier_and_nothing_scrolls_sideways(page: Page, server: Served, width: int) -> None:
    """Wide and narrow, with all of it unfolded and proved: no violation, and nothing beside the window. So too before the proof."""
    page.set_viewport_size({"width": width, "height": 844})
    app = ReadPage(page, server.url).open()
    assert app.barriers(".proof") == []
    assert app.width() <= width
    app.button("quiet").click()
    app.button("prove").click()
    expect(app.spoken).to_have_text(words("guidance.done_all", count=len(CHECKS)), timeout=PROOF_SECONDS * 1000)
    app.button("prove_readings").click()
    expect(app.spoken).to_contain_text("102", timeout=PROOF_SECONDS * 1000)
    page.evaluate("document.querySelectorAll('.kapnb-page details').forEach(one => { one.open = true })")
    assert app.barriers() == []
    assert app.width() <= width


def test_nothing_is_fetched_from_elsewhere(page: Page, server: Served) -> None:
    """Every request goes to the server of the page; the source is linked, never loaded; nothing fails on the way."""
    hosts: set[str | None] = set()
    mistakes: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc) if request.url.startswith("http") else None)
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    app = ReadPage(page, server.url).open()
    app.button("quiet").click()
    expect(app.page.get_by_text(words("guidance.fixed_none"))).to_have_count(0)
    assert hosts == {urlsplit(server.url).netloc}
    assert not mistakes
    link = page.get_by_role("link", name=GUIDANCE.ledger.source.title)
    expect(link).to_have_attribute("href", GUIDANCE.ledger.source.url)


def test_the_page_stands_twice_the_size(page: Page, server: Served) -> None:
    """At 200 % zoom, which is half the window, nothing needs sideways scrolling."""
    page.set_viewport_size({"width": 640, "height": 450})
    assert ReadPage(page, server.url).open().width() <= 640


def test_every_target_is_large_enough(app: ReadPage) -> None:
    """Everything to press is at least 24 px high and wide; links in a sentence are as high as its lines."""
    app.page.get_by_text(words("guidance.narrow")).click()
    small = app.page.evaluate(
        """() => [...document.querySelectorAll('.kapnb-page :is(button, summary, select, .option, .contents a)')]
           .filter(e => e.checkVisibility({visibilityProperty: true}))
           .map(e => [e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"""
    )
    assert small == []
