"""Write the questions about a set for products that ask people things; :mod:`kapnb.tables.forms` reads the answers back."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words

Row = Mapping[str, str]

_REDCAP: Final = (
    *("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"),
    *("Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number"),
    *("Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)", "Required Field?"),
    *("Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?", "Field Annotation"),
)
"""The columns of a data dictionary."""

ASKED: Final = ("outcome", "confidence", "comment")


def make_form(product: str, cases: Sequence[Row]) -> tuple[str, bytes]:
    """The questions as a file for a product: google, microsoft, qualtrics or redcap.

    Returns:
        The name of the file, and its content.

    Raises:
        KeyError: for any other product.
    """
    ending, write = _WRITERS[product]
    return f"kapnb-form-{product}.{ending}", write(cases).encode()


def ask(case: Row, about: str) -> str:
    """One question, which names its case, so that the answer is known again."""
    return words("form.question", case=case["case_id"], title=case.get("title", ""), question=words(f"form.{about}")).replace(
        "  ", " "
    )


def list_choices(about: str) -> tuple[str, ...]:
    """The answers to choose from, the most cautious or the lowest first; none where people write."""
    if about == "outcome":
        return tuple(map(outcome_words, Outcome))
    return tuple(words(f"form.sure_{one}") for one in Confidence) if about == "confidence" else ()


def _story(case: Row) -> str:
    return "\n\n".join(
        filter(None, (words("form.story", case=case["case_id"], title=case.get("title", "")), case.get("vignette", "")))
    )


def _write_redcap(cases: Sequence[Row]) -> str:
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, _REDCAP, restval="")
    rows.writeheader()

    def add(name: str, kind: str, label: str, choices: Sequence[str] = (), **more: str) -> None:
        listed = " | ".join(f"{at}, {one}" for at, one in enumerate(choices, 1))
        cells = dict(
            zip((_REDCAP[0], _REDCAP[1], _REDCAP[3], _REDCAP[4], _REDCAP[5]), (name, "kapnb", kind, label, listed), strict=True)
        )
        rows.writerow({**cells, **more})

    add("record_id", "text", words("form.record"))
    add("label", "text", words("form.label"), **{"Field Note": words("form.label_note"), "Required Field?": "y"})
    for case in cases:
        name = re.sub(r"[^a-z0-9]+", "_", case["case_id"].casefold()).strip("_")
        name = name if name[:1].isalpha() else f"c_{name}"
        add(f"{name}_story", "descriptive", _story(case))
        for about in ASKED:
            choices = list_choices(about)
            add(f"{name}_{about}", "radio" if choices else "notes", ask(case, about), choices)
    return text.getvalue()


def _write_qualtrics(cases: Sequence[Row]) -> str:
    """Its advanced text format; two brackets would begin a command."""

    def write() -> Iterator[str]:
        yield "[[AdvancedFormat]]"
        yield "[[Question:TE:SingleLine]]\n[[ID:label]]\n" + f"{words('form.label')} {words('form.label_note')}"
        for case in cases:
            yield f"[[PageBreak]]\n[[Question:DB]]\n{_story(case).replace('[[', '[ [')}"
            for about in ASKED:
                choices, asked = list_choices(about), ask(case, about).replace("[[", "[ [")
                kind = "MC:SingleAnswer:Vertical" if choices else "TE:Essay"
                listed = "\n[[Choices]]\n" + "\n".join(choices) if choices else ""
                yield f"[[Question:{kind}]]\n[[ID:{case['case_id'].replace(' ', '_')}_{about}]]\n{asked}{listed}"

    return "\n\n".join(write()) + "\n"


def _write_google(cases: Sequence[Row]) -> str:
    """A script to paste at script.google.com: it makes the form in one's own account."""
    items = [
        {"story": _story(case), "questions": [{"title": ask(case, about), "choices": list_choices(about)} for about in ASKED]}
        for case in cases
    ]
    return _SCRIPT % {
        "how": words("form.google_how"),
        "title": json.dumps(words("form.title")),
        "label": json.dumps(words("form.label")),
        "note": json.dumps(words("form.label_note")),
        "items": json.dumps(items, indent=1),
    }


_SCRIPT: Final = """// %(how)s
function makeForm() {
  const form = FormApp.create(%(title)s).setCollectEmail(false);
  form.addTextItem().setTitle(%(label)s).setHelpText(%(note)s).setRequired(true);
  for (const { story, questions } of items) {
    form.addPageBreakItem().setTitle(story.split("\\n")[0]).setHelpText(story.split("\\n").slice(1).join("\\n").trim());
    for (const { title, choices } of questions) {
      if (choices.length) form.addMultipleChoiceItem().setTitle(title).setChoiceValues(choices);
      else form.addParagraphTextItem().setTitle(title);
    }
  }
  Logger.log(form.getEditUrl());
}

const items = %(items)s;
"""


def _write_microsoft(cases: Sequence[Row]) -> str:
    """Numbered questions with lettered answers, as its import of a document reads them."""

    def write() -> Iterator[str]:
        number = 1
        yield f"1. {words('form.label')} {words('form.label_note')}"
        for case in cases:
            yield _story(case)
            for about in ASKED:
                number += 1
                yield "\n".join(
                    (f"{number}. {ask(case, about)}", *(f"{chr(64 + at)}. {one}" for at, one in enumerate(list_choices(about), 1)))
                )

    return "\n\n".join(write()) + "\n"


_WRITERS: Final[Mapping[str, tuple[str, Callable[[Sequence[Row]], str]]]] = {
    "google": ("gs", _write_google),
    "microsoft": ("txt", _write_microsoft),
    "qualtrics": ("txt", _write_qualtrics),
    "redcap": ("csv", _write_redcap),
}

PRODUCTS: Final = tuple(_WRITERS)
