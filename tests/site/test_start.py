"""How the pages without a server begin: what is there before Python is, which files are taken, and what a snapshot may do wrong."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kapnb import assess
from kapnb.cli import main
from kapnb.site import node
from kapnb.site.build import build
from kapnb.text.explanation import outcome_line
from kapnb.text.words import words
from tests.browser.assess_page import AssessPage
from tests.browser.pages import settle
from tests.site.conftest import EDITION, Host
from tests.site.test_pages import READY, ready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not node.find_node(), reason="node is not there"),
]

HEADER = 64  # bytes of a snapshot that tell what it is; the memory follows


@pytest.fixture(scope="session")
def with_snapshot(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "snapshot"
    build(path, EDITION, snapshot=True, runtime=package, say=lambda _: None)
    return path


@pytest.fixture(params=["browser", "firefox"])
def visitor(request: pytest.FixtureRequest) -> Iterator[Page]:
    context = request.getfixturevalue(request.param).new_context()
    yield context.new_page()
    context.close()


def asked(host: Host, part: str) -> list[str]:
    return [address.rsplit("/", 1)[-1] for address, _ in host.asked if part in address]


def explain(page: Page, address: str) -> None:
    """A case that is answered before Python is there is explained, and nothing says that anything was wrong."""
    app = AssessPage(page, "")
    page.goto(address)
    app.answer("ocd", "yes")
    assert page.locator(READY).count() == 0
    ready(page)
    app.confirm()
    settle(page)
    assert app.answers() == {"ocd": "yes"}
    expect(app.outcome).to_have_text(outcome_line(assess({"ocd": "yes"})))
    expect(page.locator("#session")).to_be_hidden()


def test_a_page_starts_from_the_snapshot(with_snapshot: Path, visitor: Page) -> None:
    with Host(with_snapshot) as host:
        explain(visitor, host.address("assessment"))
        assert len(asked(host, ".snapshot.")) == 1
        assert len(asked(host, "worker")) == 1


def test_each_start_has_chances_of_its_own(with_snapshot: Path, browser: Browser) -> None:
    """The memory holds where Python's random numbers stood; two readers must not draw the same set."""
    drawn = set()
    with Host(with_snapshot) as host:
        for _ in range(2):
            page = browser.new_page()
            page.goto(host.address("training"))
            ready(page)
            drawn.add(page.workers[-1].evaluate("ready.then((pages) => pages.import_module('random').random())"))
            page.close()
    assert len(drawn) == 2


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


@pytest.mark.parametrize("how", [change, of_another_build, of_nothing])
def test_a_snapshot_that_does_not_fit_loses_nothing(
    with_snapshot: Path, tmp_path: Path, browser: Browser, how: Callable[[bytes], bytes]
) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(with_snapshot, folder)
    spoil(folder, how)
    page = browser.new_page()
    page.add_init_script("made = 0; Worker = class extends Worker { constructor(given) { super(given); made += 1 } }")
    with Host(folder) as host:
        explain(page, host.address("assessment"))
        assert page.evaluate("made") == 2
    page.close()


def test_a_browser_takes_brotli_where_it_can(folder: Path, tmp_path: Path, visitor: Page) -> None:
    """And gzip where it cannot, or where the host has no such file."""
    knows = visitor.evaluate("() => { try { return !!new DecompressionStream('brotli') } catch { return false } }")
    assert knows or visitor.context.browser.browser_type.name == "chromium"
    with Host(folder) as host:
        explain(visitor, host.address("assessment"))
        taken = {name.rsplit(".", 1)[1] for kind in (".zip.", ".wasm.") for name in asked(host, kind)}
        assert taken == {"br" if knows else "gz"}
    without = tmp_path / "without"
    shutil.copytree(folder, without)
    for path in without.glob("*.br"):
        path.unlink()
    with Host(without) as host:
        visitor.evaluate("localStorage.clear()")
        explain(visitor, host.address("assessment"))


def test_a_build_without_node_has_gzip_alone(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node, "find_node", lambda: "")
    monkeypatch.setattr("kapnb.site.build.find_node", lambda: "")
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


@pytest.mark.parametrize("kind", ["folder", "one_file"])
def test_a_page_is_there_before_python(kind: str, request: pytest.FixtureRequest, browser: Browser) -> None:
    """On a slow device too: text and progress are drawn at once, and what is clicked meanwhile is taken when Python is there."""
    place: Path = request.getfixturevalue(kind)
    page = browser.new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    with Host(place) as host:
        page.goto(host.address("assessment") if kind == "folder" else f"{place.as_uri()}#assessment", wait_until="commit")
        expect(page.get_by_role("status").filter(has_text=words("site.opening"))).to_be_visible()
        app = AssessPage(page, "")
        app.answer("ocd", "yes")
        app.answer("substance_use_disorder", "active")
        assert page.locator(READY).count() == 0
        settle(page)
        drawn, now = page.evaluate("[performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]")
        assert drawn < now / 10
        assert app.answers() == {"ocd": "yes", "substance_use_disorder": "active"}
    page.close()


def test_text_and_progress_stand_in_the_file_itself(folder: Path, browser: Browser) -> None:
    """Whatever comes after the file, they are drawn without it."""
    page = browser.new_page()
    page.route("**/*.js", lambda route: route.abort())
    with Host(folder) as host:
        page.goto(host.address("assessment"))
        expect(page.get_by_role("progressbar", name=words("site.opening"))).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("group").first).to_be_visible()
    page.close()
