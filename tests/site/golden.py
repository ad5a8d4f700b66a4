"""What has to be the same in every Python: cases with every word, and the outcomes of the whole case space."""

import hashlib
import random
from collections.abc import Iterator
from itertools import product

from kapnb.engine.diagram import reach
from kapnb.engine.edition import Assessment, load_guidance
from kapnb.text.blocks import as_text
from kapnb.text.explanation import explain
from kapnb.training.library import load_library

EDITION = load_guidance("begley").bind()


def assess_some() -> Iterator[Assessment]:
    """The cases of the library, which come to every outcome and meet every rule, and as many by chance with open questions."""
    cases, chance = [one.answers for one in load_library(EDITION).values()], random.Random(20_261_129)
    for _ in cases[:]:
        known = chance.random()
        cases.append({name: chance.choice(field.options).name for name, field in EDITION.fields.items() if chance.random() < known})
    for case in cases:
        ignored = EDITION.assess(case).ignored
        yield EDITION.assess({name: given for name, given in case.items() if name not in ignored})


def golden() -> str:
    """One hash of the cases: outcomes, findings, questions and every word."""
    told = hashlib.sha256()
    for one in assess_some():
        questions = [
            (asked.field, *(sorted(map(str, reached)) for reached in asked.possible.values())) for asked in one.next_questions
        ]
        pane = explain(one)
        facts = (str(one.outcome), [finding.rule for finding in one.findings], questions, as_text((*pane.open, *pane.rest)))
        told.update(repr(facts).encode())
    return told.hexdigest()


def judge_space() -> str:
    """One hash of the outcomes that each case with open questions can come to, in all groups; ``kapnb prove`` goes through them."""
    told = hashlib.sha256()
    for group in EDITION.outcome_groups:
        options = [(*(option.name for option in group.fields[name].options), None) for name in group.names]
        cases = ({name: given for name, given in zip(group.names, case, strict=True) if given} for case in product(*options))
        told.update(bytes(reach(group.diagram, case) for case in cases))
    return told.hexdigest()
