"""What is answered at the addresses of a room. No token is asked for: a phone has the code alone, and a key of its own."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

from kapnb import paths
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.report import write_docx, write_html, write_markdown
from kapnb.report.note import Note
from kapnb.report.room import note_of_room, rows_of_room
from kapnb.room.bring import read_votes
from kapnb.room.codes import code_of_set, find_signs, read_code, read_signs, salt_of_label
from kapnb.room.drawing import write_story, write_support
from kapnb.room.phone import choose_confidence, choose_outcome, describe_own
from kapnb.room.scene import Mine, Scene, assess_case, edition_of, library_of, list_facts, list_prompts, load_mine, load_scene
from kapnb.room.state import (
    LINES,
    MOST_CASES,
    MOST_LINE,
    MOST_NOTED,
    MOST_REASON,
    READ_OUT,
    Phase,
    Response,
    Room,
    RoomError,
    Round,
    Told,
    Vote,
    add_time,
    add_twin,
    cover,
    move,
)
from kapnb.room.store import Counts, Member, Receipt, Store
from kapnb.room.wall import Address, say_time
from kapnb.serve.access import RateLimit, network_of
from kapnb.serve.assets import cut_tokens
from kapnb.serve.event_log import log_event, report_error
from kapnb.serve.rooms import Rooms, Stream, draw, find_address
from kapnb.tables.columns import list_columns
from kapnb.text.characters import make_writable
from kapnb.text.glossary import explain_initials
from kapnb.text.html import element
from kapnb.text.identifiers import find_identifiers
from kapnb.text.phrases import join_words
from kapnb.text.words import words
from kapnb.training.links import write_link
from kapnb.training.saving import as_csv

WRONG_CODES: Final = 60
"""From one address within a minute; a class may stand behind one address, and mistypes."""
KEY_CHARACTERS: Final = (16, 128)
MOST_CHAT: Final = 40_000
MOST_TIMER: Final = 3600
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class RoomHandler(web.RequestHandler):
    """Finds the room by its code, and whoever asks by a key in a header."""

    wrong_codes: ClassVar[RateLimit] = RateLimit(WRONG_CODES, 60)
    until = 0.0
    """When the vote before the class closes, once the room is known."""

    def check_xsrf_cookie(self) -> None:
        """No cookie says who somebody is here: no other site can speak in their name."""

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", POLICY)

    @property
    def rooms(self) -> Rooms:
        rooms: Rooms = self.settings["kapnb_rooms"]
        return rooms

    @property
    def base_url(self) -> str:
        return str(self.settings["base_url"])

    @property
    def network(self) -> str:
        return network_of(self.request.remote_ip or "")

    async def find_room(self, typed: str) -> Room:
        return (await self.enter(typed))[0]

    async def find_member(self, typed: str) -> tuple[Room, Member]:
        """The room, and whoever has the key that the phone made."""
        room, member = await self.enter(typed, self.read_key("Kapnb-Key"))
        if member is None:
            raise RoomError("request")
        return room, member

    async def enter(self, typed: str, key: str = "") -> tuple[Room, Member | None]:
        """The room with this code, and its participant with this key, who gets in whatever others try beside.

        Raises:
            RoomError: there is none, or too many wrong codes came from this address.
        """
        code = read_code(typed)
        room, member = await self.rooms.run(Store.enter, code, key) if code else (None, None)
        if member is None and self.wrong_codes.is_reached(self.network):
            raise RoomError("many")
        if room is None:
            self.wrong_codes.count(self.network)
            raise RoomError("unknown")
        self.rooms.start()
        return room, member

    async def check_desk(self, typed: str) -> Room:
        key = self.read_key("Kapnb-Desk")
        room = await self.rooms.run(Store.find_for_desk, read_code(typed) or "", key)
        if room is None:
            await self.find_room(typed)
            self.wrong_codes.count(self.network)
            raise RoomError("desk")
        self.rooms.start()
        return room

    def read_key(self, header: str) -> str:
        key = self.request.headers.get(header, "")
        if not KEY_CHARACTERS[0] <= len(key) <= KEY_CHARACTERS[1]:
            raise RoomError("desk" if header == "Kapnb-Desk" else "request")
        return key

    def find_address(self, room: Room) -> Address:
        open_to_all: bool = self.settings["kapnb_open_to_all"]
        return find_address(self.request.protocol, self.request.host, self.base_url, room.code, open_to_all=open_to_all)

    def read_json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.request.body)
        except (RecursionError, ValueError):
            raise RoomError("request") from None
        if not isinstance(value, dict):
            raise RoomError("request")
        return value

    def tell(self, key: str, status: int = 200, **values: object) -> None:
        """Answer in words."""
        self.set_status(status)
        self.finish({"told": key, "said": words(f"room.{key}", **values)})

    def write_error(self, status_code: int, **given: Any) -> None:
        problem = given.get("exc_info", (None, None, None))[1]
        if isinstance(problem, RoomError):
            if problem.key == "many":
                self.set_header("Retry-After", "60")
            self.tell(f"error_{problem.key}", _STATUS[problem.key], until=say_time(self.until))
        else:
            if not isinstance(problem, web.HTTPError):
                report_error("room", problem=problem, quote=False)
            self.tell("error_request", status_code)

    def log_exception(self, kind: Any, problem: Any, trace: Any) -> None:
        """Tornado's own would write the address and the body; what goes wrong on our side is reported above."""


UNREADABLE: Final = (KeyError, IndexError, OverflowError, TypeError, ValueError)
"""What a body raises that no page of ours sends; JSON has numbers without end."""


@contextmanager
def reading() -> Iterator[None]:
    try:
        yield
    except UNREADABLE:
        raise RoomError("request") from None


_STATUS: Final[Mapping[str, int]] = {
    "request": 400,
    "desk": 403,
    "unknown": 404,
    **dict.fromkeys(("full", "moved", "not_next", "too_early", "nothing_to_cover"), 409),
    "ended": 410,
    "many": 429,
    **dict.fromkeys(("rooms_full", "storage"), 503),
}


class RoomPageHandler(RoomHandler):
    """The page of a phone, a wall or a desk. It holds nothing of the room; its script asks for that."""

    @allow_unauthenticated
    def get(self, code: str = "", view: str = "phone") -> None:
        template = self.settings["voila_jinja2_env"].get_template("room.html.j2")
        said = {"base_url": self.base_url, "words": words, "asset": self.settings["kapnb_assets"].url, "view": view}
        title = words({"phone": "room.title", "wall": "room.wall_title", "desk": "room.desk_title"}[view])
        self.finish(template.render(title=title, code=read_code(code) or code[:12], **said))

    head = get


class StreamHandler(RoomHandler):
    """The newest state of a room, again whenever it has changed, as server-sent events."""

    @allow_unauthenticated
    async def get(self, typed: str, view: str) -> None:
        member = None
        if view == "phone":
            room, member = await self.find_member(typed)
        else:
            room = await (self.check_desk(typed) if view == "desk" else self.find_room(typed))
        if self.rooms.is_crowded(room, view, member):
            raise RoomError("many")
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Content-Encoding", "identity")  # packing would hold 0.2 MB for each phone
        self.set_header("X-Accel-Buffering", "no")
        self.stream = Stream(self, view, self.find_address(room), member)
        self.rooms.add(room, self.stream)
        try:
            await self.rooms.show(self.stream, room)
            await self.stream.closed.wait()
        finally:
            self.rooms.remove(room, self.stream)

    def on_connection_close(self) -> None:
        if hasattr(self, "stream"):
            self.stream.closed.set()


class PhoneHandler(RoomHandler):
    """What a phone does: join, vote, answer a follow-up, send what is taken along, leave."""

    @allow_unauthenticated
    async def post(self, typed: str, action: str) -> None:
        if action == "join":
            await self.join(typed)
            return
        room, member = await self.find_member(typed)
        if action == "leave":
            await self.rooms.run(Store.leave, member)
            self.rooms.change(room.id)
            self.tell("left")
            return
        given = self.read_json()
        texts = [clean(given.get(name)) for name in ("reason", *(f"line-{place}" for place in range(1, LINES + 1)))]
        most = MOST_LINE if action == "lines" else MOST_REASON
        if any(len(text) > most for text in texts):
            self.tell("too_long", 422, most=most)
        elif kinds := dict.fromkeys(kind for text in texts for kind in find_identifiers(text)):
            self.tell("identifier", 422, kinds=join_words([words(f"identifiers.{kind}") for kind in kinds], "or"))
        else:
            await {"vote": self.vote, "respond": self.respond, "lines": self.lines}[action](room, member, given, texts)

    async def join(self, typed: str) -> None:
        key = self.read_key("Kapnb-Key")
        room, known = await self.enter(typed, key)
        member = known if known and not known.gone else await self.rooms.run(Store.join, room, key)
        self.rooms.change(room.id)
        self.finish({"label": member.label})

    async def vote(self, room: Room, member: Member, given: Mapping[str, Any], texts: list[str]) -> None:
        try:
            vote = read_vote(room, given, texts[0])
        except UNREADABLE:
            self.tell("choose", 422)
            return
        await self.answer(room, member, await self.rooms.vote(room, member, vote))

    async def respond(self, room: Room, member: Member, given: Mapping[str, Any], texts: list[str]) -> None:
        try:
            fit, place = int(given["fit"]), int(given["place"])
            response = Response(str(given["case"]), place, fit, texts[0], clean(given["key"])[:64])
        except UNREADABLE:
            self.tell("choose_fit", 422)
            return
        if not -2 <= fit <= 2 or not 0 <= place < MOST_CASES or response.case not in room.cases:
            raise RoomError("request")
        await self.answer(room, member, await self.rooms.run(Store.respond, room, member, response))

    async def lines(self, room: Room, member: Member, _: Mapping[str, Any], texts: list[str]) -> None:
        taken = await self.rooms.run(Store.write_lines, room, member, [text for text in texts[1:] if text])
        await self.answer(room, member, Receipt(Told.COUNTED if taken else Told.CLOSED, None))

    async def answer(self, room: Room, member: Member, receipt: Receipt) -> None:
        """Say what became of it, with the phone as it now is."""
        told = receipt.told
        if told is Told.COUNTED:
            self.rooms.change(room.id)
        if (
            receipt.kept and receipt.own and room.phase in {Phase.FIRST_VOTE, Phase.SECOND_VOTE}
        ):  # all that such a phone shows is known
            scene, mine = Scene(room, Counts(0, 0)), Mine(member, receipt.own)
        else:
            current = await self.rooms.run(Store.reload, room) or room
            scene, mine = await self.rooms.run(load_scene, current), await self.rooms.run(load_mine, current, member)
        state = draw("phone", scene, self.find_address(room), mine)
        yours = "\n\n".join(describe_own(scene, mine))
        self.set_status(409 if told is Told.CLOSED else 200)
        self.finish({"told": told, "said": words(f"room.told_{told}"), "yours": yours, **state})


class DeskHandler(RoomHandler):
    """What the desk does, under its key and from where it thinks the room is."""

    @allow_unauthenticated
    async def post(self, typed: str, action: str) -> None:
        room = await self.check_desk(typed)
        self.until = room.until
        given = self.read_json()
        said = await getattr(self, f"do_{action}")(room, given)
        self.rooms.change(room.id)
        if action == "delete":
            self.tell("deleted")
            return
        current = await self.rooms.run(Store.reload, room) or room
        scene = await self.rooms.run(load_scene, current)
        self.finish({"told": action, "said": said or "", **draw("desk", scene, self.find_address(room), None)})

    async def change(self, room: Room, given: Mapping[str, Any], to: Any) -> None:
        with reading():
            expected = Phase(given["phase"]), int(given["turn"])
        changed = await self.rooms.run(Store.change, room, expected, to)
        log_event("room_moved", phase=str(changed.phase))

    async def do_move(self, room: Room, given: Mapping[str, Any]) -> None:
        with reading():
            to = Phase(given["to"])
        now = time.time()
        seen = replace(room, phase=to) if to is Phase.TALK else room  # with the votes, once closed
        scene = await self.rooms.run(load_scene, seen)
        prompt = (room.prompt or list_prompts(scene)[0].text) if to is Phase.TALK else room.prompt

        def step(current: Room) -> Room:
            return move(replace(current, prompt=prompt), to, now, scene.follow_ups)

        await self.change(room, given, step)
        if to is Phase.TALK:
            await self.rooms.run(Store.keep_prompt, room, prompt)

    async def do_cover(self, room: Room, given: Mapping[str, Any]) -> None:
        await self.change(room, given, lambda current: cover(current, covered=bool(given.get("on"))))

    async def do_small(self, room: Room, given: Mapping[str, Any]) -> None:
        await self.change(room, given, lambda current: replace(current, small=bool(given.get("on"))))

    async def do_timer(self, room: Room, given: Mapping[str, Any]) -> None:
        with reading():
            seconds = min(MOST_TIMER, max(0, int(given["seconds"])))
        now = time.time()
        await self.change(room, given, lambda current: add_time(current, seconds, now))

    async def do_twin(self, room: Room, given: Mapping[str, Any]) -> None:
        twin = (await self.rooms.run(load_scene, room)).twin
        if twin is None:
            raise RoomError("request")
        now, name = time.time(), twin.id
        await self.change(room, given, lambda current: add_twin(current, name, now))

    async def do_prompt(self, room: Room, given: Mapping[str, Any]) -> None:
        prompts = list_prompts(await self.rooms.run(load_scene, room))
        with reading():
            text = prompts[int(given["value"])].text
        await self.change(room, given, lambda current: replace(current, prompt=text))
        if room.phase is Phase.TALK:
            await self.rooms.run(Store.keep_prompt, room, text)

    async def do_let(self, room: Room, given: Mapping[str, Any]) -> None:
        await self.rooms.run(Store.let_through, room, str(given.get("ref"))[:16], shown=bool(given.get("on")))

    async def do_signs(self, room: Room, given: Mapping[str, Any]) -> str:
        """Votes from a pasted chat. Names, and whatever else is in it, are not kept."""
        of_set = code_of_set(write_link(room.opened_with, edition_of(room)))  # as the training page writes them
        votes, wrong = [], 0
        for signs in dict.fromkeys(find_signs(str(given.get("value"))[:MOST_CHAT])):
            here = read_signs(room.code, signs)
            one = here or read_signs(of_set, signs)
            if one and one.case < len(room.places):
                vote = Vote(room.places[one.case], one.round, one.outcome, one.confidence, key=READ_OUT)
                votes.append((f"signs {one.salt}", here and here.salt, vote))
            else:
                wrong += 1
        taken, late, _ = await self.rooms.run(Store.take_brought, room, votes)
        values = {"taken": taken, "late": late, "again": len(votes) - taken - late, "wrong": wrong}
        return words("room.chat_told", **values)

    async def do_file(self, room: Room, given: Mapping[str, Any]) -> str:
        """Votes from a file that a trainee saved.

        Its labels are not kept: they only tell one participant from another, and whose phone is here as well.
        """
        with reading():
            data, number = b64decode(str(given["value"]), validate=True), int(given["number"])
        brought = await asyncio.to_thread(read_votes, data, room)
        if brought.problem:
            return words("room.file_problem", number=number, problem=brought.problem)
        votes = [(f"file {room.id} {label}", label.casefold(), vote) for label, vote in brought.votes]
        signers = {f"file {room.id} {label}": f"signs {salt_of_label(label)}" for label, _ in brought.votes}
        taken, late, signed = await self.rooms.run(Store.take_brought, room, votes, signers)
        again = len(votes) - taken - late - signed
        counts = {"again": again, "signed": signed, "other": brought.other, "late": late}
        counts |= {"unread": brought.unread, "left": brought.left}
        told = (words(f"room.file_{key}", count=count) for key, count in counts.items() if count)
        return " ".join((words("room.file_told", number=number, taken=taken), *told))

    async def do_delete(self, room: Room, _: Mapping[str, Any]) -> None:
        await self.rooms.run(Store.delete_room, room)
        log_event("room_deleted")


TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=UTF-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=UTF-8",
    "md": "text/markdown; charset=UTF-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FileHandler(RoomHandler):
    """What the desk takes along: the note, and the judgments as a table."""

    @allow_unauthenticated
    async def post(self, typed: str, name: str) -> None:
        room = await self.check_desk(typed)
        content = self.write_signs(room) if name == "signs.html" else await self.rooms.run(make_file, room, name)
        self.set_header("Content-Type", TYPES[name.rpartition(".")[2]])
        day = f"{datetime.now().astimezone():%Y-%m-%d}"
        self.set_header("Content-Disposition", f'attachment; filename="kapnb-{room.code}-{day}-{name}"')
        self.finish(content)

    def write_signs(self, room: Room) -> str:
        """The page for those without a network, whole in one file."""
        folder, library = paths.template() / "static", library_of(room)
        sheets = (cut_tokens((folder / "kapnb.css").read_bytes()).decode(), (folder / "room.css").read_text("utf-8"))
        cases = [library[name] for name in room.places]
        stories = (
            element("section", write_story(one), write_support(library.edition, one), data_story=str(place), hidden=place > 0)
            for place, one in enumerate(cases)
        )
        given = {
            "cases": cases,
            "stories": explain_initials(element("div", *stories)),
            "outcomes": choose_outcome(words("room.what_would_you_do")),
            "confidences": choose_confidence(),
            "style": "".join(sheets),
            "script": (folder / "room-signs.js").read_text("utf-8").replace("export ", ""),
        }
        template = self.settings["voila_jinja2_env"].get_template("room_signs.html.j2")
        return str(template.render(words=words, code=room.code, **given))


def make_file(store: Store, room: Room, name: str) -> str | bytes:
    """The note of a room, or its table."""
    given = store.list_votes(room)
    kind, _, ending = name.partition(".")
    if kind == "judgments":
        rows, fields = rows_of_room(given), edition_of(room).fields
        if ending == "csv":
            return as_csv(rows, "judgments", fields)
        from kapnb.tables.write import write_rows  # pandas, once a workbook is wanted

        return write_rows(rows, list_columns("judgments", fields), "judgments")
    lines, through = store.list_lines(room), store.list_let_through(room)
    ticked = [text for _, ref, text in lines if ref in through]
    note = note_of_room(room, given, store.list_prompts(room), ticked or [text for *_, text in lines[:MOST_NOTED]])
    write: Mapping[str, Callable[[Note], str | bytes]] = {"docx": write_docx, "html": write_html, "md": write_markdown}
    return write[ending](note)


def clean(value: object) -> str:
    """A text that somebody typed, on one line."""
    return " ".join(make_writable(value).split()) if isinstance(value, str) else ""


def read_vote(room: Room, given: Mapping[str, Any], reason: str) -> Vote:
    """Raises KeyError or ValueError for what no phone of ours sends."""
    case = str(given["case"])
    if case not in room.cases:
        raise ValueError(case)
    facts = {}
    for one in list_facts(assess_case(edition_of(room), case)):
        answer = given.get(f"fact-{one.name}")
        if answer in {option.name for option in one.options}:
            facts[one.name] = str(answer)
    return Vote(
        case=case,
        round=Round(int(given["round"])),
        outcome=Outcome(given["outcome"]),
        confidence=Confidence(given["confidence"]),
        reason=reason,
        prediction=Outcome(given["prediction"]) if given.get("prediction") else None,
        facts=facts,
        key=clean(given["key"])[:64],
    )
