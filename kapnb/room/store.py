"""Rooms on disk: SQLite by default, PostgreSQL for several servers. What may follow what is decided in :mod:`kapnb.room.state`."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from itertools import starmap
from typing import Any, Final

import platformdirs
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.codes import label_of, make_code, salt_of
from kapnb.room.schema import METADATA, follow_ups, let_through, lines, members, prompts, rooms, votes
from kapnb.room.state import (
    KEPT_SECONDS,
    LINES,
    MOST_MEMBERS,
    READ_OUT,
    Phase,
    Response,
    Room,
    RoomError,
    Round,
    Told,
    Vote,
    accepts_brought,
    accepts_response,
    accepts_round,
    completes,
    tell,
)

MOST_ROOMS: Final = 200
"""That are open at the same time."""
BUSY_SECONDS: Final = 20
CHANNEL: Final = "kapnb_room"

_COLUMNS: Final = tuple(one.name for one in fields(Room) if one.name != "added")  # the column "cases" tells which were


@dataclass(frozen=True, slots=True)
class Member:
    id: int
    label: str
    gone: bool = False


Ballot = tuple[Room, Member, Vote]


@dataclass(frozen=True, slots=True)
class Given:
    """A vote as it is kept: whose it is, and the name that the desk knows it by, which tells nothing of whose."""

    member: int
    label: str
    ref: str
    vote: Vote


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a vote, the vote that counts in its place, if any does, and all votes of that participant."""

    told: Told
    kept: Vote | Response | None
    own: Mapping[tuple[str, int], Vote] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are here, and how many of them have given what the room is waiting for."""

    here: int
    given: int


def hash_key(key: str) -> str:
    """What is kept of a key. Keys are long and random, so that nothing slower is needed."""
    return sha256(key.encode()).hexdigest()


def default_url() -> str:
    """SQLite in the data folder of whoever serves."""
    file = platformdirs.user_data_path("kapnb", appauthor=False, ensure_exists=True) / "rooms.db"
    file.touch(mode=0o600)  # nobody else on this machine reads what people wrote
    return f"sqlite:///{file}"


def open_store(url: str = "") -> Store:
    """Open the database, and make its tables where they are missing.

    Raises:
        RoomError: it cannot be reached or written.
    """
    with _told():
        engine = sa.create_engine(url or default_url(), **_settings(url))
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _prepare_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)
        METADATA.create_all(engine)
    return Store(engine)


def _settings(url: str) -> Mapping[str, Any]:
    if url.startswith("postgresql"):
        return {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 0, "connect_args": {"connect_timeout": 5}}
    if url == "sqlite://":
        return {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}}
    return {"connect_args": {"timeout": BUSY_SECONDS}}


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, see below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """One writer at a time, from its first look on: what it has seen is still so when it writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    """A database that does not answer is told in words, and not with what was to be written."""
    try:
        yield
    except (ArgumentError, DBAPIError, ImportError, NoSuchModuleError):
        raise RoomError("storage") from None


class Store:
    """The rooms. What returns has been written: a vote that is confirmed is on disk.

    Every function may take its time, and may be called from any thread.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._writing: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        name: str = self.engine.dialect.name
        return name == "sqlite"

    def close(self) -> None:
        self.engine.dispose()

    # Opening and finding

    def open_room(
        self,
        cases: Sequence[str],
        pack: str,
        now: float,
        *,
        title: str = "",
        readings: Mapping[str, str] | None = None,
        until: float = 0,
    ) -> tuple[Room, str]:
        """A new room, and the key that moves it, of which only a hash is kept.

        Raises:
            RoomError: too many are open.
        """
        key = secrets.token_urlsafe(24)
        self.delete_expired(now)
        with self._write() as connection:
            open_now = connection.scalar(sa.select(sa.func.count()).where(rooms.c.phase != Phase.ENDED)) or 0
            if open_now >= MOST_ROOMS:
                raise RoomError("rooms_full")
            taken = set(connection.scalars(sa.select(rooms.c.code)))
            code = next(code for code in iter(make_code, "") if code not in taken)
            room = Room(
                id=uuid.uuid4().hex,
                code=code,
                desk=hash_key(key),
                cases=tuple(cases),
                pack=pack,
                title=title,
                readings=dict(readings or {}),
                phase=Phase.BEFORE if until else Phase.LOBBY,
                until=until,
                opened=now,
                expires=max(now, until) + KEPT_SECONDS,
            )
            connection.execute(rooms.insert().values(_write_room(room)))
        return room, key

    def find(self, code: str) -> Room | None:
        return self._find(rooms.c.code == code)

    def reload(self, room: Room) -> Room | None:
        """The room as it is now; None where it was deleted."""
        return self._find(rooms.c.id == room.id)

    def enter(self, code: str, key: str) -> tuple[Room | None, Member | None]:
        """The room with this code, and its participant with this key, in one look."""
        mine = sa.and_(members.c.room == rooms.c.id, members.c.key == hash_key(key))
        wanted = sa.select(rooms, *(members.c[name].label(f"own_{name}") for name in ("id", "label", "gone")))
        row = next(self._list(wanted.join(members, mine, isouter=True).where(rooms.c.code == code)), None)
        member = Member(row.own_id, row.own_label, row.own_gone) if row and row.own_id is not None else None
        return _read_room(row), member

    def find_for_desk(self, code: str, key: str) -> Room | None:
        """The room, for whoever has its key."""
        room = self.find(code)
        return room if room and secrets.compare_digest(room.desk, hash_key(key)) else None

    def delete_room(self, room: Room) -> None:
        """At once, with everything in it."""
        self._delete(rooms.c.id == room.id)

    def delete_expired(self, now: float) -> int:
        return self._delete(rooms.c.expires < now)

    # Participants

    def join(self, room: Room, key: str) -> Member:
        """The participant with this key: the one who was here before, or a new one.

        Raises:
            RoomError: the room is full, or has ended.
        """
        with self._write() as connection:
            current = self._lock(connection, room)
            known = _find_member(connection, room, key)  # another tab may have been faster
            if known:
                connection.execute(members.update().where(members.c.id == known.id).values(gone=False))
                return replace(known, gone=False)
            if current is None or current.phase is Phase.ENDED:
                raise RoomError("ended")
            return self._add_member(connection, room, hash_key(key))

    def leave(self, member: Member) -> None:
        """What was given stays; nobody waits for more."""
        with self._write() as connection:
            connection.execute(members.update().where(members.c.id == member.id).values(gone=True))

    # Votes

    def take_votes(self, given: Sequence[Ballot], now: float) -> list[Receipt]:
        """Votes of many in one transaction: writing to disk is what takes its time.

        Each counts or not by itself, when its round is open at the moment of writing.
        """
        receipts, counted = [], []
        own = [member.id for _, member, _ in given]
        with self._write() as connection:
            current = {room.id: self._lock(connection, room, own) for room, *_ in sorted(given, key=lambda one: one[0].id)}
            rows = connection.execute(sa.select(votes).where(votes.c.member.in_(own)))
            known: dict[int, dict[tuple[str, int], Vote]] = {one: {} for one in own}
            for row in rows:
                known[row.member][row.case, row.round] = _read_vote(row)
            for room, member, vote in given:
                place, theirs = (vote.case, int(vote.round)), known[member.id]
                now_in, kept = current[room.id], theirs.get(place)
                open_now = now_in is not None and accepts_round(now_in, vote.case, now) is vote.round
                if open_now and completes(kept, vote):
                    connection.execute(votes.delete().where(_is_vote(member, vote)))
                    kept = None
                told = tell(kept, vote, open_now=open_now)
                if told is Told.COUNTED:
                    counted.append(_write_vote(member.id, vote))
                    theirs[place] = kept = vote
                receipts.append(Receipt(told, kept, theirs))
            if counted:
                connection.execute(votes.insert(), counted)
        return receipts

    def respond(self, room: Room, member: Member, response: Response) -> Receipt:
        """Answer a follow-up, in the same way."""
        mine = sa.and_(follow_ups.c.member == member.id, follow_ups.c.case == response.case, follow_ups.c.place == response.place)
        with self._write() as connection:
            current = self._lock(connection, room, [member.id])
            row = connection.execute(sa.select(follow_ups).where(mine)).first()
            kept = _read_response(row) if row else None
            told = tell(kept, response, open_now=current is not None and accepts_response(current, response))
            if told is Told.COUNTED:
                connection.execute(follow_ups.insert().values(member=member.id, **asdict(response)))
                kept = response
        return Receipt(told, kept)

    def take_brought(
        self, room: Room, given: Sequence[tuple[str, str | int | None, Vote]], signers: Mapping[str, str] | None = None
    ) -> tuple[int, int, int]:
        """Votes that the desk brings: how many are new, came too late or too early, or complete what had come as ten characters.

        Args:
            room: found by its key.
            given: each with what tells one participant from another, and with the label or the salt of a phone that may be theirs.
                Whoever is only brought is not waited for.
            signers: for those of a file, what would tell the same participant's ten characters.

        Raises:
            RoomError: the room is full.
        """
        taken = late = completed = 0
        with self._write() as connection:
            current = self._lock(connection, room)
            own_votes: dict[str, list[Vote]] = {}
            for key, _, vote in given:
                own_votes.setdefault(key, []).append(vote)
            signed = {key: _find_signer(connection, room, sign, own_votes[key]) for key, sign in (signers or {}).items()}
            phones: dict[str | int | None, Member | None] = {}
            for member in starmap(Member, connection.execute(_MEMBER.where(members.c.room == room.id, sa.not_(members.c.gone)))):
                salt = salt_of(member.id, room.desk)
                phones[member.label.casefold()] = member
                phones[salt] = None if salt in phones else member  # of two with the same salt it is neither's
            for key, own, vote in given:
                if current is None or not accepts_brought(current, vote.case, vote.round):
                    late += 1
                    continue
                known = phones.get(own) or _find_member(connection, room, key) or signed.get(key)
                member = known or self._add_member(connection, room, hash_key(key), gone=True)
                there = connection.execute(sa.select(votes).where(_is_vote(member, vote))).first()
                completing = there is not None and vote.key != READ_OUT and completes(_read_vote(there), vote)
                if completing:
                    connection.execute(votes.delete().where(_is_vote(member, vote)))
                if completing or there is None:
                    connection.execute(votes.insert().values(_write_vote(member.id, vote)))
                taken += there is None
                completed += completing
        return taken, late, completed

    def write_lines(self, room: Room, member: Member, texts: Sequence[str]) -> bool:
        """What a participant takes along; it can be sent once, while the room asks for it."""
        with self._write() as connection:
            current = self._lock(connection, room, [member.id])
            if current is None or current.phase is not Phase.LEARNING:
                return False
            if connection.execute(sa.select(lines.c.ref).where(lines.c.member == member.id)).first() is None:
                for place, text in enumerate(texts[:LINES]):
                    connection.execute(lines.insert().values(member=member.id, place=place, ref=_make_ref(), text=text))
        return True

    # The desk

    def change(self, room: Room, expected: tuple[Phase, int], to: Callable[[Room], Room]) -> Room:
        """Move a room that is where the desk thinks it is.

        Args:
            room: found by its key.
            expected: phase and turn that the desk saw.
            to: what to make of the room as it is now; raises RoomError.

        Raises:
            RoomError: the room has moved on, or ``to`` refuses.
        """
        with self._write() as connection:
            current = self._lock(connection, room)
            if current is None or (current.phase, current.turn) != expected:
                raise RoomError("moved")
            changed = to(current)
            guard = (rooms.c.id == room.id, rooms.c.desk == room.desk, rooms.c.phase == current.phase, rooms.c.turn == current.turn)
            done = connection.execute(rooms.update().where(*guard).values(_write_room(changed)))
            if done.rowcount != 1:
                raise RoomError("moved")
        return changed

    def let_through(self, room: Room, ref: str, *, shown: bool) -> None:
        """Let a reason or a learning line through, or take it back. What is not of this room is left alone."""
        with self._write() as connection:
            refs = (sa.select(one.c.ref).join(members).where(members.c.room == room.id, one.c.ref == ref) for one in (votes, lines))
            if connection.execute(sa.union_all(*refs)).first() is None:
                return
            connection.execute(let_through.delete().where(let_through.c.room == room.id, let_through.c.ref == ref))
            if shown:
                connection.execute(let_through.insert().values(room=room.id, ref=ref))

    def keep_prompt(self, room: Room, text: str) -> None:
        """Note that the group talked about a prompt."""
        key = {"room": room.id, "case": room.case, "text": text}
        with self._write() as connection:
            if connection.execute(sa.select(prompts.c.text).filter_by(**key)).first() is None:
                connection.execute(prompts.insert().values(key))

    # What there is

    def count(self, room: Room) -> Counts:
        """Who is here, and how many have given what the room waits for; whoever has left is not waited for."""
        given, of = votes, sa.and_(votes.c.case == room.case, votes.c.round == room.rounds)
        if room.phase in {Phase.FOLLOW_UP, Phase.FOLLOW_UP_CLOSED}:
            given, of = follow_ups, sa.and_(follow_ups.c.case == room.case, follow_ups.c.place == room.asked - 1)
        elif room.phase is Phase.LEARNING:
            given, of = lines, lines.c.place == 0
        own = given.c.member
        wanted = sa.select(sa.func.count(), sa.func.count(own)).select_from(members).outerjoin(given, (own == members.c.id) & of)
        return Counts(*next(self._list(wanted.where(members.c.room == room.id, sa.not_(members.c.gone) | own.is_not(None)))))

    def list_votes(self, room: Room, case: str | None = None, member: Member | None = None) -> tuple[Given, ...]:
        """The votes of a room, of one case or participant or of all, in an order that tells nothing of who came first."""
        wanted = sa.select(votes, members.c.label).join(members).where(members.c.room == room.id)
        if case is not None:
            wanted = wanted.where(votes.c.case == case)
        if member is not None:
            wanted = wanted.where(votes.c.member == member.id)
        return tuple(Given(row.member, row.label, row.ref, _read_vote(row)) for row in self._list(wanted.order_by(votes.c.ref)))

    def list_responses(self, room: Room, case: str) -> tuple[tuple[int, Response], ...]:
        """The answers to the follow-ups of a case, each with its participant."""
        wanted = sa.select(follow_ups).join(members)
        rows = self._list(wanted.where(members.c.room == room.id, follow_ups.c.case == case))
        return tuple((row.member, _read_response(row)) for row in rows)

    def list_lines(self, room: Room) -> tuple[tuple[int, str, str], ...]:
        """What participants take along: whose it is, its ref, its text."""
        wanted = sa.select(lines.c.member, lines.c.ref, lines.c.text).join(members)
        return tuple(map(tuple, self._list(wanted.where(members.c.room == room.id).order_by(lines.c.ref))))

    def list_let_through(self, room: Room) -> frozenset[str]:
        return frozenset(ref for (ref,) in self._list(sa.select(let_through.c.ref).where(let_through.c.room == room.id)))

    def list_prompts(self, room: Room) -> tuple[tuple[str, str], ...]:
        return tuple(map(tuple, self._list(sa.select(prompts.c.case, prompts.c.text).where(prompts.c.room == room.id))))

    # Between servers

    def notify(self, name: str) -> None:
        """Tell other servers that a room has changed; SQLite has but one."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                connection.execute(sa.select(sa.func.pg_notify(CHANNEL, name)))

    def listen(self, stopped: threading.Event, heard: Callable[[str], None]) -> None:
        """Hear from other servers until stopped; a database that goes away is asked again once it is back."""
        while not self.is_sqlite and not stopped.is_set():
            try:
                with self.engine.connect() as connection:
                    driver: Any = connection.connection.driver_connection
                    driver.autocommit = True
                    driver.execute(f"LISTEN {CHANNEL}")
                    while not stopped.is_set():
                        for one in driver.notifies(timeout=0.5):
                            heard(one.payload)
                    connection.detach()
            except Exception:  # noqa: BLE001  # whatever it is, the look every two seconds goes on meanwhile
                stopped.wait(1)

    # Transactions

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        """A transaction that is on disk when it ends. SQLite has one writer; waiting in line is faster than trying."""
        with self._writing, _told(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with _told(), self.engine.connect() as connection:
            yield connection

    def _list(self, wanted: sa.Executable) -> Iterator[Any]:
        with self._read() as connection:
            return iter(connection.execute(wanted).all())

    def _find(self, which: sa.ColumnElement[bool]) -> Room | None:
        return _read_room(next(self._list(sa.select(rooms).where(which)), None))

    def _lock(self, connection: sa.Connection, room: Room, own: Sequence[int] = ()) -> Room | None:
        """The room as it is; nobody moves it before this transaction ends. None where it is gone.

        Votes of many may hold it together, each for its ``own`` participants; who comes for none waits for them all.
        """
        wanted = sa.select(rooms).where(rooms.c.id == room.id).with_for_update(read=bool(own))
        found = _read_room(connection.execute(wanted).first())
        if own and not self.is_sqlite:  # the same participant in two tabs: one after the other, and in the same order everywhere
            connection.execute(sa.select(members.c.id).where(members.c.id.in_(own)).order_by(members.c.id).with_for_update())
        return found

    def _add_member(self, connection: sa.Connection, room: Room, hashed: str, *, gone: bool = False) -> Member:
        count = connection.scalar(sa.select(sa.func.count()).where(members.c.room == room.id)) or 0
        if count >= MOST_MEMBERS:
            raise RoomError("full")
        label = label_of(count, room.id)
        made = members.insert().values(room=room.id, key=hashed, label=label, gone=gone).returning(members.c.id)
        return Member(connection.scalars(made).one(), label)

    def _delete(self, which: sa.ColumnElement[bool]) -> int:
        with self._write() as connection:
            count: int = connection.execute(rooms.delete().where(which)).rowcount
        if count and self.is_sqlite:  # what was deleted is not to be found in the journal either
            with self._read() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return count


_MEMBER: Final = sa.select(members.c.id, members.c.label, members.c.gone)


def _write_vote(member: int, vote: Vote) -> dict[str, Any]:
    values = {one.name: getattr(vote, one.name) for one in fields(Vote)}
    return values | {"member": member, "ref": _make_ref(), "facts": dict(vote.facts)}


def _make_ref() -> str:
    return secrets.token_urlsafe(9)


def _find_member(connection: sa.Connection, room: Room, key: str) -> Member | None:
    row = connection.execute(_MEMBER.where(members.c.room == room.id, members.c.key == hash_key(key))).first()
    return Member(*row) if row else None


def _find_signer(connection: sa.Connection, room: Room, key: str, given: Sequence[Vote]) -> Member | None:
    """Who sent ten characters under the same label: some of these votes are theirs, and none is another.

    Two labels can come to the same characters, so the label alone would not do.
    """
    member = _find_member(connection, room, key)
    if member is None:
        return None
    rows = connection.execute(sa.select(votes).where(votes.c.member == member.id))
    theirs = {(one.case, one.round): (one.outcome, one.confidence) for one in map(_read_vote, rows)}
    same = [theirs[at] == (one.outcome, one.confidence) for one in given if (at := (one.case, one.round)) in theirs]
    return member if same and all(same) else None


def _is_vote(member: Member, vote: Vote) -> sa.ColumnElement[bool]:
    return sa.and_(votes.c.member == member.id, votes.c.case == vote.case, votes.c.round == vote.round)


def _write_room(room: Room) -> dict[str, Any]:
    values = {name: getattr(room, name) for name in _COLUMNS}
    cases = [[one] if one in room.added else one for one in room.cases]  # rooms of an earlier version have names alone
    return values | {"cases": cases, "readings": dict(room.readings), "phase": str(room.phase)}


def _read_room(row: Any) -> Room | None:
    if row is None:
        return None
    values = {name: getattr(row, name) for name in _COLUMNS}
    added = frozenset(one[0] for one in row.cases if isinstance(one, list))
    cases = tuple(one if isinstance(one, str) else one[0] for one in row.cases)
    return Room(**values | {"cases": cases, "added": added, "phase": Phase(row.phase)})


def _read_vote(row: Any) -> Vote:
    prediction = Outcome(row.prediction) if row.prediction else None
    return Vote(
        row.case, Round(row.round), Outcome(row.outcome), Confidence(row.confidence), row.reason, prediction, row.facts, row.key
    )


def _read_response(row: Any) -> Response:
    return Response(row.case, row.place, row.fit, row.reason, row.key)
