"""Where the data files are: inside an installed wheel, or beside the package in a checkout."""

import os
from pathlib import Path

STYLED = "KAPNB_PAGE_HAS_STYLE"
"""Set in the environment of a kernel whose page brings our style by itself."""

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    shipped = _PACKAGE / f"_{name}"
    return shipped if shipped.is_dir() else _PACKAGE.parent / name


def schemas() -> Path:
    return _folder("schemas")


def notebooks() -> Path:
    return _folder("notebooks")


def jupyter() -> Path:
    """What Jupyter calls a data folder: it holds our Voila template."""
    return _PACKAGE / "share" / "jupyter"


def template() -> Path:
    return jupyter() / "voila" / "templates" / "kapnb"


def ui() -> Path:
    """The scripts of the pages."""
    return _PACKAGE / "ui" / "static"


def style() -> Path | str:
    """The style that each widget of ours brings along: nothing where the page has it already."""
    return "" if os.environ.get(STYLED) else template() / "static" / "kapnb.css"
