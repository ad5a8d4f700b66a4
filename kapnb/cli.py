"""The commands. Each is one function that answers with an exit code."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from errno import EBADF
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from kapnb import paths
from kapnb.engine.problems import CaseError, KapnbError, Problem, shorten, suggest
from kapnb.engine.records import decode
from kapnb.limits import (
    CASE_FILE,
    IDLE_MINUTES,
    LEAST_IDLE_MINUTES,
    MOST_IDLE_MINUTES,
    MOST_SESSIONS,
    MOST_SPARE_KERNELS,
    PAGES_WITHOUT_SERVER,
    PORT,
    SESSIONS,
    SPARE_KERNELS,
)
from kapnb.text.support import list_countries
from kapnb.text.words import words

if TYPE_CHECKING:
    from kapnb.engine.edition import Edition
    from kapnb.tables.problems import CaseTableError
    from kapnb.text.cases import Case


Option = tuple[str, Mapping[str, Any]]
"""Names and settings of an argument, as argparse takes them. Its words stand in ``words/commands.yaml``, under the last name."""


Run = Callable[[argparse.Namespace], int]
COMMANDS: dict[str, tuple[Run, Sequence[Option]]] = {}
"""What each does, and what it takes."""


def command(*options: Option) -> Callable[[Run], Run]:
    """Make a function a command of its name."""

    def add(run: Run) -> Run:
        COMMANDS[run.__name__] = run, options
        return run

    return add


def option(names: str, **settings: Any) -> Option:
    return names, settings


def whole(least: int, most: int) -> Callable[[str], int]:
    """A type for argparse: a whole number within bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{shorten(text)!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def minutes(text: str) -> float:
    number = float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII) else 0.0
    if not LEAST_IDLE_MINUTES <= number <= MOST_IDLE_MINUTES:
        bounds = f"{LEAST_IDLE_MINUTES:g} to {MOST_IDLE_MINUTES:g}"
        raise argparse.ArgumentTypeError(f"{shorten(text)!r} is not a number of minutes from {bounds}, a week")
    return number


def host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", text):
        raise argparse.ArgumentTypeError("a name as in an address, without a port: kap.example.org")
    return text.lower()


def base_url(text: str) -> str:
    """With a slash at both ends. Any other sign would mean something to an address or to the server's table of addresses."""
    parts = [part for part in text.split("/") if part]
    if not all(re.fullmatch(r"[A-Za-z0-9_-]+", part) for part in parts):
        raise argparse.ArgumentTypeError("letters, digits, - and _ between slashes only")
    return "/".join(["", *parts, ""])


def reading(text: str) -> tuple[str, str]:
    name, equals, choice = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{shorten(text)!r} is not NAME=CHOICE, as in feature_count=two_or_more")
    return name.strip(), choice.strip()


def token(path: str) -> str:
    """The token in a file that somebody wrote by hand."""
    try:
        read = decode(Path(path).read_bytes()).strip()
    except UnicodeDecodeError:
        read = "\0"
    except OSError as failure:
        raise argparse.ArgumentTypeError(f"{path}: {failure.strerror}") from None
    if not read.isprintable():
        raise argparse.ArgumentTypeError(f"{path}: {words('commands.not_text')}. {words('commands.remedy_not_text')}")
    return read


GUIDANCE = option("--guidance", metavar="PACK")
READING = option("--reading", dest="readings", type=reading, action="append", default=[], metavar="NAME=CHOICE")
TABLE = option("table", type=Path, metavar="TABLE")
MOST_ROWS = option("--most-rows", type=whole(1, 10**9), default=100_000)
KIND = option("--as", dest="kind", choices=("cases", "judgments", "responses"), default="cases")
TABLE_ENDINGS = (".csv", ".xlsx", ".parquet", ".tsv", ".txt")


def open_edition(given: argparse.Namespace) -> Edition:
    """The guidance that was named, else the one that pages ask."""
    from kapnb.engine.edition import load_guidance, served_edition  # --help needs none of this

    edition = load_guidance(given.guidance).bind() if given.guidance else served_edition()
    return edition.bind(dict(getattr(given, "readings", ())))


@command(option("--default-only", action="store_true"), GUIDANCE)
def prove(given: argparse.Namespace) -> int:
    from kapnb.text.proving import report  # numpy comes with it, which the other commands do not need

    return report(open_edition(given).guidance, print, default_only=given.default_only)


@command(
    TABLE,
    MOST_ROWS,
    GUIDANCE,
    KIND,
    option("--cases", type=Path, metavar="TABLE"),
)
def check(given: argparse.Namespace) -> int:
    """Exit code 0: no problem; 1: problems, on the standard output; 2: not readable, which ``main`` says."""
    from kapnb.tables.problems import CaseTableError  # pandas comes with it
    from kapnb.tables.read import read_cases, read_table, replay_rows  # as above

    limits: dict[str, Any] = {"most_rows": given.most_rows, "progress": Progress()}
    edition = open_edition(given)
    cases = read_cases(given.cases, edition, **limits) if given.cases else None
    try:
        frame = read_table(given.kind, given.table, cases, edition, **limits)
    except CaseTableError as failure:
        return list_problems(failure, given.table, sys.stdout)
    print_repairs(frame.attrs["repairs"])
    for line in replay_rows(frame, edition) if given.kind == "cases" else ():
        print(line)
    print(words("commands.no_problem", path=given.table, rows=f"{len(frame):,}"))
    return 0


@command(TABLE, MOST_ROWS, GUIDANCE, READING, option("-o --out", type=Path))
def assess(given: argparse.Namespace) -> int:
    """Exit code 0: written; 1: the table has problems, and nothing is written; 2: not readable or writable, which ``main`` says."""
    from kapnb.tables.assess import assess_table  # pandas comes with it
    from kapnb.tables.problems import CaseTableError, refuse  # as above
    from kapnb.tables.read import read_cases, replay_rows  # as above
    from kapnb.tables.write import add_source, find_writer, save, write_csv  # as above

    if given.out and given.out.resolve() == given.table.resolve():
        raise refuse("same_file", "remedy_exists")
    write = find_writer(given.out) if given.out else write_csv
    edition = open_edition(given)
    try:
        cases = read_cases(given.table, edition, most_rows=given.most_rows, progress=Progress())
    except CaseTableError as failure:
        return list_problems(failure, given.table, sys.stderr)
    data = write(add_source(cases.join(assess_table(cases, edition)), edition))
    print_repairs(cases.attrs["repairs"])
    for line in replay_rows(cases, edition):
        print(line, file=sys.stderr)
    if given.out:
        save(data, given.out)
        print(words("commands.written", path=given.out, rows=f"{len(cases):,}"), file=sys.stderr)
    else:  # what a file would hold, as it stands: whatever the encoding of the stream and the line ends of the system are
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    return 0


@command(option("new_table", type=Path, metavar="TABLE.csv|.xlsx"), KIND, GUIDANCE)
def template(given: argparse.Namespace) -> int:
    from kapnb.tables.problems import refuse  # pandas comes with it
    from kapnb.tables.template import make_template  # as above
    from kapnb.tables.write import save  # as above

    data = make_template(given.kind, open_edition(given), given.new_table.suffix)
    if given.new_table.exists():
        raise refuse("exists", "remedy_exists")
    save(data, given.new_table)
    return 0


def list_problems(failure: CaseTableError, path: Path, stream: Any) -> int:
    if failure.unreadable:
        raise failure
    for problem in failure.listed:
        print(problem, file=stream)
    print(words("commands.problems", path=path, count=f"{len(failure.listed):,}"), file=stream)
    return 1


def print_repairs(repairs: list[dict[str, Any]]) -> None:
    for mended in repairs:
        rows = words("commands.mended_rows", rows=mended["rows"]) if mended["rows"] else ""
        column = words("commands.mended_column", column=mended["column"]) if mended["column"] else ""
        print(words("commands.mended", column=column, repair=mended["repair"], rows=rows), file=sys.stderr)


class Progress:
    """Says, once a second, how many rows are read."""

    def __init__(self) -> None:
        self.told = monotonic()

    def __call__(self, done: int, whole: int) -> None:
        if monotonic() - self.told >= 1:
            self.told = monotonic()
            key = "commands.progress_of" if whole else "commands.progress"
            print(words(key, done=f"{done:,}", whole=f"{whole:,}"), file=sys.stderr)


@command(
    option("source", type=Path, metavar="CASE.json|TABLE"),
    option("--case", dest="case_id", metavar="ID"),
    option("--all", action="store_true"),
    GUIDANCE,
    READING,
)
def explain(given: argparse.Namespace) -> int:
    from kapnb.text.blocks import as_text  # serving needs none of this
    from kapnb.text.earlier import describe_case  # as above
    from kapnb.text.explanation import explain  # as above

    edition = open_edition(given)
    case = find_case(given.source, given.case_id, edition) if given.case_id is not None else read_one(given.source, edition)
    if case.edition:
        print(*describe_case(case.answers, edition, case.edition, case.readings), sep="\n", file=sys.stderr)
    told = explain(edition.bind({**case.readings, **dict(given.readings)}).assess(case.answers), *case.texts)
    print(as_text(told.whole if given.all else told.open))
    return 0


def read_one(path: Path, edition: Edition) -> Case:
    """A case that the page saved."""
    from kapnb.text.cases import read_case  # serving needs none of this

    if path.suffix.lower() in TABLE_ENDINGS:
        raise CaseError([Problem(str(path), words("commands.which_case"), remedy=words("commands.remedy_which_case"))])
    try:
        with path.open("rb") as file:
            content = file.read(CASE_FILE + 1)
    except OSError as failure:
        raise CaseError([Problem(str(path), f"cannot be read: {failure.strerror}")]) from None
    return read_case(content, edition)


def find_case(path: Path, case_id: str, edition: Edition) -> Case:
    """A case of a table."""
    from kapnb.tables import read  # pandas comes with it
    from kapnb.text.cases import Case  # serving needs none of this

    cases = read.read_cases(path, edition, progress=Progress())
    found = read.list_rows(cases[cases["case_id"] == case_id])
    if not found:
        problem, remedy = words("commands.no_case"), suggest(case_id, list(cases["case_id"]))
        raise CaseError([Problem(str(path), problem, remedy=remedy)])
    row = found[0]
    title, vignette, note = (row.get(name, "") for name in ("title", "vignette", "note"))
    return Case({name: answer for name, answer in row.items() if name in edition.fields}, case_id, title, vignette, note)


@command(
    option("--port", type=whole(0, 65_535), default=PORT),
    option("--ip", default="127.0.0.1"),
    option("--token"),
    option("--token-file", dest="token", type=token, metavar="FILE"),
    option("--allow-host", dest="hosts", type=host, action="append", default=[], metavar="NAME"),
    option("--base-url", type=base_url, default="/"),
    option("--max-sessions", type=whole(1, MOST_SESSIONS), default=SESSIONS),
    option("--max-per-address", type=whole(1, MOST_SESSIONS), metavar="MAX_SESSIONS"),
    option("--idle-minutes", type=minutes, default=IDLE_MINUTES),
    option("--preheat", type=whole(0, MOST_SPARE_KERNELS), default=SPARE_KERNELS),
    option("--database", default="", metavar="URL"),
    option("--country", type=str.lower, choices=list(list_countries())),
    option("--open", dest="open_browser", action="store_true"),
    option("--log", choices=("errors", "json"), default="errors"),
    option("--check", action="store_true"),
    option("--notebooks", type=Path, default=paths.notebooks()),
    GUIDANCE,
)
def serve(given: argparse.Namespace) -> int:
    from kapnb.serve import launcher  # the other commands need no web server
    from kapnb.serve.options import Options  # as above

    for variable, value in (("KAPNB_COUNTRY", given.country), ("KAPNB_GUIDANCE", given.guidance)):
        if value:
            os.environ[variable] = value  # the pages run in processes of their own
    options = Options(**{field.name: getattr(given, field.name) for field in fields(Options)})
    if given.check:
        return launcher.check(options, print)
    launcher.serve(options)
    return 0


@command(
    option("folder", type=Path, metavar="DIR"),
    option("--one-file", action="store_true"),
    option("--snapshot", action="store_true"),
    option("--pages", nargs="+", choices=PAGES_WITHOUT_SERVER, default=PAGES_WITHOUT_SERVER),
    option("--country", type=str.lower, choices=list(list_countries())),
    option("--pyodide", type=Path, metavar="PACKAGE"),
    GUIDANCE,
)
def build(given: argparse.Namespace) -> int:
    from kapnb.site import build as site  # the other commands need no templates

    files = site.build(
        given.folder,
        open_edition(given),
        one_file=given.one_file,
        snapshot=given.snapshot,
        pages=given.pages,
        country=given.country,
        runtime=given.pyodide,
        say=partial(print, file=sys.stderr),
    )
    size = sum(path.stat().st_size for path in files) / 1e6
    print(words("site.written", path=given.folder, files=len(files), size=f"{size:.1f}"), file=sys.stderr)
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="kapnb", description=words("commands.kapnb"), allow_abbrev=False)
    commands = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, options) in COMMANDS.items():
        told = words(f"commands.{name}")
        own = commands.add_parser(name, help=told, description=f"{told.capitalize()}.", allow_abbrev=False)
        for names, settings in options:
            key = names.split()[-1].lstrip("-").replace("-", "_")
            own.add_argument(*names.split(), help=words(f"options.{key}"), **settings)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Exit code 0: clean; 1: problems; 2: not readable, or not writable; 130: interrupted."""
    prepare_streams()
    try:
        given = parser().parse_args(arguments)
    except KapnbError as error:  # a broken file of words leaves nothing to say how to call
        print(f"kapnb: {error}", file=sys.stderr)
        return 2
    code = 0
    try:
        code = COMMANDS[given.command][0](given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130  # as shells have it
    except BrokenPipeError:  # whoever was reading has seen enough
        drop_output()
    except (KapnbError, OSError) as error:
        at_output = isinstance(error, OSError) and not error.filename
        closed = at_output and getattr(error, "errno", None) == EBADF
        said = f"{words('commands.output')}: {words('commands.closed')}" if closed else str(error)
        said = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in said)
        print(f"kapnb {given.command}: {said}", file=sys.stderr)
        if at_output:
            drop_output()
        return 2
    return code


def prepare_streams() -> None:
    """Write the same bytes to a file or a pipe on every machine: UTF-8, and no other line ends than those that are written.

    A terminal gets its own encoding, with a question mark for what it cannot show. In place of a stream that was closed stands one
    that cannot be written, so that no file that is opened later takes its number; of what goes wrong nobody can be told then.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            bytes_alike: dict[str, Any] = {} if stream.isatty() else {"encoding": "utf-8", "newline": "\n"}
            stream.reconfigure(errors="replace", **bytes_alike)


def drop_output() -> None:
    """What could not be written is not tried again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
