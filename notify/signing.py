"""Signatures as providers want them: a text, a key, a method, a way of writing it."""

import base64
import hashlib
import hmac
from typing import Literal
from urllib.parse import quote

Method = Literal["hmac-sha1", "hmac-sha256", "sha256", "md5"]


def signed(text: str, *, key: str, method: Method, encoding: Literal["base64", "hex"]) -> str:
    """The signature of a text; the plain digests `sha256` and `md5` use no key, it stands in the text."""
    if method.startswith("hmac-"):
        digest = hmac.new(key.encode(), text.encode(), method.removeprefix("hmac-")).digest()
    else:
        digest = hashlib.new(method, text.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode() if encoding == "base64" else digest.hex()


def percent(text: str) -> str:
    """Percent-encoded by RFC 3986: letters, digits and -_.~ stay, a space is %20."""
    return quote(text, safe="-_.~")


def in_order(pairs: dict[str, str]) -> str:
    """Names and values encoded, by name: a=1&b=2."""
    encoded = sorted((percent(name), percent(value)) for name, value in pairs.items())
    return "&".join(f"{name}={value}" for name, value in encoded)
