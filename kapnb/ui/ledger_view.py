"""The ledger as a page: every claim of the source in its paragraph, the rules it feeds, and what is left to judgment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from kapnb.engine.edition import Guidance
from kapnb.engine.ledger import Claim
from kapnb.engine.outcomes import Basis
from kapnb.engine.rules import Rule
from kapnb.text.blocks import Badge, Line
from kapnb.text.cases import Case
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.charts import write_chip
from kapnb.ui.controls import Option, radios
from kapnb.ui.markup import write_badges

EVERY: Final = ""
"""The choice that leaves out no basis."""


Reach = Sequence[Collection[str]]
"""Of some cases, the names of the rules that hold in each."""


def find_held(guidance: Guidance, cases: Iterable[Case]) -> Reach:
    """The rules that hold in each case, whatever is recorded in it."""
    editions = ((guidance.bind(case.readings), case.answers) for case in cases)
    return [{finding.rule for finding in edition.assess(answers).findings} for edition, answers in editions]


def count_reach(reach: Reach, rules: Collection[Rule]) -> int:
    """The number of cases in which one of the rules holds."""
    return sum(any(rule.name in held for rule in rules) for held in reach)


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


def select_rules(guidance: Guidance, basis: str) -> tuple[Rule, ...]:
    """The rules of one basis, or all.

    Raises:
        ValueError: when there is no such basis.
    """
    return tuple(rule for rule in guidance.rules if basis == EVERY or rule.basis is Basis(basis))


def select_claims(guidance: Guidance, basis: str) -> list[Claim]:
    """The claims that feed a rule of one basis, or all."""
    fed = {claim for rule in select_rules(guidance, basis) for claim in rule.claims}
    return [claim for claim in guidance.ledger.claims.values() if basis == EVERY or claim.id in fed]


def filter_words(guidance: Guidance, basis: str) -> str:
    """What a filter shows, in words."""
    rules, claims = select_rules(guidance, basis), select_claims(guidance, basis)
    return words("guidance.filtered", rules=len(rules), of=len(guidance.rules), claims=len(claims))


def write_ledger(guidance: Guidance, reach: Reach, basis: str = EVERY) -> Html:
    """The ledger with the rules of one basis, or all; ``reach`` is what some cases reach."""
    shown, claims = select_rules(guidance, basis), select_claims(guidance, basis)
    added = [_write_rule(rule, reach) for rule in shown if not rule.claims]
    topics = [element("li", topic) for topic in guidance.ledger.not_addressed if basis == EVERY]
    return join(
        (
            element("h2", words("guidance.part_ledger"), id="guidance-ledger"),
            element("p", words("guidance.ledger_lead"), class_="intro"),
            _write_filter(guidance, basis),
            *_write_paragraphs(guidance, reach, claims, shown),
            _write_list(words("guidance.added"), words("guidance.added_lead"), added, "rules wide"),
            _write_list(words("explanation.not_addressed"), words("explanation.not_addressed_lead"), topics, "topics"),
        )
    )


def _write_filter(guidance: Guidance, basis: str) -> Html:
    labels = {EVERY: words("guidance.every_basis"), **{str(choice): words(f"bases.{choice}") for choice in Basis}}
    choices = [Option(choice, label, tag=str(len(select_rules(guidance, choice)))) for choice, label in labels.items()]
    return radios("guidance-basis", words("guidance.filter"), choices, basis, action="basis", class_="filter")


def _write_list(title: str, lead: str, rows: Collection[Html], class_: str) -> Html | None:
    parts = element("h3", title), element("p", lead, class_="intro"), element("ul", *rows, class_=class_)
    return element("section", *parts, class_="paragraph") if rows else None


def _write_paragraphs(guidance: Guidance, reach: Reach, claims: Iterable[Claim], shown: Collection[Rule]) -> Iterator[Html]:
    ledger = guidance.ledger
    for name, title in ledger.paragraphs.items():
        rows = [_write_claim(guidance, reach, claim, shown) for claim in claims if claim.paragraph == name]
        undefined = [
            element("p", words("guidance.undefined", phrase=one.phrase, claims=", ".join(one.claims)))
            for one in ledger.undefined
            if one.paragraph == name
        ]
        if rows:
            heading = element("h3", element("span", name, class_="mark"), " ", title)
            after = element("div", *undefined, class_="undefined") if undefined else None
            yield element("section", heading, element("ol", *rows, class_="claims"), after, class_="paragraph")


def _write_claim(guidance: Guidance, reach: Reach, claim: Claim, shown: Collection[Rule]) -> Html:
    rules = [rule for rule in rules_of(guidance, claim) if rule in shown]
    open_to = [reading for reading in guidance.readings.values() if claim.id in reading.claims]
    links = [element("a", reading.question, href=f"#guidance-reading-{reading.name}") for reading in open_to]
    said = element(
        "div",
        element("p", claim.text, class_="claim"),
        element("p", words("explanation.contrast", text=claim.contrast), class_="contrast") if claim.contrast else None,
        _write_facts(
            *((True, f"guidance.kind_{kind}", "note") for kind in claim.kinds),
            (claim.caution, f"cautions.{claim.caution}", "caution"),
            (claim.favorable, "kinds.favorable", "favorable"),
            (claim.inferred, "bases.inferred", "inferred"),
            (claim.standing, f"standings.{claim.standing}", "inferred"),
        ),
        element("p", words("guidance.judgment"), " ", join(links, " · "), class_="open-question") if links else None,
        class_="said",
    )
    effect = "feeds" if any(claim.id in rule.claims for rule in rules) else "explains"
    counted = words("guidance.reach_claim", count=count_reach(reach, rules_of(guidance, claim)), cases=len(reach))
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
    facts = " · ".join(words(key) for holds, key, _ in _rule_facts(rule) if holds)
    heard = element("span", f"{_effect_words(rule)}.", class_="visually-hidden")  # what the number stands for
    said = element("span", link, " ", heard, element("span", facts, class_="hint"))
    return element("li", _write_step(rule), said, class_="brief")


def _write_rule(rule: Rule, reach: Reach) -> Html:
    return element(
        "li",
        element("p", rule.meaning, class_="meaning"),
        element("p", _write_step(rule), element("span", _effect_words(rule)), class_="outcome"),
        _write_facts(*_rule_facts(rule)),
        element("p", words("guidance.reach_rule", count=count_reach(reach, [rule]), cases=len(reach)), class_="hint"),
        id=f"guidance-rule-{rule.name}",
    )


def _write_step(rule: Rule) -> Html:
    return write_chip(rule.outcome) if rule.outcome else element("span", "+", class_="chip off", aria_hidden="true")


def _effect_words(rule: Rule) -> str:
    return words(f"outcomes.{rule.outcome}" if rule.outcome else f"guidance.effect_{rule.kind}")


def _rule_facts(rule: Rule) -> tuple[tuple[object, str, str], ...]:
    return (
        (True, f"bases.{rule.basis}", rule.basis),
        (rule.caution, f"cautions.{rule.caution}", "caution"),
        (rule.reads, "guidance.turns", "note"),
    )


def _write_facts(*facts: tuple[object, str, str]) -> Html | None:
    """A badge for each fact that holds: whether it does, its words, and its kind."""
    return write_badges(Line("", tuple(Badge(words(key), kind) for holds, key, kind in facts if holds)))
