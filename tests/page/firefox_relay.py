"""
Stands between Playwright and a distribution's Firefox: `firefox_relay.py FIREFOX ARGUMENT…`.

Playwright speaks WebDriver BiDi to an unchanged Firefox, but opens no page in one that cannot pretend a colour scheme,
which Firefox cannot. That one command is answered here, with nothing done; every other message passes as it came.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

LISTENING = "WebDriver BiDi listening on "
UNKNOWN_TO_FIREFOX = "emulation.setMediaFeaturesOverride"
LARGEST = 1 << 30
"""Bytes of one message: a picture of a page is one."""


class Relay(WebSocketHandler):
    """One conversation between Playwright and Firefox."""

    firefox: str

    def check_origin(self, _origin: str) -> bool:
        """Playwright names no origin, and nobody else knows the port."""
        return True

    async def open(self, *_path: str) -> None:
        """Call Firefox, and pass on what it says."""
        self.waiting: list[str] = []
        self.other: Any = None
        self.other = await websocket_connect(self.firefox, on_message_callback=self._heard, max_message_size=LARGEST)
        for message in self.waiting:
            await self.other.write_message(message)

    async def on_message(self, message: str | bytes) -> None:
        """Pass a command on, or answer it."""
        text = message if isinstance(message, str) else message.decode("utf-8")
        if UNKNOWN_TO_FIREFOX in text[:200] and (said := json.loads(text))["method"] == UNKNOWN_TO_FIREFOX:
            await self.write_message({"type": "success", "id": said["id"], "result": {}})
        elif self.other is None:
            self.waiting.append(text)
        else:
            await self.other.write_message(text)

    def on_close(self) -> None:
        """Hang up on both sides."""
        if self.other is not None:
            self.other.close()

    def _heard(self, message: str | bytes | None) -> None:
        if message is None:
            self.close()
        elif self.ws_connection is not None:
            self.write_message(message)


def serve(firefox: str) -> None:
    """Listen on a port of this machine for who would talk to this Firefox, and tell which."""
    handler = type("RelayToFirefox", (Relay,), {"firefox": f"{firefox}/session"})
    (socket,) = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application([(r"/.*", handler)], websocket_max_message_size=LARGEST)).add_socket(socket)
    print(f"{LISTENING}ws://127.0.0.1:{socket.getsockname()[1]}", file=sys.stderr, flush=True)


def listen(process: subprocess.Popen[str], loop: IOLoop) -> None:
    """Repeat what Firefox says of itself, but our own address for its own; stop when it has ended."""
    for line in process.stderr or ():
        if LISTENING in line:
            loop.add_callback(serve, line.split(LISTENING)[1].strip())
        else:
            sys.stderr.write(line)
    process.wait()
    loop.add_callback(loop.stop)


def main() -> int:
    """Run Firefox until it is told to close."""
    with subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(process.pid, signal.SIGTERM))
        loop = IOLoop.current()
        threading.Thread(target=listen, args=(process, loop), daemon=True).start()
        loop.start()
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
