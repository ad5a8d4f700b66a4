"""One case as a JSON file: read, refused with every problem at once, and explained by the command."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb import CaseError, assess, explain
from kapnb.cli import main
from kapnb.limits import CASE_FILE, CASE_TEXTS, MOST_PROBLEMS
from kapnb.text.blocks import as_text
from kapnb.text.cases import Case, as_record, read_case
from tests import oracle
from tests.bundled import EDITION
from tests.strategies import EDITIONS, partial_cases


def refused(text: str | bytes | Mapping[str, Any]) -> CaseError:
    """The error that a case comes back with."""
    with pytest.raises(CaseError) as caught:
        read_case(text if isinstance(text, str | bytes) else json.dumps(text), EDITION)
    assert caught.value.problems
    assert all(problem.where and problem.what for problem in caught.value.problems)
    return caught.value


# --- what is read -----------------------------------------------------------------------------------------


def test_answers_and_texts() -> None:
    """Fields are answers, the four texts stand beside them, readings are choices; nothing else is there."""
    case = read_case(
        '{"case_id": "E9", "title": "t", "note": "n", "vignette": "v", "readings": {"unprepared_ocd": "defer"}, "ocd": "yes"}',
        EDITION,
    )
    assert case == Case({"ocd": "yes"}, "E9", "t", "v", "n", {"unprepared_ocd": "defer"})


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_answer_is_not_recorded(empty: str | None) -> None:
    """Absent, null and empty are one: no answer, no text, no choice."""
    names = (*oracle.FIELDS, *CASE_TEXTS, "readings")
    assert read_case(json.dumps(dict.fromkeys(names, empty)), EDITION) == Case({}) == read_case("{}", EDITION)
    assert read_case(json.dumps({"readings": {"unprepared_ocd": empty}}), EDITION) == Case({})


def test_a_byte_order_mark_is_no_obstacle() -> None:
    """As editors put it before UTF-8, and before the UTF-16 that some of them write."""
    assert read_case('{"ocd": "no"}'.encode("utf-16"), EDITION) == Case({"ocd": "no"})
    assert read_case(b'\xef\xbb\xbf{"ocd": "no"}', EDITION) == read_case('\ufeff{"ocd": "no"}', EDITION) == Case({"ocd": "no"})


def test_a_file_of_another_pack_is_refused_kindly() -> None:
    """It says whose it is and what to do; a file that does not say, or is of another edition of the same pack, is read."""
    (problem,) = refused({"pack": "cautious", "edition": "3", "ocd": "yes", "no_field": "x"}).problems
    assert (problem.where, problem.allowed) == ("pack", "begley")
    assert "cautious" in problem.what
    assert "cautious" in problem.remedy
    assert read_case('{"pack": "begley", "edition": "99", "ocd": "yes"}', EDITION) == Case({"ocd": "yes"})
    assert as_record(Case({"ocd": "yes"}), EDITION) == {"pack": "begley", "edition": EDITION.number, "ocd": "yes"}


@given(
    answers=partial_cases,
    readings=st.sampled_from(EDITIONS),
    texts=st.tuples(*[st.sampled_from(["", "ä ▲ \U0001f600", "a\nb"])] * 4),
)
@settings(max_examples=30)
def test_round_trip(answers: dict[str, str], readings: dict[str, str], texts: tuple[str, ...]) -> None:
    """What the page saves is what comes back."""
    case = Case(answers, *texts, readings=readings)
    assert read_case(json.dumps(as_record(case, EDITION)), EDITION) == case
    assert read_case(json.dumps(as_record(case, EDITION), ensure_ascii=False).encode(), EDITION) == case


# --- what is refused --------------------------------------------------------------------------------------


def test_an_unknown_name_comes_with_what_was_meant() -> None:
    """Even where its value is empty: a misspelt question must not pass for one that is not recorded."""
    for value in ("yes", "", None, 3):
        (problem,) = refused({"bipolar_disorde": value}).problems
        assert "bipolar_disorde" in problem.what
        assert 'Did you mean "bipolar_disorder"?' in problem.remedy
        assert "ocd_preparation" in problem.allowed


@pytest.mark.parametrize("name", ["age", "name", "Client", "DOB", "ssn", "notes", "OCD", " ocd", "__class__", ""])
def test_any_other_column_is_refused_by_name(name: str) -> None:
    assert f'unknown key "{name}"' in str(refused({name: "x"}))


@pytest.mark.parametrize("value", [0, True, 1.5, [], ["yes"], {}, {"yes": 1}, 10**400])
@pytest.mark.parametrize("name", ["ocd", "note", "case_id", "readings"])
def test_a_value_of_another_type(name: str, value: object) -> None:
    """A number, a flag or a list is never taken for an answer, a text or a choice, not even where it is empty."""
    if (name, value) == ("readings", {}):
        assert read_case('{"readings": {}}', EDITION) == Case({})
    else:
        assert {problem.where.split(" ")[0] for problem in refused({name: value}).problems} == {name}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "1" * 5000, "-0.0"])
def test_numbers_that_are_none(number: str) -> None:
    """As a value, in a list, or as the whole file."""
    for text in (f'{{"ocd": {number}}}', f'{{"note": [{number}]}}', f'{{"readings": {{"unprepared_ocd": {number}}}}}', number):
        assert len(str(refused(text))) < 1000


def test_a_key_that_stands_twice() -> None:
    """Named once, however often it stands; the later value does not win in silence."""
    (problem,) = refused('{"ocd": "no", "ocd": "yes", "ocd": "no"}').problems
    assert (problem.where, problem.what) == ("ocd", "is listed twice")
    assert "unprepared_ocd: is listed twice" in str(
        refused('{"readings": {"unprepared_ocd": "defer", "unprepared_ocd": "consider"}}')
    )


@pytest.mark.parametrize("bracket", ["[", '{"ocd": [', '{"readings": {"unprepared_ocd": ['])
@pytest.mark.parametrize("depth", [50, 990, 20_000])
def test_deep_nesting(bracket: str, depth: int) -> None:
    """Read or not, it is refused with a message, closed or not."""
    opened = bracket + "[" * depth
    closed = opened + "]" * (depth + bracket.count("[")) + "}" * bracket.count("{")
    assert len(str(refused(opened))) < 1500
    assert len(str(refused(closed))) < 1500


@pytest.mark.parametrize("noise", ["[", "rowan@example.org "])
def test_ten_megabytes_of_noise(noise: str) -> None:
    """Refused at once, without a look at it."""
    text = noise * (10_000_000 // len(noise))
    start = time.process_time()
    (problem,) = refused(text).problems
    assert time.process_time() - start < 1
    assert f"{CASE_FILE:,}" in problem.what
    assert problem.remedy


def test_as_many_mistakes_as_fit_are_refused_at_once() -> None:
    """The first hundred are listed: unknown keys, keys that stand twice."""
    for text in (
        "{" + ",".join(f'"a{number}":1' for number in range(6_500)) + "}",
        "{" + ",".join(f'"a{number % 3000}":1' for number in range(6_500)) + "}",
        '{"readings": {' + ",".join(f'"b{number}":"c"' for number in range(5_000)) + "}}",
    ):
        start = time.process_time()
        assert len(refused(text).problems) == MOST_PROBLEMS
        assert time.process_time() - start < 1


def test_the_largest_case_fits() -> None:
    """Every text as long as it may be, every question answered; one character more is refused by the name of its text."""
    largest = {name: "ü" * limit for name, limit in CASE_TEXTS.items()} | {
        name: options[0] for name, options in oracle.FIELDS.items()
    }
    assert read_case(json.dumps(largest), EDITION).vignette == largest["vignette"]
    for name, limit in CASE_TEXTS.items():
        (problem,) = refused(largest | {name: "ü" * (limit + 1)}).problems
        assert (problem.where, f"{limit:,}" in problem.what) == (name, True)


@pytest.mark.parametrize("content", [b"\xff", b'{"note": "\xe4"}', b"\xed\xa0\x80", b"PK\x03\x04\xff"])
def test_bytes_that_are_no_text(content: bytes) -> None:
    (problem,) = refused(content).problems
    assert "not readable as text" in problem.what


@pytest.mark.parametrize("text", ["", "null", "[]", '"ocd"', "3", "{", "{'ocd': 'yes'}", '{"ocd": "yes",}'])
def test_what_is_no_object(text: str) -> None:
    """One message, with what to do."""
    (problem,) = refused(text).problems
    assert problem.remedy
    assert problem.where == "file"


def test_a_broken_file_says_in_which_line() -> None:
    assert "line 3" in str(refused('{\n"ocd": "yes",\nbroken}'))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """Seven mistakes, seven problems."""
    text = (
        '{"ocd": "maybe", "ocd": 3, "sex": "x", "suicidal_ideaton": "none", "note": 5, "title": "see rowan@example.org",'
        ' "readings": {"unprepared_ocd": "never", "single_atempt": "clarify"}}'
    )
    said = [f"{problem.where}: {problem.what}" for problem in refused(text).problems]
    parts = ("ocd: is listed", "ocd: is a number", '"sex"', '"suicidal_ideaton"', "note: is a number", "title: looks", '"never"')
    for part in (*parts, '"single_atempt"'):
        assert sum(part in one for one in said) == 1, (part, said)
    assert len(said) == 8


# --- identifiers ------------------------------------------------------------------------------------------

SECRET = "rowan@example.org"


@pytest.mark.parametrize("name", CASE_TEXTS)
def test_a_text_that_looks_like_an_identifier_is_refused(name: str) -> None:
    (problem,) = refused({name: f"write to {SECRET}"}).problems
    assert problem.where == name
    assert "e-mail" in problem.what
    assert "invented" in problem.remedy


@pytest.mark.parametrize(
    "text",
    [
        f'{{"note": "{SECRET}"}}',
        f'{{"{SECRET}": "yes", "{SECRET}": "no"}}',
        f'{{"ocd": "{SECRET}"}}',
        f'{{"ocd": {{"{SECRET}": "{SECRET}", "{SECRET}": 1}}}}',
        f'{{"readings": "{SECRET}"}}',
        f'{{"readings": {{"{SECRET}": "defer"}}}}',
        f'{{"readings": {{"unprepared_ocd": ["{SECRET}"]}}}}',
        f'["{SECRET}"]',
        f"{{{SECRET}",
        SECRET,
    ],
)
def test_an_identifier_is_never_repeated(text: str) -> None:
    """Wherever it stands in a file, no message holds it."""
    error = refused(text)
    assert "rowan" not in str(error) + repr(error.problems)


# --- anything at all --------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["yes", "none", "defer", ""]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*oracle.FIELDS, *CASE_TEXTS, "readings"]), inner),
    max_leaves=8,
)


def read_or_refuse(text: str | bytes) -> None:
    """A case of known answers, or a CaseError with problems: nothing else comes out."""
    try:
        case = read_case(text, EDITION)
    except CaseError as error:
        str(error.problems[0]).encode()
    else:
        assert all(option in oracle.FIELDS[name] for name, option in case.answers.items())
        explain(assess(case.answers, case.readings))
        assert read_case(json.dumps(as_record(case, EDITION)), EDITION) == case


@given(st.text() | st.binary() | st.text(alphabet='{}[]":,\\ \n0') | JSON.map(json.dumps))
@settings(max_examples=80)
def test_any_text_bytes_or_json(text: str | bytes) -> None:
    read_or_refuse(text)


@given(partial_cases, st.dictionaries(st.sampled_from([*oracle.FIELDS, *CASE_TEXTS, "readings", "other"]), JSON, max_size=3))
@settings(max_examples=40)
def test_a_case_with_anything_in_it(answers: dict[str, str], more: dict[str, object]) -> None:
    read_or_refuse(json.dumps(answers | more))


# --- the command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EDITION.examples().values(), ids=lambda path: path.stem)
def test_explain_prints_the_explanation(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    """The command and `explain` use the same words: what is open, and with --all everything."""
    case = read_case(path.read_bytes(), EDITION)
    told = explain(assess(case.answers, case.readings), *case.texts)
    for blocks, more in ((told.open, []), (told.whole, ["--all"])):
        assert (main(["explain", str(path), *more]), *capsys.readouterr()) == (0, as_text(blocks) + "\n", "")


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("nowhere.json", None, 1),
        (".", None, 1),
        *(("case.json", content, 1) for content in (b"", b'{"ocdd": "yes"}', b"\xff\xfe", b"x" * (CASE_FILE + 1))),
        ("case.json", f'{{"note": "{SECRET}", "ocd": "{SECRET}"}}'.encode(), 2),
    ],
)
def test_explain_refuses_what_is_no_case(
    name: str, content: bytes | None, lines: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file, a folder and mistakes: exit code 2, each problem in one line, nothing half explained, no identifier."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, (out, err) = main(["explain", str(tmp_path / name)]), capsys.readouterr()
    assert (code, out, len(err.splitlines())) == (2, "", lines)
    assert err.startswith("kapnb explain: ")
    assert content is not None or tmp_path.name in err
    assert "rowan" not in err
