"""Python for the browser judges and words 1,000 cases as this Python does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kapnb.site.build import pack
from tests.site.conftest import EDITION
from tests.site.golden import golden

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not shutil.which("node"), reason="node is not there")
def test_a_thousand_cases_have_one_hash(package: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(package, tmp_path, "gztar")
    (tmp_path / "kapnb.zip").write_bytes(pack(EDITION.guidance.folder))
    (tmp_path / "golden.py").write_text((HERE / "golden.py").read_text() + "\ngolden()\n")
    command = [
        "node",
        str(HERE / "parity.mjs"),
        str(tmp_path / "package"),
        str(tmp_path / "kapnb.zip"),
        str(tmp_path / "golden.py"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=570)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == golden()
