"""Access: requests that name this server, come from its own visitor, and show the token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from tornado import web
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, RequestHandler
from voila.voila_identity_provider import VoilaIdentityProvider

from kapnb.limits import TOKEN_CHARACTERS, TOKEN_DISTINCT, WRONG_TOKENS, WRONG_TOKENS_SECONDS

_HOST = re.compile(
    r"(?P<name>[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)\.?(:\d{1,5})?|(?P<six>\[[0-9a-f:.]+\])(:\d{1,5})?",
    re.ASCII | re.IGNORECASE,
)


class OriginRouter(Router):
    """Passes a request on to the app when it names an allowed host and no other site is behind it; else ``refused`` answers.

    Args:
        names: hosts that are allowed beside this machine; None: any.
    """

    def __init__(self, app: Application, names: Collection[str] | None, refused: type[RequestHandler]) -> None:
        self.app, self.names, self.refused = app, names, refused

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        if is_allowed_host(request.host, self.names) and is_same_origin(request.method or "", request.host, request.headers):
            return self.app.find_handler(request, **kwargs)
        return self.app.get_handler_delegate(request, self.refused)


def parse_host(host: str) -> str | None:
    """The name or address in a Host header, in one spelling; None for what is no such header.

    A name is taken in lower case and without the dot that may end it. What ends in a number is an address, so it has to be four
    decimal numbers: other programs read ``0x7f.1`` as 127.0.0.1.

    >>> [parse_host(host) for host in ("KAP.example.:80", "[::1]:8866", "kap.example:80:90", "[::1]evil", "0x7f.1")]
    ['kap.example', '::1', None, None, None]
    """
    found = _HOST.fullmatch(host)
    if not found:
        return None
    name = (found["name"] or found["six"].strip("[]")).lower()
    if found["six"] or re.match(r"\d+\Z|0x[0-9a-f]*\Z", name.rpartition(".")[2]):
        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            return None
    return name


def is_allowed_host(host: str, names: Collection[str] | None) -> bool:
    """Whether a Host header is this machine or one of ``names``; with None, any host that is one.

    On this machine alone a foreign host means that another site is behind the request: its name was made to lead here.
    """
    name = parse_host(host)
    if name is None or names is None:
        return name is not None
    return name in {"localhost", *names} or is_loopback(name)


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_same_origin(method: str, host: str, headers: Mapping[str, str]) -> bool:
    """Whether the visitor wants the request, as far as a browser says: false for one that another site makes.

    A page that is only loaded opens a session, so a site that loads many would take all places. Following a link is fine; sending a
    form is not. Browsers say ``Sec-Fetch-Site`` on this machine and over TLS, and ``Origin`` with every form.

    >>> is_same_origin("GET", "kap", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
    False
    >>> is_same_origin("GET", "kap", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
    True
    """
    reads = method in {"GET", "HEAD"}
    if not reads and "Origin" in headers and urlsplit(headers["Origin"]).netloc.lower() != host.lower():
        return False
    if headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}:
        return True
    follows = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    return reads and follows == ("navigate", "document") and "Sec-Purpose" not in headers


def is_weak(token: str) -> bool:
    """Whether a token could be guessed by somebody who has time to try."""
    return len(token) < TOKEN_CHARACTERS or len(set(token)) < TOKEN_DISTINCT


def cookie_secret(token: str) -> bytes:
    """The key that signs cookies, made from the token: a server that starts anew logs nobody out, and another token does.

    It takes a while to work out, so that a cookie is no quick way to guess the token.
    """
    return hashlib.scrypt(token.encode(), salt=b"kapnb cookies", n=2**14, r=8, p=1)


class RateLimit:
    """At most ``most`` events of an address within ``seconds`` of the first. Of many addresses the first is forgotten."""

    def __init__(self, most: int = WRONG_TOKENS, seconds: float = WRONG_TOKENS_SECONDS, addresses: int = 1000) -> None:
        self.most, self.seconds, self.addresses = most, seconds, addresses
        self._counts: dict[str, tuple[float, int]] = {}

    def count(self, address: str) -> None:
        since, count = self._recall(address)
        self._counts[address] = since, count + 1
        if len(self._counts) > self.addresses:
            del self._counts[next(iter(self._counts))]

    def is_reached(self, address: str) -> bool:
        return self._recall(address)[1] >= self.most

    def _recall(self, address: str) -> tuple[float, int]:
        now = time.monotonic()
        since, count = self._counts.get(address, (now, 0))
        if now - since < self.seconds:
            return since, count
        del self._counts[address]
        return now, 0


def network_of(address: str) -> str:
    """The part of an address that identifies a visitor: in IPv6 one household has a whole network."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


class TokenIdentity(VoilaIdentityProvider):
    """Voila's identity provider, with a limit on wrong tokens, and the cookie that a page needs when it closes.

    Voila's page asks for its kernel to be ended when its tab closes, and is refused when it cannot show the cookie ``_xsrf``, which
    nothing sets. Reading ``xsrf_token`` sets it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.wrong_tokens = RateLimit()

    async def get_user(self, handler: RequestHandler) -> Any:
        user = await super().get_user(handler)
        if user is not None and handler.request.method == "GET" and "Upgrade" not in handler.request.headers:
            handler.current_user = user  # the next line reads it
            handler.xsrf_token  # noqa: B018  # read for its effect
        return user

    async def get_user_token(self, handler: Any) -> Any:
        """Whoever shows the token, in the address, in a header or in the form."""
        given = self.get_token(handler)
        if not (given and handler.token):
            return None
        address = network_of(handler.request.remote_ip)
        if self.wrong_tokens.is_reached(address):
            raise web.HTTPError(429)
        if not hmac.compare_digest(given.encode(errors="replace"), handler.token.encode()):
            self.wrong_tokens.count(address)
            return None
        return await super().get_user_token(handler)
