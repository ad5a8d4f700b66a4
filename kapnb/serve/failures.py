"""A cell that fails: the page shows a calm panel with a number, the log tells the rest under that number."""

from __future__ import annotations

import secrets
from html import escape
from typing import Any

from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_output
from voila.execute import VoilaExecutor

from kapnb.serve.drawing import wait_until_ready
from kapnb.serve.events import fact
from kapnb.text.words import words


def new_number() -> str:
    """Short enough to read out on the telephone."""
    return secrets.token_hex(4)


def panel(number: str) -> str:
    title, advice, button = (escape(words(f"shell.{key}")) for key in ("failure_title", "failure", "reload"))
    return (
        f'<section class="kapnb shell-failure" role="alert"><h2>{title}</h2><p>{advice}</p>'
        f"<p>{escape(words('shell.number', number=number))}</p>"
        f'<p><button type="button" onclick="location.reload()">{button}</button></p></section>'
    )


class Nobody:
    """Stands in for a kernel that did not come up."""

    def execute(self, code: str, **_: object) -> None:
        """Nothing follows."""

    def stop_channels(self) -> None:
        """There are none."""


class CalmExecutor(VoilaExecutor):
    """Shows a panel in place of a cell that fails, for whatever reason, and nothing of the reason.

    The cells after it are run all the same, for they may not need it. Where the kernel is gone or does not answer, none is.
    """

    over = False
    stillborn: Exception | None = None

    async def async_start_new_kernel_client(self) -> Any:
        try:
            return await self.reach_kernel()
        except Exception as problem:  # noqa: BLE001  # told in place of the first cell; Voila would let the page open forever
            self.stillborn = problem
            if self.kc:
                await ensure_async(self.kc.stop_channels())
            return Nobody()

    async def reach_kernel(self) -> Any:
        """As in the base class, which then listens for messages that no cell takes for its own, for a fifth of a second."""
        client = self.kc = self.km.client()
        client.start_channels()
        await wait_until_ready(client, self.startup_timeout)
        client.allow_stdin = False
        return client

    async def execute_cell(self, cell: Any, resources: Any, cell_index: int, store_history: bool = True) -> Any:  # noqa: FBT001, FBT002  # as in the base class
        if cell.cell_type != "code" or self.over:
            return cell
        try:
            if self.stillborn:
                raise self.stillborn  # noqa: TRY301  # one way to tell it
            return await super().execute_cell(cell, resources, cell_index, store_history)
        except Exception as problem:
            number = new_number()
            self.log.exception(
                "Error %s in cell %s of a page", number, cell_index, extra=fact("error", number=number, where="cell")
            )
            cell.outputs = [new_output("display_data", data={"text/html": panel(number)})]
            self.over = not isinstance(problem, CellExecutionError)
            return cell
