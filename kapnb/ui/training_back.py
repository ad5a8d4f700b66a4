"""Looking back: counts of agreement by confidence, drawn as dots, and the same in words. No mark is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.text.blocks import Block
from kapnb.text.html import Html, element
from kapnb.text.words import words
from kapnb.training.looking_back import LookingBack, Met, look_back
from kapnb.ui.controls import button
from kapnb.ui.markup import write_folded, write_lines
from kapnb.ui.training_visit import Visit

ACROSS: Final = 12
"""Dots in a line; more go to the next."""
STEP: Final = 22.0
LEFT: Final = 76.0


def write_back(visit: Visit) -> Html:
    """The training in retrospect."""
    back = look_back(visit.under_way, visit.library)
    calibration, topics, recurring, claims = back.blocks
    go = button(words("training_page.back_to_cases"), "practice")
    return element(
        "section",
        element("h2", words("training_page.looking_back"), id="training-back", tabindex="-1"),
        element("p", words("training_page.looking_back_lead"), class_="intro"),
        element(
            "div",
            element(
                "section",
                element("h3", calibration.title),
                write_calibration(back, calibration) if back.judgments else None,
                write_lines(calibration, {}),
                class_="card calibration",
            ),
            element(
                "div",
                element("section", element("h3", recurring.title), write_lines(recurring, {}), class_="card recurring"),
                element("div", write_folded(topics, {}), write_folded(claims, {}), class_="panel more"),
            ),
            class_="back-columns",
        ),
        element("div", go, class_="tools"),
        class_="looking-back",
    )


def write_calibration(back: LookingBack, block: Block) -> Html:
    """A row for each confidence: a filled dot for a judgment that agreed with this source, a ring for one that did not."""
    rows: list[Html] = []
    top = 0.0
    for met in back.confidence:
        rows += _draw_row(met, top)
        top += STEP * max(1, -(-met.judgments // ACROSS)) + 14
    said = words("training_page.calibration_said", lines=" ".join(f"{line.text}." for line in block.lines[:-1]))
    wide = LEFT + STEP * ACROSS
    plot = element(
        "svg",
        element("title", said),
        *rows,
        class_="calibration-plot",
        role="img",
        aria_label=said,
        viewBox=f"0 0 {wide:.0f} {top:.0f}",
    )
    key = element(
        "p",
        element("span", class_="dot on", aria_hidden="true"),
        element("span", words("training_page.dot_agreed")),
        element("span", class_="dot", aria_hidden="true"),
        element("span", words("training_page.dot_differed")),
        class_="dots-key",
    )
    return element("div", plot, key, class_="calibration-figure")


def _draw_row(met: Met, top: float) -> Iterator[Html]:
    label = words(f"training_page.confidence_{met.confidence}")
    yield element("text", label, x="0", y=f"{top + 16:.0f}")
    for at in range(met.judgments):
        x, y = LEFT + 9 + STEP * (at % ACROSS), top + 11 + STEP * (at // ACROSS)
        yield element("circle", cx=f"{x:.0f}", cy=f"{y:.0f}", r="7", class_="agreed" if at < met.agreed else "differed")
    if not met.judgments:
        yield element("line", x1=f"{LEFT}", x2=f"{LEFT + 40}", y1=f"{top + 11}", y2=f"{top + 11}", class_="none")
