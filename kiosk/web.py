"""What every page of the door shares: cookies, sessions, where a request comes from, headers."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request
from werkzeug.exceptions import Forbidden

from core.base import clock, i18n
from core.base.clock import DAY, MINUTE, SECOND, Millis
from core.base.settings import Settings
from core.people import websessions
from core.people.websessions import WebSession

PHONE, KIOSK, DEVICE, LANGUAGE = "__Host-sid", "__Host-kiosk", "__Host-device", "__Host-lang"
JOINED = "__Host-joined"
COOKIES: dict[Literal["phone", "kiosk"], str] = {"phone": PHONE, "kiosk": KIOSK}
VISITOR_LIFE, SIGNED_IN_LIFE, YEAR = 30 * MINUTE, 30 * DAY, 365 * DAY
BODY_LIMIT = 64 * 1024
LANG_TAGS = {"zh": "zh-CN", "en": "en"}

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}

Data = dict[str, str | int | None]


@dataclass(frozen=True)
class Visit:
    """One browser's living session with the opaque id that names it."""

    id: str
    session: WebSession

    @property
    def data(self) -> Data:
        """A copy of what the session holds, to be changed and saved."""
        return dict(self.session.data)


def shop_settings() -> Settings:
    """The settings this application was made with."""
    found: Settings = current_app.config["SETTINGS"]
    return found


# --- cookies -------------------------------------------------------------------------------------


def put_cookie(name: str, value: str, *, life_ms: int) -> None:
    """Set a cookie with the answer to this request; an empty value takes it away."""
    g.cookies[name] = (value, life_ms // SECOND)


def write_cookies(response: Response) -> None:
    """Write the cookies of this request: for this host only, over HTTPS (or loopback), not for scripts."""
    for name, (value, life_s) in kept().get("cookies", {}).items():
        age = life_s if value else 0
        response.set_cookie(name, value, max_age=age, path="/", secure=True, httponly=True, samesite="Lax")


# --- sessions ------------------------------------------------------------------------------------


def visit(kind: Literal["phone", "kiosk"]) -> Visit | None:
    """The session this request belongs to, if it is alive: the one it came with or opened since."""
    visits: dict[str, Visit | None] = g.visits
    if kind not in visits:
        given = request.cookies.get(COOKIES[kind], "")
        found = websessions.session(given, kind, now=clock.now()) if given else None
        visits[kind] = None if found is None else Visit(given, found)
    return visits[kind]


def open_visit(
    kind: Literal["phone", "kiosk"],
    data: Data,
    *,
    life_ms: int,
    member_id: int | None = None,
    device_id: int | None = None,
    proved: bool = False,
) -> Visit:
    """Open a new session under a new id; the one before it ends, so that nobody inherits it.

    `proved`: a code by text message was entered just now.
    """
    close_visit(kind)
    now = clock.now()
    proved_at = now if proved else None
    session_id = websessions.start_session(
        kind,
        now=now,
        life_ms=life_ms,
        member_id=member_id,
        device_id=device_id,
        data=data,
        proved_at=proved_at,
    )
    put_cookie(COOKIES[kind], session_id, life_ms=life_ms)
    return _keep(Visit(session_id, WebSession(kind, member_id, device_id, data, proved_at, Millis(now + life_ms))))


def _keep(visit: Visit) -> Visit:
    g.visits[visit.session.kind] = visit
    return visit


def save(visit: Visit, **changes: str | int | None) -> Visit:
    """Change what a session holds."""
    data, session = visit.data | changes, visit.session
    websessions.update_session(visit.id, data=data, member_id=session.member_id, proved_at=session.proved_at)
    kept = WebSession(session.kind, session.member_id, session.device_id, data, session.proved_at, session.expires_at)
    return _keep(Visit(visit.id, kept))


def prove(visit: Visit) -> Visit:
    """Note that the member of a session entered a code just now."""
    session, now = visit.session, clock.now()
    websessions.update_session(visit.id, data=visit.data, member_id=session.member_id, proved_at=now)
    kept = WebSession(session.kind, session.member_id, session.device_id, visit.data, now, session.expires_at)
    return _keep(Visit(visit.id, kept))


def close_visit(kind: Literal["phone", "kiosk"]) -> None:
    """End the session of this request at once."""
    found = visit(kind)
    if found is not None:
        websessions.end_session(found.id)
        put_cookie(COOKIES[kind], "", life_ms=0)
    g.visits[kind] = None


def browser_mark() -> str:
    """The mark of a browser that joins or opens a printed link, so that one phone is told from two.

    Kept as long as a signed-in session.
    """
    mark = request.cookies.get(JOINED, "")[:40] or secrets.token_urlsafe(16)
    put_cookie(JOINED, mark, life_ms=SIGNED_IN_LIFE)
    return mark


# --- who asks, from where, in which language -------------------------------------------------------


def check_origin(asked: Request, settings: Settings) -> None:
    """Refuse a change that another site makes a browser ask for. Raises: Forbidden.

    Source: Go 1.25 CrossOriginProtection: Sec-Fetch-Site if sent, else Origin, else no.
    """
    if asked.method in ("GET", "HEAD", "OPTIONS") or asked.path.startswith(("/api/", "/hooks/", "/u/")):
        return  # a page that ends offers is opened by mail programs too; its address carries the right to do so
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forbidden
        return
    if asked.headers.get("Origin", "") not in own_origins(settings):
        raise Forbidden


def address() -> str:
    """The address a phone comes from; '' behind a proxy on this machine, where all phones would be one."""
    given = request.remote_addr or ""
    return "" if given in ("127.0.0.1", "::1") else given


def own_origins(settings: Settings) -> frozenset[str]:
    """The origins our own pages have."""
    public = urlsplit(settings.base_url)
    port = settings.kiosk_port
    return frozenset({f"{public.scheme}://{public.netloc}", f"http://127.0.0.1:{port}", f"http://localhost:{port}"})


def kept() -> Any:
    """What this request keeps, once: each look through Flask's `g` costs as much as a small function."""
    proxy: Any = g
    return proxy._get_current_object()


def asked() -> Request:
    """This request, once, for whoever looks at several things of it."""
    proxy: Any = request
    found: Request = proxy._get_current_object()
    return found


def speak(language: str) -> None:
    """Say the rest of this request in a language, with the shop's sign and time zone."""
    here = kept()
    here.scope.close()
    here.scope.enter_context(i18n.use(language, symbol=here.rules.symbol, zone=here.rules.zone))


def language() -> str:
    """The language of this request: chosen on this phone or screen, else the browser's, else the shop's."""
    shop: str = kept().rules.language
    this = asked()
    if this.path.startswith("/kiosk"):
        found = visit("kiosk")
        chosen = str(found.session.data.get("lang", "")) if found else ""
        return chosen if chosen in i18n.LANGUAGES else shop
    chosen = "" if this.path.startswith("/api/") else this.cookies.get(LANGUAGE, "")
    wanted = this.headers.get("Accept-Language")
    return chosen if chosen in i18n.LANGUAGES else i18n.negotiate(wanted) if wanted else shop


def write_headers(asked: Request, response: Response) -> None:
    """How long an answer may be kept: only files that carry their own digest are."""
    kept = asked.path.startswith("/static/") and response.status_code == 200
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-store"


def guarded(app: Flask) -> Callable[..., Iterable[bytes]]:
    """The application with the headers every answer carries, whatever part of it answers."""
    inner, fixed = app.wsgi_app, list(HEADERS.items())
    secure = [*fixed, ("Strict-Transport-Security", "max-age=31536000")]

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        own = secure if app.config["SETTINGS"].base_url.startswith("https://") else fixed

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, headers + own, exc_info)

        return inner(environ, start)

    return answer
