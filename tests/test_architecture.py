"""The house of CONTRIBUTING.md: imports point down, and what only one layer may know stays there."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = ("paths", "engine", "packs", "text", "tables", "group", "training", "report", "serve", "ui", "cli", "__main__")
HEIGHT = {layer: height for height, layer in enumerate(LAYERS)}

ONLY = {
    "pandas": {"tables"},
    "pandera": {"tables"},
    "docx": {"report"},
    "itables": {"ui"},
    "ipywidgets": {"ui"},
    "anywidget": {"ui"},
    "voila": {"serve"},
}


def imports(source: str) -> Iterator[str]:
    """The modules that a file imports, at its top or inside."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT / "kapnb").with_suffix("").parts[0]


FILES = [path for path in sorted((ROOT / "kapnb").rglob("*.py")) if path != ROOT / "kapnb" / "__init__.py"]


def looks_up(layer: str, source: str) -> list[str]:
    """The layers above its own that a file imports."""
    layers = {name.split(".")[1] for name in imports(source) if name.startswith("kapnb.")} & HEIGHT.keys()
    return sorted(other for other in layers if HEIGHT[other] > HEIGHT[layer])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    """No module imports from a layer above its own."""
    assert layer_of(path) in HEIGHT, "a new layer: give it a layer here and a line in CONTRIBUTING.md"
    assert looks_up(layer_of(path), path.read_text("utf-8")) == []


def test_an_import_that_points_up_would_be_seen() -> None:
    assert looks_up("engine", "def f():\n    from kapnb.text.words import words\n") == ["text"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_stay_on_their_layer(path: Path) -> None:
    """Only the tables know pandas, only the pages know widgets, only the launcher knows Voila."""
    known = {name.split(".")[0] for name in imports(path.read_text("utf-8"))}
    assert [library for library in known & ONLY.keys() if layer_of(path) not in ONLY[library]] == []


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_is_a_doorbell(path: Path) -> None:
    """At most three code cells of at most five lines, no logic, nothing stored of a run."""
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert 1 <= len(cells) <= 3
    for cell in cells:
        source = "".join(cell["source"])
        assert len(source.strip().splitlines()) <= 5
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        logic = (ast.If, ast.For, ast.While, ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.Try)
        assert not any(isinstance(node, logic) for node in ast.walk(ast.parse(source)))
