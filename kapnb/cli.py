"""The commands. Each is one function that answers with an exit code, and one line in ``COMMANDS``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kapnb import places
from kapnb.problems import CaseError, KapnbError, Problem
from kapnb.words import countries


@dataclass(frozen=True, slots=True)
class Command:
    """``options`` says what the command takes, ``run`` does it."""

    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def serve_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=8866, help="port to listen on, 0 for any free one (%(default)s)")
    parser.add_argument("--ip", default="127.0.0.1", help="address to listen on; this machine alone is %(default)s")
    parser.add_argument("--token", help="what a visitor has to show; made and printed when others can reach the address")
    parser.add_argument("--base-url", type=base_url, default="/", help="path in front of every address (%(default)s)")
    parser.add_argument("--max-sessions", type=count, default=20, help="pages open at the same time (%(default)s)")
    parser.add_argument("--idle-minutes", type=minutes, default=60, help="an unused page ends after this (%(default)s)")
    parser.add_argument("--preheat", type=natural, default=1, help="kernels kept ready for the next page (%(default)s)")
    parser.add_argument(
        "--country", choices=countries(), help="crisis lines to name where a case involves suicidal ideation"
    )
    parser.add_argument("--open", action="store_true", help="open a browser")
    parser.add_argument("--notebooks", type=Path, default=places.notebooks(), help=argparse.SUPPRESS)


def serve(given: argparse.Namespace) -> int:
    from kapnb.serving.launcher import Options, serve  # the other commands need no web server

    if given.country:
        os.environ["KAPNB_COUNTRY"] = given.country  # the pages run in processes of their own
    serve(
        Options(
            ip=given.ip,
            port=given.port,
            token=given.token,
            base_url=given.base_url,
            max_sessions=given.max_sessions,
            idle_minutes=given.idle_minutes,
            preheat=given.preheat,
            open_browser=given.open,
            notebooks=given.notebooks.resolve(),
        )
    )
    return 0


def explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", type=Path, metavar="CASE.json", help="a case as the page saves it")


def explain(given: argparse.Namespace) -> int:
    from kapnb.assessment import assess  # serving needs none of this
    from kapnb.cases import MOST_CHARACTERS, read_case  # as above
    from kapnb.explanation import as_text, explain  # as above

    try:
        with given.case.open("rb") as file:
            content = file.read(MOST_CHARACTERS + 1)
    except OSError as failure:
        raise CaseError([Problem(str(given.case), f"cannot be read: {failure.strerror}")]) from None
    case = read_case(content)
    print(as_text(explain(assess(case.answers, case.readings))))
    return 0


def prove_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--default-only", action="store_true", help="leave out the other readings and their pairs")


def prove(given: argparse.Namespace) -> int:
    from kapnb.guidance.pack import load_guidance  # numpy comes with it, which the other commands do not need
    from kapnb.proving import report  # as above

    return report(load_guidance(), print, default_only=given.default_only)


COMMANDS = {
    "prove": Command("check the promises over the whole case space", prove_options, prove),
    "explain": Command("explain what the source would say of an invented case", explain_options, explain),
    "serve": Command("serve the pages to a browser", serve_options, serve),
}


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="kapnb",
        description="Explore invented cases against one clinician's cautious view of ketamine-assisted psychotherapy.",
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        command.options(
            commands.add_parser(name, help=command.help, description=f"{command.help.capitalize()}.", allow_abbrev=False)
        )
    return whole


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        return COMMANDS[given.command].run(given)
    except KapnbError as error:
        print(f"kapnb {given.command}: {error}", file=sys.stderr)
        return 2


def port(text: str) -> int:
    number = natural(text)
    if number > 65535:  # the largest there is
        raise argparse.ArgumentTypeError(f"{number} is no port: 0 to 65535")
    return number


def natural(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def count(text: str) -> int:
    if natural(text) == 0:
        raise argparse.ArgumentTypeError("at least 1")
    return natural(text)


def minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes")
    return number


def base_url(text: str) -> str:
    """With a slash at both ends."""
    return f"/{text.strip('/')}/".replace("//", "/")
