"""The page for reviewers: claims and rules, how many cases there are, a map of outcomes, and what is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

from kapnb.engine.atlas import count_moved, count_outcomes, list_options, map_outcomes
from kapnb.engine.edition import Edition, Guidance, served_edition
from kapnb.engine.fields import Dictionary, Field
from kapnb.engine.ledger import Claim
from kapnb.engine.outcomes import Outcome
from kapnb.engine.proof import CHECKS, Result, Violation, count_complete_cases, count_open_cases, prove
from kapnb.engine.rules import Rule
from kapnb.text.glossary import write_term, write_terms, write_voice
from kapnb.text.html import Html, element, fragment, join
from kapnb.text.phrases import answer_words, outcome_words, sentence
from kapnb.text.proving import violation_words
from kapnb.text.reviews import count_reviewed, describe_review, list_current
from kapnb.text.support import list_helplines, tell_reader
from kapnb.text.words import words
from kapnb.ui.controls import Text, button, check, options, scroll_box, select, table
from kapnb.ui.page import Page, Say, Task
from kapnb.ui.widget import Event


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows.

    Attributes:
        rows: one question of the map, and ``columns`` the other.
        others: all other answers count in it too. It opens with the least cautious alone, so that it shows the rule.
        checking: whether the checks are under way; ``results`` is what they found.
    """

    rows: str = "bpd_diagnosis"
    columns: str = "structured_therapy"
    others: bool = False
    checking: bool = False
    results: tuple[Result, ...] = ()


class ReviewersPage(Page):
    """The page of one edition."""

    name: ClassVar[str] = "reviewers"

    def __init__(self, edition: Edition | None = None) -> None:
        self.edition = edition or served_edition()
        super().__init__(State())

    def update(self, state: State, event: Event) -> Any:
        match event:
            case Event("axis" | "others"):
                return choose(state, event, self.edition.fields)
            case Event("check") if state.checking:
                return state
            case Event("check"):
                return replace(state, checking=True), Task("checks", lambda _tell: tuple(prove(self.edition)))
            case Event("done:checks", value=tuple(results)):
                return replace(state, checking=False, results=results), Say(describe_checks(results))
        raise ValueError(f"the page does not know {event.action}")

    def task_failed(self, state: State, name: str) -> State:  # noqa: ARG002
        return replace(state, checking=False)

    def view(self, state: State) -> Mapping[str, Html]:
        return {
            "reviews": write_reviews(self.edition.guidance),
            "rules": write_rules(self.edition.guidance),
            "counts": write_counts(self.edition),
            "map": write_map(self.edition, state),
            "checks": write_checks(self.edition, state.results, checking=state.checking),
            "lines": write_helplines(),
        }


def write_reviews(guidance: Guidance) -> Html:
    """Who reviewed which rule, and how to review one."""
    reviews, parts = list_current(guidance), ("rules", "counts", "map", "checks", "lines")
    rows = [element("li", describe_review(one)) for one in reviews]
    links = [element("li", element("a", words(f"reviewers.{part}"), href=f"#{part}")) for part in parts]
    return fragment(
        element("h2", words("shell.reviewed")),
        element("p", count_reviewed(guidance)),
        element("ul", *rows) if rows else None,
        element("p", words("reviewers.how"), class_="intro"),
        element("nav", element("ul", *links), aria_label=words("article.contents"), class_="contents"),
    )


@lru_cache(maxsize=1)
def write_helplines() -> Html:
    """The help line of each country, and whether the service has confirmed it."""
    rows = (
        (
            line.country,
            "".join(piece.text for piece in tell_reader(line)[1:]),
            element("a", line.source, href=line.source, rel="noopener noreferrer"),
            words(f"reviewers.checked_{line.checked_with}", day=line.checked_on),
        )
        for line in list_helplines().values()
    )
    return fragment(
        element("h2", words("reviewers.lines"), id="lines"),
        element("p", words("reviewers.lines_lead"), class_="intro"),
        _write_table("lines", ("country", "line", "service", "looked_up"), rows),
    )


def write_rules(guidance: Guidance) -> Html:
    """Every claim with the rules that it feeds, and every rule with all that it rests on."""
    claims = (_list_claim(guidance, claim) for claim in guidance.ledger.claims.values())
    rules = (_list_rule(guidance, rule) for rule in guidance.rules)
    phrases = [
        words("reviewers.undefined_phrase", phrase=one.phrase, claims=", ".join(one.claims)) for one in guidance.ledger.undefined
    ]
    return fragment(
        element("h2", words("reviewers.rules"), id="rules"),
        element("p", write_terms(words("reviewers.rules_lead")), class_="intro"),
        _write_table("claims", ("claim", "text", "kind", "fed"), claims),
        element("p", words("reviewers.undefined", phrases=", ".join(phrases)), class_="intro") if phrases else None,
        _write_table("rules", ("rule", "meaning", "outcome", "basis", "claim", "reading", "verdict"), rules),
    )


def _write_table(name: str, heads: Iterable[str], rows: Iterable[Iterable[Text]]) -> Html:
    title = words(f"reviewers.{name}_table")
    listed = table([words(f"reviewers.head_{head}") for head in heads], rows, class_=f"listed {name}")
    return fragment(element("h3", title), scroll_box(listed, title))


def _list_claim(guidance: Guidance, claim: Claim) -> tuple[Text, ...]:
    facts = [words(f"reviewers.kind_{kind}") for kind in claim.kinds]
    facts += [words("reviewers.about", about=claim.about)] if claim.about else []
    facts += [words("reviewers.modal", words=", ".join(claim.modal))] if claim.modal else []
    facts += [words("bases.inferred")] if claim.inferred else []
    facts += [words(f"standings.{claim.standing}")] if claim.standing else []
    facts += [words(f"cautions.{claim.caution}")] if claim.caution else []
    fed = [rule.name for rule in guidance.rules if claim.id in rule.claims or rule.name in claim.explains]
    links = join((element("a", name, href=f"#rule-{name}") for name in fed), ", ")
    return _link_claim(claim.id), write_terms(claim.text), "; ".join(facts), links


def _link_claim(name: str) -> Html:
    return element("a", name, href=f"article#{name}")


def _list_rule(guidance: Guidance, rule: Rule) -> tuple[Text, ...]:
    verdicts = [
        review.verdict for review in guidance.reviews if rule.name in review.rules and review.edition == guidance.ledger.edition
    ]
    caution = (", ", write_term(rule.caution)) if rule.caution else ()
    return (
        element("span", rule.name, id=f"rule-{rule.name}"),
        write_terms(rule.meaning),
        words(f"outcomes.{rule.outcome}") if rule.outcome else words(f"kinds.{rule.kind}"),
        fragment(write_voice(rule.basis), *caution),
        join(map(_link_claim, rule.claims), ", "),
        join((element("a", name, href=f"article#reading-{name}") for name in sorted(rule.reads)), ", "),
        ", ".join(words(f"reviewers.verdict_{verdict}") for verdict in verdicts) or words("reviewers.unreviewed"),
    )


@lru_cache(maxsize=4)
def write_counts(edition: Edition) -> Html:
    """How many cases come to which outcome, and how many each other way of reading the article moves."""
    counts, cases = count_outcomes(edition), f"{count_complete_cases(edition):,}"
    outcomes = ((outcome_words(one), f"{counts[one]:,}") for one in Outcome)
    return fragment(
        element("h2", words("reviewers.counts"), id="counts"),
        element("p", words("reviewers.counts_lead", cases=cases, open=f"{count_open_cases(edition):,}"), class_="intro"),
        _write_table("outcomes", ("outcome", "cases"), outcomes),
        _write_table("readings", ("reading", "choice", "moved", "order"), _list_moves(edition)),
    )


def _list_moves(edition: Edition) -> Iterator[tuple[Text, ...]]:
    cases = count_complete_cases(edition)
    for reading in edition.guidance.readings.values():
        for choice in reading.choices[1:]:
            moved, other = count_moved(edition, reading.name, choice.name), edition.bind({reading.name: choice.name})
            share = words("reviewers.share", cases=f"{moved:,}", one=f"{round(cases / max(1, moved)):,}")
            yield write_terms(reading.question), choice.label, share, describe_order(other, find_loosening(other))


def find_loosening(edition: Edition) -> Violation | None:
    """A case in which a more cautious answer leads to a less cautious outcome; none where the order of caution holds."""
    (result,) = prove(edition, {"monotone": CHECKS["monotone"]})
    return result.violation


def describe_order(edition: Edition, found: Violation | None) -> str:
    """Whether the order of caution holds, and a case in which it does not."""
    if found is None:
        return words("reviewers.order_holds")
    name, after = found.change
    there = [edition.assess({**found.case, name: given}).least_cautious for given in (found.case[name], after)]
    answers = [answer_words(edition.fields, name, given) for given in (found.case[name], after)]
    said = {"before": answers[0], "after": answers[1], "milder": outcome_words(there[1]), "harsher": outcome_words(there[0])}
    return words("reviewers.order_fails", **said)


def choose(state: State, event: Event, fields: Dictionary) -> State:
    """The state after a control of the map was used. The same question for rows and columns makes them change places."""
    match event:
        case Event("axis", "rows", str(name)) if name in fields:
            return replace(state, rows=name, columns=state.rows if name == state.columns else state.columns)
        case Event("axis", "columns", str(name)) if name in fields:
            return replace(state, columns=name, rows=state.columns if name == state.rows else state.rows)
        case Event("others", value=bool(on)):
            return replace(state, others=on)
    raise ValueError(f"{event.name} cannot be {event.value}")


def write_map(edition: Edition, state: State) -> Html:
    """A map of outcomes over two questions, with its controls."""
    fields, axes = edition.fields, {"rows": state.rows, "columns": state.columns}
    questions = options((one.name, sentence(one.label)) for one in fields.values())
    picks = (
        element("div", select(f"map-{axis}", words(f"reviewers.{axis}"), questions, name, action="axis", name=axis), class_="pick")
        for axis, name in axes.items()
    )
    quiet = {} if state.others else {name: given for name, given in fields.least_cautious.items() if name not in axes.values()}
    title = words("reviewers.map_title", rows=fields[state.rows].label, columns=fields[state.columns].label)
    return fragment(
        element("h2", words("reviewers.map"), id="map"),
        element("p", words("reviewers.map_lead"), class_="intro"),
        element("div", *picks, class_="axes"),
        check("map-others", words("reviewers.others"), "others", on=state.others),
        scroll_box(_write_cells(edition, state, quiet), title),
    )


def _write_cells(edition: Edition, state: State, fixed: Mapping[str, str]) -> Html:
    counts = map_outcomes(edition, state.rows, state.columns, fixed)
    first, second = edition.fields[state.rows], edition.fields[state.columns]
    columns = list_options(second)
    body = ((_label(first, row), *(_write_cell(counts[row, column]) for column in columns)) for row in list_options(first))
    return table((sentence(first.label), *(_label(second, column) for column in columns)), body, class_="map")


def _label(one: Field, option: str) -> str:
    return one.option(option).label if option else words("reviewers.not_asked")


def _write_cell(counts: Mapping[Outcome, int]) -> Html:
    """The outcome of all cases there; where they differ, each outcome with its number."""
    found = {outcome: cases for outcome, cases in counts.items() if cases}
    if not found:
        return element("span", words("reviewers.no_case"), class_="hint")
    said = (
        outcome_words(one) if len(found) == 1 else words("reviewers.count", outcome=outcome_words(one), cases=f"{cases:,}")
        for one, cases in found.items()
    )
    return element("ul", *(element("li", one) for one in said))


def write_checks(edition: Edition, results: Iterable[Result], *, checking: bool) -> Html:
    """What is promised of every case, as sentences, and whether it holds."""
    found = {result.name: result for result in results}
    rows = ((words(f"proof.{name}"), *_describe_result(edition.guidance, found.get(name))) for name in CHECKS)
    act = button(
        words("reviewers.checking" if checking else "reviewers.check"), "check", enabled=not checking, class_="firm", id="check"
    )
    return fragment(
        element("h2", words("reviewers.checks"), id="checks"),
        element("p", words("reviewers.checks_lead"), class_="intro"),
        element("div", act, class_="tools"),
        _write_table("checked", ("promise", "looked", "result"), rows),
    )


def _describe_result(guidance: Guidance, result: Result | None) -> tuple[str, str]:
    if result is None:
        return "", words("reviewers.not_checked")
    case = violation_words(guidance, result.violation)
    return f"{result.checked:,}", words("reviewers.fails", case=case) if case else words("reviewers.holds")


def describe_checks(results: Iterable[Result]) -> str:
    """What the checks found, as it is spoken."""
    failed = [result for result in results if not result.holds]
    return words("reviewers.some_fail", count=len(failed)) if failed else words("reviewers.all_hold")


def show_page() -> ReviewersPage:
    """The page for reviewers, ready to be shown in a notebook."""
    return ReviewersPage()
