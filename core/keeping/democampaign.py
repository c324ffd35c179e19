"""A campaign in the demo shop, sent some weeks ago, that brought people back; and what months are meant to bring."""

from core.base import access, clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.books import rules
from core.loyalty import coupons
from core.loyalty.coupons import Terms
from core.outreach import delivery
from core.outreach.campaigns import approving, drafting, running
from core.outreach.campaigns.plan import Plan, Words
from core.outreach.segments import saved, typed
from core.reports import goals
from core.reports.goals import What

BEGAN_DAYS = 28
GOALS: tuple[tuple[What, int], ...] = (("takings", 45_000_00), ("sales", 600), ("members", 8))
JOB = access.scheduler("campaigns")
WORDS = {
    "zh": Words("【{shop}】{name}，桂花新茶到店，这张券满 30 减 6，两周内可用。{stop}"),
    "en": Words("[{shop}] {name}, osmanthus teas are here: 6 off 30 within two weeks. {stop}"),
}


def send(owner: Actor, *, now: Millis) -> list[int]:
    """Write to everyone who agreed and was here within four months, with a coupon; who got it."""
    rule = typed.read("has:phone and away > 2 and not away > 120")
    segment = saved.save("近四个月来过", rule, by=owner, now=now)
    kind = coupons.create_kind(
        "秋茶满30减6", Terms(effect="amount", off_cents=600, threshold_cents=3000), valid_days=14, by=owner, now=now
    )
    plan = Plan(WORDS, now, Millis(now + DAY), coupon_kind_id=kind, holdout_bp=3500)
    one = drafting.draft("秋茶上新", segment.id, plan, by=owner, now=now)
    approving.approve(one.id, version=one.version, by=owner, now=now)
    for round in range(12):
        running.advance(by=JOB, now=Millis(now + round * 5 * MINUTE))
    sql = "SELECT id, member_id FROM outbox WHERE campaign_id = ? AND state = 'queued' ORDER BY id"
    written = db.rows(sql, (one.id,))
    at = Millis(now + HOUR)
    for outbox_id, _ in written:
        if delivery.claim(outbox_id, owner="demo", now=at) is not None:
            delivery.accepted(outbox_id, sid=f"DEMO{outbox_id}", now=at)
            delivery.note_status(
                sid=f"DEMO{outbox_id}", status="delivered", outbox_id=outbox_id, attempt=1, now=Millis(at + MINUTE)
            )
    running.advance(by=JOB, now=Millis(now + 2 * DAY))
    return [member_id for _, member_id in written]


def aim(owner: Actor, *, now: Millis) -> None:
    """What this month and the last two are meant to bring."""
    month = clock.day_of(now, rules.current(now=now).zone).replace(day=1)
    for back in range(3):
        for what, target in GOALS:
            goals.set_goal(what, target, month=clock.add_months(month, -back), store_id=None, by=owner, now=now)
