"""The processes behind the pages: one per open page, a bounded number of them, none left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from ipykernel.kernelspec import RESOURCES, make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import ApiPath
from tornado import web
from traitlets import Float, Integer

from kapnb.serving.events import note, short
from kapnb.serving.nursery import POSSIBLE, PROVISIONER, Nursery, register

KERNEL = "python3"
FIRST = [
    "import anywidget, ipywidgets, kapnb",  # a spare kernel has done this already
    "ipywidgets.register_comm_target()",  # done on import too, but in a copy that was before there was a kernel
]


class OwnKernel(KernelSpecManager):
    """The interpreter that runs the server runs the pages too, whatever kernels and profiles the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002  # there is one
        arguments = [
            "--HistoryManager.enabled=False",  # nothing that happens in a page is written to disk
            "--IPKernelApp.capture_fd_output=False",  # what kapnb.ui.trouble writes reaches the server's log
            "--IPKernelApp.log_level=50",  # what the kernel itself complains of may repeat a message of the page
            f"--IPKernelApp.exec_lines={FIRST}",
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


class Sessions(AsyncMappingKernelManager):
    """Kernels of open pages, at most ``max_sessions``, and a few spare ones that make the next page open sooner.

    A spare kernel belongs to nobody: it does not count as a session and is not ended for being idle.
    """

    max_sessions = Integer(20).tag(config=True)
    spares = Integer(1).tag(config=True)
    spare_delay = Float(2.0, help="Seconds to wait before a spare is replaced: the page being opened goes first.").tag(config=True)
    unwatched_timeout = Integer(300, help="Seconds after which a kernel that no page is connected to ends.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        register()
        self.nursery = Nursery() if POSSIBLE else None
        self._spare: set[str] = set()
        self._open: set[str] = set()
        self._why: dict[str, str] = {}
        self._opening = 0
        self._refill: asyncio.Task[None] | None = None

    @property
    def sessions(self) -> int:
        return len(self._open) + self._opening

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]  # the base class is annotated as if it were sync
        if self.sessions >= self.max_sessions:
            note("session_refused", open=self.sessions, limit=self.max_sessions)
            raise web.HTTPError(503)
        self._opening += 1
        try:
            kernel_id: str = await self._take_spare() or await super().start_kernel(**kwargs)
            self._open.add(kernel_id)
        finally:
            self._opening -= 1
        note("session_opened", session=short(kernel_id), open=self.sessions, limit=self.max_sessions)
        self.prepare_spares(self.spare_delay)
        return kernel_id

    def prepare_spares(self, delay: float = 0) -> None:
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._fill(delay))

    async def _fill(self, delay: float) -> None:
        await asyncio.sleep(delay)
        while len(self._spare) < self.spares:
            kernel_id: str = await super().start_kernel(kernel_name=KERNEL, path=ApiPath(""), env=dict(os.environ))
            self._spare.add(kernel_id)

    async def _take_spare(self) -> str | None:
        while self._spare:
            kernel_id = self._spare.pop()
            if await self.lives(kernel_id):
                return kernel_id
        return None

    async def lives(self, kernel_id: str) -> bool:
        """Whether the process is there; a dead one is put away. Asking does not count as activity."""
        if kernel_id not in self:
            return False
        if await ensure_async(self.get_kernel(kernel_id).is_alive()):
            return True
        self._why[kernel_id] = "gone"
        await ensure_async(self.shutdown_kernel(kernel_id, now=True))
        return False

    def remove_kernel(self, kernel_id: str) -> Any:
        self._spare.discard(kernel_id)
        why = self._why.pop(kernel_id, "closed")
        if kernel_id in self._open:
            self._open.discard(kernel_id)
            note("session_ended", session=short(kernel_id), why=why, open=self.sessions)
        return super().remove_kernel(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        if kernel_id in self._spare:
            return
        watched = self._kernel_connections.get(kernel_id, 0)
        last = getattr(self.get_kernel(kernel_id), "last_activity", None)
        if not watched and last and datetime.now(UTC) - last > timedelta(seconds=self.unwatched_timeout):
            self._why[kernel_id] = "unwatched"
            await ensure_async(self.shutdown_kernel(kernel_id))
            return
        self._why[kernel_id] = "idle"
        await super().cull_kernel_if_idle(kernel_id)
        self._why.pop(kernel_id, None)

    async def shutdown_all(self, *, now: bool = False) -> None:  # type: ignore[override]  # the same
        if self._refill is not None:
            self._refill.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._refill
        self._why |= dict.fromkeys(self._open, "server_stopped")
        await asyncio.gather(*(self._end(kernel_id, now=now) for kernel_id in list(self.list_kernel_ids())))
        if self.nursery:
            self.nursery.close()

    async def _end(self, kernel_id: str, *, now: bool) -> None:
        with contextlib.suppress(web.HTTPError, KeyError):  # its page was just ending it too
            await ensure_async(self.shutdown_kernel(kernel_id, now=now))
