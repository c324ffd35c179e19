"""What a gateway posts to us: delivery reports and replies, read as its plan says, believed only if signed."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from notify.gatewayplan import Gateway, Hooking, fill
from notify.paths import at, reach
from notify.signing import signed

FRESH_S = 300


@dataclass(frozen=True)
class Posted:
    """A request of the provider, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Report:
    """What became of one message: its sid there, or our id and attempt."""

    sid: str
    status: Literal["delivered", "undelivered", "sent"]
    outbox_id: int | None
    attempt: int | None


@dataclass(frozen=True)
class Reply:
    """What somebody answered."""

    sid: str
    sender: str
    text: str


def is_genuine(gateway: Gateway, posted: Posted, *, now_ms: int) -> bool:
    """Whether the provider signed this very post, lately; False if the plan names no signature."""
    hooks = gateway.plan.hooks
    if hooks is None:
        return False
    lowered = {name.lower(): value for name, value in posted.headers.items()}
    given, stamp = lowered.get(hooks.header.lower(), ""), lowered.get(hooks.time_header.lower(), "")
    if hooks.time_header and not _fresh(stamp, now_ms):
        return False
    return bool(given) and hmac.compare_digest(given.encode(), _expected(gateway, hooks, posted, stamp).encode())


def _fresh(stamp: str, now_ms: int) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and abs(now_ms // 1000 - int(stamp)) <= FRESH_S


def _expected(gateway: Gateway, hooks: Hooking, posted: Posted, stamp: str) -> str:
    facts = {"key": gateway.key, "secret": gateway.secret, "path": posted.path, "time": stamp,
             "body": posted.body.decode(errors="replace")}  # fmt: skip
    key = fill(hooks.key, facts)
    return signed(fill(hooks.over, facts), key=key, method=hooks.method, encoding=hooks.encoding)


def reports(gateway: Gateway, posted: Posted) -> list[Report]:
    """The reports in a post; one that names no message or says nothing we know is left out."""
    plan = gateway.plan.status
    if plan is None:
        return []
    found = []
    for one in _each(posted, plan.format, plan.each):
        said, own = at(one, plan.state), at(one, plan.own) if plan.own else None
        outbox_id, attempt = _own(own)
        sid = (at(one, plan.id) if plan.id else own) or ""
        if sid and said is not None:
            status: Literal["delivered", "undelivered", "sent"] = (
                "delivered" if said in plan.delivered else "undelivered" if said in plan.failed else "sent"
            )
            found.append(Report(sid, status, outbox_id, attempt))
    return found


def replies(gateway: Gateway, posted: Posted, *, now_ms: int) -> list[Reply]:
    """The replies in a post; one without an id of its own is named by what it holds and the minute.

    So a post that comes again at once counts once, and who says the same later has said it again.
    """
    plan = gateway.plan.reply
    if plan is None:
        return []
    found = []
    for one in _each(posted, plan.format, plan.each):
        sender, text = at(one, plan.sender), at(one, plan.text)
        if not sender or text is None:
            continue
        whole = json.dumps([one, now_ms // 60_000], sort_keys=True, ensure_ascii=False).encode()
        sid = at(one, plan.id) if plan.id else None
        found.append(Reply(f"gw-{sid or hashlib.sha256(whole).hexdigest()[:32]}", _full(gateway, sender), text))
    return found


def _full(gateway: Gateway, number: str) -> str:
    """A number as we keep it: domestic ones come without their country, others with it, with or without + or 00."""
    digits = "".join(one for one in number if one.isascii() and one.isdigit())
    if number.strip().startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    home, *others = gateway.plan.countries or ("+86",)
    abroad = [f"+{digits}"] if any(digits.startswith(code[1:]) for code in others) else []
    found = (_valid(one) for one in (*abroad, home + digits, f"+{digits}"))
    return next(filter(None, found), home + digits)


def _valid(number: str) -> str:
    """A number in full as it is kept; empty if its country has none like it."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _own(text: str | None) -> tuple[int | None, int | None]:
    row, _, attempt = (text or "").partition("-")
    if not (row.isascii() and row.isdigit() and attempt.isascii() and attempt.isdigit() and len(row) < 17):
        return None, None
    return int(row), int(attempt)


def _each(posted: Posted, form: Literal["json", "form"], path: str) -> list[Any]:
    text = posted.body.decode(errors="replace")
    if form == "form":
        value: Any = dict(parse_qsl(text, keep_blank_values=True))
    else:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return []
    found = reach(value, path)
    if isinstance(found, str):
        try:  # a list written as text inside a form
            found = json.loads(found)
        except (ValueError, RecursionError):
            return []
    return found if isinstance(found, list) else [] if found is None else [found]
