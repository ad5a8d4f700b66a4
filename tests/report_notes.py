"""Notes for tests: those of the bundled example, and each format read back as the text that a person sees."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import mistune
from docx import Document

from kapnb.group.discussion import suggest, suggest_for_session
from kapnb.report import Note, note_of_case, note_of_session, write_docx, write_html, write_markdown
from tests.bundled import EDITION
from tests.example import ASSESSED, CASES, LOCATED

POINTS = ("What is not recorded is not a no.", "Ask about the routines of the week before naming recovery.")


def note_of(number: int, learning: Sequence[str] = POINTS, *, names: bool = False) -> Note:
    """The note of a case of the example, with every prompt that it raises."""
    case = CASES[number]
    assessment, differences = ASSESSED[case.case_id], LOCATED[case.case_id]
    suggestions = suggest(case.case_id, assessment, differences)
    return note_of_case(case, assessment, differences, suggestions, learning, names=names)


def note_of_example(learning: Sequence[str] = POINTS, *, names: bool = False) -> Note:
    """The note of the example as one session."""
    cases = [(case, ASSESSED[case.case_id], LOCATED[case.case_id]) for case in CASES]
    judged = [(case.case_id, assessment, differences) for case, assessment, differences in cases]
    return note_of_session("The example", cases, EDITION, suggest_for_session(judged)[:5], learning, names=names)


class Reader(HTMLParser):
    """What stands in a page: the text that is seen, and the tags with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.hidden = self.hidden or tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self.hidden = self.hidden and tag not in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.seen.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def flat(text: str) -> str:
    return " ".join(text.split())


def text_of_html(note: Note) -> str:
    return flat("".join(read(write_html(note)).seen))


def text_of_docx(note: Note) -> str:
    document: Any = Document(io.BytesIO(write_docx(note)))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return flat("\n".join((*(paragraph.text for paragraph in document.paragraphs), *cells)))


def render(markdown: str) -> str:
    """Markdown as a forge shows it, with everything that could turn a text into something else."""
    plugins = ("url", "table", "strikethrough", "footnotes", "task_lists", "def_list", "abbr", "mark", "math", "spoiler")
    rendered = mistune.create_markdown(escape=False, plugins=plugins)(markdown)
    assert isinstance(rendered, str)
    return rendered


def text_of_markdown(note: Note) -> str:
    return flat("".join(read(render(write_markdown(note))).seen))


FORMATS = {"html": text_of_html, "docx": text_of_docx, "markdown": text_of_markdown}
