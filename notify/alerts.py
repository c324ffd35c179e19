"""What staff are told, by any service apprise knows; three of them by senders of our own.

WeCom, DingTalk and Feishu answer 200 to what they refuse and put a code inside, which apprise takes for success: a
message stopped for its rate, a missing keyword or a wrong signature would seem told.

An address holds a secret: nothing here logs one or shows it whole.
"""

import base64
import hashlib
import hmac
import logging
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import requests

from notify.lines import quiet_session

TIMEOUT_S = (5.0, 10.0)
LONGEST = 600
"""WeCom takes 2,048 bytes, which is so many characters of Chinese."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Request = tuple[str, dict[str, Any]]


class AlertUrlWrong(ValueError):
    """An address nobody can be told at; shown without its secret."""


def mark(url: str) -> str:
    """A short name of an address, from which it cannot be found out."""
    return hashlib.sha256(url.encode()).hexdigest()[:8]


def shown(url: str) -> str:
    """An address without its secrets."""
    scheme = url.partition("://")[0].lower()
    if scheme in OWN:
        return f"{scheme}://****"
    return str(_plugin(url).url(privacy=True))


def check(url: str) -> None:
    """Look whether anybody could be told at an address. Raises: AlertUrlWrong."""
    if _scheme(url) in OWN:
        token, _, at = _parts(url)
        if not token or not (at == "" or urlsplit(at).hostname in _LOOPBACK):
            raise AlertUrlWrong(f"{_scheme(url)}://: must look like {_scheme(url)}://[SECRET@]TOKEN")
    else:
        _plugin(url)


def tell(url: str, title: str, text: str, *, now_ms: int) -> str:
    """Tell one address once; '' if it was taken, else why not. Never raises for what the other side does."""
    try:
        check(url)
    except AlertUrlWrong as wrong:
        return str(wrong)
    make = OWN.get(_scheme(url))
    if make is not None:
        return _tell_own(make, url, f"{title}\n{text}"[:LONGEST], now_ms // 1000)
    from apprise import NotifyFormat

    taken = _plugin(url).notify(title=title, body=text, body_format=NotifyFormat.TEXT)
    return "" if taken else "not taken"


def _scheme(url: str) -> str:
    scheme = url.partition("://")[0].lower()
    return {"wecombot": "wecom", "lark": "feishu"}.get(scheme, scheme)


def _plugin(url: str) -> Any:
    """The service of apprise that an address names."""
    # It loads over a hundred services, a second's work, which only who has something to tell should pay.
    with warnings.catch_warnings():
        # One of its plugins imports what newer Pythons drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        from apprise import Apprise, AppriseAsset

        # Its own warnings name hosts and answers.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        made = Apprise.instantiate(url, asset=AppriseAsset(async_mode=False), suppress_exceptions=True)
    if made is None:
        raise AlertUrlWrong(f"{url.partition('://')[0][:20]}://: apprise does not know such an address")
    return made


# --- our own ---------------------------------------------------------------------------------------


def _parts(url: str) -> tuple[str, str, str]:
    """Token, secret, and where the service is if not at its own address: scheme://[SECRET@]TOKEN[?at=URL]."""
    parts = urlsplit(url)
    secret, _, token = parts.netloc.rpartition("@")
    return unquote(token), unquote(secret), (parse_qs(parts.query).get("at") or [""])[0]


def _wecom(url: str, text: str, at_s: int) -> Request:
    token, _secret, at = _parts(url)
    base = at or "https://qyapi.weixin.qq.com"
    payload = {"msgtype": "text", "text": {"content": text}}
    return f"{base}/cgi-bin/webhook/send?key={quote(token, safe='')}", payload


def _dingtalk(url: str, text: str, at_s: int) -> Request:
    """Signed with HMAC-SHA256 over time in milliseconds, a line break and the secret."""
    token, secret, at = _parts(url)
    target = f"{at or 'https://oapi.dingtalk.com'}/robot/send?access_token={quote(token, safe='')}"
    if secret:
        stamp = at_s * 1000
        digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        target += f"&timestamp={stamp}&sign={quote(base64.b64encode(digest), safe='')}"
    return target, {"msgtype": "text", "text": {"content": text}}


def _feishu(url: str, text: str, at_s: int) -> Request:
    """Signed with an HMAC-SHA256 of nothing, its key being time in seconds, a line break and the secret."""
    token, secret, at = _parts(url)
    payload: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        digest = hmac.new(f"{at_s}\n{secret}".encode(), b"", hashlib.sha256).digest()
        payload |= {"timestamp": str(at_s), "sign": base64.b64encode(digest).decode()}
    return f"{at or 'https://open.feishu.cn'}/open-apis/bot/v2/hook/{quote(token, safe='')}", payload


OWN: dict[str, Callable[[str, str, int], Request]] = {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}
_CODES = ("errcode", "code", "StatusCode")


def _tell_own(make: Callable[[str, str, int], Request], url: str, text: str, at_s: int) -> str:
    target, payload = make(url, text, at_s)
    session = quiet_session(1)
    try:
        answer = session.post(target, json=payload, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    finally:
        session.close()
    if answer.status_code != 200:
        return f"http-{answer.status_code}"
    return _code_inside(answer)


def _code_inside(answer: requests.Response) -> str:
    """What an answer of 200 says inside: '' only for a code of 0."""
    try:
        told = answer.json()
    except ValueError:
        return "unparsable"
    code = next((told[name] for name in _CODES if name in told), None) if isinstance(told, dict) else None
    return "" if code == 0 and code is not False else "unparsable" if code is None else f"code {str(code)[:20]}"
