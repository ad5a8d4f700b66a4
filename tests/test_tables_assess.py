"""A table says of every case what the case alone says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pandas as pd
import pytest

from kapnb import CaseTableError, assess_table, fields, load_guidance
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.tables.assess import OUTCOMES, RESULTS
from kapnb.text.cards import make_cards
from kapnb.text.explanation import outcome_line
from tests.bundled import EDITION
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
    decides = next((card for card in make_cards(a)[0] if card.name in {finding.rule for finding in a.deciding}), None)
    answers = [str(a.outcome), str(a.most_cautious), str(a.least_cautious), "; ".join(findings), asked, "; ".join(hinges)]
    return [*answers, outcome_line(a), decides.text if decides else ""]


def disagreements(cases: list[dict[str, str]], readings: dict[str, str]) -> list[dict[str, str]]:
    edition = load_guidance("begley").bind(readings)
    result = assess_table(make_frame(cases), edition)
    assert list(result) == list(RESULTS)
    rows = result.astype(str).to_numpy().tolist()
    return [case for case, row in zip(cases, rows, strict=True) if row != say_alone(case, edition)]


CASES = make_cases(600, seed=4)


@cache
def alone() -> list[list[str]]:
    """Once, and not by every worker that only collects."""
    return [say_alone(case, EDITION) for case in CASES]


def rows_of(frame: pd.DataFrame) -> list[list[str]]:
    rows: list[list[str]] = assess_table(frame).astype(str).to_numpy().tolist()
    return rows


def test_a_table_agrees_with_its_cases() -> None:
    """Random cases, with much and with little recorded, hidden answers among them; and one of which nothing is known."""
    assert rows_of(make_frame(CASES)) == alone()
    assert not disagreements([{}], {})
    assert len({tuple(row[:3]) for row in alone()}) == 15, "every span that a case can have"


@pytest.mark.parametrize("readings", EDITIONS[::5], ids=str)
def test_a_table_agrees_with_its_cases_under_other_readings(readings: dict[str, str]) -> None:
    assert not disagreements(make_cases(12, seed=5), readings)


def test_a_disagreement_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a table that only asks what can leave one outcome whatever the answer is."""
    monkeypatch.setattr("kapnb.tables.assess.BY_CAUTION", ())
    assert disagreements(make_cases(50, seed=6), {})


def test_a_question_that_may_not_apply_is_not_asked_first() -> None:
    """What an open question raises would decide as much here, but may never be asked."""
    case = {name: field.options[0].name for name, field in fields.items() if field.always and name != "suicidal_ideation"}
    assert rows_of(make_frame([case])) == [say_alone(case, EDITION)]
    assert say_alone(case, EDITION)[4] == "suicidal_ideation"


# --- columns of every make --------------------------------------------------------------------------------


CHANGES: dict[str, Callable[[pd.Series], pd.Series]] = {
    "str": lambda column: column.astype("str"),
    "string": lambda column: column.astype("string"),
    "object": lambda column: column.astype(object),
    "reversed": lambda column: column.cat.reorder_categories(column.cat.categories[::-1]),
    "with more categories": lambda column: column.cat.add_categories("maybe"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_columns_of_another_type(change: Callable[[pd.Series], pd.Series]) -> None:
    """Text of every type, and Categoricals with the options in another order or beside unused ones, are read alike."""
    assert rows_of(make_frame(CASES[:200]).apply(change)) == alone()[:200]


def test_whatever_is_missing_is_not_recorded() -> None:
    """None, NaN, pd.NA, an empty text, a column of nothing, and no column at all."""
    missing = [None, float("nan"), pd.NA, ""]
    cases = pd.DataFrame({"ocd": pd.Series(["yes", *missing], dtype=object), "outside_scope": [float("nan")] * 5})
    nothing = say_alone({}, EDITION)
    assert rows_of(cases) == [say_alone({"ocd": "yes"}, EDITION), *[nothing] * 4]
    assert rows_of(pd.DataFrame({"case_id": ["V1", "V2"], "title": "invented"})) == [nothing] * 2
    assert rows_of(pd.DataFrame(index=range(2))) == [nothing] * 2
    assert assess_table(make_frame([])).shape == (0, 8)


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
    assert rows_of(frame) == alone()[:3]
    assert rows_of(frame.iloc[::-1]) == alone()[2::-1]
    pd.testing.assert_frame_equal(frame, before)


def test_outcomes_are_ordered_by_caution() -> None:
    judged = assess_table(make_frame(CASES))
    assert (judged[OUTCOME_COLUMNS].dtypes == OUTCOMES).all()
    assert list(OUTCOMES.categories) == [str(outcome) for outcome in BY_CAUTION]
    assert (judged["least_cautious"] <= judged["outcome"]).all()
    assert judged["outcome"].max() == "not_recommended"


# --- what is refused --------------------------------------------------------------------------------------


def test_what_is_no_option_is_refused() -> None:
    """It never becomes "not recorded"; every such cell is told, and repeated nowhere. An unused category does no harm."""
    strangers = ["yess", "Yes", 1, True, ["yes"], {"yes": 1}, "jane@example.org"]
    frame = pd.DataFrame({"ocd": pd.Series(["yes", None, *strangers], dtype=object), "outside_scope": "mabye"})
    with pytest.raises(CaseTableError) as caught:
        assess_table(frame.assign(bpd_diagnosis=pd.Categorical([1, *[None] * 8], categories=[1, 2])))
    told = caught.value.problems
    assert told.loc[told["column"] == "ocd", ["row", "allowed"]].to_numpy().tolist() == [[row, "no, yes"] for row in range(4, 11)]
    assert (told["column"] == "outside_scope").sum() == 9
    assert told.loc[told["column"] == "bpd_diagnosis", "row"].tolist() == [2]
    assert "jane" not in str(caught.value)


def test_a_column_given_twice_is_refused() -> None:
    """Which of them would count is not for us to say."""
    with pytest.raises(CaseTableError, match="more than one column"):
        assess_table(pd.DataFrame([["yes", "no"]], columns=["ocd", "ocd"]))
