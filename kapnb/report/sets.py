"""A training set on paper: handout without answers, facilitator's sheet, role-play cards; a page for each case or card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.discussion import suggest
from kapnb.group.judgments import Confidence
from kapnb.report.content import make_note, tell_whose
from kapnb.report.note import Form, Leaf, Note, make_block, tidy, tidy_block
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.phrases import outcome_words
from kapnb.text.support import most_support, support
from kapnb.text.words import words
from kapnb.training.library import Interview, Vignette, find_support
from kapnb.training.offers import tell_absent
from kapnb.training.reveal import leave_out_codes

MOST_PROMPTS: Final = 4
"""For each case."""


def note_of_set(title: str, vignettes: Sequence[Vignette], edition: Edition) -> Note:
    """The facilitator's sheet: each case with outcome, likely traps, prompts and debrief. It is not for trainees."""
    first = most_support(find_support(one, edition.fields) for one in vignettes)
    rows = [
        Line(words("sheets.row", number=number, title=one.title), (), (_answer(one, edition),))
        for number, one in enumerate(vignettes, 1)
    ]
    listed = Block("cases_of_set", words("sheets.cases"), tuple(rows))
    head = (first, tell_whose(edition, _length(vignettes), words("sheets.sheet_lead")))
    leaves = tuple(_tell_case(number, one, edition) for number, one in enumerate(vignettes, 1))
    return _make("sheet", title, head, listed, leaves, edition=edition)


def handout_of_set(title: str, vignettes: Sequence[Vignette], edition: Edition, note: str = "") -> Note:
    """The stories to read and to judge by hand, after a note to trainees. Nothing of an answer is in it."""
    first = most_support(find_support(one, edition.fields, judged=False) for one in vignettes)
    rows = [Line(words("sheets.row", number=number, title=one.title)) for number, one in enumerate(vignettes, 1)]
    how = Block(
        "words", words("sheets.how"), (Line(words("sheets.how_text")), Line(words("sheets.content")), Line(_length(vignettes)))
    )
    listed = Block("cases_of_set", words("sheets.cases"), tuple(rows))
    leaves = tuple(_hand_out(number, one, edition) for number, one in enumerate(vignettes, 1))
    return _make("handout", title, (first, _block("words", (note,), "note"), how), listed, leaves, edition=edition)


def cards_of_set(title: str, vignettes: Sequence[Vignette], edition: Edition) -> Note:
    """Two cards for each story that can be asked for: one for who plays, one for who asks. No answer of ours is on the second."""
    told = [(one, one.interview) for one in vignettes if one.interview]
    first = most_support(find_support(one, edition.fields, *talk.replies.values(), judged=False) for one, talk in told)
    how = Block("words", words("sheets.cards_how"), (Line(words("sheets.cards_text")), Line(words("sheets.content"))))
    leaves = [leaf for one, talk in told for leaf in (_play(one, talk, edition), _ask(one, talk, edition))]
    listed = Block("cases_of_set", words("sheets.cases"), tuple(Line(one.title) for one, _ in told))
    return _make("cards", title, (first, how), listed, leaves, edition=edition)


def _make(kind: str, title: str, head: Iterable[Block | None], listed: Block, leaves: Iterable[Leaf], *, edition: Edition) -> Note:
    note = make_note(f"sheets.{kind}", tidy(title) or words("sheets.untitled"), head, [listed], edition)
    neat = (replace(one, title=tidy(one.title), blocks=tuple(map(tidy_block, one.blocks))) for one in leaves)
    return replace(note, leaves=tuple(neat), apart=True)


def _length(vignettes: Sequence[Vignette]) -> str:
    return words("sheets.length", count=len(vignettes), minutes=sum(one.minutes for one in vignettes))


def _answer(vignette: Vignette, edition: Edition) -> str:
    assessment = edition.assess(vignette.answers)
    return outcome_words(assessment.outcome, assessment.reasons)


def _block(key: str, lines: Iterable[Line | str], label: str | None = None) -> Block | None:
    return make_block(key, f"sheets.{label or key}", lines)


def _only(*blocks: Block | None) -> tuple[Block, ...]:
    return tuple(one for one in blocks if one)


# what is on more than one kind of page


def _tell_story(vignette: Vignette, edition: Edition) -> Iterator[Block]:
    """The story, and what was asked and not found."""
    yield Block("story", "", tuple(map(Line, vignette.story.split("\n\n"))))
    absent, thorough = tell_absent(vignette.answers, edition.fields)
    told = (f"{words('training_page.nothing')} {absent}" if absent else "", thorough)
    if any(told):
        yield Block("words", "", (Line(" ".join(filter(None, told))),))


def _tell_reader(help_: Block | None) -> Block | None:
    """Whom a reader can call, in one line: pages get apart."""
    return replace(help_, title="", lines=help_.lines[-1:]) if help_ else None


def _judge() -> Form:
    sure = words("sheets.sure", levels=" / ".join(words(f"training_page.confidence_{one}") for one in Confidence))
    head = words("training_page.outcome"), words("sheets.now"), words("sheets.after")
    return Form(head, (*map(outcome_words, Outcome), sure))


# a page of each kind


def _tell_case(number: int, vignette: Vignette, edition: Edition) -> Leaf:
    """A case for the facilitator."""
    assessment = edition.assess(vignette.answers)
    every = suggest(vignette.id, assessment)
    prompts = [one.text for one in every if one.origin != "general"] or [one.text for one in every]
    because = (Line(finding.text, (Badge(words(f"bases.{finding.basis}"), finding.basis),)) for finding in assessment.deciding)
    blocks = _only(
        _block("outcome", (_answer(vignette, edition), *because)),
        _block("trap", (words(f"vignettes.trap.{trap}") for trap in vignette.traps)),
        _block("asks", prompts[:MOST_PROMPTS]),
        *_tell_story(vignette, edition),
        _block("decides", vignette.decides),
        _block("words", (vignette.tension,), "tension"),
        _block("words", map(leave_out_codes, vignette.debrief.split("\n\n")), "debrief"),
    )
    level = words(f"vignettes.level.{vignette.level}") if vignette.level else ""
    twin = words("sheets.twin", id=vignette.twin) if vignette.twin else ""
    form = Form((words("sheets.tally"), words("sheets.first"), words("sheets.after")), tuple(map(outcome_words, Outcome)))
    about = (vignette.id, level, words("sheets.minutes", minutes=vignette.minutes), twin)
    return Leaf(words("sheets.row", number=number, title=vignette.title), " · ".join(filter(None, about)), blocks, form)


def _hand_out(number: int, vignette: Vignette, edition: Edition) -> Leaf:
    """A case for a trainee."""
    first = _tell_reader(find_support(vignette, edition.fields, judged=False))
    title = words("sheets.row", number=number, title=vignette.title)
    return Leaf(title, words("sheets.invented"), (*_tell_story(vignette, edition), *_only(first)), _judge(), words("sheets.why"))


def _play(vignette: Vignette, talk: Interview, edition: Edition) -> Leaf:
    """The card for the one who plays the person: what is said, by question."""
    replies = (
        Block("replies", section.label, tuple(Line(field.spoken, (), (talk.replies[field.name],)) for field in fields))
        for section in edition.fields.sections
        if (fields := [field for field in section.fields if field.name in talk.replies])
    )
    heard = support(edition.fields, {}, talk.opening, *talk.replies.values(), judged=False)
    blocks = _only(
        _block("words", (words("sheets.play_text"),), "play_how"),
        _block("story", (talk.opening,), "opening"),
        *replies,
        _tell_reader(heard),
    )
    return Leaf(words("sheets.plays", title=vignette.title), words("sheets.invented"), blocks)


def _ask(vignette: Vignette, talk: Interview, edition: Edition) -> Leaf:
    """The card for the one who asks: the same questions for every story, because the asker has to find which of them matter."""
    listed = (Block("questions", one.label, tuple(Line(field.spoken) for field in one.fields)) for one in edition.fields.sections)
    questions = (field.spoken for field in edition.fields.values())
    blocks = _only(
        _block("words", (words("sheets.ask_text"),), "ask_how"),
        _block("story", (talk.opening,), "opening"),
        *listed,
        _tell_reader(support(edition.fields, {}, talk.opening, *questions, judged=False)),
    )
    return Leaf(words("sheets.asks_card", title=vignette.title), words("sheets.invented"), blocks, room=words("sheets.notes"))
