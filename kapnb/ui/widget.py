"""The one widget: named regions of HTML, of which only those that changed travel to the browser, and events that come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar, Final

from anywidget import AnyWidget
from traitlets import Bool, Dict, Int, List, Unicode

from kapnb.paths import style
from kapnb.text.html import Html, element, join
from kapnb.ui.scripts import join_modules

MOST_CLIENTS: Final = 8
"""Views whose messages are counted; the oldest is forgotten."""

RESTORE: Final = "kapnb:restore"
STORAGE: Final = "kapnb:storage"
_LAST_TURN: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a reader did, as the attributes of an element say it.

    Attributes:
        action: ``data-action`` of the element. A colon is only in actions of our own (``done:tables``), never in one from a page.
        name: ``data-name``.
        value: of the control, or ``data-value`` of a button; of a file its size in bytes; of a form True.
        about: ``data-about``, the case that it is about.
        files: the content of a chosen file, unless it is larger than ``data-most``.
    """

    action: str
    name: str = ""
    value: Any = None
    about: str | None = None
    files: tuple[bytes, ...] = ()


class HtmlView(AnyWidget):
    """Shows regions of HTML and passes on what a reader does.

    Attributes:
        heard: the number of the last message taken from each view. A connection that was cut brings some messages twice and others
            late; each is taken once and in its turn, and the browser repeats what was not taken.
        said: is spoken by a screen reader when it changes.
        saved: what the browser keeps for this page; None leaves what it has.
        fresh: nothing has happened yet, so the browser may hand back what it kept.
        refused: counts how often what the browser kept could not be used.
        focus: the id of the element that takes the focus, and how often it was given.
        classes: of the page's root.
    """

    _esm: ClassVar[str] = join_modules("view")
    _css: ClassVar[Path | str] = style()
    options = Dict().tag(sync=True)
    session = Unicode().tag(sync=True)
    frame = Unicode().tag(sync=True)
    regions: List[str] = List().tag(sync=True)
    classes = Unicode().tag(sync=True)
    heard = Dict().tag(sync=True)
    said = Unicode().tag(sync=True)
    saved = Unicode(allow_none=True).tag(sync=True)
    fresh = Bool(default_value=True).tag(sync=True)
    refused = Int(0).tag(sync=True)
    focus = Dict({"id": "", "turn": 0, "scroll": True}).tag(sync=True)

    def __init__(
        self,
        html: Mapping[str, Html],
        on_event: Callable[[Event], None],
        *,
        frame: Html | None = None,
        options: Mapping[str, Any] | None = None,
        **shown: Any,
    ) -> None:
        """Create the view.

        Args:
            html: the content of each region.
            on_event: is called with each event.
            frame: what never changes around the regions, with an element ``data-region="NAME"`` for each; by default one after
                the other.
            options: for the browser's storage; see :class:`kapnb.ui.page.Page`.
            shown: first values of the traits.
        """
        self.add_traits(**{f"html_{name}": Unicode().tag(sync=True) for name in html})
        defaults = {"page": "", "name": "", "keeps": False, "exclusive": False, "unkept": {}}
        super().__init__(
            options={**defaults, **(options or {})},
            session=token_hex(8),
            frame=str(frame or stack(html)),
            regions=list(html),
            **{f"html_{name}": str(one) for name, one in html.items()},
            **shown,
        )
        self.on_event = on_event
        self.on_msg(lambda _widget, message, buffers: self._hear(message, buffers))

    def show(self, html: Mapping[str, Html]) -> None:
        """Show other HTML in some regions."""
        for name, one in html.items():
            self.set_trait(f"html_{name}", str(one))

    def download(self, name: str, data: bytes, media_type: str) -> None:
        """Hand a file to the browser."""
        self.send({"download": name, "type": media_type}, buffers=[data])

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Ignore it: no script of ours sets what is shown, so nobody else may."""

    def _hear(self, message: object, buffers: list[Any]) -> None:
        event = read_event(message, buffers)
        if event is None or not isinstance(message, dict):
            return
        turn, client = message.get("turn", 0), message.get("client", "")
        heard: dict[str, int] = dict(self.heard)
        if turn not in {0, heard.pop(client, 0) + 1}:
            return
        with self.hold_sync():  # the answer and the number travel in one message, so a page that is left between them loses nothing
            self.on_event(event)
            if turn:
                self.heard = dict([*heard.items(), (client, turn)][-MOST_CLIENTS:])


def read_event(message: object, buffers: list[Any]) -> Event | None:
    """The event that a message of the browser tells; None if no script of ours may have sent it."""
    if not isinstance(message, dict):
        return None
    action, name, about = message.get("action"), message.get("name") or "", message.get("about")
    turn, client, value = message.get("turn", 0), message.get("client", ""), message.get("value")
    sound = (
        isinstance(action, str)
        and (":" not in action or action in {RESTORE, STORAGE})
        and isinstance(name, str)
        and isinstance(about, str | None)
        and isinstance(client, str)
        and len(client) < 50
        and type(turn) is int
        and 0 <= turn <= _LAST_TURN
        and (isinstance(value, str | bool | int | float | None) or action == STORAGE)
    )
    return Event(str(action), name, value, about, tuple(map(bytes, buffers))) if sound else None


def stack(names: Mapping[str, Html]) -> Html:
    """A frame with one region below the other."""
    return join(region(name) for name in names)


def region(name: str, tag: str = "div", *, class_: str = "", **attributes: str | bool | None) -> Html:
    """The place of a region in a frame."""
    return element(tag, class_=f"kapnb-sheet kapnb-{name} {class_}".strip(), data_region=name, **attributes)
