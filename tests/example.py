"""The example of the bundled pack: twelve invented cases, what six invented raters made of them, and what this source says."""

from __future__ import annotations

import csv

from kapnb.group.state import make_dataset
from tests.bundled import EDITION

FILES = {name: EDITION.guidance.folder / "examples" / "supervision" / f"{name}.csv" for name in ("cases", "judgments")}
TABLES = {name: list(csv.DictReader(path.read_text("utf-8").splitlines())) for name, path in FILES.items()}
DATASET = make_dataset(TABLES["cases"], TABLES["judgments"], EDITION)
CASES, JUDGMENTS = tuple(DATASET.cases.values()), DATASET.everything
ASSESSED, LOCATED = DATASET.assessments, DATASET.differences
