"""environment.yml and pyproject.toml ask for the same, and the lock holds them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "constraints.txt").read_text("utf-8").splitlines()


def parse(requirements: Iterable[str]) -> dict[str, SpecifierSet]:
    parsed = map(Requirement, requirements)
    return {canonicalize_name(one.name): one.specifier for one in parsed}


def test_what_is_pinned_serves_the_oldest_python() -> None:
    """No version in the lock asks for a later Python than kapnb does, down to the first release of its series."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    pins = parse(line for line in LOCK if not line.startswith("#"))
    installed = [one for one in distributions() if pins.get(canonicalize_name(one.metadata["Name"])) == f"=={one.version}"]
    assert len(installed) > 50
    asked = {one.metadata["Name"]: SpecifierSet(one.metadata.get("Requires-Python", "")) for one in installed}
    assert [name for name, versions in asked.items() if oldest not in versions] == []


def test_conda_asks_for_the_same_as_pip() -> None:
    """The same names, but for one that conda-forge has otherwise, with the same versions, and the same Python."""
    *plain, pip = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    wanted = parse([*PROJECT["dependencies"], f"python{PROJECT['requires-python']}", "pip"])
    wanted["pandera-pandas"] = wanted.pop("pandera")
    assert parse(plain) == wanted
    assert pip == {"pip": ["--editable ."]}


def test_the_lock_holds_everything_that_is_asked_for() -> None:
    """Each requirement, of the extras too, is pinned to one version."""
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", line) for line in LOCK if not line.startswith("#"))
    extras = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    asked = parse([*PROJECT["dependencies"], *extras])
    assert asked.keys() <= parse(line for line in LOCK if not line.startswith("#")).keys()
