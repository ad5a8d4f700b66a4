"""A table says of every case what the case alone says."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest

from kapnb import CaseError, GuidanceError, assess, assess_table, fields
from kapnb.engine.outcomes import BY_CAUTION
from tests.strategies import EDITIONS, random_case

COLUMNS = ["outcome", "most_cautious", "least_cautious", "findings", "next_question", "hinges_on"]


def make_frame(cases: list[dict[str, str]]) -> pd.DataFrame:
    """Cases as :func:`kapnb.read_cases` gives them."""
    columns = {
        name: pd.Categorical([case.get(name) for case in cases], [option.name for option in one.options], ordered=True)
        for name, one in fields.items()
    }
    return pd.DataFrame(columns)


def say_alone(case: dict[str, str], readings: dict[str, str]) -> list[str]:
    """What the columns of the table should hold, of one case."""
    a = assess(case, readings)
    asked = a.next_questions[0].field if a.next_questions else ""
    hinges = dict.fromkeys(hinge.reading for hinge in a.hinges_on)
    findings = [finding.rule for finding in a.findings]
    return [str(a.outcome), str(a.most_cautious), str(a.least_cautious), "; ".join(findings), asked, "; ".join(hinges)]


def disagreements(cases: list[dict[str, str]], readings: dict[str, str]) -> list[dict[str, str]]:
    result = assess_table(make_frame(cases), readings=readings)
    assert list(result) == COLUMNS
    rows = result.astype(str).to_numpy().tolist()
    return [case for case, row in zip(cases, rows, strict=True) if row != say_alone(case, readings)]


def test_a_table_agrees_with_its_cases() -> None:
    """A thousand random cases, with much and with little recorded, hidden answers among them."""
    random = Random(4)
    assert not disagreements([{}, *(random_case(random) for _ in range(1_000))], {})


@pytest.mark.parametrize("readings", EDITIONS[1::6], ids=str)
def test_a_table_agrees_with_its_cases_under_other_readings(readings: dict[str, str]) -> None:
    random = Random(5)
    assert not disagreements([random_case(random) for _ in range(100)], readings)


def test_a_disagreement_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a table that takes the last question of the dictionary instead of the most useful one."""
    monkeypatch.setattr("kapnb.tables.assessing._MOST_OPTIONS", -1)
    random = Random(6)
    assert disagreements([random_case(random) for _ in range(50)], {})


def test_the_index_stays_and_outcomes_are_ordered_by_caution() -> None:
    frame = make_frame([{"ocd": "yes"}, {"psychotic_disorder": "schizophrenia"}])
    frame.index = pd.Index(["b", "a"], name="label")
    result = assess_table(frame)
    assert result.index.equals(frame.index)
    for name in COLUMNS[:3]:
        assert result[name].cat.ordered
        assert list(result[name].cat.categories) == [str(outcome) for outcome in BY_CAUTION]
    assert result["outcome"].max() == "not_recommended"


def test_no_rows_and_no_columns() -> None:
    """An empty table gives an empty one; a table without fields knows nothing of its cases."""
    assert assess_table(make_frame([])).shape == (0, 6)
    nothing = assess_table(pd.DataFrame({"case_id": ["V1", "V2"]}))
    assert [list(row) for row in nothing.astype(str).to_numpy()] == [say_alone({}, {})] * 2


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    assess_table(make_frame([{}] * 40_000), progress=lambda done, whole: told.append((done, whole)))
    assert len(told) > 1
    assert told[-1] == (40_000, 40_000)


def test_a_column_that_holds_something_else_is_refused() -> None:
    with pytest.raises(CaseError, match="ocd"):
        assess_table(pd.DataFrame({"ocd": ["perhaps"]}))
    with pytest.raises(GuidanceError):
        assess_table(make_frame([{}]), readings={"ocd": "yes"})
