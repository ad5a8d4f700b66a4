"""The questions about a case as HTML: what the assessment and the training page ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.fields import Dictionary, Field, Section
from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import sentence
from kapnb.text.words import words
from kapnb.ui.controls import Option, button, join_names, row

Answers = Mapping[str, str]


def find_asked(fields: Dictionary, answers: Answers) -> tuple[str, ...]:
    """The questions on view: those that apply, and those that may apply and have an answer, so that nothing hidden counts."""
    states = fields.states(answers)
    return tuple(name for name in fields if NOT_APPLICABLE not in states[name] or (name in answers and len(states[name]) > 1))


def count_words(answered: int, of: int) -> str:
    """How many questions are answered, in words."""
    return words("page.answered", answered=answered, asked=of)


def write_section(
    section: Section,
    answers: Answers,
    asked: Collection[str],
    *,
    prefix: str,
    about: str | None = None,
    recorded: Answers | None = None,
) -> Html:
    """One section of the dictionary with those of its questions that are ``asked``.

    Event: ``record`` with the field as name and the option as value, empty to take the answer back; ``about`` the case.

    ``prefix`` begins every id, so that two pages in one document do not clash. ``recorded`` are the answers before a
    what-if.
    """
    here = [one for one in section.fields if one.name in asked]
    before = answers if recorded is None else recorded
    title = element("h2", section.label, id=f"{prefix}-{section.name}")
    count = element("span", count_words(sum(one.name in answers for one in here), len(here)), class_="count")
    questions = (write_question(one, answers.get(one.name), before.get(one.name), prefix, about) for one in here)
    head = element("div", title, count, class_="head")
    return element("section", head, *questions, class_="card", aria_labelledby=f"{prefix}-{section.name}")


@lru_cache(maxsize=1024)
def write_question(one: Field, answer: str | None, before: str | None, prefix: str, about: str | None = None) -> Html:
    """One question as a row; where ``before``, the recorded answer, is another one, it says so."""
    label, instruments = sentence(one.label), ", ".join(one.instruments)
    told = (one.question, one.help, words("page.instruments", names=instruments) if instruments else "")
    said, terms = words("page.clear_of", label=label), set[str]()
    sign, title = words("page.clear_mark"), words("page.clear")
    return row(
        f"{prefix}-{one.name}",
        label,
        (Option(option.name, option.label, option.help) for option in one.options),
        answer,
        action="record",
        name=one.name,
        about=about,
        class_=join_names({"child": not one.always, "answered": answer, "changed": before != answer}),
        help=join(element("p", write_terms(text, terms)) for text in told if text),
        was=was_words(before and one.option(before).label) if before != answer else "",
        clear=button(sign, "record", one.name, "", said=said, class_="clear", title=title, data_about=about),
        after=element("p", words("page.not_recorded"), class_="print-only", aria_hidden="true"),
        data_field=one.name,
    )


def was_words(label: str | None) -> str:
    """What was recorded of a question before a what-if changed it."""
    return words("page.whatif_was", answer=label or words("page.not_recorded"))
