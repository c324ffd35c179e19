"""One event posted: how it is signed, and every way in which the other side may fail."""

import base64
import time
from collections.abc import Iterator

import pytest

from notify.webhook import Answer, Parcel, post, sign
from tests.fakes.shop import OnlineShop, closed_port, online_shop, waited

KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@pytest.fixture
def shop() -> Iterator[OnlineShop]:
    with online_shop() as made:
        yield made


def parcel(url: str, *keys: bytes) -> Parcel:
    return Parcel(url, "71", 1_614_265_330, b'{"id":"71"}', keys or (KEY,))


def test_the_signature_is_the_published_one() -> None:
    """The example of standardwebhooks.com."""
    signed = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}', key=KEY)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_arrives_with_its_id_time_and_signature(shop: OnlineShop) -> None:
    assert post(parcel(f"{shop.url}/hook?shop=7")) == Answer(200)
    (taken,) = shop.taken
    assert (taken.path, taken.body) == ("/hook?shop=7", b'{"id":"71"}')
    assert (taken.headers["webhook-id"], taken.headers["webhook-timestamp"]) == ("71", "1614265330")
    assert taken.headers["webhook-signature"] == sign("71", 1_614_265_330, b'{"id":"71"}', key=KEY)
    assert taken.headers["content-type"] == "application/json"


def test_two_keys_sign_side_by_side(shop: OnlineShop) -> None:
    post(parcel(shop.url, b"new", b"old"))
    first, second = shop.taken[0].headers["webhook-signature"].split(" ")
    assert first == sign("71", 1_614_265_330, b'{"id":"71"}', key=b"new")
    assert second == sign("71", 1_614_265_330, b'{"id":"71"}', key=b"old")


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_a_refusal_is_told_by_its_status(shop: OnlineShop, status: int) -> None:
    shop.answers = [status]
    assert post(parcel(shop.url)) == Answer(status, f"http-{status}")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(shop: OnlineShop, status: int) -> None:
    shop.answers = [status]
    assert post(parcel(shop.url)) == Answer(status, f"http-{status}")
    assert [one.path for one in shop.taken] == ["/"]


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_who_never_finishes_an_answer_is_left_in_time(shop: OnlineShop, way: str) -> None:
    shop.answers, began = [way], time.monotonic()
    assert post(parcel(shop.url), timeout_s=0.3) == Answer(None, "timeout")
    assert waited(began) < 2


def test_a_broken_line_is_no_answer(shop: OnlineShop) -> None:
    shop.answers = ["reset"]
    assert post(parcel(shop.url)) == Answer(None, "lost")


def test_nobody_there_is_no_answer() -> None:
    assert post(parcel(f"http://127.0.0.1:{closed_port()}")) == Answer(None, "refused")


def test_an_answer_in_clear_text_is_no_tls(shop: OnlineShop) -> None:
    assert post(parcel(shop.url.replace("http:", "https:")), timeout_s=2).status is None


def test_a_proxy_of_whoever_starts_the_process_is_not_used(shop: OnlineShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert post(parcel(shop.url)) == Answer(200)
