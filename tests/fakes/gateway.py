"""Two providers of text messages on loopback, shaped like the usual domestic ones; each checks what it is sent.

Written from the shapes their interfaces have, on purpose without anything of ours: signatures are made anew here.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from tests.fakes.serving import Quiet, listening

KEY, SECRET = "LTAI-test-key", "test-secret-of-the-gateway"
PHONE = "13800138000"


@dataclass
class FakeGateway:
    """`answers` are what comes next as (status, code); 'hang' says nothing, 'garbage' accepts and answers no JSON."""

    url: str
    answers: list[tuple[int, str] | str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


def form_code(path: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, Any]]:
    """What the form provider says of a request, and the request."""
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    given = form.pop("Signature", "")
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in form.items())
    text = "POST&%2F&" + quote("&".join(f"{name}={value}" for name, value in pairs), safe="~")
    digest = hmac.new(f"{SECRET}&".encode(), text.encode(), hashlib.sha1).digest()
    if given != base64.b64encode(digest).decode():
        return "SIGNATURE_DOES_NOT_MATCH", form
    if len(form["PhoneNumbers"]) != 11:
        return "MOBILE_NUMBER_ILLEGAL", form
    return ("OK" if form["TemplateCode"].startswith("SMS_") else "TEMPLATE_ILLEGAL"), form


def json_code(path: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, Any]]:
    """What the JSON provider says of a request, and the request."""
    told = json.loads(body)
    text = f"POST\n{path}\n{headers['x-time']}\n{hashlib.sha256(body).hexdigest()}"
    if headers["x-signature"] != hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest():
        return "4010", told
    return ("0" if told["mobiles"][0].startswith("+86") else "1004"), told


def form_answer(code: str, number: int) -> dict[str, Any]:
    """How the form provider answers."""
    return {"Code": code, "Message": "…", "RequestId": "r", **({"BizId": f"biz{number}"} if code == "OK" else {})}


def json_answer(code: str, number: int) -> dict[str, Any]:
    """How the JSON provider answers: a code as a number, inside a list."""
    return {"results": [{"code": int(code), "sid": f"sid{number}"} if code == "0" else {"code": int(code)}]}


@contextmanager
def gateway(kind: str) -> Iterator[FakeGateway]:
    """A provider while the block runs: 'form' or 'json'."""
    judge, say = (form_code, form_answer) if kind == "form" else (json_code, json_answer)

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            code, told = judge(self.path, headers, body)
            here.taken.append(told)
            here.headers.append(headers)
            planned = here.answers.pop(0) if here.answers else (200, code)
            if planned == "hang":
                here.ended.wait(30)
            elif planned == "garbage":
                self.answer(200, "<html>oops")
            else:
                status, code = planned  # type: ignore[misc]
                self.answer(int(status), json.dumps(say(str(code), len(here.taken))))

    with listening(Handler) as url:
        here = FakeGateway(f"{url}{'/' if kind == 'form' else '/v1/messages'}")
        try:
            yield here
        finally:
            here.ended.set()
