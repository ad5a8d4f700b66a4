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

A report in Markdown is printed. ``--sessions 5 --open 8 --minutes 0.5 --browsers 1`` tries it out in a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from math import ceil
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import psutil
from playwright.async_api import Browser, Page, async_playwright
from tornado.httpclient import AsyncHTTPClient

from benchmarks.click import ANSWERS
from benchmarks.readers import Reader
from kapnb.words import words
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

DOORS = 4
"""Visitors who open a page at the same moment."""

ANSWERED = """
(selector) => new Promise((resolve) => {
  const input = document.querySelector(selector), start = performance.now();
  const observer = new MutationObserver(() => (observer.disconnect(), resolve(performance.now() - start)));
  observer.observe(document.querySelector("aside.answer"), { childList: true, subtree: true, characterData: true });
  setTimeout(() => (observer.disconnect(), resolve(null)), 10_000);
  input.click();
})
"""


@dataclass
class Found:
    """What was measured. Times are in seconds."""

    opened: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    refused: str = ""
    memory: dict[str, float] = field(default_factory=dict)
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
        except (RefusedError, OSError, TimeoutError) as problem:
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
    except (TimeoutError, ConnectionError, LookupError) as problem:
        found.failed.append(f"{reader.page}, at the first question: {type(problem).__name__}")


async def work(reader: Reader, found: Found, until: float, every: float) -> None:
    """Answer in a rhythm. What is not answered in time is lost."""
    await asyncio.sleep(reader.chance.uniform(0, every))
    while perf_counter() < until:
        start = perf_counter()
        try:
            found.add(reader.page, await reader.step())
        except (TimeoutError, ConnectionError, LookupError) as problem:
            found.lost.append(f"{reader.page}: {type(problem).__name__}")
        await asyncio.sleep(max(0.0, every - (perf_counter() - start)))


async def browse(page: Page, served: Served, found: Found, until: float, every: float) -> None:
    """The same in a real browser, with answers that each change the explanation."""
    start = perf_counter()
    await page.goto(f"{served.url}assessment")
    await page.get_by_role("checkbox", name=words("page.gate_confirm")).check(timeout=60_000)
    await page.get_by_role("button", name=words("page.gate_button")).click()
    await page.locator("aside.answer .verdict").wait_for()
    found.opened.append(perf_counter() - start)
    turns = cycle(ANSWERS)
    while perf_counter() < until:
        begun = perf_counter()
        took = await page.evaluate(ANSWERED, "fieldset[data-field={}] input[value={}]".format(*next(turns)))
        if took is None:
            found.lost.append("browser: no answer")
        else:
            found.add("in a browser", took / 1e3)
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


async def refuse_one(served: Served, limit: int) -> str:
    """What the visitor is told who comes when all places are taken."""
    try:
        visitor = await Visitor.enter(served.address, "guidance")
    except RefusedError as refusal:
        readable = words("shell.error_503_title") in refusal.text
        return f"{refusal.status}, {'with' if readable else 'WITHOUT'} the page that says so"
    await visitor.leave()
    return f"LET IN, although {limit} places were taken"


async def watch(served: Served, found: Found, until: float) -> None:
    """How busy server and kernels are, and what they weigh in the end."""
    server = psutil.Process(served.process.pid)
    begin, start = {"server": spent([server]), "kernels": spent(served.kernels())}, perf_counter()
    await asyncio.sleep(max(0.0, until - perf_counter() - 1))
    over = perf_counter() - start
    found.busy = {
        "server": (spent([server]) - begin["server"]) / over,
        "kernels": (spent(served.kernels()) - begin["kernels"]) / over,
    }
    unique = [weigh(kernel) for kernel in served.kernels()]
    nursery = served.nursery()
    found.memory = {
        "kernels": float(len(unique)),
        "all kernels": sum(unique),
        "a kernel, median": median(unique),
        "a kernel, most": max(unique),
        "the process they are copied from": weigh(nursery) if nursery else 0.0,
        "server": weigh(server),
    }


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


async def measure(given: argparse.Namespace, served: Served) -> Found:
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
        found.refused = await refuse_one(served, given.open)
        await asyncio.gather(*at_work)
        for reader in readers:
            found.lost += [f"{reader.page}: not in the last state: {name}" for name in await reader.finish()]
        for task in staying:
            task.cancel()
        closing = perf_counter()
        for tab in tabs:
            await tab.goto("about:blank")
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
        found.emptied, found.left = await empty(served, closing)
    return found


async def empty(served: Served, begin: float) -> tuple[float, int]:
    """How long until no session was left; or a minute, and how many were."""
    asking = Visitor.of(served.address)
    left = -1
    while left and perf_counter() < begin + 60:
        answer = await asking.get("kapnb/health")
        left = int(re.findall(r'"sessions": (\d+)', answer.body.decode())[0])
        await asyncio.sleep(0.2)
    return perf_counter() - begin, left


def report(given: argparse.Namespace, found: Found, load_before: float) -> str:
    root = Path(__file__).parent.parent
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = psutil.virtual_memory().total / 2**30
    answers = {
        "all without a browser": [one for kind, own in found.answers.items() if kind != "in a browser" for one in own],
        **found.answers,
    }
    rows = "\n".join(
        f"| {kind} | {len(own)} | {median(own) * 1e3:.0f} | {most(own, 0.95) * 1e3:.0f} | {max(own) * 1e3:.0f} |"
        for kind, own in answers.items()
        if own
    )
    opened = sorted(found.opened)
    weights = "\n".join(f"| {name} | {weight:.1f} |" for name, weight in found.memory.items() if name != "kernels")
    return f"""# A class at work

{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or "unknown"}, {os.cpu_count()} cores, {memory:.0f} GiB, \
{platform.system()} {platform.machine()}, Python {platform.python_version()}. Load of the machine before: {load_before:.2f}\
{" (it was busy with other work)" if load_before > 0.3 else ""}.

{given.sessions} sessions in use, one answer each {given.every:g} s for {given.minutes:g} minutes; {given.browsers} browsers among \
them; {given.open} open in all.

| | |
|---|---|
| pages that opened | {len(found.opened)} of {given.open} |
| first page, s: first, median, last | {found.opened[0]:.2f}, {median(opened):.2f}, {opened[-1]:.2f} |
| answers lost | {len(found.lost)} |
| the visitor beyond the limit | {found.refused} |
| sessions left after all tabs closed | {found.left} ({found.emptied:.1f} s) |
| cores in use: server, kernels | {found.busy["server"]:.2f}, {found.busy["kernels"]:.2f} |

| time of an answer, ms | answers | median | 95 % | most |
|---|---|---|---|---|
{rows}

| memory of its own, MB ({found.memory["kernels"]:.0f} kernels) | |
|---|---|
{weights}
""" + "".join(f"\n- {line}" for line in (*found.failed, *found.lost)[:20])


def most(own: list[float], part: float) -> float:
    """What this part of all is not above."""
    return sorted(own)[max(0, ceil(part * len(own)) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a class at work.")
    parser.add_argument("--sessions", type=int, default=40, help="sessions in use (%(default)s)")
    parser.add_argument(
        "--open", type=int, default=100, help="sessions open, those in use and the browsers' among them (%(default)s)"
    )
    parser.add_argument("--minutes", type=float, default=1, help="how long (%(default)s)")
    parser.add_argument("--every", type=float, default=3, help="seconds between the answers of a session (%(default)s)")
    parser.add_argument("--browsers", type=int, default=2, help="real browsers that answer too (%(default)s)")
    given = parser.parse_args()
    if given.sessions + given.browsers > given.open:
        parser.error("--open counts the sessions in use and the browsers too")
    load_before = os.getloadavg()[0]
    with Served("--max-sessions", str(given.open)) as served:
        found = asyncio.run(measure(given, served))
    print(report(given, found, load_before))


if __name__ == "__main__":
    main()
