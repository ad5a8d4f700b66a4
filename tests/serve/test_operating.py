"""Running the server for others: is it well, what does it note, can this installation serve, and does it stand behind a proxy."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError

from kapnb import paths
from kapnb.serve import checking, events, health
from kapnb.serve.checking import SCRIPTS, STYLES, TEMPLATES
from kapnb.serve.handlers import SocketHandler
from kapnb.serve.launcher import Options
from kapnb.text.words import words
from tests.serve import notebooks
from tests.served import Served, wait_for
from tests.visitor import RefusedError, Visitor, run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOKEN = "open-sesame-2026"


class TestHealth:
    def test_a_stranger_learns_one_word(self, folder: Path) -> None:
        """Well or not, and neither how many are at work nor how many could be; whoever may come in is told that too."""
        with Served("--notebooks", str(folder), "--preheat", "0", "--token", TOKEN, "--max-sessions", "7") as served:
            answer = served.ask("/kapnb/health")
            assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})
            assert answer.headers["Cache-Control"] == "no-store"
            assert not answer.cookies
            known = served.ask("/kapnb/health", Authorization=f"token {TOKEN}")
            assert json.loads(known.text) == {"status": "ok", "sessions": 0, "limit": 7}
            head = served.ask("/kapnb/health", "HEAD")
            assert (head.status, head.text, head.headers["Cache-Control"]) == (200, "", "no-store")
            assert served.ask("/counter", Authorization=f"token {TOKEN}").status == 200
            nursery = served.nursery()
            assert nursery
            (sockets,) = Path(nursery.environ()["JUPYTER_RUNTIME_DIR"]).parent.glob("voila_*")
            away = sockets.rename(sockets.with_name("away"))
            answer = served.ask("/kapnb/health")
            assert (answer.status, json.loads(answer.text)) == (503, {"status": "degraded"})
            away.rename(sockets)

    def test_a_full_disk_is_seen(self, tmp_path: Path) -> None:
        """And a folder that is not there; nothing is left of the look."""
        assert health.can_write(str(tmp_path))
        assert not list(tmp_path.iterdir())
        assert not health.can_write(str(tmp_path / "gone"))
        if Path("/dev/full").exists():
            assert not health.can_write("/dev/full")


class TestLog:
    def test_a_whole_visit_leaves_no_content(self) -> None:
        """Openings, ends and refusals are noted, one a line; no answer, story, token or query is."""
        story = "Someone keeps bees on a hill"

        async def visit(served: Served) -> None:
            visitor = await Visitor.enter(f"{served.url}?token={TOKEN}", "assessment?case=hidden-query")
            form = visitor.find("form")
            await visitor.act(form, action="confirm", seq=1)
            await visitor.act(form, action="record", field="ocd", option="yes", seq=2)
            await visitor.act(form, action="load", text=json.dumps({"vignette": story, "ocd": "no"}), seq=3)
            await visitor.act(form, action="record", field=story, option=story, seq=4)  # trouble in the page
            await visitor.until(lambda: visitor.states[form]["state"]["seq"] == 4)
            with pytest.raises(RefusedError):
                await Visitor.enter(f"{served.url}?token={TOKEN}", "assessment")
            await visitor.tell("execute_request", {"code": story})
            assert (await visitor.closed())[0] == 1008
            assert await visitor.leave() == 204

        with Served("--token", TOKEN, "--max-sessions", "1", "--preheat", "0", "--log", "json") as served:
            run(visit(served))
            lines = [line for line in served.log.read_text().splitlines() if line.startswith("{")]
            log = served.log.read_text()
        noted = [json.loads(line) for line in lines]
        assert [line["event"] for line in noted] == [
            "server_started",
            "session_opened",
            "error",
            "session_refused",
            "message_refused",
            "session_ended",
        ]
        assert noted[-1]["why"] == "closed"
        assert len({line["session"] for line in noted if "session" in line}) == 1
        assert re.fullmatch("[0-9a-f]{8}", noted[2]["number"])
        assert not [one for one in (TOKEN, story, "ocd", "hidden-query", "bees") if one in log]
        rest = [line for line in log.splitlines() if not line.startswith(("{", "kapnb is at", "Press "))]
        assert rest == []

    def test_only_what_is_named_is_noted(self) -> None:
        """A fact that nobody thought about is a mistake of ours."""
        with pytest.raises(KeyError):
            events.fact("session_opened", answer="yes")
        assert not {"vignette", "answer", "query", "token", "address"} & set().union(*events.FACTS.values())

    @pytest.mark.parametrize("chosen", ["text", "json"])
    def test_a_library_is_not_quoted(self, chosen: str) -> None:
        """Its words may repeat a page's: the place is noted, the kinds of exceptions, and no word of them."""
        code = (
            f"import logging; from kapnb.serve import events; events.begin({chosen!r}); log = logging.getLogger('tornado.x')\n"
            "try: raise ValueError('typed by somebody')\n"
            "except ValueError: log.exception('cannot read %s', 'typed by somebody')\n"
            "events.note('session_ended', session='abc', why='closed', open=3)"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        complaint, ended = ran.stderr.splitlines()
        assert "typed" not in ran.stderr
        assert "tornado.x" in complaint
        assert "ValueError" in complaint
        if chosen == "json":
            assert json.loads(ended)["why"] == "closed"
        else:
            assert ended.endswith("level=info event=session_ended session=abc why=closed open=3")

    def test_a_socket_that_fails_is_told_by_a_number(self, caplog: pytest.LogCaptureFixture) -> None:
        """Not by the address, which holds the whole number of a session; a page that closed meanwhile is no trouble at all."""
        handler = SimpleNamespace(log=logging.getLogger("kapnb"), request="/api/kernels/0a1b2c3d-whole")
        for problem in (WebSocketClosedError(), HTTPError(404, "0a1b2c3d-whole"), ValueError("what")):
            SocketHandler.log_exception(handler, type(problem), problem, None)  # type: ignore[arg-type]  # stands in for one
        assert "0a1b2c3d" not in caplog.text
        (told,) = caplog.records
        assert vars(told)["facts"].keys() == {"number", "where"}


class TestCheck:
    def check(self, **chosen: object) -> tuple[int, str]:
        said: list[str] = []
        return checking.check({"port": 0, **chosen}, said.append), "\n".join(said)

    def test_a_good_installation_passes(self, folder: Path, tmp_path: Path) -> None:
        """Each page is opened, and within half a minute it is said that all is well."""
        notebooks.write(tmp_path, "counter", "# Count", notebooks.COUNTER)
        code, said = self.check(notebooks=tmp_path)
        assert code == 0, said
        assert checking.PATIENCE < 30
        assert words("serving.check_opening", page="Count") in said
        assert said.endswith(words("serving.check_good"))

    def test_all_that_is_wrong_is_told_at_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A notebook that is none, a file that is missing and a port that is taken, each with what to do."""
        (tmp_path / "broken.ipynb").write_text("{")
        monkeypatch.setattr(checking, "SCRIPTS", ("gone.js",))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, said = self.check(notebooks=tmp_path, port=port)
        assert code == 1
        assert "broken.ipynb: is no notebook" in said
        assert re.search(rf"gone\.js: {words('serving.file_missing')}\. {words('serving.remedy_install')}", said)
        assert f"{port} is in use" in said
        assert said.endswith(words("serving.check_bad"))

    def test_a_page_that_fails_is_told(self, tmp_path: Path) -> None:
        """By its file, after the others have been tried; its reason stays in the log."""
        notebooks.write(tmp_path, "failing", "# Fail", "raise RuntimeError('secret')")
        notebooks.write(tmp_path, "counter", "# Count", notebooks.COUNTER)
        code, said = self.check(notebooks=tmp_path)
        assert code == 1
        assert f"failing.ipynb: {words('serving.page_fails')}" in said
        assert "counter.ipynb" not in said
        assert "secret" not in said

    def test_what_is_missing_or_old_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With the version that is wanted; nothing more is tried then."""
        monkeypatch.setattr(
            checking, "read_needs", lambda: (">=9", ["pyyaml>=999", "no-such-package-of-ours", "numpy; sys_platform == 'x'"])
        )
        code, said = self.check()
        assert code == 1
        for part in ("Python: is ", "pyyaml: is ", "pyyaml>=999", f"no-such-package-of-ours: {words('serving.package_missing')}"):
            assert part in said
        assert "numpy" not in said
        assert words("serving.check_port") not in said

    def test_a_long_temporary_folder_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Sockets in it could not be opened."""
        monkeypatch.setattr("kapnb.serve.launcher.fits", lambda folder: False)
        assert [problem.what for problem in checking.check_folder(None)] == [words("serving.folder_long")]  # type: ignore[arg-type]

    def test_every_file_is_looked_for(self) -> None:
        """A new template or script is on the list."""
        there = {str(path.relative_to(paths.template())) for path in paths.template().rglob("*") if path.is_file()}
        assert there == {*TEMPLATES, *STYLES}
        assert {path.name for path in (ROOT / "kapnb" / "ui" / "static").iterdir() if path.is_file()} == set(SCRIPTS)


def test_a_token_in_a_file_is_not_in_the_list_of_processes(folder: Path, tmp_path: Path) -> None:
    """It is asked for all the same."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with Served("--notebooks", str(folder), "--preheat", "0", "--token-file", str(tmp_path / "token")) as served:
        assert TOKEN not in " ".join(wait_for(lambda: Path(f"/proc/{served.process.pid}/cmdline").read_text(), 5))
        assert served.ask("/").status == 403
        assert served.ask("/", Authorization=f"token {TOKEN}").status == 200


def test_a_page_gets_all_its_widgets_in_one_answer(small: Served) -> None:
    """Also from a kernel that was copied; else each widget is asked for by itself."""

    async def visit() -> None:
        visitor = await Visitor.enter(small.address, "counter")
        assert {"Press", "0 times"} <= {state.get("description") or state.get("value") for state in visitor.states.values()}
        await visitor.leave()

    run(visit())


class TestProxy:
    """The configuration of docs/serving.md, as it stands there, with the addresses of the test put in."""

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
        nginx, openssl = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin"), shutil.which("openssl")
        if not nginx or not openssl:
            pytest.skip("nginx or openssl is not installed")
        room = tmp_path_factory.mktemp("nginx")
        subject = ["-subj", "/CN=kap.example.org", "-keyout", room / "key.pem", "-out", room / "cert.pem"]
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject], check=True, capture_output=True
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = (
            "--notebooks",
            str(folder),
            "--preheat",
            "0",
            "--token",
            TOKEN,
            "--base-url",
            "/kap/",
            "--allow-host",
            "kap.example.org",
        )
        with Served(*options) as served:
            told = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "serving.md").read_text("utf-8"), re.DOTALL)
            assert told
            site = (
                told[1]
                .replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
                .replace("127.0.0.1:8866", f"127.0.0.1:{served.port}")
            )
            site = site.replace("/etc/ssl/kap.example.org.pem", str(room / "cert.pem"))
            site = site.replace("/etc/ssl/private/kap.example.org.key", str(room / "key.pem"))
            folders = "".join(f"{kind}_temp_path {room};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            whole = f"pid {room}/pid; error_log {room}/error.log; events {{}} http {{ access_log off; {folders}\n{site}\n}}"
            (room / "nginx.conf").write_text(whole)
            running = subprocess.Popen([nginx, "-p", room, "-c", room / "nginx.conf", "-g", "daemon off;"])
            try:
                wait_for(lambda: reachable(port), 10)
                yield served, port
            finally:
                running.terminate()
                running.wait()

    def test_pages_and_sockets_pass(self, proxied: tuple[Served, int]) -> None:
        """By TLS, under the path in front, with the token; a page is opened, its socket connects, and a press is counted."""

        async def visit() -> None:
            visitor = Visitor.of(f"https://127.0.0.1:{proxied[1]}/kap/?token={TOKEN}")
            visitor.headers |= {"Host": "kap.example.org", "Origin": "https://kap.example.org"}
            visitor.secure = False  # the certificate is the test's own
            assert (await visitor.get("kapnb/health")).code == 200
            await visitor.fetch("counter")
            await visitor.connect()
            await visitor.learn()
            button = next(name for name, state in visitor.states.items() if state.get("description") == "Press")
            await visitor.act(button, event="click")
            await visitor.until(lambda: any(state.get("value") == "1 times" for state in visitor.states.values()), 20)
            assert await visitor.leave() == 204

        run(visit())

    def test_a_stranger_is_asked_for_the_token(self, proxied: tuple[Served, int]) -> None:
        """Although the request comes from this machine now."""

        async def visit() -> None:
            visitor = Visitor.of(f"https://127.0.0.1:{proxied[1]}/kap/")
            visitor.headers |= {"Host": "kap.example.org"}
            visitor.secure = False
            answer = await visitor.get("")
            assert answer.code == 403
            assert words("shell.token_title") in answer.body.decode()

        run(visit())


def test_a_proxy_on_this_machine_is_believed(folder: Path) -> None:
    """It says for whom it speaks, so that one who tries tokens makes nobody else wait."""
    with Served("--notebooks", str(folder), "--preheat", "0", "--token", TOKEN, "--allow-host", "kap.example.org") as served:
        tried = [served.ask("/?token=wrong", X_Real_IP="10.0.0.1").status for _ in range(21)]
        assert tried == [403] * 20 + [429]
        assert served.ask("/?token=wrong", X_Real_IP="10.0.0.2").status == 403


@pytest.mark.parametrize("options", [{}, {"ip": "0.0.0.0"}, {"ip": "0.0.0.0", "hosts": ("kap.example.org",)}])
def test_nobody_else_is_believed(options: dict[str, object]) -> None:
    """Where others come themselves, or no proxy was told of, such a header is only what somebody says."""
    assert not Options(**options).behind_a_proxy
    assert Options(hosts=("kap.example.org",)).behind_a_proxy


def reachable(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
