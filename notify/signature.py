"""Is a webhook really from Twilio? Checked over the configured public address, never over the Host header.

Source: Twilio, "Webhooks security", the classic X-Twilio-Signature (HMAC-SHA1 over the address and the sorted
form). The scheme has no time and no nonce: a replay passes again, so callers must be idempotent by
(sid, status).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit


def public_url(public_base_url: str, *, path: str, query: str = "") -> str:
    """Return the address Twilio called: the configured base, the raw path, the raw query.

    `path` and `query` are as they came, still percent-encoded; `query` has no question mark.
    """
    return f"{public_base_url.rstrip('/')}/{path.removeprefix('/')}{'?' if query else ''}{query}"


def sign(url: str, form: Iterable[tuple[str, str]], *, token: str) -> str:
    """Return Twilio's signature of a form posted to a URL.

    `form` holds every field received, empty ones too. Values of a repeated field are sorted, equal
    ones count once.
    """
    text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), text.encode(errors="replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_genuine(signature: str | None, *, url: str, form: Iterable[tuple[str, str]], token: str | None) -> bool:
    """Whether `signature` (the header's value) fits this URL and form.

    False without a token, a signature or a URL with a host: what cannot be checked is not trusted. Twilio
    signs with or without the port, so both are tried.
    """
    if not signature or not token or not urlsplit(url).hostname:
        return False
    fields = list(form)
    given = signature.encode(errors="replace")
    matches = [
        hmac.compare_digest(sign(spelt, fields, token=token).encode(), given) for spelt in _with_and_without_port(url)
    ]
    return any(matches)


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bare = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
    port = parts.port or (443 if parts.scheme == "https" else 80)
    start, _, rest = url.partition(parts.netloc)
    return f"{start}{bare}{rest}", f"{start}{bare}:{port}{rest}"
