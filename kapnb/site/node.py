"""What a build has done by node, which comes with npm: packing by brotli, and the snapshot."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kapnb.engine.problems import KapnbError, Problem
from kapnb.site.pyodide import Runtime
from kapnb.text.words import words

BROTLI: Final = """
const { brotliCompressSync, constants } = require("zlib"), content = require("fs").readFileSync(0);
const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
process.stdout.write(brotliCompressSync(content, { params }));
"""
"""Quality 11 would save a tenth more, and takes a minute for Python alone."""


def find_node() -> str:
    """Where node is; nothing where it is not."""
    return shutil.which("node") or ""


def pack_tighter(content: bytes) -> bytes:
    """Content packed by brotli."""
    return subprocess.run([find_node(), "-e", BROTLI], input=content, capture_output=True, check=True).stdout  # noqa: S603  # words of ours alone


def make_snapshot(runtime: Runtime, package: bytes, variables: Mapping[str, str], pages: Sequence[str]) -> bytes:
    """The memory of Python once it has imported the pages: a browser that begins with it is ready sooner.

    Args:
        runtime: whose snapshot fits no other.
        package: our own, as the browser gets it.
        variables: of its environment.
        pages: what it imports.

    Raises:
        KapnbError: node is not there, or did not manage.
    """
    if not find_node():
        raise KapnbError([Problem("node", words("site.no_npm"), remedy=words("site.remedy_no_snapshot"))])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = json.dumps({"variables": dict(variables), "pages": list(pages)}).encode()
        for file, content in {**runtime.package, "kapnb.zip": package, "settings.json": settings}.items():
            (folder / file).write_bytes(content)
        command = [find_node(), str(Path(__file__).with_name("snapshot.mjs")), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # words of ours alone
        made = folder / "python.snapshot"
        if done.returncode or not made.is_file():
            raise KapnbError([Problem("node", words("site.no_snapshot"), remedy=words("site.remedy_no_snapshot"))])
        return made.read_bytes()
