"""A cell that fails: the page shows a calm panel with a number, the log tells the rest under that number."""

from __future__ import annotations

import secrets
from html import escape
from typing import Any

from nbformat.v4 import new_output
from voila.execute import VoilaExecutor

from kapnb.serving.events import fact
from kapnb.words import words


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


class CalmExecutor(VoilaExecutor):
    """Stops at the first cell that fails, for whatever reason, and shows nothing of the reason."""

    failed = False

    async def execute_cell(self, cell: Any, resources: Any, cell_index: int, store_history: bool = True) -> Any:  # noqa: FBT001, FBT002  # as in the base class
        if self.failed and cell.cell_type == "code":
            return cell
        try:
            return await super().execute_cell(cell, resources, cell_index, store_history)
        except Exception:
            number = new_number()
            self.log.exception(
                "Error %s in cell %s of a page", number, cell_index, extra=fact("error", number=number, where="cell")
            )
            cell.outputs = [new_output("display_data", data={"text/html": panel(number)})]
            self.failed = True
            return cell
