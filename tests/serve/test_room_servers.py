"""Servers and databases that are killed without a farewell amid votes, and two servers that lead one room together."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Self

import pytest

from kapnb.room.store import open_store
from kapnb.text.words import words
from tests import postgres
from tests.postgres import Postgres
from tests.room_visitors import Desk, Phone, open_room
from tests.served import Served, wait_for

KILLS = int(os.environ.get("KAPNB_KILLS", "1"))
"""So often each is killed."""
VOTERS = 8
BEFORE_A_KILL = 24

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180 + 120 * KILLS)]


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres.started() as server:
        open_store(server.url).close()
        yield server


@pytest.fixture(scope="module")
def pair(database: Postgres) -> Iterator[list[Served]]:
    """Two servers over one database; whoever kills one may put another in its place."""
    servers = [serve(database.url), serve(database.url)]
    yield servers
    stop(servers)


def stop(servers: list[Served]) -> None:
    """Those that live."""
    for one in servers:
        if one.process.poll() is None:
            one.stop()


def serve(url: str) -> Served:
    return Served("--preheat", "0", "--database", url)


def kill(served: Served) -> None:
    served.process.kill()
    served.process.wait(10)
    shutil.rmtree(served.room)


class Crowd:
    """People who vote one after the other at whichever server answers, each until told that the vote counts."""

    def __init__(self, desk: Desk, servers: list[Served]) -> None:
        self.desk, self.servers = desk, servers
        self.told = Counter[str]()
        self.confirmed = set[str]()
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._vote, args=(voter,)) for voter in range(VOTERS)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(120)

    def wait_for_more(self) -> None:
        before = len(self.confirmed)
        wait_for(lambda: len(self.confirmed) >= before + BEFORE_A_KILL, 120)

    def _vote(self, voter: int) -> None:
        for number in count():
            phone, reason = Phone(self.servers[0], self.desk.code), f"Reason {voter} {number}"
            for attempt in count():
                told = self._try(phone, reason, self.servers[(voter + attempt) % len(self.servers)])
                if told in {"counted", "again"}:
                    self.told[told] += 1
                    self.confirmed.add(reason)
                    break
                self.told["cut" if told is None else told] += 1
                if self.stopped.wait(0.05):
                    return
            if self.stopped.is_set():
                return

    def _try(self, phone: Phone, reason: str, served: Served) -> str | None:
        """What is told of the vote, which is sent under the same keys each time; None where nobody answers."""
        there = Phone(served, phone.code, phone.key)
        try:
            if (joined := there.post("join")).status != 200:
                return str(json.loads(joined.text)["told"])
            return str(json.loads(there.vote(reason=reason, key=phone.key).text)["told"])
        except (OSError, http.client.HTTPException):
            return None

    def check(self, served: Served) -> None:
        """What was confirmed stands in the table of the desk, once; and the desk goes on with its key."""
        self.desk.served = served
        self.desk.go("first_closed")
        kept = Counter(re.findall(r"Reason \d+ \d+", self.desk.file("judgments.csv").text))
        assert set(kept.values()) == {1}
        assert len(self.confirmed) >= BEFORE_A_KILL
        assert self.confirmed <= set(kept), f"lost: {self.confirmed - set(kept)}"
        assert set(self.told) <= {"counted", "again", "cut", "error_storage"}


def gather(servers: list[Served]) -> Crowd:
    desk = open_room(servers[0])
    desk.go("story", "first_vote")
    return Crowd(desk, servers)


def test_nothing_confirmed_is_lost_when_a_server_on_sqlite_is_killed(tmp_path: Path) -> None:
    """Another begins on the same file; phones and desk go on there."""
    url = f"sqlite:///{tmp_path / 'rooms.db'}"
    servers, cut = [serve(url)], 0
    try:
        for _ in range(KILLS):
            with gather(servers) as crowd:
                crowd.wait_for_more()
                kill(servers[0])
                servers[0] = serve(url)
                crowd.wait_for_more()
            crowd.check(servers[0])
            cut += crowd.told["cut"]
    finally:
        stop(servers)
    assert cut


def test_nothing_confirmed_is_lost_when_the_database_is_killed(database: Postgres, pair: list[Served]) -> None:
    """It is started again on its files; the servers find it by themselves, and told nobody meanwhile that a vote counts."""
    for _ in range(KILLS):
        with gather(pair) as crowd:
            crowd.wait_for_more()
            database.kill()
            wait_for(lambda crowd=crowd: crowd.told["error_storage"], 60)  # type: ignore[misc]
            database.start()
            crowd.wait_for_more()
        crowd.check(pair[1])


def test_nothing_confirmed_is_lost_when_one_of_two_servers_is_killed(database: Postgres, pair: list[Served]) -> None:
    """Phones go on at the other, and the desk too."""
    for number in range(KILLS):
        with gather(pair) as crowd:
            crowd.wait_for_more()
            kill(pair[number % 2])
            crowd.wait_for_more()
            pair[number % 2] = serve(database.url)
            crowd.wait_for_more()
        crowd.check(pair[number % 2])
        assert crowd.told["cut"]


def test_two_servers_lead_one_room(pair: list[Served]) -> None:
    """What a phone gives at one is heard at the other, and steps the other way; where one is killed, the other has it all."""
    one, other = pair
    here = open_room(one)
    there = Desk(other, here.code, here.key)
    desk = there.listen()
    phone = here.phone()
    label = phone.join()
    line = phone.listen()
    desk.wait("1 is here")
    there.go("story", "first_vote")
    line.wait(words("room.lock"))
    assert json.loads(phone.vote(key="k", reason="An answer at the first").text)["told"] == "counted"
    desk.wait("1 of 1 are in")
    kill(one)
    moved = Phone(other, phone.code, phone.key)
    assert moved.join() == label
    assert json.loads(moved.vote(key="k").text)["told"] == "again"
    assert json.loads(there.phone().vote(key="what \0 no page sends").text)["told"] == "counted"
    desk.wait("2 of 2 are in")
    there.go("first_closed")
    assert "An answer at the first" in there.file("judgments.csv").text
    desk.close()
