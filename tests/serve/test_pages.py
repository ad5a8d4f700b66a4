"""What a notebook says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kapnb import paths
from kapnb.engine.problems import ServingError
from kapnb.serve.pages import read_page, read_pages
from tests.serve import notebooks

if TYPE_CHECKING:
    from pathlib import Path


def test_title_and_purpose_from_the_first_markdown_cell(tmp_path: Path) -> None:
    """The heading is the title, the first paragraph the purpose."""
    notebooks.write(tmp_path, "one", "# A title\n\nIts\npurpose.\n\nMore.")
    page = read_page(tmp_path / "one.ipynb")
    assert (page.title, page.purpose, page.label) == ("A title", "Its purpose.", "A title")


def test_metadata_goes_first(tmp_path: Path) -> None:
    """What the metadata says is not looked for in the text."""
    said = {"title": "Said", "purpose": "For this.", "nav": "Short", "order": 3}
    notebooks.write(tmp_path, "one", "# A title\n\nIts purpose.", kapnb=said)
    page = read_page(tmp_path / "one.ipynb")
    assert (page.title, page.purpose, page.label, page.order) == ("Said", "For this.", "Short", 3)


def test_a_notebook_that_says_nothing(tmp_path: Path) -> None:
    """Its name stands in for a title."""
    notebooks.write(tmp_path, "my_page", "")
    page = read_page(tmp_path / "my_page.ipynb")
    assert (page.title, page.purpose) == ("My page", "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"metadata": []}'])
def test_a_file_that_is_no_notebook(tmp_path: Path, content: bytes) -> None:
    """It is named, before anything is served."""
    (tmp_path / "one.ipynb").write_bytes(content)
    with pytest.raises(ServingError, match=r"one\.ipynb"):
        read_pages(tmp_path)


def test_pages_in_their_order(tmp_path: Path) -> None:
    """By order, then by name."""
    for name, order in [("c", 1), ("b", 2), ("a", 2)]:
        notebooks.write(tmp_path, name, "# Title", kapnb={"order": order})
    assert [page.name for page in read_pages(tmp_path)] == ["c", "a", "b"]


def test_every_notebook_of_ours_says_what_it_is_for() -> None:
    """A title, a purpose and a short name for each."""
    pages = read_pages(paths.notebooks())
    assert pages
    assert all(page.title and page.purpose and len(page.label) <= 20 for page in pages)
