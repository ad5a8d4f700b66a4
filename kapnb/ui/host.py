"""Where a page runs: in a Jupyter kernel, or in the browser's own Python (Pyodide, in a worker).

A page takes its widget and its work in the background from here, and needs to know no more of the difference.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

if sys.platform == "emscripten":
    from kapnb.ui.worker import WorkerWidget as Widget
else:
    from anywidget import AnyWidget

    from kapnb.paths import style
    from kapnb.ui.scripts import join_modules

    class Widget(AnyWidget):
        """Brings its script along, and its style where the page has none."""

        _esm: ClassVar[str] = join_modules("view")
        _css: ClassVar[Path | str] = style()


__all__ = ["Widget", "run_aside"]

Value = TypeVar("Value")


async def run_aside(work: Callable[[Callable[[Value], None]], Any], report: Callable[[Value], None]) -> Any:
    """Run long work without keeping the page waiting, and report progress where the page runs.

    In a browser there are no threads. The page has drawn what it had to before the work begins, and draws progress meanwhile,
    since it stands in a thread of its own.
    """
    if sys.platform == "emscripten":
        await asyncio.sleep(0)
        return work(report)
    loop = asyncio.get_running_loop()

    def report_from_thread(value: Value) -> None:
        loop.call_soon_threadsafe(report, value)

    return await asyncio.to_thread(work, report_from_thread)
