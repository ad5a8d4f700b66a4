"""The figures of the README: each was measured, says where and when, and stands in the report that ``make bench`` wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.figures import Figure, compare, record, report, shorten, strip
from benchmarks.figures.plots import draw_lines, draw_ranges
from benchmarks.figures.record import Record, load

ROOT = Path(__file__).parent.parent
RECORD = load()
SCRIPTS = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__", "__main__"}
NAMED = sorted({own for page in report.TABLES for own in report.named(report.template(page))})


def write_parts(record: Record) -> list[str]:
    """What stands between the marks of each page."""
    return [report.write_part(page, record, set()) for page in report.TABLES]


def change(record: Record, script: str, key: str) -> Record:
    """The same with another value of one figure."""
    run = record[script]
    figures = tuple(
        replace(one, value=one.value * 2 + 1, ratio=one.ratio and one.ratio * 2) if one.key == key else one for one in run.figures
    )
    return {**record, script: replace(run, figures=figures)}


@pytest.mark.parametrize("page", report.TABLES)
def test_a_page_tells_what_the_record_gives(page: str) -> None:
    """What stands between the marks of a page is what the record gives, and not a word else."""
    text = (ROOT / page).read_text("utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1
    assert report.taken(text) == report.write_part(page, RECORD, set()), 'run "make bench ARGS=--report"'


def test_the_report_and_its_plots_are_what_the_record_gives() -> None:
    """The report, and every plot of it, is made from the record; none is left from before."""
    assert (ROOT / "docs/figures.md").read_text("utf-8") == report.write_report(RECORD), 'run "make bench ARGS=--report"'
    plots = {path.name: path.read_text("utf-8") for path in (ROOT / "docs/figures").iterdir()}
    assert plots == report.draw(RECORD)
    assert sorted(re.findall(r"\(figures/(\w+\.svg)\)", report.write_report(RECORD))) == sorted(plots)


@pytest.mark.parametrize(("script", "key"), NAMED, ids=".".join)
def test_each_figure_of_a_page_was_measured(script: str, key: str) -> None:
    """A figure that a page names has a script, a value, a day and the commit it was measured of; another value, another page."""
    assert (ROOT / "benchmarks" / f"{script}.py").is_file()
    run = RECORD[script]
    assert [one.key for one in run.figures].count(key) == 1
    assert datetime.fromisoformat(run.date).year >= 2026
    assert re.fullmatch(r"[0-9a-f]{10}", run.state.commit)
    assert write_parts(change(RECORD, script, key)) != write_parts(RECORD)


def test_each_benchmark_is_in_the_report() -> None:
    """No benchmark is left out: each script gives figures, and has a part of the report with its day and its commit."""
    assert {*report.NAMES} == SCRIPTS == {*RECORD}
    for name in SCRIPTS:
        assert "\ndef measure(*, brief: bool = False" in (ROOT / "benchmarks" / f"{name}.py").read_text("utf-8")
        part = report.write_topic(name, RECORD[name])
        assert all(said in part for said in (RECORD[name].date, RECORD[name].state.commit, f"../benchmarks/{name}.py"))


def test_no_figure_of_the_readme_is_written_by_hand() -> None:
    """In the README's part on figures no number stands outside of what the record gives."""
    part = re.search(r"\n## Figures\n(.*?)\n## ", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert part
    by_hand = part[1].partition(report.BEGIN)[0] + part[1].partition(report.END)[2]
    assert not re.search(r"\d", by_hand)


def test_what_was_not_measured_is_not_made_up() -> None:
    """Without a run a page says so where its figure would stand, names it, and keeps the others."""
    missing: set[str] = set()
    without = {name: run for name, run in RECORD.items() if name != "click"}
    text = report.write_part("README.md", without, missing)
    assert missing == {f"click.{key}" for script, key in report.named(report.template("README.md")) if script == "click"}
    assert report.NOT_YET in text
    assert f"{report.Told('table', RECORD['table'], set()).million_kapnb}" in text


def test_few_rounds_and_other_work_are_told() -> None:
    """A run of few rounds, and one beside other work, is told as such wherever its figures are."""
    run = replace(RECORD["table"], brief=False, busy_around=0.1)
    assert report.warn([run]) == ""
    assert "few rounds" in report.warn([run, replace(run, brief=True)])
    assert "1.4 cores" in report.warn([run, replace(run, busy_around=1.4)])


def test_a_missed_aim_is_told_by_name() -> None:
    """The report says of each aim whether it is reached, and names those that are missed."""
    table = RECORD["table"]
    near, far = (Figure(key, "A group", f"the {key}", "ms", value, at_most=10) for key, value in (("near", 9), ("far", 11)))
    said = report.write_aims({"table": replace(table, figures=(near, far))})
    assert "1 of 2 aims" in said
    assert "the far: 11 ms; the aim is at most 10 ms" in said
    assert "the near" not in said
    assert Figure("k", "g", "w", "ms", 1, ratio=1.153, ratio_at_most=1.15).said_ratio == "1.1530"


def test_ratios_are_taken_round_by_round() -> None:
    """A slow moment that meets both contenders does not move their ratio; what could not be measured is no figure."""
    times = {"ours": [2.0, 20.0, 4.0], "base": [1.0, 10.0, 2.0], "gone": [float("nan")] * 3}
    base, ours = compare("k", "g", "ms", {name: name for name in times}, times, base="base")
    assert (base.what, ours.what, ours.ratio, ours.value, ours.low, ours.high) == ("base", "ours", 2.0, 4.0, 2.0, 20.0)


def test_numbers_are_as_short_as_they_are_true() -> None:
    """So many digits as tell something, never fewer than stand before the point; a count is told in full."""
    numbers = {33.27: "33", 2796.6: "2,797", 0.0612: "0.061", 40: "40", 99.7: "100", 0: "0", 1_612_431_360_000: "1,612,431,360,000"}
    assert {number: shorten(number) for number in numbers} == numbers


def test_a_figure_outlives_its_file() -> None:
    """What the record keeps of a figure gives the same figure again."""
    figure = Figure("k", "g", "w", "ms", 1.25, 1.0, 2.0, 7, 3.5, 4, 5)
    assert Figure(**strip(figure)) == figure  # type: ignore[arg-type]


def test_a_benchmark_that_fails_keeps_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails is named and keeps what it gave before; the next one runs, and its figures are kept at once."""
    figure, saved = Figure("k", "g", "w", "ms", 1.0), {}
    monkeypatch.setattr(bench, "measure_apart", lambda name, brief: None if name == "table" else (figure,))
    monkeypatch.setattr(record, "look_at_load", lambda seconds: 0.0)
    monkeypatch.setattr(record, "save", saved.update)
    assert bench.run(["table", "click"], brief=False) == ["table"]
    assert saved["click"].figures == (figure,)
    assert {name: run for name, run in saved.items() if name != "click"} == {
        name: run for name, run in RECORD.items() if name != "click"
    }


def test_a_benchmark_runs_in_a_process_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    """What goes wrong there, here that there is no such benchmark, ends no other."""
    assert bench.measure_apart("nothing", brief=True) is None
    assert "nothing" in capfd.readouterr().err


def test_plots_tell_themselves_in_words() -> None:
    """A plot names its group, and each of its figures with value, unit and range; a value is never outside of the picture."""
    wide = [
        Figure(str(place), "A group", f"number {place}", "ms", 10.0**place, 10.0**place / 2, 10.0**place * 2) for place in range(5)
    ]
    lines = {"number 0": [1.0, 90.0], "number 1": [2.0, 90.0]}
    plots = [draw_ranges(wide), draw_ranges(wide[:1]), draw_lines("A group", "at work", [10, 20], lines, "ms")]
    for plot in plots:
        title = re.search(r"<title>(.*?)</title>", plot)
        size = re.search(r'viewBox="0 0 (\d+) (\d+)"', plot)
        assert title
        assert size
        assert all(said in title[1] for said in ("A group", "number 0", "1 ms"))
        for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', plot):
            assert 0 < float(x) < float(size[1])
            assert 0 < float(y) < float(size[2])
