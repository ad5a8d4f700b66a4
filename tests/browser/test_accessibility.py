"""The assessment page for somebody who does not see it, or sees it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import fields
from kapnb.engine.outcomes import Outcome
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.assessment import AssessmentPage
from kapnb.ui.page import Event
from kapnb.ui.questions import find_asked
from kapnb.ui.widget import HtmlView
from tests.browser.assess_page import PRACTICE, READINGS, AssessPage, changes
from tests.browser.pages import barriers

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.served import Served

pytestmark = pytest.mark.browser

COVERED = """() => {
    const e = document.activeElement, r = e.getBoundingClientRect()
    const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)
    return top?.closest('.strip, .bar') && !e.closest('.strip, .bar') ? e.outerHTML : null
}"""

RENDER = """async ([script, states]) => {
    for (const state of states) {
        const { default: { render } } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))
        const model = { get: (name) => state[name], send() {}, on() {}, off() {} }
        render({ model, el: document.body.appendChild(document.createElement("div")) })
    }
}"""
STRAYS = """view => ["for", "aria-labelledby", "aria-describedby", "data-opens"].flatMap(name =>
    [...view.querySelectorAll(`[${name}]`)].flatMap(one => one.getAttribute(name).split(" "))
).filter(id => !view.contains(document.getElementById(id)))"""


def test_axe_finds_no_barrier(app: AssessPage) -> None:
    """No violation of WCAG 2.2 A and AA: the dialog; wide, a what-if and the readings; narrow, trouble and all that is folded."""
    app.button("examples").click()
    assert barriers(app.page, "dialog") == []
    app.page.get_by_role("dialog").get_by_role("button").nth(5).click()
    app.button("whatif").click()
    app.choose("features_needed", "two_or_more")
    app.answer("suicide_attempts", "repeated_past")
    expect(app.band).to_contain_text(changes(2))
    expect(app.page.locator(".bar")).to_contain_text(words("page.whatif_mode"))
    assert [barriers(app.page, part) for part in (".strip", ".kapnb-panel", ".readings")] == [[], [], []]
    app.readings.locator("summary").click()
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.load('{"ocd": "maybe"}')
    expect(app.trouble).to_be_focused()
    for summary in app.aside.locator("summary").all():
        summary.click()
    assert barriers(app.page) == []
    assert app.width() <= 390


def test_a_whole_case_by_keyboard_alone(page: Page, server: Served) -> None:
    """From the first Tab to an outcome without the mouse: every question that is asked, and the gate, which has no barrier."""
    app = AssessPage(page, server.url).open()
    assert barriers(page, ".answer") == []
    wanted = PRACTICE["V28"]
    for _ in range(400):
        page.keyboard.press("Tab")
        held = page.evaluate(
            """() => { const e = document.activeElement, set = e.closest('[data-field]');
               return {field: e.type === 'radio' ? set.dataset.field : null, gate: e.dataset.key ?? null,
                       options: set ? [...set.querySelectorAll('input')].map(i => i.value) : []} }"""
        )
        if held["field"]:
            page.keyboard.press("Space")
            for _ in range(held["options"].index(wanted[held["field"]])):
                page.keyboard.press("ArrowDown")
            expect(app.option(held["field"], wanted[held["field"]])).to_be_checked()
            answered = app.answers()
            expect(app.tally).to_have_text(words("page.answered", answered=len(answered), asked=len(find_asked(fields, answered))))
        elif held["gate"] == "gate":
            page.keyboard.press("Space")
        elif held["gate"] == "gate-button":
            page.keyboard.press("Enter")
            break
    assert app.answers() == wanted
    expect(app.outcome).to_have_text(outcome_words(Outcome.CONSIDER_WITH_CONDITIONS))


def test_a_what_if_and_a_reading_by_keyboard_alone(app: AssessPage) -> None:
    """Begin, change an answer, and go back; then the card of readings opens with Enter, and the arrows choose."""
    press = app.page.keyboard.press
    app.button("whatif").focus()
    press("Enter")
    expect(app.band).to_be_visible()
    app.option("psychotic_disorder", "none").focus()
    press("Space")
    press("ArrowDown")
    expect(app.spoken).to_have_text(words("page.whatif_line", outcome=outcome_words(Outcome.NOT_RECOMMENDED)))
    app.band.get_by_role("button", name=words("page.whatif_back")).focus()
    press("Enter")
    expect(app.band).to_be_hidden()
    assert app.answers() == {}
    app.readings.locator("summary").focus()
    for key in ("Enter", "Tab", "Tab", "ArrowDown"):  # past the control that puts all back
        press(key)
    name, reading = next(iter(READINGS.items()))
    expect(app.choice(name, reading.choices[1].name)).to_be_checked()


def test_the_tree_shows_group_name_radios_and_state(app: AssessPage) -> None:
    """A question is a group with the question as its name, its help as its description, and native radios that say their state."""
    app.answer("ocd", "yes")
    expect(app.question("ocd")).to_match_aria_snapshot(
        f"""
        - group "{fields["ocd"].question}":
          - radio "No"
          - radio "Yes" [checked]
          - 'button "{words("page.take_back")}: {fields["ocd"].question}"'
        """
    )
    instruments = words("page.instruments", names=", ".join(fields["ocd"].instruments))
    expect(app.question("ocd")).to_have_accessible_description(f"{fields['ocd'].help} {instruments}")
    app.readings.locator("summary").click()
    name, reading = next(iter(READINGS.items()))
    expect(app.reading(name)).to_have_accessible_description(reading.why)
    default = reading.choice(reading.default)
    expect(app.choice(name, default.name)).to_have_accessible_description(f"{words('page.default')} {default.text}")


def test_every_target_is_large_enough(app: AssessPage) -> None:
    """Everything to press is at least 24 px high and wide, a radio with its card."""
    app.answer("ocd", "yes")
    small = app.page.evaluate(
        """() => [...document.querySelectorAll('.kapnb :is(button, summary, .option, .gate label)')]
           .filter(e => e.checkVisibility({visibilityProperty: true}))
           .map(e => [e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"""
    )
    assert small == []


def test_a_phone_and_twice_the_size_need_no_sideways_scroll(app: AssessPage) -> None:
    """At 390 px, and at 200 % zoom, which is half the window; the bar at the foot says the outcome, and Why leads to it."""
    app.page.set_viewport_size({"width": 640, "height": 450})
    assert app.width() <= 640
    app.page.set_viewport_size({"width": 390, "height": 844})
    bar = app.page.locator(".bar")
    app.answer("bipolar_disorder", "not_stabilized")
    app.option("psychological_assessment", "thorough").scroll_into_view_if_needed()
    expect(bar).to_contain_text(outcome_words(Outcome.NOT_AT_PRESENT))
    expect(bar).to_be_in_viewport()
    assert app.width() <= 390
    bar.get_by_role("button", name=words("page.why")).click()
    expect(app.outcome).to_be_in_viewport()


def test_the_focus_is_never_hidden_under_what_sticks(app: AssessPage) -> None:
    """On a phone, with the band and strip above and the bar below, the control that has the focus can be seen, both ways."""
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.begin_what_if("V12")
    app.page.locator(".strip .row button").focus()
    for key in ["Tab"] * 30 + ["Shift+Tab"] * 30:
        app.page.keyboard.press(key)
        assert app.page.evaluate(COVERED) is None


def test_forced_colors_keep_what_is_chosen_visible(app: AssessPage) -> None:
    """In a high-contrast theme the chosen card differs by more than color, and the outcome keeps its mark."""
    app.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    app.answer("ocd", "yes")
    widths = app.question("ocd").locator(".option").evaluate_all("all => all.map(e => getComputedStyle(e).borderTopWidth)")
    assert len(set(widths)) == 2
    app.answer("psychotic_disorder", "schizophrenia")
    mark = app.outcome.locator(".om")
    assert mark.evaluate("one => getComputedStyle(one, '::before').backgroundColor === getComputedStyle(one).color")


def test_two_views_of_a_page_on_one_document_share_no_id(page: Page) -> None:
    """In JupyterLab a cell can be run twice: a label leads to its own view, and radio buttons of one leave the other's alone."""
    made = AssessmentPage()
    for event in (Event("confirm"), Event("whatif"), Event("record", "ocd", "yes")):
        made.act(event)
    state = made.widget.get_state()
    page.evaluate(RENDER, [HtmlView._esm, [{name: state[name] for name in state if name[0] != "_"}] * 2])
    views = page.locator(".kapnb-page").all()
    for view in views:
        view.locator("[data-field=bpd_diagnosis] label").first.click()
        expect(view.locator("[data-field=bpd_diagnosis] :checked")).to_have_count(1)
    expect(page.locator("[data-field=bpd_diagnosis] :checked")).to_have_count(2)
    assert [view.evaluate(STRAYS) for view in views] == [[], []]
