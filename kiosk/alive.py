"""Whether the page on this machine's screen still asks: the watchdog of its browser reads it.

Kept in this process only and answered without the database, so that a browser is never restarted for
what is wrong with the books.
"""

import time
from dataclasses import dataclass, field

from flask import Response, abort, current_app, jsonify, request

LIMIT_S = 60
HERE = ("127.0.0.1", "::1")


@dataclass
class Pulse:
    """When the page last asked what to show; at first, when the application was made."""

    asked_s: float = field(default_factory=time.monotonic)

    def silent_s(self) -> int:
        """Whole seconds since then."""
        return int(time.monotonic() - self.asked_s)


def listen() -> None:
    """Note a page on this machine that asks what to show, whatever the answer becomes."""
    if request.path == "/kiosk/state" and request.remote_addr in HERE:
        _pulse().asked_s = time.monotonic()


def alive() -> Response:
    """How long the page has been silent; 503 after a minute. For this machine only: elsewhere there is nothing here."""
    if request.remote_addr not in HERE:
        abort(404)
    silent_s = _pulse().silent_s()
    answer = jsonify(silent_s=silent_s)
    answer.status_code = 200 if silent_s <= LIMIT_S else 503
    return answer


def _pulse() -> Pulse:
    found: Pulse = current_app.config["PULSE"]
    return found
