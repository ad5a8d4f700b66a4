"""The state of the page on which a supervisor puts a set together: what is looked for, what is in the set, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kapnb.engine.edition import Edition
from kapnb.engine.problems import Problem
from kapnb.text.cases import Case, find_trouble
from kapnb.text.characters import has_unwritable
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.library import Library, Vignette, load_library
from kapnb.training.links import read_link, write_link
from kapnb.training.session import MOST_ITEMS
from kapnb.training.sets import MOST_TEXT, Selection, check_cases, gather, load_presets, load_set, save_set
from kapnb.ui.controls import Notice

FILTERS: Final = ("topic", "level", "trap")
MOST_NOTE: Final = 400
MOST_KEPT: Final = 400_000
"""Characters that the browser keeps; it has some millions for all pages together."""
STEP: Final = 12
"""So many cases come on view at once."""
INTERVIEW: Final = "interview"
"""Of the levels: a story that can be asked for, whatever its level."""


@dataclass(frozen=True)
class Desk:
    """What is on the page.

    Attributes:
        edition: whose readings the set is judged by.
        library: the vignettes of the pack, and ``own`` cases.
        invented: somebody has confirmed that the cases are invented; nothing is shown before.
        search: words that a case on view has to have.
        filters: of the list, by their names; what is not narrowed is not in it.
        most: how many cases of the list are on view.
        picked: the set, in its order.
        shown: the cases of which outcome and traps are on view.
        title: of the set.
        note: to trainees, as it was typed; it is handed out unless there is some ``trouble`` with it.
        busy: a table is being read.
    """

    edition: Edition
    library: Library = field(repr=False)
    invented: bool = False
    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    most: int = STEP
    picked: tuple[str, ...] = ()
    shown: frozenset[str] = frozenset()
    own: tuple[Case, ...] = ()
    title: str = ""
    note: str = ""
    busy: bool = False
    notice: Notice | None = None

    @property
    def link(self) -> str:
        """The link to the set; empty for no case, and where one of them is one's own, which no link holds."""
        own = {one.case_id for one in self.own}
        return write_link(self.picked, self.edition) if self.picked and own.isdisjoint(self.picked) else ""

    @property
    def vignettes(self) -> tuple[Vignette, ...]:
        """The cases of the set, in their order."""
        return tuple(self.library[name] for name in self.picked)

    @property
    def selection(self) -> Selection:
        """The set as something to share."""
        return Selection(self.picked, tuple(one for one in self.own if one.case_id in self.picked), self.title.strip(), self.told)

    @property
    def told(self) -> str:
        """The note on one line."""
        return " ".join(self.note.split())

    @property
    def trouble(self) -> str:
        """Why the note cannot be handed out, without repeating it; empty where it can."""
        return find_trouble(self.note, MOST_NOTE)


def arrive(edition: Edition) -> Desk:
    """An empty desk."""
    return Desk(edition, load_library(edition))


def say(key: str, **values: object) -> str:
    """Words of this page."""
    return words(f"sets_page.{key}", **values)


def refuse(key: str, **values: object) -> TrainingError:
    """What to raise when the page itself cannot do something."""
    return TrainingError([Problem("", say(key, **values))])


def find_cases(desk: Desk) -> tuple[Vignette, ...]:
    """The cases on view, in the order of the library; those whose title has what is looked for come first."""
    wanted = desk.search.casefold().split()
    found = (one for one in desk.library.values() if _fits(one, desk.filters) and all(word in _read(one) for word in wanted))
    return tuple(sorted(found, key=lambda one: not all(word in one.title.casefold() for word in wanted)))


def _fits(one: Vignette, asked: Mapping[str, str]) -> bool:
    level = asked.get("level", "")
    return (
        (not asked.get("topic") or asked["topic"] in one.topics)
        and (not asked.get("trap") or asked["trap"] in one.traps)
        and (not level or (one.interview is not None if level == INTERVIEW else one.level == level))
    )


def _read(one: Vignette) -> str:
    return f"{one.id} {one.title} {one.story}".casefold()


def narrow(desk: Desk, name: str, value: str) -> Desk:
    """Narrow the list, or widen it again by an empty value."""
    if name not in FILTERS:
        raise ValueError(f"there is no filter {name}")
    return replace(desk, filters={**desk.filters, name: value}, most=STEP)


def pick(desk: Desk, name: str) -> Desk:
    """Put a case at the end of the set, or take it out."""
    if name not in desk.library:
        raise refuse("no_case")
    if name in desk.picked:
        return replace(desk, picked=tuple(one for one in desk.picked if one != name))
    if len(desk.picked) >= MOST_ITEMS:
        raise refuse("full", limit=MOST_ITEMS)
    return replace(desk, picked=(*desk.picked, name))


def move(desk: Desk, name: str, by: int) -> Desk:
    """Move a case of the set up or down; at either end it stays."""
    if name not in desk.picked:
        raise refuse("no_case")
    at, rest = desk.picked.index(name), [one for one in desk.picked if one != name]
    rest.insert(min(max(at + by, 0), len(rest)), name)
    return replace(desk, picked=tuple(rest))


def show(desk: Desk, name: str) -> Desk:
    """Show outcome and traps of a case, or put them away."""
    return replace(desk, shown=desk.shown ^ {name})


def start_from(desk: Desk, number: int) -> Desk:
    """Begin with a set that the pack brings along."""
    preset = load_presets(desk.edition.guidance)[number]
    return replace(desk, picked=preset.items, title=preset.title)


def read_as(desk: Desk, reading: str, choice: str) -> Desk:
    """Choose a reading for the set."""
    return _bind(desk, desk.edition.guidance.bind({**desk.edition.readings, reading: choice}))


def _bind(desk: Desk, edition: Edition) -> Desk:
    return replace(desk, edition=edition, library=Library(edition, desk.library))


def bring(desk: Desk, cases: Iterable[Case]) -> Desk:
    """Take cases of one's own."""
    own = tuple(cases)
    check_cases(own)
    library = gather(own, desk.edition)
    return replace(desk, own=own, library=library, picked=tuple(one for one in desk.picked if one in library), busy=False)


def share(desk: Desk) -> str:
    """The set as a file, which holds cases of one's own too. It can be loaded again."""
    text = save_set(desk.selection, desk.edition)
    load_set(text, desk.edition)
    return text


def keep(desk: Desk) -> str | None:
    """What the browser keeps: the set as a file, without a title or a note that no file can hold; None where it is too large."""
    if not desk.picked:
        return ""
    title, note = ("" if _is_unkept(text) else text for text in (desk.title, desk.note))
    text = save_set(replace(desk.selection, title=title, note=note), desk.edition)
    return text if len(text) <= MOST_KEPT else None


def _is_unkept(text: str) -> bool:
    return len(text) > MOST_TEXT or has_unwritable(text) or bool(find_identifiers(text))


def restore(desk: Desk, text: str) -> Desk:
    """Take back the set that the browser kept, which was its link in an earlier version."""
    if not text.startswith("{"):
        items, edition = read_link(text, desk.edition)
        return replace(_bind(desk, edition), picked=items)
    kept, messages = load_set(text, desk.edition)
    edition = desk.edition.guidance.bind(kept.readings)
    after = replace(desk, edition=edition, library=gather(kept.cases, edition), own=kept.cases, picked=kept.items)
    told = Notice(messages[0], messages[1:]) if messages else None
    return replace(after, title=kept.title, note=kept.note, notice=told)
