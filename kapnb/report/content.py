"""What a note says. The lines are those of the page; a note only chooses among them, and says how much it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference
from kapnb.group.discussion import Suggestion, explain_suggestions, rank_disputes
from kapnb.group.judgments import Judgment, spread
from kapnb.group.overview import compare_across_cases, compare_in_case
from kapnb.report.note import Note, Table, make_block, shorten, tidy, tidy_block
from kapnb.report.page import fit
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.cases import Case
from kapnb.text.explanation import Explanation, badges_of, explain, outcome_line
from kapnb.text.phrases import edition_words, outcome_words
from kapnb.text.support import most_support, support
from kapnb.text.words import words

MOST_OF_TITLE, MOST_OF_STORY, MOST_OF_LABEL, MOST_OF_POINT, MOST_OF_LIST = 120, 700, 44, 280, 240
"""Characters of a title, of a story, of a case in the table, of a learning point, of a list of cases."""

MOST_ROWS, MOST_DISPUTES = 20, 5
"""Cases in the table and among the disputed."""

Judged = tuple[Case, Assessment, Sequence[Difference]]


def note_of_case(
    case: Case,
    assessment: Assessment,
    differences: Sequence[Difference] = (),
    suggestions: Sequence[Suggestion] = (),
    learning: Sequence[str] = (),
    *,
    names: bool = False,
    about: str = "",
) -> Note:
    """The note of one case, on one page.

    Args:
        case: what is written beside the answers.
        assessment: of this case.
        differences: of all judgments of it.
        suggestions: the prompts that the supervisor chose.
        learning: what the supervisor wrote down.
        names: whether people's labels are shown.
        about: the group and the day.

    >>> from kapnb import assess
    >>> note = note_of_case(Case({}, title="An invented case"), assess({"ocd": "yes"}))
    >>> note.title, [block.key for block in note.head]
    ('An invented case', ['outcome'])
    """
    told = explain(assessment, *case.texts)
    ask = [Line(told.ask.question, (), (told.ask.because,))] if told.ask else []
    body = (
        *_take_along(suggestions, learning),
        make_block("vignette", "report.vignette", [shorten(case.vignette, MOST_OF_STORY)]),
        make_block("deciding", "report.deciding", _tell_cards(told, decides=True)),
        make_block("beside", "report.beside", (*_tell_cards(told, decides=False), *told.met_lines)),
        make_block("ask", "explanation.ask", ask),
        *(compare_in_case(differences, names=names) if differences else ()),
    )
    title = next(filter(None, (shorten(text, MOST_OF_TITLE) for text in (case.title, case.case_id))), words("report.untitled"))
    head = (told.support, Block("outcome", told.title, told.lines))
    return fit(replace(make_note("report.case", title, head, body, assessment.edition), mark=told.mark, about=tidy(about)))


def _tell_cards(told: Explanation, *, decides: bool) -> Iterator[Line]:
    """The cards in full, since nothing on paper opens."""
    for card, badges in zip(told.cards, badges_of(told.cards), strict=True):
        if card.decides is decides:
            yield Line(card.text, (Badge(card.kicker, "place"), *badges), card.more)


def note_of_session(
    title: str,
    cases: Sequence[Judged],
    edition: Edition,
    suggestions: Sequence[Suggestion] = (),
    learning: Sequence[str] = (),
    *,
    names: bool = False,
    about: str = "",
) -> Note:
    """The note of a session, on one page: its cases as a table, then the group across them; see :func:`note_of_case`."""
    differences = [difference for *_, found in cases for difference in found]
    body = (
        *_take_along(suggestions, learning, cases=True),
        *_compare(cases, [difference.judgment for difference in differences]),
        make_block("differences", "report.differences", _mix(compare_across_cases(differences, names=names))),
    )
    title = shorten(title, MOST_OF_TITLE) or words("report.untitled_session")
    note = make_note("report.session", title, (_support(cases), tell_whose(edition)), body, edition)
    return fit(replace(note, table=_tabulate(cases) if cases else None, about=tidy(about)))


def make_note(kind: str, title: str, head: Iterable[Block | None], body: Iterable[Block | None], edition: Edition) -> Note:
    """A note whose lines every format can hold, with the sentences that every export repeats at its foot."""
    ledger = edition.ledger
    pack = words("report.pack", pack=edition.pack, edition=edition.number)
    heads, bodies = (tuple(tidy_block(block) for block in blocks if block) for blocks in (head, body))
    read = edition_words(edition) if edition.changed and all(block.key != "whose" for block in heads) else ""
    said = (ledger.four["whose"], ledger.four["invented"], words("report.advice"), ledger.source.review, read, pack)
    foot = tuple(filter(None, said))
    return Note(words(kind), title, heads, bodies, foot)


def _take_along(suggestions: Sequence[Suggestion], learning: Iterable[str], *, cases: bool = False) -> Iterator[Block | None]:
    """What the supervisor wrote down and ticked: it comes first. Of a session, prompts keep the cases that raised them."""
    yield make_block("learning", "report.learning", (shorten(point, MOST_OF_POINT) for point in learning))
    if suggestions:
        yield explain_suggestions(suggestions if cases else [replace(one, cases=()) for one in suggestions])


def _support(cases: Iterable[Judged]) -> Block | None:
    """What comes first where any case touches suicide or self-injury, and which cases do."""
    each = [(case.case_id, support(assessment.edition.fields, assessment.answers, *case.texts)) for case, assessment, _ in cases]
    block, labels = most_support(one for _, one in each), _list(name for name, one in each if one)
    which = (Line(words("report.support_cases", cases=labels)),) if labels else ()
    return replace(block, lines=(*block.lines, *which)) if block else None


def _list(labels: Iterable[str]) -> str:
    return shorten(", ".join(filter(None, map(tidy, labels))), MOST_OF_LIST)


def tell_whose(edition: Edition, *more: str) -> Block:
    """Which edition and readings; the foot says whose view it is."""
    return Block("whose", words("report.whose"), (Line(edition_words(edition)), *map(Line, more)))


def _compare(cases: Iterable[Judged], judgments: Sequence[Judgment]) -> Iterator[Block | None]:
    """Plain agreement; then the cases on which outcomes are all the same, and those on which they are farthest apart."""
    if not judgments:
        return
    from kapnb.group.agreement import explain_agreement, measure_agreement  # brings numpy

    yield explain_agreement(measure_agreement(judgments, resamples=1))[0]  # plain agreement draws nothing again
    given = {case.case_id: [one.judgment.outcome for one in found if one.complete] for case, _, found in cases}
    alike = [name for name, outcomes in given.items() if len(outcomes) > 1 and len({*outcomes}) == 1]
    said = {"report.alike": alike, "report.disputed": rank_disputes(judgments)[:MOST_DISPUTES]}
    lines = (words(key, cases=_list(found)) for key, found in said.items() if found)
    yield make_block("alike", "report.alike_and_disputed", lines)


def _mix(blocks: Iterable[Block]) -> Iterator[Line]:
    """The kinds of difference in turn, the weightiest of each first, so that none crowds out the others."""
    by_kind = []
    for block in blocks:
        kind = Badge(words("report.untold" if block.key == "untold" else f"supervision.maybe_{block.key}"), "note")
        by_kind.append([replace(line, badges=(kind, *line.badges)) for line in block.lines])
    return (line for turn in zip_longest(*by_kind) for line in turn if line)


def _tabulate(cases: Sequence[Judged]) -> Table:
    """A row for each case: what the article says, and how often the group gave each outcome."""
    judged = [one for *_, differences in cases for one in differences]
    columns = {words(f"report.short.{outcome}"): outcome_words(outcome) for outcome in Outcome} if judged else {}
    if any(not one.complete for one in judged):
        columns[words("report.none")] = words("report.none_meaning")
    again = any(one.judgment.second.outcome for one in judged)
    rows = []
    for case, assessment, differences in cases[:MOST_ROWS]:
        given = spread(one.judgment for one in differences)
        counts = [*(given.get(outcome, 0) for outcome in Outcome), sum(not one.complete for one in differences)]
        label = shorten(" ".join(dict.fromkeys((case.case_id, case.title))), MOST_OF_LABEL)
        rows.append((label, outcome_line(assessment), *(str(count or "") for count in counts[: len(columns)])))
    return Table(
        title=words("report.table"),
        head=(words("report.table_case"), words("report.table_outcome"), *columns),
        meanings=columns,
        rows=tuple(rows),
        marks=tuple(list(Outcome).index(assessment.outcome) + 2 for _, assessment, _ in cases[:MOST_ROWS]),
        lead=words("report.table_lead_first" if again else "report.table_lead") if judged else "",
        cases=len(cases),
    )
