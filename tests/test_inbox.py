"""One inbox: files add up, good rows are used, the others wait, and nothing that may name somebody is kept."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.group import inbox as inboxes
from kapnb.group import settle as settling
from kapnb.group.inbox import Inbox, Paper, Settled
from kapnb.group.questionnaires import PRODUCTS, make_form
from kapnb.tables.columns import list_choices, load_table
from kapnb.tables.sift import LOOSE
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.saving import export_cases
from tests.bundled import EDITION
from tests.bundled import LIBRARY as STORIES
from tests.tables import as_csv, as_workbook, read_runs

INPUTS = Path(__file__).parent / "data" / "inputs"
LIBRARY = {row["case_id"]: row for row in export_cases(STORIES.values())}
SET = ("V56", "V15", "V19", "V28", "V36", "V02")
TWELVE = [f"R{number}" for number in range(1, 13)]
JUDGED = ["case_id", "rater", "outcome", "confidence", "comment"]


def bring(*files: bytes | str, inbox: Inbox | None = None) -> Inbox:
    """An inbox with these files, every form read as proposed."""
    inbox = inbox or Inbox()
    for file in files:
        data = (INPUTS / file).read_bytes() if isinstance(file, str) else file
        inbox = settling.take(inbox, data, EDITION, LIBRARY)
        if inbox.papers and inbox.papers[-1].kind == "form":
            inbox = inboxes.confirm(inbox, inbox.papers[-1].number)
    return inbox


def settle(inbox: Inbox) -> Settled:
    return settling.settle(inbox, EDITION, LIBRARY)


def judgments(*rows: Iterable[str], header: Iterable[str] = JUDGED) -> bytes:
    return as_csv([list(header), *map(list, rows)])


def answers(settled: Settled) -> dict[tuple[str, str], str]:
    return {(row["rater"], row["case_id"]): row.get("outcome", "") for row in settled.judgments}


# --- the files of the list, each with what is right -------------------------------------------------------

LISTED = list(csv.DictReader((INPUTS.parent / "inputs.csv").read_text("utf-8").splitlines()))
"""What each file gives: its kind, rows used, rows at all, and cells that wait (those that hold the same count once); or nothing."""
RIGHT = {row["file"]: (row["kind"], (int(row["used"]), int(row["rows"])), int(row["waiting"])) for row in LISTED if row["kind"]}
REFUSED = [row["file"] for row in LISTED if not row["kind"]]


@pytest.mark.parametrize("name", RIGHT)
def test_each_file_of_the_list_gives_what_is_right(name: str) -> None:
    inbox = bring(name)
    (paper,), settled = inbox.papers, settle(inbox)
    assert (paper.kind, settled.sizes[1], len(settled.waiting)) == RIGHT[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_says_why_and_the_others_are_used(name: str) -> None:
    inbox = bring(name, "20_twelve_files_joined.csv")
    (refusal,) = inbox.refused
    assert refusal.number == 1
    assert all(one.problem and (one.remedy or one.allowed) for one in refusal.problems)
    assert len(settle(inbox).judgments) == 72


def test_no_file_of_the_list_is_forgotten() -> None:
    """Each has what is right, here or as a case table of other judgments."""
    assert {path.name for path in INPUTS.iterdir()} == {*RIGHT, *REFUSED, "nfd_judgments.csv"}


def test_what_is_told_of_a_file_is_one_line_each() -> None:
    """A header further down, a column of one's own, a hidden sheet or row, what is struck out or merged, an earlier edition."""
    for name, key in {
        "06_header_in_line_3.xlsx": "notice_header",
        "16_numbers_with_table_name.csv": "notice_header",
        "05_extra_column.xlsx": "notice_left_out",
        "09_hidden_sheet_renamed.xlsx": "notice_hidden_sheets",
        "numbers_export.xlsx": "notice_sheets",
        "11_filtered_row.xlsx": "notice_hidden_rows",
        "hidden_column.xlsx": "repair_hidden_column",
        "struck_out.xlsx": "repair_struck_out",
        "merged_cells.xlsx": "repair_merged",
        "20_twelve_files_joined.csv": "notice_repeated_header",
        "13_german_excel.csv": "notice_latin",
    }.items():
        said = words(f"table.{key}").partition("{")[0]
        assert sum(said in line for line in settle(bring(name)).told[1]) == 1, (name, key)
    labels, other = (settle(bring(name)).told[1] for name in ("01_labels.xlsx", "21_libreoffice.ods"))
    assert labels == other  # labels are answers: nothing to tell


# --- files add up -----------------------------------------------------------------------------------------


def test_twelve_files_are_twelve_people_and_the_cases_come_from_the_library() -> None:
    """One after the other, in any order; a file that comes twice changes nothing."""
    rows = list(csv.reader(io.StringIO((INPUTS / "long_labels.csv").read_text("utf-8"))))
    files = [judgments(*(row for row in rows[1:] if row[1] == label)) for label in TWELVE]
    settled = settle(bring(*files))
    assert [person.rater for person in settled.roster] == TWELVE
    assert {person.judged for person in settled.roster} == {settled.roster[0].judged}
    assert {row["case_id"] for row in settled.cases} == set(SET)
    assert answers(settle(bring(*reversed(files), files[3]))) == answers(settled) == answers(settle(bring("long_labels.csv")))


def test_a_later_file_of_a_person_replaces_only_what_it_names() -> None:
    first = judgments(["V56", "R1", "not_recommended", "low", "because"], ["V15", "R1", "clarify_first", "high", ""])
    second = judgments(["V56", "R1", "clarify_first", "", ""], ["V02", "R1", "not_recommended", "", ""])
    settled = settle(bring(first, second))
    one = next(row for row in settled.judgments if row["case_id"] == "V56")
    assert (one["outcome"], one["confidence"], one["comment"]) == ("clarify_first", "low", "because")
    assert answers(settled) == {("R1", "V56"): "clarify_first", ("R1", "V15"): "clarify_first", ("R1", "V02"): "not_recommended"}
    assert settled.replaced == ((2, "R1", 1),)


def test_two_people_with_one_label_are_asked_about_in_a_file_and_told_between_files() -> None:
    """Nothing is lost either way; in a file the later rows wait until it is said."""
    inbox = bring("long_same_label.csv")
    settled = settle(inbox)
    (clash,) = settled.clashes
    assert (clash.rater, len(clash.rows), len(settled.judgments)) == ("R1", 6, 66)
    apart = settle(inboxes.settle_clash(inbox, 1, "R1", apart=True))
    assert len(apart.judgments) == 72
    assert {"R1", "R1-2"} <= {person.rater for person in apart.roster}
    later = settle(inboxes.settle_clash(inbox, 1, "R1", apart=False))
    assert len(later.judgments) == 66
    assert [row for row in later.judgments if row["rater"] == "R1"] != [row for row in settled.judgments if row["rater"] == "R1"]
    one, other = judgments(["V56", "R1", "not_recommended", "", ""]), judgments(["V56", "R1", "clarify_first", "", ""])
    both = settle(inboxes.settle_clash(bring(one, other), 2, "R1", apart=True))
    assert answers(both) == {("R1", "V56"): "not_recommended", ("R1-2", "V56"): "clarify_first"}


def test_labels_that_look_alike_are_joined_when_asked() -> None:
    """In case, blanks and signs; letters in two Unicode forms are one anyway."""
    labels = ["R1", "r1", "R 1", "R-1", "R2"]
    inbox = bring(judgments(*([case, label, "clarify_first", "", ""] for case, label in zip(SET, labels, strict=False))))
    (alike,) = settle(inbox).alike
    assert set(alike) == set(labels[:4])
    joined = settle(inboxes.join(inbox, alike))
    assert sorted(len(person.judged) for person in joined.roster) == [1, 4]
    assert joined.alike == ()
    assert len(settle(bring("nfc_cases.csv", "nfd_judgments.csv")).roster) == 2


def test_names_are_replaced_by_numbers_and_none_is_left() -> None:
    inbox = bring("long_names.csv")
    assert settle(inbox).naming
    numbered = inboxes.number_people(inbox)
    assert not {"Anna", "anna@example.org", "Schmidt", "Tom"} & set(str(numbered).replace("'", " ").split())
    settled = settle(numbered)
    assert [person.rater for person in settled.roster] == TWELVE
    assert (len(settled.judgments), settled.waiting, settled.naming) == (72, (), False)


def test_judgments_wait_for_their_cases_in_whichever_order_they_come() -> None:
    waits = settle(bring("nfd_judgments.csv"))
    assert (waits.unknown, waits.judgments) == (("V2", "V3"), ())
    for order in (("nfd_judgments.csv", "nfc_cases.csv"), ("nfc_cases.csv", "nfd_judgments.csv")):
        settled = settle(bring(*order))
        assert (settled.unknown, len(settled.judgments), len(settled.clashes)) == ((), 4, 0)
        assert [row["case_id"] for row in settled.cases] == ["Caf\u00e9-1", "V2", "V3"]


def test_a_file_that_is_put_away_takes_its_answers_along() -> None:
    inbox = bring("long_labels.csv", judgments(["V56", "R1", "clarify_first", "", ""]))
    assert len(settle(inboxes.drop(inbox, 1)).judgments) == 1
    with pytest.raises(ValueError, match="no such paper"):
        inboxes.mend(inboxes.drop(inbox, 1), (1, "outcome", "5", 0), "")


# --- what waits, and is mended in place -------------------------------------------------------------------


def test_one_cell_that_cannot_be_read_holds_up_nobody_else() -> None:
    """ "unsure" is no answer and has no nearest one; mended, every cell that holds the same is."""
    inbox = bring("long_mixed.csv")
    waiting = {(one.held.column, one.held.shown): one for one in settle(inbox).waiting}
    assert waiting["outcome", "2 Not recommended at present"].held.near == "not_at_present"
    for cell in ("unsure", "5"):
        assert (waiting["outcome", cell].held.near, waiting["outcome", cell].held.whole) == ("", True)
    assert waiting["confidence", "sure"].held.whole is False
    for one in waiting.values():
        assert one.mend
        assert one.mend[3] == 0
        choices = [name for name, _ in list_choices(one.held.column, "judgments", EDITION, SET)]
        assert one.held.near in ("", *choices)
        inbox = inboxes.mend(inbox, one.mend, choices[0])
    settled = settle(inbox)
    assert (len(settled.judgments), settled.waiting) == (72, ())


def test_the_nearest_word_never_means_something_else() -> None:
    given = {"not at present": "not_at_present", "not at presnt": "not_at_present"}
    given |= dict.fromkeys(("unsure", "not recommended now", "no"), "")
    rows = [[case, "R1", cell, "", ""] for case, cell in zip(SET, given, strict=False)]
    settled = settle(bring(judgments(*rows)))
    assert answers(settled) == {("R1", "V56"): "not_at_present"}
    assert {one.held.shown: one.held.near for one in settled.waiting} == {
        cell: near for cell, near in given.items() if cell != "not at present"
    }


def test_a_cell_without_a_text_is_mended_by_its_row_and_a_comment_is_held_back_alone() -> None:
    inbox = bring(
        as_workbook([JUDGED, ["V56", "R1", "=1+1", "high", None], ["V15", "R1", "clarify_first", "high", "Call 555-010-4477"]])
    )
    first, second = settle(inbox).waiting
    assert (first.held.column, first.mend) == ("outcome", (1, "outcome", "", 2))
    assert (second.held.column, second.mend, second.held.shown) == ("comment", None, "")
    assert first.mend
    settled = settle(inboxes.mend(inbox, first.mend, "not_at_present"))
    assert answers(settled) == {("R1", "V56"): "not_at_present", ("R1", "V15"): "clarify_first"}
    assert not any("comment" in row for row in settled.judgments)
    assert "4477" not in str(settled)


def test_a_case_that_is_written_otherwise_can_be_chosen() -> None:
    inbox = bring(judgments(["v 56", "R1", "clarify_first", "", ""], ["V99", "R1", "clarify_first", "", ""]))
    near, none = settle(inbox).waiting
    assert (near.held.near, none.held.near) == ("V56", "")
    assert near.mend
    assert list(answers(settle(inboxes.mend(inbox, near.mend, near.held.near)))) == [("R1", "V56")]


# --- forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["google_forms.csv", "microsoft_forms.xlsx", "redcap_raw.csv"])
def test_a_form_is_shown_before_it_is_used_and_what_names_people_is_never_kept(name: str) -> None:
    data = (INPUTS / name).read_bytes()
    inbox = settling.take(Inbox(), data, EDITION, LIBRARY)
    (paper,) = inbox.papers
    assert paper.form
    assert name.startswith(paper.form.product)
    assert set(paper.form.cases) == set(SET)
    assert {"google": "Email Address", "redcap": "redcap_survey_identifier", "microsoft": "Email"}[
        paper.form.product
    ] in paper.form.dropped
    kept = str(replace(paper, form=None))
    assert not any(secret in kept for secret in ("example.org", "anonymous", "2026"))
    assert settle(inbox).judgments == ()
    assert [person.rater for person in settle(inboxes.confirm(inbox, 1)).roster] == TWELVE
    with pytest.raises(ValueError, match="no form"):
        inboxes.confirm(inboxes.confirm(inbox, 1), 1)


def test_numbers_in_a_form_mean_what_is_shown_and_can_be_said_otherwise() -> None:
    from kapnb.tables.forms import assign

    inbox = settling.take(Inbox(), (INPUTS / "redcap_raw.csv").read_bytes(), EDITION, LIBRARY)
    form = inbox.papers[0].form
    assert form
    assert form.codes["outcome"]["1"] == "not_recommended"
    assert form.codes["confidence"]["3"] == "high"
    other = replace(form, codes={**form.codes, "outcome": {"1": "may_be_considered", "5": "not_recommended"}})
    settled = settle(inboxes.confirm(inboxes.read_form(inbox, 1, other), 1))
    assert answers(settled)["R1", "V56"] == "may_be_considered"
    assert {one.held.shown for one in settled.waiting} == {"2", "3", "4"}
    place = next(at for at, one in enumerate(form.questions) if (one.role, one.case) == ("outcome", "V56"))
    moved = assign(form, place, "outcome", "V15")
    assert [one.case for one in moved.questions if one.role == "outcome"].count("V15") == 1
    with pytest.raises(ValueError, match="no column"):
        assign(form, place, "rater", "V15")


def test_a_form_without_labels_numbers_people_and_says_so() -> None:
    header = ["Timestamp", "V56: What is your outcome?", "V15: What is your outcome?"]
    inbox = bring(as_csv([header, ["1/2/2026", "Not recommended", "Clarify first"], ["1/2/2026", "Clarify first", ""]]))
    settled = settle(inbox)
    assert [(person.rater, person.judged) for person in settled.roster] == [("R1", ("V56", "V15")), ("R2", ("V56",))]
    assert words("inbox.told_numbered") in settled.told[1]


def test_what_waits_in_a_form_is_named_by_the_row_of_the_form() -> None:
    header = ["Timestamp", "Your label", "V56: What is your outcome?"]
    (one,) = settle(bring(as_csv([header, ["1/2/2026", "R1", "Clarify first"], ["1/2/2026", "R2", "unsure"]]))).waiting
    assert one.rows == (3,)


# --- whatever a file holds --------------------------------------------------------------------------------

WORDS = ["", " ", "unsure", "none", "None", "yes", "5", "V56", "R1", "not at present", "=1+1", "n/a", "?", "\u00e9"]
WORDS += ["Dr. Rowan Ash", "x" * 2_100]
MANY = 500 if os.environ.get("KAPNB_CASES") else 24


def mutate_cells(rows: list[list[str]], chance: random.Random) -> list[list[str]]:
    """A few cells, rows or columns changed as people and programs change them."""
    rows = [list(row) for row in rows]
    for _ in range(chance.choice([1, 2, 4])):
        row = chance.randrange(len(rows))
        match chance.randrange(7):
            case 0 | 1 | 2:
                place = chance.randrange(len(rows[row])) if rows[row] else 0
                rows[row][place : place + 1] = [chance.choice(WORDS)]
            case 3:
                rows.insert(row, list(chance.choice(rows)))
            case 4:
                rows.insert(0, [chance.choice(WORDS)])
            case 5:
                place = chance.randrange(len(rows[row]) + 1)
                rows = [[*one[:place], chance.choice(WORDS), *one[place:]] for one in rows]
            case 6:
                rows[row] = rows[row][: chance.randrange(len(rows[row]) + 1)]
    return rows


def find_losses(inbox: Inbox, settled: Settled) -> list[str]:
    """Answers of a paper that are neither used, nor wait, nor were told: and cells that changed without a word."""
    waits = {(one.paper, row) for one in settled.waiting for row in one.rows}
    clashes = {(one.paper, row) for one in settled.clashes for row in one.rows}
    losses = []
    for paper in inbox.papers:
        if paper.kind == "form":
            continue
        found = settling._sift(paper, (), EDITION, None)  # what the paper alone gives
        used, table = dict(found.rows), load_table(paper.kind, EDITION)
        told = {(row, str(one["column"])) for one in found.repairs for row in read_runs(str(one["rows"]))}
        held = {(one.row, one.column) for one in found.held}
        for number, cells in paper.rows:
            row, shown = used.get(number), paper.origin.get(number, number)
            if row is None:
                if (
                    any(map(str.strip, cells))
                    and (paper.number, shown) not in waits | clashes
                    and number not in {at for at, _ in held}
                ):
                    losses.append(f"row {number} is lost")
                continue
            for name, cell in zip(paper.header, cells, strict=True):
                column, read = table.columns[name], row.get(name, "")
                label = column.options and column.labels.get(read) == cell
                if read != cell and not label and not {(number, name)} & (told | held):
                    losses.append(f"row {number}, {name}: {cell!r} became {read!r}")
                if not read and cell.strip() and name not in LOOSE and not {(number, name)} & (told | held):
                    losses.append(f"row {number}, {name} is lost")
    return losses


TEXTS = ["google_forms.csv", "redcap_raw.csv", "long_mixed.csv", "long_labels.csv", "20_twelve_files_joined.csv"]
TEXTS += ["19_natural_words.csv", "long_names.csv", "long_same_label.csv", "15_google_sheets.csv", "pandera_off.csv"]
TEXTS += ["none_from_python.csv", "nfd_judgments.csv"]


@pytest.mark.slow
def test_mutations_give_no_traceback_no_silent_change_and_no_lost_answer() -> None:
    """Seeded, the same each time: cells of texts, and bytes of any file of the list. KAPNB_CASES asks for 500."""
    from tests.test_tables_fuzz import mutate

    chance, used = random.Random(14), 0
    names = sorted(path.name for path in INPUTS.iterdir())
    for turn in range(MANY):
        if turn % 3:
            name = chance.choice(TEXTS)
            rows = list(csv.reader(io.StringIO((INPUTS / name).read_text("utf-8-sig"))))
            data = as_csv(mutate_cells(rows[:25], chance))
        else:
            name = chance.choice(names)
            data = mutate((INPUTS / name).read_bytes(), chance)
        inbox = bring(data)
        settled = settle(inbox)
        assert len(inbox.papers) + len(inbox.refused) == 1
        assert find_losses(inbox, settled) == [], (turn, name)
        used += bool(settled.judgments or settled.cases)
    assert used > MANY / 3


def test_a_lost_answer_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a reader that drops the last row, and one that mends without a word."""
    inbox = bring(judgments(["V56", "R1", "clarify_first", "", ""], ["V15", "R1", "Very sure", "HIGH", ""]))
    assert find_losses(inbox, settle(inbox)) == []
    (paper,) = inbox.papers
    sifted: Any = settling._sift  # as above

    def forget(*given: Any) -> Any:
        found = sifted(*given)
        return replace(found, rows=found.rows[:-1], held=(), repairs=())

    monkeypatch.setattr(settling, "_sift", forget)
    assert find_losses(replace(inbox, papers=(paper,)), replace(settle(inbox), waiting=()))


def test_a_paper_keeps_no_column_that_is_not_ours() -> None:
    header = [*JUDGED, "Author", "Home town"]
    (paper,) = bring(as_csv([header, ["V56", "R1", "clarify_first", "", "", "Rowan", "Elsewhere"]])).papers
    assert isinstance(paper, Paper)
    assert paper.header == tuple(JUDGED)
    assert not {"Rowan", "Elsewhere"} & set(str(paper.rows).replace("'", " ").split())


# --- a form made here comes back --------------------------------------------------------------------------

CASES = [LIBRARY[name] for name in SET]
FILLED = {"outcome": outcome_words(Outcome.CLARIFY_FIRST), "confidence": words("form.sure_high"), "comment": "I would ask first."}


def find_headers(product: str) -> list[str]:
    """The questions of a form, as the product would write them above its answers."""
    text = make_form(product, CASES)[1].decode()
    match product:
        case "redcap":
            rows = list(csv.DictReader(io.StringIO(text)))
            return [row["Variable / Field Name"] for row in rows if row["Field Type"] != "descriptive"]
        case "qualtrics":
            return re.findall(r"\[\[ID:(.*)\]\]", text)
        case "google":
            asked = [
                one["title"] for item in json.loads(text.partition("const items = ")[2].rstrip(";\n")) for one in item["questions"]
            ]
            return ["Timestamp", words("form.label"), *asked]
        case _:
            return ["ID", "Start time", "Completion time", *re.findall(r"(?m)^\d+\. (.*)$", text)]


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_answers_to_a_form_of_ours_are_known_again(product: str) -> None:
    """Every question of every case, whatever the product calls it; numbers mean what the form gave them."""
    headers = find_headers(product)
    words_of = {"outcome": "3", "confidence": "3", "comment": "I would ask first."} if product == "redcap" else FILLED

    def fill(header: str) -> str:
        if "label" in header.casefold():
            return "R1"
        about = (
            "outcome"
            if "outcome" in header or "do?" in header
            else "confidence"
            if "onfidence" in header or "sure" in header
            else "comment"
        )
        return words_of[about] if any(case.casefold() in header.casefold() for case in SET) else "1"

    rows = [headers, list(map(fill, headers))]
    if product == "qualtrics":
        texts = [
            "Your label",
            *(f"{case['case_id']}: {words(f'form.{about}')}" for case in CASES for about in ("outcome", "confidence", "comment")),
        ]
        rows[1:1] = [texts, [f'{{"ImportId":"QID{at}"}}' for at in range(len(headers))]]
    inbox = settling.take(Inbox(), as_csv(rows), EDITION, LIBRARY)
    form = inbox.papers[0].form
    assert form
    assert form.product == product
    settled = settle(inboxes.confirm(inbox, 1))
    assert len(settled.judgments) == len(SET)
    for row in settled.judgments:
        assert (row["outcome"], row["confidence"], row["comment"]) == ("clarify_first", "high", "I would ask first.")


def test_a_grid_of_google_forms_is_read() -> None:
    """The case stands in brackets behind one question for all."""
    header = [
        "Timestamp",
        "Email Address",
        "Your label",
        *(f"What would you do? [{case} {LIBRARY[case]['title']}]" for case in SET),
    ]
    inbox = settling.take(
        Inbox(), as_csv([header, ["1/2/2026", "a@example.org", "R1", *(["Not recommended"] * 6)]]), EDITION, LIBRARY
    )
    form = inbox.papers[0].form
    assert form
    assert (form.product, form.dropped) == ("grid", ("Timestamp", "Email Address"))
    assert len(settle(inboxes.confirm(inbox, 1)).judgments) == 6


def test_nothing_in_a_story_is_taken_for_a_command_of_a_form() -> None:
    """Brackets for Qualtrics, quotation marks and ends of scripts for Google, bars for REDCap."""
    hostile = {"case_id": "V1", "title": '"]];</script>', "vignette": '[[Question:TE]]\n"); evil(); ("'}
    assert make_form("qualtrics", [hostile])[1].decode().count("[[Question:") == 5
    script = make_form("google", [hostile])[1].decode()
    (item,) = json.loads(script.partition("const items = ")[2].rstrip(";\n"))
    assert "evil();" in item["story"]
    assert len(list(csv.DictReader(io.StringIO(make_form("redcap", [hostile])[1].decode())))) == 6
