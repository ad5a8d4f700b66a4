"""What pages are drawn with: styles, scripts, fonts. Browsers keep them for a year, by addresses that change with the contents."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tornado import web
from voila.paths import collect_static_paths
from voila.utils import get_voila_labextensions_path

from kapnb import paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WHERE: Final = "kapnb/assets"
TOGETHER: Final = "together.js"

KEPT: Final = "public, max-age=31536000, immutable"
"""For an address that names its version. Public also where a token is asked for: the same for everybody and published with the
packages it comes from, so a cache on the way may hand it on. Whatever holds a session is never stored."""

ASKED_AGAIN: Final = "no-cache"
"""For any other: kept too, and used only once the server has said that it still holds."""

KINDS: Final = {
    ".css": "text/css; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Not asked of the machine: where its list calls a script plain text, no browser runs it."""

PACKED: Final = {".css", ".js", ".json", ".svg", ".ttf"}
"""The other kinds are packed already."""

LEVEL: Final = 6
"""Nine would take twice as long for a hundredth less."""

Files = tuple[Path, ...]
Address = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Asset:
    """What one address holds, as it is sent."""

    kind: str
    digest: str
    content: bytes
    packed: bool

    def unpack(self) -> bytes:
        return gzip.decompress(self.content) if self.packed else self.content


class Shelf:
    """Files that may be asked for by name, and nothing else. Each is read and packed once, when it is first wanted.

    Args:
        files: what stands under a name; several are put together into one script.
    """

    def __init__(self, files: Mapping[str, Files]) -> None:
        self._files = files
        self._digests = {name: digest(read(own)) for name, own in sorted(files.items())}
        self._made: dict[str, asyncio.Task[Asset]] = {}
        self.version = digest(repr(self._digests).encode())

    async def take(self, name: str) -> Asset | None:
        if name not in self._files:
            return None
        if name not in self._made:
            self._made[name] = asyncio.create_task(asyncio.to_thread(make, name, self._files[name]))
        try:
            return await self._made[name]
        except OSError:  # taken away since the server started
            self._made.pop(name, None)
            return None

    def holds(self, name: str, version: str, asset: Asset) -> bool:
        """Whether an address is the one that belongs to what it leads to, now and as long as this version is told."""
        return version == self.version and asset.digest == self._digests[name]


def read(own: Files) -> bytes:
    """One file as it is. Several scripts each in a function of its own, so that "use strict" in one does not hold for the next."""
    contents = [path.read_bytes() for path in own]
    return contents[0] if len(own) == 1 else b"".join(b"(()=>{" + content + b"\n})();\n" for content in contents)


def make(name: str, own: Files) -> Asset:
    content, suffix = read(own), Path(name).suffix
    told, packed = digest(content), suffix in PACKED
    kind = KINDS.get(suffix, "application/octet-stream")
    return Asset(kind, told, gzip.compress(content, LEVEL, mtime=0) if packed else content, packed)


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=10).hexdigest()


def list_files(folder: Path) -> dict[str, Files]:
    """By their path below a folder."""
    return {path.relative_to(folder).as_posix(): (path,) for path in folder.rglob("*") if path.is_file()}


def together(shelves: Mapping[str, Mapping[str, Files]]) -> Files:
    """The scripts that each page needs, where they are there: one answer instead of eighty.

    Each does nothing but put its functions on a list, from which the loader in Voila's own script takes them; it asks only for
    what is not there. So it does no harm when another version of Voila calls them by other names, but takes longer.
    """
    lines = files("kapnb.serve").joinpath("together.txt").read_text("utf-8").splitlines()
    wanted = [re.compile(re.escape(line).replace(r"\*", "[^/]*")) for line in lines if line and not line.startswith("#")]
    named = {f"{shelf}/{name}": own for shelf, files in shelves.items() for name, own in files.items()}
    return tuple(path for one in wanted for name, own in sorted(named.items()) if one.fullmatch(name) for path in own)


def fill(extensions: Sequence[str]) -> dict[str, Shelf]:
    """All there is: our own style and scripts, those of Voila, and those of some extensions, which draw the widgets."""
    found: dict[str, dict[str, Files]] = {"kapnb": list_files(paths.template() / "static"), "voila": {}, "extensions": {}}
    for folder in reversed(collect_static_paths(["voila"], "base")):  # the first that has a file goes first
        found["voila"] |= list_files(Path(folder))
    for name in extensions:
        own = (list_files(Path(folder) / name / "static") for folder in get_voila_labextensions_path())
        scripts = next(filter(None, own), {})
        found["extensions"] |= {f"{name}/static/{path}": files for path, files in scripts.items()}
    found["scripts"] = {TOGETHER: together(found)}
    return {shelf: Shelf(files) for shelf, files in found.items()}


def addresses(shelves: Mapping[str, Shelf], base_url: str) -> Address:
    """Where a file of a shelf is, with the version in the address; the whole shelf where no file is named."""
    versions = {name: shelf.version for name, shelf in shelves.items()}

    def address(shelf: str, name: str = "") -> str:
        return f"{base_url}{WHERE}/{shelf}-{versions[shelf]}{name and '/'}{name}"

    return address


class AssetHandler(web.RequestHandler):
    """Answers with one of them. No token is asked for and no cookie set: the form for the token is drawn with them too."""

    async def get(self, shelf: str, version: str, name: str) -> None:
        stands: Shelf | None = self.settings["kapnb_shelves"].get(shelf)
        asset = stands and await stands.take(name)
        if not stands or not asset:
            raise web.HTTPError(404)
        self.set_header("Cache-Control", KEPT if stands.holds(name, version, asset) else ASKED_AGAIN)
        self.set_header("Content-Type", asset.kind)
        self.set_header("Etag", f'W/"{asset.digest}"')
        if self.check_etag_header():
            self.set_status(304)
        elif asset.packed and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.write(asset.content)
        else:
            self.write(asset.unpack())

    head = get

    def compute_etag(self) -> str | None:
        return self._headers.get("Etag")

    def write_error(self, status_code: int, **_: object) -> None:
        self.set_status(status_code)
        self.finish()  # the number says it; nobody reads a page here
