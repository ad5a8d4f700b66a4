"""The rooms of a server: its store, who looks at each room, and how they hear of what is new."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from typing import Any, Final, TypeVar

from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from kapnb.room.desk import view_desk
from kapnb.room.drawing import write_qr
from kapnb.room.phone import signature, view_phone
from kapnb.room.scene import Mine, Scene, load_all_mine, load_current, load_mine, load_scene
from kapnb.room.state import MOST_MEMBERS, Room, Vote
from kapnb.room.store import Ballot, Member, Receipt, Store, open_store
from kapnb.room.wall import Address, view_wall
from kapnb.serve.access import is_loopback, parse_host
from kapnb.serve.event_log import report_error
from kapnb.serve.options import FDS_PER_PAGE, raise_fd_limit
from kapnb.text.glossary import explain_initials

TICK_SECONDS: Final = 0.05
"""What happens within so long is told together."""
LOOK_SECONDS: Final = 2.0
"""So often each room is looked at, for what another server did not tell."""
BEAT_SECONDS: Final = 15.0
"""So often an open line says that it is open."""
TIDY_SECONDS: Final = 3600.0
WORKERS: Final = 8
STREAMS_PER_MEMBER: Final = 4
MOST_AT_ONCE: Final = 200
"""Votes in one transaction."""
WATCHERS: Final = 30
"""Walls that may be open on one room, and desks."""

ROOM_FOR_STREAMS: Final = 3 * MOST_MEMBERS // FDS_PER_PAGE
"""As many descriptors as so many pages take: three for each phone of a full room."""

_Made = TypeVar("_Made")


class Stream:
    """An open line to one wall, desk or phone. It carries the newest state only: what is not sent yet is replaced."""

    def __init__(self, handler: RequestHandler, view: str, address: Address, member: Member | None = None) -> None:
        self.handler, self.view, self.address, self.member = handler, view, address, member
        self.closed = asyncio.Event()
        self.sent: object = None
        self._waiting: str | None = None
        self._busy = False

    def send(self, data: str) -> None:
        self._waiting = data
        if not self._busy:
            self._busy = True
            asyncio.ensure_future(self._write())  # noqa: RUF006  # ends with the line

    async def _write(self) -> None:
        try:
            while (data := self._waiting) is not None:
                self._waiting = None
                self.handler.write(data)
                await self.handler.flush()
        except StreamClosedError:
            self.closed.set()
        finally:
            self._busy = False

    def beat(self) -> None:
        if not self._busy:
            self.send(":\n\n")


class Rooms:
    """All rooms. The database is opened when somebody first asks for a room; what takes its time runs beside the server's loop."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="room")
        self._store: Store | None = None
        self._opening = threading.Lock()
        self._stopped = threading.Event()
        self._streams: dict[str, tuple[Room, set[Stream]]] = {}
        self._changed: set[str] = set()
        self._busy: set[str] = set()
        self._ballots: list[tuple[Ballot, asyncio.Future[Receipt]]] = []
        self._periodic: list[PeriodicCallback] = []

    async def run(self, function: Callable[..., _Made], *given: Any, **named: Any) -> _Made:
        """Call a function of the store, or one that takes the store first."""
        return await IOLoop.current().run_in_executor(self._pool, lambda: function(self.store, *given, **named))

    @property
    def store(self) -> Store:
        with self._opening:
            if self._store is None:
                self._store = open_store(self.url)
                self._store.delete_expired(time.time())
            return self._store

    def start(self) -> None:
        """Look after rooms from now on; to be called on the loop, once a room is asked for."""
        if self._periodic:
            return
        raise_fd_limit(ROOM_FOR_STREAMS)
        loop = IOLoop.current()
        for act, seconds in ((self._look, LOOK_SECONDS), (self._beat, BEAT_SECONDS), (self._tidy, TIDY_SECONDS)):
            periodic = PeriodicCallback(act, seconds * 1000)
            periodic.start()
            self._periodic.append(periodic)
        listen = partial(self.store.listen, self._stopped, lambda name: loop.add_callback(self.change, name, tell=False))
        threading.Thread(target=listen, name="room-listen", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        for periodic in self._periodic:
            periodic.stop()
        self._pool.shutdown(cancel_futures=True)
        if self._store:
            self._store.close()

    async def vote(self, room: Room, member: Member, vote: Vote) -> Receipt:
        """Give a vote. Those that come while others are being written go to disk together after them."""
        told = asyncio.get_running_loop().create_future()
        self._ballots.append(((room, member, vote), told))
        if len(self._ballots) == 1:
            asyncio.ensure_future(self._write_votes())  # noqa: RUF006  # ends with the last of them
        receipt: Receipt = await told
        return receipt

    async def _write_votes(self) -> None:
        while batch := self._ballots[:MOST_AT_ONCE]:
            try:
                receipts: list[Any] = await self.run(Store.take_votes, [ballot for ballot, _ in batch], time.time())
            except Exception as problem:  # noqa: BLE001  # each is told
                receipts = [problem] * len(batch)
            del self._ballots[: len(batch)]
            for (_, told), receipt in zip(batch, receipts, strict=True):
                if told.done():  # whoever asked has gone; the others are told
                    continue
                if isinstance(receipt, Exception):
                    told.set_exception(receipt)
                else:
                    told.set_result(receipt)

    # Who looks

    def add(self, room: Room, stream: Stream) -> None:
        self._streams.setdefault(room.id, (room, set()))[1].add(stream)

    def remove(self, room: Room, stream: Stream) -> None:
        _, streams = self._streams.get(room.id, (room, set[Stream]()))
        streams.discard(stream)
        if not streams:
            self._streams.pop(room.id, None)

    def is_crowded(self, room: Room, view: str, member: Member | None) -> bool:
        """Whether a line more would be too many: of one participant, of walls, or of desks, which no wall keeps out."""
        _, streams = self._streams.get(room.id, (room, set[Stream]()))
        own = sum((one.view, one.member and one.member.id) == (view, member and member.id) for one in streams)
        return own >= (STREAMS_PER_MEMBER if member else WATCHERS)

    # What is new

    def change(self, name: str, *, tell: bool = True) -> None:
        """Something in a room has changed: tell who looks, soon, and other servers where ``tell``."""
        if name not in self._changed:
            self._changed.add(name)
            IOLoop.current().call_later(TICK_SECONDS, self._refresh_soon, name, tell)

    async def _refresh_soon(self, name: str, tell: bool) -> None:  # noqa: FBT001  # called by the loop
        if name in self._busy:  # it takes longer than a tick: once more, when it is through
            IOLoop.current().call_later(TICK_SECONDS, self._refresh_soon, name, tell)
            return
        self._changed.discard(name)
        self._busy.add(name)
        try:
            if name in self._streams:
                await self._refresh(name)
            if tell:
                await self.run(Store.notify, name)
        except Exception as problem:  # noqa: BLE001  # the next look comes in two seconds
            report_error("room", problem=problem, quote=False)
        finally:
            self._busy.discard(name)

    async def _refresh(self, name: str) -> None:
        room, streams = self._streams[name]
        scene = await self.run(load_current, room)
        if scene is None:
            for stream in streams:
                stream.send(event({"gone": True}))
            return
        told = signature(scene)
        late = [one for one in streams if one.member and one.sent != told]
        mine = await self.run(load_all_mine, scene.room) if late else None
        for stream in list(streams):
            if stream.member is None:
                self._show(stream, scene, None)
            elif mine and stream in late:
                self._show(stream, scene, mine(stream.member))
                await asyncio.sleep(0)  # many phones: others come in between

    async def show(self, stream: Stream, room: Room) -> None:
        """Send the newest state to one line."""
        scene = await self.run(load_scene, room)
        mine = await self.run(load_mine, room, stream.member) if stream.member else None
        self._show(stream, scene, mine)

    def _show(self, stream: Stream, scene: Scene, mine: Mine | None) -> None:
        state = draw(stream.view, scene, stream.address, mine)
        new: object = signature(scene) if mine else state
        if stream.sent != new:
            stream.sent = new
            stream.send(event({**state, "now": time.time()}))

    def _look(self) -> None:
        for name in list(self._streams):
            self.change(name, tell=False)

    def _beat(self) -> None:
        for _, streams in self._streams.values():
            for stream in streams:
                stream.beat()

    async def _tidy(self) -> None:
        with suppress(Exception):  # next hour again
            await self.run(Store.delete_expired, time.time())


def draw(view: str, scene: Scene, address: Address, mine: Mine | None) -> dict[str, Any]:
    """One view of a room, and where the room is, which the desk gives back with what it asks for."""
    if view == "wall":
        html = view_wall(scene, address)
    else:
        html = explain_initials(view_phone(scene, mine) if mine else view_desk(scene, address))
    return {"html": html, "phase": str(scene.room.phase), "turn": scene.room.turn}


def event(state: dict[str, Any]) -> str:
    return f"data: {json.dumps(state)}\n\n"


def find_address(protocol: str, host: str, base_url: str, code: str, *, open_to_all: bool) -> Address:
    """How phones get to a room, from how the desk or the wall got here.

    Args:
        protocol: http or https.
        host: what the browser asked for.
        base_url: what the address of the app begins with.
        code: of the room.
        open_to_all: whether the server answers at every address of this machine.
    """
    name = parse_host(host) or ""
    here = name == "localhost" or is_loopback(name)
    if here and open_to_all and (own := find_own_address()):
        port = re.search(r":\d+\Z", host)
        host, here = own + (port[0] if port else ""), False
    text = f"{host}{base_url}room"
    return Address(text, _write_qr(f"{protocol}://{text}/{code}"), reachable=not here)


_write_qr = cache(write_qr)


def find_own_address() -> str | None:
    """This machine's address in its network. Nothing is sent: the system only says from where it would be."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))
        own = str(asking.getsockname()[0])
        return None if is_loopback(own) else own
    return None
