"""Page and HtmlView: events in, HTML out, and what goes wrong in between."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pytest
from comm.base_comm import BaseComm

from kapnb.engine.problems import KapnbError, Problem
from kapnb.serve.event_log import report_error
from kapnb.text.html import Html, element, join
from kapnb.text.support import find_helpline, reader_country
from kapnb.text.words import words
from kapnb.ui.controls import button, options, radios
from kapnb.ui.page import NOTICES, Download, Event, Focus, Page, Say, Storage, Task
from kapnb.ui.scripts import STATIC, join_modules
from kapnb.ui.widget import AGAIN, COUNTRY, RESTORE, STORAGE, HtmlView
from tests import apart
from tests.served import ROOT


@dataclass(frozen=True)
class State:
    color: str = ""
    count: int = 0


class Colors(Page):
    name, keeps = "colors", True

    def update(self, state: State, event: Event) -> Any:
        match event:
            case Event("color", value=value):
                return replace(state, color=value), Say(f"{value} it is"), Focus("count")
            case Event("count"):
                return replace(state, count=state.count + 1)
            case Event("take"):
                return state, Download("color.txt", state.color or reader_country())
            case Event("refuse"):
                raise KapnbError([Problem("color", "is not liked")])
            case Event("work", value=work):
                return state, Task("work", work)
            case Event("progress:work" | "done:work", value=value):
                return replace(state, color=f"{event.action} {value}", count=state.count + 1)
            case Event("unshown"):
                return replace(state, count=-1)
        raise ValueError(event.action)

    def view(self, state: State) -> Mapping[str, Html]:
        if state.count < 0:
            raise ValueError("cannot be drawn")
        choices = options([("red", "Red"), ("blue", "Blue")])
        counted = element("section", element("h2", f"Count {state.count}"), button("Count", "count"))
        counted = join((counted, element("p", find_helpline().name)))
        return {"color": radios("color", "Which color?", choices, state.color, action="color"), "count": counted}

    def saved(self, state: State) -> str:
        return json.dumps([state.color, state.count]) if state != State() else ""

    def restored(self, state: State, text: str) -> State:
        try:
            color, count = json.loads(text)
        except ValueError:
            raise KapnbError([Problem("file", "is unreadable")]) from None
        return replace(state, color=color, count=count)


class Wire(BaseComm):
    """Notes what goes to the browser, one set of names for each message."""

    kernel = object()

    def __init__(self) -> None:
        self.sent: list[set[str]] = []
        super().__init__(primary=False)

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:  # as in the base class
        self.sent.append(set((data or {}).get("state", (data or {}).get("content", ()))))


@pytest.fixture
def page() -> Colors:
    page = Colors(State())
    page.widget.comm = Wire()
    return page


def say(page: Page, turn: object = 0, client: object = "a", **message: object) -> None:
    """A message as it comes from the browser."""
    page.widget._handle_custom_msg({"action": "count", "turn": turn, "client": client, **message}, [])


# --- the reader's country


def test_the_country_of_the_reader_is_named_on_the_page_and_in_what_it_hands_out(
    page: Colors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A country that is not known changes nothing; what the browser kept can still be handed back."""
    handed: list[Any] = []
    monkeypatch.setattr(page.widget, "download", lambda *given: handed.append(given))
    assert "988 Lifeline" in page.widget.html_count
    say(page, 1, action=COUNTRY, value="uk")
    assert "Samaritans" in page.widget.html_count
    assert page.widget.fresh
    say(page, 2, action=COUNTRY, value="nowhere")
    say(page, 3, action="take")
    assert "Samaritans" in page.widget.html_count
    assert handed == [("color.txt", b"uk")]
    assert reader_country() == "us"


# --- what travels


def test_only_regions_that_changed_travel(page: Colors) -> None:
    """And with them, in one message, that the event was taken, and what the browser is to keep."""
    say(page, 1)
    assert page.widget.comm.sent == [{"html_count", "heard", "saved", "fresh"}]
    say(page, 2)
    assert page.widget.comm.sent[1:] == [{"html_count", "heard", "saved"}]


def test_a_line_that_is_back_is_told_all_that_can_change(page: Colors) -> None:
    """What was last said may be lost with the line before. Nothing is done, and the script and the style do not travel again."""
    say(page, 1)
    told = page.widget.comm.sent
    say(page, 0, action=AGAIN)
    assert told[0] < told[1]
    assert not told[1] & {"_esm", "_css", "frame"}
    assert (page.state.count, page.widget.heard) == (1, {"a": 1})


def test_modules_are_joined_in_scopes_of_their_own(tmp_path: Any) -> None:
    """Names in them never clash; what is exported is found under the name it is imported by."""
    (tmp_path / "one.js").write_text(
        'import { a } from "./two.js";\nimport lib from "./lib.js";\nconst x = a(lib);\nexport default { x };\n'
    )
    (tmp_path / "two.js").write_text("const x = 1;\nexport function a(b) {\n  return b + x;\n}\n")
    (tmp_path / "lib.js").write_text("module.exports = 2;")
    joined = join_modules("one", tmp_path)
    assert joined.splitlines()[-1] == "export default module_one.default;"
    assert HtmlView._esm.count("export ") == 1
    assert "return { a };" in joined
    assert "const { default: lib } = module_lib;" in joined
    assert "return { default: module.exports };" in joined
    assert joined.index("module_two = ") < joined.index("module_one = ")


# --- what comes in


@pytest.mark.parametrize(
    "message",
    [
        *({"turn": turn} for turn in (-1, 2**31, 10**40, 1.5, "7", True, None, [1], {})),
        *({"action": action} for action in (None, ["count"], "done:work", "failed:", "kapnb:other")),
        *({"value": value} for value in (["x"], {"a": 1})),
        *({"client": client} for client in (3, "x" * 60)),
        {"name": 7},
        {"about": 1},
    ],
)
def test_what_is_no_event_is_dropped(page: Colors, message: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """No script of ours sends it. It changes nothing, and leaves no trace; no browser can pretend that a task is done."""
    say(page, **{"turn": 0, **message})
    page.widget._handle_custom_msg({"action": None, **message}, [])
    page.widget._handle_custom_msg("count", [])
    assert (page.state, page.widget.heard, caplog.messages) == (State(), {}, [])


def test_a_message_is_taken_once_and_in_its_turn(page: Colors) -> None:
    """One that comes twice is taken once; one that overtook others is taken when it is sent again; each view counts for itself."""
    for turn in (1, 3, 1, 2, 2, 3, 4, 3):
        say(page, turn)
    assert page.state.count == 4
    say(page, 1, "b")
    assert (page.state.count, page.widget.heard) == (5, {"a": 4, "b": 1})


def test_the_browser_sets_nothing_of_the_widget(page: Colors) -> None:
    """What is shown, the script that shows it and the style come from Python alone."""
    names = ("html_count", "frame", "options", "heard", "_esm", "_css", "_view_name")
    before = [getattr(page.widget, name) for name in names]
    for value in ({"a": 1}, "typed", None):
        page.widget._handle_msg({"content": {"data": {"method": "update", "state": dict.fromkeys(names, value)}}, "buffers": []})
    assert [getattr(page.widget, name) for name in names] == before


# --- effects


def test_effects_are_done_after_the_state_is_shown(page: Colors, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said, where the focus goes, what is downloaded."""
    sent: list[tuple[str, bytes]] = []
    monkeypatch.setattr(page.widget, "download", lambda *given: sent.append(given))
    page.act(Event("color", value="red"))
    page.act(Event("take"))
    assert (page.widget.said, page.widget.focus["id"], page.widget.focus["turn"]) == ("red it is", "count", 1)
    assert 'value="red" id="color-red" checked' in page.widget.html_color
    assert sent == [("color.txt", b"red")]


def test_what_cannot_be_done_is_told_and_changes_nothing(page: Colors) -> None:
    """With every problem, in the place for notices, and gone with the next event."""
    page.act(Event("refuse"))
    assert "is not liked" in page.widget.html_notices
    assert page.state == State()
    page.act(Event("count"))
    assert "is not liked" not in page.widget.html_notices


@pytest.mark.parametrize("event", [Event("dance"), Event("unshown"), Event("x" * 5_000_000), Event("color", value=7)])
def test_an_unexpected_error_is_reported_under_an_id(page: Colors, event: Event, caplog: pytest.LogCaptureFixture) -> None:
    """The state stays, what can be seen stays, the log has the id, and nothing of what was sent is repeated."""
    page.act(Event("count"))
    before = page.state, page.widget.html_count, page.widget.saved
    if event.value == 7:
        page.view = lambda _: 1 / 0  # type: ignore[assignment]
    with caplog.at_level(logging.ERROR):
        page.act(event)
    assert (page.state, page.widget.html_count, page.widget.saved) == before
    assert words("page.trouble") in page.widget.html_notices
    incident = page.widget.html_notices.partition(words("page.trouble_number", number=""))[2][:8]
    assert f"error {incident} (colors)" in caplog.text
    assert re.search(r"\n  \w+Error\n    \S+, line \d+, in Page.act\n", caplog.text)
    assert not re.search("xxx|dance|cannot be drawn", caplog.text + page.widget.html_notices)
    assert page.widget.focus["id"] == "colors-trouble"


def test_a_circle_of_causes_ends(caplog: pytest.LogCaptureFixture) -> None:
    """And where no exception is at hand there is an incident id all the same."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    report_error("colors", problem=first, quote=False)
    assert caplog.text.count("KeyError") == 1
    assert report_error("colors", quote=False) in caplog.text


# --- what the browser keeps


def test_what_was_kept_comes_back(page: Colors) -> None:
    """What one page saves, another one restores."""
    for event in (Event("color", value="blue"), Event("count")):
        page.act(event)
    again = Colors(State())
    assert again.widget.fresh
    again.act(Event(RESTORE, value=page.widget.saved))
    assert again.state == page.state
    assert not again.widget.fresh


def test_what_cannot_be_restored_is_set_aside(page: Colors) -> None:
    """The page says why, stays as it is, and the browser makes room."""
    page.act(Event(RESTORE, value="nonsense"))
    assert (page.state, page.widget.refused, page.widget.saved) == (State(), 1, "")
    assert "is unreadable" in page.widget.html_notices


@pytest.mark.parametrize(
    ("told", "storage"),
    [
        ({"kept": True, "elsewhere": False, "aside": 2}, Storage(aside=2)),
        ({"kept": False, "elsewhere": False, "aside": 0}, Storage(kept=False)),
        ({"kept": "yes", "aside": -1}, Storage(kept=False)),
        ({"kept": True, "aside": 10**9}, Storage()),
        ("odd", Storage(kept=False)),
    ],
)
def test_what_the_browser_says_of_its_storage_is_shown(page: Colors, told: object, storage: Storage) -> None:
    """With a way to save what is not kept, and one to save and to forget each text that is set aside; the page stays fresh."""
    page.act(Event(STORAGE, value=told))
    assert page.storage == storage
    assert page.widget.html_notices.count(words("page.aside")) == storage.aside
    assert ('data-action="save_kept"' in page.widget.html_notices) is not storage.kept
    assert page.widget.fresh


# --- tasks


def run(page: Colors, *work: Any) -> None:
    async def do() -> None:
        for one in work:
            page.act(Event("work", value=one))
        await page.settled()

    apart.run(do())


async def ticks() -> Any:
    for number in (1, 2):
        yield number


def in_thread(report: Callable[[int], None]) -> int:
    report(1)
    return 2


@pytest.mark.parametrize(
    ("work", "state"), [(in_thread, State("done:work 2", 2)), (ticks(), State("done:work 2", 3))], ids=["thread", "iterator"]
)
def test_long_work_tells_how_far_it_is_and_what_came_of_it(page: Colors, work: Any, state: State) -> None:
    """Whether it runs in a thread, or gives one thing after the other; of what is overtaken nothing comes to the page."""
    run(page, work)
    assert page.state == state
    run(page, lambda _: 4, lambda _: 3)
    assert page.state == State("done:work 3", state.count + 1)


def test_a_task_that_fails_is_told(page: Colors, caplog: pytest.LogCaptureFixture) -> None:
    """A problem as a problem, anything else under an incident id."""

    def refuse(_: object) -> None:
        raise KapnbError([Problem("file", "is empty")])

    run(page, refuse)
    assert "is empty" in page.widget.html_notices
    assert caplog.messages == []
    run(page, lambda _: 1 / 0)
    assert words("page.trouble") in page.widget.html_notices
    assert "ZeroDivisionError" in caplog.text


# --- in a notebook


def test_the_state_can_be_set_and_observed(page: Colors) -> None:
    """Setting it redraws the page; one that cannot be drawn is refused, and nothing changes."""
    seen: list[State] = []
    page.observe(lambda change: seen.append(change["new"]), "state")
    page.state = State("red", 5)
    page.act(Event("count"))
    assert "Count 6" in page.widget.html_count
    assert seen == [State("red", 5), State("red", 6)]
    with pytest.raises(ValueError, match="cannot be drawn"):
        page.state = State(count=-1)
    assert page.state == State("red", 6)


def test_a_page_shows_itself() -> None:
    """As a widget, and where there is none as an outline."""
    page = Colors(State())
    assert set(page.widget.regions) == {NOTICES, "color", "count"}
    assert all(f'data-region="{name}"' in page.widget.frame for name in page.widget.regions)
    shown = page._repr_mimebundle_()
    assert shown["text/plain"] == "- Which color?\n## Count 0"
    assert shown["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_a_library_is_the_one_that_is_locked() -> None:
    """The copy of morphdom is, byte by byte, what npm's lock names."""
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]["node_modules/morphdom"]
    kept = (STATIC / "vendor" / "morphdom.js").read_bytes()
    about = json.loads((STATIC / "vendor" / "morphdom.json").read_text("utf-8"))
    told = {name: lock[name] for name in ("version", "integrity", "license")}
    assert about == {"name": "morphdom", "file": "dist/morphdom-umd.min.js", "sha256": sha256(kept).hexdigest(), **told}
    installed = ROOT / "node_modules" / "morphdom"
    if installed.is_dir():
        assert (installed / about["file"]).read_bytes() == kept
