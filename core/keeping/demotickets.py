"""Tickets in the demo shop: some dealt with and rated, one late, a repair promised for a day, one that waits."""

from datetime import timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.books import rules
from core.service import tickets
from core.service.tickets import Terms

DONE = (
    ("complaint", "奶茶里珍珠太硬", "goodwill", 2), ("order", "线上订单什么时候能取", "solved", 5),
    ("praise", "小吴服务特别好", "solved", 5), ("enquiry", "中秋礼盒有货吗", "solved", 4),
    ("return", "茶叶想退", "declined", 3),
)  # fmt: skip


def begin(owner: Actor, *, now: Millis) -> None:
    """The last weeks' tickets and those of today, of members who bought lately."""
    people = [row[0] for row in db.rows(
        "SELECT t.member_id FROM member_stats t JOIN member m ON m.id = t.member_id WHERE m.state = 'active'"
        " AND t.last_day IS NOT NULL ORDER BY t.last_day DESC, t.member_id LIMIT 9"
    )]  # fmt: skip
    if len(people) < 9:
        return
    for place, (kind, subject, outcome, stars) in enumerate(DONE):
        began = Millis(now - (24 - 4 * place) * DAY)
        ticket = tickets.open_ticket(Terms(kind, subject, member_id=people[place]), by=owner, now=began)
        tickets.reply(ticket, "收到，我们马上处理。", by=owner, now=Millis(began + 2 * HOUR))
        tickets.close(ticket, outcome, by=owner, now=Millis(began + 26 * HOUR))
        tickets.rate(ticket, stars, by=owner, now=Millis(began + 30 * HOUR))
    today = clock.day_of(now, rules.current(now=now).zone)
    late = Terms("complaint", "栗子蛋糕太甜，说过两次了", member_id=people[5])
    tickets.open_ticket(late, by=owner, now=Millis(now - 2 * DAY))
    repair = Terms("repair", "保温杯盖子松了", member_id=people[6], promised_on=today + timedelta(days=3))
    tickets.open_ticket(repair, by=owner, now=Millis(now - 20 * HOUR))
    asked = tickets.open_ticket(
        Terms("exchange", "茶杯换个颜色", member_id=people[7]), by=owner, now=Millis(now - 5 * HOUR)
    )
    tickets.reply(asked, "要蓝色还是白色？", by=owner, now=Millis(now - 4 * HOUR))
    tickets.open_ticket(
        Terms("suggestion", "周末能不能开到十点", member_id=people[8]), by=owner, now=Millis(now - HOUR)
    )
