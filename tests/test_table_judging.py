"""A table of cases is judged as each of its cases is."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from kapnb import CaseError, assess, fields, load_guidance
from kapnb.engine.assess import cautions_of
from kapnb.engine.pack import join_cautions
from kapnb.engine.problems import GuidanceError
from kapnb.tables import judging
from kapnb.tables.judging import OUTCOMES, judge_codes, judge_table, read_codes
from tests.strategies import EDITIONS, random_case

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ["outcome", "most_cautious", "least_cautious"]


def make_cases(number: int, seed: int = 0) -> list[dict[str, str]]:
    random = Random(seed)
    return [random_case(random) for _ in range(number)]


def as_frame(cases: list[dict[str, str]], **settings: Any) -> pd.DataFrame:
    """Every column a Categorical with the options in the order of the dictionary."""
    columns = {
        name: pd.Categorical([case.get(name) for case in cases], categories=[option.name for option in field.options])
        for name, field in fields.items()
    }
    return pd.DataFrame(columns, **settings)


def one_by_one(cases: list[dict[str, str]], readings: Mapping[str, str] | None = None) -> list[tuple[str, ...]]:
    assessed = [assess(case, readings) for case in cases]
    return [(str(a.outcome), str(a.most_cautious), str(a.least_cautious)) for a in assessed]


def rows(judged: pd.DataFrame) -> list[tuple[str, ...]]:
    assert list(judged.columns) == COLUMNS
    assert (judged.dtypes == OUTCOMES).all()
    return list(judged.astype(object).itertuples(index=False, name=None))


CASES = make_cases(5_000)


def test_each_row_is_judged_as_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcome and both ends of the span, over several chunks of which the last is not full."""
    monkeypatch.setattr(judging, "CHUNK", 999)
    expected = one_by_one(CASES)
    assert rows(judge_table(as_frame(CASES))) == expected
    assert len(set(expected)) == 15, "every span that a case can have"


def test_the_possible_outcomes_are_exact() -> None:
    """Not only the ends of the span: the same set as for each case alone."""
    edition = load_guidance().bind()
    bits = judge_codes(read_codes(as_frame(CASES), fields), len(CASES), edition)
    assert bits.tolist() == [cautions_of(case, edition) for case in CASES]


@pytest.mark.parametrize("number", range(len(EDITIONS)))
def test_other_readings(number: int) -> None:
    """Under any readings a table is judged as its cases are."""
    cases = make_cases(150, seed=number)
    assert rows(judge_table(as_frame(cases), EDITIONS[number])) == one_by_one(cases, EDITIONS[number])


def test_spans_join_as_possible_cautions_do() -> None:
    """Any three sets of possible cautions: the spans joined by or tell what the sets joined by their meaning do."""
    sets = np.arange(1, 1 << 5, dtype=np.uint8)
    spans = judging._make_spans(sets)
    joined = spans[:, None, None] | spans[:, None] | spans
    meant = np.array([join_cautions(map(int, three)) for three in product(sets, repeat=3)])
    assert np.array_equal(judging._read_cautions(joined).reshape(-1), meant)


# --- columns of every make --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["str", "string", "object", "reversed", "with more categories"])
def test_columns_of_another_type(kind: str) -> None:
    """Text of every type, and Categoricals with the options in another order or beside unused ones, are read alike."""
    exact = as_frame(CASES[:500])
    if kind == "reversed":
        frame = exact.apply(lambda column: column.cat.reorder_categories(column.cat.categories[::-1]))
    elif kind == "with more categories":
        frame = exact.apply(lambda column: column.cat.add_categories("maybe"))
    else:
        frame = exact.astype(kind)
    assert rows(judge_table(frame)) == one_by_one(CASES[:500])


def test_every_kind_of_missing_is_not_recorded() -> None:
    """None, NaN, pd.NA, a column of nothing, and no column at all."""
    cases = pd.DataFrame({"ocd": pd.Series(["yes", None, float("nan"), pd.NA], dtype=object), "outside_scope": [float("nan")] * 4})
    assert rows(judge_table(cases)) == one_by_one([{"ocd": "yes"}, {}, {}, {}])


def test_missing_columns_are_recorded_nowhere() -> None:
    """Any selection of columns is judged as the cases with those answers; columns that are no fields are left alone."""
    random = Random(3)
    for _ in range(20):
        names = random.sample(list(fields), random.randint(0, len(fields)))
        cases = [{name: given for name, given in case.items() if name in names} for case in CASES[:60]]
        frame = as_frame(CASES[:60])[names].assign(case_id="E1", title="invented")
        assert rows(judge_table(frame)) == one_by_one(cases)


def test_an_empty_table() -> None:
    """No rows, with columns or without any: no rows, with the same three columns."""
    assert rows(judge_table(as_frame([]))) == []
    assert rows(judge_table(pd.DataFrame())) == []
    assert rows(judge_table(pd.DataFrame(index=range(2)))) == one_by_one([{}, {}])


@pytest.mark.parametrize(
    "index",
    [list("cab"), [7, 7, 7], pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")], names=["round", "who"])],
    ids=["labels", "repeated", "levels"],
)
def test_the_index_is_kept(index: Any) -> None:
    """Whatever it is; rows stay in their places."""
    frame = as_frame(CASES[:3], index=index)
    judged = judge_table(frame)
    pd.testing.assert_index_equal(judged.index, frame.index)
    assert rows(judged) == one_by_one(CASES[:3])


def test_rows_that_do_not_lie_together() -> None:
    """A filtered, reversed or thinned table is judged like any other, and is left as it was."""
    frame = as_frame(CASES[:400])
    before = frame.copy()
    assert rows(judge_table(frame.iloc[::-3])) == one_by_one(CASES[:400][::-3])
    pd.testing.assert_frame_equal(frame, before)


def test_outcomes_are_ordered_by_caution() -> None:
    """More caution is greater, in a table too."""
    judged = judge_table(as_frame(CASES))
    assert (judged["least_cautious"] <= judged["most_cautious"]).all()
    assert (judged["least_cautious"] <= judged["outcome"]).all()
    assert judged["outcome"].max() == "not_recommended"


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", ["yess", "", "Yes", 1, True, ["yes"], {"yes": 1}], ids=repr)
def test_what_is_no_option_is_refused(stranger: object) -> None:
    """It never becomes "not recorded"; the complaint names column, row and what is allowed."""
    frame = pd.DataFrame({"ocd": pd.Series(["yes", None, stranger, stranger], dtype=object, index=list("abcd"))})
    with pytest.raises(CaseError) as caught:
        judge_table(frame)
    [problem] = caught.value.problems
    assert (problem.where, problem.allowed) == ("ocd", "no, yes")
    assert "row c " in problem.what
    assert "1 more" in problem.what
    assert problem.remedy


def test_a_stranger_among_categories_is_refused() -> None:
    """Also where the column is a Categorical, of text, numbers or truth values; an unused category does no harm."""
    for strange in (["maybe"], [1, 2], [True]):
        with pytest.raises(CaseError):
            judge_table(pd.DataFrame({"ocd": pd.Categorical([None, strange[0]], categories=strange)}))


def test_all_columns_are_told_at_once() -> None:
    """One problem a column, however many rows; no cell is repeated."""
    secret = "jane@example.org"
    frame = as_frame(CASES[:100]).astype(object).assign(ocd=secret, outside_scope="mabye", suicidal_ideation="activ")
    with pytest.raises(CaseError) as caught:
        judge_table(frame)
    assert [problem.where for problem in caught.value.problems] == ["suicidal_ideation", "ocd", "outside_scope"]
    assert '"active"' in caught.value.problems[0].remedy
    assert secret not in str(caught.value)


def test_a_column_given_twice_is_refused() -> None:
    """Which of them would count is not for us to say."""
    frame = pd.DataFrame([["yes", "no"]], columns=["ocd", "ocd"])
    with pytest.raises(CaseError, match="several columns"):
        judge_table(frame)


def test_an_unknown_reading_is_refused() -> None:
    """As for one case."""
    with pytest.raises(GuidanceError):
        judge_table(as_frame([]), {"relief_condition": "never"})


def test_codes_of_any_layout() -> None:
    """Codes need not lie together in memory."""
    codes = read_codes(as_frame(CASES[:200]), fields)
    edition = load_guidance().bind()
    strided = {name: np.repeat(own, 2)[::2] for name, own in codes.items()}
    assert np.array_equal(judge_codes(strided, 200, edition), judge_codes(codes, 200, edition))


def test_no_table_no_pandas() -> None:
    """The page's rooms do not pull in what only tables need."""
    code = "import sys, kapnb; kapnb.assess({}); sys.exit(bool({'numpy', 'pandas'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
