"""The phone of a participant: everything within a thumb, nothing of the group or the article before its step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kapnb.engine.fields import Field
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.codes import salt_of, write_code
from kapnb.room.drawing import (
    say,
    say_change,
    write_article,
    write_button,
    write_fits,
    write_help,
    write_key,
    write_outcome,
    write_story,
    write_strip,
)
from kapnb.room.scene import Mine, Scene, assess_case, is_few, list_facts
from kapnb.room.state import KEPT_SECONDS, LINES, MOST_LINE, MOST_REASON, Phase, Round, Vote
from kapnb.room.wall import say_time
from kapnb.text.html import Html, element
from kapnb.text.phrases import outcome_words, sentence
from kapnb.text.words import words
from kapnb.training.library import Vignette
from kapnb.training.reveal import leave_out_codes, response_words
from kapnb.training.session import RESPONSES


@dataclass(frozen=True, slots=True)
class Screen:
    """What a phone shows: ``main``, and below it ``bar`` with the one button."""

    main: Sequence[Html | None]
    bar: Html | None = None


def _show(*main: Html | None) -> Screen:
    return Screen(main)


def view_phone(scene: Scene, mine: Mine) -> Html:
    """The phone of one participant, as markup."""
    top = element(
        "div",
        element("span", words("room.code", code=write_code(scene.room.code))),
        element("span", f"{words('room.you_are')} ", element("b", mine.member.label)),
        class_="phtop",
    )
    screen = _leave() if mine.member.gone else _screen(scene, mine)
    bar = element("div", screen.bar, class_="phbar") if screen.bar else None
    return element("main", element("div", top, *screen.main, class_="page"), bar, id="main", tabindex="-1")


def signature(scene: Scene) -> tuple[object, ...]:
    """What phones are told of: steps, and not each vote. Where this is the same, no phone has anything new to show."""
    room = scene.room
    chosen = scene.chosen if room.shown is Phase.REASONS else ()
    return (room.phase, room.turn, room.shown, room.asked, room.prompt, room.timer, room.small, chosen)


def _screen(scene: Scene, mine: Mine) -> Screen:
    shown = scene.room.shown
    if shown in _OF_THE_ROOM:
        return _OF_THE_ROOM[shown](scene, mine)
    return _apart(scene, _OF_THE_CASE.get(shown, _reveal)(scene, mine))


def _story(scene: Scene, _: Mine) -> Screen:
    return _show(element("h1", scene.vignette.title), write_story(scene.vignette), write_help(scene))


def _talk(scene: Scene, _: Mine) -> Screen:
    prompt = element("p", scene.room.prompt, class_="ask")
    return _show(say("h1", "wall_talk"), prompt, say("p", "talk_lead"), *_read_again(scene, scene.vignette))


def _closed(scene: Scene, mine: Mine) -> Screen:
    vote = mine.votes.get((scene.room.case, scene.room.rounds)) or mine.votes.get((scene.room.case, Round.FIRST))
    own = _own_answer(vote) if vote else say("p", "not_voted", "mut")
    unsent = _unsent(f"{scene.room.case} {scene.room.rounds}")
    return _show(say("h1", "closed"), say("p", "closed_lead"), own, unsent, *_read_again(scene, scene.vignette))


# In and out


def _lobby(_: Scene, __: Mine) -> Screen:
    leave = element("p", write_button("leave", kind="bare", do="leave"))
    return _show(say("h1", "here"), say("p", "here_lead"), say("p", "content"), write_privacy(), leave)


def write_privacy() -> Html:
    """What is kept, and for how long, in a sentence; and that a label is not everything."""
    days = KEPT_SECONDS // (24 * 3600)
    return element("p", words("room.privacy", days=days), " ", words("room.privacy_few"), class_="small")


def _leave() -> Screen:
    back = write_button("come_back", kind="go", do="join")
    return Screen((say("h1", "leave"), say("p", "left")), back)


def _apart(scene: Scene, screen: Screen) -> Screen:
    """Whoever sits a case out is shown nothing of it; the phone alone knows."""
    place = f"{scene.room.turn}"
    way_out = element("p", words("room.sit_out_lead"), " ", write_button("sit_out", kind="bare", out=place), class_="small")
    out = element(
        "div",
        say("h1", "sit_out"),
        say("p", "sitting_out"),
        write_help(scene),
        element("p", write_button("read_again", kind="bare", out="")),
        class_="out",
    )
    asks = scene.room.shown is Phase.STORY or screen.bar is not None  # whoever has answered is not asked again
    case = element("div", *screen.main, way_out if asks else None, class_="case")
    return Screen((element("div", case, out, data_case=place),), element("div", screen.bar, class_="case") if screen.bar else None)


# Voting


def _open_vote(scene: Scene, mine: Mine) -> Screen:
    return _vote(scene, mine, scene.vignette, Round.SECOND if scene.room.shown is Phase.SECOND_VOTE else Round.FIRST)


def _vote(scene: Scene, mine: Mine, vignette: Vignette, asked: Round) -> Screen:
    """A vote that is open: what to choose, or what was chosen."""
    given = mine.votes.get((vignette.id, asked))
    if given:
        own = _own_answer(given), _unsent(f"{vignette.id} {asked:d}")
        return _show(say("h1", "locked"), say("p", "locked_lead"), *own, *_read_again(scene, vignette))
    first = mine.votes.get((vignette.id, Round.FIRST))
    before = asked is Round.FIRST
    parts = [choose_outcome(words("room.what_would_you_do" if before else "room.what_now")), choose_confidence()]
    if before:
        parts += [
            _area("reason", words("room.why"), words("room.why_hint"), MOST_REASON),
            _more(list_facts(assess_case(scene.edition, vignette.id))),
        ]
    elif first:
        parts.append(element("p", words("room.first_answer", outcome=outcome_words(first.outcome)), class_="mut"))
    place, salt = scene.room.places.index(vignette.id), salt_of(mine.member.id, scene.room.desk)
    about = {"data_case_id": vignette.id, "data_round": f"{asked:d}", "data_turn": str(place), "data_salt": str(salt)}
    form = _ask("vote", f"{vignette.id} {asked:d}", *parts, lock="lock" if before else "lock_second", **about)
    story = element(
        "details",
        say("summary", "story"),
        write_story(vignette),
        open=scene.room.phase is Phase.BEFORE,  # in class it was read a moment ago
        class_="card",
        data_key=f"read-{int(asked)}-{vignette.id}",
    )
    privacy = write_privacy() if before else None  # who comes late has seen no lobby
    return replace(form, main=(element("h1", vignette.title), story, write_help(scene, vignette), *form.main, privacy))


def _ask(post: str, draft: str, *parts: Html, lock: str = "lock", **about: str) -> Screen:
    """A form, which the script sends under the name ``post``, and its button in the bar."""
    told = element("p", id="told", role="status", class_="told")
    form = element("form", *parts, told, id="vote", data_post=post, data_draft=draft, **about)
    return Screen((form,), element("button", words(f"room.{lock}"), type="submit", form="vote", class_="go"))


def _own_answer(vote: Vote) -> Html:
    rows = [
        (words("room.would"), write_outcome(vote.outcome)),
        (words("room.sure"), element("span", words(f"room.{vote.confidence}"))),
        *([(words("room.why"), element("q", vote.reason))] if vote.reason else []),
    ]
    return element("dl", *(part for name, said in rows for part in (element("dt", name), element("dd", said))), class_="card yours")


def _unsent(draft: str = "", tag: str = "p") -> Html:
    """Where the script shows what was typed for a form that takes nothing any more, or for any; the phone alone knows it."""
    return element(tag, data_unsent=draft, data_key=f"unsent {draft}", data_says=words("room.unsent"))


def choose_outcome(legend: str) -> Html:
    return _choose("outcome", legend, ((str(outcome), write_outcome(outcome)) for outcome in Outcome))


def choose_confidence() -> Html:
    return _choose(
        "confidence", words("room.how_sure"), ((str(one), element("span", words(f"room.{one}"))) for one in Confidence), "three"
    )


def _choose(name: str, legend: str, options: Iterable[tuple[str, Html]], kind: str = "") -> Html:
    labels = [
        element("label", element("input", type="radio", name=name, value=value, data_key=f"{name}-{value}"), said)
        for value, said in options
    ]
    return element("fieldset", element("legend", legend), element("div", *labels, class_=f"pick {kind}".strip()))


def _area(name: str, label: str, hint: str, most: int) -> Html:
    return element(
        "p",
        element("label", label, for_=name, class_="ask"),
        element("textarea", id=name, name=name, rows="3", maxlength=str(most), placeholder=hint, data_key=name),
    )


def _more(facts: tuple[Field, ...]) -> Html:
    """What may be left: how the participant reads the few facts on which the case turns, and what the article would say."""
    asked = [
        _select(f"fact-{one.name}", one.question, ((option.name, sentence(option.label)) for option in one.options))
        for one in facts
    ]
    prediction = _select("prediction", words("room.prediction"), ((str(one), outcome_words(one)) for one in Outcome))
    lead = say("p", "facts_lead", "small") if asked else None
    return element("details", say("summary", "more"), lead, *asked, prediction, class_="card", data_key="more")


def _select(name: str, label: str, options: Iterable[tuple[str, str]]) -> Html:
    listed = (element("option", said, value=value) for value, said in (("", words("room.skip")), *options))
    chooser = element("select", *listed, id=name, name=name, data_key=name)
    return element("p", element("label", label, for_=name, class_="ask"), chooser)


# The reveal


def _reveal(scene: Scene, mine: Mine) -> Screen:
    """What the wall shows, beside one's own; a phone shows no more than the wall does."""
    room, case = scene.room, scene.room.case
    first, second = (mine.votes.get((case, one)) for one in Round)
    said: list[Html | None] = []
    if first and second and room.shown is not Phase.SPREAD:
        before, after = outcome_words(first.outcome), outcome_words(second.outcome)
        moved = words("room.moved", before=before, after=after) if before != after else words("room.stayed", outcome=before)
        said += [say("p", "first_then_second", "mut"), element("h1", moved)]
    elif first or second:
        said.append(element("h1", words("room.your_answer", outcome=outcome_words((first or second).outcome))))  # type: ignore[union-attr]
    else:
        said += [say("h1", "closed"), say("p", "not_voted", "mut")]
    votes = scene.last_votes if room.shown is Phase.ARTICLE else scene.firsts
    if room.shown in {Phase.SPREAD, Phase.ARTICLE} and not is_few(room, len(votes)):
        framed = scene.assessment.outcome if room.shown is Phase.ARTICLE else None
        said += [say("h2", "the_room_second" if votes is scene.seconds else "the_room")]
        said += [write_strip(votes, framed, fold=not room.small), write_key(votes, framed=bool(framed))]
    elif room.shown is Phase.REASONS and scene.chosen:
        said.append(element("ul", *(element("li", element("q", reason)) for reason in scene.chosen), class_="reasons"))
    elif room.shown is not Phase.ARTICLE:
        said.append(say("p", "on_the_wall"))
    if room.shown is Phase.ARTICLE:
        said.append(element("div", write_article(scene.assessment), class_="card"))
    return _show(*said, *_read_again(scene, scene.vignette))


def _follow_up(scene: Scene, mine: Mine) -> Screen:
    place = scene.room.asked - 1
    given = mine.responses.get((scene.room.case, place))
    said = (say("h1", "learn"), element("p", scene.follow_up.learn, class_="story"))
    if given or scene.room.phase is not Phase.FOLLOW_UP:
        answer = element("p", element("b", response_words(given.fit))) if given else say("p", "not_voted", "mut")
        heading = say("h2", "locked" if given else "closed")
        return _show(*said, heading, answer, _unsent(f"{scene.room.case} follow {place}"), *_read_again(scene, scene.vignette))
    fits = _choose("fit", words("room.fit"), ((str(fit), element("span", response_words(fit))) for fit in RESPONSES))
    why = _area("reason", words("room.why"), words("room.why_hint"), MOST_REASON)
    about = {"data_case_id": scene.room.case, "data_place": str(place)}
    form = _ask("respond", f"{scene.room.case} follow {place}", fits, why, **about)
    return replace(form, main=(*said, *form.main, *_read_again(scene, scene.vignette)))


def _follow_up_closed(scene: Scene, mine: Mine) -> Screen:
    given = mine.responses.get((scene.room.case, scene.room.asked - 1))
    return _show(
        say("h1", "learn"),
        element("p", scene.follow_up.learn, class_="story"),
        element("p", words("room.your_answer", outcome=response_words(given.fit))) if given else None,
        write_fits(scene.fits, fold=not scene.room.small) if not is_few(scene.room, len(scene.fits)) else None,
        element("p", say_change(scene), class_="claim"),
        element("p", leave_out_codes(scene.follow_up.reasoning)),
        write_help(scene),
    )


# Before and after the class


def _before(scene: Scene, mine: Mine) -> Screen:
    """The cases to judge, one below the other; the phone opens the first that is left."""
    lead = element("p", words("room.before_lead", until=say_time(scene.room.until)))
    left = [case for case in scene.room.cases if (case, Round.FIRST) not in mine.votes]
    items = []
    for case in scene.room.cases:
        state = words("room.before_open" if case in left else "room.before_done")
        items.append(element("li", element("b", scene.library[case].title), " ", element("span", state, class_="mut")))
    listed = element("ol", *items, class_="cases")
    if not left:
        return _show(say("h1", "sent"), lead, listed, write_privacy())
    now = scene.library[left[0]]
    asked = _vote(scene, mine, now, Round.FIRST)
    return replace(asked, main=(lead, listed, *asked.main))


def _learning(_: Scene, mine: Mine) -> Screen:
    heading = say("h1", "take_along")
    if mine.sent_lines:
        return _show(heading, say("p", "sent"))
    areas = [
        _area(f"line-{place}", words("room.line", number=place), words("room.take_along_hint"), MOST_LINE)
        for place in range(1, LINES + 1)
    ]
    form = _ask("lines", "lines", *areas, lock="send")
    return replace(form, main=(heading, *form.main))


def _ended(scene: Scene, mine: Mine) -> Screen:
    said = (say("h1", "ended"), say("p", "ended_lead"))
    text = "\n\n".join(describe_own(scene, mine))
    if not text:
        return _show(*said, _unsent())
    kept = say("h2", "yours"), element("pre", text, _unsent(tag="span"), id="yours", class_="card")
    button = write_button("yours_save", kind="go", save=words("room.yours_file"))
    return Screen((*said, *kept), button)


def describe_own(scene: Scene, mine: Mine) -> Iterator[str]:
    """What a participant gave, as text to keep: a paragraph for each case."""
    for case in scene.room.cases:
        lines = []
        for one in Round:
            if vote := mine.votes.get((case, one)):
                said = {"outcome": outcome_words(vote.outcome), "confidence": words(f"room.{vote.confidence}").lower()}
                lines.append(words("room.yours_first" if one is Round.FIRST else "room.yours_second", **said))
                lines += [words("room.yours_reason", reason=vote.reason)] if vote.reason else []
        if lines:
            yield "\n".join((scene.library[case].title, *lines))


def _read_again(scene: Scene, vignette: Vignette) -> tuple[Html | None, ...]:
    """The story, folded, and help."""
    heading, key = say("summary", "story"), f"story-{vignette.id}"
    return element("details", heading, write_story(vignette), class_="card", data_key=key), write_help(scene, vignette)


_OF_THE_ROOM: Final[Mapping[Phase, Callable[[Scene, Mine], Screen]]] = {
    Phase.BEFORE: _before,
    Phase.LOBBY: _lobby,
    Phase.LEARNING: _learning,
    Phase.ENDED: _ended,
}
_OF_THE_CASE: Final[Mapping[Phase, Callable[[Scene, Mine], Screen]]] = {
    Phase.STORY: _story,
    Phase.FIRST_VOTE: _open_vote,
    Phase.FIRST_CLOSED: _closed,
    Phase.TALK: _talk,
    Phase.SECOND_VOTE: _open_vote,
    Phase.SECOND_CLOSED: _closed,
    Phase.FOLLOW_UP: _follow_up,
    Phase.FOLLOW_UP_CLOSED: _follow_up_closed,
}
"""The steps of the reveal share one screen."""
