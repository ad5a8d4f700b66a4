"""Who reviewed the rules, in words."""

from __future__ import annotations

from kapnb.engine.edition import Guidance
from kapnb.engine.ledger import Review
from kapnb.text.words import words


def list_current(guidance: Guidance) -> list[Review]:
    """The reviews of this edition. One of an earlier edition is no review of the rules of today."""
    return [one for one in guidance.reviews if one.edition == guidance.ledger.edition]


def count_reviewed(guidance: Guidance) -> str:
    """How many of the rules somebody has reviewed, as a sentence."""
    reviewed = {rule for one in list_current(guidance) for rule in one.rules}
    return words("reviewers.reviewed" if reviewed else "reviewers.nobody", count=len(reviewed), rules=len(guidance.rules))


def describe_review(review: Review) -> str:
    """One review as a sentence: in what capacity, when, and the verdict."""
    said = words("reviewers.review", role=review.role, date=review.date, verdict=words(f"reviewers.verdict_{review.verdict}"))
    return " ".join((said, ", ".join(review.rules) + ".", review.note)).strip()
