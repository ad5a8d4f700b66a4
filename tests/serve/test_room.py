"""A room over the network: what goes wrong in live quizzes may not go wrong here, and nobody learns or moves what is not theirs."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kapnb import load_guidance, read_judgments
from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.codes import Signed, code_of_set, salt_of_label, write_signs
from kapnb.room.schema import members
from kapnb.room.state import MOST_MEMBERS, Round
from kapnb.room.store import open_store
from kapnb.serve.rooms import WATCHERS, find_address
from kapnb.text.words import words
from kapnb.training.library import load_library
from kapnb.training.links import write_link
from tests.room_visitors import Desk, Phone, open_room
from tests.serve.conftest import KNOWN, TOKEN
from tests.served import Served, wait_for


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('rooms') / 'rooms.db'}"


@pytest.fixture(scope="module")
def hall(url: str) -> Iterator[Served]:
    """A server with rooms."""
    with Served("--preheat", "0", "--database", url, "--log", "json") as served:
        yield served


@pytest.fixture
def desk(hall: Served) -> Desk:
    return open_room(hall)


@pytest.fixture
def voting(desk: Desk) -> Desk:
    desk.go("story", "first_vote")
    return desk


def told(answer: object) -> str:
    return str(json.loads(getattr(answer, "text"))["told"])  # noqa: B009  # an answer of any kind


# --- coming back -----------------------------------------------------------------------------------


def test_each_answer_gives_all_that_a_participant_judged_to_keep(voting: Desk) -> None:
    """On the phone, in case the room is deleted: the first vote beside the second, and the cases before."""
    phone = voting.phone()
    phone.vote(reason="Asked nobody.")
    voting.go("first_closed", "talk", "second_vote")
    phone.vote(round="2", outcome="may_be_considered")
    voting.go("spread", "article", "story", "first_vote")
    yours = json.loads(phone.vote("V19", reason="Another case.").text)["yours"]
    assert [yours.count(one) for one in ("First: ", "Second: ", "Asked nobody.", "Another case.")] == [2, 1, 1, 1]


def test_a_phone_is_told_what_became_of_its_vote(voting: Desk) -> None:
    """A double tap counts once, and another answer changes nothing. Who joins too late for one vote takes part in the next."""
    phone, late = voting.phone(), voting.phone()
    answers = [phone.vote(key="k"), phone.vote(key="k"), phone.vote(outcome="may_be_considered")]
    voting.go("first_closed", "talk", "second_vote")
    answers += [late.vote(round="1"), late.vote(round="2")]
    assert [told(one) for one in answers] == ["counted", "again", "kept", "closed", "counted"]
    assert [one.status for one in answers] == [200, 200, 200, 409, 200]
    assert words("room.told_closed") in answers[3].text


def test_whoever_leaves_is_not_waited_for(voting: Desk) -> None:
    phones = [voting.phone() for _ in range(3)]
    phones[0].vote()
    phones[1].post("leave")
    line = voting.listen("wall")
    line.wait("of 2 are in")
    phones[1].join()
    line.wait("of 3 are in")
    line.close()


def test_everybody_hears_of_a_step(voting: Desk) -> None:
    """Wall, desk and phones, without asking; phones are not told of each vote."""
    phone = voting.phone()
    lines = {"wall": voting.listen("wall"), "desk": voting.listen(), "phone": phone.listen()}
    lines["phone"].wait("Lock in my answer")
    voting.phone().vote()
    lines["wall"].wait(">1 <small>of 2 are in")
    lines["desk"].wait("1 of 2 are in")
    voting.go("first_closed")
    for line in lines.values():
        line.wait("The vote is closed")
        line.close()
    assert len(lines["phone"].states) == 2


# --- who may what ----------------------------------------------------------------------------------


def test_a_code_of_an_ended_room_says_so(desk: Desk) -> None:
    inside = desk.phone()
    desk.go("ended")
    answer = Phone(desk.served, desk.code).post("join")
    assert answer.status == 410
    assert "This room has ended." in answer.text
    assert inside.join()  # whoever was in finds their own answers


def test_a_room_deleted_on_request_is_gone_at_once(voting: Desk) -> None:
    line = voting.listen("wall")
    line.wait("What would you do?")
    assert told(voting.post("delete")) == "deleted"
    line.wait("gone")
    line.close()
    assert Phone(voting.served, voting.code).post("join").status == 404


def test_nobody_without_the_key_moves_a_room(voting: Desk) -> None:
    """Nor sees its desk, nor its files: not with another key, not with the code, not with a phone's key, not without any."""
    phone = voting.phone()
    for key in (secrets.token_urlsafe(24), voting.code, phone.key, ""):
        thief = Desk(voting.served, voting.code, key, voting.phase, voting.turn)
        for action in ("move", "cover", "small", "timer", "twin", "prompt", "let", "signs", "delete"):
            assert thief.post(action, to="first_closed").status == 403
        for name in ("note.html", "note.docx", "note.md", "judgments.csv", "judgments.xlsx", "signs.html"):
            assert thief.file(name).status == 403
        assert voting.served.ask(f"/room/{voting.code}/stream/desk", Kapnb_Desk=key).status == 403


def test_no_wall_keeps_the_desk_out(desk: Desk) -> None:
    """The code is all that a wall needs, so that anybody in the room can open many."""
    walls = [desk.listen("wall") for _ in range(WATCHERS)]
    wait_for(lambda: all(one.states for one in walls))
    assert desk.served.ask(f"/room/{desk.code}/stream/wall").status == 429
    assert desk.listen().show("shown-code")
    for one in walls:
        one.close()


def test_nobody_speaks_for_another_phone_by_ten_characters(voting: Desk) -> None:
    """The salts of phones follow no order, and what a stranger makes up is a participant of its own."""
    screens = [voting.phone().listen().show("Lock in my answer") for _ in range(3)]
    salts = [int(re.findall(r'data-salt="(\d+)"', one)[0]) for one in screens]
    assert salts[2] - salts[1] != salts[1] - salts[0]
    made_up = write_signs(voting.code, Signed(0, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.HIGH, salts[0] ^ 1))
    assert "1 taken." in voting.post("signs", value=made_up).text
    assert "1 of 4 are in" in voting.post("timer", seconds=1).text


def test_a_step_that_cannot_follow_is_refused(voting: Desk) -> None:
    """Nor is one taken that is pressed twice."""
    assert told(voting.post("move", to="article")) == "error_not_next"
    assert told(voting.post("cover", on="1")) == "error_nothing_to_cover"
    assert voting.post("move", to="nowhere").status == 400
    voting.phase = "story"
    answer = voting.post("move", to="first_vote")
    assert (answer.status, told(answer)) == (409, "error_moved")


def test_nothing_is_told_to_a_phone_before_its_step(voting: Desk) -> None:
    """Whatever address it asks: what others gave and what the article says come with the step, and not before."""
    other = voting.phone()
    other.vote(outcome="not_recommended", reason="Unmistakable words of somebody")
    phone = voting.phone()
    answers = [phone.vote(), *(voting.served.ask(f"/room/{voting.code}{rest}") for rest in ("", "/wall", "/desk"))]
    answers += [voting.served.ask(f"/room/{voting.code}/stream/desk", Kapnb_Key=phone.key)]
    voting.go("first_closed", "talk")
    lines = (phone.listen(), voting.listen("wall"))
    assert all(one.show("Talk in pairs") for one in lines)
    seen = "".join([*(one.text for one in answers), *(str(one.states) for one in lines)])
    assert "Unmistakable" not in seen
    assert 'class="strip"' not in seen
    assert 'class="says"' not in seen


def test_codes_cannot_be_guessed_by_trying(tmp_path: Path) -> None:
    """After sixty wrong ones in a minute none is looked at from that address; the room itself goes on.

    It is opened by whoever may use the server, with a token; phones and walls need the code alone.
    """
    options = ("--token", TOKEN, "--allow-host", "kap.example", "--database", f"sqlite:///{tmp_path / 'rooms.db'}")
    with Served("--preheat", "0", *options) as served:
        assert served.ask("/room/new").status == 403
        form = served.ask("/room/new", **KNOWN)
        body = f"own=V15&_xsrf={form.cookies['_xsrf']}"
        assert served.post("/room/new", body).status == 403
        address, key = served.post("/room/new", body, Cookie=form.cookie).headers["Location"].split("#")
        desk = Desk(served, address.split("/")[2], key)
        phone = desk.phone()
        assert served.ask(f"/room/{desk.code}/wall").status == 200
        assert served.ask(f"/room/{desk.code}", Host="elsewhere.example").status == 403
        answers = [Phone(served, "AAAAAA").post("join") for _ in range(62)]
        assert [answers[0].status, answers[-1].status] == [404, 429]
        assert "Too many wrong codes" in answers[-1].text
        assert Phone(served, desk.code).post("join").status == 429
        desk.go("story", "first_vote")
        assert told(phone.vote()) == "counted"  # whoever is in stands behind the same address, and goes on


def test_two_thousand_joins_by_a_script_fill_a_room_that_goes_on(desk: Desk, url: str) -> None:
    """The next is told why not, in a clear word; who was in before comes back, judges and is counted as ever."""
    phone, store = desk.phone(), open_store(url)
    room = store.find(desk.code)
    assert room
    script = ({"room": room.id, "key": f"{n}", "label": f"Script {n}", "gone": False} for n in range(MOST_MEMBERS - 3))
    with store.engine.begin() as connection:
        connection.execute(members.insert(), list(script))
    store.close()
    answers = [Phone(desk.served, desk.code).post("join") for _ in range(4)]
    assert [one.status for one in answers] == [200, 200, 409, 409]
    assert words("room.error_full") in answers[-1].text
    assert phone.join()
    desk.go("story", "first_vote")
    assert told(phone.vote()) == "counted"
    assert desk.listen().show(f"1 of {MOST_MEMBERS} are in")


def test_a_body_that_no_page_sends_is_refused(voting: Desk) -> None:
    phone = voting.phone()
    served, path = voting.served, f"/room/{voting.code}/vote"
    assert served.ask(path, "POST", "{", Kapnb_Key=phone.key).status == 400
    assert served.ask(path, "POST", "[]", Kapnb_Key=phone.key).status == 400
    assert served.ask(path, "POST", "{}", Kapnb_Key="short").status == 400
    assert told(phone.vote(outcome="cured")) == "choose"
    assert told(phone.vote(case="V56")) == "choose"
    assert told(phone.vote(reason="a" * 501)) == "too_long"
    assert served.ask(path, "POST", "[" * 20_000, Kapnb_Key=phone.key).status == 400
    assert served.ask(path, "POST", json.dumps({"case": "V15", "round": float("inf")}), Kapnb_Key=phone.key).status == 422
    for place in (10**30, float("inf"), -1):
        assert phone.post("respond", case="V15", fit=0, key="k", place=place).status in {400, 422}
    assert phone.vote(reason="\ud800 half").status == 200


def test_another_site_cannot_speak_for_a_phone(voting: Desk) -> None:
    phone = voting.phone()
    answer = voting.served.ask(f"/room/{voting.code}/leave", "POST", "{}", Kapnb_Key=phone.key, Origin="http://elsewhere.example")
    assert answer.status == 403


# --- privacy ---------------------------------------------------------------------------------------


def test_a_reason_that_may_identify_somebody_is_refused_and_not_echoed(voting: Desk) -> None:
    phone = voting.phone()
    answer = phone.vote(reason="Call rowan@example.org about it")
    assert answer.status == 422
    assert "an e-mail address" in answer.text
    assert "rowan" not in answer.text
    assert told(phone.vote(reason="Call the ward about it")) == "counted"


def test_logs_hold_nothing_of_a_room(hall: Served) -> None:
    desk = open_room(hall, title="The Tuesday people")
    phone = desk.phone()
    desk.go("story", "first_vote")
    phone.vote(reason="A sentence that nobody else says")
    phone.vote(outcome="cured")
    desk.go("first_closed")
    log = hall.log.read_text()
    assert "room_moved" in log
    assert not [
        one
        for one in (desk.code, desk.key, phone.key, "Tuesday", "nobody else says", "127.0.0.1:")
        if one in log.split("Press", 1)[1]
    ]


def test_room_pages_keep_to_themselves(desk: Desk) -> None:
    """A strict policy, nothing kept by caches, and nothing of the room in the page itself."""
    for rest in ("", "/wall", "/desk"):
        page = desk.served.ask(f"/room/{desk.code}{rest}")
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert "<style" not in page.text
        assert not [one for one in ("V15", desk.key) if one in page.text]


# --- what the desk does ----------------------------------------------------------------------------


def test_judgments_come_from_a_chat(voting: Desk) -> None:
    """Ten signs each, of the room or of its set; names beside them, doubles, mistyped ones and others are told and not kept."""
    first, second = (
        write_signs(voting.code, Signed(0, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.HIGH, salt)) for salt in (1, 2)
    )
    of_set = (code_of_set(write_link(cases, load_guidance("begley").bind())) for cases in (["V15", "V19"], ["V19", "V15"]))
    ours, others = (write_signs(code, Signed(0, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.HIGH, 5)) for code in of_set)
    later = write_signs(voting.code, Signed(0, Round.SECOND, Outcome.CLARIFY_FIRST, Confidence.HIGH, 3))
    elsewhere = write_signs("WWWWWW", Signed(0, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.HIGH, 4))
    chat = f"Rowan Berry: {first[:5]} {first[5:]}\nAna: {second.lower()}\nAna: sorry again {second}\n"
    chat += f"{later} {elsewhere} {ours} {others}"
    assert "3 taken. 0 already here. 2 mistyped or from another room. 1 not for this vote." in voting.post("signs", value=chat).text
    assert "0 taken. 3 already here." in voting.post("signs", value=chat).text
    voting.go("first_closed")
    table = voting.file("judgments.csv").text
    assert table.count("clarify_first") == 3
    assert "Rowan" not in table


def test_judgments_come_from_files_that_trainees_saved(hall: Served) -> None:
    """Before the class, for every case of the room, once each; what is not taken is told, and no label of a file is kept."""
    desk = open_room(hall, "V15, V19")

    def bring(number: int, *rows: str) -> str:
        table = "\n".join(("case_id,rater,outcome,confidence,comment,second_outcome", *rows))
        return str(json.loads(desk.post("file", number=number, value=b64encode(table.encode()).decode()).text)["said"])

    anna = (
        'V15,Anna,clarify_first,high,"Ask, first.",',
        "V19,Anna,Not at present,low,,may_be_considered",
        "V56,Anna,clarify_first,low,,",
    )
    unread, left = words("room.file_unread", count=1), words("room.file_left", count=1)
    assert bring(1, *anna) == f"File 1: 2 taken. 1 about other cases. {left}"
    assert bring(2, "V15,Ben,unsure,high,,", "V19,Ben,clarify_first,medium,,") == f"File 2: 1 taken. {unread}"
    assert bring(3, *anna) == f"File 3: 0 taken. 2 already here. 1 about other cases. {left}"
    assert bring(4, "nothing of ours") == f"File 4: 0 taken. {unread}"
    assert "File 9 was not taken: " in desk.post("file", number=9, value=b64encode(b"hello").decode()).text
    case = b64encode(b"case_id,ocd\nC1,yes\n").decode()
    assert "a table of cases" in desk.post("file", number=5, value=case).text
    assert desk.post("file", number=6, value="%").status == 400
    desk.go("story", "first_closed")
    assert bring(7, "V15,Carl,clarify_first,high,,").startswith("File 7: 1 taken")
    desk.go("talk")
    assert bring(8, "V15,Dora,clarify_first,high,,") == "File 8: 0 taken. 1 came too late."
    table = desk.file("judgments.csv").text
    assert not [name for name in ("Anna", "Ben", "Carl") if name in table]
    rows = read_judgments(table.encode()).astype(object).fillna("")
    assert sorted(rows[["case_id", "outcome", "confidence", "comment"]].itertuples(index=False, name=None)) == [
        ("V15", "clarify_first", "high", ""),
        ("V15", "clarify_first", "high", "Ask, first."),
        ("V19", "clarify_first", "medium", ""),
        ("V19", "not_at_present", "low", ""),
    ]
    assert len(set(rows["rater"])) == 3


def test_a_file_under_the_label_of_a_phone_is_that_participants(voting: Desk) -> None:
    """Counted once, however the label is written; what a room has no place for is told."""
    phone = voting.phone()
    label = phone.join()
    phone.vote(reason="On the phone.")
    rows = f"V15,{label.upper()},may_be_considered,low,,\nV19,{label},clarify_first,high,single_attempt,Later I thought of it.\n"
    table = f"case_id,rater,outcome,confidence,deciding_finding,reflection\n{rows}"
    said = json.loads(voting.post("file", number=1, value=b64encode(table.encode()).decode()).text)["said"]
    assert said == f"File 1: 1 taken. 1 already here. {words('room.file_left', count=1)}"
    kept = read_judgments(voting.file("judgments.csv").text.encode()).astype(object).fillna("")
    assert sorted(kept[["case_id", "rater", "outcome", "comment"]].itertuples(index=False, name=None)) == [
        ("V15", label, "clarify_first", "On the phone."),
        ("V19", label, "clarify_first", ""),
    ]


def test_a_file_and_ten_characters_of_one_label_are_one_participants(voting: Desk) -> None:
    """From the practice page, without a phone. That they were joined is told."""
    code = code_of_set(write_link(["V15", "V19"], load_guidance("begley").bind()))
    signs = write_signs(code, Signed(0, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.HIGH, salt_of_label("Anna")))
    assert "1 taken." in voting.post("signs", value=signs).text
    table = "case_id,rater,outcome,confidence,comment\nV15,Anna,clarify_first,high,Ask first.\nV19,Anna,clarify_first,low,\n"
    said = json.loads(voting.post("file", number=1, value=b64encode(table.encode()).decode()).text)["said"]
    assert said == f"File 1: 1 taken. {words('room.file_signed', count=1)}"
    rows = read_judgments(voting.file("judgments.csv").text.encode()).astype(object).fillna("")
    assert (sorted(rows["case_id"]), len(set(rows["rater"])), "Ask first." in set(rows["comment"])) == (["V15", "V19"], 1, True)


def test_ten_characters_mean_the_same_case_after_a_twin_was_put_in(hall: Served) -> None:
    """Those of the room and those of the set, made before; and those of a phone that judges the twin."""
    edition = load_guidance("begley").bind()
    one, twin = load_library(edition).pairs[0]
    desk = open_room(hall, f"{one.id}, V15")
    desk.go("story", "first_vote", "first_closed", "spread", "article")
    assert twin.title in desk.post("twin").text
    assert (desk.phase, desk.turn) == ("story", 1)
    desk.go("first_vote")
    judged = Signed(1, Round.FIRST, Outcome.MAY_BE_CONSIDERED, Confidence.HIGH, 1)
    of_set = code_of_set(write_link([one.id, "V15"], edition))
    chat = [write_signs(desk.code, judged), write_signs(of_set, replace(judged, salt=2))]
    phone = desk.phone()
    place, salt = re.findall(r'data-(?:turn|salt)="(\d+)"', phone.listen().show("Lock in my answer"))
    chat.append(write_signs(desk.code, Signed(int(place), Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.LOW, int(salt))))
    assert "3 taken. 0 already here. 0 mistyped" in desk.post("signs", value="\n".join(chat)).text
    assert told(phone.vote(twin.id, "clarify_first", confidence="low", reason="Now with a reason.")) == "counted"
    rows = [one.split(",")[:4] for one in desk.file("judgments.csv").text.splitlines()[1:]]
    assert sorted((case, outcome) for case, _, outcome, _ in rows) == sorted(
        [("V15", "may_be_considered")] * 2 + [(twin.id, "clarify_first")]
    )


def test_the_room_before_class_is_locked(hall: Served) -> None:
    desk = open_room(hall, until="2026-12-24T10:00")
    desk.phase = "before"
    phone = desk.phone()
    assert [told(phone.vote(case)) for case in ("V19", "V15")] == ["counted", "counted"]
    file = b"case_id,rater,outcome,confidence\nV15,R1,clarify_first,high\nV19,R1,clarify_first,low\n"
    assert "File 1: 2 taken." in desk.post("file", number=1, value=b64encode(file).decode()).text
    answer = desk.post("move", to="story")
    assert answer.status == 409
    assert "24 Dec, 10:00" in answer.text
    assert 'class="strip"' not in desk.listen().show("2 of 2")


def test_the_note_and_the_table_hold_what_was_judged(voting: Desk) -> None:
    for number in range(5):
        (last := voting.phone()).vote(outcome="not_at_present" if number else "clarify_first", reason=f"Reason {number}")
    voting.go("first_closed", "talk", "second_vote")
    for phone in (last, voting.phone()):  # the other one came late
        phone.vote(round="2", outcome="may_be_considered")
    voting.go("second_closed", "spread", "article", "learning")
    phone = voting.phone()
    phone.post("lines", **{"line-1": "Ask who knows of the attempt."})
    ref = json.loads(voting.post("timer", seconds=1).text)["html"].split('data-ref="')[1].split('"')[0]
    voting.post("let", ref=ref, on=True)
    note = voting.file("note.html")
    assert "attachment" in note.headers["Content-Disposition"]
    for said in (
        "Ask who knows of the attempt.",
        "Which sentence carries your answer?",
        "Begley",
        words("report.table_lead_first"),
    ):
        assert said in note.text
    assert "Reason 1" not in note.text
    assert voting.file("note.md").text.startswith("#")
    rows = read_judgments(voting.file("judgments.csv").text.encode()).astype(object).fillna("")
    assert sorted(rows[["outcome", "second_outcome", "comment"]].itertuples(index=False, name=None)) == [
        ("", "may_be_considered", ""),
        ("clarify_first", "", "Reason 0"),
        *(("not_at_present", "", f"Reason {number}") for number in (1, 2, 3)),
        ("not_at_present", "may_be_considered", "Reason 4"),
    ]
    assert set(rows["second_confidence"]) == {"", "high"}


def test_readings_in_force_follow_into_the_room(hall: Served) -> None:
    desk = open_room(hall, "V41", **{"reading-single_attempt": "counts_as_pattern"})
    html = desk.listen().show("shown-code")
    reading = load_guidance("begley").readings["single_attempt"]
    shown = re.sub("<[^>]*>", "", html)  # terms are marked in it
    assert reading.choice("counts_as_pattern").label in shown
    assert reading.choices[0].label not in shown


def test_a_set_and_its_readings_are_chosen_by_its_link(hall: Served) -> None:
    """A link that cannot be read leaves an empty form."""
    form = hall.ask("/room/new?set=begley.2.3.single_attempt-counts_as_pattern.V41.V15").text
    assert 'value="V41, V15"' in form
    assert '<option value="counts_as_pattern" selected>' in form
    assert "selected" not in hall.ask("/room/new?set=begley.2.9.V41").text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"own": "V15, V99"}, "There is no case V99."),
        ({"own": "", "set": "nothing"}, "Please choose a set"),
        ({"own": "V15", "until": "2020-01-01T10:00"}, "Choose a time within the next 60 days"),
        ({"own": "V15", "title": "Ask rowan@example.org"}, "The name of the group looks like an e-mail address."),
    ],
)
def test_a_form_that_opens_no_room_says_why(hall: Served, given: dict[str, str], said: str) -> None:
    form = hall.ask("/room/new")
    body = "&".join(f"{name}={value}" for name, value in {**given, "_xsrf": form.cookies["_xsrf"]}.items())
    answer = hall.post("/room/new", body, Cookie=form.cookie)
    assert answer.status == 422
    assert said in answer.text
    assert "rowan" not in answer.text


def test_phones_are_led_to_an_address_that_they_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of this machine in its network, where the desk came by one that only this machine has."""
    monkeypatch.setattr("kapnb.serve.rooms.find_own_address", lambda: "192.168.1.20")
    for host, open_to_all, text, reachable in (
        ("localhost:8866", True, "192.168.1.20:8866/room", True),
        ("[::1]", True, "192.168.1.20/room", True),
        ("localhost:8866", False, "localhost:8866/room", False),
        ("kap.example:80", True, "kap.example:80/room", True),
    ):
        address = find_address("http", host, "/", "HKT34X", open_to_all=open_to_all)
        assert (address.text, address.reachable) == (text, reachable)


def test_a_database_that_cannot_be_reached_is_told_at_once() -> None:
    from kapnb.engine.problems import ServingError
    from kapnb.serve.options import Options

    with pytest.raises(ServingError) as refused:
        Options(database="sqlite:////nowhere/at/all/rooms.db").check()
    assert refused.value.problems[0].where == "--database"
