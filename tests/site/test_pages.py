"""The pages without a server, in Chromium: they do what the served pages do, ask nobody for anything, and lose nothing."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from kapnb import assess
from kapnb.paths import notebooks
from kapnb.room.codes import code_of_set, find_signs, read_signs
from kapnb.serve.pages import read_pages
from kapnb.tables.read import read_judgments
from kapnb.text.explanation import outcome_line
from kapnb.text.words import words
from kapnb.training.links import find_link, read_link, write_link
from tests.browser.pages import barriers, settle, visit
from tests.browser.test_browser_faults import FORBIDDEN
from tests.browser.training_sheet import WRONG, TrainingSheet
from tests.site.conftest import EDITION, HOLD, Host, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]  # Python starts several times

READY = "html[data-python=ready]"


def ready(page: Page) -> None:
    settle(page)


def test_a_case_is_explained_as_in_python_and_never_lost(site: Site) -> None:
    """Answered before Python is there, explained once it is, back after a reload, and after the worker has died."""
    app, page = site.assess(), site.page
    page.goto(app.address)
    app.answer("ocd", "yes")
    assert page.locator(READY).count() == 0
    expect(page.get_by_role("status").filter(has_text=words("site.opening"))).to_be_visible()
    ready(page)
    app.confirm()
    app.answer("psychotic_disorder", "schizophrenia")
    settle(page)
    case = {"psychotic_disorder": "schizophrenia", "ocd": "yes"}
    assert app.answers() == case
    expect(app.outcome).to_have_text(outcome_line(assess(case)))

    page.reload()
    ready(page)
    assert app.answers() == case
    assert site.complaints == []

    page.evaluate("started.terminate()")
    app.answer("substance_use_disorder", "active")
    banner = page.get_by_role("alert").filter(has_text=words("site.ended_title"))
    expect(banner).to_be_visible()
    banner.get_by_role("button").click()
    ready(page)
    assert app.answers() == {**case, "substance_use_disorder": "active"}


def test_pages_lead_to_one_another_without_barriers_and_speak_of_no_server(site: Site) -> None:
    page = site.page
    page.goto("about:blank")
    page.goto(site.addresses["index"])
    look(site)
    page.locator("main:visible a[href*=training]").first.click()
    ready(page)
    look(site)
    page.get_by_role("navigation").get_by_role("link", name="The article").click()
    expect(page.locator("main:visible h1")).to_have_text(read_title("article"))
    ready(page)
    look(site)
    assert site.complaints == []


def read_title(name: str) -> str:
    return next(one.title for one in read_pages(notebooks()) if one.name == name)


def look(site: Site) -> None:
    for width in (390, 1280):
        site.page.set_viewport_size({"width": width, "height": 800})
        assert site.page.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(site.page) == []
    assert dead_links(site.page) == []
    text = site.page.locator("main:visible").inner_text().lower()
    assert "server" not in text.replace(words("site.left_out").lower(), "")


def dead_links(page: Page) -> list[str]:
    """The links of a page that lead to no file of the folder, or to nothing in the one file."""
    shown = "[...document.links].filter(link => !link.closest('main[hidden]')).map(link => link.href)"
    return [one for one in set(page.evaluate(shown)) if one.startswith(("http:", "file:")) and not leads(page, *one.split("#"))]


def leads(page: Page, address: str, place: str = "") -> bool:
    if address.startswith("http:"):
        return page.request.get(address).ok
    known = page.locator(f"main[data-page='{place.split('/', maxsplit=1)[0]}'], [id='{place}']")
    return address.split("?", maxsplit=1)[0] == page.url.split("#")[0].split("?")[0] and known.count() > 0


def test_a_set_goes_out_by_link_and_comes_back_as_signs_and_as_a_table(site: Site) -> None:
    """Nobody has a server: one prepares a set, another judges it and hands it over; the article in between changes nothing."""
    page = site.page
    if page.context.browser and page.context.browser.browser_type.name == "firefox":
        pytest.skip("seen in Chromium alone")
    visit(page, site.addresses["sets"])
    ready(page)
    look(site)
    page.get_by_role("checkbox", name=words("sets_page.gate_confirm")).click()
    page.locator(".presets button").first.click()
    settle(page)
    look(site)
    link = page.evaluate("document.getElementById('sets-link').href")
    given = read_link(find_link("?" + urlsplit(link).query), EDITION)

    visit(page, link)
    ready(page)
    sheet = TrainingSheet(page, "")
    expect(page.locator(".my-cases li")).to_have_count(len(given.items))
    sheet.start()
    sheet.lock()
    look(site)
    page.locator("main:visible a[href*='article']").first.click()
    expect(page.locator("main:visible h1")).to_have_text(read_title("article"))
    ready(page)
    expect(page.locator(":target")).to_be_in_viewport()
    page.go_back()
    ready(page)
    sheet.button("to_cases").click()
    sheet.button("export").click()
    sheet.page.get_by_label(words("training_page.label"), exact=True).fill("R1")
    sheet.button("export_signs").click()
    (signs,) = find_signs(page.locator("#training-export li").inner_text().split(": ")[-1])
    read = read_signs(code_of_set(write_link(given.items, EDITION)), signs)
    assert read
    assert (given.items[read.case], str(read.outcome), str(read.confidence)) == (given.items[0], WRONG, "high")
    with page.expect_download() as exported:
        sheet.button("export_judgments").click()
    (row,) = read_judgments(exported.value.path()).to_dict("records")
    assert (row["case_id"], row["rater"], row["outcome"]) == (given.items[0], "R1", WRONG)
    assert site.complaints == []


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(HOLD)
    yield page
    context.close()


def test_nothing_is_asked_of_any_other_host(folder: Path, visitor: Page) -> None:
    """And a first visit asks for what the build says, no more."""
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    with Host(folder) as host:
        visitor.goto(host.address("assessment"))
        ready(visitor)
        base = host.address("assessment").rsplit("/", 1)[0]
        assert [url for url in asked if not url.startswith((base, "data:", "about:"))] == []
        assert sum(size for _, size in host.asked) < 8_000_000


@pytest.mark.parametrize("change", ["another", "gone"])
def test_a_file_that_was_changed_is_not_run(folder: Path, tmp_path: Path, visitor: Page, change: str) -> None:
    """Nor one of another edition, beside which the page of an older one was kept: a reload fetches what belongs together."""
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    packed = {path: path.read_bytes() for path in changed.glob("kapnb.*.zip.*")}
    for path, content in packed.items():
        path.write_bytes(content + b"\0") if change == "another" else path.unlink()
    with Host(changed) as host:
        visitor.goto(host.address("assessment"))
        banner = visitor.get_by_role("alert").filter(has_text=words("site.ended_title"))
        expect(banner).to_be_visible()
        for path, content in packed.items():
            path.write_bytes(content)
        banner.get_by_role("button").click()
        ready(visitor)


def test_a_crash_of_python_is_told(folder: Path, visitor: Page) -> None:
    with Host(folder) as host:
        visitor.goto(host.address("article"))
        ready(visitor)
        visitor.evaluate("started.postMessage({ open: 'nowhere' })")
        expect(visitor.get_by_role("alert").filter(has_text=words("site.ended_title"))).to_be_visible()


def test_a_browser_that_is_too_old_is_told(folder: Path, visitor: Page) -> None:
    visitor.add_init_script("delete window.WebAssembly")
    with Host(folder) as host:
        visitor.goto(host.address("assessment"))
        expect(visitor.get_by_text(words("site.unfit"))).to_be_visible()


FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"


@pytest.mark.parametrize("refusal", [FULL, FORBIDDEN], ids=["full", "forbidden"])
def test_a_browser_that_may_keep_nothing_still_explains(folder: Path, visitor: Page, refusal: str) -> None:
    visitor.add_init_script(refusal)
    site = Site(visitor, {}, [])
    with Host(folder) as host:
        site.addresses["assessment"] = host.address("assessment")
        app = site.assess()
        visitor.goto(app.address)
        ready(visitor)
        app.confirm()
        app.answer("ocd", "yes")
        settle(visitor)
        assert app.answers() == {"ocd": "yes"}
        expect(app.unkept.first).to_be_visible()


def test_the_manifest_is_a_page(folder: Path, visitor: Page) -> None:
    with Host(folder) as host:
        visitor.goto(host.address("manifest"))
        listed = json.loads((folder / "manifest.json").read_text())
        expect(visitor.get_by_role("row")).to_have_count(len(listed["files"]) + 1)
        assert barriers(visitor) == []
