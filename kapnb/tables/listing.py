"""Cases as rows: as plain texts, and as a person scans them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome, Reason
from kapnb.tables.assess import JOIN
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words


def list_cases(
    cases: pd.DataFrame,
    assessed: pd.DataFrame,
    reasons: Mapping[str, Sequence[Reason]],
    spreads: Mapping[str, str],
    edition: Edition,
) -> pd.DataFrame:
    """One row a case, in words, to be sorted and searched.

    Args:
        cases: the case table.
        assessed: what :func:`kapnb.assess_table` says of it, row by row.
        reasons: for each case why it has to be clarified first, where it has.
        spreads: for each case the outcomes that were given, in words.
        edition: the guidance that the cases were assessed in.

    Returns:
        Texts alone. An outcome begins with its number, so that sorting it sorts by caution.
    """
    meanings = {rule.name: rule.rule.meaning for rule in edition.rules}
    leads_to = {rule.name: str(rule.outcome) for rule in edition.rules}
    questions = {name: reading.question for name, reading in edition.guidance.readings.items()}
    rows = []
    for (_, case), (_, said) in zip(cases.iterrows(), assessed.iterrows(), strict=True):
        outcome = Outcome(said["outcome"])
        deciding = [name for name in _split(said["findings"]) if leads_to[name] == outcome]
        values = (
            case["case_id"],
            case["title"] if isinstance(case["title"], str) else "",
            f"{outcome.step} {outcome_words(outcome, reasons.get(case['case_id'], ()))}",
            _say_span(Outcome(said["most_cautious"]), Outcome(said["least_cautious"])),
            " ".join(meanings[name] for name in deciding) or words("supervision_page.none_decides"),
            " ".join(questions[name] for name in _split(said["hinges_on"])),
            spreads.get(case["case_id"], ""),
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")
    return frame.rename(columns={name: words(f"supervision_page.column_{name}") for name in COLUMNS})


COLUMNS: Final = ("case", "title", "outcome", "span", "deciding", "hinges", "spread")
"""What is listed of a case; each has its words in ``supervision_page.column_*``."""


def _split(cell: str) -> list[str]:
    return cell.split(JOIN) if cell else []


def _say_span(most: Outcome, least: Outcome) -> str:
    if most is least:
        return words("supervision_page.span_one", step=most.step)
    return words("supervision_page.span", most=most.step, least=least.step)
