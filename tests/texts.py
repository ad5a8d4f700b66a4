"""Every text that a person can see, with the place where it is written."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import kapnb.text
from kapnb import KapnbError
from kapnb.engine.edition import list_packs, load_guidance
from kapnb.engine.records import read_yaml
from kapnb.paths import schemas
from kapnb.training.library import Vignette
from tests.bundled import EDITION, LIBRARY

TEXT = Path(str(kapnb.text.__file__)).parent


def drop_terms(html: str) -> str:
    """Markup in which the terms of the glossary are words of their sentences again."""
    html = re.sub(r'<button[^>]*class="term"[^>]*>([^<]*)</button>', r"\1", html)
    return re.sub(r'<span class="whole">([^<]*)</span>', r"\1", html)


def read(html: str) -> str:
    """What markup says, on one line; a term is within its sentence."""
    html = re.sub(r'<span class="whole">([^<]*)</span>', r"\1", re.sub("</?button[^>]*>", "", html))
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


@cache
def read_file(path: Path) -> Any:
    return read_yaml(path, KapnbError)


def every_text() -> Iterator[tuple[str, str]]:
    """Every text that a person can see, with the place where it is written."""
    for file in sorted(schemas().glob("*.yaml")):
        yield from _texts(file.stem, read_file(file))
    for file in sorted([*TEXT.glob("*.yaml"), *TEXT.parent.glob("words/*.yaml")]):
        yield from _texts(file.stem, read_file(file))
    for pack in list_packs():
        guidance = load_guidance(pack)
        yield from _texts(
            pack, {**read_file(guidance.folder / "ledger.yaml"), "article": read_file(guidance.folder / "article.yaml")}
        )
        for rule in guidance.rules:
            yield f"{pack}.rules.{rule.name}.meaning", rule.meaning
    for file in EDITION.examples().values():
        yield file.stem, file.read_text("utf-8")
    yield from ((f"{one.id} {name}", text) for one in LIBRARY.values() for name, text in texts_of(one))
    for file in sorted((EDITION.guidance.folder / "examples" / "supervision").glob("*.csv")):
        rows = csv.DictReader(file.read_text("utf-8").splitlines())
        for row in rows:
            for column in ("title", "vignette", "note", "comment"):
                if row.get(column):
                    yield f"{file.name} {row['case_id']} {row.get('rater', '')} {column}", row[column]


def texts_of(vignette: Vignette) -> Iterator[tuple[str, str]]:
    """What a person can read of a vignette, each text with its name."""
    yield from ((name, getattr(vignette, name)) for name in ("title", "tension", "story", "debrief", "because"))
    if vignette.interview:
        yield "interview opening", vignette.interview.opening
        yield from ((f"interview {name}", reply) for name, reply in vignette.interview.replies.items())
    for number, one in enumerate(vignette.follow_ups, 1):
        yield f"follow_up {number} learn", one.learn
        yield f"follow_up {number} reasoning", one.reasoning


def _texts(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, " ".join(value.split())
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(f"{where}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            label = inner.get("name", index) if isinstance(inner, dict) else index
            yield from _texts(f"{where}[{label}]", inner)
