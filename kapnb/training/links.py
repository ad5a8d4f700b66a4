"""A set in an address: which cases, in which order, and the readings chosen for it. No answer is in it, nor anything typed.

A link names the pack, its edition and how many pieces follow, so that a link that was cut is told from a shorter one. A piece is a
reading with its choice, or the id of a vignette::

    begley.2.4.single_attempt-counts_as_pattern.V05.V24.V43

Every character of it is valid in an address. Cases of one's own are in no link: they travel as a file, see
:func:`kapnb.training.sets.save_set`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import parse_qs

from kapnb.engine.edition import Edition
from kapnb.engine.problems import shorten
from kapnb.training.errors import TrainingError, problem
from kapnb.training.session import MOST_ITEMS

KEY: Final = "set"
"""The name of a link in a query."""
MOST_CHARACTERS: Final = 4_000
"""Of a query; what is longer is not looked at."""

_PIECE: Final = re.compile(r"[A-Za-z0-9_]+")


def write_link(items: Iterable[str], edition: Edition) -> str:
    """The link to vignettes of the edition's pack, under its readings.

    Raises:
        TrainingError: for no item, too many, one that comes twice, or one that is no vignette of the pack.

    >>> from kapnb import load_guidance
    >>> write_link(["V05", "V24"], load_guidance("begley").bind())
    'begley.2.2.V05.V24'
    """
    items, known = tuple(items), edition.vignettes()
    problems = [problem(shorten(one), "not_in_link") for one in items if one not in known or not _PIECE.fullmatch(one)]
    if not 0 < len(items) <= MOST_ITEMS or len({*items}) < len(items):
        problems.append(problem("items", "count", limit=MOST_ITEMS))
    if problems:
        raise TrainingError(problems)
    pieces = [*(f"{name}-{choice}" for name, choice in edition.changed.items()), *items]
    return ".".join((edition.pack, edition.number, str(len(pieces)), *pieces))


def find_link(query: str) -> str | None:
    """The link in the query of an address; None where there is none, empty where there is one that cannot be read.

    >>> find_link("?set=begley.2.1.V05&utm=mail"), find_link("?token=1")
    ('begley.2.1.V05', None)
    """
    if len(query) > MOST_CHARACTERS:
        return ""
    try:
        found = parse_qs(query.removeprefix("?"), keep_blank_values=True, max_num_fields=50).get(KEY)
    except ValueError:
        return ""
    return None if found is None else found[0] if len(found) == 1 else ""


def read_link(text: str, edition: Edition) -> tuple[tuple[str, ...], Edition]:
    """What a link opens: the ids of vignettes, and the edition under which they are judged.

    Raises:
        TrainingError: when it is no link, was cut, or names another pack, an earlier edition, or what is not there.
    """
    pack, _, rest = text.strip().partition(".")
    number, _, rest = rest.partition(".")
    count, _, rest = rest.partition(".")
    pieces = rest.split(".")
    if len(text) > MOST_CHARACTERS or not (number.isdecimal() and count.isascii() and count.isdecimal()) or not rest:
        raise TrainingError([problem("link", "no_link")])
    if pack != edition.pack:
        raise TrainingError([problem("link", "link_of_other_pack")])
    if number != edition.number:
        raise TrainingError([problem("link", "link_of_other_edition")])
    if count != str(len(pieces)):
        raise TrainingError([problem("link", "link_cut")])
    chosen = dict(piece.split("-", 1) for piece in pieces if "-" in piece)
    items = tuple(piece for piece in pieces if "-" not in piece)
    if not _are_known(chosen.items(), items, edition) or len(chosen) + len(items) < len(pieces):
        raise TrainingError([problem("link", "link_unknown")])
    return items, edition.guidance.bind(chosen) if chosen else edition


def _are_known(chosen: Collection[tuple[str, str]], items: Collection[str], edition: Edition) -> bool:
    """Whether there are such readings and choices, and such vignettes, none of them twice."""
    choices = {(name, one.name) for name, reading in edition.guidance.readings.items() for one in reading.choices}
    return choices.issuperset(chosen) and 0 < len({*items}) == len(items) <= MOST_ITEMS and {*edition.vignettes()}.issuperset(items)
