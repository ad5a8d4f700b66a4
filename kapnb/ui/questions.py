"""The questions about a case as HTML: what the assessment and the training page ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.fields import Dictionary, Field, Section
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.controls import Option, button, join_names, radios

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
    """One section of the dictionary with its questions.

    Events: ``record`` with the field as name and the option as value, empty to take the answer back; ``clear`` with the section
    as name.

    Args:
        section: of the dictionary.
        answers: the case.
        asked: the questions on view.
        prefix: begins every id, so that two pages in one document do not clash.
        about: the case that the events are about.
        recorded: in a what-if, the answers of the recorded case.
    """
    here = [one for one in section.fields if one.name in asked]
    answered = sum(one.name in answers for one in here)
    before = answers if recorded is None else recorded
    title = element("h2", section.label, id=f"{prefix}-{section.name}")
    count = element("span", count_words(answered, len(here)), class_="count")
    emptied = not answered
    clear = button(words("page.clear"), "clear", section.name, of=section.label, class_="quiet", data_about=about, hidden=emptied)
    questions = (write_question(one, answers.get(one.name), before.get(one.name), prefix, about) for one in here)
    head = element("div", title, count, clear, class_="head")
    return element("section", head, *questions, class_="card", aria_labelledby=f"{prefix}-{section.name}")


@lru_cache(maxsize=1024)
def write_question(one: Field, answer: str | None, before: str | None, prefix: str, about: str | None = None) -> Html:
    """One question as a group of radio buttons; where ``before``, the recorded answer, is another one, it says so."""
    name, key = one.name, f"{prefix}-{one.name}"
    states = {"question": True, "child": not one.always, "answered": answer, "changed": before != answer}
    back = button(words("page.take_back"), "record", name, "", of=one.question, class_="quiet back", data_about=about)
    missing = element("p", words("page.not_recorded"), class_="print-only", aria_hidden="true")
    instruments = words("page.instruments", names=", ".join(one.instruments)) if one.instruments else ""
    was = was_words(before and one.option(before).label) if before != answer else ""
    return radios(
        key,
        one.question,
        (Option(option.name, option.label, option.help) for option in one.options),
        answer,
        action="record",
        name=name,
        about=about,
        class_=join_names(states),
        options_class="options roomy" if any(option.help for option in one.options) else "options",
        help=join(element("p", text, class_=class_) for text, class_ in ((one.help, None), (instruments, "instruments")) if text),
        was=was,
        after=join((back, missing)),
        data_field=name,
    )


def was_words(label: str | None) -> str:
    """What was recorded of a question before a what-if changed it."""
    return words("page.whatif_was", answer=label or words("page.not_recorded"))
