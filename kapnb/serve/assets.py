"""Styles, scripts and fonts. Browsers keep them for a year, under addresses that change with the contents.

Tornado's ``StaticFileHandler`` would pack 5 MB anew for each first visit, and a script that loads others by their names cannot add
the ``?v=`` that it knows versions by. Here each file is packed once, and the version stands in the path.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from tornado import web
from voila.paths import collect_static_paths
from voila.utils import get_voila_labextensions_path

from kapnb import paths

PREFIX: Final = "kapnb/assets"
BUNDLE: Final = "bundle.js"
TOKENS: Final = "kapnb/tokens.css"
"""Tokens and components: the first part of our style sheet, for pages that need no more of it."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Public also where a token is asked for: the same for everybody, and published with the packages it comes from."""
CONTENT_TYPES: Final = {
    ".css": "text/css; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Not asked of the machine: where its list calls a script plain text, no browser runs it."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent, packed by gzip. ``current``: as it was when the server started."""

    content_type: str
    content: bytes
    current: bool


class Assets:
    """Files that may be asked for by name, and nothing else. Each is packed when it is first wanted.

    Args:
        base_url: what the address of the app begins with.
        named: the files under each name; several are bundled into one script.
    """

    def __init__(self, base_url: str, named: Mapping[str, Sequence[Path]]) -> None:
        self._named = named
        self._digests = {name: digest(read(own)) for name, own in sorted(named.items())}
        self.version = digest(repr(self._digests).encode())
        self.url = f"{base_url}{PREFIX}/{self.version}/{{}}".format  # copied with the resources of each page, so no method of ours
        self.load = cache(self._load)

    def _load(self, name: str) -> Asset:
        """Raises OSError for a file that has been taken away since the server started, KeyError for an unknown one."""
        content = read(self._named[name])
        whole = digest(content)
        kind = CONTENT_TYPES.get(Path(name).suffix, "application/octet-stream")
        content = cut_tokens(content) if name == TOKENS else content
        return Asset(kind, gzip.compress(content, 6, mtime=0), whole == self._digests[name])


def find_assets(extensions: Sequence[str]) -> dict[str, Sequence[Path]]:
    """Our style and scripts below ``kapnb/``, Voila's below ``voila/``, those that draw the widgets below ``extensions/``."""
    found = list_files("kapnb", paths.template() / "static")
    shared = {"kapnb/morphdom.js": ("vendor", "morphdom.js"), "kapnb/terms.js": ("terms.js",), "kapnb/press.js": ("press.js",)}
    found |= {TOKENS: found["kapnb/kapnb.css"]} | {name: (paths.ui().joinpath(*parts),) for name, parts in shared.items()}
    for folder in reversed(collect_static_paths(["voila"], "base")):  # the first that has a file goes first
        found |= list_files("voila", Path(folder))
    for name in extensions:
        own = (list_files(f"extensions/{name}/static", Path(path) / name / "static") for path in get_voila_labextensions_path())
        found |= next(filter(None, own), {})
    return {**found, BUNDLE: bundle(found)}


def list_files(prefix: str, folder: Path) -> dict[str, Sequence[Path]]:
    return {f"{prefix}/{path.relative_to(folder).as_posix()}": (path,) for path in folder.rglob("*") if path.is_file()}


def bundle(found: Mapping[str, Sequence[Path]]) -> Sequence[Path]:
    """The scripts that each page needs, where they are there: one answer instead of eighty.

    Each does nothing but put its functions on a list, from which the loader in Voila's own script takes them; it asks only for
    what is not there. So it does no harm when another version of Voila calls them by other names, but takes longer.
    """
    lines = files("kapnb.serve").joinpath("bundle.txt").read_text("utf-8").splitlines()
    patterns = [re.compile(re.escape(line).replace(r"\*", "[^/]*")) for line in lines if line and not line.startswith("#")]
    return [path for pattern in patterns for name, own in sorted(found.items()) if pattern.fullmatch(name) for path in own]


def read(own: Sequence[Path]) -> bytes:
    """One file as it is; several scripts each in a function of its own, so that "use strict" in one does not hold for the next."""
    contents = [path.read_bytes() for path in own]
    return contents[0] if len(own) == 1 else b"".join(b"(()=>{" + content + b"\n})();\n" for content in contents)


def cut_tokens(sheet: bytes) -> bytes:
    """The part of our style sheet up to the title of its second part."""
    first, tokens, *_ = sheet.split(b"/* --- ")
    return first + b"/* --- " + tokens


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=10).hexdigest()


class AssetHandler(web.RequestHandler):
    """Answers with a file. No token is asked for and no cookie set: the form for the token is drawn with them too."""

    async def get(self, version: str, name: str) -> None:
        assets: Assets = self.settings["kapnb_assets"]
        try:
            asset = await asyncio.to_thread(assets.load, name)
        except (KeyError, OSError):
            raise web.HTTPError(404) from None
        self.set_header("Cache-Control", IMMUTABLE if asset.current and version == assets.version else "no-cache")
        self.set_header("Content-Type", asset.content_type)
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.write(asset.content)
        else:
            self.write(gzip.decompress(asset.content))

    head = get

    def write_error(self, status_code: int, **_: object) -> None:
        self.set_status(status_code)
        self.finish()  # nobody reads a page here
