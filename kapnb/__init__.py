"""A clinical decision notebook toolkit for invented cases.

It encodes one clinician's cautious view of ketamine-assisted psychotherapy and never decides about a real person.

>>> from kapnb import assess
>>> str(assess({"psychotic_disorder": "schizophrenia"}).outcome)
'not_recommended'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kapnb.assessment import Assessment, Finding, assess
    from kapnb.dictionary import Dictionary
    from kapnb.explanation import explain
    from kapnb.guidance.pack import load_guidance
    from kapnb.outcomes import Outcome
    from kapnb.problems import CaseError, DictionaryError, GuidanceError, KapnbError
    from kapnb.tables.assessing import assess_table
    from kapnb.tables.checking import read_cases, read_judgments
    from kapnb.tables.problems import CaseTableError

    fields: Dictionary

__version__ = "0.1.0"
__all__ = [
    "Assessment",
    "CaseError",
    "CaseTableError",
    "DictionaryError",
    "Finding",
    "GuidanceError",
    "KapnbError",
    "Outcome",
    "assess",
    "assess_table",
    "explain",
    "fields",
    "load_guidance",
    "read_cases",
    "read_judgments",
]

_HOMES = {
    "Assessment": "assessment",
    "Finding": "assessment",
    "assess": "assessment",
    "explain": "explanation",
    "load_guidance": "guidance.pack",
    "Outcome": "outcomes",
    "CaseError": "problems",
    "DictionaryError": "problems",
    "GuidanceError": "problems",
    "KapnbError": "problems",
    "CaseTableError": "tables.problems",
    "assess_table": "tables.assessing",
    "read_cases": "tables.checking",
    "read_judgments": "tables.checking",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that nothing is loaded that is not needed."""
    if name == "fields":
        from kapnb.dictionary import load_fields

        return load_fields()
    if name in _HOMES:
        return getattr(import_module(f"kapnb.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'kapnb' has no attribute {name!r}")
