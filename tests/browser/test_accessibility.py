"""The assessment page for somebody who does not see it, or sees it otherwise."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from kapnb import fields
from kapnb.engine.outcomes import Outcome
from kapnb.text.phrases import outcome_words, sentence
from kapnb.text.words import words
from kapnb.ui.assessment import AssessmentPage
from kapnb.ui.page import Event
from kapnb.ui.widget import HtmlView
from tests.browser.assess_page import READINGS, AssessPage, changes
from tests.browser.pages import barriers, settle
from tests.served import Served
from tests.strategies import PRACTICE

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
STRAYS = """view => ["for", "aria-labelledby", "aria-describedby", "data-opens", "data-sheet"].flatMap(name =>
    [...view.querySelectorAll(`[${name}]`)].flatMap(one => one.getAttribute(name).split(" "))
).filter(id => !view.contains(document.getElementById(id)))"""


def test_axe_finds_no_barrier(app: AssessPage) -> None:
    """No violation of WCAG 2.2 A and AA: wide, a what-if, readings and help; narrow, trouble, and the sheet with its folds."""
    app.load_example(5)
    app.button("whatif").click()
    app.choose("features_needed", "two_or_more")
    app.answer("suicide_attempts", "repeated_past")
    expect(app.band).to_contain_text(changes(2))
    assert [barriers(app.page, part) for part in (".kapnb-form", ".kapnb-panel")] == [[], []]
    app.readings.locator("> summary").click()
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    app.page.set_viewport_size({"width": 390, "height": 5_000})  # so that the bar covers nothing
    app.load('{"ocd": "maybe"}')
    expect(app.trouble).to_be_focused()
    assert barriers(app.page) == []
    app.bar.click()
    for summary in app.aside.locator("summary").all():
        summary.click()
    assert barriers(app.page) == []
    assert app.width() <= 390


def test_a_whole_case_by_keyboard_alone(page: Page, server: Served) -> None:
    """From the first Tab to an outcome without the mouse: the gate is the first stop of the page, then every question.

    Nothing is waited for before Tab: a question that an answer brings is not jumped over, however late the answer is heard.
    """
    app = AssessPage(page, server.url).open()
    assert barriers(page) == []
    wanted = PRACTICE["V28"]
    while not page.evaluate("document.querySelector('.kapnb-page').contains(document.activeElement)"):
        page.keyboard.press("Tab")
    expect(app.gate).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(400):
        page.keyboard.press("Tab")
        settle(page)
        held = page.evaluate(
            """() => { const e = document.activeElement, set = e.closest('[data-field]');
               return {field: e.type === 'radio' ? set.dataset.field : null, tool: e.dataset.action,
                       options: set ? [...set.querySelectorAll('input')].map(i => i.value) : []} }"""
        )
        if held["field"]:
            page.keyboard.press("Space")
            for _ in range(held["options"].index(wanted[held["field"]])):
                page.keyboard.press("ArrowDown")
        elif held["tool"] == "whatif":
            break
    assert app.answers() == wanted
    expect(app.outcome).to_have_text(outcome_words(Outcome.CONSIDER_WITH_CONDITIONS))


def test_help_opens_in_its_row_by_keyboard(app: AssessPage) -> None:
    """Before the options, by Enter; an answer leaves it open; a screen reader has each option's help in any case."""
    help_ = app.question("psychotic_disorder").locator("summary")
    told = app.question("psychotic_disorder").get_by_text(fields["psychotic_disorder"].help)
    expect(told).to_be_hidden()
    help_.focus()
    app.page.keyboard.press("Enter")
    expect(told).to_be_visible()
    for _ in app.question("psychotic_disorder").locator(".help .term").all():  # the instruments have entries
        app.page.keyboard.press("Tab")
        expect(help_).not_to_be_focused()
    app.page.keyboard.press("Tab")
    expect(app.option("psychotic_disorder", "none")).to_be_focused()
    app.page.keyboard.press("ArrowDown")
    expect(app.option("psychotic_disorder", "schizophrenia")).to_be_checked()
    settle(app.page)
    expect(told).to_be_visible()
    other = fields["psychotic_disorder"].option("other_primary")
    expect(app.option("psychotic_disorder", other.name)).to_have_accessible_description(other.help)


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
    app.readings.locator("> summary").focus()
    for key in ("Enter", "Tab", "Tab", "Tab", "ArrowDown"):  # past the control that puts all back, and the help
        press(key)
    name, reading = next(iter(READINGS.items()))
    expect(app.choice(name, reading.choices[1].name)).to_be_checked()


def test_the_tree_shows_group_name_radios_and_state(app: AssessPage) -> None:
    """A question is a group: its label is the name, question and help the description; native radios say their state."""
    app.answer("ocd", "yes")
    expect(app.question("ocd")).to_match_aria_snapshot(
        f"""
        - group "{sentence(fields["ocd"].label)}":
          - group: "?"
          - radio "No"
          - radio "Yes" [checked]
          - 'button "{words("page.clear_of", label=sentence(fields["ocd"].label))}"'
        """
    )
    expect(app.question("ocd").locator("summary")).to_have_accessible_name(words("page.help", label=sentence(fields["ocd"].label)))
    expect(app.question("ocd")).to_have_accessible_description(re.compile(re.escape(fields["ocd"].help)))
    for said in (fields["ocd"].question, words("page.instruments", names=", ".join(fields["ocd"].instruments))):
        expect(app.question("ocd").locator(".help")).to_contain_text(said)
    app.readings.locator("> summary").click()
    name, reading = next(iter(READINGS.items()))
    expect(app.reading(name)).to_have_accessible_description(reading.why)
    default = reading.choice(reading.default)
    expect(app.choice(name, default.name)).to_have_accessible_description(f"{default.direction} {default.text}")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_target_is_large_enough(app: AssessPage, width: int) -> None:
    """Everything to press on the form is at least 44 px high and wide, a radio with its option."""
    app.page.set_viewport_size({"width": width, "height": 844})
    app.answer("ocd", "yes")
    small = app.page.evaluate(
        """() => [...document.querySelectorAll('.kapnb-page :is(button, summary, .option, label.invented)')]
           .filter(e => !e.matches('.jump, .term, .tag, .badge')) // in a line of text
           .filter(e => e.checkVisibility({visibilityProperty: true}))
           .map(e => [e.outerHTML, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44).map(([t]) => t)"""
    )
    assert small == []


@pytest.mark.parametrize("width", [1280, 768, 640, 390])
def test_nobody_scrolls_sideways(app: AssessPage, width: int) -> None:
    """On a screen, a tablet, a phone, and at 200 % zoom, which is half the window; in a what-if, with a reading and help."""
    app.page.set_viewport_size({"width": width, "height": 844})
    assert app.width() <= width
    app.begin_what_if()
    app.choose("features_needed", "with_bpd_diagnosis")
    app.question("outside_scope").locator("summary").click()
    app.answer("psychotic_disorder", "secondary_or_unclear")
    assert app.width() <= width


@pytest.mark.parametrize(("width", "most"), [(1280, 2_400), (390, 4_500)])
def test_the_page_is_short_before_it_is_answered(page: Page, server: Served, width: int, most: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    app = AssessPage(page, server.url).open()
    height = "document.documentElement.scrollHeight"
    assert 844 < page.evaluate(height) <= most
    app.confirm()
    assert 844 < page.evaluate(height) <= most


def test_the_focus_is_never_hidden_under_what_sticks(app: AssessPage) -> None:
    """On a phone, with the band above and the bar below, the control that has the focus can be seen, both ways."""
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.begin_what_if("V12")
    app.band.get_by_role("button").first.focus()
    for key in ["Tab"] * 30 + ["Shift+Tab"] * 30:
        app.page.keyboard.press(key)
        assert app.page.evaluate(COVERED) is None


def test_forced_colors_keep_what_is_chosen_visible(app: AssessPage) -> None:
    """In a high-contrast theme the chosen option differs by more than color, and the outcome keeps its mark."""
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
    for event in (Event("confirm", value=True), Event("whatif"), Event("record", "ocd", "yes")):
        made.act(event)
    state = made.widget.get_state()
    page.evaluate(RENDER, [HtmlView._esm, [{name: state[name] for name in state if name[0] != "_"}] * 2])
    views = page.locator(".kapnb-page").all()
    for view in views:
        view.locator("[data-field=bpd_diagnosis] label").first.click()
        expect(view.locator("[data-field=bpd_diagnosis] :checked")).to_have_count(1)
    expect(page.locator("[data-field=bpd_diagnosis] :checked")).to_have_count(2)
    assert [view.evaluate(STRAYS) for view in views] == [[], []]
