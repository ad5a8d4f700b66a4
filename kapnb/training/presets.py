"""Sets that a pack brings along, to start from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from kapnb.engine.edition import Guidance
from kapnb.engine.problems import KapnbError
from kapnb.engine.records import finish, read_record


@dataclass(frozen=True, slots=True)
class Preset:
    """A set to start from: ids of vignettes in their order, and for whom it is."""

    title: str
    text: str
    items: tuple[str, ...]


@cache
def load_presets(guidance: Guidance) -> tuple[Preset, ...]:
    """The sets of a pack; none where it has no ``sets.yaml``.

    Raises:
        KapnbError: with everything that is wrong in the file.
    """
    path = guidance.folder / "sets.yaml"
    if not path.is_file():
        return ()
    file = read_record(path, KapnbError)
    presets = tuple(row.fill(Preset, {"items": guidance.bind().vignettes()}) for row in file.records("sets", required=True))
    file.close()
    finish(file, KapnbError)
    return presets
