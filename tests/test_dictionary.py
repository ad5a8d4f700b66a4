"""A mistake in the dictionary fails at load: where, what, what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kapnb import fields, load_guidance
from kapnb.engine.fields import load_fields
from kapnb.engine.problems import DictionaryError
from kapnb.paths import schemas
from tests import oracle

SOURCE = (schemas() / "fields.yaml").read_text("utf-8")
MOOD = "sections[psychosis_and_mood].fields"


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """Load a copy of the dictionary with some texts replaced; what is said against it."""

    def load(*changes: tuple[str, str]) -> tuple[str, ...]:
        text = SOURCE
        for before, after in changes:
            assert before in text
            text = text.replace(before, after, 1)
        path = tmp_path / "fields.yaml"
        path.write_text(text, "utf-8")
        with pytest.raises(DictionaryError) as caught:
            load_fields(path)
        assert all(problem.where.startswith("fields.yaml") for problem in caught.value.problems)
        return tuple(str(problem).removeprefix("fields.yaml.") for problem in caught.value.problems)

    return load


# --- the file as it is ------------------------------------------------------------------------------------


def test_fields_and_options_are_those_of_the_guidance() -> None:
    """Exactly these names, in this order."""
    said = {name: tuple(option.name for option in one.options) for name, one in fields.items()}
    assert {name: options for name, options in said.items() if name in oracle.FIELDS} == oracle.FIELDS
    assert [name for name in fields if name in oracle.FIELDS] == list(oracle.FIELDS)


def test_a_field_beside_those_of_the_guidance_is_read_by_no_rule() -> None:
    """So it needs no oracle, and no case that is there already has to answer it."""
    read = frozenset().union(*(rule.condition.fields for rule in load_guidance("begley").rules))
    assert {name for name in read if not name.startswith("reading.")} <= oracle.FIELDS.keys()


def test_questions_are_asked_as_the_guidance_says() -> None:
    """For each combination of the answers that raise a question."""
    for name in oracle.FIELDS:
        parents = tuple(oracle.ASKED_WHEN.get(name, ()))
        assert fields[name].parents == set(parents)
        for case in oracle.completions({}, parents):
            assert fields.applies(name, case) is oracle.asked(name, case)


def test_the_order_of_caution_is_that_of_the_guidance() -> None:
    assert {name: given for name, given in fields.least_cautious.items() if name in oracle.FIELDS} == oracle.QUIET
    for name in oracle.FIELDS:
        assert [set(group) for group in fields[name].order] == [set(group) for group in oracle.ORDER.get(name, ())]


def test_what_cannot_change() -> None:
    """Psychotic disorders that are primary, OCD, trauma and what is outside the source."""
    assert not any(fields[name].changes for name in ("ocd", "outside_scope", "developmental_trauma"))
    assert {change.before for change in fields["psychotic_disorder"].changes} == {"secondary_or_unclear"}


# --- one mistake at a time --------------------------------------------------------------------------------

ASKED = "asked_when: {bipolar_disorder: [stabilized, not_stabilized, diagnosis_in_question]}"
CHANGE = "- {from: not_stabilized, to: [stabilized], by: treatment}"
ORDER = "order: [[none], [stabilized], [diagnosis_in_question], [not_stabilized]]"
UNLESS = "unless: {mood_shift: [mania_or_hypomania], current_mood_episode: [manic_hypomanic_or_mixed]}"

MISTAKES = {
    "a misspelt field": (
        (ASKED, ASKED.replace("bipolar_disorder", "bipolar_disoder")),
        [
            f'{MOOD}[mood_shift].asked_when: "bipolar_disoder" is not known',
            "psychotic_disorder, bipolar_disorder",
            'mean "bipolar_disorder"?',
        ],
    ),
    "a later field": (
        (ASKED, "asked_when: {ocd: ['yes']}"),
        [f'{MOOD}[mood_shift].asked_when: "ocd" is not known', "psychotic_disorder, bipolar_disorder."],
    ),
    "a question that is itself asked only of some": (
        ("asked_when: {ocd: ['yes']}", "asked_when: {formal_treatment: ['yes']}"),
        [
            'fields[ocd_preparation].asked_when: "formal_treatment" is itself asked only in some cases',
            "Allowed: psychological_assessment",
        ],
    ),
    "a misspelt option to be asked with": (
        (ASKED, ASKED.replace("[stabilized", "[stabilised")),
        [f'{MOOD}[mood_shift].asked_when.bipolar_disorder[0]: "stabilised" is not known', 'mean "stabilized"?'],
    ),
    "a condition that is no mapping": (
        (ASKED, "asked_when: bipolar_disorder"),
        [f"{MOOD}[mood_shift].asked_when: is a text", "Allowed: a mapping"],
    ),
    "a misspelt option in the order": (
        (ORDER, ORDER.replace("[none]", "[non]")),
        [f'{MOOD}[bipolar_disorder].order[0].group[0]: "non" is not known', 'mean "none"?'],
    ),
    "a misspelt option to change from": (
        (CHANGE, CHANGE.replace("from: not_stabilized", "from: not_stabilised")),
        [f'{MOOD}[bipolar_disorder].changes[0].from: "not_stabilised" is not known', 'mean "not_stabilized"?'],
    ),
    "a change to itself": (
        (CHANGE, CHANGE.replace("[stabilized]", "[not_stabilized]")),
        [f'{MOOD}[bipolar_disorder].changes[0].to: "not_stabilized" to "not_stabilized" is no change'],
    ),
    "a change twice": (
        (CHANGE, f"{CHANGE}\n          {CHANGE}"),
        [f'{MOOD}[bipolar_disorder].changes: lists "not_stabilized to stabilized" twice'],
    ),
    "a misspelt field that bars a change": (
        (UNLESS, UNLESS.replace("mood_shift", "mood_shfit")),
        [f'{MOOD}[bipolar_disorder].changes.unless: "mood_shfit" is not known', 'mean "mood_shift"?'],
    ),
    "a field that bars its own change": (
        (UNLESS, "unless: {bipolar_disorder: [none]}"),
        [f'{MOOD}[bipolar_disorder].changes.unless: "bipolar_disorder" cannot rule out its own change'],
    ),
    "no option that bars a change": (
        (UNLESS, "unless: {mood_shift: []}"),
        [f"{MOOD}[bipolar_disorder].changes[1].unless.mood_shift: is missing", "a list of texts"],
    ),
    "another way to change": (
        (CHANGE, CHANGE.replace("treatment", "luck")),
        [f'{MOOD}[bipolar_disorder].changes[0].by: "luck" is not known', "Allowed: treatment, clarifying, time."],
    ),
    "an unquoted no": (
        ("- {name: 'no', label: 'No'}", "- {name: no, label: 'No'}"),
        [f"{MOOD}[developmental_trauma].options[0].name: is true or false", "Put it in quotes"],
    ),
    "an unquoted yes in a list": (
        ("asked_when: {ocd: ['yes']}", "asked_when: {ocd: [yes]}"),
        ["fields[ocd_preparation].asked_when.ocd[0]: is true or false", "Put it in quotes"],
    ),
    "a number": (("edition: '2'", "edition: 2"), ["edition: is a number", "Allowed: a text."]),
    "an option twice": (
        ("- {name: 'yes', label: 'Yes'}", "- {name: 'no', label: 'Yes'}"),
        [f'{MOOD}[developmental_trauma].options: lists "no" twice'],
    ),
    "a single option": (
        ("          - {name: 'yes', label: 'Yes'}\n        changes: []\n", "        changes: []\n"),
        [f"{MOOD}[developmental_trauma].options: offers no choice"],
    ),
    "a key twice": (
        ("label: bipolar disorder", "label: bipolar disorder\n        label: another"),
        ["fields.yaml, line", "the key 'label' is listed twice"],
    ),
    "a missing key": (
        ("        label: bipolar disorder\n", ""),
        [f"{MOOD}[bipolar_disorder].label: is missing", "Allowed: a text."],
    ),
    "an unknown key": (
        ("        label: bipolar disorder\n", "        label: bipolar disorder\n        lable: again\n"),
        [f'{MOOD}[bipolar_disorder]: has the unknown key "lable"', "instruments, label, name", 'mean "label"?'],
    ),
    "a list in place of a mapping": (
        ("- {name: 'no', label: 'No'}", "- [no, 'No']"),
        [f"{MOOD}[developmental_trauma].options[0]: is a list", "a mapping of names to values"],
    ),
    "nothing in place of a mapping": (("- {name: 'no', label: 'No'}", "- "), ["options[0]: is empty"]),
    "a name for two fields": (
        ("- name: mood_shift", "- name: bipolar_disorder"),
        [f'{MOOD}[bipolar_disorder].name: "bipolar_disorder" is already the name of an earlier field'],
    ),
    "a name that no rule can use": (("- name: mood_shift", "- name: mood shift"), ["name: cannot name a rule's parameter"]),
    "a word of the rules": (("- name: mood_shift", "- name: reading"), ["name: cannot name a rule's parameter"]),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_fails_at_load(refused: Callable[..., tuple[str, ...]], what: str) -> None:
    """One problem that says where, what, and what is allowed or was meant."""
    change, parts = MISTAKES[what]
    said = refused(change)
    matching = [problem for problem in said if all(part in problem for part in parts)]
    assert len(matching) == 1, said


def test_every_mistake_is_said_at_once(refused: Callable[..., tuple[str, ...]]) -> None:
    """Unrelated mistakes from the first section to the last, each once."""
    some = ("a number", "an unquoted no", "an unquoted yes in a list", "a missing key")
    changes = [(ORDER, ORDER.replace("[none]", "[non]")), (CHANGE, CHANGE.replace("treatment", "luck"))]
    said = [problem for problem in refused(*changes, *(MISTAKES[what][0] for what in some)) if ".quiet" not in problem]
    some = (*some, "a misspelt option in the order", "another way to change")
    for what in some:
        assert sum(all(part in problem for part in MISTAKES[what][1]) for problem in said) == 1, (what, said)
    assert len(said) == len(some)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"text", b"- a list", b"\xff\xfe", b"a: \0", b"\ta: b", b"a: 1\n---\nb: 2", b"1: 2\ntrue: 3"),
        *(b"? [a]\n: b", b"{[a]: b}", b"a: &a [*a]", b"a: !!python/object/apply:os.getcwd []", b"[" * 5000, b"{a: " * 5000),
        *(b"edition: 2024-99-99", b"edition: " + b"9" * 5000, b'edition: "\xed\xa0\x80"'),
        *(b"sections: [[]]", b"sections: [{fields: [[], 3, {options: [3]}]}]"),
    ],
)
def test_a_broken_file_is_refused_calmly(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in it, it is a DictionaryError that names the file."""
    path = tmp_path / "fields.yaml"
    path.write_bytes(content)
    with pytest.raises(DictionaryError, match=r"fields\.yaml"):
        load_fields(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"absent\.yaml: cannot be read"):
        load_fields(tmp_path / "absent.yaml")


# --- content ----------------------------------------------------------------------------------------------


def test_any_answer_but_a_quiet_one_brings_its_content_up() -> None:
    """An option that is added raises the note of its field unless somebody says that it is quiet."""
    for one in fields.values():
        for option in one.options:
            expected = {one.content} if one.content and option.name not in one.quiet else set()
            assert fields.content_of({one.name: option.name}) == expected
    assert [one.name for one in fields.values() if one.content and len(one.quiet) != 1] == []
    assert set(fields.contents) == {one.content for one in fields.values()} - {""}


def test_every_question_can_be_put_to_a_person() -> None:
    """In the second person and in few words, and each in its own."""
    spoken = [one.spoken for one in fields.values()]
    assert len(set(spoken)) == len(fields)
    assert all(text.endswith("?") and len(text.split()) <= 16 for text in spoken)
    assert not [one.name for one in fields.values() if one.spoken == one.question]
