"""What every channel takes and answers; a channel never raises from `send`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; `kind` is its MIME type."""

    name: str
    kind: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class OutMessage:
    """One message ready to leave.

    `to` is E.164 for sms and whatsapp, an address for email. `valid_for_s` is how long a provider may
    hold the message (seconds from now). `created_at` is UTC milliseconds, 0 when unknown. `template` is our name
    of the wording, `provider_template` the provider's number of it, and `fields` what stands in it, in their order
    in the text. `answered` tells whether the receiver wrote within a day, so that free words may go by whatsapp.
    `attachments` go by email alone.
    """

    outbox_id: int
    attempt: int
    to: str
    body: str
    subject: str | None = None
    language: str = "en"
    valid_for_s: int | None = None
    unsubscribe_url: str | None = None
    created_at: int = 0
    template: str = ""
    provider_template: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    answered: bool = False
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The provider took the message; `sid` is its name there."""

    sid: str


@dataclass(frozen=True)
class Retry:
    """Surely not accepted: the same message may be sent again.

    `after_s` is the provider's own wish in seconds. `pause_channel` means nothing will pass until a person
    acts (wrong password, wrong certificate).
    """

    reason: str
    after_s: int | None = None
    pause_channel: bool = False


@dataclass(frozen=True)
class Refused:
    """Surely not accepted and never will be; `about` says whose fault it is."""

    code: str
    about: Literal["address", "opted_out", "sender", "message"]


@dataclass(frozen=True)
class Unknown:
    """May or may not have been accepted: never send again before `find` or a callback has settled it."""

    reason: str


Outcome = Accepted | Retry | Refused | Unknown


@dataclass(frozen=True)
class Price:
    """What a provider charged for one message, in millionths of a currency, and for how many parts."""

    sid: str
    micros: int
    currency: str
    segments: int


class CannotTell(Exception):
    """The channel could not find out whether a message had been accepted: it stays unknown."""


class Channel(Protocol):
    """A way out. `send` and `find` may be called from several threads at once."""

    @property
    def name(self) -> str:
        """The outbox's word for this channel."""

    @property
    def can_list(self) -> bool:
        """Whether `find` can settle an unknown message."""

    @property
    def inbound(self) -> bool:
        """Whether replies come back at all; some countries have none even so (+86 at Twilio)."""

    @property
    def by_template(self) -> bool:
        """Whether a message needs more than its words: its template and what stands in it."""

    def send(self, message: OutMessage) -> Outcome:
        """Hand one message over, once; nothing is repeated inside."""

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        """Return the sid of a message like this one accepted since then, or None when there is none.

        `since_ms` is UTC milliseconds; `taken` are sids that belong to other messages.

        Raises: CannotTell when the provider could not be asked; None is only ever a sure no.
        """

    def close(self) -> None:
        """Give back connections and files; closing twice is allowed."""


@runtime_checkable
class Pricing(Protocol):
    """A channel whose provider tells afterwards what it charged."""

    def prices(self, *, since_ms: int) -> Iterator[Price]:
        """What was charged for messages sent since then (UTC milliseconds), as far as it is known by now.

        Raises: CannotTell when the provider could not be asked.
        """


def mask(address: str) -> str:
    """Hide the middle of an address for screens and logs: 138****8000, l****@example.com."""
    plain = address.removeprefix("whatsapp:")
    if "@" in plain:
        return f"{plain[:1]}****@{plain.rpartition('@')[2]}"
    digits = plain.removeprefix("+86").removeprefix("+")
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    # A short number shows less, or the stars would hide nothing.
    return f"{digits[:2]}****{digits[-2:]}" if len(digits) >= 7 else "****"
