"""What nobody may be told of a vignette before a commitment."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kapnb import assess
from kapnb.engine.fields import load_fields
from kapnb.training.library import load_library
from kapnb.ui.choices import describe_form
from kapnb.ui.training_reveal import compare_stories

if TYPE_CHECKING:
    from kapnb.training.library import Vignette

NEUTRAL = json.dumps(describe_form(load_fields().sections), ensure_ascii=False)
"""What the form says of every case."""


def untold(vignette: Vignette) -> set[str]:
    """Stretches of its debrief, follow-ups and findings, and of what its twin tells otherwise; plain letters, to be looked for."""
    texts = [vignette.debrief, vignette.tension, *(text for one in vignette.follow_ups for text in (one.learn, one.reasoning))]
    texts += [finding.text for finding in assess(vignette.answers).findings]
    twin = load_library().get(vignette.twin)
    if twin:
        texts += [twin.story[one.start : one.end] for one in compare_stories(vignette.story, twin.story)[1]]
    pieces = {piece for text in texts for piece in re.findall(r"[A-Za-z ,;]{32,}", text)}
    return {piece for piece in pieces if piece not in vignette.story and piece not in NEUTRAL}
