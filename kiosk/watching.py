"""What is noted of each request, and what whoever watches the server may ask: /health and /metrics.

A line names the route, never the address that was asked: addresses hold codes, ids and questions. Figures carry
no ids either, and are for this machine alone.
"""

import logging
import time
from typing import Any

from flask import Flask, Request, Response, abort, current_app, g, jsonify, request

from core.base import clock, logs
from core.keeping import vitals
from core.people.websessions import WebSession
from kiosk import web
from kiosk.alive import HERE

log = logs.get("http")
NAMES = ("127.0.0.1", "localhost", "[::1]")
"""How this machine calls itself; a proxy passes on the name of the shop."""
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PREFIX = "regulars_"
SLOW_MS = 500
"""A look-up that takes so long is noted like a write."""
FORWARDED = {"FORWARDED", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_FORWARDED_PROTO", "X_REAL_IP", "VIA"}
"""What a proxy adds to a request; only whether one is there is kept, for anyone may write them."""
PASSED_ON = "REGULARS_PASSED_ON"


class Figures:
    """How long requests took and how many failed, since this process began."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

        disable_created_metrics()
        self.registry = CollectorRegistry(auto_describe=False)
        self.took: Any = Histogram(
            "http_request_seconds", "Time to answer.", ["method", "route"], namespace=PREFIX[:-1], buckets=BOUNDS_S,
            registry=self.registry,
        )  # fmt: skip
        self.answers: Any = Counter(
            "http_answers", "Answers by status.", ["status"], namespace=PREFIX[:-1], registry=self.registry
        )
        self.errors: Any = Counter("errors", "Errors nobody foresaw.", namespace=PREFIX[:-1], registry=self.registry)
        self._by_route: dict[tuple[str, str], Any] = {}
        self._by_status: dict[int, Any] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        kept = self._by_route.get((method, route)) or self._by_route.setdefault(
            (method, route), self.took.labels(method, route)
        )
        kept.observe(seconds)
        (self._by_status.get(status) or self._by_status.setdefault(status, self.answers.labels(str(status)))).inc()


def watch(app: Flask) -> None:
    """Note every request of an application, and answer for its state."""
    app.config["FIGURES"] = Figures()
    app.before_request(_began)
    app.add_url_rule("/health", view_func=health)
    app.add_url_rule("/metrics", view_func=metrics)


def needs_no_shop(endpoint: str | None) -> bool:
    """Whether a route is answered without rules and language, because the database may be what is broken."""
    return endpoint == health.__name__


def figures() -> Figures:
    """The figures of this application."""
    found: Figures = current_app.config["FIGURES"]
    return found


def _began() -> None:
    web.kept().began_s = time.perf_counter()


def ended(this: Request, response: Response, figures: Figures) -> None:
    """Note an answer: its route, status and time, and who asked by kind and id."""
    began_s = web.kept().get("began_s")
    took_s = 0.0 if began_s is None else time.perf_counter() - began_s
    rule, method = this.url_rule, this.method
    route = "-" if rule is None else rule.rule
    method = method if method in ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS") else "-"
    figures.note(method, route, response.status_code, took_s)
    ms = round(took_s * 1000)
    plain = method in ("GET", "HEAD") and response.status_code < 400 and ms < SLOW_MS
    level = logging.DEBUG if plain else logging.INFO  # looking things up, two hundred times a second, tells nothing
    if not log.isEnabledFor(level):
        return
    by, by_id = _asker()
    logs.note(log, "request", level=level, method=method, route=route, status=response.status_code, ms=ms, by=by,
              by_id=by_id)  # fmt: skip


def _asker() -> tuple[str, int | None]:
    """Who asked, as ledgers name them: kind and id."""
    if "actor" in g:
        return g.actor.kind, g.actor.id
    for kind, visit in g.get("visits", {}).items():
        if visit is not None:
            session: WebSession = visit.session
            return ("member", session.member_id) if session.member_id else (kind, session.device_id)
    return "-", None


# --- asked -----------------------------------------------------------------------------------------


def health() -> Response:
    """Each part by name: ok or failed, and 503 if one failed. Nothing else, for anyone may ask."""
    found = vitals.health(now=clock.now())
    answer = jsonify(ok=all(found.values()), checks={name: "ok" if well else "failed" for name, well in found.items()})
    answer.status_code = 200 if all(found.values()) else 503
    return answer


def metrics() -> Response:
    """The figures in Prometheus' text format; elsewhere than on this machine there is nothing here."""
    if not _from_here():
        abort(404)
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    body = generate_latest(figures().registry) + "".join(_shop_lines()).encode()
    return Response(body, content_type=CONTENT_TYPE_LATEST)


def _from_here() -> bool:
    """Whether this machine asks for itself, and not a proxy on it for someone else."""
    host, _, port = request.host.rpartition(":")
    named = (host if port.isdigit() else request.host) in NAMES
    return request.remote_addr in HERE and named and f"HTTP_{PASSED_ON}" not in request.environ


def _shop_lines() -> list[str]:
    now = vitals.vitals(now=clock.now())
    lines = [
        _gauge("members", "Members.", now.members),
        _gauge("sales_today", "Sales of the day.", now.sales_today),
        _gauge("oldest_queued_seconds", "How long the oldest message waits.", now.oldest_queued_s),
        _gauge("holds", "Amounts set aside.", now.holds),
        _gauge("webhooks_paused", "Webhooks that took nothing for three days.", now.webhooks_paused),
        _gauge("database_bytes", "Size of the database.", now.database_bytes),
        _gauge("wal_bytes", "Size of the write-ahead log.", now.wal_bytes),
        _gauge("disk_free_bytes", "Free bytes where the shop's files are.", now.free_bytes),
        *_each("outbox_messages", "Messages of the last day by state.", "state", now.outbox),
        *_each("job_success_age_seconds", "Time since a job ended well.", "job", now.job_success_s),
    ]
    for name, help_, age in (
        ("scheduler_beat_age_seconds", "Time since the scheduler was seen at work.", now.scheduler_beat_s),
        ("backup_age_seconds", "Time since the last backup.", now.backup_s),
    ):
        lines += [] if age is None else [_gauge(name, help_, age)]
    return lines


def _head(name: str, help_: str) -> str:
    return f"# HELP {PREFIX}{name} {help_}\n# TYPE {PREFIX}{name} gauge\n"


def _gauge(name: str, help_: str, value: int) -> str:
    return f"{_head(name, help_)}{PREFIX}{name} {value}\n"


def _each(name: str, help_: str, label: str, values: dict[str, int]) -> list[str]:
    rows = [f'{PREFIX}{name}{{{label}="{key}"}} {value}\n' for key, value in sorted(values.items())]
    return [_head(name, help_), *rows]
