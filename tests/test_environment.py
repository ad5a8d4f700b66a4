"""environment.yml and pyproject.toml ask for the same, and the lock holds them."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

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


def read_pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(split(line) for line in lines if line and not line.startswith("#"))


def test_what_is_pinned_serves_the_oldest_python() -> None:
    """No version in the lock asks for a later Python than kapnb does, down to the first release of its series."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    asked = {}
    for package in distributions():
        name = package.metadata["Name"].lower().replace("_", "-")
        if read_pins().get(name) == f"=={package.version}":
            asked[name] = package.metadata["Requires-Python"] or ""
    assert len(asked) > 50
    assert [name for name, versions in asked.items() if oldest not in SpecifierSet(versions)] == []


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
    pins = read_pins()
    assert all(re.fullmatch(r"==[\w.+]+", version) for version in pins.values())
    extras = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    asked = {split(requirement)[0] for requirement in [*PROJECT["dependencies"], *extras]}
    assert asked <= pins.keys()
