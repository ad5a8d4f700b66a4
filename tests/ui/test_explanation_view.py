"""HTML is written in one module, and nothing that comes in gets out as markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

import kapnb.ui
from kapnb import assess, fields
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explanation import explain
from kapnb.text.html import element
from kapnb.text.support import find_helpline, list_countries, reader_in, support, tell_reader
from kapnb.ui.explanation import write_comparison, write_detail, write_pane, write_support

HOSTILE = """<img src=x onerror="alert(1)">&'"""


def texts(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_every_text_is_escaped() -> None:
    """A text with markup in it, wherever it stands, comes out as text; a value cannot leave its attribute."""
    line = Line(HOSTILE, (Badge(HOSTILE, "stated"),), (HOSTILE, f"a: {HOSTILE}"))
    keys = {"moved": True, "support": True, "changed": True, "come": True, "go": True}
    blocks = [Block(key, HOSTILE, (line, line, line), open=is_open) for key, is_open in keys.items()]
    html = write_comparison(assess({"psychotic_disorder": "schizophrenia"}), blocks, ())
    told = explain(assess({"psychotic_disorder": "schizophrenia", "ocd": "yes"}))
    cards = tuple(
        replace(card, text=HOSTILE, brief=HOSTILE, more=(HOSTILE,), short=short) for card in told.cards for short in (0, 1)
    )
    hostile = {"title": HOSTILE, "lines": (line,), "facts": HOSTILE, "cards": cards}
    html += write_pane(replace(told, **hostile, missing=(HOSTILE,), prompts=(HOSTILE,), doubts=(HOSTILE,)), ())
    assert "<img" not in html
    assert texts(html).count(HOSTILE) > 30
    assert element("p", title='"><b>') == '<p title="&quot;&gt;&lt;b&gt;"></p>'


def test_help_has_the_line_of_the_readers_country_and_a_list_to_choose_it_from() -> None:
    """Every piece of the sentence, with links to dial and to open; nothing to put it away with."""
    block = support(fields, {"suicide_attempts": "single"})
    assert block
    for country, name in list_countries().items():
        with reader_in(country):
            html, ways = write_support(block), tell_reader(find_helpline(), named=False)
        assert "".join(piece.text for piece in ways[1:]) in texts(re.sub(r"<select.*</select> ", "", html))
        assert [piece.href for piece in ways if piece.href] == re.findall('href="([^"]*)"', html)
        assert re.findall('value="([^"]*)" selected>([^<]*)<', html) == [(country, name)]
        assert "<button" not in html


def test_the_page_says_every_word_of_a_what_if() -> None:
    """Each title, line, badge and detail of the comparison."""
    before = assess({"ocd": "yes", "suicidal_ideation": "passive", "bipolar_disorder": "stabilized"})
    after = assess({"bipolar_disorder": "not_stabilized"}, {"unprepared_ocd": "defer"})
    moved = compare(before, after)
    said = re.sub(r"\s+", "", texts(write_comparison(after, moved, fields)))
    for block in moved:
        wanted = [block.title, *(text for line in block.lines for text in (line.text, *line.details))]
        wanted += [badge.text for line in block.lines for badge in line.badges]
        if block.key == "moved":
            assert re.sub(r"\s+", "", block.title) in said
        assert [text for text in wanted if re.sub(r"\s+", "", text) not in said] == []


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("Recorded: Bipolar disorder: Stabilized.", "Recorded: "),
        ('"Not now: treat first", if: OCD: "Yes".', '"Not now: treat first", if: '),
        ("at 988:30 nothing leads", ""),
        ('an odd " and more: text', ""),
        ("", ""),
    ],
)
def test_what_a_detail_begins_with_stands_out(text: str, lead: str) -> None:
    """Up to its first colon, never cut within quotation marks, and no word is lost."""
    html = write_detail(text)
    assert (element("span", lead, class_="lead") in html) == bool(lead)
    assert texts(html) == text


def test_html_is_written_in_one_module() -> None:
    """No other module of ours holds a tag."""
    package = Path(kapnb.ui.__file__).parent.parent
    holds = {path.name for path in package.rglob("*.py") if re.search(r"</\w+>|<(div|p|span|ul|li)\b", path.read_text("utf-8"))}
    assert holds <= {"html.py", "handlers.py", "failures.py", "pages.py", "rendering.py"}  # all but the first fill templates
