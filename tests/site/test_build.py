"""What a build writes: which files, how large, and that each is what the manifest says."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import zipfile
from html import unescape
from pathlib import Path

import pytest

from kapnb.cli import main
from kapnb.engine.problems import KapnbError
from kapnb.limits import PAGES_WITHOUT_SERVER
from kapnb.site.build import build, pack
from kapnb.site.pyodide import find_runtime
from kapnb.text.words import words
from tests.site.conftest import EDITION, pack_lightly
from tests.site.test_pages import read_title

pytestmark = pytest.mark.slow


def test_the_manifest_lists_every_file_with_its_hash(folder: Path) -> None:
    listed = json.loads((folder / "manifest.json").read_text())
    assert (listed["pack"], listed["edition"]) == ("begley", EDITION.guidance.ledger.edition)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert listed["files"].keys() | {"manifest.json", "manifest.html"} == found.keys()
    for name, told in listed["files"].items():
        assert told == {"bytes": len(found[name]), "sha384": hashlib.sha384(found[name]).hexdigest()}, name
        assert told["sha384"] in (folder / "manifest.html").read_text()


def test_no_page_names_another_host(folder: Path, one_file: Path) -> None:
    """Links that a reader may follow are no requests; the policy forbids all others. Nothing else in a page has an address."""
    for page in (*folder.glob("*.html"), one_file):
        html = re.sub(r'<script type="text/plain".*?</script>', "", unescape(page.read_text()), flags=re.DOTALL)
        assert not re.findall(r'(?:src|srcset|action)="(?:https?:)?//[^"]*"', html), page.name
        assert "default-src 'none'" in html
        assert "'unsafe-eval'" not in html.replace("'wasm-unsafe-eval'", "")
    assert "connect-src 'none'" in unescape(one_file.read_text())


def test_progress_comes_before_anything_that_takes_time(folder: Path, one_file: Path) -> None:
    """A browser that has the first part of a page draws it, with no script's help; and what the page shows first stands in it."""
    for page in (*(folder / f"{name}.html" for name in PAGES_WITHOUT_SERVER), one_file):
        html = page.read_bytes()
        assert html.index(b"<progress") < html.index(b"<script"), page.name
    main = (folder / "assessment.html").read_text().split("<main ")[1].split("<script")[0]
    assert not [one for one in (read_title("assessment"), words("page.gate_confirm")) if one not in main]
    html = one_file.read_bytes()
    assert html.index(b"<progress") < 128 * 1024
    assert html.rindex(b"<script>") < html.index(b'<script type="text/plain"') < 1024**2


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (pack(EDITION.guidance.folder) for _ in range(2))
    assert first == second


def test_what_goes_along_is_what_pages_need(folder: Path) -> None:
    """No server, no notebook, no compiled file; YAML as JSON, so that no reader for it is needed."""
    packed = gzip.decompress(next(folder.glob("kapnb.*.zip.gz")).read_bytes())
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        names = files.namelist()
        json.loads(files.read("kapnb/packs/begley/ledger.yaml"))
    assert {name.split("/")[0] for name in names} == {"kapnb", "traitlets"}
    assert [name for name in names if name.startswith("kapnb/serve/")] == ["kapnb/serve/__init__.py", "kapnb/serve/event_log.py"]


def test_a_first_visit_and_the_one_file_are_small_enough(folder: Path, one_file: Path) -> None:
    """Even where the host packs nothing, and smaller where host and browser know brotli."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    beside = {name for name in sizes if name.endswith(".br") or name.removesuffix(".gz") in sizes.keys() - {name}}
    assert sum(size for name, size in sizes.items() if name not in beside and not name.startswith("manifest")) < 8_000_000
    assert sum(size for name, size in sizes.items() if name.endswith(".br")) < 6_000_000
    assert one_file.stat().st_size < 12_000_000


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["build", str(tmp_path), "--pyodide", str(package)]) == 2
    assert "Name a folder that does not exist yet" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_build_replaces_an_earlier_one(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack_lightly(monkeypatch)
    target = tmp_path / "site"
    assert main(["build", str(target), "--pyodide", str(package), "--pages", "article"]) == 0
    assert not (target / "training.html").exists()
    assert main(["build", str(target), "--pyodide", str(package), "--one-file"]) == 0
    assert sorted(path.name for path in target.iterdir()) == ["kapnb.html", "manifest.json"]


def test_another_runtime_is_refused(tmp_path: Path, package: Path) -> None:
    """By its hash where it is packed, by its version where it is not."""
    other = tmp_path / "other.tgz"
    other.write_bytes(package.read_bytes() + b"\0")
    with pytest.raises(KapnbError, match="is not Pyodide"):
        find_runtime(other)
    shutil.unpack_archive(package, tmp_path, "gztar")
    assert find_runtime(tmp_path / "package").version
    about = json.loads((tmp_path / "package/package.json").read_text())
    (tmp_path / "package/package.json").write_text(json.dumps({**about, "version": "0.0.1"}))
    with pytest.raises(KapnbError, match="is not Pyodide"):
        build(tmp_path / "site", EDITION, runtime=tmp_path / "package", say=lambda _: None)
