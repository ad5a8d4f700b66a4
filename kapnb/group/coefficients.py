"""Coefficients of agreement and their intervals, from counts alone.

Percent agreement, AC1 and AC2 follow K. L. Gwet, Handbook of Inter-Rater Reliability; alpha follows K. Krippendorff, Computing
Krippendorff's Alpha-Reliability (2011). No maintained library has AC2 beside current pandas, and the one for alpha is GPL, so both
are written here and held to published tables by ``tests/test_agreement.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, inf, pi, sin, sqrt
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
"""How many raters gave each category: a row for each case, a column for each category of an ordered scale."""

Shares = npt.NDArray[np.float64]
"""A number for each case, or for each resample."""

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 10_000
DRAWN_AT_ONCE: Final = 500
"""Resamples are drawn in parts, since each holds a number for every case."""

SEED: Final = 20_111


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A figure with its 95 % interval.

    Attributes:
        name: plain, ac1, ac2 or alpha.
        value: None where it cannot be computed, such as alpha when all judgments are the same outcome.
        interval: its ends; empty where there is none, such as for a single case.
        error: the standard error, where the interval is made from the variance.
        method: how the interval was made: variance (Gwet's, over cases, with Student's t) or bootstrap (over cases, percentiles).
        resamples: how many resamples of the bootstrap gave a value.
    """

    name: str
    value: float | None
    interval: tuple[float, ...] = ()
    error: float | None = None
    method: Literal["variance", "bootstrap"] = "variance"
    resamples: int = 0


def ordinal_weights(categories: int) -> Shares:
    """Gwet's ordinal weights: how much two outcomes of a scale agree, the less the farther apart they are."""
    steps = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    pairs = steps * (steps + 1) / 2
    weights: Shares = 1 - pairs / max(pairs.max(), 1)
    return weights


def measure_plainly(counts: Counts) -> Coefficient:
    """Percent agreement: the share of pairs of raters that agree in a case, averaged over cases."""
    return _measure("plain", counts, np.eye(counts.shape[1]), 0, least=0)


def measure_gwet(counts: Counts, weights: Shares | None = None, *, name: str = "ac1") -> Coefficient:
    """Gwet's AC1, or AC2 where weights are given, with his variance over cases.

    Args:
        counts: one column for each category of the scale, those that nobody used among them.
        weights: how much each two categories agree; by default the same and all others.
        name: what to call it.

    Source: Gwet (2008, 2014). Cases with one rating say which categories are used, and nothing about agreement.
    """
    categories = counts.shape[1]
    weights = np.eye(categories) if weights is None else weights
    return _measure(name, counts, weights, weights.sum() / (categories * (categories - 1)))


def _measure(name: str, counts: Counts, weights: Shares, chance: float, least: float = -inf) -> Coefficient:
    """Agreement beyond chance, of which ``chance`` says how easily two categories agree; 0 leaves it out."""
    rated = counts[counts.sum(axis=1) > 0]
    raters = rated.sum(axis=1)
    paired = raters >= 2
    if not paired.any():
        return Coefficient(name, None)
    used = (rated / raters[:, None]).mean(axis=0)
    by_chance = float(chance * (used * (1 - used)).sum())
    pairs = (rated * (rated @ weights.T - 1)).sum(axis=1) / np.maximum(raters * (raters - 1), 1)
    agree = np.where(paired, pairs, 0)
    beyond = 1 - by_chance
    value = (float(agree[paired].mean()) - by_chance) / beyond
    cases = len(rated)
    if cases < 2:
        return Coefficient(name, value)
    # Each case's own contribution, from which the variance follows: agreement, corrected for its part in chance agreement.
    own = np.where(paired, (agree - by_chance) / beyond, 0) * cases / paired.sum()
    own_chance = chance * (rated @ (1 - used)) / raters
    terms = own - 2 * (1 - value) * (own_chance - by_chance) / beyond
    error = sqrt(float(((terms - value) ** 2).sum()) / (cases * (cases - 1)))
    reach = student_quantile((1 + CONFIDENCE) / 2, cases - 1) * error
    return Coefficient(name, value, (max(value - reach, least), min(value + reach, 1.0)), error)


def measure_alpha(counts: Counts, resamples: int = RESAMPLES) -> Coefficient:
    """Krippendorff's alpha for an ordered scale, with percentiles of a bootstrap over cases as interval.

    A resample in which every judgment is the same outcome has no alpha and is left out; the result says how many remain. Cases are
    sorted first, so that their order in the table makes no difference.
    """
    paired = counts[counts.sum(axis=1) >= 2]
    if not len(paired):
        return Coefficient("alpha", None, method="bootstrap")
    paired = paired[np.lexsort(paired.T)]
    pairs = paired[:, :, None] * (paired[:, None, :] - np.eye(paired.shape[1]))  # ordered pairs of ratings within each case
    coincidences = pairs / (paired.sum(axis=1) - 1)[:, None, None]
    value = _alpha(coincidences.sum(axis=0)).item()
    draw, even = np.random.default_rng(SEED), np.full(len(paired), 1 / len(paired))
    sizes = [min(DRAWN_AT_ONCE, resamples - done) for done in range(0, resamples, DRAWN_AT_ONCE)]
    drawn = np.concatenate([_alpha(np.tensordot(draw.multinomial(len(paired), even, size), coincidences, 1)) for size in sizes])
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or len(paired) < 2 or not len(drawn):
        return Coefficient("alpha", None if np.isnan(value) else value, method="bootstrap")
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return Coefficient("alpha", value, (float(low), float(high)), None, "bootstrap", len(drawn))


def _alpha(coincidences: Shares) -> Shares:
    """Alpha of one coincidence matrix or of a stack of them; NaN where all ratings are the same, so that none could differ."""
    used = coincidences.sum(axis=-1)
    middle = used.cumsum(axis=-1) - used / 2  # between two of them lie the ratings from one to the other, each end counted half
    apart = (middle[..., :, None] - middle[..., None, :]) ** 2
    observed = (coincidences * apart).sum(axis=(-2, -1))
    by_chance = (used[..., :, None] * used[..., None, :] * apart).sum(axis=(-2, -1)) / (used.sum(axis=-1) - 1)
    differ = (used > 0).sum(axis=-1) > 1
    alpha: Shares = np.where(differ, 1 - observed / np.where(differ, by_chance, 1), np.nan)
    return alpha


def student_quantile(probability: float, freedom: int) -> float:
    """The value that Student's t stays below with this probability, at least one half, found by halving.

    >>> round(student_quantile(0.975, 11), 3)
    2.201
    """
    low, high = 0.0, 1.0
    while _student(high, freedom) < probability:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _student(middle, freedom) < probability else (low, middle)
    return high


def _student(value: float, freedom: int) -> float:
    """How probable it is that Student's t stays below a value not under 0: the finite series for whole degrees of freedom."""
    angle = atan2(value, sqrt(freedom))
    term = sin(angle) * (cos(angle) if freedom % 2 else 1.0)
    total, start = (0.0, 1) if freedom % 2 else (0.0, 0)
    for step in range(start, freedom - 1, 2):
        total += term
        term *= cos(angle) ** 2 * (step + 1) / (step + 2)
    inside = 2 / pi * (angle + total) if freedom % 2 else total
    return 0.5 + inside / 2
