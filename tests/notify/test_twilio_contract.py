"""Every field we send to Twilio, and every answer of the local one, fits Twilio's published description."""

import http.client
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from notify.channel import OutMessage
from notify.sms import TwilioAccount, TwilioChannel
from tests.fakes import twilio_facts as facts
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID, FakeTwilio

HELLO = OutMessage(outbox_id=12, attempt=2, to="+8613800138000", body="生日快乐！", valid_for_s=600)
ANSWERED = replace(HELLO, provider_template="HX" + "c" * 32, fields={"name": "王伟芳"})


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def account(twilio: FakeTwilio) -> TwilioAccount:
    return TwilioAccount(
        ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, base_url=twilio.url, public_base_url="https://members.example.com"
    )


def everything(account: TwilioAccount) -> None:
    """All requests the program ever makes."""
    service = replace(account, sender=None, messaging_service_sid=SERVICE_SID)
    whatsapp = replace(account, sender="+14155238886")
    for name, one in (("sms", account), ("sms", service), ("whatsapp", whatsapp)):
        channel = TwilioChannel(name, one)  # type: ignore[arg-type]
        channel.send(ANSWERED if name == "whatsapp" else HELLO)
        channel.send(replace(HELLO, answered=True))
        channel.find(HELLO, since_ms=0, taken=())
        channel.close()


def test_every_request_fits_the_description(account: TwilioAccount, twilio: FakeTwilio) -> None:
    everything(account)
    kinds = {"POST": (facts.CREATE, facts.CREATE_REQUIRED), "GET": (facts.LIST, ())}
    unfit = [
        problem
        for method, target, _headers, form in twilio.seen
        for problem in facts.unfit_form(dict(form) or dict(parse_qsl(urlsplit(target).query)), *kinds[method])
    ]
    assert ([method for method, *_ in twilio.seen].count("POST"), len(twilio.seen), unfit) == (6, 9, [])


def test_every_request_is_a_form_to_an_address_of_the_description(account: TwilioAccount, twilio: FakeTwilio) -> None:
    everything(account)
    for method, target, headers, _form in twilio.seen:
        found = re.fullmatch(r"/2010-04-01/Accounts/(\w+)/Messages\.json", urlsplit(target).path)
        assert found
        assert re.fullmatch(facts.ACCOUNT.pattern, found[1])
        if method == "POST":
            assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")


def test_the_table_of_the_fakes_own_fields_is_part_of_the_description() -> None:
    from tests.fakes.twilio import FIELDS

    assert FIELDS - facts.CREATE.keys() == set()


def ask(twilio: FakeTwilio, path: str) -> dict[str, Any]:
    line = http.client.HTTPConnection("127.0.0.1", urlsplit(twilio.url).port, timeout=10)
    try:
        login = b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        line.request("GET", f"/2010-04-01/Accounts/{ACCOUNT_SID}/{path}", headers={"Authorization": f"Basic {login}"})
        return dict(json.loads(line.getresponse().read()))
    finally:
        line.close()


def test_every_answer_of_the_local_twilio_fits_the_description(account: TwilioAccount, twilio: FakeTwilio) -> None:
    everything(account)
    twilio.accepted[0].price, twilio.accepted[0].status, twilio.accepted[0].error_code = "-0.00790", "failed", 30003
    page = ask(twilio, "Messages.json?PageSize=4")
    assert facts.unfit_answer(page, facts.PAGE) == []
    records = [*page["messages"], ask(twilio, f"Messages/{twilio.accepted[0].sid}.json")]
    assert [facts.unfit_answer(one, facts.RECORD, facts.NOT_NULL) for one in records] == [[]] * 5
    assert records[-1]["price"] == "-0.00790"


def test_pages_lead_to_the_next_and_the_filter_by_receiver_stays(account: TwilioAccount, twilio: FakeTwilio) -> None:
    everything(account)
    first = ask(twilio, "Messages.json?PageSize=3&To=%2B8613800138000")
    assert [one["to"] for one in first["messages"]] == ["+8613800138000"] * 3
    second = ask(twilio, first["next_page_uri"].partition(f"{ACCOUNT_SID}/")[2])
    assert ([one["to"] for one in second["messages"]], second["next_page_uri"]) == (["+8613800138000"], None)


@pytest.mark.parametrize(
    ("form", "unfit"),
    [
        ({"To": "+8613800138000", "Body": "x"}, []),
        ({"Body": "x"}, ["To is missing"]),
        ({"To": "+8613800138000", "Text": "x"}, ["Text: x"]),
        ({"To": "+8613800138000", "ValidityPeriod": "soon"}, ["ValidityPeriod: soon"]),
        ({"To": "+8613800138000", "ContentSid": "SMS_1"}, ["ContentSid: SMS_1"]),
        ({"To": "somebody else at home", "Body": "x"}, ["To: somebody else at home"]),
    ],
)
def test_the_check_itself_names_what_does_not_fit(form: dict[str, str], unfit: list[str]) -> None:
    assert facts.unfit_form(form, facts.CREATE, facts.CREATE_REQUIRED) == unfit
