"""What was brought: the gate, the files, what waits to be mended in place, and who judged what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final
from urllib.parse import quote

from kapnb.engine.edition import Edition
from kapnb.group.inbox import Inbox, Mend, Paper, Refusal, Settled, Waiting
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


def say(key: str, **values: object) -> str:
    """Words of this part."""
    return words(f"inbox.{key}", **values)


def intake_words(intake: Intake) -> str:
    """Where things stand, as it is spoken."""
    if intake.busy:
        return say("reading")
    settled = intake.settled
    waiting = say("waiting_count", count=len(settled.waiting)) if settled.waiting else ""
    refused = (say("file_refused", number=one.number) + "." for one in intake.inbox.refused[-1:])
    return " ".join(filter(None, (intake.refused, opened_words(settled), waiting, *refused)))


def opened_words(settled: Settled) -> str:
    """What is open."""
    if not settled.cases:
        return ""
    counts = {"cases": settled.cases, "judgments": settled.judgments, "people": settled.roster}
    key = "opened_judgments" if settled.judgments else "opened"
    return say(key, **{name: f"{len(found):,}" for name, found in counts.items()})


def write_intake(intake: Intake, edition: Edition) -> Html:
    """The gate, or what comes after it."""
    if not intake.invented:
        return cases_gate("supervision", "invented-cases")
    return fragment(
        element("h2", say("title"), id="supervision-inbox", tabindex="-1", data_focus=True),
        element("p", say("lead"), class_="intro"),
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
        say("files"),
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
        say("title"),
        button(say("example"), "example", enabled=not intake.busy, class_=style),
        None if anything else element("span", say("example_text"), class_="hint"),
        button(say("clear"), "clear", class_="quiet") if anything else None,
    )
    # alone in its box, so that nothing beside it is drawn anew
    chosen = element("div", chooser, id=f"supervision-choose-{intake.round}")
    hint = element("p", say("limits", **limits), class_="hint", id="supervision-limits")
    return element("div", element("div", chosen, class_="pick drop"), hint, tools, class_="bring")


def _write_standing(intake: Intake) -> Iterator[Html]:
    if intake.busy:
        said = say("reading_rows" if intake.done else "reading", done=f"{intake.done:,}")
        bar = element("progress", aria_label=say("reading_bar"))
        yield element("div", bar, element("span", said, class_="tally", aria_hidden="true"), class_="progress")
    elif intake.doing:
        acts = (button(say(key), key) for key in ("retry", "leave"))
        yield element("p", say("stuck"), " ", *acts, class_="refused")
    if intake.refused:
        yield element("p", intake.refused, class_="refused")
    if opened := opened_words(intake.settled):
        yield element("p", opened, class_="opened")
    if intake.inbox.papers and not intake.kept:
        yield element("p", say("not_kept"), class_="hint")


def _write_papers(intake: Intake) -> Iterator[Html]:
    inbox, settled = intake.inbox, intake.settled
    rows = [_write_paper(paper, settled) for paper in inbox.papers if paper.kind != "form"]
    rows += [_write_refusal(one) for one in inbox.refused]
    yield from (_write_form(paper, paper.form) for paper in inbox.papers if paper.kind == "form" and paper.form)
    if rows:
        yield element("ul", *rows, class_="papers")


def _write_paper(paper: Paper, settled: Settled) -> Html:
    used, rows = settled.sizes.get(paper.number, (0, 0))
    said = say(f"file_{paper.kind}", number=paper.number, used=f"{used:,}", rows=f"{rows:,}")
    told = settled.told.get(paper.number, ())
    listed = element("ul", *(element("li", one) for one in told))
    noticed = details(say("told", count=len(told)), listed, key=f"told-{paper.number}") if told else None
    return element("li", element("span", said), _write_away(paper.number), noticed)


def _write_refusal(refusal: Refusal) -> Html:
    said = say("file_refused", number=refusal.number)
    why = (element("li", f"{one.where}: {one.problem}. {one.remedy}") for one in refusal.problems[:SHOWN])
    return element("li", element("span", said), _write_away(refusal.number), element("ul", *why), class_="refused")


def _write_away(number: int) -> Html:
    return button(say("put_away"), "drop", str(number), of=say("file", number=number), class_="quiet")


# a form


def _write_form(paper: Paper, form: Form) -> Html:
    number = str(paper.number)
    dropped = element("p", say("dropped", names=", ".join(form.dropped))) if form.dropped else None
    proposed = say("proposed", people=len(paper.rows), cases=", ".join(form.cases))
    columns, uses = [], _list_uses(form)
    for at, one in enumerate(form.questions):
        asked = {"action": "assign", "name": f"{number}\t{at}", "aria_label": one.header}
        columns.append((one.header, select(f"form-{number}-{at}", "", uses, _use(one.role, one.case), **asked)))
    listed = table((say("column"), say("column_holds")), columns, label=say("columns"), class_="listed")
    return element(
        "section",
        element("h3", say("file_form", number=number, product=say(f"product_{form.product}"))),
        element("p", proposed),
        dropped,
        None if form.labeled else element("p", say("no_labels")),
        *_write_codes(number, form),
        details(say("columns"), listed, key=f"columns-{number}"),
        menu(say("file", number=number), button(say("confirm"), "use", number, class_="firm"), _write_away(paper.number)),
        class_="card form",
        id=f"supervision-form-{number}",
    )


def _use(role: str, case: str) -> str:
    return f"{role}\t{case}" if role else ""


def _list_uses(form: Form) -> tuple[Option, ...]:
    names = {role: words(f"column_names.{role}") for role in ROLES}
    asked = ((_use(role, case), say("asks", case=case, about=about)) for case in form.cases for role, about in names.items())
    return options((("", say("not_used")), (_use("rater", ""), say("the_label")), *asked))


def _write_codes(number: str, form: Form) -> Iterator[Html]:
    if form.codes:
        yield element("p", say("codes"))
    for role, meant in form.codes.items():
        choices = options((option, option if role == "confidence" else words(f"outcomes.{option}")) for option in meant.values())
        for code, option in meant.items():
            label = say("code", about=words(f"column_names.{role}"), code=code)
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
    left = (one for one in settled.waiting[:SHOWN] if not (settled.naming and one.held.column == "rater"))
    rows += [_write_cell(one, intake, edition) for one in left]
    if rows:
        heads = element("h3", say("waiting")), element("p", say("waiting_lead"), class_="hint")
        yield element("section", *heads, element("ul", *rows, class_="waiting"), id="supervision-waiting")
    if mends := intake.inbox.mends:
        listed = (element("li", *_write_mend(cell, value, edition)) for cell, value in mends.items())
        yield details(say("mended", count=len(mends)), element("ul", *listed), key="mended")


def _write_questions(settled: Settled) -> Iterator[Html]:
    if settled.unknown:
        yield element("li", element("p", say("unknown", cases=", ".join(settled.unknown[:ROWS]))))
    if settled.naming:
        yield element("li", element("p", say("naming")), button(say("number"), "number"))
    for labels in settled.alike:
        said = say("alike", labels=", ".join(labels))
        yield element("li", element("p", said), button(say("join", label=labels[0]), "join", "\t".join(labels)))
    for clash in settled.clashes:
        named, name = say("file", number=clash.paper), f"{clash.paper}\t{clash.rater}"
        apart = button(say("clash_apart", rater=clash.rater), "apart", name)
        later = button(say("clash_later"), "later", name, of=clash.rater)
        said = say("clash", file=named, rater=clash.rater, rows=_list_rows(clash.rows))
        yield element("li", element("p", said), apart, later)
    for number, found in groupby(settled.replaced, key=lambda one: one[0]):
        raters = {rater: count for _, rater, count in found}
        yield element("li", *_write_replaced(number, raters))


def _write_replaced(number: int, raters: Mapping[str, int]) -> Iterator[Html]:
    """What a file says otherwise than those before; of several people in one line, and each of them folded."""
    shown = list(raters)[:ROWS]
    labels, named = ", ".join((*shown, *(["…"] if raters.keys() - {*shown} else []))), say("file", number=number)
    yield element("p", say("replaced", file=named, count=f"{sum(raters.values()):,}", rater=labels))
    if len(raters) == 1:
        yield button(say("replaced_apart"), "apart", f"{number}\t{labels}", class_="quiet", of=labels)
        return
    yield button(say("replaced_others"), "apart", "\t".join((str(number), *raters)), class_="quiet", of=named)
    each = (button(say("replaced_one", rater=one), "apart", f"{number}\t{one}", class_="quiet") for one in raters)
    yield details(say("replaced_some"), element("div", *each, class_="tools"), key=f"apart-{number}")


def _list_rows(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows[:ROWS])) + (", …" if rows[ROWS:] else "")


def say_cell(paper: int, column: str, shown: str, edition: Edition) -> str:
    """Where a cell is, and what it holds where that may be shown."""
    named = name_column(column, edition) if column else ""
    key = "cell" if shown else "cell_bare" if column else "row_bare"
    return say(key, file=say("file", number=paper), column=named, shown=shown)


def _write_cell(one: Waiting, intake: Intake, edition: Edition) -> Html:
    held, said = one.held, say_cell(one.paper, one.held.column, one.held.shown, edition)
    rows = say("rows", rows=_list_rows(one.rows))
    effect = say("rows_wait" if held.whole else "rows_used")
    text = element("p", element("b", said), f" ({rows}): {held.problem}. {effect}")
    return element("li", text, *(_write_choices(one, one.mend, said, intake, edition) if one.mend else ()))


def _write_choices(one: Waiting, cell: Mend, said: str, intake: Intake, edition: Edition) -> Iterator[Html]:
    kind, name = intake.inbox.find(one.paper).kind, name_cell(cell)
    known = list_choices(one.held.column, kind, edition, [row["case_id"] for row in intake.settled.cases])
    if label := dict(known).get(one.held.near):
        yield button(say("near", option=label), "mend", name, one.held.near, of=said)
    nothing = () if one.held.column == "case_id" else ((NOTHING, say("nothing")),)
    choices = options((("", say("choose")), *known, *nothing))
    key, heard = f"mend-{quote(name)}", f"{say('means')} {said}"
    yield element("div", select(key, say("means"), choices, "", action="mend", name=name, aria_label=heard), class_="pick")


def _write_mend(cell: Mend, value: str, edition: Edition) -> tuple[Html, ...]:
    number, column, shown, row = cell
    held = {"column": name_column(column, edition), "shown": shown or say("rows", rows=row)}
    told = say("mended_cell", file=say("file", number=number), value=value or say("nothing"), **held)
    return element("span", told), button(say("undo"), "undo", name_cell(cell), of=told, class_="quiet")


# who judged what, and other ways to collect


def _write_roster(settled: Settled) -> Html | None:
    if not settled.roster:
        return None
    cases, rows = [row["case_id"] for row in settled.cases], []
    for one in settled.roster[:SHOWN]:
        missing = [case for case in cases if case not in one.judged]
        judged = say("so_many", count=len(one.judged), of=len(cases)) if missing else say("all_judged", count=len(cases))
        files = ", ".join(say("file", number=number) for number in one.papers[:ROWS])
        rows.append((one.rater, judged, ", ".join(missing[:ROWS]), files))
    head = [say(f"roster_{name}") for name in ("label", "judged", "missing", "files")]
    summary = say("roster", people=len(settled.roster))
    numbering = None if settled.naming else button(say("number"), "number", class_="quiet")
    return details(summary, scroll_box(table(head, rows, label=summary, class_="listed"), summary), numbering, key="roster")


def _write_collecting(intake: Intake) -> Html:
    empty = [button(say(f"empty_{name}"), "empty", name, class_="quiet") for name in ("cases", "judgments")]
    ready = bool(intake.settled.cases)
    forms = [button(say(f"form_{name}"), "form", name, class_="quiet") for name in PRODUCTS] if ready else []
    first = None if ready else element("p", say("form_first"), class_="hint")
    text = element("p", say("collect_text"), class_="hint")
    return details(say("collect"), text, menu(say("collect"), *empty, *forms), first, key="collect")
