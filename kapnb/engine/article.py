"""What a pack says of its article on the home page and on the page of the article itself: ``article.yaml`` in its folder.

Claims, readings and what the article does not cover are in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kapnb.engine.edition import Guidance
from kapnb.engine.problems import GuidanceError
from kapnb.engine.records import finish, read_record


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the article.

    Attributes:
        summary: a sentence or two.
        ours: what we add where the article leaves it open.
        silent: what it says nothing of.
    """

    summary: str
    ours: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """The words of a pack for its article.

    Attributes:
        question: the headline of the home page.
        lead: what a visitor can do, in three sentences.
        treatment: the name of what the article is about, and ``treatment_text`` what it is.
        about: what kind of text the article is.
        intro: the first sentence of the article's page.
        paragraphs: by their names in the ledger.
    """

    question: str
    lead: str
    treatment: str
    treatment_text: str
    about: str
    intro: str
    paragraphs: Mapping[str, Paragraph]


@cache
def load_article(guidance: Guidance) -> Article:
    """Load ``article.yaml`` of a pack.

    Raises:
        GuidanceError: listing every mistake in the file, and each paragraph of the ledger that it leaves out.
    """
    file = read_record(guidance.folder / "article.yaml", GuidanceError)
    rows, known = file.record("paragraphs", required=True), guidance.ledger.paragraphs
    for name in set(rows.names) - set(known):
        rows.check(name, name, known)
    paragraphs = {name: rows.record(name, required=True).fill(Paragraph) for name in known}
    article = file.fill(Article, paragraphs=MappingProxyType(paragraphs))
    finish(file, GuidanceError)
    return article
