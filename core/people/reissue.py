"""Re-issue 补卡换号: another card, number or language; the other credentials of a member stay as they are."""

from core.base import db, phones, text
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.i18n import LANGUAGES
from core.books import audit, locks, outbox, rules
from core.books.outbox import Letter
from core.people import blanks, credentials, members
from core.people.credentials import FreshProofNeeded, Proof


@db.atomic
def card(member_id: int, *, reason: str = "", card: str = "", by: Actor, now: Millis) -> str:
    """Give a member a fresh card number; the old one and the codes made from it prove nothing any more.

    `card` is a blank card that is handed over. Phone number and cards of a former system stay good. Returns the new
    number. Raises: NotAllowed, MemberUnknown, MemberBlocked …, BlankUnknown, BlankUsed, BlankVoid.
    """
    require(by, "member.edit")
    locks.hold(member_id)
    credentials.end(member_id, "card", now=now)
    fresh = blanks.bind(card, member_id, now=now) if card else credentials.add_card(member_id, now=now)
    members.index_again(member_id)
    after = {"reason": text.clean(reason)[:80]} if reason.strip() else None
    audit.record("member.card", "member", member_id, by=by, now=now, after=after)
    return fresh


@db.atomic
def phone(member_id: int, typed: str, *, by: Actor, now: Millis) -> str | None:
    """Give a member another phone number, or none when nothing is typed; staff have seen who they are.

    Returns the number in international form. Raises: NotAllowed, PhoneInvalid, PhoneTaken, MemberUnknown …
    """
    require(by, "member.edit")
    number = phones.normal(typed, region=rules.current(now=now).region) if typed.strip() else None
    _renumber(member_id, number, by, now)
    return number


@db.atomic
def own_phone(member_id: int, number: str, *, proof: Proof, now: Millis) -> None:
    """A member changes their number on their own phone; the new one was proved by a code (E.164).

    Who has a number already needs a fresh code for that one too, and it is told.
    Raises: FreshProofNeeded, PhoneTaken, MemberUnknown …
    """
    by, before = members.themselves(member_id), credentials.value_of(member_id, "phone")
    if before is not None and (proof.member_id != member_id or not proof.allows("phone", now=now)):
        raise FreshProofNeeded(right="member.edit")
    if before != number:
        _renumber(member_id, number, by, now)
    if before not in (None, number):
        shop, language = rules.current(now=now), outbox.language_of(member_id, now=now)
        letter = Letter(
            dedupe_key=f"phone_changed:{member_id}:{now}",
            template="phone_changed",
            category="service",
            language=language,
            variables={"shop": shop.shop_name},
            address=before,
            expires_at=Millis(now + DAY),
        )
        outbox.put(letter, now=now)


def _renumber(member_id: int, number: str | None, by: Actor, now: Millis) -> None:
    """Let a member have another number, if it is another."""
    locks.hold(member_id)
    before = credentials.value_of(member_id, "phone")
    if number == before:
        return
    credentials.end(member_id, "phone", now=now)
    if number and not credentials.add(member_id, "phone", number, now=now):
        raise members.PhoneTaken(field="phone", phone=number)
    db.run("UPDATE member_person SET phone = ? WHERE member_id = ?", (number, member_id))
    members.index_again(member_id)
    shown = {"phone": text.masked_phone(before) if before else None}, {"phone": text.masked_phone(number or "")}
    audit.record("member.phone", "member", member_id, by=by, now=now, before=shown[0], after=shown[1])


@db.atomic
def language(member_id: int, language: str, *, by: Actor, now: Millis) -> None:
    """Change the language messages to a member are written in: 'zh' or 'en'. Raises: NotAllowed, MemberUnknown …"""
    members.check_may_edit(member_id, by)
    locks.hold(member_id)
    if language in LANGUAGES:
        db.run("UPDATE member SET language = ? WHERE id = ?", (language, member_id))
        audit.record("member.language", "member", member_id, by=by, now=now, after={"language": language})
