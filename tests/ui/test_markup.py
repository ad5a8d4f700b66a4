"""HTML is written in one module, and nothing that comes in gets out as markup."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

import kapnb.ui
from kapnb import assess, fields
from kapnb.text.blocks import Badge, Block, Line
from kapnb.text.compare import compare
from kapnb.text.explain import explain
from kapnb.text.html import element
from kapnb.text.support import find_helpline, list_countries, reader_in, support, tell_reader
from kapnb.ui.markup import write_comparison, write_detail, write_explanation, write_support

HOSTILE = """<img src=x onerror="alert(1)">&'"""


def texts(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_every_text_is_escaped() -> None:
    """A text with markup in it, wherever it stands, comes out as text; a value cannot leave its attribute."""
    line = Line(HOSTILE, (Badge(HOSTILE, "stated"),), (HOSTILE, f"a: {HOSTILE}"))
    keys = {"outcome": True, "support": True, "deciding": True, "doubts": False, "four": True}
    blocks = [Block(key, HOSTILE, (line, line, line), open=is_open) for key, is_open in keys.items()]
    html = write_explanation(assess({}), blocks, ())
    html += write_comparison(assess({}), assess({"psychotic_disorder": "schizophrenia"}), blocks, ())
    assert "<img" not in html
    assert texts(html).count(HOSTILE) > 40
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


def test_the_page_says_every_word() -> None:
    """Of an explanation and of a what-if, as `kapnb explain` prints them: each title, line, badge and detail."""
    before = assess({"ocd": "yes", "suicidal_ideation": "passive", "bipolar_disorder": "stabilized"})
    after = assess({"bipolar_disorder": "not_stabilized"}, {"unprepared_ocd": "defer"})
    moved = compare(before, after)
    shown = {explain(before): write_explanation(before, explain(before), ()), moved: write_comparison(before, after, moved, fields)}
    for blocks, html in shown.items():
        said = re.sub(r"\s+", "", texts(html))
        for block in blocks:
            lines = block.lines[:-1] if block.key == "support" else block.lines  # the reader's country is a list to choose from
            wanted = [block.title, *(text for line in lines for text in (line.text, *line.details))]
            wanted += [badge.text for line in lines for badge in line.badges]
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
