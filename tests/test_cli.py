"""The commands: what they say when something is not as it should be."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

from kapnb.cli import COMMANDS, main

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


@pytest.mark.parametrize("ip", ["203.0.113.9", "not-an-address.invalid", "999.1.1.1", "127.0.0.1:80"])
def test_an_address_of_another_machine(capsys: pytest.CaptureFixture[str], ip: str) -> None:
    """It is named, and the two usual addresses too."""
    said = refused(capsys, "--port", "0", "--ip", ip)
    assert ip in said
    assert "127.0.0.1 serves this machine alone" in said


def test_a_port_for_administrators(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Any port above 1023 is offered."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kapnb.serving.launcher.bind_sockets", refuse)
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
        ("--max-sessions", "0"),
        ("--idle-minutes", "0"),
        ("--idle-minutes", "nan"),
        ("--preheat", "some"),
        ("--por", "8866"),
    ],
)
def test_a_value_that_cannot_be(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    """The option is named."""
    assert option in refused(capsys, option, value)


def test_every_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    """In the list of commands and in its own help."""
    for name, command in COMMANDS.items():
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert command.help.capitalize() in " ".join(capsys.readouterr().out.split())
