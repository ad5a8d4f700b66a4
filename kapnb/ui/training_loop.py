"""One case, one thing per screen, up to the lock: read or ask, judge, say what decides. Nothing here tells an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element, fragment
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.offers import offer_facts, offer_findings
from kapnb.training.session import MOST_TEXT, Draft, Unsaid, list_askable
from kapnb.ui.controls import Option, Text, button, details, join_names, options, radios
from kapnb.ui.explanation import write_outcome_mark
from kapnb.ui.training_desk import heading, hint, press, told_here, tools, write_help, write_pointing, write_story, write_talk
from kapnb.ui.training_visit import NONE, Visit, digest, say

FEW_QUESTIONS: Final = 4
"""Not asked yet, that a phone shows at once; the others are one tap away."""
MOST_DOTS: Final = 12
"""Cases of which each has a dot in the bar; of more the number alone is said."""


def write_loop(visit: Visit) -> Html:
    """The screen on view of an item that is still open."""
    write = {"read": _write_reading, "judge": _write_judging, "decide": _write_deciding}
    return fragment(write_bar(visit), write[visit.screen](visit))


def write_bar(visit: Visit) -> Html:
    """Where one is in the set, the way back to the cases, and the article."""
    training = visit.under_way
    here = training.here
    at = next((place for place, one in enumerate(here, 1) if one.item.id == training.current), 0)
    place = say("progress", place=at, count=len(here)) if at else ""
    looks = ("here" if one.item.id == training.current else None if one.open else "done" for one in here)
    few = len(here) <= MOST_DOTS
    dots = element("span", *(element("i", class_=look) for look in looks), class_="dots", aria_hidden="true") if few else None
    back = press("to_cases", "screen", value="list", class_="quiet")
    article = element("button", say("article"), type="button", popovertarget="training-article")
    return element("div", element("div", back, element("span", place), dots, class_="crumb"), article, class_="case-bar")


def find_title(visit: Visit) -> str:
    """The title of the case on view."""
    return visit.vignette.title


def find_reply(visit: Visit) -> str:
    """What the person said last."""
    replies, asked = visit.vignette.replies, visit.now.draft.asked
    return replies[asked[-1]] if replies and asked else ""


# read, or ask


def _write_reading(visit: Visit) -> Html:
    vignette, item = visit.vignette, visit.under_way.current
    skip = press("skip_case", "next", class_="quiet", data_about=item)
    if not visit.now.draft.interview:
        return element(
            "section",
            heading(vignette.title, "story"),
            write_story(vignette, visit.edition),
            told_here(visit),
            tools(press("have_read", "screen", value="judge", class_="firm", data_focus=True), skip),
            write_help(visit),
            class_="screen narrow",
        )
    asked = visit.now.draft.asked
    count = say("asked_so_far", asked=len(asked), count=len(vignette.replies)) if asked else say("none_asked")
    talk = element(
        "section",
        heading(vignette.title, "story"),
        element("p", say("interview_lead"), class_="hint"),
        write_talk(vignette, asked, visit.edition),
        told_here(visit),
        class_="screen",
    )
    on = tools(
        press("ready", "screen", value="judge", class_="firm", data_focus=True),
        element("span", count, class_="hint"),
        press("read_instead", "interview", value="off", class_="quiet", data_about=item),
        skip,
    )
    questions = element("section", element("h3", say("ask")), *_write_questions(visit), class_="questions")
    return element("div", talk, questions, element("div", write_help(visit), on, class_="onward"), class_="two asking")


def _write_questions(visit: Visit) -> Iterator[Html]:
    """The questions by section; of one that was asked, the answer below it, which a phone shows there.

    A phone shows what was asked and what can come next: first what an answer raised, then in the order of the dictionary.
    """
    item, asked, vignette = visit.under_way.current, visit.now.draft.asked, visit.vignette
    askable = list_askable(vignette, asked, visit.edition.fields)
    left = sorted((name for name in askable if name not in asked), key=lambda name: visit.edition.fields[name].always)
    later = left[FEW_QUESTIONS:]
    if later:
        yield details(say("all_questions"), key=f"questions-{item}", class_="every")
    for section in visit.edition.fields.sections:
        rows = []
        here = [one for one in section.fields if one.name in askable]
        for one in here:
            done = one.name in asked
            look = "done" if done else "later" if one.name in later else None
            rows.append(button(one.spoken, "ask", one.name, enabled=not done, data_about=item, data_key=one.name, class_=look))
            if done:
                rows.append(element("p", vignette.replies[one.name], class_="reply", aria_hidden="true", data_key=one.name))
        if rows:
            hidden = all(one.name in later for one in here)
            yield element("h4", section.label, class_="later" if hidden else None, data_key=section.name)
            yield element("div", *rows, class_=join_names({"rows": True, "later": hidden}), data_key=section.name)


# judge


def _write_judging(visit: Visit) -> Html:
    draft, item, outcomes = visit.now.draft, visit.under_way.current, _list_outcomes()
    asked = fragment(say("outcome"), element("span", say("outcome_hint"), class_="hint"))
    predict = radios("training-prediction", say("prediction"), outcomes, draft.prediction, action="prediction", about=item)
    form = element(
        "section",
        write_judgment(visit, draft, asked, class_="ask"),
        details(say("predict"), predict, key=f"predict-{item}"),
        told_here(visit),
        tools(press("to_decide", "screen", value="decide", class_="firm", data_focus=True), _go_back("read")),
        class_="asks",
    )
    told = write_case(visit)
    title = say("heard" if draft.interview else "story")
    fold = details(title, told, key=f"story-{item}", class_="card folded-story")  # on a phone, above the form
    beside = element("div", heading(find_title(visit), "story"), element("div", told, class_="open-story"), fold)
    return element("div", beside, form, class_="two")


def write_judgment(visit: Visit, given: Draft | Unsaid, asked: Text, prefix: str = "", **look: str) -> Html:
    """An outcome, how sure one is, and why; ``prefix`` begins the names of what is said."""
    outcome, confidence, item = f"{prefix}outcome", f"{prefix}confidence", visit.under_way.current
    levels = options((str(one), say(f"confidence_{one}")) for one in Confidence)
    sure = {"action": confidence, "about": item, "options_class": "options three"}
    return fragment(
        radios(f"training-{outcome}", asked, _list_outcomes(), given.outcome, action=outcome, about=item, **look),
        radios(f"training-{confidence}", say("confidence"), levels, given.confidence, **sure, **look),
        write_text(visit, "reason", given.reason, f"{prefix}reason", "reason_hint"),
    )


def _list_outcomes() -> tuple[Option, ...]:
    """The outcomes to choose from, each with its mark."""
    return options((str(one), write_outcome_mark(one)) for one in Outcome)


def write_text(visit: Visit, key: str, text: str, action: str, hint: str = "") -> Html:
    """A text of the trainee's own. What is typed comes back after a reload, in this training and for this case alone."""
    training = visit.under_way
    name = f"training-{action}"
    keep = f"{name}-{training.mark}-{training.current}-{len(training.now.events)}"
    more: dict[str, Any] = {"data_action": action, "data_keep": keep, "data_about": training.current}
    more["aria_describedby"] = f"{name}-hint" if hint else None
    return element(
        "div",
        element("label", say(key), for_=name),
        element("span", say(hint), class_="hint", id=f"{name}-hint") if hint else None,
        element("textarea", text, id=name, rows="3", maxlength=str(MOST_TEXT), **more),
        class_="ask",
    )


def write_case(visit: Visit) -> Html:
    """The story, or what was heard in an interview."""
    draft, vignette = visit.now.draft, visit.vignette
    if draft.interview:
        return write_talk(vignette, draft.asked, visit.edition)
    return write_story(vignette, visit.edition, (), draft.passages)


def _go_back(screen: str) -> Html:
    return press("go_back", "screen", value=screen, class_="quiet")


# what decides


def _write_deciding(visit: Visit) -> Html:
    draft, item, meanings = visit.now.draft, visit.under_way.current, visit.edition.guidance.meanings
    finding = {None: "", "": NONE}.get(draft.finding, draft.finding)
    found = [(name, meanings[name]) for name in offer_findings(visit.vignette, visit.library)]
    choices = options((*found, (NONE, say("none_of_these"))))
    title = say("finding_only" if draft.interview else "finding")
    chooser = radios("training-finding", write_terms(title), choices, finding, action="finding", about=item, class_="ask")
    lock = press("lock", value=digest(draft), class_="firm", data_about=item)
    form = element(
        "section",
        chooser,
        _write_facts(visit),
        told_here(visit),
        tools(lock, _go_back("judge")),
        element("p", say("lock_hint"), class_="hint"),
        class_="asks",
    )
    if draft.interview:
        left = heading(say("what_decides"), "decide"), hint("point_none"), write_case(visit)
    else:
        left = heading(say("point"), "decide"), hint("point_hint"), write_pointing(visit)
    return element("div", element("div", *left), form, class_="two")


def _write_facts(visit: Visit) -> Html:
    """The few facts on which the case turns, and others beside them; optional."""
    item, rows = visit.under_way.current, []
    for name in offer_facts(visit.vignette, visit.edition):
        one = visit.edition.fields[name]
        choices = options((option.name, option.label) for option in one.options)
        given = visit.now.draft.fields.get(name)
        clear = button(
            words("page.take_back"), "record", name, "", of=one.question, class_="quiet", data_about=item, hidden=not given
        )
        rows.append(radios(f"training-{name}", one.question, choices, given, action="record", name=name, about=item, after=clear))
    return details(say("facts"), element("p", say("facts_hint"), class_="hint"), *rows, key=f"facts-{item}")


def write_answer(visit: Visit) -> Html:
    """What was locked in, word for word."""
    draft, second, story = visit.now.draft, visit.now.second, visit.vignette.story
    meanings = {"": say("none_of_these"), **visit.edition.guidance.meanings}
    rows: list[tuple[str, str]] = []
    if draft.outcome:
        rows.append((say("you_would"), outcome_words(draft.outcome)))
    if draft.confidence:
        rows.append((say("how_sure"), say(f"confidence_{draft.confidence}")))
    rows.append((say("why"), draft.reason))
    if draft.finding is not None:
        rows.append((say("you_chose"), meanings.get(draft.finding, words("supervision.unknown_rule"))))
    rows += [(say("you_pointed"), f"“{story[one.start : one.end]}”") for one in draft.passages]
    if second:
        rows.append((say("second_said"), f"{outcome_words(second.outcome)} · {say(f'confidence_{second.confidence}')}"))
        rows.append((say("why"), second.reason))
    rows += [(say("thought"), text) for text in visit.now.reflections]
    quoted = {say("why"), say("you_pointed"), say("thought")}
    cells = [
        fragment(element("dt", name), element("dd", text, class_="quoted" if name in quoted else None))
        for name, text in rows
        if text
    ]
    return element("dl", *cells, class_="card given")
