"""What nobody may be told of a vignette before a commitment."""

from __future__ import annotations

import re

from kapnb.text.html import join
from kapnb.training.library import Vignette
from kapnb.ui.training_desk import write_drawer
from kapnb.ui.training_reveal import compare_stories
from tests.bundled import EDITION, LIBRARY
from tests.training import FIELDS

MEANINGS = (rule.meaning for rule in EDITION.guidance.rules)
OPTIONS = (text for field in FIELDS.values() for text in (field.question, field.label, *(one.label for one in field.options)))
NEUTRAL = join((write_drawer(EDITION), *MEANINGS, *OPTIONS))
"""What is at hand with every case: the article in our words, and findings and facts to choose from."""


def untold(vignette: Vignette) -> set[str]:
    """Stretches of its debrief, follow-ups and findings, and of what its twin tells otherwise; plain letters, to be looked for."""
    texts = [
        vignette.debrief,
        vignette.tension,
        vignette.because,
        *(text for one in vignette.follow_ups for text in (one.learn, one.reasoning)),
    ]
    texts += [finding.text for finding in EDITION.assess(vignette.answers).findings]
    twin = LIBRARY.get(vignette.twin)
    if twin:
        texts += [twin.story[one.start : one.end] for one in compare_stories(vignette.story, twin.story)[1]]
    pieces = {piece for text in texts for piece in re.findall(r"[A-Za-z ,;]{32,}", text)}
    return {piece for piece in pieces if piece not in vignette.story and piece not in NEUTRAL}
