"""One case as a JSON file: the fields of the dictionary as keys, and what a case table has beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kapnb.engine.assess import find_problems
from kapnb.engine.edition import load_guidance
from kapnb.engine.fields import load_fields
from kapnb.engine.problems import CaseError, GuidanceError, Problem, shorten, suggest
from kapnb.engine.records import kind_of
from kapnb.text.characters import has_unwritable
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

MOST_CHARACTERS: Final = 64 * 1024
TEXTS: Final[Mapping[str, int]] = {"case_id": 64, "title": 200, "vignette": 5_000, "note": 5_000}
"""The free texts of a case, with the greatest length of each."""


@dataclass(frozen=True, slots=True)
class Case:
    """An invented case: its answers, and what is written beside them."""

    answers: Mapping[str, str]
    case_id: str = ""
    title: str = ""
    vignette: str = ""
    note: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)


def read_case(text: str | bytes) -> Case:
    """Read a case from JSON.

    Args:
        text: one object whose keys are fields with one of their options each, and, where wanted, ``case_id``, ``title``,
            ``vignette``, ``note`` and ``readings``. An absent, null or empty answer is not recorded.

    Raises:
        CaseError: with everything that is wrong; a text that may identify someone is refused and never repeated.

    >>> read_case('{"title": "An invented case", "ocd": "yes", "ocd_preparation": null}').answers
    {'ocd': 'yes'}
    """
    value, problems = _parse(text)
    fields = load_fields()
    rest = {name: given for name, given in value.items() if name not in TEXTS and name != "readings"}
    problems += _unknown_names(rest, fields)
    answers = {name: given for name, given in rest.items() if name in fields and given not in (None, "")}
    problems += find_problems({name: _hide(given) for name, given in answers.items()}, fields)
    texts = {name: _read_text(name, value.get(name), problems) for name in TEXTS}
    readings = _read_readings(value.get("readings"), problems)
    if problems:
        raise CaseError(problems)
    return Case(answers, **texts, readings=readings)


def _parse(text: str | bytes) -> tuple[dict[str, Any], list[Problem]]:
    """The object that the text holds, and the keys that stand in it twice."""
    if len(text) > MOST_CHARACTERS:
        raise CaseError([_problem("too_large", limit=f"{MOST_CHARACTERS:,}")])
    problems: list[Problem] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        problems.extend(
            Problem(shorten(_hide(name)), words("case.twice")) for name in dict.fromkeys(names) if names.count(name) > 1
        )
        return dict(pairs)

    try:
        value = json.loads(
            text.decode("utf-8-sig") if isinstance(text, bytes) else text.lstrip("\ufeff"), object_pairs_hook=collect
        )
    except UnicodeDecodeError:
        raise CaseError([_problem("not_text")]) from None
    except json.JSONDecodeError as failure:
        where = words("case.broken_at", line=failure.lineno)
        raise CaseError([Problem("file", f"{words('case.not_json')} ({where})", remedy=words("case.remedy_json"))]) from None
    except (RecursionError, ValueError):  # nested too deeply, or a number too long
        raise CaseError([_problem("not_json")]) from None
    if not isinstance(value, dict):
        raise CaseError(
            [
                Problem(
                    "file",
                    words("case.not_object", kind=kind_of(value)),
                    words("case.object"),
                    words("case.remedy_json"),
                )
            ]
        )
    return value, problems


def _problem(key: str, **values: object) -> Problem:
    return Problem("file", words(f"case.{key}", **values), remedy=words("case.remedy_json"))


def _unknown_names(answers: Mapping[str, Any], fields: Mapping[str, object]) -> list[Problem]:
    known = (*TEXTS, "readings", *fields)
    unknown = [name for name in answers if name not in fields]
    return [
        Problem("file", words("case.unknown", name=shorten(_hide(name))), "" if i else ", ".join(known), suggest(name, known))
        for i, name in enumerate(unknown)
    ]


def _hide(text: Any) -> Any:
    """What a message may repeat: no text that looks like an identifier. "DOB" alone is the name of a column, not a birthday."""
    if not isinstance(text, str):
        return text
    kinds = set(find_identifiers(text))
    return "…" if kinds and (kinds != {"birth"} or any(map(str.isdigit, text))) else text


def _read_readings(value: Any, problems: list[Problem]) -> dict[str, str]:
    """The choices made; like an answer, one that is null or empty is none."""
    if isinstance(value, dict):
        chosen = {name: given for name, given in value.items() if given not in (None, "")}
        shown: Any = {_hide(name): _hide(given) if isinstance(given, str) else kind_of(given) for name, given in chosen.items()}
    else:
        chosen, shown = {}, None if value == "" else value
    try:
        load_guidance().bind(shown)
    except GuidanceError as failure:
        problems += failure.problems
    return chosen


def _read_text(name: str, value: object, problems: list[Problem]) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        problems.append(Problem(name, words("case.text_expected", kind=kind_of(value))))
        return ""
    if has_unwritable(value):
        problems.append(Problem(name, words("table.unwritable")))
        return ""
    if len(value) > TEXTS[name]:
        problems.append(Problem(name, words("case.too_long", limit=f"{TEXTS[name]:,}")))
        return ""
    remedy = words("case.identifier_remedy")
    problems += [
        Problem(name, words("case.identifier", kind=words(f"identifiers.{kind}")), remedy=remedy)
        for kind in find_identifiers(value)
    ]
    return value
