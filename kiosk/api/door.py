"""The API for tills and online shops: JSON under /api/v1, let in by a key, refused by RFC 9457."""

import functools
import hashlib
import inspect
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, g, jsonify, render_template, request
from pydantic import BaseModel, ValidationError
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter import get_pydantic_model_adapter
from spectree.model_adapter.protocol import ModelAdapter
from spectree.models import SecureType, SecuritySchemeData
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from core.base import access, clock, limits, logs
from core.base.access import Actor
from core.base.clock import MINUTE, Millis
from core.base.errors import Invalid, RegularsError
from core.base.i18n import N_, T, Text
from core.base.limits import Limit
from core.books import requests
from core.people import devices, staff
from core.people.devices import KeyRefused
from kiosk import web
from kiosk.api import examples, reading
from kiosk.api.schemas import Approval, PageAsked, Problem

log = logs.get("api")
Shape = TypeVar("Shape", bound=BaseModel)
Row = TypeVar("Row")
PREFIX = "/api/v1"
LONGEST_KEY = 255
KEY = re.compile(r"^[!-~]([ -~]*[!-~])?$")
BOUNDS = {"ge": "minimum", "le": "maximum"}
DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")

pages = Blueprint("api", __name__, url_prefix=PREFIX)


class BodyInvalid(Invalid):
    """A field of the body is missing, unknown or of the wrong kind."""

    code = "body_invalid"
    text = N_("{field}: {problem}")


class KeyMissing(Invalid):
    """A request that moves value has no key to be recognized by."""

    code = "idempotency_key_missing"
    text = N_("Send a header Idempotency-Key (1 to {longest} characters), a new one for each sale or refund.")


# --- documents -----------------------------------------------------------------------------------


def _schemas() -> ModelAdapter[Any, Exception, Any]:
    """Models as JSON schemas, each made once, however many operations name it; whoever asks copies what it gets."""
    adapter = get_pydantic_model_adapter()
    adapter.json_schema = functools.cache(adapter.json_schema)  # type: ignore[method-assign, assignment]
    return adapter


document = SpecTree(
    "flask",
    model_adapter=_schemas(),
    title="Regulars API",
    version="1",
    description="Members, quotes, sales, refunds, offers and days of a chain of shops.",
    path="api/v1/openapi",
    mode="strict",
    page_templates={},
    annotations=False,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    validation_error_model=Problem,
    security_schemes=[SecurityScheme(name="key", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))],
    security={"key": []},
)
REFUSALS = (400, 401, 403, 404, 409, 413, 415, 422, 500, 503)
WRONG_KEYS = Limit("wrong API keys", 20, MINUTE)
"""What one address may try."""


def operation(
    done: int,
    out: type[BaseModel],
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = REFUSALS,
    bare: tuple[int, ...] = (),
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Document a route: what it takes, what it gives, and every status it may answer with.

    429 always, and with a body all that may be wrong with one.

    `bare` are answers without a body. What comes in is read by `body_of`, because the document's own
    reader takes a broken body for an empty one and writes what it refuses into the log.
    """
    always = {429} if body is None else {400, 413, 415, 422, 429}
    answers = {f"HTTP_{done}": out} | {f"HTTP_{status}": Problem for status in sorted({*refusals, *always})}

    def mark(view: Callable[..., Response]) -> Callable[..., Response]:
        checked: Callable[..., Response] = document.validate(
            json=body,
            query=query,
            resp=Answers(*(f"HTTP_{status}" for status in bare), **answers),
            tags=("v1",),
            skip_validation=True,
        )(view)
        return checked

    return mark


def document_only(app: Flask) -> None:
    """Let the routes of an application answer without what only wrote them down."""
    with app.app_context():
        _ = document.spec
    for name, view in app.view_functions.items():
        if name.startswith("api."):
            app.view_functions[name] = inspect.unwrap(view)


@functools.cache
def _written(_app: int) -> dict[str, Any]:
    """The OpenAPI document; refusals are problem+json, ids in paths fit their 53 bits."""
    return written(examples.IDS)


def written(ids: dict[str, str]) -> dict[str, Any]:
    """The OpenAPI document with examples that name these ids."""
    found: dict[str, Any] = _plain(json.loads(json.dumps(document.spec)))
    for path, ways in found["paths"].items():
        for way, one in ways.items():
            for parameter in one["parameters"]:
                parameter["schema"].pop("format", None)
                if parameter["in"] == "path":
                    parameter["example"] = _path_example(parameter, ids)
            for status, answer in one["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
            if "Idempotency-Key" in one.get("description", ""):
                one["parameters"].append(
                    {"name": "Idempotency-Key", "in": "header", "required": True, "example": "till-1-000123",
                     "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": KEY.pattern}}
                )  # fmt: skip
            if "requestBody" in one:
                body = examples.BODIES[way, path.removeprefix(PREFIX)]
                one["requestBody"]["content"]["application/json"]["example"] = examples.filled(body, ids)
    return found


def _path_example(parameter: dict[str, Any], ids: dict[str, str]) -> int | str:
    """What may stand in an address; a number where one belongs, which then has up to 15 digits."""
    value = str(examples.filled(examples.IN_PATHS[parameter["name"]], ids))
    if parameter["schema"]["type"] != "integer":
        return value
    parameter["schema"] |= {"minimum": 0, "maximum": 10**15 - 1}
    return int(value)


def _plain(value: Any) -> Any:
    """Bounds of numbers in the words of JSON Schema."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {BOUNDS.get(name, name): _plain(one) for name, one in value.items()}
    return value


@pages.get("/openapi.json")
def openapi() -> Response:
    """The API described for programs."""
    return jsonify(_written(id(current_app._get_current_object())))  # type: ignore[attr-defined]


@pages.get("/docs")
def docs() -> str:
    """The API described for people."""
    return _page(id(current_app._get_current_object()))  # type: ignore[attr-defined]


@functools.cache
def _page(app: int) -> str:
    written = _written(app)
    scopes = {scope: ", ".join(access.NAMES[one] for one in sorted(rights)) for scope, rights in devices.SCOPES.items()}
    return render_template(
        "api_docs.html", api=written, groups=reading.groups(written), forms=reading.forms(written), scopes=scopes
    )


# --- in and out ----------------------------------------------------------------------------------


@pages.before_request
def _let_in() -> None:
    """Every route but the two documents needs a key, which has a rate limit. Raises: KeyRefused, TooOften."""
    this, here = web.asked(), web.kept()
    if this.endpoint in ("api.openapi", "api.docs"):
        return
    given, now, address = this.headers.get("Authorization", ""), clock.now(), this.remote_addr or ""
    key = given.removeprefix("Bearer ") if given.startswith("Bearer ") else ""
    try:
        here.actor = devices.by_key(key, now=now, address=address)
    except KeyRefused as refusal:
        logs.note(log, "key refused", why=refusal.code)
        limits.take((WRONG_KEYS, address), now=now)
        raise
    here.key_id = key.split("_")[1]
    limits.take((Limit("API key", here.rules.api_per_minute, MINUTE), here.actor.id), now=now)


@pages.after_request
def _note_use(response: Response) -> Response:
    """Note once a minute that a key is used, when its answer is on the way already."""
    here = web.kept()
    key_id, now = here.get("key_id"), clock.now()
    if key_id is None:
        return response
    used = current_app.config["KEYS_USED"]
    if abs(now - used.get(key_id, 0)) >= MINUTE:
        used[key_id] = now
        response.call_on_close(functools.partial(_note, key_id, now))
    return response


def _note(key_id: str, now: Millis) -> None:
    with suppress(RegularsError):  # a full disk is told to whoever writes, not to whoever looks something up
        devices.key_used(key_id, now=now)


def actor() -> Actor:
    """Whose key this request came with."""
    found: Actor = web.kept().actor
    return found


def store_id() -> int:
    """The store the key belongs to."""
    return next(iter(actor().stores))


def body_of(shape: type[Shape]) -> Shape:
    """The body of this request in a shape. Raises: BodyInvalid, and 400 or 415 for what is no JSON."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        given = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise BadRequest from None
    return _checked(shape, given)


def query_of(shape: type[Shape]) -> Shape:
    """What stands behind the address in a shape. Raises: BodyInvalid."""
    return _checked(shape, request.args.to_dict())


def _id(one: Any) -> int:
    found: int = one.id
    return found


def page_of(
    found: Sequence[Row], asked: PageAsked, *, id_of: Callable[[Row], int] = _id, newest: bool = False
) -> tuple[list[Row], str | None]:
    """A page of a list by id, the lowest first or the newest, and the cursor of the next.

    A cursor is the last id shown: a row that ended meanwhile moves no page.
    """
    after = int(asked.cursor) if asked.cursor else None
    rows = sorted(found, key=id_of, reverse=newest)
    if after is not None:
        rows = [one for one in rows if (id_of(one) < after if newest else id_of(one) > after)]
    more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    return rows, str(id_of(rows[-1])) if more else None


def _checked(shape: type[Shape], given: object) -> Shape:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise BodyInvalid(field=_field(first["loc"]), problem=_problem(first["type"], first.get("ctx", {}))) from None


def _field(where: tuple[int | str, ...]) -> str:
    """A place in the body as core names it, lines counted from 1: 'lines[1].quantity_milli'."""
    name = ""
    for part in where:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".") or "body"


def _problem(kind: str, bounds: dict[str, Any]) -> Text:
    """What is wrong with a field, with the bound it passes."""
    most = bounds.get("le", bounds.get("max_length"))
    known = str(bounds.get("expected", "")).replace(" or ", ", ").replace("'", "")
    said = {
        "missing": T("this field is needed"),
        "extra_forbidden": T("this field is not known; look for a typing error"),
        "literal_error": T("choose one of {known}", known=known),
        "less_than_equal": T("at most {most} is possible", most=most),
        "greater_than_equal": T("at least {least} is needed", least=bounds.get("ge")),
        "string_too_long": T("at most {most} characters fit here", most=most),
        "string_too_short": T("this field is empty"),
        "too_long": T("at most {most} entries fit here", most=most),
    }
    return said.get(kind, T("this is not of the kind that is needed; /api/v1/docs shows it"))


def key_of_request() -> str:
    """The key that makes this request happen once. Raises: KeyMissing."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        raise KeyMissing(field="Idempotency-Key", longest=LONGEST_KEY)
    return key


def once(verb: str) -> tuple[str, bool]:
    """The key of this request, and whether core has answered it for a verb before. Raises: KeyMissing."""
    key = g.once = key_of_request()
    return key, requests.was_answered(key, scope=f"{actor().tag}/{verb}")


def day_of(given: str, field: str) -> date:
    """A day written as 2026-12-31, from 2000 to 2999. Raises: BodyInvalid."""
    try:
        return date.fromisoformat(given if DAY.fullmatch(given) else "")
    except ValueError:
        raise BodyInvalid(field=field, problem=T("a day is written like 2026-12-31")) from None


def moment_of(given: str, field: str) -> Millis:
    """A moment of the years 2000 to 2999. Raises: BodyInvalid."""
    try:
        found = datetime.fromisoformat(given)
        if found.tzinfo is None or not 2000 <= found.year < 3000:
            raise ValueError("no zone, or another millennium")
    except ValueError:
        problem = T("a moment is written like 2026-12-31T12:00:00Z")
        raise BodyInvalid(field=field, problem=problem) from None
    return Millis(int(found.timestamp() * 1000))


def approver_of(given: Approval | None, right: str, *, replayed: bool = False) -> Actor | None:
    """Who approved with name and password; asked for once, not again when the answer is only repeated.

    Raises: SignInFailed, SignInWait, NotAllowed.
    """
    if given is None or replayed:
        return None
    return staff.approver(given.name, given.password, right=right, now=clock.now())


def answer(shape: BaseModel, status: int = 200, *, replayed: bool = False, tagged: bool = False) -> Response:
    """A shape as JSON, marked if a request with this key had been answered before, be it a moment ago.

    `tagged` adds an ETag and answers 304 to whoever has it already.
    """
    response = Response(shape.model_dump_json(), status, mimetype="application/json")
    if replayed or ("once" in web.kept() and requests.repeated()):
        response.headers["Idempotent-Replayed"] = "true"
    if tagged:
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:20])
        this = web.asked()
        if "HTTP_IF_NONE_MATCH" in this.environ:
            response.make_conditional(this)
    return response


def problem(status: int, code: str, sentence: str, field: str | None) -> Response:
    """A refusal as problem+json."""
    shape = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        code=code,
        field=field,
    )
    response = Response(shape.model_dump_json(exclude_none=True), status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
