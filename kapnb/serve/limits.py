"""What visitors are told of the limits before they bite: that a page nobody uses ends, and that places get scarce."""

from __future__ import annotations

from typing import Final

from kapnb.text.words import words

NOTICE: Final = 5 * 60
"""Seconds before its end from which on a page that nobody uses says so."""

SHORTEST_NOTICE: Final = 8
"""A page asks every four seconds how long it has: it should hear of its end more than once."""

FEW: Final = 3
"""So many places left are few, and so is a tenth of them all."""


def ends_soon(seconds_left: float, limit: float) -> bool:
    """Whether it is time to say so: five minutes before, or where pages end sooner, a fifth of their time.

    >>> [ends_soon(seconds, limit=3600) for seconds in (301, 300, 0)], ends_soon(60, limit=300)
    ([False, True, True], True)
    """
    return seconds_left <= min(NOTICE, max(limit / 5, SHORTEST_NOTICE))


def are_scarce(left: int, places: int) -> bool:
    return left < places and left <= max(FEW, places // 10)


def tell_places(left: int, places: int) -> str:
    """Nothing while there are plenty."""
    if not are_scarce(left, places):
        return ""
    if left <= 0:
        return words("shell.places_taken", places=places)
    return words("shell.places_one" if left == 1 else "shell.places_left", left=left, places=places)


def tell_span(seconds: float) -> str:
    """Such as "60 minutes"; short ones in seconds.

    >>> tell_span(3600), tell_span(90)
    ('60 minutes', '90 seconds')
    """
    minutes = round(seconds / 60)
    return words("shell.minutes", count=minutes) if minutes > 1 and seconds >= 120 else words("shell.seconds", count=round(seconds))
