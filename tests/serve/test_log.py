"""Running the server for others: is it well, what does it log, can this installation serve, and does it stand behind a proxy."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError

from kapnb.cli import main
from kapnb.serve import event_log, handlers, launcher
from kapnb.text.words import words
from tests.serve import notebooks
from tests.serve.conftest import KNOWN, TOKEN
from tests.served import ROOT, Served, wait_for
from tests.visitor import Visitor, run


def test_a_stranger_learns_one_word_of_the_health(locked: Served) -> None:
    """Well or not, and not how many are at work."""
    answer = locked.ask("/kapnb/health")
    assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
    (sockets,) = locked.sockets()
    away = sockets.rename(sockets.with_name("away"))
    answer = locked.ask("/kapnb/health")
    away.rename(sockets)
    assert (answer.status, json.loads(answer.text)) == (503, {"status": "degraded"})


def test_a_whole_visit_leaves_no_content_in_the_log(small: Served) -> None:
    """Openings, ends, errors and refusals are noted, one a line; no answer, story, token, query or output is."""
    story = "Someone keeps bees on a hill"

    async def visit() -> str:
        visitor = await Visitor.enter(small.address, "failing?case=hidden-query")
        await visitor.tell("execute_request", {"code": story})
        assert (await visitor.closed())[0] == 1008
        assert await visitor.leave() == 204
        return visitor.kernel

    before = len(small.log.read_text())
    own = run(visit())[:8]
    log = small.log.read_text()
    lines = [json.loads(line) for line in log[before:].splitlines() if '"complaint"' not in line]
    lines = [line for line in lines if line.get("session", own) == own]  # those that other tests left may end just now
    assert [line["event"] for line in lines] == ["session_opened", "error", "message_refused", "session_ended"]
    assert lines[-1]["why"] == "closed"
    assert re.fullmatch("[0-9a-f]{8}", lines[1]["number"])
    assert not [one for one in (TOKEN, story, "hidden-query", "bees", "printed", notebooks.TYPED) if one in log]
    assert '"event": "server_started"' in log
    library = re.compile(r"/\S+: \w+Warning: |  \w|0\.00s - ")  # old ones warn when they are loaded
    ours = [line for line in log.splitlines() if line and not library.match(line)]
    assert not [line for line in ours if not line.startswith(("{", "kapnb is at", "Press "))]


def test_only_what_is_named_is_logged() -> None:
    """A fact that nobody thought about is a mistake of ours."""
    with pytest.raises(KeyError):
        event_log.log_event("session_opened", answer="yes")
    assert not {"vignette", "answer", "query", "token", "address"} & event_log.FACTS


def test_a_library_is_not_quoted() -> None:
    """Its words may repeat a page's: the place is noted, the kinds of exceptions, and no word of them."""
    code = (
        "import logging; from kapnb.serve import event_log; log = logging.getLogger('tornado.x')\n"
        "event_log.configure('json')\n"
        "try: raise ValueError('typed by somebody')\n"
        "except ValueError: log.exception('cannot read %s', 'typed by somebody')\n"
        "event_log.log_event('session_ended', session='abc', why='closed', open=3)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    complaint, ended = ran.stderr.splitlines()
    assert "typed" not in ran.stderr
    assert "tornado.x" in complaint
    assert "ValueError" in complaint
    assert json.loads(ended)["why"] == "closed"


def test_a_socket_that_fails_is_told_by_an_incident(caplog: pytest.LogCaptureFixture) -> None:
    """Not by the address, which holds the whole id of a session; a page that closed meanwhile is no trouble at all."""
    handler = SimpleNamespace(request="/api/kernels/0a1b2c3d-whole")
    for problem in (WebSocketClosedError(), HTTPError(404, "0a1b2c3d-whole"), ValueError("what")):
        handlers.SocketHandler.log_exception(handler, type(problem), problem, None)  # type: ignore[arg-type]  # stands in for one
    assert "0a1b2c3d" not in caplog.text
    (record,) = caplog.records
    assert vars(record)["facts"].keys() == {"number", "where"}


class TestCheck:
    """``kapnb serve --check``."""

    def test_each_page_is_opened_and_one_that_fails_is_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """By its file; its reason stays in the log."""
        notebooks.write(tmp_path, "counter", "# Count", notebooks.COUNTER)
        notebooks.write(tmp_path, "failing", "# Fail", "raise RuntimeError('secret')")
        code, said = main(["serve", "--check", "--port", "0", "--notebooks", str(tmp_path)]), capsys.readouterr().out
        assert code == 1
        assert words("serving.check_opening", page="Count") in said
        assert words("serving.page_fails", page="failing") in said
        assert words("serving.page_fails", page="counter") not in said
        assert "secret" not in said

    def test_an_installation_that_can_serve(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(launcher, "check_pages", lambda *_: [])
        assert main(["serve", "--check", "--port", "0"]) == 0
        assert capsys.readouterr().out == words("serving.check_good") + "\n"

    def test_all_that_is_wrong_is_told_at_once(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A folder that is none and a port that is taken, each with what to do."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            code = main(["serve", "--check", "--port", port, "--notebooks", str(tmp_path / "gone")])
        said = capsys.readouterr().out
        assert code == 1
        assert "gone is not a folder" in said
        assert f"{port} is in use" in said
        assert said.endswith(words("serving.check_bad") + "\n")


@pytest.fixture(scope="module")
def prefixed(folder: Path) -> Iterator[Served]:
    options = ("--token", TOKEN, "--base-url", "tools/kap", "--allow-host", "kap.example.org")
    with Served("--notebooks", str(folder), "--preheat", "0", *options) as served:
        yield served


def test_a_base_url(prefixed: Served) -> None:
    """Every address stands below it, with or without its last slash."""
    assert prefixed.url.endswith("/tools/kap/")
    assert 'href="/tools/kap/counter"' in prefixed.ask("/tools/kap/", **KNOWN).text
    assert prefixed.ask("/tools/kap").headers["Location"] == "/tools/kap/"
    assert prefixed.ask("/tools/kap/counter/").headers["Location"] == "/tools/kap/counter"
    assert prefixed.ask("/", **KNOWN).status == 404
    assert not re.findall(r'(?:href|src)="/(?!tools/kap/)', prefixed.ask("/tools/kap/counter", **KNOWN).text)


class TestProxy:
    """The configuration of docs/serving.md, as it stands there, with the addresses of the test put in."""

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, prefixed: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        nginx, openssl = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin"), shutil.which("openssl")
        if not nginx or not openssl:
            pytest.skip("nginx or openssl is not installed")
        room = tmp_path_factory.mktemp("nginx")
        subject = ["-subj", "/CN=kap.example.org", "-keyout", room / "key.pem", "-out", room / "cert.pem"]
        command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        told = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "serving.md").read_text("utf-8"), re.DOTALL)
        assert told
        site = told[1].replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;").replace("location /kap/", "location /tools/kap/")
        site = site.replace("127.0.0.1:8866", f"127.0.0.1:{prefixed.port}")
        site = site.replace("/etc/ssl/kap.example.org.pem", str(room / "cert.pem"))
        site = site.replace("/etc/ssl/private/kap.example.org.key", str(room / "key.pem"))
        folders = "".join(f"{kind}_temp_path {room};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        whole = f"pid {room}/pid; error_log {room}/error.log; events {{}} http {{ access_log off; {folders}\n{site}\n}}"
        (room / "nginx.conf").write_text(whole)
        running = subprocess.Popen([nginx, "-p", room, "-c", room / "nginx.conf", "-g", "daemon off;"])
        try:
            wait_for((room / "pid").exists)
            yield port
        finally:
            running.terminate()
            running.wait(10)

    def test_pages_and_sockets_pass(self, proxied: int) -> None:
        """By TLS, under the path in front, with the token; a press is counted. A stranger is asked for the token."""

        def come(token: str) -> Visitor:
            visitor = Visitor.of(f"https://127.0.0.1:{proxied}/tools/kap/{token}")
            visitor.headers |= {"Host": "kap.example.org", "Origin": "https://kap.example.org"}
            visitor.secure = False  # the certificate is the test's own
            return visitor

        async def visit() -> None:
            answer = await come("").get("")
            assert (answer.code, words("shell.token_title") in answer.body.decode()) == (403, True)
            visitor = come(f"?token={TOKEN}")
            assert (await visitor.get("kapnb/health")).code == 200
            await visitor.fetch("counter")
            await visitor.connect()
            await visitor.learn()
            await visitor.press()
            assert await visitor.leave() == 204

        run(visit())
