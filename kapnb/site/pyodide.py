"""Python for the browser: the npm package ``pyodide``, in exactly the version of ``pyodide.json``."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kapnb.engine.problems import KapnbError, Problem
from kapnb.text.words import words

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
