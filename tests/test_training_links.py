"""A set in an address: it comes back as it was, tells nothing of an answer, and a wrong one is refused kindly."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb.engine.edition import Edition
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.links import MOST_CHARACTERS, find_link, read_link, write_link
from kapnb.training.session import MOST_ITEMS
from kapnb.training.sets import load_presets
from tests.bundled import EDITION, LIBRARY
from tests.strategies import EDITIONS
from tests.untold import untold

SETS = st.lists(st.sampled_from(sorted(LIBRARY)), min_size=1, max_size=40, unique=True)
TWELVE = tuple(LIBRARY)[:12]


@given(items=SETS, chosen=st.sampled_from(EDITIONS))
def test_a_set_comes_back_as_it_was(items: list[str], chosen: dict[str, str]) -> None:
    """The same cases in the same order under the same readings; no sign of it has to be written otherwise in an address."""
    edition = EDITION.guidance.bind(chosen)
    text = write_link(items, edition)
    assert quote(text, safe="") == text
    assert read_link(find_link(f"?token=x&set={text}") or "", EDITION) == (tuple(items), edition)


def test_twelve_cases_hold_in_an_address() -> None:
    """With every reading chosen otherwise it stays below what the oldest browsers and mail programs take."""
    readings = {name: reading.choices[-1].name for name, reading in EDITION.guidance.readings.items()}
    assert len(write_link(TWELVE, EDITION)) < 80
    assert len(write_link(TWELVE, EDITION.guidance.bind(readings))) < 1_000
    assert read_link(write_link(TWELVE, EDITION), EDITION)[0] == TWELVE
    assert len(write_link(list(LIBRARY), EDITION)) < MOST_CHARACTERS / 4


def test_nothing_of_an_answer_is_in_a_link() -> None:
    """It is made of ids alone: no outcome, no answer, no word of a story or a debrief."""
    text = write_link(TWELVE, EDITION)
    assert re.fullmatch(r"begley\.\d+\.12(\.V\d\d){12}", text)
    for name in TWELVE:
        one = LIBRARY[name]
        secrets = {str(one.outcome), *one.answers, *one.answers.values(), *one.traps, *untold(one)} - {"no", "yes", "none"}
        assert not [secret for secret in secrets if secret in text]


@given(text=st.one_of(st.text(), st.from_regex(r"begley\.2\.\d{1,3}(\.[A-Za-z0-9_-]{0,9}){0,5}", fullmatch=True)))
def test_anything_else_is_refused_and_never_repeated(text: str) -> None:
    """Whatever an address holds, it opens a set of known cases or is told in our own words."""
    try:
        items, _ = read_link(text, EDITION)
    except TrainingError as refused:
        (one,) = refused.problems
        assert one.where == "link"
        assert one.what in {words(f"training.{key}") for key in ("no_link", "link_cut", "link_unknown", *OTHERS)}
    else:
        assert LIBRARY.keys() >= {*items}


OTHERS = ("link_of_other_pack", "link_of_other_edition")
WHOLE = write_link(["V05", "V24", "V43"], EDITION)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "no_link"),
        ("<script>", "no_link"),
        ("begley.2.٣.V05.V24.V43", "no_link"),
        (WHOLE[:-4], "link_cut"),
        (WHOLE[:-1], "link_unknown"),
        (WHOLE.replace("begley", "toy"), "link_of_other_pack"),
        (WHOLE.replace(".2.", ".1."), "link_of_other_edition"),
        ("begley.2.2.V05.V05", "link_unknown"),
        ("begley.2.1.V99", "link_unknown"),
        ("begley.2.1.single_attempt-clarify", "link_unknown"),
        ("begley.2.2.single_attempt-never.V05", "link_unknown"),
        ("begley.2.2.nothing-never.V05", "link_unknown"),
        ("begley.2.3.single_attempt-clarify.single_attempt-counts_as_pattern.V05", "link_unknown"),
        ("begley.2.1." + "V05" * 4_000, "no_link"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(text: str, key: str) -> None:
    with pytest.raises(TrainingError, match=re.escape(words(f"training.{key}"))):
        read_link(text, EDITION)


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("", None),
        ("?token=a", None),
        ("?set=", ""),
        ("?set=a&set=b", ""),
        ("?set=a%00", "a\0"),
        ("?" + "a&" * 60, ""),
        ("?set=" + "a" * 5_000, ""),
    ],
)
def test_an_address_holds_one_link_or_none(query: str, link: str | None) -> None:
    assert find_link(query) == link


@pytest.mark.parametrize(
    "items", [[], ["V05", "V05"], ["A case of one's own"], ["V05", "C1"], [f"V{n}" for n in range(MOST_ITEMS + 1)]]
)
def test_no_link_is_made_of_what_it_cannot_hold(items: list[str]) -> None:
    with pytest.raises(TrainingError):
        write_link(items, EDITION)


def test_the_sets_to_start_from_are_there(toy: Edition) -> None:
    """Each has a title, and five or six cases of under an hour in all; a pack without such a file has none."""
    presets = load_presets(EDITION.guidance)
    assert len({one.title for one in presets}) == len(presets) >= 5
    for one in presets:
        assert one.text
        assert read_link(write_link(one.items, EDITION), EDITION)[0] == one.items
        assert sum(LIBRARY[name].minutes for name in one.items) < 60
    interviews = next(one for one in presets if one.title == "Ask first")
    assert all(LIBRARY[name].interview for name in interviews.items)
    assert load_presets(toy.guidance) == ()
