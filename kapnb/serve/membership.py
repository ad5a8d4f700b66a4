"""Who may come in at one user's server of a JupyterHub: whoever the hub says may. Needs the extra ``hub``."""

from __future__ import annotations

from typing import Any, NoReturn

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from jupyterhub import __version__
from jupyterhub.services.auth import HubOAuthCallbackHandler
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider, JupyterHubLogoutHandler
from tornado import web
from tornado.web import RequestHandler

from kapnb.serve.handlers import Drawn, RefusedError
from kapnb.serve.identity import hand_out_secret

VERSION = {"X-JupyterHub-Version": __version__}
"""The hub compares it with its own, and complains where it is missing."""


class HubIdentity(JupyterHubIdentityProvider):
    """JupyterHub's own: strangers are sent to the hub's login, and its secrets against other sites are asked for.

    Whom the hub knows and does not let in here gets a page that says so, not a login that would change nothing.
    """

    token = ""  # JupyterHub's is the server's own key to the hub: no page needs to know it
    auth_enabled = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{name: value for name, value in kwargs.items() if name != "token"})

    async def get_user(self, handler: Any) -> Any:
        try:
            user = await super().get_user(handler)
        except web.HTTPError as problem:
            raise RefusedError(503, "hub.silent") from problem
        if user is not None:
            hand_out_secret(handler, user)
        elif getattr(handler, "_cached_hub_user", None):
            handler.get_login_url = refuse
        return user

    def get_handlers(self) -> list[tuple[str, type[RequestHandler]]]:
        place = self.hub_auth.base_url
        return [
            (url_path_join(place, "oauth_callback"), ReturnHandler),
            (url_path_join(place, "logout"), JupyterHubLogoutHandler),
        ]


class ReturnHandler(Drawn):
    """Where the hub's login leads back to. JupyterHub's own answers; what goes wrong is said in our look."""

    @property
    def hub_auth(self) -> Any:
        provider: Any = self.identity_provider
        return provider.hub_auth

    @allow_unauthenticated
    async def get(self) -> None:
        try:
            await HubOAuthCallbackHandler.get(self)
        except web.HTTPError as problem:
            raise RefusedError(problem.status_code, "hub.login_failed") from problem


def refuse() -> NoReturn:
    raise RefusedError(403, "hub.not_yours")
