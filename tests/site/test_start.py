"""How the pages without a server begin: what is there before Python is, which files are taken, and what a snapshot may do wrong."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kapnb import assess
from kapnb.cli import main
from kapnb.site import pyodide
from kapnb.text.explanation import outcome_line
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage
from tests.browser.pages import settle
from tests.served import wait_for
from tests.site.conftest import HOLD, Host, pack_lightly
from tests.site.test_pages import READY, read_title

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.skipif(not pyodide.find_node(), reason="node is not there")]

GZIP = b"\x1f\x8b\x08"  # begins every packed file: Python and what it reads
HEADER = 64  # bytes of a snapshot that tell what it is; the memory follows


@pytest.fixture
def visitor(request: pytest.FixtureRequest) -> Iterator[Page]:
    context = request.getfixturevalue(request.param).new_context()
    yield context.new_page()
    context.close()


def asked(host: Host, part: str) -> list[str]:
    return [address.rsplit("/", 1)[-1] for address, _ in host.asked if part in address]


def explain(page: Page, host: Host) -> None:
    """A case that is answered before Python is there is explained, and nothing says that anything was wrong."""
    app = AssessPage(page, "")
    host.until = GZIP
    page.goto(host.address("assessment"))
    app.answer("ocd", "yes")
    assert page.locator(READY).count() == 0
    host.go_on.set()
    settle(page)
    app.confirm()
    settle(page)
    assert app.answers() == {"ocd": "yes"}
    expect(app.outcome).to_have_text(outcome_line(assess({"ocd": "yes"})))
    expect(page.locator("#session")).to_be_hidden()


@pytest.mark.parametrize("visitor", ["firefox"], indirect=True)
def test_a_page_starts_from_the_snapshot(with_snapshot: Path, visitor: Page) -> None:
    with Host(with_snapshot) as host:
        explain(visitor, host)
        assert len(asked(host, ".snapshot.")) == 1
        assert len(asked(host, "worker")) == 1


@pytest.mark.parametrize("visitor", ["browser"], indirect=True)
def test_each_start_has_chances_of_its_own_and_a_crash_is_told(with_snapshot: Path, visitor: Page) -> None:
    """The memory holds where Python's random numbers stood; two readers must not draw the same set."""
    visitor.add_init_script(HOLD)
    with Host(with_snapshot) as host:
        explain(visitor, host)
        drawn = [draw(visitor)]
        visitor.reload()
        settle(visitor)
        drawn.append(draw(visitor))
        assert len(asked(host, ".snapshot.")) == len(asked(host, "worker")) == len(set(drawn)) == 2
    visitor.evaluate("started.postMessage({ open: 'nowhere' })")
    expect(visitor.get_by_role("alert").filter(has_text=words("site.ended_title"))).to_be_visible()


def draw(page: Page) -> float:
    return float(page.workers[-1].evaluate("ready.then((pages) => pages.import_module('random').random())"))


def change(packed: bytes) -> bytes:
    return packed + b"\0"


def of_another_build(packed: bytes) -> bytes:
    memory = bytearray(gzip.decompress(packed))
    memory[16:HEADER] = bytes(HEADER - 16)
    return gzip.compress(memory, 1)


def of_nothing(packed: bytes) -> bytes:
    memory = gzip.decompress(packed)
    start = int.from_bytes(memory[4:8], "little")
    return gzip.compress(memory[:start] + bytes(len(memory) - start), 1)


def spoil(folder: Path, how: Callable[[bytes], bytes]) -> None:
    """What is changed has another hash than the page says; the rest is as if it had been built so."""
    path = next(folder.glob("*.snapshot.gz"))
    before = path.read_bytes()
    path.write_bytes(how(before))
    if how is not change:
        page = folder / "assessment.html"
        page.write_text(page.read_text().replace(integrity(before), integrity(path.read_bytes())))


def integrity(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


MADE = "made = 0; Worker = class extends Worker { constructor(given) { super(given); made += 1 } }"


@pytest.mark.parametrize("visitor", ["browser"], indirect=True)
@pytest.mark.parametrize("how", [change, of_another_build, of_nothing])
def test_a_snapshot_that_does_not_fit_loses_nothing(
    with_snapshot: Path, tmp_path: Path, visitor: Page, how: Callable[[bytes], bytes]
) -> None:
    """Each fails in a way of its own; what follows is an ordinary start, which is seen once."""
    folder = tmp_path / "spoiled"
    shutil.copytree(with_snapshot, folder)
    spoil(folder, how)
    visitor.add_init_script(MADE)
    with Host(folder) as host:
        if how is of_nothing:
            explain(visitor, host)
        else:
            visitor.goto(host.address("assessment"))
            wait_for(lambda: visitor.evaluate("made") == 2)
            expect(visitor.locator("#opening")).to_be_visible()
            expect(visitor.locator("#session")).to_be_hidden()
        assert visitor.evaluate("made") == 2
        assert len(asked(host, ".snapshot.")) == 1


@pytest.mark.parametrize("visitor", ["browser"], indirect=True)
def test_a_worker_that_dies_while_it_starts_is_told(with_snapshot: Path, visitor: Page) -> None:
    """Where the start from the snapshot is silent for long, the ordinary one is tried; if that is silent too, the page says so."""
    visitor.add_init_script(HOLD)
    visitor.clock.install()
    with Host(with_snapshot) as host:
        visitor.goto(host.address("assessment"))
        wait_for(lambda: visitor.evaluate("'started' in window"))
        visitor.evaluate("first = started; started.terminate()")
        visitor.clock.run_for(40_000)
        wait_for(lambda: visitor.evaluate("started !== first"))
        expect(visitor.locator("#session")).to_be_hidden()
        visitor.evaluate("started.terminate()")
        visitor.clock.run_for(130_000)
        expect(visitor.get_by_role("alert").filter(has_text=words("site.ended_title"))).to_be_visible()


def test_a_build_without_node_has_gzip_alone(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pyodide, "find_node", lambda: "")
    pack_lightly(monkeypatch)
    target = tmp_path / "site"
    assert main(["build", str(target), "--pyodide", str(package), "--pages", "article"]) == 0
    assert words("site.gzip_alone") in capsys.readouterr().err
    assert not list(target.glob("*.br"))
    assert len(list(target.glob("*.gz"))) > 3
    assert main(["build", str(target), "--pyodide", str(package), "--snapshot"]) == 2
    assert words("site.remedy_no_snapshot") in capsys.readouterr().err


def test_one_file_has_no_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(tmp_path / "site"), "--one-file", "--snapshot"]) == 2
    assert words("site.one_file_without") in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_what_is_packed_is_the_file(folder: Path) -> None:
    for path in folder.glob("*.gz"):
        content = gzip.decompress(path.read_bytes())
        plain = folder / path.stem
        assert not plain.exists() or plain.read_bytes() == content


@pytest.mark.parametrize("visitor", ["browser"], indirect=True)
def test_the_one_file_is_in_use_before_python_has_arrived(one_file: Path, visitor: Page) -> None:
    """Of 10 MB only the beginning is there: the page that the address names is painted, with its progress, and takes answers."""
    with Host(one_file.parent, until=b'<script type="text/plain"') as host:
        visitor.goto(f"{host.address('kapnb')}#assessment", wait_until="commit")
        expect_shell(visitor)
        app = AssessPage(visitor, "")
        app.answer("ocd", "yes")
        expect(app.option("ocd", "yes")).to_be_checked()
        wait_for(lambda: visitor.evaluate("performance.getEntriesByName('first-contentful-paint').length"))
        assert visitor.evaluate("document.readyState") == "loading"


@pytest.mark.parametrize("visitor", ["browser"], indirect=True)
def test_a_folder_opened_from_a_disk_says_what_it_needs(folder: Path, visitor: Page) -> None:
    visitor.goto((folder / "assessment.html").as_uri())
    expect(visitor.get_by_text(words("site.disk"))).to_be_visible()
    expect(visitor.locator("#opening")).to_be_hidden()


def expect_shell(page: Page) -> None:
    expect(page.get_by_role("progressbar", name=words("site.opening"))).to_be_visible()
    expect(page.locator("main:visible h1")).to_have_text(read_title("assessment"))
    expect(page.get_by_role("group").first).to_be_visible()
