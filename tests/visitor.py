"""A visitor without a browser: fetches a page and talks to its kernel over the socket, as the page's own scripts do."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urljoin
from uuid import uuid4

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

from kapnb.serve.message_filter import V1
from tests import apart

CONTROL = "jupyter.widget.control"
PATIENCE = 60.0

Said = dict[str, Any]
Seen = TypeVar("Seen")


@dataclass
class Visitor:
    """One open page. ``states`` holds what each widget shows, by the number of its channel, as far as the kernel has said."""

    server: str
    client: AsyncHTTPClient
    headers: dict[str, str]
    cookies: dict[str, str] = field(default_factory=dict)
    kernel: str = ""
    session: str = field(default_factory=lambda: str(uuid4()))
    states: dict[str, Said] = field(default_factory=dict)
    heard: list[Said] = field(default_factory=list)
    secure: bool = True
    connection: WebSocketClientConnection | None = None

    @classmethod
    def of(cls, address: str) -> Self:
        """Somebody who knows the address, and has not been there yet."""
        server, _, token = address.partition("?token=")
        return cls(server, AsyncHTTPClient(), {"Authorization": f"token {token}"} if token else {})

    @classmethod
    async def enter(cls, address: str, page: str) -> Self:
        """Open a page, connect to its kernel, and learn what its widgets show.

        Args:
            address: of the server, with ``?token=`` where it asks for one.
            page: a name such as ``assessment``.
        """
        visitor = cls.of(address)
        await visitor.fetch(page)
        await visitor.connect()
        await visitor.learn()
        return visitor

    async def get(self, address: str, **options: Any) -> HTTPResponse:
        """Whatever the server answers. Cookies are kept."""
        request = HTTPRequest(
            urljoin(self.server, address),
            headers={"Accept-Encoding": "gzip", **self.headers},
            request_timeout=120,
            follow_redirects=False,
            validate_cert=self.secure,
            **options,
        )
        response = await self.client.fetch(request, raise_error=False)
        for header in response.headers.get_list("Set-Cookie"):
            self.cookies |= dict([header.partition(";")[0].split("=", 1)])
            self.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return response

    async def fetch(self, page: str) -> str:
        response = await self.get(page)
        text = response.body.decode() if response.body else ""
        found = re.search(r'"kernelId": "([\w-]+)"', text)
        assert found, f"{response.code} at {page}"
        self.kernel = found[1]
        return text

    async def connect(self, subprotocols: Sequence[str] = (V1,)) -> None:
        address = f"{self.server.replace('http', 'ws', 1)}api/kernels/{self.kernel}/channels?session_id={self.session}"
        self.connection = await websocket_connect(
            HTTPRequest(address, headers=self.headers, validate_cert=self.secure), subprotocols=list(subprotocols)
        )

    async def learn(self) -> None:
        """What the front end asks first."""
        await self.tell("kernel_info_request")
        await self.until(lambda: self.has_heard("kernel_info_reply"))
        comm = str(uuid4())
        await self.tell("comm_open", {"comm_id": comm, "target_name": CONTROL, "data": {}}, {"version": "1.0.0"})
        await self.tell("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
        await self.until(lambda: bool(self.states))

    async def tell(self, kind: str, content: Mapping[str, Any] | None = None, metadata: Any = None, channel: str = "shell") -> str:
        """Send a message; its number comes back."""
        number = str(uuid4())
        header = {"msg_id": number, "msg_type": kind, "session": self.session, "username": "", "version": "5.2", "date": ""}
        assert self.connection
        if self.connection.selected_subprotocol == V1:
            await self.connection.write_message(pack_v1(channel, header, {}, metadata or {}, content or {}), binary=True)
        else:
            message = {"header": header, "parent_header": {}, "metadata": metadata or {}, "content": content or {}}
            await self.connection.write_message(json.dumps({**message, "channel": channel}))
        return number

    async def press(self) -> None:
        """Press the button of the counter, and wait until it has counted on."""
        label = next(name for name, state in self.states.items() if "value" in state)
        button = next(name for name, state in self.states.items() if state.get("description") == "Press")
        before = self.states[label]["value"]
        await self.tell("comm_msg", {"comm_id": button, "data": {"method": "custom", "content": {"event": "click"}}})
        await self.until(lambda: self.states[label]["value"] != before, 20)

    def has_heard(self, kind: str) -> bool:
        return any(one["header"]["msg_type"] == kind for one in self.heard)

    async def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Read messages until something holds.

        Raises:
            ConnectionError: The socket was closed.
            TimeoutError: It did not hold in time.
        """
        assert self.connection
        async with asyncio.timeout(seconds):
            while not holds():
                message = await self.connection.read_message()
                if message is None:
                    raise ConnectionError("the socket is closed")
                self._hear(unpack_v1(message))

    async def closed(self) -> tuple[int | None, str | None]:
        """Wait until the server has closed the socket; the number and the reason that it gives."""
        assert self.connection
        async with asyncio.timeout(PATIENCE):
            while await self.connection.read_message() is not None:
                pass
        return self.connection.close_code, self.connection.close_reason

    async def leave(self) -> int:
        """Close the tab: the socket goes, and the farewell is sent."""
        if self.connection:
            self.connection.close()
        body = urlencode({"_xsrf": self.cookies.get("_xsrf", "")})
        return (await self.get(f"voila/api/shutdown/{self.kernel}", method="POST", body=body)).code

    def _hear(self, one: Said) -> None:
        kind, content = one["header"]["msg_type"], one["content"]
        if kind != "comm_msg":
            self.heard.append(one)
            return
        data = content["data"]
        if data.get("method") == "update_states":
            self.states.update({name: dict(described["state"]) for name, described in data["states"].items()})
        elif data.get("method") in {"update", "echo_update"}:
            self.states.setdefault(content["comm_id"], {}).update(data["state"])
        else:
            self.heard.append(one)


def run(visit: Coroutine[Any, Any, Seen]) -> Seen:
    """Go through a visit in a thread of its own: where a browser is driven, the main one has a loop running already."""
    return apart.run(asyncio.wait_for(visit, 2 * PATIENCE))


def pack_v1(channel: str, *parts: Any, buffers: Sequence[bytes] = ()) -> bytes:
    """A message as Jupyter's protocol v1 writes it: how many offsets, the offsets, the parts.

    Args:
        channel: such as ``shell``.
        parts: header, header of the parent, metadata and content.
        buffers: what follows them.
    """
    blocks = [channel.encode(), *(part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts), *buffers]
    offsets = [8 * (len(blocks) + 2)]
    for block in blocks:
        offsets.append(offsets[-1] + len(block))
    return b"".join([*(number.to_bytes(8, "little") for number in (len(offsets), *offsets)), *blocks])


def unpack_v1(message: str | bytes) -> Said:
    channel, parts = deserialize_msg_from_ws_v1(message)
    header, parent, content = (json.loads(parts[place]) for place in (0, 1, 3))
    return {"channel": channel, "header": header, "parent": parent, "content": content}
