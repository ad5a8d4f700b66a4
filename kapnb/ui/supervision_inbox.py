"""What was brought: the gate, the files, what waits to be mended in place, and who judged what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final
from urllib.parse import quote

from kapnb.engine.edition import Edition
from kapnb.group.inbox import Clash, Inbox, Mend, Paper, Refusal, Settled, Waiting
from kapnb.group.questionnaires import PRODUCTS
from kapnb.group.state import MOST_CASES, MOST_JUDGMENTS
from kapnb.tables.columns import list_choices, name_column
from kapnb.tables.forms import ROLES, Form
from kapnb.text.html import Html, element, fragment
from kapnb.text.words import words
from kapnb.ui.controls import Option, button, cases_gate, details, file, menu, options, scroll_box, select, table
from kapnb.ui.page import MOST_BYTES

SHOWN: Final = 100
"""So many cells that wait are listed at once."""

ROWS: Final = 12
"""So many rows of a cell that waits are named."""

NOTHING: Final = "not_recorded"

Job = Callable[[Inbox, Callable[[int], None]], Inbox]
"""A change of an inbox, which may take a while; it gets a function to report how many rows are read."""


@dataclass(frozen=True)
class Intake:
    """The state of this part.

    Attributes:
        invented: somebody has confirmed that the cases are invented; nothing is read before.
        inbox: what was brought.
        settled: what follows from it.
        jobs: what is still to be done with it, in its order.
        doing: what is being done; it is done again when somebody asks for it after a failure of ours.
        busy: something is being done.
        done: rows read so far.
        refused: why a file could not be taken at all, in words.
        kept: what was brought, as the browser keeps it; empty where it is too large.
        round: grows when everything is put away, so that the chooser names no file any more.
    """

    invented: bool = False
    inbox: Inbox = field(default_factory=Inbox)
    settled: Settled = field(default_factory=Settled)
    jobs: tuple[Job, ...] = ()
    doing: tuple[Job, ...] = ()
    busy: bool = False
    done: int = 0
    refused: str = ""
    kept: str = ""
    round: int = 0


def intake_words(intake: Intake) -> str:
    """Where things stand, as it is spoken."""
    if intake.busy:
        return words("inbox.reading")
    settled = intake.settled
    waiting = words("inbox.waiting_count", count=len(settled.waiting)) if settled.waiting else ""
    refused = (words("inbox.file_refused", number=one.number) + "." for one in intake.inbox.refused[-1:])
    return " ".join(filter(None, (intake.refused, opened_words(settled), waiting, *refused)))


def opened_words(settled: Settled) -> str:
    """What is open."""
    if not settled.cases:
        return ""
    counts = {"cases": settled.cases, "judgments": settled.judgments, "people": settled.roster}
    key = "opened_judgments" if settled.judgments else "opened"
    return words(f"inbox.{key}", **{name: f"{len(found):,}" for name, found in counts.items()})


def write_intake(intake: Intake, edition: Edition) -> Html:
    """The gate, or what comes after it."""
    if not intake.invented:
        return cases_gate("supervision", "invented-cases")
    return fragment(
        element("h2", words("inbox.title"), id="supervision-inbox", tabindex="-1", data_focus=True),
        element("p", words("inbox.lead"), class_="intro"),
        _write_chooser(intake),
        element("div", *_write_standing(intake), class_="standing"),
        *_write_papers(intake),
        *_write_waiting(intake, edition),
        _write_roster(intake.settled),
        _write_collecting(intake),
    )


# the files


def _write_chooser(intake: Intake) -> Html:
    limits = {"size": MOST_BYTES // 1024**2, "cases": f"{MOST_CASES:,}", "judgments": f"{MOST_JUDGMENTS:,}"}
    chooser = file(
        "supervision-files",
        words("inbox.files"),
        action="file",
        name="files",
        accept=".csv,.tsv,.txt,.xlsx,.ods,.json,.parquet",
        most=MOST_BYTES,
        multiple=True,
        aria_describedby="supervision-limits",
    )
    anything = intake.inbox.papers or intake.inbox.refused
    style = None if anything else "firm"
    tools = menu(
        words("inbox.title"),
        button(words("inbox.example"), "example", enabled=not intake.busy, class_=style),
        None if anything else element("span", words("inbox.example_text"), class_="hint"),
        button(words("inbox.clear"), "clear", class_="quiet") if anything else None,
    )
    # alone in its box, so that nothing beside it is drawn anew
    chosen = element("div", chooser, id=f"supervision-choose-{intake.round}")
    hint = element("p", words("inbox.limits", **limits), class_="hint", id="supervision-limits")
    return element("div", element("div", chosen, class_="pick drop"), hint, tools, class_="bring")


def _write_standing(intake: Intake) -> Iterator[Html]:
    if intake.busy:
        said = words(f"inbox.{'reading_rows' if intake.done else 'reading'}", done=f"{intake.done:,}")
        bar = element("progress", aria_label=words("inbox.reading_bar"))
        yield element("div", bar, element("span", said, class_="tally", aria_hidden="true"), class_="progress")
    elif intake.doing:
        acts = (button(words(f"inbox.{key}"), key) for key in ("retry", "leave"))
        yield element("p", words("inbox.stuck"), " ", *acts, class_="refused")
    if intake.refused:
        yield element("p", intake.refused, class_="refused")
    if opened := opened_words(intake.settled):
        yield element("p", opened, class_="opened")
    if intake.inbox.papers and not intake.kept:
        yield element("p", words("inbox.not_kept"), class_="hint")


def _write_papers(intake: Intake) -> Iterator[Html]:
    inbox, settled = intake.inbox, intake.settled
    rows = [_write_paper(paper, settled) for paper in inbox.papers if paper.kind != "form"]
    rows += [_write_refusal(one) for one in inbox.refused]
    yield from (_write_form(paper, paper.form) for paper in inbox.papers if paper.kind == "form" and paper.form)
    if rows:
        yield element("ul", *rows, class_="papers")


def _write_paper(paper: Paper, settled: Settled) -> Html:
    used, rows = settled.sizes.get(paper.number, (0, 0))
    said = words(f"inbox.file_{paper.kind}", number=paper.number, used=f"{used:,}", rows=f"{rows:,}")
    told = settled.told.get(paper.number, ())
    noticed = None
    if told:
        noticed = details(
            words("inbox.told", count=len(told)), element("ul", *(element("li", one) for one in told)), key=f"told-{paper.number}"
        )
    return element("li", element("span", said), _write_away(paper.number), noticed)


def _write_refusal(refusal: Refusal) -> Html:
    said = words("inbox.file_refused", number=refusal.number)
    why = (element("li", f"{one.where}: {one.problem}. {one.remedy}") for one in refusal.problems[:SHOWN])
    return element("li", element("span", said), _write_away(refusal.number), element("ul", *why), class_="refused")


def _write_away(number: int) -> Html:
    return button(words("inbox.put_away"), "drop", str(number), of=words("inbox.file", number=number), class_="quiet")


# a form


def _write_form(paper: Paper, form: Form) -> Html:
    number = str(paper.number)
    dropped = element("p", words("inbox.dropped", names=", ".join(form.dropped))) if form.dropped else None
    proposed = words("inbox.proposed", people=len(paper.rows), cases=", ".join(form.cases))
    columns = [
        (
            one.header,
            select(
                f"form-{number}-{at}",
                "",
                _list_uses(form),
                _use(one.role, one.case),
                action="assign",
                name=f"{number}\t{at}",
                aria_label=one.header,
            ),
        )
        for at, one in enumerate(form.questions)
    ]
    looked = details(
        words("inbox.columns"),
        table((words("inbox.column"), words("inbox.column_holds")), columns, label=words("inbox.columns"), class_="listed"),
        key=f"columns-{number}",
    )
    return element(
        "section",
        element("h3", words("inbox.file_form", number=number, product=words(f"inbox.product_{form.product}"))),
        element("p", proposed),
        dropped,
        None if form.labeled else element("p", words("inbox.no_labels")),
        *_write_codes(number, form),
        looked,
        menu(
            words("inbox.file", number=number),
            button(words("inbox.confirm"), "use", number, class_="firm"),
            _write_away(paper.number),
        ),
        class_="card form",
        id=f"supervision-form-{number}",
    )


def _use(role: str, case: str) -> str:
    return f"{role}\t{case}" if role else ""


def _list_uses(form: Form) -> tuple[Option, ...]:
    asked = (
        (_use(role, case), words("inbox.asks", case=case, about=words(f"column_names.{role}")))
        for case in form.cases
        for role in ROLES
    )
    return options((("", words("inbox.not_used")), (_use("rater", ""), words("inbox.the_label")), *asked))


def _write_codes(number: str, form: Form) -> Iterator[Html]:
    if form.codes:
        yield element("p", words("inbox.codes"))
    for role, meant in form.codes.items():
        choices = options((option, option if role == "confidence" else words(f"outcomes.{option}")) for option in meant.values())
        for code, option in meant.items():
            label = words("inbox.code", about=words(f"column_names.{role}"), code=code)
            picked = select(f"code-{number}-{role}-{code}", label, choices, option, action="code", name=f"{number}\t{role}\t{code}")
            yield element("div", picked, class_="pick")


# what waits


def name_cell(cell: Mend) -> str:
    """A cell as an event names it."""
    number, column, shown, row = cell
    return f"{number}\t{column}\t{row}\t{shown}"


def read_cell(name: str) -> Mend:
    """The cell that an event names.

    Raises:
        ValueError: when it names none.
    """
    number, column, row, shown = name.split("\t", 3)
    return int(number), column, shown, int(row)


def _write_waiting(intake: Intake, edition: Edition) -> Iterator[Html]:
    settled, rows = intake.settled, list(_write_questions(intake.settled))
    rows += [
        _write_cell(one, intake, edition) for one in settled.waiting[:SHOWN] if not (settled.naming and one.held.column == "rater")
    ]
    if rows:
        lead = element("p", words("inbox.waiting_lead"), class_="hint")
        yield element(
            "section", element("h3", words("inbox.waiting")), lead, element("ul", *rows, class_="waiting"), id="supervision-waiting"
        )
    if mends := intake.inbox.mends:
        listed = (element("li", *_write_mend(cell, value, edition)) for cell, value in mends.items())
        yield details(words("inbox.mended", count=len(mends)), element("ul", *listed), key="mended")


def _write_questions(settled: Settled) -> Iterator[Html]:
    if settled.unknown:
        yield element("li", element("p", words("inbox.unknown", cases=", ".join(settled.unknown[:ROWS]))))
    if settled.naming:
        yield element("li", element("p", words("inbox.naming")), button(words("inbox.number"), "number"))
    for labels in settled.alike:
        said = words("inbox.alike", labels=", ".join(labels))
        yield element("li", element("p", said), button(words("inbox.join", label=labels[0]), "join", "\t".join(labels)))
    for clash in settled.clashes:
        yield _write_clash(clash)
    for number, found in groupby(settled.replaced, key=lambda one: one[0]):
        raters = {rater: count for _, rater, count in found}
        yield element("li", *_write_replaced(number, raters))


def _write_replaced(number: int, raters: Mapping[str, int]) -> Iterator[Html]:
    """What a file says otherwise than those before; of several people in one line, and each of them folded."""
    shown = list(raters)[:ROWS]
    labels, named = ", ".join((*shown, *(["…"] if raters.keys() - {*shown} else []))), words("inbox.file", number=number)
    yield element("p", words("inbox.replaced", file=named, count=f"{sum(raters.values()):,}", rater=labels))
    if len(raters) == 1:
        yield button(words("inbox.replaced_apart"), "apart", f"{number}\t{labels}", class_="quiet", of=labels)
        return
    yield button(words("inbox.replaced_others"), "apart", "\t".join((str(number), *raters)), class_="quiet", of=named)
    each = (button(words("inbox.replaced_one", rater=one), "apart", f"{number}\t{one}", class_="quiet") for one in raters)
    yield details(words("inbox.replaced_some"), element("div", *each, class_="tools"), key=f"apart-{number}")


def _write_clash(clash: Clash) -> Html:
    said = words("inbox.clash", file=words("inbox.file", number=clash.paper), rater=clash.rater, rows=_list_rows(clash.rows))
    name = f"{clash.paper}\t{clash.rater}"
    apart = button(words("inbox.clash_apart", rater=clash.rater), "apart", name)
    return element("li", element("p", said), apart, button(words("inbox.clash_later"), "later", name, of=clash.rater))


def _list_rows(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows[:ROWS])) + (", …" if rows[ROWS:] else "")


def say_cell(paper: int, column: str, shown: str, edition: Edition) -> str:
    """Where a cell is, and what it holds where that may be shown."""
    named = name_column(column, edition) if column else ""
    key = "cell" if shown else "cell_bare" if column else "row_bare"
    return words(f"inbox.{key}", file=words("inbox.file", number=paper), column=named, shown=shown)


def _write_cell(one: Waiting, intake: Intake, edition: Edition) -> Html:
    held, said = one.held, say_cell(one.paper, one.held.column, one.held.shown, edition)
    rows = words("inbox.rows", rows=_list_rows(one.rows))
    effect = words("inbox.rows_wait" if held.whole else "inbox.rows_used")
    text = element("p", element("b", said), f" ({rows}): {held.problem}. {effect}")
    return element("li", text, *(_write_choices(one, one.mend, said, intake, edition) if one.mend else ()))


def _write_choices(one: Waiting, cell: Mend, said: str, intake: Intake, edition: Edition) -> Iterator[Html]:
    kind, name = intake.inbox.find(one.paper).kind, name_cell(cell)
    known = list_choices(one.held.column, kind, edition, [row["case_id"] for row in intake.settled.cases])
    if label := dict(known).get(one.held.near):
        yield button(words("inbox.near", option=label), "mend", name, one.held.near, of=said)
    nothing = () if one.held.column == "case_id" else ((NOTHING, words("inbox.nothing")),)
    choices = options((("", words("inbox.choose")), *known, *nothing))
    key, heard = f"mend-{quote(name)}", f"{words('inbox.means')} {said}"
    yield element("div", select(key, words("inbox.means"), choices, "", action="mend", name=name, aria_label=heard), class_="pick")


def _write_mend(cell: Mend, value: str, edition: Edition) -> tuple[Html, ...]:
    number, column, shown, row = cell
    held = shown or words("inbox.rows", rows=row)
    told = words(
        "inbox.mended_cell",
        file=words("inbox.file", number=number),
        column=name_column(column, edition),
        shown=held,
        value=value or words("inbox.nothing"),
    )
    return element("span", told), button(words("inbox.undo"), "undo", name_cell(cell), of=told, class_="quiet")


# who judged what, and other ways to collect


def _write_roster(settled: Settled) -> Html | None:
    if not settled.roster:
        return None
    cases = [row["case_id"] for row in settled.cases]

    def write(judged: Sequence[str]) -> tuple[str, str]:
        missing = [case for case in cases if case not in judged]
        whole = (
            words("inbox.all_judged", count=len(cases)) if not missing else words("inbox.so_many", count=len(judged), of=len(cases))
        )
        return whole, ", ".join(missing[:ROWS])

    rows = (
        (one.rater, *write(one.judged), ", ".join(words("inbox.file", number=number) for number in one.papers[:ROWS]))
        for one in settled.roster[:SHOWN]
    )
    head = [words(f"inbox.roster_{name}") for name in ("label", "judged", "missing", "files")]
    summary = words("inbox.roster", people=len(settled.roster))
    numbering = None if settled.naming else button(words("inbox.number"), "number", class_="quiet")
    return details(
        summary,
        scroll_box(table(head, rows, label=summary, class_="listed"), summary),
        numbering,
        key="roster",
    )


def _write_collecting(intake: Intake) -> Html:
    empty = [button(words(f"inbox.empty_{name}"), "empty", name, class_="quiet") for name in ("cases", "judgments")]
    ready = bool(intake.settled.cases)
    forms = [button(words(f"inbox.form_{name}"), "form", name, class_="quiet") for name in PRODUCTS] if ready else []
    first = None if ready else element("p", words("inbox.form_first"), class_="hint")
    text = element("p", words("inbox.collect_text"), class_="hint")
    return details(words("inbox.collect"), text, menu(words("inbox.collect"), *empty, *forms), first, key="collect")
