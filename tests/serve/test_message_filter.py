"""What a page may say to its kernel. Python is for whoever runs the server, never for whoever looks at a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1
from tornado.httpclient import HTTPClientError

from kapnb.limits import MESSAGE_BUFFERS, SOCKETS_PER_SESSION
from kapnb.serve import message_filter
from kapnb.serve.message_filter import CHANNEL, FROM_PAGE, V1, Throttle, is_allowed, is_for_pages
from kapnb.text.words import words
from tests.visitor import CONTROL, Visitor, pack_v1, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.served import Served

COMMS = {"comm_close", "comm_msg", "comm_open"}
UNDERSTOOD = {*IPythonKernel.msg_types, *IPythonKernel.control_msg_types, *COMMS, "input_reply", "execute_input", "no_such_request"}
"""Every message that the kernel has an ear for, and some more."""


def allows(channel: str, header: Any, content: Any, buffers: tuple[bytes, ...] = ()) -> bool:
    return is_allowed(pack_v1(channel, header, {}, {}, content, buffers=buffers), V1)


def content_of(kind: str) -> dict[str, Any]:
    return {"target_name": CONTROL, "comm_id": "x", "data": {}} if kind == "comm_open" else {"code": "1 + 1"}


def test_a_page_says_what_widgets_need_and_nothing_else() -> None:
    """Of all that a kernel understands, on every channel; what runs code is among it."""
    assert {"execute_request", "debug_request", "complete_request", "inspect_request", "history_request"} < UNDERSTOOD
    channels = ("shell", "control", "stdin", "iopub", "", "shell ")
    allowed = {(kind, one) for kind in UNDERSTOOD for one in channels if allows(one, {"msg_type": kind}, content_of(kind))}
    assert allowed == {(kind, "shell") for kind in (*COMMS, "comm_info_request", "kernel_info_request")}


def test_a_page_makes_no_widget() -> None:
    """Widgets are made by Python, so nothing is opened but the channel that asks for their states."""
    targets = ("jupyter.widget", "jupyter.widget.version", "", None, [CONTROL], {})
    for content in (*({"target_name": target} for target in targets), json.dumps({"target_name": CONTROL}), {}):
        assert not allows("shell", {"msg_type": "comm_open"}, content)


@pytest.mark.parametrize(
    "header",
    [
        *(None, [], "comm_msg", {}, {"msg_type": None}, {"msg_type": ["comm_msg"]}, {"msg_type": {"comm_msg": 1}}),
        b'{"msg_type": "execute_request", "msg_type": "comm_msg"}',  # one reader takes the first, another the last
        *(json.dumps({"msg_type": "comm_msg"}).encode(coded) for coded in ("utf-16", "utf-32", "utf-8-sig")),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_or_none_is_refused(header: Any) -> None:
    assert not allows("shell", header, {})


@pytest.mark.parametrize("message", ["", b"", "[]", "1", "[" * 10**6, b"\0", b"\xff" * 8, b"\0" * 64, "\ud800", '{"header": NaN}'])
@pytest.mark.parametrize("subprotocol", [V1, None, "v2"])
def test_nonsense_is_refused(message: str | bytes, subprotocol: str | None) -> None:
    """And costs nothing."""
    assert not is_allowed(message, subprotocol)
    assert not is_for_pages(message if isinstance(message, bytes) else b"")


@pytest.mark.parametrize("count", [2**25, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**64 - 1, 0, 1, 5])
def test_numbers_in_a_message_are_not_trusted(count: int) -> None:
    """A few bytes that promise many parts would hold up every page: they are not counted."""
    for width in (4, 8):
        for order in ("little", "big"):
            start = (count % 2 ** (8 * width)).to_bytes(width, order)  # type: ignore[arg-type]
            assert not [said for said in (start, start + b"\0" * 200) for way in (V1, None) if is_allowed(said, way)]


@pytest.mark.parametrize("place", [0, 1, 2, 3, 6])  # nobody reads what the other two lie between
@pytest.mark.parametrize("by", [-1, 1, 2**40])
def test_offsets_that_lead_elsewhere_are_refused(place: int, by: int) -> None:
    """What is checked here is, byte for byte, what the kernel gets."""
    message = pack_v1("shell", {"msg_type": "comm_msg"}, {}, {}, {"data": {}})
    numbers = [int.from_bytes(message[8 * at : 8 * at + 8], "little") for at in range(7)]
    moved = [max(0, number + by * (at == place)) for at, number in enumerate(numbers)]
    assert is_allowed(message, V1)
    assert not is_allowed(b"".join(number.to_bytes(8, "little") for number in moved) + message[56:], V1)


def test_buffers_are_bounded() -> None:
    """A file comes as one; nobody needs many."""
    said = ("shell", {"msg_type": "comm_msg"}, {"data": {}})
    assert allows(*said, (b"x",) * MESSAGE_BUFFERS)
    assert not allows(*said, (b"x",) * (MESSAGE_BUFFERS + 1))


def test_the_server_reads_the_same() -> None:
    """Jupyter takes the message apart as we do: the channel, the header and the content that were allowed are those that go on."""
    for kind in FROM_PAGE:
        header, content = {"msg_type": kind, "msg_id": "a", "date": "2026-01-01"}, content_of(kind)
        channel, parts = deserialize_msg_from_ws_v1(pack_v1("shell", header, {}, {}, content))
        assert (channel, json.loads(parts[0]), json.loads(parts[3])) == (CHANNEL, header, content)


@pytest.mark.parametrize("subprotocol", [None, "", "v2"])
def test_one_encoding_is_read(subprotocol: str | None) -> None:
    """The other one of Jupyter, JSON with buffers behind it, is refused whatever it says."""
    said = {"channel": "shell", "header": {"msg_type": "comm_msg"}, "parent_header": {}, "metadata": {}, "content": {}}
    text = json.dumps(said).encode()
    before = b"".join(number.to_bytes(4, "big") for number in (1, 8))
    assert deserialize_binary_message(before + text)["header"] == said["header"]
    for message in (text.decode(), text, before + text, pack_v1("shell", said["header"], {}, {}, {})):
        assert not is_allowed(message, subprotocol)


def test_a_page_hears_what_widgets_need_and_nothing_else() -> None:
    """What a library prints, or complains of, names places on the server: it stays there."""
    kinds = ("stream", "error", "display_data", "execute_input", "execute_result", "input_request", "no_such", "comm_msg")
    assert [kind for kind in kinds if is_for_pages(pack_v1("iopub", {"msg_type": kind}, {}, {}, {}))] == ["comm_msg"]


def test_whoever_is_far_ahead_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader never does, nor who sends two files at once; a flood is taken at a steady pace, counted by messages and by bytes."""
    now = 100.0
    monkeypatch.setattr(message_filter.time, "monotonic", lambda: now)
    throttle = Throttle()
    assert [throttle.count(5 * 1024**2), throttle.count(4 * 1024**2)] == [0, 0]
    now += 60
    waits = [throttle.count(100) for _ in range(1_000)]
    assert waits[:200] == [0] * 200
    assert waits[-1] == pytest.approx(1_000 * Throttle.SECONDS - Throttle.SLACK, rel=0.01)
    now += waits[-1] + Throttle.SLACK
    assert throttle.count(100) == 0
    assert throttle.count(20 * 1024**2) == pytest.approx(5, rel=0.02)


@pytest.mark.parametrize("subprotocols", [[V1], []])
def test_a_page_cannot_run_python_or_end_its_kernel(small: Served, tmp_path: Path, subprotocols: list[str]) -> None:
    """Nor make a widget, nor hold up the server by a few bytes: the socket is closed, and the page goes on after a reload."""
    proof = tmp_path / "ran"
    attacks: list[tuple[str, str, dict[str, Any]]] = [
        ("execute_request", "shell", {"code": f"open({str(proof)!r}, 'w')", "silent": False}),
        ("execute_request", "control", {"code": f"open({str(proof)!r}, 'w')", "silent": False}),
        ("shutdown_request", "control", {"restart": False}),
        ("comm_open", "shell", {"comm_id": "mine", "target_name": "jupyter.widget", "data": {"state": {}}}),
    ]

    async def attack() -> None:
        visitor = Visitor.of(small.address)
        await visitor.fetch("counter")
        for kind, channel, content in attacks:
            await visitor.connect(subprotocols)
            await visitor.tell(kind, content, channel=channel)
            assert await visitor.closed() == (1008, words("serving.not_from_a_page"))
        await visitor.connect(subprotocols)
        assert visitor.connection
        await visitor.connection.write_message((2**40 - 1).to_bytes(8, "little"), binary=True)
        assert (await visitor.closed())[0] == 1008
        await visitor.connect()
        await visitor.learn()  # the kernel has answered what was asked after the attack
        assert not visitor.has_heard("execute_reply")
        assert await visitor.leave() == 204

    run(attack())
    assert not proof.exists()
    assert str(proof) not in small.log.read_text()


def test_sockets_of_one_page_are_bounded(small: Served) -> None:
    """Each takes descriptors that all pages share. Without this bound one visitor took them all with 400 sockets."""

    async def attack() -> None:
        visitor = Visitor.of(small.address)
        await visitor.fetch("counter")
        for number in range(SOCKETS_PER_SESSION):
            visitor.session = str(number)
            await visitor.connect()
        visitor.session = "more"
        with pytest.raises(HTTPClientError) as refused:
            await visitor.connect()
        assert refused.value.code == 429
        await visitor.learn()
        assert await visitor.leave() == 204

    run(attack())
