"""The wall: one thing at a time, legible from the back of a room, and never a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import ceil
from typing import Final

from kapnb.room.codes import write_code
from kapnb.room.drawing import (
    say,
    say_change,
    say_moved,
    write_article,
    write_fits,
    write_help,
    write_key,
    write_movement,
    write_story,
    write_strip,
)
from kapnb.room.scene import Scene, is_few
from kapnb.room.state import Phase
from kapnb.text.html import Html, element
from kapnb.text.words import words

STORIES: Final = ((105, "short"), (145, "middle"))
"""Words that fit in large type, and in the next; whatever is longer is set in the smallest, still legible from the back."""
MOST_PEGS: Final = 40
REASONS: Final = ((60, 76, 72), (80, 54, 40))
"""Of large and of smaller type: characters in a line, its height where a wall is 1080 high, and that of the frame around it."""
TALL: Final = 690
"""So much of that height is there for reasons."""


@dataclass(frozen=True, slots=True)
class Address:
    """How phones get here: what people type, and the picture that leads there."""

    text: str
    qr: Html
    reachable: bool = True


def view_wall(scene: Scene, address: Address) -> Html:
    """What the wall shows now."""
    return element("main", *_VIEWS[scene.room.shown](scene, address), class_=f"wall at-{scene.room.shown}")


def _heading(text: str, *more: Html | None) -> Html:
    return element("div", element("h1", text), *more, class_="wt")


def _big(text: str, *more: Html | None, tag: str = "p") -> Html:
    """One sentence in the middle."""
    return element("div", element(tag, text, class_="big"), *more, class_="mid")


def _foot(scene: Scene) -> Html:
    return element("p", words("room.foot", code=write_code(scene.room.code)), class_="fine")


def _lobby(scene: Scene, address: Address) -> Iterable[Html | None]:
    here = scene.counts.here
    until = scene.room.until if scene.room.phase is Phase.BEFORE else 0
    arrived = words("room.one_is_here") if here == 1 else words("room.are_here", count=here)
    lead = element(
        "div",
        element("p", f"{words('room.go_to')} ", element("b", address.text), f" {words('room.and_type')}"),
        element("h1", write_code(scene.room.code), class_="code"),
        element("p", words("room.wall_before", until=say_time(until)) if until else arrived),
    )
    return element("div", lead, element("div", address.qr, class_="qr"), class_="mid join"), _foot(scene)


def _story(scene: Scene, _: Address) -> Iterable[Html | None]:
    vignette = scene.vignette
    size = next((name for most, name in STORIES if len(vignette.story.split()) <= most), "long")
    return _heading(vignette.title), element("div", write_story(vignette), class_=f"fit {size}"), write_help(scene, linked=False)


def _vote(scene: Scene, _: Address) -> Iterable[Html | None]:
    again = scene.room.phase is Phase.SECOND_VOTE
    lead = say("p", "wall_vote_again_lead" if again else "wall_vote", "mut")
    yield _heading(words("room.wall_vote_again" if again else "room.what_would_you_do"))
    yield element("div", *_write_count(scene), lead, class_="mid")
    yield write_help(scene, linked=False)
    yield _foot(scene)


def _write_count(scene: Scene) -> tuple[Html | None, ...]:
    given, here = scene.counts.given, scene.counts.here
    pegs = [element("i", class_="dot hi" if place < given else "dot lo") for place in range(here)] if here <= MOST_PEGS else []
    count = element("p", f"{given} ", say("small", "are_in", count=here), class_="count")
    return count, element("div", *pegs, class_="peg", aria_hidden="true") if pegs else None


def _closed(scene: Scene, _: Address) -> Iterable[Html | None]:
    return _big(words("room.wall_closed_again" if scene.room.rounds > 1 else "room.closed"), tag="h1"), _foot(scene)


def _talk(scene: Scene, _: Address) -> Iterable[Html | None]:
    heading = _heading(words("room.wall_talk"), write_clock(scene))
    return heading, _big(scene.room.prompt), write_help(scene, linked=False), _foot(scene)


def write_clock(scene: Scene) -> Html | None:
    """The script counts down to its time."""
    return element("p", class_="clock", data_until=f"{scene.room.timer:.0f}") if scene.room.timer else None


def find_cover(scene: Scene) -> str:
    """Why a wall keeps covered what its step would show; empty where it does not."""
    step = scene.room.shown
    counts: dict[Phase, Callable[[], int]] = {
        Phase.SPREAD: lambda: len(scene.firsts),
        Phase.MOVEMENT: scene.moves.total,
        Phase.ARTICLE: lambda: len(scene.last_votes),
        Phase.FOLLOW_UP_CLOSED: lambda: len(scene.fits),
    }
    if step in counts and is_few(scene.room, counts[step]()):
        return "few"
    return "apart" if step is Phase.MOVEMENT and scene.lonely and not scene.room.small else ""


def _spread(scene: Scene, _: Address) -> Iterable[Html | None]:
    heading = _heading(words("room.wall_first_vote"))
    if find_cover(scene):
        return heading, _big(words("room.wall_few")), _foot(scene)
    strip = write_strip(scene.firsts, fold=not scene.room.small)
    return heading, element("div", strip, class_="mid"), write_key(scene.firsts)


def _movement(scene: Scene, _: Address) -> Iterable[Html | None]:
    match find_cover(scene):
        case "few":
            return _heading(words("room.wall_second_vote")), _big(words("room.wall_few")), _foot(scene)
        case "apart":
            half = "room.wall_moved_less" if 2 * scene.moved < scene.moves.total() else "room.wall_moved_more"
            return _heading(words(half)), _big(words("room.wall_moved_apart")), _foot(scene)
    return _heading(say_moved(scene)), element("div", write_movement(scene), class_="mid")


def _reasons(scene: Scene, _: Address) -> Iterable[Html | None]:
    """As many of the chosen reasons as fit; phones have them all."""
    said, heading = scene.chosen, _heading(words("room.wall_reasons"))
    if not said:
        return heading, _big(words("room.wall_no_reasons")), _foot(scene)
    large, dense = (list(accumulate(frame + line * ceil(len(one) / most) for one in said)) for most, line, frame in REASONS)
    fits = large[-1] <= TALL
    count = len(said) if fits else sum(tall <= TALL for tall in dense)
    items = (element("li", element("q", reason)) for reason in said[:count])
    body = element("ul", *items, class_="reasons" if fits else "reasons dense")
    more = element("p", words("room.wall_more_reasons", count=len(said) - count), class_="alone") if count < len(said) else None
    return heading, element("div", body, more, class_="mid"), _foot(scene)


def _article(scene: Scene, _: Address) -> Iterable[Html | None]:
    yield write_article(scene.assessment, "h1", linked=False)
    if find_cover(scene):
        yield write_help(scene, linked=False)
        return
    yield write_strip(scene.last_votes, scene.assessment.outcome, fold=not scene.room.small)
    yield element("div", write_key(scene.last_votes, framed=True), class_="end")


def _follow_up(scene: Scene, _: Address) -> Iterable[Html | None]:
    asked = element("p", scene.follow_up.learn, class_="told"), say("p", "fit", "mut")
    yield _heading(words("room.learn"))
    yield element("div", *asked, *_write_count(scene), class_="mid")
    yield write_help(scene, linked=False)
    yield _foot(scene)


def _follow_up_closed(scene: Scene, _: Address) -> Iterable[Html | None]:
    strip = None if find_cover(scene) else element("div", write_fits(scene.fits, fold=not scene.room.small), class_="mid")
    yield _heading(words("room.learn"))
    yield element("p", scene.follow_up.learn, class_="told")
    yield strip or _big(words("room.wall_few"))
    yield element("p", say_change(scene), class_="claim")
    yield write_help(scene, linked=False)


def _learning(scene: Scene, _: Address) -> Iterable[Html | None]:
    return _big(words("room.take_along"), *_write_count(scene), tag="h1"), _foot(scene)


def _ended(scene: Scene, _: Address) -> Iterable[Html | None]:
    return _big(words("room.wall_thanks"), tag="h1"), _foot(scene)


def say_time(seconds: float) -> str:
    """A time as the server's clock has it, such as "Tue 1 Dec, 10:00"."""
    when = datetime.fromtimestamp(seconds).astimezone()
    return f"{when:%a} {when.day} {when:%b}, {when:%H:%M}"


_VIEWS: Final[Mapping[Phase, Callable[[Scene, Address], Iterable[Html | None]]]] = {
    Phase.BEFORE: _lobby,
    Phase.LOBBY: _lobby,
    Phase.STORY: _story,
    Phase.FIRST_VOTE: _vote,
    Phase.FIRST_CLOSED: _closed,
    Phase.TALK: _talk,
    Phase.SECOND_VOTE: _vote,
    Phase.SECOND_CLOSED: _closed,
    Phase.SPREAD: _spread,
    Phase.MOVEMENT: _movement,
    Phase.REASONS: _reasons,
    Phase.ARTICLE: _article,
    Phase.FOLLOW_UP: _follow_up,
    Phase.FOLLOW_UP_CLOSED: _follow_up_closed,
    Phase.LEARNING: _learning,
    Phase.ENDED: _ended,
}
