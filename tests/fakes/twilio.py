"""A small Twilio on loopback: messages, faults on demand, signed webhooks.

Written from Twilio's documented API (2010-04-01 messages, error codes, webhook security), on purpose without
using anything of ours or of the twilio package.
"""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

Fault = Literal[
    "429",
    "401",
    "500-before",
    "500-after",
    "reset-before",
    "reset-after",
    "hang-before",
    "hang-after",
    "html-502",
    "garbage",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)
"""Before and after tell whether the message had been accepted; garbage accepts, then answers no JSON."""

ACCOUNT_SID = "AC" + "a" * 32
AUTH_TOKEN = "secret-of-the-fake"
SENDER = "+15005550006"
WHATSAPP_SENDER = "whatsapp:+14155238886"
SERVICE_SID = "MG" + "b" * 32

# Every field we mean to send; Twilio knows more and ignores what it does not know, which would hide a slip.
FIELDS = frozenset(
    {"To", "From", "Body", "MessagingServiceSid", "StatusCallback", "ValidityPeriod", "ContentSid", "ContentVariables"}
)


@dataclass
class Message:
    """One accepted message, with the form it came from."""

    sid: str
    form: dict[str, str]
    created: datetime
    status: str = "queued"
    error_code: int | None = None
    template: str = ""
    price: str | None = None
    segments: int = 1

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def left(self) -> bool:
        """Whether it went on to its carrier: only then it has a date of sending."""
        return self.status not in ("queued", "accepted")

    @property
    def body(self) -> str:
        """The words, of a template as its account has them."""
        if "ContentSid" not in self.form:
            return self.form["Body"]
        given = json.loads(self.form.get("ContentVariables", "{}"))
        return re.sub(r"\{\{(\w+)\}\}", lambda found: str(given.get(found[1], "")), self.template)


@dataclass
class Answer:
    """What goes back, or how the connection ends."""

    status: int = 200
    payload: dict[str, Any] | str = ""
    headers: dict[str, str] = field(default_factory=dict)
    end: Literal["answer", "reset", "hang"] = "answer"


class FakeTwilio:
    """Use as a context manager; `url` is the base URL to send to.

    `inject` queues faults for the coming creates, one a call (None is a call without fault); `plan`, when
    set, is asked for each create once the queue is empty. `list_faults` is the queue for lists.
    `webhook_target` is where callbacks really go (scheme and host), while they are signed for the public URL,
    as behind a proxy.
    """

    def __init__(self, *, plan: Callable[[], Fault | None] | None = None, hang_s: float = 30.0) -> None:
        self.accepted: list[Message] = []
        self.refused: list[int] = []
        self.unknown_fields: set[str] = set()
        self.requests = 0
        self.seen: list[tuple[str, str, dict[str, str], list[tuple[str, str]]]] = []
        self.opted_out: set[str] = set()
        self.templates: dict[str, str] = {}
        self.retry_after: str | None = "7"
        self.webhook_target: str | None = None
        self.plan = plan
        self.list_faults: deque[Fault | None] = deque()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._faults: deque[Fault | None] = deque()
        self._hang_s = hang_s
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "FakeTwilio":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def inject(self, *faults: Fault | None) -> None:
        """Queue faults for the next creates."""
        self._faults.extend(faults)

    def bodies_to(self, to: str) -> list[str]:
        """Every body accepted for an address, in order."""
        return [message.body for message in self.accepted if message.to == to]

    def hang(self) -> None:
        """Block a request until the fake closes or its patience ends."""
        self._closing.wait(self._hang_s)

    # The API

    def answer(self, method: str, target: str, headers: Any, form: list[tuple[str, str]]) -> Answer:
        """Answer one API request."""
        parts = urlsplit(target)
        expected = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        with self._lock:
            self.requests += 1
            self.seen.append((method, target, dict(headers), form))
            if headers.get("Authorization") != expected:
                return _error(401, 20003, "Authenticate")
            root = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
            one = re.fullmatch(rf"{root}/(\w+)\.json", parts.path)
            if one and method == "GET":
                return self._fetch(one.group(1))
            if parts.path != f"{root}.json":
                return _error(404, 20404, f"The requested resource {parts.path} was not found")
            if method == "POST":
                return self._create_with_faults(dict(form))
            return self._list_with_faults(dict(parse_qsl(parts.query)))

    def _create_with_faults(self, form: dict[str, str]) -> Answer:
        fault = self._faults.popleft() if self._faults else self.plan() if self.plan else None
        spoilt = self._before(fault)
        if spoilt is not None:
            return spoilt
        answer = self._create(form)
        return self._after(fault, answer) if answer.status == 201 else answer

    def _list_with_faults(self, query: dict[str, str]) -> Answer:
        fault = self.list_faults.popleft() if self.list_faults else None
        return self._before(fault) or self._after(fault, self._list(query))

    def _before(self, fault: Fault | None) -> Answer | None:
        if fault == "429":
            answer = _error(429, 20429, "Too Many Requests")
            if self.retry_after is not None:
                answer.headers["Retry-After"] = self.retry_after
            return answer
        if fault == "401":
            return _error(401, 20003, "Authenticate")
        if fault == "500-before":
            return _error(500, 20500, "Internal Server Error")
        if fault == "html-502":
            return Answer(502, "<html><body><h1>502 Bad Gateway</h1></body></html>")
        if fault == "reset-before":
            return Answer(end="reset")
        return Answer(end="hang") if fault == "hang-before" else None

    def _after(self, fault: Fault | None, answer: Answer) -> Answer:
        if fault == "500-after":
            return _error(500, 20500, "Internal Server Error")
        if fault == "reset-after":
            return Answer(end="reset")
        if fault == "hang-after":
            return Answer(end="hang")
        return Answer(answer.status, "<html>oops") if fault == "garbage" else answer

    def _create(self, form: dict[str, str]) -> Answer:
        self.unknown_fields |= form.keys() - FIELDS
        problem = self._problem(form)
        if problem is not None:
            self.refused.append(problem[0])
            return _error(400, *problem)
        number = next(self._numbers)
        sid = "SM" + hashlib.md5(str(number).encode()).hexdigest()
        message = Message(sid, form, self.clock().replace(microsecond=0))
        message.template = self.templates.get(form.get("ContentSid", ""), "{{1}}")
        if "MessagingServiceSid" in form:
            message.status = "accepted"
        self.accepted.append(message)
        return Answer(201, _resource(message))

    def _problem(self, form: dict[str, str]) -> tuple[int, str] | None:
        to, body = form.get("To", ""), form.get("Body", "")
        bad_from = form.get("From") not in (None, SENDER, WHATSAPP_SENDER)
        bad_service = form.get("MessagingServiceSid") not in (None, SERVICE_SID)
        validity = form.get("ValidityPeriod", "36000")
        callback = form.get("StatusCallback", "https://x.example/")
        no_sender = "From" not in form and "MessagingServiceSid" not in form
        bad_to = not re.fullmatch(r"(whatsapp:)?\+[1-9]\d{6,14}", to)
        content, variables = form.get("ContentSid"), form.get("ContentVariables", "{}")
        bad_content = content is not None and not re.fullmatch(r"HX[0-9a-fA-F]{32}", content)
        nothing = not body and content is None
        bad_validity = not validity.isdigit() or not 1 <= int(validity) <= 36000
        checks: tuple[tuple[bool, int, str], ...] = (
            (not to, 21604, "A 'To' phone number is required."),
            (bad_to, 21211, f"Invalid 'To' Phone Number: {to[:4]}XXXX"),
            (no_sender, 21603, "A 'From' phone number is required."),
            (bad_from, 21606, "The 'From' phone number is not a valid message-capable Twilio number."),
            (bad_service, 21701, "The Messaging Service does not exist"),
            (nothing, 21602, "Message body is required."),
            (bad_content, 21655, "The ContentSid is Invalid"),
            (not _are_variables(variables), 21656, "The ContentVariables Parameter is invalid"),
            (len(body) > 1600, 21617, "The concatenated message body exceeds the 1600 character limit"),
            (not _is_callback(callback), 21609, "The StatusCallback URL is not a valid url."),
            (bad_validity, 90007, "Invalid validity period value"),
            (to in self.opted_out, 21610, "Attempt to send to unsubscribed recipient"),
        )
        return next(((code, text) for wrong, code, text in checks if wrong), None)

    def _fetch(self, sid: str) -> Answer:
        for message in self.accepted:
            if message.sid == sid:
                return Answer(200, _resource(message))
        return _error(404, 20404, f"The requested resource {sid} was not found")

    def _list(self, query: dict[str, str]) -> Answer:
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        if not 1 <= size <= 1000:
            return _error(400, 20001, "Page size must be between 1 and 1000")
        since = query.get("DateSent>")
        found = [
            m for m in reversed(self.accepted)
            if query.get("To") in (None, m.to) and (since is None or (m.left and m.created >= _moment(since)))
        ]  # fmt: skip
        shown = found[page * size : (page + 1) * size]
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        more = len(found) > (page + 1) * size
        payload = {
            "messages": [_resource(message) for message in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "uri": f"{path}?{urlencode(query)}",
            "first_page_uri": f"{path}?{urlencode(query | {'Page': '0'})}",
            "next_page_uri": f"{path}?{urlencode(query | {'Page': str(page + 1)})}" if more else None,
            "previous_page_uri": f"{path}?{urlencode(query | {'Page': str(page - 1)})}" if page else None,
        }
        return Answer(200, payload)

    # Webhooks

    def call_back(self, sid: str, *statuses: str, error_code: int | None = None) -> list[int]:
        """Post signed status callbacks, by default queued, sent, delivered; return their HTTP statuses.

        The order is free, so late lower states can be tried.
        """
        message = next(message for message in self.accepted if message.sid == sid)
        answers = []
        for status in statuses or ("queued", "sent", "delivered"):
            message.status, message.error_code = status, error_code
            form = {
                "MessageSid": sid,
                "SmsSid": sid,
                "MessageStatus": status,
                "SmsStatus": status,
                "To": message.to,
                "From": message.form.get("From", SENDER),
                "AccountSid": ACCOUNT_SID,
                "ApiVersion": "2010-04-01",
            }
            if error_code is not None:
                form["ErrorCode"] = str(error_code)
            answers.append(self.post(message.form["StatusCallback"], form))
        return answers

    def reply(self, url: str, *, from_: str, body: str, opt_out_type: str | None = None) -> int:
        """Post a signed inbound message to a public URL; return the HTTP status."""
        form = {
            "MessageSid": "SM" + hashlib.md5(f"in{next(self._numbers)}".encode()).hexdigest(),
            "From": from_,
            "To": SENDER,
            "Body": body,
            "AccountSid": ACCOUNT_SID,
            "FromCity": "",
        }
        if opt_out_type is not None:
            form["OptOutType"] = opt_out_type
        return self.post(url, form)

    def post(self, url: str, form: dict[str, str], *, signature: str | None = None) -> int:
        """Post a form, signed for `url` unless a signature is given; return the HTTP status."""
        parts = urlsplit(self.webhook_target or url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=10)
        aim = urlsplit(url)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Twilio-Signature": sign(url, form.items()) if signature is None else signature,
            "I-Twilio-Idempotency-Token": "0d2d9b1c-0000-4000-8000-000000000000",
        }
        try:
            path = f"{aim.path or '/'}{'?' if aim.query else ''}{aim.query}"
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


def sign(url: str, form: Iterable[tuple[str, str]], token: str = AUTH_TOKEN) -> str:
    """Twilio's documented signature: the URL, then each name and value in name order, HMAC-SHA1, base64."""
    text = url
    for name, value in sorted(form):
        text += name + value
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _is_callback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "_")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _are_variables(text: str) -> bool:
    try:
        given = json.loads(text)
    except ValueError:
        return False
    return isinstance(given, dict) and len(given) <= 100 and all(0 < len(str(one)) <= 255 for one in given.values())


def _error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def _resource(message: Message) -> dict[str, Any]:
    by_service = "MessagingServiceSid" in message.form
    stamp = format_datetime(message.created)
    left = message.left
    uri = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{message.sid}"
    return {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": stamp,
        "date_sent": stamp if left else None,
        "date_updated": stamp,
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": None,
        "from": message.form.get("From"),
        "messaging_service_sid": message.form.get("MessagingServiceSid"),
        "num_media": "0",
        # A messaging service counts only once it has picked a sender.
        "num_segments": "0" if by_service and not left else str(message.segments),
        "price": message.price,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake = fake
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 1, 0):
            # Closing without saying goodbye is what makes it a reset.
            request.close()
        else:
            super().shutdown_request(request)

    def end_connections(self) -> None:
        """Wake the threads that wait on idle connections."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet an answer, or delayed acknowledgements cost 40 ms each.
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        self._serve([])

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self._serve(parse_qsl(text, keep_blank_values=True))

    def _serve(self, form: list[tuple[str, str]]) -> None:
        answer = self.server.fake.answer(self.command, self.path, self.headers, form)
        if answer.end == "hang":
            self.server.fake.hang()
        if answer.end != "answer":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        is_html = isinstance(answer.payload, str)
        body = (answer.payload if isinstance(answer.payload, str) else json.dumps(answer.payload)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html" if is_html else "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
