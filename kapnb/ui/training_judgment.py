"""The judgment: outcome, confidence and deciding finding, all neutral until they are committed."""

from __future__ import annotations

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.reveal import describe_draft
from kapnb.training.session import Attempt
from kapnb.ui.controls import button, notice, options, radios, select
from kapnb.ui.questions import count_words, find_asked, write_section
from kapnb.ui.training_visit import Ask, Place, Visit, digest

NONE = "none"
"""The value of "none of these" in the browser; there is no rule of that name, and the empty value stands for no choice yet."""


def write_fields_head(visit: Visit) -> Html:
    """What unfolds the form, with how much is recorded."""
    answers = visit.under_way.now.draft.fields
    asked = find_asked(visit.edition.fields, answers)
    count = element("span", count_words(sum(name in answers for name in asked), len(asked)), class_="count")
    label = join((element("span", words("training_page.fields")), count))
    unfold = button(label, "recording", aria_expanded="true" if visit.recording else "false")
    return element("div", unfold, element("p", words("training_page.fields_hint"), class_="hint"), class_="unfold")


def write_form(visit: Visit) -> Html:
    """The fields that can be recorded."""
    attempt, fields = visit.under_way.now, visit.edition.fields
    answers = attempt.draft.fields
    asked = find_asked(fields, answers)
    return join(
        write_section(section, answers, asked, prefix="training", about=attempt.item.id)
        for section in fields.sections
        if any(one.name in asked for one in section.fields)
    )


def write_judgment(visit: Visit) -> Html:
    """The form, or from the commitment on what was committed and the way to the reveal."""
    attempt = visit.under_way.now
    return _write_form(visit, attempt) if attempt.open else _write_committed(visit, attempt)


def _write_form(visit: Visit, attempt: Attempt) -> Html:
    draft, item = attempt.draft, attempt.item.id
    outcomes = options((str(one), outcome_words(one)) for one in Outcome)
    levels = options((str(one), words(f"training_page.confidence_{one}")) for one in Confidence)
    finding = {None: "", "": NONE}.get(draft.finding, draft.finding)
    rules = [(rule.name, rule.meaning) for rule in visit.edition.guidance.rules]
    findings = options((("", words("training_page.choose")), (NONE, words("training_page.none_of_these")), *rules))
    return element(
        "section",
        element("h2", words("training_page.judgment"), id="training-judgment", tabindex="-1"),
        element("p", words("training_page.judgment_lead"), class_="hint"),
        radios("training-outcome", words("training_page.outcome"), outcomes, draft.outcome, action="outcome", about=item),
        radios(
            "training-confidence",
            words("training_page.confidence"),
            levels,
            draft.confidence,
            action="confidence",
            about=item,
            options_class="options row",
        ),
        element(
            "div",
            select("training-finding", words("training_page.finding"), findings, finding, action="finding", data_about=item),
            class_="choice-of",
        ),
        notice(visit.said_at(Place.JUDGMENT)),
        _write_confirm(attempt) if visit.asking is Ask.COMMIT else _write_commit(item),
        class_="card judgment",
    )


def _write_commit(item: str) -> Html:
    ask = button(words("training_page.commit"), "commit", class_="firm", data_focus=True, data_about=item)
    return element("div", ask, id="training-commit", class_="tools")


def _write_confirm(attempt: Attempt) -> Html:
    """The question; its answer names what it confirms, so that it can be repeated after a kernel was lost."""
    sure = button(
        words("training_page.commit_sure"),
        "commit_sure",
        value=digest(attempt.draft),
        class_="firm",
        data_focus=True,
        data_about=attempt.item.id,
    )
    return write_question("sure", words("training_page.commit_question"), sure, button(words("training_page.commit_back"), "unask"))


def write_question(name: str, question: str, *buttons: Html, content: Html | None = None) -> Html:
    """What is asked before something is done."""
    return element(
        "div",
        element("p", question, id=f"training-{name}-text"),
        content,
        element("div", *buttons, class_="tools"),
        id=f"training-{name}",
        class_="sure",
        role="group",
        aria_labelledby=f"training-{name}-text",
    )


def _write_committed(visit: Visit, attempt: Attempt) -> Html:
    lines = [element("li", line) for line in describe_draft(attempt.draft, visit.edition)]
    reveal = button(words("training_page.reveal"), "reveal", class_="firm", data_focus=True, data_about=attempt.item.id)
    return element(
        "section",
        element("h2", words("training.committed_title"), id="training-committed", tabindex="-1"),
        element("ul", *lines, class_="lines tight"),
        element("p", words("training_page.committed"), class_="hint"),
        notice(visit.said_at(Place.JUDGMENT)),
        element("div", reveal, class_="tools"),
        class_="card judgment committed",
    )
