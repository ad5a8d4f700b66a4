"""How Voila makes a page of a notebook: a cell that fails shows a panel with an incident id, and nothing is waited for in vain."""

from __future__ import annotations

import time
from html import escape
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

from jinja2.bccache import Bucket, BytecodeCache
from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_output
from voila.execute import VoilaExecutor
from voila.exporter import VoilaExporter

from kapnb.serve.event_log import report_error
from kapnb.text.words import words

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import Environment

REPLY_SECONDS, BROADCAST_SECONDS = 1.0, 0.05
"""How long a kernel may take to reply, and its broadcast to come after, before it is asked again."""


class MemoryCache(BytecodeCache):
    """Keeps compiled templates in memory, as long as their source stays the same."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code:
            self._kept[bucket.key, bucket.checksum] = bucket.code


COMPILED: Final = MemoryCache()


class CachingExporter(VoilaExporter):
    """Voila makes a Jinja environment for each page, and would compile all templates again while everybody waits."""

    @property
    def environment(self) -> Environment:
        environment: Environment = super().environment
        environment.bytecode_cache = COMPILED
        return environment


def error_panel(incident: str) -> str:
    """The html that stands in place of what failed."""
    title, advice, button = (escape(words(f"shell.{key}")) for key in ("failure_title", "failure", "reload"))
    return (
        f'<section class="kapnb shell-failure" role="alert"><h2>{title}</h2><p>{advice}</p>'
        f"<p>{escape(words('shell.number', number=incident))}</p>"
        f'<p><button type="button" onclick="location.reload()">{button}</button></p></section>'
    )


class NullClient:
    """Stands in for the client of a kernel that did not start."""

    def execute(self, code: str, **_: object) -> None:
        """Nothing follows."""

    def stop_channels(self) -> None:
        """There are none."""


class ErrorPanelExecutor(VoilaExecutor):
    """Shows a panel in place of a cell that fails, and drops what a cell prints: it tells of the server.

    The cells after a failure run all the same, for they may not need it. Where the kernel is gone or does not answer, none does.
    """

    ended = False
    failed_start: Exception | None = None

    async def async_start_new_kernel_client(self) -> Any:
        client = self.kc = self.km.client()
        try:  # as the base class, which would also wait a fifth of a second for messages that no cell takes for its own
            client.start_channels()
            await wait_until_ready(client, self.startup_timeout)
            client.allow_stdin = False
        except Exception as problem:  # noqa: BLE001  # told in place of the first cell; Voila would let the page open forever
            self.failed_start = problem
            await ensure_async(client.stop_channels())
            return NullClient()
        return client

    async def execute_cell(self, cell: Any, resources: Any, cell_index: int, store_history: bool = True) -> Any:  # noqa: FBT001, FBT002  # as in the base class
        if cell.cell_type != "code" or self.ended:
            return cell
        try:
            if self.failed_start:
                raise self.failed_start  # noqa: TRY301  # one way to report it
            cell = await super().execute_cell(cell, resources, cell_index, store_history)
        except Exception as problem:  # noqa: BLE001  # whatever it is, the page is made
            cell.outputs = [new_output("display_data", data={"text/html": error_panel(report_error("cell"))})]
            self.ended = not isinstance(problem, CellExecutionError)
        else:
            cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
        return cell


async def wait_until_ready(client: Any, seconds: float) -> None:
    """Wait until a kernel replies, and its broadcasts arrive too.

    Raises:
        RuntimeError: It ended, or did not reply in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        client.kernel_info()
        try:
            await ensure_async(client.shell_channel.get_msg(timeout=REPLY_SECONDS))
            await ensure_async(client.iopub_channel.get_msg(timeout=BROADCAST_SECONDS))
        except Empty:
            if not await ensure_async(client.is_alive()):
                raise RuntimeError("the kernel ended before it replied") from None
        else:
            return
    raise RuntimeError(f"the kernel did not reply within {seconds} s")
