"""The report: every text that tells figures, made from the record and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from string import Formatter

from benchmarks.figures import Figure, shorten, with_unit
from benchmarks.figures.plots import draw_lines, draw_ranges
from benchmarks.figures.record import ROOT, Record, Run
from kapnb.text.html import Html

TOPICS: Mapping[str, str] = {
    "one_case": "One case",
    "explore": "Exploring a case, and the proof",
    "table": "A table in memory",
    "table_file": "A table in a file",
    "start": "How soon a page is there",
    "click": "From a click to the explanation",
    "page_kernel": "What a page costs",
    "load": "A class at work",
}
"""What each benchmark is about, in the order of the report; they run in this order too."""

NAMES = tuple(TOPICS)

TABLES: Mapping[str, str] = {"README.md": "readme.md", "docs/serving.md": "serving.md"}
"""The pages with a table of figures, and the text beside this module that it comes from. Figures stand there by script and key."""

QUIET = 0.3
"""More cores than these, busy with other work, make a figure doubtful."""

NOT_YET = "not measured yet"
BY_SIZE = "An answer, by how many are at work at once"


class Told:
    """A run, so that format strings can name its figures; one that is missing is noted."""

    def __init__(self, name: str, run: Run | None, missing: set[str]) -> None:
        self.name, self.missing = name, missing
        self.figures = {figure.key: figure for figure in run.figures} if run else {}

    def __getattr__(self, key: str) -> Figure | _Unknown:
        if key not in self.figures:
            self.missing.add(f"{self.name}.{key}")
            return _Unknown()
        return self.figures[key]


class _Unknown:
    def __format__(self, _: str) -> str:
        return NOT_YET


def named(text: str) -> Iterator[tuple[str, str]]:
    """The figures that a text names: script and key."""
    for _, name, _, _ in Formatter().parse(text):
        if name:
            script, _, key = name.partition(".")
            yield script, key


def tell(record: Record, text: str, missing: set[str]) -> str:
    scripts = {script for script, _ in named(text)}
    return text.format_map({script: Told(script, record.get(script), missing) for script in scripts})


def write(record: Record, root: Path = ROOT) -> list[str]:
    """Write all texts and plots; which figures they miss."""
    missing: set[str] = set()
    plots = root / "docs" / "figures"
    plots.mkdir(exist_ok=True)
    drawn = draw(record)
    for old in plots.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, plot in drawn.items():
        (plots / name).write_text(plot, "utf-8")
    (root / "docs" / "figures.md").write_text(write_report(record), "utf-8")
    for path in TABLES:
        file = root / path
        file.write_text(put(file.read_text("utf-8"), write_part(path, record, missing)), "utf-8")
    return sorted(missing)


BEGIN, END = '<!-- figures: "make bench" writes what follows -->', "<!-- the end of the figures -->"


def put(page: str, text: str) -> str:
    """A page with another text between the two marks."""
    begun, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    return f"{begun}{BEGIN}\n{text}\n{END}{after}"


def taken(page: str) -> str:
    """The text between the two marks."""
    return page.partition(BEGIN)[2].partition(END)[0].strip("\n")


# --- the tables on other pages


def template(page: str) -> str:
    return (Path(__file__).parent / TABLES[page]).read_text("utf-8")


def write_part(page: str, record: Record, missing: set[str]) -> str:
    """What stands between the marks of a page."""
    text = template(page)
    scripts = dict.fromkeys(script for script, _ in named(text))
    runs = [record[script] for script in scripts if script in record]
    return f"Measured with `make bench`: {told_runs(runs)}.{warn(runs)}\n\n{tell(record, text, missing).strip()}"


def told_runs(runs: Iterable[Run]) -> str:
    """When, of what and on what; more than one where the figures are not of one sitting."""
    days = _each(f"{datetime.fromisoformat(run.date):%-d %B %Y}" for run in runs)
    return f"{days}, {_each(str(run.state) for run in runs)}, {_each(str(run.machine) for run in runs)}"


def warn(runs: Iterable[Run]) -> str:
    said = ""
    if any(run.brief for run in runs):
        said += " **Some of them from few rounds.**"
    busiest = max((run.busy_around for run in runs), default=0.0)
    if busiest > QUIET:
        said += f" The machine was not quiet: other work kept up to {busiest:.1f} cores busy."
    return said


def _each(said: Iterable[str]) -> str:
    return ", then ".join(dict.fromkeys(said))


# --- the whole report


def write_report(record: Record) -> str:
    parts = [HEAD.format(runs=told_runs(record.values()), warning=warn(record.values()), aims=write_aims(record))]
    parts += [write_topic(name, record[name]) for name in NAMES if name in record]
    return "\n".join(parts)


HEAD = """# Figures

Every figure that kapnb claims, as `make bench` measured it last: {runs}.{warning}
`python -m benchmarks --only one_case,table` renews some of them; each keeps its date and its commit. All of it is written from
[figures.json](figures.json).

Where a figure has a range, it is the median of so many rounds, and the range goes from the least to the most. A ratio is to the
first of its table, taken round by round. Dashed marks in the plots are aims. Ratios travel better than times.

## Aims

{aims}
"""


def write_aims(record: Record) -> str:
    """Those that are missed by name, the others as a number."""
    aims = [(name, one) for name in NAMES if name in record for one in record[name].figures if one.reached is not None]
    missed = [
        f"- {TOPICS[name]}, {one.group}, {one.what}: {_got(one)}; the aim is {one.aim}" for name, one in aims if not one.reached
    ]
    reached = f"{len(aims) - len(missed)} of {len(aims)} aims are reached."
    return "\n".join([reached, *(["Missed:", "", *missed] if missed else [])])


def _got(one: Figure) -> str:
    ratio = "" if one.ratio_at_most is None else f", a ratio of {one.said_ratio}"
    return f"{with_unit(shorten(one.value, 3), one.unit)}{ratio}"


def write_topic(name: str, run: Run) -> str:
    brief = " **Few rounds.**" if run.brief else ""
    quiet = f"{run.busy_around:.1f} cores busy with other work just before or after"
    head = f"{run.date} UTC, {run.state}, in {run.seconds:.0f} s; {quiet}.{brief}"
    parts = [f"## {TOPICS[name]}\n\n{head}\nWhat was done: [benchmarks/{name}.py](../benchmarks/{name}.py).\n"]
    for number, members in enumerate(groups(run)):
        parts.append(f"### {members[0].group}\n\n{write_table(members)}\n")
        if has_plot(members):
            parts.append(f"![The table above as a plot](figures/{name}_{number}.svg)\n")
    if read_sizes({name: run}):
        parts.append(f"### {BY_SIZE}\n\n![The median and 95 of 100, from the tables above, as a plot](figures/load_sizes.svg)\n")
    return "\n".join(parts)


def groups(run: Run) -> list[list[Figure]]:
    return [[*members] for _, members in groupby(run.figures, lambda figure: figure.group)]


def write_table(members: Sequence[Figure]) -> str:
    """Columns that would be empty are left out."""
    columns = {
        "what": [one.what for one in members],
        "figure": [with_unit(shorten(one.value, 3), one.unit) for one in members],
        "range": [one.spread for one in members],
        "of": [f"{one.rounds:,}" if one.rounds > 1 else "" for one in members],
        "ratio": [one.said_ratio for one in members],
        "aim": [f"{one.aim}: {'reached' if one.reached else '**missed**'}" if one.aim else "" for one in members],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    lines = [[*filled], ["---"] * len(filled), *zip(*filled.values(), strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def has_plot(members: Sequence[Figure]) -> bool:
    """Whether there is something to compare."""
    return len(members) > 1 and members[0].unit != "" and len({one.unit for one in members}) == 1


def draw(record: Record) -> dict[str, Html]:
    """All plots by the names of their files."""
    drawn = {
        f"{name}_{number}.svg": draw_ranges(members)
        for name in NAMES
        if name in record
        for number, members in enumerate(groups(record[name]))
        if has_plot(members)
    }
    if (sizes := read_sizes(record)) and "load" in record:
        own = {figure.key: figure.value for figure in record["load"].figures}
        kinds = {"median": "median", "95 of 100": "most"}
        lines = {what: [own[f"size_{size}_{key}"] for size in sizes] for what, key in kinds.items()}
        drawn["load_sizes.svg"] = draw_lines(BY_SIZE, "at work at once", sizes, lines, "ms")
    return drawn


def read_sizes(record: Record) -> list[int]:
    """How many were at work at once, from one size to the next."""
    keys = [figure.key for figure in record["load"].figures] if "load" in record else []
    return [int(found[1]) for key in keys if (found := re.fullmatch(r"size_(\d+)_most", key))]
