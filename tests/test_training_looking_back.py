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
from kapnb.training.looking_back import FEW, Met, find_interval, look_back
from kapnb.training.session import Training, begin, go_to, uncover
from tests.test_language import FORBIDDEN, matches
from tests.training import ATTEMPT, EDITION, FIELDS, LIBRARY, QUIET, gather, judge, make, see

BUNDLED = load_library(EDITION)
MANY = gather(*(make(f"B{at}", ATTEMPT if at % 2 else QUIET) for at in range(24)))


def practice(outcomes: dict[str, str], sure: dict[str, str] | None = None, library: Library = MANY) -> Training:
    """A session in which these items were judged and revealed."""
    training = begin(library, outcomes)
    for name, outcome in outcomes.items():
        training = uncover(judge(go_to(training, name), outcome, sure=(sure or {}).get(name, "high")))
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


def test_confidence_is_held_against_agreement() -> None:
    names = list(MANY)[:15]
    back = look_back(practice(dict.fromkeys(names, "clarify_first"), dict.fromkeys(names[12:], "low")), MANY)
    assert back.confidence == (Met(Confidence.LOW, 3, 1), Met(Confidence.MEDIUM, 0, 0), Met(Confidence.HIGH, 12, 6))
    calibration = as_text(back.blocks[:1], width=1_000)
    assert "high: 6 of 12 agreed with this source" in calibration
    assert calibration.count(f"Too few to tell; that takes {FEW} or more.") == 1
    assert calibration.count("from 2.5 to 7.5 of 10") == 1
    assert "medium: no judgment yet" in calibration


def test_topics_are_those_of_the_cases() -> None:
    """In the order of the dictionary, each by its label."""
    (topic,) = look_back(practice({"B1": "clarify_first", "B3": "not_at_present"}), MANY).topics.items()
    label = next(one.label for one in FIELDS.sections if one.name == "suicide_related")
    assert topic == (label, (Met(None, 2, 1), *(Met(one, *(2, 1) if one == "high" else (0, 0)) for one in Confidence)))
    every = look_back(practice(dict.fromkeys(BUNDLED, "clarify_first"), library=BUNDLED), BUNDLED)
    assert list(every.topics) == [section.label for section in FIELDS.sections]
    assert [line.text.partition(":")[0] for line in every.blocks[1].lines] == list(every.topics)


def test_differences_that_recur_are_counted() -> None:
    library = gather(make("B1", ATTEMPT), make("B2", QUIET))
    own = ATTEMPT | {"suicide_attempts": "repeated_past"}
    training = see(begin(library, library), "not_at_present", "past_attempt_pattern", own)
    training = see(go_to(training, "B2"), "clarify_first", "outside_scope", QUIET)
    back = look_back(training, library)
    assert back.kinds == {Kind.FACTS: 1, Kind.RULE: 1, Kind.PRIORITY: 0}
    text = as_text(back.blocks, width=1_000)
    assert "Facts that were read otherwise: in 1 of 2 judgments" in text
    assert "Too few to call it a habit" in text


def test_claims_that_no_revealed_item_brings_up_are_told() -> None:
    items = ["V01", "V02"]
    back = look_back(practice(dict.fromkeys(items, "clarify_first"), library=BUNDLED), BUNDLED)
    met = {claim for name in items for claim in BUNDLED[name].claims}
    assert {claim.id for claim in back.claims_not_met} == set(EDITION.ledger.claims) - met
    assert len(back.blocks[3].lines) == len(back.claims_not_met)


def test_with_nothing_revealed_there_is_nothing_to_tell() -> None:
    """A commitment alone tells nothing: whether it agrees would tell the answer before its time."""
    for training in (begin(LIBRARY, LIBRARY), judge(begin(LIBRARY, LIBRARY), "clarify_first")):
        back = look_back(training, LIBRARY)
        assert (back.judgments, back.topics) == (0, {})
        assert "nothing to look back on" in as_text(back.blocks)


def test_looking_back_never_marks() -> None:
    """Whatever was judged, no words of it are a percentage, a mark, a rank, or right and wrong."""
    chance = Random(4)
    mark = re.compile(r"%|\b(scor\w*|rank\w*|percent\w*|grade\w*|correct\w*|right|wrong|pass(ed)?|fail\w*)\b", re.IGNORECASE)
    for many in (1, 5, 30):
        items = chance.sample(list(BUNDLED), many)
        training = practice({name: chance.choice(list(map(str, Outcome))) for name in items}, library=BUNDLED)
        blocks = [block for block in look_back(training, BUNDLED).blocks if block.key != "claims"]
        text = as_text(blocks, width=10_000)
        assert f"of {many}" in text
        assert not mark.search(text)
        assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [("here", text)])]
