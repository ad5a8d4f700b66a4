"""Where a room is opened: for whoever may use this server, since it is they who answer for what is judged in it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tornado import web

from kapnb.engine.edition import served_edition
from kapnb.engine.problems import GuidanceError, shorten
from kapnb.room.state import MOST_CASES, RoomError
from kapnb.room.store import Store
from kapnb.serve.event_log import log_event
from kapnb.serve.handlers import HtmlHandler
from kapnb.serve.room import clean
from kapnb.serve.rooms import Rooms
from kapnb.text.glossary import write_glossary, write_terms
from kapnb.text.identifiers import find_identifiers
from kapnb.text.phrases import join_words
from kapnb.text.words import words
from kapnb.training.errors import TrainingError
from kapnb.training.library import LEVELS, Library, Vignette, load_library
from kapnb.training.links import KEY, read_link
from kapnb.training.sets import choose

MOST_TITLE: Final = 80
SESSION_MINUTES: Final = 45
MOST_BEFORE: Final = 60 * 24 * 3600
MOST_OF_SET: Final = 4
"""Cases of a set that an hour has room for, with talking."""


class NewRoomHandler(HtmlHandler):
    """The form, and what becomes of it."""

    @web.authenticated
    def get(self) -> None:
        """The form; with the link of a set in the address, that set and its readings are chosen in it."""
        try:
            items, edition = read_link(self.get_query_argument(KEY, ""), served_edition())
        except TrainingError:
            self.draw()
        else:
            readings = {f"reading-{name}": choice for name, choice in edition.changed.items()}
            self.draw(given={"own": ", ".join(items), **readings})

    @web.authenticated
    async def post(self) -> None:
        edition = served_edition()
        library = load_library(edition)
        asked = ("set", "own", "title", "until", *(f"reading-{name}" for name in edition.ledger.readings))
        given = {name: self.get_body_argument(name, "") for name in asked}
        chosen = {name: given[f"reading-{name}"] for name in edition.ledger.readings}
        readings = {name: choice for name, choice in chosen.items() if choice and choice != edition.readings[name]}
        cases = tuple(dict.fromkeys(re.findall(r"[\w-]+", given["own"].upper()))) or find_set(library, given["set"])
        title, until, problem = clean(given["title"])[:MOST_TITLE], read_time(given["until"]), ""
        if unknown := [case for case in cases if case not in library]:
            problem = words("room.new_unknown", cases=join_words([shorten(one) for one in unknown[:5]], "or"))
        elif not cases:
            problem = words("room.new_nothing")
        elif kinds := find_identifiers(title):
            problem = words("room.new_identifier", kinds=join_words([words(f"identifiers.{kind}") for kind in kinds], "or"))
        elif given["until"] and not 0 < until - time.time() < MOST_BEFORE:
            problem = words("room.new_past", days=MOST_BEFORE // (24 * 3600))
        if problem:
            self.set_status(422)
            self.draw(problem, given | {"title": "" if find_identifiers(title) else title})
            return
        rooms: Rooms = self.settings["kapnb_rooms"]
        settings = {"title": title, "readings": readings, "until": until}
        try:
            edition.guidance.bind(readings)
            room, key = await rooms.run(Store.open_room, cases[:MOST_CASES], edition.pack, time.time(), **settings)
        except GuidanceError:
            raise web.HTTPError(400) from None
        except RoomError as refused:
            self.set_status(503)
            self.draw(words(f"room.error_{refused.key}"), given)
            return
        log_event("room_opened")
        self.redirect(f"{self.base_url}room/{room.code}/desk#{key}", status=303)

    def draw(self, problem: str = "", given: Mapping[str, str] | None = None) -> None:
        edition = served_edition()
        library = load_library(edition)
        readings, given = edition.ledger.readings, given or {}
        chosen = any(given.get(f"reading-{name}", one.default) != one.default for name, one in readings.items())
        said = {"sets": list_sets(library), "library": library, "readings": readings.items(), "chosen": chosen, "problem": problem}
        said |= {"terms": write_terms, "entries": write_glossary("reading")}
        self.set_header("Cache-Control", "no-store")
        self.finish(self.render_template_to_string("room_new.html.j2", given=given, xsrf=self.xsrf_form_html(), **said))


def list_sets(library: Library) -> tuple[tuple[str, str, tuple[Vignette, ...]], ...]:
    """Sets to open a room with: each with its name, its title, and its cases."""
    first = Library(library.edition, {name: one for name, one in library.items() if one.level == LEVELS[0]})
    sets = [
        ("first", words("room.new_first"), choose(first, minutes=SESSION_MINUTES, seed=1)),
        ("twins", words("room.new_twins"), choose(library, minutes=SESSION_MINUTES, twins_only=True, seed=1)),
    ]
    sets += [
        (section.name, section.label, choose(library, topics=[section.name], minutes=SESSION_MINUTES, seed=1))
        for section in library.edition.fields.sections
    ]
    return tuple((name, label, tuple(library[item] for item in one.items[:MOST_OF_SET])) for name, label, one in sets if one.items)


def find_set(library: Library, name: str) -> tuple[str, ...]:
    return next((tuple(one.id for one in cases) for own, _, cases in list_sets(library) if own == name), ())


def read_time(text: str) -> float:
    """A time as a browser's field gives it; 0 where there is none."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp() if text else 0
    except (OverflowError, OSError, ValueError):
        return 0
