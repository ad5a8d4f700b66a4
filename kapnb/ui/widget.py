"""The one widget: named regions of HTML, of which only those that changed travel to the browser, and events that come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from traitlets import Bool, Dict, Int, List, Unicode

from kapnb.text.html import Html, element, join
from kapnb.ui.host import Widget

MOST_CLIENTS: Final = 8
"""Views whose messages are counted; the oldest is forgotten."""

RESTORE: Final = "kapnb:restore"
STORAGE: Final = "kapnb:storage"
COUNTRY: Final = "kapnb:country"
ADDRESS: Final = "kapnb:address"
AGAIN: Final = "kapnb:again"
"""A connection is back: what was last said may have been lost with the one before."""
_CHANGING: Final = ("classes", "heard", "said", "saved", "fresh", "refused", "focus")
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


class HtmlView(Widget):
    """Shows regions of HTML and passes on what a reader does.

    Attributes:
        options: what the browser keeps of the page; see :class:`kapnb.ui.page.Page`.
        frame: what never changes around the regions, with an element ``data-region="NAME"`` for each.
        classes: of the page's root.
        heard: the number of the last message taken from each view. A connection that was cut brings some messages twice and others
            late; each is taken once and in its turn, and the browser repeats what was not taken.
        said: is spoken by a screen reader when it changes.
        saved: what the browser keeps for this page; None leaves what it has.
        fresh: nothing has happened yet, so the browser may hand back what it kept.
        refused: counts how often what the browser kept could not be used.
        focus: the id of the element that takes the focus, and how often it was given.
    """

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
    focus: Dict[str, Any] = Dict({"id": "", "turn": 0}).tag(sync=True)

    def __init__(self, html: Mapping[str, Html], on_event: Callable[[Event], None], **shown: Any) -> None:
        """Create the view over the content of each region; ``shown`` are first values of the traits above."""
        drawn = {f"html_{name}": str(one) for name, one in html.items()}
        self.add_traits(**{name: Unicode().tag(sync=True) for name in drawn})
        super().__init__(session=token_hex(8), regions=list(html), **drawn, **shown)
        self.on_event = on_event
        self.on_msg(lambda _widget, message, buffers: self._hear(message, buffers))

    def show(self, html: Mapping[str, Html]) -> None:
        """Show other HTML in some regions."""
        for name, one in html.items():
            if getattr(self, f"html_{name}") != one:
                self.set_trait(f"html_{name}", str(one))

    def download(self, name: str, data: bytes) -> None:
        """Hand a file to the browser."""
        self.send({"download": name}, buffers=[data])

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Ignore it: no script of ours sets what is shown, so nobody else may."""

    def _hear(self, message: object, buffers: Iterable[Any]) -> None:
        event, turn, client = read_event(message, buffers)
        if event and event.action == AGAIN:
            self.send_state([*_CHANGING, *(f"html_{name}" for name in self.regions)])
            return
        heard: dict[str, int] = dict(self.heard)
        if event is None or turn not in {0, heard.pop(client, 0) + 1}:
            return
        with self.hold_sync():  # the answer and the number travel in one message, so a page that is left between them loses nothing
            self.on_event(event)
            if turn:
                self.heard = dict([*heard.items(), (client, turn)][-MOST_CLIENTS:])


def read_event(message: object, buffers: Iterable[Any]) -> tuple[Event | None, int, str]:
    """The event of a message from the browser, its number and its view; no event if no script of ours may have sent it."""
    given = {"name": None, "about": None, "value": None, "turn": 0, "client": "", **(message if isinstance(message, dict) else {})}
    match given:
        case {"action": str(action), "name": str() | None as name, "about": str() | None as about, "client": str(client)}:
            turn, value = given["turn"], given["value"]
            counted = len(client) < 50 and type(turn) is int and 0 <= turn <= _LAST_TURN
            known = ":" not in action or action in {RESTORE, STORAGE, COUNTRY, ADDRESS, AGAIN}
            if counted and known and (action == STORAGE or isinstance(value, str | bool | int | float | None)):
                return Event(action, name or "", value, about, tuple(map(bytes, buffers))), turn, client
    return None, 0, ""


def stack(names: Iterable[str]) -> Html:
    """A frame with one region below the other."""
    return join(map(region, names))


def region(name: str) -> Html:
    """The place of a region in a frame."""
    return element("div", class_=f"kapnb-sheet kapnb-{name}", data_region=name)
