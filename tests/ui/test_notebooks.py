"""The notebooks: a title, a purpose, one call, and what its page shows, which nbval compares."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from kapnb.paths import notebooks

BOOKS = {path.stem: path for path in notebooks().glob("*.ipynb")}


@pytest.mark.parametrize("name", BOOKS)
def test_a_notebook_makes_one_call_whose_output_is_compared(name: str) -> None:
    """No logic; a title and a purpose; and the output that is kept is the outline of the page of today, which a failure shows."""
    book = json.loads(BOOKS[name].read_text("utf-8"))
    assert {"title", "purpose"} <= set(book["metadata"]["kapnb"])
    (code,) = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [type(node) for node in ast.parse("".join(code["source"])).body] == [ast.ImportFrom, ast.Expr]
    assert (code["source"][0], code["source"][-1]) == ("# NBVAL_CHECK_OUTPUT\n", "show_page()")
    (output,) = code["outputs"]
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
