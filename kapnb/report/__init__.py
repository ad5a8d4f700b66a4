"""Notes to take along, of a case, a session or a training set, as HTML, DOCX or Markdown."""

from kapnb.report.content import note_of_case, note_of_session
from kapnb.report.document import write_docx
from kapnb.report.markdown import write_markdown
from kapnb.report.note import Note
from kapnb.report.sets import cards_of_set, handout_of_set, note_of_set
from kapnb.report.web import write_html
from kapnb.report.work import note_of_training

__all__ = [
    "Note",
    "cards_of_set",
    "handout_of_set",
    "note_of_case",
    "note_of_session",
    "note_of_set",
    "note_of_training",
    "write_docx",
    "write_html",
    "write_markdown",
]
