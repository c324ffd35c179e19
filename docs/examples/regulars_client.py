"""A client of the Regulars API in one file, of the standard library alone: copy it into your program.

    shop = Regulars("https://vip.example.cn", key)
    who = shop.identify(scanned)
    basket = Basket((Line(tea, 2000),), member_id=who.member_id)
    total = shop.quote(basket).total_cents
    sale = shop.sale(basket, (Tender("cash", total),), expected_cents=total, key="till-1-000123")

Money is in cents, quantities in thousandths, ids are strings. What moves value takes a `key` of your own, a new one
for each sale or refund: keep it until you have the answer, and the same call with the same key happens once, however
often it is sent. Lost connections, 5xx and 429 are tried again by themselves with that key.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

T = TypeVar("T")


class RegularsError(Exception):
    """The shop refused, or could not be reached (status 0). `code` is stable, `detail` is for people."""

    def __init__(self, status: int, code: str, field: str | None, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.field, self.detail = status, code, field, detail


@dataclass(frozen=True)
class Line:
    """A product and how much of it in thousandths."""

    product_id: str
    quantity_milli: int = 1000
    unit_cents: int | None = None


@dataclass(frozen=True)
class Basket:
    """What is bought, by whom, with how many points as money."""

    lines: tuple[Line, ...]
    member_id: str | None = None
    points: int = 0


@dataclass(frozen=True)
class Tender:
    """How a part is paid: cash, card, wechat, alipay, wallet …"""

    kind: str
    cents: int
    reference: str | None = None


@dataclass(frozen=True)
class Identified:
    """Whose code it was; `allows` is what it proves: earn, coupon, spend, see."""

    member_id: str
    name: str
    proof: str
    allows: list[str]
    until: str
    points: int


@dataclass(frozen=True)
class Coupon:
    """A coupon a member holds."""

    id: str
    code: str
    name: str
    valid_from: str
    valid_until: str


@dataclass(frozen=True)
class Member:
    """A member; name and phone are masked unless the key may see them. `raw` is the whole answer."""

    id: str
    name: str
    phone: str
    card: str
    raw: dict[str, Any] = field(repr=False)

    @property
    def coupons(self) -> list[Coupon]:
        """The coupons they hold."""
        return [_made(Coupon, one) for one in self.raw["coupons"]]

    @property
    def usable_points(self) -> int:
        """The points they can use now."""
        return int(self.raw["points"]["usable"])


@dataclass(frozen=True)
class Quote:
    """A basket priced now; `raw` has every line with its reasons."""

    total_cents: int
    earned_points: int
    redeemed_points: int
    most_points: int
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Sale:
    """A sale, whole or as a list shows it; `raw` is the answer as it came."""

    id: str
    number: str
    at: str
    total_cents: int
    refunded_cents: int
    member_id: str | None
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Refund:
    """What was paid back, and the sale as it stands now."""

    id: str
    sale: Sale


@dataclass(frozen=True)
class Hold:
    """Points or stored value set aside; state is held, captured, released, lapsed or broken."""

    id: str
    member_id: str
    asset: str
    amount: int
    state: str
    until: str


@dataclass
class Regulars:
    """One shop and the key to it. Threads may share it: each request has its own connection."""

    url: str
    api_key: str = field(repr=False)
    language: str = "en"
    timeout_s: float = 10.0
    tries: int = 5
    longest_wait_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    _members: dict[str, tuple[str, Member]] = field(default_factory=dict, repr=False)

    def identify(self, code: str) -> Identified:
        """Whose card or code this is; it is not used up."""
        return _made(Identified, self._json("POST", "/identify", {"code": code}))

    def member(self, member_id: str) -> Member:
        """A member; one that did not change since the last time is not sent again."""
        tag, known = self._members.get(member_id, ("", None))
        status, headers, body = self._send(
            "GET", f"/members/{member_id}", headers={"If-None-Match": tag} if tag else {}
        )
        if status == 304 and known is not None:
            return known
        found = _made(Member, json.loads(body))
        if len(self._members) >= 1000:
            self._members.clear()
        self._members[member_id] = headers["etag"], found
        return found

    def quote(self, basket: Basket) -> Quote:
        """What a basket costs now, coupons and promotions taken off."""
        return _made(Quote, self._json("POST", "/quotes", asdict(basket)))

    def sale(
        self,
        basket: Basket,
        tenders: tuple[Tender, ...],
        *,
        expected_cents: int,
        key: str,
        proof_code: str | None = None,
    ) -> Sale:
        """Sell. `proof_code` from the member's phone is needed to pay with points or stored value."""
        body = asdict(basket) | {"expected_cents": expected_cents, "proof_code": proof_code}
        body["tenders"] = [asdict(one) for one in tenders]
        return _made(Sale, self._json("POST", "/sales", body, key=key))

    def sales(self, *, member_id: str | None = None, page: int = 200) -> Iterator[Sale]:
        """All sales of the key's store, newest first, fetched page by page."""
        asked: dict[str, Any] = {"limit": page} | ({"member_id": member_id} if member_id else {})
        while True:
            found = self._json("GET", f"/sales?{urlencode(asked)}")
            yield from (_made(Sale, one) for one in found["sales"])
            if found["next_cursor"] is None:
                return
            asked["cursor"] = found["next_cursor"]

    def refund(self, sale_id: str, lines: dict[str, int], *, key: str, reason: str = "") -> Refund:
        """Take lines back: quantities in thousandths by the id of the sold line."""
        back = [{"line_id": line, "quantity_milli": quantity} for line, quantity in lines.items()]
        found = self._json("POST", f"/sales/{sale_id}/refunds", {"lines": back, "reason": reason}, key=key)
        return Refund(found["id"], _made(Sale, found["sale"]))

    def hold(
        self,
        member_id: str,
        amount: int,
        *,
        reference: str,
        key: str,
        asset: str = "points",
        proof_code: str | None = None,
    ) -> Hold:
        """Set points or stored value aside for something of yours, called by a number."""
        body = {"amount": amount, "asset": asset, "reference": reference, "proof_code": proof_code}
        return _made(Hold, self._json("POST", f"/members/{member_id}/holds", body, key=key))

    def hold_coupon(self, coupon_id: str, *, reference: str, key: str, minutes: int = 30) -> Hold:
        """Set a coupon aside for an order of yours; name the hold in its sale, or capture it."""
        body = {"minutes": minutes, "reference": reference}
        return _made(Hold, self._json("POST", f"/coupons/{coupon_id}/holds", body, key=key))

    def capture(self, hold_id: str, *, key: str) -> Hold:
        """Use what was set aside."""
        return _made(Hold, self._json("POST", f"/holds/{hold_id}/capture", key=key))

    def release(self, hold_id: str) -> Hold:
        """Give free what was set aside."""
        return _made(Hold, self._json("POST", f"/holds/{hold_id}/release"))

    def give_coupon(self, member_id: str, kind_id: str, *, key: str) -> str:
        """Give a member a coupon; its code."""
        return str(self._json("POST", f"/members/{member_id}/coupons", {"kind_id": kind_id}, key=key)["code"])

    # --- the wire ----------------------------------------------------------------------------------

    def _json(self, method: str, path: str, body: object = None, *, key: str = "") -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        found: dict[str, Any] = json.loads(self._send(method, path, body, headers=headers)[2])
        return found

    def _send(
        self, method: str, path: str, body: object = None, *, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Until an answer comes: everything here may be sent twice, because nothing happens twice."""
        for left in range(self.tries - 1, -1, -1):
            pause = random.uniform(0.5, 1.0) * 2.0 ** (self.tries - 2 - left)  # noqa: S311 (jitter)
            try:
                status, got, answer = self._once(method, path, body, headers)
            except (OSError, HTTPException) as error:
                refused = RegularsError(0, "unreachable", None, str(error) or type(error).__name__)
            else:
                if status < 400:
                    return status, got, answer
                refused = _refusal(status, answer)
                pause = max(pause, float(got.get("retry-after", "0")))
                if status != 429 and status < 500:
                    raise refused
            if not left or pause > self.longest_wait_s:
                raise refused
            self.sleep(pause)
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, body: object, more: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """One request; redirects are not followed, so that the key goes nowhere else."""
        where = urlsplit(self.url)
        kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
        connection = kind(where.netloc, timeout=self.timeout_s)
        try:
            headers = {"Authorization": f"Bearer {self.api_key}", "Accept-Language": self.language} | more
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, f"{where.path.rstrip('/')}/api/v1{path}", body=data, headers=headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


def _refusal(status: int, answer: bytes) -> RegularsError:
    try:
        found = json.loads(answer)
        return RegularsError(status, found["code"], found.get("field"), found["detail"])
    except (ValueError, KeyError, TypeError):  # a proxy's page
        return RegularsError(status, "no_answer", None, answer[:200].decode(errors="replace"))


def _made(shape: Callable[..., T], found: dict[str, Any]) -> T:
    """A shape from an answer: the fields it knows, so that new ones do no harm."""
    facts = {"raw": found} | found
    return shape(**{one.name: facts[one.name] for one in fields(shape)})  # type: ignore[arg-type]
