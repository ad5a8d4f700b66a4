"""Rooms on disk: what is given comes back and counts once, whoever else writes at the moment, and what is deleted is gone."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from kapnb import read_judgments
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.codes import salt_of
from kapnb.room.state import KEPT_SECONDS, READ_OUT, Phase, Response, Room, RoomError, Round, Told, Vote, add_twin, move
from kapnb.room.store import Member, Store, default_url, open_store
from kapnb.serve.room import make_file
from kapnb.serve.rooms import Rooms
from tests import postgres
from tests.postgres import Postgres
from tests.served import wait_for
from tests.test_room_state import give

CASES = ("V56", "V15")


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres.started() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rooms.db'}"
    database: Postgres = request.getfixturevalue("database")
    return database.url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


def open_vote(store: Store) -> tuple[Room, str]:
    room, key = store.open_room(CASES, "begley", time.time())
    return go(store, room, Phase.STORY, Phase.FIRST_VOTE), key


def go(store: Store, room: Room, *steps: Phase) -> Room:
    for to in steps:
        room = store.change(room, (room.phase, 0), partial(move, to=to, now=time.time(), follow_ups=1))
    return room


def make_vote(key: str, outcome: Outcome = Outcome.CLARIFY_FIRST, reason: str = "") -> Vote:
    return Vote("V56", Round.FIRST, outcome, Confidence.HIGH, reason, key=key)


def test_everything_comes_back_as_it_was_given(store: Store) -> None:
    room, key = open_vote(store)
    member = store.join(room, "phone")
    vote = Vote(
        "V56", Round.FIRST, Outcome.NOT_AT_PRESENT, Confidence.LOW, "One old attempt.", Outcome.CLARIFY_FIRST, {"ocd": "yes"}, "k"
    )
    assert give(store, room, member, vote).told is Told.COUNTED
    assert [one.vote for one in store.list_votes(room, None, member)] == [vote]
    assert [given.vote for given in store.list_votes(room)] == [vote]
    assert store.find(room.code) == store.find_for_desk(room.code, key) == room
    assert (store.count(room).given, store.count(room).here) == (1, 1)


def test_a_twin_that_the_desk_put_in_is_told_from_the_set(store: Store) -> None:
    room, _ = open_vote(store)
    room = go(store, room, Phase.FIRST_CLOSED, Phase.SPREAD, Phase.ARTICLE)
    room = store.change(room, (room.phase, 0), lambda now: add_twin(now, "V57", time.time()))
    assert store.find(room.code) == room
    assert (room.cases, room.opened_with) == (("V56", "V57", "V15"), CASES)


def test_what_a_phone_sends_completes_what_was_read_out_for_it(store: Store) -> None:
    """The same participant is counted once; another answer than the one that was read out changes nothing."""
    room, _ = open_vote(store)
    member, other = store.join(room, "phone"), store.join(room, "other")
    read_out = make_vote(READ_OUT)
    signs = [(f"signs {one}", salt_of(one.id, room.desk), read_out) for one in (member, other)]
    assert store.take_brought(room, signs) == (2, 0, 0)
    assert (store.count(room).given, store.count(room).here) == (2, 2)
    full = make_vote("k", reason="One old attempt.")
    assert give(store, room, member, full).told is Told.COUNTED
    assert give(store, room, member, full).told is Told.AGAIN
    assert give(store, room, other, make_vote("o", Outcome.MAY_BE_CONSIDERED)).told is Told.KEPT
    kept = {one.member: one.vote for one in store.list_votes(room)}
    assert kept == {member.id: full, other.id: read_out}


def test_a_reason_that_comes_after_its_vote_closed_is_told(store: Store) -> None:
    """The answer that was read out counts; one without a reason has lost nothing."""
    room, _ = open_vote(store)
    member = store.join(room, "phone")
    store.take_brought(room, [("signs 1", salt_of(member.id, room.desk), make_vote(READ_OUT))])
    room = go(store, room, Phase.FIRST_CLOSED)
    assert give(store, room, member, make_vote("k", reason="One old attempt.")).told is Told.LATE
    assert give(store, room, member, make_vote("k")).told is Told.KEPT
    assert [given.vote for given in store.list_votes(room)] == [make_vote(READ_OUT)]


def test_a_label_that_a_file_came_to_is_no_phone(store: Store) -> None:
    """Somebody may have made up the same one."""
    room, _ = open_vote(store)
    assert store.take_brought(room, [("file a", "anna", make_vote("file"))]) == (1, 0, 0)
    (given,) = store.list_votes(room)
    assert store.take_brought(room, [("file b", given.label.casefold(), make_vote("file"))]) == (1, 0, 0)


def test_a_file_completes_the_ten_characters_of_its_label(store: Store) -> None:
    """One participant, whose reason is here now. Where the answers differ, another may have come to the same characters: two."""
    room, _ = open_vote(store)
    store.take_brought(room, [("signs 1", None, make_vote(READ_OUT)), ("signs 2", None, make_vote(READ_OUT))])
    same = make_vote("file", reason="One old attempt.")
    for told in ((0, 0, 1), (0, 0, 0)):
        assert store.take_brought(room, [("file a", "a", same)], {"file a": "signs 1"}) == told
    other = make_vote("file", Outcome.MAY_BE_CONSIDERED)
    assert store.take_brought(room, [("file b", "b", other)], {"file b": "signs 2"}) == (1, 0, 0)
    kept = [given.vote for given in store.list_votes(room)]
    assert (len(kept), kept.count(same), kept.count(other), store.count(room).given) == (3, 1, 1, 3)
    elsewhere = replace(other, case="V15")  # nothing of it can agree or differ
    assert store.take_brought(room, [("file c", "c", elsewhere)], {"file c": "signs 2"}) == (1, 0, 0)
    assert len({given.member for given in store.list_votes(room)}) == 4


def test_the_table_of_a_room_is_a_workbook_too(store: Store) -> None:
    room, _ = open_vote(store)
    member = store.join(room, "phone")
    give(store, room, member, make_vote("k", reason="=A reason"))
    tables = [read_judgments(make_file(store, room, f"judgments.{ending}")) for ending in ("csv", "xlsx")]
    assert list(tables[1]["rater"]) == [member.label]
    assert tables[0].equals(tables[1])


def test_whoever_leaves_is_not_waited_for_and_their_vote_stays(store: Store) -> None:
    room, _ = open_vote(store)
    one, two, three = (store.join(room, f"phone {number}") for number in range(3))
    give(store, room, one, make_vote("a"))
    store.leave(one)
    store.leave(two)
    assert (store.count(room).given, store.count(room).here) == (1, 2)
    assert store.join(room, "phone 1").label == two.label
    assert (store.count(room).given, store.count(room).here) == (1, 3)
    assert three.label not in {one.label, two.label}


def test_a_vote_on_its_way_when_the_vote_closes_counts_or_is_told(store: Store) -> None:
    """Many votes and the closing at once: what was confirmed is there when the room is closed, and nothing comes after."""
    room, _ = open_vote(store)
    members = [store.join(room, f"phone {number}") for number in range(24)]
    ready = threading.Barrier(len(members) + 1)

    def send(number: int) -> Told:
        ready.wait(30)
        return give(store, room, members[number], make_vote(f"k{number}")).told

    def close() -> int:
        ready.wait(30)
        return len(store.list_votes(go(store, room, Phase.FIRST_CLOSED)))

    with ThreadPoolExecutor(len(members) + 1) as pool:
        closing = pool.submit(close)
        told = list(pool.map(send, range(len(members))))
    assert set(told) <= {Told.COUNTED, Told.CLOSED}
    assert told.count(Told.COUNTED) == closing.result() == len(store.list_votes(room))


def test_a_double_tap_in_two_tabs_counts_once(store: Store) -> None:
    """Eight at the same moment, again and again: the first time each still has to connect."""
    room, _ = open_vote(store)
    ready = threading.Barrier(8)

    def tap(member: Member) -> Told:
        ready.wait(30)
        return give(store, room, member, make_vote("same")).told

    with ThreadPoolExecutor(8) as pool:
        for number in range(6):
            member = store.join(room, f"phone {number}")
            assert sorted(pool.map(tap, [member] * 8)) == sorted([Told.COUNTED] + [Told.AGAIN] * 7)
    other = give(store, room, member, make_vote("other", Outcome.MAY_BE_CONSIDERED))
    assert other.told is Told.KEPT
    assert other.kept == make_vote("same")


def test_votes_in_one_transaction_count_each_by_itself(store: Store) -> None:
    """Those of another room that is closed, and those given twice, leave the others as they are."""
    room, closed = open_vote(store)[0], store.open_room(CASES, "begley", time.time())[0]
    one, two, other = store.join(room, "one"), store.join(room, "two"), store.join(closed, "other")
    ballots = [(room, one, "a"), (closed, other, "b"), (room, one, "a"), (room, two, "c"), (room, one, "d")]
    receipts = store.take_votes([(where, who, make_vote(key)) for where, who, key in ballots], time.time())
    assert [one.told for one in receipts] == [Told.COUNTED, Told.CLOSED, Told.AGAIN, Told.COUNTED, Told.KEPT]
    assert {given.vote.key for given in store.list_votes(room)} == {"a", "c"}
    assert store.list_votes(closed) == ()


def test_many_join_at_once(store: Store) -> None:
    """Each has a label of their own, and a phone that joins twice at once is one participant."""
    room, _ = open_vote(store)
    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda number: store.join(room, f"phone {number // 2}"), range(40)))
    assert len({one.id for one in joined}) == len({one.label for one in joined}) == 20


def test_an_ended_room_is_deleted_after_its_time(store: Store, url: str) -> None:
    """With everything in it, also from the file."""
    room, _ = open_vote(store)
    member = store.join(room, "phone")
    give(store, room, member, make_vote("k", reason="An unmistakable sentence"))
    ended = go(store, room, Phase.ENDED)
    store.delete_expired(ended.expires - 1)
    assert store.find(room.code) == ended
    assert abs(ended.expires - time.time() - KEPT_SECONDS) < 60
    assert store.delete_expired(ended.expires + 1) >= 1
    assert store.find(room.code) is None
    assert store.list_votes(room) == ()
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        assert not [path for path in folder.iterdir() if b"unmistakable" in path.read_bytes()]


def test_what_the_desk_lets_through_is_of_this_room(store: Store) -> None:
    room, other = open_vote(store)[0], open_vote(store)[0]
    give(store, room, store.join(room, "phone"), make_vote("k", reason="A reason"))
    (given,) = store.list_votes(room)
    store.let_through(other, given.ref, shown=True)
    assert store.list_let_through(other) == frozenset()
    store.let_through(room, given.ref, shown=True)
    store.let_through(room, given.ref, shown=True)
    assert store.list_let_through(room) == {given.ref}
    store.let_through(room, given.ref, shown=False)
    assert store.list_let_through(room) == frozenset()


def test_follow_ups_and_lines_are_kept_while_they_are_asked(store: Store) -> None:
    room, _ = open_vote(store)
    member = store.join(room, "phone")
    assert store.respond(room, member, Response("V56", 0, -1, key="f")).told is Told.CLOSED
    assert not store.write_lines(room, member, ["Ask who knows."])
    room = go(store, room, Phase.FIRST_CLOSED, Phase.SPREAD, Phase.ARTICLE, Phase.FOLLOW_UP)
    assert store.respond(room, member, Response("V56", 0, -1, key="f")).told is Told.COUNTED
    assert store.respond(room, member, Response("V56", 0, 2, key="g")).told is Told.KEPT
    room = go(store, room, Phase.FOLLOW_UP_CLOSED, Phase.LEARNING)
    assert store.write_lines(room, member, ["Ask who knows.", "Take time.", "A third"])
    assert store.write_lines(room, member, ["Another"])
    assert sorted(text for _, _, text in store.list_lines(room)) == ["Ask who knows.", "Take time."]


def test_the_default_file_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    store = open_store(default_url())
    store.open_room(CASES, "begley", time.time())
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "kapnb").iterdir()}
    store.close()
    assert modes == {0}


def test_too_many_rooms_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kapnb.room.store.MOST_ROOMS", 2)
    store = open_store("sqlite://")
    for _ in range(2):
        store.open_room(CASES, "begley", time.time())
    with pytest.raises(RoomError) as refused:
        store.open_room(CASES, "begley", time.time())
    store.close()
    assert refused.value.key == "rooms_full"


@pytest.mark.slow
def test_a_server_hears_what_another_wrote(database: Postgres) -> None:
    here, there = open_store(database.url), open_store(database.url)
    stopped, heard = threading.Event(), list[str]()
    listening = threading.Thread(target=here.listen, args=(stopped, heard.append))
    listening.start()
    try:
        wait_for(lambda: there.notify("room-1") or heard)
    finally:
        stopped.set()
        listening.join(20)
        here.close()
        there.close()
    assert set(heard) == {"room-1"}


def test_a_vote_that_nobody_waits_for_any_more_holds_up_no_other(tmp_path: Path) -> None:
    rooms = Rooms(f"sqlite:///{tmp_path / 'rooms.db'}")
    room, _ = open_vote(rooms.store)
    gone, there = (rooms.store.join(room, key) for key in ("gone", "there"))

    async def send() -> Told:
        left = asyncio.create_task(rooms.vote(room, gone, make_vote("a")))
        await asyncio.sleep(0)
        left.cancel()
        return (await asyncio.wait_for(rooms.vote(room, there, make_vote("b")), 20)).told

    # In a thread of its own: a browser of an earlier test leaves its loop running in this one.
    with ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(asyncio.run, send()).result() is Told.COUNTED
    rooms.stop()
