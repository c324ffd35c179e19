"""Members over the API: joining, identifying by a code, reading."""

from flask import Response

from core.base import clock, text
from core.base.clock import iso
from core.loyalty.tiers import Standing
from core.people import credentials, members
from core.people.credentials import ALLOWS
from core.people.members import Birthday, Joining, MemberSummary
from kiosk.api import door as api
from kiosk.api.schemas import (
    CouponOut,
    IdentifiedOut,
    IdentifyIn,
    MemberIn,
    MemberOut,
    PointsOut,
    TierOut,
    WalletOut,
)


@api.pages.post("/members")
@api.operation(201, MemberOut, body=MemberIn)
def join() -> Response:
    """Make someone a member.

    Needs the scope members. Consent is what the customer ticked, one purpose at a time. `card` is a card that was
    printed for new members and is handed over now.
    """
    given, now, by = api.body_of(MemberIn), clock.now(), api.actor()
    birthday = Birthday(**given.birthday.model_dump()) if given.birthday else None
    joining = Joining(
        phone=given.phone,
        name=given.name,
        birthday=birthday,
        language=given.language,
        source="online",
        store_id=api.store_id(),
        purposes=tuple(given.purposes),
        referrer_card=given.referrer_card,
        old_card=given.old_card,
        card=given.card,
    )
    member_id = members.join(joining, by=by, now=now)
    return api.answer(_shown(members.summary(member_id, by=by, now=now)), 201)


@api.pages.post("/identify")
@api.operation(200, IdentifiedOut, body=IdentifyIn)
def identify() -> Response:
    """Say whose code this is and what it proves; the code is not used up.

    Needs the scope members.
    """
    given, now, by = api.body_of(IdentifyIn), clock.now(), api.actor()
    proof = credentials.identify(given.code, now=now)
    card = members.summary(proof.member_id, by=by, now=now)
    return api.answer(
        IdentifiedOut(
            member_id=str(proof.member_id),
            proof=proof.kind,
            allows=sorted(ALLOWS[proof.kind]),
            until=iso(proof.until_at),
            name=text.masked_name(card.name),
            tier=_tier(card.standing),
            points=card.points.usable,
        )
    )


@api.pages.get("/members/<int:member_id>")
@api.operation(200, MemberOut, refusals=(401, 403, 404, 500, 503), bare=(304,))
def member(member_id: int) -> Response:
    """Read one member.

    Needs the scope members; name and phone are masked without members.phone. Send If-None-Match to get
    304 when nothing changed.
    """
    card = members.summary(member_id, by=api.actor(), now=clock.now())
    return api.answer(_shown(card), tagged=True)


def _shown(card: MemberSummary) -> MemberOut:
    open_name = api.actor().may("member.phone")
    points = card.points
    return MemberOut(
        id=str(card.id),
        state=card.state,
        name=card.name if open_name else text.masked_name(card.name),
        phone=card.phone,
        card=card.card,
        language=card.language,
        joined_at=iso(card.joined_at),
        tier=_tier(card.standing),
        points=PointsOut(
            balance=points.balance,
            usable=points.usable,
            expiring=points.expiring,
            expires_on=points.expires_on.isoformat() if points.expires_on else None,
        ),
        wallet=WalletOut(principal_cents=card.wallet.principal_cents, bonus_cents=card.wallet.bonus_cents),
        coupons=[
            CouponOut(
                id=str(one.id),
                code=one.code,
                name=one.kind.name,
                valid_from=iso(one.valid_from_at),
                valid_until=iso(one.valid_until_at),
            )
            for one in card.coupons
        ],
    )


def _tier(standing: Standing) -> TierOut:
    return TierOut(
        name=standing.tier.name,
        mark=standing.tier.mark,
        next=standing.next.name if standing.next else None,
        missing_cents=standing.missing_cents,
        missing_visits=standing.missing_visits,
    )
