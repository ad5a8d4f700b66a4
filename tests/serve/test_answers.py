"""What the server answers: pages, errors, redirects, the token, and what a notebook says of itself."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from kapnb import paths
from kapnb.engine.edition import Edition
from kapnb.engine.problems import ServingError
from kapnb.serve.pages import read_pages
from kapnb.text.words import words
from tests.serve import notebooks
from tests.serve.conftest import KNOWN, TOKEN
from tests.served import Served
from tests.toy_pack import find_strays
from tests.visitor import Visitor, run


def test_the_index_lists_the_notebooks(small: Served) -> None:
    """Title and purpose of each, and a link."""
    answer = small.ask("/")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    for part in ("<h2>Count</h2>", "Press, and it counts.", 'href="/counter"', ">Counter</a>", "This one cannot."):
        assert part in answer.text


@pytest.mark.parametrize("query", ["", "?template=base", "?template=lab&theme=dark", "?voila-template=lab"])
def test_a_page_is_drawn_in_our_template_with_one_style(small: Served, query: str) -> None:
    """Whatever the address asks for; the style stands below everything that scripts add to the head."""
    head, _, body = small.ask(f"/counter{query}").text.partition("</head>")
    assert "shell-top" in body
    assert "JupyterLab Dark" not in body
    assert ("kapnb.css" in head, body.count("kapnb.css")) == (False, 1)


def test_asking_for_the_head_opens_no_session(small: Served) -> None:
    """And a slash too many leads to the page."""
    for path, status in (("/", 200), ("/counter", 200), ("/kapnb/health", 200), ("/nowhere", 404)):
        answer = small.ask(path, "HEAD")
        assert (answer.status, answer.text, small.kernels()) == (status, "", [])
    answer = small.ask("/counter/?a=1")
    assert (answer.status, answer.headers["Location"]) == (301, "/counter?a=1")


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/nowhere/", "/voila/render/nowhere.ipynb", "/voila/render/../conftest.py", "/voila/render/private.csv"),
        *("/a/b/c", "/voila/files/private.csv", "/voila/files/picture.png", "/voila/tree/", "/voila/api/contents/", "/logout"),
        *("/voila/static/voila.js", "/voila/templates/kapnb/static/kapnb.css", "/voila/labextensions/anywidget/package.json"),
        *("/api/kernels", "/api/kernelspecs", "/api/sessions", "/api/contents", "/api/terminals", "/metrics"),
    ],
)
def test_nothing_but_pages_is_served(small: Served, path: str) -> None:
    """404, in words, with a way back: no files, no folder, no list of what others have open."""
    answer = small.ask(path)
    if answer.status == 301:
        answer = small.ask(answer.headers["Location"])
    assert answer.status == 404
    assert words("shell.error_404_title") in answer.text
    assert 'href="/"' in answer.text
    assert "kept here" not in answer.text
    assert small.ask(path, "POST", "").status in {403, 404, 405}


def test_nothing_that_lies_about_is_read(folder: Path, tmp_path: Path, locked: Served, public: Served) -> None:
    """No configuration in the working directory or in the user's own folder, and no kernel; and nothing is written there.

    The token can come from a file, however an editor wrote it, and then stands neither in the list of processes nor in the log.
    A server that starts anew with the same token throws nobody out: the cookie is good. With another one it asks for the token.
    """
    me = {"Host": "127.0.0.1", "Cookie": locked.ask(f"/?token={TOKEN}", Host="127.0.0.1").cookie}
    stray = {"VoilaConfiguration": {"template": "lab", "show_tracebacks": True, "strip_sources": False}}
    (tmp_path / "voila.json").write_text(json.dumps(stray))
    kernel = tmp_path / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "Other", "language": "python"}')
    (tmp_path / "token").write_bytes(f"{TOKEN}\r\n".encode("utf-16"))
    before = sorted(tmp_path.rglob("*"))
    options = ("--notebooks", str(folder), "--preheat", "1", "--token-file", str(tmp_path / "token"))
    with Served(*options, cwd=tmp_path, HOME=str(tmp_path), JUPYTER_CONFIG_DIR=str(tmp_path)) as served:
        assert TOKEN not in " ".join(served.process.args) + served.log.read_text()  # type: ignore[arg-type]
        assert [one.ask("/", **me).status for one in (locked, served, public)] == [200, 200, 403]
        text = served.ask("/counter", **KNOWN).text
    assert "shell-top" in text
    assert "widget-view" in text
    assert "ipywidgets.Button" not in text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_cell_that_fails_shows_an_incident_and_no_reason(public: Served) -> None:
    """The number on the page is the number in the log; a log for a person has the reason too."""
    text = public.ask("/failing", Authorization=f"token {public.address.partition('?token=')[2]}").text
    number = re.search(words("shell.number", number="([0-9a-f]{8})"), text)
    assert number
    assert not [secret for secret in (notebooks.TYPED, "RuntimeError", "printed") if secret in text]
    assert not [said for said in (number[1], notebooks.TYPED) if said not in public.log.read_text()]


def test_a_cell_that_fails_takes_nothing_with_it(small: Served) -> None:
    """What stands before and after it is made. A log in lines has the number and no word of it."""
    text = small.ask("/halves").text
    assert (text.count("widget-view+json"), text.count(words("shell.failure_title"))) == (2, 1)
    number = re.search(words("shell.number", number="([0-9a-f]{8})"), text)
    assert number
    assert f'"event": "error", "number": "{number[1]}", "where": "cell"' in small.log.read_text()
    assert notebooks.TYPED not in small.log.read_text() + text


def test_with_the_token_the_visitor_stays_known(public: Served) -> None:
    """It is long; the cookie carries on, the token leaves the address, and it stands in the log once, in the greeting.

    The form takes it, and goes where the visitor wanted to go.
    """
    token = public.address.partition("?token=")[2]
    assert len(token) >= 32
    answer = public.ask(f"/counter?a=1&token={token}")
    assert (answer.status, answer.headers["Location"]) == (302, "/counter?a=1")
    assert public.ask("/", Cookie=answer.cookie).status == 200
    public.ask(f"/nowhere?token={token}x")
    assert public.log.read_text().count(token) == 1
    form = public.ask("/counter")
    for given, seen in ((token, (302, "/counter")), ("wrong", (403, None))):
        body = f"_xsrf={form.cookies['_xsrf']}&token={given}&next=/counter"
        answer = public.post("/login", body, Cookie=form.cookie)
        assert (answer.status, answer.headers["Location"]) == seen


def test_another_guidance_is_served(toy: Edition) -> None:
    """In the index and on a page; that none says a word of ours under it is seen in ``tests/ui``."""

    async def visit() -> str:
        visitor = await Visitor.enter(served.address, "article")
        assert await visitor.leave() == 204
        return json.dumps(visitor.states, ensure_ascii=False)

    with Served("--preheat", "0", "--guidance", "toy", KAPNB_PACKS=os.environ["KAPNB_PACKS"]) as served:
        said = run(visit())
        assert find_strays(said + served.ask("/").text) == []
    assert toy.ledger.source.author in said


def test_what_a_notebook_says_of_itself(tmp_path: Path) -> None:
    """Its metadata first, then the heading and the first paragraph; its name stands in for a title. By order, then by name."""
    said = {"title": "Said", "purpose": "For this.", "nav": "Short", "order": 3}
    notebooks.write(tmp_path, "said", "# A title\n\nIts purpose.", kapnb=said)
    notebooks.write(tmp_path, "one", "# A title\n\nIts\npurpose.\n\nMore.")
    notebooks.write(tmp_path, "my_page", "")
    pages = [(page.name, page.title, page.purpose, page.label) for page in read_pages(tmp_path)]
    assert pages == [
        ("said", "Said", "For this.", "Short"),
        ("my_page", "My page", "", "My page"),
        ("one", "A title", "Its purpose.", "A title"),
    ]
    ours = read_pages(paths.notebooks())
    assert ours
    assert all(page.title and page.purpose and len(page.label) <= 20 for page in ours)
    assert [page.name for page in ours if page.door] == ["assessment", "training", "supervision"]
    assert [page.name for page in ours if not page.label] == ["sets", "reviewers"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"metadata": []}', b'{"cells": [1]}'])
def test_a_file_that_is_no_notebook(tmp_path: Path, content: bytes) -> None:
    """It is named, before anything is served."""
    (tmp_path / "one.ipynb").write_bytes(content)
    with pytest.raises(ServingError, match=r"one\.ipynb"):
        read_pages(tmp_path)
