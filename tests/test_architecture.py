"""The layers of CONTRIBUTING.md: imports point down, and what only one layer may know stays there."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent

DATA = ("paths", "limits")
LAYERS = (
    *DATA,
    "engine",
    "packs",
    "text",
    "tables",
    "group",
    "training",
    "room",
    "report",
    "serve",
    "ui",
    "site",
    "cli",
    "__main__",
)
HEIGHT = {layer: height for height, layer in enumerate(LAYERS)}

ONLY = {
    "pandas": {"tables"},
    "pandera": {"tables"},
    "docx": {"report"},
    "ipywidgets": {"ui"},
    "anywidget": {"ui"},
    "voila": {"serve"},
    "sqlalchemy": {"room"},
    "segno": {"room"},
}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path.read_text("utf-8") for path in sorted((ROOT / "kapnb").rglob("*.py"))}


@cache
def imports(source: str) -> set[str]:
    """The modules that a file imports: at its top, inside a function, or for its types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{name.name}" for name in node.names}
            found |= (inner & MODULES.keys()) or {node.module}
    return found


def layer_of(module: str) -> str:
    return module.split(".")[1]


def looks_up(layer: str, source: str) -> list[str]:
    """The layers above its own that a file imports."""
    layers = {layer_of(name) for name in imports(source) if name.startswith("kapnb.")}
    return sorted(other for other in layers if HEIGHT[other] > HEIGHT[layer])


def find_circle(sources: Mapping[str, str]) -> list[str]:
    """Modules that import one another in a circle; none where there is no circle."""
    graph = {name: imports(source) & sources.keys() - {name} for name, source in sources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def test_imports_point_down() -> None:
    """No module imports from a layer above its own."""
    modules = {name: source for name, source in MODULES.items() if name != "kapnb"}
    assert {layer_of(name) for name in modules} <= HEIGHT.keys(), "a new layer: give it a place here and a line in CONTRIBUTING.md"
    assert {name: up for name, source in modules.items() if (up := looks_up(layer_of(name), source))} == {}


def test_no_modules_import_one_another_in_a_circle() -> None:
    """Late imports and those for types only count too: there is no exception."""
    assert find_circle(MODULES) == []


def test_an_import_that_points_up_or_closes_a_circle_would_be_seen() -> None:
    late = "def f():\n    from kapnb.text.words import words\n"
    assert looks_up("engine", late) == ["text"]
    assert set(find_circle({**MODULES, "kapnb.engine.problems": late})) >= {"kapnb.engine.problems", "kapnb.text.words"}


def test_heavy_libraries_stay_on_their_layer() -> None:
    """Only the tables know pandas, only the pages know widgets, only the launcher knows Voila."""
    known = {
        name: {one.split(".")[0] for one in imports(source)} & ONLY.keys() for name, source in MODULES.items() if name != "kapnb"
    }
    assert [(name, one) for name, ones in known.items() for one in ones if layer_of(name) not in ONLY[one]] == []


def test_a_start_builds_no_grammar() -> None:
    """That of a library of ours takes as long as the rest of a start: of a server, and of every worker of these tests."""
    import_module("kapnb.serve.launcher")
    assert "lark" not in sys.modules
