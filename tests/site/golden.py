"""One hash of 1,000 random cases: outcomes, findings, questions and every word. It has to be the same in every Python."""

import hashlib
import random

from kapnb.engine.edition import load_guidance
from kapnb.text.blocks import as_text
from kapnb.text.explanation import explain


def golden(cases: int = 1_000) -> str:
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
