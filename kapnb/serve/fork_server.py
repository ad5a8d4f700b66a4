"""Page kernels as forks of one process that has imported everything already.

A kernel that starts by itself spends most of its time, and of its memory, on imports that are the same for every page. Here one
process imports them once and is forked for each page; the forks share that memory until they change it. Two processes stand in
this file: the server's side, :class:`ForkServer` with :class:`ForkedKernel`, and the process that is forked, :func:`main`. They
talk through one socket: a line of JSON asks for a fork, and its process id comes back with a descriptor that tells when it ends.
Should the fork server end, its forks go on, and the next one comes from a new one. (Those of Python's own forkserver would be taken
for dead.) All end with the web server, for each watches it.

A fork is sound only of a process with one thread; that is checked once everything is imported. The system has to offer process
descriptors (Linux does). Elsewhere, and where no fork comes, a kernel starts by itself as it always did.
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
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from kapnb.engine.edition import Edition, served_edition
from kapnb.serve.event_log import configure_kernel
from kapnb.training.library import load_library

POSSIBLE: Final = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")
PROVISIONER: Final = "kapnb-fork-server"
LAUNCHER: Final = "ipykernel_launcher"
PRELOADED: Final = (
    *("anywidget", "ipywidgets", "kapnb.ui.assessment", "kapnb.ui.training"),
    *("ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell"),
    # what a kernel imports on its way up
    *("encodings.idna", "encodings.latin_1", "ipykernel.debugger", "pydoc", "tornado.platform.asyncio", "tornado.queues"),
    *("IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic"),
)
FORK_SECONDS: Final = 30
"""How long to wait for a fork. The first one waits until everything is imported."""
END_SECONDS: Final = 5
"""How long to wait for a process that was asked to end."""


class ForkServer:
    """The web server's side: asks the process for forks, and starts it where it is not there."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._asking = threading.Lock()
        self._forks: list[ForkedProcess] = []
        self.closed = False

    def fork(self, command: Sequence[str], env: Mapping[str, str], cwd: str) -> ForkedProcess:
        """A new process that runs a kernel with the arguments of a command.

        Raises:
            OSError: There is no process to be forked, or it ended before it could be, or it does not answer.
        """
        request = json.dumps({"arguments": list(command), "env": dict(env), "cwd": cwd}).encode() + b"\n"
        with self._asking:
            if self.closed:
                raise ConnectionError("the fork server is closed")
            if self._process is None or self._process.poll() is not None:
                self._open()
            assert self._socket  # noqa: S101  # open just now
            try:
                self._socket.sendall(request)
                answer, descriptors, _, _ = socket.recv_fds(self._socket, 32, 2)
                if not descriptors:
                    raise ConnectionError("the fork server is gone")
                descriptor, go_on = descriptors
                with open(go_on, "wb", buffering=0) as waiting:  # noqa: PTH123  # a descriptor
                    waiting.write(b"!")
            except OSError:
                self._close()  # a late answer would be taken for that to the next request
                raise
            fork = ForkedProcess(int(answer), descriptor)
            self._forks = [fork, *(one for one in self._forks if one.poll() is None)]
            return fork

    def close(self) -> None:
        """End the process, even while a fork is being asked for, and its forks: the request may have been cancelled."""
        self.closed = True
        if asked := self._socket:
            with contextlib.suppress(OSError):
                asked.shutdown(socket.SHUT_RDWR)
        with self._asking:
            self._close()
            for fork in self._forks:
                fork.kill()
            for fork in self._forks:
                fork.wait()

    def _open(self) -> None:
        self._close()
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(FORK_SECONDS)
        with theirs:
            command = [sys.executable, "-m", "kapnb.serve.fork_server", str(os.getpid())]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True)  # noqa: S603  # our own module

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
            self._process.kill()
            self._process.wait(END_SECONDS)
        self._process = self._socket = None


class ForkedProcess:
    """A fork, with what Jupyter's provisioner asks of a :class:`subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid, self._descriptor = pid, descriptor
        weakref.finalize(self, os.close, descriptor)

    def poll(self) -> int | None:
        """None while it runs. How it ended is not known, only that it did."""
        return 0 if has_ended(self._descriptor) else None

    def wait(self, seconds: float = END_SECONDS) -> int | None:
        has_ended(self._descriptor, seconds)
        return self.poll()

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def has_ended(descriptor: int, seconds: float | None = 0) -> bool:
    """Whether a process ends within so long. ``select`` would know the first 1,024 descriptors only: a class needs more."""
    looking = select.poll()
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(None if seconds is None else seconds * 1000))


class ForkedKernel(LocalProvisioner):
    """Starts a kernel as a fork where that is possible, and else as a process of its own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        server: ForkServer | None = getattr(getattr(self.parent, "parent", None), "fork_server", None)
        if server is None or LAUNCHER not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = cmd[cmd.index(LAUNCHER) + 1 :]
        cwd = str(kwargs.get("cwd") or Path.cwd())
        try:
            fork: Any = await asyncio.to_thread(server.fork, arguments, kwargs["env"], cwd)
        except OSError:
            if server.closed:  # nobody would end it
                raise
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid, self.cwd = fork, fork.pid, fork.pid, cwd  # a fork leads a group of its own
        return self.connection_info


def register() -> None:
    """Make the provisioner known by its name, without an entry point that only an installation would have."""
    place = f"{ForkedKernel.__module__}:{ForkedKernel.__name__}"
    entry = EntryPoint(PROVISIONER, place, KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.provisioners[PROVISIONER] = entry


def main(server: int) -> None:
    """The process that is forked: import, then wait for requests until the web server is gone."""
    watching = os.pidfd_open(server)
    configure_kernel()
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # nobody debugs a page, and it weighs 10 MB
    for module in PRELOADED:
        import_module(module)
    warm_up(served_edition())
    if threading.active_count() > 1:
        sys.exit("kapnb: a library started a thread on import, so kernels start one by one")
    request = wait_for_request()
    if request:
        become(**request, server=watching)


def warm_up(edition: Edition) -> None:
    """Work out what is the same for every visitor: the library, the questions, and the diagrams that an explanation asks."""
    first = next(iter(edition.fields.values()))
    page = import_module("kapnb.ui.assessment").show_page()
    page.state = replace(page.state, invented=True)
    page.case = {first.name: first.options[0].name}
    page.widget.close()
    load_library(edition)


def wait_for_request() -> dict[str, Any] | None:
    """Fork for each request; a fork returns with the request that it is for. None once the web server is gone.

    A fork waits until the web server knows of it. One that comes after the server gave up would take the sockets of the kernel that
    was started in its place, and answer as if nothing had been done in its page.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to collect a fork that ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when it is over
    gc.collect()
    gc.freeze()  # a collection in a fork must not touch, and so copy, what all share
    with socket.socket(fileno=os.dup(0)) as server, server.makefile("rb") as requests:
        for line in requests:
            wait, go_on = os.pipe()
            pid = os.fork()
            if not pid:
                os.close(go_on)
                if not os.read(wait, 1):
                    os._exit(0)
                os.close(wait)
                return dict(json.loads(line))
            descriptor = os.pidfd_open(pid)
            socket.send_fds(server, [str(pid).encode()], [descriptor, go_on])
            for one in (descriptor, wait, go_on):
                os.close(one)
    return None


def become(arguments: Sequence[str], env: Mapping[str, str], cwd: str, server: int) -> None:
    """Be a kernel from here on, for as long as the web server is there."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    threading.Thread(target=end_with, args=(server,), daemon=True).start()
    kernel = import_module("ipykernel.kernelapp").IPKernelApp
    kernel.launch_instance([*arguments, "--IPKernelApp.parent_handle=0"])  # the fork server may go, and the fork stays


def end_with(server: int) -> None:
    has_ended(server, None)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
