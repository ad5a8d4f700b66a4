"""What is answered at each address: the index, the pages, whether a session lives, whether the server is well, and errors."""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
import time
from collections import Counter
from http.client import responses
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.websocket import WebSocketClosedError
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from kapnb.engine.edition import served_edition
from kapnb.limits import RENDER_SECONDS, SOCKETS_PER_SESSION
from kapnb.serve.access import network_of
from kapnb.serve.event_log import log_event, report_error, short
from kapnb.serve.kernel_pool import KernelPool, NoRoomError, PlacesTakenError, client_address
from kapnb.serve.message_filter import Throttle, is_allowed, is_for_pages
from kapnb.serve.pages import error_panel, tell_home
from kapnb.text.words import words

ENDS_IN: Final = "Kapnb-Ends-In"
"""The header that says in how many seconds the session ends."""
DISK_BYTES: Final = 64 * 1024
"""What a new session needs at least, for its sockets and the file that names them."""
NOTICE_SECONDS, LEAST_NOTICE_SECONDS = 5 * 60, 8
"""A page asks every four seconds how long it has: it should hear of its end more than once."""
_LOCAL_PATH: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f]*\Z")
"""Browsers read a backslash as a slash, and read past tabs and line ends."""


class TokenRequiredError(web.HTTPError):
    """Answered with the form that asks for the token."""


class HtmlHandler(JupyterHandler):
    """Answers with pages in our look, for errors too."""

    async def prepare(self, **kwargs: Any) -> None:
        await super().prepare(**kwargs)
        if not self._finished and self.request.method == "GET" and "token" in self.request.query_arguments:
            # The cookie is set now: the token need not stay in the address bar, the history and the bookmarks.
            rest = [(name, v) for name, values in self.request.query_arguments.items() if name != "token" for v in values]
            self.redirect(self.local(self.request.path) + (f"?{urlencode(rest)}" if rest else ""))

    def get_login_url(self) -> str:
        """No redirect: the form is shown at the page's own address."""
        raise TokenRequiredError(403)

    @property
    def kernels(self) -> KernelPool:
        pool: KernelPool = self.settings["kernel_manager"]
        return pool

    def local(self, address: str) -> str:
        """The address where it leads to this server, else the index: a browser takes //name for another host."""
        return address if address.startswith(self.base_url) and _LOCAL_PATH.match(address) else self.base_url

    def render_template_to_string(self, template: str, **context: Any) -> str:
        # A stranger need not know what is here, nor whoever is refused before anybody has asked who it is.
        known = getattr(self, "_jupyter_current_user", None)
        context |= {"pages": self.settings["kapnb_pages"] if known else (), "asset": self.settings["kapnb_assets"].url}
        drawn = self.settings["voila_jinja2_env"].get_template(template)
        return str(drawn.render(base_url=self.base_url, words=words, **context))

    def ask_for_token(self, status: int, *, wrong: bool) -> None:
        self.set_status(status)
        given = self.request.arguments.get("next", [self.request.path.encode()])[-1]
        next_page = self.local(given.decode(errors="replace"))
        xsrf = self.xsrf_form_html()
        self.finish(self.render_template_to_string("token.html.j2", wrong=wrong, next_page=next_page, xsrf=xsrf))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        problem = kwargs.get("exc_info", (None, None, None))[1]
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        if isinstance(problem, TokenRequiredError):
            self.ask_for_token(403, wrong="token" in self.request.query_arguments)
            return
        passes = status_code in {429, 503}
        if passes:
            self.set_header("Retry-After", "60")
        incident = "" if isinstance(problem, web.HTTPError) else report_error("request", problem=problem)
        key = f"shell.error_{status_code}" if status_code in {403, 404, 429, 500, 503} else "shell.error"
        if isinstance(problem, NoRoomError | PlacesTakenError):
            key = problem.key
        pool = self.kernels
        numbers = {"places": pool.max_sessions, "own": pool.max_per_address, "idle": describe_span(pool.cull_idle_timeout)}
        error = {
            "title": words(f"{key}_title"),
            "text": words(key, **numbers),
            "incident": incident and words("shell.number", number=incident),
            "status": f"{status_code} {responses.get(status_code, '')}".strip(),
            "again": passes or status_code == 500,
        }
        self.finish(self.render_template_to_string("error.html.j2", **error))


class IndexHandler(HtmlHandler):
    """What there is to open, and before they are all taken, how many places are left."""

    @web.authenticated
    def get(self) -> None:
        pool = self.kernels
        left = pool.max_sessions - pool.sessions
        places, idle = describe_places(left, pool.max_sessions), describe_span(pool.cull_idle_timeout)
        self.set_header("Cache-Control", "no-store")  # going back shows how it is now
        said = {**tell_home(served_edition().guidance), "rooms": True}
        self.finish(self.render_template_to_string("home.html.j2", places=places, full=left <= 0, idle=idle, **said))

    head = get


class PageHandler(HtmlHandler, TornadoVoilaHandler):
    """A notebook of the folder, and nothing else that may lie there."""

    @web.authenticated
    async def get(self, path: str) -> None:
        name = self.find_page(path)
        client_address.set(network_of(self.request.remote_ip or ""))
        until = time.monotonic() + RENDER_SECONDS
        async for html in self.get_generator(f"{name}.ipynb"):
            self.write(html)
            await self.flush()  # raises when the browser has gone, so that nothing is made for nobody
            if time.monotonic() > until:
                self.write(error_panel(report_error("slow_page")))
                break

    @web.authenticated
    def head(self, path: str) -> None:
        """Whether there is such a page. No session is opened for that."""
        self.find_page(path)

    def find_page(self, path: str) -> str:
        name = path.removesuffix(".ipynb")
        if name not in {page.name for page in self.settings["kapnb_pages"]}:
            raise web.HTTPError(404)
        return name


class AliveHandler(HtmlHandler):
    """204 while the kernel of a page answers, 503 while it is stuck, 410 once it has gone.

    When it is about to end because nobody uses it, a header tells in how many seconds. Asking keeps no kernel from being ended;
    PUT does, for somebody has said that they are still there.
    """

    @web.authenticated
    async def get(self, kernel_id: str) -> None:
        state, limit = await self.kernels.find_state(kernel_id), self.kernels.cull_idle_timeout
        self.set_header("Cache-Control", "no-store")
        self.set_status({"alive": 204, "stuck": 503, "gone": 410}[state])
        if state == "alive":
            kernel = self.kernels.find(kernel_id)
            if self.request.method == "PUT":
                kernel.touch()
            if ends_soon(left := limit - kernel.idle_seconds, limit):
                self.set_header(ENDS_IN, str(max(0, int(left))))
        self.finish()

    put = get


class HealthHandler(JupyterHandler):
    """``{"status": "ok"}``; or ``degraded`` with status 503, when pages that are open go on and new ones cannot be opened.

    All places taken is no illness. How many sessions are open would tell how many people are at work: the log has it.
    """

    @allow_unauthenticated
    def get(self) -> None:
        pool: KernelPool = self.settings["kernel_manager"]
        well = can_write(pool.connection_dir)
        self.set_status(200 if well else 503)
        self.set_header("Cache-Control", "no-store")
        self.finish({"status": "ok" if well else "degraded"})

    head = get


def can_write(folder: str) -> bool:
    """Whether the folder is there and its disk has room."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            return file.write(b"\0" * DISK_BYTES) == DISK_BYTES
    except OSError:
        return False


class LoginHandler(HtmlHandler):
    """Takes the token from the form and goes where the visitor wanted to go."""

    @allow_unauthenticated
    def get(self) -> None:
        if self.current_user:
            self.redirect(self.base_url)
        else:
            self.ask_for_token(200, wrong=False)

    @allow_unauthenticated
    def post(self) -> None:
        if self.current_user:  # by the token in the form
            self.redirect(self.local(self.get_body_argument("next", self.base_url)))
        else:
            self.ask_for_token(403, wrong=True)


class SocketHandler(VoilaKernelWebsocketHandler):
    """The socket between a page and its kernel."""

    open_sockets: ClassVar[Counter[str]] = Counter()
    """By kernel."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002  # as in the base class
        self.finish()  # nobody reads a page here

    async def get(self, kernel_id: str) -> None:
        """Lasts as long as the socket."""
        if self.open_sockets[kernel_id] >= SOCKETS_PER_SESSION:
            raise web.HTTPError(429)
        self.open_sockets[kernel_id] += 1
        try:
            await super().get(kernel_id)
        finally:
            self.open_sockets[kernel_id] -= 1
            if not self.open_sockets[kernel_id]:
                del self.open_sockets[kernel_id]

    async def open(self, kernel_id: str) -> None:
        self.throttle = Throttle()
        self.set_nodelay(True)  # else each short answer waits until the browser has acknowledged the one before it
        await super().open(kernel_id)

    async def on_message(self, message: str | bytes) -> None:
        """Take a message; the next one is not read from the socket before this comes back."""
        if not is_allowed(message, self.selected_subprotocol):
            log_event("message_refused", logging.WARNING, session=short(self.kernel_id))
            self.close(1008, words("serving.not_from_a_page"))
            return
        try:
            super().on_message(message)
        except Exception:  # noqa: BLE001  # no page sends such a thing
            report_error("message", quote=False)
            self.close(1007)
        if wait := self.throttle.count(len(message)):
            await asyncio.sleep(wait)

    def write_message(self, message: Any, binary: bool = False) -> Any:  # noqa: FBT001, FBT002  # as in the base class
        if not isinstance(message, bytes) or not is_for_pages(message):
            return None
        sent = super().write_message(message, binary)
        sent.add_done_callback(lambda done: done.cancelled() or done.exception())  # the page may close before it is through
        return sent

    def log_exception(self, kind: Any, problem: Any, trace: Any) -> None:  # noqa: ARG002  # as in the base class
        """Tornado's own would write the whole address, with the id of the session."""
        if not isinstance(problem, web.HTTPError | WebSocketClosedError):
            report_error("socket", problem=problem)


class ForbiddenHandler(HtmlHandler):
    """Answers requests for another server than this one, and says nothing of what is here."""

    async def prepare(self, **_: Any) -> None:
        self.current_user = self._jupyter_current_user = None
        raise web.HTTPError(403)


class NotFoundHandler(HtmlHandler):
    """Whatever else is asked for."""

    async def prepare(self, **kwargs: Any) -> None:
        await super().prepare(**kwargs)
        if not self._finished:
            raise web.HTTPError(404)


def ends_soon(seconds_left: float, limit: float) -> bool:
    """Whether to say that a session ends: five minutes before, or where sessions are shorter, a fifth of their time.

    >>> [ends_soon(seconds, limit=3600) for seconds in (301, 300, 0)], [ends_soon(seconds, limit=300) for seconds in (61, 60)]
    ([False, True, True], [False, True])
    """
    return seconds_left <= min(NOTICE_SECONDS, max(limit / 5, LEAST_NOTICE_SECONDS))


def describe_places(left: int, places: int) -> str:
    """How many places are left, where they are few: three, or a tenth of them all.

    >>> [bool(describe_places(left, places)) for left, places in ((4, 20), (3, 20), (0, 20), (11, 100), (10, 100), (1, 1))]
    [False, True, True, False, True, False]
    """
    if left == places or left > max(3, places // 10):
        return ""
    key = {0: "places_taken", 1: "places_one"}.get(max(0, left), "places_left")
    return words(f"shell.{key}", left=left, places=places)


def describe_span(seconds: float) -> str:
    """Such as "60 minutes"; short ones in seconds."""
    minutes = seconds >= 120
    return words("shell.minutes" if minutes else "shell.seconds", count=round(seconds / 60 if minutes else seconds))
