"""Tiers worked out again from everything a member did, by the words of the design, with no code of the shop.

A history is a list of sales and refunds in the order of time. It is played from its beginning each time.
"""

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

Asked = tuple[int | None, int | None]
"""Net spend in cents and visits; None is not asked."""


@dataclass(frozen=True)
class Step:
    """A tier as one version of its terms has it."""

    asked: Asked
    window_days: int
    hold_months: int


@dataclass(frozen=True)
class Terms:
    """All tiers from a moment on; who holds `strict` and falls short is judged on that day."""

    at: datetime
    tiers: tuple[Step, ...]
    strict: int | None = None


@dataclass(frozen=True)
class Deed:
    """A sale of `net`, 0 if points or bonus paid it all, or what was refunded (below 0) of the sale of a `day`."""

    at: datetime
    day: date
    net: int
    refund: bool = False


@dataclass
class Held:
    """A tier, since when and until which day, and how it was reached."""

    rank: int
    since: datetime
    until: date | None
    why: str


@dataclass
class Member:
    """What a member holds after so much of their history."""

    joined: datetime
    last: datetime = datetime.min  # noqa: DTZ901  # when something was done last; no job runs before it
    spent: dict[date, int] = field(default_factory=dict)
    path: list[Held] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = [Held(0, self.joined, None, "joined")]

    @property
    def held(self) -> Held:
        return self.path[-1]


def months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def total(spent: dict[date, int], first: date, last: date) -> tuple[int, int]:
    days = [cents for day, cents in spent.items() if first <= day <= last]
    return sum(days), sum(cents > 0 for cents in days)


def met(step: Step, did: tuple[int, int]) -> bool:
    return any(asked is not None and had >= asked for asked, had in zip(step.asked, did, strict=True))


def earned(tiers: tuple[Step, ...], spent: dict[date, int], last: date) -> int:
    ranks = [0]
    for rank, step in enumerate(tiers):
        if rank and met(step, total(spent, last - timedelta(days=step.window_days - 1), last)):
            ranks.append(rank)
    return max(ranks)


class Book:
    """The terms of a shop over time, its mode of demotion, and the hour of its daily job."""

    def __init__(self, terms: list[Terms], mode: str, job: timedelta) -> None:
        self.terms, self.mode, self.job = terms, mode, job

    def tiers(self, at: datetime) -> tuple[Step, ...]:
        return self.terms[bisect_right([one.at for one in self.terms], at) - 1].tiers

    def after(self, joined: datetime, history: list[Deed], until: datetime) -> Member:
        """What a member holds at a moment."""
        member, judged = Member(joined), 1
        for deed in history:
            judged = self._jobs(member, judged, deed.at)
            member.last = deed.at
            member.spent[deed.day] = member.spent.get(deed.day, 0) + deed.net
            if not deed.refund:
                self._reached(member, earned(self.tiers(deed.at), member.spent, deed.at.date()), deed.at, "promoted")
            else:
                self._refunded(member, deed.at)
        self._jobs(member, judged, until)
        return member

    def _reached(self, member: Member, rank: int, at: datetime, why: str) -> None:
        if rank > member.held.rank:
            self._give(member, rank, at, why)

    def _give(self, member: Member, rank: int, at: datetime, why: str) -> None:
        until = months_later(at.date(), self.tiers(at)[rank].hold_months) if rank else None
        member.path.append(Held(rank, at, until, why))

    def _refunded(self, member: Member, at: datetime) -> None:
        """A promotion goes if it is earned neither on its day nor today without what was refunded.

        What is earned today is held all the same.
        """
        before = len(member.path)
        while member.held.why == "promoted" and len(member.path) > 1:
            here = member.held
            if any(earned(self.tiers(moment), member.spent, moment.date()) >= here.rank for moment in (here.since, at)):
                break
            member.path.pop()
        if len(member.path) < before:
            self._reached(member, earned(self.tiers(at), member.spent, at.date()), at, "promoted")

    def _jobs(self, member: Member, judged: int, until: datetime) -> int:
        """The daily jobs up to a moment: new terms first, then reviews that have come."""
        while True:
            coming = []
            if judged < len(self.terms):
                coming.append((self._job_after(max(self.terms[judged].at, member.last)), 0))
            if member.held.until is not None:
                ended = datetime.combine(member.held.until, datetime.min.time())
                coming.append((self._job_after(max(ended, member.last)), 1))
            coming = [one for one in sorted(coming) if one[0] <= until]
            if not coming:
                return judged
            at, what = coming[0]
            if what == 0:
                self._judge(member, self.terms[judged], at)
                judged += 1
            else:
                self._review(member)

    def _job_after(self, moment: datetime) -> datetime:
        """When the daily job runs first at or after a moment."""
        day = datetime.combine(moment.date(), datetime.min.time())
        return day + self.job if day + self.job >= moment else day + timedelta(days=1) + self.job

    def _judge(self, member: Member, terms: Terms, at: datetime) -> None:
        rank, held = earned(terms.tiers, member.spent, terms.at.date()), member.held.rank
        if rank > held:
            self._give(member, rank, at, "terms")
        elif rank < held and terms.strict == held:
            self._fall(member, rank, at, "terms")

    def _review(self, member: Member) -> None:
        held = member.held
        assert held.until is not None
        at = datetime.combine(held.until, datetime.min.time())
        last, tiers = held.until - timedelta(days=1), self.tiers(at)
        did = total(member.spent, held.since.date(), last)
        by_period = [rank for rank, step in enumerate(tiers) if rank and met(step, did)]
        rank = max(0, earned(tiers, member.spent, last), *by_period)
        if rank >= held.rank:
            self._give(member, rank, at, "review")
        else:
            self._fall(member, rank, at, "review")

    def _fall(self, member: Member, rank: int, at: datetime, why: str) -> None:
        held = member.held.rank
        after = {"qualify": rank, "step": max(held - 1, rank), "never": held}[self.mode]
        if why == "review" or after != held:
            self._give(member, after, at, why)
