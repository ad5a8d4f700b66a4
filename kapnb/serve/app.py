"""Voila with our handlers, kernels, templates and limits, and with nothing that lies about on the machine."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import signal
import socket
import webbrowser
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import FileSystemBytecodeCache
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.ioloop import IOLoop
from tornado.util import TimeoutError as IOLoopTimeoutError
from tornado.web import OutputTransform, RedirectHandler
from traitlets.config import Config
from voila import notebook_renderer
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler

from kapnb.limits import BODY_BYTES, RENDER_SECONDS, UNWATCHED_SECONDS
from kapnb.serve import event_log, handlers, room, room_new
from kapnb.serve.access import OriginRouter, TokenIdentity, cookie_secret
from kapnb.serve.assets import BUNDLE, PREFIX, AssetHandler, Assets
from kapnb.serve.kernel_pool import KernelPool, OwnKernel
from kapnb.serve.pages import CachingExporter, ErrorPanelExecutor, Page
from kapnb.serve.rooms import Rooms
from kapnb.text.words import words

if TYPE_CHECKING:
    from kapnb.serve.options import Options

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'self'; "
        "base-uri 'self'; form-action 'self'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

EXTENSIONS: Final = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
"""What the pages are drawn with. Other front-end extensions on the machine are none of our business."""

STOP_SECONDS: Final = 15
HTTP_LIMITS: Final[Mapping[str, int]] = {
    "max_body_size": BODY_BYTES,  # Tornado would keep 100 MB for anybody, unread
    "body_timeout": 30,
    "idle_connection_timeout": 120,  # half a request, or none
}


class SecurityHeaders(OutputTransform):
    """Adds the headers that keep a browser careful to every answer, whichever handler it comes from."""

    def transform_first_chunk(self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool) -> Any:  # noqa: ARG002, FBT001  # as in the base class
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        return status_code, headers, chunk


class App(Voila):
    """Voila on a socket that is bound already, with our handlers."""

    name = "voila"  # keeps the names of settings and configuration
    options: Options
    socket: socket.socket
    pages: Sequence[Page]
    assets: Assets
    rooms: Rooms
    address: str

    def init_settings(self) -> dict[str, Any]:
        return {
            **super().init_settings(),
            "compress_response": True,
            "default_handler_class": handlers.NotFoundHandler,
            "kapnb_assets": self.assets,
            "kapnb_open_to_all": not self.options.on_loopback,
            "kapnb_pages": self.pages,
            "kapnb_rooms": self.rooms,
            "log_function": lambda _: None,  # an address may hold the token; what goes wrong on our side is reported
            "websocket_compression_options": {"mem_level": 5},  # a fifth of the bytes, for 0.2 MB of memory a socket
        }

    def init_handlers(self) -> list[Any]:
        """Of Voila's and Jupyter's handlers the two that a page needs: no list of files, nor of what others have open."""
        page = {"template_paths": self.template_paths, "config": self.config, "voila_configuration": self.voila_configuration}
        served: Sequence[tuple[Any, ...]] = (
            ("/", handlers.IndexHandler),
            ("/login", handlers.LoginHandler),
            (r"/api/kernels/([\w-]+)", KernelHandler),
            (r"/api/kernels/([\w-]+)/channels", handlers.SocketHandler),
            ("/voila/api/shutdown/(.*)", VoilaShutdownKernelHandler),
            (r"/kapnb/alive/([\w-]+)", handlers.AliveHandler),
            ("/kapnb/health", handlers.HealthHandler),
            (rf"/{PREFIX}/(\w+)/(.+)", AssetHandler),
            ("/room/new", room_new.NewRoomHandler),
            ("/room", room.RoomPageHandler),
            (r"/room/([\w-]{1,16})", room.RoomPageHandler),
            (r"/room/([\w-]{1,16})/(wall|desk)", room.RoomPageHandler),
            (r"/room/([\w-]{1,16})/stream/(phone|wall|desk)", room.StreamHandler),
            (r"/room/([\w-]{1,16})/(join|vote|respond|lines|leave)", room.PhoneHandler),
            (r"/room/([\w-]{1,16})/desk/(move|cover|small|timer|twin|prompt|let|signs|file|delete)", room.DeskHandler),
            (r"/room/([\w-]{1,16})/file/(note\.(?:html|docx|md)|judgments\.(?:csv|xlsx)|signs\.html)", room.FileHandler),
            (r"/voila/render/(.+)", handlers.PageHandler, page),
            (r"/(\w+)", handlers.PageHandler, page),
            (r"/(\w+)/", RedirectHandler, {"url": url_path_join(self.base_url, "/{0}")}),
        )
        bare = (self.base_url.rstrip("/"), RedirectHandler, {"url": self.base_url, "permanent": False})
        return [*((url_path_join(self.base_url, path), *rest) for path, *rest in served), *([bare] if bare[0] else [])]

    def listen(self) -> None:
        self.app.add_transform(SecurityHeaders)
        router = OriginRouter(self.app, self.options.allowed_hosts, handlers.ForbiddenHandler)
        server = HTTPServer(router, xheaders=self.options.behind_proxy, **HTTP_LIMITS)
        server.add_socket(self.socket)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self.kernel_manager.prepare_spares)
        self.ioloop.run_in_executor(None, self.assets.load, BUNDLE)  # packed when the first visitor comes
        print(words("serving.greeting", address=self.address), flush=True)  # noqa: T201
        if self.options.open_browser:
            self.ioloop.add_callback(webbrowser.open, self.address)
        signal.signal(signal.SIGINT, self._handle_signal_stop)  # between two callbacks, as at SIGTERM, not amid one
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            server.stop()
            self.rooms.stop()
            self.stop()

    def stop(self) -> None:
        """Kernels first: their sockets lie in the folder. One that does not end in time ends by itself when we are gone."""
        with contextlib.suppress(IOLoopTimeoutError):
            self.ioloop.run_sync(lambda: self.kernel_manager.shutdown_all(now=True), timeout=STOP_SECONDS)
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def hide_query(record: logging.LogRecord) -> bool:
    """A filter: Tornado writes the whole address beside a mistake of ours, and a token may stand in it."""
    record.msg, record.args = re.sub(r"\?[^\s'\"]+", "?…", record.getMessage()), None
    return True


def prepare_voila(folder: Path) -> None:
    """What Voila offers no setting for. Compiled templates are kept in ``folder``."""
    notebook_renderer.VoilaExecutor = ErrorPanelExecutor
    notebook_renderer.VoilaExporter = CachingExporter
    CachingExporter.cache = FileSystemBytecodeCache(str(folder))
    logging.getLogger("tornado.application").addFilter(hide_query)
    for name in ("tornado.application", "tornado.general"):  # it finds fault with Jupyter's own ping settings
        logging.getLogger(name).setLevel(logging.ERROR)


def _name_versions(assets: Assets, page: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Let Voila's script fetch the others where a browser may keep them."""
    return {**page, "fullStaticUrl": assets.url("voila"), "fullLabextensionsUrl": assets.url("extensions")}


def configuration(options: Options, token: str, pages: Sequence[Page], assets: Assets, folder: Path, *, ipc: bool) -> Config:
    """The settings of Voila and Jupyter. Connection files lie in ``folder``; with ``ipc``, the sockets of the kernels too."""
    c = Config()
    if options.log != "errors":
        console = f"{event_log.__name__}.{event_log.LineFormatter.__name__}"
        c.App.logging_config = {"formatters": {"console": {"class": console}}}
    c.Application.log_level = logging.ERROR  # a foreign Host header or an idle page is no trouble of the server

    c.Voila.base_url = options.base_url
    c.Voila.token = token
    if token:
        c.Voila.cookie_secret = cookie_secret(token)
    c.Voila.identity_provider_class = TokenIdentity
    c.TokenIdentity.cookie_options = {"samesite": "Lax"}  # no other site makes requests in a visitor's name
    c.Voila.config_file_paths = []  # a voila.json that lies about is not ours
    c.Voila.connection_dir_root = str(folder)
    c.Voila.tornado_settings = {
        "headers": HEADERS,
        "xsrf_cookie_kwargs": {"samesite": "Lax"},
        "allow_remote_access": True,  # OriginRouter has refused whoever asks for another host
    }
    c.NotebookNotary.db_file = ":memory:"  # no signatures on disk

    v = c.VoilaConfiguration
    v.template = "kapnb"
    v.allow_template_override = v.allow_theme_override = "NO"
    v.strip_sources, v.show_tracebacks = True, False
    v.extension_allowlist, v.extension_denylist = EXTENSIONS, []
    v.kernel_spec_manager_class = OwnKernel
    v.multi_kernel_manager_class = KernelPool
    v.resources = {"kapnb": {"pages": pages, "words": words, "asset": assets.url}}
    v.page_config_hook = partial(_name_versions, assets)

    idle = max(1, round(options.idle_minutes * 60))
    c.KernelPool.max_sessions, c.KernelPool.spares = options.max_sessions, options.preheat
    c.KernelPool.max_per_address = options.address_limit
    c.KernelPool.unwatched_timeout = min(UNWATCHED_SECONDS, idle)
    c.MappingKernelManager.cull_idle_timeout = idle
    c.MappingKernelManager.cull_interval = max(1, min(10, idle // 2))  # a page ends about when it has been told
    c.KernelManager.autorestart = False  # a new kernel would know nothing of the page; the page offers to reload instead
    if ipc:
        c.KernelManager.transport = "ipc"  # others on this machine cannot listen, and many pages open at once

    c.VoilaExecutor.iopub_timeout = 60  # under load the output of a cell is lost after 4 s otherwise
    c.VoilaExecutor.timeout = c.VoilaExecutor.startup_timeout = int(RENDER_SECONDS - 10)
    return c
