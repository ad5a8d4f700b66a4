"""A room with everything that some view of it may show: what was judged, and what the article says of the case on view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from kapnb.engine.edition import Assessment, Edition, load_guidance
from kapnb.engine.fields import Field
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, locate
from kapnb.group.discussion import Suggestion
from kapnb.group.judgments import Judgment, Second
from kapnb.room.state import FEW, Phase, Response, Room, Round, Vote
from kapnb.room.store import Counts, Given, Member, Store
from kapnb.text.words import words
from kapnb.training.library import FollowUp, Library, Vignette, load_library

MOST_FACTS: Final = 4
"""Only facts on which a case turns are asked."""
PROMPTS: Final = (
    ("prompt_sentence", "teacher", "conceptualization"),
    ("prompt_ask", "consultant", "intervention"),
    ("prompt_feel", "counselor", "personalization"),
)
COUNTED: Final = frozenset((Phase.FIRST_VOTE, Phase.SECOND_VOTE, Phase.FOLLOW_UP))
"""While these are open, nobody learns more than how many are in."""


@dataclass(frozen=True, slots=True)
class Mine:
    """What one participant gave."""

    member: Member
    votes: Mapping[tuple[str, int], Vote] = field(default_factory=dict)
    responses: Mapping[tuple[str, int], Response] = field(default_factory=dict)
    sent_lines: bool = False


@dataclass(frozen=True)
class Scene:
    """A room as it is now.

    Attributes:
        given: the votes on the case on view; empty while a vote is open.
    """

    room: Room
    counts: Counts
    given: tuple[Given, ...] = ()
    responses: tuple[tuple[int, Response], ...] = ()
    lines: tuple[tuple[int, str, str], ...] = ()
    through: frozenset[str] = frozenset()

    @cached_property
    def edition(self) -> Edition:
        return edition_of(self.room)

    @cached_property
    def library(self) -> Library:
        return library_of(self.room)

    @cached_property
    def vignette(self) -> Vignette:
        return self.library[self.room.case]

    @cached_property
    def assessment(self) -> Assessment:
        return assess_case(self.edition, self.room.case)

    @cached_property
    def firsts(self) -> tuple[Given, ...]:
        return tuple(one for one in self.given if one.vote.round is Round.FIRST)

    @cached_property
    def seconds(self) -> tuple[Given, ...]:
        return tuple(one for one in self.given if one.vote.round is Round.SECOND)

    @property
    def last_votes(self) -> tuple[Given, ...]:
        """Those of the second vote, where there was one."""
        return self.seconds or self.firsts

    @cached_property
    def moves(self) -> Counter[tuple[Outcome, Outcome]]:
        """How often somebody went from one outcome to another, or stayed; only who voted twice."""
        before = {one.member: one.vote.outcome for one in self.firsts}
        return Counter((before[one.member], one.vote.outcome) for one in self.seconds if one.member in before)

    @property
    def moved(self) -> int:
        return sum(count for (before, after), count in self.moves.items() if before is not after)

    @property
    def lonely(self) -> bool:
        """Whether somebody went their way from the first to the second vote alone, or voted but once and alone so.

        Numbers beside the two spreads would then tell which way it was, so that a wall shows none.
        """
        first, second = ({one.member: one.vote.outcome for one in votes} for votes in (self.firsts, self.seconds))
        return 1 in Counter((first.get(one), second.get(one)) for one in first | second).values()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The reasons that the desk lets through."""
        return tuple(one.vote.reason for one in self.firsts if one.ref in self.through and one.vote.reason)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """The first votes beside the article. A question that was not asked counts as read alike."""
        return tuple(locate(judge(one, answers=self.vignette.answers), self.assessment) for one in self.firsts)

    @property
    def follow_ups(self) -> int:
        return len(self.vignette.follow_ups)

    @property
    def follow_up(self) -> FollowUp:
        """The one that was put to the vote last."""
        return self.vignette.follow_ups[self.room.asked - 1]

    @property
    def fits(self) -> tuple[Response, ...]:
        """What was said to it."""
        return tuple(one for _, one in self.responses if one.place == self.room.asked - 1)

    @property
    def learned(self) -> tuple[FollowUp, ...]:
        """The follow-ups that were put to the vote."""
        return self.vignette.follow_ups[: self.room.asked]

    @property
    def twin(self) -> Vignette | None:
        """The twin of the case on view, where it is not in the set already."""
        twin = self.library.find_twin(self.vignette)
        return twin if twin and twin.id not in self.room.cases else None


def load_scene(store: Store, room: Room) -> Scene:
    """Read what views of the room may need in its phase, and no more."""
    counts = store.count(room)
    if room.phase in COUNTED or room.phase in {Phase.LOBBY, Phase.STORY}:
        return Scene(room, counts)
    if room.phase is Phase.BEFORE:
        return Scene(room, counts, given=store.list_votes(room))
    if room.phase in {Phase.LEARNING, Phase.ENDED}:
        return Scene(room, counts, store.list_votes(room), lines=store.list_lines(room), through=store.list_let_through(room))
    responses = store.list_responses(room, room.case) if room.asked else ()
    return Scene(room, counts, store.list_votes(room, room.case), responses, through=store.list_let_through(room))


def load_current(store: Store, room: Room) -> Scene | None:
    """The same of the room as it is now; None where it was deleted."""
    current = store.reload(room)
    return load_scene(store, current) if current else None


def load_mine(store: Store, room: Room, member: Member) -> Mine:
    return load_all_mine(store, room, member)(member)


def load_all_mine(store: Store, room: Room, member: Member | None = None) -> Callable[[Member], Mine]:
    """What each participant gave, read once for a step that all phones are told of; or all that one gave."""
    votes: dict[int, dict[tuple[str, int], Vote]] = {}
    everything = member or room.phase in {Phase.BEFORE, Phase.ENDED}
    for one in store.list_votes(room, None if everything else room.case, member):
        votes.setdefault(one.member, {})[one.vote.case, int(one.vote.round)] = one.vote
    responses: dict[int, dict[tuple[str, int], Response]] = {}
    for who, given in store.list_responses(room, room.case) if room.asked else ():
        responses.setdefault(who, {})[given.case, given.place] = given
    sent = {who for who, *_ in store.list_lines(room)} if room.phase is Phase.LEARNING else set[int]()
    return lambda member: Mine(member, votes.get(member.id, {}), responses.get(member.id, {}), member.id in sent)


def edition_of(room: Room) -> Edition:
    return load_guidance(room.pack).bind(room.readings or None)


def library_of(room: Room) -> Library:
    return load_library(load_guidance(room.pack).bind())


@lru_cache(maxsize=512)
def assess_case(edition: Edition, case: str) -> Assessment:
    """What the article says of a story; kept, since each vote looks up what is asked of it."""
    return edition.assess(load_library(edition.bind())[case].answers)


def judge(*votes: Given, answers: Mapping[str, str] | None = None) -> Judgment:
    """The votes of one participant on one case as a judgment, with their own reading where some fact was asked and answered.

    Args:
        votes: the first, the second, or both.
        answers: those of the story, which count as read alike where nothing was asked.
    """
    by_round = {one.vote.round: one.vote for one in votes}
    first, second = by_round.get(Round.FIRST), by_round.get(Round.SECOND)
    case, rater = votes[0].vote.case, votes[0].label
    later = Second(second.outcome, second.confidence, second.reason) if second else Second()
    if first is None:
        return Judgment(case, rater, second=later)
    own = {**(answers or {}), **first.facts} if first.facts else None
    return Judgment(
        case, rater, first.outcome, first.confidence, own=own, comment=first.reason, prediction=first.prediction, second=later
    )


def list_facts(assessment: Assessment) -> tuple[Field, ...]:
    """The few questions on which the case turns: what decides rests on them, or another answer moves the outcome.

    They stand in the order of the dictionary, which tells nothing of which of them decides.
    """
    wanted = dict.fromkeys(name for finding in assessment.deciding for name in finding.because)
    wanted |= dict.fromkeys(twin.field for twin in assessment.twins)
    wanted |= dict.fromkeys(name for finding in assessment.findings for name in finding.because)
    fields = assessment.edition.fields
    chosen = list(wanted)[:MOST_FACTS]
    return tuple(fields[name] for name in fields if name in chosen)


def count_outcomes(given: Sequence[Given]) -> Counter[Outcome]:
    return Counter(one.vote.outcome for one in given)


def is_few(room: Room, votes: int) -> bool:
    """Whether a spread of so many votes stays covered on the wall."""
    return votes < FEW and not room.small


def list_prompts(scene: Scene) -> tuple[Suggestion, ...]:
    """What the wall may ask people to talk about before the reveal, each in its place in Bernard's model.

    They come from what the group read, and from what can be asked of any case: none tells what decides for the article, and none
    how the votes are spread.
    """
    case = (scene.room.case,)
    asked = []
    for one in list_facts(scene.assessment):
        read = {given.vote.facts.get(one.name) for given in scene.firsts} - {None}
        if len(read) > 1:
            asked.append(Suggestion(words("room.prompt_fact", label=one.label), "teacher", "conceptualization", "facts", case))
    return (*asked, *(Suggestion(words(f"room.{key}"), role, focus, "spread", case) for key, role, focus in PROMPTS))


def read_prompt(case: str, text: str) -> Suggestion:
    """A prompt that was on the wall, in its place again."""
    known = {words(f"room.{key}"): (role, focus) for key, role, focus in PROMPTS}
    return Suggestion(text, *known.get(text, ("teacher", "conceptualization")), "spread", (case,))
