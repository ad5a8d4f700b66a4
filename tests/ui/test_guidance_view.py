"""The guidance page without a browser: what it shows, and what a message of the browser leads to."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from kapnb import Outcome, assess, fields, load_guidance
from kapnb.engine.atlas import map_outcomes, move
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Basis
from kapnb.engine.proof import CHECKS, CORE
from kapnb.text.cases import Case
from kapnb.text.words import words
from kapnb.ui import atlas_view as atlas
from kapnb.ui import guidance as page_module
from kapnb.ui.charts import describe_counts, write_bar, write_flow
from kapnb.ui.guidance import GuidancePage
from kapnb.ui.ledger_view import Reach, count_reach, select_rules, write_ledger, write_source
from kapnb.ui.proof_view import Report, Trial, Work, check_all, check_readings, find_smallest, report_words, write_proof
from kapnb.ui.readings_view import share_words, weigh, write_readings
from kapnb.ui.widget import Event
from tests import apart, oracle
from tests.toy_pack import find_strays, toy

__all__ = ["toy"]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GUIDANCE = load_guidance("begley")
EDITION = GUIDANCE.bind()
LEDGER = GUIDANCE.ledger
NO_REACH = Reach(0, {}, {})
HOSTILE = """<img src=x onerror="alert(1)">&'"""
ALTERNATIVES = [(reading.name, choice.name) for reading in GUIDANCE.readings.values() for choice in reading.choices[1:]]
UNORDERED = {("features_needed", "two_or_more"), ("features_needed", "with_bpd_diagnosis"), ("remitted_bpd", "lifetime")}


def texts(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def sentences(html: str) -> str:
    """The texts without any space, so that where a tag stands makes no difference."""
    return re.sub(r"\s+", "", texts(html))


def holds(html: str, text: str) -> bool:
    return re.sub(r"\s+", "", text) in sentences(html)


class Plots(HTMLParser):
    """Collects what the plots of some markup are called, and finds tags that are not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.plots: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in {"input", "br"}:
            self.open.append(tag)
        if tag == "svg" and given.get("role") == "img":
            self.plots.append(given)
        if given.get("id"):
            self.ids.append(str(given["id"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def whole_page() -> str:
    page = GuidancePage()
    return "".join(page.view(page.state).values())


# --- the ledger


def test_the_source_and_its_limits_come_first() -> None:
    """Author, title, address, edition, the review and the four sentences stand at the head; nothing of it is fetched."""
    html = write_source(GUIDANCE)
    for text in (LEDGER.source.author, LEDGER.source.title, LEDGER.source.whose_view, LEDGER.source.review, *LEDGER.four.values()):
        assert holds(html, text)
    assert f'href="{LEDGER.source.url}"' in html
    assert "src=" not in whole_page()


def test_every_claim_is_accounted_for() -> None:
    """Each claim stands once, in its paragraph, with its text, its kinds, its standing, and the readings that it leaves open."""
    html = write_ledger(GUIDANCE, NO_REACH)
    for claim in LEDGER.claims.values():
        assert html.count(f'id="guidance-claim-{claim.id}"') == 1
        own = html.split(f'id="guidance-claim-{claim.id}"')[1].split('id="guidance-claim-')[0]
        assert holds(own, claim.text)
        assert all(holds(own, words(f"guidance.kind_{kind}")) for kind in claim.kinds)
        assert not claim.standing or holds(own, words(f"standings.{claim.standing}"))
        assert not claim.contrast or holds(own, claim.contrast)
        assert not claim.inferred or holds(own, words("bases.inferred"))
        for reading in GUIDANCE.readings.values():
            assert (f"#guidance-reading-{reading.name}" in own) is (claim.id in reading.claims)
        for rule in GUIDANCE.rules:
            if claim.id in rule.claims or rule.name in claim.explains:
                assert holds(own, rule.meaning), (claim.id, rule.name)


def test_every_rule_stands_in_full_once() -> None:
    """Each rule has its meaning, outcome, basis and kind of caution in one place; those without a claim are the toolkit's."""
    html = write_ledger(GUIDANCE, NO_REACH)
    added = html.split(words("guidance.added"))[1]
    for rule in GUIDANCE.rules:
        assert html.count(f'id="guidance-rule-{rule.name}"') == 1
        assert (f'id="guidance-rule-{rule.name}"' in added) is (not rule.claims)
        own = html.split(f'id="guidance-rule-{rule.name}"')[1].split("guidance-rule-")[0]
        assert holds(own, rule.meaning)
        assert holds(own, words(f"bases.{rule.basis}"))
        assert not rule.outcome or holds(own, words(f"outcomes.{rule.outcome}"))
        assert not rule.caution or holds(own, words(f"cautions.{rule.caution}"))


def test_what_the_source_leaves_open_is_said() -> None:
    """Phrases that it does not define, and topics that it does not address, are listed as such."""
    html = write_ledger(GUIDANCE, NO_REACH)
    for one in LEDGER.undefined:
        assert holds(html, words("guidance.undefined", phrase=one.phrase, claims=", ".join(one.claims)))
    assert all(holds(html, topic) for topic in LEDGER.not_addressed)


@pytest.mark.parametrize("basis", Basis)
def test_a_filter_keeps_the_rules_of_one_basis(basis: Basis) -> None:
    """Only rules of the basis stay, and only claims that feed one of them."""
    html = write_ledger(GUIDANCE, NO_REACH, basis)
    kept = [rule for rule in GUIDANCE.rules if rule.basis is basis]
    assert list(select_rules(GUIDANCE, basis)) == kept
    shown = set(re.findall(r'id="guidance-rule-(\w+)"', html))
    assert shown == {rule.name for rule in kept}
    claims = set(re.findall(r'id="guidance-claim-(\w+)"', html))
    assert claims == {claim for rule in kept for claim in rule.claims}


def test_reach_counts_cases_that_a_rule_holds_in() -> None:
    """Of any cases: how many hold each rule, and how many hold a rule that a claim feeds or explains; each case counts once."""
    cases = [
        Case({"ocd": "yes", "ocd_preparation": "under_way"}),
        Case({"psychotic_disorder": "schizophrenia"}),
        Case({"ocd": "yes"}),
        Case({}),
    ]
    reach = count_reach(GUIDANCE, cases)
    assert reach.cases == 4
    assert (reach.rules["ocd"], reach.rules["ocd_unprepared"], reach.rules["schizophrenia"]) == (2, 1, 1)
    assert (reach.claims["C27"], reach.claims["C28"], reach.claims["C24"], reach.claims["C03"]) == (2, 1, 2, 1)
    assert reach.rules["nothing_found"] == sum(
        any(finding.rule == "nothing_found" for finding in assess(case.answers).findings) for case in cases
    )


def test_the_page_counts_the_bundled_examples() -> None:
    """The ledger tells of as many example cases as there are."""
    reach = GuidancePage().reach
    assert reach.cases == len(EDITION.examples())
    assert holds(write_ledger(GUIDANCE, reach), words("guidance.reach_rule", count=reach.rules["ocd"], cases=reach.cases))


# --- the readings


@pytest.mark.parametrize(("reading", "choice"), ALTERNATIVES)
def test_a_choice_is_shown_with_what_it_moves(reading: str, choice: str) -> None:
    """Each other choice has its total, and each flow with its exact number, in the plot's description and in the table."""
    html = write_readings(GUIDANCE)
    own = html.split(f'id="guidance-reading-{reading}"')[1].split(f'data-choice="{choice}"')[1].split("data-choice")[0]
    moved = move(EDITION, reading, choice)
    assert holds(own, f"{moved.total:,}")
    plot = re.findall(r'<svg[^>]*aria-label="([^"]*)"', own)
    assert len(plot) == 1
    for cases in moved.moved.values():
        assert f"{cases:,}" in plot[0]
        assert f"<td>{cases:,}</td>" in own


@pytest.mark.parametrize(("reading", "choice"), ALTERNATIVES)
def test_where_the_order_of_caution_fails_a_case_is_shown(reading: str, choice: str) -> None:
    """Exactly the known choices loosen; each shows a case in which the more cautious answer leads to less caution."""
    found = weigh(GUIDANCE, reading, choice).loosening
    assert (found is not None) is ((reading, choice) in UNORDERED)
    if found:
        (before, old), (after, new) = found.before, found.after
        case = {**oracle.QUIET, **found.case}
        assert after in oracle.more_cautious_answers(found.field, before)
        assert oracle.outcome({**case, found.field: before}, {reading: choice}) == str(old)
        assert oracle.outcome({**case, found.field: after}, {reading: choice}) == str(new)
        assert new < old
        assert all(fields.applies(name, {**case, found.field: after}) for name in found.case)


@pytest.mark.parametrize(
    ("part", "said"), [(0, "none of them"), (25, "about 25 in 100"), (1, "about 1 in 100"), (3, "about 1 in 33")]
)
def test_a_share_is_told_in_plain_numbers(part: int, said: str) -> None:
    """A share is a number in a hundred, or one in so many."""
    assert share_words(part, 100) == said


# --- the atlas


def test_choosing_is_a_function_from_choice_to_choice() -> None:
    """A question is either on an axis or fixed, never both; the same question on both axes makes them change places."""
    choice = atlas.fix(atlas.Choice(), "ocd", "yes", fields)
    assert dict(choice.fixed) == {"ocd": "yes"}
    moved = atlas.choose_axis(choice, "rows", "ocd", fields)
    assert (moved.rows, dict(moved.fixed)) == ("ocd", {})
    swapped = atlas.choose_axis(choice, "rows", choice.columns, fields)
    assert (swapped.rows, swapped.columns) == (choice.columns, choice.rows)
    assert dict(atlas.fix(choice, "ocd", atlas.ANY, fields).fixed) == {}
    assert dict(atlas.choose(choice, "free", "", "", fields).fixed) == {}
    assert dict(choice.fixed) == {"ocd": "yes"}


def test_the_least_cautious_answers_leave_what_is_looked_at_free() -> None:
    """Every other question that is always asked and has an order is fixed at its least cautious answer."""
    choice = atlas.quiet(atlas.Choice(), fields)
    always = {name for name in oracle.ORDER if name not in oracle.ASKED_WHEN}
    assert choice.fixed == {name: oracle.ORDER[name][0][0] for name in always - {choice.rows, choice.columns}}


@pytest.mark.parametrize(("rows", "columns"), [("bpd_diagnosis", "structured_therapy"), ("ocd_preparation", "mood_shift")])
def test_the_map_says_every_count(rows: str, columns: str) -> None:
    """Each cell of the map says its counts in words, and the table below has them all."""
    html = atlas.write_atlas(EDITION, atlas.Choice(rows, columns))
    shown = map_outcomes(EDITION, rows, columns)
    said = [str(plot["aria-label"]) for plot in Plots(html).plots]
    exact = html.split(words("guidance.exact"))[-1]
    for row in range(len(shown.rows[1])):
        for column in range(len(shown.columns[1])):
            counts = shown.outcomes(row, column)
            assert not any(counts.values()) or any(plot.endswith(describe_counts(counts)) for plot in said)
            assert "".join(f"<td>{counts[outcome]:,}</td>" for outcome in Outcome) in exact


def test_answers_that_exclude_each_other_are_told() -> None:
    """Where no case has all fixed answers, the page says so and draws no map."""
    choice = atlas.fix(atlas.fix(atlas.Choice(), "ocd", "no", fields), "ocd_preparation", "thorough", fields)
    html = atlas.write_atlas(EDITION, choice)
    assert holds(html, words("guidance.atlas_none"))
    assert 'class="map"' not in html


# --- plots


def test_every_plot_has_a_title_and_a_description() -> None:
    """Each plot is an image with a name; a title and a description stand inside it; ids are unique and tags are closed."""
    html = whole_page()
    parsed = Plots(html)
    assert not parsed.open
    assert len(parsed.ids) == len(set(parsed.ids))
    assert len(parsed.plots) > 30
    assert all(plot.get("aria-label") for plot in parsed.plots)
    images = re.findall(r"<svg[^>]*role=\"img\".*?</svg>", html)
    assert all("<title>" in image and "<desc>" in image for image in images)


def test_outcomes_differ_by_more_than_color() -> None:
    """Every outcome but one is drawn over with a pattern of its own, and each pattern is defined on its sheet."""
    html = write_bar(dict.fromkeys(Outcome, 1), "atlas", "all")
    used = re.findall(r"url\(#([\w-]+)\)", html)
    assert len(set(used)) == len(Outcome) - 1
    sheet = atlas.write_atlas(EDITION, atlas.Choice())
    assert all(f'id="{name}"' in sheet for name in used)


def test_what_occurs_can_be_seen() -> None:
    """The smallest number of cases still makes a stripe, and the stripes fill the bar."""
    html = write_bar({Outcome.NOT_RECOMMENDED: 10**9, Outcome.MAY_BE_CONSIDERED: 1}, "atlas", "all")
    widths = [float(width) for width in re.findall(r'class="tone"[^>]* width="([\d.]+)%"', html)]
    assert min(widths) > 2
    assert abs(sum(widths) - 100) < 0.1


def test_titles_are_escaped() -> None:
    """A text with markup in it, in a plot or in the ledger, comes out as text."""
    flow = write_flow({(Outcome.CLARIFY_FIRST, Outcome.NOT_AT_PRESENT): 2}, "readings", HOSTILE)
    claims = {name: replace(claim, text=HOSTILE, contrast=HOSTILE) for name, claim in LEDGER.claims.items()}
    source = replace(LEDGER.source, title=HOSTILE, author=HOSTILE)
    ledger = replace(LEDGER, claims=claims, source=source, not_addressed=(HOSTILE,))
    spoiled = replace(GUIDANCE, ledger=ledger)
    html = write_bar({Outcome.CLARIFY_FIRST: 1}, "atlas", HOSTILE) + flow + write_source(spoiled) + write_ledger(spoiled, NO_REACH)
    assert "<img" not in html
    assert "alert(1)" in texts(html)
    assert not Plots(html).open


# --- the proof


async def collect(reports: AsyncIterator[Report]) -> list[Report]:
    return [report async for report in reports]


def test_the_proof_appears_step_by_step() -> None:
    """After each property there is a report with one result more, and the last says that all of them hold."""
    reports = apart.run(collect(check_all(EDITION, Report())))
    assert [len(report.results) for report in reports] == [0, *range(1, len(CHECKS) + 1), len(CHECKS)]
    html = write_proof(EDITION, reports[-1])
    for result in reports[-1].results:
        own = html.split(f'data-property="{result.name}"')[1].split("data-property")[0]
        assert holds(own, words(f"proof.{result.name}"))
        assert holds(own, words("guidance.status_holds"))
        assert holds(own, f"{result.checked:,}")
    assert report_words(reports[-1]) == words("guidance.done_all", count=len(CHECKS))


def test_a_property_that_fails_shows_its_case() -> None:
    """The counterexample stands beside the property, in words, and the end of the work tells that one fails."""
    thorough = GUIDANCE.fields["psychological_assessment"].is_one_of("thorough")
    rules = tuple(replace(rule, condition=thorough) if rule.name == "assessment_incomplete" else rule for rule in GUIDANCE.rules)
    spoiled = replace(GUIDANCE, rules=rules)
    report = apart.run(collect(check_all(spoiled.bind(), Report())))[-1]
    own = write_proof(spoiled.bind(), report).split('data-property="monotone"')[1].split("data-property")[0]
    assert holds(own, words("guidance.status_fails"))
    assert "thorough" in texts(own).lower()
    assert report_words(report) == words("guidance.done_failed", count=1)


def test_other_readings_are_tried_and_exceptions_named() -> None:
    """All 102 editions; the order of caution names the smallest choices under which it fails, and no others."""
    report = apart.run(collect(check_readings(GUIDANCE, Report())))[-1]
    assert len(report.trials) == 102
    named = {tuple(trial.readings.items()) for trial in find_smallest(report.trials, "monotone")}
    assert named == {(pair,) for pair in UNORDERED}
    html = write_proof(EDITION, report).split("data-property")
    assert [words("guidance.status_partly") in part for part in html[-3:]] == [False, False, True]
    assert not find_smallest(report.trials, "total")
    assert all(len(trial.results) == len(CORE) for trial in report.trials)
    assert isinstance(report.trials[0], Trial)


# --- the page


@pytest.mark.parametrize(
    "event",
    [
        Event("dance"),
        Event("basis", value="nonsense"),
        Event("basis", value=["stated"]),
        Event("axis", "rows", "nonsense"),
        Event("axis", "depth", "ocd"),
        Event("fix", "ocd", "maybe"),
        Event("fix", "bpd_diagnosis", "none"),
    ],
    ids=lambda event: f"{event.action} {event.name} {event.value}",
)
def test_an_event_without_sense_changes_nothing(event: Event, caplog: pytest.LogCaptureFixture) -> None:
    """The notice has an incident id, and the log has it too."""
    page = GuidancePage()
    before = page.state
    with caplog.at_level(logging.ERROR):
        page.act(event)
    assert page.state == before
    assert page.widget is not None
    assert holds(page.widget.html_notices, words("page.trouble"))
    assert "Traceback" not in page.widget.html_notices
    assert page.widget.said.split()[-1] in caplog.text


def test_only_the_region_that_changes_is_written_again() -> None:
    """Another question on the rows of the atlas leaves the ledger, the readings and the proof as they are."""
    page = GuidancePage()
    before = page.view(page.state)
    page.act(Event("axis", "rows", "ocd"))
    after = page.view(page.state)
    assert [name for name in before if before[name] is not after[name]] == ["atlas"]


def test_a_proof_that_breaks_is_reported_and_can_be_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours while it runs ends the work with a notice; the next try works."""

    async def broken(_edition: Edition, report: Report) -> AsyncIterator[Report]:
        yield replace(report, work=Work.ALL)
        raise RuntimeError("broken")

    async def visit() -> GuidancePage:
        page = GuidancePage()
        with monkeypatch.context() as patch:
            patch.setattr(page_module, "check_all", broken)
            page.act(Event("prove"))
            await page.settled()
        assert page.widget is not None
        assert holds(page.widget.html_notices, words("page.trouble"))
        assert page.state.report.work is Work.NOTHING
        page.act(Event("prove"))
        page.act(Event("prove"))  # at work already
        await page.settled()
        return page

    page = apart.run(visit())
    assert len(page.state.report.results) == len(CHECKS)
    assert page.widget is not None
    assert page.widget.said == words("guidance.done_all", count=len(CHECKS))


def test_the_page_answers_while_it_proves() -> None:
    """A choice in the atlas is answered before the proof ends."""

    async def visit() -> int:
        page = GuidancePage()
        begun = asyncio.Event()
        page.observe(lambda _change: begun.set(), "state")
        page.act(Event("prove"))
        await begun.wait()
        page.act(Event("axis", "rows", "ocd"))
        assert page.state.choice.rows == "ocd"
        done = len(page.state.report.results)
        await page.settled()
        return done

    assert apart.run(visit()) < len(CHECKS)


def test_no_region_is_heavy() -> None:
    """Each region stays below a tenth of a megabyte."""
    page = GuidancePage()
    assert {name: len(html) for name, html in page.view(page.state).items() if len(html) > 100_000} == {}


def test_the_page_of_a_second_pack_speaks_for_itself(toy: Edition) -> None:
    """No sentence of the first pack stands on the page of another."""
    page = GuidancePage()
    assert page.edition.pack == toy.pack
    assert find_strays("".join(page.view(page.state).values())) == []
