"""Notes to take along, of a case, a session or a training set, as HTML, DOCX or Markdown."""

from kapnb.report.content import note_of_case, note_of_session, note_of_set
from kapnb.report.document import write_docx
from kapnb.report.markdown import write_markdown
from kapnb.report.note import Note
from kapnb.report.web import write_html

__all__ = ["Note", "note_of_case", "note_of_session", "note_of_set", "write_docx", "write_html", "write_markdown"]
