"""The page for supervisors without a browser: finding stories, their order, what is told only when asked for, and files."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb.tables.read import read_cases
from kapnb.text.words import words
from kapnb.training.library import LEVELS, TRAPS, load_library
from kapnb.training.links import read_link, write_link
from kapnb.training.sets import load_presets, load_set
from kapnb.ui.sets import SetsPage
from kapnb.ui.sets_desk import INTERVIEW, arrive, find_cases, move
from kapnb.ui.training import read_table
from kapnb.ui.widget import RESTORE, Event
from tests.bundled import EDITION, LIBRARY
from tests.toy_pack import find_strays
from tests.untold import untold

OWN = b"case_id,title,vignette,ocd\nC1,One,A story of counting.,yes\n"


class Supervisor:
    """Does to the page what its reader does."""

    def __init__(self, *items: str, edition: Any = EDITION) -> None:
        self.page = SetsPage(edition)
        self.sent: list[tuple[str, bytes]] = []
        assert self.page.widget
        self.page.widget.download = lambda name, data: self.sent.append((name, data))  # type: ignore[method-assign]
        self.say("confirm", value=True)
        for one in items:
            self.say("pick", one)

    def say(self, action: str, name: str = "", value: Any = None) -> Supervisor:
        self.page.act(Event(action, name, value))
        return self

    @property
    def shown(self) -> str:
        return unescape("".join(self.page.view(self.page.state).values()))

    @property
    def problem(self) -> bool:
        notice = self.page.state.notice
        return bool(notice and notice.problem)


def test_a_note_to_trainees_is_on_the_handout_and_in_the_file() -> None:
    """Escaped, in no link and on no other paper; one that may identify somebody stays in its field and is not handed out."""
    page = Supervisor("V43").say("note", value="Read <b>V43</b> by\nWhitsun.")
    assert "Whitsun" not in page.page.state.link
    for name in ("handout.html", "sheet.html", "cards.html"):
        page.say("paper", name)
    handout, *others = (data for _, data in page.sent)
    assert "Read &lt;b&gt;V43&lt;/b&gt; by Whitsun." in str(handout)
    assert "Whitsun" not in str(others)
    page.say("share")
    assert load_set(page.sent[-1][1], EDITION)[0].note == "Read <b>V43</b> by Whitsun."
    page.say("note", value="Ask rowan@example.org").say("paper", "handout.html")
    assert page.problem
    assert len(page.sent) == 4
    assert "rowan@example.org</textarea>" in page.shown
    assert "an e-mail address" in page.shown


def test_a_set_opens_a_room_where_there_is_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the readings chosen for it; a set with a case of one's own does not."""
    page = Supervisor("V05").say("reading", "single_attempt", "counts_as_pattern")
    assert 'href="room/new?set=begley.2.2.single_attempt-counts_as_pattern.V05"' in page.shown
    monkeypatch.setattr("kapnb.text.words._static", "1")
    assert "room/new" not in page.shown


def test_nothing_is_shown_before_the_gate() -> None:
    page = SetsPage(EDITION)
    page.act(Event("pick", "V05"))
    assert page.state.picked == ()
    assert not [one.title for one in LIBRARY.values() if one.title in "".join(page.view(page.state).values())]


def test_outcome_and_trap_are_behind_show() -> None:
    """First lines are in sight; what a story comes to is told for the one that is asked for, and goes again."""
    page = Supervisor()
    for _ in range(len(LIBRARY) // 12 + 1):
        page.say("more")
    shown = page.shown
    assert not [piece for one in LIBRARY.values() for piece in untold(one) if piece in shown]
    assert all(" ".join(one.story.split())[:60] in shown for one in LIBRARY.values())
    told = page.say("show", "V05").shown
    assert LIBRARY["V05"].tension in told
    assert LIBRARY["V24"].tension not in told
    assert LIBRARY["V05"].tension not in page.say("show", "V05").shown


def test_stories_are_found_by_words_topic_level_and_trap() -> None:
    page = Supervisor().say("search", value="Dairy  LIGHTS")
    assert [one.id for one in find_cases(page.page.state)] == ["V01"]
    first, *rest = find_cases(page.say("search", value="second letter").page.state)
    assert first.title == "The second letter"  # before those that say so in the story
    assert rest
    page.say("search", value="")
    for name, value, fits in (
        ("level", LEVELS[2], lambda one: one.level == LEVELS[2]),
        ("level", INTERVIEW, lambda one: one.interview is not None),
        ("topic", "ocd", lambda one: "ocd" in one.topics),
        ("trap", TRAPS[0], lambda one: TRAPS[0] in one.traps),
    ):
        found = find_cases(page.say("narrow", name, value).page.state)
        assert found == tuple(filter(fits, LIBRARY.values()))
        page.say("narrow", name, "")
    assert words("sets_page.none") in page.say("search", value="no such words").shown


@given(moves=st.lists(st.tuples(st.sampled_from(["V05", "V24", "V43", "V10"]), st.sampled_from([-1, 1])), max_size=12))
def test_moving_changes_the_order_and_nothing_else(moves: list[tuple[str, int]]) -> None:
    desk = replace(arrive(EDITION), picked=("V05", "V24", "V43", "V10"))
    for name, by in moves:
        before, desk = desk.picked, move(desk, name, by)
        assert sorted(desk.picked) == sorted(before)
        assert desk.picked.index(name) == min(max(before.index(name) + by, 0), 3)


def test_the_link_and_what_the_browser_keeps_are_the_set() -> None:
    """With the readings chosen for it; what is kept comes back, and so does the link that an earlier version kept."""
    page = Supervisor("V24", "V05").say("reading", "single_attempt", "counts_as_pattern")
    link = page.page.state.link
    assert f'href="training?set={link}"' in page.shown
    assert read_link(link, EDITION)[0] == ("V24", "V05")
    for kept in (page.page.saved(page.page.state), link):
        again = Supervisor().say(RESTORE, value=kept)
        assert (again.page.state.picked, again.page.state.edition) == (("V24", "V05"), page.page.state.edition)
    assert again.say(RESTORE, value="begley.1.1.V05").problem


def test_title_note_and_own_cases_survive_a_reload() -> None:
    """What may identify somebody is not kept, and nothing else is lost by it."""
    page = Supervisor("V05").say("done:cases", value=read_table("cases", OWN, EDITION)).say("pick", "C1")
    page.say("title", value="Tuesday, first hour").say("note", value="Read both\nby Whitsun.")
    kept = page.page.saved(page.page.state)
    state = Supervisor().say(RESTORE, value=kept).page.state
    assert (state.picked, state.title, state.note) == (("V05", "C1"), "Tuesday, first hour", "Read both\nby Whitsun.")
    assert state.library["C1"].story == "A story of counting."
    for text in ("Ask rowan@example.org", "\ud800", "a" * 3_000):
        page.say("note", value=text)
        state = Supervisor().say(RESTORE, value=page.page.saved(page.page.state)).page.state
        assert (state.picked, state.title, state.note) == (("V05", "C1"), "Tuesday, first hour", "")
    gone = kept and kept.replace('"V05"', '"V99"')
    assert "V99" in Supervisor().say(RESTORE, value=gone).shown


def test_a_preset_begins_a_set() -> None:
    for number, one in enumerate(load_presets(EDITION.guidance)):
        page = Supervisor("V01").say("preset", value=str(number))
        assert page.page.state.picked == one.items


def test_everything_on_paper_has_a_name_of_its_own() -> None:
    page = Supervisor("V43", "V05")
    for kind in ("handout", "sheet", "cards"):
        for ending in ("html", "docx"):
            page.say("paper", f"{kind}.{ending}")
    page.say("cases").say("share").say("move", "V05", "-1").say("paper", "handout.html")
    names = [name for name, _ in page.sent]
    assert len(names) == len({*names}) == 9
    assert list(read_cases(page.sent[6][1])["case_id"]) == ["V43", "V05"]
    assert load_set(page.sent[7][1], EDITION)[0].items == ("V43", "V05")
    handout = page.sent[0][1].decode()
    assert not [piece for name in ("V43", "V05") for piece in untold(LIBRARY[name]) if piece in handout]
    assert Supervisor().say("paper", "sheet.html").problem
    assert Supervisor("V05").say("paper", "cards.html").problem


def test_a_case_of_ones_own_goes_into_a_file_and_into_no_link() -> None:
    page = Supervisor("V05").say("done:cases", value=read_table("cases", OWN, EDITION)).say("pick", "C1")
    assert page.page.state.link == ""
    assert words("sets_page.own_in_set") in page.shown
    page.say("share")
    assert [one.case_id for one in load_set(page.sent[0][1], EDITION)[0].cases] == ["C1"]


def test_another_pack_has_its_own_stories(toy: Any) -> None:
    page = Supervisor(*load_library(toy), edition=toy).say("paper", "sheet.html")
    assert find_strays(page.shown + page.sent[0][1].decode()) == []
    assert write_link(load_library(toy), toy).startswith("toy.")
