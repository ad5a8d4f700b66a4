"""Looking back: counts of agreement by confidence, drawn as dots, and the same in words. No mark is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.text.blocks import Block
from kapnb.text.html import Html, element
from kapnb.training.looking_back import LookingBack, look_back
from kapnb.ui.markup import write_folded, write_lines
from kapnb.ui.training_desk import heading, press, tools
from kapnb.ui.training_visit import Visit, say

ACROSS: Final = 12
"""Dots in a line; more go to the next."""
STEP: Final = 22
LEFT: Final = 76


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
