"""The ledger and the terms, against the tables of the guidance: claims, kinds of caution, outcomes, what is not addressed."""

from __future__ import annotations

from kapnb import Outcome, load_guidance
from kapnb.text.words import words
from tests import oracle
from tests.test_rules import CAUTIONS

LEDGER = load_guidance("begley").ledger

_STAND = {
    "P1": "C01 stance",
    "P2": "C02 rule, C03 rule, C04 rule, C05 rule, C06 rule, C07 note, C08 note",
    "P3": "C09 rule, C10 rule, C11 rule, C12 why, C13 rule",
    "P4": "C14 rule, C15 rule, C16 rule, C17 rule",
    "P5": "C18 rule, C19 note, C20 rule, C21 note, C22 note, C23 why note",
    "P6": "C24 why, C25 note, C26 why, C27 rule, C28 rule",
}
CLAIMS = {claim[:3]: (paragraph, claim[4:]) for paragraph, claims in _STAND.items() for claim in claims.split(", ")}
"""Every claim with its paragraph and what it does."""

OUTCOMES = {
    "not_recommended": "Not recommended",
    "not_at_present": "Not recommended at present: stabilize or treat first",
    "clarify_first": "Clarify first",
    "consider_with_conditions": "Consider, with conditions",
    "may_be_considered": "May be considered, after full assessment",
}
"""The outcomes, the most cautious first."""

REASONS = {
    "information_missing": "information is missing",
    "diagnosis_unsettled": "a diagnosis is unsettled",
    "source_silent": "the source is silent",
    "assessment_incomplete": "the assessment is incomplete",
}

NOT_ADDRESSED = (
    "blood pressure; heart; intracranial; liver; bladder; airway; pregnancy and lactation; under 18; older adults; "
    "cognitive impairment; capacity and consent; drug interactions; medication for opioid use disorder; "
    "past problems with ketamine itself; dissociative disorders; eating disorders; autism and ADHD; other personality disorders; "
    "psychotic depression; grief; chronic pain; risk of violence; route, dose, setting, home use and monitoring; "
    "culture and language; support after sessions; cost"
)


def test_each_claim_stands_where_the_guidance_has_it() -> None:
    """Its paragraph, and whether it is a rule, a note, a why or the stance."""
    assert {name: (claim.paragraph, " ".join(claim.kinds)) for name, claim in LEDGER.claims.items()} == CLAIMS


def test_each_claim_has_its_kind_of_caution() -> None:
    """The three kinds, at exactly the claims that carry them; what favors is marked, and what is only implied."""
    assert {name: str(claim.caution) for name, claim in LEDGER.claims.items() if claim.caution} == CAUTIONS
    assert {name for name, claim in LEDGER.claims.items() if claim.favorable} == {"C09", "C10", "C20", "C21"}
    assert {name for name, claim in LEDGER.claims.items() if claim.inferred} == {"C06"}


def test_a_claim_that_is_no_rule_decides_nothing() -> None:
    """A why or the stance is cited by no rule with an outcome, save where it is a note as well."""
    cited = {claim for rule in load_guidance("begley").rules if rule.outcome for claim in rule.claims}
    assert not cited & {name for name, (_, kind) in CLAIMS.items() if kind in ("why", "stance")}


def test_the_outcomes_have_their_labels_in_their_order() -> None:
    """Five, the most cautious first, worded as in the guidance; "clarify first" with its four reasons."""
    assert {str(outcome): words(f"outcomes.{outcome}") for outcome in Outcome} == OUTCOMES
    assert [str(outcome) for outcome in Outcome] == list(OUTCOMES)
    assert all(words(f"reasons.{name}").startswith(label) for name, label in REASONS.items())


def test_what_is_not_addressed_is_the_list_of_the_guidance() -> None:
    """Every topic, in its order, and no other."""
    topics = NOT_ADDRESSED.split("; ")
    assert len(LEDGER.not_addressed) == len(topics)
    for topic, shown in zip(topics, LEDGER.not_addressed, strict=True):
        assert topic.lower() in shown.lower()


def test_a_reading_leaves_open_only_what_the_source_leaves_open() -> None:
    """Each reading points at claims of the ledger, and its default is the first choice of the guidance."""
    assert {name: reading.default for name, reading in LEDGER.readings.items()} == oracle.DEFAULT
    assert all(set(reading.claims) <= CLAIMS.keys() and reading.claims for reading in LEDGER.readings.values())
