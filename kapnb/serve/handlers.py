"""What is answered at each address: the index, the pages, the check that a session lives, and the pages for trouble."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from http.client import responses
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.websocket import WebSocketClosedError
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from kapnb.serve.channels import MOST_SOCKETS, Pace, is_allowed, is_for_pages
from kapnb.serve.events import fact, short
from kapnb.serve.failures import new_number, panel
from kapnb.serve.kernels import NoRoomError
from kapnb.serve.limits import ends_soon, tell_places, tell_span
from kapnb.text.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tornado.httputil import HTTPHeaders

    from kapnb.serve.kernels import Sessions
    from kapnb.serve.pages import Page

TEMPLATE = "kapnb"
EXPLAINED = {403, 404, 429, 500, 503}
"""Kinds of trouble that have words of their own."""

FULL = "shell.error_503"
"""The key of the words for a visitor who finds all places taken."""

PASSING = {429, 503}
"""Those that pass by themselves."""

ENDS_IN = "Kapnb-Ends-In"
"""The header that tells a page in how many seconds it ends."""

PATIENCE = 120
"""Seconds after which a page that is still being made is given up."""


_OF_THIS_HOST = re.compile(r"/(?![/\\])[^\x00-\x20\x7f]*\Z")
"""A path. Browsers read a backslash as a slash, and read past tabs and line ends."""


class TokenMissing(web.HTTPError):  # named for what it says
    def __init__(self) -> None:
        super().__init__(403)


class RefusedError(web.HTTPError):
    """Trouble with words of its own: those at ``key`` and ``{key}_title``."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(status)
        self.key = key


class Drawn(JupyterHandler):
    """Answers with pages of our own look, for trouble too."""

    async def prepare(self, **kwargs: Any) -> None:
        await super().prepare(**kwargs)
        if not self._finished and self.request.method == "GET" and "token" in self.request.query_arguments:
            # The cookie is set now: the token need not stay in the address bar, the history and the bookmarks.
            kept = [(name, v) for name, values in self.request.query_arguments.items() if name != "token" for v in values]
            self.redirect(self.inside(self.request.path) + (f"?{urlencode(kept)}" if kept else ""))

    def get_login_url(self) -> str:
        """No detour by another address: the page that asks for the token stands where the page would. A hub has its own."""
        if self.settings["kapnb_hub"]:
            return str(super().get_login_url())
        raise TokenMissing

    @property
    def sessions(self) -> Sessions:
        open_here: Sessions = self.settings["kernel_manager"]
        return open_here

    def inside(self, address: str) -> str:
        """The address where it leads to this server, else the index: a browser takes //name for another host."""
        return address if address.startswith(self.base_url) and _OF_THIS_HOST.match(address) else self.base_url

    def draw(self, template: str, **context: Any) -> str:
        environment = self.settings["voila_jinja2_env"]
        # A stranger need not know what is here, nor whoever is refused before anybody has asked who it is.
        known = getattr(self, "_jupyter_current_user", None)
        pages = self.settings["kapnb_pages"] if known else ()
        asset = self.settings["kapnb_asset"]
        drawn: str = environment.get_template(template).render(
            base_url=self.base_url, pages=pages, words=words, hub=self.settings["kapnb_hub"], asset=asset, **context
        )
        return drawn

    def ask_for_token(self, status: int, *, wrong: bool) -> None:
        self.set_status(status)
        said = self.request.arguments.get("next", [self.request.path.encode()])[-1]
        going_to = self.inside(said.decode(errors="replace"))
        self.finish(self.draw("token.html.j2", wrong=wrong, going_to=going_to, xsrf=self.xsrf_form_html()))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        problem = kwargs.get("exc_info", (None, None, None))[1]
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        if isinstance(problem, TokenMissing):
            self.ask_for_token(403, wrong="token" in self.request.query_arguments)
            return
        if status_code in PASSING:
            self.set_header("Retry-After", "60")
        number = ""
        if not isinstance(problem, web.HTTPError):
            number = new_number()
            noted = fact("error", number=number, where="request")
            self.log.error("Error %s at %s", number, self.request.path, exc_info=problem, extra=noted)
        usual = f"shell.error_{status_code}" if status_code in EXPLAINED else "shell.error"
        key = problem.key if isinstance(problem, NoRoomError | RefusedError) else usual
        limits = {"places": self.sessions.max_sessions, "idle": tell_span(self.sessions.cull_idle_timeout)}
        self.finish(
            self.draw(
                "trouble.html.j2",
                title=words(f"{key}_title"),
                text=words(key, **limits) if key == FULL else words(key),
                waits=key == FULL,
                number=number and words("shell.number", number=number),
                status=f"{status_code} {responses.get(status_code, '')}".strip(),
                again=status_code in {500, *PASSING},
            )
        )


class IndexHandler(Drawn):
    """What there is to open, and before they are all taken, how many places are left."""

    @web.authenticated
    def get(self) -> None:
        places = self.sessions.max_sessions
        left = places - self.sessions.sessions
        idle = tell_span(self.sessions.cull_idle_timeout)
        self.set_header("Cache-Control", "no-store")  # going back shows how it is now
        self.finish(self.draw("home.html.j2", places=tell_places(left, places), full=left <= 0, idle=idle))


class PageHandler(Drawn, TornadoVoilaHandler):
    """A notebook of the folder, and nothing else that may lie there."""

    @web.authenticated
    async def get(self, path: str) -> None:
        name = path.removesuffix(".ipynb")
        pages: Iterable[Page] = self.settings["kapnb_pages"]
        if name not in {page.name for page in pages}:
            raise web.HTTPError(404)
        until = time.monotonic() + PATIENCE
        async for html in self.get_generator(f"{name}.ipynb"):
            self.write(html)
            await self.flush()  # raises when the browser has gone, so that nothing is made for nobody
            if time.monotonic() > until:
                number = new_number()
                noted = fact("error", number=number, where="slow_page")
                self.log.error("Error %s: the page %s was not made within %s s", number, name, PATIENCE, extra=noted)
                self.write(panel(number))
                break


class AliveHandler(Drawn):
    """204 while the kernel of a page lives, 410 once it has gone.

    When it is about to end because nobody uses it, a header tells in how many seconds. Asking keeps no kernel from being ended;
    PUT does, for somebody has said that they are still there.
    """

    def get_login_url(self) -> str:
        raise web.HTTPError(403) if self.settings["kapnb_hub"] else TokenMissing  # a script has no use for a hub's login

    @web.authenticated
    async def get(self, kernel_id: str) -> None:
        self.tell(kernel_id, lives=await self.sessions.lives(kernel_id))

    @web.authenticated
    async def put(self, kernel_id: str) -> None:
        lives = await self.sessions.lives(kernel_id)
        if lives:
            self.sessions.keep(kernel_id)
        self.tell(kernel_id, lives=lives)

    def tell(self, kernel_id: str, *, lives: bool) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_status(204 if lives else 410)
        if lives and ends_soon(left := self.sessions.seconds_left(kernel_id), self.sessions.cull_idle_timeout):
            self.set_header(ENDS_IN, str(max(0, int(left))))
        self.finish()


class TokenHandler(Drawn):
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
            self.redirect(self.inside(self.get_body_argument("next", self.base_url)))
        else:
            self.ask_for_token(403, wrong=True)


class SocketHandler(VoilaKernelWebsocketHandler):
    """What a page and its kernel say to each other."""

    held: ClassVar[Counter[str]] = Counter()
    """How many sockets are open for each kernel."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002  # as in the base class
        self.finish()  # the number says it; nobody reads a page here

    async def get(self, kernel_id: str) -> None:
        """Lasts as long as the socket."""
        if self.held[kernel_id] >= MOST_SOCKETS:
            raise web.HTTPError(429)
        self.held[kernel_id] += 1
        try:
            await super().get(kernel_id)
        finally:
            self.held[kernel_id] -= 1
            if not self.held[kernel_id]:
                del self.held[kernel_id]

    async def open(self, kernel_id: str) -> None:
        self.pace = Pace()
        self.set_nodelay(True)  # else each short answer waits until the browser has acknowledged the one before it
        await super().open(kernel_id)

    async def on_message(self, message: str | bytes) -> None:
        """Take a message; the next one is not read from the socket before this comes back."""
        if not is_allowed(message, self.selected_subprotocol):
            noted = fact("message_refused", session=short(self.kernel_id))
            self.log.error("A page said what no page of ours says; its socket is closed", extra=noted)
            self.close(1008, words("serving.not_from_a_page"))
            return
        try:
            super().on_message(message)
        except Exception as problem:  # noqa: BLE001  # no page of ours says such a thing
            self.log.error("A page said what nobody understands: %s", type(problem).__name__)  # noqa: TRY400  # the message is not repeated
            self.close(1007)
        if wait := self.pace.count(len(message)):
            await asyncio.sleep(wait)

    def write_message(self, message: Any, binary: bool = False) -> Any:  # noqa: FBT001, FBT002  # as in the base class
        if not isinstance(message, bytes) or not is_for_pages(message):
            return None
        sent = super().write_message(message, binary)
        sent.add_done_callback(lambda done: done.cancelled() or done.exception())  # the page may close before it is through
        return sent

    def log_exception(self, kind: Any, problem: Any, trace: Any) -> None:
        """Tornado's own would write the whole address, with the number of the session."""
        if isinstance(problem, web.HTTPError | WebSocketClosedError):
            return
        number = new_number()
        noted = fact("error", number=number, where="socket")
        self.log.error("Error %s at a socket", number, exc_info=(kind, problem, trace), extra=noted)


class Guard(web.OutputTransform):
    """Sees to it that no answer is without the headers that keep a browser careful, whichever handler it comes from."""

    headers: ClassVar[Mapping[str, str]] = {}

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002, FBT001  # as in the base class
    ) -> tuple[int, HTTPHeaders, bytes]:
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        return status_code, headers, chunk


class RefusedHandler(Drawn):
    """Answers whoever asks for another server than this one, and tells nothing of what is here."""

    async def prepare(self, **_: Any) -> None:
        self.current_user = self._jupyter_current_user = None
        raise web.HTTPError(403)


class MissingHandler(Drawn):
    """Whatever else is asked for."""

    async def prepare(self, **kwargs: Any) -> None:
        await super().prepare(**kwargs)
        if not self._finished:
            raise web.HTTPError(404)
