"""The guidance a second time, by brute force: the judge of the rules.

Everything here is written out by hand from the tables of the guidance, and nothing is imported from
the package it judges. It is slow and plain on purpose: a complete case is read with if and else, and
what is possible in a partial case is found by trying every completion.

The outcome-bearing rules fall into eight groups that share no field. Each group is a function that
receives its own fields and no others, so a rule cannot read across groups unseen. One rule spans two
groups, `ideation_unlikely_to_act`; it is favorable and carries no outcome.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

Case = Mapping[str, str | None]
Readings = Mapping[str, str]
Found = dict[str, str]

# Least cautious first.
OUTCOMES = (
    "may_be_considered",
    "consider_with_conditions",
    "clarify_first",
    "not_at_present",
    "not_recommended",
)
MAY, CONSIDER, CLARIFY, NOT_NOW, NOT_RECOMMENDED = OUTCOMES
NOTE, FAVORABLE = "note", "favorable"
CAUTION = {outcome: place for place, outcome in enumerate(OUTCOMES)}

FIELDS: dict[str, tuple[str, ...]] = {
    "psychological_assessment": ("thorough", "incomplete"),
    "psychotic_disorder": ("none", "schizophrenia", "other_primary", "secondary_or_unclear"),
    "bipolar_disorder": ("none", "stabilized", "not_stabilized", "diagnosis_in_question"),
    "mood_shift": ("mania_or_hypomania", "anxiety_or_anger", "unclear"),
    "developmental_trauma": ("no", "yes"),
    "suicidal_ideation": ("none", "passive", "active"),
    "ideation_onset": ("newer", "longstanding"),
    "likelihood_of_acting": ("unlikely", "uncertain", "likely"),
    "suicide_attempts": ("none", "single", "repeated_past", "repeated_current"),
    "suicidal_communication": ("none_or_isolated", "repeated"),
    "bpd_diagnosis": ("none", "current", "past_or_remitted", "suspected"),
    "self_injury_or_recklessness": ("none", "past", "current"),
    "relationship_instability": ("none", "past", "current"),
    "abandonment_fear": ("none", "past", "current"),
    "structured_therapy": (
        "not_started",
        "in_progress",
        "stabilized_after_dbt",
        "completed_not_stabilized",
        "stabilized_after_other_therapy",
    ),
    "substance_use_disorder": ("none", "active", "in_recovery"),
    "formal_treatment": ("no", "yes"),
    "recovery_lifestyle": ("no", "yes"),
    "ocd": ("no", "yes"),
    "ocd_preparation": ("not_started", "under_way", "thorough"),
    "outside_scope": ("no", "yes"),
}

# A question is asked when any of these fields has any of these answers; absent: always.
ASKED_WHEN: dict[str, dict[str, tuple[str, ...]]] = {
    "mood_shift": {"bipolar_disorder": ("stabilized", "not_stabilized", "diagnosis_in_question")},
    "ideation_onset": {"suicidal_ideation": ("passive", "active")},
    "likelihood_of_acting": {"suicidal_ideation": ("passive", "active")},
    "structured_therapy": {
        "suicide_attempts": ("single", "repeated_past", "repeated_current"),
        "suicidal_communication": ("repeated",),
        "bpd_diagnosis": ("current", "past_or_remitted", "suspected"),
        "self_injury_or_recklessness": ("past", "current"),
        "relationship_instability": ("past", "current"),
        "abandonment_fear": ("past", "current"),
    },
    "formal_treatment": {"substance_use_disorder": ("in_recovery",)},
    "recovery_lifestyle": {"substance_use_disorder": ("in_recovery",)},
    "ocd_preparation": {"ocd": ("yes",)},
}

# The default is the first of each.
READINGS: dict[str, tuple[str, ...]] = {
    "relief_condition": ("unlikely_required", "newer_suffices"),
    "single_attempt": ("clarify", "counts_as_pattern"),
    "attempt_pattern_expires": ("only_after_dbt", "with_time"),
    "features_needed": ("any_one", "two_or_more", "with_bpd_diagnosis"),
    "therapy_counted": ("dbt_only", "any_structured_therapy"),
    "remitted_bpd": ("clarify", "lifetime", "current_only"),
    "stabilized_bipolar": ("conditions", "clarify", "unrestricted"),
    "questioned_bipolar": ("clarify", "as_not_stabilized"),
    "secondary_psychosis": ("clarify", "as_primary"),
    "recovery_requires": ("both", "either"),
    "unprepared_ocd": ("consider", "defer"),
}
DEFAULT: dict[str, str] = {name: options[0] for name, options in READINGS.items()}

# The order of caution: least cautious first, equals together; what is not named has no order.
FEATURE_ORDER = (("none",), ("past",), ("current",))
ORDER: dict[str, tuple[tuple[str, ...], ...]] = {
    "psychotic_disorder": (("none",), ("secondary_or_unclear",), ("other_primary", "schizophrenia")),
    "bipolar_disorder": (("none",), ("stabilized",), ("diagnosis_in_question",), ("not_stabilized",)),
    "mood_shift": (("anxiety_or_anger", "unclear"), ("mania_or_hypomania",)),
    "suicidal_ideation": (("none",), ("passive", "active")),
    "likelihood_of_acting": (("unlikely",), ("uncertain",), ("likely",)),
    "suicide_attempts": (("none",), ("single",), ("repeated_past",), ("repeated_current",)),
    "suicidal_communication": (("none_or_isolated",), ("repeated",)),
    "bpd_diagnosis": (("none",), ("past_or_remitted",), ("current",)),
    "self_injury_or_recklessness": FEATURE_ORDER,
    "relationship_instability": FEATURE_ORDER,
    "abandonment_fear": FEATURE_ORDER,
    "substance_use_disorder": (("none",), ("in_recovery",), ("active",)),
    "formal_treatment": (("yes",), ("no",)),
    "recovery_lifestyle": (("yes",), ("no",)),
    "ocd": (("no",), ("yes",)),
    "psychological_assessment": (("thorough",), ("incomplete",)),
    "outside_scope": (("no",), ("yes",)),
}


# --- the rules, group by group: each function sees only its own fields ---------------------------


def assessment_rules(readings: Readings, case: Case) -> Found:
    if case["psychological_assessment"] == "incomplete":
        return {"assessment_incomplete": CLARIFY}
    return {}


def psychosis_rules(readings: Readings, case: Case) -> Found:
    if case["psychotic_disorder"] == "schizophrenia":
        return {"schizophrenia": NOT_RECOMMENDED}
    if case["psychotic_disorder"] == "other_primary":
        return {"other_primary_psychosis": NOT_RECOMMENDED}
    if case["psychotic_disorder"] == "secondary_or_unclear":
        if readings["secondary_psychosis"] == "as_primary":
            return {"secondary_or_unclear_psychosis": NOT_RECOMMENDED}
        return {"secondary_or_unclear_psychosis": CLARIFY}
    return {}


def mood_rules(readings: Readings, case: Case) -> Found:
    bipolar_disorder, mood_shift, developmental_trauma = case.values()
    found: Found = {}
    if bipolar_disorder == "not_stabilized":
        found["bipolar_not_stabilized"] = NOT_NOW
    if bipolar_disorder == "diagnosis_in_question":
        if mood_shift == "mania_or_hypomania":
            found["manic_features_with_diagnosis_in_question"] = NOT_NOW
        if readings["questioned_bipolar"] == "as_not_stabilized":
            found["bipolar_diagnosis_in_question"] = NOT_NOW
        else:
            found["bipolar_diagnosis_in_question"] = CLARIFY
    if bipolar_disorder == "stabilized":
        if readings["stabilized_bipolar"] == "conditions":
            found["bipolar_stabilized"] = CONSIDER
        if readings["stabilized_bipolar"] == "clarify":
            found["bipolar_stabilized"] = CLARIFY
    if bipolar_disorder != "none" and developmental_trauma == "yes" and mood_shift == "anxiety_or_anger":
        found["possible_misdiagnosis"] = NOTE
    return found


def ideation_rules(readings: Readings, case: Case) -> Found:
    suicidal_ideation, ideation_onset, likelihood_of_acting = case.values()
    if suicidal_ideation == "none":
        return {}
    if readings["relief_condition"] == "newer_suffices" and ideation_onset == "newer":
        return {}
    if likelihood_of_acting == "likely":
        return {"likely_to_act": NOT_NOW}
    if likelihood_of_acting == "uncertain":
        return {"uncertain_likelihood": CLARIFY}
    return {}


def pattern_rules(readings: Readings, case: Case) -> Found:  # noqa: C901, PLR0912  # row by row as the table has them
    attempts, suicidal_communication, bpd_diagnosis, *three, structured_therapy = case.values()

    # Features and the current pattern, as the reading counts them.
    if readings["features_needed"] == "any_one":
        features = three.count("current") >= 1
    elif readings["features_needed"] == "two_or_more":
        features = three.count("current") >= 2
    else:
        features = three.count("current") >= 1 and bpd_diagnosis == "current"
    suicidal_pattern = attempts == "repeated_current" or suicidal_communication == "repeated"
    current_pattern = features or suicidal_pattern

    if attempts == "single" and readings["single_attempt"] == "counts_as_pattern":
        attempts = "repeated_past"

    dbt = structured_therapy == "stabilized_after_dbt"
    other = structured_therapy == "stabilized_after_other_therapy"
    if other and readings["therapy_counted"] == "any_structured_therapy":
        dbt, other = True, False

    found: Found = {}
    if suicidal_pattern:
        found["current_suicidal_pattern"] = NOT_NOW
    if features:
        found["current_feature"] = NOT_NOW

    if attempts == "repeated_past":
        if other:
            found["past_attempt_pattern_other_therapy"] = CLARIFY
        elif not dbt:
            if readings["attempt_pattern_expires"] == "with_time":
                found["past_attempt_pattern"] = CLARIFY
            else:
                found["past_attempt_pattern"] = NOT_NOW
    if attempts == "single" and not dbt:
        found["single_attempt"] = CLARIFY

    if bpd_diagnosis == "suspected":
        found["bpd_suspected"] = CLARIFY
    if bpd_diagnosis == "current" and not dbt:
        if other and not current_pattern:
            found["bpd_stabilized_other_therapy"] = CLARIFY
        else:
            found["bpd_not_stabilized"] = NOT_NOW
    if bpd_diagnosis == "past_or_remitted" and not dbt and not current_pattern:
        if readings["remitted_bpd"] == "clarify":
            found["bpd_remitted_untreated"] = CLARIFY
        if readings["remitted_bpd"] == "lifetime":
            found["bpd_remitted_untreated"] = NOT_NOW

    relevant_history = (
        bpd_diagnosis in ("current", "past_or_remitted") or attempts in ("single", "repeated_past") or "past" in three
    )
    if dbt and not current_pattern and relevant_history:
        found["stabilized_after_dbt"] = CONSIDER

    if "past" in three and "current" not in three and not dbt:
        found["past_feature"] = NOTE
    if (dbt or other) and current_pattern:
        found["facts_disagree"] = NOTE
    return found


def relief_rules(readings: Readings, case: Case) -> Found:
    """The one rule that spans two groups: favorable, without an outcome."""
    suicidal_ideation, ideation_onset, likelihood_of_acting, suicide_attempts, suicidal_communication = case.values()
    if suicidal_ideation == "none":
        return {}
    relieved = likelihood_of_acting == "unlikely"
    if readings["relief_condition"] == "newer_suffices" and ideation_onset == "newer":
        relieved = True
    if relieved and suicide_attempts == "none" and suicidal_communication == "none_or_isolated":
        return {"ideation_unlikely_to_act": FAVORABLE}
    return {}


def substance_rules(readings: Readings, case: Case) -> Found:
    substance_use_disorder, formal_treatment, recovery_lifestyle = case.values()
    if substance_use_disorder == "active":
        return {"active_substance_use": NOT_NOW}
    if substance_use_disorder == "in_recovery":
        if readings["recovery_requires"] == "either":
            established = formal_treatment == "yes" or recovery_lifestyle == "yes"
        else:
            established = formal_treatment == "yes" and recovery_lifestyle == "yes"
        if established:
            return {"recovery_established": CONSIDER}
        return {"recovery_not_established": NOT_NOW}
    return {}


def ocd_rules(readings: Readings, case: Case) -> Found:
    if case["ocd"] == "no":
        return {}
    found: Found = {"ocd": CONSIDER}
    if case["ocd_preparation"] != "thorough":
        if readings["unprepared_ocd"] == "defer":
            found["ocd_unprepared"] = NOT_NOW
        else:
            found["ocd_unprepared"] = CONSIDER
    return found


def scope_rules(readings: Readings, case: Case) -> Found:
    if case["outside_scope"] == "yes":
        return {"outside_scope": CLARIFY}
    return {}


GROUPS: dict[str, tuple[tuple[str, ...], Callable[..., Found]]] = {
    "assessment": (("psychological_assessment",), assessment_rules),
    "psychosis": (("psychotic_disorder",), psychosis_rules),
    "mood": (("bipolar_disorder", "mood_shift", "developmental_trauma"), mood_rules),
    "ideation": (("suicidal_ideation", "ideation_onset", "likelihood_of_acting"), ideation_rules),
    "pattern": (
        (
            "suicide_attempts",
            "suicidal_communication",
            "bpd_diagnosis",
            "self_injury_or_recklessness",
            "relationship_instability",
            "abandonment_fear",
            "structured_therapy",
        ),
        pattern_rules,
    ),
    "substance": (("substance_use_disorder", "formal_treatment", "recovery_lifestyle"), substance_rules),
    "ocd": (("ocd", "ocd_preparation"), ocd_rules),
    "scope": (("outside_scope",), scope_rules),
}
RELIEF_FIELDS = (*GROUPS["ideation"][0], "suicide_attempts", "suicidal_communication")
PARTS = {**GROUPS, "relief": (RELIEF_FIELDS, relief_rules)}


# --- one complete case ---------------------------------------------------------------------------


def asked(field: str, case: Case) -> bool:
    """Whether the question applies, in a case that answers what this depends on."""
    conditions = ASKED_WHEN.get(field)
    if conditions is None:
        return True
    return any(case.get(name) in answers for name, answers in conditions.items())


def counted(case: Case) -> dict[str, str | None]:
    """The case with the answers to questions that are not asked left out.

    No question hangs on another that is itself conditional, so one pass is enough.
    """
    return {field: case.get(field) if asked(field, case) else None for field in FIELDS}


def holding(case: Case, readings: Readings | None = None) -> Found:
    """Each rule that holds in a complete case, with its outcome, "note" or "favorable"."""
    chosen = {**DEFAULT, **(readings or {})}
    answers = counted(case)
    missing = [field for field in FIELDS if asked(field, case) and answers[field] is None]
    if missing:
        raise ValueError(f"not a complete case: {missing}")
    found: Found = {}
    for fields, rules in PARTS.values():
        found.update(rules(chosen, {field: answers[field] for field in fields}))
    if not any(outcome in CAUTION for outcome in found.values()):
        found["nothing_found"] = MAY
    return found


def most_cautious(outcomes: Iterable[str]) -> str:
    return max(outcomes, key=CAUTION.__getitem__)


def least_cautious(outcomes: Iterable[str]) -> str:
    return min(outcomes, key=CAUTION.__getitem__)


def quiet_beside(fields: Iterable[str]) -> dict[str, str]:
    """A ground that records every other field as quiet, so that nothing else decides."""
    return {name: answer for name, answer in QUIET.items() if name not in set(fields)}


def outcome(case: Case, readings: Readings | None = None) -> str:
    """The outcome of a complete case: that of its most cautious finding."""
    return most_cautious(tuple(o for o in holding(case, readings).values() if o in CAUTION))


# --- partial cases, by trying everything ---------------------------------------------------------


def completions(case: Case, fields: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Every way to give each unrecorded field among these an option."""
    choices = [(case[field],) if case.get(field) is not None else FIELDS[field] for field in fields]
    for chosen in itertools.product(*choices):
        yield dict(zip(fields, chosen, strict=True))  # type: ignore[arg-type]


Reached = frozenset[frozenset[tuple[str, str]]]

READ_BY = {
    "mood": ("stabilized_bipolar", "questioned_bipolar"),
    "psychosis": ("secondary_psychosis",),
    "ideation": ("relief_condition",),
    "relief": ("relief_condition",),
    "pattern": ("single_attempt", "attempt_pattern_expires", "features_needed", "therapy_counted", "remitted_bpd"),
    "substance": ("recovery_requires",),
    "ocd": ("unprepared_ocd",),
}
"""The readings that a group looks at; so that no group is worked out twice."""


@cache
def reach(group: str, given: tuple[str | None, ...], choices: tuple[str, ...]) -> Reached:
    """What a group finds, over all completions of its answers: a blank reaches what its options reach."""
    fields, rules = PARTS[group]
    if None in given:
        place = given.index(None)
        return frozenset().union(
            *(reach(group, (*given[:place], option, *given[place + 1 :]), choices) for option in FIELDS[fields[place]])
        )
    case = dict(zip(fields, given, strict=True))
    answers = {field: case[field] if asked(field, case) else None for field in fields}
    readings = {**DEFAULT, **dict(zip(READ_BY.get(group, ()), choices, strict=True))}
    return frozenset((frozenset(rules(readings, answers).items()),))


def reach_all(case: Case, readings: Readings | None = None) -> dict[str, Reached]:
    """What each group finds, and last what the rule that spans two of them finds."""
    chosen = {**DEFAULT, **(readings or {})}
    return {
        group: reach(group, tuple(map(case.get, fields)), tuple(chosen[name] for name in READ_BY.get(group, ())))
        for group, (fields, _) in PARTS.items()
    }


@cache
def decide(found: frozenset[tuple[str, str]]) -> str:
    """The outcome that some findings give: that of the most cautious, or "may be considered"."""
    return most_cautious((MAY, *(outcome for _, outcome in found if outcome in CAUTION)))


@cache
def decide_each(reached: Reached) -> frozenset[str]:
    return frozenset(map(decide, reached))


@cache
def combine(groups: tuple[frozenset[str], ...]) -> frozenset[str]:
    """The groups share no field, so each combination of what they reach is reached by some completion."""
    return frozenset(map(most_cautious, itertools.product(*groups)))


def possible(case: Case, readings: Readings | None = None) -> frozenset[str]:
    """The outcomes of all completions of a partial case."""
    return combine(tuple(map(decide_each, reach_all(case, readings).values())))


def headline(outcomes: Iterable[str]) -> tuple[str, bool]:
    """The outcome to report for a set of possible ones, and whether it is to be read as "at least"."""
    possible = set(outcomes)
    if len(possible) == 1:
        return possible.pop(), False
    if possible <= {NOT_RECOMMENDED, NOT_NOW}:
        return NOT_NOW, True
    return CLARIFY, False


def possible_directly(case: Case, readings: Readings | None = None) -> frozenset[str]:
    """As `possible`, without groups: for cases with few completions."""
    return frozenset(outcome(completion, readings) for completion in completions(case, tuple(FIELDS)))


def certain_and_possible(case: Case, readings: Readings | None = None) -> tuple[Found, Found]:
    """The rules that hold in every completion of a partial case, and those that hold in some."""
    certain: Found = {}
    some: Found = {}
    for reached in reach_all(case, readings).values():
        certain.update(frozenset.intersection(*reached))
        some.update(frozenset.union(*reached))
    outcomes = possible(case, readings)
    if MAY in outcomes:
        some["nothing_found"] = MAY
    if outcomes == {MAY}:
        certain["nothing_found"] = MAY
    return certain, some


# --- cases to ask about ---------------------------------------------------------------------------

# Nothing recorded that any rule could find: the ground on which one group is varied at a time.
QUIET: dict[str, str] = {
    "psychological_assessment": "thorough",
    "psychotic_disorder": "none",
    "bipolar_disorder": "none",
    "developmental_trauma": "no",
    "suicidal_ideation": "none",
    "suicide_attempts": "none",
    "suicidal_communication": "none_or_isolated",
    "bpd_diagnosis": "none",
    "self_injury_or_recklessness": "none",
    "relationship_instability": "none",
    "abandonment_fear": "none",
    "substance_use_disorder": "none",
    "ocd": "no",
    "outside_scope": "no",
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


def more_cautious_answers(field: str, option: str) -> tuple[str, ...]:
    """The options of a field that the order of caution places above this one."""
    levels = ORDER.get(field, ())
    for place, level in enumerate(levels):
        if option in level:
            return tuple(higher for above in levels[place + 1 :] for higher in above)
    return ()
