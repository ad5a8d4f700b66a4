"""The note as paper and screen: one page in every case, readable on a phone, no barrier."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from playwright.sync_api import Page

from kapnb import Assessment, assess
from kapnb.group.differences import Difference
from kapnb.group.discussion import suggest
from kapnb.report import Note, cards_of_set, handout_of_set, note_of_case, note_of_session, note_of_set, write_html
from kapnb.text.cases import Case
from tests.browser.test_accessibility import barriers
from tests.bundled import EDITION, LIBRARY
from tests.example import ASSESSED, CASES, LOCATED
from tests.report_notes import note_of, note_of_example
from tests.strategies import EDITIONS, random_case

pytestmark = pytest.mark.browser

POINTS = ["What was learned here is told at some length, and nothing of it is short; " * 4] * 12
STORY = "A person comes with a story that takes its time and is told in many sentences. " * 14
NAMED = ('"Helvetica Neue", "Arial", "Liberation Sans", ', '"Charter", "Iowan Old Style", "Times New Roman", "Liberation Serif", ')


def length(assessment: Assessment) -> int:
    """How much the findings of a case take on a page, about."""
    return sum(len(finding.text) + 200 for finding in assessment.deciding) + sum(len(name) for name in assessment.edition.changed)


@cache
def longest() -> tuple[Note, ...]:
    """The cases of 500 with most to say, each with as many points, prompts and sentences as anybody may bring."""
    chance = Random(8)
    cases = (assess(random_case(chance), readings=chance.choice(EDITIONS)) for _ in range(500))
    case = Case({}, title="A title that does not end where a title should end but goes on and on " * 3, vignette=STORY)
    found = sorted(cases, key=length)[-4:]
    return tuple(note_of_case(case, one, (), suggest("X", one), POINTS) for one in found)


def only(rater: str, difference: Difference) -> tuple[Difference]:
    return (replace(difference, judgment=replace(difference.judgment, rater=rater)),)


@cache
def notes() -> list[Note]:
    crowd = [(case, ASSESSED[case.case_id], only(group, LOCATED[case.case_id][0])) for group in "ABC" for case in CASES]
    return [
        *(note_of(number) for number in range(len(CASES))),
        *(note_of(number, POINTS, names=True) for number in (4, 5, 6)),
        note_of_example(),
        note_of_example(POINTS, names=True),
        note_of_session("A session with three groups", crowd, EDITION, (), POINTS),
        *longest(),
    ]


def print_pages(page: Page, htmls: Sequence[str], paper: str) -> int:
    """How many pages several notes take, each begun on a page of its own: one PDF for all of them, since each takes its second."""
    head, _, _ = htmls[0].partition("<main")
    mains = [html[html.index("<main") : html.index("</main>") + len("</main>")] for html in htmls]
    page.set_content(f"{head}<style>main + main {{ break-before: page }}</style>{''.join(mains)}</body></html>")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))


def longer_than_a_page(page: Page, htmls: Sequence[str], paper: str) -> list[str]:
    """The titles of notes that take more than one page; each is printed by itself only where there are any."""
    if print_pages(page, htmls, paper) == len(htmls):
        return []
    return [html[html.index("<title>") :][:80] for html in htmls if print_pages(page, [html], paper) > 1]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_note_prints_on_one_page(page: Page, paper: str) -> None:
    """Every case of the example, the longest explanations with the most that can be brought, and sessions: one page each."""
    htmls = [write_html(note) for note in notes()]
    assert longer_than_a_page(page, htmls, paper) == []
    assert print_pages(page, htmls[:1], paper) == 1


def test_a_note_prints_on_one_page_in_a_broader_font(page: Page) -> None:
    """Where none of the named fonts is there, the letters of the last one are made to fit."""
    htmls = [write_html(note) for note in (note_of(3), note_of_example(), *longest())]
    for fonts in NAMED:
        assert all(fonts in html for html in htmls)
        htmls = [html.replace(fonts, "") for html in htmls]
    assert longer_than_a_page(page, htmls, "Letter") == []


def test_a_second_page_would_be_seen(page: Page) -> None:
    """Planted fault: one note among others with a little more than there is room for is found."""
    good, bad = write_html(note_of(0)), write_html(note_of_example())
    bad = bad.replace("</main>", f"<p>{'More of it. ' * 300}</p></main>")
    assert print_pages(page, [good, bad, good], "A4") == 4
    assert [title.startswith("<title>The example") for title in longer_than_a_page(page, [good, bad, good], "A4")] == [True]


@pytest.mark.parametrize("make", [note_of_set, handout_of_set, cards_of_set])
def test_a_set_prints_a_page_for_each_case_or_card(page: Page, make: Callable[..., Note]) -> None:
    """Whichever story it is, after what stands before the first of them."""
    note = make("Every story", list(LIBRARY.values()), EDITION)
    for paper in ("A4", "Letter"):
        every, front = (print_pages(page, [write_html(one)], paper) for one in (note, replace(note, leaves=())))
        assert every == front + len(note.leaves)


def test_no_text_is_small(page: Page) -> None:
    """On paper no text is under 9.5 points."""
    page.emulate_media(media="print")
    for note in (note_of(6), note_of_example()):
        page.set_content(write_html(note))
        sizes = page.evaluate("[...document.querySelectorAll('body *')].map(e => parseFloat(getComputedStyle(e).fontSize) * 0.75)")
        assert min(sizes) >= 9.49


@pytest.mark.parametrize("width", [1280, 390])
def test_a_note_has_no_barrier_and_does_not_scroll_sideways(page: Page, width: int) -> None:
    """Wide and narrow: nothing that axe finds, and everything within the window."""
    page.set_viewport_size({"width": width, "height": 844})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for note in (note_of(5), note_of(6), note_of_example(), longest()[-1]):
        page.set_content(write_html(note))
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == []
