"""Events in the demo shop: one that took place, one to come, one that is full with a waiting list."""

from datetime import timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.books import rules
from core.keeping import demosurveys
from core.people import staff
from core.service import gatheringday, gatheringkit, gatherings, gatheringsignups
from core.service.gatherings import Plan

BEGAN_DAYS = 28
GUESTS, ABSENT = 14, 3


def _at(now: Millis, days: int, hour: int) -> Millis:
    zone = rules.current(now=now).zone
    return clock.at_time(clock.day_of(now, zone) + timedelta(days=days), hour, 0, zone)


def _members(count: int, *, after: int = 0) -> list[int]:
    sql = (
        "SELECT s.member_id FROM member_stats s JOIN member m ON m.id = s.member_id AND m.state = 'active'"
        " ORDER BY s.last_at IS NULL, s.last_at DESC, s.member_id LIMIT ? OFFSET ?"
    )
    return [id for (id,) in db.rows(sql, (count, after))]


def _fill(gathering_id: int, member_ids: list[int], *, by: Actor, now: Millis) -> None:
    gatherings.open_signup(gathering_id, by=by, now=now)
    for place, member_id in enumerate(member_ids):
        then = Millis(now + place * HOUR)
        gatheringsignups.sign_up(gathering_id, member_id, 1 + place % 2, proved=True, by=by, now=then)


def build(owner: Actor, store_id: int, *, now: Millis) -> None:
    """Four weeks ago, next week, and the week after."""
    _past(owner, store_id, now=now)
    begun = Millis(now - 3 * DAY)
    from_at = _at(now, 6, 14)
    fan = Plan("Fan painting with tea", "团扇彩绘下午茶", from_at, Millis(from_at + 2 * HOUR), 16, 8, store_id=store_id,
               about_zh="绘一把自己的团扇，配一壶桂花乌龙。",
               about_en="Paint a fan of your own, with a pot of osmanthus oolong.",
               budget_cents=80_000)  # fmt: skip
    fans = gatherings.draft(fan, by=owner, now=begun)
    _fill(fans, _members(5, after=20), by=owner, now=begun)
    gatheringkit.add_supply(fans, "团扇", 20, 24_000, by=owner, now=begun)
    gatheringkit.add_supply(fans, "颜料", 8, 12_000, by=owner, now=begun)
    gatheringkit.give_to(fans, staff.by_login("clerk"), "签到", by=owner, now=begun)
    later_at = _at(now, 13, 19)
    cups = Plan("Tea tasting of the new harvest", "新茶品鉴会", later_at, Millis(later_at + 2 * HOUR), 8, 6,
                store_id=store_id, about_zh="六款新茶，店主主讲。", about_en="Six new teas, told about by the owner.",
                budget_cents=50_000)  # fmt: skip
    _fill(gatherings.draft(cups, by=owner, now=begun), _members(9, after=40), by=owner, now=begun)


def _past(owner: Actor, store_id: int, *, now: Millis) -> None:
    from_at = _at(now, -BEGAN_DAYS, 14)
    begun, end = Millis(from_at - 10 * DAY), Millis(from_at + 3 * HOUR)
    plan = Plan("Osmanthus cakes by hand", "手工糕点体验课", from_at, Millis(from_at + 2 * HOUR), 20, 10,
                store_id=store_id, about_zh="跟师傅学做桂花糕。", about_en="Osmanthus cakes, made with our baker.",
                budget_cents=60_000)  # fmt: skip
    gathering_id = gatherings.draft(plan, by=owner, now=begun)
    guests = _members(GUESTS)
    _fill(gathering_id, guests, by=owner, now=begun)
    gatheringkit.add_supply(gathering_id, "糯米粉、桂花", 1, 32_000, by=owner, now=begun)
    gatheringkit.add_cost(gathering_id, "师傅课时费", 40_000, by=owner, now=end)
    booked = "SELECT member_id FROM gathering_signup WHERE gathering_id = ? AND state = 'booked' ORDER BY id"
    for (member_id,) in db.rows(booked, (gathering_id,))[ABSENT:]:
        gatheringday.check_in(gathering_id, member_id, by=owner, now=from_at)
    gatheringday.close(gathering_id, by=owner, now=end)
    demosurveys.of_event(gathering_id, end, by=owner)
    gatherings.learn(gathering_id, "下次多备一套工具，提前一天再提醒一次。", by=owner, now=end)
