"""A mistake in a pack, in its ledger or in its rules, fails at load: where, what, what is allowed; and what is loaded stays."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

import kapnb
from kapnb import assess, load_guidance
from kapnb.engine.conditions import HOW_TO_JOIN
from kapnb.engine.edition import Guidance, collect
from kapnb.engine.ledger import load_ledger
from kapnb.engine.problems import GuidanceError

PACK = Path(kapnb.__file__).parent / "packs" / "begley"
LEDGER = (PACK / "ledger.yaml").read_text("utf-8")
RULES = (PACK / "rules.py").read_text("utf-8")

HEADER = """\
from kapnb.engine.rules import Writing
from kapnb.engine.outcomes import Basis, Caution, Kind, Outcome, Reason

writing = Writing.beside(__file__)
rule, condition = writing.rule, writing.condition
"""


def change(text: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Guidance]:
    """Load a pack of these two texts."""

    def load(rules: str = RULES, ledger: str = LEDGER) -> Guidance:
        (tmp_path / "ledger.yaml").write_text(ledger, "utf-8")
        (tmp_path / "rules.py").write_text(rules, "utf-8")
        (tmp_path / "reviews.yaml").write_text("reviews: []", "utf-8")
        spec = importlib.util.spec_from_file_location("a_pack_on_trial", tmp_path / "rules.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return collect(module)

    return load


@pytest.fixture
def refused(load: Callable[..., Guidance]) -> Callable[..., tuple[str, ...]]:
    """What is said against a pack."""

    def refused(rules: str = RULES, ledger: str = LEDGER) -> tuple[str, ...]:
        with pytest.raises(GuidanceError) as caught:
            load(rules, ledger)
        assert all(problem.where and problem.what for problem in caught.value.problems)
        return tuple(map(str, caught.value.problems))

    return refused


def test_an_unchanged_copy_is_the_same_pack(load: Callable[..., Guidance]) -> None:
    """The rules in the same order, each with the same condition."""
    ours, copied = load_guidance("begley"), load()
    assert [(rule.name, rule.condition) for rule in copied.rules] == [(rule.name, rule.condition) for rule in ours.rules]
    assert copied.ledger == ours.ledger


# --- the ledger -------------------------------------------------------------------------------------------

CLAIM = LEDGER[LEDGER.index("  C03:") : LEDGER.index("  C04:")]
READING = LEDGER[LEDGER.index("  single_attempt:\n", LEDGER.index("\nreadings:")) : LEDGER.index("  attempt_pattern_expires:\n")]
RULE = LEDGER[LEDGER.index("  schizophrenia:\n", LEDGER.index("\nrules:")) : LEDGER.index("  other_primary_psychosis:\n")]
ALONE = "{question: q, why: w, claims: [], options: {one: {label: l, text: t}}}"


def in_part(part: str, before: str, after: str) -> tuple[str, str]:
    """A change inside one entry of the ledger."""
    assert before in part, part
    return part, part.replace(before, after, 1)


LEDGER_MISTAKES = {
    "a misspelt kind": (
        in_part(CLAIM, "rule", "rul"),
        ['claims.C03.kind[0]: "rul" is not known', "rule, note, why, stance", 'mean "rule"?'],
    ),
    "a misspelt caution": (
        in_part(CLAIM, "destabilization", "destabilisation"),
        ['claims.C03.caution: "destabilisation" is not known', "order_of_treatment", 'mean "destabilization"?'],
    ),
    "a misspelt rule": (("for: [", "for: [schizophrena, "), ['for[0]: "schizophrena" is not known', 'mean "schizophrenia"?']),
    "a misspelt claim": (
        in_part(READING, "claims: [", "claims: [C1, "),
        ['readings.single_attempt.claims[0]: "C1" is not known', "C01, C02", "Did you mean"],
    ),
    "a single choice": (
        ("  questioned_bipolar:", f"  alone: {ALONE}\n  questioned_bipolar:"),
        ["readings.alone.options: offers no choice", "two options or more"],
    ),
    "an unquoted yes": (
        ("  questioned_bipolar:", f"  alone: {ALONE.replace('one', 'yes')}\n  questioned_bipolar:"),
        ["readings.alone.options.True: has true or false as a name", "quotes"],
    ),
    "a missing text": (in_part(RULE, "text:", "txt:"), ["rules.schizophrenia.text: is missing"]),
    "an unknown key": (in_part(RULE, "text:", "txt:"), ['rules.schizophrenia: has the unknown key "txt"', 'mean "text"?']),
    "a misspelt role": (
        ("role: teacher", "role: teachr"),
        ['role: "teachr" is not known', "teacher, counselor, consultant", 'mean "teacher"?'],
    ),
    "a misspelt focus": (("focus: conceptualization", "focus: concept"), ['focus: "concept" is not known', "personalization"]),
    "a number": (("edition: '2'", "edition: 2"), ["ledger.yaml.edition: is a number", "Allowed: a text."]),
}


@pytest.mark.parametrize("what", LEDGER_MISTAKES)
def test_a_mistake_in_the_ledger(refused: Callable[..., tuple[str, ...]], what: str) -> None:
    """One problem that says where in the file, what, and what is allowed or was meant."""
    before_after, parts = LEDGER_MISTAKES[what]
    said = refused(ledger=change(LEDGER, before_after))
    assert all(problem.startswith("ledger.yaml") for problem in said)
    assert sum(all(part in problem for part in parts) for problem in said) == 1, said


def test_every_mistake_of_a_ledger_is_said_at_once(refused: Callable[..., tuple[str, ...]]) -> None:
    """From the first key to the last, each once."""
    some = ["a number", "a misspelt caution", "a misspelt claim", "a missing text", "a misspelt role", "a misspelt focus"]
    said = refused(ledger=change(LEDGER, *(LEDGER_MISTAKES[what][0] for what in some)))
    some.append("an unknown key")
    for what in some:
        assert sum(all(part in problem for part in LEDGER_MISTAKES[what][1]) for problem in said) == 1, (what, said)
    assert len(said) == len(some)


def test_a_missing_ledger_is_named(tmp_path: Path) -> None:
    with pytest.raises(GuidanceError, match=r"ledger\.yaml: cannot be read"):
        load_ledger(tmp_path / "ledger.yaml")


# --- the rules --------------------------------------------------------------------------------------------


def write(body: str, *, options: str = "Outcome.NOT_RECOMMENDED, basis=Basis.STATED", name: str = "schizophrenia") -> str:
    """A small module with one rule that reads two fields and a reading."""
    return f'{HEADER}\n@rule({options})\ndef {name}(psychotic_disorder, ocd, reading):\n    """It holds."""\n    {body}\n'


IS, HAS = '(psychotic_disorder == "schizophrenia")', '(ocd == "yes")'

PYTHON = {
    "and": f"return {IS} and {HAS}",
    "not": f"return not {IS}",
    "not a field": "return not ocd",
    "if": f"if {IS}:\n        return {HAS}",
    "in a tuple": 'return psychotic_disorder in ("none", "schizophrenia")',
    "in a text": 'return psychotic_disorder in "schizophrenia"',
    "a text in a field": 'return "schizophrenia" in psychotic_disorder',
    "a chained comparison": 'return "yes" == ocd == "yes"',
    "no parentheses, &": 'return psychotic_disorder == "schizophrenia" & ocd == "yes"',
    "less than": 'return psychotic_disorder < "schizophrenia"',
    "a field alone, joined": f"return ocd & {IS}",
    "a flag, joined": f"return {IS} & True",
    "a misspelt method": 'return ocd.oneof("yes")',
    "a name that is not there": f"return {IS} & stabilized",
}


@pytest.mark.parametrize("what", PYTHON)
def test_what_python_offers_and_a_rule_cannot_use(refused: Callable[..., tuple[str, ...]], what: str) -> None:
    """The rule is named, and what to write instead."""
    (said,) = refused(write(PYTHON[what]))
    assert said.startswith("rule schizophrenia: ")
    assert HOW_TO_JOIN in said
    assert all(part in said for part in ("&", "|", "~", ".one_of(...)", "parentheses"))


@pytest.mark.parametrize("body", ["return ocd", "return True", "return None", "pass", 'return ocd is "yes"', 'return "yes"'])
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_rule_that_gives_no_condition(refused: Callable[..., tuple[str, ...]], body: str) -> None:
    (said,) = refused(write(body))
    assert said == "rule schizophrenia: returns no condition. Return comparisons joined with & and |."


RULE_MISTAKES = {
    "a misspelt field": (
        (write("return ocd").replace("(psychotic_disorder, ", "(psychotic_disorde, ")),
        ['rule schizophrenia: "psychotic_disorde" is neither a field nor a condition named above', 'mean "psychotic_disorder"?'],
    ),
    "a misspelt option": (
        write('return psychotic_disorder == "schizophrena"'),
        ['psychotic_disorder has no option "schizophrena"', "none, schizophrenia, other_primary", 'mean "schizophrenia"?'],
    ),
    "a misspelt reading": (
        write(f'return {IS} & (reading.single_atempt == "clarify")'),
        ['there is no reading "single_atempt"', "relief_condition, single_attempt", 'mean "single_attempt"?'],
    ),
    "a misspelt choice": (
        write(f'return {IS} & (reading.single_attempt == "clarfy")'),
        ['the reading single_attempt has no option "clarfy"', "Allowed: clarify, counts_as_pattern.", 'mean "clarify"?'],
    ),
    "a misspelt claim": (
        write(f"return {IS}", options='Outcome.NOT_RECOMMENDED, basis=Basis.STATED, claims=["C003"]'),
        ['there is no claim "C003"', "C01, C02", 'mean "C03"?'],
    ),
    "a rule that is not worded": (
        write(f"return {IS}", name="schizophrena"),
        ["rule schizophrena: has no words in the ledger", "schizophrenia, other_primary_psychosis", 'mean "schizophrenia"?'],
    ),
    "no docstring": (
        write(f"return {IS}").replace('    """It holds."""\n', ""),
        ["rule schizophrenia: does not say when it applies", "docstring of one sentence"],
    ),
    "an effect in quotes": (
        write(f"return {IS}", options='"not_recommended", basis=Basis.STATED'),
        ['the effect is a text, "not_recommended"', "not_at_present", "favorable"],
    ),
    "a basis in quotes": (
        write(f"return {IS}", options='Outcome.NOT_RECOMMENDED, basis="statd"'),
        ['the basis is a text, "statd"', "stated, inferred, reading, silent"],
    ),
    "a caution in quotes": (
        write(f"return {IS}", options='Outcome.NOT_RECOMMENDED, basis=Basis.STATED, caution="futility"'),
        ['the caution is a text, "futility"', "destabilization, order_of_treatment, likely_futility"],
    ),
    "a missing reason": (
        write(f"return {IS}", options="Outcome.CLARIFY_FIRST, basis=Basis.STATED"),
        ["needs a reason if it asks to clarify first, and only then", "diagnosis_unsettled"],
    ),
    "a reason too many": (
        write(f"return {IS}", options="Outcome.NOT_AT_PRESENT, basis=Basis.STATED, reason=Reason.SOURCE_SILENT"),
        ["needs a reason if it asks to clarify first, and only then"],
    ),
    "a misspelt reading to be another outcome under": (
        write(f"return {IS}", options='Outcome.NOT_AT_PRESENT, basis=Basis.STATED, under={"remited_bpd": {"lifetime": None}}'),
        ['there is no reading "remited_bpd"', 'mean "remitted_bpd"?'],
    ),
    "an outcome in quotes under a reading": (
        write(
            f"return {IS}",
            options='Outcome.NOT_AT_PRESENT, basis=Basis.STATED, under={"remitted_bpd": {"lifetime": "clarify_first"}}',
        ),
        ['the outcome under remitted_bpd is a text, "clarify_first"', "consider_with_conditions"],
    ),
    "a misspelt field beside which a claim is cited": (
        write(
            f"return {IS}",
            options='Kind.FAVORABLE, claims=["C09"], basis=Basis.STATED, cited_when={"C09": {"ideation_onst": "newer"}}',
        ),
        ['"ideation_onst" is neither a field', 'mean "ideation_onset"?'],
    ),
    "a claim that is cited at times and is none of the rule's": (
        write(f"return {IS}", options='Kind.FAVORABLE, claims=["C09"], basis=Basis.STATED, cited_when={"C10": {}}'),
        ['sometimes cites "C10", which is not one of its claims'],
    ),
    "a condition named further down": (
        change(RULES, ("def features(feature_current", "def features(current_pattern")),
        ['rule features: "current_pattern" is neither a field nor a condition named above it'],
    ),
}


@pytest.mark.parametrize("what", RULE_MISTAKES)
def test_a_mistake_in_a_rule(refused: Callable[..., tuple[str, ...]], what: str) -> None:
    """It fails when the module is imported, by the name of the rule, with what is allowed or was meant."""
    rules, parts = RULE_MISTAKES[what]
    (said,) = refused(rules)
    assert said.startswith("rule ")
    assert all(part in said for part in parts), said


def test_rules_that_are_worded_but_not_written(refused: Callable[..., tuple[str, ...]]) -> None:
    """Each is named, together with the missing default."""
    said = refused(write(f"return {IS}"))
    assert 'rules.py: the rule "other_primary_psychosis" has words in the ledger but no function.' in said
    assert sum("but no function" in problem for problem in said) == len(load_guidance("begley").rules) - 1
    assert said[-1].startswith("rules.py: no rule, or more than one, is the default. Allowed: exactly one")


def test_a_card_and_a_case_hold_answers_that_exist(refused: Callable[..., tuple[str, ...]]) -> None:
    said = refused(ledger=LEDGER.replace("ocd: 'yes'", "ocd: 'maybe'").replace("ocd: ['yes']", "ocd: ['maybe']"))
    assert {problem.split(":")[0] for problem in said} == {"card preparation", "reading unprepared_ocd"}


@pytest.mark.parametrize(
    ("before", "after"),
    [("    return otherwise", "    return ~otherwise"), ('return ocd == "yes"', "return (ocd == 'yes') | (ocd == 'no')")],
)
def test_exactly_one_rule_is_the_default(refused: Callable[..., tuple[str, ...]], before: str, after: str) -> None:
    """None is too few, two are too many."""
    (said,) = refused(change(RULES, (before, after)))
    assert "no rule, or more than one, is the default" in said


# --- choosing ---------------------------------------------------------------------------------------------


def test_an_unknown_pack_or_choice() -> None:
    """Every one is named, with what is allowed and what may have been meant."""
    with pytest.raises(GuidanceError, match=r'"begly" is not a pack. Allowed: begley.*mean "begley"\?'):
        load_guidance("begly")
    with pytest.raises(GuidanceError) as caught:
        assess({}, {"single_atempt": "clarify", "unprepared_ocd": "deffer"})
    first, second = map(str, caught.value.problems)
    assert '"single_atempt" is not a reading' in first
    assert 'mean "single_attempt"?' in first
    assert '"deffer" is not a choice. Allowed: consider, defer. Did you mean "defer"?' in second


# --- frozen -----------------------------------------------------------------------------------------------


def test_nothing_loaded_can_be_changed() -> None:
    """Neither an attribute nor an entry, in the pack, its dictionary, an edition of it, or a finding."""
    guidance = load_guidance("begley")
    ledger, edition = guidance.ledger, guidance.bind()
    a = assess({"ocd": "yes", "suicidal_ideation": "passive"})
    things: list[Any] = [guidance, ledger, ledger.source, ledger.claims["C01"], ledger.readings["unprepared_ocd"]]
    things += [ledger.words["ocd"], ledger.undefined[0], ledger.prompts[0], guidance.rules[0], edition, a, a.findings[0]]
    one, fields = guidance.fields["bipolar_disorder"], guidance.fields
    things += [one, one.options[0], one.changes[0], fields.sections[0], fields, fields["mood_shift"].asked_when]
    for thing in things:
        with pytest.raises((FrozenInstanceError, TypeError)):
            thing.text = "another"
    mappings: list[Any] = [ledger.paragraphs, ledger.claims, ledger.readings, ledger.words, ledger.four, edition.readings]
    mappings += [fields, guidance.rules[0].under, guidance.rules[0].cited_when, a.findings[0].because, a.findings[0].also]
    for mapping in mappings:
        with pytest.raises(TypeError):
            mapping["new"] = "another"
