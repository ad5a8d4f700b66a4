"""What goes wrong on the browser's side: network, storage, other tabs. It is told calmly, and nothing that was done is lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from kapnb import assess
from kapnb.text.explanation import outcome_line
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage, changes
from tests.browser.pages import locate, settle
from tests.browser.test_supervision_page import Visit
from tests.browser.training_sheet import LIBRARY, READ, TrainingSheet
from tests.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tests.served import Served

pytestmark = pytest.mark.browser

WITHIN = 15_000
"""What a page promises: trouble shows so soon."""
FULL = """() => {
    let size = 2 ** 20
    for (let place = 0; size >= 1;) {
        try { localStorage.setItem(`other:${place}`, 'x'.repeat(size)); place += 1 } catch { size = Math.floor(size / 2) }
    }
}"""
FREED = "Object.keys(localStorage).filter(key => key.startsWith('other:')).forEach(key => localStorage.removeItem(key))"
FORBIDDEN = """for (const name of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError') } })
}"""


@pytest.fixture
def relay(server: Served) -> Iterator[Relay]:
    with Relay(server.port) as relay:
        yield relay


def banner(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text=words("shell.silent_title"))


def look_now(*pages: Page) -> None:
    """As when the browser itself learns of the network: a page asks for the server at once, not at its next turn."""
    for page in pages:
        page.evaluate("dispatchEvent(new Event('online'))")


def open_beside(page: Page) -> Page:
    """Another tab of the same visitor."""
    return page.context.new_page()


def verdict(answers: dict[str, str]) -> str:
    """The outcome that the page shows of a case."""
    return outcome_line(assess(answers))


def read_download(page: Page, button: Locator) -> str:
    with page.expect_download() as download:
        button.click()
    return download.value.path().read_text("utf-8")


def expect_agreement(app: AssessPage, answers: dict[str, str]) -> None:
    """Form, explanation and what is kept are of one case."""
    expect(app.outcome).to_have_text(verdict(answers))
    expect(app.page.locator(".kapnb-panel .late")).to_be_empty()
    assert app.answers() == answers
    assert app.kept() == answers


def test_a_network_that_is_cut_and_back(page: Page, relay: Relay) -> None:
    """On two pages it is said within 15 seconds; back again, every step is taken, once, and no click is needed."""
    app = AssessPage(page, relay.url).open().confirm()
    app.answer("outside_scope", "no")
    trainee = TrainingSheet(open_beside(page), relay.url).open().begin(*READ[:2])
    trainee.button("have_read").click()
    expect(trainee.outcome("clarify_first")).to_be_visible()
    pages = [app.page, trainee.page]
    before = app.outcome.inner_text()
    relay.cut()
    answers = {"psychological_assessment": "thorough", "psychotic_disorder": "schizophrenia", "ocd": "no"}
    for name, option in answers.items():
        app.answer(name, option)
    trainee.outcome("clarify_first").check()
    trainee.part("confidence-low").check()
    trainee.part("reason").fill("Said into the void.")
    trainee.part("reason").blur()
    look_now(*pages)
    for one in pages:
        expect(banner(one)).to_contain_text(words("shell.kept"), timeout=WITHIN)
    expect(page.locator(".kapnb-panel .late")).to_have_text(words("page.behind"))
    assert app.outcome.inner_text() == before
    relay.mend()
    look_now(*pages)
    for one in pages:
        expect(banner(one)).to_be_hidden()
    expect(app.outcome).to_have_text(verdict(app.answers()))
    expect_agreement(app, {"outside_scope": "no", **answers})
    trainee.button("to_decide").click()
    trainee.part("finding-none").check()
    trainee.button("lock").click()
    expect(trainee.part("revealed")).to_be_visible()


def test_a_connection_that_died_without_a_word(page: Page, relay: Relay) -> None:
    """Nobody told the browser: answers given into the void are given again, none is lost or counted twice, and none out of turn."""
    page.clock.install()
    app = AssessPage(page, relay.url).open().confirm()
    app.answer("outside_scope", "no")
    expect(app.button("undo")).not_to_have_attribute("aria-disabled", "true")
    relay.swallow()
    answers = {"psychological_assessment": "thorough", "psychotic_disorder": "schizophrenia", "ocd": "no"}
    for name, option in answers.items():
        app.answer(name, option)
    relay.mend()
    page.clock.fast_forward(10_000)  # the page's patience ends, and it makes a new connection
    app.answer("ocd", "yes")
    expect(app.outcome).to_have_text(verdict(app.answers()))
    expect_agreement(app, {"outside_scope": "no", **answers, "ocd": "yes"})
    app.button("undo").click()
    expect(app.option("ocd", "no")).to_be_checked()
    app.button("undo").click()
    expect(page.locator("[data-field=ocd] :checked")).to_have_count(0)
    expect_agreement(app, {"outside_scope": "no", **{name: answers[name] for name in list(answers)[:2]}})


def test_a_network_that_goes_while_a_page_opens(page: Page, relay: Relay) -> None:
    """It is said calmly, and one click opens the page once the network is back, with what was kept."""
    page.goto(relay.url)
    page.evaluate("localStorage.setItem('kapnb:assessment', JSON.stringify({ case: { ocd: 'yes' } }))")
    page.route(re.compile(r"/voila\.js"), lambda route: route.abort())
    page.goto(f"{relay.url}assessment")
    relay.cut()
    look_now(page)
    expect(banner(page)).to_be_visible(timeout=WITHIN)
    page.unroute_all()
    relay.mend()
    banner(page).get_by_role("button").click()
    app = AssessPage(page, relay.url)
    expect(app.option("ocd", "yes")).to_be_checked()


def test_a_step_that_is_pressed_again_is_taken_once(page: Page, relay: Relay) -> None:
    """Whoever presses on while nothing happens finds one step taken, and no judgment lands on another case."""
    page.clock.install()
    one, two = READ[:2]
    trainee = TrainingSheet(page, relay.url).open().begin(one, two)
    trainee.button("have_read").click()
    expect(trainee.outcome("clarify_first")).to_be_visible()
    trainee.button("to_cases").click()
    expect(trainee.part("list")).to_be_visible()
    relay.cut()
    look_now(page)
    expect(banner(page)).to_be_visible(timeout=WITHIN)
    page.clock.fast_forward(3_000)
    for _ in range(2):
        page.locator(".my-cases button").nth(1).click()
    relay.mend()
    look_now(page)
    expect(trainee.part("story")).to_have_text(LIBRARY[two].title)
    expect(banner(page)).to_be_hidden()
    assert json.loads(trainee.kept)["position"] == two


def test_a_full_storage_leaves_what_was_kept(page: Page, server: Served) -> None:
    """On both pages that keep: said once, the older copy stays, a file is one click away, and with room again all is kept."""
    app = AssessPage(page, server.url).open()
    app.answer("outside_scope", "no")
    app.answer("ocd", "no")
    trainee = TrainingSheet(open_beside(page), server.url).open().begin(READ[0])
    trainee.button("have_read").click()
    expect(trainee.outcome("clarify_first")).to_be_visible()
    older = app.kept(), trainee.kept
    page.evaluate(FULL)
    app.answer("psychotic_disorder", "schizophrenia")
    expect(app.unkept).to_contain_text(words("page.no_storage"))
    told = read_download(page, app.unkept.get_by_role("button"))
    assert json.loads(told) == {
        "pack": "begley",
        "edition": LIBRARY.edition.number,
        **older[0],
        "psychotic_disorder": "schizophrenia",
    }
    app.answer("bipolar_disorder", "none")
    settle(page)
    expect(page.locator(".foot")).not_to_contain_text(words("page.kept"))
    trainee.outcome("clarify_first").check()
    note = trainee.page.locator(".kapnb-notices [role=status]")
    expect(note).to_contain_text(words("training_page.no_storage"))
    wanted = trainee.page.evaluate("document.querySelector('#session').dataset.ended")
    assert words("shell.unkept") in wanted
    told = read_download(trainee.page, note.get_by_role("button"))
    assert '"clarify_first"' in told
    assert (app.kept(), trainee.kept) == older
    answers = app.answers()
    page.reload()
    expect(app.option("bipolar_disorder", "none")).to_be_checked()
    assert app.answers() == answers
    app.button("whatif").click()
    app.answer("ocd", "yes")
    expect(app.band).to_contain_text(changes(1))
    page.evaluate(FREED)
    app.band.get_by_role("button", name=words("page.whatif_keep")).click()
    expect(page.locator(".foot")).to_contain_text(words("page.kept"))
    assert app.kept() == {**answers, "ocd": "yes"}
    trainee.part("confidence-low").check()
    expect(note).to_be_empty()
    assert '"low"' in trainee.kept


def test_without_storage_every_page_works(page: Page, server: Served) -> None:
    """Each page that keeps says once that this browser does not, the banner promises nothing, and a file is one click away."""
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.add_init_script(FORBIDDEN)
    app = AssessPage(page, server.url).open().confirm()
    app.answer("ocd", "yes")
    expect(app.unkept).to_contain_text(words("page.no_storage"))
    app.button("forget").click()
    expect(app.notice).to_contain_text(words("page.forgotten"))
    trainee = TrainingSheet(page, server.url).open().begin(READ[0])
    note = page.locator(".kapnb-notices [role=status]")
    trainee.lock()
    expect(note).to_contain_text(words("training_page.no_storage"))
    assert "not_recommended" in read_download(page, note.get_by_role("button"))
    room = Visit(page, server.url).open().confirm().example()
    room.learning.fill("Typed, and not to be lost.")
    told = page.locator(".kapnb-notices").get_by_text(words("supervision_page.no_storage"))
    expect(told).to_be_visible()
    assert read_download(page, told.get_by_role("button")).splitlines() == ["S10", "Typed, and not to be lost."]
    assert words("shell.unkept") in (page.locator("#session").get_attribute("data-silent") or "")
    assert mistakes == []


def test_two_tabs_keep_a_case_each(page: Page, server: Served) -> None:
    """Neither loses its case to the other, nor to an emptied storage; a new tab goes on with the one touched last."""
    one = AssessPage(page, server.url).open()
    two = AssessPage(open_beside(page), server.url).open()
    one.answer("ocd", "no")
    two.answer("bipolar_disorder", "none")
    settle(two.page)
    assert two.kept() == {"bipolar_disorder": "none"}
    one.confirm()
    assert two.kept() == {"bipolar_disorder": "none"}
    page.reload()
    expect(one.option("ocd", "no")).to_be_checked()
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    one.answer("outside_scope", "no")
    assert one.kept() == {"ocd": "no", "outside_scope": "no"}
    two.page.reload()
    expect(two.option("bipolar_disorder", "none")).to_be_checked()
    expect(two.page.locator("[data-field=ocd] :checked")).to_have_count(0)


def test_the_way_back_leads_to_a_living_page(page: Page, server: Served) -> None:
    """After the back button the page answers, and what was typed is there."""
    app = AssessPage(page, server.url).open()
    app.answer("ocd", "no")
    page.goto(locate(server.url, "article"))
    page.go_back()
    expect(app.option("ocd", "no")).to_be_checked()
    app.confirm()
    app.answer("psychotic_disorder", "schizophrenia")
    expect(app.outcome).to_have_text(verdict(app.answers()))
