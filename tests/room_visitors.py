"""A desk and phones as programs: they ask a server as the pages' scripts do."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.served import Answer, Served, wait_for


@dataclass(frozen=True)
class Phone:
    served: Served
    code: str
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    def post(self, action: str, **given: object) -> Answer:
        return self.served.ask(f"/room/{self.code}/{action}", "POST", json.dumps(given), Kapnb_Key=self.key)

    def listen(self) -> Line:
        return Line(self.served, f"/room/{self.code}/stream/phone", Kapnb_Key=self.key)

    def join(self) -> str:
        answer = self.post("join")
        assert answer.status == 200, answer.text
        return str(json.loads(answer.text)["label"])

    def vote(self, case: str = "V15", outcome: str = "clarify_first", **given: object) -> Answer:
        usual = {"case": case, "round": "1", "outcome": outcome, "confidence": "high", "reason": "", "key": secrets.token_hex(8)}
        return self.post("vote", **{**usual, **given})


@dataclass
class Desk:
    """The desk of a room that was opened just now."""

    served: Served
    code: str
    key: str
    phase: str = "lobby"
    turn: int = 0

    def post(self, action: str, **given: object) -> Answer:
        value = {"phase": self.phase, "turn": self.turn, **given}
        answer = self.served.ask(f"/room/{self.code}/desk/{action}", "POST", json.dumps(value), Kapnb_Desk=self.key)
        if answer.status == 200 and "phase" in (state := json.loads(answer.text)):
            self.phase, self.turn = state["phase"], state["turn"]
        return answer

    def go(self, *steps: str) -> None:
        for step in steps:
            answer = self.post("move", to=step)
            assert answer.status == 200, answer.text

    def file(self, name: str) -> Answer:
        return self.served.ask(f"/room/{self.code}/file/{name}", "POST", "", Kapnb_Desk=self.key)

    def listen(self, view: str = "desk") -> Line:
        return Line(self.served, f"/room/{self.code}/stream/{view}", **({"Kapnb_Desk": self.key} if view == "desk" else {}))

    def phone(self) -> Phone:
        phone = Phone(self.served, self.code)
        phone.join()
        return phone


def open_room(served: Served, own: str = "V15, V19", **given: str) -> Desk:
    """As the form does."""
    form = served.ask("/room/new")
    assert form.status == 200
    answer = served.post("/room/new", urlencode({"own": own, "_xsrf": form.cookies["_xsrf"], **given}), Cookie=form.cookie)
    assert answer.status == 303, answer.text
    address, key = answer.headers["Location"].split("#")
    return Desk(served, address.split("/")[-2], key)


class Line:
    """An open line: ``states`` are all that came over it."""

    def __init__(self, served: Served, path: str, **headers: str) -> None:
        self.states: list[dict[str, Any]] = []
        self.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.response = self.connection.getresponse()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for line in self.response:
                if line.startswith(b"data: "):
                    self.states.append(json.loads(line[6:]))
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # it was closed

    def wait(self, text: str) -> dict[str, Any]:
        """The newest state, once it shows a text."""
        wait_for(lambda: self.states and text in str(self.states[-1]))
        return self.states[-1]

    def show(self, text: str) -> str:
        """The newest markup, once it shows a text; nothing more is listened to."""
        html = str(self.wait(text)["html"])
        self.close()
        return html

    def close(self) -> None:
        sock = self.connection.sock
        if sock:
            import socket

            sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.connection.close()
