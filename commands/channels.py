"""What `regulars channel list` says."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from commands.frame import say
from core.base.i18n import _

if TYPE_CHECKING:
    from core.base.settings import Settings

CHANNELS = ("sms", "whatsapp", "email")


def tell(loaded: "Settings", opened: Mapping[str, object]) -> None:
    """One line a channel; for a gateway also the addresses it posts to."""
    from core.base.settings import hook_path

    for name in CHANNELS:
        kind = type(opened[name]).__name__.removesuffix("Channel").lower() if name in opened else _("not set up")
        say(f"{name:<9} {kind}")
    if loaded.channel == "gateway":
        for what in ("status", "inbound"):
            say(f"  {loaded.base_url}{hook_path()}/{what}")
    if not loaded.alert_urls:
        say(_("Nobody is told of alerts: alert_urls is empty."))
