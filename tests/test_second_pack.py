"""With two packs installed, whatever is asked of the second speaks of the second alone."""

from __future__ import annotations

import json
from itertools import pairwise, product
from pathlib import Path

import pytest

from kapnb import CaseError, GuidanceError, explain, load_guidance
from kapnb.cli import main
from kapnb.engine.edition import Edition, list_packs, served_edition
from kapnb.engine.ledger import load_reviews
from kapnb.text.blocks import as_text
from kapnb.text.cases import as_record, read_case
from kapnb.text.compare import compare
from kapnb.text.proving import report
from tests.toy_pack import PACKS, find_strays

CASES = [
    {name: given for name, given in zip(("ocd", "psychotic_disorder", "bipolar_disorder"), answers, strict=True) if given}
    for answers in product(("", "yes", "no"), ("", "schizophrenia", "none"), ("", "stabilized", "none"))
]


def test_a_pack_is_found_by_its_folder(toy: Edition) -> None:
    assert list_packs() == ("begley", "toy")
    assert (toy.pack, toy.number, toy.ledger.source.short) == ("toy", "7", "Toymaker")
    assert served_edition() is toy
    assert list(toy.examples()) == ["1_toy_example"]
    assert list(toy.vignettes()) == ["T01"]


def test_the_two_packs_judge_differently(toy: Edition) -> None:
    """Each by its own rules, whichever was asked before."""
    first = load_guidance("begley").bind()
    outcomes = [(str(first.assess(case).outcome), str(toy.assess(case).outcome)) for case in ({"ocd": "yes"}, {"ocd": "no"})]
    assert outcomes == [("clarify_first", "not_recommended"), ("clarify_first", "clarify_first")]
    assert {finding.rule for case in CASES for finding in toy.assess(case).findings} <= set(toy.by_name)


@pytest.mark.parametrize("readings", [{}, {"toy_voices": "never"}])
def test_no_word_of_the_first_pack_stands_in_an_explanation(toy: Edition, readings: dict[str, str]) -> None:
    """Of every case, and of the way from each to the next."""
    edition = toy.bind(readings)
    assessed = [edition.assess(case) for case in CASES]
    said = [as_text(explain(one).whole) for one in assessed]
    said += [as_text(compare(one, other)) for one, other in pairwise(assessed)]
    assert find_strays("\n".join(said)) == []
    assert all("Toy" in one for one in said[: len(assessed)])


def test_a_stray_word_would_be_seen(toy: Edition) -> None:
    assert find_strays(as_text(explain(load_guidance("begley").bind().assess({"ocd": "yes"})).whole))


def test_the_proof_is_of_the_pack_that_is_asked(toy: Edition) -> None:
    said: list[str] = []
    assert report(toy.guidance, said.append) == 0
    assert find_strays("\n".join(said)) == []
    assert "Toy Author" in said[0]


def test_a_case_file_says_whose_it_is(toy: Edition) -> None:
    """It comes back under its own pack and is refused by the other, readings and all."""
    case = read_case(toy.examples()["1_toy_example"].read_bytes(), toy)
    assert case.readings == {"toy_voices": "never"}
    assert str(toy.bind(case.readings).assess(case.answers).outcome) == "not_recommended"
    saved = json.dumps(as_record(case, toy))
    assert read_case(saved, toy) == case
    with pytest.raises(CaseError, match="toy"):
        read_case(saved, load_guidance("begley").bind())


def test_the_commands_ask_the_pack_that_is_named(toy: Edition, capsys: pytest.CaptureFixture[str]) -> None:
    """Explain and prove, beside the first pack."""
    assert main(["explain", str(toy.examples()["1_toy_example"]), "--guidance", "toy"]) == 0
    assert main(["prove", "--default-only", "--guidance", "toy"]) == 0
    said = capsys.readouterr().out
    assert find_strays(said) == []
    assert "Toy card about voices" in said
    assert "Toy Author, edition 7" in said


def test_reviews_say_who_reviewed_what(toy: Edition) -> None:
    """The toy pack has one review, the first pack none yet."""
    (review,) = toy.guidance.reviews
    assert (review.rules, review.verdict, review.date) == (("toy_compulsions", "toy_sober"), "agrees", "2026-01-31")
    assert load_guidance("begley").reviews == ()


def test_a_mistaken_review_is_refused(tmp_path: Path) -> None:
    """Every mistake at once: a rule that is not there, a bare date, a verdict of one's own, and what is missing."""
    file = (PACKS / "toy" / "reviews.yaml").read_text("utf-8")
    mistaken = file.replace("toy_sober", "toy_sobre").replace("'2026-01-31'", "2026-01-31").replace("agrees", "likes it")
    path = tmp_path / "reviews.yaml"
    path.write_text(mistaken.replace("    role: toy reviewer\n", ""), "utf-8")
    with pytest.raises(GuidanceError) as caught:
        load_reviews(path, ("toy_compulsions", "toy_sober"))
    for part in ('"toy_sobre" is not known', "date", '"likes it" is not known', "role: is missing"):
        assert part in str(caught.value)
    assert len(caught.value.problems) == 4
