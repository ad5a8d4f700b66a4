"""After the lock: both judgments in a sentence, what decides beside one's own marks, the debrief, and one follow-up at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Final

from kapnb.text.blocks import Block, Line
from kapnb.text.glossary import write_terms, write_voice
from kapnb.text.html import Html, element, fragment, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.reveal import Asked, Beside, Reveal, Verdict, response_words
from kapnb.training.session import RESPONSES, Passage
from kapnb.ui.controls import details, options, radios
from kapnb.ui.dots import count_words, write_legend, write_strip
from kapnb.ui.explanation import write_badges, write_lines, write_pane, write_support
from kapnb.ui.training_desk import (
    heading,
    press,
    split_paragraphs,
    split_sentences,
    told_here,
    tools,
    write_help,
    write_pieces,
    write_story,
    write_talk,
)
from kapnb.ui.training_loop import write_answer, write_bar, write_judgment, write_text
from kapnb.ui.training_visit import Visit, find_next, say

AT_ONCE: Final = ("moved", "reasoning")
"""The blocks of an answered follow-up that are read at once; the rest is one step away."""


def write_reveal(visit: Visit, shown: Reveal) -> Html:
    """The reveal, or the follow-up at hand."""
    if visit.screen != "reveal":
        return fragment(write_bar(visit), _write_follow_up(visit))
    debrief = [element("p", write_terms(text)) for text in shown.debrief]
    told = element(
        "div",
        _write_key(visit, shown),
        _write_best(visit, shown),
        element("div", element("h3", say("debrief")), *debrief, class_="debrief") if debrief else None,
        _write_difference(shown),
        told_here(visit),
        tools(*_list_ways_on(visit)),
        write_help(visit),
        class_="lesson",
    )
    story = write_story(visit.vignette, visit.edition, shown.decides, visit.now.draft.passages)
    beside = element(
        "div",
        _write_interview(visit, shown) if shown.interview else None,
        element("div", element("h3", say("story")), story, class_="open-story"),
        details(say("story"), story, key=f"told-{visit.vignette.id}", class_="folded-story"),  # on a phone: it has been read
        class_="evidence",
    )
    return fragment(
        write_bar(visit),
        _write_verdict(shown.verdict),
        element("div", told, beside, class_="two opened"),
        element("div", *_write_folds(visit, shown), class_="unfolds"),
    )


def _write_verdict(verdict: Verdict) -> Html:
    """Whose view it is, first; then both judgments."""
    if verdict.basis is None:
        whose = element("span", say("too_little"))
    else:
        where = element("a", verdict.where, href=f"article#{verdict.paragraphs[0]}") if verdict.paragraphs else verdict.where
        whose = element("span", write_voice(verdict.basis), " ", where)
    return element("div", element("p", whose, class_="whose"), heading(verdict.text, "revealed"), class_="sentence-verdict")


def _write_key(visit: Visit, shown: Reveal) -> Html | None:
    """The sentences that decide, beside one's own."""
    story, mine, rows = visit.vignette.story, visit.now.draft.passages, list[tuple[str, str | None, Passage]]()
    for one in shown.decides:
        alike = any(one.start <= own.start and own.end <= one.end for own in mine)
        rows.append(("both", "mine alike", one) if alike else ("decides", None, one))
    for own in mine:
        if not any(one.start <= own.start and own.end <= one.end for one in shown.decides):
            rows.append(("your_sentence", "mine", own))
    parts = []
    for key, together in groupby(rows, lambda row: row[0]):
        quotes = (element("q", element("mark", story[one.start : one.end], class_=look)) for _, look, one in together)
        parts.append(element("li", element("span", say(key), class_="hint"), join(quotes, " ")))
    return element("ul", *parts, class_="key-sentences") if parts else None


def _write_difference(shown: Reveal) -> Html | None:
    lines = [element("p", line.text) for line in shown.difference.lines] if shown.difference else []
    if shown.prediction:
        lines.append(element("p", shown.prediction, class_="hint"))
    if not lines:
        return None
    title = element("h3", shown.difference.title) if shown.difference else None
    return element("section", title, *lines, class_="card difference")


def _write_best(visit: Visit, shown: Reveal) -> Html | None:
    """Which question was worth most, and its answer."""
    seen = shown.interview
    if not (seen and seen.best):
        return None
    key = "best" if seen.best in seen.asked else "best_not_asked"
    question, reply = visit.edition.fields[seen.best].spoken, visit.vignette.replies[seen.best]
    parts = element("p", say(key), class_="hint"), element("h3", question), element("p", reply, class_="reply")
    return element("section", *parts, class_="card best")


def _write_interview(visit: Visit, shown: Reveal) -> Html:
    """What was asked and what was not."""
    seen, fields = shown.interview, visit.edition.fields
    parts: list[Html] = []
    for key, names in (("you_asked", seen.asked), ("missed", seen.missed), ("quiet", seen.quiet)) if seen else ():
        rows = element("ul", *(element("li", fields[name].spoken) for name in names))
        if names:
            note = element("p", say("nobody_asked"), class_="hint") if key == "missed" else None
            parts.append(details(f"{say(key)} ({len(names)})", note, rows, key=f"asked-{key}"))
    return element("div", *parts, class_="review")


def _list_ways_on(visit: Visit) -> Iterator[Html]:
    """What comes next: one more finding, or the next case."""
    more = any(one.response is None for one in visit.asked)
    if more:
        yield press("one_more", "screen", value="follow", class_="firm")
    key, look = "next" if find_next(visit) else "finish", "quiet" if more else "firm"
    yield press(key, "next", class_=look, data_about=visit.under_way.current)


def _write_folds(visit: Visit, shown: Reveal) -> Iterator[Html]:
    item, draft = visit.vignette.id, visit.now.draft
    yield details(say("your_answer"), write_answer(visit), key=f"answer-{item}")
    yield details(say("more"), write_pane(shown.source, ()), key=f"more-{item}", class_="from-source")
    if shown.twin:
        yield details(shown.twin.block.title, _write_twin(shown.twin, visit.vignette.story), key=f"twin-{item}")
    elif shown.twin_waits:
        yield details(words("training.twin"), element("p", write_terms(words("training.twin_waits"))), key=f"twin-{item}")
    if shown.judged:
        yield details(words("training.panel"), _write_panel(shown), key=f"panel-{item}")
    if shown.interview:
        yield details(say("talk"), write_talk(visit.vignette, draft.asked, visit.edition), key=f"talk-{item}")
    yield details(shown.prompts.title, write_lines(shown.prompts, {}), key=f"prompts-{item}", class_="prompts")
    if not visit.now.second:
        yield _write_second(visit)
    yield _write_thought(visit)


def _write_second(visit: Visit) -> Html:
    """The judgment after talking, which stands beside the first."""
    item = visit.under_way.current
    return details(
        say("second"),
        element("p", say("second_hint"), class_="hint"),
        write_judgment(visit, visit.under_way.unsaid, say("outcome"), "later_"),
        tools(press("second_give", "reconsider", data_about=item)),
        key=f"second-{item}",
        class_="asks",
    )


def _write_thought(visit: Visit) -> Html:
    training = visit.under_way
    box = write_text(visit, "thought_label", training.unsaid.thought, "later_thought", "thought_hint")
    give = press("thought_give", "reflect", str(len(training.now.reflections)), data_about=training.current)
    return details(say("thought"), box, tools(give), key=f"thought-{training.current}")


# The twin, and the others


def _write_twin(twin: Beside, story: str) -> Html:
    here, there = compare_stories(story, twin.story)
    fact, came_to_here, came_to_there = twin.block.lines
    left = _write_side(say("this_story"), story, here, came_to_here)
    right = _write_side(say("twin_story", title=twin.title), twin.story, there, came_to_there)
    first = write_support(twin.support) if twin.support else None
    told = element("p", write_terms(fact.text), class_="fact")
    return element("div", first, told, element("div", left, right, class_="sides"), class_="twin")


def _write_side(title: str, story: str, apart: Sequence[Passage], outcome: Line) -> Html:
    text = (element("p", *write_pieces(story, start, end, apart)) for start, end in split_paragraphs(story))
    came_to = element("p", outcome.text, class_="came-to")
    return element("article", element("h3", title), came_to, element("div", *text, class_="text small"), class_="side")


def compare_stories(one: str, other: str) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """The sentences in which two stories differ, in each of them."""
    ours, theirs = (
        [p for start, end in split_paragraphs(text) for p in split_sentences(text, start, end)] for text in (one, other)
    )
    left, right = ([text[p.start : p.end] for p in found] for text, found in ((one, ours), (other, theirs)))
    steps = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    here = tuple(p for kind, a, b, _, _ in steps if kind != "equal" for p in ours[a:b])
    there = tuple(p for kind, _, _, c, d in steps if kind != "equal" for p in theirs[c:d])
    return here, there


def _write_panel(shown: Reveal) -> Html:
    """A row for each outcome with a dot for each person, a frame around the article's, and "you" beside one's own."""
    own, source = shown.located.judgment.outcome, shown.assessment.outcome
    values = {"source": outcome_words(source, shown.assessment.reasons), "own": outcome_words(own) if own else ""}
    said = say("spread", spread=count_words(shown.judged), **values)
    strip = write_strip(shown.judged, source, own=own, said=said)
    missing = sum(one.outcome is None for one in shown.judged)
    rest = [words("supervision.incomplete", incomplete=missing)] if missing else []
    lines = tuple(map(Line, (*rest, words("training.panel_note"))))
    return element(
        "div",
        element("div", strip, write_legend(shown.judged), class_="spread-figure"),
        write_lines(Block("panel", "", lines), {}),
        class_="panel-spread",
    )


# Follow-ups


def _write_follow_up(visit: Visit) -> Html:
    """The follow-up at hand, or the one that was just answered."""
    done = [one for one in visit.asked if one.response is not None]
    coming = next((one for one in visit.asked if one.response is None), None)
    if coming and (visit.screen == "follow" or not done):
        return _write_asked(visit, coming, len(done) + 1)
    last = [*visit.now.responses][-1:]
    answered = [one for one in done if [one.place] == last] or done[-1:]
    if answered:
        return _write_answered(visit, answered[0], len(done))
    return element("section", tools(*_list_ways_on(visit)), class_="screen narrow")


def _write_asked(visit: Visit, one: Asked, number: int) -> Html:
    responses = options((str(response), response_words(response)) for response in RESPONSES)
    lean, item = visit.under_way.unsaid.lean, visit.under_way.current
    chosen = None if lean is None else str(lean)
    give = press("respond", name=str(one.place), class_="firm", data_focus=True, data_about=item)
    return element(
        "section",
        element("p", say("follow_up", number=number, count=len(visit.asked)), " · ", say("learn"), class_="hint"),
        heading(one.learn, "follow-up"),
        write_support(one.support) if one.support else None,
        radios("training-lean", say("lean"), responses, chosen, action="later_lean", about=item, class_="ask"),
        write_text(visit, "lean_why", visit.under_way.unsaid.why, "later_why"),
        told_here(visit),
        tools(give, press("go_back", "screen", value="reveal", class_="quiet")),
        class_="screen narrow asks",
    )


def _write_answered(visit: Visit, one: Asked, number: int) -> Html:
    at_once = [_write_block(block) for block in one.blocks if block.key in AT_ONCE]
    own = next(block for block in one.blocks if block.key == "response")
    rest = [_write_block(block) for block in one.blocks if block.key not in {*AT_ONCE, "response"}]
    return element(
        "section",
        element("p", say("follow_up", number=number, count=len(visit.asked)), " · ", say("learn"), class_="hint"),
        heading(one.learn, "follow-up"),
        _write_block(own),
        element("p", one.reason, class_="quoted") if one.reason else None,
        element("div", *at_once, class_="card changed-by"),
        details(say("follow_up_more"), *rest, key=f"training-more-{one.place}") if rest else None,
        tools(*_list_ways_on(visit), press("go_back", "screen", value="reveal", class_="quiet")),
        class_="screen narrow",
    )


def _write_block(block: Block) -> Html:
    head, *rest = block.lines
    if block.key == "response" and not rest:
        return element("p", head.text, write_badges(head), class_="own-response")
    return element("div", element("h3", block.title), write_lines(block, {}), class_=f"block {block.key}")
