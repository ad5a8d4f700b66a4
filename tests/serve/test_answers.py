"""What the server answers: pages, errors, redirects, headers, the token."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from kapnb.serve.app import HEADERS
from kapnb.text.words import words
from tests.serve.conftest import TOKEN
from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_the_index_lists_the_notebooks(small: Served) -> None:
    """Title and purpose of each, and a link."""
    answer = small.ask("/")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    for part in ("<h2>Count</h2>", "Press, and it counts.", 'href="/counter"', ">Counter</a>", "This one cannot."):
        assert part in answer.text


@pytest.mark.parametrize("path", ["/", "/counter", "/nowhere"])
def test_every_page_is_a_whole_document(small: Served, path: str) -> None:
    """Language, title, one main landmark, a skip link, the security headers, no foreign host and no traceback."""
    answer = small.ask(path)
    assert '<html lang="en">' in answer.text
    assert re.search(r"<title>[^<]+ · kapnb</title>", answer.text)
    assert answer.text.count("<main ") == 1
    skip = re.search(r'shell-skip" href="#(\w+)"', answer.text)
    assert skip
    assert f'id="{skip[1]}"' in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"']*", answer.text)
    assert "Traceback" not in answer.text


def test_a_page_is_drawn_in_our_template_with_one_style(small: Served) -> None:
    """Whatever the address asks for; the style stands below everything that scripts add to the head."""
    for query in ("", "?template=base", "?template=lab&theme=dark", "?voila-template=lab"):
        head, _, body = small.ask(f"/counter{query}").text.partition("</head>")
        assert "shell-top" in body
        assert "JupyterLab Dark" not in body
        assert ("kapnb.css" in head, body.count("kapnb.css")) == (False, 1)


def test_a_slash_too_many_leads_to_the_page(small: Served) -> None:
    answer = small.ask("/counter/?a=1")
    assert (answer.status, answer.headers["Location"]) == (301, "/counter?a=1")


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/counter", 200), ("/kapnb/health", 200), ("/nowhere", 404)])
def test_asking_for_the_head_opens_no_session(small: Served, path: str, status: int) -> None:
    before = len(small.kernels())
    answer = small.ask(path, "HEAD")
    assert (answer.status, answer.text, len(small.kernels())) == (status, "", before)


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/nowhere/", "/voila/render/nowhere.ipynb", "/voila/render/../conftest.py", "/voila/render/private.csv"),
        *("/a/b/c", "/voila/files/private.csv", "/voila/files/picture.png", "/voila/tree/", "/voila/api/contents/", "/logout"),
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


def test_a_configuration_that_lies_about_is_not_read(folder: Path, tmp_path: Path) -> None:
    """Neither in the working directory nor in the user's own folder, nor is a kernel; and nothing is written there."""
    stray = {"VoilaConfiguration": {"template": "lab", "show_tracebacks": True, "strip_sources": False}}
    (tmp_path / "voila.json").write_text(json.dumps(stray))
    kernel = tmp_path / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "Other", "language": "python"}')
    before = sorted(tmp_path.rglob("*"))
    options = ("--notebooks", str(folder), "--preheat", "1")
    with Served(*options, cwd=tmp_path, HOME=str(tmp_path), JUPYTER_CONFIG_DIR=str(tmp_path)) as served:
        text = served.ask("/counter").text
    assert "shell-top" in text
    assert "widget-view" in text
    assert "ipywidgets.Button" not in text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_base_url(folder: Path) -> None:
    """Every address stands below it, with or without its last slash."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--base-url", "tools/kap") as served:
        assert served.url.endswith("/tools/kap/")
        assert 'href="/tools/kap/counter"' in served.ask("/tools/kap/").text
        assert served.ask("/tools/kap").headers["Location"] == "/tools/kap/"
        assert served.ask("/tools/kap/counter/").headers["Location"] == "/tools/kap/counter"
        assert served.ask("/").status == 404
        assert not re.findall(r'(?:href|src)="/(?!tools/kap/)', served.ask("/tools/kap/counter").text)


def test_a_cell_that_fails_shows_an_incident_and_no_reason(small: Served) -> None:
    """The number on the page is the number in the log; the reason is in the log only."""
    text = small.ask("/failing").text
    number = re.search(words("shell.number", number="([0-9a-f]{8})"), text)
    assert number
    assert not [secret for secret in ("secret", "RuntimeError", "printed") if secret in text]
    log = small.log.read_text()
    assert number[1] in log
    assert "in the log only" in log


class TestToken:
    """Off this machine a token is asked for; these tests bind every address and come by loopback."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_to_all(cls, folder: Path) -> Iterator[Served]:
        with Served("--notebooks", str(folder), "--preheat", "0", "--ip", "0.0.0.0") as served:
            yield served

    @pytest.mark.parametrize("path", ["/", "/counter", "/kapnb/alive/x", "/?token=wrong", "/counter?token="])
    def test_without_it_nothing_is_shown(self, open_to_all: Served, path: str) -> None:
        """403, and a form that asks for it."""
        answer = open_to_all.ask(path)
        assert answer.status == 403
        assert words("shell.token_title") in answer.text
        assert 'href="/counter"' not in answer.text
        assert (words("shell.token_wrong") in answer.text) == ("token=" in path)

    def test_with_it_the_visitor_stays_known(self, open_to_all: Served) -> None:
        """It is long; the cookie carries on, the token leaves the address, and it stands in the log once, in the greeting."""
        token = open_to_all.address.partition("?token=")[2]
        assert len(token) >= 32
        answer = open_to_all.ask(f"/counter?a=1&token={token}")
        assert (answer.status, answer.headers["Location"]) == (302, "/counter?a=1")
        assert open_to_all.ask("/", Cookie=answer.cookie).status == 200
        open_to_all.ask(f"/nowhere?token={token}x")
        assert open_to_all.log.read_text().count(token) == 1

    def test_the_form_takes_it(self, open_to_all: Served) -> None:
        """And goes where the visitor wanted to go, inside this server."""
        token = open_to_all.address.partition("?token=")[2]
        form = open_to_all.ask("/counter")

        def post(given: str, going_to: str) -> tuple[int, str | None]:
            body = f"_xsrf={form.cookies['_xsrf']}&token={given}&next={going_to}"
            answer = open_to_all.post("/login", body, Cookie=form.cookie)
            return answer.status, answer.headers["Location"]

        assert post(token, "/counter") == (302, "/counter")
        assert post("wrong", "/counter") == (403, None)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_a_token_in_a_file_is_not_in_the_list_of_processes(self, folder: Path, tmp_path: Path, encoding: str) -> None:
        """It is read however an editor wrote it, asked for, and not printed."""
        (tmp_path / "token").write_bytes(f"{TOKEN}\r\n".encode(encoding))
        with Served("--notebooks", str(folder), "--preheat", "0", "--token-file", str(tmp_path / "token")) as served:
            assert TOKEN not in " ".join(served.process.args) + served.log.read_text()  # type: ignore[arg-type]
            assert served.ask("/").status == 403
            assert served.ask("/", Authorization=f"token {TOKEN}").status == 200
