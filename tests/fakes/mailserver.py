"""A mail server not of ours (aiosmtpd) on loopback: what it took, and whom it refuses."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.fakes.shop import closed_port


@dataclass
class Postbox:
    """What the server took; `replies` are its answers to receivers."""

    replies: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    sessions: set[tuple[str, int]] = field(default_factory=set)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope)
        self.sessions.add(session.peer)  # type: ignore[arg-type]
        return "250 taken"

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one.content or b"", policy=email.policy.default) for one in self.taken]  # type: ignore[arg-type, misc]


@contextmanager
def mail_server(postbox: Postbox) -> Iterator[int]:
    """The server while the block runs; its port."""
    port = closed_port()
    controller = Controller(postbox, hostname="127.0.0.1", port=port, server_hostname="mail.test", ready_timeout=10)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
