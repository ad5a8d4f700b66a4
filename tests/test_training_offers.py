"""What a trainee is offered to judge by: findings and facts that fit the story and tell no answer, and what nobody found."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from kapnb.engine.outcomes import Kind
from kapnb.training.library import Library
from kapnb.training.offers import FACTS, FINDINGS, find_told, list_absent, offer_facts, offer_findings
from tests.bundled import EDITION
from tests.bundled import LIBRARY as BUNDLED
from tests.training import ATTEMPT, FIELDS, LIBRARY, OPEN, QUIET, gather, make

PLACE = {rule.name: place for place, rule in enumerate(EDITION.guidance.rules)}
DEFAULT = EDITION.default_rule.name


@pytest.mark.parametrize("library", [BUNDLED, LIBRARY], ids=["bundled", "stand-ins"])
def test_the_findings_fit_the_case_and_tell_no_answer(library: Library) -> None:
    """What decides is there, among as many others in every case; most do not hold, and their place tells nothing."""
    for one in library.values():
        offered = offer_findings(one, library)
        assessment = EDITION.assess(one.answers)
        assert len(offered) == len(set(offered)) == FINDINGS
        assert list(offered) == sorted(offered, key=PLACE.__getitem__)
        assert DEFAULT in offered
        assert {finding.rule for finding in assessment.deciding[:3]} <= set(offered), one.id
        held = {finding.rule for finding in assessment.findings if finding.outcome} & set(offered)
        assert len(held) <= FINDINGS / 2
        rules = [rule for rule in EDITION.guidance.rules if rule.name in offered]
        assert all(rule.outcome or rule.kind is Kind.FAVORABLE for rule in rules)
        assert len({rule.outcome for rule in rules}) >= 2


def test_where_more_holds_the_most_cautious_half_is_offered() -> None:
    """The fourth that holds here would be near enough to be offered."""
    given = {"psychological_assessment": "incomplete", "bipolar_disorder": "not_stabilized", "bpd_diagnosis": "suspected"}
    one = replace(BUNDLED["V15"], answers={**QUIET, **given, "suicidal_communication": "repeated_current"})
    held = [finding.rule for finding in EDITION.assess(one.answers).findings if finding.outcome]
    assert len(held) > FINDINGS / 2
    assert set(held) & set(offer_findings(one, BUNDLED)) == set(held[: FINDINGS // 2])


def test_no_place_and_no_neighbor_gives_what_decides_away() -> None:
    """Over the library it stands at every place; and no finding that is offered often decides whenever it is there."""
    places = Counter(offer_findings(one, BUNDLED).index(one.deciding[0]) for one in BUNDLED.values() if one.deciding)
    assert len(places) == FINDINGS
    assert max(places.values()) < places.total() / 2
    offered = Counter(name for one in BUNDLED.values() for name in offer_findings(one, BUNDLED))
    decides = Counter(name for one in BUNDLED.values() for name in one.deciding)
    assert all(decides[name] < count for name, count in offered.items() if count >= 6)


def test_the_facts_are_few_and_none_is_one_that_the_story_leaves_open() -> None:
    """Always as many; what decides is among them, and to be asked for what is left out would be a hint."""
    for one in BUNDLED.values():
        asked = offer_facts(one, EDITION)
        assert len(asked) == FACTS
        assert list(asked) == [name for name in FIELDS if name in asked]
        assert set(asked) <= one.answers.keys() - set(one.omits)
        told = find_told(one.answers, FIELDS)
        for finding in EDITION.assess(one.answers).deciding[:1]:
            assert len(set(finding.because) & told - set(asked)) <= max(0, len(set(finding.because) & told) - FACTS), one.id


def test_what_was_asked_and_not_found_is_made_from_the_answers() -> None:
    """A quiet answer is in it; one that tells something is not, nor is a question that is open or depends on another."""
    assert "psychotic_disorder" in list_absent(QUIET, FIELDS)
    assert "psychotic_disorder" not in list_absent(OPEN, FIELDS)
    assert "suicide_attempts" not in list_absent(ATTEMPT, FIELDS)
    assert "structured_therapy" not in list_absent(ATTEMPT, FIELDS)
    assert "psychological_assessment" not in list_absent(QUIET, FIELDS)  # thorough is something to tell
    for one in BUNDLED.values():
        absent = list_absent(one.answers, FIELDS)
        assert set(absent).isdisjoint(one.omits)
        assert set(absent).isdisjoint(find_told(one.answers, FIELDS))
        assert all(one.answers[name] in {"none", "no", "none_or_isolated"} for name in absent)


def test_leaving_something_out_changes_nothing_else_of_the_box() -> None:
    """Whoever reads the box cannot tell a question that is left out from one that the story answers."""
    open_, told = (list_absent(answers, FIELDS) for answers in (OPEN, QUIET | {"psychotic_disorder": "schizophrenia"}))
    assert open_ == told


def test_a_twin_and_a_follow_up_bring_their_finding() -> None:
    """They are what somebody who reads the case otherwise would take to decide."""
    quiet, pattern = LIBRARY["A2"], LIBRARY["A3"]
    assert "current_suicidal_pattern" in offer_findings(quiet, LIBRARY)
    assert "active_substance_use" in offer_findings(LIBRARY["A1"], LIBRARY)
    alone = gather(replace(quiet, twin=""))
    assert len(offer_findings(alone["A2"], alone)) == FINDINGS
    assert len(offer_findings(make("B1", pattern.answers), gather(make("B1", pattern.answers)))) == FINDINGS
