"""A class at work: many open pages, most of them in use, over the real protocol and without a browser each.

Each visitor fetches a page with its cookies, its styles and its scripts, connects to the kernel's socket, learns what the widgets
show, and asks every few seconds whether the session lives, as the page does. The sessions in use answer a question in the given
rhythm: three in five on the assessment page, the others on the other pages. A few real browsers answer among them. The rest stays
open and idle. One visitor more than the server allows is sent. In the end every answer is looked for in the last state of its page,
all tabs close, and the server's sessions are counted until none is left.

The time of an answer runs from the message to the last change that it leads to; of a browser, from the click until the explanation
is written. Visitors share the machine with the server, and each makes a connection of its own for every request, which a browser
would not, so the figures are those of a slower machine. Aim: 40 in use, 100 open, 10 minutes, 2 cores: all render, no answer is
lost, median under 100 ms, 95th percentile under 400 ms, no session left, and the next visitor gets a page that says so.

Then classes of several sizes, a minute each and without browsers: what they take of the machine, and how long an answer takes.
As a script it measures one class: ``--sessions 5 --open 8 --minutes 0.5 --browsers 1`` tries it out in a minute. With
``--sizes 10,20`` it measures these sizes instead.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from math import ceil
from random import Random
from time import perf_counter

import psutil
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as PlaywrightError
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.websocket import WebSocketError

from benchmarks import figures
from benchmarks.click import ANSWERS
from benchmarks.figures import Figure, over_rounds
from benchmarks.readers import Reader
from kapnb.text.words import words
from tests import chromium
from tests.served import Served
from tests.visitor import RefusedError, Visitor

PAGES = (
    "assessment",
    "training",
    "assessment",
    "guidance",
    "assessment",
    "supervision",
    "assessment",
    "training",
    "assessment",
    "assessment",
)
ALIVE_EVERY = 4.0
"""Seconds after which an open page asks whether its session lives."""

TROUBLE = (OSError, LookupError, RefusedError, HTTPClientError, WebSocketError, PlaywrightError)
"""What may happen to one of many without ending the measurement: it is counted."""

DOORS = 4
"""Visitors who open a page at the same moment."""

ANSWERED = """
(selector) => new Promise((resolve, reject) => {
  const input = document.querySelector(selector), start = performance.now();
  const observer = new MutationObserver(() => (observer.disconnect(), resolve(performance.now() - start)));
  observer.observe(document.querySelector("aside.answer"), { childList: true, subtree: true, characterData: true });
  setTimeout(() => (observer.disconnect(), reject(new Error("no answer"))), 10_000);
  input.click();
})
"""


@dataclass(frozen=True)
class Class:
    """So many are at work, answering every few seconds; with the idle pages and the browsers' so many are open."""

    sessions: int = 40
    open: int = 100
    minutes: float = 10
    every: float = 3
    browsers: int = 2


SIZES = (10, 20, 40, 80)


@dataclass
class Found:
    """What was measured. Times are in seconds, and memory, which is of a process's own, in MB."""

    opened: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    turned_away: bool = False
    kernels: list[float] = field(default_factory=list)
    nursery: float = 0.0
    server: float = 0.0
    busy: dict[str, float] = field(default_factory=dict)
    emptied: float = 0.0
    left: int = -1

    def add(self, kind: str, seconds: float) -> None:
        self.answers.setdefault(kind, []).append(seconds)


async def open_page(served: Served, page: str, found: Found, doors: asyncio.Semaphore, *, fetched: bool) -> Visitor | None:
    """Open a page with all that a browser fetches with it, and learn what it shows."""
    visitor = Visitor.of(served.address)
    async with doors:
        start = perf_counter()
        try:
            text = await visitor.fetch(page)
            if fetched:
                for address in sorted(set(re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', text))):
                    await visitor.get(address)
            await visitor.connect()
            await visitor.learn()
        except TROUBLE as problem:
            found.failed.append(f"{page}: {type(problem).__name__}")
            return None
        found.opened.append(perf_counter() - start)
    return visitor


async def stay(visitor: Visitor) -> None:
    """Ask whether the session lives, as an open page does."""
    while True:
        await asyncio.sleep(ALIVE_EVERY)
        await visitor.get(f"kapnb/alive/{visitor.kernel}")


async def begin(reader: Reader, found: Found) -> None:
    try:
        await reader.begin()
    except TROUBLE as problem:
        found.failed.append(f"{reader.page}, at the first question: {type(problem).__name__}")


async def work(reader: Reader, found: Found, until: float, every: float) -> None:
    """Answer in a rhythm. What is not answered in time is lost."""
    await asyncio.sleep(reader.chance.uniform(0, every))
    while perf_counter() < until:
        start = perf_counter()
        try:
            found.add(reader.page, await reader.step())
        except TROUBLE as problem:
            found.lost.append(f"{reader.page}: {type(problem).__name__}")
        await asyncio.sleep(max(0.0, every - (perf_counter() - start)))


async def browse(page: Page, served: Served, found: Found, until: float, every: float) -> None:
    """The same in a real browser, with answers that each change the explanation."""
    turns = cycle("fieldset[data-field={}] input[value={}]".format(*answer) for answer in ANSWERS)
    start = perf_counter()
    try:
        await page.goto(f"{served.url}assessment")
        await page.get_by_role("checkbox", name=words("page.gate_confirm")).check(timeout=60_000)
        await page.get_by_role("button", name=words("page.gate_button")).click()
        await page.locator("aside.answer .verdict").wait_for()
        await page.locator("fieldset[data-field] input").first.wait_for(state="attached")
    except TROUBLE as problem:
        found.failed.append(f"browser: {problem}")
        return
    found.opened.append(perf_counter() - start)
    while perf_counter() < until:
        begun = perf_counter()
        try:
            found.add("in a browser", await page.evaluate(ANSWERED, next(turns)) / 1e3)
        except TROUBLE as problem:
            found.lost.append(f"browser: {problem}")
        await asyncio.sleep(max(0.0, every - (perf_counter() - begun)))


@asynccontextmanager
async def browsers(count: int) -> AsyncIterator[Browser | None]:
    if not count:
        yield None
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        yield browser
        await browser.close()


async def turn_away(served: Served) -> bool:
    """Whether the visitor who comes when all places are taken is told so."""
    try:
        visitor = await Visitor.enter(served.address, "guidance")
    except RefusedError as refusal:
        return refusal.status == 503 and words("shell.error_503_title") in refusal.text
    await visitor.leave()
    return False


async def watch(served: Served, found: Found, until: float) -> None:
    """How busy server and kernels are, and what they weigh in the end."""
    server, visitors = psutil.Process(served.process.pid), psutil.Process()

    def spend() -> dict[str, float]:
        return {"server": spent([server]), "kernels": spent(served.kernels()), "visitors": spent([visitors])}

    begin, start = spend(), perf_counter()
    await asyncio.sleep(max(0.0, until - perf_counter() - 1))
    over = perf_counter() - start
    found.busy = {who: (seconds - begin[who]) / over for who, seconds in spend().items()}
    found.kernels = [weigh(kernel) for kernel in served.kernels()]
    nursery = served.nursery()
    found.nursery = weigh(nursery) if nursery else 0.0
    found.server = weigh(server)


def spent(processes: Sequence[psutil.Process]) -> float:
    """Seconds of a core."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def weigh(process: psutil.Process) -> float:
    """Memory of its own, MB."""
    try:
        return float(process.memory_full_info().uss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


async def attend(given: Class, served: Served) -> Found:
    AsyncHTTPClient.configure(None, max_clients=1000)
    found, doors = Found(), asyncio.Semaphore(DOORS)
    idle = given.open - given.sessions - given.browsers
    names = [PAGES[number % len(PAGES)] for number in range(given.sessions)] + ["assessment"] * idle
    in_use = [number < given.sessions for number in range(len(names))]
    async with browsers(given.browsers) as browser:
        opened = await asyncio.gather(
            *(open_page(served, page, found, doors, fetched=used) for page, used in zip(names, in_use, strict=True))
        )
        visitors = [visitor for visitor in opened if visitor]
        staying = [asyncio.create_task(stay(visitor)) for visitor in visitors]
        readers = [
            Reader(visitor, Random(number), page)
            for number, (visitor, page, used) in enumerate(zip(opened, names, in_use, strict=True))
            if visitor and used
        ]
        await asyncio.gather(*(begin(reader, found) for reader in readers))
        until = perf_counter() + given.minutes * 60
        tabs = [await (await browser.new_context()).new_page() for _ in range(given.browsers)] if browser else []
        at_work = [asyncio.create_task(work(reader, found, until, given.every)) for reader in readers]
        at_work += [asyncio.create_task(browse(tab, served, found, until, given.every)) for tab in tabs]
        at_work.append(asyncio.create_task(watch(served, found, until)))
        while len(found.opened) < len(visitors) + len(tabs) and perf_counter() < until:  # noqa: ASYNC110  # browsers open meanwhile
            await asyncio.sleep(0.5)
        found.turned_away = await turn_away(served)
        await asyncio.gather(*at_work)
        for missed in await asyncio.gather(*map(look_again, readers)):
            found.lost += missed
        for task in staying:
            task.cancel()
        closing = perf_counter()
        for tab in tabs:
            await tab.goto("about:blank")
        await asyncio.gather(*(visitor.leave() for visitor in visitors), return_exceptions=True)
        found.emptied, found.left = await empty(served, closing)
    return found


async def look_again(reader: Reader) -> list[str]:
    """Which answers are not in the last state of a page."""
    try:
        return [f"{reader.page}: not in the last state: {name}" for name in await reader.finish()]
    except TROUBLE as problem:
        return [f"{reader.page}, the last state: {type(problem).__name__}"]


async def empty(served: Served, begin: float) -> tuple[float, int]:
    """How long until no session was left; or a minute, and how many were."""
    asking = Visitor.of(served.address)
    left = -1
    while left and perf_counter() < begin + 60:
        answer = await asking.get("kapnb/health")
        left = int(re.findall(r'"sessions": (\d+)', answer.body.decode())[0])
        await asyncio.sleep(0.2)
    return perf_counter() - begin, left


def measure_class(given: Class) -> Found:
    with Served("--max-sessions", str(given.open)) as served:
        found = asyncio.run(attend(given, served))
    for line in (*found.failed, *found.lost)[:20]:
        print(f"- {line}")
    return found


# --- as figures

KINDS = {
    "all": "all without a browser",
    "assessment": "assessment page",
    "training": "training page",
    "guidance": "guidance page",
    "supervision": "supervision page",
    "in a browser": "assessment page, in a browser",
}
MEDIAN, MOST = 100, 400
"""Milliseconds that are aimed for."""


def tell(given: Class, found: Found) -> list[Figure]:
    group = f"A class: {given.sessions} at work and {given.open} pages open, one answer each {given.every:g} s"
    answers = {kind: [one * 1e3 for one in own] for kind, own in sort_answers(found).items() if own}
    cores, memory = "Cores in use", "Memory of its own"
    return [
        Figure("in_use", group, "pages in use without a browser", "", given.sessions),
        Figure("open", group, "pages open", "", given.open),
        Figure("minutes", group, "how long", "minutes", given.minutes),
        Figure("failed", group, "pages that did not open", "", len(found.failed), at_most=0),
        Figure("answers", group, "answers", "", sum(map(len, found.answers.values())) + len(found.lost)),
        Figure("lost", group, "answers lost", "", len(found.lost), at_most=0),
        Figure("untold", group, "visitors beyond the limit, of 1, who were not told so", "", int(not found.turned_away), at_most=0),
        Figure("left", group, "sessions left when all tabs were closed", "", found.left, at_most=0),
        Figure("emptied", group, "until no session was left", "s", found.emptied),
        over_rounds("page", f"Until a page is there, {DOORS} opening at a time", "all pages", "s", found.opened),
        *(
            over_rounds(f"median_{key_of(kind)}", "An answer", KINDS[kind], "ms", own, at_most=MEDIAN)
            for kind, own in answers.items()
        ),
        *(
            Figure(f"most_{key_of(kind)}", "What 95 of 100 answers are within", KINDS[kind], "ms", most(own, 0.95), at_most=MOST)
            for kind, own in answers.items()
        ),
        Figure("cores_server", cores, "server", "cores", found.busy["server"]),
        Figure("cores_kernels", cores, "all pages", "cores", found.busy["kernels"]),
        Figure("cores_visitors", cores, "the visitors, without their browsers", "cores", found.busy["visitors"]),
        Figure("kernels", "Page kernels, spare ones too", "at the end", "", len(found.kernels)),
        over_rounds("memory_kernel", memory, "a page's kernel", "MB", found.kernels, at_most=25),
        Figure("memory_nursery", memory, "the process that they are copied from", "MB", found.nursery),
        Figure("memory_server", memory, "server", "MB", found.server),
        Figure("memory_all", memory, "all together", "MB", weigh_all(found)),
    ]


def tell_sizes(sizes: Mapping[int, Found]) -> list[Figure]:
    """What classes of several sizes take, a table for each kind."""
    told: list[tuple[str, str, str, Callable[[Found], list[float]]]] = [
        ("cores", "cores in use by server and pages", "cores", lambda found: [found.busy["server"] + found.busy["kernels"]]),
        ("memory", "memory of all together", "MB", lambda found: [weigh_all(found)]),
        ("median", "an answer", "ms", lambda found: [one * 1e3 for one in sort_answers(found)["all"]]),
        ("most", "what 95 of 100 answers are within", "ms", lambda found: [most(sort_answers(found)["all"], 0.95) * 1e3]),
        ("page", f"until a page is there, {DOORS} opening at a time", "s", lambda found: found.opened),
        ("lost", "answers lost or pages that did not open", "", lambda found: [len(found.lost) + len(found.failed)]),
    ]
    return [
        over_rounds(f"size_{size}_{key}", f"By size, {what}", f"{size} at work", unit, look(found))
        for key, what, unit, look in told
        for size, found in sizes.items()
    ]


def sort_answers(found: Found) -> dict[str, list[float]]:
    """By page, and all but those of a browser together, first."""
    own = {kind: found.answers[kind] for kind in KINDS if kind in found.answers}
    return {"all": [one for kind, answers in own.items() if kind != "in a browser" for one in answers], **own}


def key_of(kind: str) -> str:
    return kind.rpartition(" ")[2]


def weigh_all(found: Found) -> float:
    return found.server + found.nursery + sum(found.kernels)


def most(own: list[float], part: float) -> float:
    """What this part of all is not above."""
    return sorted(own)[max(0, ceil(part * len(own)) - 1)]


def measure(*, brief: bool = False) -> list[Figure]:
    given = Class(sessions=10, open=20, minutes=0.3) if brief else Class()
    return [*tell(given, measure_class(given)), *measure_sizes(SIZES, 0.2 if brief else 1)]


def measure_sizes(sizes: Iterable[int], minutes: float) -> list[Figure]:
    return tell_sizes({size: measure_class(Class(size, size, minutes, browsers=0)) for size in sizes})


def main() -> None:
    usual = Class(minutes=1)
    parser = argparse.ArgumentParser(description="Measure a class at work.")
    parser.add_argument("--sessions", type=int, default=usual.sessions, help="sessions in use (%(default)s)")
    parser.add_argument(
        "--open", type=int, default=usual.open, help="sessions open, those in use and the browsers' too (%(default)s)"
    )
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="how long (%(default)s)")
    parser.add_argument("--every", type=float, default=usual.every, help="seconds between the answers of a session (%(default)s)")
    parser.add_argument("--browsers", type=int, default=usual.browsers, help="real browsers that answer too (%(default)s)")
    parser.add_argument("--sizes", help="numbers at work, one after the other, instead of one class: 10,20,40,80")
    given = vars(parser.parse_args())
    sizes = given.pop("sizes")
    one = Class(**given)
    if sizes:
        figures.show(measure_sizes(map(int, sizes.split(",")), one.minutes))
        return
    if one.sessions + one.browsers > one.open:
        parser.error("--open counts the sessions in use and the browsers too")
    figures.show(tell(one, measure_class(one)))


if __name__ == "__main__":
    main()
