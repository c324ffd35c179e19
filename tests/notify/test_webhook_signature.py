import pytest
from twilio.request_validator import RequestValidator

from notify import signature
from notify.signature import is_genuine, public_url
from tests.fakes import twilio as fake

# Twilio's documented example.
DOC_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
DOC_FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
DOC_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

URL = "https://members.example.com/hooks/twilio/status?o=12&n=1"
FORM = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("Body", "谢谢"), ("FromCity", "")]


def _genuine(given: str | None, url: str = URL, form: list[tuple[str, str]] | None = None) -> bool:
    return is_genuine(given, url=url, form=FORM if form is None else form, token=fake.AUTH_TOKEN)


def test_the_documented_example_is_genuine() -> None:
    assert is_genuine(DOC_SIGNATURE, url=DOC_URL, form=DOC_FORM, token="12345")


@pytest.mark.parametrize("form", [FORM, DOC_FORM, [], [("A", "2"), ("A", "1"), ("A", "1")]])
def test_sign_agrees_with_twilios_validator(form: list[tuple[str, str]]) -> None:
    class Repeated(dict[str, str]):
        def getlist(self, name: str) -> list[str]:
            return [value for key, value in form if key == name]

    expected = RequestValidator("12345").compute_signature(URL, Repeated(form))
    assert signature.sign(URL, form, token="12345") == expected


def test_a_form_in_another_order_is_genuine() -> None:
    assert _genuine(fake.sign(URL, FORM), form=FORM[::-1])


@pytest.mark.parametrize(
    "form",
    [
        [*FORM[:1], ("MessageStatus", "failed"), *FORM[2:]],
        [*FORM, ("Extra", "1")],
        FORM[:-1],
        [],
    ],
    ids=["changed", "added", "missing empty field", "nothing"],
)
def test_a_tampered_form_is_not_genuine(form: list[tuple[str, str]]) -> None:
    assert not _genuine(fake.sign(URL, FORM), form=form)


def test_a_changed_query_is_not_genuine() -> None:
    assert not _genuine(fake.sign(URL, FORM), url=URL.replace("o=12", "o=13"))


@pytest.mark.parametrize("given", [None, "", "不是签名", "AAAA", "\udcff"])
def test_no_or_a_senseless_signature_is_not_genuine(given: str | None) -> None:
    assert not _genuine(given)


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_nothing_is_genuine(token: str | None) -> None:
    assert not is_genuine(fake.sign(URL, FORM, token=""), url=URL, form=FORM, token=token)


def test_without_a_public_url_nothing_is_genuine() -> None:
    path = public_url("", path="/hooks/twilio/status")
    assert not _genuine(fake.sign(path, FORM), url=path)


def test_another_token_is_not_genuine() -> None:
    assert not _genuine(fake.sign(URL, FORM, token="another"))


@pytest.mark.parametrize(
    ("signed", "configured"),
    [
        ("https://a.example:443/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/x?y=1", "https://a.example:8443/x?y=1"),
        ("http://a.example:80/x", "http://a.example/x"),
    ],
)
def test_a_signature_with_or_without_the_port_is_genuine(signed: str, configured: str) -> None:
    assert _genuine(fake.sign(signed, FORM), url=configured)


@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        (
            "https://a.example",
            "/hooks/twilio/status",
            "o=1&n=2",
            "https://a.example/hooks/twilio/status?o=1&n=2",
        ),
        ("https://a.example/", "/x", "", "https://a.example/x"),
        ("https://a.example/members", "/x", "q=%E4", "https://a.example/members/x?q=%E4"),
        ("https://a.example", "//x", "", "https://a.example//x"),
    ],
)
def test_public_url_keeps_path_and_query_as_they_came(base: str, path: str, query: str, url: str) -> None:
    assert public_url(base, path=path, query=query) == url
