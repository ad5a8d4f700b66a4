"""The words: what a person can be shown keeps to neutral, attributed, American and short sentences of our own."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kapnb import assess, explain, fields, load_guidance
from kapnb.engine.problems import KapnbError
from kapnb.engine.records import read_yaml
from kapnb.text.blocks import as_text
from tests import oracle
from tests.strategies import EDITIONS, random_case
from tests.texts import every_text

ROOT = Path(__file__).parent.parent
LEDGER: dict[str, Any] = read_yaml(ROOT / "kapnb/packs/begley/ledger.yaml", KapnbError)
TITLE = "Is Ketamine-Assisted Psychotherapy Safe for any Mental Health Disorder?"

FORBIDDEN = {
    # verdicts and measures that this tool must not pronounce
    "a verdict": r"contra-?indicat\w*|approv(e|es|ed|ing|al|als)|eligib\w*|cleared|clearance|candidates?|candidacy",
    "a promise of safety": r"safe(r|st|ly)?(?!\s+storage)|unsafe",
    "a measure": r"scor(e|es|ed|ing)|percent\w*|risk levels?|levels? of risk|grades?|graded|pass marks?",
    # words that hurt
    "blame for a suicide or an attempt": (
        r"(commit\w*|complet\w*|fail\w*|successful|unsuccessful)\s+(an?\s+)?(suicid\w*|attempts?)|suicid\w*\s+gestures?|gestures?"
    ),
    "a threat": r"threat\w*",
    "a noun for suicidal ideation": r"suicidality",
    "a person named by substance use": r"addicts?|alcoholics?|abusers?|(substance|drug|alcohol)\s+abuse",
    "use as dirt": r"clean|dirty",
    "a motive guessed at": r"manipulat(e|es|ed|ing|ive|ively|ion)|attention[- ]seeking",
    "obedience": r"non-?complian(t|ce)",
    "pity": r"suffer(s|ed|ing|er|ers)?",
    "a person named by a diagnosis": (
        r"schizophrenics?|psychotics|bipolars|borderlines|borderline(?!\s+personality\s+disorder)"
        r"|an?\s+bipolar(?!\s+(disorder|label|diagnosis|question))"
    ),
}
"""What it would be -> the pattern, matched as whole words, in any case."""

DIAGNOSIS = re.compile(r"\bBPD\b|borderline", re.IGNORECASE)
FEATURES = ("self_injury_or_recklessness", "relationship_instability", "abandonment_fear")

OURS = re.compile(r"\b(?:we|our)\b", re.IGNORECASE)
NOT_PLAINLY_THE_AUTHORS = {rule.name for rule in oracle.RULES if rule.basis != "stated"}
"""The rules whose basis in the guidance is reading, silent or inferred."""

LONGEST_SENTENCE = 40
RUN = 8
UNWRAPPED = 100_000


def shown() -> list[tuple[str, str]]:
    """Every text but the title and address of the article, which are cited as they are.

    An example case comes from `every_text` as a whole file; here it is taken apart, so that its sentences end.
    """
    cited = (TITLE, LEDGER["source"]["url"])
    written = [(where, text) for where, text in every_text() if text not in cited and not text.startswith("{")]
    return [*written, *example_texts()]


def example_texts() -> Iterator[tuple[str, str]]:
    for file in load_guidance("begley").bind().examples().values():
        case = json.loads(file.read_text("utf-8"))
        yield from ((f"{file.name} {key}", case[key]) for key in ("title", "note", "vignette") if key in case)


def matches(pattern: str, texts: Iterable[tuple[str, str]]) -> list[str]:
    found = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    return [f"{where}: “{hit[0]}” in: {text}" for where, text in texts if (hit := found.search(text))]


@cache
def composed() -> tuple[tuple[str, str], ...]:
    """Explanations as they are put together, of cases that differ in everything."""
    chance = Random(6)
    told = (explain(assess(random_case(chance), readings=chance.choice(EDITIONS[:10]))) for _ in range(60))
    # The title is cited in an explanation; it is not a sentence of ours.
    return tuple(
        (f"explanation {number}", as_text(one.whole, width=UNWRAPPED).replace(TITLE, "")) for number, one in enumerate(told)
    )


@pytest.mark.parametrize("meaning", FORBIDDEN)
def test_no_text_says(meaning: str) -> None:
    """No text that a person can see holds a word that judges, measures or hurts."""
    assert not matches(FORBIDDEN[meaning], shown())


def test_no_explanation_says_what_no_text_says() -> None:
    """Putting texts together makes no forbidden word."""
    for pattern in FORBIDDEN.values():
        assert not matches(pattern, composed())


FOUND = {
    "a verdict": "A good candidate, cleared for KAP.",
    "a promise of safety": "It is safe to go on.",
    "a measure": "A score of 12, or 80 percent.",
    "blame for a suicide or an attempt": "After a failed attempt.",
    "a threat": "Suicide threats are repeated.",
    "a noun for suicidal ideation": "Suicidality is present.",
    "a person named by substance use": "A history of substance abuse.",
    "use as dirt": "Clean for three years.",
    "a motive guessed at": "This is attention-seeking.",
    "obedience": "She is noncompliant.",
    "pity": "He suffers from OCD.",
    "a person named by a diagnosis": "She is a borderline.",
}


def test_a_forbidden_word_would_be_seen() -> None:
    """Planted fault: a text that says it is found."""
    assert FOUND.keys() == FORBIDDEN.keys()
    assert [said for meaning, said in FOUND.items() if not matches(FORBIDDEN[meaning], [("here", said)])] == []


def test_plain_words_pass() -> None:
    """The list of forbidden words leaves ordinary clinical words alone."""
    plain = ("suicide risk assessment and safety planning", "a bipolar label in question", "borderline personality disorder")
    assert [said for said in plain for pattern in FORBIDDEN.values() if matches(pattern, [("here", said)])] == []


def test_sentences_are_short() -> None:
    """No sentence is longer than forty words."""
    long = [
        (where, sentence)
        for where, text in shown()
        for sentence in re.split(r"(?<=[.?!;])\s+", text)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    assert not long


CLUMSY = (
    r"(this|the) toolkit('s)?|this source('s)?|the source|as read here|bears (also )?on|argued away|cannot be told|told apart"
    r"|comes? out|parts? from|taken for|silence is not permission|whoever|at hand|amiss|stands|any ?more"
)
"""Phrases that nobody says: the article is "the article", we are "we", and things are, differ or apply."""
LONGEST_ON_SCREEN = 20


def on_screen() -> list[tuple[str, str]]:
    """What we say ourselves: no story, nothing that somebody says in one, no pattern."""
    return [(where, text) for where, text in shown() if not re.match(r"V\d|\w+\.csv|\d_|support\.told", where)]


def test_we_speak_plainly() -> None:
    """No clumsy phrase on a page, in a note or in a command."""
    assert not matches(CLUMSY, on_screen())


def test_a_clumsy_phrase_would_be_seen() -> None:
    """Planted faults, and plain sentences that pass."""
    clumsy = ("This source stands alone.", "It bears on the outcome.", "As this toolkit takes it.", "The two cannot be told apart.")
    assert len(matches(CLUMSY, [("here", text) for text in clumsy])) == len(clumsy)
    assert not matches(CLUMSY, [("here", "We read the article, and you can differ.")])


def find_long(texts: Iterable[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """Sentences with more words; a colon or a semicolon ends one for the eye."""
    return [
        (where, sentence)
        for where, text in texts
        for sentence in re.split(r"(?<=[.?!;:])\s+", text)
        if len(sentence.split()) > most
    ]


def test_sentences_on_a_screen_have_twenty_words() -> None:
    assert not find_long(on_screen(), LONGEST_ON_SCREEN)
    assert find_long([("here", "word " * 21)], LONGEST_ON_SCREEN)


LONGEST_IN_DOCS = 25
GENERATED = {"vignettes.md", "vignettes_coding.md"}
DOCS = [file for file in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if file.name not in GENERATED]


def prose(page: str) -> list[str]:
    """The texts of a page in Markdown, without its code: paragraphs, items and cells."""
    page = re.sub(r"^```.*?^```|<!--.*?-->", "", page, flags=re.DOTALL | re.MULTILINE)
    page = re.sub(r"\[([^\]]*)\]\([^)]*\)|\*\*", r"\1", page)
    return [" ".join(cell.split()) for block in re.split(r"\n\s*\n|\n(?=[|#-])", page) for cell in block.split(" | ")]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_documents_are_as_plain_as_the_pages(page: Path) -> None:
    """Short sentences and no clumsy phrase, in tables too."""
    texts = [(page.name, text) for text in prose(page.read_text("utf-8"))]
    assert not find_long(texts, LONGEST_IN_DOCS)
    assert not matches(CLUMSY, texts)


def said_by_code() -> Iterator[tuple[str, str]]:
    """What errors say that are worded in code: every text in the arguments of a problem or an exception."""
    makers = re.compile(r"\w*Error|Problem|unknown|wrong|_fail")
    for file in (ROOT / "kapnb").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and makers.fullmatch(getattr(node.func, "attr", getattr(node.func, "id", ""))):
                parts = (part for given in (*node.args, *(one.value for one in node.keywords)) for part in ast.walk(given))
                texts = (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
                yield from ((f"{file.name}:{node.lineno}", text) for text in texts)


def test_errors_worded_in_code_are_plain_too() -> None:
    said = list(said_by_code())
    assert len(said) > 100
    assert not find_long(said, LONGEST_ON_SCREEN)
    assert not matches(CLUMSY, said)


def test_a_clumsy_document_would_be_seen() -> None:
    """Planted faults, in a paragraph, an item and a cell."""
    page = f"One source stands.\n\n- {'word ' * 26}\n\n| a | the source | b |\n\n```\nstands\n```"
    texts = [("here", text) for text in prose(page)]
    assert (len(find_long(texts, LONGEST_IN_DOCS)), len(matches(CLUMSY, texts))) == (1, 2)


def test_no_phrase_of_the_source_is_filled_in() -> None:
    """No text names a dose, a drug form or a route, which the source leaves undefined."""
    routes = (
        r"\d+\s*(mg|ml|mcg|milligrams?)|intravenous\w*|intramuscular\w*|sublingual\w*|intranasal\w*"
        r"|lozenges?|troches?|esketamine|infusions?"
    )
    assert not matches(routes, shown())
    assert {row["phrase"] for row in LEDGER["undefined"]} == {
        "described above",
        "this form of KAP",
        "unstabilized",
        "newer",
        "a cognitive approach",
        "other types",
    }
    for row in LEDGER["undefined"]:
        assert all(LEDGER["claims"][claim]["paragraph"] == row["paragraph"] for claim in row["claims"])


# --- the diagnosis is named only where it is recorded --------------------------------------------


def test_questions_on_features_name_no_diagnosis() -> None:
    """A feature is asked about without naming borderline personality disorder."""
    for name in FEATURES:
        field = fields[name]
        texts = [field.label, field.question, field.help, *(one.label + one.help for one in field.options)]
        assert not any(DIAGNOSIS.search(text) for text in texts)


def test_only_rules_on_the_diagnosis_name_it() -> None:
    """A rule whose name does not say bpd names no borderline personality disorder, nor do its claims and paragraph."""
    for name, words in LEDGER["rules"].items():
        if not name.startswith("bpd_"):
            assert not DIAGNOSIS.search(str(words)), name
    for claim in ("C11", "C15", "C16", "C17"):
        assert not DIAGNOSIS.search(LEDGER["claims"][claim]["text"])
        assert not DIAGNOSIS.search(LEDGER["paragraphs"][LEDGER["claims"][claim]["paragraph"]])


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_without_a_diagnosis_is_not_explained_by_one(feature: str) -> None:
    """For a current feature and no diagnosis, no card and nothing behind one names the diagnosis."""
    case = {name: "none" if "none" in options else options[0] for name, options in oracle.FIELDS.items()}
    case |= {"suicidal_communication": "none_or_isolated", feature: "current"}
    case = {name: answer for name, answer in case.items() if fields.applies(name, case)}
    told = [block for block in explain(assess(case)).whole if block.key in {"outcome", "cards", "behind", "doubts", "prompts"}]
    assert len(told) > 3
    assert not DIAGNOSIS.search(as_text(tuple(told)))


# --- whose words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", LEDGER["rules"])
def test_a_text_says_whose_rule_it_is(rule: str) -> None:
    """The card of one that the author does not plainly state speaks of us, who read or infer it; and only that one."""
    assert bool(OURS.search(LEDGER["rules"][rule]["card"])) == (rule in NOT_PLAINLY_THE_AUTHORS)


def test_the_opinion_on_ocd_is_attributed() -> None:
    """Wherever it is said that ketamine is best for OCD, it is the author's opinion; a card has the contrast with it."""
    claim = LEDGER["claims"]["C26"]
    assert claim["standing"] == "opinion"
    assert "author's opinion" in claim["text"]
    assert all(word in claim["contrast"] for word in ("guidelines", "ERP", "SRI"))
    told = [text for _, text in shown() if "best treatment" in text.lower()]
    assert len(told) > 1
    assert all("opinion" in text and (text == claim["text"] or "guidelines differ" in text) for text in told)


@pytest.mark.parametrize(("claim", "standing"), [("C12", "contested"), ("C24", "hypothesis"), ("C26", "opinion")])
def test_a_why_is_told_as_the_authors(claim: str, standing: str) -> None:
    """What is contested, a hypothesis or an opinion is attributed to the author in its own text."""
    assert LEDGER["claims"][claim]["standing"] == standing
    assert "author" in LEDGER["claims"][claim]["text"]


def test_the_question_on_what_is_left_out_names_every_topic() -> None:
    """Who is asked whether the case holds something that the source does not address has the whole list under the question."""
    said = fields["outside_scope"].help.lower()
    for topic in LEDGER["not_addressed"]:
        assert all(word in said for word in re.findall(r"\w{3,}", topic.lower())), topic


def test_every_explanation_says_whose_view_it_is() -> None:
    """As one text, every explanation carries the author, that she is read by us, what is left out, and who decides."""
    for where, text in composed():
        assert LEDGER["source"]["author"] in text, where
        assert all(LEDGER["four"][key] in text for key in ("whose", "left_out", "who_decides")), where


# --- nothing is without words ----------------------------------------------------------------------


def test_every_question_has_help() -> None:
    assert all(field.help and field.question.endswith("?") for field in fields.values())


def test_claims_readings_and_rules_are_worded_in_full() -> None:
    """All 28 claims and each choice in sentences; a doubt and one or two prompts for each rule, conditions where some are asked."""
    assert list(LEDGER["claims"]) == [f"C{number:02}" for number in range(1, 29)]
    choices = [option for reading in LEDGER["readings"].values() for option in reading["options"].values()]
    assert all(one["text"].endswith(".") for one in (*LEDGER["claims"].values(), *choices))
    assert all(reading["question"].endswith("?") for reading in LEDGER["readings"].values())
    assert [name for name, words in LEDGER["rules"].items() if not (words["doubt"] and 1 <= len(words["prompts"]) <= 2)] == []
    conditional = {
        "bipolar_stabilized",
        "single_attempt_after_dbt",
        "known_feature",
        "stabilized_after_dbt",
        "recovery_established",
    }
    conditional |= {"ocd", "ocd_unprepared"}
    assert {name for name, words in LEDGER["rules"].items() if words.get("conditions")} == conditional


# --- the article's sentences stay in the article ---------------------------------------------------


def test_no_sentence_of_the_source_is_copied() -> None:
    """No text and no file of ours shares eight words in a row with the article, of which only hashes are kept here."""
    source = frozenset((ROOT / "tests/data/source_runs.txt").read_text("utf-8").split())
    kinds = ("*.py", "*.yaml", "*.md", "*.js", "*.json", "*.ipynb", "*.css")
    folders = [ROOT / name for name in ("kapnb", "schemas", "notebooks", "docs", "tests", "benchmarks")]
    files = [file for folder in folders for kind in kinds for file in folder.rglob(kind)] + list(ROOT.glob("*.md"))
    texts = [*shown(), *((str(file.relative_to(ROOT)), file.read_text("utf-8", errors="ignore")) for file in files)]
    assert not [where for where, text in texts if not source.isdisjoint(runs(text.replace(TITLE, " ")))]


def runs(text: str) -> Iterator[str]:
    """Every eight words in a row, hashed as the article's were."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    for start in range(len(words) - RUN + 1):
        yield hashlib.sha256(" ".join(words[start : start + RUN]).encode()).hexdigest()[:12]
