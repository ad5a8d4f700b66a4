"""One case of a table."""

from __future__ import annotations

import pandas as pd

from kapnb.engine.fields import load_fields


def choose_case(cases: pd.DataFrame, case_id: str) -> dict[str, str] | None:
    """The recorded answers of a case, as :func:`kapnb.assess` takes them; None where there is no such case."""
    found = cases[cases["case_id"] == case_id]
    if found.empty:
        return None
    row = found.iloc[0]
    return {name: str(row[name]) for name in load_fields() if name in found and pd.notna(row[name])}
