"""Run as a process of its own, to be killed: gives votes as fast as it can, and says each that was confirmed."""

from __future__ import annotations

import sys
import time

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.state import Round, Told, Vote
from kapnb.room.store import RoomError, open_store


def write(url: str, code: str, name: str) -> None:
    store = open_store(url)
    room = store.find(code)
    assert room
    for number in range(100_000):
        key = f"{name} {number}"
        try:
            member = store.join(room, key)
            told = store.vote(
                room, member, Vote(room.case, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.LOW, key=key), time.time()
            ).told
        except RoomError:
            print("gone", flush=True)
            time.sleep(0.05)
            continue
        if told in {Told.COUNTED, Told.AGAIN}:
            print(key, flush=True)


if __name__ == "__main__":
    write(*sys.argv[1:])
