"""The rules as expressions of polars and of DuckDB, written from the conditions themselves; and random answers to ask them of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from kapnb import fields, load_guidance
from kapnb.engine.conditions import NOT_APPLICABLE, Atom, Condition, evaluate
from kapnb.engine.fields import Field
from kapnb.engine.outcomes import BY_CAUTION, Outcome

Codes = dict[str, np.ndarray]
RULES = [rule for rule in load_guidance().bind().rules if rule.outcome and rule.outcome.caution]
RAISED = [field for field in fields.values() if not field.always]
CAUTIONS = range(1, len(BY_CAUTION))
COLUMNS = ("outcome", "most_cautious", "least_cautious")


def draw_codes(rows: int, *, complete: bool = False, seed: int = 1) -> Codes:
    """Random answers: half are the least cautious option, so that every outcome occurs, and one in ten is not recorded."""
    random = np.random.default_rng(seed)
    codes = {}
    for name, field in fields.items():
        answers = random.integers(0, len(field.options), rows, dtype=np.int8)
        quiet = next((place for place, option in enumerate(field.options) if field.order and option.name in field.order[0]), 0)
        chance = random.integers(0, 10, rows, dtype=np.int8)
        answers[chance < 5] = quiet
        if not complete:
            answers[chance == 9] = -1
        codes[name] = answers
    return codes


def names_of(field: Field) -> list[str]:
    return [option.name for option in field.options]


def judge_in_polars(cases: Any) -> Any:
    """A lazy frame of cases, with a column more for each question that is not always asked, and the three columns as cautions."""
    import polars as pl

    def given(field: str, answers: list[str]) -> pl.Expr:
        return pl.col(field) == answers[0] if len(answers) == 1 else pl.col(field).is_in(answers)

    leaf = make_leaf(given, lambda field: pl.col(f"{field} asked"))
    levels = [f"level {caution}" for caution in CAUTIONS]
    least, most = pl.lit(0, pl.Int8), pl.lit(0, pl.Int8)
    for caution in CAUTIONS:
        level = pl.lit(caution, pl.Int8)
        least = pl.when(pl.col(f"level {caution}").fill_null(value=False)).then(level).otherwise(least)
        most = pl.when(pl.col(f"level {caution}").fill_null(value=True)).then(level).otherwise(most)
    settled = (pl.col("least_cautious") == pl.col("most_cautious")) | (pl.col("least_cautious") >= Outcome.NOT_AT_PRESENT.caution)
    headline = pl.when(settled).then("least_cautious").otherwise(pl.lit(Outcome.CLARIFY_FIRST.caution, pl.Int8))
    return (
        cases.with_columns(evaluate(field.asked_when, leaf).alias(f"{field.name} asked") for field in RAISED)
        .with_columns(level.alias(f"level {caution}") for caution, level in write_levels(leaf))
        .with_columns(most_cautious=most, least_cautious=least)
        .with_columns(headline.alias("outcome"))
        .drop(levels)
    )


def judge_in_sql(cases: str) -> str:
    """A query of the same columns, on a table of cases."""

    def given(field: str, answers: list[str]) -> Sql:
        listed = ", ".join(f"'{answer}'" for answer in answers)
        return Sql(f"{field} = {listed}" if len(answers) == 1 else f"{field} in ({listed})")

    leaf = make_leaf(given, lambda field: Sql(f'"{field} asked"'))
    asked = [f'{evaluate(field.asked_when, leaf)} as "{field.name} asked"' for field in RAISED]
    levels = [f"{level} as level_{caution}" for caution, level in write_levels(leaf)]
    highest_first = CAUTIONS[::-1]
    least = " ".join(f"when level_{caution} then {caution}" for caution in highest_first)
    most = " ".join(f"when coalesce(level_{caution}, true) then {caution}" for caution in highest_first)
    return f"""
        with cases_asked as (select *, {", ".join(asked)} from {cases}),
        leveled as (select *, {", ".join(levels)} from cases_asked),
        spanned as (select *, (case {most} else 0 end)::tinyint as most_cautious,
                           (case {least} else 0 end)::tinyint as least_cautious from leveled)
        select * exclude ({", ".join(f"level_{caution}" for caution in CAUTIONS)}),
               (case when least_cautious = most_cautious or least_cautious >= {Outcome.NOT_AT_PRESENT.caution}
                then least_cautious else {Outcome.CLARIFY_FIRST.caution} end)::tinyint as outcome from spanned
    """


class Sql:
    """A condition in SQL, joined as conditions are."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __and__(self, other: Sql) -> Sql:
        return Sql(f"({self} and {other})")

    def __or__(self, other: Sql) -> Sql:
        return Sql(f"({self} or {other})")

    def __invert__(self) -> Sql:
        return Sql(f"(not {self})")

    def __str__(self) -> str:
        return self.text


def make_leaf(given: Callable[[str, list[str]], Any], asked: Callable[[str], Any]) -> Callable[[Atom], Any]:
    """How an atom is written; an answer counts only where its question is asked."""

    def leaf(atom: Atom) -> Any:
        answers = sorted(atom.answers - {NOT_APPLICABLE})
        if fields[atom.field].always:
            return given(atom.field, answers)
        if not answers:
            return ~asked(atom.field)
        counts = asked(atom.field) & given(atom.field, answers)
        return counts | ~asked(atom.field) if NOT_APPLICABLE in atom.answers else counts

    return leaf


def write_levels(leaf: Callable[[Atom], Any]) -> Iterator[tuple[int, Any]]:
    """For each caution whether any of its rules holds, as one expression."""
    for caution in CAUTIONS:
        conditions: list[Condition] = [rule.condition for rule in RULES if rule.outcome and rule.outcome.caution == caution]
        yield caution, reduce(or_, (evaluate(condition, leaf) for condition in conditions))
