"""A measurement still finds its way through the pages that it measures."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.served import ROOT


@pytest.mark.browser
@pytest.mark.slow
def test_a_class_at_work_can_be_measured() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--brief", "load"], cwd=ROOT, capture_output=True, text=True, timeout=170, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "| answers lost | 0 |" in run.stdout
