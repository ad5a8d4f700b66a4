"""One case: kapnb with its explanation, beside hand-written ifs without any, and beside a rule engine on the same rules.

All of them judge the same cases in turn, several rounds in one run. Printed: microseconds of processor time a case, as the median
over the rounds with its range, and the ratio to the hand-written ifs, round by round. Aim: within 12 of them, explained.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from time import process_time

from benchmarks import figures
from benchmarks.figures import Figure
from kapnb import assess, explain, fields, load_guidance
from kapnb.engine.assess import judge_group
from kapnb.engine.conditions import NOT_APPLICABLE, Atom, evaluate
from kapnb.engine.pack import possible_cautions
from kapnb.paths import examples
from kapnb.text.cases import read_case

Case = Mapping[str, str]
ROUNDS = 7


def by_hand(c: Case) -> str:
    """The default reading as one would write it for a complete case, most cautious first, nothing explained."""
    psychosis, bipolar, therapy = c["psychotic_disorder"], c["bipolar_disorder"], c.get("structured_therapy")
    ideation, attempts, bpd, use = c["suicidal_ideation"], c["suicide_attempts"], c["bpd_diagnosis"], c["substance_use_disorder"]
    features = (c["self_injury_or_recklessness"], c["relationship_instability"], c["abandonment_fear"])
    dbt, other = therapy == "stabilized_after_dbt", therapy == "stabilized_after_other_therapy"
    pattern = "current" in features or attempts == "repeated_current" or c["suicidal_communication"] == "repeated"
    acting = c.get("likelihood_of_acting") if ideation != "none" else None
    established = c.get("formal_treatment") == "yes" and c.get("recovery_lifestyle") == "yes"
    if psychosis in ("schizophrenia", "other_primary"):
        return "not_recommended"
    if (
        bipolar == "not_stabilized"
        or (bipolar == "diagnosis_in_question" and c["mood_shift"] == "mania_or_hypomania")
        or pattern
        or (attempts == "repeated_past" and not dbt and not other)
        or (bpd == "current" and not dbt and not other)
        or acting == "likely"
        or use == "active"
        or (use == "in_recovery" and not established)
    ):
        return "not_at_present"
    if (
        psychosis == "secondary_or_unclear"
        or bipolar == "diagnosis_in_question"
        or (attempts == "repeated_past" and other)
        or (attempts == "single" and not dbt)
        or bpd == "suspected"
        or (bpd == "current" and other)
        or (bpd == "past_or_remitted" and not dbt)
        or acting == "uncertain"
        or c["psychological_assessment"] == "incomplete"
        or c["outside_scope"] == "yes"
    ):
        return "clarify_first"
    history = bpd in ("current", "past_or_remitted") or attempts in ("single", "repeated_past") or "past" in features
    if bipolar == "stabilized" or (dbt and history) or use == "in_recovery" or c["ocd"] == "yes":
        return "consider_with_conditions"
    return "may_be_considered"


def zen_engine() -> Callable[[Case], str] | None:
    """The same rules in zen-engine (GoRules): a decision table that collects every rule that holds."""
    try:
        import zen
    except ImportError:
        return None

    def leaf(atom: Atom) -> _Text:
        given = ", ".join(f"'{answer}'" for answer in sorted(atom.answers))
        return _Text(f"{atom.field} in [{given}]")

    rows = [
        {
            "_id": rule.name,
            "when": evaluate(rule.condition, leaf, true=_Text("true"), false=_Text("false")).text,
            "rule": f"'{rule.name}'",
            "caution": str(rule.outcome.caution if rule.outcome else -1),
        }
        for rule in load_guidance().bind().rules
    ]
    table = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "table",
                "position": {"x": 1, "y": 0},
                "content": {
                    "hitPolicy": "collect",
                    "rules": rows,
                    "inputs": [{"id": "when", "name": "when", "type": "expression"}],
                    "outputs": [
                        {"id": "rule", "field": "rule", "name": "rule", "type": "expression"},
                        {"id": "caution", "field": "caution", "name": "caution", "type": "expression"},
                    ],
                },
            },
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "b", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(table))
    names = ["may_be_considered", "consider_with_conditions", "clarify_first", "not_at_present", "not_recommended"]

    def judge(case: Case) -> str:
        found = decision.evaluate({name: case.get(name, NOT_APPLICABLE) for name in fields})["result"]
        return names[max(0, *(int(row["caution"]) for row in found))]

    return judge


class _Text:
    """An expression of another language, joined as conditions are."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __and__(self, other: _Text) -> _Text:
        return _Text(f"({self.text} and {other.text})")

    def __or__(self, other: _Text) -> _Text:
        return _Text(f"({self.text} or {other.text})")


def assessed(case: Case) -> str:
    """kapnb with what an explanation needs: findings with claims, basis, reasons and words, and what is unsettled."""
    a = assess(case)
    _ = a.findings, a.unsettled
    return str(a.outcome)


def worded(case: Case) -> str:
    """kapnb with every word of the page, ways forward, near misses and hinges among them."""
    a = assess(case)
    explain(a)
    return str(a.outcome)


def complete_cases(number: int, seed: int = 1) -> list[dict[str, str]]:
    """Random complete cases, without answers to questions that are not asked."""
    chance = random.Random(seed)
    cases = []
    for _ in range(number):
        case: dict[str, str] = {}
        for name, field in fields.items():
            if fields.applies(name, case):
                case[name] = chance.choice(field.options).name
        cases.append(case)
    return cases


def cold(judge: Callable[[Case], str]) -> Callable[[Case], str]:
    """The same with nothing remembered from earlier cases."""

    def forgetful(case: Case) -> str:
        judge_group.cache_clear()
        possible_cautions.cache_clear()
        return judge(case)

    return forgetful


NAMES = {
    "ifs": "hand-written ifs, outcome only",
    "assessed": "kapnb, findings with reasons and words",
    "forgetful": "kapnb, the same, nothing remembered",
    "worded": "kapnb, every word of the page",
    "zen": "zen-engine, rules that hold",
}


def measure(*, brief: bool = False) -> list[Figure]:
    turns = 2 if brief else ROUNDS
    return [
        *compare("random", "2,000 random complete cases, for one", complete_cases(2000), turns),
        *compare("example", "The example cases, for one", example_cases() * 50, turns),
    ]


def example_cases() -> list[dict[str, str]]:
    """The bundled examples: few cautions each, so that the ifs have to be gone through."""
    return [dict(read_case(file.read_bytes()).answers) for file in sorted(examples().glob("*.json"))]


def compare(prefix: str, title: str, cases: list[dict[str, str]], turns: int) -> list[Figure]:
    runs: dict[str, tuple[Callable[[Case], str], int]] = {
        "ifs": (by_hand, len(cases)),
        "assessed": (assessed, len(cases)),
        "forgetful": (cold(assessed), 300),
        "worded": (worded, 300),
    }
    zen = zen_engine()
    if zen:
        runs["zen"] = (zen, 300)
    for name, (judge, _) in runs.items():
        wrong = [case for case in cases[:300] if judge(case) != by_hand(case)]
        assert not wrong, (name, wrong[0], judge(wrong[0]), by_hand(wrong[0]))
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(turns):
        for name, (judge, number) in runs.items():
            for case in cases[:number]:  # what is remembered is remembered before the clock starts
                judge(case)
            start = process_time()
            for case in cases[:number]:
                judge(case)
            times[name].append((process_time() - start) / number * 1e6)
    return figures.compare(prefix, title, "µs", NAMES, times, base="ifs", aims={"assessed": 12})


if __name__ == "__main__":
    figures.show(measure())
