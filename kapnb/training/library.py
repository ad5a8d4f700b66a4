"""The vignettes: invented cases to read and judge, each with what a careful reader would record and what it teaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import ceil
from types import MappingProxyType
from typing import Final

from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import KapnbError, Problem, shorten
from kapnb.engine.records import Record, parse_yaml
from kapnb.text.blocks import Block
from kapnb.text.support import most_support, support

LEVELS: Final = ("introductory", "intermediate", "advanced")
TRAPS: Final = (
    "silence_as_permission",
    "quick_relief_as_anchor",
    "label_over_function",
    "trauma_explains_all_or_nothing",
    "passive_and_active_confused",
    "disclosure_as_communicated_intent",
    "abstinence_as_recovery",
    "stability_by_self_report",
    "screening_as_diagnosis",
    "unasked_question",
    "own_interest",
)
"""Where trainees slip; worded under ``vignettes.trap``."""
CONTENT: Final = ("suicidal_ideation", "suicide_attempts", "self_injury", "psychosis", "substance_use", "trauma")
"""What a reader may want to know beforehand; worded under ``vignettes.content``."""
SUICIDAL: Final = frozenset(("suicidal_ideation", "suicide_attempts"))
"""The content notes for suicidal ideation: to skip one of them is to skip both."""

WORDS_A_MINUTE: Final = 160
"""Slow, because a judgment is made and written on the way."""
SCREEN_WORDS: Final = 300
"""What the screens of a case say beside its own texts, from story to reveal; ``tests/ui/test_training_view.py`` counts it."""
FOLLOW_UP_WORDS: Final = 110
"""What those of a follow-up say beside its own texts."""
QUESTION_WORDS: Final = 9
"""What a question of an interview says."""

_DEBRIEF: Final = "## Debrief"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One new finding, told after the judgment.

    Attributes:
        changes: the answers it gives; the first is the one asked about.
        reasoning: why it shifts the fit, or does not.
    """

    learn: str
    changes: Mapping[str, str]
    reasoning: str


@dataclass(frozen=True, slots=True)
class Interview:
    """The story as a conversation: three opening sentences, and what the person says to each question that can be asked.

    What a careful listener would record of that is the answer of the vignette; without one the question stays open.
    """

    opening: str
    replies: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Vignette:
    """An invented story, and what is expected of it under the default readings.

    Attributes:
        story: paragraphs with an empty line between them, as in ``debrief``.
        answers: what a careful reader would record; what the story does not say is not in it.
        debrief: what it teaches, or the note of a case of one's own.
        tension: the one thing that it teaches.
        traps: where a trainee may slip.
        topics: the sections of the dictionary in which anything but the quiet answer, its first option, is found or left open.
        content: what a reader may want to know beforehand.
        twin: the vignette that differs in one answer, if there is one.
        omits: questions that the story leaves open on purpose.
        outcome: what the answers lead to; None for a case of one's own, of which nothing is expected.
        deciding: the rules that ask for the outcome.
        decides: the sentences of the story, word for word, on which the outcome turns.
        because: what decides here, as the end of a sentence with "because"; without it the meaning of the rule stands there.
        interview: the same story to be asked for, where there is one.
        readings: those that move the outcome when switched alone.
    """

    id: str
    title: str
    story: str
    answers: Mapping[str, str]
    debrief: str = ""
    level: str = ""
    tension: str = ""
    traps: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    twin: str = ""
    omits: tuple[str, ...] = ()
    outcome: Outcome | None = None
    most_cautious: Outcome | None = None
    least_cautious: Outcome | None = None
    deciding: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    because: str = ""
    interview: Interview | None = None
    claims: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()

    @property
    def replies(self) -> Mapping[str, str]:
        """What the person says in the interview, by question; nothing where there is none."""
        return self.interview.replies if self.interview else {}

    def hear(self, asked: Iterable[str]) -> Mapping[str, str]:
        """The answers that a careful listener would have recorded after these questions."""
        return {name: self.answers[name] for name in asked if name in self.replies and name in self.answers}

    @cached_property
    def minutes(self) -> int:
        """About how long it takes to read, judge, see the reveal and answer every follow-up."""
        return ceil(self.words / WORDS_A_MINUTE)

    @property
    def words(self) -> int:
        """About how many words are read on the way, folds left closed; of an interview as if everything were asked."""
        told, questions = [self.story], 0
        if self.interview:
            told = [self.interview.opening, *self.replies.values()]
            questions = len(self.replies)
        later = (text for one in self.follow_ups for text in (one.learn, one.learn, one.reasoning))
        count = sum(len(text.split()) for text in (*told, self.debrief, *later))
        return count + SCREEN_WORDS + QUESTION_WORDS * questions + FOLLOW_UP_WORDS * len(self.follow_ups)


class Library(dict[str, Vignette]):
    """The available vignettes by their ids, in order, and the edition that judges them. Nothing is added to it once it is made."""

    def __init__(self, edition: Edition, vignettes: Mapping[str, Vignette]) -> None:
        super().__init__(vignettes)
        self.edition = edition

    def find_twin(self, vignette: Vignette) -> Vignette | None:
        """The twin, where each names the other."""
        twin = self.get(vignette.twin)
        return twin if twin and twin.twin == vignette.id else None

    @property
    def pairs(self) -> tuple[tuple[Vignette, Vignette], ...]:
        """The twins, each pair once."""
        every = ((one, self.find_twin(one)) for one in self.values())
        return tuple((one, twin) for one, twin in every if twin and one.id < twin.id)

    def find_content(self, name: str) -> frozenset[str]:
        """What is spoken of wherever a vignette is shown: in its story, answers and follow-ups, and in those of its twin.

        Notes and answers are both asked, since a case of one's own has no notes, and a note may tell what is not recorded.
        """
        vignette = self[name]
        twin, fields = self.get(vignette.twin), self.edition.fields
        told = [vignette, twin] if twin else [vignette]
        answers = [given for one in told for given in (one.answers, *(new.changes for new in one.follow_ups))]
        return frozenset(note for one in told for note in one.content).union(*(fields.content_of(given) for given in answers))


def find_support(vignette: Vignette, fields: Dictionary, *more: FollowUp | str, judged: bool = True) -> Block | None:
    """The help that is shown with a story, and with ``more`` of it on view; see :func:`kapnb.text.support.support`."""
    learned = [one for one in more if isinstance(one, FollowUp)]
    texts = [one for one in more if isinstance(one, str)]
    told = support(fields, vignette.answers, vignette.title, vignette.story, *texts, judged=judged)
    return most_support((told, *(support(fields, one.changes, one.learn, judged=judged) for one in learned)))


@cache
def load_library(edition: Edition) -> Library:
    """The vignettes of the edition's pack.

    Raises:
        KapnbError: with everything that is wrong in any of the files.

    >>> from kapnb import load_guidance
    >>> load_library(load_guidance("begley").bind())["V01"].level
    'introductory'
    """
    vignettes: dict[str, Vignette] = {}
    problems: list[Problem] = []
    for name, file in edition.vignettes().items():
        try:
            vignettes[name] = one = read_vignette(file.read_text("utf-8"), edition, file.name)
        except KapnbError as failure:
            problems += failure.problems
        else:
            if one.id != name:
                problems.append(Problem(f"{file.name}.id", f'is "{one.id}"', "the name of the file"))
    if problems:
        raise KapnbError(problems)
    return Library(edition, vignettes)


def read_vignette(text: str, edition: Edition, name: str = "vignette") -> Vignette:
    """Read a vignette: YAML between two lines of three dashes, the story, a heading "Debrief", and the debrief.

    Args:
        text: what the file holds.
        edition: whose fields, rules, claims and readings it names.
        name: what the file is called in a problem.

    Raises:
        KapnbError: with everything that is wrong.
    """
    front, dashes, body = text.partition("\n---\n")
    if not (front.startswith("---\n") and dashes):
        allowed = "a line of three dashes, YAML, a line of three dashes, and the story"
        raise KapnbError([Problem(name, "has no front matter", allowed)])
    problems: list[Problem] = []
    record = Record(parse_yaml(front, name, KapnbError), name, problems)
    story, heading, debrief = (_join_lines(part) for part in body.partition(f"\n{_DEBRIEF}\n"))
    if not (story and heading and debrief):
        record.wrong("", "is not a story and a debrief", f'the story, a line "{_DEBRIEF}", the debrief')
    guidance, fields = edition.guidance, edition.fields
    known = {"level": LEVELS, "traps": TRAPS, "content": CONTENT, "omits": fields, "readings": guidance.readings}
    known |= {"claims": guidance.ledger.claims, "deciding": [rule.name for rule in guidance.rules]}
    answers = _read_answers(record.record("answers", required=True), fields)
    for field in answers.keys() & set(record.texts("omits")):
        record.wrong("omits", f'"{field}" is answered', "questions that are not among the answers")
    for sentence in record.texts("decides"):
        if sentence not in story:
            record.wrong("decides", f"is not in the story: {shorten(sentence)}", "sentences of the story, word for word")
    vignette = record.fill(
        Vignette,
        known,
        answers=answers,
        topics=find_topics(answers, fields),
        story=story,
        debrief=debrief,
        interview=_read_interview(record.record("interview"), answers, fields) if record.has("interview") else None,
        follow_ups=tuple(_read_follow_up(one, answers, fields) for one in record.records("follow_ups")),
        **{key: record.member(key, Outcome, required=True) for key in ("outcome", "most_cautious", "least_cautious")},
    )
    if problems:
        raise KapnbError(problems)
    return vignette


def find_topics(answers: Mapping[str, str], fields: Dictionary) -> tuple[str, ...]:
    return tuple(
        section.name
        for section in fields.sections
        if any(one.always and answers.get(one.name) != one.options[0].name for one in section.fields)
    )


def _read_answers(record: Record, fields: Dictionary) -> Mapping[str, str]:
    known = [name for name in record.names if record.check("", name, fields)]
    answers = {name: record.choice(name, [option.name for option in fields[name].options]) for name in known}
    return MappingProxyType(answers)


def _read_follow_up(record: Record, answers: Mapping[str, str], fields: Dictionary) -> FollowUp:
    changes = _read_answers(record.record("changes", required=True), fields)
    one = FollowUp(record.text("learn"), changes, record.text("reasoning"))
    for name, option in one.changes.items():
        if answers.get(name) == option:
            record.wrong(f"changes.{name}", f'"{option}" is already the answer', "an answer that the follow-up changes")
    record.close()
    return one


def _read_interview(record: Record, answers: Mapping[str, str], fields: Dictionary) -> Interview:
    asked = record.record("replies", required=True)
    replies = {name: asked.text(name) for name in asked.names if asked.check("", name, fields)}
    for name in answers.keys() - replies.keys():
        asked.wrong(name, "is missing", "a reply for every question that has an answer")
    interview = Interview(record.text("opening"), MappingProxyType(replies))
    record.close()
    return interview


def _join_lines(text: str) -> str:
    """Paragraphs on one line each, an empty line between them."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip())
