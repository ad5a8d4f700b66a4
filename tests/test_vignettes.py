"""The vignettes: each comes to what it is expected to come to, reads as it should, and together they reach the whole source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from kapnb import assess, fields
from kapnb.engine.problems import KapnbError
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words
from kapnb.training.library import CONTENT, LEVELS, TRAPS, Vignette, read_vignette
from tests import oracle
from tests.bundled import EDITION, LIBRARY
from tests.test_language import DIAGNOSIS
from tests.texts import texts_of
from tests.vignettes_page import cover_library, write_coverage

ROOT = Path(__file__).parent.parent


def each(check: Callable[[Vignette], None]) -> Callable[[], None]:
    """One test of all vignettes, which fails with the name of each that does not pass."""

    def test() -> None:
        failed = []
        for one in LIBRARY.values():
            try:
                check(one)
            except AssertionError as failure:
                failed.append(f"{one.id}: {failure}")
        assert not failed, "\n".join(failed)

    test.__doc__ = check.__doc__
    return test


QUIET = {name: options[0] for name, options in oracle.FIELDS.items() if name not in oracle.ASKED_WHEN}


def sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.?!])[\"”]?\s+", text) if sentence]


# --- what is expected of it -------------------------------------------------------------------------


@each
def test_the_engine_comes_to_what_is_expected(one: Vignette) -> None:
    """Outcome, span, deciding rules and the readings it turns on are those that the file states."""
    found = assess(one.answers)
    assert (found.outcome, found.most_cautious, found.least_cautious) == (one.outcome, one.most_cautious, one.least_cautious)
    assert {finding.rule for finding in found.deciding} == set(one.deciding)
    assert {hinge.reading for hinge in found.hinges_on} == set(one.readings)
    assert not found.ignored


@each
def test_what_is_left_out_is_left_out_on_purpose(one: Vignette) -> None:
    """Every question that a rule reads and that is sure to apply is answered or named as left out, and nothing else is named."""
    assert oracle.FIELDS.keys() & assess(one.answers).unrecorded == set(one.omits)


@each
def test_the_claims_it_teaches_are_cited(one: Vignette) -> None:
    """The debrief cites each claim that the vignette teaches; what is cited anywhere is a claim of the ledger."""
    cited = {claim for bracket in re.findall(r"\[(C\d\d(?:, C\d\d)*)\]", one.debrief) for claim in bracket.split(", ")}
    assert set(one.claims) <= cited
    assert set(re.findall(r"\bC\d+\b", " ".join(text for _, text in texts_of(one)))) <= EDITION.ledger.claims.keys()


@each
def test_what_decides_is_taught(one: Vignette) -> None:
    """Of the claims behind each caution or condition that decides, the vignette teaches at least one."""
    stated = {rule.name: set(rule.claims) for rule in EDITION.guidance.rules if rule.claims and rule.name != "nothing_found"}
    assert all(stated[rule] & set(one.claims) for rule in one.deciding if rule in stated)


@each
def test_a_follow_up_can_be_computed(one: Vignette) -> None:
    """A follow-up changes answers, what it changes is asked about, and it leaves no question open that the story did not."""
    assert len(one.follow_ups) in {0, 2, 3, 4}
    for follow_up in one.follow_ups:
        after = {**one.answers, **follow_up.changes}
        assert follow_up.learn.startswith("You then learn")
        assert all(one.answers.get(name) != option for name, option in follow_up.changes.items())
        assert all(fields.applies(name, after) for name in follow_up.changes)
        found = assess(after)
        assert oracle.FIELDS.keys() & found.unrecorded <= set(one.omits)
        assert oracle.headline(oracle.possible(after))[0] == str(found.outcome)


# --- how it reads -----------------------------------------------------------------------------------


@each
def test_its_length(one: Vignette) -> None:
    """A story has 80 to 180 words, a debrief 60 to 140, a title 2 to 8; sentences are short on the whole."""
    assert 80 <= len(one.story.split()) <= 180
    assert 60 <= len(one.debrief.split()) <= 140
    assert 2 <= len(one.title.split()) <= 8
    assert len(one.story.split()) / len(sentences(one.story)) <= 25


UNKNOWN = re.compile(
    r"not (?:\w+ )?(?:asked|been|clear|conclude|considered|described|judged|know|known|looked|opened|recorded|said)"
    r"|not (?:\w+ )?(?:settled|talked|told|yet)|cannot (?:yet|imagine|say)|never (?:been|told|asked)|(?:do|does) not say"
    r"|nobody|no one|no (?:letter|note|word|record)|whether|(?:still|remains?|left) open|no answer|silent|says? nothing|unknown"
    r"|every area but|put off|missing",
    re.IGNORECASE,
)
"""How a story says that something is not known."""


FULL_NAME = re.compile(r"(?<=[a-z,;] )[\"“(]?[A-Z][a-z]+ [A-Z][a-z]+")
FIGURE = re.compile(r"\d|\b\w+-year-old\b", re.IGNORECASE)


@each
def test_it_names_nobody(one: Vignette) -> None:
    """No text looks as if it could identify a person; a story has first names only, and no figure."""
    assert not [name for name, text in texts_of(one) if find_identifiers(text)]
    assert not FULL_NAME.search(one.story)
    assert not FIGURE.search(one.story)


@each
def test_a_feature_is_not_worded_as_the_diagnosis(one: Vignette) -> None:
    """Where no such diagnosis is recorded, neither story nor debrief names one; a follow-up does only when it changes that."""
    told = [one.title, one.tension, one.story, one.debrief] if one.answers.get("bpd_diagnosis") == "none" else []
    told += [
        text
        for follow_up in one.follow_ups
        if {**one.answers, **follow_up.changes}.get("bpd_diagnosis") == "none"
        for text in (follow_up.learn, follow_up.reasoning)
    ]
    assert not [text for text in told if DIAGNOSIS.search(text)]


OUTSIDE_THE_FICTION = re.compile(r"\b(?:(?:the|this) (?:source|article|author)|toolkit|kapnb|Begley)\b", re.IGNORECASE)
ABSENCE = re.compile(r"\b(?:no|not|never|nor|neither|without|nothing|none)\b|n't\b", re.IGNORECASE)


@each
def test_it_reads_like_a_note_and_not_like_a_form(one: Vignette) -> None:
    """Nobody in a story knows the article, and no sentence goes down a list of what is absent."""
    assert not OUTSIDE_THE_FICTION.search(one.story)
    assert not [sentence for sentence in sentences(one.story) if len(ABSENCE.findall(sentence)) > 3]


@each
def test_neither_its_end_nor_its_title_tells_a_gap(one: Vignette) -> None:
    """What is left out, or not known, is for the reader to find."""
    assert not [name for name in one.omits if re.search(TOPICS[name], one.title, re.IGNORECASE)]
    assert not UNKNOWN.search(sentences(one.story)[-1])


@each
def test_the_sentence_that_decides_is_pointed_at(one: Vignette) -> None:
    """One sentence or two, wherever an answer decides and not only a blank."""
    assert len(one.decides) <= 2
    assert one.decides or not one.deciding


@each
def test_the_reveal_can_say_what_decides_in_words_of_its_own(one: Vignette) -> None:
    """Where something decides, the end of a sentence about this person, and not the name of a rule."""
    settled = bool(one.deciding) and one.deciding != (EDITION.default_rule.name,)
    assert bool(one.because) is settled
    assert len(one.because.split()) <= 16
    assert one.because[:1].islower() or one.because[:3] == "OCD" or not one.because
    assert not re.search(r"[.:;\[]|\bthe article\b", one.because)
    assert one.because not in {rule.meaning for rule in EDITION.guidance.rules}


@each
def test_everything_can_be_asked_in_an_interview(one: Vignette) -> None:
    """Three opening sentences, and a short reply to each question, also to those that the story leaves open."""
    if one.interview:
        assert 2 <= len(sentences(one.interview.opening)) <= 4
        assert {*one.answers, *one.omits} == one.interview.replies.keys()
        assert all(len(reply.split()) <= 35 for reply in one.interview.replies.values())


METHODS = re.compile(
    r"\b(?:overdos\w*|hang(?:s|ed|ing) (?:them|him|her)sel\w+|noose|guns?|firearms?|razors?|blades?|kni(?:fe|ves)"
    r"|wrists?|jump\w*|bridges?|cut(?:s|ting)?|burn(?:s|ed|ing)?|poison\w*|drown\w*)\b",
    re.IGNORECASE,
)


@each
def test_no_method_is_told(one: Vignette) -> None:
    """No text says by what means somebody attempts suicide or injures themself."""
    assert not [text for _, text in texts_of(one) if METHODS.search(text)]


@each
def test_its_content_notes(one: Vignette) -> None:
    """What the story's answers hold is noted; so is suicide wherever a follow-up brings it up."""
    assert fields.content_of(one.answers) <= set(one.content)
    for follow_up in one.follow_ups:
        assert {note for note in fields.content_of(follow_up.changes) if note.startswith("suicid")} <= set(one.content)


ARTICLE = re.compile(r"\b(?:article|author|outcome|reading)\b|\[C", re.IGNORECASE)
CARE = re.compile(
    r"\b(?:tonight|today|tomorrow|this (?:week|afternoon)|next hour|first hour|next minute|until then|hour to plan|begin there"
    r"|before (?:anything else|she leaves|KAP|any drug|any plan|any evening|a ride|the weekend)|with an interpreter"
    r"|what already works|is (?:within reach|with him)|the person whom|as it should be)\b",
    re.IGNORECASE,
)


def begins_with_care(debrief: str) -> bool:
    """Whether at least two dozen words on the person and what comes next stand before the first one on the article."""
    found = ARTICLE.search(debrief)
    lead = debrief[: found.start() if found else len(debrief)]
    return len(lead.split()) >= 24 and bool(CARE.search(lead))


def test_a_third_of_the_debriefs_begin_with_the_person_and_the_next_hour_of_care() -> None:
    """So do all whose story tells of an attempt within three months, or of a wish that is likely to be acted on."""
    begin = {name for name, one in LIBRARY.items() if begins_with_care(one.debrief)}
    assert len(begin) * 3 >= len(LIBRARY), sorted(begin)
    acute = {("last_attempt", "within_three_months"), ("likelihood_of_acting", "likely")}
    assert {name for name, one in LIBRARY.items() if acute & set(one.answers.items())} <= begin
    assert not begins_with_care(LIBRARY["V36"].debrief)


# --- the story bears out the answers ----------------------------------------------------------------

STORY_WORDS = yaml.safe_load((ROOT / "tests/data/story_words.yaml").read_text("utf-8"))
TOLD: dict[str, str] = {name: patterns["told"] for name, patterns in STORY_WORDS.items()}
TOPICS: dict[str, str] = {name: patterns["topic"] for name, patterns in STORY_WORDS.items() if "topic" in patterns}


def untold(answers: Mapping[str, str], story: str) -> list[str]:
    """The questions with an answer that is not the quiet one, of which a story does not speak."""
    loud = [name for name, option in answers.items() if QUIET.get(name) != option]
    return [name for name in loud if not re.search(TOLD[name], story, re.IGNORECASE)]


@each
def test_answers_leave_a_trace(one: Vignette) -> None:
    """For every recorded answer that is not the quiet one the story has words."""
    assert not untold(one.answers, one.story)


def test_an_answer_out_of_thin_air_would_be_seen() -> None:
    """Planted fault: the story in which nothing is found does not bear out what other vignettes record."""
    loud = [one for one in LIBRARY.values() if any(QUIET.get(name) != option for name, option in one.answers.items())]
    assert sum(bool(untold(one.answers, LIBRARY["V01"].story)) for one in loud) > 0.9 * len(loud)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (METHODS, "They took an overdose."),
        (FIGURE, "It began in 2019."),
        (FIGURE, "A thirty-year-old."),
        (FULL_NAME, "Then he met Jonas Weber."),
        (DIAGNOSIS, "It sounds like BPD."),
        (OUTSIDE_THE_FICTION, "The article leaves that open."),
        (UNKNOWN, "What the mornings are like, nobody has asked."),
    ],
)
def test_what_a_story_must_not_say_would_be_seen(pattern: re.Pattern[str], said: str) -> None:
    """Planted fault: a method, a figure, a full name, a diagnosis, the article, a gap that is told are found."""
    assert pattern.search(said)


@each
def test_what_is_left_out_is_not_told(one: Vignette) -> None:
    """A story does not mention what it leaves out on purpose, except to say that it is not known."""
    assert set(one.omits) <= TOPICS.keys()
    told = [
        (name, paragraph)
        for name in one.omits
        for paragraph in one.story.split("\n\n")
        if re.search(TOPICS[name], paragraph, re.IGNORECASE) and not UNKNOWN.search(paragraph)
    ]
    assert not told


def test_no_title_stands_twice() -> None:
    assert len({one.title for one in LIBRARY.values()}) == len(LIBRARY)


# --- twins ------------------------------------------------------------------------------------------

PAIRS = LIBRARY.pairs


def test_every_twin_has_its_twin() -> None:
    """A vignette that names a twin is named by it."""
    assert {one.id for one in LIBRARY.values() if one.twin} == {one.id for pair in PAIRS for one in pair}


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda one: one.id)
def test_twins_differ_in_one_fact(one: Vignette, other: Vignette) -> None:
    """Beside one answer, twins differ at most in questions that this answer raises or drops; and they end differently."""
    differ = {name for name in oracle.FIELDS if one.answers.get(name) != other.answers.get(name)}
    facts = {name for name in differ if not (oracle.ASKED_WHEN.get(name, {}).keys() & differ)}
    assert len(facts) == 1
    raised = differ - facts
    assert all(oracle.asked(name, one.answers) != oracle.asked(name, other.answers) for name in raised)
    assert one.omits == other.omits
    assert one.outcome != other.outcome


# --- the library ------------------------------------------------------------------------------------


def test_how_many_there_are() -> None:
    """At least 70 vignettes, 24 with follow-ups, 10 pairs of twins, 16 interviews; a third leaves something out on purpose."""
    every = LIBRARY.values()
    assert len(every) >= 70
    assert sum(bool(one.follow_ups) for one in every) >= 24
    assert len(PAIRS) >= 10
    assert sum(bool(one.omits) for one in every) * 3 >= len(every)
    assert sum(bool(one.interview) for one in every) >= 16


def test_together_they_reach_everything() -> None:
    """Every claim is taught; every rule holds in one and not in another; every reading, trap, topic, level and outcome is met."""
    reach = cover_library(LIBRARY)
    assert list(reach["claims"]) == [f"C{number:02}" for number in range(1, 29)]
    assert list(reach["readings"]) == list(oracle.READINGS)
    assert {name: found for name, found in reach.items() if not all(found.values())} == {}
    assert all(0 < len(found) < len(LIBRARY) for found in reach["rules"].values())
    assert {one.level for one in LIBRARY.values()} == set(LEVELS)
    assert {note for one in LIBRARY.values() for note in one.content} == set(CONTENT)


def test_every_option_is_met() -> None:
    """Each option of each question that a rule reads is an answer in some vignette, or a follow-up brings it."""
    told = [one.answers for one in LIBRARY.values()] + [more.changes for one in LIBRARY.values() for more in one.follow_ups]
    assert {pair for pair in fields.pairs if pair[0] in oracle.FIELDS} <= {pair for answers in told for pair in answers.items()}


def test_every_trap_note_and_level_has_words() -> None:
    """What vignettes are sorted by can be told to a person."""
    sorted_by = {"trap": TRAPS, "content": CONTENT, "level": LEVELS}
    assert all(words(f"vignettes.{kind}.{name}") for kind, names in sorted_by.items() for name in names)


def test_the_page_on_what_they_reach_is_current() -> None:
    """docs/vignettes.md is what the vignettes give; if not: python -m tests.vignettes_page docs/vignettes.md."""
    assert (ROOT / "docs/vignettes.md").read_text("utf-8") == write_coverage(LIBRARY)


# --- reading one ------------------------------------------------------------------------------------

FILE = EDITION.vignettes()["V12"].read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "where", "told"),
    [
        ("suicide_attempts: none", "suicide_atempts: none", "V12.md.answers", 'Did you mean "suicide_attempts"?'),
        ("tension:", "tention:", "V12.md", 'unknown key "tention"'),
        ("[newer_ideation_likely_to_act]", "[likely_to_at]", "V12.md.deciding[0]", 'Did you mean "likely_to_act"?'),
        ("\noutcome: not_at_present", "\noutcome: not_now", "V12.md.outcome", "may_be_considered"),
        ("omits: []", "omits: [ocd]", "V12.md.omits", '"ocd" is answered'),
        ("{ideation_onset: longstanding}", "{ideation_onset: newer}", "V12.md.follow_ups[1].changes.ideation_onset", "already"),
        ("id: V12", "id: V12\nid: V12", "V12.md, line 3", "is listed twice"),
        ("## Debrief", "# Debrief", "V12.md", "is not a story and a debrief"),
        ("---\nid", "id", "V12.md", "has no front matter"),
    ],
)
def test_a_mistake_is_told_with_its_place(before: str, after: str, where: str, told: str) -> None:
    """Planted fault: what is wrong in a file is refused, with where it is and what is allowed."""
    assert before in FILE
    with pytest.raises(KapnbError) as caught:
        read_vignette(FILE.replace(before, after, 1), LIBRARY.edition, "V12.md")
    assert any(problem.where == where and told in str(problem) for problem in caught.value.problems)


def test_a_vignette_knows_its_topics_and_its_length() -> None:
    one = LIBRARY["V12"]
    assert "suicide_related" in one.topics
    assert 3 <= one.minutes <= 8
