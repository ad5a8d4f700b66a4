"""The commands: what they say when something is not as it should be, and what bytes they write."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from kapnb.cli import COMMANDS, main, token
from kapnb.engine.problems import DictionaryError, Problem
from kapnb.text.words import words
from tests.served import ROOT


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says when it ends with exit code 2."""
    with pytest.raises(SystemExit) as end:
        sys.exit(main(["serve", *arguments]))  # argparse exits by itself
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Which one, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = refused(capsys, "--port", str(other.getsockname()[1]))
        assert f"{other.getsockname()[1]} is in use" in said
    assert "choose another port" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("ip", ["203.0.113.9", "not-an-address.invalid", "999.1.1.1", "127.0.0.1:80", ""])
def test_an_address_of_another_machine(capsys: pytest.CaptureFixture[str], ip: str) -> None:
    """It is named, and the two usual addresses too."""
    said = refused(capsys, "--port", "0", "--ip", ip)
    assert ip in said
    assert "Use 127.0.0.1 for this machine only" in said


def test_a_port_for_administrators(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Any port above 1023 is offered."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.create_server", refuse)
    assert "Choose a port above 1023" in refused(capsys, "--port", "80")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--port", value) for value in ("65536", "-1", "http")),
        *(("--max-sessions", value) for value in ("0", "-1", "1.5", "nan", "inf", "1e9", "1000000000", "9" * 5000)),
        *(("--max-per-address", value) for value in ("0", "some")),
        *(("--idle-minutes", value) for value in ("0", "-1", "nan", "inf", "1e9", "1e-9", "soon")),
        *(("--preheat", value) for value in ("some", "-1", "1000000000")),
        *(("--base-url", value) for value in ("a b", "/(.*)/", "/../x", "/<b>", "?x#y")),
        *(("--allow-host", value) for value in ("kap.example:80", "a/b", "-kap", "")),
        ("--por", "8866"),
    ],
)
def test_a_value_that_cannot_be(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    """The option is named, in few words."""
    said = refused(capsys, option, value)
    assert option in said
    assert len(said.splitlines()[-1]) < 300


def test_a_dictionary_with_a_mistake(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The app does not start, and says where the mistake is."""

    def refuse() -> None:
        raise DictionaryError([Problem("fields.yaml, line 2", "is not readable as YAML")])

    monkeypatch.setattr("kapnb.serve.launcher.served_edition", refuse)
    assert "fields.yaml, line 2" in refused(capsys, "--port", "0")


def test_a_folder_or_a_token_that_is_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It is named."""
    assert "nowhere is not a folder" in refused(capsys, "--port", "0", "--notebooks", str(tmp_path / "nowhere"))
    assert "nowhere" in refused(capsys, "--port", "0", "--token-file", str(tmp_path / "nowhere"))
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    assert "token: is not text" in refused(capsys, "--token-file", str(tmp_path / "token"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_a_token_that_somebody_wrote_by_hand(tmp_path: Path, encoding: str) -> None:
    """Whatever mark and line end an editor adds. UTF-16 without its mark, and other alphabets, are refused and not guessed at."""
    (tmp_path / "token").write_bytes("öffne-dich-2026!\r\n".encode(encoding))
    if encoding in {"utf-16-le", "latin-1"}:
        with pytest.raises(ArgumentTypeError, match="UTF-8"):
            token(str(tmp_path / "token"))
    else:
        assert token(str(tmp_path / "token")) == "öffne-dich-2026!"


@pytest.fixture
def case(tmp_path: Path) -> str:
    (tmp_path / "case.json").write_text('{"ocd": "yes"}')
    return str(tmp_path / "case.json")


def explain(case: str, redirection: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = f'"{sys.executable}" -m kapnb explain "{case}" {redirection}'
    return subprocess.run(
        command, shell=True, capture_output=True, env={**os.environ, **environment}, cwd=ROOT, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a pipe gets."""
    path = tmp_path_factory.mktemp("case") / "case.json"
    path.write_text('{"ocd": "yes"}')
    ended = explain(str(path), "")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert not ended.stdout.isascii()
    assert b"\r" not in ended.stdout
    return ended.stdout


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_file_or_a_pipe_gets_the_same_bytes_everywhere(
    case: str, usual: bytes, tmp_path: Path, environment: dict[str, str]
) -> None:
    """In UTF-8, whatever the terminal would take."""
    other = explain(case, f'> "{tmp_path}/out"', **environment)
    assert (other.returncode, other.stderr) == (0, b"")
    assert (tmp_path / "out").read_bytes() == usual


@pytest.mark.parametrize(
    ("redirection", "code", "lines"),
    [("> /dev/full", 2, 1), (">&-", 2, 1), ("2>&-", 0, 0), (">&- 2>&-", 2, 0), ("<&-", 0, 0), ("| true", 0, 0)],
)
def test_output_that_cannot_be_written(case: str, redirection: str, code: int, lines: int) -> None:
    """A full disk, a closed stream, a reader that has seen enough: said in a line where it can be, without a traceback."""
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no such device here")
    ended = explain(case, redirection)
    assert ended.returncode == code
    assert b"Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == lines


def test_a_name_that_would_paint_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What a message repeats has no control characters."""
    assert main(["explain", "a\x1b[31m\nb\x07.json"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_every_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    """In the list of commands and in its own help."""
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert words(f"commands.{name}").capitalize() in " ".join(capsys.readouterr().out.split())
