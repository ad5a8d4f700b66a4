"""What a supervisor prepared comes back after a reload, without a name and without what may identify somebody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kapnb.engine.problems import KapnbError
from kapnb.group import inbox as inboxes
from kapnb.group import saving
from kapnb.group.inbox import Inbox
from kapnb.group.settle import settle, take
from kapnb.group.state import Order, Scope, State, make_dataset
from tests.bundled import EDITION
from tests.tables import as_csv
from tests.test_inbox import LIBRARY

INPUTS = Path(__file__).parent / "data" / "inputs"
EMPTY = State(make_dataset((), (), EDITION))


def bring(*names: str) -> Inbox:
    inbox = Inbox()
    for name in names:
        inbox = take(inbox, (INPUTS / name).read_bytes(), EDITION, LIBRARY)
    return inbox


def keep(inbox: Inbox, state: State = EMPTY) -> tuple[State, Inbox]:
    return saving.load(saving.save(state, saving.save_inbox(inbox)), EMPTY)


MIXED = [
    ("long_mixed.csv", "google_forms.csv"),
    ("redcap_raw.csv",),
    ("15_google_sheets.csv", "nfd_judgments.csv"),
    ("shared_formula.xlsx",),
]


@pytest.mark.parametrize("names", MIXED)
def test_what_follows_is_the_same_after_a_reload(names: tuple[str, ...]) -> None:
    """Tables, forms that wait, cells without a text, and what was mended, joined and told apart."""
    inbox = inboxes.mend(bring(*names), (1, "outcome", "5", 0), "not_at_present")
    inbox = inboxes.settle_clash(inbox, 1, "R1", apart=True)
    _, again = keep(inbox)
    assert replace(again, papers=()) == replace(inbox, papers=(), refused=())
    before, after = (settle(one, EDITION, LIBRARY) for one in (inbox, again))
    if all(inboxes.looks_made(person.rater) for person in before.roster):
        assert replace(after, told={}) == replace(before, told={})
    assert len(after.judgments) == len(before.judgments)
    if any(paper.kind == "form" for paper in inbox.papers):
        number = next(paper.number for paper in inbox.papers if paper.kind == "form")
        assert settle(inboxes.confirm(again, number), EDITION, LIBRARY) == settle(inboxes.confirm(inbox, number), EDITION, LIBRARY)


def test_names_are_numbered_and_what_identifies_is_not_kept() -> None:
    """Neither in what the browser keeps, nor in what comes back; labels that were made for it stay."""
    text = saving.save_inbox(bring("long_names.csv", "long_identifier_comment.csv"))
    assert not [name for name in ("Anna", "Schmidt", "example.org", "Tom", "555-", "Dr.") if name in text]
    rows = [["V56", "R7", "clarify_first", "a reason"]]
    made = take(Inbox(), as_csv([["case_id", "rater", "outcome", "comment"], *rows]), EDITION, LIBRARY)
    assert vars(keep(made)[1].papers[0]) == vars(made.papers[0])


def test_ticks_order_readings_and_titles_come_back() -> None:
    state = replace(
        EMPTY,
        chosen="V56",
        order=Order.GIVEN,
        scope=Scope.SESSION,
        hidden=frozenset({"teacher"}),
        ticked=frozenset({("", "teacher.intervention.Ask")}),
        title="Tuesday",
        group="Second year",
        names=True,
    )
    state = replace(state, dataset=make_dataset((), (), EDITION.bind({"features_needed": "two_or_more"})))
    again, _ = keep(bring("long_labels.csv"), state)
    assert again.dataset.edition.changed == {"features_needed": "two_or_more"}
    assert replace(again, dataset=state.dataset) == replace(state, names=False)  # names are off again


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "kapnb supervision", "version": 9}', "[" * 100_000])
def test_what_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(KapnbError):
        saving.load(text, EMPTY)


def test_a_tampered_paper_is_refused() -> None:
    whole = saving.save(EMPTY, saving.save_inbox(bring("long_labels.csv")))
    wrong = (('"kind": "judgments"', '"kind": "secrets"'), ('"outcome", ', ""), ('"order": "divided"', '"order": "size"'))
    for before, after in wrong:
        assert before in whole
        with pytest.raises(KapnbError):
            saving.load(whole.replace(before, after, 1), EMPTY)


def test_too_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST_CHARACTERS", 1_000)
    assert saving.save_inbox(bring("long_labels.csv")) == ""
    assert saving.save(EMPTY, "") == ""
