"""The file for a container image, which nothing here can run: what it names is there, and its command is one of ours."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from kapnb import cli
from kapnb.serve.launcher import Options

ROOT = Path(__file__).parents[2]
FILE = (ROOT / "Containerfile").read_text("utf-8")
LET_IN = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]


def said(instruction: str) -> str:
    """What follows an instruction, to the end of a line that does not go on."""
    (found,) = re.findall(rf"^{instruction}\s((?:[^\n]*\\\n)*[^\n]*)", FILE, re.MULTILINE)
    return str(found)


def test_what_the_wheel_is_built_from_is_let_in() -> None:
    """All that is let in is there, and so is all that the build and its lock ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    asked = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    asked |= {*wheel["packages"], *wheel["force-include"], said("RUN /opt/kapnb/bin/pip").split("--constraint ")[1].split()[0]}
    assert set(LET_IN) == asked
    assert all((ROOT / name).exists() for name in LET_IN)


def test_the_command_is_one_of_ours() -> None:
    """As it stands, with options behind it, and for a hub; it listens where others can come, and so always asks for a token."""
    entry, usual = json.loads(said("ENTRYPOINT")), json.loads(said("CMD"))
    assert entry[0].endswith("/kapnb")
    for more in (usual, [*usual, "--allow-host", "kap.example.org"], ["--hub"]):
        given = cli.parser().parse_args([*entry[1:], *more])
        assert given.command == "serve"
        assert not Options(ip=given.ip).on_this_machine_alone
    assert "--token-file" in usual


def test_it_looks_whether_the_server_is_well_where_it_is() -> None:
    """At the port that is served and opened, by an address that passes the check of names, within the time it has."""
    health = said("HEALTHCHECK")
    assert f"http://127.0.0.1:{Options().port}/kapnb/health" in health
    assert said("EXPOSE") == str(Options().port)
    limit, patience = re.search(r"--timeout=(\d+)s", health), re.search(r", timeout=(\d+)\)", health)
    assert limit
    assert patience
    assert int(patience[1]) < int(limit[1])


def test_nobody_s_number_runs_it() -> None:
    """Neither the administrator's, nor a name that only one image knows."""
    user, _, group = said("USER").partition(":")
    assert int(user) > 1000
    assert int(group) > 1000
