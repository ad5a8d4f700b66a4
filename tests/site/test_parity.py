"""Python for the browser judges and words cases as this Python does."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.engine.space import open_space
from kapnb.site.build import pack
from tests.site.conftest import EDITION, Once
from tests.site.golden import assess_some, golden

HERE = Path(__file__).parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.skipif(not shutil.which("node"), reason="node is not there")]


@pytest.fixture(scope="module")
def in_wasm(package: Path, once: Once) -> list[str]:
    """Both hashes, as the browser's Python has them."""
    return once("parity", lambda folder: run_in_wasm(package, folder)).joinpath("hashes").read_text().split()


def run_in_wasm(package: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.unpack_archive(package, folder, "gztar")
    (folder / "kapnb.zip").write_bytes(pack(EDITION.guidance.folder))
    (folder / "golden.py").write_text((HERE / "golden.py").read_text() + "\nf'{golden()} {judge_space()}'\n")
    command = ["node", HERE / "parity.mjs", folder / "package", folder / "kapnb.zip", folder / "golden.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=570)
    assert done.returncode == 0, done.stderr[-2000:]
    (folder / "hashes").write_text(done.stdout.strip().splitlines()[-1])


def test_cases_that_meet_every_rule_have_one_hash(in_wasm: list[str]) -> None:
    assessed = list(assess_some())
    assert {one.outcome for one in assessed} == set(Outcome)
    assert {found.rule for one in assessed for found in one.findings} == {rule.name for rule in EDITION.rules}
    assert in_wasm[0] == golden()


def test_what_is_proven_holds_in_the_browser(in_wasm: list[str]) -> None:
    """Of every case with open questions the browser's Python says what the rules themselves say of its completions here.

    ``kapnb prove`` needs numpy, which has no build for this Python; but what it proves of outcomes, it proves of these values.
    """
    proven = hashlib.sha256()
    for group in EDITION.outcome_groups:
        proven.update(open_space(group).possible.tobytes())
    assert in_wasm[1] == proven.hexdigest()
