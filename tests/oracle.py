"""A second reading of the rule tables, written from the guidance alone.

Source: GUIDANCE.md (edition 2), sections 1 to 4. Its writer has not seen the toolkit's code: where the two disagree,
one of them misread the tables. Fields, options, rules, readings and outcomes have the tables' own names.

`QUESTIONS`, `DIRECTIONS`, the terms ("features", "current pattern", ...) and `RULES` follow the guidance line by line. In a
condition, `c` is a complete case, where a field that is not asked holds "", and `r` the readings in force. The rest of
the page only counts: it completes cases, the most cautious finding decides, and tests find the tables as they ask for them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

Case = Mapping[str, str]
Readings = Mapping[str, str]

NOT_ASKED = ""

# Section 2: outcomes, the least cautious first here. "favorable" and "note" are kinds of finding that decide nothing.
NOT_RECOMMENDED = "not_recommended"
NOT_AT_PRESENT = "not_at_present"
CLARIFY = "clarify_first"
CONDITIONS = "consider_with_conditions"
MAY_BE = "may_be_considered"
OUTCOMES = (MAY_BE, CONDITIONS, CLARIFY, NOT_AT_PRESENT, NOT_RECOMMENDED)
FAVORABLE = "favorable"
NOTE = "note"

# Section 1: the kind of caution that a claim carries. Other claims carry none.
CAUTIONS = {
    **dict.fromkeys(("C03", "C04", "C05", "C11", "C14", "C15"), "destabilization"),
    **dict.fromkeys(("C16", "C18"), "order of treatment"),
    "C28": "likely futility",
}


# ------- section 3: fields
@dataclasses.dataclass(frozen=True)
class Question:
    """One question. All 23 take a single answer. `group`: fields whose deciding rules read no other group's fields."""

    name: str
    group: str
    options: tuple[str, ...]
    asked: Callable[[Case], bool] = lambda c: True


FEATURES = ("self_injury_or_recklessness", "relationship_instability", "abandonment_fear")
NONE_PAST_CURRENT = ("none", "past", "current")
NO_YES = ("no", "yes")


def has_bipolar(c: Case) -> bool:
    return c["bipolar_disorder"] != "none"


def has_ideation(c: Case) -> bool:
    return c["suicidal_ideation"] != "none"


def in_recovery(c: Case) -> bool:
    return c["substance_use_disorder"] == "in_recovery"


def has_reason_for_therapy(c: Case) -> bool:
    return c["suicidal_communication"] != "none_or_isolated" or any(
        c[name] != "none" for name in ("suicide_attempts", "bpd_diagnosis", *FEATURES)
    )


QUESTIONS = (
    Question("psychological_assessment", "assessment", ("thorough", "incomplete")),
    Question("psychotic_disorder", "psychosis", ("none", "schizophrenia", "other_primary", "secondary_or_unclear")),
    Question("bipolar_disorder", "bipolar", ("none", "stabilized", "not_stabilized", "diagnosis_in_question")),
    Question("mood_shift", "bipolar", ("mania_or_hypomania", "anxiety_or_anger", "unclear"), has_bipolar),
    Question("current_mood_episode", "bipolar", ("none", "depressed", "manic_hypomanic_or_mixed"), has_bipolar),
    Question("developmental_trauma", "bipolar", NO_YES),
    Question("suicidal_ideation", "ideation", ("none", "passive", "active")),
    Question("ideation_onset", "ideation", ("newer", "longstanding"), has_ideation),
    Question("likelihood_of_acting", "ideation", ("unlikely", "uncertain", "likely"), has_ideation),
    Question("suicide_attempts", "pattern", ("none", "single", "repeated_past", "repeated_current")),
    Question(
        "last_attempt",
        "pattern",
        ("within_three_months", "within_a_year", "over_a_year_ago"),
        lambda c: c["suicide_attempts"] != "none",
    ),
    Question("suicidal_communication", "pattern", ("none_or_isolated", "repeated_past", "repeated_current")),
    Question("bpd_diagnosis", "pattern", ("none", "current", "past_or_remitted", "suspected")),
    Question("self_injury_or_recklessness", "pattern", NONE_PAST_CURRENT),
    Question("relationship_instability", "pattern", NONE_PAST_CURRENT),
    Question("abandonment_fear", "pattern", NONE_PAST_CURRENT),
    Question(
        "structured_therapy",
        "pattern",
        ("not_started", "in_progress", "stabilized_after_dbt", "completed_not_stabilized", "stabilized_after_other_therapy"),
        has_reason_for_therapy,
    ),
    Question("substance_use_disorder", "substance", ("none", "active", "in_recovery")),
    Question("formal_treatment", "substance", NO_YES, in_recovery),
    Question("recovery_lifestyle", "substance", NO_YES, in_recovery),
    Question("ocd", "ocd", NO_YES),
    Question("ocd_preparation", "ocd", ("not_started", "under_way", "thorough"), lambda c: c["ocd"] == "yes"),
    Question("outside_scope", "scope", NO_YES),
)

# Section 4, order of caution, as printed: options between commas are not ordered among themselves.
CAUTION_ORDER: Mapping[str, str] = {
    "psychotic_disorder": "none < secondary_or_unclear < other_primary, schizophrenia",
    "bipolar_disorder": "none < stabilized < diagnosis_in_question < not_stabilized",
    "mood_shift": "anxiety_or_anger, unclear < mania_or_hypomania",
    "current_mood_episode": "none < depressed < manic_hypomanic_or_mixed",
    "suicidal_ideation": "none < passive, active",
    "likelihood_of_acting": "unlikely < uncertain < likely",
    "suicide_attempts": "none < single < repeated_past < repeated_current",
    "last_attempt": "over_a_year_ago < within_a_year < within_three_months",
    "suicidal_communication": "none_or_isolated < repeated_past < repeated_current",
    "bpd_diagnosis": "none < past_or_remitted < current",
    **dict.fromkeys(FEATURES, "none < past < current"),
    "structured_therapy": "stabilized_after_dbt < stabilized_after_other_therapy < not_started"
    " < in_progress, completed_not_stabilized",
    "substance_use_disorder": "none < in_recovery < active",
    **dict.fromkeys(("formal_treatment", "recovery_lifestyle"), "yes < no"),
    **dict.fromkeys(("ocd", "outside_scope"), "no < yes"),
    "ocd_preparation": "thorough < under_way < not_started",
    "psychological_assessment": "thorough < incomplete",
}

# Section 4, readings: each choice with its direction against the letter; the first is the default.
DIRECTIONS: Mapping[str, Mapping[str, str]] = {
    "relief_condition": {"unlikely_required": "stricter", "newer_suffices": "letter"},
    "single_attempt": {"clarify": "stricter", "counts_as_pattern": "stricter"},
    "attempt_pattern_expires": {"only_after_dbt": "letter", "with_time": "looser"},
    "features_needed": {"any_one": "open", "two_or_more": "looser", "with_bpd_diagnosis": "against the letter"},
    "past_features": {"same_condition": "stricter", "no_caution": "open"},
    "therapy_counted": {"dbt_only": "letter", "any_structured_therapy": "looser"},
    "remitted_bpd": {"lifetime": "letter", "clarify": "looser", "current_only": "looser"},
    "stabilized_bipolar": {"conditions": "open", "clarify": "stricter", "unrestricted": "looser"},
    "unstabilized_bipolar": {"elevated_mood": "open", "any_episode": "stricter"},
    "questioned_bipolar": {"clarify": "open", "as_not_stabilized": "stricter"},
    "secondary_psychosis": {"clarify": "stricter", "as_primary": "stricter"},
    "recovery_requires": {"lifestyle_first": "open", "both": "stricter", "either": "looser"},
    "unprepared_ocd": {"consider": "letter", "defer": "stricter"},
}


# ------- section 4: the terms that rules share
def attempts(c: Case, r: Readings) -> str:
    """Attempts as counted: under counts_as_pattern a single one is repeated_past throughout."""
    counted = c["suicide_attempts"] == "single" and r["single_attempt"] == "counts_as_pattern"
    return "repeated_past" if counted else c["suicide_attempts"]


def recent_attempt(c: Case) -> bool:
    return c["suicide_attempts"] != "none" and c["last_attempt"] == "within_three_months"


def count_current(c: Case, r: Readings) -> int:
    """How many features are current, as far as they count."""
    if r["features_needed"] == "with_bpd_diagnosis" and c["bpd_diagnosis"] != "current":
        return 0
    return sum(c[name] == "current" for name in FEATURES)


def features(c: Case, r: Readings) -> bool:
    return count_current(c, r) >= (2 if r["features_needed"] == "two_or_more" else 1)


def current_suicidal_pattern(c: Case) -> bool:
    return c["suicide_attempts"] == "repeated_current" or c["suicidal_communication"] == "repeated_current"


def current_pattern(c: Case, r: Readings) -> bool:
    return features(c, r) or current_suicidal_pattern(c)


def past_pattern(c: Case, r: Readings) -> bool:
    return attempts(c, r) == "repeated_past" or c["suicidal_communication"] == "repeated_past"


def known_feature(c: Case, r: Readings) -> bool:
    """A feature is past, or current without counting, and features does not hold; nothing under no_caution."""
    known = any(c[name] != "none" for name in FEATURES) and not features(c, r)
    return known and r["past_features"] == "same_condition"


def dbt(c: Case, r: Readings) -> bool:
    counted = r["therapy_counted"] == "any_structured_therapy"
    return c["structured_therapy"] == "stabilized_after_dbt" or (
        counted and c["structured_therapy"] == "stabilized_after_other_therapy"
    )


def other(c: Case, r: Readings) -> bool:
    return c["structured_therapy"] == "stabilized_after_other_therapy" and not dbt(c, r)


def unfinished(c: Case) -> bool:
    return c["structured_therapy"] in ("in_progress", "completed_not_stabilized")


def remitted(c: Case, r: Readings) -> bool:
    """A past or remitted diagnosis that still counts; it never does under current_only."""
    return c["bpd_diagnosis"] == "past_or_remitted" and r["remitted_bpd"] != "current_only"


def newer_suffices(c: Case, r: Readings) -> bool:
    return r["relief_condition"] == "newer_suffices" and c["ideation_onset"] == "newer"


def episode_counts(c: Case, r: Readings) -> bool:
    """A mood episode that speaks against stability: elevated, and under any_episode a depression too."""
    return c["current_mood_episode"] == "manic_hypomanic_or_mixed" or (
        c["current_mood_episode"] == "depressed" and r["unstabilized_bipolar"] == "any_episode"
    )


def recovery_established(c: Case, r: Readings) -> bool:
    """Treatment and lifestyle; under `either`, one of them."""
    yes = [c["formal_treatment"], c["recovery_lifestyle"]].count("yes")
    return yes == 2 or (yes == 1 and r["recovery_requires"] == "either")


def pattern_expired(c: Case, r: Readings) -> bool:
    return r["attempt_pattern_expires"] == "with_time" and (
        attempts(c, r) != "repeated_past" or c["last_attempt"] == "over_a_year_ago"
    )


# ------- section 4: the rules
@dataclasses.dataclass(frozen=True)
class Rule:
    """One line of the table: its outcome (fixed, or by case and readings), claims, basis, and when it holds."""

    name: str
    group: str
    outcome: str | Callable[[Case, Readings], str]
    claims: str
    basis: str
    holds: Callable[[Case, Readings], bool]
    reason: str = ""  # of clarify_first, where the table gives one

    def outcome_in(self, c: Case, r: Readings) -> str:
        return self.outcome if isinstance(self.outcome, str) else self.outcome(c, r)

    @property
    def cautions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(CAUTIONS[claim] for claim in self.claims.split() if claim in CAUTIONS))


def _by(reading: str, default: str, **moved: str) -> Callable[[Case, Readings], str]:
    """The outcome `default`, moved by the named choices of one reading."""
    return lambda c, r: moved.get(r[reading], default)


RULES = (
    Rule("schizophrenia", "psychosis", NOT_RECOMMENDED, "C03", "stated", lambda c, r: c["psychotic_disorder"] == "schizophrenia"),
    Rule(
        "other_primary_psychosis",
        "psychosis",
        NOT_RECOMMENDED,
        "C04",
        "stated",
        lambda c, r: c["psychotic_disorder"] == "other_primary",
    ),
    Rule(
        "secondary_or_unclear_psychosis",
        "psychosis",
        _by("secondary_psychosis", CLARIFY, as_primary=NOT_RECOMMENDED),
        "",
        "silent",
        lambda c, r: c["psychotic_disorder"] == "secondary_or_unclear",
        "no answer",
    ),
    Rule(
        "bipolar_not_stabilized", "bipolar", NOT_AT_PRESENT, "C05", "stated", lambda c, r: c["bipolar_disorder"] == "not_stabilized"
    ),
    Rule(
        "bipolar_episode_now",
        "bipolar",
        NOT_AT_PRESENT,
        "C05",
        "reading",
        lambda c, r: c["bipolar_disorder"] == "stabilized" and episode_counts(c, r),
    ),
    Rule(
        "manic_features_with_diagnosis_in_question",
        "bipolar",
        NOT_AT_PRESENT,
        "C05 C08",
        "reading",
        lambda c, r: (
            c["bipolar_disorder"] == "diagnosis_in_question"
            and (c["mood_shift"] == "mania_or_hypomania" or c["current_mood_episode"] == "manic_hypomanic_or_mixed")
        ),
    ),
    Rule(
        "bipolar_diagnosis_in_question",
        "bipolar",
        _by("questioned_bipolar", CLARIFY, as_not_stabilized=NOT_AT_PRESENT),
        "C07 C08",
        "reading",
        lambda c, r: c["bipolar_disorder"] == "diagnosis_in_question",
        "diagnosis unsettled",
    ),
    Rule(
        "bipolar_stabilized",
        "bipolar",
        _by("stabilized_bipolar", CONDITIONS, clarify=CLARIFY),
        "C06",
        "inferred",
        lambda c, r: (
            c["bipolar_disorder"] == "stabilized" and not episode_counts(c, r) and r["stabilized_bipolar"] != "unrestricted"
        ),
    ),
    Rule("current_suicidal_pattern", "pattern", NOT_AT_PRESENT, "C11 C15 C16", "stated", lambda c, r: current_suicidal_pattern(c)),
    Rule("current_features", "pattern", NOT_AT_PRESENT, "C15 C16", "stated", lambda c, r: count_current(c, r) >= 2),
    Rule(
        "one_current_feature",
        "pattern",
        NOT_AT_PRESENT,
        "C15 C16",
        "reading",
        lambda c, r: count_current(c, r) == 1 and features(c, r),
    ),
    Rule("recent_attempt", "pattern", NOT_AT_PRESENT, "C13", "silent", lambda c, r: recent_attempt(c)),
    Rule(
        "past_suicidal_pattern",
        "pattern",
        lambda c, r: CLARIFY if pattern_expired(c, r) else NOT_AT_PRESENT,
        "C11",
        "reading",
        lambda c, r: past_pattern(c, r) and not dbt(c, r) and not other(c, r),
    ),
    Rule(
        "past_suicidal_pattern_other_therapy",
        "pattern",
        CLARIFY,
        "C11 C17",
        "reading",
        lambda c, r: past_pattern(c, r) and other(c, r),
        "no answer",
    ),
    Rule(
        "single_attempt",
        "pattern",
        CLARIFY,
        "C13",
        "reading",
        lambda c, r: attempts(c, r) == "single" and not dbt(c, r),
        "no answer",
    ),
    Rule(
        "single_attempt_after_dbt", "pattern", CONDITIONS, "C17", "reading", lambda c, r: attempts(c, r) == "single" and dbt(c, r)
    ),
    Rule(
        "bpd_suspected", "pattern", CLARIFY, "C14", "reading", lambda c, r: c["bpd_diagnosis"] == "suspected", "diagnosis unsettled"
    ),
    Rule(
        "bpd_not_stabilized",
        "pattern",
        NOT_AT_PRESENT,
        "C14 C16",
        "stated",
        lambda c, r: c["bpd_diagnosis"] == "current" and not dbt(c, r) and not (other(c, r) and not current_pattern(c, r)),
    ),
    Rule(
        "bpd_stabilized_other_therapy",
        "pattern",
        CLARIFY,
        "C14 C17",
        "reading",
        lambda c, r: other(c, r) and (remitted(c, r) or (c["bpd_diagnosis"] == "current" and not current_pattern(c, r))),
        "no answer",
    ),
    Rule(
        "bpd_remitted",
        "pattern",
        _by("remitted_bpd", NOT_AT_PRESENT, clarify=CLARIFY),
        "C14",
        "stated",
        lambda c, r: remitted(c, r) and not dbt(c, r) and not other(c, r),
    ),
    Rule(
        "known_feature",
        "pattern",
        lambda c, r: CLARIFY if unfinished(c) else CONDITIONS,
        "C15 C17",
        "reading",
        lambda c, r: known_feature(c, r) and not dbt(c, r),
    ),
    Rule(
        "stabilized_after_dbt",
        "pattern",
        CONDITIONS,
        "C17",
        "stated",
        lambda c, r: (
            dbt(c, r)
            and not current_pattern(c, r)
            and (c["bpd_diagnosis"] == "current" or remitted(c, r) or past_pattern(c, r) or known_feature(c, r))
        ),
    ),
    # Onset and likelihood hold "" unless there is ideation.
    Rule(
        "newer_ideation_likely_to_act",
        "ideation",
        _by("relief_condition", NOT_AT_PRESENT, newer_suffices=CLARIFY),
        "C09 C13",
        "reading",
        lambda c, r: c["ideation_onset"] == "newer" and c["likelihood_of_acting"] == "likely",
    ),
    Rule(
        "likely_to_act",
        "ideation",
        NOT_AT_PRESENT,
        "C13",
        "silent",
        lambda c, r: c["ideation_onset"] == "longstanding" and c["likelihood_of_acting"] == "likely",
    ),
    Rule(
        "uncertain_likelihood",
        "ideation",
        CLARIFY,
        "C13",
        "reading",
        lambda c, r: c["likelihood_of_acting"] == "uncertain" and not newer_suffices(c, r),
        "assessment incomplete",
    ),
    Rule(
        "ideation_may_ease",
        "",
        FAVORABLE,
        "C09 C10 C13",
        "stated",
        lambda c, r: (
            (c["likelihood_of_acting"] == "unlikely" or (newer_suffices(c, r) and c["likelihood_of_acting"] != "likely"))
            and attempts(c, r) in ("none", "single")
            and c["suicidal_communication"] == "none_or_isolated"
            and not recent_attempt(c)
        ),
    ),
    Rule(
        "active_substance_use",
        "substance",
        NOT_AT_PRESENT,
        "C18 C19",
        "stated",
        lambda c, r: c["substance_use_disorder"] == "active",
    ),
    # Treatment and lifestyle hold "" unless in recovery.
    Rule(
        "recovery_not_established",
        "substance",
        NOT_AT_PRESENT,
        "C18 C22",
        "reading",
        lambda c, r: c["recovery_lifestyle"] == "no" and not recovery_established(c, r),
    ),
    Rule(
        "recovery_without_treatment",
        "substance",
        _by("recovery_requires", CLARIFY, both=NOT_AT_PRESENT),
        "C18",
        "reading",
        lambda c, r: c["recovery_lifestyle"] == "yes" and not recovery_established(c, r),
        "no answer",
    ),
    Rule("recovery_established", "substance", CONDITIONS, "C20 C21 C22 C23", "stated", recovery_established),
    Rule("ocd", "ocd", CONDITIONS, "C25 C27", "stated", lambda c, r: c["ocd"] == "yes"),
    Rule(
        "ocd_unprepared",
        "ocd",
        _by("unprepared_ocd", CONDITIONS, defer=NOT_AT_PRESENT),
        "C27 C28",
        "stated",
        lambda c, r: c["ocd"] == "yes" and c["ocd_preparation"] != "thorough",
    ),
    Rule(
        "assessment_incomplete",
        "assessment",
        CLARIFY,
        "C13",
        "reading",
        lambda c, r: c["psychological_assessment"] == "incomplete",
        "assessment incomplete",
    ),
    Rule("outside_scope", "scope", CLARIFY, "", "silent", lambda c, r: c["outside_scope"] == "yes", "no answer"),
    Rule(
        "possible_misdiagnosis",
        "bipolar",
        NOTE,
        "C07 C08",
        "stated",
        lambda c, r: c["developmental_trauma"] == "yes" and c["mood_shift"] == "anxiety_or_anger",
    ),
    Rule(
        "facts_disagree",
        "",
        NOTE,
        "",
        "silent",
        lambda c, r: (
            ((dbt(c, r) or other(c, r)) and (current_pattern(c, r) or recent_attempt(c)))
            or (c["suicide_attempts"] == "repeated_current" and c["last_attempt"] == "over_a_year_ago")
            or (c["bipolar_disorder"] == "stabilized" and c["current_mood_episode"] == "manic_hypomanic_or_mixed")
        ),
    ),
)
DEFAULT_RULE = Rule("nothing_found", "", MAY_BE, "C02", "stated", lambda c, r: True)


# ------- one complete case
FIELDS: dict[str, tuple[str, ...]] = {field.name: field.options for field in QUESTIONS}
READINGS: dict[str, tuple[str, ...]] = {name: tuple(choices) for name, choices in DIRECTIONS.items()}
DEFAULT: dict[str, str] = {name: choices[0] for name, choices in READINGS.items()}
CAUTION = {outcome: place for place, outcome in enumerate(OUTCOMES)}
NOT_NOW, CONSIDER, MAY = NOT_AT_PRESENT, CONDITIONS, MAY_BE

# Nothing recorded that any rule could find: the ground on which one group is varied at a time.
QUIET: dict[str, str] = {
    field.name: next(one for one in ("none", "none_or_isolated", "no", "thorough") if one in field.options)
    for field in QUESTIONS
    if field.asked(dict.fromkeys((one.name for one in QUESTIONS), "none") | {"suicidal_communication": "none_or_isolated"})
}


def bind(readings: Readings | None = None) -> dict[str, str]:
    """All readings, each with its default unless named. Raises ValueError on an unknown reading or choice."""
    if wrong := [name for name, choice in (readings or {}).items() if choice not in READINGS.get(name, ())]:
        raise ValueError(f"unknown reading or choice: {wrong}")
    return {**DEFAULT, **(readings or {})}


def whole(case: Mapping[str, str | None]) -> dict[str, str]:
    """The case with "" for what is not asked or not recorded."""
    c: dict[str, str] = {}
    for field in QUESTIONS:
        c[field.name] = NOT_ASKED
        if field.asked(c):
            c[field.name] = case.get(field.name) or NOT_ASKED
    return c


def list_missing(case: Mapping[str, str | None]) -> list[str]:
    """The questions that are asked of a case and have no answer."""
    c = whole(case)
    return [field.name for field in QUESTIONS if field.asked(c) and not c[field.name]]


def holding(case: Mapping[str, str | None], readings: Readings | None = None) -> dict[str, str]:
    """Each rule that holds in a complete case, in the order of the table, with its outcome, "note" or "favorable".

    Raises:
        ValueError: An asked question has no answer, or a name or an option is unknown.
    """
    if wrong := [name for name, option in case.items() if option and option not in FIELDS.get(name, ())]:
        raise ValueError(f"unknown field or option: {wrong}")
    r, c = bind(readings), whole(case)
    if missing := list_missing(case):
        raise ValueError(f"not a complete case: {missing}")
    found = {rule.name: rule.outcome_in(c, r) for rule in RULES if rule.holds(c, r)}
    if not any(outcome in CAUTION for outcome in found.values()):
        found[DEFAULT_RULE.name] = MAY
    return found


def most_cautious(outcomes: Iterable[str]) -> str:
    return max(outcomes, key=CAUTION.__getitem__)


def least_cautious(outcomes: Iterable[str]) -> str:
    return min(outcomes, key=CAUTION.__getitem__)


def outcome(case: Mapping[str, str | None], readings: Readings | None = None) -> str:
    """The outcome of a complete case: that of its most cautious finding."""
    return most_cautious(one for one in holding(case, readings).values() if one in CAUTION)


# ------- partial cases, by trying everything, one group after the other
_QUIET = whole(QUIET)
GROUPS: dict[str, tuple[str, ...]] = {
    group: tuple(one.name for one in QUESTIONS if one.group == group) for group in dict.fromkeys(one.group for one in QUESTIONS)
}
RELIEF_FIELDS = (*GROUPS["ideation"], "suicide_attempts", "last_attempt", "suicidal_communication")
PARTS: dict[str, tuple[str, ...]] = {**GROUPS, "relief": RELIEF_FIELDS}
"""The groups, which share no field, and what the favorable rule reads, which decides nothing."""

_DISAGREE = next(rule for rule in RULES if rule.name == "facts_disagree")
RULES_OF: dict[str, tuple[Rule, ...]] = {
    **{group: tuple(rule for rule in RULES if rule.group == group) for group in GROUPS},
    "relief": tuple(rule for rule in RULES if rule.name == "ideation_may_ease"),
}
RULES_OF["pattern"] += (_DISAGREE,)  # it holds where it holds for one of these two groups, whatever the other says
RULES_OF["bipolar"] += (_DISAGREE,)

READ_BY: dict[str, tuple[str, ...]] = {
    "psychosis": ("secondary_psychosis",),
    "bipolar": ("stabilized_bipolar", "unstabilized_bipolar", "questioned_bipolar", "therapy_counted"),
    "ideation": ("relief_condition",),
    "pattern": ("single_attempt", "attempt_pattern_expires", "features_needed", "past_features", "therapy_counted", "remitted_bpd"),
    "substance": ("recovery_requires",),
    "ocd": ("unprepared_ocd",),
    "relief": ("relief_condition", "single_attempt"),
}
"""The readings that a group looks at; so that no group is worked out twice."""

Found = frozenset[tuple[str, str]]
Reached = frozenset[Found]


def find_in(group: str, case: Mapping[str, str | None], readings: Readings | None = None) -> dict[str, str]:
    """What a group finds in a complete case."""
    r = bind(readings)
    (found,) = reach(group, tuple(case.get(name) for name in PARTS[group]), tuple(r[name] for name in READ_BY.get(group, ())))
    return dict(found)


@cache
def reach(group: str, given: tuple[str | None, ...], choices: tuple[str, ...]) -> Reached:
    """What a group finds, over all completions of its answers: a blank reaches what its options reach."""
    case = dict(zip(PARTS[group], given, strict=True))
    c = {**_QUIET, **dict.fromkeys(case, NOT_ASKED)}  # the rule that spans groups looks at the others as quiet
    for field in QUESTIONS:
        if field.name in case and field.asked(c):
            answer = case[field.name]
            if not answer:
                filled = ({**case, field.name: option} for option in field.options)
                return frozenset().union(*(reach(group, tuple(one.values()), choices) for one in filled))
            c[field.name] = answer
    r = dict(zip(READ_BY.get(group, ()), choices, strict=True))
    return frozenset((frozenset((rule.name, rule.outcome_in(c, r)) for rule in RULES_OF[group] if rule.holds(c, r)),))


def reach_all(case: Mapping[str, str | None], readings: Readings | None = None) -> dict[str, Reached]:
    """What each group finds, and last what the favorable rule does."""
    r = bind(readings)
    return {
        group: reach(group, tuple(case.get(name) or None for name in names), tuple(r[name] for name in READ_BY.get(group, ())))
        for group, names in PARTS.items()
    }


@cache
def decide(found: Found) -> str:
    """The outcome that some findings give: that of the most cautious, or "may be considered"."""
    return most_cautious((MAY, *(outcome for _, outcome in found if outcome in CAUTION)))


@cache
def decide_each(reached: Reached) -> frozenset[str]:
    return frozenset(map(decide, reached))


@cache
def combine(groups: tuple[frozenset[str], ...]) -> frozenset[str]:
    """The groups share no field, so each combination of what they reach is reached by some completion."""
    return frozenset(map(most_cautious, itertools.product(*groups)))


def possible(case: Mapping[str, str | None], readings: Readings | None = None) -> frozenset[str]:
    """The outcomes of a case over every completion: no more and no fewer."""
    return combine(tuple(map(decide_each, reach_all(case, readings).values())))


def headline(outcomes: Iterable[str]) -> tuple[str, bool]:
    """The outcome to report for a set of possible ones, and whether it is to be read as "at least"."""
    possible = set(outcomes)
    if len(possible) == 1:
        return possible.pop(), False
    if possible <= {NOT_RECOMMENDED, NOT_NOW}:
        return NOT_NOW, True
    return CLARIFY, False


def possible_directly(case: Mapping[str, str | None], readings: Readings | None = None) -> frozenset[str]:
    """As `possible`, without groups: for cases with few completions."""
    return frozenset(outcome(completion, readings) for completion in completions(case, tuple(FIELDS)))


@cache
def _bounds(reached: Reached) -> tuple[dict[str, str], frozenset[str]]:
    """The rules that hold in every completion, each with its least cautious outcome; and those of which something is open."""
    outcomes: dict[str, set[str]] = {}
    for name, one in frozenset().union(*reached):
        outcomes.setdefault(name, set()).add(one)
    always = frozenset.intersection(*(frozenset(name for name, _ in found) for found in reached))
    certain = {name: least_cautious(several) if len(several := outcomes[name]) > 1 else next(iter(several)) for name in always}
    return certain, frozenset(name for name, several in outcomes.items() if name not in always or len(several) > 1)


def certain_and_open(case: Mapping[str, str | None], readings: Readings | None = None) -> tuple[dict[str, str], frozenset[str]]:
    """The rules that hold in every completion of a partial case, and those of which it is open whether, or with what outcome."""
    certain: dict[str, str] = {}
    unsure: frozenset[str] = frozenset()
    for reached in reach_all(case, readings).values():
        certain.update(_bounds(reached)[0])
        unsure |= _bounds(reached)[1]
    unsure -= {_DISAGREE.name} & certain.keys()  # one of its two groups suffices
    outcomes = possible(case, readings)
    if outcomes == {MAY}:
        certain[DEFAULT_RULE.name] = MAY
    elif MAY in outcomes:
        unsure |= {DEFAULT_RULE.name}
    return certain, unsure


def certain_and_possible(
    case: Mapping[str, str | None], readings: Readings | None = None
) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """The rules that hold in every completion of a partial case, and those that hold in some, with all that they may lead to."""
    some: dict[str, frozenset[str]] = {}
    for reached in reach_all(case, readings).values():
        for name, one in frozenset().union(*reached):
            some[name] = some.get(name, frozenset()) | {one}
    if MAY in possible(case, readings):
        some[DEFAULT_RULE.name] = frozenset({MAY})
    return certain_and_open(case, readings)[0], some


# ------- the tables as tests ask for them
_BY_NAME = {one.name: one for one in QUESTIONS}


def asked(field: str, case: Mapping[str, str | None]) -> bool:
    """Whether the question applies, in a case that answers what this depends on."""
    if field in QUIET:  # always
        return True
    return _BY_NAME[field].asked({**_QUIET, **{name: given for name, given in case.items() if given}})


ASKED_WHEN: dict[str, dict[str, tuple[str, ...]]] = {
    field.name: {
        other.name: options
        for other in QUESTIONS
        if (options := tuple(option for option in other.options if field.asked({**_QUIET, other.name: option})))
    }
    for field in QUESTIONS
    if not field.asked(_QUIET)
}
"""For a question that is not always asked: the fields that raise it, with the answers that do."""

ORDER: dict[str, tuple[tuple[str, ...], ...]] = {
    name: tuple(tuple(level.split(", ")) for level in order.split(" < ")) for name, order in CAUTION_ORDER.items()
}


def complete_cases(fields: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Each complete case of these fields once: what is not asked is left out."""
    free = [field for field in fields if field not in ASKED_WHEN]
    hanging = [field for field in fields if field in ASKED_WHEN]
    for chosen in itertools.product(*(FIELDS[field] for field in free)):
        case = dict(zip(free, chosen, strict=True))
        applicable = [field for field in hanging if asked(field, case)]
        for more in itertools.product(*(FIELDS[field] for field in applicable)):
            yield case | dict(zip(applicable, more, strict=True))


def completions(case: Mapping[str, str | None], fields: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Every way to give each unrecorded field among these an option."""
    choices = [(case[field],) if case.get(field) else FIELDS[field] for field in fields]
    for chosen in itertools.product(*choices):
        yield dict(zip(fields, chosen, strict=True))  # type: ignore[arg-type]


def more_cautious_answers(field: str, option: str) -> tuple[str, ...]:
    """The options of a field that the order of caution places above this one."""
    levels = ORDER.get(field, ())
    for place, level in enumerate(levels):
        if option in level:
            return tuple(higher for above in levels[place + 1 :] for higher in above)
    return ()
