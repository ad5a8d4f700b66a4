"""Who may come in: whoever holds the token, or on this machine alone everybody."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from typing import TYPE_CHECKING, Any

from tornado import web
from voila.voila_identity_provider import VoilaIdentityProvider

if TYPE_CHECKING:
    from tornado.web import RequestHandler

SHORTEST, FEWEST = 16, 8
"""What a token for others needs: characters, and different ones among them."""


def is_weak(token: str) -> bool:
    """Whether a token could be guessed by somebody who has time to try."""
    return len(token) < SHORTEST or len(set(token)) < FEWEST


def sign_with(token: str) -> bytes:
    """What cookies are signed with: the same for the same token, so that a server that starts anew throws nobody out.

    Another token makes every cookie worthless. It takes a while to work out, so that a cookie is no quick way to guess the token.
    """
    return hashlib.scrypt(token.encode(), salt=b"kapnb cookies", n=2**14, r=8, p=1)


class Patience:
    """Counts the wrong tokens of an address. After ``most`` within ``seconds`` nothing from there is looked at until they are over.

    Of more than ``addresses`` at a time the one that began first is forgotten.
    """

    def __init__(self, most: int = 20, seconds: float = 60, addresses: int = 1000) -> None:
        self.most, self.seconds, self.addresses = most, seconds, addresses
        self._wrong: dict[str, tuple[float, int]] = {}

    def note(self, address: str) -> None:
        """One more wrong token."""
        since, count = self._recall(address)
        self._wrong[address] = since, count + 1
        if len(self._wrong) > self.addresses:
            del self._wrong[next(iter(self._wrong))]

    def is_over(self, address: str) -> bool:
        return self._recall(address)[1] >= self.most

    def _recall(self, address: str) -> tuple[float, int]:
        now = time.monotonic()
        since, count = self._wrong.get(address, (now, 0))
        if now - since < self.seconds:
            return since, count
        del self._wrong[address]
        return now, 0


def whose(address: str) -> str:
    """The address as far as it tells one visitor from another: in IPv6 one household has a whole network."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


def hand_out_secret(handler: RequestHandler, user: Any) -> None:
    """Give a page the cookie that it needs when it closes.

    Voila's page asks for its kernel to be ended when its tab closes, and is refused when it cannot show the cookie
    ``_xsrf``, which nothing sets. Reading ``xsrf_token`` sets it.
    """
    request = handler.request
    if request.method == "GET" and "Upgrade" not in request.headers:
        handler.current_user = user  # the next line reads it
        handler.xsrf_token  # noqa: B018  # read for its effect


class TokenIdentity(VoilaIdentityProvider):
    """Voila's, with patience for wrong tokens and a secret for the page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.patience = Patience()

    async def get_user(self, handler: RequestHandler) -> Any:
        user = await super().get_user(handler)
        if user is not None:
            hand_out_secret(handler, user)
        return user

    async def get_user_token(self, handler: Any) -> Any:
        """Whoever shows the token, in the address, in a header or in the form."""
        given = self.get_token(handler)
        if not (given and handler.token):
            return None
        address = whose(handler.request.remote_ip)
        if self.patience.is_over(address):
            raise web.HTTPError(429)
        if not hmac.compare_digest(given.encode(errors="replace"), handler.token.encode()):
            self.patience.note(address)
            return None
        return await super().get_user_token(handler)
