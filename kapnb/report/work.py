"""A trainee's work on one page, for a supervisor: own judgment, what came later, and the article beside it. It grades nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from kapnb.engine.fields import Dictionary
from kapnb.report.content import make_note, tell_whose
from kapnb.report.note import Leaf, Note, make_block, tidy, tidy_block
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.phrases import answer_words, join_words, outcome_words
from kapnb.text.support import most_support
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, problem
from kapnb.training.library import Library, Vignette, find_support
from kapnb.training.reveal import Asked, Reveal, ask, assess_change, explain_reveal, find_facts, response_words
from kapnb.training.session import Attempt, Draft, Reconsidered, Training, find


def note_of_training(training: Training, library: Library, label: str, day: date) -> Note:
    """What a trainee did, case by case. Of a case that is not locked in only the title is told.

    Args:
        training: to be told.
        library: the vignettes and cases available.
        label: that the trainee invented.
        day: on which it is handed over.

    Raises:
        TrainingError: when nothing is locked in yet.
    """
    done = [(one, find(library, one.item)) for one in training.present if not one.open]
    if not done:
        raise TrainingError([problem("", "nothing_done")])
    first = most_support(_find_support(one, vignette, training.edition.fields) for one, vignette in done)
    left = [find(library, one.item).title for one in training.present if one.open]
    about = Block("words", words("work.about"), tuple(map(Line, _tell_set(training, done, left, day))))
    note = make_note("work.kind", tidy(label), (first, about, tell_whose(training.edition)), (), training.edition)
    leaves = (_tell(replace(training, current=one.item.id), library, one, vignette) for one, vignette in done)
    return replace(note, leaves=tuple(leaves))


def _find_support(attempt: Attempt, vignette: Vignette, fields: Dictionary) -> Block | None:
    """The help for what of a case is on the page: its story, what was asked for, and what was learned later."""
    asked = (fields[name].question for name in attempt.draft.asked if name in fields)
    learned = (one for place, one in enumerate(vignette.follow_ups) if place in attempt.responses)
    return find_support(vignette, fields, *asked, *learned)


def _tell_set(training: Training, done: list[tuple[Attempt, Vignette]], left: list[str], day: date) -> Iterator[str]:
    yield words("work.day", day=f"{day:%B} {day.day}, {day.year}")
    yield words("work.count", done=len(done), count=len(training.present), ids=", ".join(one.item.id for one, _ in done))
    if left:
        yield words("work.left", titles="; ".join(left))
    yield words("work.no_mark")


def _tell(training: Training, library: Library, attempt: Attempt, vignette: Vignette) -> Leaf:
    """A case: what was locked in before anything was shown, then the article as we read it, and what came later."""
    draft, fields, second = attempt.draft, library.edition.fields, attempt.second
    meanings = {rule.name: rule.meaning for rule in library.edition.guidance.rules}
    ground = [words("work.pointed", text=vignette.story[one.start : one.end]) for one in draft.passages]
    if draft.finding is not None:
        ground.append(meanings.get(draft.finding, words("training_page.none_of_these")))
    facts = find_facts(attempt, vignette, library.edition)
    told = (
        _block("own", [_judge(draft), draft.reason]),
        _block("ground", ground),
        _block("facts", [answer_words(fields, name, given) for name, given in facts.items()]),
        _block("asked", [fields[name].question for name in draft.asked if name in fields] if draft.interview else []),
        _block("prediction", [outcome_words(draft.prediction) if draft.prediction else ""]),
        *_tell_article(explain_reveal(training, library)),
        _block("second", [_judge(second), second.reason] if second else []),
        _block("later", attempt.reflections),
        *(_tell_follow_up(one, vignette, library) for one in ask(training, library)),
    )
    blocks = tuple(tidy_block(block) for block in told if block)
    return Leaf(tidy(vignette.title), vignette.id if vignette.id != vignette.title else "", blocks)


def _block(key: str, lines: Iterable[Line | str]) -> Block | None:
    return make_block(key, f"work.{key}", lines)


def _judge(said: Draft | Reconsidered) -> str:
    sure = words(f"training_page.confidence_{said.confidence}").lower() if said.confidence else ""
    return words("work.judgment", outcome=outcome_words(said.outcome) if said.outcome else "", sure=sure)


def _tell_article(shown: Reveal) -> Iterator[Block | None]:
    """The article as we read it, with whose words decide and where."""
    assessment = shown.assessment
    because = (Line(finding.text, (Badge(words(f"bases.{finding.basis}"), finding.basis),)) for finding in assessment.deciding)
    outcome = outcome_words(assessment.outcome, assessment.reasons)
    yield _block("article", [words("work.outcome", outcome=outcome, where=shown.verdict.where), *because])
    if shown.difference and shown.located.kinds:
        kinds = join_words([words(f"training.kind_{kind}") for kind in shown.located.kinds])
        yield _block("differs", [words("work.differs_in", kinds=kinds)])


def _tell_follow_up(asked: Asked, vignette: Vignette, library: Library) -> Block | None:
    """A response, with the article before and after the new finding."""
    if asked.response is None:
        return None
    before, after = (
        outcome_words(one.outcome, one.reasons)
        for one in assess_change(library.edition, vignette, vignette.follow_ups[asked.place])
    )
    key = "work.moved" if before != after else "work.stays"
    lean = words("work.lean", lean=response_words(asked.response))
    return _block("follow_up", [asked.learn, lean, asked.reason, words(key, before=before, after=after)])
