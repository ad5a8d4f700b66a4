"""Who may come in: whoever holds the token, or on this machine alone everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voila.voila_identity_provider import VoilaIdentityProvider

if TYPE_CHECKING:
    from tornado.web import RequestHandler


class TokenIdentity(VoilaIdentityProvider):
    """Voila's, and it hands out the cookie that a closing page needs.

    Voila's page asks for its kernel to be ended when its tab closes, and is refused when it cannot show the cookie
    ``_xsrf``, which nothing sets. Reading ``xsrf_token`` sets it.
    """

    async def get_user(self, handler: RequestHandler) -> Any:
        user = await super().get_user(handler)
        request = handler.request
        if user is not None and request.method == "GET" and "Upgrade" not in request.headers:
            handler.current_user = user  # the next line reads it
            handler.xsrf_token  # noqa: B018  # read for its effect
        return user
