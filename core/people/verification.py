"""Codes by text message: six digits that prove a phone number, with budgets against abuse.

Five tries a code, five minutes, stored as an HMAC. A new code ends the old one but keeps the count
of what was sent to that number. A code is sent only for someone who has a reason: a fresh join
link, a printed source link within its budget of the day, a signed-in phone, or a staff member's request.
Whoever looks a number up at a screen learns nothing: a stranger's gets the same challenge, budget and
time, only no message.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Literal

from core.base import clock, db, ids, limits, phones, settings
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.limits import Limit
from core.books import outbox, rules
from core.books.outbox import Letter
from core.people import credentials, sources
from core.people.credentials import Proof

Purpose = Literal["join", "till", "change"]
LIFE = 5 * MINUTE
TRIES = 5
PER_HOUR, PER_DAY, PAUSE = 3, 5, 60 * SECOND
BY_SCREEN = (Limit("codes by screen", 30, HOUR), Limit("codes by screen a day", 200, DAY))
BY_MEMBER = Limit("codes by member", 5, DAY)
"""To numbers that a signed-in phone wants to change to."""
BY_ADDRESS = Limit("codes by address", 30, HOUR)
BY_PREFIX = Limit("codes by prefix", 5, HOUR)
"""The prefix is a number without its last four digits: who pumps messages buys numbers in rows."""
WATCHED, ENTERED = 50, 15
"""Of so many sign-ups' codes at least so many must have been entered (look-ups write to members only)."""
WATCHED_OF_LINK, ENTERED_OF_LINK = 20, 6
"""The same for the codes of one source link, which are not among the others: abuse of a poster stops that one."""


class CodeBudget(Refused):
    """Too many codes were asked for."""

    code = "code_budget"
    text = N_("No more codes can be sent to this number now. Wait {minutes} minutes, or ask our staff.")


class CodesStopped(Refused):
    """Most codes of the last day were never entered: somebody makes the shop pay for messages."""

    code = "codes_stopped"
    text = N_("Codes by text are switched off for the moment. Our staff can make you a member at the till.")


class NoNumber(Refused):
    """The member joined with a card alone."""

    code = "no_number"
    text = N_("No number is known for this member. Scan the code on their phone or their card.")


class CodeWrong(Refused):
    """The digits do not fit."""

    code = "code_wrong"
    text = N_("The code does not fit; {left} tries are left. Look at the newest message.")


class CodeOver(Refused):
    """The code has run out, was used, or was tried too often."""

    code = "code_over"
    text = N_("This code has run out. Ask for a new one.")


def admit(
    phone: str,
    *,
    device_id: int | None = None,
    link_id: int | None = None,
    member_id: int | None = None,
    address: str = "",
    now: Millis,
) -> None:
    """Count a wish for a code that a customer has, whether the number is known or not.

    By screen, source link or member, whichever let them in, by the address of a phone, by the row the number stands in;
    none is admitted while most codes are never entered. A link's budget is counted by `send_by_link`.
    Raises: PhoneInvalid, SourceSpent, TooOften, CodesStopped.
    """
    number = phones.normal(phone, region=rules.current(now=now).region)
    if link_id is not None and not sources.has_room(link_id, now=now):
        raise sources.SourceSpent(field="phone")
    asked: list[tuple[Limit, object]] = [] if device_id is None else [(limit, device_id) for limit in BY_SCREEN]
    asked += [] if member_id is None else [(BY_MEMBER, member_id)]
    asked += [(BY_ADDRESS, address)] if address else []
    limits.take(*asked, (BY_PREFIX, number[:-4]), now=now)
    if _never_entered(link_id, now):
        raise CodesStopped()


def _never_entered(link_id: int | None, now: Millis) -> bool:
    """Whether too few of the newest codes were entered that nobody can be typing any more."""
    watched, least = (WATCHED, ENTERED) if link_id is None else (WATCHED_OF_LINK, ENTERED_OF_LINK)
    whose = "source_link_id IS NULL" if link_id is None else "source_link_id = ?"
    sent, entered = db.one(
        "SELECT count(*), count(used_at) FROM (SELECT used_at FROM challenge"
        f" WHERE purpose = 'join' AND created_at > ? AND created_at <= ? AND {whose}"
        " ORDER BY created_at DESC LIMIT ?) newest",
        (now - DAY, now - LIFE, *([] if link_id is None else [link_id]), watched),
    ) or (0, 0)
    return bool(sent == watched and entered < least)


def send_code(phone: str, purpose: Purpose, *, language: str, now: Millis) -> int:
    """Queue a code for a number; the id of the challenge. Raises: PhoneInvalid, CodeBudget."""
    shop = rules.current(now=now)
    return _send(phones.normal(phone, region=shop.region), purpose, language, shop.shop_name, now)


def look_up(phone: str, *, language: str, now: Millis) -> int:
    """Queue a code for a number if it is a member's; the id of a challenge either way.

    No digits fit a stranger's challenge; all else is the same, so that neither budgets, nor the end of a
    code, nor the work tell who is a member. Raises: PhoneInvalid, CodeBudget.
    """
    shop = rules.current(now=now)
    number = phones.normal(phone, region=shop.region)
    known = credentials.member_with("phone", number) is not None
    return _send(number, "till", language, shop.shop_name, now, known=known)


@db.atomic
def send_by_link(link_id: int, phone: str, *, language: str, now: Millis) -> int:
    """Queue a code for somebody who opened a source link, from its budget of the day; the id of the challenge.

    Refused, it takes nothing from the budget. Raises: PhoneInvalid, CodeBudget, SourceSpent, SourceOver …
    """
    sources.take_code(link_id, now=now)
    challenge_id = send_code(phone, "join", language=language, now=now)
    db.run("UPDATE challenge SET source_link_id = ? WHERE id = ?", (link_id, challenge_id))
    return challenge_id


@db.atomic
def _send(number: str, purpose: str, language: str, shop_name: str, now: Millis, *, known: bool = True) -> int:
    _check_budget(number, now)
    challenge_id, digits = ids.new(), f"{secrets.randbelow(10**6):06d}"
    db.run("UPDATE challenge SET expires_at = ? WHERE address = ? AND expires_at > ?", (now, number, now))
    db.add(
        "challenge",
        id=challenge_id,
        address=number,
        purpose=purpose,
        code_hmac=_hmac(challenge_id, digits if known else secrets.token_hex(16)),
        expires_at=now + LIFE,
        created_at=now,
    )
    letter = Letter(
        dedupe_key=f"code:{challenge_id}",
        template="code",
        category="service",
        language=language,
        variables={"shop": shop_name, "code": digits},
        address=number,
        expires_at=Millis(now + LIFE),
    )
    if known:
        outbox.put(letter, now=now)
    return challenge_id


def _check_budget(number: str, now: Millis) -> None:
    last, hour, day, everyone = db.one(
        "SELECT (SELECT max(created_at) FROM challenge WHERE address = ?),"
        " (SELECT count(*) FROM challenge WHERE address = ? AND created_at > ?),"
        " (SELECT count(*) FROM challenge WHERE address = ? AND created_at > ?),"
        " (SELECT count(*) FROM challenge WHERE created_at > ?)",
        (number, number, now - HOUR, number, now - DAY, now - DAY),
    ) or (None, 0, 0, 0)
    if last is not None and last > now - PAUSE:
        raise CodeBudget(field="phone", minutes=1)
    if hour >= PER_HOUR:
        raise CodeBudget(field="phone", minutes=60)
    if day >= PER_DAY or everyone >= rules.current(now=now).codes_per_day:
        raise CodeBudget(field="phone", minutes=24 * 60)


def _hmac(challenge_id: int, digits: str) -> str:
    message = f"{challenge_id}/{digits}".encode()
    return hmac.new(settings.derived_key("text code"), message, sha256).hexdigest()


def enter_code(challenge_id: int, digits: str, *, now: Millis) -> str:
    """Check typed digits; the proved number (E.164). A code is good once.

    Raises: CodeWrong, CodeOver.
    """
    left = _try(challenge_id, digits.strip(), now)
    if isinstance(left, str):
        return left
    if left <= 0:
        raise CodeOver(field="code")
    raise CodeWrong(field="code", left=left)


@db.atomic
def _try(challenge_id: int, digits: str, now: Millis) -> str | int:
    """The number if the digits fit, else the tries left; a wrong try must be kept, so nothing is raised."""
    found = db.one(
        "UPDATE challenge SET tries = tries + 1"
        " WHERE id = ? AND used_at IS NULL AND expires_at > ? AND tries < ? RETURNING code_hmac, tries, address",
        (challenge_id, now, TRIES),
    )
    if found is None:
        return 0
    if not hmac.compare_digest(found[0], _hmac(challenge_id, digits)):
        return TRIES - int(found[1])
    db.run("UPDATE challenge SET used_at = ? WHERE id = ?", (now, challenge_id))
    return str(found[2])


def proof_by_code(challenge_id: int, digits: str, *, now: Millis) -> Proof:
    """What a code entered at the till proves. Raises: CodeWrong, CodeOver, CodeUnknown."""
    number = enter_code(challenge_id, digits, now=now)
    member_id = credentials.member_with("phone", number)
    if member_id is None:
        raise credentials.CodeUnknown(what="phone")
    return Proof(member_id, "code", Millis(now + credentials.PROOF_MINUTES * clock.MINUTE))


def send_to_member(member_id: int, purpose: Purpose, *, now: Millis) -> int:
    """Queue a code for a member's own number, which staff need not see; the id of the challenge.

    Raises: CodeBudget, NoNumber.
    """
    found = db.one(
        "SELECT p.phone, m.language FROM member_person p JOIN member m ON m.id = p.member_id WHERE m.id = ?",
        (member_id,),
    )
    if found is None or not found[0]:
        raise NoNumber(field="phone")
    return _send(found[0], purpose, found[1], rules.current(now=now).shop_name, now)


@db.atomic
def sweep(*, before: Millis) -> int:
    """Drop codes of before a moment with the numbers they went to; how many."""
    return db.change("DELETE FROM challenge WHERE created_at < ?", (before,))


@db.atomic
def end_all() -> int:
    """End every code that was sent, after a restore; how many."""
    return db.change("DELETE FROM challenge")
