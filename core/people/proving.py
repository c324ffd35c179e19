"""A code on the member's phone lets value leave: proved and used up together with what it is for."""

from collections.abc import Callable
from typing import TypeVar

from core.base import db
from core.base.clock import Millis
from core.books import requests
from core.people import credentials

Done = TypeVar("Done")


@db.atomic
def with_code(
    code: str | None, member_id: int, do: Callable[[bool], Done], *, key: str, scope: str, now: Millis
) -> Done:
    """Do something that may need the member's proof; `do` is told whether the code proves this member.

    Refused, it leaves the code unused. If the key has been answered (in this scope, as in `requests.once`),
    that request proved the member; `do` will give its answer. Raises: CodeUnknown, CodeOld, CodeUsed, and
    what `do` raises.
    """
    if requests.answered_by_twin(key, scope=scope):
        return do(True)
    proof = None if code is None else credentials.prove(code, now=now)
    return do(proof is not None and proof.member_id == member_id and proof.allows("spend", now=now))
