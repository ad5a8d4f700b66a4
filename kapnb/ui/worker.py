"""A widget without Jupyter: the same traits, whose changes go to the page as JSON; ``kapnb/site/static/host.js`` takes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from traitlets import HasTraits

Post = Callable[[str, Sequence[bytes]], None]
Hear = Callable[[Any, Any, Sequence[bytes]], None]


class WorkerWidget(HasTraits):
    """Stands in for a Jupyter widget, as far as our own view needs one.

    Attributes:
        post: takes a message for the page: what changed, or a message of its own, with files beside it. Until it is set,
            nothing is sent.
    """

    post: Post | None = None

    def __init__(self, **shown: Any) -> None:
        self._held = 0
        self._changed: set[str] = set()
        self._callbacks: list[Hear] = []
        super().__init__(**shown)
        self.observe(lambda change: self._note(change["name"]), names=list(self.traits(sync=True)))

    def on_msg(self, callback: Hear) -> None:
        self._callbacks.append(callback)

    def hear(self, message: str, files: Sequence[bytes] = ()) -> None:
        """Take a message of the page: JSON, and the content of chosen files."""
        for callback in self._callbacks:
            callback(self, json.loads(message), files)

    def send(self, content: Any, buffers: Sequence[bytes] = ()) -> None:
        if self.post:
            self.post(json.dumps({"message": content}), buffers)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Send what changes in one message, at the end."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._flush()

    def state(self) -> dict[str, Any]:
        """Everything that is shown."""
        return {name: getattr(self, name) for name in self.traits(sync=True)}

    def _note(self, name: str) -> None:
        self._changed.add(name)
        self._flush()

    def _flush(self) -> None:
        if self._changed and not self._held and self.post:
            changed, self._changed = sorted(self._changed), set()
            self.post(json.dumps({"state": {name: getattr(self, name) for name in changed}}), ())


def open_page(name: str, session: str, post: Post) -> Callable[[str, Any], None]:
    """Open a page in the browser's own Python, and say how it looks.

    Args:
        name: of its module.
        session: a number that the page's side chose.
        post: takes what the page is told.

    Returns:
        What takes a message of the page: JSON, and the content of chosen files.
    """
    widget = import_module(f"kapnb.ui.{name}").show_page().widget
    widget.session = session
    post(json.dumps({"state": widget.state()}), ())
    widget.post = post
    return lambda message, files: widget.hear(message, [bytes(one.to_bytes()) for one in files])
