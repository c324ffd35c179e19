"""Picking 选会员: the one member a person means by what they type, or why it is not one."""

from core.base import phones
from core.base.access import Actor
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.people import members
from core.people.members import MemberHit

MOST_SAID = 3


class MemberNotFound(NotFound):
    """Nobody is found by what was typed."""

    code = "member_not_found"
    text = N_("Nobody is found by “{typed}”. Type a phone number, its last four digits, a card or a name.")


class MemberSeveral(Invalid):
    """What was typed fits several members."""

    code = "member_several"
    text = N_("“{typed}” fits {names}. Type more, or the whole phone number.")


def one(typed: str, *, field: str, by: Actor) -> MemberHit:
    """The member found by a phone, its last four digits, a card, a name, pinyin or initials.

    Raises: NotAllowed, MemberNotFound, MemberSeveral.
    """
    found = members.find(typed, by=by, limit=MOST_SAID + 1) if typed.strip() else []
    if not found:
        raise MemberNotFound(field=field, typed=typed[:24])
    if len(found) > 1:
        names = ", ".join(said(hit) for hit in found[:MOST_SAID]) + (" …" if len(found) > MOST_SAID else "")
        raise MemberSeveral(field=field, typed=typed[:24], names=names)
    return found[0]


def said(hit: MemberHit) -> str:
    """A member in a few words: '李雷 138****8001'."""
    return " ".join(part for part in (hit.name, phones.national(hit.phone)) if part) or "—"
