"""``kapnb serve --check``: whether this installation can serve. Starts a server as asked, opens each page once, and ends it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Timer
from urllib.parse import urlsplit

from kapnb.engine.edition import served_edition
from kapnb.engine.problems import KapnbError
from kapnb.serve.launcher import bind
from kapnb.serve.limits import fit
from kapnb.serve.options import Options, check_options
from kapnb.serve.pages import read_pages
from kapnb.text.words import words
from kapnb.training.library import load_library

SECONDS = 60
"""For the server to start, and for each page to open."""


def check(options: Options, tell: Callable[[str], object]) -> int:
    """Say line by line what was looked at and what is wrong. Exit code 0: the installation can serve; 1: it cannot."""
    steps: Sequence[Callable[[], object]] = (
        lambda: check_options(options),
        lambda: load_library(served_edition()),
        lambda: fit(options),
        lambda: release(options),
    )
    problems: list[str] = []
    for step in steps:
        try:
            step()
        except KapnbError as error:
            problems += map(str, error.problems)
    problems += [] if problems else check_pages(options.notebooks, tell)
    for problem in problems:
        tell(problem)
    tell(words("serving.check_bad" if problems else "serving.check_good"))
    return int(bool(problems))


def release(options: Options) -> None:
    for taken in bind(options):
        taken.close()


def check_pages(notebooks: Path, tell: Callable[[str], object]) -> Iterator[str]:
    """Open each page as a browser would, on a server that only this machine reaches."""
    command = [sys.executable, "-m", "kapnb", "serve", "--port", "0", "--preheat", "0", "--notebooks", str(notebooks)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603  # our own
        patience = Timer(SECONDS, server.terminate)
        patience.start()
        assert server.stdout  # noqa: S101  # asked for just now
        found = re.search(r"http://\S+", server.stdout.readline())
        patience.cancel()
        try:
            for page in read_pages(notebooks) if found else ():
                tell(words("serving.check_opening", page=page.label))
                if found and not opens(found[0], page.name):
                    yield words("serving.page_fails", page=page.name)
        finally:
            server.terminate()
            said = server.communicate()[1]
    if not found:
        yield words("serving.not_started", said=said.strip())


def opens(address: str, page: str) -> bool:
    """Whether a page comes whole, with a session behind it."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=SECONDS)
    try:
        connection.request("GET", f"/{page}")
        answer = connection.getresponse()
        text = answer.read().decode()
    except (HTTPException, OSError):
        return False
    else:
        return answer.status == 200 and '"kernelId"' in text and "shell-failure" not in text
    finally:
        connection.close()
