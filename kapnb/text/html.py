"""The one module that writes HTML. Every text is escaped on its way in; the result, :class:`Html`, is not escaped again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from html import escape
from typing import Final

from kapnb.text.characters import TURNS, UNWRITABLE, make_writable

VOID: Final = frozenset(("input", "br", "meta"))

_TURNS: Final = re.compile(f"[{TURNS}]")
_TO_QUOTE: Final = re.compile(f"[&<>\"'{UNWRITABLE}]")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: str | bool | None) -> Html:
    """One element. Children that are no :class:`Html` are escaped; ``class_`` and ``data_key`` become ``class`` and ``data-key``.

    >>> element("p", "1 < 2 & ", element("b", "so on"), class_="note", hidden=True)
    '<p class="note" hidden>1 &lt; 2 &amp; <b>so on</b></p>'
    """
    said = "".join(
        _name(name) + ("" if value is True else f'="{_quote(str(value))}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{tag}{said}>{fragment(*children)}</{tag}>" if tag not in VOID else f"<{tag}{said}>")


def fragment(*parts: str | None) -> Html:
    """Several pieces, one after the other."""
    return join(parts)


def join(parts: Iterable[str | None], between: str = "") -> Html:
    """Several pieces, one after the other, with a text between them."""
    return Html(_write(between).join(part if isinstance(part, Html) else _write(part) for part in parts if part))


@cache
def _name(attribute: str) -> str:
    return f" {attribute.strip('_').replace('_', '-')}"


@lru_cache(maxsize=1 << 10)  # a page says mostly what it said before
def _quote(text: str) -> str:
    """A text escaped; most have nothing of it, and to look once is quicker than to replace one after the other."""
    return escape(make_writable(text)) if _TO_QUOTE.search(text) else text


@lru_cache(maxsize=1 << 10)
def _write(text: str) -> str:
    r"""A text escaped, in which nothing turns the direction of what follows it, and nothing that no page can show is left.

    One character becomes one, so that positions in the text stay valid.

    >>> _write("1 < 2"), _write("1\a")
    ('1 &lt; 2', '1�')
    """
    return _quote(_TURNS.sub("\N{WORD JOINER}", text))
