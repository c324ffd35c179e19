"""Win-back in the demo shop: cases and calls in every state, and offers some weeks old with their verdict."""

from datetime import timedelta

from core.base import access, clock
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.books import rules
from core.insight import warnings
from core.loyalty import coupons
from core.people import staff
from core.service import answers, batches, followups, strategies, verdicts, winback
from core.service.followups import Outcome
from core.service.strategies import Offer

JOB = access.scheduler("churn")
BEGAN_DAYS = 45
REASONS = ("price", "competitor", "need", "quality", "service", "moved")


def begin(owner: Actor, *, now: Millis) -> None:
    """Some weeks ago: the first list, an offer to its first, and a few calls."""
    from core.insight import scan  # numpy: only the demo and the night need it

    scan.scan(by=JOB, now=now)
    gift = next(iter(coupons.kinds()))
    if batches.preview(24, by=owner, now=now).offered:
        batches.offer(24, Offer("price", gift.id, 50), by=owner, now=now)
    with_case = {one.member_id for one in winback.listing(by=owner)}
    left = [one for one in warnings.open_warnings(by=owner, now=now) if one.member_id not in with_case]
    for place, warning in enumerate(left[-8:]):
        reason = REASONS[place % len(REASONS)]
        try:
            case_id = winback.open_case(warning.id, by=owner, now=now)
        except winback.MemberHeldOut:
            continue
        winback.note_reason(case_id, reason, by=owner, now=now)
        (best, *_others) = strategies.of_reason(reason)
        winback.offer(case_id, best.offer, by=owner, now=now)


def go_on(owner: Actor, *, now: Millis) -> None:
    """Today: what began then is judged, and new cases wait for calls, one of them late."""
    from core.insight import scan

    verdicts.judge_due(by=JOB, now=now)
    for place, case in enumerate(winback.listing(by=owner, over=True, limit=6)):
        winback.rate(case.id, 2 + place % 4, by=owner, now=now)
    scan.scan(by=JOB, now=now)
    clerk = staff.by_login("clerk")
    today = clock.day_of(now, rules.current(now=now).zone)
    opened = []
    for place, warning in enumerate(warnings.open_warnings(by=owner, now=now, limit=10)):
        then = Millis(now - 2 * DAY) if place == 0 else now
        due_on = today + timedelta(days=-2 if place == 0 else place // 3)
        try:
            opened.append(
                winback.open_case(warning.id, assigned_to=clerk if place % 2 else None, due_on=due_on, by=owner,
                                  now=then)
            )  # fmt: skip
        except (winback.CaseOpen, winback.MemberHeldOut):
            continue
    for place, case_id in enumerate(opened[1:4]):
        case = winback.get(case_id, by=owner)
        (task,) = followups.of_member(case.member_id, by=owner, now=now)
        came = ("not_reached", "reached", "will_come")[place]
        answers.note(task.id, Outcome(came, "price" if came == "reached" else None), by=owner, now=now)
