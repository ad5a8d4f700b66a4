"""A stretch of network between a browser and the server that can be cut, loudly or without a word, and mended."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from threading import Thread
from typing import Any, Self

RESET = struct.pack("ii", 1, 0)
PATIENCE = 60


class Relay:
    """Passes on what goes to a port of this machine and what comes back, in a thread of its own, and counts what comes back."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.state = "open"
        self.bytes = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listener = self._run(asyncio.start_server(self._connect, "127.0.0.1", 0))
        self.port: int = self.listener.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"

    def cut(self) -> None:
        """Every connection is reset, and no new one comes about: a cable is pulled, or a proxy ends."""
        self._break("cut")

    def swallow(self) -> None:
        """Nothing arrives any more and nobody is told. What is open now is dead for good, and the browser holds on to it."""
        self._break("swallowed")

    def mend(self) -> None:
        """New connections pass again."""
        self.state = "open"

    def _break(self, state: str) -> None:
        async def end() -> None:
            for task in self.tasks:
                task.cancel()

        self.state = state
        self._run(end())

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(2 * PATIENCE)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        far = None
        try:
            if self.state == "open":
                away, far = await asyncio.open_connection("127.0.0.1", self.target)
                await asyncio.gather(self._pump(reader, far), self._pump(away, writer, counts=True))
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.tasks.discard(task)
            if far:
                far.close()
        with suppress(ConnectionError, TimeoutError):
            if self.state == "swallowed":
                await asyncio.wait_for(reader.read(-1), PATIENCE)
            elif self.state == "cut":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()  # what is still on its way is lost
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool = False) -> None:
        while data := await reader.read(65536):
            self.bytes += len(data) * counts
            writer.write(data)
            await writer.drain()
        writer.close()

    def stop(self) -> None:
        async def end() -> None:
            self.listener.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=PATIENCE) if others else None

        self.state = "open"  # what is cancelled ends
        self._run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
