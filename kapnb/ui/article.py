"""The page of the article, by topic. Findings can link to a paragraph (#P3), a claim (#C11) and a reading (#reading-NAME)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from html import unescape
from typing import Any, ClassVar

from kapnb.engine.edition import Edition, Guidance, served_edition
from kapnb.engine.ledger import Claim, Paragraph, Reading
from kapnb.text.glossary import VOICES, write_terms, write_voice
from kapnb.text.html import Html, element, fragment
from kapnb.text.phrases import list_answers, outcome_words
from kapnb.text.words import without_server, words
from kapnb.ui.controls import details, text_box
from kapnb.ui.page import NOTICES, Page, Say
from kapnb.ui.widget import Event, region


@dataclass(frozen=True, slots=True)
class State:
    """What a reader looks for; nothing shows everything."""

    query: str = ""


class ArticlePage(Page):
    """The article of one edition."""

    name: ClassVar[str] = "article"

    def __init__(self, edition: Edition | None = None) -> None:
        self.guidance = (edition or served_edition()).guidance
        super().__init__(State())

    def frame(self) -> Html:
        columns = element("div", region("contents"), region("text"), class_="article-columns")
        return fragment(region(NOTICES), columns)

    def update(self, state: State, event: Event) -> Any:  # noqa: ARG002  # every page has it
        match event:
            case Event("search", value=str(query)):
                return State(query), Say(describe_found(search(self.guidance, query), query))
        raise ValueError(f"the page does not know {event.action}")

    def view(self, state: State) -> Mapping[str, Html]:
        parts = search(self.guidance, state.query)
        found = describe_found(parts, state.query)
        above = write_source(self.guidance) if not found else None
        return {"contents": write_contents(self.guidance, state.query, found), "text": fragment(above, *map(write_part, parts))}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page. ``name`` is its anchor, ``items`` are its lines or cards."""

    name: str
    title: str
    lead: str
    kind: str
    items: tuple[Html, ...]
    above: str = ""


@cache
def list_parts(guidance: Guidance) -> tuple[Part, ...]:
    """All parts: the paragraphs, the ways to read the article, and what it does not cover."""
    ledger, article = guidance.ledger, guidance.article
    parts = []
    for name, title in ledger.paragraphs.items():
        claims, told = (one for one in ledger.claims.values() if one.paragraph == name), article.paragraphs[name]
        above = words("article.paragraph", number=name.removeprefix("P"))
        parts.append(Part(name, title, told.summary, "claims", tuple(_write_lines(claims, told)), above))
    readings = tuple(_write_reading(guidance, reading) for reading in guidance.readings.values())
    topics = tuple(element("li", topic) for topic in ledger.not_addressed)
    for name, kind, items in (("two-ways", "reads", readings), ("not-covered", "topics", topics)):
        parts.append(Part(name, words(f"article.{kind}"), words(f"article.{kind}_lead"), kind, items))
    return tuple(parts)


@lru_cache(maxsize=64)
def search(guidance: Guidance, query: str) -> tuple[Part, ...]:
    """What has all words of a query: lines and cards, and whole parts whose heading has them. An empty query finds everything."""
    asked, found = query.lower().split(), []
    for part in list_parts(guidance):
        heading = f"{part.title} {part.lead}".lower()
        items = tuple(item for item in part.items if all(word in heading or word in _read(item) for word in asked))
        found += [replace(part, items=items)] if items else []
    return tuple(found)


def describe_found(parts: Iterable[Part], query: str) -> str:
    """How much a query found, in words; nothing where nothing was asked."""
    count = sum(len(part.items) for part in parts)
    return words("article.found" if count else "article.none_found", count=count) if query.strip() else ""


@cache
def _read(html: Html) -> str:
    return unescape(re.sub("<[^>]*>", " ", html)).lower()


def write_contents(guidance: Guidance, query: str, found: str) -> Html:
    """The search, and where each part is."""
    example = words("article.example")
    links = (element("li", element("a", part.title, href=f"#{part.name}")) for part in list_parts(guidance))
    return element(
        "nav",
        text_box("search", words("article.search"), query, "search", type="search", placeholder=example, data_live=True),
        element("p", found, class_="hint"),
        element("ol", *links) if not found else None,
        element("p", element("a", words("article.reviewers"), href="reviewers"), class_="hint") if not without_server() else None,
        aria_label=words("article.contents"),
        class_="toc",
    )


def write_source(guidance: Guidance) -> Html:
    """Whose article it is, where to read it, and what the four labels mean."""
    source, article = guidance.ledger.source, guidance.article
    link = element("a", words("article.read_it"), href=source.url, rel="noopener noreferrer")
    legend = [element("span", write_voice(voice), " ", words(f"article.{voice}_short")) for voice in VOICES.values()]
    return fragment(
        element("p", write_terms(article.intro), class_="lead"),
        element("p", link, f" ({source.author}, {source.organization}). ", article.about),
        element("p", *legend, class_="legend hint"),
    )


def write_part(part: Part) -> Html:
    above = element("p", part.above, class_="hint") if part.above else None
    heads = element("h2", part.title), element("p", part.lead, class_="intro")
    return element("section", above, *heads, element("ul", *part.items, class_=part.kind), id=part.name)


def _write_lines(claims: Iterable[Claim], told: Paragraph) -> Iterator[Html]:
    terms: set[str] = set()
    for claim in claims:
        standing = words(f"article.{claim.standing}") if claim.standing and not claim.contrast else claim.contrast
        yield _write_line("implies" if claim.inferred else "says", f"{claim.text} {standing}".strip(), terms, claim.id)
    for text in told.ours:
        yield _write_line("ours", text, terms)
    for text in told.silent:
        yield _write_line("silent", text, terms)


def _write_line(voice: str, text: str, terms: set[str], id_: str | None = None) -> Html:
    """A line of a paragraph; ``terms`` were explained in it before."""
    return element("li", write_voice(voice), " ", element("span", write_terms(text, terms)), id=id_)


def _write_reading(guidance: Guidance, reading: Reading) -> Html:
    ours, terms = words("article.our_choice", choice=reading.choices[0].label), set[str]()
    return element(
        "li",
        element("h3", write_terms(reading.question, terms)),
        element("p", write_terms(ours, terms)),
        _write_flip(guidance, reading),
        id=f"reading-{reading.name}",
    )


def _write_flip(guidance: Guidance, reading: Reading) -> Html | None:
    """One case that the reading turns, with where each choice leads."""
    if not reading.case:
        return None
    rows = []
    for choice in reading.choices:
        there = guidance.bind({reading.name: choice.name}).assess({**guidance.fields.least_cautious, **reading.case})
        directed = words("article.directed", choice=choice.label, direction=choice.direction)
        rows.append(element("li", words("article.leads", choice=directed, outcome=outcome_words(there.outcome, there.reasons))))
    shown = element("p", words("article.case", answers=list_answers(guidance.fields, reading.case))), element("ul", *rows)
    return details(words("article.flips"), *shown, key=f"flip-{reading.name}")


def show_page() -> ArticlePage:
    """The page of the article, ready to be shown in a notebook."""
    return ArticlePage()
