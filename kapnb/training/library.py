"""The vignettes: invented cases to read and judge, each with what a careful reader would record and what it teaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import ceil
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.edition import assess, load_guidance
from kapnb.engine.fields import load_fields
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import KapnbError, Problem
from kapnb.engine.records import Record, parse_yaml
from kapnb.paths import vignettes
from kapnb.text.cases import Case

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
)
"""Where trainees slip; worded under ``vignettes.trap``."""
CONTENT: Final = ("suicidal_ideation", "suicide_attempts", "self_injury", "psychosis", "substance_use", "trauma")
"""What a reader may want to know beforehand; worded under ``vignettes.content``."""

PACE: Final = 100
"""Words a minute: slow, because a judgment is made on the way."""

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


@dataclass(frozen=True)
class Vignette:
    """An invented story, and what is expected of it under the default readings.

    Attributes:
        tension: the one thing that it teaches.
        traps: where a trainee may slip.
        content: what a reader may want to know beforehand.
        twin: the vignette that differs in one answer, if there is one.
        omits: questions that the story leaves open on purpose.
        answers: what a careful reader would record; what the story does not say is not in it.
        deciding: the rules that ask for the outcome.
        readings: those that move the outcome when switched alone.
        story: paragraphs apart by an empty line, as in ``debrief``.
    """

    id: str
    title: str
    level: str
    tension: str
    traps: tuple[str, ...]
    content: tuple[str, ...]
    twin: str
    omits: tuple[str, ...]
    answers: Mapping[str, str]
    outcome: Outcome
    most_cautious: Outcome
    least_cautious: Outcome
    deciding: tuple[str, ...]
    claims: tuple[str, ...]
    readings: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    story: str
    debrief: str

    @property
    def case(self) -> Case:
        """The vignette as a case: its story and answers, without what is expected of it."""
        return Case(dict(self.answers), self.id, self.title, self.story)

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The sections of the dictionary in which anything but the quiet answer, its first option, is found or left open."""
        return tuple(
            section.name
            for section in load_fields().sections
            if any(one.always and self.answers.get(one.name) != one.options[0].name for one in section.fields)
        )

    @cached_property
    def minutes(self) -> int:
        """About how long it takes to read, judge and look back."""
        texts = (self.story, self.debrief, *(text for one in self.follow_ups for text in (one.learn, one.reasoning)))
        return ceil(sum(len(text.split()) for text in texts) / PACE)

    def texts(self) -> Iterator[tuple[str, str]]:
        """What a person can read of it, each text with its name."""
        yield from ((name, getattr(self, name)) for name in ("title", "tension", "story", "debrief"))
        for number, one in enumerate(self.follow_ups, 1):
            yield f"follow_up {number} learn", one.learn
            yield f"follow_up {number} reasoning", one.reasoning


def read_vignette(text: str, name: str = "vignette") -> Vignette:
    """Read a vignette: YAML between two lines of three dashes, the story, a heading "Debrief", and the debrief.

    Args:
        text: what the file holds.
        name: what the file is called in a complaint.

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
    outcomes, fields = tuple(map(str, Outcome)), load_fields()
    guidance = load_guidance()
    answers = _read_answers(record.record("answers", required=True))
    outcome, most, least = (record.choice(key, outcomes) for key in ("outcome", "most_cautious", "least_cautious"))
    read: dict[str, Any] = {
        "id": record.text("id"),
        "title": record.text("title"),
        "level": record.choice("level", LEVELS),
        "tension": record.text("tension"),
        "traps": record.texts("traps", TRAPS),
        "content": record.texts("content", CONTENT),
        "twin": record.text("twin", ""),
        "omits": record.texts("omits", fields),
        "deciding": record.texts("deciding", [rule.name for rule in guidance.rules]),
        "claims": record.texts("claims", guidance.ledger.claims, required=True),
        "readings": record.texts("readings", guidance.readings),
        "follow_ups": tuple(_read_follow_up(one, answers) for one in record.records("follow_ups")),
    }
    for field in answers.keys() & set(read["omits"]):
        record.wrong("omits", f'"{field}" is answered', "questions that are not among the answers")
    record.close()
    if problems:
        raise KapnbError(problems)
    return Vignette(
        **read,
        answers=answers,
        outcome=Outcome(outcome),
        most_cautious=Outcome(most),
        least_cautious=Outcome(least),
        story=story,
        debrief=debrief,
    )


def _read_answers(record: Record) -> Mapping[str, str]:
    fields = load_fields()
    known = [name for name in record.names if record.check("", name, fields)]
    answers = {name: record.choice(name, [option.name for option in fields[name].options]) for name in known}
    return MappingProxyType(answers)


def _read_follow_up(record: Record, answers: Mapping[str, str]) -> FollowUp:
    one = FollowUp(record.text("learn"), _read_answers(record.record("changes", required=True)), record.text("reasoning"))
    for name, option in one.changes.items():
        if answers.get(name) == option:
            record.wrong(f"changes.{name}", f'"{option}" is the answer already', "an answer that the follow-up changes")
    record.close()
    return one


def _join_lines(text: str) -> str:
    """Paragraphs on one line each, an empty line between them."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip())


@cache
def load_library() -> Mapping[str, Vignette]:
    """The vignettes by their ids, in order.

    Raises:
        KapnbError: with everything that is wrong in any of the files.

    >>> load_library()["V01"].level
    'introductory'
    """
    library: dict[str, Vignette] = {}
    problems: list[Problem] = []
    for file in sorted(vignettes().glob("*.md")):
        try:
            library[file.stem] = one = read_vignette(file.read_text("utf-8"), file.name)
        except KapnbError as failure:
            problems += failure.problems
        else:
            if one.id != file.stem:
                problems.append(Problem(f"{file.name}.id", f'is "{one.id}"', "the name of the file"))
    if problems:
        raise KapnbError(problems)
    return MappingProxyType(library)


def twins(library: Mapping[str, Vignette]) -> tuple[tuple[Vignette, Vignette], ...]:
    """The pairs of a library, each once: vignettes of which each names the other."""
    return tuple(
        (one, library[one.twin])
        for one in library.values()
        if one.twin in library and library[one.twin].twin == one.id and one.id < one.twin
    )


@dataclass(frozen=True)
class Reach:
    """Which vignettes reach what: each name of a kind, in the order of its home, with the ids of the vignettes.

    Attributes:
        rules: the findings that hold, as the engine has them.
        claims: those that a vignette says it teaches.
    """

    rules: Mapping[str, tuple[str, ...]]
    claims: Mapping[str, tuple[str, ...]]
    readings: Mapping[str, tuple[str, ...]]
    traps: Mapping[str, tuple[str, ...]]
    topics: Mapping[str, tuple[str, ...]]
    omits: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[str, tuple[str, ...]]


def cover_library(library: Mapping[str, Vignette] | None = None) -> Reach:
    """What the vignettes reach, by default those of the bundled library; what none reaches has no ids."""
    library = load_library() if library is None else library
    guidance, fields = load_guidance(), load_fields()
    held = {one.id: [finding.rule for finding in assess(one.answers).findings] for one in library.values()}

    def gather(names: Iterable[str], of: Callable[[Vignette], Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
        return {name: tuple(one.id for one in library.values() if name in of(one)) for name in names}

    return Reach(
        rules=gather((rule.name for rule in guidance.rules), lambda one: held[one.id]),
        claims=gather(guidance.ledger.claims, lambda one: one.claims),
        readings=gather(guidance.readings, lambda one: one.readings),
        traps=gather(TRAPS, lambda one: one.traps),
        topics=gather((section.name for section in fields.sections), lambda one: one.topics),
        omits=gather(fields, lambda one: one.omits),
        outcomes=gather(map(str, Outcome), lambda one: (str(one.outcome),)),
    )
