"""The training page as its trainee meets it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, WebSocket, expect

from kapnb.text.words import words
from kapnb.training.sets import Selection, save_set
from tests.browser.pages import locate, read_storage, settle, visit
from tests.bundled import EDITION, LIBRARY

READ = tuple(name for name, one in LIBRARY.items() if not one.interview)
"""The vignettes that are read; the others are asked for."""
WRONG = "not_recommended"


class TrainingSheet:
    """What can be done on the page, and what comes down from the server."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.address = locate(server, "training")
        self.frames: list[str] = []
        self.hosts: set[str] = set()
        self.mistakes: list[str] = []
        page.on("websocket", self._listen)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc) if request.url.startswith("http") else None)
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))

    def _listen(self, socket: WebSocket) -> None:
        socket.on(
            "framereceived", lambda frame: self.frames.append(frame if isinstance(frame, str) else frame.decode("utf-8", "ignore"))
        )

    def open(self) -> TrainingSheet:
        visit(self.page, self.address)
        expect(self.part("gate")).to_be_visible()
        return self

    def confirm(self) -> None:
        """Pass the gate; its box goes with it, so that it cannot be looked at once it is ticked."""
        self.part("gate").get_by_role("checkbox").click()
        expect(self.part("choose")).to_be_visible()

    def choose_set(self, *items: str) -> TrainingSheet:
        """Pass the gate, and begin with a shared set: the cases by title are on view."""
        self.confirm()
        return self.bring_set(*items)

    def bring_set(self, *items: str) -> TrainingSheet:
        """Begin with a shared set where one can be chosen."""
        self.fold("bring").click()
        self.upload("set", save_set(Selection(items), EDITION).encode())
        expect(self.part("notice")).to_contain_text(words("training_page.set_there"))
        self.button("begin").click()
        expect(self.part("list")).to_be_visible()
        return self

    def begin(self, *items: str) -> TrainingSheet:
        """Begin with a shared set, and open its first case."""
        self.choose_set(*items).start()
        expect(self.part("story")).to_have_text(LIBRARY[items[0]].title)
        return self

    def start(self) -> None:
        """Open the case that is next."""
        self.page.locator(".my-cases .now button").click()
        expect(self.part("story")).to_be_visible()

    def upload(self, name: str, data: bytes, kind: str = "json") -> None:
        file: Any = {"name": f"file.{kind}", "mimeType": "application/octet-stream", "buffer": data}
        self.page.locator(f"#training-file-{name}").set_input_files(file)

    def part(self, name: str) -> Locator:
        return self.page.locator(f"#training-{name}")

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=words(f"training_page.{key}"), exact=True)

    def fold(self, key: str) -> Locator:
        """What opens something folded."""
        return self.page.locator(f"[data-key={key}] > summary")

    def screen(self, name: str) -> Locator:
        return self.page.locator(f".kapnb-training.at-{name}")

    def outcome(self, name: str) -> Locator:
        return self.part(f"outcome-{name}")

    def sentence(self, at: int) -> Locator:
        return self.page.locator(".sentence label").nth(at)

    def judge(self, outcome: str = WRONG) -> None:
        """From the story to what decides."""
        self.button("have_read").or_(self.button("ready")).click()
        self.outcome(outcome).check()
        self.part("confidence-high").check()
        self.part("reason").fill("I would want to know more")
        self.part("reason").press(".")  # to Firefox a change is what a key did, not what a script filled in
        self.button("to_decide").click()
        expect(self.screen("decide")).to_be_visible()

    def lock(self, outcome: str = WRONG) -> None:
        """From the story to the reveal."""
        self.judge(outcome)
        self.part("finding-none").check()
        self.button("lock").click()
        expect(self.part("revealed")).to_be_visible()

    @property
    def kept(self) -> str:
        return str(read_storage(self.page, "kapnb:training"))

    def width(self) -> int:
        settle(self.page)
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def told(self, pieces: list[str]) -> list[str]:
        """Which of them the browser has anywhere: in the page, its storage, or what came from the server."""
        settle(self.page)
        storage = self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        everything = "\n".join((*self.frames, self.page.content(), storage))
        return [piece for piece in pieces if piece in everything]

    def tab_to(self, target: Locator, key: str = "Tab") -> None:
        """By keyboard alone."""
        expect(target).to_be_visible()
        for _ in range(90):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"no way by keyboard: {target}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.tab_to(target)
        self.page.keyboard.press(key)
