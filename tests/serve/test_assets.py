"""What travels between server and browser: packed, kept where its address names its version, asked after where it does not."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pytest

from kapnb.serve.assets import IMMUTABLE, Assets
from tests.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

    from tests.served import Served

ADDRESS = re.compile(r'(?:href|src)="(/kapnb/assets/[^"]+)"')
SECOND_VISIT = 50_000
"""Bytes that a page may take from a server that the browser has been to."""

DRAWN = "#rendered_cells .kapnb-page :is(h2, h3, fieldset, label, button):visible"
ASKED = "performance.getEntriesByType('resource').map((one) => one.name)"


def test_what_names_its_version_is_kept(small: Served) -> None:
    """For a year and without asking again; it comes packed to whoever takes that, and never with a cookie.

    A wrong version leads to what there is now, and pins nothing: 304 as long as it holds, else the new content.
    """
    asset_paths = ADDRESS.findall(small.ask("/counter").text)
    assert {path.rpartition("/")[2] for path in asset_paths} >= {
        "kapnb.css",
        "session.js",
        "voila.js",
        "voila-style.js",
        "bundle.js",
    }
    for path in asset_paths:
        plain, packed = small.ask(path), small.ask(path, Accept_Encoding="gzip")
        assert plain.headers["Cache-Control"] == packed.headers["Cache-Control"] == IMMUTABLE
        assert "Set-Cookie" not in plain.headers
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert (packed.headers["Content-Encoding"], plain.headers["Content-Encoding"]) == ("gzip", None)
        assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) * 0.6
        other = re.sub(r"assets/\w+/", "assets/0123abcd/", path, count=1)
        answer = small.ask(other)
        assert (answer.status, answer.headers["Cache-Control"], answer.text) == (200, "no-cache", plain.text)
        again = small.ask(other, If_None_Match=answer.headers["Etag"])
        assert (again.status, again.text, again.headers["Cache-Control"]) == (304, "", "no-cache")
        assert small.ask(other, If_None_Match='W/"other"').status == 200


def test_a_page_with_a_session_is_never_stored(small: Served) -> None:
    """Not by the browser and not on the way; nor is the word on whether its session lives."""
    answer = small.ask("/counter", Accept_Encoding="gzip")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert small.ask("/kapnb/alive/x").headers["Cache-Control"] == "no-store"


def test_a_file_has_one_address(small: Served) -> None:
    """Its own name."""
    for name in ("kapnb/index.html.j2", "kapnb/../index.html.j2", "kapnb/%2e%2e/index.html.j2", "kapnb//etc/passwd", "kapnb/"):
        assert small.ask(f"/kapnb/assets/0/{name}").status == 404
    for name in ("kapnb/static/kapnb.css", "kapnb/%00", "kapnb/kapnb.css/", "kapnb/KAPNB.CSS", "extensions/", "bundle.js/"):
        assert small.ask(f"/kapnb/assets/0/{name}").status == 404


def test_other_content_has_another_address(tmp_path: Path) -> None:
    """The same content keeps its address. What changes under a running server is not pinned, and what goes is found once back."""
    style, script = tmp_path / "a.css", tmp_path / "b.js"
    style.write_text("p {}")
    script.write_text("1")

    def make() -> Assets:
        return Assets("/under/", {"own/a.css": (style,), "b.js": (script,)})

    before = make()
    assert re.fullmatch(r"/under/kapnb/assets/[0-9a-f]{20}/own/a\.css", before.url("own/a.css"))
    assert make().url("b.js") == before.url("b.js")
    script.write_text("2")
    assert make().url("b.js") != before.url("b.js")
    asset = before.load("b.js")
    assert (gzip.decompress(asset.content), asset.current) == (b"2", False)
    style.unlink()
    with pytest.raises(OSError, match=r"a\.css"):
        before.load("own/a.css")
    style.write_text("p {}")
    assert before.load("own/a.css").current


def test_scripts_put_together_do_not_touch_each_other(tmp_path: Path) -> None:
    """Each in a function of its own, so that a strict one makes no other one strict, and a comment at its end ends there."""
    own = tmp_path / "a.js", tmp_path / "b.js"
    own[0].write_text('"use strict"; first() // the end')
    own[1].write_text("second()")
    asset = Assets("/", {"both.js": own}).load("both.js")
    assert gzip.decompress(asset.content) == b'(()=>{"use strict"; first() // the end\n})();\n(()=>{second()\n})();\n'


@pytest.fixture(scope="module")
def meter(server: Served) -> Iterator[Relay]:
    """Counts what comes from the server, whatever it is: answers, their headers, messages on a socket."""
    with Relay(server.port) as relay:
        yield relay


def visit(context: BrowserContext, meter: Relay, page: str) -> tuple[int, list[str]]:
    """Open a page and leave it. How many bytes came until it was there, and the addresses that were asked for."""
    tab = context.new_page()
    before = meter.bytes
    tab.goto(meter.url + page)
    tab.locator(DRAWN).first.wait_for(timeout=60_000)
    asked: list[str] = tab.evaluate(ASKED)
    came = meter.bytes - before
    tab.goto("about:blank")
    tab.close()
    return came, asked


@pytest.mark.parametrize("page", ["assessment", "supervision"])
def test_a_second_visit_is_small(browser: Browser, meter: Relay, page: str) -> None:
    """Everything counted: the page itself, all requests, and what the kernel says until the page is there."""
    context = browser.new_context()
    first, asked = visit(context, meter, page)
    second, _ = visit(context, meter, page)
    context.close()
    assert second < SECOND_VISIT < first < 1_700_000
    alone = [address for address in asked if re.search(r"/\d+\.[^/]*js$", address)]
    assert not alone, f"put them into kapnb/serve/bundle.txt, by group and name: {alone}"
