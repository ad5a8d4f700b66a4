"""The notebooks: a title, a purpose, one call, and what its page shows, which nbval compares."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from kapnb.paths import notebooks

if TYPE_CHECKING:
    from pathlib import Path

BOOKS = {path.stem: path for path in notebooks().glob("*.ipynb")}


def read_code(path: Path) -> dict[str, Any]:
    """Its one code cell."""
    (code,) = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    return code


@pytest.mark.parametrize("name", BOOKS)
def test_a_notebook_makes_one_call(name: str) -> None:
    """No logic, and a title and a purpose for the landing page."""
    assert {"title", "purpose"} <= set(json.loads(BOOKS[name].read_text("utf-8"))["metadata"]["kapnb"])
    source = "".join(read_code(BOOKS[name])["source"])
    kinds = [type(node) for node in ast.parse(source).body]
    assert kinds == [ast.ImportFrom, ast.Expr]
    assert source.endswith("\nshow_page()")


@pytest.mark.parametrize("name", BOOKS)
def test_what_its_page_shows_is_compared(name: str) -> None:
    """The output that is kept is the outline of the page of today; run this file after a change of headings to see which."""
    code = read_code(BOOKS[name])
    (output,) = code["outputs"]
    assert code["source"][0] == "# NBVAL_CHECK_OUTPUT\n"
    assert "".join(output["data"]["text/plain"]) == import_module(f"kapnb.ui.{name}").show_page().outline() != ""


@pytest.mark.slow
def test_a_page_that_shows_nothing_fails(tmp_path: Path) -> None:
    """A cell that runs without an error and shows no page does not pass nbval, which runs every notebook in ``make test``."""
    text = BOOKS["assessment"].read_text("utf-8").replace('"show_page()"', json.dumps("print('nothing')"))
    (tmp_path / "planted.ipynb").write_text(text, "utf-8")
    options = ["-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "Missing output fields" in done.stdout
