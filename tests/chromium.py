"""Finds a Chromium to test in; run as a script, installs one where there is none, and in CI its headless shell and a Firefox."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOX = ("firefox-esr", "firefox")

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


def find(*, light: bool = False) -> str | None:
    """The variable CHROMIUM first, then the PATH, then playwright's own.

    Args:
        light: if there is one, without the windows and menus that a whole browser draws for each visitor in 0.7 s of CPU.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    names = (SHELL, *NAMES) if light else NAMES
    on_path = next((path for path in map(shutil.which, names) if path), None)
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


def _from_debian(*packages: str) -> bool:
    debian = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not (packages and shutil.which("apt-get") and os.geteuid() == 0 and _ran(["apt-get", "update", "-qq"], debian)):
        return False
    return False not in [_ran(["apt-get", "install", "-y", "-qq", package], debian) for package in packages]


def _ran(command: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


def main() -> int:
    if os.environ.get("CI") == "true":
        wanted = ((SHELL,), FIREFOX)
        _from_debian(*(names[0] for names in wanted if not any(map(shutil.which, names))))  # what is not there is done without
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
