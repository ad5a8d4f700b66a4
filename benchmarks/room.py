"""A room under load: simulated phones that join and commit within ten seconds, on SQLite and on PostgreSQL with two servers.

The time runs from when a phone sends its vote until the desk's open line shows a count that includes it. Phones, servers and
database share the machine. In the end the desk's table is read: a vote that was confirmed and does not stand there is lost.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from benchmarks.figure import Figure, count, over
from kapnb.room.store import open_store
from tests import postgres
from tests.room_visitors import Desk, open_room
from tests.served import Served

WITHIN_SECONDS = 10.0
SIZES = (40, 200, 1_000)
STREAMED = 200
"""So many phones hold a line open too; a program with more of them would measure itself."""


@dataclass
class Crowd:
    """Phones at one or two servers, and a desk that watches.

    Attributes:
        seen: when the desk first showed so many votes.
        sent, confirmed: when each phone sent its vote, and was told that it counts.
        spent: CPU of the servers, in seconds, while all voted.
    """

    desk: Desk
    servers: Sequence[Served]
    size: int
    seen: dict[int, float] = field(default_factory=dict)
    sent: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    reached: list[float] = field(default_factory=list)
    all_seen: asyncio.Event = field(default_factory=asyncio.Event)
    all_reached: asyncio.Event = field(default_factory=asyncio.Event)
    spent: float = 0

    def url(self, number: int, rest: str) -> str:
        return f"{self.servers[number % len(self.servers)].url}room/{self.desk.code}/{rest}"

    async def run(self) -> None:
        client = AsyncHTTPClient(max_clients=3 * self.size + 50)
        keys = [secrets.token_hex(16) for _ in range(self.size)]
        for start in range(0, self.size, 50):
            joining = (self._post(client, number, "join", keys[number], {}) for number in range(start, min(start + 50, self.size)))
            await asyncio.gather(*joining)
        watching = asyncio.create_task(self._watch(client))
        lines = [asyncio.create_task(self._listen(client, number, keys[number])) for number in range(min(self.size, STREAMED))]
        await asyncio.sleep(1)
        await asyncio.to_thread(self.desk.go, "story", "first_vote")
        chance, before = Random(1), self.cpu()
        await asyncio.gather(
            *(self._commit(client, number, keys[number], chance.uniform(0, WITHIN_SECONDS)) for number in range(self.size))
        )
        await self.all_seen.wait()
        self.spent = self.cpu() - before
        begun = perf_counter()
        await asyncio.to_thread(self.desk.go, "first_closed")
        await self.all_reached.wait()
        self.reached = [one - begun for one in self.reached]
        for task in (watching, *lines):
            task.cancel()
        await asyncio.gather(watching, *lines, return_exceptions=True)
        client.close()

    def cpu(self) -> float:
        """Seconds that the servers have worked."""
        return sum(sum(psutil.Process(one.process.pid).cpu_times()[:2]) for one in self.servers)

    async def _commit(self, client: AsyncHTTPClient, number: int, key: str, wait: float) -> None:
        await asyncio.sleep(wait)
        vote = {
            "case": "V15",
            "round": "1",
            "outcome": "clarify_first",
            "confidence": "high",
            "reason": f"Reason {number}",
            "key": key,
        }
        self.sent.append(perf_counter())
        await self._post(client, number, "vote", key, vote)
        self.confirmed.append(perf_counter())

    async def _post(self, client: AsyncHTTPClient, number: int, action: str, key: str, value: object) -> None:
        request = HTTPRequest(
            self.url(number, action), "POST", {"Kapnb-Key": key}, json.dumps(value), request_timeout=120, connect_timeout=60
        )
        await client.fetch(request)

    async def _watch(self, client: AsyncHTTPClient) -> None:
        """The desk's line, at the last server: its counts come from the first too."""

        def read(part: bytes) -> None:
            for found in re.finditer(rb"(\d+) of \d+ are in", part):
                self.seen.setdefault(int(found[1]), perf_counter())
            if self.size in self.seen:
                self.all_seen.set()

        url = self.url(len(self.servers) - 1, "stream/desk")
        await client.fetch(HTTPRequest(url, headers={"Kapnb-Desk": self.desk.key}, streaming_callback=read, request_timeout=600))

    async def _listen(self, client: AsyncHTTPClient, number: int, key: str) -> None:
        def read(part: bytes) -> None:
            if b"The vote is closed" in part:
                self.reached.append(perf_counter())
            if len(self.reached) == min(self.size, STREAMED):
                self.all_reached.set()

        url = self.url(number, "stream/phone")
        request = HTTPRequest(url, headers={"Kapnb-Key": key}, streaming_callback=read, request_timeout=600, connect_timeout=60)
        await client.fetch(request)

    @property
    def times(self) -> list[float]:
        """For the n-th confirmed vote, from its sending until the desk showed n votes or more."""
        shown = sorted(self.seen.items())
        times = []
        for place, (sent, _) in enumerate(zip(sorted(self.sent), sorted(self.confirmed), strict=True), 1):
            times.append(next(at for number, at in shown if number >= place) - sent)
        return times


def measure(*, brief: bool) -> list[Figure]:
    logging.getLogger("tornado").setLevel(logging.CRITICAL)  # lines that are cut at the end are no trouble
    figures = []
    for size in SIZES[:1] if brief else SIZES:
        with hall_on_sqlite() as servers:
            figures += run_crowd(servers, size, "SQLite")
        with hall_on_postgres() as servers:
            figures += run_crowd(servers, size, "PostgreSQL, two servers")
    return figures


def run_crowd(servers: Sequence[Served], size: int, where: str) -> list[Figure]:
    crowd = Crowd(open_room(servers[0], "V15"), servers, size)
    processes = [psutil.Process(one.process.pid) for one in servers]
    asyncio.run(crowd.run())
    memory = sum(one.memory_info().rss for one in processes)
    lost = len(crowd.confirmed) - crowd.desk.file("judgments.csv").text.count("clarify_first")
    times, what = sorted(1000 * one for one in crowd.times), f"{size:,} phones, {where}"
    return [
        over(f"{what}: from a vote to the desk", "ms", times),
        count(f"{what}: the same, 95 of 100 within", times[int(0.95 * len(times))], "ms"),
        count(f"{what}: a step reaches {len(crowd.reached)} phones within", 1000 * max(crowd.reached), "ms"),
        count(f"{what}: confirmed votes that are lost", lost),
        count(f"{what}: memory of the servers", memory / 2**20, "MB"),
        count(f"{what}: CPU of the servers for each vote", 1000 * crowd.spent / size, "ms"),
    ]


@contextmanager
def hall_on_sqlite() -> Iterator[Sequence[Served]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield [stack.enter_context(Served("--preheat", "0", "--database", f"sqlite:///{folder / 'rooms.db'}"))]


@contextmanager
def hall_on_postgres() -> Iterator[Sequence[Served]]:
    with ExitStack() as stack:
        database = stack.enter_context(postgres.started())
        open_store(database.url).close()  # the tables are made once, before two servers look for them
        options = ("--preheat", "0", "--database", database.url)
        yield [stack.enter_context(Served(*options)) for _ in range(2)]
