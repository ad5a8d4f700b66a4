"""What an explanation owes its reader: short, ranked, every claim and finding once, and the same words wherever it is drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings

from kapnb import Assessment, assess, explain, fields, load_guidance
from kapnb.engine.ledger import PLACES
from kapnb.engine.outcomes import Basis, Caution, Outcome
from kapnb.text.explanation import MOST_OPEN, MOST_WORDS, Explanation, badges_of, count_words, outcome_line
from kapnb.text.phrases import mark_of, outcome_words
from kapnb.text.words import list_words, words
from kapnb.ui.explanation import write_pane
from tests import oracle
from tests.strategies import EDITIONS, PRACTICE, partial_cases, random_case, readings
from tests.texts import drop_terms

LEDGER = load_guidance("begley").ledger

# --- words ------------------------------------------------------------------------------------------------


def texts(html: str) -> str:
    """What is seen of a page: of a list to choose from, what is chosen."""
    chosen = re.sub(r"<option(?![^>]*selected)[^<]*</option>", "", html)
    return unescape(re.sub(r"<[^>]*>", " ", drop_terms(chosen)))


def count(told: Explanation) -> tuple[int, int]:
    """The words of a whole pane that are open, titles of folds among them, and all of its words."""
    html = str(write_pane(told, tuple(oracle.FIELDS)))
    closed = re.sub(r"(<details[^>]*><summary[^>]*>.*?</summary>).*?</details>", r"\1</details>", html)
    return count_words(texts(closed)), count_words(texts(html))


def find_long(cases: list[tuple[dict[str, str], dict[str, str]]]) -> list[tuple[dict[str, str], int, int]]:
    counted = [(case, *count(explain(assess(case, chosen)))) for case, chosen in cases]
    return [one for one in counted if one[1] > MOST_OPEN or one[2] > MOST_WORDS]


def test_a_practice_case_is_explained_in_few_words() -> None:
    """At most 150 words open and 400 in all, support and help line included; an empty case as well."""
    assert (MOST_OPEN, MOST_WORDS) == (150, 400)
    assert find_long([(case, {}) for case in (*PRACTICE.values(), {})]) == []


def test_a_random_case_is_explained_in_few_words() -> None:
    """Other readings, single and mixed, add a line and a label to the outcome."""
    chance = Random(3)
    assert find_long([(random_case(chance), EDITIONS[seed % 50] if seed % 50 < len(EDITIONS) else {}) for seed in range(100)]) == []


def test_one_word_too_many_would_be_seen() -> None:
    """Planted fault: a lead that goes on and on."""
    told = explain(assess(PRACTICE["V41"]))
    opened, _ = count(told)
    assert count(Explanation(**{name: getattr(told, name) for name in told.__slots__} | {"facts": "word " * 200}))[0] > opened > 100


# --- every claim that touches an answer -------------------------------------------------------------------

_TOUCHED = {
    "psychological_assessment": {"thorough": "C13", "incomplete": "C13"},
    "psychotic_disorder": {"schizophrenia": "C03", "other_primary": "C04"},
    "bipolar_disorder": {"stabilized": "C06", "not_stabilized": "C05", "diagnosis_in_question": "C05 C07 C08"},
    "mood_shift": {"mania_or_hypomania": "C08", "anxiety_or_anger": "C07 C08", "unclear": "C08"},
    "current_mood_episode": {"none": "C06", "depressed": "C06", "manic_hypomanic_or_mixed": "C05"},
    "developmental_trauma": {"yes": "C07"},
    "suicidal_ideation": {"passive": "C09 C10 C11 C13", "active": "C09 C10 C11 C13"},
    "ideation_onset": {"newer": "C09"},
    "likelihood_of_acting": {"unlikely": "C10 C13", "uncertain": "C13", "likely": "C13"},
    "suicide_attempts": {"single": "C13", "repeated_past": "C11", "repeated_current": "C11 C15 C16"},
    "suicidal_communication": {"repeated_past": "C11", "repeated_current": "C11 C15 C16"},
    "bpd_diagnosis": {"current": "C14", "past_or_remitted": "C14", "suspected": "C14"},
    **{name: {"past": "C15", "current": "C15 C16"} for name in ("self_injury_or_recklessness", "relationship_instability")},
    "abandonment_fear": {"past": "C15", "current": "C15 C16"},
    "structured_therapy": dict.fromkeys(
        ("not_started", "in_progress", "completed_not_stabilized", "stabilized_after_dbt", "stabilized_after_other_therapy"), "C17"
    ),
    "substance_use_disorder": {"active": "C18 C19", "in_recovery": "C18 C20 C21 C22 C23"},
    "formal_treatment": {"no": "C18", "yes": "C18"},
    "recovery_lifestyle": {"no": "C18 C22", "yes": "C18 C22"},
    "ocd": {"yes": "C24 C25 C26 C27 C28"},
    "ocd_preparation": {"not_started": "C27 C28", "under_way": "C27 C28", "thorough": "C27 C28"},
}
TOUCHED = [(name, option, claims.split()) for name, options in _TOUCHED.items() for option, claims in options.items()]
"""The claims that speak of an answer by itself, as the guidance words them; of the others none does."""


def named(told: Explanation) -> set[str]:
    return {claim for one in (*told.cards, *told.met) for claim in one.claims}


@pytest.mark.parametrize(("name", "option", "claims"), TOUCHED)
def test_an_answer_alone_has_the_claims_that_speak_of_it(name: str, option: str, claims: list[str]) -> None:
    """From the first answer on, whether or not anything decides."""
    assert set(claims) <= named(explain(assess({name: option})))


def test_of_one_attempt_it_is_said_that_the_article_says_nothing() -> None:
    """As long as nothing is known of a therapy no rule on it holds, and the pattern that the article warns of is another matter."""
    card = next(card for card in explain(assess({"suicide_attempts": "single"})).cards if card.name == "one_attempt")
    assert (card.place, card.basis) == ("left_open", Basis.SILENT)
    for therapy in ("not_started", "stabilized_after_dbt"):
        told = explain(assess({"suicide_attempts": "single", "structured_therapy": therapy}))
        assert "one_attempt" not in {card.name for card in told.cards}


def test_of_no_other_answer_a_claim_speaks_but_the_default() -> None:
    """Of every option of every field: it stands above, or has a card that says that nothing, or nothing of the article, applies."""
    others = {pair: explain(assess(dict([pair]))) for pair in fields.pairs if pair not in {one[:2] for one in TOUCHED}}
    assert {pair for pair, told in others.items() if not told.cards or not named(told) <= {"C02"}} == set()
    assert len(others) + len(TOUCHED) == len(fields.pairs)


def test_every_claim_but_the_first_two_speaks_of_some_answer() -> None:
    """The stance and the default speak of every case; C12 stands beside what it explains."""
    assert {claim for _, _, claims in TOUCHED for claim in claims} == set(LEDGER.claims) - {"C01", "C02", "C12"}


LASTING = [
    ("psychotic_disorder", "schizophrenia", "C03"),
    ("psychotic_disorder", "other_primary", "C04"),
    ("bipolar_disorder", "not_stabilized", "C05"),
    ("developmental_trauma", "yes", "C07"),
    ("ideation_onset", "newer", "C09"),
    ("likelihood_of_acting", "unlikely", "C10"),
    ("suicide_attempts", "repeated_past", "C11"),
    ("suicidal_communication", "repeated_current", "C11"),
    ("psychological_assessment", "thorough", "C13"),
    ("bpd_diagnosis", "current", "C14"),
    ("abandonment_fear", "current", "C15"),
    ("relationship_instability", "past", "C15"),
    ("structured_therapy", "stabilized_after_dbt", "C17"),
    ("substance_use_disorder", "active", "C18"),
    ("formal_treatment", "yes", "C18"),
    ("substance_use_disorder", "in_recovery", "C20"),
    ("recovery_lifestyle", "no", "C22"),
    ("ocd", "yes", "C25"),
    ("ocd_preparation", "thorough", "C28"),
]
"""Claims that speak of an answer whatever else is recorded."""


@settings(max_examples=60)
@given(partial_cases, readings)
def test_a_claim_keeps_its_card_whatever_else_is_recorded(case: dict[str, str], chosen: dict[str, str]) -> None:
    """Also where its rule is ruled out by another answer or by a reading: no answer goes unheard."""
    a = assess(case, chosen)
    answers = {name: given for name, given in a.answers.items() if name not in a.ignored}
    told = named(explain(a))
    assert not [(name, claim) for name, option, claim in LASTING if answers.get(name) == option and claim not in told]


def test_hope_is_on_view_at_once() -> None:
    """Newer passive ideation after a thorough assessment: paragraph 3 is there, though nothing decides yet."""
    case = {"suicidal_ideation": "passive", "ideation_onset": "newer", "psychological_assessment": "thorough"}
    beside = sum(one.always for name, one in fields.items() if name not in oracle.FIELDS)  # what no rule reads
    told = explain(assess(case))
    assert told.title == f"Too early to sum up: 3 of {16 + beside} known"
    hope = told.cards[0]
    assert (hope.place, hope.basis, hope.claims, hope.paragraphs) == ("speaks_for", Basis.STATED, ("C09", "C10"), ("P3",))
    assert not hope.short
    assert "may bring marked relief, perhaps in one session" in hope.text
    assert [one.claims for one in told.met] == [("C13",)]


def test_a_hope_that_something_holds_back_says_so() -> None:
    """Ideation that is newer and unlikely to be acted on, beside a current pattern."""
    told = explain(assess(PRACTICE["V10"] | {"suicidal_communication": "repeated_current", "structured_therapy": "not_started"}))
    (hope,) = [card for card in told.cards if "C10" in card.claims]
    assert hope.held
    assert words("explanation.held") in hope.kicker
    for case_id, claim in (("V12", "C10"), ("V25", "C20")):  # likely to act; recovery without its lifestyle
        assert [card.held for card in explain(assess(PRACTICE[case_id])).cards if claim in card.claims] == [True]


# --- order, and what decides ------------------------------------------------------------------------------


@cache
def told_of_many() -> tuple[tuple[Assessment, Explanation], ...]:
    chance = Random(7)
    ours = [assess(random_case(chance), readings=chance.choice(EDITIONS[:16])) for _ in range(120)]
    return tuple((a, explain(a)) for a in (*map(assess, PRACTICE.values()), assess({}), *ours))


def test_cards_are_ranked() -> None:
    """What decides leads, in full; the others follow in the fixed order, and those in short stand last."""
    for _, told in told_of_many():
        ranks = [(not card.decides, PLACES.index(card.place)) for card in told.cards]
        assert ranks == sorted(ranks)
        assert [card.short for card in told.cards] == sorted(card.short for card in told.cards)


def test_what_decides_is_open_in_full() -> None:
    """The first card of every practice case; only where a case touches nearly everything its name alone is open."""
    assert not [name for name, case in PRACTICE.items() if explain(assess(case)).cards[0].short]
    assert sum(told.cards[0].short for _, told in told_of_many() if told.cards) <= 5


def test_what_decides_is_marked() -> None:
    """Each deciding finding, and where one of several decides, what they have in common."""
    for a, told in told_of_many():
        deciding = {finding.rule for finding in a.deciding} - {"nothing_found"}
        if a.either:
            assert any(card.decides for card in told.cards)
        elif a.settled or a.at_least:
            assert {card.name for card in told.cards if card.decides} == deciding


def test_an_empty_case_has_nothing_to_say() -> None:
    told = explain(assess({}))
    assert (told.title, told.mark, told.cards, told.ask) == (words("explanation.start"), "", (), None)


def test_quiet_answers_leave_the_articles_first_word() -> None:
    """Where it says no more of what is recorded, it says that ketamine treatment can help with most conditions."""
    (card,) = explain(assess({"ocd": "no", "psychotic_disorder": "none"})).cards
    assert (card.claims, card.place) == (("C02",), "speaks_for")


def test_what_the_article_hopes_stands_before_what_it_says_of_most_conditions() -> None:
    """Where no caution applies, the sentence of the paragraph that speaks of the case leads."""
    assert [card.name for card in explain(assess(PRACTICE["V10"])).cards] == ["ideation_may_ease", "nothing_found"]


@pytest.mark.parametrize(
    ("case_id", "said", "unsaid"),
    [
        ("V02", "advises against it with this history", ""),
        ("V21", "For now, the article advises against it: stability first.", ""),
        ("V22", "does not advise against it. It puts treatment first.", "advises against it:"),
        ("V41", "As we see it, first understand the attempt", "advises"),
    ],
)
def test_the_line_under_an_outcome_follows_its_kind_of_caution(case_id: str, said: str, unsaid: str) -> None:
    """Paragraph 5 says "first", not "against"; where the article is silent, the line is ours."""
    line = explain(assess(PRACTICE[case_id])).lines[0].text
    assert said in line
    assert not unsaid or unsaid not in line


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            {"substance_use_disorder": "active", "bpd_diagnosis": "current"},
            "On what decides, the article does not advise against it.",
        ),
        ({"bpd_diagnosis": "current"}, "asks for caution, and leaves the outcome open"),
        ({"ocd": "no"}, "Nothing known so far rules KAP out."),
    ],
)
def test_the_line_under_an_outcome_does_not_contradict_a_card(answers: Mapping[str, str], said: str) -> None:
    """A card may say that the article advises against KAP where another answer decides, or where none does yet."""
    told = explain(assess(answers))
    assert said in told.lines[0].text
    assert any("advises against it" in card.text for card in told.cards) is ("bpd_diagnosis" in answers)


def test_each_mix_of_cautions_has_its_line() -> None:
    """By the author or by us; of three kinds the first two are named."""
    mixes = ("care", *Caution, *map("_and_".join, combinations(Caution, 2)))
    assert {f"lead.{mix}{ours}" for mix in mixes for ours in ("", "_ours")} <= list_words("explanation").keys()


def test_the_article_gives_no_answer_is_a_label_of_its_own() -> None:
    told = explain(assess(PRACTICE["V41"]))
    assert (told.title, told.mark) == ("The article gives no answer", "na")
    assert mark_of(Outcome.CLARIFY_FIRST) == "cf"


def test_what_comes_first_is_what_is_missing() -> None:
    """Where only treatment is missing, only treatment is named; where only the lifestyle is, only that."""

    def first(**answers: str) -> str:
        told = explain(assess({"substance_use_disorder": "in_recovery", **answers}))
        names = {"treatment_first", "recovery_not_established", "recovery_without_treatment"}
        return next(card.text for card in told.cards if card.name in names)

    assert "formal treatment" in first(formal_treatment="no", recovery_lifestyle="yes")
    assert "lifestyle" not in first(formal_treatment="no", recovery_lifestyle="yes")
    assert "lifestyle" in first(formal_treatment="yes", recovery_lifestyle="no")
    assert "treatment" not in first(formal_treatment="yes", recovery_lifestyle="no")


# --- once, and whole --------------------------------------------------------------------------------------


def test_nothing_is_said_twice() -> None:
    """No card, and no line behind one, stands twice."""
    for _, told in told_of_many():
        said = [card.text for card in told.cards] + [one.text for one in told.met]
        assert len(said) == len(set(said))
        for card in told.cards:
            assert card.text not in card.more


def test_a_met_request_is_one_line() -> None:
    """Preparation, treatment and lifestyle, assessment: recorded, and no longer a card."""
    told = explain(assess(PRACTICE["V41"]))
    assert [one.text for one in told.met] == ["Thorough assessment", "Treatment and a recovery lifestyle"]
    assert not {"assessment", "treatment_first"} & {card.name for card in told.cards}


def test_conditions_are_never_left_out() -> None:
    """Where the outcome is "consider, with conditions", each condition is one step away, whatever else is."""
    for a, told in told_of_many():
        if a.outcome is Outcome.CONSIDER_WITH_CONDITIONS:
            behind = "\n".join(text for card in told.cards for text in card.more)
            assert all(one in behind for finding in a.deciding for one in LEDGER.words[finding.rule].conditions)


def test_what_decides_whichever_finding_holds_is_about_the_answers() -> None:
    """Not a card that names the same claim because of another answer; and nothing is said twice."""
    answers = {"suicidal_ideation": "passive", "likelihood_of_acting": "likely", "psychological_assessment": "incomplete"}
    (card,) = [card for card in explain(assess(answers)).cards if card.decides]
    assert card.text == words("explanation.either", briefs=LEDGER.words["likely_to_act"].brief)


def test_the_opinion_on_ocd_comes_with_what_differs() -> None:
    """C26 is attributed and contrasted in the same breath."""
    (card,) = [card for card in explain(assess({"ocd": "yes"})).cards if card.name == "ocd"]
    said = next(text for text in card.more if "best treatment" in text)
    assert "In her opinion" in said
    assert "First-line guidelines differ" in said


# --- what to ask next, what would change it, readings -----------------------------------------------------


def test_the_next_question_is_the_ranked_one_and_says_what_it_decides() -> None:
    """The same everywhere; between two different ends, or whether one stays possible."""
    for a, told in told_of_many():
        assert (told.ask.field if told.ask else None) == (a.next_questions[0].field if a.answers and a.next_questions else None)
        if told.ask:
            assert re.match(
                r"Because the answer decides (between (.+) and (?!\2\.).+|whether “.+” stays possible)\.$", told.ask.because
            )


def test_a_change_leads_where_it_says() -> None:
    """Each row of the table is a way of the assessment, with the outcome that it leads to."""
    for a, told in told_of_many():
        if told.changes:
            led = {outcome_words(way.outcome) for way in a.changes} | {words("outcomes.no_answer")}
            assert all(any(row.outcome.startswith(one) for one in led) for row in told.changes)


def test_twins_differ_in_one_answer_and_end_elsewhere() -> None:
    for a, told in told_of_many():
        for row in told.twins:
            twin = assess({**a.answers, row.about: row.choice}, dict(a.edition.changed))
            assert twin.outcome is not a.outcome
            assert row.outcome.startswith(outcome_words(twin.outcome, twin.reasons[:1]))
            assert row.mark == mark_of(twin.outcome, twin.reasons)


def test_a_reading_says_its_direction_and_where_it_leads() -> None:
    """One attempt as a pattern: stricter, and then not at present."""
    (hinge,) = explain(assess(PRACTICE["V41"])).readings
    assert hinge.now == "Now: Clarify first (stricter)."
    assert [(row.said, row.outcome) for row in hinge.rows] == [
        ("Counts as a pattern (stricter)", outcome_words(Outcome.NOT_AT_PRESENT))
    ]


def test_the_gap_in_the_order_of_caution_is_said_where_the_reading_is() -> None:
    """Any episode as a sign of instability treats a stabilized, depressed person more cautiously than one in question."""
    case = PRACTICE["V05"] | {"bipolar_disorder": "stabilized", "current_mood_episode": "depressed"}
    hinges = {hinge.name: hinge for hinge in explain(assess(case)).readings}
    (row,) = hinges["unstabilized_bipolar"].rows
    assert "more caution than one whose label is in question" in row.more


def test_an_unusual_reading_stands_beside_the_outcome() -> None:
    told = explain(assess(PRACTICE["V41"], {"single_attempt": "counts_as_pattern"}))
    assert [badge.kind for badge in told.lines[0].badges] == ["reading"]
    assert told.lines[-1].text == words("explanation.usual", outcome=words("outcomes.no_answer"))


# --- drawn as it is ---------------------------------------------------------------------------------------


def test_the_pane_has_every_word_and_no_ladder() -> None:
    """Cards, what is behind them, folds; five outcomes as marks and words, never as steps."""
    for a, told in told_of_many():
        html = str(write_pane(told, tuple(oracle.FIELDS)))
        shown = " ".join(texts(html).split())
        wanted = [told.title, told.facts, *(line.text for line in told.lines)]
        wanted += [text for card in told.cards for text in (card.text, *card.more)]
        wanted += [text for row in (*told.changes, *told.twins) for text in (row.said, row.outcome)]
        wanted += [*told.missing, *told.prompts, *told.doubts, *(hinge.question for hinge in told.readings)]
        assert not [text for text in wanted if " ".join(text.split()) not in shown]
        assert 'class="scale' not in html
        assert f'class="om {told.mark}"' in html if told.mark else outcome_line(a) in html


def test_the_first_paragraph_is_named_in_full() -> None:
    """On the page, in text and on paper; those after it by the sign that stands for the word."""
    sign, full = (words(f"explanation.{key}", number="") for key in ("paragraph", "paragraph_full"))
    for name in ("V41", "V16", "V09"):
        told = explain(assess(PRACTICE[name]))
        shown = str(write_pane(told, ()))
        assert shown.count(f">{full}") == 1
        assert shown.index(f">{full}") < shown.index(f">{sign}")
        named = [badge.text for badges in badges_of(told.cards) for badge in badges if badge.kind == "paragraph"]
        assert [text.startswith(full) for text in named] == [True, *[False] * (len(named) - 1)]


def test_only_what_decides_has_a_bar() -> None:
    for _, told in told_of_many():
        html = str(write_pane(told, ()))
        assert len(re.findall(r'class="(?:fc|one) dec"', html)) == sum(card.decides for card in told.cards)


def test_a_question_that_is_not_on_view_has_no_button() -> None:
    told = explain(assess({"ocd": "no"}))
    assert told.ask
    assert f'data-go="{told.ask.field}"' in str(write_pane(told, (told.ask.field,)))
    assert "data-go" not in str(write_pane(told, ()))


def test_every_rule_and_card_is_worded_short() -> None:
    """A card in at most 20 words, a name in at most 4, what is left out in at most 25."""
    for said in LEDGER.words.values():
        assert count_words(said.card) <= 20
        assert count_words(said.brief) <= 4
        assert count_words(said.text) <= 25
    for card in LEDGER.cards:
        assert max(count_words(text) for text in (card.text, *(one.text for one in card.variants))) <= 20
        assert count_words(card.brief) <= 4
        assert count_words(card.more) <= 25


def test_a_card_keeps_the_modality_of_its_claims() -> None:
    """The words by which the article limits what it says stand in the card of its claims, or behind it."""
    for card in LEDGER.cards:
        said = f"{card.text} {card.more}"
        for claim in card.claims:
            assert all(word in said for word in LEDGER.claims[claim].modal), (card.name, claim)
