"""The pages without a server: they do what the served pages do, ask nobody for anything, and lose nothing.

Each browser meets the folder and the one file, and each of the two long visits both browsers.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kapnb import assess
from kapnb.paths import notebooks
from kapnb.room.codes import code_of_set, find_signs, read_signs
from kapnb.serve.pages import read_pages
from kapnb.tables.read import read_judgments
from kapnb.text.explanation import outcome_line
from kapnb.text.words import words
from kapnb.training.links import find_link, read_link, write_link
from tests.browser.pages import barriers, settle, visit
from tests.browser.training_sheet import WRONG, TrainingSheet
from tests.site.conftest import EDITION, HOLD, Host, Site

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]  # Python starts several times

READY = "html[data-python=ready]"


@pytest.mark.parametrize("site", ["firefox folder", "browser one_file"], indirect=True)
def test_a_case_is_explained_as_in_python_and_never_lost(site: Site) -> None:
    """Answered before Python is there, explained once it is, back after the worker was killed, and saved.

    By then the host has nothing for brotli: a browser that knows it takes gzip.
    """
    app, page = site.assess(), site.page
    page.clock.install()
    page.goto(app.address)
    app.answer("ocd", "yes")
    assert page.locator(READY).count() == 0
    expect(page.get_by_role("status").filter(has_text=words("site.opening"))).to_be_visible()
    settle(page)
    app.confirm()
    app.answer("psychotic_disorder", "schizophrenia")
    settle(page)
    case = {"psychotic_disorder": "schizophrenia", "ocd": "yes"}
    assert app.answers() == case
    expect(app.outcome).to_have_text(outcome_line(assess(case)))
    assert site.complaints == []
    if site.host:
        expect_smallest_files(page, site.host)
        site.host.lacks = ".br"

    page.evaluate("started.terminate()")
    app.answer("substance_use_disorder", "active")
    page.clock.run_for(20_000)
    banner = page.get_by_role("alert").filter(has_text=words("site.ended_title"))
    expect(banner).to_be_visible()
    banner.get_by_role("button").click()
    settle(page)
    case |= {"substance_use_disorder": "active"}
    assert app.answers() == case
    if not is_firefox(page):  # playwright hears of no download there
        assert json.loads(app.save().read_text("utf-8")).items() >= case.items()
    if site.host:
        assert [size > 0 for address, size in site.host.asked[-6:] if address.endswith(".gz")] == [True] * 3


def expect_smallest_files(page: Page, host: Host) -> None:
    """A first visit loads no more than a build promises, and brotli where the browser takes it."""
    knows = page.evaluate("() => { try { return !!new DecompressionStream('brotli') } catch { return false } }")
    assert knows or not is_firefox(page)
    assert sum(size for _, size in host.asked) < 8_000_000
    packed = [address for address, _ in host.asked if ".zip." in address or ".wasm." in address]
    assert [address.rsplit(".", 1)[1] for address in packed] == ["br" if knows else "gz"] * 3


def is_firefox(page: Page) -> bool:
    return bool(page.context.browser and page.context.browser.browser_type.name == "firefox")


@pytest.mark.parametrize("site", ["browser with_snapshot", "firefox one_file"], indirect=True)
def test_a_set_goes_out_by_link_and_comes_back_as_signs_and_as_a_table(site: Site, tmp_path: Path) -> None:
    """No server and no barrier: one prepares a set, another judges it and hands it over, and reads the article in between.

    In one file axe looks once, when most of its pages are there.
    """
    page, axe = site.page, bool(site.host)
    page.goto(site.addresses["index"])
    look(site, axe=axe)
    page.locator("main:visible a[href*=sets]").first.click()
    settle(page)
    look(site, axe=axe)
    page.get_by_role("checkbox", name=words("sets_page.gate_confirm")).click()
    page.locator(".presets button").first.click()
    settle(page)
    look(site, axe=axe)
    link = page.locator("#sets-link").inner_text()
    given, _ = read_link(find_link(link[link.index("?") :]), EDITION)
    if not site.host:  # the file lies elsewhere on each machine
        assert link.startswith("#training?set=")
        link = site.addresses["index"] + link

    visit(page, link)
    settle(page)
    sheet = TrainingSheet(page, "")
    expect(page.locator(".my-cases li")).to_have_count(len(given))
    sheet.start()
    sheet.lock()
    look(site, axe=axe)
    if not site.host:
        read_article(site)
    sheet.button("to_cases").click()
    sheet.fold("export").click()
    page.get_by_label(words("training_page.label"), exact=True).press_sequentially("R1")
    sheet.button("export_signs").click()
    (signs,) = find_signs(page.locator(".export li").inner_text().split(": ")[-1])
    read = read_signs(code_of_set(write_link(given, EDITION)), signs)
    assert read
    assert (given[read.case], str(read.outcome), str(read.confidence)) == (given[0], WRONG, "high")
    table = tmp_path / "judgments.csv"
    if is_firefox(page):  # playwright hears of no download there
        sheet.button("export_judgments").click()
        table.write_text(page.evaluate("handed.text()"))
    else:
        with page.expect_download() as exported:
            sheet.button("export_judgments").click()
        exported.value.save_as(table)
    (row,) = read_judgments(table).to_dict("records")
    assert (row["case_id"], row["rater"], row["outcome"]) == (given[0], "R1", WRONG)
    assert site.complaints == []


def read_article(site: Site) -> None:
    """And back; in one file nothing is loaded for it."""
    page = site.page
    page.locator("main:visible a[href*='article']").first.click()
    expect(page.locator("main:visible h1")).to_have_text(read_title("article"))
    settle(page)
    look(site)
    expect(page.locator(":target")).to_be_in_viewport()
    page.go_back()
    settle(page)


def read_title(name: str) -> str:
    return next(one.title for one in read_pages(notebooks()) if one.name == name)


def look(site: Site, *, axe: bool = True) -> None:
    page = site.page
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert width > 390 or not axe or barriers(page) == []
    assert [one for one in page.evaluate(LINKS) if one.startswith("file:") or not page.request.get(one).ok] == []
    text = page.locator("main:visible").inner_text().lower()
    assert "server" not in text.replace(words("site.left_out").lower(), "")


LINKS = """() => {
    const links = [...document.links].filter(link => !link.closest("main[hidden]")).map(link => link.href.split("#"))
    const leads = ([address, place = ""]) => address.split("?")[0] === location.href.split(/[?#]/)[0] &&
        (document.querySelector(`main[data-page="${place.split("/")[0]}"]`) ?? document.getElementById(place))
    const asked = links.filter(one => one[0].startsWith("http:") || one[0].startsWith("file:") && !leads(one))
    return [...new Set(asked.map(([address]) => address))]
}"""
"""The addresses to which a page leads on its host; of the one file only what leads nowhere."""


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(HOLD)
    yield page
    context.close()


def test_a_file_that_was_changed_is_not_run(folder: Path, tmp_path: Path, visitor: Page) -> None:
    """As where another edition lies beside a page that the browser kept: a reload fetches what belongs together."""
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    for path in changed.glob("kapnb.*.zip.br"):
        path.unlink()
    (packed,) = changed.glob("kapnb.*.zip.gz")
    before = packed.read_bytes()
    packed.write_bytes(gzip.compress(gzip.decompress(before), 1))  # whatever is in it: it is another file
    banner = visitor.get_by_role("alert").filter(has_text=words("site.ended_title"))
    with Host(changed) as host:
        visitor.goto(host.address("assessment"))
        expect(banner).to_be_visible()
        packed.write_bytes(before)
        with visitor.expect_navigation():
            banner.get_by_role("button").click()
        settle(visitor)


def test_a_browser_that_is_too_old_is_told(folder: Path, visitor: Page) -> None:
    visitor.add_init_script("delete window.WebAssembly")
    with Host(folder) as host:
        visitor.goto(host.address("assessment"))
        expect(visitor.get_by_text(words("site.unfit"))).to_be_visible()


def test_the_manifest_is_a_page(folder: Path, visitor: Page) -> None:
    with Host(folder) as host:
        visitor.goto(host.address("manifest"))
        listed = json.loads((folder / "manifest.json").read_text())
        expect(visitor.get_by_role("row")).to_have_count(len(listed["files"]) + 1)
        assert barriers(visitor) == []
