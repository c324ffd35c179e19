"""The description of an HTTP gateway: a TOML file that says how a provider wants to be spoken to.

docs/en/gateway.md explains each line, with two worked examples.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Set
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

Encoding = Literal["json", "form", "query"]
About = Literal["retry", "pause", "address", "opted_out", "sender"]
MARK = re.compile(r"\{(\w+)\}")
SAID = frozenset(
    {"to", "to_local", "to_digits", "text", "template", "params", "params_list", "sign_name", "language", "key",
     "secret", "nonce", "time", "id", "callback"}
)  # fmt: skip
"""What may stand in braces wherever a request is described."""
IN_HEAD = frozenset({"to_digits", "template", "language", "key", "secret", "nonce", "time", "id"})
"""What may stand in the address and the headers, where a customer's words have no place."""
SIGNED = SAID | {"method", "host", "path", "fields", "fields_encoded", "body", "body_sha256"}
"""What may stand in braces in the text that is signed."""
HOOKED = frozenset({"body", "path", "time", "key", "secret"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class PlanError(ValueError):
    """The file does not describe a gateway; says which line and why."""


@dataclass(frozen=True)
class Signing:
    """How a text is signed: by which method, with which key, over what, written how."""

    over: str
    key: str = "{secret}"
    method: Literal["hmac-sha1", "hmac-sha256", "sha256", "md5"] = "hmac-sha256"
    encoding: Literal["base64", "hex"] = "hex"


@dataclass(frozen=True)
class Answering:
    """How an answer is read: where its code stands, which codes are good, where the message's id is.

    `codes` tells of others what they mean; one that stands nowhere is the message's own fault.
    """

    code: str
    good: tuple[str, ...]
    id: str = ""
    format: Literal["json", "text"] = "json"
    codes: Mapping[About, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reporting:
    """How a delivery report is read: each message's id at the provider or ours, and the words for its state."""

    state: str
    delivered: tuple[str, ...]
    failed: tuple[str, ...]
    id: str = ""
    own: str = ""
    each: str = ""
    format: Literal["json", "form"] = "json"
    answer: str = "ok"


@dataclass(frozen=True)
class Replying:
    """How a reply is read: from whom, what, and the provider's id of it if it gives one."""

    sender: str
    text: str
    id: str = ""
    each: str = ""
    format: Literal["json", "form"] = "json"
    answer: str = "ok"


@dataclass(frozen=True)
class Hooking:
    """How the provider signs what it posts to us; `time_header` holds seconds since 1970, at most five minutes old."""

    header: str
    over: str
    key: str = "{secret}"
    method: Literal["hmac-sha1", "hmac-sha256", "sha256", "md5"] = "hmac-sha256"
    encoding: Literal["base64", "hex"] = "hex"
    time_header: str = ""


@dataclass(frozen=True)
class Plan:
    """A gateway as its file describes it."""

    url: str
    answer: Answering
    method: Literal["POST", "GET"] = "POST"
    encoding: Encoding = "json"
    timeout_s: int = 10
    sign_name: str = ""
    countries: tuple[str, ...] = ("+86",)
    time: str = "unix"
    time_offset_h: int = 0
    templates_only: bool = False
    leave_out: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    sign: Signing | None = None
    status: Reporting | None = None
    reply: Replying | None = None
    hooks: Hooking | None = None

    def uses(self, name: str) -> bool:
        """Whether a request or a signature holds what this name stands for."""
        described = [self.url, dict(self.headers), dict(self.query), dict(self.body)]
        signings = [f"{one.over} {one.key}" for one in (self.sign, self.hooks) if one is not None]
        return any(name in marks(text) for text in texts([*described, *signings]))


@dataclass(frozen=True)
class Gateway:
    """A plan with the shop's own key; `hook_url` is where reports shall come, '' if phones cannot reach the shop."""

    plan: Plan
    key: str = ""
    secret: str = field(default="", repr=False)
    hook_url: str = ""


def read(path: Path) -> Plan:
    """The plan in a file. Raises: PlanError."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {type(error).__name__}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: {error}") from None
    plan: Plan = _made(Plan, given, "")
    _check(plan)
    return plan


def _made(kind: type, given: object, where: str) -> Any:
    """A value of a dataclass from a table; every name and type is looked at."""
    if not isinstance(given, dict):
        raise PlanError(f"[{where}] must be a table")
    known = {one.name: one for one in fields(kind)}
    for name in given.keys() - known.keys():
        raise PlanError(f"{_at(where, name)}: unknown; known are {', '.join(known)}")
    for one in fields(kind):
        if one.name not in given and one.default is MISSING and one.default_factory is MISSING:
            raise PlanError(f"{_at(where, one.name)}: missing")
    return kind(**{name: _typed(known[name].type, value, _at(where, name)) for name, value in given.items()})


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _typed(kind: Any, value: object, where: str) -> object:
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise PlanError(f"{where}: choose one of {', '.join(get_args(kind))}")
        return value
    if kind in (str, int, bool):
        if type(value) is not kind:
            raise PlanError(
                f"{where}: must be {'a number' if kind is int else 'text' if kind is str else 'true or false'}"
            )
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise PlanError(f'{where}: must be a list, like ["OK"]')
        return tuple(str(one) for one in value)
    if hasattr(kind, "__dataclass_fields__"):
        return _made(kind, value, where)
    return _table(kind, value, where)


def _table(kind: Any, value: object, where: str) -> object:
    """A table of texts, of lists, or of anything JSON knows."""
    if not isinstance(value, dict):
        raise PlanError(f"[{where}] must be a table")
    names, holds = get_args(kind)
    if get_origin(names) is Literal:
        for name in value.keys() - set(get_args(names)):
            raise PlanError(f"{_at(where, name)}: unknown; known are {', '.join(get_args(names))}")
    return {name: one if holds is Any else _typed(holds, one, _at(where, name)) for name, one in value.items()}


# --- what can be wrong with it ---------------------------------------------------------------------


def _check(plan: Plan) -> None:
    parts = urlsplit(plan.url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise PlanError("url: must start with https:// (http:// only for 127.0.0.1)")
    if plan.encoding == "query" and plan.body:
        raise PlanError('body: with encoding = "query" everything stands in [query]')
    if plan.method == "GET" and plan.encoding != "query":
        raise PlanError('encoding: GET has no body; use encoding = "query"')
    sent = {"url": plan.url, "headers": plan.headers, "query": plan.query, "body": plan.body}
    sign = {"sign"} if plan.sign else set()
    for name, value in sent.items():
        _known(value, (IN_HEAD if name in ("url", "headers") else SAID) | sign, name)
    if plan.sign is not None:
        _known(plan.sign.over, SIGNED, "sign.over")
        _known(plan.sign.key, SAID, "sign.key")
        if not any("{sign}" in text for text in texts(sent)):
            raise PlanError("sign: {sign} stands nowhere in url, headers, query or body")
        if {"body", "body_sha256"} & marks(plan.sign.over) and any("{sign}" in text for text in texts(plan.body)):
            raise PlanError("sign.over: the body cannot be signed while {sign} stands in it")
    if plan.hooks is not None:
        _known(plan.hooks.over, HOOKED, "hooks.over")
        _known(plan.hooks.key, HOOKED, "hooks.key")
    if plan.status is not None and not (plan.status.id or plan.status.own):
        raise PlanError("status.id: missing; name where a report has the provider's id, or ours as own")


def _known(value: object, allowed: Set[str], where: str) -> None:
    for text in texts(value):
        for name in sorted(marks(text) - allowed):
            raise PlanError(f"{where}: {{{name}}} is unknown; known are {' '.join(sorted(allowed))}")


def marks(text: str) -> set[str]:
    """The names in braces."""
    return set(MARK.findall(text))


def texts(value: object) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from texts(one)


def fill(text: str, facts: Mapping[str, str]) -> str:
    """A text with what stands for the names in braces."""
    return MARK.sub(lambda found: facts.get(found[1], ""), text)
