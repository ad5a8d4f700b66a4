"""The guidance page without a browser: what it shows, and what a message of the browser leads to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape

import pytest

from kapnb import Outcome, fields, load_guidance
from kapnb.engine import proof
from kapnb.engine.atlas import map_outcomes, move
from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Basis
from kapnb.engine.proof import CHECKS, find_smallest
from kapnb.text.cases import Case
from kapnb.text.phrases import answer_words, outcome_words
from kapnb.text.words import words
from kapnb.ui import guidance as page_module
from kapnb.ui.atlas_view import Choice, choose, write_atlas
from kapnb.ui.charts import describe_counts, write_bar, write_flow, write_textures
from kapnb.ui.guidance import GuidancePage
from kapnb.ui.ledger_view import count_reach, find_held, rules_of, write_ledger, write_source
from kapnb.ui.proof_view import Report, check_all, check_readings, report_words, write_proof
from kapnb.ui.readings_view import find_loosening, write_readings
from kapnb.ui.widget import Event
from tests import apart, oracle
from tests.toy_pack import find_strays, toy

__all__ = ["toy"]

GUIDANCE = load_guidance("begley")
EDITION = GUIDANCE.bind()
LEDGER = GUIDANCE.ledger
PATTERN = oracle.GROUPS["pattern"]
SMALL = replace(GUIDANCE, rules=tuple(rule for rule in GUIDANCE.rules if rule.condition.fields.isdisjoint(PATTERN)))
"""The guidance without its largest group, which is proved at once."""
HOSTILE = """<img src=x onerror="alert(1)">&'"""
ALTERNATIVES = [(reading.name, choice.name) for reading in GUIDANCE.readings.values() for choice in reading.choices[1:]]
UNORDERED = {("unstabilized_bipolar", "any_episode")}


def holds(html: str, text: str) -> bool:
    """Whether a text stands on the page; where tags and spaces are makes no difference."""
    return re.sub(r"\s", "", text) in re.sub(r"\s", "", unescape(re.sub(r"<[^>]*>", "", html)))


def part(html: str, start: str, end: str) -> str:
    return html.split(start)[1].split(end, maxsplit=1)[0]


def name_charts(html: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'<svg[^>]* role="img" aria-label="([^"]+)"', html)]


@pytest.fixture
def page() -> GuidancePage:
    return GuidancePage()


def whole(page: GuidancePage) -> str:
    return "".join((page.frame(), *page.view(page.state).values()))


def test_the_page_is_sound(page: GuidancePage) -> None:
    """Each chart has a name, ids are unique, every texture is defined, nothing is fetched, no region is heavy."""
    html = whole(page)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(name_charts(html)) == html.count('role="img"') > 30
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([\w-]+)\)", html)) <= set(ids)
    assert "src=" not in html
    assert max(map(len, page.view(page.state).values())) < 100_000


# --- the ledger


def test_the_source_and_its_limits_are_said() -> None:
    """Whose view it is and the four sentences stand at the head; what it does not define or address is listed as such."""
    head, ledger, source = write_source(GUIDANCE), write_ledger(GUIDANCE, []), LEDGER.source
    said = [source.author, source.title, source.whose_view, source.review, *LEDGER.four.values()]
    assert [text for text in said if not holds(head, text)] == []
    assert f'href="{source.url}"' in head
    open_phrases = [words("guidance.undefined", phrase=one.phrase, claims=", ".join(one.claims)) for one in LEDGER.undefined]
    assert [text for text in (*open_phrases, *LEDGER.not_addressed) if not holds(ledger, text)] == []


def test_every_claim_is_accounted_for() -> None:
    """Each claim stands once, with its text, its kinds, its standing, its rules, and the readings that it leaves open."""
    html = write_ledger(GUIDANCE, [])
    for claim in LEDGER.claims.values():
        assert html.count(f'id="guidance-claim-{claim.id}"') == 1
        own = part(html, f'id="guidance-claim-{claim.id}"', 'id="guidance-claim-')
        said = [claim.text, claim.contrast, *(words(f"guidance.kind_{kind}") for kind in claim.kinds)]
        said += [words(f"standings.{claim.standing}")] if claim.standing else []
        said += [words("bases.inferred")] if claim.inferred else []
        said += [rule.meaning for rule in rules_of(GUIDANCE, claim)]
        assert [text for text in said if not holds(own, text)] == []
        for reading in GUIDANCE.readings.values():
            assert (f"#guidance-reading-{reading.name}" in own) is (claim.id in reading.claims)


def test_every_rule_stands_in_full_once() -> None:
    """Each rule has its meaning, outcome, basis and kind of caution in one place; those without a claim are the toolkit's."""
    html = write_ledger(GUIDANCE, [])
    added = html.split(words("guidance.added"))[1]
    for rule in GUIDANCE.rules:
        assert html.count(f'id="guidance-rule-{rule.name}"') == 1
        assert (f'id="guidance-rule-{rule.name}"' in added) is (not rule.claims)
        own = part(html, f'id="guidance-rule-{rule.name}"', "guidance-rule-")
        said = [rule.meaning, words(f"bases.{rule.basis}")]
        said += [words(f"outcomes.{rule.outcome}")] if rule.outcome else []
        said += [words(f"cautions.{rule.caution}")] if rule.caution else []
        assert [text for text in said if not holds(own, text)] == []


@pytest.mark.parametrize("basis", Basis)
def test_a_filter_keeps_the_rules_of_one_basis(basis: Basis) -> None:
    """Only rules of the basis stay, and only claims that feed one of them."""
    html = write_ledger(GUIDANCE, [], basis)
    kept = [rule for rule in GUIDANCE.rules if rule.basis is basis]
    assert set(re.findall(r'id="guidance-rule-(\w+)"', html)) == {rule.name for rule in kept}
    assert set(re.findall(r'id="guidance-claim-(\w+)"', html)) == {claim for rule in kept for claim in rule.claims}


def test_reach_counts_cases_that_a_rule_holds_in() -> None:
    """How many cases hold a rule, and how many hold one that a claim feeds or explains; each case counts once."""
    answers = ({"ocd": "yes", "ocd_preparation": "under_way"}, {"psychotic_disorder": "schizophrenia"}, {"ocd": "yes"}, {})
    held = find_held(GUIDANCE, map(Case, answers))
    by_name = {rule.name: rule for rule in GUIDANCE.rules}
    assert [count_reach(held, [by_name[name]]) for name in ("ocd", "ocd_unprepared", "schizophrenia")] == [2, 1, 1]
    assert [count_reach(held, rules_of(GUIDANCE, LEDGER.claims[name])) for name in ("C27", "C28", "C24", "C03")] == [2, 1, 2, 1]
    html = write_ledger(GUIDANCE, held)
    assert holds(part(html, 'id="guidance-rule-ocd"', 'id="guidance-'), words("guidance.reach_rule", count=2, cases=4))


# --- the readings


def part_of_choice(reading: str, choice: str) -> str:
    own = write_readings(GUIDANCE).split(f'id="guidance-reading-{reading}"')[1]
    return part(own, f'data-choice="{choice}"', "data-choice")


@pytest.mark.parametrize(("reading", "choice"), ALTERNATIVES)
def test_a_choice_is_shown_with_what_it_moves(reading: str, choice: str) -> None:
    """Each other choice has its total, each flow with its exact number, and whether the order of caution fails."""
    own, moved = part_of_choice(reading, choice), move(EDITION, reading, choice)
    assert holds(own, f"{moved.total:,}")
    assert [int(cases.replace(",", "")) for cases in re.findall(r"<td>([\d,]+)</td>", own)] == list(moved.moved.values())
    assert holds(own, words("guidance.law_fails")) is ((reading, choice) in UNORDERED)


@pytest.mark.parametrize(("reading", "choice"), sorted(UNORDERED))
def test_where_the_order_of_caution_fails_a_case_is_shown(reading: str, choice: str) -> None:
    """The page shows a case in which the more cautious answer leads to less caution, with both answers and outcomes."""
    found = find_loosening(GUIDANCE.bind({reading: choice}))
    assert found
    name, after = found.change
    answers = found.case[name], after
    assert after in oracle.more_cautious_answers(name, found.case[name])
    old, new = (Outcome(oracle.outcome({**oracle.QUIET, **found.case, name: one}, {reading: choice})) for one in answers)
    assert new < old
    for answer, outcome in zip(answers, (old, new), strict=True):
        said = answer_words(fields, name, answer)
        assert holds(part_of_choice(reading, choice), words("guidance.law_step", answer=said, outcome=outcome_words(outcome)))


# --- the atlas


def test_choosing_is_a_function_from_choice_to_choice() -> None:
    """A question is either on an axis or fixed, never both; the same question on both axes makes them change places."""
    choice = choose(Choice(), Event("fix", "ocd", "yes"), fields)
    assert choice == Choice(fixed={"ocd": "yes"})
    assert choose(choice, Event("axis", "rows", "ocd"), fields) == Choice(rows="ocd")
    for axis, name in (("rows", choice.columns), ("columns", choice.rows)):
        assert choose(choice, Event("axis", axis, name), fields) == Choice(choice.columns, choice.rows, choice.fixed)
    assert choose(choice, Event("fix", "ocd", ""), fields) == choose(choice, Event("free"), fields) == Choice()
    always = oracle.ORDER.keys() - oracle.ASKED_WHEN.keys() - {choice.rows, choice.columns}
    assert choose(choice, Event("quiet"), fields).fixed == {name: oracle.ORDER[name][0][0] for name in always}


@pytest.mark.parametrize(("rows", "columns"), [("bpd_diagnosis", "structured_therapy"), ("ocd_preparation", "mood_shift")])
def test_the_map_says_every_count(rows: str, columns: str) -> None:
    """Each cell of the map says its counts in words, and the table below has them all."""
    html = write_atlas(EDITION, Choice(rows, columns))
    shown = map_outcomes(EDITION, rows, columns)
    exact = html.split(words("guidance.exact"))[-1]
    for row in range(len(shown.rows[1])):
        for column in range(len(shown.columns[1])):
            counts = shown.outcomes(row, column)
            assert not any(counts.values()) or any(name.endswith(describe_counts(counts)) for name in name_charts(html))
            assert "".join(f"<td>{counts[outcome]:,}</td>" for outcome in Outcome) in exact


def test_answers_that_exclude_each_other_are_told() -> None:
    html = write_atlas(EDITION, Choice(fixed={"ocd": "no", "ocd_preparation": "thorough"}))
    assert holds(html, words("guidance.atlas_none"))
    assert 'class="map"' not in html


# --- charts


def test_outcomes_differ_by_more_than_color() -> None:
    """Every outcome but one is drawn over with a pattern of its own, and each pattern is defined."""
    used = re.findall(r"url\(#([\w-]+)\)", write_bar(dict.fromkeys(Outcome, 1), "all"))
    assert len(used) == len(Outcome) - 1
    assert sorted(used) == sorted(re.findall(r'id="([\w-]+)"', write_textures()))


def test_what_occurs_can_be_seen() -> None:
    """The smallest number of cases still makes a stripe, and the stripes fill the bar without a gap."""
    html = write_bar({Outcome.NOT_RECOMMENDED: 10**9, Outcome.MAY_BE_CONSIDERED: 1}, "all")
    (left, first), (start, second) = (map(float, one) for one in re.findall(r'class="tone" x="([\d.]+)%" width="([\d.]+)%"', html))
    assert (left, start) == (0, first)
    assert second > 2
    assert abs(first + second - 100) < 0.1


def test_texts_are_escaped() -> None:
    """A text with markup in it, in a chart or in the ledger, comes out as text."""
    claims = {name: replace(claim, text=HOSTILE, contrast=HOSTILE) for name, claim in LEDGER.claims.items()}
    source = replace(LEDGER.source, title=HOSTILE, author=HOSTILE)
    spoiled = replace(GUIDANCE, ledger=replace(LEDGER, claims=claims, source=source, not_addressed=(HOSTILE,)))
    flow = write_flow({(Outcome.CLARIFY_FIRST, Outcome.NOT_AT_PRESENT): 2}, HOSTILE)
    for html in (flow, write_bar({Outcome.CLARIFY_FIRST: 1}, HOSTILE), write_source(spoiled), write_ledger(spoiled, [])):
        assert "<img" not in html
        assert "alert(1)" in unescape(html)


# --- the proof


async def collect(reports: AsyncIterator[Report]) -> list[Report]:
    return [report async for report in reports]


def test_the_proof_appears_step_by_step() -> None:
    """After each property there is a report with one result more. The one that fails shows its case, and the end tells of it."""
    thorough = GUIDANCE.fields["psychological_assessment"].is_one_of("thorough")
    rules = tuple(replace(rule, condition=thorough) if rule.name == "assessment_incomplete" else rule for rule in SMALL.rules)
    spoiled = replace(SMALL, rules=rules).bind()
    reports = apart.run(collect(check_all(spoiled, Report())))
    assert [len(report.results) for report in reports] == [0, *range(1, len(CHECKS) + 1), len(CHECKS)]
    html = write_proof(spoiled, reports[-1])
    for name, result in reports[-1].results.items():
        own = part(html, f'data-property="{name}"', "data-property")
        status = words("guidance.status_fails" if name == "monotone" else "guidance.status_holds")
        for text in (words(f"proof.{name}"), status, f"{result.checked:,}"):
            assert holds(own, text)
        assert ("thorough" in own.lower()) is (name == "monotone")
    assert report_words(reports[-1]) == words("guidance.done_failed", count=1)


def test_other_readings_are_tried_and_exceptions_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of caution names the smallest choices under which it fails, and no others."""
    editions = list(proof.alternatives(GUIDANCE, 1, 2))
    assert len(editions) == 149
    pairs = [readings for readings in editions if len(readings) == 2 and UNORDERED & readings.items()]
    monkeypatch.setattr(proof, "alternatives", lambda *_: [*pairs[:5], *editions[: len(ALTERNATIVES)]])
    report = apart.run(collect(check_readings(GUIDANCE, Report())))[-1]
    assert {tuple(trial.readings.items()) for trial in find_smallest(report.trials, "monotone")} == {(one,) for one in UNORDERED}
    assert not find_smallest(report.trials, "total")
    html = write_proof(EDITION, report).split("data-property")
    assert [words("guidance.status_partly") in one for one in html[-3:]] == [False, False, True]


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
def test_an_event_without_sense_is_refused(page: GuidancePage, event: Event) -> None:
    with pytest.raises(ValueError, match=r"."):
        page.update(page.state, event)


def test_a_proof_that_breaks_is_reported_and_can_be_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours while it runs ends the work with a notice. The next try works, and the page answers meanwhile."""

    async def broken(_edition: Edition, report: Report) -> AsyncIterator[Report]:
        yield replace(report, work="all")
        raise RuntimeError("broken")

    async def visit() -> GuidancePage:
        page, begun = GuidancePage(SMALL.bind()), asyncio.Event()
        with monkeypatch.context() as patch:
            patch.setattr(page_module, "check_all", broken)
            page.act(Event("prove"))
            await asyncio.wait_for(page.settled(), 60)
        assert page.widget is not None
        assert holds(page.widget.html_notices, words("page.trouble"))
        assert not page.state.report.work
        page.observe(lambda _change: begun.set(), "state")
        page.act(Event("prove"))
        await asyncio.wait_for(begun.wait(), 60)
        page.act(Event("prove"))  # at work already
        page.act(Event("axis", "rows", "ocd"))
        assert page.state.choice.rows == "ocd"
        assert len(page.state.report.results) < len(CHECKS)
        await asyncio.wait_for(page.settled(), 60)
        return page

    page = apart.run(visit())
    assert len(page.state.report.results) == len(CHECKS)
    assert page.widget is not None
    assert page.widget.said == words("guidance.done_all", count=len(CHECKS))


def test_the_page_of_a_second_pack_speaks_for_itself(toy: Edition) -> None:
    """No sentence of the first pack stands on the page of another."""
    page = GuidancePage()
    assert page.edition.pack == toy.pack
    assert find_strays(whole(page)) == []
