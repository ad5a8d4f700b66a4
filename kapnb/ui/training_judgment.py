"""The judgment: outcome, confidence and deciding finding, all neutral until they are committed."""

from __future__ import annotations

from collections.abc import Iterable

from kapnb.engine.edition import load_guidance
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.text.html import Html, element
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.journal import Draft
from kapnb.training.reveal import tell_draft
from kapnb.ui.session import Notice
from kapnb.ui.training_visit import Ask, Place, Visit

NONE = "none"
"""The value of "none of these" in the browser; there is no rule of that name, and the empty value stands for no choice yet."""


def write_fields_head(visit: Visit, count: str) -> Html:
    """What unfolds the form. ``count`` tells how much is recorded."""
    button = element(
        "button",
        element("span", words("training_page.fields")),
        element("span", count, class_="count"),
        type="button",
        data_action="recording",
        aria_expanded="true" if visit.recording else "false",
    )
    return element("div", button, element("p", words("training_page.fields_hint"), class_="hint"), class_="unfold")


def write_judgment(visit: Visit) -> Html:
    """The form, or from the commitment on what was committed and the way to the reveal."""
    attempt = visit.under_way.now
    return _write_form(visit, attempt.draft) if attempt.open else _write_committed(visit, attempt.draft)


def _write_form(visit: Visit, draft: Draft) -> Html:
    outcomes = ((str(one), outcome_words(one)) for one in Outcome)
    levels = ((str(one), words(f"training_page.confidence_{one}")) for one in Confidence)
    item = visit.under_way.now.item.id
    return element(
        "section",
        element("h2", words("training_page.judgment"), id="training-judgment", tabindex="-1"),
        element("p", words("training_page.judgment_lead"), class_="hint"),
        write_radios("outcome", words("training_page.outcome"), outcomes, draft.outcome, about=item),
        write_radios("confidence", words("training_page.confidence"), levels, draft.confidence, "row", about=item),
        _write_finding(draft.finding, item),
        write_notice(visit.said_at(Place.JUDGMENT)),
        _write_confirm() if visit.asking is Ask.COMMIT else _write_commit(),
        class_="card judgment",
    )


def write_radios(
    action: str,
    legend: str,
    options: Iterable[tuple[str, str]],
    chosen: str | None,
    class_: str = "",
    *,
    about: str | None = None,
) -> Html:
    """A question with native radios. What is chosen is asked for as ``action``, ``about`` a case where it is about one."""
    rows = []
    for value, label in options:
        key = f"training-{action}-{value}"
        box = element(
            "input",
            type="radio",
            name=f"training-{action}",
            id=key,
            value=value,
            checked=chosen is not None and value == str(chosen),
            data_action=action,
            data_about=about,
        )
        rows.append(element("div", box, element("label", label, for_=key), class_="option"))
    return element(
        "fieldset", element("legend", legend), element("div", *rows, class_=f"options {class_}".strip()), class_="choice-of"
    )


def _write_finding(finding: str | None, item: str) -> Html:
    rules = [(rule.name, rule.meaning) for rule in load_guidance().rules]
    chosen = {None: "", "": NONE}.get(finding, finding)
    choices = (("", words("training_page.choose")), (NONE, words("training_page.none_of_these")), *rules)
    options = (element("option", label, value=value, selected=value == chosen) for value, label in choices)
    return element(
        "div",
        element("label", words("training_page.finding"), for_="training-finding"),
        element("select", *options, id="training-finding", data_action="finding", data_about=item),
        class_="choice-of",
    )


def _write_commit() -> Html:
    button = element("button", words("training_page.commit"), type="button", class_="firm", data_action="commit", data_focus=True)
    return element("div", button, id="training-commit", class_="tools")


def _write_confirm() -> Html:
    sure = element(
        "button", words("training_page.commit_sure"), type="button", class_="firm", data_action="commit_sure", data_focus=True
    )
    back = element("button", words("training_page.commit_back"), type="button", data_action="unask")
    return element(
        "div",
        element("p", words("training_page.commit_question"), id="training-sure-text"),
        element("div", sure, back, class_="tools"),
        id="training-sure",
        class_="sure",
        role="group",
        aria_labelledby="training-sure-text",
    )


def _write_committed(visit: Visit, draft: Draft) -> Html:
    lines = [element("li", line) for line in tell_draft(draft, load_guidance().bind())]
    button = element("button", words("training_page.reveal"), type="button", class_="firm", data_action="reveal", data_focus=True)
    return element(
        "section",
        element("h2", words("training.committed_title"), id="training-committed", tabindex="-1"),
        element("ul", *lines, class_="lines tight"),
        element("p", words("training_page.committed"), class_="hint"),
        write_notice(visit.said_at(Place.JUDGMENT)),
        element("div", button, class_="tools"),
        class_="card judgment committed",
    )


def write_notice(notice: Notice | None, key: str | None = None) -> Html | None:
    """Something said once, in place; a problem stands out."""
    if notice is None:
        return None
    lines = element("ul", *(element("li", line) for line in notice.lines)) if notice.lines else None
    class_ = "trouble" if notice.problem else "told"
    return element("div", element("p", notice.text), lines, class_=class_, id=key, tabindex="-1" if key else None)
