"""The article as rules, in its own order: psychosis and mood, suicide-related, personality-related, substance use, OCD.

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


@rule(CLARIFY_FIRST, reason=Reason.SOURCE_SILENT, basis=SILENT, under={"secondary_psychosis": {"as_primary": NOT_RECOMMENDED}})
def secondary_or_unclear_psychosis(psychotic_disorder):
    """A psychotic disorder that is secondary, or of unclear origin."""
    return psychotic_disorder == "secondary_or_unclear"


@rule(NOT_AT_PRESENT, claims=["C05"], caution=DESTABILIZATION, basis=STATED)
def bipolar_not_stabilized(bipolar_disorder):
    """Bipolar disorder is present and not stabilized."""
    return bipolar_disorder == "not_stabilized"


@condition
def elevated(current_mood_episode):
    """A manic, hypomanic or mixed episode is present."""
    return current_mood_episode == "manic_hypomanic_or_mixed"


@condition
def episode_counts(current_mood_episode, elevated, reading):
    """An episode is present that speaks against stability, as the reading has it."""
    return elevated | ((current_mood_episode == "depressed") & (reading.unstabilized_bipolar == "any_episode"))


@rule(NOT_AT_PRESENT, claims=["C05"], caution=DESTABILIZATION, basis=READING)
def bipolar_episode_now(bipolar_disorder, episode_counts):
    """Bipolar disorder is recorded as stabilized, and an episode is present that speaks against it."""
    return (bipolar_disorder == "stabilized") & episode_counts


@rule(NOT_AT_PRESENT, claims=["C05", "C08"], caution=DESTABILIZATION, basis=READING)
def manic_features_with_diagnosis_in_question(bipolar_disorder, mood_shift, elevated):
    """The bipolar diagnosis is in question, and there is mania or hypomania, now or after a depression."""
    return (bipolar_disorder == "diagnosis_in_question") & ((mood_shift == "mania_or_hypomania") | elevated)


@rule(
    CLARIFY_FIRST,
    claims=["C07", "C08"],
    reason=Reason.DIAGNOSIS_UNSETTLED,
    basis=READING,
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
def bipolar_stabilized(bipolar_disorder, episode_counts):
    """Bipolar disorder is present and stabilized, as the prescriber confirms, and no episode speaks against it."""
    return (bipolar_disorder == "stabilized") & ~episode_counts


# Paragraphs 3 and 4, suicide-related and personality-related


@condition
def feature_current(self_injury_or_recklessness, relationship_instability, abandonment_fear):
    """One of the three features, or more, is current."""
    return (self_injury_or_recklessness == "current") | (relationship_instability == "current") | (abandonment_fear == "current")


@condition
def two_current(self_injury_or_recklessness, relationship_instability, abandonment_fear):
    """Two or three of the features are current."""
    injury, relationships, abandonment = (
        self_injury_or_recklessness == "current",
        relationship_instability == "current",
        abandonment_fear == "current",
    )
    return (injury & relationships) | (injury & abandonment) | (relationships & abandonment)


@condition
def may_count(bpd_diagnosis, reading):
    """Features count without a diagnosis, unless the reading asks for one."""
    return (reading.features_needed != "with_bpd_diagnosis") | (bpd_diagnosis == "current")


@condition
def features(feature_current, two_current, may_count, reading):
    """As many features are current as the reading asks for."""
    return may_count & (two_current | (feature_current & (reading.features_needed != "two_or_more")))


@condition
def known_history(self_injury_or_recklessness, relationship_instability, abandonment_fear, features, reading):
    """A feature is past, or current without counting, and the features do not count as current."""
    never = (self_injury_or_recklessness == "none") & (relationship_instability == "none") & (abandonment_fear == "none")
    return ~never & ~features & (reading.past_features == "same_condition")


@condition
def suicidal_pattern_now(suicide_attempts, suicidal_communication):
    """Attempts or statements of intent form a current pattern."""
    return (suicide_attempts == "repeated_current") | (suicidal_communication == "repeated_current")


@condition
def current_pattern(features, suicidal_pattern_now):
    """A destabilizing pattern is current."""
    return features | suicidal_pattern_now


@condition
def past_attempts(suicide_attempts, reading):
    """Attempts form a pattern that is past; a single one where the reading counts it so."""
    return (suicide_attempts == "repeated_past") | (
        (suicide_attempts == "single") & (reading.single_attempt == "counts_as_pattern")
    )


@condition
def past_pattern(past_attempts, suicidal_communication):
    """Attempts or statements of intent form a pattern that is past."""
    return past_attempts | (suicidal_communication == "repeated_past")


@condition
def past_pattern_expired(past_attempts, last_attempt, reading):
    """The reading lets a past pattern expire, and no past attempts are recorded or the last one is over a year ago."""
    return (reading.attempt_pattern_expires == "with_time") & (~past_attempts | (last_attempt == "over_a_year_ago"))


@condition
def attempt_is_recent(last_attempt):
    """The last attempt is within three months."""
    return last_attempt == "within_three_months"


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


@condition
def therapy_unfinished(structured_therapy):
    """A structured therapy is in progress, or was completed without stabilization."""
    return structured_therapy.one_of("in_progress", "completed_not_stabilized")


@condition
def remitted(bpd_diagnosis, reading):
    """A diagnosis of borderline personality disorder is past or remitted, and the reading still counts it."""
    return (bpd_diagnosis == "past_or_remitted") & (reading.remitted_bpd != "current_only")


@rule(NOT_AT_PRESENT, claims=["C11", "C15", "C16"], caution=DESTABILIZATION, basis=STATED)
def current_suicidal_pattern(suicidal_pattern_now):
    """Attempts or statements of intent form a current pattern."""
    return suicidal_pattern_now


@rule(NOT_AT_PRESENT, claims=["C15", "C16"], caution=DESTABILIZATION, basis=STATED)
def current_features(two_current, may_count):
    """Two or three of the listed features are current."""
    return two_current & may_count


@rule(NOT_AT_PRESENT, claims=["C15", "C16"], caution=DESTABILIZATION, basis=READING)
def one_current_feature(features, two_current):
    """Exactly one of the listed features is current."""
    return features & ~two_current


@rule(NOT_AT_PRESENT, claims=["C13"], basis=SILENT)
def recent_attempt(attempt_is_recent):
    """A suicide attempt within the last three months."""
    return attempt_is_recent


@rule(
    NOT_AT_PRESENT,
    claims=["C11"],
    caution=DESTABILIZATION,
    reason=Reason.SOURCE_SILENT,
    basis=READING,
    where={CLARIFY_FIRST: past_pattern_expired},
)
def past_suicidal_pattern(past_pattern, dbt, other_therapy):
    """A pattern of attempts or statements of intent is past, without stabilization after a structured therapy."""
    return past_pattern & ~dbt & ~other_therapy


@rule(CLARIFY_FIRST, claims=["C11", "C17"], caution=DESTABILIZATION, reason=Reason.SOURCE_SILENT, basis=READING)
def past_suicidal_pattern_other_therapy(past_pattern, other_therapy):
    """A pattern of attempts or statements of intent is past, with stabilization after a therapy other than DBT."""
    return past_pattern & other_therapy


@rule(CLARIFY_FIRST, claims=["C13"], reason=Reason.SOURCE_SILENT, basis=READING)
def single_attempt(suicide_attempts, dbt, reading):
    """One suicide attempt, which is no pattern but matters."""
    return (suicide_attempts == "single") & ~dbt & (reading.single_attempt == "clarify")


@rule(CONSIDER_WITH_CONDITIONS, claims=["C17"], basis=READING)
def single_attempt_after_dbt(suicide_attempts, dbt, reading):
    """One suicide attempt, with stabilization after DBT."""
    return (suicide_attempts == "single") & dbt & (reading.single_attempt == "clarify")


@rule(CLARIFY_FIRST, claims=["C14"], caution=DESTABILIZATION, reason=Reason.DIAGNOSIS_UNSETTLED, basis=READING)
def bpd_suspected(bpd_diagnosis):
    """Borderline personality disorder is suspected, not diagnosed."""
    return bpd_diagnosis == "suspected"


@rule(NOT_AT_PRESENT, claims=["C14", "C16"], caution=DESTABILIZATION, basis=STATED)
def bpd_not_stabilized(bpd_diagnosis, dbt, other_therapy, current_pattern):
    """Borderline personality disorder is diagnosed, and not stabilized."""
    return (bpd_diagnosis == "current") & ~dbt & ~(other_therapy & ~current_pattern)


@rule(CLARIFY_FIRST, claims=["C14", "C17"], caution=DESTABILIZATION, reason=Reason.SOURCE_SILENT, basis=READING)
def bpd_stabilized_other_therapy(bpd_diagnosis, remitted, other_therapy, current_pattern):
    """A diagnosis of borderline personality disorder, current or remitted, with stabilization after a therapy other than DBT."""
    return other_therapy & (remitted | ((bpd_diagnosis == "current") & ~current_pattern))


@rule(
    NOT_AT_PRESENT,
    claims=["C14"],
    caution=DESTABILIZATION,
    reason=Reason.SOURCE_SILENT,
    basis=STATED,
    under={"remitted_bpd": {"clarify": CLARIFY_FIRST}},
)
def bpd_remitted(remitted, dbt, other_therapy):
    """A diagnosis of borderline personality disorder is past or remitted, without stabilization after a structured therapy."""
    return remitted & ~dbt & ~other_therapy


@rule(
    CONSIDER_WITH_CONDITIONS,
    claims=["C15", "C17"],
    caution=DESTABILIZATION,
    reason=Reason.ASSESSMENT_INCOMPLETE,
    basis=READING,
    where={CLARIFY_FIRST: therapy_unfinished},
)
def known_feature(known_history, dbt):
    """A listed feature is known but does not count as current, without stabilization after DBT."""
    return known_history & ~dbt


@rule(CONSIDER_WITH_CONDITIONS, claims=["C17"], basis=STATED)
def stabilized_after_dbt(dbt, current_pattern, bpd_diagnosis, remitted, past_pattern, known_history):
    """Such a history, stabilized after DBT, with no current pattern."""
    return dbt & ~current_pattern & ((bpd_diagnosis == "current") | remitted | past_pattern | known_history)


@condition
def newer_is_enough(ideation_onset, reading):
    """The ideation is newer, and the reading takes that for enough."""
    return (ideation_onset == "newer") & (reading.relief_condition == "newer_suffices")


@rule(
    NOT_AT_PRESENT,
    claims=["C09", "C13"],
    reason=Reason.ASSESSMENT_INCOMPLETE,
    basis=READING,
    under={"relief_condition": {"newer_suffices": CLARIFY_FIRST}},
)
def newer_ideation_likely_to_act(ideation_onset, likelihood_of_acting):
    """Newer suicidal ideation that the clinician judges likely to be acted on."""
    return (ideation_onset == "newer") & (likelihood_of_acting == "likely")


@rule(NOT_AT_PRESENT, claims=["C13"], basis=SILENT)
def likely_to_act(ideation_onset, likelihood_of_acting):
    """Longstanding suicidal ideation that the clinician judges likely to be acted on."""
    return (ideation_onset == "longstanding") & (likelihood_of_acting == "likely")


@rule(CLARIFY_FIRST, claims=["C13"], reason=Reason.ASSESSMENT_INCOMPLETE, basis=READING)
def uncertain_likelihood(suicidal_ideation, likelihood_of_acting, newer_is_enough):
    """Suicidal ideation, with an uncertain likelihood of acting."""
    return (suicidal_ideation != "none") & (likelihood_of_acting == "uncertain") & ~newer_is_enough


@rule(
    FAVORABLE,
    claims=["C09", "C10", "C13"],
    basis=STATED,
    cited_when={"C09": {"ideation_onset": "newer"}, "C10": {"likelihood_of_acting": "unlikely"}},
)
def ideation_may_ease(
    suicidal_ideation,
    likelihood_of_acting,
    newer_is_enough,
    past_attempts,
    suicide_attempts,
    suicidal_communication,
    attempt_is_recent,
):
    """Suicidal ideation that is unlikely to be acted on, with no pattern and no recent attempt."""
    return (
        (suicidal_ideation != "none")
        & ((likelihood_of_acting == "unlikely") | (newer_is_enough & (likelihood_of_acting != "likely")))
        & suicide_attempts.one_of("none", "single")
        & ~past_attempts
        & (suicidal_communication == "none_or_isolated")
        & ~attempt_is_recent
    )


# Paragraph 5, substance use


@rule(NOT_AT_PRESENT, claims=["C18", "C19"], caution=ORDER_OF_TREATMENT, basis=STATED)
def active_substance_use(substance_use_disorder):
    """A substance use disorder is active."""
    return substance_use_disorder == "active"


@condition
def established(formal_treatment, recovery_lifestyle, reading):
    """Recovery has formal treatment and a recovery lifestyle, or one of them where the reading asks for no more."""
    treatment, lifestyle = formal_treatment == "yes", recovery_lifestyle == "yes"
    return (treatment & lifestyle) | ((reading.recovery_requires == "either") & (treatment | lifestyle))


@rule(NOT_AT_PRESENT, claims=["C18", "C22"], caution=ORDER_OF_TREATMENT, basis=READING)
def recovery_not_established(recovery_lifestyle, established):
    """In recovery, without a recovery lifestyle."""
    return (recovery_lifestyle == "no") & ~established


@rule(
    CLARIFY_FIRST,
    claims=["C18"],
    caution=ORDER_OF_TREATMENT,
    reason=Reason.SOURCE_SILENT,
    basis=READING,
    under={"recovery_requires": {"both": NOT_AT_PRESENT}},
)
def recovery_without_treatment(recovery_lifestyle, established):
    """In recovery, with a recovery lifestyle but without formal treatment."""
    return (recovery_lifestyle == "yes") & ~established


@rule(CONSIDER_WITH_CONDITIONS, claims=["C20", "C21", "C22", "C23"], basis=STATED)
def recovery_established(established):
    """In recovery, with formal treatment and a recovery lifestyle."""
    return established


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
    """Obsessive-compulsive disorder is present, without thorough preparation on the underlying issue."""
    return ocd_preparation.one_of("not_started", "under_way")


# The whole case


@rule(CLARIFY_FIRST, claims=["C13"], reason=Reason.ASSESSMENT_INCOMPLETE, basis=READING)
def assessment_incomplete(psychological_assessment):
    """The psychological assessment is incomplete."""
    return psychological_assessment == "incomplete"


@rule(CLARIFY_FIRST, reason=Reason.SOURCE_SILENT, basis=SILENT)
def outside_scope(outside_scope):
    """Something here is not covered by the article."""
    return outside_scope == "yes"


@rule(NOTE, claims=["C07", "C08"], basis=STATED)
def possible_misdiagnosis(bipolar_disorder, developmental_trauma, mood_shift):
    """A bipolar label and developmental trauma, with mood going from depression to anxiety or anger."""
    return (bipolar_disorder != "none") & (developmental_trauma == "yes") & (mood_shift == "anxiety_or_anger")


@rule(NOTE, basis=SILENT)
def facts_disagree(
    dbt, other_therapy, current_pattern, attempt_is_recent, suicide_attempts, last_attempt, bipolar_disorder, current_mood_episode
):
    """Recorded both as settled and as current."""
    return (
        ((dbt | other_therapy) & (current_pattern | attempt_is_recent))
        | ((suicide_attempts == "repeated_current") & (last_attempt == "over_a_year_ago"))
        | ((bipolar_disorder == "stabilized") & (current_mood_episode == "manic_hypomanic_or_mixed"))
    )


# Paragraph 2, the default


@rule(MAY_BE_CONSIDERED, claims=["C02"], basis=STATED)
def nothing_found(otherwise):
    """None of the article's cautions applies."""
    return otherwise
