"""Tokens: which ones are taken, and what happens to those who try."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from kapnb.engine.problems import ServingError
from kapnb.serve import identity
from kapnb.serve.identity import Patience, is_weak, whose
from kapnb.serve.launcher import Options, hide_query, serve
from kapnb.text.words import words
from tests.served import Served

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "open-sesame-2026"


@pytest.mark.parametrize("token", ["", "sesame", "open-sesame-202", "a" * 40, "abababababababababab", "1234567123456712345"])
@pytest.mark.parametrize("options", [{"ip": "0.0.0.0"}, {"hosts": ("kap.example",)}])
def test_a_weak_token_is_refused_where_others_can_come(token: str, options: dict[str, object]) -> None:
    """Before anything is served, in words that do not repeat it and say how to get a strong one."""
    with pytest.raises(ServingError) as refused:
        serve(Options(token=token, **options))
    (problem,) = refused.value.problems
    assert problem.where == "--token"
    assert "leave --token out" in problem.remedy
    assert not token or token not in str(problem)


def test_a_strong_token_is_not_weak() -> None:
    """Sixteen characters, eight of them different."""
    assert not is_weak(TOKEN)
    assert not is_weak("abcdefgh" * 2)


def test_patience_ends_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many wrong ones from an address and no more, for so long; another address is not concerned."""
    now = 100.0
    monkeypatch.setattr(identity.time, "monotonic", lambda: now)
    patience = Patience(most=3, seconds=60)
    for over in (False, False, True, True):
        patience.note("10.0.0.1")
        assert patience.is_over("10.0.0.1") is over
    assert not patience.is_over("10.0.0.2")
    now += 60
    assert not patience.is_over("10.0.0.1")
    patience.note("10.0.0.1")
    assert not patience.is_over("10.0.0.1")


def test_patience_needs_little_room() -> None:
    """However many addresses try, a bounded number is remembered."""
    patience = Patience(addresses=10)
    for number in range(1000):
        patience.note(f"10.0.{number // 256}.{number % 256}")
    assert len(patience._wrong) == 10


def test_a_network_is_one_visitor() -> None:
    """In IPv6 somebody has as many addresses as they like, in one network."""
    assert whose("2001:db8::1") == whose("2001:db8::ffff") != whose("2001:db8:0:1::1")
    assert whose("10.0.0.1") != whose("10.0.0.2")
    assert whose("") == ""


@pytest.mark.parametrize("query", ["token=abc&b=1", "toke%6e=abc", "b=1&%74oken=abc", "code=abc&state=abc"])
def test_an_address_is_logged_without_its_query(query: str) -> None:
    """However the token is spelled in it; where it led is still told."""
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "%s (%s)\n%r", (f"GET /a?{query}", "10.0.0.1", {"uri": f"/a?{query}"}), None
    )
    assert hide_query(record)
    assert "abc" not in record.getMessage()
    assert "GET /a?… (10.0.0.1)" in record.getMessage()


def test_whoever_tries_tokens_has_to_wait(folder: Path) -> None:
    """After many wrong ones not even the right one is looked at; who is in stays in; no token stands in the log."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--token", TOKEN) as served:
        known = "; ".join(f"{name}={value}" for name, value in served.ask(f"/?token={TOKEN}").cookies.items())
        form = served.ask("/login").cookies["_xsrf"]

        def tell(token: str) -> int:
            body, cookie = f"_xsrf={form}&token={token}", f"_xsrf={form}"
            return served.ask("/login", "POST", body, Cookie=cookie, Content_Type="application/x-www-form-urlencoded").status

        ways = (
            lambda: served.ask("/?token=wrong-one").status,
            lambda: served.ask("/counter", Authorization="token wrong-one").status,
            lambda: tell("wrong-one"),
        )
        assert [ways[turn % 3]() for turn in range(20)] == [403] * 20
        assert [way() for way in ways] == [429] * 3
        assert tell(TOKEN) == 429
        answer = served.ask(f"/?token={TOKEN}")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
        assert words("shell.error_429_title") in answer.text
        assert served.ask("/", Cookie=known).status == 200
        assert served.ask("/").status == 403
        log = served.log.read_text()
    assert TOKEN not in log
    assert "wrong-one" not in log
    assert "Traceback" not in log
