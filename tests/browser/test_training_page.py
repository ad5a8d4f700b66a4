"""The served training page in Chromium: nothing is told before the lock, and nothing is lost after it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from kapnb.group.judgments import read_judgment
from kapnb.tables.read import read_judgments
from kapnb.text.words import words
from kapnb.training.interview import review
from tests.browser.pages import barriers, list_storage, settle
from tests.browser.training_sheet import LIBRARY, READ, WRONG, TrainingSheet
from tests.bundled import EDITION
from tests.served import Served
from tests.untold import untold

pytestmark = pytest.mark.browser

PAIR = next((one.id, twin.id) for one, twin in LIBRARY.pairs if {one.id, twin.id} <= set(READ) and one.decides)
LONG = next(name for name in READ if len(LIBRARY[name].follow_ups) >= 3 and not LIBRARY[name].twin)
SCREENS = [1280, 390]


def room_of(name: str) -> int:
    """About how much stands before the debrief."""
    one = LIBRARY[name]
    best = review(one, (), EDITION).best if one.interview else ""
    told = one.replies[best] if best else ""
    return len(one.because) + sum(map(len, one.decides)) + len(told) if one.decides else 0


LONGEST = (max(READ, key=room_of), max(LIBRARY.keys() - {*READ}, key=room_of))


@pytest.fixture
def app(page: Page, server: Served) -> TrainingSheet:
    page.emulate_media(reduced_motion="reduce")
    return TrainingSheet(page, server.url).open()


def test_nothing_of_the_answer_reaches_the_browser_before_the_lock(app: TrainingSheet) -> None:
    """Not in the page, its storage or what the server sends, whatever is clicked or reloaded; after the reveal it is all there."""
    one, twin = PAIR
    wanted = [*untold(LIBRARY[one]), words("training_page.debrief") + "<", f">{words('training_page.decides')}"]
    app.begin(*PAIR)
    app.button("article").first.click()
    app.button("close").click()
    app.judge()
    app.sentence(1).click()
    app.page.get_by_text(words("training_page.facts")).click()
    app.button("go_back").click()
    expect(app.outcome(WRONG)).to_be_checked()
    assert len(app.frames) > 20
    assert app.told(wanted) == []
    app.page.reload()
    expect(app.outcome(WRONG)).to_be_checked()
    expect(app.part("reason")).to_have_value("I would want to know more.")
    app.button("to_decide").click()
    expect(app.page.locator(".text mark")).to_have_count(1)
    assert app.told(wanted) == []
    app.button("lock").click()
    expect(app.part("revealed")).to_be_visible()
    assert len(app.told(wanted)) > 3
    only = [piece for piece in untold(LIBRARY[twin]) - untold(LIBRARY[one]) if piece not in LIBRARY[one].story]
    assert app.told(only) == []


def test_the_reveal_begins_on_the_first_screen_of_a_phone(app: TrainingSheet) -> None:
    """Whose view it is, both judgments, the sentence that decides and the start of the debrief, at 390 by 844 pixels, untouched.

    So it is where they take the most room, beside one's own longest sentence; of an interview the question worth most is there too.
    The story, which has been read, is one step away, as everything else is.
    """
    page = app.page
    page.set_viewport_size({"width": 390, "height": 844})
    app.begin(*LONGEST)
    for at, name in enumerate(LONGEST):
        asked = LIBRARY[name].interview
        expect(app.part("story")).to_have_text(LIBRARY[name].title)
        app.judge()
        if asked:
            app.part("finding-none").check()
        else:
            said = page.locator(".sentence label").all_inner_texts()
            app.sentence(said.index(max((one for one in said if one not in LIBRARY[name].decides), key=len))).click()
        app.button("lock").click()
        expect(app.part("revealed")).to_be_visible()
        parts = [
            ".whose",
            "#training-revealed",
            ".key-sentences mark",
            *([".best .reply"] if asked else []),
            ".debrief h3",
            ".debrief p",
        ]
        for part in parts:
            expect(page.locator(part).first).to_be_in_viewport()
        tops = [page.locator(part).first.bounding_box() for part in parts]
        assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)
        last = page.locator(".debrief p").first.bounding_box()
        assert last
        assert last["y"] < 844 - 48  # two lines of it
        assert page.evaluate("document.documentElement.scrollHeight") < 3 * 844
        story = page.locator(".evidence .text").filter(visible=True)
        expect(story).to_have_count(0)
        page.locator(".folded-story > summary").click()
        expect(story.locator("mark").first).to_be_visible()
        if at + 1 < len(LONGEST):
            app.button("next").click()


def test_a_phone_shows_a_few_questions_of_an_interview_at_a_time(app: TrainingSheet) -> None:
    """The next come up as some are asked, and one tap shows all; on a desk all are there. A question stays the same element."""
    page = app.page
    page.set_viewport_size({"width": 390, "height": 844})
    app.begin(next(name for name, one in LIBRARY.items() if one.interview))
    left, replies = page.locator("[data-action=ask]:not(.done)"), page.locator(".questions .reply")
    shown, count = left.filter(visible=True), left.count()
    assert (shown.count(), count) == (4, 14)
    page.evaluate("window.second = document.querySelectorAll('[data-action=ask]')[1]")
    app.press(shown.first)
    expect(replies.first).to_be_visible()
    expect(shown).to_have_count(4)
    assert page.evaluate("second.isConnected")
    app.press(page.locator(".every summary"))
    expect(shown).to_have_count(left.count())
    shown.last.click()
    expect(replies).to_have_count(2)
    expect(shown).to_have_count(left.count())
    page.reload()
    expect(replies.nth(1)).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(shown).to_have_count(left.count())


def test_every_screen_is_without_barrier_and_fits(app: TrainingSheet, server: Served) -> None:
    """On a phone and on a desk axe finds no violation, nothing is beside the window or comes from elsewhere, no script fails."""
    page = app.page

    def look(seen: int = 0) -> None:
        settle(page)
        for width in SCREENS:
            page.set_viewport_size({"width": width, "height": 844})
            assert app.width() <= width
            assert width != seen or barriers(app.page) == []

    look()
    app.choose_set(LONG, PAIR[0])
    look(390)
    app.start()
    look(1280)
    app.button("have_read").click()
    app.button("to_decide").click()
    expect(app.part("notice")).to_be_visible()
    look(390)
    app.button("go_back").click()
    app.judge()
    app.sentence(0).click()
    page.get_by_text(words("training_page.facts")).click()
    look(390)
    app.button("lock").click()
    expect(app.part("revealed")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    look(1280)
    app.button("one_more").click()
    app.part("lean--1").check()
    look(390)
    app.button("respond").click()
    expect(page.locator(".changed-by")).to_be_visible()
    look()
    app.button("next").click()
    app.button("to_cases").click()
    app.fold("export").click()
    look(1280)
    app.button("looking_back").click()
    expect(app.part("back")).to_be_visible()
    look(390)
    assert app.hosts == {urlsplit(server.url).netloc}
    assert app.mistakes == []


def test_what_another_tab_or_somebody_wrote_into_the_storage_is_not_lost(app: TrainingSheet) -> None:
    """Where the work goes on in another tab this one keeps nothing more; what cannot be used is set aside, and can be saved."""
    app.begin(PAIR[0])
    app.judge()
    further = app.kept
    app.page.evaluate("localStorage.setItem('kapnb:training', 'further')")
    app.page.evaluate("dispatchEvent(new StorageEvent('storage', { key: 'kapnb:training', newValue: 'further' }))")
    expect(app.page.get_by_text(words("training_page.elsewhere"))).to_be_visible()
    app.part("finding-none").check()
    app.button("lock").click()
    expect(app.part("revealed")).to_be_visible()
    assert app.kept == "further"
    changed = further.replace('"not_recommended"', '"recommended"')
    for text, part in ((further, "decide"), (changed, "choose")):
        app.page.evaluate("text => localStorage.setItem('kapnb:training', text)", text)
        app.page.reload()
        expect(app.part(part)).to_be_visible()
        expect(app.page.get_by_text(words("training_page.elsewhere"))).to_have_count(0)
        expect(app.part("revealed")).to_have_count(0)
    expect(app.part("notice")).to_contain_text(words("training_page.kept_unreadable"))
    save, forget = (app.page.get_by_role("button", name=words(f"training_page.aside_{key}")) for key in ("save", "forget"))
    with app.page.expect_download() as download:
        save.click()
    assert Path(download.value.path()).read_text("utf-8") == changed
    forget.click()
    expect(save).to_have_count(0)
    assert list_storage(app.page) == []


def test_files_go_out_and_in(app: TrainingSheet) -> None:
    """Saved work comes back after starting again; a label is needed.

    The label takes the notice away when it is left, and the page moves up: a press that is held meanwhile is a click all the same.
    """
    app.begin(*PAIR)
    app.lock()
    app.button("to_cases").click()
    with app.page.expect_download() as saved:
        app.button("save").click()
    app.fold("export").click()
    app.button("export_judgments").click()
    expect(app.page.locator(".export .trouble")).to_be_visible()
    app.page.get_by_label(words("training_page.label"), exact=True).fill("R1")
    with app.page.expect_download() as exported:
        app.button("export_judgments").click(delay=300)
    (read,) = (read_judgment(row, EDITION) for row in read_judgments(exported.value.path()).to_dict("records"))
    assert (read.case_id, read.rater, str(read.outcome), read.comment) == (PAIR[0], "R1", WRONG, "I would want to know more.")
    app.fold("anew").click()
    app.button("anew_sure").click()
    expect(app.part("choose")).to_be_visible()
    assert app.kept == "None"
    app.upload("load", Path(saved.value.path()).read_bytes())
    expect(app.part("list")).to_be_visible()
    expect(app.page.get_by_text(words("training_page.file_loaded")).last).to_be_visible()


def test_a_table_of_ones_own_and_what_is_skipped_over_a_reload(app: TrainingSheet) -> None:
    """A bad table is refused with its places; a good one is judged, and after a reload waits to be brought again."""
    case, good = LIBRARY["V01"], io.StringIO()
    columns = {"case_id": "E1", "title": "Mine", "vignette": case.story, **case.answers}
    csv.writer(good).writerows([columns.keys(), columns.values()])
    app.confirm()
    app.part("skip").check()
    bring = app.page.get_by_text(words("training_page.bring"))
    bring.click()
    app.upload("cases", good.getvalue().replace("thorough", "perhaps").encode(), "csv")
    expect(app.part("notice")).to_contain_text(words("table.option"))
    app.upload("cases", good.getvalue().encode(), "csv")
    expect(app.page.get_by_text(words("training_page.cases_there", count=1)).last).to_be_visible()
    app.button("begin").click()
    app.start()
    expect(app.part("story")).to_have_text("Mine")
    app.judge()
    assert app.told(list(untold(LIBRARY["V01"]))) == []
    app.page.reload()
    expect(app.page.get_by_text(words("training_page.waits")).last).to_be_visible()
    expect(app.part("skip")).to_be_checked()
    bring.click()
    app.upload("cases", good.getvalue().encode(), "csv")
    expect(app.part("decide")).to_be_visible()
