"""Small notebooks to serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

COUNTER = """
import ipywidgets
button, count = ipywidgets.Button(description="Press"), ipywidgets.Label("0 times")
button.on_click(lambda _: setattr(count, "value", f"{int(count.value.split()[0]) + 1} times"))
ipywidgets.VBox([button, count])
"""
NOISY = """
import os, sys, warnings
print("printed"), print("printed", file=sys.stderr), warnings.warn("printed"), os.write(1, b"printed"), os.write(2, b"printed")
1 + 1
"""
"""Says something in every way that a library has."""
TYPED = "typed by somebody"


def write(folder: Path, name: str, *cells: str, **metadata: Any) -> None:
    """A notebook with a Markdown cell first, then code cells."""
    text, *code = cells
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, code)], metadata=metadata
    )
    nbformat.write(notebook, folder / f"{name}.ipynb")


def write_all(folder: Path) -> Path:
    write(folder, "counter", "# Count\n\nPress, and it counts.\n\nMore.", COUNTER, kapnb={"nav": "Counter", "order": 1})
    write(folder, "failing", "# Fail\n\nThis one cannot.", NOISY, f"raise RuntimeError({TYPED!r})", COUNTER)
    write(
        folder,
        "halves",
        "# Halves",
        COUNTER,
        f"raise RuntimeError({TYPED!r})",
        COUNTER.replace("button", "key").replace("count", "tally"),
    )
    write(folder, "ending", "# End", "import os\nos._exit(1)", COUNTER)
    write(folder, "late", "# Late", "import ipywidgets\nlate = ipywidgets.Button()\ndisplay(late)\nlate.close()")
    (folder / "private.csv").write_text("kept here by mistake")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder
