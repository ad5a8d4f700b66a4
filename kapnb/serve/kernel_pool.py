"""The processes behind the pages: one for each open page, a bounded number of them, none left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Literal, cast

import zmq
from ipykernel.kernelspec import RESOURCES, make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from jupyter_server.utils import ApiPath
from tornado import web
from traitlets import Float, Integer, default

from kapnb.limits import SESSIONS, SPARE_KERNELS, STUCK_SECONDS, UNWATCHED_SECONDS
from kapnb.serve.event_log import log_event, report_error, short
from kapnb.serve.fork_server import POSSIBLE, PROVISIONER, ForkServer, register

KERNEL = "python3"
FIRST_LINES = [
    "import anywidget, ipywidgets, kapnb.serve.event_log",  # a spare kernel has done this already
    "ipywidgets.register_comm_target()",  # done on import too, but in a fork that was before there was a kernel
    "kapnb.serve.event_log.configure_kernel()",
]
ZMQ_SOCKETS_PER_PAGE = 16
"""Counted by the library between server and kernels, for a page while it opens. A page holds five later."""
HEARTBEAT_MS = 2_500
"""Less than a page waits for an answer."""

client_address: ContextVar[str] = ContextVar("client_address", default="")
"""Of the visitor for whom a kernel is started."""


class OwnKernel(KernelSpecManager):
    """The interpreter that runs the server runs the pages too, whatever kernels and profiles the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002  # there is one
        arguments = [
            "--HistoryManager.enabled=False",  # nothing that happens in a page is written to disk
            "--IPKernelApp.capture_fd_output=False",
            "--IPKernelApp.log_level=50",  # what the kernel itself complains of may repeat a message of the page
            f"--IPKernelApp.exec_lines={FIRST_LINES}",
        ]
        return KernelSpec(
            argv=make_ipkernel_cmd(extra_arguments=arguments),
            display_name="Python 3",
            language="python",
            resource_dir=RESOURCES,
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )

    def get_all_specs(self) -> dict[str, Any]:
        return {KERNEL: {"resource_dir": RESOURCES, "spec": self.get_kernel_spec(KERNEL).to_dict()}}


class PlacesTakenError(web.HTTPError):
    """No place is free: of all, or of those that one address may have. ``key`` is that of the words for it."""

    def __init__(self, key: str) -> None:
        super().__init__(503)
        self.key = key


class NoRoomError(OSError):
    """The system has no room for another session: the disk is full, or too much is open. What is open goes on."""

    key = "shell.error_room"


class MonotonicKernel(ServerKernelManager):
    """Knows when it was last used, by a clock that nobody sets and that stops while the machine sleeps (on Linux).

    Jupyter asks the clock on the wall, so that a jump of it by hours would end every session at once, or keep it for as long.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._used = monotonic()

    def touch(self) -> None:
        """Count this moment as use."""
        self._used = monotonic()

    @property
    def idle_seconds(self) -> float:
        return monotonic() - self._used

    @property  # a trait of the base class
    def last_activity(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=self.idle_seconds)

    @last_activity.setter
    def last_activity(self, _: datetime) -> None:
        self.touch()


class KernelPool(AsyncMappingKernelManager):
    """Kernels of open pages, at most ``max_sessions``, and a few spare ones that make the next page open sooner.

    A spare kernel belongs to nobody: it does not count as a session and is not ended for being idle.
    """

    max_sessions = Integer(SESSIONS).tag(config=True)
    max_per_address = Integer(0, help="Sessions that one address may have; 0: as many as there are.").tag(config=True)
    spares = Integer(SPARE_KERNELS).tag(config=True)
    spare_delay = Float(2.0, help="Seconds to wait before a spare is replaced: the page being opened goes first.").tag(config=True)
    unwatched_timeout = Integer(UNWATCHED_SECONDS, help="Seconds after which a kernel without a browser ends.").tag(config=True)

    @default("kernel_manager_class")
    def _default_kernel_manager_class(self) -> str:
        return f"{__name__}.{MonotonicKernel.__name__}"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        register()
        self.context.max_sockets = ZMQ_SOCKETS_PER_PAGE * (self.max_sessions + self.spares + 1)  # its own limit is 1,023
        self.fork_server = ForkServer() if POSSIBLE else None
        self._open: dict[str, str] = {}  # the address that each session is for
        self._opening: list[str] = []
        self._spare: set[str] = set()
        self._why: dict[str, str] = {}
        self._refill: asyncio.Task[None] | None = None
        self._culler: asyncio.Task[None] | None = None

    @property
    def sessions(self) -> int:
        return len(self._open) + len(self._opening)

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]  # the base class is annotated as if it were sync
        address = client_address.get()
        own = [*self._open.values(), *self._opening].count(address)
        if self.sessions >= self.max_sessions or 0 < self.max_per_address <= own:
            bound = "all" if self.sessions >= self.max_sessions else "address"
            log_event("session_refused", open=self.sessions, limit=self.max_sessions, bound=bound)
            raise PlacesTakenError("shell.error_503" if bound == "all" else "shell.error_503_address")
        self._opening.append(address)
        try:
            kernel_id = await self._take_spare() or await self._start(**kwargs)
            self._open[kernel_id] = address
            self.find(kernel_id).touch()  # a spare has been waiting
        finally:
            self._opening.remove(address)
        log_event("session_opened", session=short(kernel_id), open=self.sessions, limit=self.max_sessions)
        self.prepare_spares(self.spare_delay)
        return kernel_id

    def prepare_spares(self, delay: float = 0) -> None:
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._fill(delay))

    async def _fill(self, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            while len(self._spare) < self.spares:
                self._spare.add(await self._start(kernel_name=KERNEL, path=ApiPath(""), env=dict(os.environ)))
        except NoRoomError:  # nobody waits for it, and the next page tries again
            report_error("spare")

    async def _start(self, **kwargs: Any) -> str:
        try:
            kernel_id: str = await super().start_kernel(**kwargs)
        except OSError as problem:
            raise NoRoomError from problem
        return kernel_id

    async def _take_spare(self) -> str | None:
        while self._spare:
            if await self._is_alive(kernel_id := self._spare.pop()):
                return kernel_id
        return None

    async def find_state(self, kernel_id: str) -> Literal["alive", "stuck", "gone"]:
        """Whether a kernel is there and answers. Asking does not count as use.

        A kernel is stuck when its process does not answer the heartbeat, or has been at work for long without a word.
        """
        if not await self._is_alive(kernel_id):
            return "gone"
        kernel = self.find(kernel_id)
        if kernel.execution_state == "busy" and kernel.idle_seconds > STUCK_SECONDS:
            return "stuck"
        heartbeat: Any = AsyncKernelManager.connect_hb(kernel)  # Tornado's stream of the base class has no time limit
        try:
            await heartbeat.send(b"ping")
            return "alive" if await heartbeat.poll(HEARTBEAT_MS, zmq.POLLIN) else "stuck"
        finally:
            heartbeat.close(linger=0)

    async def _is_alive(self, kernel_id: str) -> bool:
        """Whether the process is there; a dead one is put away."""
        if kernel_id not in self:
            return False
        if await ensure_async(self.get_kernel(kernel_id).is_alive()):
            return True
        self._why[kernel_id] = "gone"
        await self._end(kernel_id)
        return False

    def find(self, kernel_id: str) -> MonotonicKernel:
        return cast("MonotonicKernel", self.get_kernel(kernel_id))

    def remove_kernel(self, kernel_id: str) -> Any:
        self._spare.discard(kernel_id)
        why = self._why.pop(kernel_id, "closed")
        if self._open.pop(kernel_id, None) is not None:
            log_event("session_ended", session=short(kernel_id), why=why, open=self.sessions)
        return super().remove_kernel(kernel_id)

    def initialize_culler(self) -> None:
        """Look for idle sessions at steady times. Jupyter's timer would pause for as long as the clock on the wall is set back."""
        if not self._initialized_culler and self.cull_idle_timeout > 0:
            self._culler = asyncio.create_task(self._cull())
        self._initialized_culler = True

    async def _cull(self) -> None:
        while True:
            await asyncio.sleep(self.cull_interval)
            await self.cull_kernels()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        kernel, watched = self.find(kernel_id), self._kernel_connections.get(kernel_id, 0)
        idle = kernel.idle_seconds > (self.cull_idle_timeout if watched else self.unwatched_timeout)
        if idle and kernel_id not in self._spare and not (watched and kernel.execution_state == "busy"):
            self._why[kernel_id] = "idle" if watched else "unwatched"
            await self._end(kernel_id, now=False)

    async def shutdown_all(self, *, now: bool = False) -> None:  # type: ignore[override]  # the same
        tasks = [task for task in (self._refill, self._culler) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # whatever became of them, the kernels are ended
        self._why |= dict.fromkeys(self._open, "server_stopped")
        await asyncio.gather(*(self._end(kernel_id, now=now) for kernel_id in list(self.list_kernel_ids())))
        if self.fork_server:
            self.fork_server.close()

    async def _end(self, kernel_id: str, *, now: bool = True) -> None:
        with contextlib.suppress(web.HTTPError, KeyError):  # its page was just ending it too
            await ensure_async(self.shutdown_kernel(kernel_id, now=now))
