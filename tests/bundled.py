"""The bundled pack under its default readings, and its vignettes: what most tests are about."""

from __future__ import annotations

from kapnb import load_guidance
from kapnb.training.library import load_library

EDITION = load_guidance("begley").bind()
LIBRARY = load_library(EDITION)
