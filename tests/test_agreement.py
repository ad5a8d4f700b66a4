"""Agreement: published tables to the printed digits, definitions by brute force, and what never matters or always holds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, permutations, product
from math import sqrt
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.group.agreement import compare_with_source, count_outcomes, explain_agreement, measure_agreement
from kapnb.group.coefficients import (
    Coefficient,
    Counts,
    measure_alpha,
    measure_gwet,
    measure_plainly,
    ordinal_weights,
    student_quantile,
)
from kapnb.group.judgments import Judgment, by_case, distance, spread
from kapnb.text.blocks import as_text

NONE = None
NOT_RECOMMENDED, NOT_NOW, CLARIFY, CONSIDER, MAY = Outcome


def tally(ratings: list[list[Any]], categories: list[Any]) -> Counts:
    """One row of ratings for each case -> counts."""
    return np.array([[row.count(category) for category in categories] for row in ratings], dtype=np.int64)


# --- published tables ------------------------------------------------------------------------------

FOUR_RATERS = tally(
    [
        *([1, 1, NONE, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]),
        *([4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [NONE, 5, 5, 5], [NONE, NONE, 1, 1], [NONE, NONE, 3, NONE]),
    ],
    [1, 2, 3, 4, 5],
)
"""Gwet, Handbook of Inter-Rater Reliability: 12 subjects, 4 raters; cac.raw4raters in his R package irrCAC. The same ratings are
Krippendorff's, Computing Krippendorff's Alpha-Reliability (2011), section C."""

SIX_PSYCHIATRISTS = np.array(
    [
        *([0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0]),
        *([0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0]),
        *([0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1]),
    ]
)
"""Gwet (2008) after Fleiss (1971): 15 patients, 6 psychiatrists, 5 diagnoses; distrib.6raters in irrCAC."""

FIFTEEN_SUBJECTS = np.array(
    [
        *([3, 0, 1], [2, 1, 1], [2, 1, 1], [2, 0, 2], [3, 1, 0], [3, 1, 0], [0, 4, 0], [0, 3, 1]),
        *([0, 0, 4], [3, 1, 0], [0, 4, 0], [0, 3, 1], [0, 2, 2], [0, 0, 4], [3, 1, 0]),
    ]
)
"""Gwet: 15 subjects, 4 raters, 3 categories; cac.dist4cat in irrCAC."""

BEN_AND_GERRY = tally([list(pair) for pair in zip("aabbdcccedda", "babbbccceNdd", strict=True)], list("abcde"))
"""Gwet: 12 units, 2 raters, one of whom leaves one unit out; cac.ben.gerry in irrCAC, printed by the tests of its Python twin."""

ABSTRACTORS = np.array(
    [row for row, times in (([2, 0, 0], 13), ([0, 2, 0], 20), ([0, 1, 1], 7 + 4), ([0, 0, 2], 56)) for _ in range(times)]
)
"""Gwet: 100 pregnant women, 2 abstractors, 3 types of pregnancy; cont3x3abstractors in irrCAC, as cases with two ratings."""

Figure = Callable[[Counts], Coefficient]


def measure_ac2(counts: Counts) -> Coefficient:
    return measure_gwet(counts, ordinal_weights(counts.shape[1]), name="ac2")


@pytest.mark.parametrize(
    ("figure", "counts", "value", "error", "interval"),
    [
        (measure_plainly, FOUR_RATERS, "0.8181818", "0.12561", (0.542, 1)),
        (measure_gwet, FOUR_RATERS, "0.77544", "0.14295", (0.461, 1)),
        (measure_ac2, FOUR_RATERS, "0.899", "0.107", (0.664, 1)),
        (measure_plainly, SIX_PSYCHIATRISTS, "0.5511111", None, None),
        (measure_gwet, SIX_PSYCHIATRISTS, "0.4448007", "0.0841876", (0.264, 0.625)),
        (measure_gwet, FIFTEEN_SUBJECTS, "0.3518903", None, None),
        (measure_gwet, BEN_AND_GERRY, "0.661", "0.184", (0.257, 1)),
        (measure_gwet, ABSTRACTORS, "0.8493305", None, None),
        (measure_alpha, FOUR_RATERS, "0.815", None, None),
    ],
)
def test_a_published_table(
    figure: Figure, counts: Counts, value: str, error: str | None, interval: tuple[float, float] | None
) -> None:
    """irrCAC prints these figures, standard errors and intervals; Krippendorff (2011), section D, the last."""

    def shown(found: float | None, printed: str) -> str:
        return f"{found:.{len(printed) - 2}f}"

    found = figure(counts)
    assert shown(found.value, value) == value
    assert error is None or shown(found.error, error) == error
    assert interval is None or found.interval == pytest.approx(interval, abs=5e-4)


def test_the_error_of_two_abstractors() -> None:
    """irrCAC prints 0.04321747; for such a square table it divides by n, and for raters in general by n less 1."""
    error = measure_gwet(ABSTRACTORS).error
    assert error
    assert round(error * sqrt(99 / 100), 7) == 0.0432175


def test_the_ordinal_weights_are_gwets() -> None:
    """irrCAC prints 1, 0.6666667 and 0 for three categories; of five each is one less the distance of the two outcomes."""
    assert ordinal_weights(3) == pytest.approx(np.array([[1, 2 / 3, 0], [2 / 3, 1, 2 / 3], [0, 2 / 3, 1]]))
    for one, other in product(Outcome, Outcome):
        assert ordinal_weights(5)[one.caution, other.caution] == pytest.approx(1 - distance(one, other))
    assert [round(distance(BY_CAUTION[0], other), 3) for other in BY_CAUTION] == [0, 0.1, 0.3, 0.6, 1]


@pytest.mark.parametrize(("freedom", "printed"), [(1, 12.706), (2, 4.303), (5, 2.571), (11, 2.201), (14, 2.145), (30, 2.042)])
def test_students_t(freedom: int, printed: float) -> None:
    """The two-sided 95 % column that every table of Student's t prints."""
    assert round(student_quantile(0.975, freedom), 3) == printed


# --- definitions by brute force --------------------------------------------------------------------

outcomes = st.sampled_from(list(Outcome))
Table = list[list[Outcome | None]]
tables = st.lists(st.lists(outcomes | st.none(), min_size=3, max_size=3), min_size=1, max_size=6)


def judge(table: Table) -> list[Judgment]:
    return [Judgment(f"K{i}", f"R{j}", given) for i, row in enumerate(table) for j, given in enumerate(row)]


def plainly(table: Table) -> Fraction | None:
    pairs = [[a is b for a, b in combinations([one for one in row if one], 2)] for row in table]
    shares = [Fraction(sum(row), len(row)) for row in pairs if row]
    return sum(shares, Fraction(0)) / len(shares) if shares else None


def gwet(table: Table, *, weighted: bool) -> float | None:
    """AC2 by its definition: pairs for what is observed; for chance, the use of categories and how easily they agree."""

    def weight(one: Outcome, other: Outcome) -> float:
        return 1 - distance(one, other) if weighted else one is other

    rows = [[one for one in row if one] for row in table]
    pairs = [[weight(a, b) for a, b in combinations(row, 2)] for row in rows]
    observed = [sum(row) / len(row) for row in pairs if row]
    if not observed:
        return None
    rated = [row for row in rows if row]
    use = [sum(row.count(one) / len(row) for row in rated) / len(rated) for one in Outcome]
    easily = sum(weight(a, b) for a in Outcome for b in Outcome) / (5 * 4)
    chance = easily * sum(share * (1 - share) for share in use)
    return (sum(observed) / len(observed) - chance) / (1 - chance)


def alpha(table: Table) -> float | None:
    """Ordinal alpha by its definition: disagreement within cases over disagreement between any two values."""
    rows = [[one for one in row if one] for row in table]
    rows = [row for row in rows if len(row) > 1]
    values = [one for row in rows for one in row]
    if len(set(values)) < 2:
        return None

    def apart(one: Outcome, other: Outcome) -> float:
        low, high = sorted((one.caution, other.caution))
        between = sum(low <= value.caution <= high for value in values)
        return (between - (values.count(one) + values.count(other)) / 2) ** 2

    within = sum(apart(a, b) / (len(row) - 1) for row in rows for a, b in permutations(row, 2))
    across = sum(apart(a, b) for a, b in permutations(values, 2)) / (len(values) - 1)
    return 1 - within / across


@settings(max_examples=40)
@given(tables)
def test_every_figure_is_its_definition(table: Table) -> None:
    """What is computed from counts equals what the definitions give pair by pair, and lies in its interval, which ends at 1."""
    found = measure_agreement(judge(table), resamples=1)
    for value, expected in (
        (found.plain.value, plainly(table)),
        (found.ac1.value, gwet(table, weighted=False)),
        (found.ac2.value, gwet(table, weighted=True)),
        (found.alpha.value, alpha(table)),
    ):
        assert value == (None if expected is None else pytest.approx(float(expected)))
    for one in (found.plain, found.ac1, found.ac2):
        if one.interval and one.value is not None:
            assert one.interval[0] - 1e-9 <= one.value <= one.interval[1] + 1e-9 <= 1 + 2e-9


# --- laws ------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(tables, st.randoms(use_true_random=False))
def test_no_order_matters(table: Table, random: Random) -> None:
    """The order of judgments, cases and raters changes no figure and no interval."""
    judgments = judge(table)
    shuffled = [Judgment(one.case_id[::-1], f"X{9 - int(one.rater[1])}", one.outcome) for one in judgments]
    random.shuffle(shuffled)
    assert measure_agreement(shuffled, resamples=40) == measure_agreement(judgments, resamples=40)


@settings(max_examples=25)
@given(st.lists(outcomes, min_size=2, max_size=6), st.integers(2, 5))
def test_identical_judgments_agree_fully(given_outcomes: list[Outcome], raters: int) -> None:
    """Where all raters say the same of each case, every figure that exists is 1, and so is its interval."""
    found = measure_agreement(judge([[one] * raters for one in given_outcomes]), resamples=40)
    for one in (found.plain, found.ac1, found.ac2, found.alpha):
        assert one.value is None or (one.value, *one.interval) == pytest.approx((1, 1, 1))
    assert (found.alpha.value is None) == (len(set(given_outcomes)) == 1)


@settings(max_examples=25)
@given(tables)
def test_what_is_incomplete_is_no_disagreement(table: Table) -> None:
    """A judgment without an outcome, and one that was never handed in, are counted apart and change nothing else."""
    judgments = judge(table)
    found = measure_agreement(judgments, resamples=1)
    handed_in = [one for one in judgments if one.outcome]
    less = measure_agreement(handed_in, resamples=1)
    assert (less.plain, less.ac1, less.ac2, less.alpha) == (found.plain, found.ac1, found.ac2, found.alpha)
    assert (found.counts["incomplete"], less.counts["incomplete"]) == (len(judgments) - len(handed_in), 0)
    cases, raters = {one.case_id for one in handed_in}, {one.rater for one in handed_in}
    assert less.counts["absent"] == len(cases) * len(raters) - len(handed_in)


def test_raters_who_are_opposed_throughout() -> None:
    """By its definition AC2 has no floor at -1: the interval holds the figure there too."""
    ends, middle = [NOT_RECOMMENDED, MAY], [NOT_NOW, CONSIDER]
    table: Table = [[*ends], ends[::-1], [*ends], [*ends], [*middle]]
    ac2 = measure_agreement(judge(table), resamples=1).ac2
    assert ac2.value == pytest.approx(gwet(table, weighted=True))
    assert ac2.interval[0] < ac2.value < -1


def test_an_interval_of_plain_agreement_stays_between_0_and_100() -> None:
    """Of three cases two without agreement: the variance alone would reach below 0, and of two with agreement above 1."""
    apart: list[Outcome | None] = [NOT_RECOMMENDED, MAY]
    alike: list[Outcome | None] = [CLARIFY, CLARIFY]
    few = measure_agreement(judge([apart, apart, alike]), resamples=1)
    most = measure_agreement(judge([apart, alike, alike]), resamples=1)
    assert few.plain.interval == most.plain.interval == (0, 1)
    assert few.ac1.interval[0] < 0


def test_the_interval_of_alpha_leaves_a_fortieth_of_the_resamples_at_each_end() -> None:
    """It is seeded, hangs on no order, and holds 95 % of the resamples: drawn and measured here one by one."""
    one = measure_alpha(FOUR_RATERS, 200)
    assert one == measure_alpha(FOUR_RATERS[::-1], 200)
    assert (one.method, one.resamples) == ("bootstrap", 200)
    whole = FOUR_RATERS[FOUR_RATERS.sum(axis=1) >= 2]
    whole = whole[np.lexsort(whole.T)]
    draws = np.random.default_rng(20_111).multinomial(len(whole), np.full(len(whole), 1 / len(whole)), 200)
    values = [measure_alpha(np.repeat(whole, draw, axis=0), resamples=1).value for draw in draws]
    assert one.interval == pytest.approx(tuple(np.percentile([value for value in values if value is not None], [2.5, 97.5])))


def test_nothing_is_made_of_nothing() -> None:
    """Without judgments, with single ones, or with one case, there is no figure, or none with an interval."""
    assert measure_agreement([]).plain.value is None
    lonely = measure_agreement([Judgment("a", "R1", CLARIFY), Judgment("b", "R2", CLARIFY)])
    assert (lonely.counts["cases"], lonely.counts["alone"], lonely.ac1.value) == (0, 2, None)
    single = measure_agreement(judge([[CLARIFY, NOT_NOW, None]]))
    assert single.ac1.value is not None
    assert (single.ac1.interval, single.alpha.interval) == ((), ())


def test_a_rater_judges_a_case_once() -> None:
    """A second judgment of the same case by the same rater is refused, without the rater's name."""
    with pytest.raises(ValueError, match=r'^a rater judged the case "a" twice$'):
        by_case([Judgment("a", "Rowan"), Judgment("a", "Rowan")])


def test_the_spread_of_a_case() -> None:
    """Outcomes are counted, the most cautious first; what is incomplete is left out."""
    judgments = judge([[MAY, None, NOT_NOW]])
    assert list(spread(judgments).items()) == [(NOT_NOW, 1), (MAY, 1)]
    assert count_outcomes([judgments]).tolist() == [[1, 0, 0, 1, 0]]


# --- agreement with the source, and the words ------------------------------------------------------


def test_agreement_with_the_source_is_another_question() -> None:
    """A group can agree fully and differ from the source in everything; a case that the source did not judge counts nowhere."""
    judgments = judge([[CLARIFY] * 3, [NOT_NOW] * 3, [MAY, MAY, None], [None, CLARIFY, CLARIFY]])
    source = compare_with_source(judgments, {"K0": NOT_NOW, "K1": CLARIFY, "K3": CLARIFY})
    assert measure_agreement(judgments).plain.value == 1
    assert dict(source) == {"same": 2, "more": 3, "less": 3, "incomplete": 1, "judgments": 8}


def test_words_come_with_number_interval_and_warning() -> None:
    """Plain agreement comes first; each figure has its interval; few raters and few cases are warned of; nobody is named."""
    judgments = judge([[CLARIFY, CLARIFY, NOT_NOW], [NOT_NOW, NOT_NOW, None], [MAY, CONSIDER, MAY]])
    found = measure_agreement(judgments)
    blocks = explain_agreement(found, compare_with_source(judgments, {"K0": CLARIFY}))
    assert [block.key for block in blocks] == ["agreement", "beyond_chance", "with_source"]
    assert "56% gave the same outcome" in blocks[0].lines[0].text
    assert [detail.split(":")[0] for detail in blocks[0].lines[0].details] == ["95% interval", "Few people", "Few cases"]
    text = as_text(blocks, width=1000)
    for said in ("Few people: 3", "Few cases: 3", "without an outcome: 1", "Gwet's AC1: ", "(95% interval", "2 of 3 judgments"):
        assert said in text
    assert 9_000 < found.alpha.resamples < 10_000  # some drew the one unanimous case three times
    assert f"{found.alpha.resamples:,} times" in text
    assert not any(f"R{j}" in text for j in range(3))


def test_a_large_group_is_not_warned() -> None:
    """From five raters and twenty cases on, there is no warning."""
    found = measure_agreement(judge([[CLARIFY] * 5] * 20))
    assert "Few" not in as_text(explain_agreement(found))
    assert "cannot be computed" in as_text(explain_agreement(found))
    fewer = as_text(explain_agreement(measure_agreement(judge([[CLARIFY] * 4] * 19))))
    assert "Few people: 4" in fewer
    assert "Few cases: 19" in fewer
