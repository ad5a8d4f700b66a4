"""After the commitment: both answers side by side, the twin, the others, what it teaches, what changes it, and looking back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import Block, Line
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.looking_back import LookingBack, look_back
from kapnb.training.reveal import Asked, Beside, Reveal, explain_committed, response_words
from kapnb.training.session import MOST_ANNOTATION, RESPONSES, Passage, find
from kapnb.ui.charts import STEPS, describe_counts, write_dots
from kapnb.ui.controls import details, notice, options, radios
from kapnb.ui.markup import write_badges, write_explanation, write_folded, write_lines, write_support
from kapnb.ui.training_desk import heading, hint, press, split_paragraphs, split_sentences, tools, write_pieces
from kapnb.ui.training_visit import Visit, digest, find_next, say

ACROSS: Final = 12
"""Dots in a line; more go to the next."""
STEP: Final = 22
LEFT: Final = 76
OPEN: Final = frozenset(("response", "moved", "reasoning"))
"""The blocks of a follow-up that are read at once; the rest is one step away."""


def write_difference(visit: Visit, shown: Reveal) -> Html:
    """What was committed and where it differs from the source, beside the story."""
    own, committed = shown.located.judgment.outcome, explain_committed(visit.under_way.now, visit.library)
    return element(
        "section",
        heading(shown.difference.title, "revealed"),
        _write_positions(own, shown.assessment) if own else None,
        write_lines(shown.difference, {}),
        element("h3", committed.title),
        write_lines(committed, {}),
        class_="card judgment revealed",
    )


def _write_positions(own: Outcome, assessment: Assessment) -> Html:
    """Both outcomes on the scale of five steps."""
    source = assessment.outcome
    said = say("positions", own=outcome_words(own), source=outcome_words(source, assessment.reasons))
    marks = []
    for step in STEPS:
        here = [say(f"mark_{name}") for name, one in (("own", own), ("source", source)) if one is step]
        look = " ".join(name for name, one in (("on", source), ("own", own)) if one is step)
        tag = element("span", " · ".join(here), class_="whose-mark") if here else None
        marks.append(element("li", element("span", str(step.step), class_="step"), tag, class_=look or None, data_outcome=step))
    ends = element("p", element("span", words("page.most_cautious")), element("span", words("page.least_cautious")), class_="ends")
    scale = element("ol", *marks, class_="scale both", aria_hidden="true")
    return element("div", scale, ends, role="img", aria_label=said, class_="positions")


def write_source(visit: Visit, shown: Reveal) -> Html:
    """What the source says, the twin, the others and the prompts."""
    first = [block for block in shown.source if block.key in {"outcome", "four"}]
    rest = [block for block in shown.source if block not in first]
    taught, debrief = shown.debrief, None
    if taught:
        paragraphs = (element("p", line.text) for line in taught.lines)
        debrief = element("section", element("h2", taught.title), *paragraphs, class_="debrief")
    answer = element("div", write_explanation(shown.assessment, first, ()), debrief)
    reasons = element("div", write_explanation(shown.assessment, rest, ()))
    twin = None
    if shown.twin:
        twin = _write_twin(shown.twin, find(visit.library, visit.under_way.now.item).story)
    elif shown.twin_waits:
        waits = element("p", words("training.twin_waits"))
        twin = element("section", element("h2", words("training.twin")), waits, class_="twin")
    prompts = element("div", write_folded(shown.prompts, {}), class_="panel more prompts")
    panel = _write_panel(shown.panel, shown) if shown.panel else None
    return join((element("div", answer, reasons, class_="source-answer"), twin, panel, prompts))


def write_rest(visit: Visit) -> Html:
    """What is left to do with the case: follow-ups, what changed one's mind, and on to the next, or back over all of them."""
    on = tools(press("next" if find_next(visit) else "look_back", "next", class_="firm"))
    return join((_write_follow_ups(visit) if visit.asked else None, _write_annotation(visit), on))


# The twin, and the others


def _write_twin(twin: Beside, story: str) -> Html:
    here, there = compare_stories(story, twin.story)
    fact, came_to_here, came_to_there = twin.block.lines
    left = _write_side(say("this_story"), story, here, came_to_here)
    right = _write_side(say("twin_story", title=twin.title), twin.story, there, came_to_there)
    first = write_support(twin.support) if twin.support else None
    title = element("h2", twin.block.title)
    return element(
        "section", title, first, element("p", fact.text, class_="fact"), element("div", left, right, class_="sides"), class_="twin"
    )


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


def _write_panel(panel: Block, shown: Reveal) -> Html:
    """A dot for each judgment on the scale of five steps, a frame around this source, and a line under one's own."""
    own, source, plot = shown.located.judgment.outcome, shown.assessment.outcome, None
    if shown.counts:
        values = {"source": outcome_words(source, shown.assessment.reasons), "own": outcome_words(own) if own else ""}
        said = say("spread", spread=describe_counts(shown.counts), **values)
        plot = element("div", write_dots(shown.counts, source, said, own=own), hint("spread_key"), class_="spread-figure")
    return element("section", element("h2", panel.title), plot, write_lines(panel, {}), class_="card panel-spread")


# Follow-ups


def _write_follow_ups(visit: Visit) -> Html:
    """The follow-ups so far, and the next one; those after it are not there yet."""
    last = [*visit.under_way.now.responses][-1:]
    done: list[Html] = []
    coming: list[Html] = []
    for number, one in enumerate(visit.asked, 1):
        head = [element("h3", say("follow_up", number=number, count=len(visit.asked))), element("p", one.learn, class_="learn")]
        if one.support:
            head.append(write_support(one.support))
        if one.response is not None:
            done.append(_write_answered(one, head, focus=[one.place] == last))
        elif not coming:
            coming.append(_write_asked(visit, one, head))
    lead = element("p", say("follow_ups_lead"), class_="intro")
    return element("section", heading(say("follow_ups"), "follow-ups"), lead, *done, *coming, class_="follow-ups")


def _write_asked(visit: Visit, one: Asked, head: Sequence[Html]) -> Html:
    responses = options((str(response), response_words(response)) for response in RESPONSES)
    chosen, item = None if visit.leaning is None else str(visit.leaning), visit.under_way.current
    more = {"about": item, "options_class": "options five"}
    give = press("respond", name=str(one.place), class_="firm", data_focus=True, data_about=item)
    return element(
        "article",
        *head,
        radios("training-lean", say("lean"), responses, chosen, action="lean", **more),
        notice(visit.said_at("follow_up")),
        tools(give, element("span", say("respond_hint"), class_="hint")),
        class_="card follow-up asked",
        id=f"training-asked-{one.place}",
    )


def _write_answered(one: Asked, head: Sequence[Html], *, focus: bool) -> Html:
    at_once = [_write_block(block) for block in one.blocks if block.key in OPEN]
    rest = [_write_block(block) for block in one.blocks if block.key not in OPEN]
    more = details(say("follow_up_more"), *rest, key=f"training-more-{one.place}") if rest else None
    key, look = f"training-answered-{one.place}", "card follow-up answered"
    return element("article", *head, *at_once, more, class_=look, id=key, tabindex="-1", data_focus=focus)


def _write_block(block: Block) -> Html:
    head, *rest = block.lines
    if block.key == "response" and not rest:
        return element("p", head.text, write_badges(head), class_="own-response")
    return element("div", element("h4", block.title), write_lines(block, {}), class_=f"block {block.key}")


def _write_annotation(visit: Visit) -> Html:
    """What changed one's mind so far, and a place to add more."""
    attempt = visit.under_way.now
    # what is typed comes back for this judgment and nowhere else
    key = f"training-note-{attempt.item.id}-{digest(attempt.draft)}-{len(attempt.annotations)}"
    said = [element("li", element("p", text)) for text in attempt.annotations]
    more = {"data_action": "note", "data_keep": key, "data_about": attempt.item.id, "aria_describedby": "training-note-hint"}
    return element(
        "section",
        heading(say("changed"), "changed"),
        element("ul", *said, class_="annotations") if said else None,
        element("label", say("note"), for_=key),
        element("textarea", id=key, rows="3", maxlength=str(MOST_ANNOTATION), **more),
        element("p", say("note_hint"), class_="hint", id="training-note-hint"),
        notice(visit.said_at("note")),
        tools(press("annotate", data_about=attempt.item.id)),
        class_="changed",
    )


# Looking back: no mark is given


def write_back(visit: Visit) -> Html:
    """The training in retrospect."""
    back = look_back(visit.under_way, visit.library)
    calibration, topics, recurring, claims = back.blocks
    plot = _write_calibration(back, calibration) if back.judgments else None
    left = element("section", element("h3", calibration.title), plot, write_lines(calibration, {}), class_="card calibration")
    right = (
        element("section", element("h3", recurring.title), write_lines(recurring, {}), class_="card recurring"),
        element("div", write_folded(topics, {}), write_folded(claims, {}), class_="panel more"),
    )
    return element(
        "section",
        heading(say("looking_back"), "back"),
        element("p", say("looking_back_lead"), class_="intro"),
        element("div", left, element("div", *right), class_="back-columns"),
        tools(press("back_to_cases", "practice")),
        class_="looking-back",
    )


def _write_calibration(back: LookingBack, block: Block) -> Html:
    """A row for each confidence: a filled dot for a judgment that agreed with this source, a ring for one that did not."""
    marks = list(_draw(back))
    said = say("calibration_said", lines=" ".join(f"{line.text}." for line in block.lines[:-1]))
    box = f"0 0 {LEFT + STEP * ACROSS} {_tops(back)[-1]}"
    plot = element("svg", element("title", said), *marks, class_="calibration-plot", role="img", aria_label=said, viewBox=box)
    key = []
    for look, name in (("dot on", "agreed"), ("dot", "differed")):
        key += [element("span", class_=look, aria_hidden="true"), element("span", say(f"dot_{name}"))]
    return element("div", plot, element("p", *key, class_="dots-key"), class_="calibration-figure")


def _tops(back: LookingBack) -> list[int]:
    """Where each row begins, and where the last one ends."""
    tops = [0]
    for met in back.confidence:
        tops.append(tops[-1] + STEP * max(1, -(-met.judgments // ACROSS)) + 14)
    return tops


def _draw(back: LookingBack) -> Iterator[Html]:
    for met, top in zip(back.confidence, _tops(back), strict=False):
        yield element("text", say(f"confidence_{met.confidence}"), x="0", y=f"{top + 16}")
        for at in range(met.judgments):
            x, y = LEFT + 9 + STEP * (at % ACROSS), top + 11 + STEP * (at // ACROSS)
            yield element("circle", cx=f"{x}", cy=f"{y}", r="7", class_="agreed" if at < met.agreed else "differed")
        if not met.judgments:
            yield element("line", x1=f"{LEFT}", x2=f"{LEFT + 40}", y1=f"{top + 11}", y2=f"{top + 11}", class_="none")
