"""What a page may say to its kernel. Python is for whoever runs the server, never for whoever looks at a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1

from kapnb.serving.channels import CHANNEL, KINDS, MOST_BUFFERS, V1, is_allowed
from kapnb.words import words
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


def write_text(channel: Any, header: Any, content: Any) -> tuple[str, None]:
    return json.dumps({"channel": channel, "header": header, "parent_header": {}, "metadata": {}, "content": content}), None


def write_bytes(channel: Any, header: Any, content: Any, buffers: tuple[bytes, ...] = (b"a file",)) -> tuple[bytes, None]:
    """JSON with buffers behind it."""
    parts = [write_text(channel, header, content)[0].encode(), *buffers]
    starts = [4 * (len(parts) + 1)]
    for part in parts[:-1]:
        starts.append(starts[-1] + len(part))
    return b"".join([*(number.to_bytes(4, "big") for number in (len(parts), *starts)), *parts]), None


WAYS = pytest.mark.parametrize("write", [write_v1, write_text, write_bytes])
Write = Callable[..., tuple[str | bytes, str | None]]


def content_of(kind: str) -> dict[str, Any]:
    return {"target_name": CONTROL, "comm_id": "x", "data": {}} if kind == "comm_open" else {"code": "1 + 1"}


def test_the_kernel_understands_much() -> None:
    """What follows would hold of nothing if the list were empty; what runs code is on it."""
    assert {"execute_request", "debug_request", "complete_request", "inspect_request", "history_request"} < UNDERSTOOD
    assert UNDERSTOOD > KINDS


@WAYS
@pytest.mark.parametrize("kind", sorted(UNDERSTOOD))
def test_a_page_says_what_widgets_need_and_nothing_else(kind: str, write: Write) -> None:
    """Of all that a kernel understands, on every channel and in every way to write it."""
    needed = kind in {*COMMS, "comm_info_request", "kernel_info_request"}
    for channel in CHANNELS:
        assert is_allowed(*write(channel, {"msg_type": kind}, content_of(kind))) is (needed and channel == "shell")


@WAYS
@pytest.mark.parametrize(
    "target", ["jupyter.widget", "jupyter.widget.version", "matplotlib", "", None, ["jupyter.widget.control"], {}]
)
def test_a_page_makes_no_widget(target: Any, write: Write) -> None:
    """Widgets are made by Python, so nothing is opened but the channel that asks for their states."""
    assert not is_allowed(*write("shell", {"msg_type": "comm_open"}, {"target_name": target}))
    assert not is_allowed(*write("shell", {"msg_type": "comm_open"}, json.dumps({"target_name": CONTROL})))
    assert not is_allowed(*write("shell", {"msg_type": "comm_open"}, {}))


@WAYS
@pytest.mark.parametrize(
    "header", [None, [], "comm_msg", {}, {"msg_type": None}, {"msg_type": ["comm_msg"]}, {"msg_type": {"comm_msg": 1}}]
)
@pytest.mark.parametrize("channel", ["shell", None, ["shell"], 0])
def test_a_message_without_a_kind_is_refused(header: Any, channel: Any, write: Write) -> None:
    """Whatever stands where the kind should."""
    if write is write_v1 and not isinstance(channel, str):
        channel = repr(channel)
    assert not is_allowed(*write(channel, header, {}))


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
    assert not is_allowed(f'{{"channel": "shell", "header": {twice.decode()}, "content": {{}}}}')
    assert not is_allowed('{"channel": "shell", "header": {"msg_type": "execute_request"}, "header": {"msg_type": "comm_msg"}}')


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
    for write in (write_v1, write_bytes):
        assert is_allowed(*write(*said, (b"x",) * (MOST_BUFFERS - 1)))
        assert not is_allowed(*write(*said, (b"x",) * (MOST_BUFFERS + 1)))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_server_reads_the_same(kind: str) -> None:
    """Jupyter takes the message apart as we do: the channel, the header and the content that were allowed are those that go on."""
    header, content = {"msg_type": kind, "msg_id": "a", "date": "2026-01-01"}, content_of(kind)
    channel, parts = deserialize_msg_from_ws_v1(write_v1("shell", header, content)[0])
    assert (channel, json.loads(parts[0]), json.loads(parts[3])) == (CHANNEL, header, content)
    read = deserialize_binary_message(write_bytes("shell", header, content)[0])
    assert (read["channel"], read["header"]["msg_type"], read["content"]) == (CHANNEL, kind, content)


class TestServed:
    """The same against the running server."""

    @pytest.mark.parametrize("subprotocols", [["v1.kernel.websocket.jupyter.org"], []])
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
            await visitor.connect(subprotocols)
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
