"""A whole session in the browser: one desk, one wall and six phones; what a phone survives; and what a wall is legible by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.codes import Signed, find_signs, read_signs
from kapnb.room.scene import Scene
from kapnb.room.state import REVEAL, Phase, Response, Round
from kapnb.room.wall import view_wall
from kapnb.text.words import words
from tests.browser.pages import barriers
from tests.bundled import LIBRARY
from tests.relay import Relay
from tests.room_visitors import Phone
from tests.served import Served
from tests.test_room_views import ADDRESS, FIRSTS, make_scene

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
WALL = {"width": 1920, "height": 1080}
CASE = next(one for one in LIBRARY.values() if one.follow_ups and LIBRARY.find_twin(one) and "suicide_attempts" in one.content)
SMALLEST = """() => Math.min(...[...document.querySelectorAll(".wall *")].filter((one) =>
    [...one.childNodes].some((text) => text.nodeType === 3 && text.textContent.trim())).map((one) => {
        const size = parseFloat(getComputedStyle(one).fontSize), svg = one.closest("svg")
        return svg ? size * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : size
    }))"""
OVERFLOWS = """() => [...document.querySelectorAll(".wall, .wall *:not(svg *)")].filter((one) =>
    one.getBoundingClientRect().bottom > innerHeight + 1 || one.getBoundingClientRect().right > innerWidth + 1
    || one.scrollHeight > one.clientHeight + 4 && one.matches(".wall, .fit, .mid")).map((one) => one.className || one.tagName)"""
NARROW = "() => document.documentElement.scrollWidth <= innerWidth"
KINDS = """() => [...new Set([...document.querySelectorAll("body *")].map((one) => [
    one.parentElement.localName, one.parentElement.className, one.localName, one.className, ...one.getAttributeNames()].join()))]"""
THUMB = """() => [...document.querySelectorAll(".pick label, .phbar button")].map((one) => one.getBoundingClientRect().height)"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served("--preheat", "0", "--database", f"sqlite:///{tmp_path_factory.mktemp('rooms') / 'rooms.db'}") as served:
        yield served


@dataclass
class Session:
    """A room that is open in the browser: a desk, a wall, and phones that join."""

    browser: Browser
    hall: Served
    desk: Page
    wall: Page
    code: str
    amiss: list[str] = field(default_factory=list)
    seen: set[tuple[Page, str]] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"{self.hall.url}room/{self.code}"

    def phone(self) -> Page:
        page = self.browser.new_context(viewport=PHONE, has_touch=True).new_page()
        page.goto(self.address)
        expect(page.locator(".phtop")).to_be_visible()
        return page

    def step(self, wall: str) -> None:
        """Space, until the desk says what the wall shows."""
        self.desk.keyboard.press(" ")
        expect(self.desk.locator(".tv b")).to_have_text(wall)


@pytest.fixture
def session(browser: Browser, hall: Served) -> Iterator[Session]:
    desk = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True).new_page()
    desk.goto(hall.url)
    desk.locator("a", has_text=words("room.door_text")).click()
    desk.fill("#own", f"{CASE.id}, V15")
    desk.fill("#title", "Tuesday group")
    desk.get_by_role("button", name=words("room.new_open")).click()
    code = desk.locator(".shown-code").inner_text().replace(" ", "")
    wall = browser.new_context(viewport=WALL).new_page()
    wall.goto(f"{hall.url}room/{code}/wall")
    expect(wall.locator(".wall")).to_be_visible()
    session = Session(browser, hall, desk, wall, code)
    yield session
    for context in browser.contexts:
        context.close()


def choose(phone: Page, outcome: Outcome, confidence: str = "medium", reason: str = "") -> None:
    phone.locator(f".pick label:has([value={outcome}])").click()
    phone.locator(f".pick label:has([value={confidence}])").click()
    if reason:
        phone.fill("#reason", reason)


def lock(phone: Page) -> None:
    phone.locator(".phbar button").click()
    expect(phone.get_by_role("heading", name=words("room.locked"))).to_be_visible()


FIRST = (*[Outcome.NOT_AT_PRESENT] * 2, *[Outcome.CLARIFY_FIRST] * 2, *[Outcome.CONSIDER_WITH_CONDITIONS] * 2)
SECOND = (*[Outcome.CLARIFY_FIRST] * 4, *[Outcome.CONSIDER_WITH_CONDITIONS] * 2)


def misfits(wall: Page, *scenes: Scene) -> list[object]:
    """What is cut off on a wall, and whether letters are too small; of scenes one after the other."""
    look = f"[...({OVERFLOWS})(), ...(({SMALLEST})() < 36 ? ['small'] : [])]"
    if not scenes:
        return list(wall.evaluate(look))
    put = "document.getElementById('view').innerHTML = html"
    found = wall.evaluate(f"htmls => htmls.map((html) => {{ {put}; return {look} }})", [view_wall(one, ADDRESS) for one in scenes])
    return [(one.room.case, one.room.phase, one.room.asked, *told) for one, told in zip(scenes, found, strict=True) if told]


def find_barriers(session: Session, page: Page) -> list[str]:
    """Of a page on which anything is of a kind, or within anything of a kind, that it did not have before."""
    kinds = {(page, kind) for kind in page.evaluate(KINDS)}
    if kinds <= session.seen:
        return []
    session.seen |= kinds
    return barriers(page)


def look(session: Session, phone: Page) -> None:
    """What has to hold at every step, of all three pages; what does not is told at the end."""
    step = session.desk.locator(".tv b").inner_text()
    found = {
        "desk": find_barriers(session, session.desk),
        "wall": find_barriers(session, session.wall),
        "phone": find_barriers(session, phone),
        "small or cut off": misfits(session.wall),
        "wider than the phone": [] if phone.evaluate(NARROW) else [phone.evaluate("document.documentElement.scrollWidth")],
        "thumb": [height for height in phone.evaluate(THUMB) if height < 56],
    }
    session.amiss += [f"{step}, {what}: {one}" for what, ones in found.items() for one in ones]


def test_a_whole_session(session: Session) -> None:
    """From the code to the note, by Space, with axe, sizes and edges looked at in every step."""
    phones = [session.phone() for _ in range(6)]
    first = phones[0]
    expect(session.wall.locator(".wall")).to_contain_text("6 are here")
    look(session, first)
    session.step("The story")
    expect(first.locator(".case h1")).to_have_text(CASE.title)
    look(session, first)
    session.step("0 of 6 are in")
    expect(session.wall.locator(".count")).to_contain_text("0 of 6 are in")
    look(session, first)
    for number, phone in enumerate(phones):
        choose(phone, FIRST[number], "high", f"Reason {number}, in a sentence of its own.")
        lock(phone)
    expect(session.wall.locator(".count")).to_contain_text("6 of 6 are in")
    session.desk.get_by_role("button", name=words("room.do_first_closed"), exact=True).click()
    expect(session.wall.locator("h1")).to_have_text("The vote is closed")
    session.desk.locator("[data-do=let]").first.check()
    expect(session.desk.locator("[data-do=let]:checked")).to_have_count(1)
    look(session, first)
    session.step("The prompt")
    expect(session.wall.locator(".big")).to_have_text(words("room.prompt_sentence"))
    look(session, first)
    session.step("0 of 6 are in")
    for number, phone in enumerate(phones):
        choose(phone, SECOND[number])
        lock(phone)
    reveal(session, first)
    finish(session, first)
    assert not session.amiss, "\n".join(session.amiss)


def reveal(session: Session, first: Page) -> None:
    """Step by step, and covered again."""
    expect(session.desk.locator(".tv b")).to_have_text("6 of 6 are in")
    session.step(words("room.on_spread"))
    expect(session.wall.locator(".strip .dot")).to_have_count(6)
    look(session, first)
    session.step(words("room.on_movement"))
    expect(session.wall.locator("h1")).to_have_text("2 people moved")
    expect(first.locator(".case h1")).to_contain_text("You moved from")
    look(session, first)
    session.step(words("room.on_reasons"))
    expect(session.wall.locator("q")).to_have_count(1)
    look(session, first)
    session.step(words("room.on_article"))
    expect(session.wall.locator(".says")).to_be_visible()
    look(session, first)
    session.desk.get_by_role("button", name=words("room.do_cover")).click()
    expect(session.wall.locator(".says")).to_have_count(0)
    expect(first.locator(".says")).to_have_count(0)
    session.desk.get_by_role("button", name=words("room.do_uncover")).click()
    expect(session.wall.locator(".says")).to_be_visible()


def finish(session: Session, first: Page) -> None:
    """From the follow-up on."""
    session.step("0 of 6 are in")
    first.locator(".pick label").first.click()
    lock(first)
    session.step(words("room.on_follow_up_closed"))
    look(session, first)
    session.desk.get_by_role("button", name=words("room.do_learning")).click()
    first.fill("#line-1", "Ask who knows of the attempt.")
    first.locator(".phbar button").click()
    expect(first.locator("main")).to_contain_text(words("room.sent"))
    session.desk.locator("[data-do=let]").check()
    with session.desk.expect_download() as note:
        session.desk.keyboard.press(" ")
    assert re.fullmatch(rf"kapnb-{session.code}-\d{{4}}-\d\d-\d\d-note.html", note.value.suggested_filename)
    said = note.value.path().read_text("utf-8")
    assert "Tuesday group" in said
    assert "Ask who knows of the attempt." in said
    with session.desk.expect_download() as document:
        session.desk.get_by_role("button", name=words("room.note_docx")).click()
    with session.desk.expect_download() as table:
        session.desk.get_by_role("button", name=words("room.note_table")).click()
    assert table.value.path().read_bytes().startswith(b"PK")
    assert document.value.path().read_bytes().startswith(b"PK")
    session.desk.get_by_role("button", name=words("room.do_ended")).click()
    session.desk.get_by_role("button", name=words("room.sure_yes")).click()
    expect(session.wall.locator(".wall")).to_contain_text(words("room.wall_thanks"))
    expect(first.locator("#yours")).to_contain_text("Reason 0, in a sentence of its own.")
    look(session, first)


COUNTS = """for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, (event) => {
    if (event.isTrusted && !event.repeat) sessionStorage.acts = Number(sessionStorage.acts ?? 0) + 1;
}, true)"""


def test_twelve_trainees_take_the_supervisor_at_most_fifteen_actions(browser: Browser, hall: Served) -> None:
    """From "Open a room" on the landing page to the note, every click and key counted; no file, however many trainees there are."""
    desk = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True).new_page()
    desk.add_init_script(COUNTS)
    desk.goto(hall.url)
    desk.locator("a", has_text=words("room.door_text")).click()
    desk.get_by_role("button", name=words("room.new_open")).click()
    session = Session(browser, hall, desk, desk, desk.locator(".shown-code").inner_text().replace(" ", ""))
    with desk.expect_popup() as wall:
        desk.get_by_role("button", name=words("room.open_wall")).click()
    phones = [Phone(hall, session.code) for _ in range(12)]
    for phone in phones:
        phone.join()
    session.step("The story")
    case = next(name for name, one in LIBRARY.items() if one.title == wall.value.locator("h1").inner_text())
    session.step("0 of 12 are in")
    for number, phone in enumerate(phones):
        phone.vote(case, str(FIRST[number % 6]), reason=f"Reason {number}, in a sentence of its own.")
    expect(desk.locator(".tv b")).to_have_text("12 of 12 are in")
    session.step("The prompt")
    desk.locator("[data-do=let]").first.check()
    session.step("0 of 12 are in")
    for number, phone in enumerate(phones):
        phone.vote(case, str(SECOND[number % 6]), round="2")
    expect(desk.locator(".tv b")).to_have_text("12 of 12 are in")
    for step in REVEAL:
        session.step(words(f"room.on_{step}"))
    desk.get_by_role("button", name=words("room.do_learning")).click()
    expect(desk.locator(".tv b")).to_have_text("0 of 12 are in")
    phones[0].post("lines", **{"line-1": "Ask who knows of the attempt."})
    expect(desk.locator("main q")).to_have_count(1)
    with desk.expect_download() as note:
        desk.keyboard.press(" ")
    assert "Ask who knows of the attempt." in note.value.path().read_text("utf-8")
    assert desk.evaluate("sessionStorage.acts") == "14"  # a follow-up takes two more
    desk.context.close()


def test_a_phone_survives_a_reload_a_second_tab_and_a_cut(session: Session) -> None:
    """What was typed stays, also where it is refused, and so does the participant; a vote counts once the network is back."""
    session.step("The story")
    session.step("0 of 0 are in")
    phone = session.phone()
    label = phone.locator(".phtop b").inner_text()
    choose(phone, Outcome.CLARIFY_FIRST, "low", "Typed before the reload.")
    phone.reload()
    expect(phone.locator("#reason")).to_have_value("Typed before the reload.")
    expect(phone.locator(".pick [value=clarify_first]")).to_be_checked()
    assert phone.locator(".phtop b").inner_text() == label
    phone.fill("#reason", "Write to rowan@example.org")
    phone.locator(".phbar button").click()
    expect(phone.locator(".told")).to_contain_text("an e-mail address")
    expect(phone.locator("#reason")).to_have_value("Write to rowan@example.org")
    phone.fill("#reason", "Write to the ward")
    phone.context.set_offline(True)  # its only argument
    phone.locator(".phbar button").click()
    told = phone.locator("#line")
    expect(told).to_contain_text("ten characters")
    signs = list(find_signs(told.inner_text().split("chat.")[-1]))
    read = [read_signs(session.code, one) for one in signs]
    assert [(one.case, one.round, one.outcome, one.confidence) for one in read if one] == [
        (0, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.LOW)
    ]
    phone.context.set_offline(False)  # the same
    expect(phone.get_by_role("heading", name=words("room.locked"))).to_be_visible()
    expect(session.wall.locator(".count")).to_contain_text("1 of 1 are in")
    second = phone.context.new_page()
    second.goto(session.address)
    expect(second.get_by_role("heading", name=words("room.locked"))).to_be_visible()
    assert second.locator(".phtop b").inner_text() == label


def test_a_reason_that_comes_too_late_stays_on_the_phone(session: Session) -> None:
    """The phone says what counts; what was written stays in sight over a reload, and in the text to keep."""
    session.step("The story")
    session.step("0 of 0 are in")
    phone, slow = session.phone(), session.phone()
    choose(phone, Outcome.CLARIFY_FIRST, "low", "Written in a cellar.")
    choose(slow, Outcome.CLARIFY_FIRST, "low", "Never locked in.")
    phone.context.set_offline(True)  # its only argument
    phone.locator(".phbar button").click()
    expect(phone.locator("#line")).to_contain_text("ten characters")
    session.desk.get_by_text(words("room.no_network_title")).click()
    session.desk.fill("#chat", phone.locator("#line").inner_text().split("chat.")[-1])
    session.desk.get_by_role("button", name=words("room.chat_take")).click()
    expect(session.wall.locator(".count")).to_contain_text("1 of 2 are in")
    session.desk.locator(".tv").click()
    session.step("The vote is closed")
    phone.context.set_offline(False)  # the same
    expect(phone.locator("#line")).to_have_text(words("room.told_late"))
    phone.reload()
    for one, text in ((phone, "Written in a cellar."), (slow, "Never locked in.")):
        expect(one.locator("[data-unsent]")).to_contain_text(text)
        assert one.evaluate(NARROW)
    session.desk.get_by_role("button", name=words("room.do_ended")).click()
    session.desk.get_by_role("button", name=words("room.sure_yes")).click()
    expect(phone.locator("#yours")).to_contain_text("Written in a cellar.")
    expect(slow.locator("main")).to_contain_text("Never locked in.")


def test_who_sits_out_sees_nothing_of_the_case_and_can_come_back(session: Session) -> None:
    session.step("The story")
    phone = session.phone()
    phone.get_by_role("button", name=words("room.sit_out")).click()
    expect(phone.locator(".story")).to_be_hidden()
    expect(phone.locator(".out .support")).to_be_visible()
    phone.reload()
    expect(phone.locator(".out h1")).to_be_visible()
    expect(phone.locator(".story")).to_be_hidden()
    session.step("0 of 1 are in")
    expect(phone.locator(".phbar")).to_be_hidden()
    phone.get_by_role("button", name=words("room.read_again")).click()
    expect(phone.locator(".phbar button")).to_be_visible()


def test_readings_are_explained_where_a_room_is_opened(browser: Browser, hall: Served) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(f"{hall.url}room/new")
    page.get_by_text(words("room.new_readings"), exact=True).click()
    page.locator("button.term").click()
    expect(page.locator("#term-reading")).to_contain_text(words("glossary.reading.text"))
    assert barriers(page) == []
    assert page.evaluate(NARROW)
    page.context.close()


def test_a_wrong_code_says_what_to_do(session: Session) -> None:
    phone = session.browser.new_context(viewport=PHONE).new_page()
    phone.goto(f"{session.hall.url}room")
    expect(phone.get_by_label(words("room.join_label"))).to_be_focused()
    assert barriers(phone) == []
    phone.keyboard.type("www www")
    phone.get_by_role("button", name=words("room.join")).click()
    expect(phone.locator("#told")).to_have_text(words("room.error_unknown"))
    phone.fill("#code", f"{session.code[:3].lower()} {session.code[3:].lower()}")
    phone.get_by_role("button", name=words("room.join")).click()
    expect(phone.get_by_role("heading", name=words("room.here"))).to_be_visible()


def test_a_desk_without_its_key_says_so_and_one_that_reloads_goes_on(session: Session) -> None:
    session.step("The story")
    session.desk.reload()
    expect(session.desk.locator(".tv b")).to_have_text("The story")
    assert "#" not in session.desk.url
    other = session.browser.new_context().new_page()
    other.goto(f"{session.address}/desk")
    expect(other.locator("main")).to_contain_text(words("room.error_desk"))
    assert barriers(other) == []


def test_the_desk_goes_on_after_its_network_was_cut(session: Session) -> None:
    """A laptop without a network says so and takes the step that was pressed once it is back; one that woke up asks at once.

    What died without a word is given up after ten seconds, a step that was pressed as well as what is listened to.
    """
    key = session.desk.evaluate("code => localStorage.getItem(`kapnb-desk-${code}`)", session.code)
    with Relay(session.hall.port) as relay:
        desk = session.browser.new_context().new_page()
        desk.clock.install()
        desk.goto(f"{relay.url}room/{session.code}/desk#{key}")
        expect(desk.locator(".tv b")).to_have_text(words("room.on_lobby"))
        relay.cut()
        expect(desk.locator("#line")).to_have_text(words("room.lost"))
        desk.keyboard.press(" ")
        phone = session.phone()
        relay.mend()
        desk.clock.fast_forward(8_000)  # it tries again
        expect(desk.locator(".tv b")).to_have_text(words("room.on_story"))
        expect(desk.locator("#line")).to_be_empty()
        expect(session.desk.locator(".tv b")).to_have_text(words("room.on_story"))
        relay.swallow()
        desk.keyboard.press(" ")
        relay.mend()
        desk.clock.fast_forward(10_000)
        expect(session.desk.locator(".tv b")).to_have_text("0 of 1 are in")
        expect(desk.locator(".tv b")).to_have_text("0 of 1 are in")
        relay.swallow()
        choose(phone, Outcome.CLARIFY_FIRST)
        lock(phone)
        relay.mend()
        desk.evaluate("dispatchEvent(new Event('online'))")
        expect(desk.locator("#line")).to_have_text(words("room.lost"))
        desk.clock.fast_forward(1_000)  # it is listened for anew
        desk.clock.fast_forward(10_000)
        expect(desk.locator(".tv b")).to_have_text("1 of 1 are in")
        desk.context.close()


def test_the_desk_is_led_by_keyboard(session: Session) -> None:
    """Tab goes through everything, part after part; Space is the next step, but not on another button or in a text."""
    desk = session.desk
    session.step("The story")
    desk.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    stops = []
    for _ in range(20):
        desk.keyboard.press("Tab")
        stops.append(desk.evaluate("document.activeElement.textContent.trim()"))
        if stops[-1] == words("room.another_desk"):
            break
    wanted = [
        words("room.open_wall"),
        f"{words('room.do_first_vote')} {words('room.space')}",
        *(words(f"room.{key}") for key in ("do_timer", "no_network_title", "do_ended", "delete", "another_desk")),
    ]
    assert [name for name in stops if name in wanted] == wanted
    desk.get_by_role("button", name=words("room.do_timer")).focus()
    desk.keyboard.press(" ")
    expect(desk.locator(".clock")).to_be_visible()
    expect(desk.locator(".tv b")).to_have_text("The story")
    desk.get_by_text(words("room.no_network_title")).focus()
    desk.keyboard.press("Enter")
    desk.locator("#chat").focus()
    desk.keyboard.type("a b")
    expect(desk.locator("#chat")).to_have_value("a b")
    expect(desk.locator(".tv b")).to_have_text("The story")
    desk.locator("[data-next]").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".tv b")).to_have_text("0 of 0 are in")
    expect(desk.locator("#chat")).to_have_value("a b")


def test_own_answers_stay_on_the_phone_when_the_room_is_deleted(session: Session) -> None:
    session.step("The story")
    phone = session.phone()
    session.step("0 of 1 are in")
    choose(phone, Outcome.CLARIFY_FIRST, "low", "Mine to keep.")
    lock(phone)
    session.desk.get_by_role("button", name=words("room.delete")).click()
    session.desk.get_by_role("button", name=words("room.sure_yes")).click()
    expect(phone.locator("#yours")).to_contain_text("Mine to keep.")
    phone.reload()
    expect(phone.locator("#yours")).to_contain_text("Mine to keep.")


def test_the_page_for_ten_signs_works_by_itself(session: Session, tmp_path: Path) -> None:
    """One file, without a server: what it writes is what the desk reads. It holds the stories, and nothing of an answer."""
    session.desk.get_by_text(words("room.no_network_title")).click()
    with session.desk.expect_download() as file:
        session.desk.get_by_role("button", name=words("room.no_network_page")).click()
    file.value.save_as(tmp_path / "signs.html")
    text = (tmp_path / "signs.html").read_text("utf-8")
    assert CASE.story.split("\n\n")[0][:40] in text
    assert CASE.debrief[:40] not in text
    page = session.browser.new_context(viewport=PHONE, offline=True).new_page()
    page.goto((tmp_path / "signs.html").as_uri())
    assert barriers(page) == []
    page.locator("button.term").first.click()
    expect(page.locator("#term-kap")).to_be_visible()
    page.keyboard.press("Escape")
    page.select_option("#turn", "1")
    page.locator("label:has([name=round][value='2'])").click()
    choose(page, Outcome.MAY_BE_CONSIDERED, "high")
    read = read_signs(session.code, next(find_signs(page.locator("#told").inner_text())))
    assert read == Signed(1, Round.SECOND, Outcome.MAY_BE_CONSIDERED, Confidence.HIGH, read.salt if read else 0)


def test_files_are_brought_to_the_desk_several_at_once(session: Session, tmp_path: Path) -> None:
    """What was taken of each is told; one that is too large for a request is named and not sent."""
    paths = [tmp_path / f"{number}.csv" for number in range(3)]
    for number, path in enumerate(paths):
        long = "x" * 50_000 * (number == 1)
        path.write_text(f"case_id,rater,outcome,confidence,comment\n{CASE.id},R{number},clarify_first,high,{long}\n")
    session.desk.get_by_text(words("room.no_network_title")).click()
    session.desk.get_by_label(words("room.files")).set_input_files(paths)
    said = " ".join(("File 1: 1 taken.", words("room.file_large", number=2), "File 3: 1 taken."))
    expect(session.desk.locator("#chat-told")).to_have_text(said)
    assert barriers(session.desk) == []
    session.step("The story")
    expect(session.desk.locator("[data-next]")).to_contain_text(words("room.do_use_before"))


def test_a_term_of_a_story_opens_its_entry(session: Session) -> None:
    """On a phone by tap and by keyboard, on the desk by the pointer too; the wall, which nobody can press, has none."""
    phone = session.phone()
    session.step("The story")
    entry = words("glossary.kap.text")
    phone.locator("button.term").first.tap()
    expect(phone.locator("#term-kap")).to_contain_text(entry)
    expect(phone.locator("#term-kap")).to_be_in_viewport(ratio=1)
    assert phone.evaluate(NARROW)
    assert barriers(phone) == []
    phone.keyboard.press("Escape")
    expect(phone.locator("#term-kap")).to_be_hidden()
    phone.locator("button.term").first.press("Enter")
    expect(phone.locator("#term-kap")).to_be_visible()
    session.desk.locator("button.term").first.hover()
    expect(session.desk.locator("#term-kap")).to_be_visible()
    session.desk.locator("h1").hover()
    expect(session.desk.locator("#term-kap")).to_be_hidden()
    expect(session.wall.locator("button")).to_have_count(0)


def test_a_phone_fetches_little(session: Session) -> None:
    """At most 60 kB the first time, styles and scripts unpacked; nothing from another host."""
    page = session.browser.new_context(viewport=PHONE).new_page()
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: 0 if "/stream/" in answer.url else len(answer.body())}))
    page.goto(session.address)
    expect(page.locator(".phtop")).to_be_visible()
    assert sum(sizes.values()) <= 60_000, sizes
    assert all(url.startswith((session.hall.url, "data:")) for url in sizes)


@pytest.mark.slow
def test_every_story_fits_on_the_wall(session: Session) -> None:
    """What the article says of it and every follow-up too: nothing is cut off, and nothing is under 36 px."""
    scenes = [make_scene(phase, cases=(name,), asked=0) for name in LIBRARY for phase in (Phase.STORY, Phase.ARTICLE)]
    for name, one in LIBRARY.items():
        for number, phase in product(range(len(one.follow_ups)), (Phase.FOLLOW_UP, Phase.FOLLOW_UP_CLOSED)):
            responses = tuple((who, Response(name, number, who % 5 - 2)) for who in range(9))
            scenes.append(replace(make_scene(phase, cases=(name,), asked=number + 1), responses=responses))
    assert misfits(session.wall, *scenes) == []


def test_reasons_fit_on_the_wall_whatever_was_chosen(session: Session) -> None:
    """As many as there is room for; of the others it says how many there are."""
    many = ("Short.",) * 12, ("m" * 500,) * 2, ("Somebody says this. " * 24,) * 3, ("Two lines of it. " * 7,) * 5
    for reasons in many:
        given = tuple(replace(FIRSTS[0], ref=f"{n}", vote=replace(FIRSTS[0].vote, reason=one)) for n, one in enumerate(reasons))
        scene = replace(make_scene(Phase.REASONS), given=given, through=frozenset(one.ref for one in given))
        assert misfits(session.wall, scene) == []
        shown = session.wall.locator("q").count()
        more = words("room.wall_more_reasons", count=len(reasons) - shown)
        assert shown
        assert (more in session.wall.locator(".mid").inner_text()) == (shown < len(reasons))
