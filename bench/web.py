"""`python -m bench.web ours|floor FILE [BYTES]`: a server for the look-ups; its port goes to stdout.

`ours` is the kiosk's server with its API. `floor` is waitress alone with a WSGI function that reads the
same member with the driver alone and answers JSON of the length given.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import waitress
from peewee import sqlite3  # type: ignore[attr-defined]

from core.base import db, logs, settings
from core.tables import schema

THREADS = 8
MEMBER = (
    "SELECT m.state, m.language, m.joined_at, p.name, p.phone, c.value, t.name, t.mark, a.balance, w.balance, b.balance"
    " FROM member m JOIN member_person p ON p.member_id = m.id"
    " JOIN credential c ON c.member_id = m.id AND c.kind = 'card' AND c.state = 'active'"
    " JOIN member_tier h ON h.member_id = m.id JOIN tier t ON t.id = h.tier_id"
    " JOIN account a ON a.member_id = m.id AND a.asset = 'points'"
    " JOIN account w ON w.member_id = m.id AND w.asset = 'principal'"
    " JOIN account b ON b.member_id = m.id AND b.asset = 'bonus' WHERE m.id = ?"
)
COUPONS = (
    "SELECT c.id, c.code, k.name, c.valid_from_at, c.valid_until_at FROM coupon c"
    " JOIN coupon_kind k ON k.id = c.kind_id WHERE c.member_id = ? AND c.state = 'issued'"
)
FIELDS = ("state", "language", "joined_at", "name", "phone", "card", "tier", "mark", "points", "principal", "bonus")
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def ours(file: Path) -> Any:
    """The kiosk's own server."""
    from kiosk import app

    chosen = settings.Settings(database=str(file), secret="bench")
    settings.use(chosen)
    db.open_database(str(file))
    schema.check()
    log = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open as long as the process lives)
    logs.begin(form="json", stream=log)  # a line a request, as in a shop
    return app.server(app.create_app(chosen), host="127.0.0.1", port=0, threads=THREADS)


def floor(file: Path, length: int) -> Any:
    """As little as can answer: one function, one connection a thread."""
    return waitress.create_server(bare(file, length), host="127.0.0.1", port=0, threads=THREADS)


def bare(file: Path, length: int) -> Application:
    """A WSGI function that answers every path with the member whose id it ends in."""
    own = threading.local()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not hasattr(own, "connection"):
            own.connection = sqlite3.connect(str(file), isolation_level=None)
            own.connection.execute("PRAGMA cache_size = -16000")
        id = int(environ["PATH_INFO"].rpartition("/")[2])
        row = own.connection.execute(MEMBER, (id,)).fetchone()
        found = own.connection.execute(COUPONS, (id,)).fetchall()
        body = json.dumps(
            {"id": str(id), **dict(zip(FIELDS, row, strict=True)), "coupons": found}, ensure_ascii=False
        ).encode()
        body = body[:-1].ljust(length - 1) + b"}"
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def main(side: str, file: str, length: str = "0") -> None:
    """Serve until killed."""
    server = ours(Path(file)) if side == "ours" else floor(Path(file), int(length))
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
