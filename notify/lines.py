"""HTTP lines to providers: a request leaves once, and what went wrong says whether it may have arrived."""

import ssl

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util import Retry as NoRepeat

from notify.channel import Retry, Unknown


def quiet_session(pool: int) -> requests.Session:
    """A session that repeats nothing and obeys nobody's environment."""
    session = requests.Session()
    # Proxies and .netrc of whoever starts the process must not redirect messages.
    session.trust_env = False
    no_repeat = NoRepeat(total=0, connect=0, read=False, redirect=False, status=0)
    adapter = HTTPAdapter(pool_maxsize=pool, max_retries=no_repeat)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def unanswered(error: requests.RequestException) -> Retry | Unknown:
    """What a request without an answer means: never left, or perhaps taken."""
    if isinstance(error, requests.ConnectTimeout):
        return Retry("connect-timeout")
    if isinstance(error, requests.ReadTimeout):
        return Unknown("read-timeout")
    # urllib3's own error, which knows whether anything was sent, is wrapped inside.
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NameResolutionError):
        return Retry("dns")
    if isinstance(cause, NewConnectionError):
        return Retry("connect-refused")
    if isinstance(error, requests.exceptions.SSLError) and _bad_certificate(cause):
        return Retry("certificate", pause_channel=True)
    return Unknown(f"lost: {type(error).__name__}")


def _bad_certificate(cause: BaseException | None) -> bool:
    return cause is not None and any(isinstance(arg, ssl.SSLCertVerificationError) for arg in cause.args)
