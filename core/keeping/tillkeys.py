"""A key of the till as the door that has it names it, for the card that lies beside the till."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TillKey:
    """What one key does: the record's id with its page ('till.pay'), how the key is written, and words (msgids)."""

    id: str
    shown: str
    label: str
    help: str
