"""What stands on a note. The lines are those of the page; a note only chooses among them, and says how much it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Final

from kapnb.engine.edition import Assessment, assess
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference
from kapnb.group.discussion import Suggestion, explain_suggestions, rank_disputes
from kapnb.group.judgments import Judgment, spread
from kapnb.group.overview import compare_across_cases, compare_in_case
from kapnb.report.note import Note, Table
from kapnb.report.room import fit
from kapnb.report.texts import shorten, tidy
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.cases import Case
from kapnb.text.explain import explain, support
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words

MOST_OF_TITLE: Final = 120
MOST_OF_LABEL: Final = 44
MOST_OF_POINT: Final = 280
MOST_OF_LIST: Final = 240
"""Characters of a title, of a case in the table, of a learning point, of a list of cases."""

MOST_ROWS: Final = 20
MOST_EDITIONS: Final = 2
MOST_DISPUTES: Final = 5

Judged = tuple[Case, Assessment, Sequence[Difference]]


def note_of_case(
    case: Case,
    assessment: Assessment,
    differences: Sequence[Difference] = (),
    suggestions: Sequence[Suggestion] = (),
    learning: Sequence[str] = (),
    *,
    names: bool = False,
) -> Note:
    """The note of one case.

    Args:
        case: what is written beside the answers; ``assessment`` tells the rest.
        assessment: of this case.
        differences: of all judgments of it.
        suggestions: the prompts that the supervisor chose.
        learning: what the supervisor wrote down.
        names: whether the raters' labels stand beside what they differed in.

    >>> note = note_of_case(Case({}, title="An invented case"), assess({"ocd": "yes"}))
    >>> note.title, [block.key for block in note.head]
    ('An invented case', ['outcome'])
    """
    blocks = {block.key: block for block in explain(assessment)}
    group = compare_in_case(differences, assessment.edition, names=names) if differences else ()
    body = (
        _tell(case.vignette),
        blocks["deciding"],
        *([blocks["outranked"]] if len(assessment.findings) > len(assessment.deciding) else ()),
        *([blocks["next"]] if assessment.next_questions else ()),
        *group,
        _learn(learning),
        _discuss(suggestions),
    )
    note = Note(
        kind=words("report.case"),
        title=_entitle(case, MOST_OF_TITLE) or words("report.untitled"),
        head=(*([blocks["support"]] if "support" in blocks else ()), blocks["outcome"]),
        body=tuple(block for block in body if block),
        foot=_foot(assessment),
        outcome=assessment.outcome,
        possible=assessment.possible,
    )
    return fit(tidy_note(note))


def note_of_session(
    title: str,
    cases: Sequence[Judged],
    suggestions: Sequence[Suggestion] = (),
    learning: Sequence[str] = (),
    *,
    names: bool = False,
) -> Note:
    """The note of a session: its cases as a table, then the group across them. The arguments are those of :func:`note_of_case`."""
    assessments = [assessment for _, assessment, _ in cases] or [assess({})]
    first = assessments[0]
    differences = [difference for *_, found in cases for difference in found]
    judgments = [difference.judgment for difference in differences]
    body = (
        _agree(judgments),
        _see_apart(cases, judgments),
        _differ(compare_across_cases(differences, first.edition, names=names)),
        _learn(learning),
        _discuss(suggestions),
    )
    note = Note(
        kind=words("report.session"),
        title=shorten(tidy(title), MOST_OF_TITLE) or words("report.untitled_session"),
        head=(*_support(cases), _whose(assessments)),
        body=tuple(block for block in body if block),
        foot=_foot(first),
        table=_tabulate(cases) if cases else None,
    )
    return fit(tidy_note(note))


def _entitle(case: Case, most: int) -> str:
    return shorten(tidy(case.title) or tidy(case.case_id), most)


def _tell(vignette: str) -> Block | None:
    return Block("vignette", words("report.vignette"), (Line(vignette),)) if tidy(vignette) else None


def _learn(points: Iterable[str]) -> Block | None:
    lines = tuple(Line(shorten(tidy(point), MOST_OF_POINT)) for point in points if tidy(point))
    return Block("learning", words("report.learning"), lines) if lines else None


def _discuss(suggestions: Sequence[Suggestion]) -> Block | None:
    """The prompts, without the cases that raised them."""
    return explain_suggestions([replace(one, cases=()) for one in suggestions]) if suggestions else None


def _foot(assessment: Assessment) -> tuple[str, ...]:
    """The sentences that every export repeats, and that no license stands behind the rules."""
    ledger = assessment.edition.guidance.ledger
    return (ledger.four["whose"], ledger.four["invented"], words("shell.index_footer"))


def _support(cases: Iterable[Judged]) -> tuple[Block, ...]:
    """What comes first where any case records suicidal ideation, and which cases do."""
    found = [(case, block) for case, assessment, _ in cases if (block := support(assessment.answers))]
    if not found:
        return ()
    block, labels = found[0][1], _list(case.case_id for case, _ in found)
    which = (Line(words("report.support_cases", cases=labels)),) if labels else ()
    return (replace(block, lines=(*block.lines, *which)),)


def _list(labels: Iterable[str]) -> str:
    return shorten(", ".join(filter(None, map(tidy, labels))), MOST_OF_LIST)


def _whose(assessments: Iterable[Assessment]) -> Block:
    """Which edition and readings; the foot says whose view it is."""
    lines = tuple(dict.fromkeys(explain(assessment)[0].lines[-1] for assessment in assessments))
    more = (Line(words("report.more", count=len(lines) - MOST_EDITIONS)),) if len(lines) > MOST_EDITIONS else ()
    return Block("whose", words("report.whose"), (*lines[:MOST_EDITIONS], *more))


def _agree(judgments: Sequence[Judgment]) -> Block | None:
    """Plain agreement, never without its warnings."""
    if not judgments:
        return None
    from kapnb.group.agreement import explain_agreement, measure_agreement  # brings numpy

    agreement = measure_agreement(judgments, resamples=1)  # plain agreement draws nothing again
    block = explain_agreement(agreement)[0]
    plainly, *counted = block.lines
    start = len(counted) - agreement.few_raters - agreement.few_cases
    warnings = (line.text for line in counted[start:])
    return replace(block, lines=(replace(plainly, details=(*plainly.details, *warnings)), *counted[:start]))


def _see_apart(cases: Iterable[Judged], judgments: Iterable[Judgment]) -> Block | None:
    """The cases on which the outcomes are all the same, and those on which they are farthest apart; the table has the counts."""
    alike = []
    for case, _, differences in cases:
        given = [one.judgment.outcome for one in differences if one.complete]
        if len(given) > 1 and len(set(given)) == 1:
            alike.append(case.case_id)
    disputed = [dispute.case_id for dispute in rank_disputes(judgments) if dispute.span][:MOST_DISPUTES]
    said = (("report.alike", alike), ("report.disputed", disputed))
    lines = tuple(Line(words(key, cases=_list(found))) for key, found in said if found)
    return Block("alike", words("report.alike_and_disputed"), lines) if lines else None


def _differ(blocks: Sequence[Block]) -> Block | None:
    """The kinds of difference in turn, the weightiest of each first, so that none crowds out the others."""
    by_kind = ([_name_kind(block, line) for line in block.lines] for block in blocks)
    lines = [line for turn in zip_longest(*by_kind) for line in turn if line]
    return Block("differences", words("report.differences"), tuple(lines)) if lines else None


def _name_kind(block: Block, line: Line) -> Line:
    kind = Badge(words("report.untold" if block.key == "untold" else f"supervision.maybe_{block.key}"), "note")
    return replace(line, badges=(kind, *line.badges))


def _tabulate(cases: Sequence[Judged]) -> Table:
    """A row for each case: what this source says, and how often the group gave each outcome."""
    outcomes = tuple(Outcome)
    judged = [one for *_, differences in cases for one in differences]
    missing = any(not one.complete for one in judged)
    columns = [(str(number), outcome_words(outcome)) for number, outcome in enumerate(outcomes, 1)] if judged else []
    columns += [(words("report.none"), words("report.none_meaning"))] if missing else []
    rows = []
    for case, assessment, differences in cases[:MOST_ROWS]:
        given = spread(one.judgment for one in differences)
        counts = [*(given.get(outcome, 0) for outcome in outcomes), sum(not one.complete for one in differences)][: len(columns)]
        label = " ".join(dict.fromkeys(filter(None, (tidy(case.case_id), tidy(case.title)))))
        outcome = outcome_words(assessment.outcome, assessment.reasons)
        said = words("report.numbered", number=outcomes.index(assessment.outcome) + 1, outcome=outcome)
        rows.append((shorten(label, MOST_OF_LABEL), said, *(str(count) if count else "" for count in counts)))
    return Table(
        title=words("report.table"),
        head=(words("report.table_case"), words("report.table_outcome")),
        columns=tuple(columns),
        rows=tuple(rows),
        marks=tuple(outcomes.index(assessment.outcome) for _, assessment, _ in cases[:MOST_ROWS]),
        lead=words("report.table_lead") if judged else "",
        cases=len(cases),
    )


def tidy_note(note: Note) -> Note:
    """The note with each line of its blocks as every format can hold it."""
    return replace(note, head=tuple(map(_tidy_block, note.head)), body=tuple(map(_tidy_block, note.body)))


def _tidy_block(block: Block) -> Block:
    lines = (replace(line, text=tidy(line.text), details=tuple(map(tidy, line.details))) for line in block.lines)
    return replace(block, title=tidy(block.title), lines=tuple(lines))
