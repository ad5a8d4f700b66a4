"""The served training page in Chromium: nothing is told before the commitment, and nothing is lost after it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from kapnb import Outcome
from kapnb.group.judgments import read_judgment
from kapnb.tables.read import read_judgments
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import load_library
from kapnb.training.sets import Selection, save_set
from tests.browser.pages import barriers, list_storage, read_storage, settle
from tests.training import EDITION
from tests.untold import untold

if TYPE_CHECKING:
    from playwright.sync_api import Locator, WebSocket

    from tests.served import Served

pytestmark = pytest.mark.browser

LIBRARY = load_library(EDITION)
PAIR = ("V05", "V07")
PATIENCE = 30_000
WRONG = "not_recommended"
SCREENS = [1280, 390]


class TrainingSheet:
    """The page as its trainee meets it."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.address = f"{server.rstrip('/')}/training"
        self.frames: list[str] = []
        self.hosts: set[str] = set()
        self.mistakes: list[str] = []
        page.on("websocket", self._listen)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc) if request.url.startswith("http") else None)
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))

    def _listen(self, socket: WebSocket) -> None:
        socket.on(
            "framereceived", lambda frame: self.frames.append(frame if isinstance(frame, str) else frame.decode("utf-8", "ignore"))
        )

    def open(self) -> TrainingSheet:
        self.page.goto(self.address)
        expect(self.part("gate")).to_be_visible(timeout=60_000)
        return self

    def confirm(self) -> None:
        """Pass the gate; its box goes with it, so that it cannot be looked at once it is ticked."""
        self.part("gate").get_by_role("checkbox").click()
        expect(self.part("choose")).to_be_visible()

    def begin(self, *items: str) -> TrainingSheet:
        """Pass the gate, and begin with a shared set."""
        self.confirm()
        self.page.get_by_text(words("training_page.bring")).click()
        self.upload("set", save_set(Selection(items), EDITION).encode())
        expect(self.part("notice")).to_contain_text(words("training_page.set_there"), timeout=PATIENCE)
        self.button("begin").click()
        expect(self.part("story")).to_have_text(LIBRARY[items[0]].title)
        return self

    def upload(self, name: str, data: bytes, kind: str = "json") -> None:
        file: Any = {"name": f"file.{kind}", "mimeType": "application/octet-stream", "buffer": data}
        self.page.locator(f"#training-file-{name}").set_input_files(file)

    def part(self, name: str) -> Locator:
        return self.page.locator(f"#training-{name}")

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=words(f"training_page.{key}"), exact=True)

    def outcome(self, name: str) -> Locator:
        return self.part(f"outcome-{name}")

    def choose(self, outcome: str = WRONG) -> None:
        self.outcome(outcome).check()
        self.part("confidence-high").check()
        self.part("finding").select_option("bipolar_not_stabilized")

    def commit(self, outcome: str = WRONG) -> None:
        self.choose(outcome)
        self.button("commit").click()
        self.button("commit_sure").click()
        expect(self.part("committed")).to_be_visible()

    def reveal(self) -> None:
        self.button("reveal").click()
        expect(self.part("revealed")).to_be_visible()

    def respond(self) -> None:
        """Answer the follow-up on view."""
        done = self.page.locator(".follow-up.answered")
        count = done.count()
        self.part("lean--1").check()
        self.button("respond").click()
        expect(done).to_have_count(count + 1)

    @property
    def kept(self) -> str:
        return str(read_storage(self.page, "kapnb:training"))

    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def tab_to(self, target: Locator, key: str = "Tab") -> None:
        """By keyboard alone."""
        expect(target).to_be_visible()
        for _ in range(90):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"no way by keyboard: {target}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.tab_to(target)
        self.page.keyboard.press(key)


@pytest.fixture
def app(page: Page, server: Served) -> TrainingSheet:
    page.emulate_media(reduced_motion="reduce")
    return TrainingSheet(page, server.url).open()


def told(app: TrainingSheet, name: str) -> list[str]:
    """Which of them the browser has anywhere."""
    settle(app.page)
    storage = app.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    everything = "\n".join((*app.frames, app.page.content(), storage))
    wanted = [
        *untold(LIBRARY[name]),
        words("training.differs", outcome=""),
        words("training.difference"),
        words("training.debrief") + "<",
    ]
    return [piece for piece in wanted if piece in everything]


def test_nothing_of_the_answer_reaches_the_browser_before_the_commitment(app: TrainingSheet) -> None:
    """Not in the page, its storage or what the server sends, whatever is clicked or reloaded; after the reveal it is all there."""
    app.begin(*PAIR)
    app.choose()
    app.button("marking").click()
    app.page.locator(".sentence input").nth(1).check()
    app.button("commit").click()
    app.button("commit_back").click()
    expect(app.button("commit")).to_be_visible()
    assert len(app.frames) > 20
    assert told(app, "V05") == []
    app.page.reload()
    expect(app.outcome(WRONG)).to_be_checked(timeout=60_000)
    app.button("commit").click()
    app.button("commit_sure").click()
    expect(app.part("committed")).to_be_visible()
    assert told(app, "V05") == []
    app.reveal()
    assert len(told(app, "V05")) > 5
    expect(app.page.get_by_text(words("training.twin_waits"))).to_be_visible()
    of_twin = untold(LIBRARY["V07"]) - untold(LIBRARY["V05"])
    assert [piece for piece in told(app, "V07") if piece in of_twin and piece not in LIBRARY["V05"].story] == []
    assert [piece for piece in told(app, "V05") if piece in LIBRARY["V07"].story] == []


def test_a_whole_session_by_keyboard(app: TrainingSheet) -> None:
    """Gate, set, marks, fields, commitment, reveal, follow-ups, a note, the next case, looking back: without a mouse."""
    page = app.page
    app.press(app.part("gate").get_by_role("checkbox"), "Space")
    app.press(app.part("twins"), "Space")
    expect(app.part("twins")).to_be_checked()
    app.tab_to(app.part("order-mixed"))
    page.keyboard.press("ArrowDown")
    expect(app.part("order-claims")).to_be_checked()
    app.press(app.button("begin"))
    expect(page.get_by_text(words("training_page.progress", place=1, count=2))).to_be_visible()
    if app.button("enter").count():
        app.press(app.button("enter"))
    app.press(app.button("marking"))
    app.press(page.locator(".sentence input").nth(1), "Space")
    expect(page.locator(".text mark")).to_have_count(1)
    app.press(page.get_by_role("button", name=words("training_page.fields")))
    first = page.locator("[data-field] input").first
    app.press(first, "Space")
    expect(first).to_be_checked()
    app.tab_to(app.outcome(str(next(iter(Outcome)))))
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(app.outcome(str(list(Outcome)[1]))).to_be_checked()
    app.press(app.part("confidence-low"), "Space")
    app.tab_to(app.part("finding"))
    page.keyboard.press("ArrowDown")
    expect(app.part("finding")).not_to_have_value("")
    app.press(app.button("commit"))
    expect(app.button("commit_sure")).to_be_focused()
    page.keyboard.press("Enter")
    expect(app.part("committed")).to_be_focused()
    app.press(app.button("reveal"))
    expect(app.part("revealed")).to_be_focused()
    if app.part("lean--2").count():
        app.press(app.part("lean--2"), "Space")
        app.press(app.button("respond"))
        expect(page.locator(".follow-up.answered")).to_have_count(1)
    app.tab_to(page.get_by_label(words("training_page.note")))
    page.keyboard.type("I had not asked who says so.")
    app.press(app.button("annotate"))
    expect(page.locator(".annotations")).to_contain_text("I had not asked who says so.")
    app.press(app.button("next"))
    expect(app.part("story")).to_be_focused()
    app.press(page.get_by_role("button", name=words("training_page.looking_back"), exact=True))
    expect(app.part("back")).to_be_focused()
    expect(page.locator(".calibration-plot circle")).to_have_count(1)
    assert page.get_by_role("img", name=re.compile(re.escape(words("training.when_low")))).count() == 1


def test_every_stage_is_without_barrier_and_fits(app: TrainingSheet, server: Served) -> None:
    """On a phone and on a desk axe finds no violation, nothing is beside the window or comes from elsewhere, no script fails."""
    page = app.page
    loud = next(name for name, one in LIBRARY.items() if "suicidal_ideation" in one.content and one.follow_ups)

    def look(seen: int = 0) -> None:
        for width in SCREENS:
            page.set_viewport_size({"width": width, "height": 844})
            assert app.width() <= width
            assert width != seen or barriers(app.page) == []

    look()
    app.begin(loud, "V01")
    look(390)
    app.button("enter").click()
    app.button("marking").click()
    page.locator(".sentence input").first.check()
    page.get_by_role("button", name=words("training_page.fields")).click()
    expect(page.locator("[data-field]").first).to_be_visible()
    app.button("commit").click()
    expect(page.locator(".judgment .trouble")).to_be_visible()
    look(390)
    app.choose()
    app.button("commit").click()
    expect(app.button("commit_sure")).to_be_visible()
    look()
    app.button("commit_sure").click()
    app.reveal()
    app.respond()
    page.get_by_label(words("training_page.note")).fill("Another thought.")
    app.button("annotate").click()
    expect(page.locator(".annotations")).to_be_visible()
    app.button("export").click()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    look(1280)
    page.get_by_role("button", name=words("training_page.looking_back"), exact=True).click()
    expect(app.part("back")).to_be_visible()
    look(390)
    assert app.hosts == {urlsplit(server.url).netloc}
    assert app.mistakes == []


def test_a_killed_kernel_loses_nothing_and_a_confirmation_is_repeated(app: TrainingSheet, server: Served) -> None:
    """Fields, marks and choices come back, and what was confirmed is said again to the next kernel; nothing is revealed by it."""
    page, fields = app.page, app.page.get_by_role("button", name=words("training_page.fields"))
    app.begin(*PAIR)
    fields.click()
    page.locator("[data-field=ocd] input").first.check()
    app.button("marking").click()
    page.locator(".sentence input").nth(2).check()
    expect(page.locator(".text mark")).to_have_count(1)
    app.choose()
    assert "bipolar_not_stabilized" in app.kept
    server.kill_kernels()
    app.button("commit").click()  # nobody answers any more
    expect(page.locator("#session")).to_contain_text(words("shell.ended_title"), timeout=PATIENCE)
    page.locator("#session").get_by_role("button").click()
    expect(app.button("commit_sure")).to_be_visible(timeout=60_000)
    expect(page.locator(".text mark")).to_have_count(1)
    fields.click()
    expect(page.locator("[data-field=ocd] input").first).to_be_checked()
    settle(app.page)
    server.kill_kernels()
    app.button("commit_sure").click()
    assert '"step": "committed"' not in str(page.evaluate("localStorage.getItem('kapnb:training')"))
    page.reload()
    expect(app.part("committed")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(words("training.own_outcome", outcome=outcome_words(Outcome(WRONG))))).to_be_visible()
    assert app.kept.count('"step": "committed"') == 1
    expect(page.locator("[data-action=outcome]")).to_have_count(0)
    expect(app.part("revealed")).to_have_count(0)
    assert [piece for piece in told(app, "V05") if piece not in LIBRARY["V07"].story] == []
    app.reveal()


def test_what_another_tab_or_somebody_wrote_into_the_storage_is_not_lost(app: TrainingSheet) -> None:
    """Where the training goes on in another tab this one keeps nothing more; what cannot be used is set aside, and can be saved."""
    app.begin("V05")
    app.commit()
    further = app.kept
    app.page.evaluate("localStorage.removeItem('kapnb:training')")
    app.page.evaluate("dispatchEvent(new StorageEvent('storage', { key: 'kapnb:training', newValue: 'further' }))")
    expect(app.page.get_by_text(words("training_page.elsewhere"))).to_be_visible()
    app.reveal()
    assert app.kept == "None"
    changed = further.replace('"not_recommended"', '"recommended"')
    for text, part in ((further, "committed"), (changed, "choose")):
        app.page.evaluate("text => localStorage.setItem('kapnb:training', text)", text)
        app.page.reload()
        expect(app.part(part)).to_be_visible(timeout=60_000)
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


def test_a_selected_passage_is_marked_and_files_go_out_and_in(app: TrainingSheet) -> None:
    """A selection with the mouse comes out letter by letter; a saved training comes back after starting anew; a label is needed."""
    app.begin(*PAIR)
    text = app.page.locator(".text[data-selectable]")
    box = text.locator("p").nth(1).bounding_box()
    assert box
    app.page.mouse.move(box["x"] + 60, box["y"] + 12)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + 200, box["y"] + 42, steps=4)
    selected = str(app.page.evaluate("getSelection().toString()"))
    app.page.mouse.up()
    app.button("mark_selected").click()
    expect(text.locator("mark")).to_have_text(selected)
    start, end = json.loads(app.kept)["drafts"]["V05"]["passages"][0]
    assert LIBRARY["V05"].story[start:end] == selected
    expect(app.button("mark_selected")).to_have_count(0)
    app.button("unmark").click()
    expect(text.locator("mark")).to_have_count(0)
    app.commit()
    app.reveal()
    with app.page.expect_download() as saved:
        app.button("save").click()
    app.button("export").click()
    app.button("export_judgments").click()
    expect(app.page.locator("#training-export .trouble")).to_be_visible()
    app.page.get_by_label(words("training_page.label"), exact=True).fill("R1")
    with app.page.expect_download() as exported:
        app.button("export_judgments").click()
    (read,) = (read_judgment(row, EDITION) for row in read_judgments(exported.value.path()).to_dict("records"))
    assert (read.case_id, read.rater, str(read.outcome)) == ("V05", "R1", WRONG)
    app.button("anew").click()
    app.button("anew_sure").click()
    expect(app.part("choose")).to_be_visible()
    assert app.kept == "None"
    app.upload("load", Path(saved.value.path()).read_bytes())
    expect(app.part("revealed")).to_be_visible()
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
    app.upload("cases", good.getvalue().replace("case_id", "case_id,age").replace("E1", "E1,41").encode(), "csv")
    expect(app.part("notice")).to_contain_text("age", timeout=PATIENCE)
    app.upload("cases", good.getvalue().encode(), "csv")
    expect(app.page.get_by_text(words("training_page.cases_there", count=1)).last).to_be_visible(timeout=PATIENCE)
    app.button("begin").click()
    expect(app.part("story")).to_have_text("Mine")
    app.commit()
    assert told(app, "V01") == []
    app.page.reload()
    expect(app.page.get_by_text(words("training_page.waits")).last).to_be_visible(timeout=60_000)
    expect(app.part("skip")).to_be_checked()
    bring.click()
    app.upload("cases", good.getvalue().encode(), "csv")
    expect(app.part("committed")).to_be_visible(timeout=PATIENCE)
