"""Domestic providers: the two worked examples of the docs against two providers that check every signature."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from notify import gatewayhooks, gatewayplan
from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Refused, Retry, Unknown
from notify.gateway import GatewayChannel, outcome_of, request_of
from notify.gatewayhooks import Posted, Reply, Report
from notify.gatewayplan import Answering, Gateway, PlanError
from notify.signing import signed
from tests.fakes.gateway import KEY, SECRET, FakeGateway, gateway

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
NOON_MS = 1_763_726_400_000  # 2025-11-21 12:00 UTC
CODE = OutMessage(
    outbox_id=12, attempt=2, to="+8613800138000", body="【山茶】验证码 482913，5 分钟内有效。", language="zh",
    template="code", fields={"shop": "山茶", "code": "482913"},
)  # fmt: skip


@pytest.fixture
def form() -> Iterator[FakeGateway]:
    with gateway("form") as fake:
        yield fake


@pytest.fixture
def other() -> Iterator[FakeGateway]:
    with gateway("json") as fake:
        yield fake


def shaped(kind: str, fake: FakeGateway, **changed: object) -> Gateway:
    plan = gatewayplan.read(EXAMPLES / f"gateway-{kind}.toml")
    return Gateway(replace(plan, url=fake.url, **changed), KEY, SECRET)  # type: ignore[arg-type]


def send(made: Gateway, message: OutMessage = CODE) -> Outcome:
    channel = GatewayChannel(made, now_ms=lambda: NOON_MS)
    try:
        return channel.send(message)
    finally:
        channel.close()


def test_a_signed_form_is_taken_with_its_template_and_parameters(form: FakeGateway) -> None:
    assert send(shaped("form", form)) == Accepted("biz1")
    (told,) = form.taken
    assert {name: told[name] for name in ("PhoneNumbers", "SignName", "TemplateCode", "OutId", "Timestamp")} == {
        "PhoneNumbers": "13800138000", "SignName": "山茶小铺", "TemplateCode": "SMS_100001", "OutId": "12-2",
        "Timestamp": "2025-11-21T12:00:00Z",
    }  # fmt: skip
    assert json.loads(told["TemplateParam"]) == {"shop": "山茶", "code": "482913"}


def test_signed_json_is_taken_with_text_and_parameters_in_order(other: FakeGateway) -> None:
    assert send(shaped("json", other)) == Accepted("sid1")
    (told,) = other.taken
    assert (told["mobiles"], told["template_params"], told["ext"]) == (["+8613800138000"], ["482913"], "12-2")
    assert (told["signature"], told["content"]) == ("山茶小铺", "【山茶】验证码 482913，5 分钟内有效。")
    assert (other.headers[0]["x-app"], other.headers[0]["x-time"]) == (KEY, "1763726400")


def test_each_request_has_a_nonce_of_its_own(form: FakeGateway) -> None:
    for _ in range(2):
        send(shaped("form", form))
    assert len({told["SignatureNonce"] for told in form.taken}) == 2


def test_the_shops_own_number_of_a_template_comes_first(form: FakeGateway) -> None:
    send(shaped("form", form), replace(CODE, provider_template="SMS_7"))
    assert form.taken[0]["TemplateCode"] == "SMS_7"


def test_without_a_registered_template_nothing_leaves(form: FakeGateway) -> None:
    assert send(shaped("form", form), replace(CODE, template="birthday")) == Refused("no-template", "message")
    assert form.taken == []


def test_a_number_of_another_country_does_not_leave(form: FakeGateway) -> None:
    assert send(shaped("form", form), replace(CODE, to="+15005550006")) == Refused("country", "message")
    assert form.taken == []


def test_a_wrong_secret_pauses_the_channel(form: FakeGateway, other: FakeGateway) -> None:
    for kind, fake, code in (("form", form, "SIGNATURE_DOES_NOT_MATCH"), ("json", other, "4010")):
        wrong = replace(shaped(kind, fake), secret="wrong")
        assert send(wrong) == Retry(f"code {code}", pause_channel=True)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, "BUSINESS_LIMIT_CONTROL"), Retry("code BUSINESS_LIMIT_CONTROL")),
        ((200, "AMOUNT_NOT_ENOUGH"), Retry("code AMOUNT_NOT_ENOUGH", pause_channel=True)),
        ((200, "MOBILE_NUMBER_ILLEGAL"), Refused("MOBILE_NUMBER_ILLEGAL", "address")),
        ((200, "BLACK_LIST"), Refused("BLACK_LIST", "opted_out")),
        ((200, "TEMPLATE_ILLEGAL"), Refused("TEMPLATE_ILLEGAL", "sender")),
        ((200, "NEVER_HEARD_OF"), Refused("NEVER_HEARD_OF", "message")),
        ((400, "BLACK_LIST"), Refused("BLACK_LIST", "opted_out")),
        ((400, "NEVER_HEARD_OF"), Refused("NEVER_HEARD_OF", "message")),
        ((500, "SYSTEM_BUSY"), Retry("code SYSTEM_BUSY")),
        ((500, "NEVER_HEARD_OF"), Unknown("http-500")),
        ((500, "OK"), Unknown("http-500")),
        ((302, "OK"), Unknown("http-302")),
        ((429, "x"), Retry("http-429")),
        ((408, "x"), Retry("http-408")),
        ((401, "x"), Retry("http-401", pause_channel=True)),
        ("garbage", Unknown("unparsable")),
    ],
)
def test_a_code_inside_any_answer_says_what_happened(
    form: FakeGateway, answer: tuple[int, str] | str, outcome: Outcome
) -> None:
    form.answers.append(answer)
    assert send(shaped("form", form)) == outcome
    assert len(form.taken) == 1


def test_an_answer_that_never_comes_leaves_doubt(form: FakeGateway) -> None:
    form.answers.append("hang")
    assert send(shaped("form", form, timeout_s=1)) == Unknown("read-timeout")


def test_a_good_answer_without_its_id_leaves_doubt() -> None:
    answering = Answering(code="c", good=("0",), id="sid")
    assert outcome_of(answering, 200, '{"c": 0}', own="1-1") == Unknown("unparsable")
    assert outcome_of(replace(answering, id=""), 200, '{"c": 0}', own="1-1") == Accepted("1-1")


def test_an_answer_of_bare_text_is_read_by_its_place() -> None:
    answering = Answering(code="0", good=("0",), id="1", format="text", codes={"address": ("107",)})
    assert outcome_of(answering, 200, "0,abc\n", own="1-1") == Accepted("abc")
    assert outcome_of(answering, 200, "107", own="1-1") == Refused("107", "address")


def test_a_gateway_keeps_no_list(form: FakeGateway) -> None:
    channel = GatewayChannel(shaped("form", form), now_ms=lambda: NOON_MS)
    assert (channel.can_list, channel.inbound) == (False, True)
    with pytest.raises(CannotTell):
        channel.find(CODE, since_ms=0, taken=())
    channel.close()


def test_the_secret_is_in_no_representation(form: FakeGateway) -> None:
    assert SECRET not in repr(shaped("form", form))


@pytest.mark.parametrize(
    ("method", "encoding", "expected"),
    [
        # RFC 2202 case 2 and RFC 4231 case 2.
        ("hmac-sha1", "hex", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("hmac-sha1", "base64", "7/zfauXrL6LSdBbV8YTfnCWafHk="),
        ("hmac-sha256", "hex", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("hmac-sha256", "base64", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
    ],
)
def test_signatures_are_those_of_the_standards(method: str, encoding: str, expected: str) -> None:
    text = "what do ya want for nothing?"
    assert signed(text, key="Jefe", method=method, encoding=encoding) == expected  # type: ignore[arg-type]


def test_plain_digests_use_no_key() -> None:
    # RFC 1321 and FIPS 180-4 for "abc".
    assert signed("abc", key="any", method="md5", encoding="hex") == "900150983cd24fb0d6963f7d28e17f72"
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert signed("abc", key="any", method="sha256", encoding="hex") == digest


def test_a_get_request_carries_everything_in_its_address() -> None:
    plan = gatewayplan.read(EXAMPLES / "gateway-form.toml")
    query = {"u": "{key}", "m": "{to_digits}", "c": "{text}"}
    plan = replace(plan, method="GET", encoding="query", body={}, query=query, sign=None)
    ready = request_of(Gateway(plan, "me"), CODE, now_ms=NOON_MS, nonce="n")
    assert (ready.body, dict(ready.query)) == (None, {"u": "me", "m": "8613800138000", "c": CODE.body})


# --- the plan --------------------------------------------------------------------------------------

BASE = 'url = "https://a.example/"\n'
ANSWER = '[answer]\ncode = "c"\ngood = ["0"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BASE, "answer: missing"),
        (ANSWER, "url: missing"),
        ('url = "http://a.example/"\n' + ANSWER, "url: must start with https://"),
        (BASE + 'colour = "red"\n' + ANSWER, "colour: unknown"),
        (BASE + "method = 1\n" + ANSWER, "method: choose one of POST, GET"),
        (BASE + 'method = "GET"\n' + ANSWER, "encoding: GET has no body"),
        (BASE + 'timeout_s = "10"\n' + ANSWER, "timeout_s: must be a number"),
        (BASE + '[answer]\ncode = "c"\ngood = "0"\n', "answer.good: must be a list"),
        (BASE + '[answer]\ncode = "c"\n', "answer.good: missing"),
        (BASE + ANSWER + '[answer.codes]\nlater = ["1"]\n', "answer.codes.later: unknown"),
        (BASE + ANSWER + '[body]\na = "{txt}"\n', "body: {txt} is unknown"),
        (BASE + ANSWER + '[headers]\nX = "{text}"\n', "headers: {text} is unknown"),
        (BASE + ANSWER + '[body]\na = "{sign}"\n', "body: {sign} is unknown"),
        (BASE + ANSWER + '[sign]\nover = "{body}"\n', "sign: {sign} stands nowhere"),
        (BASE + ANSWER + '[body]\na = "{sign}"\n[sign]\nover = "{body}"\n', "sign.over: the body cannot be signed"),
        (BASE + ANSWER + '[status]\nstate = "s"\ndelivered = ["1"]\nfailed = ["2"]\n', "status.id: missing"),
        (BASE + "[answer", "gateway.toml: "),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(PlanError) as caught:
        gatewayplan.read(file)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read: FileNotFoundError"):
        gatewayplan.read(tmp_path / "gateway.toml")


# --- reports and replies ---------------------------------------------------------------------------


def example(kind: str) -> Gateway:
    return Gateway(gatewayplan.read(EXAMPLES / f"gateway-{kind}.toml"), KEY, SECRET)


def post(body: object, **headers: str) -> Posted:
    return Posted("/hooks/gateway/status", headers, json.dumps(body, ensure_ascii=False).encode())


def test_reports_are_read_from_a_list_of_the_whole_body() -> None:
    told = post([
        {"biz_id": "biz1", "out_id": "12-2", "err_code": "DELIVERED"},
        {"biz_id": "biz2", "out_id": "13-1", "err_code": "USER_NOT_EXIST"},
        {"biz_id": "biz3", "err_code": "SOMETHING"},
        {"err_code": "DELIVERED"},
    ])  # fmt: skip
    assert gatewayhooks.reports(example("form"), told) == [
        Report("biz1", "delivered", 12, 2),
        Report("biz2", "undelivered", 13, 1),
        Report("biz3", "sent", None, None),
    ]


def test_replies_are_read_with_numbers_as_we_keep_them() -> None:
    told = post(
        {"replies": [{"mobile": "13800138000", "content": "退订"}, {"mobile": "+8613900139000", "content": ""}]}
    )
    first, second = gatewayhooks.replies(example("json"), told, now_ms=NOON_MS)
    assert (first.sender, first.text, second.sender) == ("+8613800138000", "退订", "+8613900139000")
    assert gatewayhooks.replies(example("json"), told, now_ms=NOON_MS)[0].sid == first.sid != second.sid


def test_who_says_the_same_again_later_has_said_it_again() -> None:
    told = post({"replies": [{"mobile": "13800138000", "content": "TD"}]})
    sids = [gatewayhooks.replies(example("json"), told, now_ms=NOON_MS + s * 1000)[0].sid for s in (0, 20, 3600)]
    assert (sids[0] == sids[1], sids[1] == sids[2]) == (True, False)


@pytest.mark.parametrize(
    ("home", "sender", "whole"),
    [
        (("+86",), "13800138000", "+8613800138000"),
        (("+86",), "8613800138000", "+8613800138000"),
        (("+86",), "008613800138000", "+8613800138000"),
        (("+86",), "+86 138 0013 8000", "+8613800138000"),
        (("+1",), "4155550100", "+14155550100"),
        (("+1",), "14155550100", "+14155550100"),
        (("+852",), "91234567", "+85291234567"),
        (("+852",), "85291234567", "+85291234567"),
        (("+65",), "6591234567", "+6591234567"),
        (("+86", "+852"), "85291234567", "+85291234567"),
    ],
)
def test_a_number_is_completed_by_its_country_once(home: tuple[str, ...], sender: str, whole: str) -> None:
    made = example("json")
    told = post({"replies": [{"mobile": sender, "content": "TD"}]})
    there = replace(made, plan=replace(made.plan, countries=home))
    assert gatewayhooks.replies(there, told, now_ms=NOON_MS)[0].sender == whole


def test_a_reply_with_an_id_keeps_it() -> None:
    told = post([{"phone_number": "8613800138000", "content": "T", "sequence_id": 9}])
    assert gatewayhooks.replies(example("form"), told, now_ms=NOON_MS) == [Reply("gw-9", "+8613800138000", "T")]


def test_a_form_with_a_list_inside_is_read() -> None:
    gateway_ = example("json")
    assert gateway_.plan.status is not None
    made = replace(gateway_, plan=replace(gateway_.plan, status=replace(gateway_.plan.status, format="form")))
    posted = Posted("/", {}, b"reports=%5B%7B%22sid%22%3A%22a%22%2C%22status%22%3A%220%22%7D%5D")
    assert gatewayhooks.reports(made, posted) == [Report("a", "delivered", None, None)]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[" * 50_000, b"\xff\xfe", b'{"reports": 7}', b'{"reports": [1]}'])
def test_nonsense_has_no_reports(body: bytes) -> None:
    assert gatewayhooks.reports(example("json"), Posted("/", {}, body)) == []


def test_a_post_is_genuine_only_signed_whole_and_fresh() -> None:
    body, stamp = b'{"reports": []}', str(NOON_MS // 1000)
    digest = hmac.new(SECRET.encode(), f"{stamp}\n".encode() + body, hashlib.sha256).hexdigest()
    headers = {"x-signature": digest, "X-Time": stamp}
    made = example("json")
    assert gatewayhooks.is_genuine(made, Posted("/", headers, body), now_ms=NOON_MS)
    assert not gatewayhooks.is_genuine(made, Posted("/", headers, body + b" "), now_ms=NOON_MS)
    assert not gatewayhooks.is_genuine(made, Posted("/", headers, body), now_ms=NOON_MS + 301_000)
    assert not gatewayhooks.is_genuine(made, Posted("/", {"X-Time": stamp}, body), now_ms=NOON_MS)
    assert not gatewayhooks.is_genuine(made, Posted("/", headers | {"X-Time": "٣"}, body), now_ms=NOON_MS)
    assert not gatewayhooks.is_genuine(replace(made, secret="x"), Posted("/", headers, body), now_ms=NOON_MS)
    assert not gatewayhooks.is_genuine(example("form"), Posted("/", headers, body), now_ms=NOON_MS)
