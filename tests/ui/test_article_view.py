"""The page of the article and the home page's words, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kapnb import GuidanceError, load_guidance
from kapnb.engine.edition import Edition
from kapnb.engine.ledger import Review
from kapnb.text.html import Html, join
from kapnb.text.reviews import count_reviewed, describe_review, list_current
from kapnb.text.words import words
from kapnb.ui.article import ArticlePage, list_parts, search
from kapnb.ui.widget import Event
from tests.texts import read
from tests.toy_pack import PACKS, find_strays

GUIDANCE = load_guidance("begley")
LEDGER = GUIDANCE.ledger
HOSTILE = """<img src=x onerror="alert(1)">&'"""


def whole(page: ArticlePage) -> Html:
    return join((Html(page.widget.frame), *page.view(page.state).values()))


def test_every_claim_and_paragraph_has_an_anchor() -> None:
    """Each once, with its text and whose words it is; each reading too, and every topic that is not covered."""
    html = whole(ArticlePage())
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {*LEDGER.paragraphs, *LEDGER.claims, *(f"reading-{name}" for name in GUIDANCE.readings)} <= set(ids)
    for claim in LEDGER.claims.values():
        own = html.split(f'id="{claim.id}"')[1].split("</li>")[0]
        assert read(own).endswith(claim.contrast or (words(f"article.{claim.standing}") if claim.standing else claim.text))
        assert claim.text in read(own)
        assert words("glossary.implies.term" if claim.inferred else "glossary.says.term") in read(own)
    assert not [topic for topic in LEDGER.not_addressed if topic not in read(html)]
    assert {target.strip("#") for target in re.findall(r'href="(#[^"]+)"', html)} <= set(ids)
    assert set(re.findall(r'popovertarget="([^"]+)"', html)) <= set(ids)


def test_the_page_is_read_in_minutes() -> None:
    """About 900 words are open; the cases that readings turn are one step away."""
    text = ArticlePage().view(ArticlePage().state)["text"]
    assert len(read(re.sub("(?<=</summary>).*?</details>", "", text)).split()) <= 930


def test_each_reading_shows_a_case_that_it_turns() -> None:
    html = ArticlePage().view(ArticlePage().state)["text"]
    assert html.count(words("article.flips")) == len(GUIDANCE.readings)


@pytest.mark.parametrize(
    ("query", "parts"),
    [("attempt", {"P3", "P4", "two-ways"}), ("OCD", {"P6", "two-ways"}), ("ocd PREPARATION", {"P6", "two-ways"})],
)
def test_a_search_finds_lines_and_whole_topics(query: str, parts: set[str]) -> None:
    """Whatever the case of its letters. Of a topic whose heading has the words, every line stays."""
    found = {part.name: part for part in search(GUIDANCE, query)}
    assert found.keys() == parts
    if query == "OCD":
        assert found["P6"] in list_parts(GUIDANCE)
    else:
        assert all(query.lower().split()[0] in read(item).lower() for item in found["two-ways"].items)


def test_a_keystroke_searches_once() -> None:
    """What is spoken and what is drawn come from one search."""
    page, before = ArticlePage(), search.cache_info().misses
    for number, query in enumerate(("pre", "prepa", "prepar"), 1):
        page.act(Event("search", value=query))
        assert search.cache_info().misses == before + number


def test_a_search_says_how_much_it_found() -> None:
    """A word that is nowhere finds nothing; without a query all is there."""
    page = ArticlePage()
    everything = whole(page)
    for query, key, count in (("default mode", "found", 1), ("zebra", "none_found", 0)):
        page.act(Event("search", value=query))
        assert page.widget.said == words(f"article.{key}", count=count)
        assert page.widget.html_text.count("<section") == count
    page.act(Event("search", value=" "))
    assert whole(page) == everything.replace('value=""', 'value=" "')
    with pytest.raises(ValueError, match="dance"):
        page.update(page.state, Event("dance"))


def test_texts_are_escaped() -> None:
    claims = {name: replace(claim, text=HOSTILE) for name, claim in LEDGER.claims.items()}
    spoiled = replace(GUIDANCE, ledger=replace(LEDGER, claims=claims, not_addressed=(HOSTILE,)))
    page = ArticlePage(spoiled.bind())
    page.act(Event("search", value=HOSTILE))
    assert "<img" not in whole(page)
    assert "alert(1)" in read(whole(page))


def test_the_page_of_a_second_pack_speaks_for_itself(toy: Edition) -> None:
    page = ArticlePage()
    assert find_strays(whole(page)) == []
    assert not [
        text for text in ("Toy summary of the cautions.", "Toy choice of ours.", "Toy topic") if text not in read(whole(page))
    ]


def test_a_mistaken_article_is_refused(tmp_path: Path, toy: Edition) -> None:
    """Every mistake at once: a paragraph that is not there, one that is left out, a word that is missing, and one too many."""
    text = (PACKS / "toy" / "article.yaml").read_text("utf-8")
    (tmp_path / "article.yaml").write_text(text.replace("P2:", "P9:").replace("lead:", "led:"), "utf-8")
    with pytest.raises(GuidanceError) as caught:
        _ = replace(toy.guidance, folder=tmp_path).article
    assert not [part for part in ('"P9"', "P2: is missing", "lead: is missing", '"led"') if part not in str(caught.value)]


def test_who_reviewed_the_rules_is_told() -> None:
    """Nobody yet; then how many rules. A review of an earlier edition does not count for the rules of today."""
    assert count_reviewed(GUIDANCE) == words("reviewers.nobody", rules=len(GUIDANCE.rules))
    review = Review(("schizophrenia", "ocd"), LEDGER.edition, "psychiatrist", "state, number", "2026-01-31", "agrees", "Well put.")
    reviewed = replace(GUIDANCE, reviews=(review, replace(review, edition="0", rules=("nothing_found",))))
    assert list_current(reviewed) == [review]
    assert count_reviewed(reviewed) == words("reviewers.reviewed", count=2, rules=len(GUIDANCE.rules))
    assert describe_review(review) == "psychiatrist, 2026-01-31, agrees: schizophrenia, ocd. Well put."
