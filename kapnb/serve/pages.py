"""The notebooks that are served: each says its own title and purpose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kapnb.engine.problems import Problem, ServingError


@dataclass(frozen=True, slots=True)
class Page:
    """One notebook. ``label`` is its short name in the navigation."""

    name: str
    title: str
    purpose: str
    label: str
    order: int


def read_page(path: Path) -> Page:
    """What a notebook says of itself: its metadata ``kapnb`` first, else its first Markdown cell.

    Raises:
        ServingError: The file is no notebook.
    """
    try:
        notebook = json.loads(path.read_text("utf-8"))
        said = notebook.get("metadata", {}).get("kapnb", {})
    except (AttributeError, OSError, RecursionError, ValueError):
        raise ServingError([Problem(path.name, "is no notebook that can be read.")]) from None
    heading, paragraph = _opening(notebook.get("cells", []))
    title = said.get("title") or heading or path.stem.replace("_", " ").capitalize()
    return Page(path.stem, title, said.get("purpose") or paragraph, said.get("nav") or title, said.get("order", 100))


def read_pages(folder: Path) -> tuple[Page, ...]:
    pages = [read_page(path) for path in folder.glob("*.ipynb")]
    return tuple(sorted(pages, key=lambda page: (page.order, page.name)))


def _opening(cells: list[dict[str, Any]]) -> tuple[str, str]:
    """The heading and the first paragraph of the first Markdown cell, or nothing."""
    first = next((cell for cell in cells if cell.get("cell_type") == "markdown"), {"source": ""})
    blocks = [" ".join(block.split()) for block in "".join(first["source"]).split("\n\n")]
    heading = next((block.lstrip("# ") for block in blocks if block.startswith("#")), "")
    paragraph = next((block for block in blocks if block and not block.startswith("#")), "")
    return heading, paragraph
