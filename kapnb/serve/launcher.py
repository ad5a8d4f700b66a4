"""Starts Voila with our template, kernels, handlers and limits, and with nothing that lies about on the machine."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import webbrowser
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.logout import LogoutHandler
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.utils import url_path_join
from jupyterlab_server.themes_handler import ThemesHandler
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.util import TimeoutError as IOLoopTimeoutError
from tornado.web import RedirectHandler, RequestHandler
from traitlets.config import Config
from voila import notebook_renderer
from voila.app import Voila
from voila.static_file_handler import AllowListFileHandler, MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler
from voila.voila_identity_provider import VoilaLoginHandler

from kapnb import __version__, paths
from kapnb.engine.edition import load_guidance
from kapnb.engine.problems import Problem, ServingError
from kapnb.serve import assets, events, handlers
from kapnb.serve.door import Door
from kapnb.serve.drawing import Exporter
from kapnb.serve.failures import CalmExecutor
from kapnb.serve.handles import count_handles, make_room
from kapnb.serve.health import HealthHandler
from kapnb.serve.hub import SECRETS, Hub, report_use
from kapnb.serve.identity import FEWEST, SHORTEST, TokenIdentity, is_weak, sign_with
from kapnb.serve.kernels import OwnKernel, Sessions
from kapnb.serve.pages import Page, read_pages
from kapnb.text.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'self'; "
    "base-uri 'self'; form-action 'self'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

REPLACED = (
    TornadoVoilaTreeHandler,  # our index lists the notebooks
    TornadoVoilaHandler,  # our handler serves the notebooks of the folder alone
    VoilaContentsHandler,  # nobody needs to look into the folder
    AllowListFileHandler,  # nor to fetch files from it: this one would not ask for the token
    VoilaLoginHandler,  # ours looks like the rest, and keeps to --base-url
    LogoutHandler,  # there is no account to leave
    TemplateStaticFileHandler,  # ours serves styles and scripts under addresses that name their version
    MultiStaticFileHandler,
    FileFindHandler,
    ThemesHandler,  # the theme is among them
)

OURS = {
    VoilaKernelWebsocketHandler: handlers.SocketHandler,
}
"""Handlers of Voila, and ours that do the same and say less when asked for nonsense."""

EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
"""What the pages are drawn with. Other front-end extensions on the machine are none of our business."""

PATIENCE_WITH_STRANGERS: Mapping[str, int] = {
    "max_body_size": 64 * 1024,  # the form for the token is all that is sent so; Tornado would keep 100 MB for anybody, unread
    "body_timeout": 30,
    "idle_connection_timeout": 120,  # half a request, or none
}
"""What is taken over HTTP before anybody has asked who it is: bytes, and seconds. Files travel over a page's socket."""

LONGEST_SOCKET_PATH = 103
"""A little less than the shortest limit of the systems that have sockets in the file system."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes:
        token: None: none on this machine alone, a new one where others can come.
        log: one of the ``FORMATS`` of :mod:`kapnb.serve.events`.
        hosts: names that others know the server by, as behind a proxy on this machine. A request for another name is refused.
        hub: a JupyterHub that has started this server for one of its users, and says who may come in.
    """

    ip: str = "127.0.0.1"
    port: int = 8866
    token: str | None = None
    hosts: tuple[str, ...] = ()
    base_url: str = "/"
    hub: Hub | None = None
    max_sessions: int = 20
    idle_minutes: float = 60
    preheat: int = 1
    open_browser: bool = False
    log: str = "errors"
    notebooks: Path = field(default_factory=paths.notebooks)

    @property
    def on_this_machine_alone(self) -> bool:
        """Nobody else can come, not even through a proxy that was told of a name."""
        return self._on_loopback and not self.hosts and not self.hub

    @property
    def asks_for_names(self) -> bool:
        """Whether a request has to name this machine or one of ``hosts``. A hub's name is its own, and it knows who asks."""
        return bool(self.hosts) or (self._on_loopback and not self.hub)

    @property
    def behind_a_proxy(self) -> bool:
        """Whoever comes was sent by a proxy on this machine, which says for whom it speaks."""
        return self._on_loopback and bool(self.hosts)

    @property
    def _on_loopback(self) -> bool:
        if self.ip == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.ip).is_loopback
        except ValueError:
            return False


class App(Voila):
    """Voila on sockets that are bound already, with the handlers of kapnb."""

    name = "voila"  # keeps the names of settings and configuration
    sockets: Sequence[socket.socket] = ()
    pages: Sequence[Page] = ()
    shelves: Mapping[str, assets.Shelf]
    asset: assets.Address
    hosts: Sequence[str] | None = None
    hub: Hub | None = None
    proxied = False
    greeting = ""
    address = ""

    def init_settings(self) -> dict[str, Any]:
        return {
            **super().init_settings(),
            "compress_response": True,
            "default_handler_class": handlers.MissingHandler,
            "kapnb_asset": self.asset,
            "kapnb_hub": self.hub,
            "kapnb_pages": self.pages,
            "kapnb_shelves": self.shelves,
            "log_function": log_request,
            "websocket_compression_options": {"mem_level": 5},  # a fifth of the bytes, for 0.2 MB of memory a socket
        }

    def init_handlers(self) -> list[Any]:
        def at(address: str) -> str:
            return str(url_path_join(self.base_url, address))

        page = {"template_paths": self.template_paths, "config": self.config}
        page["voila_configuration"] = self.voila_configuration
        kept = [
            (handler[0], OURS.get(handler[1], handler[1]), *handler[2:])
            for handler in super().init_handlers()
            if handler[1] not in REPLACED
        ]
        ours: list[tuple[Any, ...]] = [
            (at("/"), handlers.IndexHandler),
            *([] if self.hub else [(at("/login"), handlers.TokenHandler)]),
            (at(r"/kapnb/alive/([\w-]+)"), handlers.AliveHandler),
            (at("/kapnb/health"), HealthHandler),
            (at(rf"/{assets.WHERE}/(\w+)-(\w+)/(.+)"), assets.AssetHandler),
            (at(r"/voila/render/(.+)"), handlers.PageHandler, page),
            (at(r"/(\w+)"), handlers.PageHandler, page),
        ]
        if self.base_url != "/":
            ours.append((self.base_url.rstrip("/"), RedirectHandler, {"url": self.base_url, "permanent": False}))
        return [*kept, *ours]

    def listen(self) -> None:
        handlers.Guard.headers = HEADERS
        self.app.add_transform(handlers.Guard)
        door = Door(self.app, self.hosts, handlers.RefusedHandler)
        server = HTTPServer(door, xheaders=self.proxied, **PATIENCE_WITH_STRANGERS)
        server.add_sockets(self.sockets)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self.kernel_manager.prepare_spares)
        self.ioloop.add_callback(self.shelves["scripts"].take, assets.TOGETHER)  # packed when the first visitor comes
        if self.hub:
            self.ioloop.add_callback(report_use, self.hub, self.kernel_manager)
        print(self.greeting, flush=True)  # noqa: T201  # where the app is
        if self.open_browser:
            self.ioloop.add_callback(webbrowser.open, self.address)
        signal.signal(signal.SIGINT, self._handle_signal_stop)  # between two callbacks, as at SIGTERM, not amid one
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            server.stop()
            self.stop()

    def stop(self) -> None:
        """Kernels first: their sockets lie in the folder. One that does not end in time ends by itself when we are gone."""
        with contextlib.suppress(IOLoopTimeoutError):
            self.ioloop.run_sync(lambda: self.kernel_manager.shutdown_all(now=True), timeout=15)
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def log_request(handler: RequestHandler) -> None:
    """Only what went wrong on our side, and never the query, which may hold the token."""
    if handler.get_status() >= 500 and handler.get_status() != 503:  # 503 is said to the visitor
        logging.getLogger("kapnb").warning("%s %s: %s", handler.request.method, handler.request.path, handler.get_status())


def hide_query(record: logging.LogRecord) -> bool:
    """Tornado writes the whole address beside a mistake of ours; a token, or the code of a hub's login, may stand in it."""
    record.msg, record.args = re.sub(r"\?[^\s'\"]+", "?…", record.getMessage()), None
    return True


def serve(options: Options) -> None:
    """Serve until interrupted.

    Raises:
        ServingError: The address, the port, the token or a notebook cannot be used.
        DictionaryError, GuidanceError: What the pages show has mistakes.
    """
    if not options.ip:  # the system would take it for every address there is
        raise ServingError([_not_an_address(options)])
    if options.token is not None and is_weak(options.token) and not options.on_this_machine_alone:
        raise ServingError(
            [
                Problem(
                    "--token",
                    f"is easy to guess, and at {', '.join(options.hosts) or options.ip} others could try.",
                    f"{SHORTEST} characters or more, {FEWEST} of them different.",
                    "Or leave --token out, and a strong one is made and printed.",
                )
            ]
        )
    if not options.notebooks.is_dir():
        raise ServingError([Problem("--notebooks", f"{options.notebooks} is no folder.")])
    load_guidance()  # a mistake in its files, or in the dictionary, is said here and not by every page
    pages = read_pages(options.notebooks)
    options = fit_in(options)
    sockets = bind(options)
    with tempfile.TemporaryDirectory(prefix="kapnb-", dir=short_folder()) as room:
        _stand_alone(Path(room))
        events.begin(options.log)
        logging.getLogger("tornado.application").addFilter(hide_query)
        logging.getLogger("tornado.general").setLevel(logging.ERROR)  # it finds fault with Jupyter's own ping settings
        logging.getLogger("tornado.application").setLevel(logging.ERROR)  # a hub's library finds fault with plain HTTP
        notebook_renderer.VoilaExecutor = CalmExecutor  # the renderer offers no other way to choose either
        notebook_renderer.VoilaExporter = Exporter
        token = options.token
        if token is None:
            token = "" if options.on_this_machine_alone or options.hub else secrets.token_urlsafe(24)
        shelves = assets.fill(EXTENSIONS)
        asset = assets.addresses(shelves, options.base_url)
        app = App.instance(config=configuration(options, token, pages, asset, Path(room)))
        app.sockets, app.pages, app.hub, app.shelves, app.asset = sockets, pages, options.hub, shelves, asset
        app.hosts = options.hosts if options.asks_for_names else None
        app.proxied = options.behind_a_proxy
        port = sockets[0].getsockname()[1]
        made = token if options.token is None else ""
        app.address = _address(options, port) + (f"?token={made}" if made else "")
        app.greeting = f"kapnb is at {app.address}\nPress Ctrl+C to stop."
        app.initialize([str(options.notebooks)])
        events.note(
            "server_started",
            version=__version__,
            port=port,
            base_url=options.base_url,
            limit=options.max_sessions,
            idle_minutes=options.idle_minutes,
            asks_for_token=bool(token),
            asks_hub=bool(options.hub),
        )
        app.start()
        events.note("server_stopped")


def fit_in(options: Options) -> Options:
    """With no more pages than the system lets the server have handles for. Where those are fewer, it is said.

    Raises:
        ServingError: Not even one page would open.
    """
    fit = make_room(options.max_sessions)
    if fit == options.max_sessions:
        return options
    problem = too_few_handles(options, fit)
    if not fit:
        raise ServingError([problem])
    print(f"{problem}\n{words('serving.fewer_pages', pages=fit)}", flush=True)  # noqa: T201  # beside where the app is
    return replace(options, max_sessions=fit)


def too_few_handles(options: Options, fit: int) -> Problem:
    wanted = options.max_sessions
    return Problem(
        "--max-sessions",
        words("serving.too_few_handles", wanted=wanted, pages=fit),
        remedy=words("serving.remedy_handles", handles=count_handles(wanted)),
    )


def bind(options: Options) -> list[socket.socket]:
    """Take the port before anything is started, so that a mistake is said at once."""
    try:
        return bind_sockets(options.port, address=options.ip)
    except socket.gaierror:
        problem = _not_an_address(options)
    except OSError as error:
        problem = {
            errno.EADDRINUSE: Problem(
                "--port", f"{options.port} is in use.", remedy="Stop the other program, or choose another port, or 0 for any."
            ),
            errno.EACCES: Problem(
                "--port",
                f"{options.port} is kept for the administrator of this machine.",
                remedy="Choose a port above 1023.",
            ),
            errno.EADDRNOTAVAIL: _not_an_address(options),
        }.get(error.errno or 0, Problem("--ip", f"{options.ip}: {os.strerror(error.errno or 0)}."))
    raise ServingError([problem])


def _not_an_address(options: Options) -> Problem:
    return Problem(
        "--ip",
        f"{options.ip or 'an empty text'} is no address of this machine.",
        remedy="127.0.0.1 serves this machine alone, 0.0.0.0 all its networks.",
    )


def _address(options: Options, port: int) -> str:
    host = options.ip if options.ip not in {"0.0.0.0", "::"} else socket.gethostname()  # noqa: S104  # compared only
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{options.base_url}"


def short_folder() -> str | None:
    """Sockets in the file system need short paths; some systems have a long temporary folder, and a short one too."""
    usual = tempfile.gettempdir()
    return "/tmp" if len(usual) > len("/tmp") and Path("/tmp").is_dir() and not fits(usual) else None  # noqa: S108


def fits(folder: str) -> bool:
    return len(f"{folder}/kapnb-12345678/voila_12345678/kernel-{'x' * 36}.json-ipc-5") < LONGEST_SOCKET_PATH


def _stand_alone(room: Path) -> None:
    """Neither read nor write what other Jupyter tools keep on this machine."""
    ours = [str(paths.jupyter()), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, ours))
    os.environ["JUPYTER_CONFIG_DIR"] = str(room / "config")
    os.environ["JUPYTER_DATA_DIR"] = str(room / "data")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(room / "runtime")
    os.environ["IPYTHONDIR"] = str(room / "ipython")
    os.environ[paths.STYLED] = "1"
    for name in SECRETS:
        os.environ.pop(name, None)


def _name_versions(asset: assets.Address, page: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Let Voila's script fetch the others where a browser may keep them."""
    return {**page, "fullStaticUrl": asset("voila"), "fullLabextensionsUrl": asset("extensions")}


def configuration(options: Options, token: str, pages: Sequence[Page], asset: assets.Address, room: Path) -> Config:
    c = Config()
    if options.log != "errors":
        c.App.logging_config = {"formatters": {"console": {"class": f"{events.__name__}.{events.Lines.__name__}"}}}
    c.Application.log_level = logging.ERROR  # a foreign Host header or an idle page is no trouble of the server

    c.Voila.open_browser = options.open_browser
    c.Voila.base_url = options.base_url
    c.Voila.token = token
    if token:
        c.Voila.cookie_secret = sign_with(token)
    c.Voila.identity_provider_class = TokenIdentity
    c.TokenIdentity.cookie_options = {"samesite": "Lax"}  # no other site makes requests in a visitor's name
    c.Voila.config_file_paths = []  # a voila.json that lies about is not ours
    c.Voila.connection_dir_root = str(room)
    c.Voila.tornado_settings = {
        "headers": HEADERS,
        "xsrf_cookie_kwargs": {"samesite": "Lax"},
        "allow_remote_access": True,  # who asks for another host has been refused at the door
    }
    if options.hub:
        from kapnb.serve.membership import VERSION, HubIdentity  # JupyterHub need not be installed elsewhere

        c.Voila.identity_provider_class = HubIdentity
        c.Voila.tornado_settings["headers"] = HEADERS | VERSION
        c.HubOAuth.api_token = options.hub.token
        c.HubOAuth.cookie_options = {"samesite": "Lax", **options.hub.cookie_options}
    c.NotebookNotary.db_file = ":memory:"  # no signatures on disk

    v = c.VoilaConfiguration
    v.template = handlers.TEMPLATE
    v.allow_template_override = v.allow_theme_override = "NO"
    v.strip_sources, v.show_tracebacks = True, False
    v.extension_allowlist, v.extension_denylist = EXTENSIONS, []
    v.kernel_spec_manager_class = OwnKernel
    v.multi_kernel_manager_class = Sessions
    drawn_with = {"pages": [page.as_dict() for page in pages], "words": words, "hub": bool(options.hub), "asset": asset}
    v.resources = {"kapnb": drawn_with}
    v.page_config_hook = partial(_name_versions, asset)

    idle = max(1, round(options.idle_minutes * 60))
    c.Sessions.max_sessions, c.Sessions.spares = options.max_sessions, options.preheat
    c.Sessions.unwatched_timeout = min(300, idle)
    c.MappingKernelManager.cull_idle_timeout = idle
    c.MappingKernelManager.cull_interval = max(1, min(10, idle // 2))  # a page ends about when it has been told
    c.MappingKernelManager.cull_connected = True  # an open page that nobody uses; it says so, and its answers are kept
    c.KernelManager.autorestart = False  # a new kernel would know nothing of the page; the page offers to reload instead
    if sys.platform != "win32" and fits(str(room.parent)):
        c.KernelManager.transport = "ipc"

    c.VoilaExecutor.iopub_timeout = 60  # under load the output of a cell is lost after 4 s otherwise
    c.VoilaExecutor.timeout = c.VoilaExecutor.startup_timeout = 110
    return c
