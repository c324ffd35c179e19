"""Posts one event to an online shop, signed as Standard Webhooks has it (standardwebhooks.com, symmetric `v1`).

One attempt and no more: no redirect is followed, no proxy used, nothing read beyond 64 KB, and all of it takes at
most the time it is given, however slowly the other side drips.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_S = 10.0
MOST_READ = 65_536


@dataclass(frozen=True)
class Answer:
    """What came back: the status, or None and why nothing came ('timeout', 'dns', 'certificate' …)."""

    status: int | None
    error: str = ""


@dataclass(frozen=True)
class Parcel:
    """An event ready to be posted; `at_s` is when, in seconds, `keys` sign it, the newest first."""

    url: str
    event_id: str
    at_s: int
    body: bytes
    keys: Sequence[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """What goes with it."""
        signed = " ".join(sign(self.event_id, self.at_s, self.body, key=key) for key in self.keys)
        return {
            "Content-Type": "application/json",
            "User-Agent": "Regulars-Webhooks/1",
            "webhook-id": self.event_id,
            "webhook-timestamp": str(self.at_s),
            "webhook-signature": signed,
        }


def sign(event_id: str, at_s: int, body: bytes, *, key: bytes) -> str:
    """The signature of an event: v1,<base64 of HMAC-SHA256 over id.timestamp.body>."""
    digest = hmac.new(key, f"{event_id}.{at_s}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def post(parcel: Parcel, *, timeout_s: float = TIMEOUT_S) -> Answer:
    """Post it once; never raises for what the other side does."""
    ends_at = time.monotonic() + timeout_s
    try:
        return _post(parcel, ends_at)
    except TimeoutError:
        return Answer(None, "timeout")
    except ssl.SSLCertVerificationError:
        return Answer(None, "certificate")
    except ssl.SSLError:
        error = "tls"
    except socket.gaierror:
        error = "dns"
    except ConnectionRefusedError:
        error = "refused"
    except (OSError, http.client.HTTPException, UnicodeError):
        error = "lost"
    return Answer(None, "timeout" if time.monotonic() >= ends_at else error)


def _post(parcel: Parcel, ends_at: float) -> Answer:
    parts = urlsplit(parcel.url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    with contextlib.ExitStack() as open_:
        raw = open_.enter_context(socket.create_connection((host, port), timeout=_left(ends_at)))
        spare = open_.enter_context(raw.dup())
        watchdog = threading.Timer(_left(ends_at), _cut, (spare,))
        watchdog.daemon = True
        watchdog.start()
        open_.callback(watchdog.cancel)
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        line = kind(host, port, timeout=_left(ends_at))
        open_.callback(line.close)
        line.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        line.request("POST", path, body=parcel.body, headers=parcel.headers)
        answer = line.getresponse()
        if time.monotonic() >= ends_at:
            raise TimeoutError  # cut in the middle of its head, which reads as the end of it
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer.read(MOST_READ)  # what it says is not kept; closing unread would look like a broken line there
        return Answer(answer.status, "" if 200 <= answer.status < 300 else f"http-{answer.status}")


def _left(ends_at: float) -> float:
    return max(ends_at - time.monotonic(), 0.001)


def _cut(spare: socket.socket) -> None:
    """End the line under whoever waits for it: a time-out of the socket begins anew with every byte."""
    with contextlib.suppress(OSError):
        spare.shutdown(socket.SHUT_RDWR)
