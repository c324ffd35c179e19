"""The tests' Twilio in a process of its own, and the twilio package's own client pointed at it.

`python -m bench.provider` prints the address and serves until its input ends; for each line it prints how many
messages it has accepted.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.figures import Unmeasurable
from bench.terminal import ROOT
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio


@dataclass(frozen=True)
class Provider:
    """A running fake."""

    url: str
    process: "subprocess.Popen[str]"

    def accepted(self) -> int:
        """How many messages it has accepted. Raises: Unmeasurable."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        if not said:
            raise Unmeasurable("The provider ended.")
        return int(said)


@contextmanager
def running() -> Iterator[Provider]:
    """A fake in a process of its own, ended with the block. Raises: Unmeasurable."""
    command = [sys.executable, "-m", "bench.provider"]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = child.stdout.readline().strip() if child.stdout else ""
        if not url:
            raise Unmeasurable("The provider did not start.")
        yield Provider(url, child)
    finally:
        child.communicate()


def client(url: str) -> Any:
    """The package's own client and HTTP client, with nothing of ours but the address."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Here(TwilioHttpClient):  # type: ignore[misc, unused-ignore]
        def request(self, method: str, address: str, *given: Any, **named: Any) -> Any:
            return super().request(method, url + urlsplit(address).path, *given, **named)

    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=Here(timeout=10), environment={"TWILIO_EDGE": ""})


def main() -> None:
    with FakeTwilio() as fake:
        print(fake.url, flush=True)
        for _ in sys.stdin:
            print(len(fake.accepted), flush=True)


if __name__ == "__main__":
    main()
