"""The demo's survey 演示问卷: one that has run for three weeks, answered by members after their visits, and a draft."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import HOUR, Millis
from core.books import rules
from core.people import members
from core.service import gatheringguests, gatheringsurveys, surveyanswers, surveys, tickets
from core.service.surveys import Question, Survey, Terms

ANSWERS, DAYS = 80, 21
QUESTIONS = (
    Question(kind="nps", words_en="How likely is it that you recommend us to a friend? 0 not at all, 10 surely",
             words_zh="您有多大可能把我们推荐给朋友？0 完全不会，10 一定会"),
    Question(kind="csat", words_en="How satisfied were you with the service? 1 not at all, 5 very",
             words_zh="您对服务满意吗？1 很不满意，5 非常满意", required=False),
    Question(kind="choice", words_en="What do you come for?", words_zh="您常为何而来？", required=False,
             choices=(("tea", "茶饮"), ("cake", "甜点"), ("a quiet hour", "安静坐坐"))),
    Question(kind="free", words_en="What should we do better?", words_zh="您希望我们改进什么？", required=False),
)  # fmt: skip
NPS = (10, 10, 9, 9, 9, 8, 8, 7, 6, 4)
CSAT = (5, 5, 5, 4, 4, 4, 3, 3, 2)
WORDS = ("", "", "", "", "周末排队太久", "希望有无糖的", "座位再多一点就好", "店员很热情", "A vegan cake, please.")


def ask(*, by: Actor, now: Millis) -> int:
    """Make both and let members answer the first; how many did."""
    today = clock.day_of(now, rules.current(now=now).zone)
    terms = Terms(name="到店感受", intro_en="How was your visit? A minute is enough.",
                  intro_zh="上次光临感觉如何？一分钟就好。",
                  first_on=today - timedelta(days=DAYS), last_on=today + timedelta(days=40), points=20,
                  anonymous=True)  # fmt: skip
    began = Millis(now - DAYS * clock.DAY)
    survey_id = surveys.draft(terms, QUESTIONS, by=by, now=began)
    surveys.start(survey_id, by=by, now=began)
    _draft_next(terms, by=by, now=now)
    survey, dice = surveys.get(survey_id), random.Random(40)  # noqa: S311
    sql = (
        "SELECT member_id, max(at) FROM sale WHERE member_id IN (SELECT id FROM member WHERE state = 'active')"
        " AND at > ? GROUP BY member_id ORDER BY member_id LIMIT ?"
    )
    found = db.rows(sql, (began, ANSWERS))
    for member_id, sold_at in sorted(found, key=lambda one: (one[1], one[0])):
        moment = Millis(min(now, sold_at + dice.randrange(1, 30) * HOUR))
        who = members.themselves(member_id)
        surveyanswers.answer(survey_id, member_id, _typed(survey, dice), by=who, now=moment)
    _answered(by=by, now=now)
    return len(found)


def _answered(*, by: Actor, now: Millis) -> None:
    """The complaints of low answers were dealt with within a day; the last two days' still wait."""
    sql = (
        "SELECT id, opened_at FROM ticket WHERE kind = 'complaint' AND state <> 'closed' AND opened_at < ? ORDER BY id"
    )
    for place, (ticket_id, opened_at) in enumerate(db.rows(sql, (now - 2 * clock.DAY,))):
        moment = Millis(opened_at + 20 * HOUR)
        tickets.reply(ticket_id, "对不起，下次请您喝一杯。", by=by, now=moment)
        tickets.close(ticket_id, ("goodwill", "solved", "no_answer")[place % 3], by=by, now=Millis(moment + HOUR))


def _draft_next(terms: Terms, *, by: Actor, now: Millis) -> None:
    coming = replace(terms, name="新茶试饮", first_on=terms.last_on, last_on=terms.last_on + timedelta(days=30))
    surveys.draft(coming, QUESTIONS[:2], by=by, now=now)


def of_event(gathering_id: int, held_at: Millis, *, by: Actor) -> None:
    """Ask who came to an event the day after, and let most of them answer in the days after that."""
    day = clock.day_of(held_at, rules.current(now=held_at).zone)
    terms = Terms(name="活动回访", intro_en="How did you like it? Two taps are enough.",
                  intro_zh="这场活动您还满意吗？点两下就好。", first_on=day, last_on=day + timedelta(days=14),
                  as_service=True)  # fmt: skip
    after = Millis(held_at + clock.DAY)
    survey_id = surveys.draft(terms, QUESTIONS[:2], by=by, now=held_at)
    surveys.start(survey_id, by=by, now=held_at)
    gatheringsurveys.ask(gathering_id, survey_id, by=by, now=after)
    survey, dice = surveys.get(survey_id), random.Random(41)  # noqa: S311
    guests = list(dict.fromkeys(one.member_id for one in gatheringguests.came(gathering_id)))
    for place, member_id in enumerate(guests[2:]):
        who, moment = members.themselves(member_id), Millis(after + (1 + place) * HOUR)
        surveyanswers.answer(survey_id, member_id, _typed(survey, dice), by=who, now=moment)
    _answered(by=by, now=Millis(after + 4 * clock.DAY))
    surveys.end(survey_id, by=by, now=Millis(held_at + 14 * clock.DAY))


def _typed(survey: Survey, dice: random.Random) -> Mapping[int, str]:
    said = (dice.choice(NPS), dice.choice(CSAT), dice.randrange(1, 4), dice.choice(WORDS))
    return {one.id: str(words) for one, words in zip(survey.questions, said, strict=False)}
