"""Page kernels as copies of one process that has imported everything already.

A kernel that starts by itself spends most of its time, and of its memory, on imports that are the same for every page. Here one
process imports them once and is copied for each page; the copies share that memory until they change it. Two processes stand in
this file: the server's side, :class:`Nursery` with :class:`CopiedKernel`, and the process that is copied, :func:`main`. They
talk through one socket: a line of JSON asks for a copy, and its number comes back with a handle that tells when the copy ends.
Should the process that is copied end, its copies go on, and the next one comes from a new process. All end with the server, for
each holds the far end of a pipe that the server never writes to.

A copy is sound only of a process with one thread; that is checked once everything is imported. The system has to offer handles
of processes (Linux does). Elsewhere, and where no copy comes, a kernel starts by itself as it always did.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from kapnb import assess, explain
from kapnb.training.library import load_library

POSSIBLE: Final = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")
PROVISIONER: Final = "kapnb-nursery"
LAUNCHER: Final = "ipykernel_launcher"
PRELOADED: Final = (
    "anywidget",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "ipywidgets",
    "kapnb.ui.assessment",
    "kapnb.ui.training",
    # what a kernel imports on its way up
    "encodings.idna",
    "encodings.latin_1",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "pydoc",
    "tornado.platform.asyncio",
    "tornado.queues",
)


PATIENCE: Final = 30
"""Seconds to wait for a copy. The first one waits until everything is imported."""


class Nursery:
    """The server's side: asks the process for copies, and starts it where it is not there."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._lifeline: tuple[int, int] | None = None
        self._asking = threading.Lock()

    def copy(self, command: Sequence[str], env: Mapping[str, str], cwd: str) -> Copy:
        """A new copy that runs a kernel with the arguments of a command.

        Raises:
            OSError: There is no process to be copied, or it ended before it could be, or it does not answer.
        """
        request = json.dumps({"arguments": list(command), "env": dict(env), "cwd": cwd}).encode() + b"\n"
        with self._asking:
            if self._process is None or self._process.poll() is not None:
                self._open()
            assert self._socket  # noqa: S101  # open just now
            try:
                self._socket.sendall(request)
                answer, handles, _, _ = socket.recv_fds(self._socket, 32, 1)
                if not handles:
                    raise ConnectionError("the nursery is gone")
            except OSError:
                self._close()  # a late answer would be taken for that to the next request
                raise
        return Copy(int(answer), handles[0])

    def close(self) -> None:
        """End the process. Copies that are still there notice, and end too."""
        with self._asking:
            self._close()
            for end in self._lifeline or ():
                os.close(end)
            self._lifeline = None

    def _open(self) -> None:
        self._close()
        self._lifeline = self._lifeline or os.pipe()
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(PATIENCE)
        far = self._lifeline[0]
        with theirs:
            command = [sys.executable, "-m", "kapnb.serve.nursery", str(far)]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), pass_fds=[far], start_new_session=True)  # noqa: S603  # our own module

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
            self._process.kill()
            self._process.wait()
        self._process = self._socket = None


class Copy:
    """A copied process, with what Jupyter's provisioner asks of a :class:`subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self._handle: int | None = handle

    def poll(self) -> int | None:
        """None while it runs. How it ended is not known, only that it did."""
        if self._handle is not None and has_ended(self._handle, 0):
            os.close(self._handle)
            self._handle = None
        return 0 if self._handle is None else None

    def wait(self) -> int:
        if self._handle is not None:
            has_ended(self._handle, None)
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self._handle is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def has_ended(handle: int, patience: float | None) -> bool:
    """Whether a process has, after some patience in ms. ``select`` would know the first 1,024 handles only: a class needs more."""
    looking = select.poll()
    looking.register(handle, select.POLLIN)
    return bool(looking.poll(patience))


class CopiedKernel(LocalProvisioner):
    """Starts a kernel as a copy where that is possible, and else as a process of its own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        nursery: Nursery | None = getattr(getattr(self.parent, "parent", None), "nursery", None)
        if nursery is None or LAUNCHER not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = cmd[cmd.index(LAUNCHER) + 1 :]
        cwd = str(kwargs.get("cwd") or Path.cwd())
        try:
            copy: Any = await asyncio.to_thread(nursery.copy, arguments, kwargs["env"], cwd)
        except OSError:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid, self.cwd = copy, copy.pid, copy.pid, cwd  # a copy leads a group of its own
        return self.connection_info


def register() -> None:
    """Make the provisioner known by its name, without an entry point that only an installation would have."""
    place = f"{CopiedKernel.__module__}:{CopiedKernel.__name__}"
    entry = EntryPoint(PROVISIONER, place, KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.provisioners[PROVISIONER] = entry


def main(lifeline: int) -> None:
    """The process that is copied: import, then wait for requests until the server is gone."""
    os.set_inheritable(lifeline, False)  # noqa: FBT003  # it has no name
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # nobody debugs a page, and it weighs 10 MB
    for module in PRELOADED:
        import_module(module)
    explain(assess({}))  # builds the diagrams that every explanation asks
    load_library()
    if threading.active_count() > 1:
        sys.exit("kapnb: a library started a thread on import, so kernels start one by one")
    request = wait_for_request()
    if request:
        become(**request, lifeline=lifeline)


def wait_for_request() -> dict[str, Any] | None:
    """Make copies; a copy comes back with the request that it is for. None once the server is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to collect a copy that ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when it is over
    gc.collect()
    gc.freeze()  # a collection in a copy must not touch, and so copy, what all share
    with socket.socket(fileno=os.dup(0)) as server, server.makefile("rb") as requests:
        for line in requests:
            pid = os.fork()
            if not pid:
                return dict(json.loads(line))
            handle = os.pidfd_open(pid)
            socket.send_fds(server, [str(pid).encode()], [handle])
            os.close(handle)
    return None


def become(arguments: Sequence[str], env: Mapping[str, str], cwd: str, lifeline: int) -> None:
    """Be a kernel from here on."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    threading.Thread(target=end_with_the_server, args=(lifeline,), daemon=True).start()
    kernel = import_module("ipykernel.kernelapp").IPKernelApp
    kernel.launch_instance([*arguments, "--IPKernelApp.parent_handle=0"])  # the nursery may go, and the copy stays


def end_with_the_server(lifeline: int) -> None:
    os.read(lifeline, 1)  # nothing ever comes, until nobody is left who could write
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
