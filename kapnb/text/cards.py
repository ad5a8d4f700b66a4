"""The cards of an explanation: each finding, and each claim that speaks of a recorded answer, in a sentence or two."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from kapnb.engine.assess import Finding
from kapnb.engine.edition import Assessment
from kapnb.engine.ledger import PLACES, ClaimCard, Ledger, Row
from kapnb.engine.outcomes import Basis, Kind, Outcome, Reason
from kapnb.text.phrases import join_words, list_answers, sentence
from kapnb.text.words import words

MANDATORY: Final = 0
"""The weight of what is under "More" whatever the room; the greater a weight, the sooner it is left out."""


@dataclass(frozen=True, slots=True)
class Detail:
    """Something under a card's "More" where there is room."""

    text: str
    weight: int


@dataclass(frozen=True, slots=True)
class Card:
    """What the article says, implies or leaves open of a recorded answer, or what we make of it.

    Attributes:
        name: of the rule, or of the claims' card in the ledger.
        place: rules_out, comes_first, conditions, speaks_for or left_open.
        claims: those that it names, with those beside it as background.
        decides: it leads to the outcome.
        favors: it names conditions and speaks for ketamine as well.
        held: it would speak for ketamine, and something else that is recorded holds it back.
        short: only its brief is open; the text is under "More".
        bare: not even its paragraphs are open.
        more: what is under "More".
    """

    name: str
    place: str
    text: str
    brief: str
    basis: Basis
    claims: tuple[str, ...]
    paragraphs: tuple[str, ...]
    details: tuple[Detail, ...] = ()
    decides: bool = False
    favors: bool = False
    held: bool = False
    short: bool = False
    bare: bool = False
    more: tuple[str, ...] = ()

    @property
    def kicker(self) -> str:
        """What the card is to the outcome, in a word or two; short ones share it."""
        favors = self.favors and not self.short
        place = words("explanation.places.conditions_favor" if favors else f"explanation.places.{self.place}")
        said = [words("explanation.decides")] if self.decides and not self.short else []
        said += [words("explanation.held")] if self.held else []
        return " · ".join((place, *said))


@dataclass(frozen=True, slots=True)
class Met:
    """A request of the article that is recorded as met."""

    text: str
    claims: tuple[str, ...]
    paragraphs: tuple[str, ...]


_PLACE: Final = {
    Outcome.NOT_RECOMMENDED: "rules_out",
    Outcome.NOT_AT_PRESENT: "comes_first",
    Outcome.CLARIFY_FIRST: "left_open",
    Outcome.CONSIDER_WITH_CONDITIONS: "conditions",
    Outcome.MAY_BE_CONSIDERED: "speaks_for",
}


def make_cards(a: Assessment) -> tuple[tuple[Card, ...], tuple[Met, ...]]:
    """Every finding, then every claim that speaks of a recorded answer and that no finding names; what decides comes first.

    >>> from kapnb import assess
    >>> cards, met = make_cards(assess({"suicidal_ideation": "passive", "psychological_assessment": "thorough"}))
    >>> [(card.place, card.claims) for card in cards], [one.claims for one in met]
    ([('speaks_for', ('C09', 'C10')), ('left_open', ('C11',))], [('C13',)])
    """
    cards = [_card_of_finding(a, finding) for finding in a.findings]
    named = {claim for finding in a.findings for claim in a.edition.by_name[finding.rule].rule.claims}
    named |= {claim for card in cards for claim in card.claims}
    more, met = _cards_of_claims(a, named)
    cards += _decide_either(a, more)
    default = a.edition.default_rule.name
    if not cards and a.answers:
        cards.append(_card_of_default(a))
    return tuple(sorted(cards, key=lambda card: (not card.decides, PLACES.index(card.place), card.name == default))), met


def deciding_line(a: Assessment) -> str:
    """The sentence of the first card that decides; empty while none does, or where one of several findings does, whichever it is.

    >>> from kapnb import assess
    >>> deciding_line(assess({"psychotic_disorder": "schizophrenia"}))
    'Ketamine treatment is not recommended in schizophrenia.'
    """
    return min(a.deciding, key=lambda finding: PLACES.index(_place(finding))).text if a.deciding else ""


def _card_of_finding(a: Assessment, finding: Finding) -> Card:
    ledger = a.edition.ledger
    said = ledger.words[finding.rule]
    background = [claim.id for claim in ledger.claims.values() if finding.rule in claim.explains and claim.id not in finding.claims]
    default = finding.rule == a.edition.default_rule.name  # what is left where nothing decides
    decides = finding.outcome is not None and finding.outcome is a.outcome and not default
    offered = said.conditions if finding.outcome is Outcome.CONSIDER_WITH_CONDITIONS else ()
    binding = a.outcome is Outcome.CONSIDER_WITH_CONDITIONS
    details = [Detail(words("explanation.condition", text=text), MANDATORY if binding else 6) for text in offered]
    details.append(Detail(said.text, 1 if decides else 3))
    if finding.because and not default:
        answers = list_answers(a.edition.fields, _cited(a, finding))
        details.append(Detail(words("explanation.based_on", answers=answers), 2 if decides else 5))
    if said.next_step and finding.outcome is not Outcome.CLARIFY_FIRST:  # of that, the line under the outcome names it
        details.append(Detail(words("explanation.first", text=said.next_step), 2 if decides else 6))
    details += _codes((*finding.claims, *background))
    return Card(
        name=finding.rule,
        place=_place(finding),
        text=finding.text,
        brief=sentence(said.brief),
        basis=finding.basis,
        claims=(*finding.claims, *background),
        paragraphs=_paragraphs(ledger, finding.claims),
        details=tuple(details),
        decides=decides,
        favors=finding.kind is Kind.OUTCOME
        and finding.outcome is Outcome.CONSIDER_WITH_CONDITIONS
        and any(ledger.claims[claim].favorable for claim in finding.claims),
    )


def _place(finding: Finding) -> str:
    if finding.outcome is None:
        return "speaks_for" if finding.kind is Kind.FAVORABLE else "left_open"
    return "comes_first" if finding.reason is Reason.ASSESSMENT_INCOMPLETE else _PLACE[finding.outcome]


def _cited(a: Assessment, finding: Finding) -> Mapping[str, str]:
    """The answers that a finding rests on, and those for which a claim of its rule is cited."""
    cited = a.edition.by_name[finding.rule].rule.cited_when
    return {**finding.because} | {name: given for claim in finding.claims for name, given in cited.get(claim, {}).items()}


def _codes(claims: Iterable[str]) -> tuple[Detail, ...]:
    codes = ", ".join(claims)
    return (Detail(words("explanation.codes", codes=codes), 1),) if codes else ()


def _paragraphs(ledger: Ledger, claims: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ledger.claims[claim].paragraph for claim in claims))


def _cards_of_claims(a: Assessment, named: Collection[str]) -> tuple[list[Card], tuple[Met, ...]]:
    """The cards of the ledger for claims that are not named, and a line for each request that is met."""
    ledger, answers = a.edition.ledger, a.counted
    states, holding = a.states, {finding.rule for finding in a.findings}
    open_rules = holding | {one.rule for one in a.unsettled}
    cards, met = [], []
    for one in ledger.cards:
        if not any(_speaks(row, answers, states) for row in one.when):
            continue
        if one.met and (_holds(one.met_when, answers) or not holding.isdisjoint(one.met_by)):
            met.append(Met(one.met, one.claims, _paragraphs(ledger, one.claims)))
        elif not set(one.claims) <= set(named):
            rules = [rule for rule in a.edition.guidance.rules if not set(one.claims).isdisjoint(rule.claims)]
            if one.place == "speaks_for":  # another rule may cite the claim to set it aside
                rules = [rule for rule in rules if rule.kind is Kind.FAVORABLE or rule.outcome is Outcome.CONSIDER_WITH_CONDITIONS]
            cards.append(_card_of_claims(ledger, one, answers, ruled_out=all(rule.name not in open_rules for rule in rules)))
    return cards, tuple(met)


def _speaks(row: Row, answers: Mapping[str, str], states: Mapping[str, frozenset[str]]) -> bool:
    """Whether a recorded answer is one of these, and no other answer keeps the row from holding."""
    recorded = any(answers.get(name) in given for name, given in row.items())
    return recorded and not any(states[name].isdisjoint(given) for name, given in row.items())


def _holds(row: Row, answers: Mapping[str, str]) -> bool:
    return bool(row) and all(answers.get(name) in given for name, given in row.items())


def _card_of_claims(ledger: Ledger, one: ClaimCard, answers: Mapping[str, str], *, ruled_out: bool) -> Card:
    favorable = one.place == "speaks_for"
    return Card(
        name=one.name,
        place="left_open" if ruled_out and not favorable else one.place,
        text=next((variant.text for variant in one.variants if _holds(variant.when, answers)), one.text),
        brief=sentence(one.brief),
        basis=one.basis,
        claims=one.claims,
        paragraphs=_paragraphs(ledger, one.claims),
        details=(*([Detail(one.more, 4)] if one.more else []), *_codes(one.claims)),
        held=ruled_out and favorable,
    )


def _decide_either(a: Assessment, cards: Iterable[Card]) -> Iterator[Card]:
    """The cards, and those among them that decide where one of several findings does, whichever it is."""
    ledger, rules = a.edition.ledger, a.edition.by_name
    leads: set[str] = set()
    cards = list(cards)
    asked = {one.name: {name for row in one.when for name in row} for one in ledger.cards}
    for either in a.either:
        claims = {claim for name in either.rules for claim in rules[name].rule.claims}
        found = [card.name for card in cards if claims.issuperset(card.claims) and asked[card.name] & either.because.keys()]
        leads.update(found)
        if not found:
            briefs = join_words([*dict.fromkeys(ledger.words[name].brief for name in either.rules)], "or")
            text = words("explanation.either", briefs=briefs)
            bases = [rules[name].rule.basis for name in either.rules]
            basis = bases[0] if len({*bases}) == 1 else Basis.READING
            named = tuple(claim for claim in ledger.claims if claim in claims)
            where = _paragraphs(ledger, named)
            yield Card("either", _PLACE[either.outcome], text, sentence(briefs), basis, named, where, _codes(named), decides=True)
    for card in cards:
        yield replace(card, decides=True, place=_PLACE[a.outcome], held=False) if card.name in leads else card


def _card_of_default(a: Assessment) -> Card:
    """What the article says of most conditions, where it says nothing more of what is recorded."""
    ledger, default = a.edition.ledger, a.edition.default_rule
    claim = ledger.claims[default.rule.claims[0]]
    return Card(
        name=default.name,
        place="speaks_for",
        text=claim.text,
        brief=sentence(ledger.words[default.name].brief),
        basis=default.rule.basis,
        claims=(claim.id,),
        paragraphs=(claim.paragraph,),
        details=_codes((claim.id,)),
    )
