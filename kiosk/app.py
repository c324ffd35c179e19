"""The door to the web: the kiosk's screen, phones, tills and webhooks, on Flask and waitress.

One request is one thread with its own lasting connection to the database. Whatever core refuses rises
to `_refused`, the only place that turns it into a page, a face of the screen or problem+json.
"""

import functools
import hashlib
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import IntegerConverter

from core.base import clock, db, i18n, limits, logs
from core.base import settings as core_settings
from core.base.clock import Millis
from core.base.errors import Invalid, NotAllowed, NotFound, Refused, RegularsError
from core.base.i18n import N_, _
from core.base.settings import Settings
from core.books import rules
from core.people.devices import KeyRefused
from core.tables import schema
from kiosk import (
    account,
    alive,
    api,
    asking,
    booked,
    desk,
    gatherings,
    hooks,
    links,
    own,
    phone,
    public,
    scan,
    screen,
    watching,
    web,
)
from kiosk.meeting import Board

log = logs.get("kiosk")
SCHEMA_EVERY_S = 5
API = f"{api.PREFIX}/"

STORAGE = (db.StorageFull, db.StorageReadOnly, db.StorageBroken, db.WriterStuck, schema.NotMigrated,
           schema.DatabaseTooNew)  # fmt: skip
STATUS: tuple[tuple[type[RegularsError] | tuple[type[RegularsError], ...], int], ...] = (
    (STORAGE, 503), (KeyRefused, 401), (limits.TooOften, 429),
    (NotFound, 404), (Invalid, 422), (NotAllowed, 403), (Refused, 409),
)  # fmt: skip
SENTENCES = {
    400: N_("The request cannot be read. Go back and try again."),
    403: N_("This request did not come from our own page. Open the page again and repeat it there."),
    404: N_("There is nothing at this address. Check it, or scan the code in the shop again."),
    405: N_("This address does not take this kind of request."),
    413: N_("The request is too large; at most 64 KB are read."),
    415: N_("The request has the wrong format. Send JSON with Content-Type: application/json."),
    500: N_("Something went wrong on our side; nothing half done was kept. Try again in a moment."),
}
NAMES = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
         415: "wrong_content_type", 500: "internal_error"}  # fmt: skip


class _Id(IntegerConverter):
    """An id in an address, shorter than 2^53; anything else is no address of ours (404)."""

    regex = r"[0-9]{1,15}"


class _Door(Flask):
    """Flask that writes no local values or messages into its log: they may hold a phone number."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Every function here is plain; asking each time costs."""
        return func

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        g.error_id = logs.fresh_id()
        watching.figures().errors.inc()
        logs.note(log, f"error {g.error_id}", level=logging.ERROR, error=exc_info[1], id=g.error_id)


def create_app(settings: Settings) -> Flask:
    """The whole door as a WSGI application; the database must be open in this process."""
    app = _Door("kiosk", root_path=str(Path(__file__).parent), static_url_path="/static")
    app.url_map.converters["int"] = _Id
    app.config.update(
        SETTINGS=settings,
        BOARD=Board(),
        PULSE=alive.Pulse(),
        KEYS_USED={},
        LOOK_AGAIN_S=0.0,
        MAX_CONTENT_LENGTH=web.BODY_LIMIT,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(_=_, shown=i18n.written, asset=_asset, last_day=_last_day)
    for one in (screen, phone, own, account, asking, booked, gatherings, desk, public, links, api, hooks):
        app.register_blueprint(one.pages)
    watching.watch(app)
    app.before_request(alive.listen)
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)
    app.context_processor(_shop_facts)
    app.register_error_handler(RegularsError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.add_url_rule("/kiosk/alive", view_func=alive.alive)
    app.add_url_rule("/favicon.ico", view_func=lambda: app.send_static_file("icon.svg"))
    api.document_only(app)
    app.wsgi_app = web.guarded(app)  # type: ignore[method-assign]
    return app


def _begin() -> None:
    this, here = web.asked(), web.kept()
    if this.endpoint == alive.alive.__name__ or watching.needs_no_shop(this.endpoint):
        return  # who watches is answered also when the database is not
    here.cookies, here.visits, here.scope = {}, {}, ExitStack()
    db.attach()
    _look_at_schema()
    if this.method == "GET" and this.path.startswith(API):
        here.view = db.read()  # key, rules and answer in one view
        here.view.__enter__()
    here.rules = rules.current(now=clock.now())
    web.speak(web.language())
    web.check_origin(this, web.shop_settings())


def _look_at_schema() -> None:
    """Every few seconds: another version of the program may have changed the tables meanwhile.

    Raises: NotMigrated, DatabaseTooNew.
    """
    config = current_app.config
    if time.monotonic() >= config["LOOK_AGAIN_S"]:
        schema.check()
        config["LOOK_AGAIN_S"] = time.monotonic() + SCHEMA_EVERY_S


def _finish(response: Response) -> Response:
    this = web.asked()
    web.write_cookies(response)
    web.write_headers(this, response)
    watching.ended(this, response, watching.figures())
    return response


def _end(_error: BaseException | None) -> None:
    here = web.kept()
    if "scope" in here:
        here.scope.close()
    if "view" in here:
        here.view.__exit__(None, None, None)


def _shop_facts() -> dict[str, Any]:
    """What every page names; asks the database for nothing, so that a page about its failure works."""
    language = i18n.scope().language
    return {
        "shop": g.rules.shop_name if "rules" in g else "",
        "language": language,
        "lang": web.LANG_TAGS[language],
        "practice": web.shop_settings().practice,
    }


@functools.cache
def _asset(name: str) -> str:
    """A static file's address with the digest of what is in it, so that it may be kept for ever."""
    digest = hashlib.sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:8]}"


def _last_day(until_at: Millis) -> str:
    """The last day on which something still counts."""
    return clock.day_of(until_at - 1, i18n.scope().zone).isoformat()


# --- refusals, in one place ------------------------------------------------------------------------


def _refused(error: RegularsError) -> Response:
    status = next((number for kind, number in STATUS if isinstance(error, kind)), 500)
    response = _shown(error, status, error.code, error.sentence(), error.field)
    if isinstance(error, limits.TooOften):
        response.headers["Retry-After"] = str(error.wait_s)
    return response


def _http_error(error: HTTPException) -> Response:
    known = error.code if error.code in SENTENCES else 400 if (error.code or 500) < 500 else 500
    sentence, name = _(SENTENCES[known]), NAMES[known]
    response = _shown(None, error.code or 500, name, sentence, None)
    if isinstance(error, InternalServerError) and "error_id" in g:
        response.headers["X-Error-Id"] = g.error_id
    for header, value in error.get_headers():
        if header in ("Allow", "Retry-After"):
            response.headers[header] = value
    return response


def _shown(error: RegularsError | None, status: int, code: str, sentence: str, field: str | None) -> Response:
    """The same refusal for a till, for the screen and for a phone."""
    if request.path.startswith(("/api/", "/hooks/")) or request.path in ("/health", "/metrics"):
        return api.problem(status, code, sentence, field)
    if request.path.startswith("/kiosk/") and error is not None:
        return screen.problem(error)
    page = phone.again(request.endpoint, error) if error is not None else None
    if page is None:
        page = render_template("phone_problem.html", sentence=sentence)
    return Response(page, status)


# --- serving ---------------------------------------------------------------------------------------


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads that close their connection to the database when they end."""

    def __init__(self) -> None:
        super().__init__()
        self.running: list[threading.Thread] = []

    def start_new_thread(self, target: Any, thread_no: int) -> None:
        def live() -> None:
            try:
                target(thread_no)
            finally:
                db.detach()

        thread = threading.Thread(target=live, name=f"kiosk-{thread_no}", daemon=True)
        self.running.append(thread)
        thread.start()

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        done = bool(super().shutdown(cancel_pending, timeout))
        for thread in self.running:
            thread.join(timeout)
        return done


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose request must come whole within the time-out: one that drips is never idle.

    Refused before it was read (too large, unreadable), a request is answered and the rest of it dropped as it
    comes: closing at once would reset the connection and the answer would be lost on its way.
    """

    close_when_flushed: bool
    began_s = 0.0
    unread = False
    ending = False

    def received(self, data: bytes) -> bool:
        before = self.request
        taken = bool(super().received(data))
        if self.request is not before:
            self.began_s = time.monotonic()
        return taken

    def readable(self) -> bool:
        """Asked in each round of the server's loop, at least once a second."""
        begun = self.ending or (self.request is not None and not self.requests)
        if begun and time.monotonic() - self.began_s > self.adj.channel_timeout:
            self.will_close = True
        return bool(super().readable())

    def service(self) -> None:
        self.unread = bool(self.requests[0].error)
        if not watching.FORWARDED.isdisjoint(self.requests[0].headers):
            self.requests[0].headers[watching.PASSED_ON] = "1"
        super().service()

    def handle_write(self) -> None:
        last = self.close_when_flushed and self.unread
        if last:
            self.close_when_flushed = False
        super().handle_write()
        if last and self.connected and not self.total_outbufs_len:
            self.ending, self.began_s = True, time.monotonic()
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        elif last:
            self.close_when_flushed = True

    def handle_read(self) -> None:
        if not self.ending:
            super().handle_read()
        elif not self.recv(self.adj.recv_bytes):
            self.will_close = True


def server(app: Flask, *, host: str, port: int, threads: int = 8, patience_s: int = 30) -> Any:
    """A waitress server for the application, listening; `run()` serves until its dispatcher is shut down.

    Who sends nothing for `patience_s`, or no whole request within it, is cut off (at the latest after twice that).
    Only the proxy of the settings may say which address asks; the same headers from anyone else are dropped.
    """
    settings: Settings = app.config["SETTINGS"]
    proxy = {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_count": settings.trusted_proxies,
        "trusted_proxy_headers": {"x-forwarded-for"},
    }
    dispatcher = _Dispatcher()
    dispatcher.set_thread_count(threads)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sockets: dict[int, Any] = {}  # more than one if a name stands for several addresses
    made = create_server(
        app,
        map=sockets,
        _dispatcher=dispatcher,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        max_request_body_size=scan.FRAME_LIMIT + 4096,
        channel_timeout=patience_s,
        cleanup_interval=patience_s,
        connection_limit=200,
        **(proxy if settings.trusted_proxy else {}),
    )
    for listening in sockets.values():
        listening.channel_class = _Channel
    return made


def run(settings: Settings) -> None:
    """Serve until the process is told to end (Ctrl-C or SIGTERM); the database must be open."""
    schema.check()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))  # waitress then ends its threads
    core_settings.use(settings)
    server(create_app(settings), host=settings.kiosk_host, port=settings.kiosk_port).run()
