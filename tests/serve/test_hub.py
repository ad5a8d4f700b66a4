"""One user's server of a JupyterHub: a real hub with two users, and servers whose hub is a few lines of ours."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import datetime
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psutil
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from kapnb.engine.problems import ServingError
from kapnb.serve import hub
from kapnb.serve.launcher import Options
from kapnb.text.words import words
from tests.served import ROOT, Served, wait_for
from tests.visitor import Visitor, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ANN, BOB = "ann.b@example.org", "bob"  # signs that mean something in an address, and none
CONFIGURATION = """
import sys
from tests.serve.hub_proxy import PlainProxy

c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{inside}/"
c.JupyterHub.proxy_class = PlainProxy
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret = bytes(range(32))
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{room}/home"
c.Spawner.cmd = [sys.executable, "-m", "kapnb", "serve", "--hub", "--preheat", "0"]
c.Spawner.environment = {{"PYTHONPATH": "{root}", "TMPDIR": "{room}/t", "JUPYTERHUB_ACTIVITY_INTERVAL": "1"}}
"""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    if find_spec("jupyterhub") is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("JupyterHub is not installed")


@dataclass
class Member:
    """Somebody with an account at the hub, and a browser with cookies of its own."""

    address: str
    name: str
    jar: CookieJar = field(default_factory=CookieJar)

    @property
    def pages(self) -> str:
        return f"{self.address}/user/{quote(self.name, safe='@~')}/"

    def ask(self, address: str, method: str = "GET", said: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """The status, the address in the end, and what stands there."""
        data = None if said is None else urlencode(said).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(address, data, named, method="POST" if data else method)
        try:
            answer = build_opener(HTTPCookieProcessor(self.jar)).open(request, timeout=60)
        except HTTPError as trouble:
            answer = trouble
        with answer:
            return answer.status, answer.url, answer.read().decode()

    def secret(self, path: str) -> str:
        return next((str(cookie.value) for cookie in self.jar if (cookie.name, cookie.path) == ("_xsrf", path)), "")

    def log_in(self) -> None:
        self.ask(f"{self.address}/hub/login")
        said = {"username": self.name, "password": "any", "_xsrf": self.secret("/hub/")}
        self.ask(f"{self.address}/hub/login?next=/hub/spawn", said=said)

    def arrive(self) -> str | None:
        """What stands at the index of their own pages, once the hub has started them."""
        _, address, text = self.ask(f"{self.address}/hub/spawn-pending/{quote(self.name)}")
        return text if address == self.pages else None

    def tell_hub(self, method: str, path: str) -> Any:
        headers = {"X-XSRFToken": self.secret("/hub/"), "Referer": f"{self.address}/hub/home"}
        status, _, text = self.ask(f"{self.address}/hub/api/users/{quote(self.name)}{path}", method, **headers)
        assert status < 300, text
        return json.loads(text or "{}")

    def visitor(self) -> Visitor:
        kept = [f"{cookie.name}={cookie.value}" for cookie in self.jar if not (cookie.path or "").startswith("/hub")]
        visitor = Visitor.of(self.pages)
        visitor.headers["Cookie"] = "; ".join(kept)
        return visitor


@dataclass
class Class:
    """A hub with two members, each of whom has pages of their own."""

    process: psutil.Process
    ann: Member
    bob: Member
    index: str


def free_ports(count: int) -> list[int]:
    import socket

    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


@pytest.fixture(scope="module")
def held() -> Iterator[Class]:
    """When the hub stops, none of the servers is left, and no file of theirs."""
    room = Path(tempfile.mkdtemp(prefix="k", dir="/tmp" if Path("/tmp").is_dir() else None))
    (room / "t").mkdir()
    port, inside = free_ports(2)
    (room / "hub.py").write_text(CONFIGURATION.format(port=port, inside=inside, room=room, root=ROOT))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "KAPNB_"))}
    with (room / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", room / "hub.py"],
            cwd=room,
            env={**inherited, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    left = []
    try:
        ann, bob = (Member(f"http://127.0.0.1:{port}", name) for name in (ANN, BOB))

        def ready() -> bool:
            assert process.poll() is None, (room / "log").read_text()
            try:
                return ann.ask(f"{ann.address}/hub/login")[0] == 200
            except OSError:
                return False

        wait_for(ready, 60)
        ann.log_in()
        bob.log_in()
        index = wait_for(ann.arrive, 60)
        wait_for(bob.arrive, 60)
        yield Class(psutil.Process(process.pid), ann, bob, index)
        left = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        _, alive = psutil.wait_procs(left, timeout=10)
        assert not alive
        assert not list((room / "t").iterdir())
    finally:
        process.kill()
        for each in left:
            if each.is_running():
                each.kill()
        shutil.rmtree(room)


class TestHub:
    def test_each_member_has_pages_of_their_own(self, held: Class) -> None:
        """With the way to the hub and out; a page opens, its socket answers, and leaving ends the session."""
        assert words("shell.index_title") in held.index
        assert f'href="{urlsplit(held.ann.pages).path}logout"' in held.index
        assert 'href="/hub/home"' in held.index

        async def visit() -> None:
            visitor = held.ann.visitor()
            await visitor.fetch("assessment")
            await visitor.connect()
            await visitor.learn()
            form = visitor.find("form")
            await visitor.act(form, action="confirm", seq=1)
            await visitor.act(form, action="record", field="ocd", option="yes", seq=2)
            await visitor.until(lambda: visitor.states[form]["state"]["seq"] == 2)
            assert await visitor.leave() == 204

        run(visit())

    def test_another_member_is_refused(self, held: Class) -> None:
        """The hub sends nobody to another's pages; and whoever comes by themselves, known to the hub, is told so and no more."""
        status, address, text = held.bob.ask(held.ann.pages)
        assert (status, urlsplit(address).path) == (403, "/hub/api/oauth2/authorize")
        token = held.bob.tell_hub("POST", "/tokens")["token"]
        stranger = Member(held.ann.address, ANN)
        own = stranger.ask(held.bob.pages, Authorization=f"token {token}")
        assert own[0] == 200
        status, address, text = stranger.ask(held.ann.pages, Authorization=f"token {token}")
        assert (status, address) == (403, held.ann.pages)
        assert words("hub.not_yours_title") in text
        assert "assessment" not in text
        health = stranger.ask(f"{held.ann.pages}kapnb/health", Authorization=f"token {token}")
        assert json.loads(health[2]) == {"status": "ok"}

        async def join() -> None:
            visitor = held.ann.visitor()
            await visitor.fetch("assessment")
            intruder = Visitor.of(held.ann.pages)
            intruder.kernel = visitor.kernel
            for headers in ({"Authorization": f"token {token}"}, {"Cookie": held.bob.visitor().headers["Cookie"]}, {}):
                intruder.headers = headers
                with pytest.raises(HTTPClientError, match="403"):
                    await intruder.connect()
                assert await intruder.leave() == 403
            assert await visitor.leave() == 204

        run(join())

    def test_a_stranger_is_sent_to_the_login(self, held: Class) -> None:
        """Whether through the hub's proxy or past it; a script that asks is only refused, and is given no cookie for a login."""
        stranger = Member(held.ann.address, ANN)
        status, address, _ = stranger.ask(f"{held.ann.pages}assessment")
        assert (status, urlsplit(address).path) == (200, "/hub/login")
        stranger.jar.clear()
        assert stranger.ask(f"{held.ann.pages}kapnb/alive/any")[0] == 403
        assert not list(stranger.jar)
        (port,) = {one.laddr.port for server in servers(held, ANN) for one in server.net_connections() if one.status == "LISTEN"}
        past = f"http://127.0.0.1:{port}{urlsplit(held.ann.pages).path}"

        async def look() -> None:
            answer = await AsyncHTTPClient().fetch(past, follow_redirects=False, raise_error=False)
            assert (answer.code, urlsplit(answer.headers["Location"]).path) == (302, "/hub/api/oauth2/authorize")

        run(look())

    def test_a_login_that_was_not_begun_here_is_not_ended_here(self, held: Class) -> None:
        """A link made by somebody else logs nobody in."""
        stranger = Member(held.ann.address, ANN)
        status, _, text = stranger.ask(f"{held.ann.pages}oauth_callback?code=abc&state=def")
        assert status == 403
        assert words("hub.login_failed_title") in text
        assert not [cookie for cookie in stranger.jar if cookie.name.startswith("jupyterhub-user")]

    def test_a_script_shows_the_secret_of_its_page(self, held: Class) -> None:
        """All members share one origin: another's script could ask in a member's name, and does not know the secret."""
        secret = held.ann.secret(urlsplit(held.ann.pages).path)
        alive = f"{held.ann.pages}kapnb/alive/any"
        assert held.ann.ask(alive, Sec_Fetch_Mode="cors")[0] == 403
        assert held.ann.ask(alive, Sec_Fetch_Mode="cors", X_XSRFToken=held.bob.secret(urlsplit(held.bob.pages).path))[0] == 403
        assert held.ann.ask(alive, Sec_Fetch_Mode="cors", X_XSRFToken=secret)[0] == 410
        end = f"{held.ann.pages}voila/api/shutdown/any"
        assert held.ann.ask(end, said={"a": "b"})[0] == 403
        assert held.ann.ask(end, said={"_xsrf": secret})[0] != 403

    def test_what_one_member_typed_is_not_shown_to_the_next(self, held: Class, browser: Browser) -> None:
        """Who uses the same browser: what a page keeps in it goes when another's page opens, and stays for whoever typed it."""
        with contextlib.closing(browser.new_context()) as context:
            for member in (held.ann, held.bob):
                context.add_cookies(
                    [{"name": c.name, "value": str(c.value), "domain": c.domain, "path": c.path} for c in member.jar]
                )
            page = context.new_page()
            seen = []
            for member in (held.ann, held.ann, held.bob, held.ann):
                page.goto(f"{member.pages}assessment", wait_until="domcontentloaded")
                seen.append(page.evaluate("[localStorage.getItem('kapnb:x'), sessionStorage.getItem('kapnb:x')]"))
                page.evaluate("localStorage.setItem('kapnb:x', 'y'); sessionStorage.setItem('kapnb:x', 'y')")
            assert seen == [[None, None], ["y", "y"], [None, None], [None, None]]

    def test_the_hub_stops_a_server_and_nothing_of_it_is_left(self, held: Class) -> None:
        """Also while a page is open; the other's goes on."""

        async def come() -> None:
            await held.bob.visitor().fetch("assessment")

        run(come())
        (server,) = servers(held, BOB)
        processes = [server, *server.children(recursive=True)]
        assert len(processes) > 2
        held.bob.tell_hub("DELETE", "/server")
        _, alive = psutil.wait_procs(processes, timeout=20)
        assert not alive
        assert servers(held, ANN)


def servers(held: Class, name: str) -> list[psutil.Process]:
    running = [each for each in held.process.children(recursive=True) if "--hub" in each.cmdline()]
    return [each for each in running if each.environ()["JUPYTERHUB_USER"] == name]


class Desk(BaseHTTPRequestHandler):
    """What a server asks of its hub, and what it says to it."""

    members: ClassVar = {"ann-s-token": "ann", "bob-s-token": "bob"}
    said: ClassVar[list[dict[str, Any]]]

    def do_GET(self) -> None:
        name = self.members.get(self.headers["Authorization"].removeprefix("token "))
        scopes = [f"access:servers!server={name}/"]
        self.answer(200 if name else 403, {"name": name, "kind": "user", "scopes": scopes})

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.said.append({"path": self.path, "token": self.headers["Authorization"], **told})
        self.answer(200, {})

    def answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def told_by(address: str) -> dict[str, str]:
    """What a hub puts into the environment of a server."""
    return {
        "JUPYTERHUB_API_TOKEN": "server-s-own-token",
        "JUPYTERHUB_API_URL": f"{address}/hub/api",
        "JUPYTERHUB_ACTIVITY_URL": f"{address}/hub/api/users/ann/activity",
        "JUPYTERHUB_ACTIVITY_INTERVAL": "0.2",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-ann",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=ann/"]',
        "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/",
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/ann/",
    }


@pytest.fixture(scope="module")
def desk() -> Iterator[ThreadingHTTPServer]:
    Desk.said = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield hub
        hub.shutdown()


class TestServer:
    """Without the rest of a hub."""

    @pytest.fixture(scope="class")
    @classmethod
    def served(cls, desk: ThreadingHTTPServer, folder: Path) -> Iterator[Served]:
        address = f"http://127.0.0.1:{desk.server_port}"
        with Served("--hub", "--notebooks", str(folder), "--preheat", "0", "--log", "json", **told_by(address)) as served:
            yield served

    def test_it_serves_where_the_hub_says(self, served: Served) -> None:
        """Under the hub's path, to whomever the hub lets in, by whatever name the hub is reached; with the version it looks for."""
        answer = served.ask("/user/ann/", Authorization="token ann-s-token", Host="hub.example.org")
        assert answer.status == 200
        assert "X-JupyterHub-Version" in answer.headers
        assert served.ask("/user/ann/", Authorization="token bob-s-token").status == 403
        assert served.ask("/user/ann/", Authorization="token server-s-own-token").status == 302
        assert served.ask("/user/ann/?token=ann-s-token").status == 302
        assert served.ask("/").status == 302

    def test_the_hub_hears_when_a_page_was_used(self, served: Served) -> None:
        """With the server's own token and the time; looking whether a session lives is no use."""
        path = "/hub/api/users/ann/activity"
        first = wait_for(lambda: Desk.said[-1:], 20)[0]
        assert (first["path"], first["token"]) == (path, "token server-s-own-token")
        assert served.ask("/user/ann/counter", Authorization="token ann-s-token").status == 200
        last = wait_for(lambda: [one for one in Desk.said if time_of(one) > time_of(first)], 20)[-1]
        assert last["servers"] == {"": {"last_activity": last["last_activity"]}}

    def test_pages_do_not_hold_the_key_to_the_hub(self, served: Served) -> None:
        """The processes behind them could act there in the user's name."""
        served.ask("/user/ann/counter", Authorization="token ann-s-token")
        nursery = served.nursery()
        assert nursery
        assert nursery.environ()["JUPYTERHUB_CLIENT_ID"]
        assert not [value for value in nursery.environ().values() if "server-s-own-token" in value]
        assert "server-s-own-token" not in served.log.read_text()


def time_of(said: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(said["last_activity"])


def test_a_hub_that_does_not_answer_lets_nobody_in(folder: Path) -> None:
    """The page says so, and the log says once a round that it was not heard, by its kind alone."""
    address = f"http://127.0.0.1:{free_ports(1)[0]}"
    with Served("--hub", "--notebooks", str(folder), "--preheat", "0", "--log", "json", **told_by(address)) as served:
        answer = served.ask("/user/ann/", Authorization="token ann-s-token")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert words("hub.silent_title") in answer.text
        assert served.ask("/user/ann/kapnb/health").status == 200
        wait_for(lambda: '"hub_unheard"' in served.log.read_text(), 10)
        assert not [line for line in served.log.read_text().splitlines() if "ann-s-token" in line or "Traceback" in line]


def test_what_the_hub_did_not_say_is_told_at_once() -> None:
    """And that JupyterHub is missing; each with what to do."""
    with pytest.raises(ServingError) as refused:
        hub.read_hub({"JUPYTERHUB_API_URL": "x", "JUPYTERHUB_SERVICE_URL": "https://127.0.0.1:1/"})
    untold, tls = refused.value.problems
    assert "JUPYTERHUB_SERVICE_PREFIX" in untold.what
    assert "JUPYTERHUB_API_URL" not in untold.what
    assert "c.Spawner.cmd" in untold.remedy
    assert tls.what == words("hub.internal_tls")


def test_without_jupyterhub_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is missing."""
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(ServingError) as refused:
        hub.read_hub(told_by("http://127.0.0.1:1"))
    (problem,) = refused.value.problems
    assert "kapnb[hub]" in problem.remedy


@pytest.mark.parametrize(
    ("url", "ip", "port"),
    [("http://127.0.0.1:4711/user/ann/", "127.0.0.1", 4711), ("http://:8888/", "0.0.0.0", 8888), ("http://[::]:1/", "::", 1)],
)
def test_the_place_is_the_hub_s_choice(url: str, ip: str, port: int) -> None:
    """No address means every one; the key does not show where a hub is printed."""
    read = hub.read_hub({**told_by("http://127.0.0.1:1"), "JUPYTERHUB_SERVICE_URL": url})
    assert (read.ip, read.port, read.base_url) == (ip, port, "/user/ann/")
    assert "server-s-own-token" not in repr(read)


def test_a_hub_s_server_takes_any_name_unless_names_are_given() -> None:
    """The hub's address is the hub's affair, and every request has to say who asks; it never counts as this machine alone."""
    read = hub.read_hub(told_by("http://127.0.0.1:1"))
    assert not Options(hub=read).asks_for_names
    assert not Options(hub=read).on_this_machine_alone
    assert Options(hub=read, hosts=("hub.example.org",)).asks_for_names
