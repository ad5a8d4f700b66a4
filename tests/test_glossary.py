"""The glossary: whatever a page marks has an entry, each entry is written once, and nothing in it is a false promise."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from kapnb import fields
from kapnb.engine.outcomes import Basis, Caution, Kind, Outcome, Reason
from kapnb.text.blocks import Badge
from kapnb.text.glossary import (
    explain_initials,
    find_term,
    list_terms,
    mark_initials,
    write_badge,
    write_glossary,
    write_term,
    write_terms,
    write_voice,
)
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import list_words, words
from kapnb.ui.article import show_page as show_article
from kapnb.ui.assessment import show_page as show_assessment
from kapnb.ui.page import Page
from kapnb.ui.reviewers import show_page as show_reviewers
from kapnb.ui.sets import show_page as show_sets
from kapnb.ui.supervision import show_page as show_supervision
from kapnb.ui.training import show_page as show_training

WORDS = list_words("glossary")
MOST_WORDS = 32


def entries(html: str) -> list[str]:
    return re.findall('popovertarget="term-([a-z0-9_]+)"', html)


def plain(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


@pytest.mark.parametrize("page", [show_article, show_assessment, show_reviewers, show_sets, show_supervision, show_training])
def test_a_page_has_every_entry_that_it_leads_to(page: Callable[[], Page]) -> None:
    """Once, in the frame, which is never drawn again."""
    shown = page()
    assert shown.widget.frame.count('id="term-') == len(list_terms())
    drawn = join((Html(shown.widget.frame), *shown.view(shown.state).values()))
    assert set(entries(drawn)) <= set(list_terms())


def test_every_entry_is_written_once_with_its_term() -> None:
    html = write_glossary()
    assert re.findall('id="term-([^"]*)"', html) == list(list_terms())
    assert html.count("popover") == len(list_terms())
    assert len(set(list_terms())) == len(list_terms())


def test_an_entry_is_short() -> None:
    for name in list_terms():
        text = WORDS[f"{name}.text"]
        assert text.endswith("."), name
        assert len(text.split()) <= MOST_WORDS, name


def test_every_instrument_has_an_entry() -> None:
    """Whatever a question names leads to its name in full."""
    for name in {one for field in fields.values() for one in field.instruments}:
        found = entries(write_terms(name))
        assert len(found) == 1, name
        assert plain(write_terms(name)) == name


@pytest.mark.parametrize("basis", Basis)
def test_every_label_of_whose_words_has_an_entry(basis: Basis) -> None:
    assert entries(write_voice(basis)) == entries(write_badge(Badge(words(f"bases.{basis}"), basis)))
    assert entries(write_voice(basis))[0] in list_terms()


BADGES = [
    *(Badge(outcome_words(outcome), "outcome") for outcome in Outcome),
    *(Badge(outcome_words(Outcome.CLARIFY_FIRST, [reason]), "outcome") for reason in Reason),
    *(Badge(words(f"cautions.{caution}"), "caution") for caution in Caution),
    *(Badge(words(f"kinds.{kind}"), kind) for kind in (Kind.NOTE, Kind.FAVORABLE)),
    Badge(words("explanation.badge_reading", label="Only after DBT"), "reading"),
]


@pytest.mark.parametrize("badge", BADGES, ids=lambda badge: badge.text)
def test_every_badge_has_an_entry(badge: Badge) -> None:
    assert find_term(badge) in list_terms()
    assert plain(write_badge(badge)) == badge.text


def test_a_badge_leads_to_its_own_entry() -> None:
    """That the article gives no answer is no call to clarify, and a chosen reading is not our reading."""
    told = {find_term(badge) for badge in BADGES}
    assert {"no_answer", "clarify_first", "reading"} <= told
    assert find_term(Badge(words("bases.reading"), "reading")) == "ours"
    assert write_badge(Badge("Anything", "prompt")) == '<span class="badge prompt">Anything</span>'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("No KAP before DBT; KAP later.", ["kap", "dbt"]),
        ("Findings, and a finding.", ["finding"]),
        ("The SCID-5-PD is no SCID-5.", ["scid_5_pd", "scid_5"]),
        ("C-PTSD or PTSD", ["ptsd"]),
        ("An audit of minis is no instrument, and si is a note.", []),
        ("OCD-like, KAPs", []),
    ],
)
def test_the_first_use_of_a_term_is_marked(text: str, found: list[str]) -> None:
    """Initials as they are written, other words with and without a capital letter, and no part of a longer word."""
    assert entries(write_terms(text)) == found
    assert plain(write_terms(text)) == text


def test_no_line_begins_with_the_sign_after_a_term() -> None:
    """A browser may break a line at a button; a term of several words has to be able to break itself."""
    assert write_terms("By (OCD).").endswith(f"({element('span', write_term('ocd', 'OCD'), ').', class_='whole')}")
    assert "whole" not in write_terms("KAP and the NIMH Life Chart Method.")


def test_a_term_is_marked_once_in_a_block() -> None:
    told: set[str] = set()
    assert entries(write_terms("KAP", told) + write_terms("KAP and DBT", told)) == ["kap", "dbt"]


def test_initials_are_marked_in_markup() -> None:
    """The first in each section, card and fold, and not again where they are marked already; words of every day are not."""
    html = element(
        "div",
        element("h3", "KAP & DBT"),
        element("p", "KAP, a finding"),
        element("section", element("p", "KAP")),
        element("article", write_term("dbt"), element("b", " DBT"), element("br"), " KAP"),
        element("details", element("summary", "DBT"), "DBT"),
    )
    assert entries(mark_initials(html)) == ["kap", "dbt", "kap", "dbt", "kap", "dbt"]
    assert plain(mark_initials(html)) == plain(html)


@pytest.mark.parametrize("tag", ["button", "a", "label", "legend", "summary", "textarea", "select"])
def test_what_can_be_pressed_already_holds_no_term(tag: str) -> None:
    assert entries(mark_initials(element("p", element(tag, element("b", "KAP")), "DBT", title="OCD"))) == ["dbt"]


@pytest.mark.parametrize("about", [{"role": "status"}, {"role": "alert"}, {"aria_hidden": "true"}])
def test_what_is_spoken_or_hidden_holds_no_term(about: dict[str, str]) -> None:
    assert entries(mark_initials(element("div", element("p", element("span", "KAP"), **about), "DBT"))) == ["dbt"]


def test_a_page_without_a_frame_brings_the_entries_that_it_needs() -> None:
    html = explain_initials(element("main", element("p", "KAP, then DBT.")))
    assert html.endswith("</main>")
    assert re.findall('id="term-([^"]*)"', html) == ["kap", "dbt"]
    assert explain_initials(element("p", "Nothing.")) == "<p>Nothing.</p>"


def test_nothing_becomes_markup() -> None:
    assert "<i>" not in write_terms("<i>KAP</i>") + write_term("kap", "<i>")


def test_a_term_is_a_button_that_is_heard_with_its_entry() -> None:
    """The browser's own popover; whoever does not see it hears the entry as the description of the button."""
    html = write_term("kap")
    for said in ('type="button"', 'popovertarget="term-kap"', 'popovertargetaction="show"', 'aria-describedby="term-kap"'):
        assert said in html
