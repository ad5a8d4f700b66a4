"""The served assessment page in Chromium: answering, explaining, keeping, saving and loading."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import assess, explain, fields
from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import as_text
from kapnb.text.explain import four
from kapnb.text.phrases import outcome_words
from kapnb.text.words import support_words, words
from kapnb.ui.questions import find_asked
from tests.browser.assess_page import KEY, PRACTICE, AssessPage
from tests.browser.pages import list_storage, read_storage, settle
from tests.served import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

    from tests.served import Served

pytestmark = pytest.mark.browser


@pytest.fixture
def app(page: Page, server: Served) -> AssessPage:
    return AssessPage(page, server.url).open()


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


# --- answering


def test_the_first_question_is_visible(app: AssessPage) -> None:
    """The page opens on its first question, and hides those that do not apply yet."""
    expect(app.option("psychological_assessment", "thorough")).to_be_in_viewport()
    expect(app.page.locator("[data-field=ideation_onset]")).to_be_hidden()
    expect(app.page.get_by_role("heading", level=1)).to_be_visible()


def test_a_whole_case_by_keyboard_alone(page: Page, server: Served) -> None:
    """From the first Tab to an outcome without the mouse: the gate, and every question that is asked."""
    app = AssessPage(page, server.url).open()
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
            expect(app.page.locator(".strip .tally")).to_have_text(
                words("page.answered", answered=len(app.answers()), asked=len(find_asked(fields, app.answers())))
            )
        elif held["gate"] == "gate":
            page.keyboard.press("Space")
        elif held["gate"] == "gate-button":
            page.keyboard.press("Enter")
            break
    assert app.answers() == wanted
    expect(app.outcome).to_have_text(outcome_words(Outcome.CONSIDER_WITH_CONDITIONS))


def test_the_outcome_follows_each_deciding_answer(app: AssessPage) -> None:
    """Each answer that decides changes the headline at once; the screen reader hears it with its reason, and nothing else."""
    app.confirm()
    expect(app.outcome).to_have_text(outcome_words(Outcome.CLARIFY_FIRST))
    recorded: dict[str, str] = {}
    for name, option in [
        ("bipolar_disorder", "not_stabilized"),
        ("psychotic_disorder", "schizophrenia"),
        ("psychotic_disorder", "none"),
        ("bipolar_disorder", "none"),
    ]:
        app.answer(name, option)
        recorded[name] = option
        assessment = assess(recorded)
        expect(app.outcome).to_have_text(outcome_words(assessment.outcome))
        expect(app.spoken).to_have_text(outcome_words(assessment.outcome, assessment.reasons))


def test_an_upstream_edit_clears_hidden_answers(app: AssessPage) -> None:
    """Answers that are no longer asked for go from the form and from what is kept; the notice names them and can undo it."""
    app.answer("suicidal_ideation", "passive")
    app.answer("ideation_onset", "newer")
    app.answer("suicidal_ideation", "none")
    expect(app.notice).to_contain_text(fields["ideation_onset"].label)
    expect(app.page.locator("[data-field=ideation_onset]")).to_be_hidden()
    assert app.kept() == {"suicidal_ideation": "none"}
    app.notice.get_by_role("button", name=words("page.undo")).click()
    expect(app.option("ideation_onset", "newer")).to_be_checked()
    expect(app.option("suicidal_ideation", "passive")).to_be_checked()


def test_an_answer_can_go_back_to_not_recorded(app: AssessPage) -> None:
    """The way back names its question, leaves no radio checked and keeps the focus in the question."""
    app.answer("ocd", "yes")
    app.question("ocd").get_by_role("button", name=f"{words('page.take_back')}: {fields['ocd'].question}").click()
    expect(app.question("ocd").get_by_role("radio", checked=True)).to_have_count(0)
    assert app.kept() == {}
    assert app.question("ocd").evaluate("set => set.contains(document.activeElement)")


def test_the_next_unanswered_question_takes_the_focus(app: AssessPage) -> None:
    """The jump goes on from where the reader is, and skips what is answered."""
    app.answer("psychological_assessment", "thorough")
    app.answer("bipolar_disorder", "none")
    app.option("psychological_assessment", "thorough").focus()
    for name in ("psychotic_disorder", "developmental_trauma"):
        app.button("next_unanswered").click()
        expect(app.question(name).get_by_role("radio").first).to_be_focused()


def test_a_section_and_a_case_can_be_emptied(app: AssessPage) -> None:
    """Clear empties one section, New case everything, and Undo brings either back."""
    app.button("examples").click()
    app.page.get_by_role("dialog").get_by_role("button").nth(2).click()
    expect(app.option("suicidal_ideation", "passive")).to_be_checked()
    full = app.answers()
    app.page.get_by_role("region", name="Suicide-related").get_by_role("button", name=words("page.clear")).click()
    expect(app.option("suicide_attempts", "none")).not_to_be_checked()
    expect(app.option("ocd", "no")).to_be_checked()
    app.button("undo").click()
    expect(app.option("suicidal_ideation", "passive")).to_be_checked()
    app.button("new_case").click()
    expect(app.page.get_by_role("radio", checked=True)).to_have_count(0)
    expect(app.page.locator(".about")).to_be_hidden()
    app.button("undo").click()
    expect(app.option("suicidal_ideation", "passive")).to_be_checked()
    assert app.answers() == full


def test_a_jump_leads_to_the_question(app: AssessPage) -> None:
    """The button beside the next question brings its first radio into view and focus."""
    app.confirm()
    app.aside.get_by_role("button", name=words("page.go_to")).first.click()
    held = app.page.evaluate("document.activeElement.closest('[data-field]').dataset.field")
    assert held == assess({}).next_questions[0].field


def test_an_opened_part_stays_open(app: AssessPage) -> None:
    """What the reader opened, and where the focus is, outlive a change of the explanation."""
    app.confirm()
    summary = app.aside.locator("summary").last
    summary.focus()
    app.page.keyboard.press("Enter")
    app.page.evaluate("document.querySelector('[data-field=ocd] input[value=yes]').click()")
    expect(app.aside).to_contain_text("OCD")
    expect(app.aside.locator("details").last).to_have_attribute("open", "")
    expect(app.aside.locator("summary").last).to_be_focused()


# --- the gate and the support wording


def test_nothing_is_evaluated_before_the_gate(app: AssessPage) -> None:
    """Until somebody confirms that the case is invented there is no outcome; the tab remembers, a new visit does not."""
    app.answer("psychotic_disorder", "schizophrenia")
    expect(app.page.get_by_role("checkbox")).to_be_visible()
    expect(app.outcome).to_have_count(0)
    app.page.get_by_role("button", name=words("page.gate_button")).click()
    expect(app.outcome).to_have_count(0)
    app.confirm()
    expect(app.page.get_by_role("checkbox")).to_have_count(0)
    app.open()
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    other = app.page.context.new_page()
    AssessPage(other, app.address.removesuffix("/assessment")).open()
    expect(other.get_by_role("checkbox")).to_be_visible()


@pytest.mark.parametrize("confirmed", [False, True])
def test_support_stands_exactly_when_ideation_is_recorded(app: AssessPage, confirmed: bool) -> None:  # noqa: FBT001
    """Once, and with no way to send it off, while ideation other than none is recorded: before the gate and after it."""
    if confirmed:
        app.confirm()
    support = app.aside.locator(".support")
    for option, times in (("passive", 1), ("none", 0), ("active", 1)):
        app.answer("suicidal_ideation", option)
        expect(support).to_have_count(times)
    expect(support).to_contain_text("988")
    expect(support.get_by_role("button")).to_have_count(0)
    assert app.text().count(support_words()["title"]) == 1


def test_four_sentences_stand_beside_every_outcome(app: AssessPage) -> None:
    """Whose view, what it leaves out, invented cases only, who decides."""
    app.confirm()
    beside = app.aside.locator(".verdict + .four")
    expect(beside).to_be_visible()
    for line in four(assess({})).lines:
        expect(beside).to_contain_text(line.text)


@pytest.mark.parametrize(("name", "whole"), [("V20", 1), ("V30", 0.3)])
def test_what_decides_is_on_the_first_screen(page: Page, server: Served, name: str, whole: float) -> None:
    """At 1280 by 800, below the outcome and the four sentences, in full; with the support for ideation above it, its beginning."""
    page.set_viewport_size({"width": 1280, "height": 800})
    app = AssessPage(page, server.url).open().confirm()
    app.load(json.dumps(PRACTICE[name]))
    (finding,) = assess(PRACTICE[name]).deciding
    page.evaluate("scrollTo(0, 0)")
    expect(app.aside.get_by_text(finding.text)).to_be_in_viewport(ratio=whole)


# --- keeping, saving, loading


def test_answers_survive_a_reload(app: AssessPage) -> None:
    """After a reload the form shows the same answers."""
    app.answer("ocd", "yes")
    app.answer("ocd_preparation", "under_way")
    before = app.answers()
    app.open()
    expect(app.option("ocd_preparation", "under_way")).to_be_checked()
    assert app.answers() == before


def test_forgetting_leaves_nothing_in_the_browser(app: AssessPage) -> None:
    """After "forget" nothing of the case is kept or shown, the page says so, and a reload brings nothing back."""
    app.answer("ocd", "yes")
    app.button("forget").click()
    expect(app.notice).to_contain_text(words("page.forgotten"))
    assert list_storage(app.page) == []
    expect(app.page.get_by_role("radio", checked=True)).to_have_count(0)
    app.open()
    assert app.answers() == {}


def test_a_saved_case_loads_as_it_was(app: AssessPage, tmp_path: Path) -> None:
    """What Save writes, Load reads: answers, title and note, and the same explanation."""
    app.confirm()
    app.button("examples").click()
    app.page.get_by_role("dialog").get_by_role("button").nth(5).click()
    expect(app.option("ocd", "yes")).to_be_checked()
    said, full = app.text(), app.answers()
    with app.page.expect_download() as download:
        app.button("save").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".json"
    app.button("new_case").click()
    expect(app.page.get_by_role("radio", checked=True)).to_have_count(0)
    app.load(file.read_bytes())
    expect(app.option("ocd", "yes")).to_be_checked()
    assert (app.text(), app.answers()) == (said, full)
    expect(app.page.locator(".about")).to_contain_text(json.loads(file.read_text("utf-8"))["title"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"ocd": "maybe", "odc": "yes", "title": 7}', ["ocd", "odc", "title"]),
        ('["ocd"]', ["file"]),
        ("not JSON", ["JSON"]),
        (b"\xff\xfe\x00\x80", ["file"]),
        ("[" * 60_000, ["file"]),
        ('{"note": "call 202-555-0143"}', ["note"]),
        (b"x" * 10_000_000, ["64 KB"]),
    ],
    ids=["names and types", "no object", "no JSON", "no text", "deep", "identifier", "10 MB"],
)
def test_a_bad_file_is_told_in_place(app: AssessPage, content: str | bytes, said: list[str]) -> None:
    """Every problem stands on the page and takes the focus; the answers stay, and nothing of the file is shown."""
    app.answer("ocd", "yes")
    app.load(content)
    for part in said:
        expect(app.trouble).to_contain_text(part)
    expect(app.trouble).to_be_focused()
    expect(app.trouble).to_be_in_viewport()
    assert "Traceback" not in app.page.locator("body").inner_text()
    assert app.answers() == app.kept() == {"ocd": "yes"}
    app.trouble.get_by_role("button", name=words("page.dismiss")).click()
    expect(app.trouble).to_have_count(0)
    expect(app.page.locator(":focus")).to_have_count(1)


def test_markup_in_a_file_is_only_text(app: AssessPage) -> None:
    """A title and a note with markup are shown letter by letter, and nothing in them runs, also after a reload."""
    hostile = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
    app.confirm()
    app.load(json.dumps({"title": hostile, "note": hostile, "vignette": hostile, "ocd": "yes"}))
    expect(app.page.locator(".about h2")).to_have_text(hostile)
    app.open()
    expect(app.page.locator(".about h2")).to_have_text(hostile)
    settle(app.page)
    assert app.page.evaluate("window.ran === undefined")
    assert app.page.locator(".kapnb img, .kapnb script").count() == 0


def test_markup_among_the_problems_is_only_text(app: AssessPage) -> None:
    """A hostile key or option is repeated as text."""
    app.load(json.dumps({"<img src=x onerror=window.ran=1>": "x", "ocd": "<script>window.ran=1</script>"}))
    expect(app.trouble).to_contain_text("ocd")
    assert app.page.evaluate("window.ran === undefined")
    assert app.page.locator(".kapnb img, .kapnb script").count() == 0


def test_a_lost_session_loses_no_answer(page: Page, server: Served) -> None:
    """When nothing reaches the session any more, answers still show, and are there after a reload, in their order."""
    lost: list[bool] = []

    def pass_on(socket: WebSocketRoute) -> None:
        far = socket.connect_to_server()
        socket.on_message(lambda message: None if lost else far.send(message))

    page.route_web_socket(re.compile("/channels"), pass_on)
    app = AssessPage(page, server.url).open()
    app.answer("outside_scope", "no")
    expect(page.locator(".strip .tally")).to_contain_text("1 of")
    lost.append(True)
    app.answer("ocd", "yes")
    expect(app.option("ocd", "yes")).to_be_checked()
    app.answer("psychotic_disorder", "none")
    app.answer("psychotic_disorder", "schizophrenia")
    lost.clear()
    app.open()
    assert app.kept() == {"outside_scope": "no", "psychotic_disorder": "schizophrenia", "ocd": "yes"}
    assert app.answers() == app.kept()
    expect(app.page.locator("[data-field=ocd_preparation]")).to_be_visible()


def garble(page: Page, sent: bytes, garbled: bytes) -> None:
    """From here on the page sends something else, of the same length."""
    assert len(sent) == len(garbled)

    def pass_on(socket: WebSocketRoute) -> None:
        far = socket.connect_to_server()
        socket.on_message(lambda said: far.send(said.replace(sent, garbled) if isinstance(said, bytes) else said))

    page.route_web_socket(re.compile("/channels"), pass_on)


def test_the_number_on_the_page_stands_in_the_servers_log(page: Page, server: Served) -> None:
    """Under the number of a trouble the log tells the kind and the place, and repeats nothing of the case or the message."""
    garble(page, b'"value":"incomplete"', b'"value":"Ms.Sample1"')
    app = AssessPage(page, server.url).open()
    app.answer("psychotic_disorder", "schizophrenia")
    app.answer("psychological_assessment", "incomplete")
    expect(app.trouble).to_contain_text(words("page.trouble"))
    found = re.search(words("page.trouble_number", number="([0-9a-f]{8})"), app.trouble.inner_text())
    assert found
    log = wait_for(lambda: server.log.read_text().partition(f"error {found[1]} (assessment)\n")[2], 5)
    assert "ValueError\n" in log
    assert "kapnb.ui.assessment_state, line" in log
    assert not re.search(r"Ms\.Sample1|schizophrenia|psycholog", server.log.read_text())
    settle(page)
    assert app.answers() == {"psychotic_disorder": "schizophrenia"}


def leave_behind(app: AssessPage, kept: object) -> None:
    """As an earlier version of the page would have."""
    settle(app.page)
    app.page.evaluate("([key, text]) => { sessionStorage.clear(); localStorage.setItem(key, text) }", [KEY, json.dumps(kept)])


def test_a_kept_case_that_cannot_be_read_is_set_aside(page: Page, server: Served, tmp_path: Path) -> None:
    """The page says so calmly and starts empty; what was kept stays, over answers and reloads, and can be had as a file."""
    app = AssessPage(page, server.url).open()
    old = {"ocd": "<b>", "a_field_of_old": "yes", "title": "An invented case"}
    leave_behind(app, old)
    app.open()
    expect(app.trouble).to_contain_text(words("page.problems_kept"))
    expect(app.trouble).to_contain_text("a_field_of_old")
    app.answer("ocd", "no")
    assert app.kept() == {"ocd": "no"}
    app.open()
    expect(app.option("ocd", "no")).to_be_checked()
    expect(app.set_aside).to_have_count(1)
    with page.expect_download() as download:
        app.set_aside.get_by_role("button", name=words("page.aside_save")).click()
    download.value.save_as(tmp_path / "aside.json")
    assert json.loads((tmp_path / "aside.json").read_text("utf-8")) == old
    app.set_aside.get_by_role("button", name=words("page.aside_forget")).click()
    expect(app.set_aside).to_have_count(0)
    assert list_storage(page) == [KEY]


def test_cases_set_aside_push_no_other_out(page: Page, server: Served) -> None:
    """A second one stands beside the first, a what-if too; forgetting the case forgets them all."""
    app = AssessPage(page, server.url).open()
    leave_behind(app, {"case": {"ocd": "no"}, "recorded": {"old": "2"}})
    app.open()
    expect(app.set_aside).to_have_count(1)
    leave_behind(app, {"old": "3"})
    app.open()
    expect(app.set_aside).to_have_count(2)
    page.reload()
    expect(app.set_aside).to_have_count(2)
    app.button("forget").click()
    expect(app.notice).to_contain_text(words("page.forgotten"))
    expect(app.set_aside).to_have_count(0)
    assert list_storage(page) == []


def test_what_cannot_be_set_aside_stays_where_it_is(page: Page, server: Served) -> None:
    """With no room left in the browser, the unreadable case is not written over."""
    app = AssessPage(page, server.url).open()
    leave_behind(app, {"old": "1"})
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
    app.open()
    expect(app.unkept).to_contain_text(words("page.no_storage"))
    app.answer("ocd", "no")
    expect(page.locator(".strip .tally")).to_contain_text("1 of")
    assert read_storage(page, KEY) == '{"old": "1"}'


@pytest.mark.parametrize("case_id", ["V04", "V08", "V12", "V19", "V26", "V30"])
def test_the_page_says_what_the_api_says(app: AssessPage, case_id: str) -> None:
    """For the same case the page and `kapnb explain` give the same words, none missing."""
    app.confirm()
    app.load(json.dumps(PRACTICE[case_id]))
    blocks = explain(assess(PRACTICE[case_id]))
    expect(app.outcome).to_have_text(blocks[0].title)
    expect(app.option("ocd", PRACTICE[case_id]["ocd"])).to_be_checked()
    shown = squeeze(app.text())
    for line in as_text(blocks, width=10_000).splitlines():
        for part in re.split(r" \[|\](?: \[)?", line.strip()):
            assert squeeze(part) in shown, part


def test_a_note_says_what_the_page_says(app: AssessPage, tmp_path: Path) -> None:
    """Once the gate is passed, the note that is saved has the outcome and the deciding findings on view, and opens by itself."""
    expect(app.button("note")).to_have_attribute("aria-disabled", "true")
    app.confirm()
    for case_id in ("V04", "V12", "V28"):
        app.load(json.dumps({**PRACTICE[case_id], "title": f"Case {case_id}"}))
        expect(app.outcome).to_have_text(explain(assess(PRACTICE[case_id]))[0].title)
        outcome, deciding = app.outcome.inner_text(), app.aside.locator(".panel.deciding > ul > li > p").all_inner_texts()
        with app.page.expect_download() as download:
            app.button("note").click()
        name = download.value.suggested_filename
        assert name == f"kapnb-case-{case_id.lower()}.html"
        expect(app.notice).to_contain_text(words("page.saved", name=name))
        download.value.save_as(tmp_path / name)
        note = app.page.context.new_page()
        note.goto((tmp_path / name).as_uri())
        expect(note.get_by_role("heading", level=1)).to_have_text(f"Case {case_id}")
        expect(note.locator(".outcome h2")).to_have_text(outcome)
        said = squeeze(note.locator(".deciding").inner_text())
        assert deciding
        assert all(squeeze(line) in said for line in deciding)
        note.close()


# --- any screen, any host


def test_a_phone_needs_no_sideways_scroll(page: Page, server: Served) -> None:
    """At 390 px everything fits, the bar at the foot says the outcome, and Why leads to it."""
    page.set_viewport_size({"width": 390, "height": 844})
    app = AssessPage(page, server.url).open()
    bar = page.locator(".bar")
    expect(bar).to_contain_text(words("page.gate_bar"))
    bar.get_by_role("button").click()
    expect(page.get_by_role("checkbox")).to_be_focused()
    app.confirm()
    app.answer("bipolar_disorder", "not_stabilized")
    app.option("psychological_assessment", "thorough").scroll_into_view_if_needed()
    expect(bar).to_contain_text(outcome_words(Outcome.NOT_AT_PRESENT))
    expect(bar).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    bar.get_by_role("button", name=words("page.why")).click()
    expect(app.outcome).to_be_in_viewport()
    for summary in app.aside.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_focus_is_never_hidden_under_what_sticks(page: Page, server: Served) -> None:
    """On a phone, with the strip above and the bar below, the control that has the focus can be seen."""
    page.set_viewport_size({"width": 390, "height": 844})
    AssessPage(page, server.url).open().confirm()
    page.locator(".strip .row button").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        covered = page.evaluate(
            """() => { const e = document.activeElement, r = e.getBoundingClientRect();
               const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
               return top?.closest('.strip, .bar') && !e.closest('.strip, .bar') ? e.outerHTML : null }"""
        )
        assert covered is None, covered


def test_no_request_leaves_the_server(page: Page, server: Served) -> None:
    """Opening the page, answering and loading ask nothing of any other host."""
    foreign: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith((server.url, "data:", "blob:")) else foreign.append(request.url)
    )
    app = AssessPage(page, server.url).open().confirm()
    app.answer("suicidal_ideation", "active")
    app.load(json.dumps(PRACTICE["V28"]))
    expect(app.option("ocd", "yes")).to_be_checked()
    assert foreign == []


def test_paper_shows_answers_and_explanation(app: AssessPage) -> None:
    """Printed, the page has each answer, "not recorded" for the others, every part of the explanation, and no control."""
    app.confirm()
    app.answer("bipolar_disorder", "not_stabilized")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    app.page.emulate_media(media="print")
    app.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(app.page.get_by_text(fields["bipolar_disorder"].option("not_stabilized").label, exact=True).first).to_be_visible()
    expect(app.page.get_by_text(fields["bipolar_disorder"].option("stabilized").label, exact=True).first).to_be_hidden()
    expect(app.question("ocd").get_by_text(words("page.not_recorded"), exact=True)).to_be_visible()
    expect(app.page.get_by_role("button")).to_have_count(0)
    assert app.page.locator("details:not([open])").count() == 0
    app.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert app.page.locator("details[open]").count() == 0
