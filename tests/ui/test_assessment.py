"""The page as a whole, without a browser: messages in, state out."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from kapnb import assess, explain, load_guidance
from kapnb.paths import notebooks
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui import assessment
from kapnb.ui.assessment import AssessmentPage

HEAVY = ("numpy", "pandas", "pandera", "matplotlib", "docx")


def test_the_page_imports_nothing_heavy() -> None:
    """A process that opens the page and hands out a note has loaded none of the libraries for tables and documents."""
    code = (
        "import sys; from kapnb.ui.assessment import AssessmentPage; page = AssessmentPage(); page.show()\n"
        "loaded = [name for name in sys.modules if name.startswith('kapnb.report')]\n"
        "page.act({'action': 'confirm'}); page.act({'action': 'note'})\n"
        f"print(loaded + [name for name in {HEAVY!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_one_message_leads_to_one_new_state() -> None:
    """The form's state answers the message by its number, and the explanation is the one of the API."""
    page = AssessmentPage()
    page.act({"action": "confirm"})
    page.act({"action": "record", "field": "psychotic_disorder", "option": "schizophrenia", "seq": 7})
    assert page.form.state["seq"] == 7
    assert page.form.state["case"] == {"psychotic_disorder": "schizophrenia"}
    assert page.panel.state["outcome"] == "not_recommended"
    assert page.panel.state["line"] == explain(assess({"psychotic_disorder": "schizophrenia"}))[0].title


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"action": "dance"},
        {"action": "record"},
        {"action": "record", "field": "nonsense", "option": "none"},
        {"action": "record", "field": "ocd", "option": "maybe"},
        {"action": "record", "field": "ocd", "option": ["yes"]},
        {"action": "clear", "section": "nonsense"},
        {"action": "example", "name": "../../pyproject"},
        {"action": "load", "text": 12},
        {"action": "choose", "reading": "nonsense", "choice": "clarify"},
        {"action": "choose", "reading": "single_attempt", "choice": "maybe"},
        {"action": "choose", "reading": "single_attempt"},
    ],
)
def test_a_senseless_message_is_told_calmly_and_loses_nothing(message: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """What no browser of ours sends changes no answer; the notice has a number, the log has the traceback under it."""
    page = AssessmentPage()
    page.act({"action": "record", "field": "ocd", "option": "yes", "seq": 1})
    with caplog.at_level(logging.ERROR):
        page.act({**message, "seq": 2})
    notice = page.form.state["notice"]
    assert page.form.state["case"] == {"ocd": "yes"}
    assert page.form.state["seq"] == 2
    assert notice["text"] == words("page.trouble")
    assert "Traceback" not in json.dumps(notice)
    number = notice["lines"][0].split()[-1]
    assert number in caplog.text


@pytest.mark.parametrize("seq", [-1, 2**31, 10**40, 1.5, "7", True, None, [1], {}])
@pytest.mark.parametrize("part", ["form", "panel"])
def test_a_message_with_an_odd_number_is_dropped(part: str, seq: object) -> None:
    """What no script of ours would number an action with leaves the page as it was, and is not answered."""
    page = AssessmentPage()
    page.act({"action": "record", "field": "ocd", "option": "yes", "seq": 1})
    before = page.session, page.form.state, page.panel.state
    said = {"action": "record", "field": "ocd", "option": "no", "seq": seq}
    getattr(page, part)._handle_custom_msg(said, [])
    assert (page.session, page.form.state, page.panel.state) == before
    page.form._handle_custom_msg({**said, "seq": 2**31 - 1}, [])
    assert page.form.state["case"] == {"ocd": "no"}


@pytest.mark.parametrize("said", [None, 7, "new", ["new"], {}, {"action": None}, {"action": ["new"]}, {"action": {}}])
def test_what_is_no_message_is_dropped(said: object, caplog: pytest.LogCaptureFixture) -> None:
    """It changes nothing, and leaves no trace."""
    page = AssessmentPage()
    page.act({"action": "record", "field": "ocd", "option": "yes", "seq": 1})
    before = page.session, page.form.state, page.panel.state
    page.form._handle_custom_msg(said, [])
    assert (page.session, page.form.state, page.panel.state) == before
    assert caplog.messages == []


@pytest.mark.parametrize("part", ["form", "panel"])
def test_the_browser_sets_nothing_of_a_widget(part: str, caplog: pytest.LogCaptureFixture) -> None:
    """What is shown, the script that shows it and the style come from Python alone."""
    page = AssessmentPage()
    widget = getattr(page, part)
    names = ("state", "_esm", "_css", "_view_name")
    before = [getattr(widget, name) for name in names]
    for value in ({"seq": "x"}, "typed", None):
        data = {"method": "update", "state": dict.fromkeys(names, value)}
        widget._handle_msg({"content": {"data": data}, "buffers": []})
    assert [getattr(widget, name) for name in names] == before
    assert caplog.messages == []


@pytest.mark.parametrize(
    "message",
    [
        {"action": "record", "field": "x" * 5_000_000, "option": "yes"},
        {"action": "record", "field": "ocd", "option": "x" * 5_000_000},
        {"action": "choose", "reading": "single_attempt", "choice": "x" * 5_000_000},
        {"action": "warm", "reading": "x" * 5_000_000, "choice": "x"},
        {"action": "restore", "text": "x" * 5_000_000},
        {"action": "x" * 5_000_000},
    ],
)
def test_a_huge_message_is_told_shortly_and_changes_nothing(message: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it is repeated, neither on the page nor in the log."""
    page = AssessmentPage()
    page.act({"action": "record", "field": "ocd", "option": "yes", "seq": 1})
    page.form._handle_custom_msg({**message, "seq": 2}, [])
    assert page.form.state["case"] == {"ocd": "yes"}
    assert page.form.state["notice"]["problem"]
    assert "xxx" not in json.dumps(page.form.state) + caplog.text


def test_a_mistake_of_ours_keeps_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the explanation itself breaks, the page stays as it was and goes on."""
    page = AssessmentPage()
    page.act({"action": "record", "field": "ocd", "option": "yes"})

    def fail(_view: object) -> dict[str, str]:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(assessment, "describe_panel", fail)
        page.act({"action": "confirm"})
    assert not page.session.invented
    page.act({"action": "confirm"})
    assert page.session.invented
    assert page.form.state["case"] == {"ocd": "yes"}


def test_what_goes_to_the_browser_is_plain_json() -> None:
    """The widgets' state survives JSON, and the part that changes stays small."""
    page = AssessmentPage()
    page.act({"action": "confirm"})
    page.act({"action": "example", "name": "6_ocd_and_a_new_wish_to_be_dead"})
    assert len(json.dumps(page.form.state)) < 4_000
    assert len(json.dumps(page.panel.state)) < 40_000
    assert json.loads(json.dumps(page.form.form))["sections"]


def test_getting_ready_changes_nothing_on_view() -> None:
    """What is built while the reader reads leaves the page as it is."""
    page = AssessmentPage()
    page.act({"action": "confirm"})
    page.act({"action": "record", "field": "ocd", "option": "yes", "seq": 1})
    before = page.session, page.form.state, page.panel.state
    page.act({"action": "warm"})
    page.act({"action": "warm", "reading": "unprepared_ocd", "choice": "defer"})
    assert (page.session, page.form.state, page.panel.state) == before


def test_a_what_if_is_in_words_in_both_halves() -> None:
    """The form says that it is a what-if and holds the recorded case; the one line of the panel says so too."""
    page = AssessmentPage()
    for action in ("confirm", "whatif"):
        page.act({"action": action})
    page.act({"action": "record", "field": "psychotic_disorder", "option": "schizophrenia"})
    assert page.form.state["recorded"] == {}
    assert page.form.state["whatif"] == words("page.whatif_count", changes=1)
    line = explain(assess({"psychotic_disorder": "schizophrenia"}))[0].title
    assert page.panel.state["line"] == words("page.whatif_line", outcome=line)
    assert words("comparison.come") in page.panel.state["html"]


def test_the_one_line_gives_the_reason() -> None:
    """What a phone shows at its foot, and a screen reader hears, says why it is "clarify first"."""
    page = AssessmentPage()
    page.act({"action": "confirm"})
    page.act({"action": "record", "field": "outside_scope", "option": "yes"})
    a = assess({"outside_scope": "yes"})
    assert page.panel.state["line"] == outcome_words(a.outcome, a.reasons)
    assert words("reasons.information_missing") in page.panel.state["line"]
    page.act({"action": "whatif"})
    assert page.panel.state["line"] == words("page.whatif_line", outcome=outcome_words(a.outcome, a.reasons))


def test_a_note_is_handed_out_after_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it there is none; after it the one of the recorded case, also in a what-if, and the page stays as it was."""
    page, sent = AssessmentPage(), []
    monkeypatch.setattr(page.form, "send", sent.append)
    page.act({"action": "record", "field": "psychotic_disorder", "option": "schizophrenia"})
    page.act({"action": "note", "seq": 3})
    assert (sent, page.form.state["seq"], page.form.state["invented"]) == ([], 3, False)
    page.act({"action": "confirm"})
    page.act({"action": "whatif"})
    page.act({"action": "record", "field": "psychotic_disorder", "option": "none"})
    before = page.session
    page.act({"action": "note"})
    assert page.session == before
    assert 'data-outcome="not_recommended"' in sent[0]["note"]


def test_every_reading_of_the_source_is_on_the_page() -> None:
    """With its question, why it is open, and its choices, the default marked."""
    shown = AssessmentPage().form.form["readings"]
    for drawn, reading in zip(shown, load_guidance().readings.values(), strict=True):
        assert (drawn["name"], drawn["question"], drawn["help"]) == (reading.name, reading.question, reading.why)
        assert [option["name"] for option in drawn["options"]] == [choice.name for choice in reading.choices]
        assert drawn["default"] == reading.default


def test_the_notebook_is_a_doorbell() -> None:
    """At most three code cells of at most five lines, nothing stored, and a title and purpose for the index."""
    book = json.loads((notebooks() / "assessment.ipynb").read_text("utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert len(code) <= 3
    assert all(len(cell["source"]) <= 5 and not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert set(book["metadata"]["kapnb"]) >= {"title", "purpose"}
