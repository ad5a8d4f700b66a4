"""The commands: what they say when something is not as it should be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kapnb.cli import COMMANDS, main
from kapnb.engine.problems import DictionaryError, Problem
from tests.served import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


# Tornado leaves it to the garbage collector to close a socket that it could not bind.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody else has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says when it ends with exit code 2."""
    with pytest.raises(SystemExit) as end:
        sys.exit(main(["serve", *arguments]))  # argparse exits by itself
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_a_port_in_use(capsys: pytest.CaptureFixture[str], taken: str) -> None:
    """Which one, and what to do."""
    said = refused(capsys, "--port", taken)
    assert f"{taken} is in use" in said
    assert "choose another port" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("ip", ["203.0.113.9", "not-an-address.invalid", "999.1.1.1", "127.0.0.1:80", ""])
def test_an_address_of_another_machine(capsys: pytest.CaptureFixture[str], ip: str) -> None:
    """It is named, and the two usual addresses too."""
    said = refused(capsys, "--port", "0", "--ip", ip)
    assert ip in said
    assert "127.0.0.1 serves this machine alone" in said


def test_a_port_for_administrators(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Any port above 1023 is offered."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kapnb.serve.launcher.bind_sockets", refuse)
    assert "Choose a port above 1023" in refused(capsys, "--port", "80")


def test_an_empty_token_off_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Refused, whatever the reason for it may be."""
    said = refused(capsys, "--ip", "0.0.0.0", "--port", "0", "--token", "")
    assert "leave --token out" in said


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "65536"),
        ("--port", "-1"),
        ("--port", "http"),
        *(("--max-sessions", value) for value in ("0", "-1", "1.5", "nan", "inf", "1e9", "1000000000", "9" * 5000)),
        *(("--idle-minutes", value) for value in ("0", "-1", "nan", "inf", "1e9", "1e-9", "soon")),
        *(("--preheat", value) for value in ("some", "-1", "1000000000")),
        ("--por", "8866"),
        ("--base-url", "a b"),
        ("--base-url", "/(.*)/"),
        ("--base-url", "/../x"),
        ("--base-url", "/<b>"),
        ("--base-url", "?x#y"),
    ],
)
def test_a_value_that_cannot_be(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    """The option is named."""
    assert option in refused(capsys, option, value)


def test_a_dictionary_with_a_mistake(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The app does not start, and says where the mistake is."""

    def refuse() -> None:
        raise DictionaryError([Problem("fields.yaml, line 2", "is not readable as YAML")])

    monkeypatch.setattr("kapnb.serve.launcher.load_guidance", refuse)
    assert "fields.yaml, line 2" in refused(capsys, "--port", "0")


def test_a_folder_that_is_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It is named."""
    assert "nowhere is no folder" in refused(capsys, "--port", "0", "--notebooks", str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("environment", "target", "code"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "out", 0),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "out", 0),
        ({}, "/dev/full", 2),
    ],
)
def test_output_that_cannot_be_written(tmp_path: Path, environment: dict[str, str], target: str, code: int) -> None:
    """A narrow alphabet or a full disk: what can be said is said, without a traceback."""
    if target == "/dev/full" and not Path(target).exists():
        pytest.skip("no such device here")
    case = tmp_path / "case.json"
    case.write_text('{"ocd": "yes"}')
    with (tmp_path / target).open("wb") as out:
        command = [sys.executable, "-m", "kapnb", "explain", str(case)]
        ended = subprocess.run(
            command, stdout=out, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}, cwd=ROOT, check=False
        )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == (code > 0)


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """A closed pipe is no error."""
    case = tmp_path / "case.json"
    case.write_text('{"ocd": "yes"}')
    command = [sys.executable, "-m", "kapnb", "explain", str(case)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == ""


def test_a_name_that_would_paint_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What a message repeats has no control characters."""
    assert main(["explain", "a\x1b[31m\nb\x07.json"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_every_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    """In the list of commands and in its own help."""
    for name, command in COMMANDS.items():
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert command.help.capitalize() in " ".join(capsys.readouterr().out.split())
