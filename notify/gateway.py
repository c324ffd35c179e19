"""A provider behind an HTTP address, spoken to as its plan says.

Like every channel it sends once and repeats nothing. An error code inside an answer of 200 is a failure, and an
answer that cannot be read leaves doubt.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Refused, Retry, Unknown
from notify.gatewayplan import Answering, Gateway, Plan, fill
from notify.lines import quiet_session, unanswered
from notify.paths import at
from notify.signing import in_order, percent, signed

TIMES = {"unix": "", "unix_ms": "", "iso": "%Y-%m-%dT%H:%M:%SZ", "compact": "%Y%m%d%H%M%S"}
CONNECT_S = 5.0


@dataclass(frozen=True)
class Ready:
    """A request as it will leave."""

    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes | None


class GatewayChannel:
    """Sends over one gateway; safe to share between threads."""

    can_list = False
    by_template = True

    def __init__(self, gateway: Gateway, *, now_ms: Callable[[], int], name: str = "sms") -> None:
        self.name = name
        self.inbound = gateway.plan.reply is not None
        self._gateway = gateway
        self._now_ms = now_ms
        self._session = quiet_session(32)

    def send(self, message: OutMessage) -> Outcome:
        """Hand one message over, once."""
        plan = self._gateway.plan
        if plan.countries and not message.to.startswith(plan.countries):
            return Refused("country", "message")
        if plan.templates_only and not _template(plan, message):
            return Refused("no-template", "message")
        ready = request_of(self._gateway, message, now_ms=self._now_ms(), nonce=secrets.token_hex(16))
        try:
            answer = self._session.request(
                plan.method, ready.url, params=dict(ready.query), data=ready.body, headers=dict(ready.headers),
                timeout=(CONNECT_S, plan.timeout_s), allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            return unanswered(error)
        return outcome_of(plan.answer, answer.status_code, answer.text, own=own_id(message))

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        """Gateways keep no list that could be asked.

        Raises: CannotTell always.
        """
        raise CannotTell("gateway keeps no list")

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()


def own_id(message: OutMessage) -> str:
    """Our name of one attempt, which a report may bring back."""
    return f"{message.outbox_id}-{message.attempt}"


# --- the request -----------------------------------------------------------------------------------


def request_of(gateway: Gateway, message: OutMessage, *, now_ms: int, nonce: str) -> Ready:
    """The request that carries a message, signed."""
    plan = gateway.plan
    facts = _facts(gateway, message, now_ms=now_ms, nonce=nonce)
    if plan.sign is not None:
        facts["sign"] = _sign(plan, facts)
    headers = {name: fill(text, facts) for name, text in plan.headers.items()}
    query = {name: fill(text, facts) for name, text in plan.query.items()}
    body = _body(plan, facts) if plan.method == "POST" else None
    if body is not None and plan.encoding != "query":
        kind = "application/json" if plan.encoding == "json" else "application/x-www-form-urlencoded"
        headers = {"Content-Type": f"{kind}; charset=utf-8"} | headers
    return Ready(fill(plan.url, facts), headers, query, body)


def _facts(gateway: Gateway, message: OutMessage, *, now_ms: int, nonce: str) -> dict[str, str]:
    plan = gateway.plan
    fields = {name: value for name, value in message.fields.items() if name not in plan.leave_out}
    return {
        "to": message.to,
        "to_local": message.to.removeprefix("+86").removeprefix("+"),
        "to_digits": message.to.removeprefix("+"),
        "text": message.body,
        "template": _template(plan, message),
        "params": json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
        "params_list": json.dumps(list(fields.values()), ensure_ascii=False, separators=(",", ":")),
        "sign_name": plan.sign_name,
        "language": message.language,
        "key": gateway.key,
        "secret": gateway.secret,
        "nonce": nonce,
        "time": _time(plan, now_ms),
        "id": own_id(message),
        "callback": gateway.hook_url,
    }


def _template(plan: Plan, message: OutMessage) -> str:
    """The provider's number of a wording: the shop's own comes before that of the file."""
    return message.provider_template or plan.templates.get(f"{message.template}.{message.language}", "")


def _time(plan: Plan, now_ms: int) -> str:
    if plan.time in ("unix", "unix_ms"):
        return str(now_ms if plan.time == "unix_ms" else now_ms // 1000)
    moment = datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(hours=plan.time_offset_h)
    return moment.strftime(TIMES.get(plan.time, plan.time))


def _sign(plan: Plan, facts: dict[str, str]) -> str:
    if plan.sign is None:
        return ""
    parts = urlsplit(fill(plan.url, facts))
    fields = {name: fill(text, facts) for name, text in plan.query.items() if "{sign}" not in text}
    if plan.encoding == "form":
        fields |= {name: fill(str(text), facts) for name, text in plan.body.items() if "{sign}" not in str(text)}
    known = facts | {"method": plan.method, "host": parts.netloc, "path": parts.path or "/", "fields": in_order(fields)}
    known["fields_encoded"] = percent(known["fields"])
    body = _body(plan, facts) or b""
    known |= {"body": body.decode(), "body_sha256": hashlib.sha256(body).hexdigest()}
    key = fill(plan.sign.key, facts)
    return signed(fill(plan.sign.over, known), key=key, method=plan.sign.method, encoding=plan.sign.encoding)


def _body(plan: Plan, facts: dict[str, str]) -> bytes | None:
    if plan.encoding == "query":
        return None
    if plan.encoding == "form":
        return in_order({name: fill(str(text), facts) for name, text in plan.body.items()}).encode()
    return json.dumps(_deep(plan.body, facts), ensure_ascii=False, separators=(",", ":")).encode()


def _deep(value: Any, facts: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _deep(one, facts) for name, one in value.items()}
    if isinstance(value, list):
        return [_deep(one, facts) for one in value]
    if value in ("{params}", "{params_list}"):
        return json.loads(facts[value[1:-1]])  # alone in its place it is itself, not its text
    return fill(value, facts) if isinstance(value, str) else value


# --- the answer ------------------------------------------------------------------------------------


def outcome_of(answering: Answering, status: int, text: str, *, own: str) -> Outcome:
    """What an answer means; `own` is the sid where the provider gives none."""
    found = _read(answering, text)
    code = at(found, answering.code)
    if code is not None and code in answering.good and 200 <= status < 300:
        sid = at(found, answering.id) if answering.id else own
        return Accepted(sid) if sid else Unknown("unparsable")
    for about, codes in answering.codes.items():
        if code is not None and code in codes:
            if about in ("retry", "pause"):
                return Retry(f"code {code}", pause_channel=about == "pause")
            return Refused(code, about)  # type: ignore[arg-type]
    if status in (401, 403):
        return Retry(f"http-{status}", pause_channel=True)
    if status in (408, 429):
        return Retry(f"http-{status}")
    if not (200 <= status < 300 or 400 <= status < 500):
        return Unknown(f"http-{status}")
    if code is None and status < 300:
        return Unknown("unparsable")
    return Refused(code or f"http-{status}", "message")


def _read(answering: Answering, text: str) -> Any:
    if answering.format == "text":
        return [part.strip() for part in text.strip().split(",")]
    try:
        return json.loads(text)
    except ValueError:
        return None
