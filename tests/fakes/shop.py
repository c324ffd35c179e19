"""An online shop on loopback: takes what is posted, answers as told, and keeps each event once by its id."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Taken:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class OnlineShop:
    """`answers` are the statuses of the next requests, then 200; 'hang', 'drip' and 'reset' say nothing whole."""

    url: str
    answers: list[int | str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def known(self) -> set[str]:
        """The events it has, each once."""
        return {one.id for one in self.taken}


@contextmanager
def online_shop() -> Iterator[OnlineShop]:
    """A receiver while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            shop.taken.append(Taken(self.path, headers, body))
            answer = shop.answers.pop(0) if shop.answers else 200
            if answer == "hang":
                shop.ended.wait(30)
            elif answer == "drip":
                self.drip()
            elif answer == "reset":
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                self.answer(int(answer))

        def answer(self, status: int) -> None:
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{shop.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not shop.ended.wait(0.05):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop = OnlineShop(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shop
    finally:
        shop.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def waited(since: float) -> float:
    """Seconds since a moment of the monotonic clock."""
    return time.monotonic() - since
