"""How Voila makes a page of a notebook, without what it makes a visitor wait for."""

from __future__ import annotations

import time
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

from jinja2.bccache import Bucket, BytecodeCache
from jupyter_core.utils import ensure_async
from voila.exporter import VoilaExporter

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import Environment

ANSWERS_WITHIN, FOLLOWS_WITHIN = 1.0, 0.05
"""Seconds that a kernel may take to answer, and its broadcast to come after, before it is asked again."""


class Memory(BytecodeCache):
    """Keeps what templates were compiled to, as long as their source stays the same."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code:
            self._kept[bucket.key, bucket.checksum] = bucket.code


COMPILED: Final = Memory()


class Exporter(VoilaExporter):
    """Draws a notebook. Voila makes an environment for each page: it would compile all templates again, and hold up everybody."""

    @property
    def environment(self) -> Environment:
        environment: Environment = super().environment
        environment.bytecode_cache = COMPILED
        return environment


async def wait_until_ready(client: Any, patience: float) -> None:
    """Wait until a kernel answers, and what it tells everybody is heard too.

    Raises:
        RuntimeError: It ended, or did not answer in time.
    """
    until = time.monotonic() + patience
    while time.monotonic() < until:
        client.kernel_info()
        try:
            await ensure_async(client.shell_channel.get_msg(timeout=ANSWERS_WITHIN))
            await ensure_async(client.iopub_channel.get_msg(timeout=FOLLOWS_WITHIN))
        except Empty:
            if not await ensure_async(client.is_alive()):
                raise RuntimeError("the kernel ended before it answered") from None
        else:
            return
    raise RuntimeError(f"the kernel did not answer within {patience} s")
