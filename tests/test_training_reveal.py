"""What is told after a lock: verdict, difference, twin, follow-ups, looking back; each in its turn, and nothing as wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest

from kapnb.engine.outcomes import Basis, Outcome
from kapnb.engine.outcomes import Kind as Effect
from kapnb.group.judgments import Judgment, spread
from kapnb.text.blocks import as_text
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.interview import review
from kapnb.training.library import FollowUp, Library
from kapnb.training.looking_back import FROM, look_back
from kapnb.training.offers import find_told
from kapnb.training.reveal import Reveal, ask, assess_change, count_responses, explain_reveal
from kapnb.training.session import Training, begin, choose, go_to, interview, keep_known, put_question, respond, set_aside
from tests.bundled import LIBRARY as BUNDLED
from tests.test_language import FORBIDDEN, matches
from tests.training import (
    ASKED,
    ATTEMPT,
    EDITION,
    FIELDS,
    LIBRARY,
    OPEN,
    PATTERN,
    QUIET,
    TIRED,
    VOICES,
    WISH,
    change,
    gather,
    judge,
    list_blocks,
    make,
)

USE_AND_OPEN = OPEN | {"substance_use_disorder": "active"}
RULES = [rule.name for rule in EDITION.rules]
VERDICT = re.compile(
    r"\b(right|wrong|correct|incorrect|mistake\w*|error\w*|missed|better|worse|passed(?! over)|failed)\b", re.IGNORECASE
)


def shown(case: Mapping[str, str], outcome: Outcome, finding: str, own: Mapping[str, str] | None = None) -> Reveal:
    """What is revealed of a judgment of a case."""
    library = gather(make("A1", case))
    return explain_reveal(judge(begin(library, library), str(outcome), finding, own), library)


# --- one sentence, whose view it is, and what decides ---------------------------------------------------


@pytest.mark.parametrize(
    ("case", "outcome", "basis", "said"),
    [
        (PATTERN, Outcome.CONSIDER_WITH_CONDITIONS, Basis.STATED, "with conditions; the article says “Not at present"),
        (PATTERN, Outcome.NOT_AT_PRESENT, Basis.STATED, "not offer KAP at present; the article says the same: attempts"),
        (
            QUIET | {"psychological_assessment": "incomplete"},
            Outcome.CLARIFY_FIRST,
            Basis.READING,
            "; as we read it, the article says the same: the psych",
        ),
        (QUIET | {"psychological_assessment": "incomplete"}, Outcome.MAY_BE_CONSIDERED, Basis.READING, "we read the article as “C"),
        (ATTEMPT, Outcome.CLARIFY_FIRST, Basis.READING, "the article gives no answer: one suicide attempt"),
        (ATTEMPT | {"last_attempt": "within_three_months"}, Outcome.CLARIFY_FIRST, Basis.SILENT, "the article does not cover"),
        (
            QUIET,
            Outcome.NOT_RECOMMENDED,
            Basis.STATED,
            "none of the article's cautions applies, so “May be considered”, which is not",
        ),
        (
            USE_AND_OPEN,
            Outcome.NOT_AT_PRESENT,
            Basis.STATED,
            "; the article says at least the same: a substance use disorder is active",
        ),
        (USE_AND_OPEN, Outcome.MAY_BE_CONSIDERED, Basis.STATED, "; the article says at least “Not at present”: a substance"),
        (OPEN, Outcome.MAY_BE_CONSIDERED, None, "Not settled: psychotic disorder"),
        (OPEN, Outcome.CLARIFY_FIRST, None, "and so would we: too little is known"),
    ],
)
def test_both_judgments_are_told_in_one_sentence_with_whose_view_it_is(
    case: dict[str, str], outcome: Outcome, basis: Basis | None, said: str
) -> None:
    """What is ours is never told as the author's."""
    verdict = shown(case, outcome, "").verdict
    assert verdict.basis is basis
    assert said in verdict.text
    assert (basis is Basis.STATED) is bool(re.search(r"; the article says|none of the article's", verdict.text))


def test_every_verdict_of_the_library_is_one_short_sentence() -> None:
    """Whatever is judged of any vignette; each names a paragraph unless the article is silent or too little is known."""
    library = BUNDLED
    for name in library:
        for outcome in (Outcome.MAY_BE_CONSIDERED, EDITION.assess(library[name].answers).outcome):
            verdict = explain_reveal(judge(begin(library, [name]), str(outcome)), library).verdict
            assert len(verdict.text.split()) <= 45, verdict.text
            assert not VERDICT.search(verdict.text), verdict.text
            assert bool(verdict.paragraphs) or verdict.basis in {Basis.SILENT, None}
            assert ("from paragraph" in verdict.where) is (bool(verdict.paragraphs) and verdict.basis is not Basis.SILENT)


def test_a_vignette_says_in_its_own_words_what_decides_and_only_while_that_decides() -> None:
    """Under another reading something else decides, and the sentence of the file would be untrue."""
    one = replace(LIBRARY["A2"], twin="", deciding=("single_attempt",), because="the winter is not told")
    library = gather(one)
    assert "no answer, because the winter is not told." in explain_reveal(judge(begin(library, library)), library).verdict.text
    changed = Library(EDITION.guidance.bind({"single_attempt": "counts_as_pattern"}), library)
    assert "winter" not in explain_reveal(judge(begin(changed, changed)), changed).verdict.text


def test_where_a_hopeful_finding_holds_the_verdict_names_its_paragraph() -> None:
    """A wish to die that is newer, and no caution: the case is about paragraph 3, and not the general view alone."""
    assert shown(WISH, Outcome.MAY_BE_CONSIDERED, "").verdict.paragraphs == ("P2", "P3")
    assert shown(QUIET, Outcome.MAY_BE_CONSIDERED, "").verdict.paragraphs == ("P2",)


def test_what_decides_is_told_by_its_place_in_the_story() -> None:
    """As the vignette names it, word for word; and nothing where it names nothing."""
    sentence = "Nobody has asked how the winter was."
    library = gather(make("A1", ATTEMPT, decides=(sentence,)))
    (place,) = explain_reveal(judge(begin(library, library)), library).decides
    assert library["A1"].story[place.start : place.end] == sentence
    assert shown(ATTEMPT, Outcome.CLARIFY_FIRST, "").decides == ()


def test_a_prediction_is_compared_as_such() -> None:
    """It says nothing of the judgment, and the judgment nothing of it."""
    for prediction, key in (("clarify_first", "predicted_alike"), ("not_at_present", "predicted_otherwise")):
        training = judge(choose(go_to(begin(LIBRARY, LIBRARY), "A2"), "prediction", prediction), "consider_with_conditions")
        found = explain_reveal(training, LIBRARY)
        assert found.prediction == words(f"training.{key}", outcome=outcome_words(Outcome(prediction)))
    assert shown(ATTEMPT, Outcome.CLARIFY_FIRST, "").prediction == ""


# --- where one differs ----------------------------------------------------------------------------------

CASE = ATTEMPT | {"ocd": "yes", "ocd_preparation": "thorough"}


@pytest.mark.parametrize(
    ("outcome", "finding", "own", "told"),
    [
        ("clarify_first", "single_attempt", {}, None),
        ("clarify_first", "", {}, None),
        ("not_recommended", "schizophrenia", {}, "Your reason"),
        ("clarify_first", "bpd_suspected", {}, "Your reason"),
        ("not_at_present", "past_suicidal_pattern", {"suicide_attempts": "repeated_past"}, "Where you differ: a fact"),
        ("not_recommended", "schizophrenia", {"suicide_attempts": "single"}, "Where you differ: a rule"),
        ("consider_with_conditions", "ocd", {"suicide_attempts": "single"}, "Where you differ: what weighs most"),
        ("consider_with_conditions", "ocd", {"suicide_attempts": "repeated_past"}, "a fact and what weighs most"),
        ("may_be_considered", "", {}, None),
    ],
)
def test_a_difference_is_told_by_what_it_lies_in(outcome: str, finding: str, own: Mapping[str, str], told: str | None) -> None:
    """As :mod:`kapnb.group.differences` locates it, which has tests of its own; where it cannot be located, nothing is said."""
    found = shown(CASE, Outcome(outcome), finding, own).difference
    assert (found is None) is (told is None)
    if found and told:
        assert told in found.title
        assert 1 <= len(found.lines) <= 5


def test_what_was_not_asked_for_is_no_difference() -> None:
    """Of the facts on which the case turns only those recorded count; what is left open is read as we read it."""
    library = gather(make("A1", CASE))
    attempt = judge(begin(library, library), "not_at_present", "past_suicidal_pattern", {"suicide_attempts": "repeated_past"})
    (fact,) = [one for one in explain_reveal(attempt, library).located.facts if one.rater is not None]
    assert (fact.field, fact.table, fact.rater) == ("suicide_attempts", "single", "repeated_past")
    found = explain_reveal(attempt, library).difference
    assert found
    assert found.lines[0].text == "Suicide attempts: you read “Repeated, past”. We read “One”."


# --- what is shown beside it -------------------------------------------------------------------------


def test_the_twin_stands_beside_with_the_one_fact_and_both_outcomes() -> None:
    twin = explain_reveal(judge(begin(LIBRARY, ["A2"])), LIBRARY).twin
    assert twin
    assert twin.story == LIBRARY["A3"].story
    assert [line.text for line in twin.block.lines] == [
        "Suicide attempts: here “One”, in the twin “Repeated, current”.",
        words("training.twin_here", outcome=words("outcomes.no_answer")),
        words("training.twin_there", title=LIBRARY["A3"].title, outcome=outcome_words(Outcome.NOT_AT_PRESENT)),
    ]


@pytest.mark.parametrize("library", [LIBRARY, change(without=("A3",))], ids=["here", "aside"])
def test_a_twin_that_is_still_to_be_judged_waits(library: Library) -> None:
    """Nothing that is one answer away is told until it is locked in itself, be it at hand or set aside."""
    waits = judge(begin(LIBRARY, ["A2", "A3"]))
    judged = go_to(judge(go_to(waits, "A3"), "not_at_present"), "A2")
    for training, hidden in ((waits, True), (judged, False)):
        found = explain_reveal(set_aside(training, library), library)
        text = as_text(list_blocks(found), width=10_000)
        assert found.twin_waits is hidden
        assert bool(found.twin) is (not hidden and "A3" in library)
        assert (words("explanation.twins") in text) is not hidden


def test_a_twin_of_ideation_brings_its_support() -> None:
    library = change(replace(LIBRARY["A1"], twin="A4"), replace(LIBRARY["A4"], twin="A1"))
    for name, there in (("A1", True), ("A4", False)):
        twin = explain_reveal(judge(begin(library, [name])), library).twin
        assert twin
        assert bool(twin.support) is there


def test_the_panel_is_counted_without_names() -> None:
    panel = [
        *(Judgment("A1", f"R{at}", Outcome.MAY_BE_CONSIDERED) for at in range(3)),
        Judgment("A1", "R7", Outcome.CLARIFY_FIRST),
        Judgment("A1", "R8"),
        Judgment("A2", "R1", Outcome.NOT_RECOMMENDED),
    ]
    training = judge(begin(LIBRARY, ["A1"]))
    judged = explain_reveal(training, LIBRARY, panel).judged
    assert spread(judged) == {Outcome.CLARIFY_FIRST: 1, Outcome.MAY_BE_CONSIDERED: 3}
    assert explain_reveal(training, LIBRARY, panel[-1:]).judged == ()


def test_claims_are_not_named_by_their_codes() -> None:
    """Whoever checks the vignettes has them in the files; a trainee reads sentences."""
    library = gather(
        make("A1", QUIET, debrief="It says so [C05, C06]. And more.", follow_ups=(FollowUp("X.", {"ocd": "yes"}, "So [C25]."),))
    )
    training = respond(judge(begin(library, library)), library, 0, 0)
    assert explain_reveal(training, library).debrief == ("It says so. And more.",)
    assert ask(training, library)[0].blocks[-1].lines[0].text == "So."


def test_an_interview_is_looked_back_on() -> None:
    """What was asked, what was not and matters, what was not and is nothing; and the question that was worth most."""
    library = gather(ASKED)
    training = interview(begin(library, library), library, on=True)
    for name in ("psychotic_disorder", "ocd"):
        training = put_question(training, library, name)
    found = explain_reveal(judge(training), library).interview
    assert found
    assert (found.asked, found.missed, found.quiet) == (
        ("psychotic_disorder", "ocd"),
        ("suicide_attempts", "last_attempt", "abandonment_fear"),
        (),
    )
    assert found.best == "abandonment_fear"  # too little is known, and this is open
    assert explain_reveal(judge(begin(library, library)), library).interview is None


def test_the_question_worth_most_is_one_on_which_the_case_turns() -> None:
    """Not one whose quiet answer rules much out: whatever was asked, what decides comes first, or a hope, or what is missing."""
    for one in BUNDLED.values():
        if not one.interview:
            continue
        assessment, replies = EDITION.assess(one.answers), [*one.interview.replies]
        held = [*assessment.deciding, *(finding for finding in assessment.findings if finding.kind is Effect.FAVORABLE)]
        turning = {name for finding in held for name in finding.because} | set(one.omits)
        turning |= {parent for name in turning for parent in FIELDS[name].parents}
        for asked in ((), tuple(replies), tuple(replies[::2])):
            best = review(one, asked, EDITION).best
            assert best in turning, (one.id, asked, best)
            assert best in one.omits or best in find_told(one.answers, FIELDS)
    assert review(BUNDLED["V57"], ("bipolar_disorder",), EDITION).best == "current_mood_episode"
    assert review(BUNDLED["V11"], (), EDITION).best == "likelihood_of_acting"


# --- how it is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
def test_no_judgment_is_called_right_or_wrong(outcome: Outcome) -> None:
    """Whatever was judged, on any vignette of the library; nor is any other forbidden word put together."""
    library = BUNDLED
    for name in list(library)[outcome.caution :: 5]:
        own = (None, {"ocd": "yes", "psychotic_disorder": "none"}, library[name].answers)[int(name[1:]) % 3]
        found = explain_reveal(judge(begin(library, [name]), str(outcome), RULES[outcome.caution * 5], own), library)
        told = [found.verdict.text, *([found.difference.title, as_text([found.difference])] if found.difference else [])]
        assert not VERDICT.search(" ".join(told))
        whole = as_text(list_blocks(found), width=100_000).replace(EDITION.guidance.ledger.source.title, "")
        assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [(name, whole)])]


def revealed(name: str = "A1") -> Training:
    return judge(go_to(begin(LIBRARY, LIBRARY), name))


# --- follow-ups ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "changes", "direction", "possible"),
    [
        (QUIET, {"substance_use_disorder": "active"}, "more", ""),
        (QUIET, {"developmental_trauma": "yes"}, "same", ""),
        (ATTEMPT, {"structured_therapy": "stabilized_after_dbt"}, "less", ""),
        (OPEN, {"psychotic_disorder": "none"}, "less", "Fewer"),
        (QUIET | {"psychological_assessment": "incomplete"}, {"suicidal_ideation": "passive"}, "same", "More"),
    ],
)
def test_where_a_new_finding_moves_the_outcome(
    answers: dict[str, str], changes: dict[str, str], direction: str, possible: str
) -> None:
    """More cautious, less cautious or the same; and, apart from that, whether fewer or more outcomes are possible."""
    vignette = make("A1", answers, follow_ups=(FollowUp("You then learn …", changes, "Why."),))
    before, after = assess_change(EDITION, vignette, vignette.follow_ups[0])
    was, now = before.outcome.caution, after.outcome.caution
    assert direction == ("same" if was == now else "more" if now > was else "less")
    library = gather(vignette)
    moved = ask(respond(judge(begin(library, library)), library, 0, 0), library)[0].blocks[1]
    told = [line.text.partition(" outcomes")[0] for line in moved.lines if " outcomes are possible" in line.text]
    assert told == ([possible] if possible else [])


def test_nothing_is_shown_before_the_response() -> None:
    """A follow-up as it is asked holds what is learned, and neither the question that it is about nor the reasoning."""
    training = revealed()
    said = repr(ask(training, LIBRARY))
    assert "substance_use_disorder" not in said
    assert "Order of treatment" not in said
    assert ask(training, LIBRARY)[0].learn == "Use is active."
    first, second = ask(respond(training, LIBRARY, 0, -2, "First things first."), LIBRARY)
    assert (first.response, first.reason, second.response, second.blocks) == (-2, "First things first.", None, ())


def test_what_is_learned_is_told_as_sentences_of_its_own() -> None:
    """Each "that" goes with the words that it hung on."""
    follow_up = FollowUp("You then learn that DBT has begun, that it helps, and that he stays.", {"ocd": "yes"}, "Why.")
    library = gather(make("A1", CASE, follow_ups=(follow_up,)))
    assert ask(judge(begin(library, library)), library)[0].learn == "DBT has begun, it helps, and he stays."


def test_a_follow_up_is_explained_with_the_response_first_and_the_reasoning_last() -> None:
    blocks = ask(respond(revealed(), LIBRARY, 0, 1), LIBRARY)[0].blocks
    keys = [block.key for block in blocks]
    assert (keys[:3], keys[-1]) == (["response", "moved", "changed"], "reasoning")
    text = as_text(blocks, width=1_000)
    for part in ("You said: Better", "Before: May be considered", "more cautious than before", "Active", "Order of treatment."):
        assert part in text


def test_the_group_stands_beside_without_names_and_without_a_verdict() -> None:
    """Of the rows of a responses table those count that are about this new finding and give a response."""
    row = {"case_id": "A1", "field": "substance_use_disorder", "answer": "active", "comment": None}
    given = [*(row | {"rater": f"R{at}", "response": "-2"} for at in range(4)), row | {"rater": "R5", "response": "1"}]
    others = [
        row | {"rater": "R6", "response": None},
        row | {"rater": "R7", "answer": "in_recovery", "response": "2"},
        row | {"rater": "R8", "case_id": "A2", "response": "2"},
    ]
    group = count_responses([*given, *others])
    assert group.total() == 7
    first = ask(respond(revealed(), LIBRARY, 0, 1), LIBRARY, group)[0].blocks[0]
    assert [line.text for line in first.lines[1:]] == [
        words("supervision.times", outcome="Much worse", count=4),
        words("supervision.times", outcome="Better", count=1),
        words("training.panel_note"),
    ]
    assert [badge.text for badge in first.lines[2].badges] == ["you"]
    assert "R1" not in as_text([first])


def test_a_follow_up_that_brings_up_ideation_brings_its_support_once() -> None:
    """Not again where the story tells of ideation already, and its support stands there."""
    assert [bool(one.support) for one in ask(revealed("A5"), LIBRARY)] == [True]
    assert [bool(one.support) for one in ask(revealed(), LIBRARY)] == [False, False]
    active = replace(TIRED, changes={"suicidal_ideation": "active"})
    library = change(make("A4", WISH, follow_ups=(active,)), make("A5", OPEN, follow_ups=(active,)))
    assert [bool(ask(judge(begin(library, [name])), library)[0].support) for name in ("A4", "A5")] == [False, True]


def test_a_new_answer_drops_those_that_no_longer_apply() -> None:
    _, after = assess_change(EDITION, make("A4", WISH), FollowUp("Learn.", {"suicidal_ideation": "none"}, "Why."))
    assert after.outcome is Outcome.MAY_BE_CONSIDERED
    assert after.answers == EDITION.assess(keep_known(QUIET, FIELDS)).answers


def test_a_follow_up_that_makes_a_case_its_twin_waits_for_the_twin() -> None:
    """In a session with both, it would tell the twin's answer before the twin is judged."""
    like = FollowUp("You then learn of three more.", {"suicide_attempts": "repeated_current"}, "A pattern.")
    library = change(replace(LIBRARY["A2"], follow_ups=(like, VOICES)))
    alone = judge(begin(library, ["A2"]))
    assert [one.place for one in ask(alone, library)] == [0, 1]
    both = judge(begin(library, ["A2", "A3"]))
    assert [one.place for one in ask(both, library)] == [1]
    with pytest.raises(TrainingError, match="once the twin is locked in"):
        respond(both, library, 0, 1)
    after = go_to(judge(go_to(both, "A3"), "not_at_present"), "A2")
    assert ask(respond(after, library, 0, 1), library)[0].blocks
    aside = set_aside(both, without := gather(library["A2"]))
    assert ask(aside, without) == ()
    assert [one.place for one in ask(set_aside(after, without), without)] == [0, 1]


def test_a_library_with_fewer_follow_ups_than_were_answered_asks_those_that_it_has() -> None:
    training = respond(revealed(), LIBRARY, 1, 0)
    fewer = change(replace(LIBRARY["A1"], follow_ups=LIBRARY["A1"].follow_ups[:1]))
    assert [one.response for one in ask(training, fewer)] == [None]


# --- looking back ----------------------------------------------------------------------------------------

MANY = gather(*(make(f"B{at}", ATTEMPT if at % 2 else QUIET, traps=("abstinence_as_recovery",)) for at in range(24)))


def practice(outcomes: dict[str, str], sure: dict[str, str] | None = None, library: Library = MANY) -> Training:
    """A session in which these items were judged and revealed."""
    training = begin(library, outcomes)
    for name, outcome in outcomes.items():
        training = judge(go_to(training, name), outcome, sure=(sure or {}).get(name, "high"))
    return training


def told(training: Training, library: Library = MANY) -> str:
    """What is said of a training in retrospect."""
    return as_text(look_back(training, library), width=1_000)


def test_from_the_third_case_on_there_is_something_to_look_back_on() -> None:
    """Before that it says when, and no count is told."""
    for many in range(FROM + 2):
        names = list(MANY)[:many]
        said = told(practice(dict.fromkeys(names, "clarify_first")) if names else begin(MANY, MANY))
        assert (words("training.back_from", count=FROM) in said) is (many < FROM)
        assert (f"of {many} cases you would do" in said) is (many >= FROM)


def test_confidence_is_held_against_the_facts() -> None:
    """Not against agreement: those who differ in the outcome may have read every fact as we do."""
    library, names = gather(*(make(f"B{at}", ATTEMPT) for at in range(4))), [f"B{at}" for at in range(4)]
    training = begin(library, names)
    for name in names:
        own = {"suicide_attempts": "repeated_past" if name == "B3" else "single"}
        training = judge(go_to(training, name), "not_recommended", "", own, "low" if name == "B0" else "high")
    said = told(training, library)
    assert "In 0 of 4 cases" in said
    assert "When your confidence was low, you read 1 of 1 facts as we do." in said
    assert "When your confidence was high, you read 2 of 3 facts as we do." in said


def test_differences_and_traps_are_counted() -> None:
    library = gather(*(make(f"B{at}", ATTEMPT, traps=("unasked_question",)) for at in range(3)))
    training = begin(library, library)
    for name, outcome in (("B0", "not_at_present"), ("B1", "not_at_present"), ("B2", "clarify_first")):
        finding, own = ("past_suicidal_pattern", {"suicide_attempts": "repeated_past"}) if name != "B2" else ("single_attempt", {})
        training = judge(go_to(training, name), outcome, finding, own)
    said = told(training, library)
    assert "In 1 of 3 cases you would do" in said
    assert "Other facts: in 2 of 3 cases." in said
    assert not [kind for kind in ("rule", "priority") if words(f"training.recurs_{kind}", count=2, judgments=3)[:9] in said]
    assert f"{words('vignettes.trap.unasked_question')}: Bees on B0, Bees on B1." in said


def test_claims_that_no_revealed_item_brings_up_are_told() -> None:
    items = list(BUNDLED)[:FROM]
    claims = look_back(practice(dict.fromkeys(items, "clarify_first"), library=BUNDLED), BUNDLED)[-1]
    met = {claim for name in items for claim in BUNDLED[name].claims}
    left = [claim for claim in EDITION.ledger.claims if claim not in met]
    assert [claim in line.text for claim, line in zip(left, claims.lines, strict=True)] == [True] * len(left)
    assert words("training.claims_met", met=len(met), count=28) == claims.title


def test_looking_back_never_marks() -> None:
    """Whatever was judged, no words of it are a percentage, a mark, a rank, or right and wrong."""
    chance = Random(4)
    mark = re.compile(r"%|\b(scor\w*|rank\w*|percent\w*|correct\w*|right|wrong|pass(ed)?|fail\w*)\b", re.IGNORECASE)
    for many in (3, 5, 30):
        items = chance.sample(list(BUNDLED), many)
        training = practice({name: chance.choice(list(map(str, Outcome))) for name in items}, library=BUNDLED)
        text = as_text([block for block in look_back(training, BUNDLED) if block.key != "claims"], width=10_000)
        assert f"of {many}" in text
        assert not mark.search(text.replace("is passed over", ""))
        said = text.replace(words("training.back_note"), "")
        assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, [("here", said)])]
