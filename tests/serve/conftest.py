from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.serve import notebooks
from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "open-sesame-2026"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notebooks.write_all(tmp_path_factory.mktemp("notebooks"))


@pytest.fixture(scope="module")
def small(folder: Path) -> Iterator[Served]:
    """Small notebooks, served on this machine alone."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--max-sessions", "60") as served:
        yield served


@pytest.fixture(scope="module")
def locked(folder: Path) -> Iterator[Served]:
    """The same behind a name, with a token."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--token", TOKEN, "--allow-host", "kap.example") as served:
        yield served
