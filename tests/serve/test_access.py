"""Who may come in: hosts, other sites, tokens, and requests that nobody sends by accident."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import TYPE_CHECKING

import pytest

from kapnb.engine.problems import ServingError
from kapnb.serve import access
from kapnb.serve.access import RateLimit, is_allowed_host, is_same_origin, is_weak, network_of, parse_host
from kapnb.serve.app import HEADERS, hide_query
from kapnb.serve.launcher import serve
from kapnb.serve.options import Options
from kapnb.text.words import words
from tests.serve.conftest import KNOWN, TOKEN

if TYPE_CHECKING:
    from tests.served import Served

UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": "a" * 22 + "=="}
KERNEL = "/api/kernels/00000000-0000-0000-0000-000000000000"
ANY_ADDRESS = [
    *(("GET", path) for path in ("/", "/counter", "/nowhere", "/login", "/%ff", "/voila/render/%ff", KERNEL, f"{KERNEL}/channels")),
    *(("GET", f"/voila/{path}") for path in ("static/voila.js", "labextensions/%2e%2e/%2e%2e/etc/passwd")),
    *(("GET", f"/voila/templates/kapnb/{path}") for path in ("static/kapnb.css", "static/../index.html.j2")),
    *(("GET", f"/kapnb/assets/0/kapnb/{path}") for path in ("kapnb.css", "nowhere", "%00", "%ff", "../index.html.j2")),
    *(("GET", f"/kapnb/assets/0/{path}") for path in ("..%2f..%2f..%2fcli.py", "../../../../etc/passwd", "/etc/passwd", "x")),
    *(("POST", path) for path in ("/", "/login", "/voila/api/shutdown/x")),
    *(("DELETE", KERNEL), ("OPTIONS", "/"), ("HEAD", "/"), ("TRACE", "/"), ("FOO", "/counter")),
]


@pytest.mark.parametrize(("method", "path"), ANY_ADDRESS)
def test_no_answer_is_careless(small: Served, method: str, path: str) -> None:
    """Every answer carries the careful headers, none is an error of ours or leaves a traceback, and another host gets nothing."""
    before = small.log.read_text()
    body = "" if method == "POST" else None
    answer, foreign = small.ask(path, method, body), small.ask(path, method, body, Host="rebound.example:80")
    for name, value in HEADERS.items():
        scripts = path.startswith(("/api/", "/voila/api/"))  # their own policy allows nothing at all
        assert answer.headers[name] == value or (scripts and "default-src 'none'" in answer.headers[name])
        assert foreign.headers[name] == value
    assert answer.status < 500
    assert foreign.status == (405 if method in {"TRACE", "FOO"} else 403)
    assert "Set-Cookie" not in foreign.headers
    assert not [said for said in ('href="/counter"', ".shell") if said in foreign.text]
    seen = answer.text + foreign.text + small.log.read_text().removeprefix(before)
    assert not [said for said in ("Traceback", "root:", "argparse") if said in seen]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        *((host, "kap.example") for host in ("kap.example", "KAP.example:8080", "kap.example.", "kap.example.:80")),
        *(("127.0.0.1", "127.0.0.1"), ("localhost:1", "localhost"), ("[::1]:1", "::1"), ("a_b.example", "a_b.example")),
        *((host, None) for host in ("kap.example..", "kap.example:80:90", "kap.example:", ":80", "", ".", "a@kap.example", "-a.b")),
        *((host, None) for host in ("[::1]evil", "[::1", "::1", "[kap.example]", "[127.0.0.1", "0x7f.1", "127.1", "0177.0.0.1")),
        *(
            (host, None)
            for host in (" kap.example", "kap.example ", "kap.example\n", "kap.ex\u00e4mple", "127.0.0.1.5", "2130706433")
        ),
    ],
)
def test_a_host_is_read_in_one_way(host: str, name: str | None) -> None:
    """What other programs might read as another host, or as this machine, is no host; also where any host is allowed."""
    assert parse_host(host) == name
    assert is_allowed_host(host, None) is (name is not None)
    assert is_allowed_host(host, ["kap.example"]) is (name in {"kap.example", "127.0.0.1", "localhost", "::1"})


def test_only_a_name_that_was_allowed_is_let_in(locked: Served) -> None:
    """And asked for the token; any other name is refused even with it."""
    for host in ("kap.example", "kap.example.", "KAP.example:8080", "127.0.0.1", "localhost:1", "[::1]:1"):
        assert [locked.ask("/", Host=host).status, locked.ask("/", Host=host, **KNOWN).status] == [403, 200]
    for host in ("rebound.example", "xkap.example", "10.0.0.1", "a@kap.example", "kap.example:80:90", ":", "["):
        answer = locked.ask("/", Host=host, **KNOWN)
        assert answer.status in {400, 403}
        assert "counter" not in answer.text


FOLLOWS = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""A link of another site."""
BEHIND = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {**FOLLOWS, "Sec-Fetch-Dest": "iframe"},
    {**FOLLOWS, "Sec-Purpose": "prefetch"},
]
"""A picture, a script of another port, a frame, and a page fetched before anybody asked for it."""


def test_another_site_makes_no_request() -> None:
    """Behind the visitor's back it loads nothing; a link may be followed, a form of another site may not be sent."""
    assert [is_same_origin("GET", "kap", headers) for headers in ({}, FOLLOWS, {"Sec-Fetch-Site": "same-origin"})] == [True] * 3
    assert not [headers for headers in BEHIND if is_same_origin("GET", "kap", headers)]
    assert not [method for method in ("POST", "PUT", "DELETE") if is_same_origin(method, "kap", FOLLOWS)]
    own = {"Origin": "http://KAP:80"}
    assert is_same_origin("POST", "kap:80", own)
    others = ("http://elsewhere.example", "http://kap:81", "http://kap", "null", "")
    assert not [origin for origin in others if is_same_origin("POST", "kap:80", {"Origin": origin})]


def test_another_site_opens_no_session_and_sends_no_form(small: Served) -> None:
    """No place is taken: not by what it loads, nor by a form that it lets a visitor send. A link of it may be followed."""
    for method, headers in [*(("GET", one) for one in BEHIND), ("POST", FOLLOWS), ("PUT", FOLLOWS)]:
        answer = small.ask("/counter", method, **headers)
        assert (answer.status, "kernelId" in answer.text) == (403, False)
        assert words("shell.error_403_title") in answer.text
    assert not small.kernels()
    assert small.ask("/counter", "HEAD", **FOLLOWS).status == 200


@pytest.mark.parametrize("said", [FOLLOWS, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}])
def test_a_form_of_another_site_logs_nobody_in(locked: Served, said: dict[str, str]) -> None:
    """Not even with the token, and with the secret that our own form has."""
    form = locked.ask("/login")
    body = f"_xsrf={form.cookies['_xsrf']}&token={TOKEN}"
    refused = locked.post("/login", body, Cookie=form.cookie, **said)
    assert (refused.status, refused.headers["Set-Cookie"]) == (403, None)
    assert locked.post("/login", body, Cookie=form.cookie).status == 302


def test_another_site_has_no_part_in_a_session(small: Served) -> None:
    """It opens no socket, keeps no session and ends none: that takes the visitor's secret, and a request from this site."""
    page = small.ask("/counter")
    mine, alive = {"Cookie": page.cookie, "X_XSRFToken": page.cookies["_xsrf"]}, f"/kapnb/alive/{page.kernel_id}"
    others = [{"Origin": origin} for origin in ("http://elsewhere.example", "null", "http://127.0.0.1:1")]
    for origin in others:
        assert small.ask(f"/api/kernels/{page.kernel_id}/channels", **origin, **UPGRADE).status == 403
    for careless in (*others, {"X_XSRFToken": "x"}, {"Cookie": "_xsrf=x"}):
        headers = {**mine, **careless}
        assert small.ask(alive, "PUT", **headers).status in {403, 404}
        assert small.ask(f"/voila/api/shutdown/{page.kernel_id}", "POST", "", **headers).status in {403, 404}
        assert small.ask(f"/api/kernels/{page.kernel_id}", "DELETE", **headers).status in {403, 404}
    assert small.ask(alive, "PUT", **mine).status == 204


def test_cookies_stay_with_this_site(small: Served) -> None:
    """No cookie goes along with a request that another site makes, and no script reads who the visitor is."""
    cookies = small.ask("/").headers.get_all("Set-Cookie")
    assert cookies
    assert all("SameSite=Lax" in cookie for cookie in cookies)
    assert all("HttpOnly" in cookie for cookie in cookies if cookie.startswith("username"))


def test_a_token_leads_nowhere_else(small: Served, locked: Served) -> None:
    """Taking it out of an address never sends a visitor to another host, nor does taking a slash away; nor does the form."""
    for path in ("//elsewhere.example/", "/\\elsewhere.example/", "//elsewhere.example/a?b=1", "///elsewhere.example"):
        for way in (path + ("&" if "?" in path else "?") + "token=x", path):
            assert "elsewhere" not in (small.ask(way).headers["Location"] or "").split("?")[0]
    for path in ("//elsewhere.example", "/%09/elsewhere.example", "/%5celsewhere.example", "/%0d%0aX:y", "%ff", "javascript:x"):
        asked = locked.ask(f"/login?next={path}")
        assert 'name="next" value="/"' in asked.text
        sent = locked.post("/login", f"_xsrf={asked.cookies['_xsrf']}&token={TOKEN}&next={path}", Cookie=asked.cookie)
        assert (sent.status, sent.headers["Location"]) in {(302, "/"), (400, None)}


def test_nothing_works_without_the_token(locked: Served) -> None:
    """No page, no kernel and no socket, but a form that asks for it; a strange query gets it too, and is not written into it."""
    for path in (KERNEL, f"{KERNEL}/channels"):
        assert locked.ask(path, **(UPGRADE if path.endswith("channels") else {})).status == 403
    for path in ("/", "/counter", "/kapnb/alive/x", "/voila/render/counter.ipynb", "/counter?token="):
        answer = locked.ask(path, X_Real_IP="10.0.0.8")
        assert (answer.status, words("shell.token_title") in answer.text, 'href="/counter"' in answer.text) == (403, True, False)
        assert (words("shell.token_wrong") in answer.text) == ("token=" in path)
    for query in ("?token=%ff", "?next=%ff", "?next=%22%3E%3Cscript%3E", "?token=a&token=b"):
        answer = locked.ask(f"/{query}", X_Real_IP="10.0.0.9")
        assert answer.status in {400, 403}
        assert "<script>" not in answer.text
    assert "Traceback" not in locked.log.read_text()


@pytest.mark.parametrize("token", ["", "sesame", "open-sesame-202", "a" * 40, "abababababababababab", "1234567123456712345"])
@pytest.mark.parametrize("options", [{"ip": "0.0.0.0"}, {"hosts": ("kap.example",)}])
def test_a_weak_token_is_refused_where_others_can_come(token: str, options: dict[str, object]) -> None:
    """Before anything is served, in words that do not repeat it and say how to get a strong one."""
    with pytest.raises(ServingError) as refused:
        serve(Options(token=token, **options))  # type: ignore[arg-type]
    (problem,) = refused.value.problems
    assert problem.where == "--token"
    assert problem.remedy == words("serving.remedy_token")
    assert not token or token not in str(problem)
    assert not is_weak(TOKEN)
    assert not is_weak("abcdefgh" * 2)


def test_a_rate_limit_is_reached_and_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many from an address and no more, for so long; another address is not concerned, and only so many are remembered."""
    now = 100.0
    monkeypatch.setattr(access.time, "monotonic", lambda: now)
    limit = RateLimit(most=3, seconds=60, addresses=10)
    for reached in (False, False, True, True):
        limit.count("10.0.0.1")
        assert limit.is_reached("10.0.0.1") is reached
    assert not limit.is_reached("10.0.0.2")
    now += 60
    assert not limit.is_reached("10.0.0.1")
    limit.count("10.0.0.1")
    assert not limit.is_reached("10.0.0.1")
    for number in range(1000):
        limit.count(f"10.0.{number // 256}.{number % 256}")
    assert len(limit._counts) == 10


def test_a_network_is_one_visitor() -> None:
    """In IPv6 somebody has as many addresses as they like, in one network."""
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("10.0.0.1") != network_of("10.0.0.2")
    assert network_of("") == ""


def test_whoever_tries_tokens_has_to_wait(locked: Served) -> None:
    """After many wrong ones not even the right one is looked at; who is in stays in, and others are not concerned.

    A proxy on this machine says for whom it speaks. No token stands in the log.
    """
    me = {"X_Real_IP": "10.0.0.1"}
    known = locked.ask(f"/?token={TOKEN}", **me).cookie
    form = locked.ask("/login", **me)

    def tell(token: str) -> int:
        return locked.post("/login", f"_xsrf={form.cookies['_xsrf']}&token={token}", Cookie=form.cookie, **me).status

    ways = (
        lambda: locked.ask("/?token=wrong-one", **me).status,
        lambda: locked.ask("/counter", Authorization="token wrong-one", **me).status,
        lambda: tell("wrong-one"),
    )
    assert [ways[turn % 3]() for turn in range(20)] == [403] * 20
    assert [way() for way in ways] == [429] * 3
    assert tell(TOKEN) == 429
    answer = locked.ask(f"/?token={TOKEN}", **me)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    assert words("shell.error_429_title") in answer.text
    assert locked.ask("/", Cookie=known, **me).status == 200
    assert locked.ask("/", **me).status == 403
    assert locked.ask("/?token=wrong-one", X_Real_IP="10.0.0.2").status == 403
    log = locked.log.read_text()
    assert not [said for said in (TOKEN, "wrong-one", "Traceback") if said in log]


def test_nobody_but_a_proxy_on_this_machine_is_believed() -> None:
    """Where others come themselves, or no proxy was told of, such a header is only what somebody says."""
    assert Options(hosts=("kap.example.org",)).behind_proxy
    for options in (Options(), Options(ip="0.0.0.0"), Options(ip="0.0.0.0", hosts=("kap.example.org",))):
        assert not options.behind_proxy


@pytest.mark.parametrize("query", ["token=abc&b=1", "toke%6e=abc", "b=1&%74oken=abc", "code=abc&state=abc"])
def test_an_address_is_logged_without_its_query(query: str) -> None:
    """However the token is spelled in it; where it led is still told."""
    args = (f"GET /a?{query}", "10.0.0.1", {"uri": f"/a?{query}"})
    record = logging.LogRecord("x", logging.ERROR, "", 1, "%s (%s)\n%r", args, None)
    assert hide_query(record)
    assert "abc" not in record.getMessage()
    assert "GET /a?… (10.0.0.1)" in record.getMessage()


HEAD = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
ODD_REQUESTS = {
    "a large body": f"{HEAD}Content-Length: 70000\r\n\r\n" + "a" * 70_000,
    "a large body in chunks": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n11170\r\n" + "a" * 70_000 + "\r\n0\r\n\r\n",
    "two lengths": f"{HEAD}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "a length and chunks": f"{HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere.example\r\n\r\n",
    "a folded host": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n elsewhere.example\r\n\r\n",
    "a zero sign": "GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a long head": f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {'a' * 70000}\r\n\r\n",
}


@pytest.mark.parametrize("case", ODD_REQUESTS)
def test_a_request_that_is_large_or_can_be_read_in_two_ways_is_not_read(locked: Served, case: str) -> None:
    """The connection is closed after one refusal. Six large bodies took 600 MB without this control."""
    answer = b""
    with socket.create_connection(("127.0.0.1", locked.port), timeout=30) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(ODD_REQUESTS[case].encode())
        while more := connection.recv(1024):
            answer += more
    assert answer.count(b"HTTP/1.1") <= 1
    assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
