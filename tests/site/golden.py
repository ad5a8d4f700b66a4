"""What has to be the same in every Python: 1,000 random cases with every word, and the outcomes of the whole case space."""

import hashlib
import random
from itertools import product

from kapnb.engine.diagram import reach
from kapnb.engine.edition import load_guidance
from kapnb.text.blocks import as_text
from kapnb.text.explanation import explain


def golden(cases: int = 1_000) -> str:
    """One hash of random cases: outcomes, findings, questions and every word."""
    edition, chance, told = load_guidance("begley").bind(), random.Random(20_261_129), hashlib.sha256()
    for _ in range(cases):
        known = chance.random()
        case = {name: chance.choice(field.options).name for name, field in edition.fields.items() if chance.random() < known}
        answered = edition.assess({name: given for name, given in case.items() if name not in edition.assess(case).ignored})
        questions = [
            (one.field, *(sorted(map(str, reached)) for reached in one.possible.values())) for one in answered.next_questions
        ]
        pane = explain(answered)
        facts = (str(answered.outcome), [one.rule for one in answered.findings], questions, as_text((*pane.open, *pane.rest)))
        told.update(repr(facts).encode())
    return told.hexdigest()


def judge_space() -> str:
    """One hash of the outcomes that each case with open questions can come to, in all groups; ``kapnb prove`` goes through them."""
    told = hashlib.sha256()
    for group in load_guidance("begley").bind().outcome_groups:
        options = [(*(option.name for option in group.fields[name].options), None) for name in group.names]
        cases = ({name: given for name, given in zip(group.names, case, strict=True) if given} for case in product(*options))
        told.update(bytes(reach(group.diagram, case) for case in cases))
    return told.hexdigest()
