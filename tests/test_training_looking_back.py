"""Looking back: counts with their interval, too few told as too few, and no mark, rank or share of anything correct."""

from __future__ import annotations

import re
from random import Random

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Kind
from kapnb.group.judgments import Confidence
from kapnb.text.blocks import as_text
from kapnb.training.library import Library, load_library
from kapnb.training.looking_back import FEW, find_interval, look_back
from kapnb.training.session import Training, begin, go_to, uncover
from tests.test_language import FORBIDDEN, matches
from tests.training import ATTEMPT, EDITION, FIELDS, LIBRARY, QUIET, gather, judge, make, see

BUNDLED = load_library(EDITION)
MANY = gather(*(make(f"B{at}", ATTEMPT if at % 2 else QUIET) for at in range(24)))


def practice(outcomes: dict[str, str], sure: str = "high", library: Library = MANY) -> Training:
    """A session in which these items were judged and revealed."""
    training = begin(library, outcomes)
    for name, outcome in outcomes.items():
        training = uncover(judge(go_to(training, name), outcome, sure=sure))
    return training


@pytest.mark.parametrize(
    ("agreed", "judgments", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_has_the_published_digits(agreed: int, judgments: int, low: float, high: float) -> None:
    """Newcombe (1998), table I, method 3: the score interval without a correction for continuity."""
    assert find_interval(agreed, judgments) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize("judgments", [1, 2, 7, 60])
def test_the_interval_holds_its_share_and_mirrors(judgments: int) -> None:
    for agreed in range(judgments + 1):
        low, high = find_interval(agreed, judgments)
        assert 0 <= low <= agreed / judgments <= high <= 1
        mirrored = find_interval(judgments - agreed, judgments)
        assert (1 - high, 1 - low) == (pytest.approx(mirrored[0]), pytest.approx(mirrored[1]))
    assert find_interval(0, 0) == (0.0, 1.0)


def test_confidence_is_held_against_agreement() -> None:
    sure = practice(dict.fromkeys(list(MANY)[:12], "clarify_first"))
    unsure = practice(dict.fromkeys(list(MANY)[12:15], "clarify_first"), "low")
    low, medium, high = look_back([sure, unsure], MANY).confidence
    assert (high.confidence, high.judgments, high.agreed, high.few) == (Confidence.HIGH, 12, 6, False)
    assert (low.judgments, low.agreed, low.few) == (3, 1, True)
    assert (medium.judgments, medium.low, medium.high) == (0, 0.0, 1.0)
    calibration = as_text(look_back([sure, unsure], MANY).blocks[:1], width=1_000)
    assert "high: 6 of 12 agreed with this source" in calibration
    assert f"Too few to tell; that takes {FEW} or more." in calibration
    assert calibration.count("from 2.5 to 7.5 of 10") == 1
    assert "medium: no judgment yet" in calibration


def test_topics_are_those_of_the_cases() -> None:
    back = look_back(practice({"B1": "clarify_first", "B3": "not_at_present"}), MANY)
    (label,) = back.topics
    assert label == next(one.label for one in FIELDS.sections if one.name == "suicide_related")
    every, low, _, high = back.topics[label]
    assert (every.confidence, every.judgments, every.agreed) == (None, 2, 1)
    assert (low.judgments, high.judgments, high.agreed) == (0, 2, 1)


def test_differences_that_recur_are_counted() -> None:
    library = gather(make("B1", ATTEMPT), make("B2", QUIET))
    own = ATTEMPT | {"suicide_attempts": "repeated_past"}
    training = see(begin(library, library), "not_at_present", "past_attempt_pattern", own)
    training = see(go_to(training, "B2"), "clarify_first", "outside_scope", QUIET)
    back = look_back(training, library)
    assert dict(back.kinds) == {Kind.FACTS: 1, Kind.RULE: 1, Kind.PRIORITY: 0}
    text = as_text(back.blocks, width=1_000)
    assert "Facts that were read otherwise: in 1 of 2 judgments" in text
    assert "Too few to call it a habit" in text


def test_claims_that_no_revealed_item_brings_up_are_told() -> None:
    items = ["V01", "V02"]
    back = look_back(practice(dict.fromkeys(items, "clarify_first"), library=BUNDLED), BUNDLED)
    met = {claim for name in items for claim in BUNDLED[name].claims}
    assert {claim.id for claim in back.claims_not_met} == set(EDITION.ledger.claims) - met
    lines = next(block for block in back.blocks if block.key == "claims").lines
    assert len(lines) == len(back.claims_not_met)


def test_with_nothing_revealed_there_is_nothing_to_tell() -> None:
    back = look_back(begin(LIBRARY, LIBRARY), LIBRARY)
    assert (back.judgments, back.topics) == (0, {})
    assert "nothing to look back on" in as_text(back.blocks)


def test_looking_back_never_marks() -> None:
    """Whatever was judged, no words of it are a percentage, a mark, a rank, or right and wrong."""
    chance = Random(4)
    for _ in range(10):
        items = chance.sample(list(BUNDLED), chance.choice([1, 5, 30]))
        outcomes = {name: str(chance.choice(list(Outcome))) for name in items}
        training = practice(outcomes, chance.choice(["low", "medium", "high"]), BUNDLED)
        blocks = [block for block in look_back(training, BUNDLED).blocks if block.key != "claims"]
        text = as_text(blocks, width=10_000)
        assert f"of {len(items)}" in text
        assert not re.search(
            r"%|\b(scor\w*|rank\w*|percent\w*|grade\w*|correct\w*|right|wrong|pass(ed)?|fail\w*)\b", text, re.IGNORECASE
        )
        assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [("here", text)])]


def test_every_topic_has_its_label() -> None:
    training = practice(dict.fromkeys(BUNDLED, "clarify_first"), library=BUNDLED)
    block = next(block for block in look_back(training, BUNDLED).blocks if block.key == "topics")
    labels = [section.label for section in FIELDS.sections]
    assert [line.text.partition(":")[0] for line in block.lines] == [
        one for one in labels if any(one in x.text for x in block.lines)
    ]
