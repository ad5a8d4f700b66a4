"""The script of the view by itself, on an empty document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from kapnb.ui.assessment import AssessmentPage
from kapnb.ui.page import Event
from kapnb.ui.widget import HtmlView

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
