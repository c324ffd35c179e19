"""E-mail over SMTP, one connection a batch."""

import contextlib
import re
import smtplib
import ssl
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Literal
from urllib.parse import unquote, urlsplit

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Refused, Retry, Unknown

_ADDRESS = re.compile(r"[^@\s,;:<>()\"\\\[\]]+@[^@\s,;:<>()\"\\\[\]]+")
_ENHANCED = re.compile(rb"\b[45]\.(\d{1,3})\.\d{1,3}\b")
_UNFOLDED = frozenset({"list-unsubscribe", "message-id"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class SmtpServer:
    """A mail server; `timeout_s` counts for each step."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 20.0


def parse_smtp_url(url: str) -> SmtpServer:
    """Read smtps://user:password@host:465, or smtp://…:587 for STARTTLS.

    smtp://host?starttls=off sends in clear. User and password are percent-decoded. A password never travels
    in clear, except to this machine.

    Raises: ValueError in words, without the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must look like smtps://user:password@mail.example.com:465")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port must be a number below 65536") from None
    security: Literal["tls", "starttls", "none"] = "tls" if parts.scheme == "smtps" else "starttls"
    if parts.query == "starttls=off" and security == "starttls":
        security = "none"
    elif parts.query:
        raise ValueError("the only option is ?starttls=off, for smtp://")
    if security == "none" and parts.username and parts.hostname not in _LOOPBACK:
        raise ValueError("a password would travel in clear: drop ?starttls=off or use smtps://")
    return SmtpServer(
        host=parts.hostname,
        port=port or {"tls": 465, "starttls": 587, "none": 25}[security],
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
    )


class EmailChannel:
    """Sends over one connection, kept until `close`; threads take turns.

    The sid of a message is its Message-ID, the same for every attempt, so that a double is visible in the
    mailbox.
    """

    name = "email"
    can_list = False
    inbound = False
    by_template = False

    def __init__(self, server: SmtpServer, mail_from: str) -> None:
        self._server = server
        self._from = mail_from
        self._sender = parseaddr(mail_from)[1]
        self._domain = self._sender.rpartition("@")[2]
        self._lock = threading.Lock()
        self._connection: smtplib.SMTP | None = None

    def send(self, message: OutMessage) -> Outcome:
        """Hand one mail over; after the body has left, a lost answer is unknown."""
        if not message.to.isascii() or not _ADDRESS.fullmatch(message.to):
            return Refused("bad-address", "address")
        try:
            raw = self._write(message)
        except ValueError:
            # A line break inside a header, for one.
            return Refused("bad-header", "message")
        with self._lock:
            try:
                connection = self._open()
            except (
                smtplib.SMTPAuthenticationError,
                smtplib.SMTPNotSupportedError,
                ssl.SSLCertVerificationError,
            ) as error:
                return Retry(f"sign-in: {type(error).__name__}", pause_channel=True)
            except OSError as error:
                return Retry(f"connect: {type(error).__name__}")
            return self._hand_over(connection, message, raw)

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        """Mail servers keep no list.

        Raises: CannotTell always.
        """
        raise CannotTell("smtp keeps no list")

    def close(self) -> None:
        """End the connection; the next send opens another."""
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.quit()
            self._drop()

    def _open(self) -> smtplib.SMTP:
        if self._connection is not None:
            # Servers close idle connections; asking first keeps that out of the doubtful part.
            with contextlib.suppress(OSError):
                if self._connection.noop()[0] == 250:
                    return self._connection
            self._drop()
        server = self._server
        context = ssl.create_default_context()
        # Naming the host ourselves spares smtplib a slow name look-up.
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._domain, timeout=server.timeout_s, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, self._domain, timeout=server.timeout_s)
        self._connection = connection
        try:
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except OSError:
            self._drop()
            raise
        return connection

    def _hand_over(self, connection: smtplib.SMTP, message: OutMessage, raw: bytes) -> Outcome:
        try:
            connection.ehlo_or_helo_if_needed()
            code, text = connection.mail(self._sender)
            step: Literal["mail", "rcpt", "data"] = "mail"
            if code == 250:
                code, text = connection.rcpt(message.to)
                step = "rcpt"
        except OSError as error:
            self._drop()
            return Retry(f"lost before data: {type(error).__name__}")
        if code in (250, 251):
            try:
                code, text = connection.data(raw)
            except smtplib.SMTPDataError as error:
                code, text = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
            except OSError as error:
                self._drop()
                return Unknown(f"lost after data: {type(error).__name__}")
            step = "data"
            if code == 250:
                return Accepted(self._message_id(message))
        self._start_over(connection, code)
        return _refusal(step, code, text)

    def _start_over(self, connection: smtplib.SMTP, code: int) -> None:
        """Make the connection fit for the next mail, or drop it."""
        try:
            usable = code != 421 and connection.rset()[0] == 250
        except OSError:
            usable = False
        if not usable:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _message_id(self, message: OutMessage) -> str:
        return f"<outbox-{message.outbox_id}@{self._domain}>"

    def _write(self, message: OutMessage) -> bytes:
        mail = EmailMessage(policy=_MAIL)
        mail["From"] = self._from
        mail["To"] = message.to
        mail["Subject"] = message.subject or message.body.strip().partition("\n")[0][:78]
        mail["Message-ID"] = self._message_id(message)
        if message.created_at:
            mail["Date"] = format_datetime(datetime.fromtimestamp(message.created_at / 1000, UTC))
        mail["Auto-Submitted"] = "auto-generated"
        if message.unsubscribe_url:
            mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
            if message.unsubscribe_url.startswith("https://"):
                # RFC 8058 allows the one click over https only.
                mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(message.body)
        # After the content, which takes all Content headers as its own.
        mail["Content-Language"] = message.language.replace("_", "-")
        for one in message.attachments:
            main, _, sub = one.kind.partition("/")
            mail.add_attachment(one.data, maintype=main, subtype=sub, filename=one.name)
        return mail.as_bytes()


class _MailPolicy(EmailPolicy):
    """Seven-bit mail whose long links stay readable: the default would encode them like foreign words."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _UNFOLDED and value.isascii():
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_MAIL = _MailPolicy(linesep="\r\n", cte_type="7bit")


def _refusal(step: Literal["mail", "rcpt", "data"], code: int, text: bytes) -> Outcome:
    """Read a mail server's no: 4xx may be tried again, 5xx says whose fault it is.

    Source: RFC 5321 section 4.2, RFC 3463 section 3 (x.1 and x.2 address, x.7 policy).
    """
    if not 500 <= code < 600:
        # What is not a clear answer still is an answer: the mail was not taken.
        return Retry(f"{step}: {code}") if 400 <= code < 500 else Unknown(f"{step}: {code}")
    if code in (530, 535):
        return Retry(f"{step}: {code}", pause_channel=True)
    enhanced = _ENHANCED.search(text)
    subject = enhanced.group(1) if enhanced else b""
    if step == "mail" or subject == b"7":
        return Refused(str(code), "sender")
    if step == "rcpt" and (subject in (b"1", b"2") or (not subject and code in (550, 551, 553))):
        return Refused(str(code), "address")
    return Refused(str(code), "message")
