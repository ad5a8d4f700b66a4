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
    from kapnb.engine.assess import Finding
    from kapnb.engine.edition import Assessment, assess, load_guidance
    from kapnb.engine.fields import Dictionary
    from kapnb.engine.outcomes import Outcome
    from kapnb.engine.problems import CaseError, DictionaryError, GuidanceError, KapnbError
    from kapnb.tables.assess import assess_table
    from kapnb.tables.problems import CaseTableError
    from kapnb.tables.read import read_cases, read_judgments, read_responses
    from kapnb.tables.schema import case_schema, judgments_schema, responses_schema
    from kapnb.text.explanation import explain

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
    "case_schema",
    "explain",
    "fields",
    "judgments_schema",
    "load_guidance",
    "read_cases",
    "read_judgments",
    "read_responses",
    "responses_schema",
]

_HOMES = {
    "engine.assess": ["Finding"],
    "engine.edition": ["Assessment", "assess", "load_guidance"],
    "engine.outcomes": ["Outcome"],
    "engine.problems": ["CaseError", "DictionaryError", "GuidanceError", "KapnbError"],
    "tables.assess": ["assess_table"],
    "tables.problems": ["CaseTableError"],
    "tables.read": ["read_cases", "read_judgments", "read_responses"],
    "tables.schema": ["case_schema", "judgments_schema", "responses_schema"],
    "text.explanation": ["explain"],
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that nothing is loaded that is not needed."""
    if name == "fields":
        from kapnb.engine.fields import load_fields

        return load_fields()
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"kapnb.{home}"), name)
    raise AttributeError(f"module 'kapnb' has no attribute {name!r}")
