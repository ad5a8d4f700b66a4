"""Limits and defaults that more than one module needs, or that a user meets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PACK: Final = "begley"
"""The guidance pack that a command or a page asks where none is named."""

CASE_FILE: Final = 64 * 1024
"""Characters of one case as a JSON file."""

CASE_TEXTS: Final[Mapping[str, int]] = {"case_id": 64, "title": 200, "vignette": 5_000, "note": 5_000}
"""The free texts of a case, with the most characters of each."""

IDENTIFIER_SEARCH: Final = 20_000
"""Characters of a text in which identifiers are looked for; whoever reads a text bounds its length first."""

NEXT_QUESTIONS: Final = 3
"""How many of the next questions an explanation shows."""
