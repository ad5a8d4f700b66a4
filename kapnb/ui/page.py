"""A page: a frozen state, a pure function from one state to the next, and a pure function from a state to HTML.

What a page says to the browser in its HTML, by attributes:

- ``data-action``, ``data-name``, ``data-value`` (or ``value``), ``data-about``: on a button, link, control, form or ``details``,
  the event that it sends; a form sends it once its required fields are filled in, and ``details`` when they are opened or closed.
- ``data-most``: on a file input, the most bytes that are sent up.
- ``data-keep``: what is typed or ticked is kept in the tab's own storage under that name, and sent again after a reload.
- ``data-focus``: takes the focus when the element that had it is gone.
- ``data-key``: names an element, where it has no id, so that it is recognized in the next HTML.
- ``data-go``, ``data-part``, ``data-field``: a button leads to the part or question of that name; ``data-next`` to the next
  ``data-field`` without the class ``answered``.
- ``data-opens``: a button opens the dialog, or the hidden file input, of that id; ``data-closes`` closes the dialog around it.
- ``data-late``: the element, outside of all regions or empty, says this text while an answer is late.
- ``data-sticky``, ``data-away``: in the frame, what sticks to the top, and what steps aside while a part is in view.
- ``data-selectable``, ``data-at``: a text of which a passage can be selected; see ``static/selection.js``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any, ClassVar, Final

from traitlets import Any as AnyTrait
from traitlets import HasTraits, observe, validate

from kapnb.engine.problems import KapnbError
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.controls import Notice, button, notice
from kapnb.ui.errors import report_error
from kapnb.ui.widget import RESTORE, STORAGE, Event, HtmlView, stack

__all__ = [
    "MOST_BYTES",
    "Download",
    "Event",
    "Focus",
    "Forget",
    "Notice",
    "Page",
    "Say",
    "SetAside",
    "Storage",
    "Task",
]

MOST_BYTES: Final = 5 * 1024 * 1024
"""One message of the browser holds a file, and the server takes 10 MB in a message."""

MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NOTICES: Final = "notices"
"""The region that every page has: errors, and what the browser keeps and does not keep."""


@dataclass(frozen=True, slots=True)
class Storage:
    """What the browser's storage does for this page.

    Attributes:
        kept: the page is kept there.
        elsewhere: another tab goes on with it, so this one keeps nothing any more.
        aside: how many texts are set aside there because they could not be used.
    """

    kept: bool = True
    elsewhere: bool = False
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Download:
    """Hand a file to the browser."""

    name: str
    data: bytes | str


@dataclass(frozen=True, slots=True)
class Say:
    """Have a screen reader speak."""

    text: str


@dataclass(frozen=True, slots=True)
class Focus:
    """Put the focus on the element with this id, and scroll to it."""

    id: str
    scroll: bool = True


@dataclass(frozen=True, slots=True)
class SetAside:
    """Make room in the browser's storage: what it kept cannot be used, and is not lost."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove everything that the browser keeps of this page, what was set aside too."""


@dataclass(frozen=True, slots=True)
class Task:
    """Begin long work. A task with the same name that is still running is dropped.

    The page is told of it by events: ``progress:NAME`` with each value on the way, and ``done:NAME`` with the result. A
    :class:`KapnbError` goes to :meth:`Page.refused` with that event. Any other error is reported, and :meth:`Page.task_failed` is
    called.

    Attributes:
        work: a coroutine; or an async iterator, whose items are progress and whose last one is the result; or a function that runs
            in another thread and gets a function to report progress with.
    """

    name: str
    work: Coroutine[Any, Any, Any] | AsyncIterator[Any] | Callable[[Callable[[Any], None]], Any]


Effect = Download | Say | Focus | SetAside | Forget | Task


class Page(HasTraits):
    """One page over one :class:`HtmlView`. In a notebook ``page.state`` can be read, set and observed; setting it redraws the page.

    Attributes:
        name: of the page, in the log and in the browser's storage.
        keeps: the browser keeps what :meth:`saved` gives.
        older: keys of the browser's storage under which an earlier version kept this page; ``older_aside`` is what it set aside.
        exclusive: of two tabs, only the one that was touched last goes on keeping.
        section: of the words in ``en.yaml`` that this page has for errors and for the browser's storage.
        storage: what the browser's storage does.
        notice: an error, or why something was refused, until the next event.
    """

    name: ClassVar[str] = "page"
    section: ClassVar[str] = "page"
    keeps: ClassVar[bool] = False
    exclusive: ClassVar[bool] = False
    older: ClassVar[tuple[str, ...]] = ()
    older_aside: ClassVar[str] = ""
    state = AnyTrait()

    def __init__(self, state: Any) -> None:
        super().__init__()
        self.storage = Storage()
        self.notice: Notice | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._drawn: dict[str, Html] = {}
        self._spoken = ""
        self.widget: HtmlView | None = None
        self.state = state
        self._spoken = self.spoken(state)
        options = {"page": self.name, "name": self.name, "keeps": self.keeps, "exclusive": self.exclusive, "unkept": say_unkept()}
        options |= {"older": list(self.older), "olderAside": self.older_aside}
        self.widget = HtmlView(
            self._drawn, self.act, frame=self.frame(), options=options, classes=self.classes(state), saved=self.saved(state)
        )

    # what a page defines

    def update(self, state: Any, event: Event) -> Any:
        """The state after an event, or a tuple of it and effects.

        Raises:
            KapnbError: it cannot be done; see :meth:`refused`.
        """
        raise NotImplementedError

    def view(self, state: Any) -> Mapping[str, Html]:
        """The content of each region; always the same names."""
        raise NotImplementedError

    def frame(self) -> Html:
        """What never changes around the regions."""
        return stack(self._drawn)

    def classes(self, state: Any) -> str:  # noqa: ARG002
        """The classes of the page's root."""
        return f"kapnb-{self.name}"

    def saved(self, state: Any) -> str | None:  # noqa: ARG002
        """What the browser keeps: a text that :meth:`restored` reads, empty for nothing, None to leave what it has."""
        return None

    def restored(self, state: Any, text: str) -> Any:
        """The state, or a tuple of it and effects, after a visit that left this text.

        Raises:
            KapnbError: the text cannot be used. It is set aside.
        """
        raise NotImplementedError

    def spoken(self, state: Any) -> str:  # noqa: ARG002
        """What a screen reader speaks whenever it changes."""
        return ""

    def refused(self, state: Any, event: Event, error: KapnbError) -> Any:  # noqa: ARG002
        """The state, or a tuple of it and effects, after something could not be done."""
        self.notice = Notice(words("page.refused"), tuple(map(str, error.problems)), problem=True)
        return state, Say(" ".join((self.notice.text, *self.notice.lines))), Focus(f"{self.name}-trouble")

    def task_failed(self, state: Any, name: str) -> Any:  # noqa: ARG002
        """The state, or a tuple of it and effects, after an unexpected error in a task."""
        return state

    def storage_changed(self, state: Any) -> Any:
        """The state, or a tuple of it and effects, after ``self.storage`` changed."""
        return state

    def notices(self) -> Html:
        """The errors of this page, and what its reader has to know of the browser's storage."""
        return join((notice(self.notice, f"{self.name}-trouble"), self._write_storage()))

    # what happens

    def act(self, event: Event) -> None:
        """Take an event. Whatever goes wrong leaves the state as it was, and is reported with an incident id."""
        try:
            with self._view.hold_sync():
                self._advance(event)
                self._view.fresh = self._view.fresh and event.action == STORAGE
        except Exception:  # noqa: BLE001  # whatever it is, it is reported
            self._fail(report_error(self.name))

    def _advance(self, event: Event) -> None:
        before = self.notice
        self.notice = None
        try:
            result = self._result(event)
        except KapnbError as error:
            result = self.refused(self.state, event, error)
            if event.action == RESTORE:
                result = (*_split(result)[:1], *_split(result)[1], SetAside())
        except Exception:
            self.notice = before
            raise
        state, effects = _split(result)
        self.state = state  # draws, and changes nothing where that fails
        self._push()
        for effect in effects:
            self._do(effect)

    def _result(self, event: Event) -> Any:
        if event.action == STORAGE:
            self.storage = _read_storage(event.value)
            return self.storage_changed(self.state)
        if event.action == RESTORE:
            return self.restored(self.state, str(event.value))
        if event.action.startswith("failed:"):
            if isinstance(event.value, KapnbError):
                return self.refused(self.state, replace(event, action=f"done:{event.name}"), event.value)
            return self.task_failed(self.state, event.name)
        return self.update(self.state, event)

    def _do(self, effect: Effect) -> None:
        view = self._view
        match effect:
            case Say(text):
                view.said = text
            case Focus(id_, scroll):
                turn: Any = view.focus["turn"]
                view.focus = {"id": id_, "turn": turn + 1, "scroll": scroll}
            case Download(name, data):
                content = data.encode() if isinstance(data, str) else data
                view.download(name, content, MEDIA_TYPES[name.rpartition(".")[2]])
            case SetAside():
                view.refused += 1
            case Forget():
                view.send({"forget": True})
            case Task(name, work):
                self._start(name, work)

    def _fail(self, incident: str) -> None:
        self.notice = Notice(words("page.trouble"), (words("page.trouble_number", number=incident),), problem=True)
        said = " ".join((self.notice.text, *self.notice.lines))
        with self._view.hold_sync():
            self._view.show({NOTICES: self.notices()})
            self._do(Say(said))
            self._do(Focus(f"{self.name}-trouble"))

    # tasks

    def _start(self, name: str, work: Any) -> None:
        if name in self._running:
            self._running.pop(name).cancel()
        task = asyncio.get_running_loop().create_task(self._follow(name, work))
        self._running[name] = task
        task.add_done_callback(lambda done: self._running.pop(name) if self._running.get(name) is done else None)

    async def _follow(self, name: str, work: Any) -> None:
        me = asyncio.current_task()

        def tell(step: str, value: Any) -> None:
            if self._running.get(name) is me:
                self.act(Event(f"{step}:{name}", name, value))

        try:
            tell("done", await self._run(work, lambda value: tell("progress", value)))
        except KapnbError as error:
            tell("failed", error)
        except Exception:  # noqa: BLE001  # as in act
            incident = report_error(self.name)
            tell("failed", None)
            self._fail(incident)

    @staticmethod
    async def _run(work: Any, report: Callable[[Any], None]) -> Any:
        if isinstance(work, AsyncIterator):
            last = None
            async for last in work:
                report(last)
            return last
        if asyncio.iscoroutine(work):
            return await work
        loop = asyncio.get_running_loop()
        if sys.platform == "emscripten":  # no threads there
            return work(report)
        return await asyncio.to_thread(work, lambda value: loop.call_soon_threadsafe(report, value))

    async def settled(self) -> None:
        """Wait until no task is running."""
        while running := list(self._running.values()):
            await asyncio.wait(running)
            await asyncio.sleep(0)

    # what is shown

    @property
    def _view(self) -> HtmlView:
        if self.widget is None:
            raise RuntimeError("the page is not made yet")
        return self.widget

    @validate("state")
    def _draw(self, proposal: Any) -> Any:
        state = proposal["value"]
        self._drawn = {NOTICES: self.notices(), **self.view(state)}
        return state

    @observe("state")
    def _state_changed(self, _change: Any) -> None:
        if self.widget is not None:
            self._push()
            self.widget.fresh = False

    def _push(self) -> None:
        view = self._view
        with view.hold_sync():
            view.show(self._drawn)
            view.classes = self.classes(self.state)
            view.saved = self.saved(self.state)
        spoken = self.spoken(self.state)
        if spoken != self._spoken:
            self._spoken = view.said = spoken

    def storage_notice(self) -> Html | None:
        """What its reader has to know of the browser's storage. The button asks for ``save_kept``, which the page answers."""
        say = self.section
        if self.storage.elsewhere:
            return element("p", words(f"{say}.elsewhere"), class_="note")
        if self.storage.kept:
            return None
        told, take = (f"{say}.no_storage", f"{say}.aside_save") if self.keeps else ("page.not_typed", "page.typed_save")
        return element("p", words(told), " ", button(words(take), "save_kept", class_="quiet"), class_="note")

    def _write_storage(self) -> Html:
        parts = [self.storage_notice()]
        say = self.section
        for index in range(self.storage.aside):
            file = f"kapnb-{self.name}-set-aside-{index + 1}.json"
            take = _aside_button("save", words(f"{say}.aside_save"), index, file)
            drop = _aside_button("drop", words(f"{say}.aside_forget"), index, file)
            parts.append(element("p", words(f"{say}.aside"), " ", take, " ", drop))
        return element("div", *parts, class_="aside", role="status")

    def outline(self) -> str:
        """The headings and questions on view, one a line: what a page shows, without how."""
        reader = _Outline()
        reader.feed("".join(self._drawn.values()))
        return "\n".join(reader.lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}
        return {"text/plain": self.outline(), "application/vnd.jupyter.widget-view+json": view}


def _aside_button(what: str, said: str, index: int, file: str) -> Html:
    return element(
        "button",
        said,
        type="button",
        class_="quiet",
        data_aside=what,
        data_index=str(index),
        data_value=file,
        aria_label=f"{said}: {file}",
    )


def _read_storage(value: Any) -> Storage:
    """What the browser says of its storage; anything odd is taken as nothing kept."""
    told = value if isinstance(value, dict) else {}
    aside = told.get("aside")
    count = aside if type(aside) is int and 0 <= aside < 100 else 0
    return Storage(told.get("kept") is True, told.get("elsewhere") is True, count)


def _split(result: Any) -> tuple[Any, tuple[Effect, ...]]:
    """A state and effects, however they were given."""
    return (result[0], tuple(result[1:])) if type(result) is tuple else (result, ())


def say_unkept() -> dict[str, str]:
    """What the banner of the page says where the browser keeps nothing."""
    kept = words("shell.unkept")
    return {"ended": words("shell.ended", kept=kept), "silent": words("shell.silent", kept=kept)}


class _Outline(HTMLParser):
    """Collects headings and the questions of groups."""

    LEVELS: ClassVar = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "legend": "- "}

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        if tag in self.LEVELS:
            self.lines.append(self.LEVELS[tag])
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in self.LEVELS

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.lines[-1] += data
