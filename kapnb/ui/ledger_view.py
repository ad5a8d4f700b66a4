"""The ledger as a page: every claim of the source in its paragraph, the rules it feeds, and what is left to judgment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kapnb.engine.edition import Guidance
from kapnb.engine.ledger import Claim, Ledger
from kapnb.engine.outcomes import Basis
from kapnb.engine.rules import Rule
from kapnb.text.blocks import Badge
from kapnb.text.cases import Case
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.charts import write_chip
from kapnb.ui.controls import Option, radios

EVERY: Final = ""
"""The choice that leaves out no basis."""


@dataclass(frozen=True, slots=True)
class Reach:
    """In how many of some cases each rule holds, and each claim stands behind a rule that holds."""

    cases: int
    rules: Mapping[str, int]
    claims: Mapping[str, int]


def count_reach(guidance: Guidance, cases: Iterable[Case]) -> Reach:
    """Count the cases that each rule and each claim reaches, whatever is recorded in them."""
    total, rules, claims = 0, Counter[str](), Counter[str]()
    feeds = {claim: {rule.name for rule in rules_of(guidance, claim)} for claim in guidance.ledger.claims.values()}
    for case in cases:
        held = {finding.rule for finding in guidance.bind(case.readings).assess(case.answers).findings}
        rules.update(held)
        claims.update(claim.id for claim, own in feeds.items() if own & held)
        total += 1
    return Reach(total, rules, claims)


def rules_of(guidance: Guidance, claim: Claim) -> tuple[Rule, ...]:
    """The rules that a claim feeds, then those that it only explains."""
    fed = [rule for rule in guidance.rules if claim.id in rule.claims]
    return (*fed, *(rule for rule in guidance.rules if rule.name in claim.explains and rule not in fed))


def write_source(guidance: Guidance) -> Html:
    """Whose view this is, and what it is not."""
    ledger, source = guidance.ledger, guidance.ledger.source
    cited = element("cite", element("a", source.title, href=source.url, rel="noopener noreferrer"))
    parts = ("ledger", "readings", "atlas", "proof")
    links = [element("li", element("a", words(f"guidance.part_{part}"), href=f"#guidance-{part}")) for part in parts]
    return join(
        (
            element("p", source.whose_view, class_="lead"),
            element("p", f"{source.author}, {source.organization}, ", cited, ".", class_="origin"),
            element("p", words("guidance.edition", edition=ledger.edition), " ", source.review, class_="origin"),
            element("ul", *(element("li", text) for text in ledger.four.values()), class_="four-lines"),
            element("nav", element("ul", *links), aria_label=words("guidance.contents"), class_="contents"),
        )
    )


def write_ledger(guidance: Guidance, reach: Reach, basis: str = EVERY) -> Html:
    """The ledger, whole or with the rules of one basis only.

    Args:
        guidance: whose ledger it is.
        reach: what some cases reach.
        basis: the name of a basis, or nothing for all.
    """
    shown = select_rules(guidance, basis)
    ledger = guidance.ledger
    paragraphs = [_write_paragraph(guidance, reach, paragraph, shown, basis) for paragraph in ledger.paragraphs]
    return join(
        (
            element("h2", words("guidance.part_ledger"), id="guidance-ledger"),
            element("p", words("guidance.ledger_lead"), class_="intro"),
            _write_filter(guidance, basis),
            *paragraphs,
            _write_added([rule for rule in shown if not rule.claims], reach),
            _write_silence(ledger) if basis == EVERY else None,
        )
    )


def select_rules(guidance: Guidance, basis: str) -> tuple[Rule, ...]:
    """The rules of one basis, or all.

    Raises:
        ValueError: when there is no such basis.
    """
    return tuple(rule for rule in guidance.rules if basis == EVERY or rule.basis is Basis(basis))


def filter_words(guidance: Guidance, basis: str) -> str:
    """What a filter shows, in words."""
    shown = select_rules(guidance, basis)
    claims = [claim for claim in guidance.ledger.claims.values() if _is_shown(claim, shown, basis)]
    return words("guidance.filtered", rules=len(shown), of=len(guidance.rules), claims=len(claims))


def _is_shown(claim: Claim, shown: Collection[Rule], basis: str) -> bool:
    return basis == EVERY or any(claim.id in rule.claims for rule in shown)


def _write_filter(guidance: Guidance, basis: str) -> Html:
    labels = [(EVERY, words("guidance.every_basis")), *((str(choice), words(f"bases.{choice}")) for choice in Basis)]
    choices = [Option(choice, label, tag=str(len(select_rules(guidance, choice)))) for choice, label in labels]
    return radios("guidance-basis", words("guidance.filter"), choices, basis, action="basis", class_="filter")


def _write_paragraph(guidance: Guidance, reach: Reach, name: str, shown: Collection[Rule], basis: str) -> Html | None:
    ledger = guidance.ledger
    claims = [claim for claim in ledger.claims.values() if claim.paragraph == name and _is_shown(claim, shown, basis)]
    if not claims:
        return None
    heading = element("h3", element("span", name, class_="mark"), " ", ledger.paragraphs[name])
    undefined = [element("p", _undefined_words(one.phrase, one.claims)) for one in ledger.undefined if one.paragraph == name]
    rows = [_write_claim(guidance, reach, claim, shown) for claim in claims]
    return element(
        "section",
        heading,
        element("ol", *rows, class_="claims"),
        element("div", *undefined, class_="undefined") if undefined else None,
        class_="paragraph",
    )


def _undefined_words(phrase: str, claims: Collection[str]) -> str:
    return words("guidance.undefined", phrase=phrase, claims=", ".join(claims))


def _write_claim(guidance: Guidance, reach: Reach, claim: Claim, shown: Collection[Rule]) -> Html:
    rules = [rule for rule in rules_of(guidance, claim) if rule in shown]
    open_to = [reading for reading in guidance.readings.values() if claim.id in reading.claims]
    judgment = [element("a", reading.question, href=f"#guidance-reading-{reading.name}") for reading in open_to]
    said = element(
        "div",
        element("p", claim.text, class_="claim"),
        element("p", words("explanation.contrast", text=claim.contrast), class_="contrast") if claim.contrast else None,
        _write_badges(_claim_badges(claim)),
        element("p", words("guidance.judgment"), " ", *_separate(judgment), class_="judgment") if judgment else None,
        class_="said",
    )
    effect = "feeds" if any(claim.id in rule.claims for rule in rules) else "explains"
    counted = words("guidance.reach_claim", count=reach.claims.get(claim.id, 0), cases=reach.cases)
    fed = element(
        "div",
        element("p", words(f"guidance.{effect}"), " ", counted, class_="lead-in"),
        element("ul", *(_write_rule_of(rule, claim, reach) for rule in rules), class_="rules"),
        class_="fed",
    )
    return element("li", element("span", claim.id, class_="id"), said, fed, id=f"guidance-claim-{claim.id}")


def _write_rule_of(rule: Rule, claim: Claim, reach: Reach) -> Html:
    """A rule stands in full at the first claim that feeds it; elsewhere a line leads there."""
    if rule.claims[:1] == (claim.id,):
        return _write_rule(rule, reach)
    link = element("a", rule.meaning, href=f"#guidance-rule-{rule.name}")
    facts = " · ".join(badge.text for badge in _rule_badges(rule))
    heard = element("span", f"{_effect_words(rule)}.", class_="visually-hidden")  # what the number stands for
    said = element("span", link, " ", heard, element("span", facts, class_="hint"))
    return element("li", _write_chip_of(rule), said, class_="brief")


def _write_chip_of(rule: Rule) -> Html:
    return write_chip(rule.outcome) if rule.outcome else element("span", "+", class_="chip off", aria_hidden="true")


def _claim_badges(claim: Claim) -> Iterator[Badge]:
    for kind in claim.kinds:
        yield Badge(words(f"guidance.kind_{kind}"), "note")
    if claim.caution:
        yield Badge(words(f"cautions.{claim.caution}"), "caution")
    if claim.favorable:
        yield Badge(words("kinds.favorable"), "favorable")
    if claim.inferred:
        yield Badge(words("bases.inferred"), "inferred")
    if claim.standing:
        yield Badge(words(f"standings.{claim.standing}"), "inferred")


def _write_rule(rule: Rule, reach: Reach) -> Html:
    counted = words("guidance.reach_rule", count=reach.rules.get(rule.name, 0), cases=reach.cases)
    return element(
        "li",
        element("p", rule.meaning, class_="meaning"),
        element("p", _write_chip_of(rule), element("span", _effect_words(rule)), class_="outcome"),
        _write_badges(_rule_badges(rule)),
        element("p", counted, class_="hint"),
        id=f"guidance-rule-{rule.name}",
    )


def _effect_words(rule: Rule) -> str:
    return words(f"outcomes.{rule.outcome}" if rule.outcome else f"guidance.effect_{rule.kind}")


def _rule_badges(rule: Rule) -> Iterator[Badge]:
    yield Badge(words(f"bases.{rule.basis}"), str(rule.basis))
    if rule.caution:
        yield Badge(words(f"cautions.{rule.caution}"), "caution")
    if rule.reads:
        yield Badge(words("guidance.turns"), "note")


def _write_badges(badges: Iterable[Badge]) -> Html:
    return element("ul", *(element("li", badge.text, class_=f"badge {badge.kind}") for badge in badges), class_="badges")


def _write_added(rules: Collection[Rule], reach: Reach) -> Html | None:
    if not rules:
        return None
    return element(
        "section",
        element("h3", words("guidance.added")),
        element("p", words("guidance.added_lead"), class_="intro"),
        element("ul", *(_write_rule(rule, reach) for rule in rules), class_="rules wide"),
        class_="paragraph added",
    )


def _write_silence(ledger: Ledger) -> Html:
    return element(
        "section",
        element("h3", words("explanation.not_addressed")),
        element("p", words("explanation.not_addressed_lead"), class_="intro"),
        element("ul", *(element("li", topic) for topic in ledger.not_addressed), class_="topics"),
        class_="paragraph",
    )


def _separate(parts: list[Html]) -> Iterable[str]:
    for place, part in enumerate(parts):
        if place:
            yield " · "
        yield part
