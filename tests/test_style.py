"""The style sheets: nothing in them is for nobody, and sizes of type and colors are chosen in one place."""

from __future__ import annotations

import re

import pytest

from kapnb import paths

PACKAGE = paths.template().parents[4]
SHEET = (paths.template() / "static" / "kapnb.css").read_text("utf-8")
NOTE = (PACKAGE / "report" / "note.css").read_text("utf-8")
ROOM = (paths.template() / "static" / "room.css").read_text("utf-8")
STRANGERS = ("jp-", "lm-", "dt-", "dataTable", "itables", "jupyter-widgets", "anchor-link")
"""Classes of JupyterLab, ipywidgets and itables, and how they begin."""


def without_comments(sheet: str) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)


def find_emitted() -> set[str]:
    """Every word in a string of ours; Python, scripts and templates put strings in double quotes."""
    texts = [path.read_text("utf-8") for kind in ("py", "js", "j2") for path in PACKAGE.rglob(f"*.{kind}")]
    return {word for text in texts for one in re.findall(r'"[^"\n]*"|`[^`\n]*`', text) for word in re.findall(r"[\w-]+", one)}


def find_unused(sheet: str, emitted: set[str]) -> list[str]:
    """The classes that nothing names; NAME may be that of a region (``kapnb-``), or of a view or step of a room."""
    selectors = re.findall(r"([^{};]*)\{", without_comments(sheet))
    names = {name for one in selectors for name in re.findall(r"\.([a-zA-Z][\w-]*)", one)}
    return sorted(
        name
        for name in names
        if not name.startswith(STRANGERS) and emitted.isdisjoint({name, re.sub("^(kapnb|room|at)-", "", name)})
    )


def find_literals(sheet: str) -> list[str]:
    """Declarations with a color or a size of type of their own, other than the tokens."""
    declarations = re.findall(r"[{;]\s*([\w-]+):([^;{}]+);", without_comments(sheet).replace(";", ";;"))
    odd = []
    for name, value in declarations:
        colored = re.search(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", value)
        sized = name in {"font", "font-size"} and not re.search(r"var\(--|inherit", value)
        if not name.startswith("--") and (colored or sized):
            odd.append(f"{name}:{value}")
    return odd


@pytest.mark.parametrize("sheet", [SHEET, NOTE, ROOM], ids=["pages", "note", "room"])
def test_every_class_is_given_to_something(sheet: str) -> None:
    assert find_unused(sheet, find_emitted()) == []


def test_a_class_that_nothing_has_is_found() -> None:
    """Planted fault."""
    assert find_unused(SHEET + ".kapnb .no-one-has-this { margin: 0; }", find_emitted()) == ["no-one-has-this"]


@pytest.mark.parametrize("sheet", [SHEET, ROOM], ids=["pages", "room"])
def test_colors_and_sizes_of_type_are_tokens(sheet: str) -> None:
    assert find_literals(sheet) == []


def test_a_color_of_its_own_is_found() -> None:
    """Planted fault."""
    assert find_literals(SHEET + "p { color: #123456; font-size: 0.77rem; }") == ["color: #123456", "font-size: 0.77rem"]


def test_the_style_sheets_stay_small() -> None:
    """In lines that can be read; only a picture has no place to break."""
    lines = [line for sheet in (SHEET, NOTE, ROOM) for line in sheet.splitlines()]
    assert len(lines) <= 1_600
    assert [line for line in lines if len(line) > 132 and "url(" not in line] == []
