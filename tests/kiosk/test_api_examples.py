"""The examples of docs/examples against the real server: what the pages print is what it answered."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core.base import clock, db, settings
from core.people import devices
from kiosk import app as door
from tests import shops
from tests.kiosk.conftest import rotating
from tests.kiosk.conftest import site as site
from tests.serving import served

DOCS = Path(__file__).parents[2] / "docs"
SCRIPT = DOCS / "examples" / "walkthrough.sh"
SCOPES = ("members", "sales", "refunds", "marketing")
Client = Any


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regulars_client", DOCS / "examples" / "regulars_client.py")
    assert spec is not None and spec.loader is not None
    sys.modules["regulars_client"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = _loaded()


@pytest.fixture
def key(one_shop: shops.Shop) -> str:
    """A key for a till."""
    return devices.new_key("till", one_shop.store, SCOPES, by=one_shop.owner, now=shops.NOON)


@pytest.fixture
def tea(one_shop: shops.Shop) -> str:
    return str(one_shop.product("珍珠奶茶", 1800))


@pytest.fixture
def ann(one_shop: shops.Shop, tea: str) -> str:
    """Ann, who has 500 points and three purchases."""
    member = one_shop.member("13800138000", name="Ann")
    one_shop.give_points(member, 500)
    for hours in (3, 2, 1):
        then = clock.Millis(shops.NOON - hours * clock.HOUR)
        one_shop.sell(one_shop.basket(("珍珠奶茶", 1), member=member), now=then)
    return str(member)


# --- the walk-through ------------------------------------------------------------------------------


def transcript(page: str) -> str:
    """What a page says the script prints."""
    found = re.search(r"<!-- walkthrough -->\n```text\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def steady(printed: str) -> str:
    """What differs from run to run: cards and ETags cut short, ids numbered as they come."""
    printed = re.sub(r"C1\.\w+", "C1.…", re.sub(r'(Etag: ")\w+', r"\1…", printed))
    ids = list(dict.fromkeys(re.findall(r"\b100\d{4}\b", printed)))
    return re.sub(r"\b100\d{4}\b", lambda found: str(5001 + ids.index(found[0])), printed)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_walk_through_prints_what_the_page_says(
    noon: None, site: str, key: str, ann: str, tea: str, language: str
) -> None:
    environ = {"PATH": os.environ["PATH"], "REGULARS_URL": site, "REGULARS_KEY": key, "REGULARS_RUN": "70012",
               "REGULARS_LANGUAGE": language, "no_proxy": "*"}  # fmt: skip
    code = rotating(int(ann))
    done = subprocess.run(["sh", str(SCRIPT), code, tea], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.stderr, done.returncode) == ("", 0)
    printed = steady(done.stdout.replace(code, "R1.…")).strip("\n") + "\n"
    page = f"{language}/api.md"
    if os.environ.get("REGULARS_REMAKE"):
        text = (DOCS / page).read_text("utf-8")
        (DOCS / page).write_text(text.replace(transcript(page), printed), "utf-8")
    assert printed == transcript(page)


def test_the_walk_through_says_what_it_needs() -> None:
    done = subprocess.run(["sh", str(SCRIPT)], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert done.returncode != 0
    assert "REGULARS_URL: where the shop is" in done.stderr


# --- the client ------------------------------------------------------------------------------------


class Mishaps:
    """A web server's bad days: what happens to the next requests, in order; then all is well."""

    def __init__(self, wsgi: Callable[..., Any]) -> None:
        self.wsgi, self.planned, self.asked = wsgi, [], 0  # type: ignore[var-annotated]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        self.asked += 1
        mishap = self.planned.pop(0) if self.planned else ""
        if mishap.startswith("429"):
            start("429 Too Many Requests", [("Retry-After", mishap.split()[1])])
            return [b"slow down"]
        if mishap == "down":
            start("503 Service Unavailable", [])
            return [b"<h1>proxy</h1>"]
        answer = self.wsgi(environ, start)
        if mishap == "lost":
            b"".join(answer)
            start("502 Bad Gateway", [], (None, None, None))
            return [b"<h1>proxy</h1>"]
        return answer


@pytest.fixture
def mishaps(one_shop: shops.Shop) -> Iterator[tuple[Mishaps, str]]:
    """The real door behind a troubled line, and its address."""
    mine = settings.Settings(secret="test secret")
    settings.use(mine)
    app = door.create_app(mine)
    app.wsgi_app = line = Mishaps(app.wsgi_app)  # type: ignore[method-assign]
    with served(door.server(app, host="127.0.0.1", port=0, threads=2)) as url:
        yield line, url


@pytest.fixture
def till(mishaps: tuple[Mishaps, str], key: str) -> Client:
    """A client that does not really wait; `waited` says how long it would have."""
    made = client.Regulars(mishaps[1], key)
    made.waited = []
    made.sleep = made.waited.append
    return made


def basket(tea: str, ann: str) -> Any:
    return client.Basket((client.Line(tea, 2000),), member_id=ann)


def sold(till: Client, tea: str, ann: str, **given: Any) -> Any:
    facts = {"expected_cents": 3600, "key": "till-1-1"} | given
    return till.sale(basket(tea, ann), (client.Tender("cash", 3600),), **facts)


def test_a_till_identifies_quotes_sells_and_refunds(till: Client, tea: str, ann: str) -> None:
    who = till.identify(rotating(int(ann)))
    assert (who.member_id, who.name, who.allows) == (ann, "A***", ["coupon", "earn", "place", "see", "spend"])
    assert till.quote(basket(tea, ann)).total_cents == 3600
    sale = sold(till, tea, ann)
    refund = till.refund(sale.id, {sale.raw["lines"][0]["id"]: 1000}, key="back-1", reason="cold")
    assert (sale.total_cents, refund.sale.refunded_cents) == (3600, 1800)


def test_points_are_set_aside_captured_and_given_free(till: Client, ann: str) -> None:
    held = till.hold(ann, 10, reference="1", key="h1", proof_code=rotating(int(ann)))
    assert (held.state, till.capture(held.id, key="c1").state) == ("held", "captured")
    assert till.member(ann).usable_points == 544
    with pytest.raises(client.RegularsError) as refused:
        till.release(held.id)
    assert (refused.value.status, refused.value.code) == (409, "hold_over")


def test_a_coupon_is_given_and_listed(till: Client, ann: str, one_shop: shops.Shop) -> None:
    kind = one_shop.coupon_kind("3 off", effect="amount", off_cents=300)
    code = till.give_coupon(ann, str(kind), key="k1")
    assert [(one.name, one.code) for one in till.member(ann).coupons] == [("3 off", code)]


def test_a_member_that_did_not_change_is_sent_once(
    till: Client, ann: str, tea: str, mishaps: tuple[Mishaps, str]
) -> None:
    first = till.member(ann)
    assert till.member(ann) is first
    assert mishaps[0].asked == 2
    sold(till, tea, ann)
    assert till.member(ann).usable_points > first.usable_points


def test_sales_come_page_by_page(till: Client, ann: str, mishaps: tuple[Mishaps, str]) -> None:
    found = list(till.sales(page=2))
    assert [one.total_cents for one in found] == [1800, 1800, 1800]
    assert (mishaps[0].asked, len({one.id for one in found})) == (2, 3)
    assert list(till.sales(member_id="1", page=2)) == []


@pytest.mark.parametrize("mishap", ["lost", "down", "429 7"])
def test_a_sale_is_tried_again_with_its_key_and_made_once(
    till: Client, tea: str, ann: str, mishaps: tuple[Mishaps, str], mishap: str
) -> None:
    mishaps[0].planned = [mishap, mishap]
    sale = sold(till, tea, ann)
    assert (mishaps[0].asked, db.value("SELECT count(*) FROM sale WHERE id = ?", (int(sale.id),))) == (3, 1)
    assert db.value("SELECT count(*) FROM sale") == 4
    assert all(7 <= one < 8 for one in till.waited) if mishap == "429 7" else till.waited[0] < till.waited[1]


def test_a_wait_that_is_too_long_is_told_at_once(till: Client, ann: str, mishaps: tuple[Mishaps, str]) -> None:
    mishaps[0].planned = ["429 3600"]
    with pytest.raises(client.RegularsError) as refused:
        till.member(ann)
    assert (refused.value.status, refused.value.code, till.waited) == (429, "no_answer", [])


def test_an_answer_that_takes_too_long_is_asked_for_again(
    till: Client, tea: str, ann: str, mishaps: tuple[Mishaps, str]
) -> None:
    line, real, slow = mishaps[0], mishaps[0].wsgi, [1.0]

    def late(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        answer = real(environ, start)
        if slow:
            import time

            time.sleep(slow.pop())
        return answer

    line.wsgi, till.timeout_s = late, 0.4
    sale = sold(till, tea, ann)
    assert line.asked > 1 and (db.value("SELECT count(*) FROM sale"), sale.total_cents) == (4, 3600)


def test_a_shop_that_cannot_be_reached_is_status_0(key: str, ann: str) -> None:
    waited: list[float] = []
    nobody = client.Regulars("http://127.0.0.1:9", key, tries=3, sleep=waited.append)
    with pytest.raises(client.RegularsError) as refused:
        nobody.member(ann)
    assert (refused.value.status, refused.value.code, len(waited)) == (0, "unreachable", 2)


def test_a_refusal_carries_its_code_field_and_sentence(till: Client, tea: str, ann: str) -> None:
    with pytest.raises(client.RegularsError) as refused:
        till.quote(client.Basket((client.Line(tea, -1),)))
    assert (refused.value.status, refused.value.field) == (422, "lines[1].quantity")
    with pytest.raises(client.RegularsError) as refused:
        sold(till, tea, ann, expected_cents=1)
    assert (refused.value.status, refused.value.code) == (409, "price_changed")
    assert "36.00" in refused.value.detail
    assert till.waited == []


def test_the_key_follows_no_redirect_and_shows_in_no_text(till: Client, key: str) -> None:
    assert key not in repr(till)
    till.url = f"{till.url}/nowhere"
    with pytest.raises(client.RegularsError) as refused:
        till.identify("C1.X")
    assert refused.value.status in (404, 403)
