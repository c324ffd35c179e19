"""Twilio: sms and whatsapp.

Twilio's create call has no idempotency key, so nothing here repeats a request, and every answer that leaves
doubt is `Unknown`.
"""

import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import requests

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Price, Refused, Retry, Unknown
from notify.lines import quiet_session, unanswered

# Codes from twilio.com/docs/api/errors. Twilio may add codes: what is not here is the message's own fault.
ADDRESS_CODES = frozenset({21211, 21214, 21217, 21265, 21604, 21614, 21635, 63003, 63024})
OPTED_OUT_CODES = frozenset({21610})
SENDER_CODES = frozenset(
    {14108, 20404, 21212, 21213, 21408, 21603, 21606, 21608, 21612, 21659, 21660, 21661}
    | {21701, 21702, 21703, 21704, 21705, 63007}
)
QUEUE_FULL_CODES = frozenset({21611})

MAX_VALIDITY_S = 36_000
MAX_RETRY_AFTER_S = 86_400
LIST_SIZE, PAGE_SIZE = 200, 1000
MOST_PRICES = 100_000
MAX_VARIABLES, MAX_VARIABLE = 100, 255
_CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")
TRIAL_PREFIX = "Sent from your Twilio trial account - "


@dataclass(frozen=True)
class TwilioAccount:
    """Where and as whom to send.

    `sender` is a number, short code or sender name; `messaging_service_sid` may stand instead or beside it.
    `public_base_url` is where Twilio can reach this shop; without it there are no status callbacks.
    `base_url` replaces https://api.twilio.com. Time-outs in seconds.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str | None = None
    messaging_service_sid: str | None = None
    public_base_url: str | None = None
    base_url: str | None = None
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 10.0


class ApiError(Exception):
    """Twilio answered with something other than success; `code` is Twilio's own, None when it gave none."""

    def __init__(self, status: int, code: int | None, retry_after_s: int | None) -> None:
        super().__init__(f"http-{status}")
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Response:
    """What Twilio's client reads from an answer."""

    status_code: int
    text: str
    headers: dict[str, str]


class TwilioHttp:
    """Carries the requests of Twilio's client.

    Stands in for `twilio.http.http_client.TwilioHttpClient`, which keeps its last answer on itself, so that
    two threads can swap answers, has no time-out, hides Retry-After and cannot be pointed elsewhere.
    """

    def __init__(self, account: TwilioAccount, *, pool: int = 32) -> None:
        self._base_url = account.base_url and account.base_url.rstrip("/")
        self._timeout = (account.connect_timeout_s, account.read_timeout_s)
        self._session = quiet_session(pool)

    def request(self, method: str, url: str, **options: Any) -> Response:
        """Send one request, once.

        Raises: ApiError for every answer but 2xx; requests.RequestException when there was no answer.
        """
        if self._base_url:
            # The host is dropped whatever it is: TWILIO_EDGE or a region may have changed it.
            parts = urlsplit(url)
            url = f"{self._base_url}{parts.path}{'?' if parts.query else ''}{parts.query}"
        answer = self._session.request(
            method,
            url,
            params=options.get("params"),
            data=options.get("data"),
            headers=options.get("headers"),
            auth=options.get("auth"),
            timeout=self._timeout,
            allow_redirects=False,
        )
        if not 200 <= answer.status_code < 300:
            raise ApiError(answer.status_code, _code(answer.text), _retry_after_s(answer))
        return Response(answer.status_code, answer.text, dict(answer.headers))

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()


class TwilioChannel:
    """Sends over one Twilio account; safe to share between threads."""

    can_list = True
    inbound = True

    def __init__(self, name: Literal["sms", "whatsapp"], account: TwilioAccount) -> None:
        # 165 ms to import, which only a process that really sends should pay.
        from twilio.rest import Client

        # Below that they log the addresses in query strings.
        for chatty in ("twilio", "twilio.http_client", "urllib3"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self.name: str = name
        self.by_template = name == "whatsapp"
        self._prefix = "whatsapp:" if name == "whatsapp" else ""
        self._http = TwilioHttp(account)
        self._create = _fixed_options(account, prefix=self._prefix)
        self._callback = account.public_base_url and f"{account.public_base_url.rstrip('/')}/hooks/twilio/status"
        self._client: Any = Client(
            account.account_sid,
            account.auth_token,
            http_client=self._http,
            # Not empty, or the client would read the process environment instead.
            environment={"TWILIO_EDGE": ""},
        )

    def send(self, message: OutMessage) -> Outcome:
        """Create the message at Twilio, once; by whatsapp as an approved template, or freely to who wrote lately."""
        try:
            options = dict(self._create) | self._content(message)
        except ValueError as wrong:
            return Refused(str(wrong), "message")
        if self._callback:
            options["status_callback"] = f"{self._callback}?o={message.outbox_id}&n={message.attempt}"
        if message.valid_for_s is not None:
            options["validity_period"] = min(MAX_VALIDITY_S, max(1, message.valid_for_s))
        try:
            created = self._client.messages.create(to=self._address(message), **options)
        except ApiError as error:
            return _answered(error)
        except requests.RequestException as error:
            return unanswered(error)
        except (ValueError, TypeError, AttributeError):
            # The answer said success, but its body was not the JSON object the client expects.
            return Unknown("unparsable")
        return Accepted(created.sid) if isinstance(created.sid, str) else Unknown("unparsable")

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        """Look through what Twilio holds for this address; the oldest match wins.

        Twilio keeps whole seconds, so a message of the same second as `since_ms` counts. The DateSent filter
        is of no use: a message still queued has none.

        Raises: CannotTell when the list could not be read, or may not reach back far enough.
        """
        try:
            records = self._client.messages.list(to=self._address(message), limit=LIST_SIZE, page_size=LIST_SIZE)
        except ApiError as error:
            raise CannotTell(str(error)) from error
        except requests.RequestException as error:
            raise CannotTell(unanswered(error).reason) from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise CannotTell("unparsable") from error
        recent = [record for record in records if _created_ms(record) + 999 >= since_ms]
        ours = [record for record in recent if record.direction != "inbound" and record.sid not in taken]
        for record in sorted(ours, key=_created_ms):
            if (record.body or "").removeprefix(TRIAL_PREFIX) == message.body:
                return str(record.sid)
        if ours and message.provider_template:
            # A template's words are the provider's: what reads otherwise may still be this one.
            raise CannotTell("template")
        if len(recent) == LIST_SIZE:
            raise CannotTell("list too long")
        return None

    def prices(self, *, since_ms: int) -> Iterator[Price]:
        """What this account was charged for messages sent since then; a price comes hours after its message.

        Raises: CannotTell when the list could not be read.
        """
        since = datetime.fromtimestamp(since_ms / 1000, UTC)
        try:
            for record in self._client.messages.stream(date_sent_after=since, limit=MOST_PRICES, page_size=PAGE_SIZE):
                price = _price(record)
                if price is not None:
                    yield price
        except ApiError as error:
            raise CannotTell(str(error)) from error
        except requests.RequestException as error:
            raise CannotTell(unanswered(error).reason) from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise CannotTell("unparsable") from error

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    def _content(self, message: OutMessage) -> dict[str, str]:
        """Words, or a template with its variables. Raises: ValueError naming what cannot be sent so."""
        sid = message.provider_template if self.by_template else None
        if sid:
            if not _CONTENT_SID.fullmatch(sid):
                raise ValueError("bad-template")
            return {"content_sid": sid, "content_variables": content_variables(message.fields)}
        if self.by_template and not message.answered:
            raise ValueError("no-template")
        return {"body": message.body}

    def _address(self, message: OutMessage) -> str:
        return self._prefix + message.to.removeprefix("whatsapp:")


def _price(record: Any) -> Price | None:
    """The price of a record, None while Twilio does not know it; it writes what it charges as a negative number."""
    if record.price is None or not record.price_unit or record.direction == "inbound":
        return None
    micros = int((-Decimal(str(record.price)) * 1_000_000).to_integral_value(ROUND_HALF_UP))
    return Price(record.sid, micros, record.price_unit.upper(), int(record.num_segments or 1))


def content_variables(fields: Mapping[str, str]) -> str:
    """The variables of an approved template, numbered from 1 in their order, each on one line.

    Source: twilio.com/docs/content, "Using variables with Content templates": at most 100, of at most 255
    characters, none empty. Raises: ValueError.
    """
    plain = [" ".join(value.split()) for value in fields.values()]
    if len(plain) > MAX_VARIABLES or any(not 1 <= len(one) <= MAX_VARIABLE for one in plain):
        raise ValueError("bad-variables")
    return json.dumps({str(number): one for number, one in enumerate(plain, 1)}, ensure_ascii=False)


def _fixed_options(account: TwilioAccount, *, prefix: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if account.sender:
        options["from_"] = prefix + account.sender.removeprefix("whatsapp:")
    if account.messaging_service_sid:
        options["messaging_service_sid"] = account.messaging_service_sid
    return options


def _answered(error: ApiError) -> Outcome:
    # A known code says more than the status: 21610 under a 403 is one customer's wish, not a broken account.
    if error.status == 429 or error.code in QUEUE_FULL_CODES:
        return Retry(str(error), after_s=error.retry_after_s)
    if not 400 <= error.status < 500:
        return Unknown(str(error))
    if error.code in OPTED_OUT_CODES:
        return Refused(str(error.code), "opted_out")
    if error.code in ADDRESS_CODES:
        return Refused(str(error.code), "address")
    if error.code in SENDER_CODES:
        return Refused(str(error.code), "sender")
    if error.status in (401, 403):
        return Retry(str(error), pause_channel=True)
    if error.status == 408:
        return Retry(str(error), after_s=error.retry_after_s)
    return Refused(str(error.code or error), "message")


def _code(text: str) -> int | None:
    try:
        payload = json.loads(text)
    except ValueError:
        return None
    code = payload.get("code") if isinstance(payload, dict) else None
    return code if isinstance(code, int) else None


def _retry_after_s(answer: requests.Response) -> int | None:
    """Read Retry-After: seconds, or a date counted from the answer's own Date."""
    wish = answer.headers.get("Retry-After", "").strip()
    if wish.isascii() and wish.isdigit() and len(wish) < 10:
        return min(int(wish), MAX_RETRY_AFTER_S)
    try:
        wait = parsedate_to_datetime(wish) - parsedate_to_datetime(answer.headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(0, int(wait.total_seconds())), MAX_RETRY_AFTER_S)


def _created_ms(record: Any) -> int:
    # A record without a date is taken as new: better to match it than to send again.
    return int(record.date_created.timestamp()) * 1000 if record.date_created else 2**53
