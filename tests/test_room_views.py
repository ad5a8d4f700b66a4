"""What wall, phone and desk show: nothing before its step, no label on the wall, and nobody by themselves."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from html import escape, unescape
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.desk import view_desk
from kapnb.room.phone import view_phone
from kapnb.room.scene import Mine, Scene, list_facts, list_prompts
from kapnb.room.state import REVEAL, Phase, Response, Room, Round, Vote
from kapnb.room.store import Counts, Given, Member
from kapnb.room.wall import Address, view_wall
from kapnb.text.explanation import explain
from kapnb.text.html import Html
from kapnb.text.words import words
from tests.bundled import LIBRARY
from tests.test_room_state import make_room

ADDRESS = Address("192.168.1.20:8866/room", Html("<svg></svg>"))
CASE = next(one for one in LIBRARY.values() if len(one.follow_ups) > 1 and "suicide_attempts" in one.content)
OUTCOMES = (Outcome.NOT_AT_PRESENT,) * 3 + (Outcome.CLARIFY_FIRST,) * 2 + (Outcome.MAY_BE_CONSIDERED,)
LABELS = ("Heron", "Wren", "Ibis", "Lark", "Owl", "Teal")


def reason(number: int) -> str:
    return f"Reason <{number}> of somebody"


def give(outcome: Outcome, number: int, round_: Round) -> Given:
    text = reason(number) if round_ is Round.FIRST else ""
    vote = Vote(CASE.id, round_, outcome, list(Confidence)[number % 3], text, key=f"{number}")
    return Given(number, LABELS[number % len(LABELS)], f"ref-{number}-{round_}", vote)


FIRSTS = tuple(give(outcome, number, Round.FIRST) for number, outcome in enumerate(OUTCOMES))
SECONDS = tuple(
    give(Outcome.CLARIFY_FIRST if number < 4 else one.vote.outcome, number, Round.SECOND) for number, one in enumerate(FIRSTS)
)
RESPONSES = tuple((number, Response(CASE.id, 0, number % 5 - 2)) for number in range(6))
ME = Member(99, "Robin")


def make_scene(phase: Phase, **changes: object) -> Scene:
    """A room in which everything has been given already, whatever its step: what is not to be seen is there to be shown."""
    room: Room = replace(
        make_room(), cases=(CASE.id, "V15"), phase=phase, rounds=2, asked=1, until=4e9 if phase is Phase.BEFORE else 0
    )
    room = replace(room, **changes)  # type: ignore[arg-type]
    lines = ((0, "line-0", "A line to take along"),)
    through = frozenset((FIRSTS[0].ref, "line-0"))
    return Scene(room, Counts(6, 5), (*FIRSTS, *SECONDS), RESPONSES, lines, through)


def shown(scene: Scene, mine: Mine | None = None) -> tuple[str, str]:
    """The wall and the phone of somebody who has given nothing."""
    return view_wall(scene, ADDRESS), view_phone(scene, mine or Mine(ME))


@cache
def list_secrets() -> dict[str, tuple[str, ...]]:
    return {
        "article": ('class="says"', *(escape(card.text) for card in explain(LIBRARY.edition.assess(CASE.answers)).cards)),
        "spread": ('class="strip"',),
        "movement": ('class="moves"',),
        "reasons": tuple(escape(reason(number)) for number in range(6)),
        "debrief": tuple(escape(part) for part in CASE.debrief.split("\n\n")),
        "follow-up": (escape(CASE.follow_ups[0].learn), escape(CASE.follow_ups[1].learn)),
        "change": (escape(CASE.follow_ups[0].reasoning[:40]),),
    }


MAY = {
    Phase.SPREAD: {"spread"},
    Phase.MOVEMENT: {"movement"},
    Phase.REASONS: {"reasons"},
    Phase.ARTICLE: {"article", "spread"},
    Phase.FOLLOW_UP: {"follow-up"},
    Phase.FOLLOW_UP_CLOSED: {"follow-up", "change", "spread"},
}


@pytest.mark.parametrize("phase", Phase)
def test_nothing_is_shown_before_its_step(phase: Phase) -> None:
    """On wall and phone, whatever was given."""
    for view, (what, secrets) in product(shown(make_scene(phase)), list_secrets().items()):
        if what not in MAY.get(phase, set()):
            assert [one for one in secrets if one in view] == [], what


@pytest.mark.parametrize("phase", [*REVEAL, Phase.FOLLOW_UP_CLOSED])
def test_what_is_covered_is_gone(phase: Phase) -> None:
    """From the wall and from every phone."""
    for view, (what, secrets) in product(shown(make_scene(phase, covered=True)), list_secrets().items()):
        if what != "follow-up":
            assert [one for one in secrets if one in view] == [], what


def test_each_step_shows_what_it_is_for() -> None:
    """The test above would see it. Before what the article says it is told that it is our reading."""
    for view in shown(make_scene(Phase.ARTICLE)):
        assert 'class="strip"' in view
        assert words("room.whose") in view.split('class="says"')[1].split("<h")[0]
    assert 'class="moves"' in view_wall(make_scene(Phase.MOVEMENT, small=True), ADDRESS)
    assert escape(reason(0)) in view_wall(make_scene(Phase.REASONS), ADDRESS)
    assert escape(CASE.follow_ups[0].learn) in view_wall(make_scene(Phase.FOLLOW_UP), ADDRESS)


def test_only_reasons_that_were_let_through_are_shown() -> None:
    for view in shown(make_scene(Phase.REASONS)):
        assert [number for number in range(6) if escape(reason(number)) in view] == [0]


@pytest.mark.parametrize("phase", Phase)
def test_nobody_is_told_whose_a_judgment_is(phase: Phase) -> None:
    """A phone knows no label but its own; before the class the desk's roster says how many cases each has judged, and not how."""
    views = (*shown(make_scene(phase)), view_desk(make_scene(phase), ADDRESS))
    assert [any(label in view for label in LABELS) for view in views] == [False, False, phase is Phase.BEFORE]
    assert ME.label not in views[0]


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.LOBBY, Phase.STORY, Phase.FIRST_VOTE])
def test_the_desk_does_not_see_a_spread_while_the_vote_is_open(phase: Phase) -> None:
    view = view_desk(make_scene(phase), ADDRESS)
    assert not [secret for what in ("spread", "reasons", "article") for secret in list_secrets()[what] if secret in view]


def test_a_spread_of_few_stays_covered_on_the_wall() -> None:
    """Fewer than five votes, until the supervisor wants it."""
    few = replace(make_scene(Phase.SPREAD), given=FIRSTS[:4])
    assert all('class="strip"' not in view for view in shown(few))
    wanted = replace(few, room=replace(few.room, small=True))
    assert all('class="strip"' in view for view in shown(wanted))
    moved = view_wall(replace(make_scene(Phase.MOVEMENT), given=(*FIRSTS[:4], *SECONDS[:4])), ADDRESS)
    assert words("room.wall_second_vote") in moved
    assert words("room.wall_vote_again") not in moved  # no call to vote again


def test_one_alone_is_not_shown_by_themselves() -> None:
    """Neither as a dot nor as a number nor to a screen reader, and a row of nobody looks like theirs."""
    view = unescape(view_wall(make_scene(Phase.SPREAD), ADDRESS))
    assert view.count('class="dot') == 5 + 3  # those of the votes, and the key
    assert "1 elsewhere, alone" in view
    assert "May be considered: 1" not in view
    rows = [row for row in view.split("<div>") if "May be considered" in row or "Not recommended" in row]
    assert all('<span class="n"></span>' in row for row in rows)


SHORT = st.sampled_from(tuple(Outcome)[:3])


@given(st.lists(st.tuples(st.none() | SHORT, st.none() | SHORT), min_size=5, max_size=9))
def test_nobody_is_followed_by_themselves(ways: list[tuple[Outcome | None, Outcome | None]]) -> None:
    """Where somebody went a way alone, the wall says no number at all: any number beside the two spreads could give them away."""
    votes = tuple(
        give(outcome, number, round_)
        for number, way in enumerate(ways)
        for round_, outcome in zip(Round, way, strict=True)
        if outcome
    )
    scene = replace(make_scene(Phase.MOVEMENT, covered=False), given=votes)
    view = view_wall(scene, ADDRESS)
    both = [(one, other) for one, other in ways if one and other]
    moved = sum(one is not other for one, other in both)
    if len(both) < 5:
        assert words("room.wall_few") in view
    elif 1 in Counter(way for way in ways if any(way)).values():
        assert 'class="moves"' not in view
        said = (words("room.wall_moved_less"), words("room.wall_moved_more"))
        assert [one in view for one in said] == [2 * moved < len(both), 2 * moved >= len(both)]
        assert not re.search(r"\d", re.sub(r"<h1>.*?</h1>|room HKT 34X", "", view).replace("h1", ""))
    else:
        assert 'class="moves"' in view
        assert (f"{moved} people moved" if moved else "Nobody moved") in view
    wanted = view_wall(replace(scene, room=replace(scene.room, small=True)), ADDRESS)
    assert 'class="moves"' in wanted


def test_the_desk_says_when_the_wall_keeps_a_spread_covered() -> None:
    """Whoever leads may not see the wall."""
    alone = replace(make_scene(Phase.MOVEMENT), given=(*FIRSTS, *SECONDS[:5]))
    few = replace(make_scene(Phase.SPREAD), given=FIRSTS[:4])
    for scene, said in ((alone, "room.on_apart"), (few, "room.on_few")):
        assert words(said) in view_desk(scene, ADDRESS)
        wanted = replace(scene, room=replace(scene.room, small=True))
        assert words(said) not in view_desk(wanted, ADDRESS)
        assert words("room.on_article_covered") in view_desk(wanted, ADDRESS)


def test_who_answers_a_follow_up_alone_is_not_shown_by_themselves() -> None:
    """Neither on the wall nor on a phone, unless the supervisor wants it."""
    fits = tuple((number, Response(CASE.id, 0, 2 if number == 5 else -1)) for number in range(6))
    scene = replace(make_scene(Phase.FOLLOW_UP_CLOSED), responses=fits)
    for view in shown(scene):
        assert "1 elsewhere, alone" in view
        assert "Much better: 1" not in view
        assert view.count('<span class="n"></span>') == 4
    assert all("Much better: 1" in view for view in shown(replace(scene, room=replace(scene.room, small=True))))


def test_the_facts_asked_are_few_and_in_the_order_of_the_dictionary() -> None:
    """For every story three or four, of which some decide; their order does not tell which."""
    fields = list(LIBRARY.edition.fields)
    for one in LIBRARY.values():
        assessment = LIBRARY.edition.assess(one.answers)
        asked = [field.name for field in list_facts(assessment)]
        assert 1 <= len(asked) <= 4, one.id
        assert asked == sorted(asked, key=fields.index)
        assert (
            not assessment.deciding
            or {name for finding in assessment.deciding for name in finding.because} & {*asked}
            or not any(finding.because for finding in assessment.deciding)
        )


def test_a_prompt_on_the_wall_tells_nothing_of_the_answer() -> None:
    """It is the same for every story, but for a question that the group itself read in two ways."""
    scene = make_scene(Phase.TALK)
    usual = [one.text for one in list_prompts(scene)]
    other = replace(scene, room=replace(scene.room, turn=1))
    assert usual == [one.text for one in list_prompts(other)]
    asked = list_facts(scene.assessment)[0]
    read = [
        replace(one, vote=replace(one.vote, facts={asked.name: asked.options[number % 2].name}))
        for number, one in enumerate(FIRSTS)
    ]
    first, *rest = list_prompts(replace(scene, given=tuple(read)))
    assert asked.label in first.text
    assert [one.text for one in rest] == usual


def test_what_somebody_typed_is_escaped() -> None:
    for view in (view_desk(make_scene(Phase.REASONS), ADDRESS), *shown(make_scene(Phase.REASONS))):
        assert "<0>" not in view
        assert "&lt;0&gt;" in view


@pytest.mark.parametrize("phase", [Phase.STORY, Phase.FIRST_VOTE, Phase.TALK, Phase.SECOND_VOTE])
def test_help_is_named_wherever_a_story_touches_suicide(phase: Phase) -> None:
    wall, phone = shown(make_scene(phase))
    assert 'class="support"' in wall
    assert 'class="support"' in phone
    assert 'class="support"' in phone.split('class="out"')[-1]  # who sits out sees it too
    assert words("room.other_countries") in phone
    assert words("room.other_countries") not in wall
    assert "<a " not in wall


@pytest.mark.parametrize("phase", [Phase.FOLLOW_UP, Phase.FOLLOW_UP_CLOSED])
def test_help_is_named_where_only_what_is_learned_touches_suicide(phase: Phase) -> None:
    """On wall, phone and desk, from that finding on: the story of V59 tells of none."""
    for asked, named in ((1, False), (2, True)):
        scene = make_scene(phase, cases=("V59",), asked=asked)
        views = (*shown(scene), view_desk(scene, ADDRESS))
        assert ['class="support"' in view for view in views] == [named] * 3


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.LOBBY, Phase.FIRST_VOTE])
def test_a_phone_says_in_a_sentence_what_is_kept_and_for_how_long(phase: Phase) -> None:
    """To who comes late too."""
    view = view_phone(make_scene(phase), Mine(ME))
    assert [view.count(said) for said in ("deleted 7 days after the room ends", "a label can still be guessed")] == [1, 1]


def test_the_phone_shows_back_what_was_given() -> None:
    """Own answer, movement and reason; at the end as a text to keep."""
    votes = {(one.vote.case, int(one.vote.round)): one.vote for one in (FIRSTS[0], SECONDS[0])}
    mine = Mine(ME, votes)
    assert escape(reason(0)) in view_phone(make_scene(Phase.FIRST_VOTE), mine)
    ways_out = [words("room.sit_out_lead") in view_phone(make_scene(Phase.FIRST_VOTE), one) for one in (Mine(ME), mine)]
    assert ways_out == [True, False]
    assert "You moved from" in view_phone(make_scene(Phase.MOVEMENT), mine)
    ended = view_phone(make_scene(Phase.ENDED), mine)
    assert escape(reason(0)) in ended
    assert "Second: Clarify first, low" in ended


@pytest.mark.parametrize("phase", Phase)
def test_the_desk_says_what_the_wall_shows_and_has_one_next_button(phase: Phase) -> None:
    view = view_desk(make_scene(phase), ADDRESS)
    assert view.count('class="tv"') == 1
    assert view.count("data-next") == view.count('class="go"') == 1
    assert view.count(words("room.do_ended")) == (phase is not Phase.ENDED)
    assert ("Reasons: 1 of 6" in view) == (phase in REVEAL)


@pytest.mark.parametrize(
    ("phase", "close", "close_and_go_on"),
    [(Phase.FIRST_VOTE, "first_closed", "talk"), (Phase.SECOND_VOTE, "second_closed", "spread")],
)
def test_once_everyone_is_in_one_key_closes_the_vote_and_goes_on(phase: Phase, close: str, close_and_go_on: str) -> None:
    """Before, Space only closes it, and it can be opened again; the other is a button below, both times."""
    scene = make_scene(phase, rounds=1 if phase is Phase.FIRST_VOTE else 2)
    for here, voted, to, other in ((6, 5, close, close_and_go_on), (6, 6, close_and_go_on, close), (0, 0, close, close_and_go_on)):
        view = view_desk(replace(scene, counts=Counts(here, voted)), ADDRESS)
        assert f'data-to="{to}"' in view.split("data-next")[1].split(">")[0]
        assert f'data-to="{other}"' in view


@pytest.mark.parametrize("phase", Phase)
def test_every_story_can_be_put_on_every_view(phase: Phase) -> None:
    for one in LIBRARY:
        scene = make_scene(phase, cases=(one,), asked=1 if LIBRARY[one].follow_ups else 0)
        if phase in {Phase.FOLLOW_UP, Phase.FOLLOW_UP_CLOSED} and not scene.room.asked:
            continue
        assert all((*shown(scene), view_desk(scene, ADDRESS)))
