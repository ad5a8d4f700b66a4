"""The wall: one thing at a time, legible from the back of a room, and never a label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import ceil
from typing import Final

from kapnb.room.codes import write_code
from kapnb.room.drawing import (
    leave_out_alone,
    say_moved,
    write_alone,
    write_article,
    write_key,
    write_movement,
    write_story,
    write_strip,
    write_support,
)
from kapnb.room.scene import Scene, is_few
from kapnb.room.state import Phase, Response
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.reveal import assess_change

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


def _foot(scene: Scene) -> Html:
    return element("p", words("room.foot", code=write_code(scene.room.code)), class_="fine")


def _support(scene: Scene) -> Html | None:
    return write_support(scene.edition, scene.vignette, *scene.learned, linked=False)


def _lobby(scene: Scene, address: Address) -> tuple[Html, ...]:
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


def _story(scene: Scene, _: Address) -> tuple[Html | None, ...]:
    vignette = scene.vignette
    size = next((name for most, name in STORIES if len(vignette.story.split()) <= most), "long")
    return (
        _heading(vignette.title),
        element("div", write_story(vignette), class_=f"fit {size}"),
        _support(scene),
    )


def _vote(scene: Scene, _: Address) -> tuple[Html | None, ...]:
    again = scene.room.phase is Phase.SECOND_VOTE
    heading = "wall_vote_again" if again else "what_would_you_do"
    lead = "wall_vote_again_lead" if again else "wall_vote"
    return (
        _heading(words(f"room.{heading}")),
        element("div", *_write_count(scene), element("p", words(f"room.{lead}"), class_="mut"), class_="mid"),
        _support(scene),
        _foot(scene),
    )


def _write_count(scene: Scene) -> tuple[Html | None, ...]:
    given, here = scene.counts.given, scene.counts.here
    pegs = [element("i", class_="dot hi" if place < given else "dot lo") for place in range(here)] if here <= MOST_PEGS else []
    count = element("p", f"{given} ", element("small", words("room.are_in", count=here)), class_="count")
    return count, element("div", *pegs, class_="peg", aria_hidden="true") if pegs else None


def _closed(scene: Scene, _: Address) -> tuple[Html, ...]:
    key = "wall_closed_again" if scene.room.rounds > 1 else "wall_closed"
    return element("div", element("h1", words(f"room.{key}"), class_="big"), class_="mid"), _foot(scene)


def _talk(scene: Scene, _: Address) -> tuple[Html | None, ...]:
    clock = write_clock(scene)
    return (
        _heading(words("room.wall_talk"), clock),
        element("div", element("p", scene.room.prompt, class_="big"), class_="mid"),
        _support(scene),
        _foot(scene),
    )


def write_clock(scene: Scene) -> Html | None:
    """The script counts down to its time."""
    return element("p", class_="clock", data_until=f"{scene.room.timer:.0f}") if scene.room.timer else None


def find_cover(scene: Scene) -> str:
    """Why a wall keeps covered what its step would show; empty where it does not."""
    counts: dict[Phase, Callable[[], int]] = {
        Phase.SPREAD: lambda: len(scene.firsts),
        Phase.MOVEMENT: scene.moves.total,
        Phase.ARTICLE: lambda: len(scene.last_votes),
        Phase.FOLLOW_UP_CLOSED: lambda: len(list_fits(scene)),
    }
    step = scene.room.shown
    if step in counts and is_few(scene.room, counts[step]()):
        return "few"
    return "apart" if step is Phase.MOVEMENT and scene.lonely and not scene.room.small else ""


def _spread(scene: Scene, _: Address) -> tuple[Html, ...]:
    votes = scene.firsts
    if find_cover(scene):
        return _heading(words("room.wall_first_vote")), _few(), _foot(scene)
    strip = write_strip(votes, fold=not scene.room.small)
    return _heading(words("room.wall_first_vote")), element("div", strip, class_="mid"), write_key(votes)


def _few() -> Html:
    return element("div", element("p", words("room.wall_few"), class_="big"), class_="mid")


def _movement(scene: Scene, _: Address) -> tuple[Html, ...]:
    cover = find_cover(scene)
    if cover == "few":
        return _heading(words("room.wall_second_vote")), _few(), _foot(scene)
    if cover:
        half = words("room.wall_moved_less" if 2 * scene.moved < scene.moves.total() else "room.wall_moved_more")
        return (
            _heading(half),
            element("div", element("p", words("room.wall_moved_apart"), class_="big"), class_="mid"),
            _foot(scene),
        )
    return _heading(say_moved(scene)), element("div", write_movement(scene), class_="mid")


def _reasons(scene: Scene, _: Address) -> tuple[Html, ...]:
    """As many of the chosen reasons as fit; phones have them all."""
    said = scene.chosen
    if not said:
        none = element("p", words("room.wall_no_reasons"), class_="big")
        return _heading(words("room.wall_reasons")), element("div", none, class_="mid"), _foot(scene)
    large, dense = (list(accumulate(frame + line * ceil(len(one) / most) for one in said)) for most, line, frame in REASONS)
    fits = large[-1] <= TALL
    count = len(said) if fits else sum(tall <= TALL for tall in dense)
    items = (element("li", element("q", reason)) for reason in said[:count])
    body = element("ul", *items, class_="reasons" if fits else "reasons dense")
    more = element("p", words("room.wall_more_reasons", count=len(said) - count), class_="alone") if count < len(said) else None
    return _heading(words("room.wall_reasons")), element("div", body, more, class_="mid"), _foot(scene)


def _article(scene: Scene, _: Address) -> tuple[Html | None, ...]:
    votes = scene.last_votes
    few = bool(find_cover(scene))
    strip = None if few else write_strip(votes, scene.assessment.outcome, fold=not scene.room.small)
    return (
        write_article(scene.assessment, "h1", linked=False),
        strip,
        _support(scene) if few else None,
        None if few else element("div", write_key(votes, framed=True), class_="end"),
    )


def _follow_up(scene: Scene, _: Address) -> tuple[Html | None, ...]:
    one = scene.vignette.follow_ups[scene.room.asked - 1]
    return (
        _heading(words("room.learn")),
        element(
            "div",
            element("p", one.learn, class_="told"),
            element("p", words("room.fit"), class_="mut"),
            *_write_count(scene),
            class_="mid",
        ),
        _support(scene),
        _foot(scene),
    )


def _follow_up_closed(scene: Scene, _: Address) -> tuple[Html | None, ...]:
    one = scene.vignette.follow_ups[scene.room.asked - 1]
    fits = list_fits(scene)
    few = bool(find_cover(scene))
    return (
        _heading(words("room.learn")),
        element("p", one.learn, class_="told"),
        None if few else element("div", write_fits(fits, fold=not scene.room.small), class_="mid"),
        _few() if few else None,
        element("p", say_change(scene), class_="claim"),
        _support(scene),
    )


def list_fits(scene: Scene) -> tuple[Response, ...]:
    return tuple(one for _, one in scene.responses if one.place == scene.room.asked - 1)


def write_fits(fits: tuple[Response, ...], *, fold: bool = False) -> Html:
    """How often each answer to a follow-up was given; with ``fold``, whoever is alone is counted apart, as in a spread."""
    counts = Counter(one.fit for one in fits)
    told, alone = leave_out_alone({fit: counts[fit] for fit in range(-2, 3)}, fold=fold)
    rows = []
    for fit, count in told.items():
        bar = element("progress", max=str(max(1, len(fits))), value=str(count))
        number = str(count) if count or not fold else ""
        cells = (element("span", say_fit(fit)), element("span", bar, class_="ds"), element("span", number, class_="n"))
        rows.append(element("div", *cells))
    said = "; ".join(words("room.strip_said", outcome=say_fit(fit), count=n) for fit, n in told.items() if n or not fold)
    strip = element("div", *rows, class_="strip", role="img", aria_label=said)
    return join((strip, write_alone(alone) if alone else None))


def say_fit(fit: int) -> str:
    return words(f"room.fit_{('m2', 'm1', '0', 'p1', 'p2')[fit + 2]}")


def say_change(scene: Scene) -> str:
    """What a new finding changes for the article, under the readings in force."""
    before, after = assess_change(scene.edition, scene.vignette, scene.vignette.follow_ups[scene.room.asked - 1])
    said = {"before": outcome_words(before.outcome), "after": outcome_words(after.outcome)}
    return words("room.before_same" if before.outcome is after.outcome else "room.before_after", **said)


def _learning(scene: Scene, _: Address) -> tuple[Html, ...]:
    return element("div", element("h1", words("room.wall_take_along"), class_="big"), *_write_count(scene), class_="mid"), _foot(
        scene
    )


def _ended(scene: Scene, _: Address) -> tuple[Html, ...]:
    return element("div", element("h1", words("room.wall_thanks"), class_="big"), class_="mid"), _foot(scene)


def say_time(seconds: float) -> str:
    """A time as the server's clock has it, such as "Tue 1 Dec, 10:00"."""
    when = datetime.fromtimestamp(seconds).astimezone()
    return f"{when:%a} {when.day} {when:%b}, {when:%H:%M}"


_VIEWS: Final[Mapping[Phase, Callable[[Scene, Address], tuple[Html | None, ...]]]] = {
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
