"""Notebooks as pages: what each says of itself and the landing page of them all, and how Voila makes one.

A cell that fails shows a panel with an incident id.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_output
from voila.execute import VoilaExecutor
from voila.exporter import VoilaExporter

from kapnb.engine.problems import Problem, ServingError
from kapnb.serve.event_log import report_error
from kapnb.text.glossary import write_glossary, write_terms
from kapnb.text.reviews import count_reviewed, describe_review, list_current
from kapnb.text.support import find_helpline, tell_reader
from kapnb.text.words import words

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

    from kapnb.engine.edition import Guidance

REPLY_SECONDS, BROADCAST_SECONDS = 1.0, 0.05
"""How long a kernel may take to reply, and its broadcast to come after, before it is asked again."""
NO_CLIENT: Final = SimpleNamespace(execute=lambda *_, **__: None, stop_channels=lambda: None)
"""Stands in for the client of a kernel that did not start."""


@dataclass(frozen=True, slots=True)
class Door:
    """How the home page leads to a page: for whom it is, what one does there, and a note on time."""

    order: int
    who: str
    title: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """One notebook. ``label`` is its short name in the navigation; one without is reached from other pages.

    ``blocks`` are its heading and the paragraphs after it.
    """

    name: str
    title: str
    purpose: str
    label: str
    order: int
    door: Door | None = None
    blocks: tuple[str, ...] = ()


def read_page(path: Path) -> Page:
    """What a notebook says of itself: its metadata ``kapnb`` first, else its first Markdown cell.

    Raises:
        ServingError: The file is no notebook.
    """
    try:
        notebook = json.loads(path.read_text("utf-8"))
        said = notebook.get("metadata", {}).get("kapnb", {})
        first = next((cell for cell in notebook.get("cells", []) if cell["cell_type"] == "markdown"), {"source": ""})
        door = Door(**said["door"]) if "door" in said else None
        blocks = [" ".join(block.split()) for block in "".join(first["source"]).split("\n\n")]
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
        raise ServingError([Problem(path.name, words("serving.no_notebook"))]) from None
    heading = next((block.lstrip("# ") for block in blocks if block.startswith("#")), "")
    paragraph = next((block for block in blocks if block and not block.startswith("#")), "")
    title = said.get("title") or heading or path.stem.replace("_", " ").capitalize()
    label, order = said.get("nav", title), said.get("order", 100)
    return Page(path.stem, title, said.get("purpose") or paragraph, label, order, door, tuple(filter(None, blocks)))


def read_pages(folder: Path) -> tuple[Page, ...]:
    return tuple(sorted(map(read_page, folder.glob("*.ipynb")), key=lambda page: (page.order, page.name)))


def tell_home(guidance: Guidance) -> dict[str, Any]:
    """What the landing page says of a pack: its article, who reviewed our rules, and help for a reader."""
    return {
        "article": guidance.article,
        "source": guidance.ledger.source,
        "support": tell_reader(find_helpline()),
        "reviewed": count_reviewed(guidance),
        "reviews": [describe_review(one) for one in list_current(guidance)],
        "terms": write_terms,
        "entries": write_glossary(),
    }


class CachingExporter(VoilaExporter):
    """Voila makes a Jinja environment for each page, and would compile all templates again while everybody waits."""

    cache: ClassVar[BytecodeCache | None] = None

    @property
    def environment(self) -> Environment:
        environment: Environment = super().environment
        environment.bytecode_cache = self.cache
        return environment


def error_panel(incident: str) -> str:
    """The HTML that replaces what failed."""
    title, advice, button = (escape(words(f"shell.{key}")) for key in ("failure_title", "failure", "reload"))
    return (
        f'<section class="kapnb shell-failure" role="alert"><h2>{title}</h2><p>{advice}</p>'
        f"<p>{escape(words('shell.number', number=incident))}</p>"
        f'<p><button type="button" onclick="location.reload()">{button}</button></p></section>'
    )


class ErrorPanelExecutor(VoilaExecutor):
    """Shows a panel in place of a cell that fails, and drops what a cell prints, which is about the server.

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
            return NO_CLIENT
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
                break
        else:
            return
    raise RuntimeError(f"the kernel ended, or did not reply within {seconds} s")
