"""What every request meets first: it has to name this server, whatever it asks for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Any

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, RequestHandler


class Door(Router):
    """Lets a request pass to the app when its Host is this machine, or one of ``names``; else ``refused`` answers.

    On this machine alone a foreign Host means that another site is behind the request: its name was made to lead here.
    """

    def __init__(self, app: Application, names: Collection[str], refused: type[RequestHandler]) -> None:
        self.app, self.names, self.refused = app, names, refused

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        if is_own(request.host, self.names):
            return self.app.find_handler(request, **kwargs)
        return self.app.get_handler_delegate(request, self.refused)


def is_own(host: str, names: Collection[str]) -> bool:
    """Whether a Host header, with or without a port, is this machine or one of the names.

    >>> [is_own(host, ["kap.example.org"]) for host in ("127.0.0.1:8866", "[::1]", "LOCALHOST", "kap.example.org:80", "10.0.0.1")]
    [True, True, True, True, False]
    """
    name = re.sub(r":\d*\Z", "", host).lower().removesuffix(".")
    if name in {"localhost", *names}:
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
