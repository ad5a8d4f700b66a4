"""One user's server of a JupyterHub: what the hub tells it at the start, and what it tells the hub as it goes.

The hub starts ``kapnb serve --hub`` for each of its users, and says in the environment where to listen and whom to ask who may come
in. Asking is the work of :mod:`kapnb.serve.membership`, which alone needs JupyterHub to be installed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient

from kapnb.engine.problems import Problem, ServingError
from kapnb.serve.events import fact
from kapnb.text.words import words

if TYPE_CHECKING:
    from kapnb.serve.kernels import Sessions

SECRETS: Final = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")
"""With these one can act at the hub in the user's name. The processes behind the pages have no use for them."""

NEEDED: Final = (
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_CLIENT_ID",
    "JUPYTERHUB_OAUTH_ACCESS_SCOPES",
    "JUPYTERHUB_SERVICE_PREFIX",
    "JUPYTERHUB_SERVICE_URL",
)

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  # a hub that names no address asks for it


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub as its server knows it.

    Attributes:
        ip: where the hub's proxy looks for this server, with ``port`` and ``base_url``.
        server: the name that the user gave this server; the first one has none.
        home: the address at the hub where users find their own servers, and the way out.
        activity_url: where the hub wants to be told, every so many ``seconds``, when somebody last used the server.
        cookie_options: what it wants of every cookie.
    """

    ip: str
    port: int
    base_url: str
    token: str = field(repr=False)
    server: str
    home: str
    activity_url: str
    seconds: float
    cookie_options: Mapping[str, object] = field(default_factory=dict)


def read_hub(told: Mapping[str, str]) -> Hub:
    """What the hub says in the environment.

    Raises:
        ServingError: JupyterHub is not installed here, or no hub has started this, or one that wants what we cannot do.
    """
    problems = []
    if find_spec("jupyterhub") is None:
        problems.append(Problem("jupyterhub", words("serving.package_missing"), remedy=words("hub.remedy_package")))
    if missing := [name for name in NEEDED if not told.get(name)]:
        problems.append(Problem("--hub", words("hub.not_told", names=", ".join(missing)), remedy=words("hub.remedy_told")))
    where = urlsplit(told.get("JUPYTERHUB_SERVICE_URL", ""))
    if where.scheme == "https":
        problems.append(Problem("--hub", words("hub.internal_tls"), remedy=words("hub.remedy_internal_tls")))
    if problems:
        raise ServingError(problems)
    return Hub(
        ip=where.hostname or EVERYWHERE,
        port=80 if where.port is None else where.port,
        base_url=told["JUPYTERHUB_SERVICE_PREFIX"],
        token=told["JUPYTERHUB_API_TOKEN"],
        server=told.get("JUPYTERHUB_SERVER_NAME", ""),
        home=f"{told.get('JUPYTERHUB_HOST', '')}{told.get('JUPYTERHUB_BASE_URL') or '/'}hub/home",
        activity_url=told.get("JUPYTERHUB_ACTIVITY_URL", ""),
        seconds=float(told.get("JUPYTERHUB_ACTIVITY_INTERVAL") or 300),
        cookie_options=json.loads(told.get("JUPYTERHUB_COOKIE_OPTIONS") or "{}"),
    )


async def report_use(hub: Hub, sessions: Sessions) -> None:
    """Tell the hub when a page was last used, for as long as the server runs: a hub may end servers that nobody uses."""
    told = None
    while hub.activity_url:
        used = sessions.last_kernel_activity
        if used != told and await tell(hub, used):
            told = used
        await asyncio.sleep(hub.seconds)


async def tell(hub: Hub, used: datetime) -> bool:
    """Whether the hub has heard it. One that does not hear is told again the next time."""
    when = {"last_activity": used.isoformat()}
    headers = {"Authorization": f"token {hub.token}", "Content-Type": "application/json"}
    said = json.dumps({"servers": {hub.server: when}, **when})
    try:
        await AsyncHTTPClient().fetch(hub.activity_url, method="POST", headers=headers, body=said)
    except Exception as problem:  # noqa: BLE001  # whatever it is, the pages go on
        kind = type(problem).__name__
        logging.getLogger("kapnb").error("The hub cannot be told of use: %s", kind, extra=fact("hub_unheard", kind=kind))  # noqa: TRY400  # as said
        return False
    return True
