"""Festivals 节日: each a date that comes every year by a rule, with its wish; a shop may add its own."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.base import db, feasts, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit

CODE = re.compile(r"[a-z][a-z0-9-]{1,19}")
LONGEST = 40


@dataclass(frozen=True)
class Festival:
    """One festival. `wish` is what a greeting says: '中秋快乐', 'a happy Mid-Autumn Festival'."""

    code: str
    rule: str
    name_zh: str
    name_en: str
    wish_zh: str
    wish_en: str
    own: bool = False

    def name(self, language: str) -> str:
        """Its name in a language."""
        return self.name_zh if language == "zh" else self.name_en

    def wish(self, language: str) -> str:
        """Its wish in a language."""
        return self.wish_zh if language == "zh" else self.wish_en


KNOWN = (
    Festival("new-year", "solar:1-1", "元旦", "New Year's Day", "元旦快乐", "Happy New Year"),
    Festival("eve", "lunar:eve", "除夕", "Lunar New Year's Eve", "除夕团圆，阖家欢乐", "A happy Lunar New Year's Eve"),
    Festival("spring", "lunar:1-1", "春节", "Lunar New Year", "新春快乐，万事如意", "Happy Lunar New Year"),
    Festival("lantern", "lunar:1-15", "元宵", "Lantern Festival", "元宵节快乐", "Happy Lantern Festival"),
    Festival("qingming", "term:清明", "清明", "Qingming", "清明安康", "A peaceful Qingming"),
    Festival("mother", "nth:5-sun-2", "母亲节", "Mother's Day", "母亲节快乐", "Happy Mother's Day"),
    Festival("dragon", "lunar:5-5", "端午", "Dragon Boat Festival", "端午安康", "A good Dragon Boat Festival"),
    Festival("father", "nth:6-sun-3", "父亲节", "Father's Day", "父亲节快乐", "Happy Father's Day"),
    Festival("qixi", "lunar:7-7", "七夕", "Qixi", "七夕快乐", "Happy Qixi"),
    Festival("moon", "lunar:8-15", "中秋", "Mid-Autumn Festival", "中秋快乐，月圆人圆", "Happy Mid-Autumn Festival"),
    Festival("national", "solar:10-1", "国庆", "National Day", "国庆快乐", "Happy National Day"),
    Festival("chongyang", "lunar:9-9", "重阳", "Double Ninth", "重阳安康", "A good Double Ninth"),
    Festival("christmas", "solar:12-25", "圣诞", "Christmas", "圣诞快乐", "Merry Christmas"),
)


class FestivalInvalid(Invalid):
    """A festival cannot be as it was asked for."""

    code = "festival_invalid"
    text = N_("Festival “{festival}”: {wanted}")


class FestivalUnknown(NotFound):
    """No festival of the shop's own has this code."""

    code = "festival_unknown"
    text = N_("There is no festival “{festival}” of the shop's own. `regulars festival list` shows them all.")


def all_festivals() -> list[Festival]:
    """Those that are known, then the shop's own that have not ended."""
    sql = (
        "SELECT code, date_rule, name_zh, name_en, wish_zh, wish_en FROM festival WHERE ended_at IS NULL ORDER BY code"
    )
    return [*KNOWN, *(replace(Festival(*row), own=True) for row in db.rows(sql))]


def on(day: date) -> list[tuple[Festival, int]]:
    """The festivals of a day, each with the year it is counted under."""
    found = ((one, feasts.year_on(one.rule, day)) for one in all_festivals())
    return [(one, year) for one, year in found if year is not None]


def coming(code: str, *, after: date, days: int = 400) -> date | None:
    """The first day from one on that keeps a festival, looked for so many days ahead."""
    rule = next((one.rule for one in all_festivals() if one.code == code), "")
    ahead = (after + timedelta(days=number) for number in range(days))
    return next((day for day in ahead if feasts.year_on(rule, day) is not None), None)


@db.atomic
def add(festival: Festival, *, by: Actor, now: Millis) -> None:
    """Add a festival of the shop's own. Raises: NotAllowed, FestivalInvalid."""
    require(by, "care")
    wrong = _wrong(festival)
    if wrong is not None:
        raise FestivalInvalid(field="festival", festival=festival.code[:20], wanted=wrong)
    words = [text.clean(one) for one in (festival.name_zh, festival.name_en, festival.wish_zh, festival.wish_en)]
    db.run(
        "INSERT INTO festival (code, date_rule, name_zh, name_en, wish_zh, wish_en, at, actor)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET date_rule = excluded.date_rule,"
        " name_zh = excluded.name_zh, name_en = excluded.name_en, wish_zh = excluded.wish_zh,"
        " wish_en = excluded.wish_en, at = excluded.at, actor = excluded.actor, ended_at = NULL",
        (festival.code, festival.rule, *words, now, by.tag),
    )
    after = {"name": festival.code, "day": festival.rule}
    audit.record("festival.added", "festival", 0, by=by, now=now, after=after)


def _wrong(festival: Festival) -> Text | None:
    if not CODE.fullmatch(festival.code):
        return T("its code has 2 to 20 small letters, digits or hyphens, like dragon-boat.")
    if any(one.code == festival.code for one in all_festivals()):
        return T("there is one with this code already.")
    if not feasts.is_rule(festival.rule):
        return T("its date is a rule like solar:12-25, lunar:8-15, lunar:eve, term:清明 or nth:5-sun-2.")
    words = (festival.name_zh, festival.name_en, festival.wish_zh, festival.wish_en)
    if not all(1 <= len(text.clean(one)) <= LONGEST for one in words):
        return T("name and wish have 1 to {most} characters in each language.", most=LONGEST)
    return None


@db.atomic
def end(code: str, *, by: Actor, now: Millis) -> None:
    """Keep a festival of the shop's own no longer. Raises: NotAllowed, FestivalUnknown."""
    require(by, "care")
    if not db.change("UPDATE festival SET ended_at = ? WHERE code = ? AND ended_at IS NULL", (now, code)):
        raise FestivalUnknown(festival=code[:20])
    audit.record("festival.ended", "festival", 0, by=by, now=now, before={"name": code})
