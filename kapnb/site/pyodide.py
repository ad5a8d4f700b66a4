"""Python for the browser, the npm package ``pyodide`` in exactly the version of ``pyodide.json``; and what node does in a build."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kapnb.engine.problems import KapnbError, Problem
from kapnb.text.words import words

BROTLI: Final = """
const { brotliCompressSync, constants } = require("zlib"), content = require("fs").readFileSync(0);
const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };
process.stdout.write(brotliCompressSync(content, { params }));
"""
"""Quality 11 would save a tenth more, and takes a minute for Python alone."""
LOCK: Final = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts of Pyodide: what its lock says, its scripts, the compiled module, Python's library; and all as npm has it."""

    version: str
    info: dict[str, str]
    loader: bytes
    script: bytes
    module: bytes
    library: bytes
    package: dict[str, bytes]


def find_runtime(given: Path | None = None) -> Runtime:
    """Pyodide from a package that is there already, or fetched by npm. Either is checked against the lock.

    Raises:
        KapnbError: it cannot be had, or is not what the lock says.
    """
    if given and given.is_dir():
        read = {name: path.read_bytes() for name in NAMES if (path := given / name).is_file()}
        return compose(read, str(given))
    data = given.read_bytes() if given else fetch()
    if "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode() != LOCK["integrity"]:
        raise KapnbError([Problem(str(given or "npm"), words("site.other_runtime", version=LOCK["version"]))])
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        found = ((name, packed.extractfile(f"package/{name}")) for name in NAMES)
        return compose({name: file.read() for name, file in found if file}, "pyodide")


SCRIPTS: Final = ("pyodide.js", "pyodide.mjs", "pyodide.asm.mjs")
NAMES: Final = ("package.json", "pyodide-lock.json", *SCRIPTS, "pyodide.asm.wasm", "python_stdlib.zip")


def fetch() -> bytes:
    npm = shutil.which("npm")
    if not npm:
        raise KapnbError([Problem("npm", words("site.no_npm"), remedy=words("site.remedy_no_npm"))])
    with tempfile.TemporaryDirectory() as folder:
        name = f"{LOCK['package']}@{LOCK['version']}"
        command = [npm, "pack", name, "--silent", "--pack-destination", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # words of ours alone
        found = list(Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            raise KapnbError([Problem(name, words("site.no_fetch"), remedy=words("site.remedy_no_npm"))])
        return found[0].read_bytes()


def compose(read: dict[str, bytes], where: str) -> Runtime:
    missing = [name for name in NAMES if name not in read]
    if missing or json.loads(read["package.json"])["version"] != LOCK["version"]:
        raise KapnbError([Problem(where, words("site.other_runtime", version=LOCK["version"]))])
    script = read["pyodide.asm.mjs"].decode()
    # As a plain script: modules do not start in a worker from a disk.
    for module, plain in (
        ("import.meta.url", "self.location.href"),
        ("export default _createPyodideModule", "self.createPyodideModule = _createPyodideModule"),
    ):
        if module not in script:
            raise KapnbError([Problem(where, words("site.other_runtime", version=LOCK["version"]))])
        script = script.replace(module, plain)
    info = json.loads(read["pyodide-lock.json"])["info"]
    parts = (read["pyodide.js"], script.encode(), read["pyodide.asm.wasm"], read["python_stdlib.zip"])
    return Runtime(LOCK["version"], info, *parts, read)


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
