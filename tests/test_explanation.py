"""What an explanation owes its reader, held in practice cases and in random ones under random readings."""

from __future__ import annotations

import csv
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from kapnb import Assessment, assess, explain, fields, load_guidance
from kapnb.engine.explore import find_home
from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import Block, Line, as_text
from kapnb.text.compare import compare
from kapnb.text.phrases import outcome_words
from kapnb.text.support import support
from kapnb.text.words import words
from tests import oracle
from tests.strategies import EDITIONS, random_case

if TYPE_CHECKING:
    from collections.abc import Iterable

LEDGER = load_guidance("begley").ledger
ROWS = csv.DictReader((Path(__file__).parent / "data" / "practice_cases.csv").read_text("utf-8").splitlines())
PRACTICE = {row["case_id"]: {name: row[name] for name in oracle.FIELDS if row[name]} for row in ROWS}


SWINGS = [
    ("V12", "relief_condition", "newer_suffices"),
    ("V20", "features_needed", "two_or_more"),
    ("V16", "single_attempt", "counts_as_pattern"),
    ("V25", "recovery_requires", "either"),
]


@cache
def assessed() -> tuple[Assessment, ...]:
    """The practice cases, and random ones under random readings."""
    chance = Random(7)
    ours = [assess(random_case(chance), readings=chance.choice(EDITIONS[:16])) for _ in range(120)]
    swung = [assess(PRACTICE[name], {reading: choice}) for name, reading, choice in SWINGS]
    return (*map(assess, PRACTICE.values()), assess({}), *ours, *swung)


@cache
def told(number: int) -> dict[str, Block]:
    return {block.key: block for block in explain(assessed()[number])}


def every_explanation() -> Iterable[tuple[Assessment, dict[str, Block]]]:
    return ((a, told(number)) for number, a in enumerate(assessed()))


def practice(name: str) -> dict[str, Block]:
    return told(list(PRACTICE).index(name))


def said(lines: Iterable[Line]) -> list[str]:
    """Every text of some lines: what they say, their details, their badges."""
    return [text for line in lines for text in (line.text, *line.details, *(badge.text for badge in line.badges))]


# --- order and place --------------------------------------------------------------------------------------

ORDER = (
    "outcome support four deciding answers outranked unsettled next ways near hinges not_addressed doubts prompts".split()  # noqa: SIM905
)


def test_the_parts_stand_in_their_order() -> None:
    """The ten parts of the guidance in order; beside the outcome its support and the four sentences, before anything else."""
    for a, blocks in every_explanation():
        absent = set() if support(a.edition.fields, a.answers) else {"support"}
        absent |= {"next"} if a.settled else set()
        assert list(blocks) == [key for key in ORDER if key not in absent]


# --- "clarify first" never stands alone -------------------------------------------------------------------

LABEL = re.escape(words("outcomes.clarify_first"))
REASONS = [
    words(f"reasons.{name}") for name in ("information_missing", "diagnosis_unsettled", "source_silent", "assessment_incomplete")
]


def bare(texts: Iterable[str]) -> list[str]:
    """The texts in which the outcome stands without a reason; a choice of a reading may have the same name, and is none."""
    choice = re.compile(rf'read as "{LABEL}"|unusual reading: {LABEL}|(?<=\?) {LABEL}')
    found = []
    for text in texts:
        rest = choice.sub("", text)
        if rest.count(words("outcomes.clarify_first")) > len(re.findall(rf"{LABEL} \((?:{'|'.join(REASONS)})", rest)):
            found.append(text)
    return found


def test_clarify_first_always_comes_with_its_reason() -> None:
    """Wherever an explanation names that outcome: in ways, twins, hinges, next questions, badges and spans."""
    seen = set()
    for a, blocks in every_explanation():
        for key, block in blocks.items():
            assert bare(said(block.lines)) == [], key
            seen |= {key for text in said(block.lines) if words("outcomes.clarify_first") in text}
        if a.outcome is Outcome.CLARIFY_FIRST:
            assert a.reasons
            assert any(words(f"reasons.{a.reasons[0]}") in line.text for line in blocks["outcome"].lines)
    assert seen >= {"outcome", "outranked", "unsettled", "next", "ways", "near", "hinges"}


def test_clarify_first_comes_with_its_reason_in_a_comparison() -> None:
    """Before and after, in what comes and goes, and in what becomes possible."""
    for before, after in pairwise(assessed()):
        for block in compare(before, after):
            if block.key != "changed":
                assert bare(said(block.lines)) == [], block.key
        if after.outcome is Outcome.CLARIFY_FIRST:
            assert any(words(f"reasons.{after.reasons[0]}") in line.text for line in compare(before, after)[0].lines)


def test_a_bare_clarify_first_would_be_seen() -> None:
    assert bare(["If asked: Clarify first", "Clarify first (a diagnosis is unsettled), or Clarify first."]) != []
    assert bare(['If read as "Clarify first": Clarify first (a diagnosis is unsettled)']) == []


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({"suicidal_ideation": "passive", "likelihood_of_acting": "uncertain"}, "assessment_incomplete"),
        ({"psychological_assessment": "incomplete"}, "assessment_incomplete"),
        ({"bpd_diagnosis": "suspected", "structured_therapy": "not_started"}, "diagnosis_unsettled"),
        ({"outside_scope": "yes"}, "source_silent"),
    ],
)
def test_each_finding_that_asks_to_clarify_names_its_own_reason(case: dict[str, str], reason: str) -> None:
    """Beside the finding itself, also where the outcome has several."""
    quiet = {name: option for name, option in oracle.QUIET.items() if name not in case}
    asked = {name: option for name, option in (quiet | case).items() if oracle.asked(name, quiet | case)}
    (line,) = {block.key: block for block in explain(assess(asked))}["deciding"].lines
    assert words(f"reasons.{reason}") in [badge.text for badge in line.badges]


def test_a_twin_says_which_question_it_would_raise() -> None:
    """V26: a repeated attempt or a diagnosis is open only because structured therapy would then need an answer."""
    (detail,) = [text for text in said(practice("V26")["near"].lines) if "repeated" not in text and "Past or remitted" in text]
    assert words("reasons.information_missing") in detail
    assert detail.endswith(words("explanation.raised", fields=fields["structured_therapy"].label))


# --- whose view -------------------------------------------------------------------------------------------


def test_what_is_ours_is_never_shown_as_hers() -> None:
    """The outcome is told as the author's view only where a finding that she states decides, in the usual reading."""
    hers = words("explanation.whose", author=LEDGER.source.short)
    leads = set()
    for a, blocks in every_explanation():
        lead = blocks["outcome"].lines[0].text
        rules = {one.rule for one in a.deciding} or {one.rule for one in a.unsettled if one.outcome is a.outcome}
        stated = any(a.edition.by_name[name].rule.basis == "stated" for name in rules)
        if lead == hers:
            assert stated or not rules
        if not a.edition.changed and a.deciding and {one.basis for one in a.deciding} <= {"silent", "reading"}:
            assert "toolkit" in lead
            assert ("silent" in lead) == any(one.basis == "silent" for one in a.deciding)
        if stated and a.deciding and not a.edition.changed:
            assert lead == hers
        leads.add(lead)
    assert len(leads) >= 6


@pytest.mark.parametrize(
    ("name", "more", "reading", "choice"),
    [
        ("V36", {}, "past_features", "no_caution"),
        ("V40", {}, "remitted_bpd", "current_only"),
        ("V07", {}, "stabilized_bipolar", "unrestricted"),
        ("V25", {"ocd": "yes", "ocd_preparation": "thorough"}, "recovery_requires", "either"),
    ],
)
def test_an_outcome_that_a_reading_made_is_not_her_view(name: str, more: dict[str, str], reading: str, choice: str) -> None:
    """Where the default readings come to another outcome, even what she states in general decides only under the chosen one."""
    a = assess(PRACTICE[name] | more, {reading: choice})
    assert a.outcome < a.default_outcome
    assert any(one.basis == "stated" and not a.edition.by_name[one.rule].rule.reads & {reading} for one in a.deciding)
    outcome, *_ = explain(a)
    assert outcome.lines[0].text == words("explanation.whose_unusual", author=LEDGER.source.short)
    assert {badge.kind for badge in outcome.lines[0].badges} == {"reading"}
    assert words("meanings.may_be_considered") not in [line.text for line in outcome.lines]


def test_what_a_reading_sets_aside_is_named_beside_the_outcome() -> None:
    """Less cautious than by default: what would decide there, and that the person is the same, stand beside the outcome."""
    caution, aside = words("explanation.hinges_caution"), 0
    for a, blocks in every_explanation():
        lines = [line.text for line in blocks["outcome"].lines]
        assert (caution in lines) == (a.outcome < a.default_outcome)
        if a.default_outcome is not a.outcome:
            usual = assess(a.answers)
            (line,) = [
                text
                for text in lines
                if text.startswith(words("explanation.default_outcome", outcome=outcome_words(usual.outcome, usual.reasons))[:-1])
            ]
            assert all(usual.edition.by_name[one.rule].rule.meaning in line for one in usual.deciding)
            aside += bool(usual.deciding)
    assert aside > 3


def test_that_nothing_decides_names_the_reading_that_it_rests_on() -> None:
    """Likely to act, and newer taken for enough: the finding that no caution applies carries the unusual reading beside it."""
    blocks = {block.key: block for block in explain(assess(PRACTICE["V12"], {"relief_condition": "newer_suffices"}))}
    (line,) = blocks["deciding"].lines
    assert "reading" in [badge.kind for badge in line.badges]
    (line,) = practice("V01")["deciding"].lines
    assert "reading" not in [badge.kind for badge in line.badges]


# --- findings ---------------------------------------------------------------------------------------------

CAUTIONS = {
    "destabilization": {"C03", "C04", "C05", "C11", "C14", "C15"},
    "order_of_treatment": {"C16", "C18"},
    "likely_futility": {"C28"},
}
"""The kinds of caution, by the claims that carry them."""


def test_each_finding_names_its_kinds_of_caution() -> None:
    """Those of its claims, all of them; a note or a favorable finding is no caution."""
    kinds = {words(f"cautions.{name}"): claims for name, claims in CAUTIONS.items()}
    several = 0
    for a, blocks in every_explanation():
        lines = {line.text: line for key in ("deciding", "outranked") for line in blocks[key].lines}
        for finding in a.findings:
            named = {badge.text for badge in lines[finding.text].badges if badge.kind == "caution"}
            expected = {kind for kind, claims in kinds.items() if claims & set(finding.claims)} if finding.outcome else set()
            assert named == expected, finding.rule
            several += len(named) > 1
    assert several > 10


def test_newer_and_longstanding_ideation_are_promised_the_same() -> None:
    """One text, which promises nothing; one claim is cited where the ideation is newer, the other where acting is unlikely."""
    said, claims = LEDGER.words["ideation_may_ease"].card, {}
    unknown = {name: given for name, given in PRACTICE["V10"].items() if name != "ideation_onset"}
    for name, case in (("newer", PRACTICE["V10"]), ("longstanding", PRACTICE["V11"]), ("unknown", unknown)):
        a = assess(case)
        (line,) = [
            line
            for block in explain(a)
            if block.key == "outranked"
            for line in block.lines
            if "favorable" in [badge.kind for badge in line.badges]
        ]
        assert line.text == said
        claims[name] = next(finding.claims for finding in a.findings if finding.rule == "ideation_may_ease")
    assert "not promised" in LEDGER.words["ideation_may_ease"].text
    assert claims == {"newer": ("C09", "C10", "C13"), "longstanding": ("C10", "C13"), "unknown": ("C10", "C13")}


def test_established_recovery_has_its_favorable_note() -> None:
    """Its outcome rests on conditions, and what speaks for it is marked beside it."""
    (line,) = practice("V23")["deciding"].lines
    assert (words("explanation.favorable_note"), "favorable") in [(badge.text, badge.kind) for badge in line.badges]


def test_a_claim_is_stated_once() -> None:
    """What several findings rest on stands with the first of them; the others point to it."""
    pointed = 0
    for a, blocks in every_explanation():
        details = [text for key in ("deciding", "outranked") for line in blocks[key].lines for text in line.details]
        for claim in LEDGER.claims.values():
            full = sum(claim.text in text for text in details)
            cited = [one.rule for one in a.findings if claim.id in one.claims or one.rule in claim.explains]
            assert full == bool(cited), claim.id
            again = sum(bool(re.match(words("explanation.again", claims=f".*{claim.id}"), text)) for text in details)
            assert again == max(len(cited) - 1, 0), claim.id
            pointed += again
        steps = [text for text in details if text.startswith((words("explanation.next_step", text=""), "Condition"))]
        assert len(set(steps)) == len(steps)
    assert pointed > 10


def test_conditions_stand_only_where_the_outcome_rests_on_them() -> None:
    """A finding that asks to clarify or to wait offers nothing on conditions, whatever the reading."""
    sign = words("explanation.condition", text="")
    seen = set()
    for a, blocks in every_explanation():
        lines = {line.text: line for key in ("deciding", "outranked") for line in blocks[key].lines}
        for finding in a.findings:
            conditions = [text for text in lines[finding.text].details if text.startswith(sign)]
            expected = finding.outcome is Outcome.CONSIDER_WITH_CONDITIONS
            assert len(conditions) == (len(LEDGER.words[finding.rule].conditions) if expected else 0), finding.rule
            seen.add((bool(LEDGER.words[finding.rule].conditions), expected))
    assert seen == {(True, True), (True, False), (False, False)}


# --- what is open, and what could be otherwise ------------------------------------------------------------


def test_what_is_not_recorded_stands_question_by_question() -> None:
    """Each question that an outcome waits for once, with each finding once, under the question that is most about it."""
    for a, blocks in every_explanation():
        lines = [line for line in blocks["unsettled"].lines if line.field]
        waiting = [one for one in a.unsettled if one.outcome in a.possible and one.outcome and one.outcome > a.least_cautious]
        wanted = {name for one in waiting for name in one.waits_for}
        assert [line.field for line in lines] == [name for name in fields if name in wanted]
        for one in waiting:
            meaning = a.edition.by_name[one.rule].rule.meaning
            assert [line.field for line in lines if any(meaning in text for text in line.details)] == [find_home(a, one.rule)]


def test_a_finding_waits_under_the_question_that_is_about_it() -> None:
    """Nothing about a diagnosis stands under the question on attempts, as what waits or as why to ask."""
    meanings = [rule.meaning for rule in load_guidance("begley").rules if rule.name.startswith("bpd_")]
    for case in ({}, {"suicidal_ideation": "passive"}, {"bipolar_disorder": "diagnosis_in_question", "psychotic_disorder": "none"}):
        blocks = {block.key: block for block in explain(assess(case))}
        for line in (*blocks["unsettled"].lines, *blocks["next"].lines):
            if line.field == "suicide_attempts":
                assert not any(meaning in text for text in line.details for meaning in meanings)


def test_a_question_is_asked_for_what_could_still_add_caution() -> None:
    """At least "not at present": that a psychosis would have to be clarified first is no reason any more to ask about one."""
    a = assess({"bipolar_disorder": "not_stabilized"})
    (line,) = [line for block in explain(a) if block.key == "next" for line in block.lines if line.field == "psychotic_disorder"]
    meanings = {name: a.edition.by_name[name].rule.meaning for name in ("schizophrenia", "secondary_or_unclear_psychosis")}
    assert "secondary_or_unclear_psychosis" in a.next_questions[0].why
    assert {name: meaning in line.details[0] for name, meaning in meanings.items()} == {
        "schizophrenia": True,
        "secondary_or_unclear_psychosis": False,
    }


def test_less_cautious_twins_come_first_and_none_is_missing() -> None:
    """The less cautious each in full; of the more cautious their number, and each by where it leads."""
    for a, blocks in every_explanation():
        less = [line for line in blocks["near"].lines if line.field]
        expected = [(twin.field, twin.after) for twin in a.twins if twin.outcome < a.outcome]
        assert sum(len(line.details) for line in less) == len(expected)
        assert {line.field for line in less} == {name for name, _ in expected}
        more = [twin for twin in a.twins if twin.outcome > a.outcome]
        if more:
            last = blocks["near"].lines[-1]
            assert last.text == words("explanation.near_more", count=len(more))
            for twin in more:
                field = fields[twin.field]
                option = f'"{field.option(twin.after).label}"'
                leads = tuple(f'"{words(f"outcomes.{name}")}' for name in (twin.outcome, "no_answer"))
                assert any(text.startswith(leads) and field.label[1:] in text and option in text for text in last.details)


def test_a_reading_is_never_shown_without_what_it_says() -> None:
    """Each reading that the outcome turns on with why it is open, and its text; a less cautious one is marked as such."""
    loosening = 0
    for a, blocks in every_explanation():
        lines = {line.text: line.details for line in blocks["hinges"].lines}
        for hinge in a.hinges_on:
            reading = LEDGER.readings[hinge.reading]
            details = lines[reading.question]
            assert any(reading.why in text for text in details)
            (told_choice,) = [text for text in details if reading.choice(hinge.choice).text in text]
            assert told_choice.startswith("Less cautious") == (hinge.outcome < a.outcome)
            loosening += hinge.outcome < a.outcome
        caution = words("explanation.hinges_caution")
        assert (caution in lines) == any(hinge.outcome < a.outcome for hinge in a.hinges_on)
    assert loosening > 5


def test_a_way_says_what_comes_first() -> None:
    """V15: beside every way stands the first treatment that the source names, and each step says from what to what."""
    text = as_text([practice("V15")["ways"]], width=10_000)
    assert LEDGER.words["current_suicidal_pattern"].next_step in text
    assert 'from "Repeated, current pattern" to "Repeated, in the past"' in text
    assert "where it is called for" in text


@pytest.mark.parametrize("name", ["V04", "V16"])
def test_no_answer_settles_what_the_source_is_silent_on(name: str) -> None:
    """Clarifying what the source does not speak of leads to no outcome here, and the explanation says so."""
    assert words("explanation.ways_silent") in said(practice(name)["ways"].lines)


def test_answers_that_do_not_count_are_named_where_there_are_any() -> None:
    """With the reason that their question does not apply, and in no other explanation."""
    lead = words("explanation.answers_ignored", answers="").partition(":")[0]
    for a, blocks in every_explanation():
        lines = [line.text for line in blocks["answers"].lines if line.text.startswith(lead)]
        assert len(lines) == bool(a.ignored)
        assert all(fields[name].label.lower() in lines[0].lower() for name in a.ignored)


def test_a_settled_outcome_says_so_where_something_is_not_recorded() -> None:
    """That nothing missing can change it is told of an open case alone."""
    for a, blocks in every_explanation():
        told_so = words("explanation.old_settled") in [line.text for line in blocks["outcome"].lines]
        assert told_so == (a.settled and bool(a.unrecorded))
