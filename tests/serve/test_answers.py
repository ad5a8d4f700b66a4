"""What the server answers, and what it refuses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from kapnb.serve.launcher import SECURITY_POLICY
from kapnb.text.words import words
from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_the_index_lists_the_notebooks(small: Served) -> None:
    """Title and purpose of each, and a link."""
    answer = small.ask("/")
    assert answer.status == 200
    for part in ("<h2>Count</h2>", "Press, and it counts.", 'href="/counter"', ">Counter</a>", "This one cannot."):
        assert part in answer.text


@pytest.mark.parametrize("path", ["/", "/counter", "/nowhere"])
def test_every_page_is_a_whole_document(small: Served, path: str) -> None:
    """Language, title, one main landmark, a skip link, and no traceback."""
    text = small.ask(path).text
    assert '<html lang="en">' in text
    assert re.search(r"<title>[^<]+ · kapnb</title>", text)
    assert text.count("<main ") == 1
    skip = re.search(r'shell-skip" href="#(\w+)"', text)
    assert skip
    assert f'id="{skip[1]}"' in text
    assert "Traceback" not in text


@pytest.mark.parametrize("path", ["/", "/counter", "/nowhere"])
def test_headers(small: Served, path: str) -> None:
    """The security policy stands on every page."""
    headers = small.ask(path).headers
    assert headers["Content-Security-Policy"] == SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_no_page_names_a_foreign_host(small: Served) -> None:
    """No style, font or script comes from elsewhere."""
    text = small.ask("/").text + small.ask("/counter").text
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"']*", text)


def test_pages_come_packed(small: Served) -> None:
    """A browser that takes gzip gets gzip."""
    style = re.search(r'href="(/kapnb/assets/[^"]*/kapnb.css)"', small.ask("/").text)
    assert style
    answer = small.ask(style[1], Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/voila/render/nowhere.ipynb", "/voila/render/../conftest.py", "/voila/render/private.csv", "/a/b/c"],
)
def test_a_wrong_address_is_said_calmly(small: Served, path: str) -> None:
    """404, in words, with a way back."""
    answer = small.ask(path)
    assert answer.status == 404
    assert words("shell.error_404_title") in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    "path",
    ["/voila/files/private.csv", "/voila/files/picture.png", "/voila/tree", "/voila/tree/", "/voila/api/contents/", "/logout"],
)
def test_nothing_else_of_the_folder_is_served(small: Served, path: str) -> None:
    """No files, no folder, no listing."""
    answer = small.ask(path)
    assert answer.status == 404
    assert "kept here" not in answer.text


@pytest.mark.parametrize("path", ["/", "/counter", "/kapnb/alive/no-such-one"])
def test_a_foreign_host_header_is_refused(small: Served, path: str) -> None:
    """Another site's name that points here gets nothing."""
    answer = small.ask(path, Host="rebound.example")
    assert answer.status == 403
    assert "Count" not in answer.text


@pytest.mark.parametrize("query", ["?template=base", "?template=lab&theme=dark", "?voila-template=lab"])
def test_the_template_cannot_be_chosen_from_outside(small: Served, query: str) -> None:
    """The page is ours whatever the address says."""
    text = small.ask(f"/counter{query}").text
    assert "shell-top" in text
    assert "JupyterLab Dark" not in text


def test_a_kernel_that_is_not_there_is_gone(small: Served) -> None:
    """410, for an id that was never one too."""
    assert small.ask("/kapnb/alive/00000000-0000-0000-0000-000000000000").status == 410


def test_a_configuration_that_lies_about_is_not_read(folder: Path, tmp_path: Path) -> None:
    """Neither in the working directory nor in the user's own folder."""
    stray = {"VoilaConfiguration": {"template": "lab", "show_tracebacks": True, "strip_sources": False}}
    (tmp_path / "voila.json").write_text(json.dumps(stray))
    with Served(
        "--notebooks", str(folder), "--preheat", "0", cwd=tmp_path, HOME=str(tmp_path), JUPYTER_CONFIG_DIR=str(tmp_path)
    ) as served:
        text = served.ask("/counter").text
    assert "shell-top" in text
    assert "ipywidgets.Button" not in text
    assert {path.name for path in tmp_path.iterdir()} == {"voila.json"}


def test_a_base_url(folder: Path) -> None:
    """Every address stands below it, with or without its last slash."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--base-url", "tools/kap") as served:
        assert served.url.endswith("/tools/kap/")
        assert 'href="/tools/kap/counter"' in served.ask("/tools/kap/").text
        assert served.ask("/tools/kap").headers["Location"] == "/tools/kap/"
        assert "shell-top" in served.ask("/tools/kap/counter").text
        assert served.ask("/").status == 404
        assert not re.findall(r'(?:href|src)="/(?!tools/kap/)', served.ask("/tools/kap/counter").text)


class TestToken:
    """Off this machine a token is asked for; these tests bind every address and come by loopback."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_to_all(cls, folder: Path) -> Iterator[Served]:
        with Served("--notebooks", str(folder), "--preheat", "0", "--ip", "0.0.0.0") as served:
            yield served

    def test_one_is_made_and_printed(self, open_to_all: Served) -> None:
        """Long, and in the address."""
        assert len(open_to_all.address.partition("?token=")[2]) >= 32

    @pytest.mark.parametrize("path", ["/", "/counter", "/kapnb/alive/x", "/?token=wrong", "/counter?token="])
    def test_without_it_nothing_is_shown(self, open_to_all: Served, path: str) -> None:
        """403, and a form that asks for it."""
        answer = open_to_all.ask(path)
        assert answer.status == 403
        assert words("shell.token_title") in answer.text
        assert 'href="/counter"' not in answer.text
        assert (words("shell.token_wrong") in answer.text) == ("token=" in path)

    def test_with_it_the_visitor_stays_known(self, open_to_all: Served) -> None:
        """The cookie carries on, and the token leaves the address."""
        token = open_to_all.address.partition("?token=")[2]
        answer = open_to_all.ask(f"/counter?a=1&token={token}")
        assert (answer.status, answer.headers["Location"]) == (302, "/counter?a=1")
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        assert open_to_all.ask("/", Cookie=cookie).status == 200

    def test_the_form_takes_it(self, open_to_all: Served) -> None:
        """And goes where the visitor wanted to go, inside this server."""
        token = open_to_all.address.partition("?token=")[2]
        cookies = open_to_all.ask("/counter").cookies
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())

        def post(given: str, going_to: str) -> tuple[int, str | None]:
            body = f"_xsrf={cookies['_xsrf']}&token={given}&next={going_to}"
            answer = open_to_all.ask("/login", "POST", body, Cookie=cookie, Content_Type="application/x-www-form-urlencoded")
            return answer.status, answer.headers["Location"]

        assert post(token, "/counter") == (302, "/counter")
        assert post(token, "//elsewhere.example") == (302, "/")
        assert post("wrong", "/counter") == (403, None)

    def test_it_is_never_logged(self, open_to_all: Served) -> None:
        """Once in the greeting, nowhere else."""
        token = open_to_all.address.partition("?token=")[2]
        open_to_all.ask(f"/nowhere?token={token}")
        open_to_all.ask(f"/?token={token}x")
        assert open_to_all.log.read_text().count(token) == 1

    def test_a_given_token_is_not_printed(self, folder: Path) -> None:
        """Whoever gave it knows it."""
        with Served("--notebooks", str(folder), "--preheat", "0", "--token", "sesame") as served:
            assert "sesame" not in served.log.read_text()
            assert served.ask("/").status == 403
            assert served.ask("/", Authorization="token sesame").status == 200
