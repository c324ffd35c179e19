"""The link in the question after a ticket: a sealed number, so that nobody signs in to answer with one tap."""

from core.base import seals

PREFIX = "T1"


def path(ticket_id: int) -> str:
    """The page of the question, as it stands in a message."""
    return f"/rate/{seals.code_of(PREFIX, ticket_id)}"


def ticket_of(code: str) -> int | None:
    """The ticket of a code; None if it is not one of ours."""
    return seals.number_of(PREFIX, code)
