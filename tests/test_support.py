"""Help where a case or a story touches suicide or self-injury: whenever it should be, once, short, and for the reader's country."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
import yaml

from kapnb import assess, explain, fields
from kapnb.engine.fields import load_fields
from kapnb.engine.problems import DictionaryError
from kapnb.paths import schemas
from kapnb.text.blocks import as_text
from kapnb.text.support import (
    ELSEWHERE,
    Helpline,
    find_helpline,
    list_countries,
    list_helplines,
    most_support,
    needs_support,
    reader_in,
    support,
    tell_reader,
    touches,
)
from kapnb.text.words import words
from kapnb.training.library import find_support
from tests import oracle
from tests.bundled import LIBRARY

QUIET = {name: answer for name, answer in oracle.QUIET.items() if fields.applies(name, oracle.QUIET)}
SUICIDAL = {
    ("self_injury_or_recklessness", "current"),
    *((name, option) for name in oracle.FIELDS if fields[name].section == "suicide_related" for option in oracle.FIELDS[name]),
} - {(name, none) for name in oracle.FIELDS for none in ("none", "none_or_isolated")}
TODAY = (("likelihood_of_acting", "likely"), ("last_attempt", "within_three_months"))
MOST_WORDS = 46

SENTENCES = yaml.safe_load((Path(__file__).parent / "data" / "touching.yaml").read_text("utf-8"))


# --- when it is shown -----------------------------------------------------------------------------------------------


def test_every_suicide_related_answer_asks_for_help_and_no_other() -> None:
    """Any other than none, alone; and self-injury that is current. A case in which nothing was found asks for none."""
    assert {pair for pair in fields.pairs if support(fields, dict([pair]))} == SUICIDAL
    assert support(fields, QUIET) is None
    assert support(fields, {}) is None


def test_a_story_is_known_by_its_words() -> None:
    """Whatever its fields say, and also where it denies; an ordinary story brings no help."""
    assert [text for text in SENTENCES["touching"] if not touches("", text)] == []
    assert needs_support(fields, QUIET, "A title", SENTENCES["touching"][0])
    assert [text for text in SENTENCES["apart"] if touches(text)] == []


def test_no_story_of_ours_is_missed() -> None:
    """Each vignette whose answers ask for help is known by its words too, and so a story of somebody's own will be."""
    loud = {one.id for one in LIBRARY.values() if any(pair in SUICIDAL for pair in one.answers.items())}
    assert loud
    assert loud <= {one.id for one in LIBRARY.values() if touches(one.title, one.story)}


def test_a_hidden_answer_asks_for_nothing() -> None:
    """One that was left behind when its question went; where the question may still be asked, the answer counts."""
    assert support(fields, QUIET | {"likelihood_of_acting": "likely"}) is None
    assert support(fields, {"likelihood_of_acting": "likely"})


def test_a_second_dictionary_says_itself_what_asks_for_help(tmp_path: Path) -> None:
    """A field of another pack needs no change of code; and care on the same day is asked for only where help is shown."""
    text = (schemas() / "fields.yaml").read_text("utf-8")
    before = "        content: trauma\n"
    grief = text.replace(before, f"{before}        support: ['yes']\n        same_day: ['yes']\n", 1)
    assert grief != text
    path, amiss = tmp_path / "fields.yaml", tmp_path / "amiss.yaml"
    path.write_text(grief, "utf-8")
    block = support(load_fields(path), {"developmental_trauma": "yes"})
    assert block
    assert block.lines[1].text == words("support.same_day")
    amiss.write_text(grief.replace("        support: ['yes']\n", "", 1), "utf-8")
    with pytest.raises(DictionaryError, match="same_day"):
        load_fields(amiss)


def test_the_explanation_shows_it_once_behind_the_outcome() -> None:
    """By an answer, or by the story that is on view with the case."""
    for told in (explain(assess({"suicide_attempts": "single"})), explain(assess({}), "", "She thinks of suicide.")):
        blocks = told.whole
        assert [block.key for block in blocks[:2]] == ["outcome", "support"]
        assert [block.key for block in blocks].count("support") == 1
        assert blocks[1].open


# --- what it says ---------------------------------------------------------------------------------------------------


def test_what_comes_first_for_the_person() -> None:
    """Assessment, a plan and safe storage before any KAP; the tool assesses nothing."""
    block = support(fields, {"suicidal_ideation": "passive"})
    assert block
    text = as_text((block,), width=10_000).lower()
    for said in ("before any kap", "suicide risk assessment", "safety plan", "safe storage", "does not assess risk"):
        assert said in text


@pytest.mark.parametrize("pair", sorted(SUICIDAL))
def test_care_on_the_same_day_where_it_is_asked_for(pair: tuple[str, str]) -> None:
    """Where acting is likely, or an attempt is within three months; before a commitment it would tell an answer."""
    today = words("support.same_day")
    assert all(said in today for said in ("same day", "not alone", "higher level of care"))
    block, before = support(fields, dict([pair])), support(fields, dict([pair]), judged=False)
    assert block
    assert before
    assert (today in as_text((block,), width=10_000)) is (pair in TODAY)
    assert today not in as_text((before,), width=10_000)


def test_before_a_commitment_every_story_has_the_same_help() -> None:
    shown = {find_support(one, fields, judged=False) for one in LIBRARY.values()}
    assert len(shown - {None}) == 1


def test_it_is_short() -> None:
    """Its words on a page, the list of countries apart: what fits beside an answer."""
    for line in list_helplines().values():
        reader = "".join(piece.text for piece in tell_reader(line, named=False))
        said = " ".join((words("support.title"), words("support.first"), reader))
        assert len(said.split()) <= MOST_WORDS, said


def test_of_several_the_one_that_asks_for_most() -> None:
    passive, likely = ({"suicidal_ideation": "passive"}, {"suicidal_ideation": "active", "likelihood_of_acting": "likely"})
    blocks = [None, support(fields, passive), support(fields, likely)]
    assert most_support(blocks) == blocks[2]
    assert most_support([None]) is None


# --- whom a reader can call --------------------------------------------------------------------------------------------

GIVEN = {
    "us": ("call or text 988", "Veterans press 1", "para español oprima 2", "988lifeline.org", "911"),
    "ca": ("9-8-8",),
    "uk": ("116 123", "Samaritans"),
    "ie": ("116 123", "Samaritans"),
    "au": ("13 11 14", "Lifeline"),
    "nz": ("1737",),
    "de": ("0800 111 0 111",),
    "at": ("142",),
    "ch": ("143",),
    "nl": ("113",),
    "fr": ("3114",),
    "es": ("024",),
    ELSEWHERE: ("findahelpline.com",),
}
"""As the guidance of the project has them."""


def test_help_lines_are_those_of_the_guidance() -> None:
    assert set(GIVEN) <= set(list_countries())
    assert all(line.source.startswith("https://") for line in list_helplines().values())
    for country, expected in GIVEN.items():
        with reader_in(country):
            block = support(fields, {"suicide_attempts": "single"})
        assert block
        assert all(said in block.lines[-1].text for said in expected)
        assert find_helpline(country).country in block.lines[-1].text
        assert words("support.emergency") in block.lines[-1].text


def test_a_number_belongs_to_its_country() -> None:
    """No two countries share a line but those that the guidance gives one; elsewhere no number is named at all."""
    for one, other in product(GIVEN, GIVEN):
        said = "".join(piece.text for piece in tell_reader(find_helpline(other)))
        if one != other and {one, other} != {"uk", "ie"}:
            assert GIVEN[one][0] not in said
    assert not re.search(r"\d", "".join(piece.text for piece in tell_reader(find_helpline(ELSEWHERE))))
    assert find_helpline("no such country") == find_helpline(ELSEWHERE)


def test_a_number_can_be_dialed_and_an_address_opened() -> None:
    links = {piece.href for piece in tell_reader(find_helpline("us"))} | {piece.href for piece in tell_reader(find_helpline("de"))}
    assert {"tel:988", "tel:911", "https://988lifeline.org", "tel:08001110111"} <= links


def find_stale(lines: dict[str, Helpline], today: date) -> list[str]:
    """The countries whose entry was looked up more than a year ago, or on a day to come."""
    ages = {country: today - date.fromisoformat(line.checked_on) for country, line in lines.items()}
    return [country for country, age in ages.items() if not timedelta(-1) <= age <= timedelta(366)]


def test_no_entry_is_older_than_a_year() -> None:
    """When this fails, call or open each service, mend its entry in kapnb/text/helplines.yaml, and write down the day."""
    assert find_stale(dict(list_helplines()), date.today()) == []  # noqa: DTZ011  # the age in days, wherever it runs


def test_a_stale_entry_is_found() -> None:
    """Planted fault."""
    assert find_stale({"us": find_helpline("us")}, date(2028, 1, 1)) == ["us"]
