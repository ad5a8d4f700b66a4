"""A room step by step: only under the desk's key, only from where the desk thinks it is, and a vote never changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.codes import SALTS, SIGNS, Signed, find_signs, make_code, read_code, read_signs, write_signs
from kapnb.room.state import (
    KEPT_SECONDS,
    REVEAL,
    Phase,
    Response,
    Room,
    RoomError,
    Round,
    Told,
    Vote,
    accepts_brought,
    accepts_round,
    add_twin,
    cover,
    list_moves,
    move,
)
from kapnb.room.store import Member, Receipt, Store, open_store

NOW = 1_000_000.0
CASES = ("V56", "V15", "V19")
FOLLOW_UPS = 1
USUAL = ("story", "first_vote", "first_closed", "talk", "second_vote", "second_closed", "spread", "movement", "reasons", "article")


def make_room(**changes: object) -> Room:
    room = Room(id="r", code="HKT34X", desk="d", title="", cases=CASES, pack="begley", opened=NOW, expires=NOW + KEPT_SECONDS)
    return replace(room, **changes)  # type: ignore[arg-type]


def give(store: Store, room: Room, member: Member, vote: Vote) -> Receipt:
    return store.take_votes([(room, member, vote)], NOW)[0]


def walk(room: Room, steps: Sequence[str]) -> Room:
    for step in steps:
        room = move(room, Phase(step), NOW, FOLLOW_UPS)
    return room


# --- steps ---------------------------------------------------------------------------------------


def test_space_goes_through_the_whole_room() -> None:
    """The proposed step, taken again and again, goes through every case and ends."""
    room, seen = make_room(), []
    while moves := list_moves(room, FOLLOW_UPS):
        room = move(room, moves[0], NOW, FOLLOW_UPS)
        seen.append(str(room.phase))
    case = [*USUAL, "follow_up", "follow_up_closed"]
    assert seen == [*case, *case, *case, "learning", "ended"]


def test_the_article_comes_last() -> None:
    """From no step before the first vote is closed does one step lead to a reveal."""
    for before in ("lobby", "story", "first_vote"):
        assert not set(REVEAL) & set(list_moves(make_room(phase=Phase(before))))
    assert set(REVEAL) & set(list_moves(make_room(phase=Phase.SECOND_VOTE))) == {Phase.SPREAD}


def test_movement_needs_a_second_vote() -> None:
    early = walk(make_room(), ("story", "first_vote", "first_closed", "spread"))
    assert Phase.MOVEMENT not in list_moves(early)
    assert Phase.TALK in list_moves(early)
    assert Phase.TALK not in list_moves(walk(make_room(), USUAL[:7]))


def test_a_closed_vote_can_be_opened_again() -> None:
    """Somebody pressed the key too early: the vote goes on, and nothing was shown."""
    room = walk(make_room(), ("story", "first_vote", "first_closed", "first_vote"))
    assert accepts_round(room, "V56", NOW) is Round.FIRST


def test_the_next_case_begins_anew() -> None:
    room = walk(make_room(), (*USUAL, "follow_up", "follow_up_closed", "story"))
    assert (room.case, room.rounds, room.asked, room.prompt) == ("V15", 1, 0, "")


def test_a_twin_comes_next_and_never_before_the_article() -> None:
    room = walk(make_room(), USUAL)
    assert add_twin(room, "V57", NOW).cases == ("V56", "V57", "V15", "V19")
    assert add_twin(room, "V57", NOW).case == "V57"
    assert (add_twin(room, "V57", NOW).opened_with, add_twin(room, "V57", NOW).places) == (CASES, (*CASES, "V57"))
    with pytest.raises(RoomError):
        add_twin(walk(make_room(), USUAL[:-1]), "V57", NOW)


def test_what_is_covered_is_not_shown() -> None:
    room = walk(make_room(), USUAL)
    assert cover(room, covered=True).shown is Phase.SECOND_CLOSED
    assert cover(cover(room, covered=True), covered=False).shown is Phase.ARTICLE
    with pytest.raises(RoomError):
        cover(walk(make_room(), USUAL[:2]), covered=True)


def test_a_vote_before_the_class_is_locked_until_its_time() -> None:
    """Until then each case can be judged and nothing is revealed; after it a late vote does not count."""
    room = make_room(phase=Phase.BEFORE, until=NOW + 60)
    assert accepts_round(room, "V19", NOW) is Round.FIRST
    assert accepts_round(room, "V19", NOW + 60) is None
    with pytest.raises(RoomError) as refused:
        move(room, Phase.STORY, NOW)
    assert refused.value.key == "too_early"
    assert Phase.FIRST_CLOSED in list_moves(move(room, Phase.STORY, NOW + 60))


def test_what_the_desk_brings_counts_until_people_talk_of_a_case() -> None:
    """A first vote on any case to come; a second one while its vote is the last thing that was open."""
    for phase in Phase:
        room = make_room(phase=phase, turn=1, rounds=2)
        counts = {(case, one) for case in CASES for one in Round if accepts_brought(room, case, one)}
        to_come = set() if phase is Phase.ENDED else {("V19", Round.FIRST)}
        on_view = {("V15", Round.FIRST)} if phase in list(Phase)[:5] else set()
        again = {("V15", Round.SECOND)} if phase in {Phase.SECOND_VOTE, Phase.SECOND_CLOSED} else set()
        assert counts == to_come | on_view | again, phase


# --- codes ---------------------------------------------------------------------------------------


def test_codes_are_read_as_people_type_them() -> None:
    codes = {make_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(read_code(f" {code[:3].lower()}-{code[3:]} ") == code for code in codes)
    assert not set("01258BGIOQSUVZ") & set(SIGNS)


@st.composite
def signed(draw: st.DrawFn) -> Signed:
    given = (
        st.integers(0, 63),
        st.sampled_from(Round),
        st.sampled_from(Outcome),
        st.sampled_from(Confidence),
        st.integers(0, SALTS - 1),
    )
    return Signed(*(draw(one) for one in given))


@given(signed())
def test_ten_signs_say_what_was_judged(one: Signed) -> None:
    """They come back as they went, in lower case and with a gap too; in another room they are nothing."""
    signs = write_signs("HKT34X", one)
    chat = f"Ana: {signs[:5].lower()} {signs[5:].lower()} (I think)"
    assert [read_signs("HKT34X", found) for found in find_signs(chat)] == [one]
    assert read_signs("HKT34Y", signs) is None


@given(signed(), st.integers(0, 9), st.sampled_from(SIGNS))
def test_a_mistyped_sign_is_told(one: Signed, place: int, sign: str) -> None:
    """One wrong sign, or two neighbors exchanged, are never another judgment."""
    signs = write_signs("HKT34X", one)
    wrong = signs[:place] + sign + signs[place + 1 :]
    exchanged = signs[: max(0, place - 1)] + signs[max(0, place - 1) : place + 1][::-1] + signs[place + 1 :]
    assert {read_signs("HKT34X", other) for other in (wrong, exchanged) if other != signs} <= {None}


# --- on disk ---------------------------------------------------------------------------------------


class Desk(RuleBasedStateMachine):
    """A room with two desks (one has the key, one has not), participants that do anything at any time, and a plain record of it."""

    @initialize(voting=st.booleans())
    def open(self, *, voting: bool) -> None:
        """A room in which nothing has been done, or one with a vote: by chance alone hardly any comes to one."""
        self.store: Store = open_store("sqlite://")
        self.room, self.key = self.store.open_room(CASES, "begley", NOW)
        self.members: list[Member] = []
        self.counted: dict[tuple[int, str, int], Vote] = {}
        self.at: tuple[Phase, int] = (Phase.LOBBY, 0)
        self.sent = 0
        for to in (Phase.STORY, Phase.FIRST_VOTE) if voting else ():
            self.store.change(self.room, self.at, lambda now, to=to: move(now, to, NOW, FOLLOW_UPS))  # type: ignore[misc]
            self.at = (to, 0)
        if voting:
            self.members = [self.store.join(self.room, "phone 0")]

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    def current(self) -> Room:
        room = self.store.find(self.room.code)
        assert room
        return room

    @rule(key=st.integers(0, 5))
    def join(self, key: int) -> None:
        """The same key is the same participant, whenever it comes."""
        if self.at[0] is Phase.ENDED:
            return
        member = self.store.join(self.room, f"phone {key}")
        known = {one.id: one for one in self.members}
        assert known.get(member.id, member) == member
        assert len({one.label for one in self.members} | {member.label}) == len({*known, member.id})
        self.members = [*known.values()] if member.id in known else [*self.members, member]

    @rule(who=st.integers(0, 5), case=st.sampled_from(CASES), given=st.sampled_from(Round), outcome=st.sampled_from(Outcome))
    def vote(self, who: int, case: str, given: Round, outcome: Outcome) -> None:
        """It counts exactly when its round is open for its case and nothing was given before; and it says which."""
        if not self.members:
            return
        member = self.members[who % len(self.members)]
        self.sent += 1
        vote = Vote(case, given, outcome, Confidence.LOW, key=f"v{self.sent}")
        place = (member.id, case, int(given))
        receipt = give(self.store, self.room, member, vote)
        open_now = self.at == (Phase.FIRST_VOTE if given is Round.FIRST else Phase.SECOND_VOTE, CASES.index(case))
        if place in self.counted:
            assert receipt.told is Told.KEPT
        else:
            assert receipt.told is (Told.COUNTED if open_now else Told.CLOSED)
        if receipt.told is Told.COUNTED:
            self.counted[place] = vote
            again = give(self.store, self.room, member, vote)  # a double tap
            assert again.told is Told.AGAIN
        assert receipt.kept == self.counted.get(place)

    @rule(step=st.integers(0, 3), how=st.sampled_from(("right", "right", "stale", "wrong")))
    def go(self, step: int, how: str) -> None:
        """Only with the key, and only from where the room is."""
        if how == "wrong":
            assert self.store.find_for_desk(self.room.code, "another key") is None
            return
        room = self.store.find_for_desk(self.room.code, self.key)
        assert room
        moves = list_moves(room, FOLLOW_UPS)
        if not moves:
            return
        to = moves[min(step, len(moves) - 1)]
        expected = (Phase.LEARNING if self.at[0] is not Phase.LEARNING else Phase.LOBBY, self.at[1]) if how == "stale" else self.at
        if how == "stale":
            with pytest.raises(RoomError):
                self.store.change(room, expected, lambda now: move(now, to, NOW, FOLLOW_UPS))
            assert (self.current().phase, self.current().turn) == self.at
            return
        changed = self.store.change(room, expected, lambda now: move(now, to, NOW, FOLLOW_UPS))
        anew = to is Phase.STORY and self.at[0] is not Phase.LOBBY
        assert (changed.phase, changed.turn) == (to, self.at[1] + anew)
        self.at = (changed.phase, changed.turn)

    @rule(place=st.integers(0, 1), fit=st.integers(-2, 2))
    def respond(self, place: int, fit: int) -> None:
        """A follow-up is answered while it is asked, and once."""
        if not self.members:
            return
        room = self.current()
        self.sent += 1
        receipt = self.store.respond(self.room, self.members[0], Response(room.case, place, fit, key=f"f{self.sent}"))
        if receipt.told is Told.COUNTED:
            assert (room.phase, place) == (Phase.FOLLOW_UP, room.asked - 1)

    @invariant()
    def votes_stay(self) -> None:
        """What counted is there, word for word, and nothing else is."""
        if hasattr(self, "store"):
            kept = {(one.member, one.vote.case, int(one.vote.round)): one.vote for one in self.store.list_votes(self.room)}
            assert kept == self.counted


Desk.TestCase.settings = settings(
    max_examples=20, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)
TestDesk = Desk.TestCase
