"""Servers that the tests of this folder share: each starts once, for the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve import notebooks
from tests.served import Served

TOKEN = "open-sesame-2026"
KNOWN = {"Authorization": f"token {TOKEN}"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notebooks.write_all(tmp_path_factory.mktemp("notebooks"))


@pytest.fixture(scope="session")
def local(folder: Path) -> Iterator[Served]:
    with Served("--notebooks", str(folder), "--preheat", "0", "--max-sessions", "300", "--log", "json") as served:
        yield served


@pytest.fixture
def small(local: Served) -> Iterator[Served]:
    """Small notebooks, served on this machine alone, with a log in JSON. Pages that a test leaves open end with it."""
    yield local
    local.kill_kernels()


@pytest.fixture(scope="session")
def locked(folder: Path) -> Iterator[Served]:
    """The same behind a name, with a token."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--token", TOKEN, "--allow-host", "kap.example") as served:
        yield served


@pytest.fixture(scope="session")
def public(folder: Path) -> Iterator[Served]:
    """The same at every address of this machine, with a token that the server made."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--ip", "0.0.0.0") as served:
        yield served
