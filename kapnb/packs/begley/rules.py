"""The source as rules, in its own order: psychosis and mood, suicide-related, personality-related, substance use, OCD.

P2 to P6 are its paragraphs; the claims (C02 …) are worded in ``ledger.yaml`` beside this file. Rules do not know one another:
the most cautious finding decides, whatever else holds.
"""

from kapnb.engine.outcomes import Basis, Caution, Kind, Outcome, Reason
from kapnb.engine.rules import Writing

NOT_RECOMMENDED, NOT_AT_PRESENT, CLARIFY_FIRST, CONSIDER_WITH_CONDITIONS, MAY_BE_CONSIDERED = Outcome
STATED, INFERRED, READING, SILENT = Basis
DESTABILIZATION, ORDER_OF_TREATMENT, LIKELY_FUTILITY = Caution
NOTE, FAVORABLE = Kind.NOTE, Kind.FAVORABLE

writing = Writing.beside(__file__)
rule, condition = writing.rule, writing.condition


# Paragraph 2, psychosis and mood


@rule(NOT_RECOMMENDED, claims=["C03"], caution=DESTABILIZATION, basis=STATED)
def schizophrenia(psychotic_disorder):
    """Schizophrenia, past or present."""
    return psychotic_disorder == "schizophrenia"


@rule(NOT_RECOMMENDED, claims=["C04"], caution=DESTABILIZATION, basis=STATED)
def other_primary_psychosis(psychotic_disorder):
    """Another primary psychotic disorder, past or present."""
    return psychotic_disorder == "other_primary"


@rule(
    CLARIFY_FIRST,
    reason=Reason.SOURCE_SILENT,
    basis=SILENT,
    under={"secondary_psychosis": {"as_primary": NOT_RECOMMENDED}},
)
def secondary_or_unclear_psychosis(psychotic_disorder):
    """A psychotic disorder that is secondary, or of unclear origin."""
    return psychotic_disorder == "secondary_or_unclear"


@rule(NOT_AT_PRESENT, claims=["C05"], caution=DESTABILIZATION, basis=STATED)
def bipolar_not_stabilized(bipolar_disorder):
    """Bipolar disorder is present and not stabilized."""
    return bipolar_disorder == "not_stabilized"


@rule(NOT_AT_PRESENT, claims=["C05", "C08"], caution=DESTABILIZATION, basis=READING)
def manic_features_with_diagnosis_in_question(bipolar_disorder, mood_shift):
    """The bipolar diagnosis is in question, and mood moves to mania or hypomania."""
    return (bipolar_disorder == "diagnosis_in_question") & (mood_shift == "mania_or_hypomania")


@rule(
    CLARIFY_FIRST,
    claims=["C07", "C08"],
    reason=Reason.DIAGNOSIS_UNSETTLED,
    basis=STATED,
    under={"questioned_bipolar": {"as_not_stabilized": NOT_AT_PRESENT}},
)
def bipolar_diagnosis_in_question(bipolar_disorder):
    """The bipolar diagnosis is in question."""
    return bipolar_disorder == "diagnosis_in_question"


@rule(
    CONSIDER_WITH_CONDITIONS,
    claims=["C06"],
    reason=Reason.SOURCE_SILENT,
    basis=INFERRED,
    under={"stabilized_bipolar": {"clarify": CLARIFY_FIRST, "unrestricted": None}},
)
def bipolar_stabilized(bipolar_disorder):
    """Bipolar disorder is present and stabilized, as the prescriber confirms."""
    return bipolar_disorder == "stabilized"


# Paragraphs 3 and 4, suicide-related and personality-related


@condition
def feature_current(self_injury_or_recklessness, relationship_instability, abandonment_fear):
    """Any one of the three features is current."""
    return (self_injury_or_recklessness == "current") | (relationship_instability == "current") | (abandonment_fear == "current")


@condition
def features(feature_current, self_injury_or_recklessness, relationship_instability, abandonment_fear, bpd_diagnosis, reading):
    """As many of the features are current as the reading asks for."""
    injury, relationships, abandonment = (
        self_injury_or_recklessness == "current",
        relationship_instability == "current",
        abandonment_fear == "current",
    )
    two = (injury & relationships) | (injury & abandonment) | (relationships & abandonment)
    needed = reading.features_needed
    return (
        ((needed == "any_one") & feature_current)
        | ((needed == "two_or_more") & two)
        | ((needed == "with_bpd_diagnosis") & feature_current & (bpd_diagnosis == "current"))
    )


@condition
def feature_past(self_injury_or_recklessness, relationship_instability, abandonment_fear):
    """Any of the three features is past."""
    return (self_injury_or_recklessness == "past") | (relationship_instability == "past") | (abandonment_fear == "past")


@condition
def current_pattern(features, suicide_attempts, suicidal_communication):
    """A destabilizing pattern is current."""
    return features | (suicide_attempts == "repeated_current") | (suicidal_communication == "repeated")


@condition
def past_pattern(suicide_attempts, reading):
    """Attempts form a pattern that is past."""
    return (suicide_attempts == "repeated_past") | (
        (suicide_attempts == "single") & (reading.single_attempt == "counts_as_pattern")
    )


@condition
def dbt(structured_therapy, reading):
    """Stabilized after DBT, or after whatever therapy the reading counts as DBT."""
    return (structured_therapy == "stabilized_after_dbt") | (
        (structured_therapy == "stabilized_after_other_therapy") & (reading.therapy_counted == "any_structured_therapy")
    )


@condition
def other_therapy(structured_therapy, reading):
    """Stabilized after a structured therapy that does not count as DBT."""
    return (structured_therapy == "stabilized_after_other_therapy") & (reading.therapy_counted == "dbt_only")


@rule(NOT_AT_PRESENT, claims=["C11", "C15", "C16"], caution=DESTABILIZATION, basis=STATED)
def current_suicidal_pattern(suicide_attempts, suicidal_communication):
    """Attempts or statements of intent form a current pattern."""
    return (suicide_attempts == "repeated_current") | (suicidal_communication == "repeated")


@rule(NOT_AT_PRESENT, claims=["C15", "C16"], caution=DESTABILIZATION, basis=STATED)
def current_feature(features):
    """One of the listed features is current."""
    return features


@rule(
    NOT_AT_PRESENT,
    claims=["C11"],
    caution=DESTABILIZATION,
    reason=Reason.SOURCE_SILENT,
    basis=READING,
    under={"attempt_pattern_expires": {"with_time": CLARIFY_FIRST}},
)
def past_attempt_pattern(past_pattern, dbt, other_therapy):
    """A pattern of attempts is past, without stabilization after a structured therapy."""
    return past_pattern & ~dbt & ~other_therapy


@rule(CLARIFY_FIRST, claims=["C11", "C17"], caution=DESTABILIZATION, reason=Reason.SOURCE_SILENT, basis=READING)
def past_attempt_pattern_other_therapy(past_pattern, other_therapy):
    """A pattern of attempts is past, with stabilization after a therapy other than DBT."""
    return past_pattern & other_therapy


@rule(CLARIFY_FIRST, claims=["C13"], reason=Reason.SOURCE_SILENT, basis=READING)
def single_attempt(suicide_attempts, dbt, reading):
    """One suicide attempt: not a pattern, yet not nothing."""
    return (suicide_attempts == "single") & ~dbt & (reading.single_attempt == "clarify")


@rule(CLARIFY_FIRST, claims=["C14"], caution=DESTABILIZATION, reason=Reason.DIAGNOSIS_UNSETTLED, basis=READING)
def bpd_suspected(bpd_diagnosis):
    """Borderline personality disorder is suspected, not diagnosed."""
    return bpd_diagnosis == "suspected"


@rule(NOT_AT_PRESENT, claims=["C14", "C16"], caution=DESTABILIZATION, basis=STATED)
def bpd_not_stabilized(bpd_diagnosis, dbt, other_therapy, current_pattern):
    """Borderline personality disorder is diagnosed, without stabilization."""
    return (bpd_diagnosis == "current") & ~dbt & ~(other_therapy & ~current_pattern)


@rule(CLARIFY_FIRST, claims=["C14", "C17"], caution=DESTABILIZATION, reason=Reason.SOURCE_SILENT, basis=READING)
def bpd_stabilized_other_therapy(bpd_diagnosis, other_therapy, current_pattern):
    """Borderline personality disorder is diagnosed, with stabilization after a therapy other than DBT."""
    return (bpd_diagnosis == "current") & other_therapy & ~current_pattern


@rule(
    CLARIFY_FIRST,
    claims=["C14"],
    caution=DESTABILIZATION,
    reason=Reason.SOURCE_SILENT,
    basis=READING,
    under={"remitted_bpd": {"lifetime": NOT_AT_PRESENT, "current_only": None}},
)
def bpd_remitted_untreated(bpd_diagnosis, dbt, current_pattern):
    """A diagnosis of borderline personality disorder is past or remitted, without DBT."""
    return (bpd_diagnosis == "past_or_remitted") & ~dbt & ~current_pattern


@rule(CONSIDER_WITH_CONDITIONS, claims=["C17"], basis=STATED)
def stabilized_after_dbt(dbt, current_pattern, bpd_diagnosis, suicide_attempts, feature_past):
    """After a relevant history, stabilized with DBT, and no pattern is current."""
    relevant = (
        bpd_diagnosis.one_of("current", "past_or_remitted") | suicide_attempts.one_of("single", "repeated_past") | feature_past
    )
    return dbt & ~current_pattern & relevant


@condition
def newer_is_enough(ideation_onset, reading):
    """The ideation is newer, and the reading takes that for enough."""
    return (ideation_onset == "newer") & (reading.relief_condition == "newer_suffices")


@rule(NOT_AT_PRESENT, basis=SILENT)
def likely_to_act(suicidal_ideation, likelihood_of_acting, newer_is_enough):
    """Suicidal ideation that the clinician judges likely to be acted on."""
    return (suicidal_ideation != "none") & (likelihood_of_acting == "likely") & ~newer_is_enough


@rule(CLARIFY_FIRST, claims=["C13"], reason=Reason.ASSESSMENT_INCOMPLETE, basis=READING)
def uncertain_likelihood(suicidal_ideation, likelihood_of_acting, newer_is_enough):
    """Suicidal ideation, and the likelihood of acting is uncertain."""
    return (suicidal_ideation != "none") & (likelihood_of_acting == "uncertain") & ~newer_is_enough


@rule(FAVORABLE, claims=["C09", "C10", "C13"], basis=STATED, stronger_when={"ideation_onset": "newer"})
def ideation_unlikely_to_act(suicidal_ideation, likelihood_of_acting, newer_is_enough, suicide_attempts, suicidal_communication):
    """Suicidal ideation that is unlikely to be acted on, with no attempt and no pattern of stated intent."""
    return (
        (suicidal_ideation != "none")
        & ((likelihood_of_acting == "unlikely") | newer_is_enough)
        & (suicide_attempts == "none")
        & (suicidal_communication == "none_or_isolated")
    )


# Paragraph 5, substance use


@rule(NOT_AT_PRESENT, claims=["C18", "C19"], caution=ORDER_OF_TREATMENT, basis=STATED)
def active_substance_use(substance_use_disorder):
    """A substance use disorder is active."""
    return substance_use_disorder == "active"


@condition
def established(formal_treatment, recovery_lifestyle, reading):
    """Recovery rests on formal treatment and a recovery lifestyle, or on whichever the reading asks for."""
    treatment, lifestyle = formal_treatment == "yes", recovery_lifestyle == "yes"
    return (treatment & lifestyle) | ((reading.recovery_requires == "either") & (treatment | lifestyle))


@rule(NOT_AT_PRESENT, claims=["C18", "C22"], caution=ORDER_OF_TREATMENT, basis=READING)
def recovery_not_established(substance_use_disorder, established):
    """In recovery, and formal treatment or the recovery lifestyle is missing."""
    return (substance_use_disorder == "in_recovery") & ~established


@rule(CONSIDER_WITH_CONDITIONS, claims=["C20", "C21", "C22", "C23"], basis=STATED)
def recovery_established(substance_use_disorder, established):
    """In recovery, with formal treatment and a recovery lifestyle."""
    return (substance_use_disorder == "in_recovery") & established


# Paragraph 6, OCD


@rule(CONSIDER_WITH_CONDITIONS, claims=["C25", "C27"], basis=STATED)
def ocd(ocd):
    """Obsessive-compulsive disorder is present."""
    return ocd == "yes"


@rule(
    CONSIDER_WITH_CONDITIONS,
    claims=["C27", "C28"],
    caution=LIKELY_FUTILITY,
    basis=STATED,
    under={"unprepared_ocd": {"defer": NOT_AT_PRESENT}},
)
def ocd_unprepared(ocd_preparation):
    """Obsessive-compulsive disorder is present, and preparation on the underlying issue is not thorough."""
    return ocd_preparation.one_of("not_started", "under_way")


# The whole case


@rule(CLARIFY_FIRST, claims=["C13"], reason=Reason.ASSESSMENT_INCOMPLETE, basis=READING)
def assessment_incomplete(psychological_assessment):
    """The psychological assessment is incomplete."""
    return psychological_assessment == "incomplete"


@rule(CLARIFY_FIRST, reason=Reason.SOURCE_SILENT, basis=SILENT)
def outside_scope(outside_scope):
    """Something is present that the source does not address."""
    return outside_scope == "yes"


@rule(NOTE, claims=["C07", "C08"], basis=STATED)
def possible_misdiagnosis(bipolar_disorder, developmental_trauma, mood_shift):
    """A bipolar label beside developmental trauma, and mood moves from depression to anxiety or anger."""
    return (bipolar_disorder != "none") & (developmental_trauma == "yes") & (mood_shift == "anxiety_or_anger")


@rule(NOTE, claims=["C15"], basis=READING)
def past_feature(feature_past, feature_current, dbt):
    """A listed feature is past, none is current, and there was no stabilization with DBT."""
    return feature_past & ~feature_current & ~dbt


@rule(NOTE, basis=SILENT)
def facts_disagree(dbt, other_therapy, current_pattern):
    """Recorded as stabilized and, at the same time, as current."""
    return (dbt | other_therapy) & current_pattern


# Paragraph 2, the default


@rule(MAY_BE_CONSIDERED, claims=["C02"], basis=STATED)
def nothing_found(otherwise):
    """No caution of this source applies to what was recorded."""
    return otherwise
