"""The page for reviewers without a browser: what its tables say, the map, and the checks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kapnb import Outcome, fields, load_guidance
from kapnb.engine.atlas import count_moved, count_outcomes, map_outcomes
from kapnb.engine.edition import Edition
from kapnb.engine.ledger import Review
from kapnb.engine.proof import CHECKS, Result
from kapnb.text.glossary import VOICES
from kapnb.text.html import join
from kapnb.text.phrases import outcome_words
from kapnb.text.support import list_helplines
from kapnb.text.words import words
from kapnb.ui import reviewers as page_module
from kapnb.ui.reviewers import (
    ReviewersPage,
    State,
    choose,
    describe_order,
    find_loosening,
    write_counts,
    write_helplines,
    write_map,
    write_reviews,
    write_rules,
)
from kapnb.ui.widget import Event
from tests import apart, oracle
from tests.texts import read
from tests.toy_pack import find_strays

GUIDANCE = load_guidance("begley")
EDITION = GUIDANCE.bind()
PATTERN = oracle.GROUPS["pattern"][0]
SMALL = replace(GUIDANCE, rules=tuple(rule for rule in GUIDANCE.rules if rule.condition.fields.isdisjoint(PATTERN)))
"""The guidance without its largest group, which is checked at once."""
ALTERNATIVES = [(reading.name, choice.name) for reading in GUIDANCE.readings.values() for choice in reading.choices[1:]]


def read_rows(html: str, name: str) -> list[list[str]]:
    """The cells of the body of a table with a class."""
    (body,) = re.findall(rf'<table class="[^"]*\b{name}\b[^"]*".*?<tbody>(.*?)</tbody>', html)
    return [[read(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in re.findall(r"<tr>(.*?)</tr>", body)]


def whole(page: ReviewersPage) -> str:
    return join(page.view(page.state).values())


def test_every_claim_and_rule_is_told_once() -> None:
    """A claim with its text and the rules it feeds; a rule with its meaning, outcome and basis, its claims, and nobody's review."""
    html = write_rules(GUIDANCE)
    claims, rules = ({row[0]: row for row in read_rows(html, name)} for name in ("claims", "rules"))
    assert {name: row[1] for name, row in claims.items()} == {claim.id: claim.text for claim in GUIDANCE.ledger.claims.values()}
    assert list(rules) == [rule.name for rule in GUIDANCE.rules]
    for rule in GUIDANCE.rules:
        _, meaning, outcome, basis, cited, readings, reviewed = rules[rule.name]
        assert meaning == rule.meaning
        assert outcome == words(f"outcomes.{rule.outcome}" if rule.outcome else f"kinds.{rule.kind}")
        assert basis.startswith(words(f"glossary.{VOICES[rule.basis]}.term"))
        assert (cited.split(" , "), reviewed) == ([*rule.claims] or [""], words("reviewers.unreviewed"))
        assert {*readings.split(" , ")} - {""} == rule.reads
        assert all(rule.name in claims[claim][3] for claim in rule.claims)


def test_help_lines_say_what_no_service_has_confirmed() -> None:
    """A row for each country, with its source and the day; the words change once somebody has asked the service."""
    rows = read_rows(write_helplines(), "lines")
    for line, row in zip(list_helplines().values(), rows, strict=True):
        assert (row[0], row[2]) == (line.country, line.source)
        assert line.call in row[1]
        assert line.checked_on in row[3]
        assert ("not yet checked with the service" in row[3]) is (line.checked_with != "service")


def test_a_review_is_shown_at_its_rules() -> None:
    review = Review(("ocd",), EDITION.number, "psychiatrist", "state, number", "2026-01-31", "differs")
    reviewed = replace(GUIDANCE, reviews=(review,))
    assert "psychiatrist, 2026-01-31" in read(write_reviews(reviewed))
    assert [row[0] for row in read_rows(write_rules(reviewed), "rules") if row[-1] == words("reviewers.verdict_differs")] == ["ocd"]


def test_cases_are_counted() -> None:
    """For each outcome, and for each other choice of a reading with a case wherever the order of caution fails."""
    html = write_counts(EDITION)
    counts = count_outcomes(EDITION)
    assert read_rows(html, "outcomes") == [[outcome_words(one), f"{counts[one]:,}"] for one in Outcome]
    rows = read_rows(html, "readings")
    for (reading, choice), row in zip(ALTERNATIVES, rows, strict=True):
        assert row[1] == GUIDANCE.readings[reading].choice(choice).label
        assert row[2].startswith(f"{count_moved(EDITION, reading, choice):,},")
        found = find_loosening(GUIDANCE.bind({reading: choice}))
        assert (row[3] == words("reviewers.order_holds")) == (found is None)
        if found:
            name, after = found.change
            answers = found.case[name], after
            cases = ({**oracle.QUIET, **found.case, name: one} for one in answers)
            old, new = (Outcome(oracle.outcome(case, {reading: choice})) for case in cases)
            assert new < old
            assert row[3] == describe_order(GUIDANCE.bind({reading: choice}), found)
            assert all(f"“{outcome_words(one)}”" in row[3] for one in (old, new))


def test_the_map_opens_so_that_it_shows_the_rule() -> None:
    """All other questions are at their least cautious answer: each cell holds one outcome, that of the oracle."""
    rows = read_rows(write_map(EDITION, State()), "map")
    first, second = fields["bpd_diagnosis"], fields["structured_therapy"]
    for option, row in zip(first.options, rows, strict=True):
        for other, cell in zip(second.options, row[1:], strict=False):
            case = {**fields.least_cautious, first.name: option.name, second.name: other.name}
            if fields.applies(second.name, case):
                assert [cell] == [outcome_words(Outcome(one)) for one in oracle.possible(case)]
            else:
                assert cell == words("reviewers.no_case")


@pytest.mark.parametrize(("rows", "columns"), [("bpd_diagnosis", "structured_therapy"), ("ocd_preparation", "mood_shift")])
def test_the_map_of_all_cases_has_every_count(rows: str, columns: str) -> None:
    shown = map_outcomes(EDITION, rows, columns, {})
    cells = [cell for row in read_rows(write_map(EDITION, State(rows, columns, others=True)), "map") for cell in row[1:]]
    for said, counts in zip(cells, shown.values(), strict=True):
        found = {outcome: cases for outcome, cases in counts.items() if cases}
        assert all(outcome_words(outcome) in said for outcome in found)
        assert len(found) < 2 or all(f"{cases:,}" in said for cases in found.values())


def test_choosing_is_a_function_from_state_to_state() -> None:
    """The same question on both axes makes them change places."""
    state = State()
    assert choose(state, Event("axis", "rows", "ocd"), fields) == State("ocd", state.columns)
    for axis, name in (("rows", state.columns), ("columns", state.rows)):
        assert choose(state, Event("axis", axis, name), fields) == State(state.columns, state.rows)
    assert choose(state, Event("others", value=True), fields) == replace(state, others=True)


@pytest.mark.parametrize(
    "event", [Event("dance"), Event("axis", "rows", "nonsense"), Event("axis", "depth", "ocd"), Event("others", value="yes")]
)
def test_an_event_without_sense_is_refused(event: Event) -> None:
    page = ReviewersPage()
    with pytest.raises(ValueError, match=r"."):
        page.update(page.state, event)


def test_the_checks_are_a_table_of_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is claimed before. After a mistake of ours they can begin again. A promise that fails shows its case."""
    thorough = GUIDANCE.fields["psychological_assessment"].is_one_of("thorough")
    rules = tuple(replace(rule, condition=thorough) if rule.name == "assessment_incomplete" else rule for rule in SMALL.rules)

    def broken(_edition: Edition) -> Iterator[Result]:
        raise RuntimeError("broken")

    async def visit() -> ReviewersPage:
        page = ReviewersPage(replace(SMALL, rules=rules).bind())
        assert {row[2] for row in read_rows(whole(page), "checked")} == {words("reviewers.not_checked")}
        with monkeypatch.context() as patch:
            patch.setattr(page_module, "prove", broken)
            page.act(Event("check"))
            await asyncio.wait_for(page.settled(), 60)
        assert page.notice
        assert not page.state.checking
        page.act(Event("check"))
        assert page.update(page.state, Event("check")) is page.state
        await asyncio.wait_for(page.settled(), 60)
        return page

    page = apart.run(visit())
    rows = {row[0]: row[2] for row in read_rows(whole(page), "checked")}
    assert list(rows) == [words(f"proof.{name}") for name in CHECKS]
    failed = [sentence for sentence, result in rows.items() if result != words("reviewers.holds")]
    assert words("proof.monotone") in failed
    assert "thorough" in rows[words("proof.monotone")].lower()
    assert page.widget.said == words("reviewers.some_fail", count=len(failed))


def test_the_page_of_a_second_pack_speaks_for_itself(toy: Edition) -> None:
    page = ReviewersPage()
    assert find_strays(whole(page)) == []
    assert "Toy claim about voices." in read(whole(page))
    assert "toy reviewer" in whole(page).lower()
