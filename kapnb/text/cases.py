"""One case as a JSON file: the fields of the dictionary as keys, what a case table has beside them, and its pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kapnb.engine.earlier import carry, list_earlier
from kapnb.engine.edition import Edition
from kapnb.engine.problems import CaseError, KapnbError, Problem
from kapnb.engine.records import Record, finish, parse_json
from kapnb.limits import CASE_FILE, CASE_TEXTS
from kapnb.text.characters import has_halves, has_unwritable
from kapnb.text.identifiers import find_identifiers, hide
from kapnb.text.words import words


@dataclass(frozen=True, slots=True)
class Case:
    """An invented case: its answers, and what is written beside them.

    Attributes:
        edition: the number of the earlier edition that it was saved under; empty if it is the current one, or unknown.
    """

    answers: Mapping[str, str]
    case_id: str = ""
    title: str = ""
    vignette: str = ""
    note: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)
    edition: str = field(default="", compare=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """Whatever is written beside the answers."""
        return self.title, self.vignette, self.note


def read_case(text: str | bytes, edition: Edition) -> Case:
    """Read a case from JSON.

    Args:
        text: one object whose keys are fields with one of their options each, and, where wanted, ``case_id``, ``title``,
            ``vignette``, ``note``, ``readings``, ``pack`` and ``edition``. An absent, null or empty answer is not recorded.
        edition: whose dictionary and readings the case is read by.

    Raises:
        CaseError: with everything that is wrong; a text that may identify someone is refused and never repeated.

    >>> from kapnb import load_guidance
    >>> edition = load_guidance("begley").bind()
    >>> read_case('{"title": "An invented case", "ocd": "yes", "ocd_preparation": null}', edition).answers
    {'ocd': 'yes'}
    """
    file = parse_json(text, CaseError, most=CASE_FILE, remedy=words("case.remedy_json"), quote=hide)
    number = read_origin(file, edition, CaseError)
    spelled = {
        name: [said for option in one.options for said in (option.name, option.was) if said] for name, one in edition.fields.items()
    }
    given = _read_choices(file, spelled)
    answers = carry(given, edition.fields)
    texts = {name: read_text(file, name, most) for name, most in CASE_TEXTS.items()}
    readings = read_readings(file, edition)
    file.close()
    finish(file, CaseError)
    earlier = list_earlier(edition.guidance)
    if number not in earlier:
        number = earlier[0] if earlier and answers != given else ""
    return Case(answers, **texts, readings=readings, edition=number)


def as_record(case: Case, edition: Edition) -> dict[str, object]:
    """The case as the object that a saved file holds; :func:`read_case` reads it."""
    texts = {name: getattr(case, name) for name in CASE_TEXTS}
    answers = {name: case.answers[name] for name in edition.fields if name in case.answers}
    said = {**texts, "readings": dict(case.readings), **answers}
    return {**describe_origin(edition), **{name: value for name, value in said.items() if value}}


def describe_origin(edition: Edition) -> dict[str, str]:
    """What a file says of the pack that it was made with; :func:`read_origin` reads it."""
    return {"pack": edition.pack, "edition": edition.number}


def read_origin(file: Record, edition: Edition, error: type[KapnbError]) -> str:
    """The number of the edition that a file was made with; a file written by hand may not say.

    Raises:
        KapnbError: of the given kind, for a file of another pack, which these rules were never meant to judge.
    """
    pack, number = file.text("pack", "", most=64), file.text("edition", "", most=64)
    if pack and pack != edition.pack:
        problem = words("case.other_pack", pack=file.quote(pack))
        raise error([Problem("pack", problem, edition.pack, words("case.remedy_other_pack", pack=file.quote(pack)))])
    return number


def describe_readings(edition: Edition) -> dict[str, dict[str, str]]:
    """What a file says of readings that are not the default; nothing where all are."""
    return {"readings": dict(edition.changed)} if edition.changed else {}


def read_readings(file: Record, edition: Edition) -> dict[str, str]:
    """The readings that a file names."""
    chosen = file.record("readings")
    readings = _read_choices(chosen, {name: [c.name for c in one.choices] for name, one in edition.ledger.readings.items()})
    chosen.close()
    return readings


def read_text(file: Record, name: str, most: int) -> str:
    """A free text; one that seems to identify somebody is noted as a problem, and so is one that no file can hold."""
    text = file.raw(name, "", most)
    if has_unwritable(text):
        file.wrong(name, words("table.unwritable"))
        return ""
    for kind in find_identifiers(text):
        what = words("case.identifier", kind=words(f"identifiers.{kind}"))
        file.wrong(name, what, remedy=words("case.identifier_remedy"))
    return text


def find_trouble(text: str, most: int) -> str:
    """Why a text that somebody types cannot be used, without repeating it; empty where it can."""
    if len(text) > most:
        return words("case.too_long", limit=f"{most:,}")
    if has_halves(text):
        return words("case.not_text")
    kinds = words("table.and").join(words(f"identifiers.{kind}") for kind in find_identifiers(text))
    return words("case.identifier", kind=kinds) if kinds else ""


def _read_choices(file: Record, known: Mapping[str, list[str]]) -> dict[str, str]:
    chosen = {name: file.choice(name, options, "") for name, options in known.items()}
    return {name: chosen[name] for name in file.names if chosen.get(name)}
