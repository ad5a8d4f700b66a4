"""environment.yml and pyproject.toml ask for the same, and the lock holds them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONDA_NAMES = {"pandera": "pandera-pandas"}
"""Where conda-forge has another name for what we ask for."""


def split(requirement: str) -> tuple[str, str]:
    """Name and versions, in one spelling. Conda writes ``=1.2.*`` for ``==1.2.*``."""
    found = re.fullmatch(r"([\w.-]+)(.*)", requirement.replace(" ", ""))
    assert found, requirement
    name = found[1].lower().replace("_", "-")
    return name, re.sub(r"(?<![<>=!~])=(?!=)", "==", found[2])


def test_conda_asks_for_the_same_as_pip() -> None:
    """The same names, with the same versions, and the same Python."""
    wanted = dict(map(split, PROJECT["dependencies"]))
    wanted = {CONDA_NAMES.get(name, name): versions for name, versions in wanted.items()}
    wanted["python"] = PROJECT["requires-python"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str) and entry != "pip"]
    assert dict(map(split, plain)) == wanted
    assert environment["dependencies"][-1] == {"pip": ["--editable ."]}


def test_the_lock_holds_everything_that_is_asked_for() -> None:
    """Each requirement, of the extras too, is pinned to one version."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(split(line) for line in lines if line and not line.startswith("#"))
    assert all(re.fullmatch(r"==[\w.+]+", version) for version in pins.values())
    extras = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    asked = {split(requirement)[0] for requirement in [*PROJECT["dependencies"], *extras]}
    assert asked <= pins.keys()
