"""Open a file of a training or a set: strictly, and with every problem at once."""

from __future__ import annotations

from kapnb import limits
from kapnb.engine.edition import Edition
from kapnb.engine.problems import Problem
from kapnb.engine.records import Record, parse_json
from kapnb.text.cases import read_origin
from kapnb.text.identifiers import hide
from kapnb.text.words import words
from kapnb.training.errors import TrainingError


def open_file(text: str | bytes, kind: str, newest: int, edition: Edition, *, most: int) -> tuple[Record, int, str]:
    """The record that a text holds, the version of its format, and the number of the edition under which it was saved.

    Args:
        text: of the file.
        kind: what the file says that it is.
        newest: the newest version of the format; older ones can be read too.
        edition: the guidance in force; a file of another pack is refused.
        most: a text with more characters is refused unread.

    Raises:
        TrainingError: when it is not a file of this kind, version and pack.
    """
    remedy = words("training.remedy_file")
    file = parse_json(text, TrainingError, most=most, remedy=remedy, quote=hide)
    if file.raw("format", "") != kind:
        raise TrainingError([Problem("file", words("training.other_file"), remedy=remedy)])
    version = file.number("version")
    if not 1 <= version <= newest:
        raise TrainingError([Problem("file", words("training.other_version"), f"1 to {newest}", remedy)])
    if version == 1 and edition.pack != limits.PACK:  # the first version states no pack; there was only this one
        raise TrainingError([Problem("pack", words("case.other_pack", pack=limits.PACK), edition.pack)])
    return file, version, read_origin(file, edition, TrainingError)
