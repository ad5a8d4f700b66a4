"""What stands on a note. The lines are those of the page; a note only chooses among them, and says how much it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from kapnb.assessment import Assessment, assess
from kapnb.cases import Case
from kapnb.explanation import Block, Line, explain, outcome_words, support
from kapnb.outcomes import Outcome
from kapnb.report.note import Note, Table
from kapnb.report.room import fit
from kapnb.report.texts import shorten, tidy
from kapnb.supervision.differences import Difference
from kapnb.supervision.discussion import Suggestion, explain_disputes, explain_suggestions
from kapnb.supervision.judgments import Judgment, spread
from kapnb.supervision.overview import compare_across_cases, compare_in_case
from kapnb.words import words

MOST_OF_TITLE: Final = 120
MOST_OF_LABEL: Final = 44
MOST_OF_POINT: Final = 280
"""Characters of a title, of a case in the table, of a learning point."""

MOST_ROWS: Final = 15

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
    return fit(_tidy(note))


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
        _see_alike(cases),
        explain_disputes(judgments, most=len(cases)) if judgments else None,
        *compare_across_cases(differences, first.edition, names=names),
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
    return fit(_tidy(note))


def _entitle(case: Case, most: int) -> str:
    return shorten(tidy(case.title) or tidy(case.case_id), most)


def _tell(vignette: str) -> Block | None:
    return Block("vignette", words("report.vignette"), (Line(vignette),)) if tidy(vignette) else None


def _learn(points: Iterable[str]) -> Block | None:
    lines = tuple(Line(shorten(tidy(point), MOST_OF_POINT)) for point in points if tidy(point))
    return Block("learning", words("report.learning"), lines) if lines else None


def _discuss(suggestions: Sequence[Suggestion]) -> Block | None:
    return explain_suggestions(suggestions) if suggestions else None


def _foot(assessment: Assessment) -> tuple[str, ...]:
    """The sentences that every export repeats, and that no license stands behind the rules."""
    ledger = assessment.edition.guidance.ledger
    return (ledger.four["whose"], ledger.four["invented"], words("shell.index_footer"))


def _support(cases: Iterable[Judged]) -> tuple[Block, ...]:
    """What comes first where any case records suicidal ideation, and which cases do."""
    found = [(case, block) for case, assessment, _ in cases if (block := support(assessment.answers))]
    if not found:
        return ()
    block, labels = found[0][1], ", ".join(case.case_id for case, _ in found if case.case_id)
    which = (Line(words("report.support_cases", cases=labels)),) if labels else ()
    return (replace(block, lines=(*block.lines, *which)),)


def _whose(assessments: Iterable[Assessment]) -> Block:
    """Whose view, which edition and which readings, each once."""
    lines: list[Line] = []
    for assessment in assessments:
        whose, *_, edition = explain(assessment)[0].lines
        lines += [Line(whose.text), edition]
    return Block("whose", words("report.whose"), tuple(dict.fromkeys(lines)))


def _agree(judgments: Sequence[Judgment]) -> Block | None:
    if not judgments:
        return None
    from kapnb.supervision.agreement import explain_agreement, measure_agreement  # brings numpy

    return explain_agreement(measure_agreement(judgments, resamples=1))[0]  # plain agreement draws nothing again


def _see_alike(cases: Iterable[Judged]) -> Block | None:
    alike = []
    for case, _, differences in cases:
        given = [one.judgment.outcome for one in differences if one.complete]
        if len(given) > 1 and len(set(given)) == 1:
            alike.append(case.case_id)
    return Block("alike", words("supervision.alike"), (Line(words("report.alike", cases=", ".join(alike))),)) if alike else None


def _tabulate(cases: Sequence[Judged]) -> Table:
    """A row for each case: what this source says, and how often the group gave each outcome."""
    outcomes = tuple(Outcome)
    columns = [(str(number), outcome_words(outcome)) for number, outcome in enumerate(outcomes, 1)]
    missing = any(not one.complete for *_, differences in cases for one in differences)
    columns += [(words("report.none"), words("report.none_meaning"))] if missing else []
    rows = []
    for case, assessment, differences in cases[:MOST_ROWS]:
        given = spread(one.judgment for one in differences)
        counts = [given.get(outcome, 0) for outcome in outcomes] + [sum(not one.complete for one in differences)] * missing
        label = " ".join(dict.fromkeys(filter(None, (tidy(case.case_id), tidy(case.title)))))
        said = words("report.numbered", number=outcomes.index(assessment.outcome) + 1, outcome=outcome_words(assessment.outcome))
        rows.append((shorten(label, MOST_OF_LABEL), said, *(str(count) if count else "" for count in counts)))
    rest = len(cases) - len(rows)
    return Table(
        title=words("report.table"),
        head=(words("report.table_case"), words("report.table_outcome")),
        columns=tuple(columns),
        rows=tuple(rows),
        marks=tuple(outcomes.index(assessment.outcome) for _, assessment, _ in cases[:MOST_ROWS]),
        lead=words("report.table_lead"),
        rest=words("report.more", count=rest) if rest else "",
    )


def _tidy(note: Note) -> Note:
    return replace(note, head=tuple(map(_tidy_block, note.head)), body=tuple(map(_tidy_block, note.body)))


def _tidy_block(block: Block) -> Block:
    lines = (replace(line, text=tidy(line.text), details=tuple(map(tidy, line.details))) for line in block.lines)
    return replace(block, title=tidy(block.title), lines=tuple(lines))
