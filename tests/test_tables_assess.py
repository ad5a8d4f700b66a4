"""A table says of every case what the case alone says."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kapnb import CaseTableError, assess_table, fields, load_guidance
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.engine.pack import join_cautions
from kapnb.tables import assess
from kapnb.tables.assess import OUTCOMES, RESULTS
from tests.strategies import EDITIONS, random_case

OUTCOME_COLUMNS = list(RESULTS[:3])


def make_cases(number: int, seed: int) -> list[dict[str, str]]:
    random = Random(seed)
    return [random_case(random) for _ in range(number)]


def make_frame(cases: list[dict[str, str]], **settings: Any) -> pd.DataFrame:
    """Cases as :func:`kapnb.read_cases` gives them."""
    columns = {
        name: pd.Categorical([case.get(name) for case in cases], [option.name for option in one.options], ordered=True)
        for name, one in fields.items()
    }
    return pd.DataFrame(columns, **settings)


def say_alone(case: dict[str, str], edition: Edition) -> list[str]:
    """What the columns of the table should hold, of one case."""
    a = edition.assess(case)
    asked = a.next_questions[0].field if a.next_questions else ""
    hinges = dict.fromkeys(hinge.reading for hinge in a.hinges_on)
    findings = [finding.rule for finding in a.findings]
    return [str(a.outcome), str(a.most_cautious), str(a.least_cautious), "; ".join(findings), asked, "; ".join(hinges)]


def disagreements(cases: list[dict[str, str]], readings: dict[str, str]) -> list[dict[str, str]]:
    edition = load_guidance("begley").bind(readings)
    result = assess_table(make_frame(cases), edition)
    assert list(result) == list(RESULTS)
    rows = result.astype(str).to_numpy().tolist()
    return [case for case, row in zip(cases, rows, strict=True) if row != say_alone(case, edition)]


CASES = make_cases(600, seed=4)
EDITION = load_guidance("begley").bind()
ALONE = [say_alone(case, EDITION) for case in CASES]


def rows_of(frame: pd.DataFrame) -> list[list[str]]:
    rows: list[list[str]] = assess_table(frame).astype(str).to_numpy().tolist()
    return rows


def test_a_table_agrees_with_its_cases() -> None:
    """Random cases, with much and with little recorded, hidden answers among them; and one of which nothing is known."""
    assert rows_of(make_frame(CASES)) == ALONE
    assert not disagreements([{}], {})
    assert len({tuple(row[:3]) for row in ALONE}) == 15, "every span that a case can have"


@pytest.mark.parametrize("readings", EDITIONS, ids=str)
def test_a_table_agrees_with_its_cases_under_other_readings(readings: dict[str, str]) -> None:
    assert not disagreements(make_cases(12, seed=5), readings)


def test_a_disagreement_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a table that takes the last question of the dictionary instead of the most useful one."""
    monkeypatch.setattr("kapnb.tables.assess._MOST_OPTIONS", -1)
    assert disagreements(make_cases(50, seed=6), {})


def test_sets_of_outcomes_join_as_those_of_a_case_do() -> None:
    """Any three sets of possible cautions."""
    sets = np.arange(1, 1 << 5, dtype=np.uint8)
    three = np.array(np.meshgrid(sets, sets, sets)).reshape(3, -1)
    meant = [join_cautions(iter(map(int, own))) for own in three.T]
    assert assess._join(list(three)).tolist() == meant


# --- columns of every make --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["str", "string", "object", "reversed", "with more categories"])
def test_columns_of_another_type(kind: str) -> None:
    """Text of every type, and Categoricals with the options in another order or beside unused ones, are read alike."""
    exact = make_frame(CASES[:200])
    if kind == "reversed":
        frame = exact.apply(lambda column: column.cat.reorder_categories(column.cat.categories[::-1]))
    elif kind == "with more categories":
        frame = exact.apply(lambda column: column.cat.add_categories("maybe"))
    else:
        frame = exact.astype(kind)
    assert rows_of(frame) == ALONE[:200]


def test_whatever_is_missing_is_not_recorded() -> None:
    """None, NaN, pd.NA, an empty text, a column of nothing, and no column at all."""
    missing = [None, float("nan"), pd.NA, ""]
    cases = pd.DataFrame({"ocd": pd.Series(["yes", *missing], dtype=object), "outside_scope": [float("nan")] * 5})
    nothing = say_alone({}, EDITION)
    assert rows_of(cases) == [say_alone({"ocd": "yes"}, EDITION), *[nothing] * 4]
    assert rows_of(pd.DataFrame({"case_id": ["V1", "V2"], "title": "invented"})) == [nothing] * 2
    assert rows_of(pd.DataFrame(index=range(2))) == [nothing] * 2
    assert assess_table(make_frame([])).shape == (0, 6)


@pytest.mark.parametrize(
    "index",
    [list("cab"), [7, 7, 7], pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")], names=["round", "who"])],
    ids=["labels", "repeated", "levels"],
)
def test_the_index_is_kept(index: Any) -> None:
    """Whatever it is; rows stay in their places, and the frame stays as it was."""
    frame = make_frame(CASES[:3], index=index)
    before = frame.copy()
    pd.testing.assert_index_equal(assess_table(frame).index, frame.index)
    assert rows_of(frame) == ALONE[:3]
    assert rows_of(frame.iloc[::-1]) == ALONE[2::-1]
    pd.testing.assert_frame_equal(frame, before)


def test_outcomes_are_ordered_by_caution() -> None:
    judged = assess_table(make_frame(CASES))
    assert (judged[OUTCOME_COLUMNS].dtypes == OUTCOMES).all()
    assert list(OUTCOMES.categories) == [str(outcome) for outcome in BY_CAUTION]
    assert (judged["least_cautious"] <= judged["outcome"]).all()
    assert judged["outcome"].max() == "not_recommended"


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", ["yess", "Yes", 1, True, ["yes"], {"yes": 1}], ids=repr)
def test_what_is_no_option_is_refused(stranger: object) -> None:
    """It never becomes "not recorded"; every such cell is told, and repeated nowhere."""
    frame = pd.DataFrame({"ocd": pd.Series(["yes", None, stranger, stranger], dtype=object, index=list("abcd"))})
    with pytest.raises(CaseTableError) as caught:
        assess_table(frame)
    assert caught.value.problems[["row", "column", "allowed"]].to_numpy().tolist() == [[4, "ocd", "no, yes"], [5, "ocd", "no, yes"]]


def test_a_stranger_among_categories_is_refused() -> None:
    """Also where the column is a Categorical, of text, numbers or truth values; an unused category does no harm."""
    for strange in (["maybe"], [1, 2], [True]):
        with pytest.raises(CaseTableError):
            assess_table(pd.DataFrame({"ocd": pd.Categorical([None, strange[0]], categories=strange)}))


def test_all_columns_are_told_at_once() -> None:
    secret = "jane@example.org"
    frame = make_frame(CASES[:1]).astype(object).assign(ocd=secret, outside_scope="mabye", suicidal_ideation="activ")
    with pytest.raises(CaseTableError) as caught:
        assess_table(frame)
    assert caught.value.problems["column"].tolist() == ["suicidal_ideation", "ocd", "outside_scope"]
    assert '"active"' in caught.value.problems["remedy"][0]
    assert secret not in str(caught.value)


def test_a_column_given_twice_is_refused() -> None:
    """Which of them would count is not for us to say."""
    with pytest.raises(CaseTableError, match="several columns"):
        assess_table(pd.DataFrame([["yes", "no"]], columns=["ocd", "ocd"]))


def test_no_table_no_pandas() -> None:
    """The page's layers do not pull in what only tables need."""
    code = "import sys, kapnb; kapnb.assess({}); sys.exit(bool({'numpy', 'pandas'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
