"""The cases by title with what was met, and the training in retrospect."""

from __future__ import annotations

from kapnb.text.html import Html, element, fragment
from kapnb.text.phrases import edition_words, join_words
from kapnb.text.words import words
from kapnb.training.looking_back import look_back
from kapnb.training.reveal import locate_attempt
from kapnb.training.session import BLANK, Attempt, find
from kapnb.ui.controls import button, details
from kapnb.ui.explanation import write_lines
from kapnb.ui.training_desk import heading, press, tools
from kapnb.ui.training_visit import Visit, say


def write_list(visit: Visit) -> Html:
    """The cases of this set, those before it folded, and the ways on."""
    training = visit.under_way
    places = [*training.attempts]
    here = [one for one in training.present if places.index(one.item.id) >= training.since]
    before = [one for one in training.present if one not in here]
    done, left = sum(one.revealed for one in here), [one for one in here if not one.revealed]
    minutes = sum(find(visit.library, one.item).minutes for one in left)
    said = say("left", done=done, count=len(here), minutes=minutes) if left else say("all_done", count=len(here))
    following = left[0].item.id if left else ""
    rows = [_write_row(visit, one, is_next=one.item.id == following) for one in here]
    earlier = element("ol", *(_write_row(visit, one, is_next=False) for one in before), class_="my-cases") if before else None
    return element(
        "section",
        heading(say("my_cases"), "list"),
        element("p", said, class_="intro"),
        element("p", edition_words(visit.edition), class_="hint") if visit.edition.changed else None,
        element("ol", *rows, class_="my-cases"),
        details(say("earlier", count=len(before)), earlier, key="earlier") if before else None,
        element("p", say("content"), class_="hint"),
        tools(
            press("looking_back", "screen", value="back") if any(one.revealed for one in training.present) else None,
            None if visit.linked else press("another", class_="quiet" if left else "firm"),
        ),
        class_="screen narrow",
    )


def _write_row(visit: Visit, one: Attempt, *, is_next: bool) -> Html:
    vignette = find(visit.library, one.item)
    state = "now" if is_next else "begun" if one.open and one.draft != BLANK else one.stage
    minutes = say("interview_minutes" if vignette.interview else "case_minutes", minutes=vignette.minutes)
    about = describe_met(visit, one) if one.revealed else say("locked_in") if not one.open else minutes
    if state == "begun":
        about = f"{minutes} · {say('begun')}"
    key = "look_again" if one.revealed else "go_on" if one.draft != BLANK or not one.open else "start"
    act = button(say(key), "open", one.item.id, of=vignette.title, class_="firm" if is_next else "quiet", data_focus=is_next)
    spoken = element("span", say(f"state_{state}"), " ", class_="visually-hidden")
    text = element("span", spoken, element("strong", vignette.title), element("span", about, class_="state"))
    mark = element("span", class_="st", aria_hidden="true")
    return element("li", mark, text, act, class_=state)


def describe_met(visit: Visit, attempt: Attempt) -> str:
    """How a revealed case compares, and what it tempts to."""
    vignette = find(visit.library, attempt.item)
    found = locate_attempt(attempt, vignette, visit.edition.assess(vignette.answers))
    kinds = join_words([words(f"training.kind_{kind}") for kind in found.kinds])
    if found.agrees:
        said = say("same_otherwise" if kinds else "same")
    else:
        said = say("other_kinds", kinds=kinds) if kinds else say("other")
    traps = "; ".join(words(f"vignettes.trap.{trap}") for trap in vignette.traps)
    return f"{said}. {say('met', traps=traps)}." if traps else f"{said}."


def write_back(visit: Visit) -> Html:
    """The training in retrospect."""
    blocks = look_back(visit.under_way, visit.library).blocks
    parts = [element("section", element("h3", block.title), write_lines(block, {})) for block in blocks if block.open]
    parts += [details(block.title, write_lines(block, {}), key=block.key) for block in blocks if not block.open]
    return element(
        "section",
        heading(say("looking_back"), "back"),
        *parts,
        tools(press("to_cases", "screen", value="list", class_="firm")),
        class_="screen narrow looking-back",
    )


def write_cases(visit: Visit) -> Html:
    """The screen on view that is about all cases."""
    return (
        write_back(visit)
        if visit.screen == "back"
        else fragment(
            write_list(visit),
        )
    )
