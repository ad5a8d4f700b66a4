"""A JupyterHub's proxy for tests: it passes bytes on by the beginning of a path, in a few lines of Python.

The hub's usual proxy needs Node. What matters of it here is that one address leads to the hub and to every user's server, sockets
included, and that the name in ``Host`` is left as the browser said it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import unquote, urlsplit

from jupyterhub.proxy import Proxy


class PlainProxy(Proxy):
    """Runs in the hub itself, which starts it, tells it of routes, and stops it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.routes: dict[str, dict[str, Any]] = {}

    async def start(self) -> None:
        place = urlsplit(self.public_url)
        self.server = await asyncio.start_server(self.serve, place.hostname, place.port)

    async def stop(self) -> None:
        self.server.close()

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        self.routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        return dict(self.routes)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, or one socket: a browser that wants more connects anew."""
        with contextlib.suppress(OSError, EOFError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            path = unquote(head.split(b" ", 2)[1].decode())
            longest = max((spec for spec in self.routes if path.startswith(unquote(spec))), key=len)
            place = urlsplit(self.routes[longest]["target"])
            reader_there, writer_there = await asyncio.open_connection(place.hostname, place.port)
            if b"\r\nupgrade:" not in head.lower():
                lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
                head = b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])
            writer_there.write(head)
            with contextlib.closing(writer_there):
                ways = [asyncio.create_task(pour(reader, writer_there)), asyncio.create_task(pour(reader_there, writer))]
                _, open_ways = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in open_ways:
                    way.cancel()


async def pour(source: asyncio.StreamReader, goal: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await source.read(65536):
            goal.write(some)
            await goal.drain()
