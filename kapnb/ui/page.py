"""A page: a frozen state, a pure function from one state to the next, and a pure function from a state to HTML.

What a page says to the browser in its HTML, by attributes:

- ``data-action``, ``data-name``, ``data-value`` (or ``value``), ``data-about``: on a button, link, control or form, the event that
  it sends; a form sends it once its required fields are filled in.
- ``data-most``: on a file input, the most bytes that are sent up; each of several files is an event of its own.
- ``data-keep``: what is typed or ticked is kept in the tab's own storage under that name, and sent again after a reload.
- ``data-live``: on a text input, the event is sent at every keystroke.
- ``data-focus``: takes the focus when the element that had it is gone.
- ``data-key``: names an element, where it has no id, so that it is recognized in the next HTML.
- ``data-go``, ``data-part``, ``data-field``: a button leads to the part or question of that name, out of a dialog too.
- ``data-sheet``: a button shows the part beside the dialog of that id in this dialog, over the page.
- ``data-opens``: a button opens the hidden file input of that id; ``data-closes`` closes the dialog around it.
- ``data-copies``: a button copies the address of the link with that id, and says ``data-done`` in the element after it; a link with
  ``data-address`` shows what of its address is to be sent: the ``whole``, or the ``part`` after the name of the file.
- ``data-late``: the element, outside of all regions or empty, says this text while an answer is late.
- ``data-sticky``: in the frame, what sticks to the top.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, ClassVar, Final

from traitlets import Any as AnyTrait
from traitlets import HasTraits, validate

from kapnb.engine.problems import KapnbError
from kapnb.serve.event_log import report_error
from kapnb.text.glossary import mark_initials, write_glossary
from kapnb.text.html import Html, element, fragment
from kapnb.text.support import list_countries, reader_country, reader_in
from kapnb.text.words import words
from kapnb.ui.controls import Notice, button, notice
from kapnb.ui.host import run_aside
from kapnb.ui.widget import ADDRESS, COUNTRY, RESTORE, STORAGE, Event, HtmlView, stack

MOST_BYTES: Final = 5 * 1024 * 1024
"""One message of the browser holds a file, and the server takes 10 MB in a message."""

NOTICES: Final = "notices"
"""The region that every page has: errors, and what the browser keeps and does not keep."""

_HEADINGS: Final = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "legend": "- "}


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
        work: an async iterator, whose items are progress and whose last one is the result; or a function that runs in another
            thread and gets a function to report progress with.
    """

    name: str
    work: AsyncIterator[Any] | Callable[[Callable[[Any], None]], Any]


Effect = Download | Say | Focus | SetAside | Forget | Task


class Page(HasTraits):
    """One page over one :class:`HtmlView`. In a notebook ``page.state`` can be read, set and observed; setting it redraws the page.

    Attributes:
        name: of the page, in the log and in the browser's storage.
        keeps: the browser keeps what :meth:`saved` gives.
        older: keys of the browser's storage under which an earlier version kept this page; ``older_aside`` is what it set aside.
        reads: the browser tells the query of its address, as an event ``kapnb:address``, before anything is done.
        exclusive: of two tabs, only the one that was touched last goes on keeping.
        section: of the words in ``kapnb/words`` that this page has for errors and for the browser's storage.
        storage: what the browser's storage does.
        country: whose help lines are named; the browser remembers which one was chosen.
        notice: an error, or why something was refused, until the next event.
    """

    name: ClassVar[str] = "page"
    section: ClassVar[str] = "page"
    keeps: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    exclusive: ClassVar[bool] = False
    older: ClassVar[tuple[str, ...]] = ()
    older_aside: ClassVar[str] = ""
    state = AnyTrait()

    def __init__(self, state: Any) -> None:
        super().__init__()
        self.storage = Storage()
        self.country = reader_country()
        self.notice: Notice | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self.state = state
        self._spoken = self.spoken(state)
        unkept = words("shell.unkept")
        options = {
            "name": self.name,
            "keeps": self.keeps,
            "reads": self.reads,
            "exclusive": self.exclusive,
            "older": list(self.older),
            "olderAside": self.older_aside,
            "unkept": {key: words(f"shell.{key}", kept=unkept) for key in ("ended", "silent")},
        }
        shown = {"classes": self.classes(state), "saved": self.saved(state)}
        self.widget = HtmlView(
            self._drawn, self.act, frame=fragment(mark_initials(self.frame()), write_glossary()), options=options, **shown
        )
        self.observe(self._show, "state")

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
        return state, *self.tell(words("page.refused"), *map(str, error.problems))

    def task_failed(self, state: Any, name: str) -> Any:  # noqa: ARG002
        """The state after an unexpected error in a task."""
        return state

    # what happens

    def act(self, event: Event) -> None:
        """Take an event. Whatever goes wrong leaves the state as it was, and is reported with an incident id."""
        with self.widget.hold_sync(), reader_in(self.country):
            try:
                state, *effects = self._answer(event)
                self.state = state  # draws, and changes nothing where that fails
                self.widget.show(self._drawn)  # an equal state is not observed, and there may be something to tell
                for effect in effects:
                    self._do(effect)
            except Exception:  # noqa: BLE001  # whatever it is, it is reported
                self._report()
            else:
                self.widget.fresh = self.widget.fresh and event.action in {STORAGE, COUNTRY, ADDRESS}

    def tell(self, *lines: str) -> tuple[Effect, ...]:
        """Show a problem until the next event; and the effects that have it read."""
        self.notice = Notice(lines[0], lines[1:], problem=True)
        return Say(" ".join(lines)), Focus(f"{self.name}-trouble")

    def _answer(self, event: Event) -> tuple[Any, ...]:
        if event.action == STORAGE:
            self.storage = _read_storage(event.value)
            return (self.state,)
        if event.action == COUNTRY:
            self.country = event.value if event.value in list_countries() else self.country
            return (self.state,)
        told, self.notice = self.notice, None
        if told and event.action == "dismiss":
            return (self.state,)
        if event.action.startswith("failed:"):
            return (self.task_failed(self.state, event.name),)
        try:
            if isinstance(event.value, KapnbError):
                raise event.value
            return _split(self.restored(self.state, event.value) if event.action == RESTORE else self.update(self.state, event))
        except KapnbError as error:
            effects = [SetAside()] if event.action == RESTORE else []
            return *_split(self.refused(self.state, event, error)), *effects

    def _do(self, effect: Effect) -> None:
        view = self.widget
        match effect:
            case Say(text):
                view.said = text
            case Focus(id_):
                view.focus = {"id": id_, "turn": view.focus["turn"] + 1}
            case Download(name, data):
                view.download(name, data.encode() if isinstance(data, str) else data)
            case SetAside():
                view.refused += 1
            case Forget():
                view.send({"forget": True})
            case Task(name, work):
                self._start(name, work)

    def _report(self) -> None:
        incident = report_error(self.name, quote=False)  # its message may repeat what somebody typed
        effects = self.tell(words("page.trouble"), words("page.trouble_number", number=incident))
        self.widget.show({NOTICES: self._write_notices()})
        for effect in effects:
            self._do(effect)

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
            if isinstance(work, AsyncIterator):
                result = None
                async for result in work:
                    tell("progress", result)
            else:
                result = await run_aside(work, lambda value: tell("progress", value))
            tell("done", result)
        except KapnbError as error:
            tell("done", error)
        except Exception:  # noqa: BLE001  # as in act
            tell("failed", None)
            self._report()

    async def settled(self) -> None:
        """Wait until no task is running."""
        while running := list(self._running.values()):
            await asyncio.wait(running)
            await asyncio.sleep(0)

    # what is shown

    @validate("state")
    def _draw(self, proposal: Any) -> Any:
        with reader_in(self.country):
            drawn = {NOTICES: self._write_notices(), **self.view(proposal["value"])}
            self._drawn = {name: mark_initials(html) for name, html in drawn.items()}
        return proposal["value"]

    def _show(self, _change: Any) -> None:
        with self.widget.hold_sync():
            self.widget.show(self._drawn)
            self.widget.classes = self.classes(self.state)
            self.widget.saved = self.saved(self.state)
            self.widget.fresh = False
            spoken = self.spoken(self.state)
            if spoken != self._spoken:
                self._spoken = self.widget.said = spoken

    def _write_notices(self) -> Html:
        """The errors of this page, and what its reader has to know of the browser's storage."""
        dismiss = button(words("page.dismiss"), "dismiss", class_="quiet")
        return fragment(notice(self.notice, f"{self.name}-trouble", dismiss), self._write_storage())

    def _write_storage(self) -> Html:
        """What the browser keeps and does not keep. One button asks for ``save_kept``, which the page answers."""
        say, parts = self.section, []
        if self.storage.elsewhere:
            parts.append(element("p", words(f"{say}.elsewhere"), class_="note"))
        elif not self.storage.kept:
            told, take = (f"{say}.no_storage", f"{say}.aside_save") if self.keeps else ("page.not_typed", "page.typed_save")
            parts.append(element("p", words(told), " ", button(words(take), "save_kept", class_="quiet"), class_="note"))
        for index in range(self.storage.aside):
            file = f"kapnb-{self.name}-set-aside-{index + 1}.json"
            acts = (
                button(words(f"{say}.aside_{key}"), value=file, of=file, class_="quiet", data_aside=key, data_index=str(index))
                for key in ("save", "forget")
            )
            parts.append(element("p", words(f"{say}.aside"), " ", *acts))
        return element("div", *parts, class_="aside", role="status")

    def outline(self) -> str:
        """The headings and questions of the page, one a line: what it shows or has at hand, without how."""
        whole = re.sub(r'data-region="(\w+)"[^>]*>', lambda place: f"{place[0]}{self._drawn[place[1]]}", self.frame())
        found = re.findall(rf"(?s)<({'|'.join(_HEADINGS)})\b[^>]*>(.*?)</\1>", whole)
        return "\n".join(_HEADINGS[tag] + unescape(re.sub("<[^>]*>", "", text)) for tag, text in found)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"text/plain": self.outline(), "application/vnd.jupyter.widget-view+json": view}


def _read_storage(value: Any) -> Storage:
    """What the browser says of its storage; anything odd is taken as nothing kept."""
    told = value if isinstance(value, dict) else {}
    aside = told.get("aside")
    count = aside if type(aside) is int and 0 <= aside < 100 else 0
    return Storage(told.get("kept") is True, told.get("elsewhere") is True, count)


def _split(result: Any) -> tuple[Any, ...]:
    """A state and its effects, however they were given."""
    return result if type(result) is tuple else (result,)
