"""What a page may say to its kernel. Python is for whoever runs the server, never for whoever looks at a page."""

from __future__ import annotations

import asyncio
import json
import time
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

CHANNELS = ["shell", "control", "stdin", "iopub", "", "shell "]


def write_v1(channel: Any, header: Any, content: Any, buffers: tuple[bytes, ...] = ()) -> tuple[bytes, str]:
    return pack_v1(channel, header, {}, {}, content, buffers=buffers), V1


def content_of(kind: str) -> dict[str, Any]:
    return {"target_name": CONTROL, "comm_id": "x", "data": {}} if kind == "comm_open" else {"code": "1 + 1"}


def test_the_kernel_understands_much() -> None:
    """What follows would hold of nothing if the list were empty; what runs code is on it."""
    assert {"execute_request", "debug_request", "complete_request", "inspect_request", "history_request"} < UNDERSTOOD
    assert UNDERSTOOD > FROM_PAGE


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD))
def test_a_page_says_what_widgets_need_and_nothing_else(kind: str) -> None:
    """Of all that a kernel understands, on every channel."""
    needed = kind in {*COMMS, "comm_info_request", "kernel_info_request"}
    for channel in CHANNELS:
        assert is_allowed(*write_v1(channel, {"msg_type": kind}, content_of(kind))) is (needed and channel == "shell")


@pytest.mark.parametrize(
    "target", ["jupyter.widget", "jupyter.widget.version", "matplotlib", "", None, ["jupyter.widget.control"], {}]
)
def test_a_page_makes_no_widget(target: Any) -> None:
    """Widgets are made by Python, so nothing is opened but the channel that asks for their states."""
    assert not is_allowed(*write_v1("shell", {"msg_type": "comm_open"}, {"target_name": target}))
    assert not is_allowed(*write_v1("shell", {"msg_type": "comm_open"}, json.dumps({"target_name": CONTROL})))
    assert not is_allowed(*write_v1("shell", {"msg_type": "comm_open"}, {}))


@pytest.mark.parametrize(
    "header", [None, [], "comm_msg", {}, {"msg_type": None}, {"msg_type": ["comm_msg"]}, {"msg_type": {"comm_msg": 1}}]
)
@pytest.mark.parametrize("channel", ["shell", None, ["shell"], 0])
def test_a_message_without_a_kind_is_refused(header: Any, channel: Any) -> None:
    """Whatever stands where the kind should."""
    assert not is_allowed(*write_v1(str(channel), header, {}))


@pytest.mark.parametrize(
    "message", ["", b"", "[]", "null", "1", "{", "[" * 10**6, b"\0", b"\xff" * 8, b"\0" * 64, "\ud800", '{"header": NaN}']
)
@pytest.mark.parametrize("subprotocol", [V1, None, "v2"])
def test_nonsense_is_refused(message: str | bytes, subprotocol: str | None) -> None:
    """And costs nothing."""
    assert not is_allowed(message, subprotocol)


def test_a_key_that_stands_twice_is_refused() -> None:
    """Else one reader might see a message that is allowed, and another one code to run."""
    twice = b'{"msg_type": "execute_request", "msg_type": "comm_msg"}'
    assert not is_allowed(*write_v1("shell", twice, {}))


@pytest.mark.parametrize("coded", ["utf-16", "utf-32", "utf-8-sig"])
def test_one_encoding_is_read(coded: str) -> None:
    """A header that only some readers can read is none."""
    assert not is_allowed(*write_v1("shell", json.dumps({"msg_type": "comm_msg"}).encode(coded), {}))


@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize("count", [2**25, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**64 - 1, 0, 1, 5])
def test_numbers_in_a_message_are_not_trusted(count: int, width: int) -> None:
    """A few bytes that promise many parts would hold up every page: they are not counted."""
    for order in ("little", "big"):
        start = (count % 2 ** (8 * width)).to_bytes(width, order)
        for subprotocol in (V1, None):
            assert not is_allowed(start, subprotocol)
            assert not is_allowed(start + b"\0" * 200, subprotocol)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 6])  # nobody reads what the other two lie between
@pytest.mark.parametrize("by", [-1, 1, 2**40])
def test_offsets_that_lead_elsewhere_are_refused(place: int, by: int) -> None:
    """What is checked here is, byte for byte, what the kernel gets."""
    message, _ = write_v1("shell", {"msg_type": "comm_msg"}, {"data": {}})
    numbers = [int.from_bytes(message[8 * at : 8 * at + 8], "little") for at in range(7)]
    moved = [max(0, number + by * (at == place)) for at, number in enumerate(numbers)]
    assert is_allowed(message, V1)
    assert not is_allowed(b"".join(number.to_bytes(8, "little") for number in moved) + message[56:], V1)


def test_buffers_are_bounded() -> None:
    """A file comes as one; nobody needs many."""
    said = ("shell", {"msg_type": "comm_msg"}, {"data": {}})
    assert is_allowed(*write_v1(*said, (b"x",) * MESSAGE_BUFFERS))
    assert not is_allowed(*write_v1(*said, (b"x",) * (MESSAGE_BUFFERS + 1)))


@pytest.mark.parametrize("kind", sorted(FROM_PAGE))
def test_the_server_reads_the_same(kind: str) -> None:
    """Jupyter takes the message apart as we do: the channel, the header and the content that were allowed are those that go on."""
    header, content = {"msg_type": kind, "msg_id": "a", "date": "2026-01-01"}, content_of(kind)
    channel, parts = deserialize_msg_from_ws_v1(write_v1("shell", header, content)[0])
    assert (channel, json.loads(parts[0]), json.loads(parts[3])) == (CHANNEL, header, content)


@pytest.mark.parametrize("subprotocol", [None, "", "v2"])
def test_one_way_to_write_is_read(subprotocol: str | None) -> None:
    """The other way of Jupyter, JSON with buffers behind it, is refused whatever it says."""
    said = {"channel": "shell", "header": {"msg_type": "comm_msg"}, "parent_header": {}, "metadata": {}, "content": {}}
    text = json.dumps(said).encode()
    before = b"".join(number.to_bytes(4, "big") for number in (1, 8))
    assert deserialize_binary_message(before + text)["header"] == said["header"]
    for message in (text.decode(), text, before + text, write_v1("shell", said["header"], {})[0]):
        assert not is_allowed(message, subprotocol)


@pytest.mark.parametrize("kind", ["stream", "error", "display_data", "execute_input", "execute_result", "input_request", "no_such"])
def test_a_page_hears_what_widgets_need_and_nothing_else(kind: str) -> None:
    """What a library prints, or complains of, names places on the server: it stays there."""
    assert not is_for_pages(write_v1("iopub", {"msg_type": kind}, {})[0])
    assert is_for_pages(write_v1("iopub", {"msg_type": "comm_msg"}, {}, (b"x",))[0])
    assert not is_for_pages(b"")


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


class TestServed:
    """The same against the running server."""

    @pytest.mark.parametrize("subprotocols", [[V1], []])
    def test_a_page_cannot_run_python(self, small: Served, tmp_path: Path, subprotocols: list[str]) -> None:
        """Nothing is run, the socket is closed with a word to a person, and the page goes on after a reload."""
        proof = tmp_path / "ran"

        async def attack() -> None:
            visitor = Visitor.of(small.address)
            await visitor.fetch("counter")
            for channel in ("shell", "control"):
                await visitor.connect(subprotocols)
                await visitor.tell("execute_request", {"code": f"open({str(proof)!r}, 'w')", "silent": False}, channel=channel)
                assert await visitor.closed() == (1008, words("serving.not_from_a_page"))
            await visitor.connect()
            await visitor.learn()  # the kernel has answered what was asked after the attack
            assert not visitor.has_heard("execute_reply")
            assert await visitor.leave() == 204

        run(attack())
        assert not proof.exists()
        assert str(proof) not in small.log.read_text()

    def test_a_page_cannot_end_its_kernel_or_make_a_widget(self, small: Served) -> None:
        """Tabs end sessions by another door, which asks for the visitor's secret."""

        async def attack() -> None:
            visitor = await Visitor.enter(small.address, "counter")
            await visitor.tell("shutdown_request", {"restart": False}, channel="control")
            assert (await visitor.closed())[0] == 1008
            await visitor.connect()
            await visitor.tell("comm_open", {"comm_id": "mine", "target_name": "jupyter.widget", "data": {"state": {}}})
            assert (await visitor.closed())[0] == 1008
            assert (await visitor.get(f"kapnb/alive/{visitor.kernel}")).code == 204
            assert await visitor.leave() == 204

        run(attack())

    def test_a_few_bytes_do_not_hold_up_the_server(self, small: Served) -> None:
        """A message that promises 2**40 parts is refused, and everybody else goes on."""

        async def attack() -> None:
            visitor = Visitor.of(small.address)
            await visitor.fetch("counter")
            for subprotocols in ([], ["v1.kernel.websocket.jupyter.org"]):
                await visitor.connect(subprotocols)
                assert visitor.connection
                await visitor.connection.write_message((2**40 - 1).to_bytes(8, "little"), binary=True)
                assert (await visitor.closed())[0] == 1008
            assert (await visitor.get("")).code == 200
            assert await visitor.leave() == 204

        run(attack())

    def test_sockets_of_one_page_are_bounded(self, small: Served) -> None:
        """Each takes handles that all pages share. Without this bound one visitor took them all with 400 sockets."""

        async def attack() -> None:
            visitor = Visitor.of(small.address)
            await visitor.fetch("counter")
            opened = []
            for number in range(SOCKETS_PER_SESSION):
                visitor.session = str(number)
                await visitor.connect()
                opened.append(visitor.connection)
            visitor.session = "more"
            with pytest.raises(HTTPClientError) as refused:
                await visitor.connect()
            assert refused.value.code == 429
            opened[0].close()
            for _ in range(100):  # until the server has noticed
                try:
                    await visitor.connect()
                    break
                except HTTPClientError:
                    await asyncio.sleep(0.1)
            await visitor.learn()
            for one in opened:
                one.close()
            assert await visitor.leave() == 204

        run(attack())

    def test_a_flood_is_read_at_the_pace_of_a_reader(self, small: Served) -> None:
        """Whoever sends without end holds up nobody else. Without it others waited 0.8 s for an answer, 3 s where it was JSON."""

        async def attack() -> float:
            visitor = await Visitor.enter(small.address, "counter")
            start = time.monotonic()
            for _ in range(400):
                await visitor.tell("kernel_info_request")
            await visitor.until(lambda: sum(one["header"]["msg_type"] == "kernel_info_reply" for one in visitor.heard) > 400)
            took = time.monotonic() - start
            assert await visitor.leave() == 204
            return took

        assert run(attack()) > 0.9 * (400 * Throttle.SECONDS - Throttle.SLACK)
