"""The ledger and the terms, against the tables of the guidance: claims, kinds of caution, outcomes, what is not addressed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from kapnb import Outcome, load_guidance
from kapnb.text.words import words
from tests import oracle

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
    "not_at_present": "Not at present: stabilize or treat first",
    "clarify_first": "Clarify first",
    "consider_with_conditions": "Consider, with conditions",
    "may_be_considered": "May be considered",
}
"""The outcomes, the most cautious first."""

REASONS = {
    "information_missing": "information is missing",
    "diagnosis_unsettled": "a diagnosis is unsettled",
    "source_silent": "the article gives no answer",
    "assessment_incomplete": "the assessment is incomplete",
}

NOT_ADDRESSED = (
    "blood pressure; heart; intracranial; liver; bladder; airway; pregnancy and lactation; under 18; older adults; "
    "cognitive impairment; capacity, consent, pressure from others; drug interactions; medication for opioid use disorder; "
    "past or present use of ketamine; family history of psychosis or an at-risk state; dissociative disorders; eating disorders; "
    "autism and ADHD; other personality disorders; grief; chronic pain; risk of violence; "
    "route, dose, setting, home use, monitoring; culture, language; support after sessions; cost"
)

ABOUT = {
    "ketamine treatment": "C02 C03 C04 C05 C06",
    "diagnosis": "C07 C08",
    "ketamine": "C09 C10 C11 C12 C19 C20 C23 C25",
    "assessment": "C13",
    "this form of KAP": "C14 C15",
    "treatment": "C16 C18",
    "a cognitive approach to KAP": "C17",
    "KAP": "C21",
    "lifestyle": "C22",
    "OCD": "C24",
    "psychedelics": "C26",
    "preparation": "C27 C28",
}
"""What the source speaks of in each claim; of its stance, of nothing."""

MODAL = {
    "may": "C01 C09 C10 C11 C25",
    "perhaps": "C09 C10",
    "can": "C02 C20 C21",
    "could": "C17",
    "often": "C07",
    "probably": "C14 C15 C26",
    "unlikely": "C23",
    "seems": "C27",
    "highly likely": "C28",
}
"""The words by which the guidance limits a claim."""

MENTIONED = {("C10", "unlikely")}
"""Words of that kind which are what a claim is about, and do not limit it."""


def test_each_claim_stands_where_the_guidance_has_it() -> None:
    """Its paragraph, and whether it is a rule, a note, a why or the stance."""
    assert {name: (claim.paragraph, " ".join(claim.kinds)) for name, claim in LEDGER.claims.items()} == CLAIMS


def test_each_claim_has_its_kind_of_caution() -> None:
    """The three kinds, at exactly the claims that carry them; what favors is marked, and what is only implied."""
    kinds = {name: str(claim.caution).replace("_", " ") for name, claim in LEDGER.claims.items() if claim.caution}
    assert kinds == oracle.CAUTIONS
    assert {name for name, claim in LEDGER.claims.items() if claim.favorable} == {"C09", "C10", "C20", "C21"}
    assert {name for name, claim in LEDGER.claims.items() if claim.inferred} == {"C06"}


def test_each_claim_keeps_what_it_is_about() -> None:
    """Its object is that of the guidance, and its text names it; where that is an act or a lifestyle, by any word of it."""
    assert {name: claim.about for name, claim in LEDGER.claims.items() if claim.about} == {
        name: about for about, names in ABOUT.items() for name in names.split()
    }
    for about in ("ketamine", "ketamine treatment", "this form of KAP", "KAP", "OCD", "psychedelics", "preparation"):
        for name in ABOUT[about].split():
            assert about.lower() in LEDGER.claims[name].text.lower() or name == "C12", name


def find_modal(text: str) -> set[str]:
    """The words of that kind in a text; one within another is not counted."""
    return {word for word in MODAL if re.search(rf"\b{word}\b", text)}


def test_each_claim_keeps_the_modality_of_the_guidance() -> None:
    """The modal words of a claim's text are those of its entry, and of the guidance: no "may" is lost or added."""
    expected = {name: {word for word, names in MODAL.items() if name in names.split()} for name in LEDGER.claims}
    for name, claim in LEDGER.claims.items():
        mentioned = {word for claim_name, word in MENTIONED if claim_name == name}
        assert set(claim.modal) == expected[name], name
        assert find_modal(claim.text) - mentioned == expected[name], name


def test_a_lost_may_would_be_seen() -> None:
    """Planted fault: what the source only holds possible, told as a fact."""
    assert find_modal("Ketamine adds vulnerability.") != find_modal("Ketamine may only add vulnerability.") == {"may"}


def test_the_pack_says_that_nobody_has_reviewed_it() -> None:
    """As long as the list of reviews is empty, the pack says so of itself."""
    assert load_guidance("begley").reviews == ()
    assert "not yet been reviewed by a licensed clinician" in LEDGER.source.review


def test_a_claim_that_is_no_rule_decides_nothing() -> None:
    """A why or the stance is cited by no rule with an outcome, save where it is a note as well."""
    cited = {claim for rule in load_guidance("begley").rules if rule.outcome for claim in rule.claims}
    assert not cited & {name for name, (_, kind) in CLAIMS.items() if kind in ("why", "stance")}


def test_the_outcomes_have_their_labels_in_their_order() -> None:
    """Five, the most cautious first, worded as in the guidance; "clarify first" with its four reasons."""
    assert {str(outcome): words(f"outcomes.{outcome}") for outcome in Outcome} == OUTCOMES
    assert [str(outcome) for outcome in Outcome] == list(OUTCOMES)
    assert all(words(f"reasons.{name}").startswith(label) for name, label in REASONS.items())


def turns(name: str, answers: Mapping[str, str]) -> bool:
    """Whether a case, which is quiet otherwise, has one outcome under each choice of a reading, and not the same under all."""
    found = [oracle.possible({**oracle.QUIET, **answers}, {name: choice}) for choice in oracle.READINGS[name]]
    return all(len(one) == 1 for one in found) and len(set(found)) > 1


@pytest.mark.parametrize("name", oracle.READINGS)
def test_a_reading_has_a_case_that_it_turns(name: str) -> None:
    """By the oracle; the case holds what is asked, and no answer of it can be left out."""
    case = LEDGER.readings[name].case
    assert turns(name, case)
    assert all(oracle.asked(field, {**oracle.QUIET, **case}) for field in case)
    assert not [field for field in case if turns(name, {other: given for other, given in case.items() if other != field})]


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
