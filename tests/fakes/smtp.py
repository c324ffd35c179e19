"""A small mail server on loopback: takes mail, refuses on demand, can hang up in the middle."""

import email
import email.policy
import socketserver
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Mail:
    """One accepted mail; `raw` as it came, dots undone."""

    sender: str
    to: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class FakeSmtp:
    """Use as a context manager; replies can be set for each command, or for one address.

    `replies` maps MAIL, RCPT, DATA (before the text) and END (after the text) to a reply line; "hang up"
    closes the connection instead, which after END leaves the mail accepted. `refuse` maps an address to its
    reply to RCPT.
    """

    replies: dict[str, str] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()
    accepted: list[Mail] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> "FakeSmtp":
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    fake: FakeSmtp


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        fake = self.server.fake
        fake.connections += 1
        sender = to = ""
        self._say("220 fake.example ESMTP")
        for line in self.rfile:
            text = line.decode().strip()
            verb = text[:4].upper()
            if verb == "EHLO":
                for offer in ("fake.example", *fake.offers):
                    self._say(f"250-{offer}")
                self._say("250 HELP")
                continue
            if verb == "QUIT":
                return self._say("221 bye")
            reply = fake.replies.get(verb, "354 go ahead" if verb == "DATA" else "250 ok")
            if verb == "MAIL":
                sender = text.partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                to = text.partition("<")[2].partition(">")[0]
                reply = fake.refuse.get(to, reply)
            if reply.startswith("354"):
                reply = self._take(sender, to)
            if reply == "hang up":
                return None
            self._say(reply)
        return None

    def _take(self, sender: str, to: str) -> str:
        self._say("354 go ahead")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        reply = self.server.fake.replies.get("END", "250 queued")
        if reply.startswith("250") or reply == "hang up":
            self.server.fake.accepted.append(Mail(sender, to, b"".join(lines)))
        return reply

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
