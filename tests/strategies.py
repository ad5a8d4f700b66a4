"""Cases for tests: drawn by hypothesis, or at random from a seed."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from tests import oracle

_ROWS = list(csv.DictReader((Path(__file__).parent / "data" / "practice_cases.csv").read_text("utf-8").splitlines()))
PRACTICE = {row["case_id"]: {field: row[field] for field in oracle.FIELDS if row[field]} for row in _ROWS}
EXPECTED = {row["case_id"]: row["expected"] for row in _ROWS}
"""The outcome that the author of each practice case expects."""


def _answer(field: str) -> st.SearchStrategy[str]:
    """An option, the quiet one as likely as all others: loud answers alone would drown every outcome in the worst."""
    options = st.sampled_from(oracle.FIELDS[field])
    quiet = oracle.QUIET.get(field)
    return options if quiet is None else st.just(quiet) | options


partial_cases: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {}, optional={field: _answer(field) for field in oracle.FIELDS}
)
"""Any answers recorded, hidden ones among them."""

complete_cases: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries({field: _answer(field) for field in oracle.FIELDS}).map(
    lambda case: {field: option for field, option in case.items() if oracle.asked(field, case)}
)
"""Each question that is asked answered, and no other."""


def _editions() -> list[dict[str, str]]:
    """The default, each alternative reading alone, and the few mixtures that it takes for any two choices to meet."""
    random = Random(4)
    found = [{}, *({name: option} for name, options in oracle.READINGS.items() for option in options[1:])]
    choices = [[(name, option) for option in options] for name, options in oracle.READINGS.items()]
    missing = {pair for two in itertools.combinations(choices, 2) for pair in itertools.product(*two)}
    missing.difference_update(*map(_pairs, found))
    while missing:
        tried = (dict(map(random.choice, choices)) for _ in range(50))
        found.append(max(tried, key=lambda one: len(missing & _pairs(one))))
        missing -= _pairs(found[-1])
    return found


def _pairs(readings: dict[str, str]) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    return set(itertools.combinations((oracle.DEFAULT | readings).items(), 2))


EDITIONS = _editions()
readings: st.SearchStrategy[dict[str, str]] = st.sampled_from(EDITIONS)


def random_case(random: Random) -> dict[str, str]:
    """A partial case: how much is recorded, and how much of it is quiet, differ from case to case."""
    recorded, quiet = random.random(), random.random() ** 0.3
    case = {}
    for field, options in oracle.FIELDS.items():
        if random.random() < recorded:
            case[field] = oracle.QUIET.get(field) if random.random() < quiet else None
            case[field] = case[field] or random.choice(options)
    return case
