"""After the commitment: both answers side by side, the twin, the others, what it teaches, and what then changes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import Block, Line
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.follow_ups import Asked, response_words
from kapnb.training.reveal import Reveal, explain_committed
from kapnb.training.session import MOST_ANNOTATION, RESPONSES, Passage, read
from kapnb.ui.charts import STEPS, describe_counts, write_dots
from kapnb.ui.controls import button, details, notice, options, radios
from kapnb.ui.markup import write_badges, write_explanation, write_folded, write_lines, write_support
from kapnb.ui.training_story import split_paragraphs, split_sentences, write_pieces
from kapnb.ui.training_visit import Place, Visit, digest, find_next

OPEN: Final = frozenset(("response", "moved", "reasoning"))
"""The blocks of a follow-up that are read at once; the rest is one step away."""


def write_difference(visit: Visit, shown: Reveal) -> Html:
    """What was committed and where it differs from the source, beside the story."""
    own, committed = shown.located.judgment.outcome, explain_committed(visit.under_way.now, visit.library)
    return element(
        "section",
        element("h2", shown.difference.title, id="training-revealed", tabindex="-1"),
        _write_positions(own, shown.assessment) if own else None,
        write_lines(shown.difference, {}),
        element("h3", committed.title),
        write_lines(committed, {}),
        class_="card judgment revealed",
    )


def _write_positions(own: Outcome, assessment: Assessment) -> Html:
    """Both outcomes on the scale of five steps."""
    source = assessment.outcome
    said = words("training_page.positions", own=outcome_words(own), source=outcome_words(source, assessment.reasons))
    marks = []
    for step in STEPS:
        here = [words(f"training_page.mark_{name}") for name, one in (("own", own), ("source", source)) if one is step]
        state = " ".join(name for name, one in (("on", source), ("own", own)) if one is step)
        tag = element("span", " · ".join(here), class_="whose-mark") if here else None
        marks.append(element("li", element("span", str(step.step), class_="step"), tag, class_=state or None, data_outcome=step))
    ends = element("p", element("span", words("page.most_cautious")), element("span", words("page.least_cautious")), class_="ends")
    return element(
        "div", element("ol", *marks, class_="scale both", aria_hidden="true"), ends, role="img", aria_label=said, class_="positions"
    )


def write_source(visit: Visit, shown: Reveal) -> Html:
    """What the source says, the twin, the others and the prompts."""
    return _write_source(shown, read(visit.under_way, visit.library).story)


@lru_cache(maxsize=4)  # it stays as it is while the case is on view
def _write_source(shown: Reveal, story: str) -> Html:
    first = [block for block in shown.source if block.key in {"outcome", "four"}]
    rest = [block for block in shown.source if block not in first]
    debrief = _write_debrief(shown.debrief) if shown.debrief else None
    answer = element("div", write_explanation(shown.assessment, first, ()), debrief)
    reasons = element("div", write_explanation(shown.assessment, rest, ()))
    return join(
        (
            element("div", answer, reasons, class_="source-answer"),
            _write_twin(shown, story),
            _write_panel(shown.panel, shown) if shown.panel else None,
            element("div", write_folded(shown.prompts, {}), class_="panel more prompts"),
        )
    )


def write_rest(visit: Visit) -> Html:
    """What is left to do with the case: follow-ups, what changed one's mind, and on to the next."""
    return join((write_follow_ups(visit), write_annotation(visit), write_next(visit)))


def _write_debrief(block: Block) -> Html:
    return element("section", element("h2", block.title), *(element("p", line.text) for line in block.lines), class_="debrief")


# The twin


def _write_twin(shown: Reveal, story: str) -> Html | None:
    twin = shown.twin
    if twin is None:
        waits = element("p", words("training.twin_waits"))
        return element("section", element("h2", words("training.twin")), waits, class_="twin") if shown.twin_waits else None
    here, there = compare_stories(story, twin.story)
    fact, *outcomes = twin.block.lines
    columns = (
        (words("training_page.this_story"), story, here, outcomes[0]),
        (words("training_page.twin_story", title=twin.title), twin.story, there, outcomes[1]),
    )
    return element(
        "section",
        element("h2", twin.block.title),
        write_support(twin.support) if twin.support else None,
        element("p", fact.text, class_="fact"),
        element("div", *(_write_side(*column) for column in columns), class_="sides"),
        *(element("p", line.text) for line in outcomes[2:]),
        class_="twin",
    )


def _write_side(title: str, story: str, apart: Sequence[Passage], outcome: Line) -> Html:
    text = (element("p", *write_pieces(story, start, end, apart)) for start, end in split_paragraphs(story))
    return element(
        "article",
        element("h3", title),
        element("p", outcome.text, class_="came-to"),
        element("div", *text, class_="text small"),
        class_="side",
    )


def compare_stories(one: str, other: str) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """The sentences in which two stories differ, in each of them."""
    ours, theirs = (
        [p for start, end in split_paragraphs(text) for p in split_sentences(text, start, end)] for text in (one, other)
    )
    left, right = ([text[p.start : p.end] for p in found] for text, found in ((one, ours), (other, theirs)))
    here: list[Passage] = []
    there: list[Passage] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind != "equal":
            here += ours[a:b]
            there += theirs[c:d]
    return tuple(here), tuple(there)


# The others


def _write_panel(panel: Block, shown: Reveal) -> Html:
    return element(
        "section",
        element("h2", panel.title),
        write_spread_plot(shown, shown.counts) if shown.counts else None,
        write_lines(panel, {}),
        class_="card panel-spread",
    )


def write_spread_plot(shown: Reveal, counts: dict[Outcome, int]) -> Html:
    """A dot for each judgment on the scale of five steps, a frame around this source, and a line under one's own."""
    own, source = shown.located.judgment.outcome, shown.assessment.outcome
    said = words(
        "training_page.spread",
        spread=describe_counts(counts),
        source=outcome_words(source, shown.assessment.reasons),
        own=outcome_words(own) if own else words("training.none_of_these"),
    )
    plot = write_dots(counts, source, said, own=own)
    return element("div", plot, element("p", words("training_page.spread_key"), class_="hint"), class_="spread-figure")


# Follow-ups


def write_follow_ups(visit: Visit) -> Html | None:
    """The follow-ups so far, and the next one; those after it are not there yet."""
    asked = visit.asked
    if not asked:
        return None
    last = [*visit.under_way.now.responses][-1:]
    done = [
        _write_answered(one, number, len(asked), focus=[one.place] == last)
        for number, one in enumerate(asked, 1)
        if one.response is not None
    ]
    coming = next(((one, number) for number, one in enumerate(asked, 1) if one.response is None), None)
    return element(
        "section",
        element("h2", words("training_page.follow_ups"), id="training-follow-ups", tabindex="-1"),
        element("p", words("training_page.follow_ups_lead"), class_="intro"),
        *done,
        _write_asked(visit, *coming, len(asked)) if coming else None,
        class_="follow-ups",
    )


def _write_learn(one: Asked, place: int, count: int) -> Iterator[Html]:
    yield element("h3", words("training_page.follow_up", number=place, count=count))
    yield element("p", one.learn, class_="learn")
    if one.support:
        yield write_support(one.support)


def _write_asked(visit: Visit, one: Asked, place: int, count: int) -> Html:
    responses = options((str(response), response_words(response)) for response in RESPONSES)
    chosen, item = None if visit.leaning is None else str(visit.leaning), visit.under_way.current
    give = button(words("training_page.respond"), "respond", str(one.place), class_="firm", data_focus=True, data_about=item)
    return element(
        "article",
        *_write_learn(one, place, count),
        radios(
            "training-lean", words("training_page.lean"), responses, chosen, action="lean", about=item, options_class="options five"
        ),
        notice(visit.said_at(Place.FOLLOW_UP)),
        element("div", give, element("span", words("training_page.respond_hint"), class_="hint"), class_="tools"),
        class_="card follow-up asked",
        id=f"training-asked-{one.place}",
    )


@lru_cache(maxsize=16)
def _write_answered(one: Asked, place: int, count: int, *, focus: bool) -> Html:
    at_once = [_write_block(block) for block in one.blocks if block.key in OPEN]
    rest = [_write_block(block) for block in one.blocks if block.key not in OPEN]
    more = details(words("training_page.follow_up_more"), *rest, key=f"training-more-{one.place}") if rest else None
    return element(
        "article",
        *_write_learn(one, place, count),
        *at_once,
        more,
        class_="card follow-up answered",
        id=f"training-answered-{one.place}",
        tabindex="-1",
        data_focus=focus,
    )


def _write_block(block: Block) -> Html:
    head, *rest = block.lines
    if block.key == "response" and not rest:
        return element("p", head.text, write_badges(head), class_="own-response")
    return element("div", element("h4", block.title), write_lines(block, {}), class_=f"block {block.key}")


# What changed one's mind, and on


def write_annotation(visit: Visit) -> Html:
    """What was added so far, and a place to add more."""
    attempt = visit.under_way.now
    # what is typed comes back for this judgment and nowhere else
    key = f"training-note-{attempt.item.id}-{digest(attempt.draft)}-{len(attempt.annotations)}"
    said = [element("li", element("p", text)) for text in attempt.annotations]
    box = element(
        "textarea",
        id=key,
        rows="3",
        maxlength=str(MOST_ANNOTATION),
        aria_describedby="training-note-hint",
        data_action="note",
        data_keep=key,
        data_about=attempt.item.id,
    )
    return element(
        "section",
        element("h2", words("training_page.changed"), id="training-changed", tabindex="-1"),
        element("ul", *said, class_="annotations") if said else None,
        element("label", words("training_page.note"), for_=key),
        box,
        element("p", words("training_page.note_hint"), class_="hint", id="training-note-hint"),
        notice(visit.said_at(Place.NOTE)),
        element("div", button(words("training_page.annotate"), "annotate", data_about=attempt.item.id), class_="tools"),
        class_="changed",
    )


def write_next(visit: Visit) -> Html:
    """On to the next item, or at the end back over all of them."""
    key = "next" if find_next(visit) else "look_back"
    return element("div", button(words(f"training_page.{key}"), "next", class_="firm"), class_="tools onward")
