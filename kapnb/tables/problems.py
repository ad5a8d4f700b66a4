"""What is wrong with a table: one row for each problem, with its row and column in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Final

import pandas as pd

from kapnb.engine.problems import KapnbError, Problem
from kapnb.text.words import words

SHOWN: Final = 50
"""How many problems the message itself lists; ``problems`` holds them all."""


@dataclass(frozen=True, slots=True)
class TableProblem:
    """One thing that is wrong.

    Attributes:
        row: as a spreadsheet counts, the header is row 1; 0 stands for the file as a whole.
        column: as the file names it; empty where the row or the file as a whole is meant.
        problem: what is wrong. The content of a cell is never repeated.
    """

    row: int
    column: str
    problem: str
    allowed: str = ""
    remedy: str = ""

    @property
    def where(self) -> str:
        """The place in words."""
        key = "cell" if self.row and self.column else "row" if self.row else "file"
        return words(f"table.where_{key}", row=self.row, column=self.column)

    def __str__(self) -> str:
        return str(Problem(self.where, self.problem, self.allowed, self.remedy))


class CaseTableError(KapnbError):
    """A table cannot be used.

    Attributes:
        problems: a frame with the columns of :class:`TableProblem`, one row a problem, all of them.
        listed: the same as objects.
        unreadable: whether the file could not be read as a table at all.
    """

    problems: pd.DataFrame  # type: ignore[assignment]  # a table's problems are a table

    def __init__(self, problems: Iterable[TableProblem]) -> None:
        self.listed = tuple(problems)
        super().__init__(Problem(one.where, one.problem, one.allowed, one.remedy) for one in self.listed[:SHOWN])
        if len(self.listed) > SHOWN:
            self.args = (f"{self.args[0]}\n{words('table.more', count=f'{len(self.listed) - SHOWN:,}')}",)
        row, *texts = (column.name for column in fields(TableProblem))
        frame = pd.DataFrame([astuple(one) for one in self.listed], columns=[row, *texts])
        self.problems = frame.astype({row: "int64"} | dict.fromkeys(texts, "str"))
        self.unreadable = any(one.row == 0 for one in self.listed)


def refuse(key: str, remedy: str = "", **values: object) -> CaseTableError:
    """The error for a file that cannot be read as a whole."""
    return CaseTableError([TableProblem(0, "", words(f"table.{key}", **values), remedy=words(f"table.{remedy}") if remedy else "")])
