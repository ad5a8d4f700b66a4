"""What the landing page says of a pack: its article, who reviewed our rules, and help for a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kapnb.text.glossary import write_glossary, write_terms
from kapnb.text.reviews import count_reviewed, describe_review, list_current
from kapnb.text.support import find_helpline, tell_reader

if TYPE_CHECKING:
    from kapnb.engine.edition import Guidance


def tell_home(guidance: Guidance) -> dict[str, Any]:
    """What the template ``home.html.j2`` asks for."""
    return {
        "article": guidance.article,
        "source": guidance.ledger.source,
        "support": tell_reader(find_helpline()),
        "reviewed": count_reviewed(guidance),
        "reviews": [describe_review(one) for one in list_current(guidance)],
        "terms": write_terms,
        "entries": write_glossary(),
    }
