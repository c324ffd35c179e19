"""Mailing: reports go out as mails with a file, by the channel that mails go out by.

Each period is claimed and committed before its mail leaves; what became of it is noted at once.
"""

from typing import TYPE_CHECKING

from core.base.access import Actor
from core.base.clock import Millis
from core.base.settings import Settings
from notify.channel import Accepted, Attachment, Channel, OutMessage, Refused, Retry
from sending import channels_for

if TYPE_CHECKING:
    from core.keeping.reportmails import Letter


def mail_reports(settings: Settings, *, by: Actor, now: Millis) -> str:
    """Mail the reports of weeks and months that are over; how many left. One connection for all."""
    from core.keeping import reportmails  # spreadsheets and pages: 0.4 s

    channels = channels_for(settings)
    try:
        return reportmails.send_due(lambda letter: _mailed(channels.get("email"), letter), by=by, now=now)
    finally:
        for channel in channels.values():
            channel.close()


def _mailed(channel: Channel | None, letter: "Letter") -> tuple[str, str]:
    """What became of one mail: sent, waiting, refused or unknown, and why."""
    if channel is None:
        return "waiting", "no mail server"
    attached = Attachment(letter.file, letter.kind, letter.data)
    outcome = channel.send(
        OutMessage(letter.id, letter.tries, letter.address, letter.body, letter.subject, letter.language,
                   created_at=letter.at, attachments=(attached,))
    )  # fmt: skip
    if isinstance(outcome, Accepted):
        return "sent", ""
    if isinstance(outcome, Refused):
        return "refused", f"{outcome.about} {outcome.code}"
    return "waiting" if isinstance(outcome, Retry) else "unknown", outcome.reason
