"""An installed wheel works as well as a checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.served import ROOT, Served


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A new environment away from the checkout: kapnb from the wheel, what it requires from the environment of the tests."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    python = str(home / "bin" / "python")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True
    )
    packages = next(home.glob("lib/*/site-packages"))
    (packages / "requirements.pth").write_text(sysconfig.get_path("purelib"))  # the .pth files there are not followed
    (home / "share").mkdir(exist_ok=True)
    (home / "share" / "jupyter").symlink_to(Path(sys.prefix) / "share" / "jupyter")
    return python


def test_the_wheel_carries_its_data(wheel: Path) -> None:
    """Every data file of the checkout is inside, under the names that paths.py looks for."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder, name in [("schemas", "kapnb/_schemas"), ("notebooks", "kapnb/_notebooks"), ("kapnb", "kapnb")]:
        for path in (ROOT / folder).rglob("*"):
            hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
            if path.is_file() and not hidden:
                assert f"{name}/{path.relative_to(ROOT / folder).as_posix()}" in inside
    assert not any(name.startswith("tests") for name in inside)


def _output(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=True).stdout


def test_the_installed_app_serves_its_page(python: str, tmp_path: Path) -> None:
    """Away from the checkout the page is made, widgets and all, and the command is called kapnb."""
    code = "import kapnb, kapnb.paths as p; print(kapnb.__file__, p.schemas(), p.notebooks())"
    where = _output([python, "-c", code], tmp_path).split()
    home = Path(python).parent.parent
    assert all(Path(path).is_relative_to(home) for path in where)
    assert "serve" in _output([str(Path(python).with_name("kapnb")), "--help"], tmp_path)
    with Served("--preheat", "0", python=python, cwd=tmp_path, PYTHONPATH="") as served:
        text = served.ask("/assessment").text
    assert "application/vnd.jupyter.widget-view+json" in text
    assert "shell-failure" not in text
