"""A CSV file of any size, as blocks of whole lines in UTF-8: never more than a few megabytes of it at a time."""

from __future__ import annotations

import codecs
import io
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from kapnb.tables.problems import refuse
from kapnb.tables.reading import MARKS_OF_ENCODINGS, WESTERN, guess_utf_16, split
from kapnb.text.words import words

BLOCK: Final = 4 * 1024 * 1024
"""About how many bytes a block has."""

MOST_LINE: Final = 64 * 1024 * 1024
"""A line that is longer than this belongs to no table."""

_TRIES: Final = 1_000
"""How many line ends are looked at for one that is not inside a text."""


def find_encoding(path: Path) -> tuple[str, list[str]]:
    """How a file is encoded, with a notice where that is a guess. The whole file is looked at, as when it is read at once.

    Raises:
        CaseTableError: when it is no text, or nothing stands in it.
    """
    if all(block.isspace() for block in _read(path)):
        raise refuse("empty_file", "remedy_template")
    start = next(_read(path))
    marked = next((name for begin, name in MARKS_OF_ENCODINGS if start.startswith(begin)), "") or guess_utf_16(start)
    for encoding in (marked,) if marked else ("utf-8", *WESTERN):
        if _can_be(path, encoding):
            return encoding, [words("table.notice_latin")] if encoding in WESTERN else []
    raise refuse("not_text", "remedy_text")


def _can_be(path: Path, encoding: str) -> bool:
    """Whether a file can be read so.

    Raises:
        CaseTableError: when it holds signs that no text has.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _read(path):
            text = block if encoding == "utf-8" and block.isascii() and not decoder.getstate()[0] else decoder.decode(block)
            if (b"\0" if isinstance(text, bytes) else "\0") in text:  # type: ignore[operator]
                raise refuse("not_text", "remedy_text")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


class Blocks:
    """Gives a file block by block. What was given can be given back."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._rest, self._ended = file, b"", False
        if encoding == "utf-8-sig":
            file.seek(len(codecs.BOM_UTF8))
            encoding = "utf-8"
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()

    def take(self) -> bytes:
        """The next lines, up to an end of line that is not inside a text, as far as quotation marks tell; nothing at the end.

        Raises:
            CaseTableError: when there is no end of a line.
        """
        size = BLOCK
        while True:
            while not self._ended and len(self._rest) < size:
                self._read_on()
            end = _find_end(self._rest)
            if end or self._ended:
                block, self._rest = (self._rest[:end], self._rest[end:]) if end else (self._rest, b"")
                return block
            if size > MOST_LINE:
                raise refuse("line_too_long", "remedy_text", limit=f"{MOST_LINE // 1024**2:,}")
            size *= 2

    def give_back(self, rest: bytes) -> None:
        self._rest = rest + self._rest

    def _read_on(self) -> None:
        data = self._file.read(BLOCK)
        self._ended = not data
        if self._decoder:
            try:
                data = self._decoder.decode(data, final=self._ended).encode()
            except UnicodeDecodeError:  # it has changed since it was looked at
                raise refuse("not_text", "remedy_text") from None
        self._rest += data


def _find_end(block: bytes) -> int:
    """The place behind the last line end, best one that is not inside quotation marks; 0 where there is none."""
    last = end = block.rfind(b"\n") + 1
    if not end:
        return block.rfind(b"\r", 0, len(block) - 1) + 1
    inside = block.count(b'"', 0, end) % 2
    for _ in range(_TRIES):
        if not (end and inside):
            break
        before = block.rfind(b"\n", 0, end - 1) + 1
        inside = (inside + block.count(b'"', before, end)) % 2
        end = before
    return last if inside else end or last


class Rows:
    """The rows of a file: a block at a time as bytes, or one by one as cells.

    Attributes:
        number: of the last row that was read, as a spreadsheet counts.
    """

    def __init__(self, blocks: Blocks, separator: str) -> None:
        self.blocks, self.separator, self.number = blocks, separator, 0

    def split(self, block: bytes) -> Generator[tuple[int, list[str]], None, None]:
        """The rows of a block, with the rest of the last one where it goes on behind it. What is not asked for is given back.

        Raises:
            CaseTableError: where a quotation mark stands that cannot be meant.
        """
        own = io.StringIO(block.decode(), newline="")
        size = len(own.getvalue())
        more = io.StringIO()

        def lines() -> Iterator[str]:
            nonlocal more
            yield from iter(own.readline, "")
            while block := self.blocks.take():
                more = io.StringIO(block.decode(), newline="")
                yield from iter(more.readline, "")

        try:
            for number, cells in split(lines(), self.separator, self.number):
                self.number = number
                yield number, cells
                if own.tell() == size:
                    break
        finally:
            self.blocks.give_back((own.read() + more.read()).encode())
