"""What the screens of the training page share: buttons, the story with its marks, the article at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from kapnb.engine.edition import Edition
from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element
from kapnb.text.support import support
from kapnb.training.library import Vignette, find_support
from kapnb.training.offers import tell_absent
from kapnb.training.session import Passage
from kapnb.ui.controls import button, details, notice
from kapnb.ui.explanation import write_support
from kapnb.ui.training_visit import Visit, say

_SENTENCE: Final = re.compile(r"\S.*?(?:[.!?]+[\"'”\u2019)\]]*(?=\s|$)|$)")


# what recurs on this page


def heading(text: str, key: str, **more: bool) -> Html:
    """The title of a part; the focus goes there when the part comes on view."""
    return element("h2", text, id=f"training-{key}", tabindex="-1", **more)


def hint(key: str) -> Html:
    """A word on what is above it."""
    return element("p", write_terms(say(key)), class_="hint")


def press(key: str, action: str = "", name: str | None = None, value: str | None = None, **more: Any) -> Html:
    """A button by its words, which have the name of what it asks for, as a rule."""
    return button(say(key), action or key, name, value, **more)


def tools(*buttons: Html | None) -> Html:
    """Buttons in a row."""
    return element("div", *buttons, class_="tools")


def told_here(visit: Visit) -> Html | None:
    """What has just been said of the item on view."""
    return notice(visit.said_at("here"), "training-notice")


# the story


def write_story(
    vignette: Vignette,
    edition: Edition,
    deciding: Sequence[Passage] = (),
    mine: Sequence[Passage] = (),
) -> Html:
    """The story, and what was asked and not found; of the vignette this takes what may be told before a commitment, and no more."""
    body = (element("p", *write_pieces(vignette.story, *place, deciding, mine)) for place in split_paragraphs(vignette.story))
    return element("div", element("div", *body, class_="text"), write_absent(vignette, edition), class_="story")


def write_absent(vignette: Vignette, edition: Edition) -> Html | None:
    """What was asked and not found, from the answers; what is open is not in it, and nothing tells that."""
    absent, thorough = tell_absent(vignette.answers, edition.fields)
    if not absent and not thorough:
        return None
    found = (element("strong", say("nothing")), f" {absent} ") if absent else ()
    return element("p", *found, thorough, class_="absent")


def write_pointing(visit: Visit) -> Html:
    """The story, of which a sentence can be pointed at."""
    story, mine, item = visit.vignette.story, visit.now.draft.passages, visit.under_way.current
    body = [element("p", *_write_sentences(story, *place, mine, item)) for place in split_paragraphs(story)]
    return element("div", element("div", *body, class_="text"), class_="story")


def _write_sentences(story: str, start: int, end: int, mine: Sequence[Passage], item: str) -> Iterator[Html | str]:
    at = start
    for one in split_sentences(story, start, end):
        yield story[at : one.start]
        key = f"training-sentence-{one.start}"
        asks = {"data_action": "point", "data_name": f"{one.start}-{one.end}", "data_about": item}
        whole = any(mark.start <= one.start and one.end <= mark.end for mark in mine)
        box = element("input", type="checkbox", id=key, checked=whole, **asks)
        label = element("label", *write_pieces(story, one.start, one.end, (), mine), for_=key)
        yield element("span", box, label, class_="sentence")
        at = one.end
    yield story[at:end]


def write_pieces(
    story: str, start: int, end: int, deciding: Sequence[Passage], mine: Sequence[Passage] = ()
) -> Iterator[Html | str]:
    """A stretch of the story: what decides is marked, and one's own passage underlined."""
    cuts = {start, end, *(max(start, min(end, at)) for one in (*deciding, *mine) for at in (one.start, one.end))}
    for left, right in pairwise(sorted(cuts)):
        decides, own = (any(one.start <= left and right <= one.end for one in found) for found in (deciding, mine))
        look = {(False, True): "mine", (True, True): "mine alike"}.get((decides, own))
        text = story[left:right]
        yield element("mark", text, class_=look) if decides or own else text


def split_paragraphs(story: str) -> Iterator[tuple[int, int]]:
    """Where each paragraph starts and ends."""
    yield from (found.span() for found in re.finditer(r"[^\n]+", story) if found.group().strip())


def split_sentences(story: str, start: int, end: int) -> Iterator[Passage]:
    """The sentences between two places."""
    yield from (Passage(*found.span()) for found in _SENTENCE.finditer(story, start, end))


def write_help(visit: Visit) -> Html | None:
    """Help where the case touches suicide or self-injury; in an interview by what was heard so far, and after it as well."""
    attempt, vignette, fields = visit.now, visit.vignette, visit.edition.fields
    told = vignette.interview
    if told and attempt.draft.interview:
        asked = [fields[name].spoken for name in attempt.draft.asked]
        if not attempt.open:  # a reply that was not asked for may be on view too
            block = find_support(vignette, fields, told.opening, *asked, *told.replies.values())
        else:
            heard = [told.replies[name] for name in attempt.draft.asked]
            block = support(fields, {}, vignette.title, told.opening, *asked, *heard, judged=False)
    else:
        block = find_support(vignette, fields, judged=not attempt.open)
    return write_support(block) if block else None


def write_talk(vignette: Vignette, asked: Iterable[str], edition: Edition) -> Html:
    """The opening of an interview, and what was asked and answered."""
    told = vignette.interview
    lines = []
    for name in asked if told else ():
        question = element("p", edition.fields[name].spoken, class_="put")
        lines.append(element("li", question, element("p", vignette.replies[name], class_="reply")))
    opening = element("div", element("p", told.opening if told else ""), class_="text")
    talk = element("div", element("ol", *lines, class_="talk"), role="log", aria_label=say("talk")) if lines else None
    return element("div", opening, talk, class_="story")


# the article


def write_drawer(edition: Edition) -> Html:
    """The article in our words, paragraph by paragraph, over whatever is on view."""
    ledger, article = edition.ledger, edition.guidance.article
    parts = []
    for name, title in ledger.paragraphs.items():
        claims = [element("li", claim.text) for claim in ledger.claims.values() if claim.paragraph == name]
        number = name.removeprefix("P")
        parts.append(element("h3", f"{number} · {title}"))
        parts.append(details(article.paragraphs[name].summary, element("ul", *claims), key=f"article-{name}"))
    shut = {"popovertarget": "training-article", "popovertargetaction": "hide"}
    close = element("button", say("close"), type="button", **shut)
    itself = element("a", say("article_itself"), href=ledger.source.url, rel="noopener noreferrer")
    return element(
        "div",
        element("div", element("h2", say("article_title")), close, class_="drawer-head"),
        element("p", say("article_lead"), class_="hint"),
        *parts,
        element("p", element("a", say("article_more"), href="article"), " · ", itself),
        element("p", say("article_by", author=ledger.source.author), class_="hint"),
        id="training-article",
        popover=True,
        class_="drawer",
    )
