"""The documents stay true: examples and commands run, links lead somewhere, hazards have tests, figures were measured."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from kapnb import load_guidance
from kapnb.cli import COMMANDS, parser
from kapnb.training.library import load_library

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def test_the_examples_of_the_readme_run() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted >= 5
    assert result.failed == 0


def find_commands(text: str) -> list[list[str]]:
    """The kapnb commands in the fenced blocks of a page, as their arguments."""
    fenced = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in fenced for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("kapnb ")]


def test_every_command_is_shown_as_it_is_used() -> None:
    """Every command is shown in the README, and every one shown is taken by the parser."""
    shown = find_commands(README)
    for arguments in shown:
        parser().parse_args(arguments)
    assert {arguments[0] for arguments in shown} == set(COMMANDS)


def test_a_wrong_command_would_be_seen() -> None:
    wrong = find_commands("```sh\nkapnb serve --prt 1  # a slip\n```\n")
    assert wrong == [["serve", "--prt", "1"]]
    with pytest.raises(SystemExit):
        parser().parse_args(wrong[0])


def find_missing(text: str) -> list[str]:
    """What a page names and the project does not have: linked files, paths, modules of kapnb, targets of make."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    named = re.findall(r"`((?:kapnb|tests|schemas|notebooks|docs|benchmarks|\.ci)/[\w./-]*)`", text)
    modules = [name.rsplit(".", 1) for name in re.findall(r"`(kapnb(?:\.\w+){2,})`", text)]
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [".".join(one) for one in modules if not hasattr(import_module(one[0]), one[1])]
    return missing + [name for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, flags=re.MULTILINE) if name not in targets]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    linked = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text)
    assert [target for target in linked if not (page.parent / target).exists()] == []
    assert find_missing(text) == []


def test_what_is_not_there_is_found() -> None:
    """Planted faults."""
    assert find_missing("`tests/no.py`, `kapnb.cli.no`, `make no`, `kapnb/cli.py`") == ["tests/no.py", "kapnb.cli.no", "no"]


def test_the_readme_counts_the_vignettes() -> None:
    library = load_library(load_guidance("begley").bind())
    assert f"{len(library)} invented vignettes, {len(library.pairs)} pairs of twins" in README


@pytest.mark.parametrize("name", ["hazards", "security"])
def test_each_row_has_a_number_a_control_and_tests_that_exist(name: str) -> None:
    """A hazard or an attack without a test in its last column is one that nothing holds."""
    lines = (ROOT / "docs" / f"{name}.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if re.match(r"\| [HS]\d+ ", line)]
    numbers = [row[0] for row in rows]
    assert len(set(numbers)) == len(numbers) > 15
    for number, *told, tests in rows:
        named = re.findall(r"`([^`]+)`", tests)
        assert all(told), number
        assert named, number
        assert [path for path in named if not (path.startswith("tests/") and (ROOT / path).exists())] == [], number


def test_a_figure_of_the_readme_is_one_that_was_measured() -> None:
    """Its part on figures holds rows of docs/figures.md and nothing else, and each stands in the record of `make bench`."""
    part = README.partition("<!-- figures")[2].partition("<!-- the end")[0]
    record = json.loads((ROOT / "docs" / "figures.json").read_text("utf-8"))
    measured = {one["what"] for run in record.values() for one in run["figures"]}
    rows = re.findall(r"^\| (.+?) \| ([\d.,]+\S* ?\w*) \|", part, flags=re.MULTILINE)
    assert len(rows) >= 5
    report = (ROOT / "docs" / "figures.md").read_text("utf-8")
    for what, value in rows:
        assert what in measured
        assert f"| {what} | {value} |" in report
