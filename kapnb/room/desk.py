"""The desk: it always knows more than the wall, says what the wall shows, and has one next button."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from kapnb.group.discussion import Suggestion, share_alike, suggest
from kapnb.group.overview import compare_in_case
from kapnb.room.codes import label_of, write_code
from kapnb.room.drawing import (
    say,
    say_change,
    say_moved,
    write_article,
    write_button,
    write_fits,
    write_help,
    write_key,
    write_movement,
    write_outcome,
    write_story,
    write_strip,
)
from kapnb.room.scene import Scene, count_outcomes, list_facts, list_prompts
from kapnb.room.state import CLOSED, COVERABLE, MOST_NOTED, REVEAL, Phase, Round, list_moves
from kapnb.room.store import Given
from kapnb.room.wall import Address, find_cover, say_time, write_clock
from kapnb.text.blocks import Block
from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import join_words, outcome_words
from kapnb.text.words import words
from kapnb.training.reveal import leave_out_codes

STEPS: Final = ("lobby", "story", "first_vote", "first_closed", "talk", "second_vote", "reveal", "note")
_STEP: Final[Mapping[Phase, str]] = {
    Phase.BEFORE: "lobby",
    Phase.SECOND_CLOSED: "second_vote",
    **dict.fromkeys((*REVEAL, Phase.FOLLOW_UP, Phase.FOLLOW_UP_CLOSED), "reveal"),
    Phase.LEARNING: "note",
    Phase.ENDED: "note",
}
_VOTING: Final = (Phase.FIRST_VOTE, Phase.SECOND_VOTE, Phase.FOLLOW_UP, Phase.LEARNING)
MOST_PROMPTS: Final = 6


def view_desk(scene: Scene, address: Address) -> Html:
    """Everything the desk shows now."""
    room = scene.room
    title = words("room.case_of", title=scene.vignette.title, place=room.turn + 1, count=len(room.cases))
    bar = element(
        "header",
        element("span", words("room.code", code=write_code(room.code)), class_="code"),
        say("span", "people_here", "mut", count=scene.counts.here),
        element("span", title, class_="mut") if room.phase not in {Phase.BEFORE, Phase.LOBBY, Phase.ENDED} else None,
        write_button("open_wall", kind="bare", open="wall"),
        class_="deskbar",
    )
    body = element("div", *_BODIES[scene.room.phase](scene, address), class_="big")
    main = element("main", _steps(scene), element("div", body, _side(scene), class_="desk"), id="main", tabindex="-1")
    return join((bar, main, _foot(scene)))


def _steps(scene: Scene) -> Html:
    here = _STEP.get(scene.room.phase, str(scene.room.phase))
    items = [
        element("li", element("span", words(f"room.step_{step}")), aria_current="step" if step == here else None) for step in STEPS
    ]
    return element("ol", *items, class_="steps", aria_label=words("room.steps"))


# What the desk knows


def _lobby(scene: Scene, address: Address) -> Iterable[Html | None]:
    room, here = scene.room, scene.counts.here
    arrived = words("room.lobby_one") if here == 1 else words("room.lobby_many", count=here)
    yield element("h1", arrived)
    yield element("p", words("room.lobby_lead", label=label_of(0, room.id)), class_="mut")
    yield element(
        "div",
        element("div", address.qr, class_="qr"),
        element(
            "div",
            element("p", f"{words('room.lobby_go')} ", element("b", address.text), f" {words('room.and_type')}", class_="mut"),
            element("p", write_code(room.code), class_="shown-code"),
            element("p", words("room.wall_before", until=say_time(room.until))) if room.phase is Phase.BEFORE else None,
            None if address.reachable else say("p", "no_network", "warn"),
        ),
        class_="card get-in",
    )
    yield say("h2", "tonight")
    yield element("ol", *_cases(scene), class_="cases")
    yield _readings(scene)
    if room.phase is Phase.BEFORE:
        yield _roster(scene)


def _cases(scene: Scene) -> Iterable[Html]:
    for place, case in enumerate(scene.room.cases):
        one = scene.library[case]
        minutes = say("span", "minutes", "mut", minutes=one.minutes)
        yield element("li", element("b", one.title), " ", minutes, class_="now" if place == scene.room.turn else None)


def _readings(scene: Scene) -> Html:
    known = scene.edition.ledger.readings
    chosen = "; ".join(known[name].choice(choice).label for name, choice in scene.edition.changed.items())
    said = words("room.readings", readings=chosen) if chosen else words("room.readings_default")
    return element("p", write_terms(said), class_="small")


def _roster(scene: Scene) -> Html:
    """Who has judged how many, before the class: how is not told."""
    counts = Counter(one.label for one in scene.given if one.vote.round is Round.FIRST)
    lines = [
        element("li", words("room.roster_line", label=label, given=count, count=len(scene.room.cases)))
        for label, count in sorted(counts.items())
    ]
    return element("details", say("summary", "roster"), element("ul", *lines), class_="card", data_key="roster")


def _in(scene: Scene) -> str:
    return words("room.on_vote", given=scene.counts.given, here=scene.counts.here)


def _story(scene: Scene, _: Address) -> Iterable[Html | None]:
    return element("h1", scene.vignette.title), write_story(scene.vignette), write_help(scene, first=True)


def _voting(scene: Scene, _: Address) -> Iterable[Html | None]:
    again = scene.room.phase is Phase.SECOND_VOTE
    yield element("h1", _in(scene))
    yield say("p", "vote_again_lead" if again else "vote_lead", "mut")
    yield write_help(scene, first=True)


def _seen(scene: Scene, _: Address) -> Iterable[Html | None]:
    """What the desk sees before the wall does."""
    phase = scene.room.phase
    votes = scene.seconds if phase is Phase.SECOND_CLOSED else scene.firsts
    yield element("h1", _say_divided(votes))
    share = share_alike([one.vote.outcome for one in votes])
    if votes and phase is not Phase.SPREAD:
        alike = words("room.only_you_one") if share is None else words("room.only_you", share=round(100 * share))
        yield element("p", alike, class_="mut")
    if phase is Phase.TALK:
        yield _talk(scene)
    if votes:
        yield write_strip(votes)
        yield write_key(votes)
    if phase is not Phase.SECOND_CLOSED:
        yield _reasons(scene)
    if phase is Phase.FIRST_CLOSED:
        yield _talk(scene)
    if phase in {Phase.FIRST_CLOSED, Phase.TALK}:
        yield _divides(scene)
    if phase in {Phase.SECOND_CLOSED, Phase.SPREAD}:
        yield _still_covered(scene)


def _say_divided(votes: Sequence[Given]) -> str:
    counts = count_outcomes(votes).most_common()
    if len(counts) == 1:
        return words("room.agreed", outcome=outcome_words(counts[0][0]))
    return words("room.divided", counts=join_words([str(count) for _, count in counts])) if counts else words("room.nobody")


def _reasons(scene: Scene) -> Html:
    items = [
        element("li", element("div", element("q", one.vote.reason), element("small", write_outcome(one.vote.outcome))), tick)
        for one, tick in ((one, _tick(scene, one.ref, "show")) for one in scene.firsts if one.vote.reason)
    ]
    lead = say("p", "reasons_lead" if items else "reasons_none", "mut")
    listed = element("ul", *items, class_="reasons") if items else None
    return element("section", say("h2", "reasons"), lead, listed)


def _tick(scene: Scene, ref: str, key: str) -> Html:
    box = element("input", type="checkbox", checked=ref in scene.through, data_do="let", data_ref=ref, data_key=ref)
    return element("label", box, " ", words(f"room.{key}"), class_="check")


def _divides(scene: Scene) -> Html:
    """Which facts were read in more than one way, and the kinds of difference, without a label."""
    lines: list[Html] = []
    for one in list_facts(scene.assessment):
        read = Counter(given.vote.facts[one.name] for given in scene.firsts if given.vote.facts.get(one.name))
        if len(read) > 1:
            said = ", ".join(
                words("room.fact_read", option=one.option(name).label, count=count) for name, count in read.most_common()
            )
            lines.append(say("li", "facts_read", label=one.label, readings=said))
    kinds = compare_in_case(scene.differences)[2:] if scene.firsts else ()
    folded = [_fold(block) for block in kinds if block.key != "untold"]
    none = None if lines or folded else say("p", "divides_none", "mut")
    predicted = Counter(one.vote.prediction for one in scene.firsts if one.vote.prediction)
    guessed = [element("li", write_outcome(one), f" {count}") for one, count in predicted.most_common() if one]
    return element(
        "section",
        say("h2", "divides"),
        none,
        element("ul", *lines) if lines else None,
        *folded,
        say("h3", "predictions") if guessed else None,
        element("ul", *guessed) if guessed else None,
    )


def _fold(block: Block) -> Html:
    lines = (element("li", one.text, *(element("p", detail, class_="small") for detail in one.details)) for one in block.lines)
    heading = element("summary", block.title)
    return element("details", heading, element("ul", *lines), class_="card", data_key=f"kind-{block.key}")


def _talk(scene: Scene) -> Html:
    prompts, options = list_prompts(scene), []
    chosen = scene.room.prompt or prompts[0].text
    for place, one in enumerate(prompts):
        about = {"value": str(place), "data_do": "prompt", "data_key": f"prompt-{place}"}
        box = element("input", type="radio", name="prompt", checked=one.text == chosen, **about)
        options.append(element("label", box, element("span", *_say_prompt(one))))
    return element("fieldset", say("legend", "prompt"), element("div", *options, class_="pick"))


def _revealed(scene: Scene, _: Address) -> Iterable[Html | None]:
    if scene.room.rounds == Round.SECOND:
        yield element("h1", say_moved(scene))
        yield write_movement(scene)
    else:
        yield element("h1", _say_divided(scene.firsts))
        yield write_strip(scene.firsts)
        yield write_key(scene.firsts)
    if scene.room.phase is not Phase.ARTICLE:
        yield _reasons(scene)
        yield _still_covered(scene)
        return
    yield element("div", write_article(scene.assessment), class_="card")
    asked = [one for one in suggest(scene.room.case, scene.assessment, scene.differences) if one.origin != "general"][:MOST_PROMPTS]
    lines = [element("li", *_say_prompt(one)) for one in asked]
    yield element("section", say("h2", "your_prompts"), element("ul", *lines, class_="plain"))
    yield element("section", *(element("p", leave_out_codes(part)) for part in scene.vignette.debrief.split("\n\n")), class_="card")


def _say_prompt(one: Suggestion) -> tuple[Html | str, ...]:
    place = words("room.prompt_place", role=words(f"roles.{one.role}"), focus=words(f"foci.{one.focus}"))
    return one.text, " ", element("small", place, class_="mut")


def _still_covered(scene: Scene) -> Html:
    return element("div", say("p", "still_covered", "small"), write_article(scene.assessment), class_="card")


def _follow_up_open(scene: Scene, _: Address) -> Iterable[Html | None]:
    yield element("h1", _in(scene))
    yield element("p", scene.follow_up.learn, class_="story")
    yield write_help(scene, first=True)


def _follow_up(scene: Scene, _: Address) -> Iterable[Html | None]:
    yield say("h1", "learn")
    yield element("p", scene.follow_up.learn, class_="story")
    yield write_fits(scene.fits)
    yield element("p", say_change(scene), class_="claim")
    yield element("p", leave_out_codes(scene.follow_up.reasoning))
    yield write_help(scene, first=True)


def _note(scene: Scene, _: Address) -> Iterable[Html | None]:
    yield element("h1", words("room.take_along") if scene.room.phase is Phase.LEARNING else words("room.note_title"))
    items = [element("li", element("q", text), _tick(scene, ref, "into_note")) for _, ref, text in scene.lines]
    lead = words("room.lines_lead" if items else "room.lines_none", most=MOST_NOTED)
    yield element("p", lead, class_="mut")
    yield element("ul", *items, class_="reasons") if items else None
    yield say("p", "note_lead")
    files = (("note.docx", "note_docx"), ("note.md", "note_md"), ("judgments.xlsx", "note_table"), ("judgments.csv", "note_csv"))
    yield element("div", *(write_button(key, get=name) for name, key in files), class_="btns")


# What the desk does


def _side(scene: Scene) -> Html:
    return element("aside", _wall_now(scene), *_next(scene), *_beside(scene), class_="side", aria_label=words("room.controls"))


def _wall_now(scene: Scene) -> Html:
    """What the wall shows now, in words."""
    phase = scene.room.phase
    if scene.room.covered:
        said, note = words("room.on_cover"), words("room.on_no_spread")
    elif phase in _VOTING:
        said, note = _in(scene), words("room.on_no_spread")
    else:
        key = "closed" if phase in {Phase.FIRST_CLOSED, Phase.SECOND_CLOSED} else phase
        told = f"on_{cover}" if (cover := find_cover(scene)) else _NOTES.get(phase, "")
        said, note = words(f"room.on_{key}"), words(f"room.{told}") if told else ""
    parts = (say("p", "on_wall", "k"), element("b", said), element("p", note, class_="small") if note else None)
    return element("div", *parts, class_="tv", role="status")


_NOTES: Final[Mapping[Phase, str]] = {
    **dict.fromkeys((Phase.FIRST_CLOSED, Phase.TALK, Phase.SECOND_CLOSED), "on_covered"),
    **dict.fromkeys(REVEAL[:-1], "on_article_covered"),
    Phase.STORY: "on_story_note",
    Phase.ARTICLE: "on_all",
}


def _next(scene: Scene) -> Iterable[Html]:
    """The one button that Space presses, and what else may follow."""
    room = scene.room
    if room.phase in {Phase.LEARNING, Phase.ENDED}:
        yield _go("note_html", get="note.html")
    for place, to in enumerate(_list_onward(scene), room.phase is Phase.LEARNING):
        if place and (to is Phase.ENDED or (to in REVEAL and room.phase in REVEAL)):
            continue  # the foot ends a room, and the four steps stand below
        key = f"do_{_say_move(scene, to)}"
        yield write_button(key, do="move", to=str(to)) if place else _go(key, do="move", to=str(to))


def _list_onward(scene: Scene) -> list[Phase]:
    """What may follow, the proposal first: reasons where some were chosen; once everyone is in, closing a vote and going on."""
    moves = list(list_moves(scene.room, scene.follow_ups))
    if scene.room.phase in {Phase.SPREAD, Phase.MOVEMENT} and not scene.chosen and len(moves) > 1:
        moves.remove(Phase.REASONS)
    if scene.room.phase is Phase.STORY:  # whoever judged the case before has an answer to use
        return moves[::-1] if scene.counts.given else moves[:1]
    everyone = 0 < scene.counts.here <= scene.counts.given
    return moves[::-1] if everyone and scene.room.phase in {Phase.FIRST_VOTE, Phase.SECOND_VOTE} else moves


def _go(key: str, **data: str) -> Html:
    return write_button(key, " ", say("kbd", "space"), kind="go", next=True, **data)


def _say_move(scene: Scene, to: Phase) -> str:
    if to is Phase.STORY and scene.room.phase not in {Phase.BEFORE, Phase.LOBBY}:
        return "next_case"
    return _SAID.get((scene.room.phase, to), str(to))


_SAID: Final[Mapping[tuple[Phase, Phase], str]] = {
    (Phase.FIRST_CLOSED, Phase.SPREAD): "spread_now",
    (Phase.FIRST_CLOSED, Phase.FIRST_VOTE): "vote_again",
    (Phase.SECOND_CLOSED, Phase.SECOND_VOTE): "vote_again",
    (Phase.STORY, Phase.FIRST_CLOSED): "use_before",
    (Phase.SPREAD, Phase.TALK): "talk_again",
    (Phase.FIRST_VOTE, Phase.TALK): "close_and_talk",
    (Phase.SECOND_VOTE, Phase.SPREAD): "close_and_spread",
}


def _beside(scene: Scene) -> Iterable[Html | None]:
    room = scene.room
    if room.phase is Phase.FIRST_CLOSED:
        yield say("p", "talk_first", "small")
    if room.phase in {Phase.STORY, Phase.TALK, *_VOTING}:
        yield write_clock(scene)
        key, seconds = ("do_minute", "60") if room.timer else ("do_timer", "180")
        yield write_button(key, do="timer", seconds=seconds)
    if room.phase in REVEAL:
        yield _reveal_steps(scene)
    if room.phase in COVERABLE:
        yield write_button("do_uncover" if room.covered else "do_cover", do="cover", on="" if room.covered else "1")
    if room.phase in {Phase.ARTICLE, Phase.FOLLOW_UP_CLOSED} and scene.twin:
        yield write_button("do_twin", title=scene.twin.title, do="twin")
    if room.phase in CLOSED:
        yield write_button("do_hide_small" if room.small else "do_small", kind="bare", do="small", on="" if room.small else "1")
        yield say("p", "small_note", "small")


def _reveal_steps(scene: Scene) -> Html:
    moves = list_moves(scene.room, scene.follow_ups)
    items = []
    for step in REVEAL:
        here = step is scene.room.phase
        text = words(f"room.on_{step}")
        if step is Phase.REASONS:
            text = words(
                "room.reasons_chosen", reasons=text, count=len(scene.chosen), of=sum(bool(one.vote.reason) for one in scene.firsts)
            )
        about = {"disabled": not here and step not in moves, "aria_current": "step" if here else None}
        items.append(element("li", element("button", text, type="button", **about, data_do="move", data_to=str(step))))
    return element("ol", *items, class_="reveal", aria_label=words("room.reveal_steps"))


def _foot(scene: Scene) -> Html:
    """What is seldom needed: those without a network, another device, ending and deleting."""
    room, going = scene.room, scene.room.phase is not Phase.ENDED
    end = {"do": "move", "to": str(Phase.ENDED), "sure": words("room.end_sure")}
    buttons = (
        write_button("do_ended", kind="bare", **end) if going else None,
        write_button("delete", kind="bare", do="delete", sure=words("room.delete_sure")),
        write_button("another_desk", kind="bare", open="link"),
    )
    link = say("span", "another_desk_note"), " ", element("b", id="link-text")
    return element(
        "footer",
        _without_network(scene) if going else None,
        element("div", *buttons, element("p", *link, id="link", hidden=True, class_="small"), class_="btns"),
        element("p", words("room.kept_until", date=say_time(room.expires)), class_="small"),
        class_="deskfoot",
    )


def _without_network(scene: Scene) -> Html:
    """Judgments as ten characters, from a chat, and from files."""
    ask = element("label", words("room.chat"), for_="chat", class_="ask")
    bring = element("label", words("room.files"), for_="files", class_="ask")
    about = {"data_do": "file", "data_key": "files", "data_large": words("room.file_large", number="#")}
    chooser = element("input", id="files", type="file", multiple=True, accept=".csv,.xlsx", aria_describedby="files-hint", **about)
    hint = element("span", words("room.files_hint", label=label_of(0, scene.room.id)), id="files-hint", class_="small")
    return element(
        "details",
        say("summary", "no_network_title"),
        say("p", "no_network_lead"),
        write_button("no_network_page", get="signs.html"),
        element("p", ask, element("textarea", id="chat", rows="4", data_key="chat")),
        write_button("chat_take", do="signs"),
        element("p", bring, chooser, hint),
        element("p", id="chat-told", role="status", data_stays=True),
        class_="card",
        data_key="signs",
    )


_BODIES: Final[Mapping[Phase, Callable[[Scene, Address], Iterable[Html | None]]]] = {
    **dict.fromkeys((Phase.BEFORE, Phase.LOBBY), _lobby),
    Phase.STORY: _story,
    **dict.fromkeys((Phase.FIRST_VOTE, Phase.SECOND_VOTE), _voting),
    **dict.fromkeys((Phase.FIRST_CLOSED, Phase.TALK, Phase.SECOND_CLOSED, Phase.SPREAD), _seen),
    **dict.fromkeys((Phase.MOVEMENT, Phase.REASONS, Phase.ARTICLE), _revealed),
    Phase.FOLLOW_UP: _follow_up_open,
    Phase.FOLLOW_UP_CLOSED: _follow_up,
    **dict.fromkeys((Phase.LEARNING, Phase.ENDED), _note),
}
