"""Firefox for the tests, driven by playwright over WebDriver BiDi. Run as a script it stands between the two.

Playwright sends one command that Debian's Firefox does not know: which colors a page is told to prefer. It is answered here.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import stat
import sys
from pathlib import Path

from tornado import httpserver, netutil, web, websocket

UNKNOWN = "emulation.setMediaFeaturesOverride"
MOST = 256 * 1024**2  # bytes of a message
LISTENS = re.compile(r"(WebDriver BiDi listening on )(ws://\S+)")


def find() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


def write_launcher(folder: Path) -> Path:
    """What playwright starts in place of the browser."""
    path = folder / "firefox"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n')
    path.chmod(stat.S_IRWXU)
    return path


class Between(websocket.WebSocketHandler):
    """Passes messages on, in their order."""

    async def open(self, *_: str) -> None:
        self.ahead: asyncio.Queue[str | bytes] = asyncio.Queue()
        asking = websocket.websocket_connect(f"{self.settings['browser']}/session", max_message_size=MOST)
        self.passing = asyncio.create_task(self._pass_on(await asking))

    async def _pass_on(self, browser: websocket.WebSocketClientConnection) -> None:
        async def back() -> None:
            while (said := await browser.read_message()) is not None:
                await self.write_message(said)
            self.close()

        returning = asyncio.create_task(back())
        while not returning.done():
            await browser.write_message(await self.ahead.get())

    async def on_message(self, message: str | bytes) -> None:
        told = json.loads(message)
        if told["method"] == UNKNOWN:
            await self.write_message(json.dumps({"type": "success", "id": told["id"], "result": {}}))
        else:
            self.ahead.put_nowait(message)


async def main() -> int:
    browser = await asyncio.create_subprocess_exec(find() or "firefox", *sys.argv[1:], stderr=asyncio.subprocess.PIPE)
    assert browser.stderr
    async for line in browser.stderr:
        text = line.decode(errors="replace")
        if found := LISTENS.search(text):
            [socket] = netutil.bind_sockets(0, "127.0.0.1")
            app = web.Application([("/session", Between)], browser=found[2], websocket_max_message_size=MOST)
            httpserver.HTTPServer(app).add_socket(socket)
            text = f"{found[1]}ws://127.0.0.1:{socket.getsockname()[1]}\n"
        sys.stderr.write(text)
        sys.stderr.flush()
    return await browser.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
