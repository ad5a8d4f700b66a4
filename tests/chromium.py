"""Finds a Chromium to test in; run as a script, installs one where there is none, and in CI a Firefox too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A closed network is no hindrance, and nothing is asked of any host but ours.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def flags() -> list[str]:
    """Root cannot use the browser's own sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*FLAGS, "--no-sandbox"] if root else [*FLAGS]


def find() -> str | None:
    """The variable CHROMIUM first, then the PATH, then playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    on_path = next((path for path in map(shutil.which, NAMES) if path), None)
    return on_path or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Debian's package where we may, else the build that playwright downloads."""
    if not _from_debian("chromium"):
        _ran([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _from_debian(package: str) -> bool:
    debian = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    may = shutil.which("apt-get") and os.geteuid() == 0
    return bool(may and _ran(["apt-get", "update", "-qq"], debian) and _ran(["apt-get", "install", "-y", "-qq", package], debian))


def _ran(command: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


def main() -> int:
    if os.environ.get("CI") == "true" and not (shutil.which("firefox-esr") or shutil.which("firefox")):
        _from_debian("firefox-esr")  # where that fails, what asks for it is skipped
    if find():
        return 0
    print("No Chromium found; installing one for the browser tests.", flush=True)
    install()
    if find():
        return 0
    print("No Chromium could be installed: the browser tests are skipped. Set CHROMIUM to a browser's path.")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
