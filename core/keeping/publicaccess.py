"""What the doctor says of how phones, tills and Twilio reach the shop: docs/en/public-access.md."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from core.base.i18n import T, Text
from core.base.settings import Settings
from core.keeping.findings import Finding

NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?", re.IGNORECASE)
PAGE = "docs/en/public-access.md"


def findings(settings: Settings) -> list[Finding]:
    """What is wrong with the shop's public address, its proxy and Twilio's way back."""
    return [Finding("public access", what, step) for what, step in _judged(settings)]


def _judged(settings: Settings) -> Iterator[tuple[Text, Text]]:
    url, public = settings.public_url, is_public(settings.public_url)
    if url and (wrong := _unfit(url)) is not None:
        yield wrong, T("Set public_url in regulars.toml to what phones open, like https://vip.example.cn.")
    elif url and not public and not is_loopback(urlsplit(url).hostname or ""):
        what = T("public_url is {url}: without HTTPS phones keep no sign-in and everyone on the way can read.", url=url)
        yield (
            what,
            T("Put a proxy with a certificate in front and set public_url to its https address: {page}.", page=PAGE),
        )
    if not public and not is_loopback(settings.kiosk_host):
        what = T("The kiosk listens at {host}, open to the network, without HTTPS.", host=settings.kiosk_host)
        yield what, T("Set kiosk_host to 127.0.0.1, or public_url to an https address: {page}.", page=PAGE)
    if settings.trusted_proxy and not _is_address(settings.trusted_proxy):
        what = T("trusted_proxy is “{given}”, which is no address.", given=settings.trusted_proxy)
        yield what, T("Write the address the proxy connects from, like 127.0.0.1.")
    if settings.trusted_proxy and url and not public:
        what = T("A proxy is trusted ({proxy}), but public_url is {url}.", proxy=settings.trusted_proxy, url=url)
        yield what, T("Set public_url to the https address the proxy answers at.")
    if settings.channel == "twilio" and not public:
        what = T("Messages go by Twilio, but there is no public https address for its reports and replies.")
        yield what, T("Set public_url to your https address; without it no report, reply or STOP arrives.")


def _unfit(url: str) -> Text | None:
    """What is wrong with the form of an address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not (NAME.fullmatch(host) or _is_address(host)):
        return T("public_url is “{url}”, which no phone can open.", url=url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        return T("public_url is “{url}”; behind the name nothing may follow.", url=url)
    if parts.scheme == "https" and is_loopback(host):
        return T("public_url is “{url}”, which on a phone is the phone itself.", url=url)
    return None


def is_public(url: str) -> bool:
    """Whether phones can open an address: HTTPS, and in the form they need."""
    return url.startswith("https://") and _unfit(url) is None


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else can reach it."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
