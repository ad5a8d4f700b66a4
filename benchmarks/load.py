"""A class at work: 40 assessment pages in Chromium, each of which answers a question every three seconds.

An answer's time runs from the click until the explanation is written. Browser and server share the machine, so the figures are
those of a slower one. In the end every page is looked at again: an answer that does not show there is lost. Then all tabs
close, and the server's pages are counted until none is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import cycle
from math import ceil
from random import Random
from time import perf_counter

import psutil
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from benchmarks.figure import Figure, count, over
from benchmarks.pages import ANSWERS
from kapnb.text.words import words
from tests import chromium
from tests.served import Served, wait_for

PEOPLE, MINUTES, EVERY = 40, 1.0, 3.0
OPENING = 4
"""People who open their page at the same moment."""

ANSWERED = """(selector) => new Promise((resolve, reject) => {
  const input = document.querySelector(selector), start = performance.now();
  const observer = new MutationObserver(() => (observer.disconnect(), resolve(performance.now() - start)));
  observer.observe(document.querySelector("aside.answer"), { childList: true, subtree: true, characterData: true });
  setTimeout(() => (observer.disconnect(), reject(new Error("no answer"))), 10_000);
  input.click();
})"""


@dataclass
class Person:
    page: Page
    told: dict[str, str] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    lost: int = 0

    async def open(self, served: Served) -> float:
        """Seconds until the questions can be answered."""
        start = perf_counter()
        await self.page.goto(f"{served.url}assessment")
        await self.page.get_by_role("checkbox", name=words("page.gate_confirm")).check()
        await self.page.locator("aside.answer .sum h2").wait_for()
        return perf_counter() - start

    async def work(self, chance: Random, until: float) -> None:
        answers = cycle(ANSWERS)
        await asyncio.sleep(chance.uniform(0, EVERY))
        while (begun := perf_counter()) < until:
            name, option = next(answers)
            self.told[name] = option
            try:
                self.times.append(await self.page.evaluate(ANSWERED, selector(name, option)))
            except Error:
                self.lost += 1
            await asyncio.sleep(max(0.0, EVERY - (perf_counter() - begun)))

    async def look_again(self) -> None:
        """What the page shows after a reload is what the server took."""
        await self.page.reload()
        await self.page.locator("aside.answer .sum h2").wait_for()
        for name, option in self.told.items():
            self.lost += not await self.page.locator(selector(name, option)).is_checked()


async def look_again(person: Person, doors: asyncio.Semaphore) -> None:
    async with doors:
        await person.look_again()


def selector(name: str, option: str) -> str:
    return f'[data-field="{name}"] input[value="{option}"]'


async def attend(served: Served, people: int, minutes: float, *, light: bool) -> list[Figure]:
    doors = asyncio.Semaphore(OPENING)

    async def enter(browser: Browser) -> tuple[Person, BrowserContext, float]:
        async with doors:
            context = await browser.new_context()
            context.set_default_timeout(90_000)
            person = Person(await context.new_page())
            return person, context, await person.open(served)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find(light=light), args=chromium.flags())
        entered = await asyncio.gather(*(enter(browser) for _ in range(people)))
        everybody, contexts, opened = zip(*entered, strict=True)
        until = perf_counter() + minutes * 60
        before, begun = spend(served), perf_counter()
        await asyncio.gather(*(person.work(Random(number), until) for number, person in enumerate(everybody)))
        cores = (spend(served) - before) / (perf_counter() - begun)
        kernels = [weigh(kernel) for kernel in served.kernels()]
        everything = sum(map(weigh, [psutil.Process(served.process.pid), *served.children()]))
        await asyncio.gather(*(look_again(person, doors) for person in everybody))
        closing = perf_counter()
        await asyncio.gather(*(person.page.goto("about:blank") for person in everybody))
        for context in contexts:
            await context.close()
        await browser.close()
    await asyncio.to_thread(wait_for, lambda: len(served.kernels()) <= 1, 60)  # one is kept ready
    times = sorted(time for person in everybody for time in person.times)
    return [
        over(f"an answer, {people} people answering every {EVERY:g} s", "ms", times),
        count("95 of 100 answers are within", times[ceil(0.95 * len(times)) - 1], "ms"),
        count("answers lost", sum(person.lost for person in everybody)),
        over(f"until a page can be used, {OPENING} opening at a time", "s", opened),
        count("cores that the server and its pages keep busy", cores, "cores"),
        over("memory of a page", "MB", kernels),
        count("memory of the server and all pages", everything, "MB"),
        count("until no page is left, once all tabs are closed", perf_counter() - closing, "s"),
    ]


def spend(served: Served) -> float:
    """Seconds of a core, of the server and its pages."""
    total = 0.0
    for process in (psutil.Process(served.process.pid), *served.children()):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def weigh(process: psutil.Process) -> float:
    """MB of its own."""
    return float(process.memory_full_info().uss) / 1e6


def measure(*, brief: bool) -> list[Figure]:
    with Served("--max-sessions", str(PEOPLE + 5)) as served:
        return asyncio.run(attend(served, *((1, 0.1) if brief else (PEOPLE, MINUTES)), light=brief))
