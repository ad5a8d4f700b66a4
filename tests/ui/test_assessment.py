"""The assessment page as a whole, without a browser: events in, HTML out."""

from __future__ import annotations

import json
import re

import pytest
from traitlets import TraitError

from kapnb.engine.edition import Edition, served_edition
from kapnb.engine.problems import CaseError
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui import assessment_view
from kapnb.ui.assessment import AssessmentPage
from kapnb.ui.page import Event
from kapnb.ui.widget import RESTORE
from tests.strategies import EXPECTED, PRACTICE
from tests.texts import read
from tests.toy_pack import find_strays

EDITION = served_edition()
READINGS = EDITION.ledger.readings
SCHIZOPHRENIA = {"psychotic_disorder": "schizophrenia"}


@pytest.fixture
def page() -> AssessmentPage:
    page = AssessmentPage()
    page.act(Event("confirm", value=True))
    return page


@pytest.fixture
def sent(page: AssessmentPage, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """What is downloaded."""
    sent: list[tuple[str, bytes]] = []
    monkeypatch.setattr(page.widget, "download", lambda *given: sent.append(given))
    return sent


def answer(page: AssessmentPage, **answers: str) -> None:
    for name, option in answers.items():
        page.act(Event("record", name, option))


@pytest.mark.parametrize(
    "event",
    [
        Event("record"),
        Event("record", "nonsense", "none"),
        Event("record", "ocd", "maybe"),
        Event("record", "ocd", 3.5),
        Event("title"),
        Event("example", "../../pyproject"),
        Event("choose", "nonsense", "clarify"),
        Event("choose", "single_attempt", "maybe"),
        Event("choose", "single_attempt"),
        Event("record", "ocd", "x" * 5_000_000),
    ],
    ids=lambda event: f"{event.action} {event.name} {str(event.value)[:8]}",
)
def test_a_senseless_event_is_told_calmly_and_loses_nothing(
    page: AssessmentPage, event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    """What no browser of ours sends changes no answer, and is not repeated."""
    answer(page, ocd="yes")
    page.act(event)
    assert page.case == {"ocd": "yes"}
    assert words("page.trouble") in page.widget.html_notices
    assert "xxx" not in page.widget.html_notices + caplog.text


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Event(RESTORE, value='{"case": {"ocd": "maybe"}}'), words("page.problems_kept")),
        (Event(RESTORE, value='{"case": {"ocd": "yes"}, "recorded": {"ocd": "maybe"}}'), words("page.problems_kept")),
        (Event("load", value=12, files=(b'{"ocd": "maybe"}',)), "ocd"),
        (Event("load", value=4, files=(b"\xff\xfe\x00\x80",)), "file"),
        (Event("load", value=10_000_000), "64 KB"),
        (Event("load", value=10), words("page.unreadable")),
        (Event("load", value="x"), "64 KB"),
    ],
)
def test_a_bad_file_is_told_where_it_stands(page: AssessmentPage, event: Event, said: str) -> None:
    """It takes the focus, changes nothing, and goes when it is dismissed."""
    answer(page, ocd="yes")
    page.act(event)
    assert said in read(page.widget.html_notices)
    assert page.widget.focus["id"] == "assessment-trouble"
    assert page.case == {"ocd": "yes"}
    page.act(Event("dismiss"))
    assert said not in read(page.widget.html_notices)


def test_a_mistake_of_ours_keeps_the_answers(page: AssessmentPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the explanation itself breaks, the page stays as it was and goes on."""
    with monkeypatch.context() as patch:
        patch.setattr(assessment_view, "write_pane", lambda *_: 1 / 0)
        answer(page, ocd="yes")
    assert page.case == {}
    answer(page, ocd="no")
    assert page.case == {"ocd": "no"}


def test_one_answer_changes_little(page: AssessmentPage) -> None:
    """The question and one that it raises, what counts answers, the tools, and the explanation; and all of it stays small."""
    answer(page, ocd="no")
    before = {name: getattr(page.widget, f"html_{name}") for name in page.widget.regions}
    answer(page, ocd="yes")
    changed = {name for name, html in before.items() if getattr(page.widget, f"html_{name}") != html}
    assert changed <= {"question_ocd", "question_ocd_preparation", "count_ocd", "tools", "answer", "bar"}
    assert sum(len(getattr(page.widget, f"html_{name}")) for name in changed) < 10_000


def test_every_practice_case_has_its_outcome_on_the_page(page: AssessmentPage) -> None:
    """Loaded one after the other, each as its author expects it, alone or as the article's silence."""
    for name, case in PRACTICE.items():
        page.act(Event("load", value=1, files=(json.dumps(case).encode(),)))
        said = re.findall(r"<h2>(.*?)</h2>", page.widget.html_answer)[0]
        silent = [words("outcomes.no_answer")] if EXPECTED[name] == "clarify_first" else []
        assert read(said).strip() in [words(f"outcomes.{EXPECTED[name]}"), *silent], name


def test_a_what_if_is_in_words_in_both_halves(page: AssessmentPage) -> None:
    """The band, the question that is changed, the bar and the explanation all say so."""
    page.act(Event("whatif"))
    answer(page, **SCHIZOPHRENIA)
    assert words("page.whatif_count", changes=1) in read(page.widget.html_band)
    assert words("page.whatif_was", answer=words("page.not_recorded")) in read(page.widget.html_question_psychotic_disorder)
    assert words("comparison.come") in read(page.widget.html_answer)
    outcome = outcome_words(EDITION.assess(SCHIZOPHRENIA).outcome)
    assert page.widget.said == words("page.whatif_line", outcome=outcome)
    assert "supposed" in page.widget.classes
    assert json.loads(page.widget.saved)["recorded"].keys() == {"pack", "edition"}


def test_a_reading_is_switched_where_the_outcome_turns_on_it(page: AssessmentPage) -> None:
    """Among the reasons, with its direction; what breaks the order of caution says so there and in the list of readings."""
    answer(page, bipolar_disorder="stabilized", current_mood_episode="depressed")
    pressed = 'data-action="choose" data-name="unstabilized_bipolar" data-value="any_episode"'
    choice = READINGS["unstabilized_bipolar"].choice("any_episode")
    assert pressed in page.widget.html_answer
    assert f"{choice.label} ({choice.direction})" in read(page.widget.html_answer)
    assert choice.warning in read(page.widget.html_answer)
    page.act(Event("choose", "unstabilized_bipolar", "any_episode"))
    assert page.state.case.readings == {"unstabilized_bipolar": "any_episode"}
    assert f'<p class="warning caveat">{choice.warning}</p>' in page.widget.html_readings
    assert pressed.replace("any_episode", "elevated_mood") in page.widget.html_answer


def test_what_is_saved_is_the_recorded_case(page: AssessmentPage, sent: list[tuple[str, bytes]]) -> None:
    """As a file and as a note, also in a what-if; the file says its edition, and reads back."""
    answer(page, **SCHIZOPHRENIA)
    page.act(Event("whatif"))
    answer(page, psychotic_disorder="none")
    for action in ("save", "note"):
        page.act(Event(action))
    assert [name for name, *_ in sent] == ["kapnb-case.json", "kapnb-case.html"]
    assert json.loads(sent[0][1]) == {"pack": EDITION.pack, "edition": EDITION.number, **SCHIZOPHRENIA}
    assert words("outcomes.not_recommended").encode() in sent[1][1]
    page.act(Event("load", value=1, files=(sent[0][1],)))
    assert page.case == SCHIZOPHRENIA


def test_a_title_names_the_files(page: AssessmentPage, sent: list[tuple[str, bytes]]) -> None:
    """The case's file and note are called after it, and say it; its markup is only text."""
    answer(page, **SCHIZOPHRENIA)
    page.act(Event("title", value="  Eight months in, <b>again</b> "))
    assert 'value="Eight months in, &lt;b&gt;again&lt;/b&gt;"' in page.widget.html_title
    for action in ("save", "note"):
        page.act(Event(action))
    assert [name for name, _ in sent] == ["kapnb-eight-months-in-b-again-b.json", "kapnb-eight-months-in-b-again-b.html"]
    assert json.loads(sent[0][1])["title"] == "Eight months in, <b>again</b>"
    assert b">Eight months in, &lt;b&gt;again&lt;/b&gt;</h1>" in sent[1][1]
    assert json.loads(page.widget.saved)["case"]["title"] == "Eight months in, <b>again</b>"


def test_a_title_that_may_identify_somebody_is_kept_nowhere(page: AssessmentPage, sent: list[tuple[str, bytes]]) -> None:
    """It stays in its box and is told there; no file, name or storage has it, and the old title stays."""
    page.act(Event("title", value="Six weeks on"))
    page.act(Event("title", value="Ms. Rowan, six weeks on"))
    assert words("page.title_refused", kind=words("identifiers.titled_name")) in read(page.widget.html_title)
    assert 'value="Ms. Rowan, six weeks on"' in page.widget.html_title
    page.act(Event("save"))
    assert sent[0][0] == "kapnb-six-weeks-on.json"
    assert "Rowan" not in sent[0][1].decode() + page.widget.saved + page.widget.html_notice + page.widget.html_answer
    page.act(Event("title", value="x" * 201))
    assert "200" in read(page.widget.html_title)
    page.act(Event("new"))
    assert 'value=""' in page.widget.html_title
    assert "aria-invalid" not in page.widget.html_title


def test_markup_in_a_file_is_only_text(page: AssessmentPage) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    case = {"title": hostile, "note": hostile, "vignette": hostile, "ocd": "yes"}
    page.act(Event("load", value=1, files=(json.dumps(case).encode(),)))
    assert "<img" not in page.widget.html_title
    assert read(page.widget.html_title).count(hostile) == 2
    assert page.widget.html_title.count('value="&lt;img') == 1


def test_there_is_no_note_before_the_gate() -> None:
    """Nothing is assessed before somebody has said that the case is invented."""
    page = AssessmentPage()
    answer(page, **SCHIZOPHRENIA)
    page.act(Event("note"))
    assert 'class="sum"' not in page.widget.html_answer
    for confirmed in (True, False):
        page.act(Event("confirm", value=confirmed))
        assert ('class="sum"' in page.widget.html_answer) is confirmed
    assert words("page.saved", name="") not in page.widget.html_notice


def test_the_case_can_be_set_and_observed_in_a_notebook(page: AssessmentPage) -> None:
    """What is set is shown and assessed; what is no case is refused and changes nothing."""
    seen: list[dict[str, str]] = []
    page.observe(lambda change: seen.append(change["new"]), "case")
    page.case = SCHIZOPHRENIA
    answer(page, ocd="no")
    assert seen == [SCHIZOPHRENIA, {**SCHIZOPHRENIA, "ocd": "no"}]
    assert words("outcomes.not_recommended") in page.widget.html_answer
    with pytest.raises((CaseError, TraitError)):
        page.case = {"ocd": "maybe"}
    assert page.case == seen[-1]


def test_nothing_of_another_pack_is_on_the_page(toy: Edition) -> None:
    """Under a second pack the page asks, explains and offers what that pack has."""
    page = AssessmentPage()
    page.act(Event("confirm", value=True))
    page.act(Event("example", next(iter(toy.examples()))))
    shown = "".join(getattr(page.widget, f"html_{name}") for name in page.widget.regions)
    assert page.state.edition.pack == toy.pack
    assert find_strays(read(shown)) == []
