"""What every request meets first: it has to name this server, and to come from its visitor."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Any

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, RequestHandler


class Door(Router):
    """Lets a request pass to the app when its Host is this machine, or one of ``names``, and the visitor wants it.

    Else ``refused`` answers. Without ``names`` every Host is fine. On this machine alone a foreign Host means that another site is
    behind the request: its name was made to lead here.
    """

    def __init__(self, app: Application, names: Collection[str] | None, refused: type[RequestHandler]) -> None:
        self.app, self.names, self.refused = app, names, refused

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        if (self.names is None or is_own(request.host, self.names)) and is_wanted(request.method or "", request.headers):
            return self.app.find_handler(request, **kwargs)
        return self.app.get_handler_delegate(request, self.refused)


def is_wanted(method: str, headers: Mapping[str, str]) -> bool:
    """Whether the visitor wants it: not where a browser says that another site asks, as a picture or in a frame, behind their back.

    A page that is only loaded opens a session, so a site that loads many would take all places. A link that the visitor follows is
    fine. Whoever asks without a browser says nothing of the kind, and so does a browser that speaks to another machine without TLS.

    >>> is_wanted("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
    False
    >>> is_wanted("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
    True
    """
    if headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}:
        return True
    follows = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    return method in {"GET", "HEAD"} and follows == ("navigate", "document") and "Sec-Purpose" not in headers


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
