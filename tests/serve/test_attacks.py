"""What an attacker or a careless visitor may try against the server."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
from typing import TYPE_CHECKING

import psutil
import pytest

from kapnb.serve.launcher import HEADERS
from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": "a" * 22 + "=="}
KERNEL = "/api/kernels/00000000-0000-0000-0000-000000000000"

APIS = ("/api/", "/voila/api/")
"""Answers for scripts; their own policy allows nothing at all."""

TOKEN = "open-sesame-2026"

ANY_ADDRESS = [
    ("GET", "/"),
    ("GET", "/counter"),
    ("GET", "/nowhere"),
    ("GET", "/login"),
    ("GET", "/%ff"),
    ("GET", "/voila/render/%ff"),
    ("GET", "/voila/static/voila.js"),
    ("GET", "/voila/templates/kapnb/static/kapnb.css"),
    ("GET", "/voila/templates/kapnb/static/../index.html.j2"),
    ("GET", "/voila/labextensions/%2e%2e/%2e%2e/etc/passwd"),
    ("GET", "/kapnb/assets/kapnb-0/kapnb.css"),
    ("GET", "/kapnb/assets/kapnb-0/nowhere"),
    ("GET", "/kapnb/assets/kapnb-0/%00"),
    ("GET", "/kapnb/assets/kapnb-0/%ff"),
    ("GET", "/kapnb/assets/kapnb-0/../index.html.j2"),
    ("GET", "/kapnb/assets/kapnb-0/..%2f..%2f..%2f..%2f..%2f..%2fcli.py"),
    ("GET", "/kapnb/assets/voila-0/../../../../etc/passwd"),
    ("GET", "/kapnb/assets/voila-0/%2e%2e%2f%2e%2e%2fetc/passwd"),
    ("GET", "/kapnb/assets/voila-0//etc/passwd"),
    ("GET", "/kapnb/assets/extensions-0/%2e%2e/%2e%2e/etc/passwd"),
    ("GET", "/kapnb/assets/nowhere-0/kapnb.css"),
    ("GET", "/kapnb/assets/x"),
    ("GET", KERNEL),
    ("GET", f"{KERNEL}/channels"),
    ("POST", "/"),
    ("POST", "/login"),
    ("POST", "/voila/api/shutdown/x"),
    ("DELETE", KERNEL),
    ("OPTIONS", "/"),
    ("HEAD", "/"),
    ("TRACE", "/"),
    ("FOO", "/counter"),
]


@pytest.fixture(scope="module")
def locked(folder: Path) -> Iterator[Served]:
    with Served("--notebooks", str(folder), "--preheat", "0", "--token", TOKEN, "--allow-host", "kap.example") as served:
        yield served


@pytest.mark.parametrize(("method", "path"), ANY_ADDRESS)
def test_no_answer_is_careless(small: Served, method: str, path: str) -> None:
    """Every answer carries the careful headers, none is an error of ours, and none leaves a traceback in page or log."""
    before = small.log.read_text()
    answer = small.ask(path, method, "" if method == "POST" else None)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value or (path.startswith(APIS) and "default-src 'none'" in answer.headers[name])
    assert answer.status < 500
    assert "Traceback" not in answer.text + small.log.read_text().removeprefix(before)
    assert "root:" not in answer.text
    assert "argparse" not in answer.text


@pytest.mark.parametrize(("method", "path"), ANY_ADDRESS)
def test_no_answer_goes_to_another_host(small: Served, method: str, path: str) -> None:
    """Whoever names another server gets the careful headers and nothing else: no page, no style, no script, no cookie."""
    answer = small.ask(path, method, "" if method == "POST" else None, Host="rebound.example:80")
    assert answer.status == (405 if method in {"TRACE", "FOO"} else 403)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "Set-Cookie" not in answer.headers
    assert 'href="/counter"' not in answer.text
    assert ".shell" not in answer.text


@pytest.mark.parametrize("host", ["kap.example", "KAP.example:8080", "127.0.0.1", "localhost:1", "[::1]:1"])
def test_a_name_that_was_allowed_is_let_in(locked: Served, host: str) -> None:
    """The server answers to the names it was given, to this machine's own, and asks everybody for the token."""
    assert locked.ask("/", Host=host).status == 403
    assert locked.ask("/", Host=host, Authorization=f"token {TOKEN}").status == 200


@pytest.mark.parametrize("host", ["rebound.example", "xkap.example", "10.0.0.1", "a@kap.example", ":", "["])
def test_any_other_name_is_not(locked: Served, host: str) -> None:
    """Not even with the token."""
    answer = locked.ask("/", Host=host, Authorization=f"token {TOKEN}")
    assert answer.status in {400, 403}
    assert "counter" not in answer.text


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/", "/\\elsewhere.example/", "//elsewhere.example/a?b=1", "///elsewhere.example"]
)
def test_a_token_in_the_address_leads_nowhere_else(small: Served, path: str) -> None:
    """Taking the token out of an address never sends a visitor to another host."""
    answer = small.ask(path + ("&" if "?" in path else "?") + "token=x")
    assert "elsewhere" not in (answer.headers["Location"] or "").split("?")[0]


@pytest.mark.parametrize(
    "path", ["//elsewhere.example", "/%09/elsewhere.example", "/%5celsewhere.example", "/%0d%0aX:y", "%ff", "javascript:x"]
)
def test_the_form_for_the_token_leads_nowhere_else(locked: Served, path: str) -> None:
    """Wherever a visitor wants to go after showing the token, it is on this server."""
    asked = locked.ask(f"/login?next={path}")
    assert asked.status == 200
    assert 'name="next" value="/"' in asked.text
    cookie = "; ".join(f"{name}={value}" for name, value in asked.cookies.items())
    body = f"_xsrf={asked.cookies['_xsrf']}&token={TOKEN}&next={path}"
    sent = locked.ask("/login", "POST", body, Cookie=cookie, Content_Type="application/x-www-form-urlencoded")
    assert (sent.status, sent.headers["Location"]) in {(302, "/"), (400, None)}


@pytest.mark.parametrize("query", ["?token=%ff", "?next=%ff", "?next=%22%3E%3Cscript%3E", "?token=a&token=b"])
def test_a_strange_query_gets_the_form(locked: Served, query: str) -> None:
    """The visitor is asked for the token, and what the address held is not written into the page."""
    answer = locked.ask(f"/{query}")
    assert answer.status in {400, 403}
    assert "<script>" not in answer.text
    assert "Traceback" not in locked.log.read_text()


@pytest.mark.parametrize("path", ["/kapnb/alive/x", KERNEL, f"{KERNEL}/channels", "/voila/render/counter.ipynb"])
def test_nothing_works_without_the_token(locked: Served, path: str) -> None:
    """No page, no kernel and no socket."""
    assert locked.ask(path, **(UPGRADE if path.endswith("channels") else {})).status == 403


def test_cookies_stay_with_this_site(small: Served) -> None:
    """No cookie goes along with a request that another site makes, and no script reads who the visitor is."""
    cookies = small.ask("/").headers.get_all("Set-Cookie")
    assert cookies
    assert all("SameSite=Lax" in cookie for cookie in cookies)
    assert all("HttpOnly" in cookie for cookie in cookies if cookie.startswith("username"))


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "http://127.0.0.1:1"])
def test_another_site_opens_no_socket(small: Served, origin: str) -> None:
    """Only a page of this server talks to a kernel."""
    text = small.ask("/counter").text
    kernel = text.partition('"kernelId": "')[2].partition('"')[0]
    assert small.ask(f"/api/kernels/{kernel}/channels", Origin=origin, **UPGRADE).status == 403


def test_another_site_ends_no_session(small: Served) -> None:
    """Ending a kernel takes the cookie of its visitor, and the secret beside it."""
    kernel = small.ask("/counter").text.partition('"kernelId": "')[2].partition('"')[0]
    for method, path in [("POST", f"/voila/api/shutdown/{kernel}"), ("DELETE", f"/api/kernels/{kernel}")]:
        assert small.ask(path, method, "_xsrf=x", Cookie="_xsrf=x", Origin="http://elsewhere.example").status in {403, 404}
    assert small.ask(f"/kapnb/alive/{kernel}").status == 204


@pytest.mark.parametrize(
    "path", ["/api/kernels", "/api/kernelspecs", "/api/sessions", "/api/contents", "/api/terminals", "/metrics"]
)
def test_there_is_no_list_of_anything(small: Served, path: str) -> None:
    """What other visitors have open cannot be found out."""
    assert small.ask(path).status == 404
    assert small.ask(path, "POST", "").status in {403, 404}


def test_an_interrupt_is_no_trouble(folder: Path) -> None:
    """Ctrl+C ends the server, its kernels and its files, without a traceback."""
    served = Served("--notebooks", str(folder), "--preheat", "0")
    kernels = served.ask("/counter").status == 200 and served.kernels()
    assert kernels
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(30) in {0, 130}
    log = served.log.read_text()
    left = list((served.room / "t").iterdir())
    shutil.rmtree(served.room)
    assert "Traceback" not in log
    assert not left
    assert not psutil.wait_procs(kernels, timeout=10)[1]


ELSEWHERE = [
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
    {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document", "Sec_Purpose": "prefetch"},
]
"""A picture, a script of another port, a frame, and a page fetched before anybody asked for it."""


@pytest.mark.parametrize("said", ELSEWHERE)
def test_another_site_opens_no_session(small: Served, said: dict[str, str]) -> None:
    """A page is refused where a browser says that another site loads it behind the visitor's back; no place is taken."""
    before = len(small.kernels())
    answer = small.ask("/counter", **said)
    assert (answer.status, "kernelId" in answer.text) == (403, False)
    assert len(small.kernels()) == before


def test_a_link_of_another_site_may_be_followed(small: Served) -> None:
    """As from a course page; a form of another site may not be sent."""
    follows = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert small.ask("/", **follows).status == 200
    assert small.ask("/login", "POST", "token=x", **follows).status == 403


@pytest.mark.parametrize("said", ["Content-Length: 70000", "Transfer-Encoding: chunked"])
def test_a_stranger_sends_no_heap_of_bytes(locked: Served, said: str) -> None:
    """What is larger than a form is not kept until somebody asks who sent it. Six requests took 600 MB without this control."""
    with socket.create_connection(("127.0.0.1", locked.port), timeout=30) as connection:
        connection.sendall(f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n{said}\r\n\r\n".encode())
        answer = b""
        with contextlib.suppress(ConnectionError):
            if "chunked" in said:
                connection.sendall(b"11170\r\n" + b"a" * 70000 + b"\r\n")
            while more := connection.recv(1024):
                answer += more
    assert not answer or answer.startswith(b"HTTP/1.1 400")


HALVES = {
    "two lengths": "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "a length and chunks": (
        "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    ),
    "two hosts": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere.example\r\n\r\n",
    "a folded host": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n elsewhere.example\r\n\r\n",
    "a zero sign": "GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a long head": f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {'a' * 70000}\r\n\r\n",
}


@pytest.mark.parametrize("case", HALVES)
def test_a_request_that_can_be_read_in_two_ways_is_not_read(locked: Served, case: str) -> None:
    """The connection is closed after one refusal: a proxy in front cannot be led to take what follows for another's request."""
    with socket.create_connection(("127.0.0.1", locked.port), timeout=30) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(HALVES[case].encode())
            while more := connection.recv(1024):
                answer += more
    assert answer.count(b"HTTP/1.1") <= 1
    assert not answer or answer.startswith(b"HTTP/1.1 400")
