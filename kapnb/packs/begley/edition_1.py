"""Edition 1 over the questions of today: what a case came to then, so that a reader of a saved case is told what moved.

An outcome and the condition that led to it, for each; the most cautious counts. Words, reasons and findings are not kept.
"""

from kapnb.engine.outcomes import Outcome
from kapnb.packs.begley.rules import (  # noqa: F401  # conditions that edition 2 has too, read by their names
    current_pattern,
    dbt,
    established,
    features,
    newer_is_enough,
    other_therapy,
    past_attempts,
    suicidal_pattern_now,
    writing,
)

condition = writing.condition

DEFAULTS = {"remitted_bpd": "clarify", "recovery_requires": "both"}
"""The readings whose default was another."""


@condition
def not_recommended(psychotic_disorder, reading):
    """A primary psychotic disorder, or any where the reading extends the exclusion."""
    secondary = (psychotic_disorder == "secondary_or_unclear") & (reading.secondary_psychosis == "as_primary")
    return psychotic_disorder.one_of("schizophrenia", "other_primary") | secondary


@condition
def bipolar_not_now(bipolar_disorder, mood_shift, reading):
    """Bipolar disorder that is not stabilized, or is treated so."""
    manic = (mood_shift == "mania_or_hypomania") | (reading.questioned_bipolar == "as_not_stabilized")
    return (bipolar_disorder == "not_stabilized") | ((bipolar_disorder == "diagnosis_in_question") & manic)


@condition
def past_untreated(past_attempts, dbt, other_therapy):
    """Attempts form a past pattern, without stabilization after a structured therapy."""
    return past_attempts & ~dbt & ~other_therapy


@condition
def remitted_untreated(bpd_diagnosis, dbt, current_pattern):
    """A remitted diagnosis, without DBT."""
    return (bpd_diagnosis == "past_or_remitted") & ~dbt & ~current_pattern


@condition
def not_at_present(
    bipolar_not_now, suicidal_pattern_now, features, past_untreated, bpd_diagnosis, dbt, other_therapy, current_pattern,
    remitted_untreated, suicidal_ideation, likelihood_of_acting, newer_is_enough, substance_use_disorder, established,
    ocd_preparation, reading,
):  # fmt: skip
    """Whatever was advised against for now."""
    return (
        bipolar_not_now
        | suicidal_pattern_now
        | features
        | (past_untreated & (reading.attempt_pattern_expires == "only_after_dbt"))
        | ((bpd_diagnosis == "current") & ~dbt & ~(other_therapy & ~current_pattern))
        | (remitted_untreated & (reading.remitted_bpd == "lifetime"))
        | ((suicidal_ideation != "none") & (likelihood_of_acting == "likely") & ~newer_is_enough)
        | (substance_use_disorder == "active")
        | ((substance_use_disorder == "in_recovery") & ~established)
        | (ocd_preparation.one_of("not_started", "under_way") & (reading.unprepared_ocd == "defer"))
    )


@condition
def clarify_first(
    psychotic_disorder, bipolar_disorder, past_untreated, past_attempts, other_therapy, suicide_attempts, dbt, bpd_diagnosis,
    current_pattern, remitted_untreated, suicidal_ideation, likelihood_of_acting, newer_is_enough, psychological_assessment,
    outside_scope, reading,
):  # fmt: skip
    """Whatever was to be clarified."""
    return (
        (psychotic_disorder == "secondary_or_unclear")
        | (bipolar_disorder == "diagnosis_in_question")
        | ((bipolar_disorder == "stabilized") & (reading.stabilized_bipolar == "clarify"))
        | past_untreated
        | (past_attempts & other_therapy)
        | ((suicide_attempts == "single") & ~dbt & (reading.single_attempt == "clarify"))
        | (bpd_diagnosis == "suspected")
        | ((bpd_diagnosis == "current") & other_therapy & ~current_pattern)
        | (remitted_untreated & (reading.remitted_bpd == "clarify"))
        | ((suicidal_ideation != "none") & (likelihood_of_acting == "uncertain") & ~newer_is_enough)
        | (psychological_assessment == "incomplete")
        | (outside_scope == "yes")
    )


@condition
def consider_with_conditions(
    bipolar_disorder, dbt, current_pattern, bpd_diagnosis, suicide_attempts, self_injury_or_recklessness, relationship_instability,
    abandonment_fear, established, ocd, reading,
):  # fmt: skip
    """Whatever had conditions."""
    past = (self_injury_or_recklessness == "past") | (relationship_instability == "past") | (abandonment_fear == "past")
    history = bpd_diagnosis.one_of("current", "past_or_remitted") | suicide_attempts.one_of("single", "repeated_past") | past
    return (
        ((bipolar_disorder == "stabilized") & (reading.stabilized_bipolar != "unrestricted"))
        | (dbt & ~current_pattern & history)
        | established
        | (ocd == "yes")
    )


OUTCOMES = {
    Outcome.NOT_RECOMMENDED: not_recommended,
    Outcome.NOT_AT_PRESENT: not_at_present,
    Outcome.CLARIFY_FIRST: clarify_first,
    Outcome.CONSIDER_WITH_CONDITIONS: consider_with_conditions,
}
