"""The served assessment page in Chromium: answering, explaining, keeping, saving and loading."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import assess, fields
from kapnb.engine.outcomes import Outcome
from kapnb.text.explanation import explain, facts_of, outcome_line
from kapnb.text.phrases import headline_words, outcome_words
from kapnb.text.words import words
from tests.browser.assess_page import KEY, READINGS, AssessPage, changed_readings, changes
from tests.browser.pages import barriers, list_storage, settle
from tests.served import wait_for
from tests.strategies import PRACTICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, WebSocketRoute

    from tests.served import Served

pytestmark = pytest.mark.browser


# --- answering


def test_the_outcome_follows_each_deciding_answer(app: AssessPage) -> None:
    """Each answer changes the headline at once, and the screen reader hears it; the facts stand at the foot."""
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
        expect(app.outcome).to_have_text(outcome_line(assessment))
        expect(app.spoken).to_have_text(outcome_line(assessment))
    expect(app.aside.locator(".src")).to_have_text(facts_of(assessment))


def test_an_answer_can_be_cleared(app: AssessPage) -> None:
    """No radio is left checked; the button that goes away leaves the focus to its question."""
    expect(app.clear("ocd")).to_be_hidden()
    app.answer("ocd", "yes")
    app.clear("ocd").click()
    expect(app.question("ocd").get_by_role("radio", checked=True)).to_have_count(0)
    assert app.kept() == {}
    expect(app.question("ocd").get_by_role("radio").first).to_be_focused()


def test_the_next_question_leads_to_itself(app: AssessPage) -> None:
    """The explanation asks one question next, says why, and its button puts the focus on that question."""
    missing = {"ocd", "bipolar_disorder", "bpd_diagnosis"}
    answers = {name: option for name, option in PRACTICE["V01"].items() if name not in missing}
    app.load(json.dumps(answers))
    expect(app.option("psychotic_disorder", "none")).to_be_checked()
    ask = explain(assess(answers)).ask
    assert ask
    expect(app.aside.locator(".next")).to_contain_text(ask.because)
    app.aside.locator(".next").get_by_role("button").click()
    expect(app.question(ask.field).get_by_role("radio").first).to_be_focused()


def test_an_opened_part_stays_open(app: AssessPage) -> None:
    """What the reader opened, and where the focus is, outlive a change of the explanation."""
    app.answer("psychological_assessment", "incomplete")
    summary = app.aside.locator("summary").last
    summary.focus()
    app.page.keyboard.press("Enter")
    app.page.evaluate("document.querySelector('[data-field=ocd] input[value=yes]').click()")
    expect(app.aside).to_contain_text("OCD")
    expect(app.aside.locator("details").last).to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_nothing_is_evaluated_before_the_gate(page: Page, server: Served) -> None:
    """Only support is offered; the tab remembers the gate, a new visit does not. Nothing is asked of another host."""
    foreign: list[str] = []
    ours = (server.url, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(ours) else foreign.append(request.url))
    app = AssessPage(page, server.url).open()
    expect(app.option("psychological_assessment", "thorough")).to_be_in_viewport()
    expect(page.locator("[data-field=ideation_onset]")).to_be_hidden()
    expect(app.button("note")).to_have_attribute("aria-disabled", "true")
    app.answer("psychotic_disorder", "schizophrenia")
    app.answer("suicidal_ideation", "active")
    support = app.aside.locator(".support")
    expect(support).to_contain_text("988")
    expect(app.outcome).to_have_count(0)
    app.confirm()
    expect(support).to_have_count(1)
    expect(support.locator("button:not(.term)")).to_have_count(0)
    assert app.text().count(words("support.title")) == 1
    app.open()
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    other = AssessPage(page.context.new_page(), server.url).open()
    expect(other.gate).not_to_be_checked()
    assert foreign == []


def test_the_readers_country_is_chosen_on_the_page_and_remembered(page: Page, server: Served) -> None:
    """By keyboard; the same after a reload, in another tab, and in no answer that is kept."""
    app = AssessPage(page, server.url).open()
    app.answer("suicidal_ideation", "passive")
    support = app.aside.locator(".support")
    chooser = support.get_by_role("combobox", name=words("support.choose"))
    expect(support).to_contain_text("988")
    chooser.focus()
    chooser.press("U")  # from the United States to the United Kingdom
    expect(chooser).to_have_value("uk")
    expect(support).to_contain_text("116 123")
    expect(support).not_to_contain_text("988")
    expect(chooser).to_be_focused()
    app.open()
    expect(support).to_contain_text("116 123")
    other = AssessPage(page.context.new_page(), server.url).open()
    other.answer("suicide_attempts", "single")
    expect(other.aside.locator(".support")).to_contain_text("116 123")
    assert "uk" not in (page.evaluate("localStorage['kapnb:assessment']") or "")


@pytest.mark.parametrize(("case_id", "whole"), [("V20", 1), ("V30", 0.1)])
def test_what_decides_is_on_the_first_screen(app: AssessPage, case_id: str, whole: float) -> None:
    """At 1280 by 800, below the outcome, in full; with the support for ideation above it, its beginning at least."""
    (finding,) = assess(app.load_case(case_id)).deciding
    app.page.evaluate("scrollTo(0, 0)")
    expect(app.aside.get_by_text(finding.text)).to_be_in_viewport(ratio=whole)


# --- a phone: the explanation is a sheet over the question


def stand(app: AssessPage) -> float:
    return float(app.page.evaluate("document.scrollingElement.scrollTop"))


def test_on_a_phone_a_reader_stands_where_they_stood(app: AssessPage) -> None:
    """Three answers, each with the reasons opened and closed: by its button, by Escape, by the browser's way back."""
    app.page.set_viewport_size({"width": 390, "height": 844})
    recorded: dict[str, str] = {}
    closing: dict[str, Callable[[], object]] = {
        "suicidal_ideation": app.sheet.get_by_role("button", name=words("page.close")).click,
        "bpd_diagnosis": lambda: app.page.keyboard.press("Escape"),
        "ocd": app.page.go_back,
    }
    for (name, close), option in zip(closing.items(), ["passive", "current", "yes"], strict=True):
        app.answer(name, option)
        recorded[name] = option
        assessment = assess(recorded)
        expect(app.bar).to_contain_text(outcome_line(assessment))
        expect(app.aside).to_be_hidden()
        place = stand(app)
        app.bar.click()
        expect(app.sheet).to_be_visible()
        expect(app.outcome).to_have_text(outcome_line(assessment))
        close()
        expect(app.sheet).to_be_hidden()
        expect(app.bar).to_be_focused()
        app.page.wait_for_function("history.state?.sheet === undefined")
        assert stand(app) == place > 0
        expect(app.option(name, option)).to_be_in_viewport()
    assert app.answers() == recorded


def test_the_sheet_leads_to_a_question_and_ends_on_a_wide_page(app: AssessPage) -> None:
    """A jump closes it and goes there; a tap beside it closes it; on a wide page the explanation is beside the form again."""
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.answer("ocd", "yes")
    expect(app.bar).to_contain_text(outcome_line(assess({"ocd": "yes"})))
    app.bar.click()
    jump = app.aside.locator("[data-go]:visible").first
    name = str(jump.get_attribute("data-go"))
    jump.click()
    expect(app.sheet).to_be_hidden()
    expect(app.question(name).get_by_role("radio").first).to_be_focused()
    expect(app.question(name)).to_be_in_viewport()
    app.bar.click()
    app.aside.locator("button.tag").first.click()
    expect(app.page.locator(".term-entry:popover-open, .pop:popover-open")).to_be_visible()
    app.page.keyboard.press("Escape")
    expect(app.sheet).to_be_visible()
    app.page.mouse.click(20, 20)
    expect(app.sheet).to_be_hidden()
    app.bar.click()
    app.page.set_viewport_size({"width": 1280, "height": 800})
    expect(app.sheet).to_be_hidden()
    expect(app.outcome).to_be_visible()


def test_the_gate_moves_nothing(page: Page, server: Served) -> None:
    """On a phone the page stays where it is when the gate is ticked."""
    page.set_viewport_size({"width": 390, "height": 844})
    app = AssessPage(page, server.url).open()
    app.gate.check()
    settle(page)
    assert stand(app) == 0
    expect(app.gate).to_be_checked()
    expect(app.bar).to_contain_text(words("explanation.start_hint"))


@pytest.mark.parametrize(("example", "clicks"), [(True, 3), (False, 4)])
def test_few_clicks_lead_to_a_first_reason(page: Page, server: Served, example: bool, clicks: int) -> None:  # noqa: FBT001
    """From the home page: a door, the gate, and an example or an answer; on the screen there is a finding then."""
    page.add_init_script(
        "addEventListener('click', e => e.isTrusted && sessionStorage.setItem('clicks', +sessionStorage.clicks + 1 || 1), true)"
    )
    page.goto(server.url)
    page.locator("main a[href$=assessment]").first.click()
    app = AssessPage(page, server.url)
    settle(page)
    app.gate.click()
    if example:
        page.get_by_role("list", name=words("page.examples")).get_by_role("button").nth(3).click()
    else:
        app.question("psychotic_disorder").locator(".option", has_text="Schizophrenia").click()
    expect(app.aside.locator(".fc.dec")).to_be_visible()
    assert int(page.evaluate("sessionStorage.clicks")) <= clicks


# --- readings of the article


def unusual(name: str, choice: str) -> str:
    return words("explanation.badge_reading", label=READINGS[name].choice(choice).label)


def test_an_outcome_turns_on_a_reading(app: AssessPage) -> None:
    """A choice changes the outcome at once; the card names the unusual reading and the outcome without it, and leads back to it."""
    app.load_case("V16")
    usual, card, count = app.outcome.inner_text(), app.aside.locator(".sum"), app.readings.locator("> summary .count")
    app.choose("single_attempt", "counts_as_pattern")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    expect(card).to_contain_text(unusual("single_attempt", "counts_as_pattern"))
    expect(card).to_contain_text(words("explanation.usual", outcome=usual))
    expect(count).to_have_text(changed_readings(1))
    app.readings.locator("> summary").click()
    expect(app.reading("single_attempt")).to_be_hidden()
    card.get_by_role("button", name=words("page.readings_change")).click()
    expect(app.reading("single_attempt")).to_be_visible()
    expect(app.readings.locator("> summary")).to_be_focused()
    app.page.get_by_role("button", name=words("page.readings_reset")).click()
    expect(app.outcome).to_have_text(usual)
    expect(count).to_have_text(changed_readings(0))
    expect(card).not_to_contain_text(unusual("single_attempt", "counts_as_pattern"))


# --- a what-if: beside the recorded case, never in its place


def test_only_what_changed_is_shown(app: AssessPage) -> None:
    """The aside has the comparison and the facts alone; the question says, also to a screen reader, what was recorded."""
    before = app.begin_what_if()
    expect(app.band).to_contain_text(changes(0))
    expect(app.aside).to_contain_text(words("comparison.changed_none"))
    app.answer("suicide_attempts", "none")
    was = words("page.whatif_was", answer=fields["suicide_attempts"].option("single").label)
    expect(app.question("suicide_attempts")).to_contain_text(was)
    expect(app.question("suicide_attempts")).to_have_accessible_description(re.compile(re.escape(was)))
    expect(app.band).to_contain_text(changes(3))  # the last attempt and structured therapy are not asked for any more
    hidden = ("structured_therapy", "last_attempt")
    after = assess({name: before[name] for name in before if name not in hidden} | {"suicide_attempts": "none"})
    expect(app.outcome).to_have_text(headline_words(after))
    expect(app.aside.locator(".fc, details")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_twin_opens_as_a_what_if_and_leads_back(app: AssessPage, width: int) -> None:
    """Beside the case that it is a twin of, which stays recorded; on a phone in the sheet, with the way back in it."""
    full = app.load_case("V16")
    twin = explain(assess(full)).twins[0]
    app.page.set_viewport_size({"width": width, "height": 844})
    if width == 390:
        app.bar.click()
    app.aside.locator("[data-key=fold-twins] summary").click()
    app.aside.get_by_role("button", name=f"{twin.said} {twin.outcome}").click()
    expect(app.outcome).to_have_text(twin.outcome)
    expect(app.outcome).to_be_focused()
    expect(app.outcome).to_be_in_viewport()
    expect(app.aside).to_contain_text(words("comparison.before", outcome=words("outcomes.no_answer")))
    assert app.kept("recorded") == full
    expect(app.band).to_contain_text(changes(3))  # without an attempt two more questions are not asked
    (app.sheet if width == 390 else app.band).get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.aside.locator(".fc.dec")).to_be_visible()
    assert (app.answers(), app.kept("recorded")) == (full, {})
    assert barriers(app.page) == []


def test_a_what_if_survives_a_reload(app: AssessPage) -> None:
    """The page comes back as a what-if, with the recorded case behind it, and is printed as one; Undo brings it back."""
    full = app.begin_what_if()
    app.answer("psychotic_disorder", "schizophrenia")
    app.choose("single_attempt", "counts_as_pattern")
    app.open()
    expect(app.band).to_contain_text(changes(2))
    expect(app.readings.locator("> summary .count")).to_have_text(changed_readings(1))
    expect(app.reading("single_attempt")).to_be_hidden()
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_RECOMMENDED))
    app.print()
    expect(app.aside.get_by_text(words("page.whatif_mode"), exact=True)).to_be_visible()
    expect(app.aside).to_contain_text(words("comparison.before", outcome=words("outcomes.no_answer")))
    expect(app.question("psychotic_disorder").locator(".was")).to_be_visible()
    expect(app.reading("single_attempt")).to_be_visible()
    expect(app.reading("therapy_counted")).to_be_hidden()
    expect(app.band).to_be_hidden()
    app.end_print()
    app.band.get_by_role("button", name=words("page.whatif_back")).click()
    expect(app.option("psychotic_disorder", "none")).to_be_checked()
    expect(app.button("whatif")).to_be_focused()
    assert app.answers() == full
    assert app.kept("recorded") == {}
    app.button("undo").click()
    expect(app.band).to_contain_text(changes(2))


# --- keeping, saving, loading


def test_forgetting_leaves_nothing_in_the_browser(app: AssessPage) -> None:
    """After "forget" nothing is kept or shown, not even a case set aside; the page says so, and a reload brings nothing back."""
    app.page.evaluate("localStorage.setItem('kapnb:assessment-aside', JSON.stringify(['odd']))")
    app.answer("ocd", "yes")
    app.button("forget").click()
    expect(app.notice).to_contain_text(words("page.forgotten"))
    assert list_storage(app.page) == []
    expect(app.page.locator("[data-field] :checked")).to_have_count(0)
    app.open()
    assert app.answers() == {}


def test_a_saved_case_loads_as_it_was(app: AssessPage) -> None:
    """What Save writes, Load reads: answers, readings, title and note, and the same explanation."""
    app.load_example(5)
    app.choose("unprepared_ocd", "defer")
    expect(app.aside.locator(".sum .badge")).to_be_visible()
    settle(app.page)
    said, full = app.text(), app.answers()
    file = app.save()
    assert file.suffix == ".json"
    app.button("new_case").click()
    expect(app.page.locator("[data-field] :checked")).to_have_count(0)
    app.load(file.read_bytes())
    expect(app.option("ocd", "yes")).to_be_checked()
    expect(app.title).to_have_value(json.loads(file.read_text("utf-8"))["title"])
    assert (app.text(), app.answers()) == (said, full)


def test_a_bad_file_is_told_in_place(app: AssessPage) -> None:
    """Every problem stands on the page and takes the focus; the answers stay, nothing of the file runs, and it can be dismissed."""
    app.answer("ocd", "yes")
    hostile = json.dumps({"<img src=x onerror=window.ran=1>": "x", "ocd": "<script>window.ran=1</script>", "title": 7})
    for content, said in ((hostile, ["ocd", "title"]), (b"\xff\xfe\x00\x80", ["file"]), (b"x" * 100_000, ["64 KB"])):
        app.load(content)
        for part in said:
            expect(app.trouble).to_contain_text(part)
        expect(app.trouble).to_be_focused()
        expect(app.trouble).to_be_in_viewport()
    assert app.page.evaluate("window.ran === undefined")
    assert app.page.locator(".kapnb img, .kapnb script").count() == 0
    assert app.answers() == app.kept() == {"ocd": "yes"}
    app.trouble.get_by_role("button", name=words("page.dismiss")).click()
    expect(app.trouble).to_have_count(0)
    expect(app.page.locator(":focus")).to_have_count(1)


def test_the_note_says_what_the_page_says(app: AssessPage) -> None:
    """It has the outcome and what decides, and opens by itself."""
    case_id = "V12"
    app.load_case(case_id, title=f"Case {case_id}")
    outcome, deciding = app.outcome.inner_text(), app.aside.locator(".fc.dec > p:nth-child(2)").all_inner_texts()
    file = app.save("note")
    expect(app.notice).to_contain_text(words("page.saved", name=file.name))
    assert file.name == f"kapnb-case-{case_id.lower()}.html"
    note = app.page.context.new_page()
    note.goto(file.as_uri())
    expect(note.get_by_role("heading", level=1)).to_have_text(f"Case {case_id}")
    expect(note.locator(".outcome h2")).to_have_text(outcome)
    assert deciding
    for line in deciding:
        expect(note.locator(".deciding")).to_contain_text(line)
    note.close()


def relay(page: Page, change: Callable[[str | bytes], str | bytes | None]) -> None:
    """From here on what the page sends goes through ``change``; None is lost."""

    def pass_on(socket: WebSocketRoute) -> None:
        far = socket.connect_to_server()

        def send(message: str | bytes) -> None:
            if (changed := change(message)) is not None:
                far.send(changed)

        socket.on_message(send)

    page.route_web_socket(re.compile("/channels"), pass_on)


def test_a_lost_session_loses_no_answer(page: Page, server: Served) -> None:
    """When nothing reaches the session any more, answers still show, and are there after a reload, in their order."""
    lost: list[bool] = []
    relay(page, lambda message: None if lost else message)
    app = AssessPage(page, server.url).open()
    app.answer("outside_scope", "no")
    settle(page)
    lost.append(True)
    app.answer("ocd", "yes")
    expect(app.option("ocd", "yes")).to_be_checked()
    app.answer("psychotic_disorder", "none")
    app.answer("psychotic_disorder", "schizophrenia")
    lost.clear()
    app.open()
    assert app.kept() == {"outside_scope": "no", "psychotic_disorder": "schizophrenia", "ocd": "yes"}
    assert app.answers() == app.kept()
    expect(page.locator("[data-field=ocd_preparation]")).to_be_visible()


def test_the_number_on_the_page_stands_in_the_servers_log(page: Page, server: Served) -> None:
    """Under the number of a trouble the log tells the kind and the place, and repeats nothing of the case or the message."""
    sent, garbled = b'"value":"incomplete"', b'"value":"Ms.Sample1"'
    relay(page, lambda message: message.replace(sent, garbled) if isinstance(message, bytes) else message)
    app = AssessPage(page, server.url).open()
    app.answer("psychotic_disorder", "schizophrenia")
    app.answer("psychological_assessment", "incomplete")
    expect(app.trouble).to_contain_text(words("page.trouble"))
    found = re.search(words("page.trouble_number", number="([0-9a-f]{8})"), app.trouble.inner_text())
    assert found
    log = wait_for(lambda: server.log.read_text().partition(f"error {found[1]} (assessment)\n")[2])
    assert "ValueError\n" in log
    assert "kapnb.ui.assessment_state, line" in log
    assert not re.search(r"Ms\.Sample1|schizophrenia|psycholog", server.log.read_text())
    settle(page)
    assert app.answers() == {"psychotic_disorder": "schizophrenia"}


def test_a_kept_case_that_cannot_be_read_is_set_aside(page: Page, server: Served) -> None:
    """The page says so and starts empty; what was kept stays beside what is kept next, and can be had as a file or be forgotten."""
    app = AssessPage(page, server.url).open()
    olds = {"ocd": "<b>", "a_field_of_old": "yes"}, {"case": {"ocd": "no"}, "recorded": {"old": "2"}}
    for count, old in enumerate(olds, 1):
        settle(page)
        page.evaluate("([key, text]) => { sessionStorage.clear(); localStorage.setItem(key, text) }", [KEY, json.dumps(old)])
        app.open()
        expect(app.trouble).to_contain_text(words("page.problems_kept"))
        expect(app.trouble).to_contain_text("old")
        expect(app.set_aside).to_have_count(count)
        app.answer("ocd", "no")
        assert app.kept() == {"ocd": "no"}
    with page.expect_download() as download:
        app.set_aside.first.get_by_role("button", name=words("page.aside_save")).click()
    assert json.loads(download.value.path().read_text("utf-8")) == olds[0]
    app.set_aside.first.get_by_role("button", name=words("page.aside_forget")).click()
    expect(app.set_aside).to_have_count(1)
    app.button("forget").click()
    expect(app.notice).to_contain_text(words("page.forgotten"))
    expect(app.set_aside).to_have_count(0)
    assert list_storage(page) == []


def test_paper_shows_answers_and_explanation(app: AssessPage) -> None:
    """Printed, the explanation comes first, with whose words it is; then each answer, "not recorded" for others; and no control."""
    app.answer("bipolar_disorder", "not_stabilized")
    expect(app.outcome).to_have_text(outcome_words(Outcome.NOT_AT_PRESENT))
    app.print()
    shown = app.question("bipolar_disorder").locator("label:visible")
    expect(shown).to_have_text([fields["bipolar_disorder"].option("not_stabilized").label])
    expect(app.question("ocd").get_by_text(words("page.not_recorded"), exact=True)).to_be_visible()
    whose, form = app.aside.locator(".fc .tag.says").first.bounding_box(), app.question("ocd").bounding_box()
    assert whose
    assert form
    assert whose["y"] < form["y"]
    expect(app.title).to_be_hidden()
    expect(app.readings).to_be_hidden()
    expect(app.page.locator("button:not(.term, .tag, .badge)").locator("visible=true")).to_have_count(0)
    assert app.page.locator("details:not([open])").locator("visible=true").count() == 0
    app.end_print()
    assert app.page.locator("details[open]").count() == 0
