"""Reports by mail: to whom, which period, each once; what does not leave is told."""

import io
import zipfile
from datetime import date

import pytest

from core.base import clock, db
from core.base.access import scheduler
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.keeping import reportmails
from core.keeping.reportmails import Letter
from core.people import staff
from core.reports import mailing
from core.reports.mailing import MailAddressInvalid, MailReaderMayNot, MonthPageWeekly, ReportMailUnknown
from tests.shops import Shop

JOB = scheduler("report-mail")
JUNE = 3 * DAY
"""From the shop's noon of Friday 2026-05-29 to Monday 2026-06-01."""


class Post:
    """Takes letters and answers as told, then always 'sent'."""

    def __init__(self, *answers: tuple[str, str]) -> None:
        self.letters: list[Letter] = []
        self.answers = list(answers)

    def __call__(self, letter: Letter) -> tuple[str, str]:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else ("sent", "")


def add(shop: Shop, report: str = "sales", every: mailing.Every = "week", address: str = "wang@example.com") -> int:
    return mailing.add(
        report, every, staff_id=shop.owner.id, address=address, language="en", by=shop.owner, now=shop.now
    )  # fmt: skip


def sent(shop: Shop, post: Post, after: int) -> str:
    now = Millis(shop.now + after)
    with clock.set_to(now):
        return reportmails.send_due(post, by=JOB, now=now)


def states() -> list[tuple[str, int, str]]:
    return db.rows("SELECT state, tries, reason FROM report_mail_sent ORDER BY period_day")


def test_a_week_leaves_once_when_it_is_over(shop: Shop) -> None:
    shop.product("tea", 1800)
    shop.sell(shop.basket(("tea", 3)))
    add(shop)
    post = Post()
    assert [sent(shop, post, after) for after in (0, JUNE - HOUR * 13, JUNE, JUNE + HOUR, JUNE + 6 * DAY)] == [
        "0 of 0", "0 of 0", "1 of 1", "0 of 0", "0 of 0",
    ]  # fmt: skip
    (letter,) = post.letters
    assert (letter.address, letter.file) == ("wang@example.com", "sales-2026-05-25.xlsx")
    assert "Sales · 2026-05-25 – 2026-05-31" in letter.subject and "takings: ¥54.00" in letter.body.splitlines()
    assert "xl/charts/chart1.xml" in zipfile.ZipFile(io.BytesIO(letter.data)).namelist()
    assert sent(shop, post, JUNE + 7 * DAY) == "1 of 1"


def test_the_page_of_a_month_leaves_each_month_in_its_language(shop: Shop) -> None:
    mailing.add(mailing.MONTH_PAGE, "month", staff_id=shop.owner.id, address="a@b.cn", language="zh", by=shop.owner,
                now=shop.now)  # fmt: skip
    post = Post()
    sent(shop, post, JUNE)
    (letter,) = post.letters
    assert (letter.file, letter.kind, letter.data[:5]) == ("month-page-2026-05-01.pdf", "application/pdf", b"%PDF-")
    assert "附件" in letter.body


def test_a_server_that_is_away_is_asked_again_and_given_up_after_five(shop: Shop) -> None:
    add(shop)
    post = Post(*[("waiting", "connect: refused")] * 5)
    for hour in range(7):
        sent(shop, post, JUNE + hour * HOUR)
    assert states() == [("refused", 5, "connect: refused")]
    assert (len(post.letters), len({letter.id for letter in post.letters})) == (5, 1)
    assert db.one("SELECT about, again FROM alert WHERE kind = 'report_mail'") == ("sales", 4)


@pytest.mark.parametrize("fate", ["refused", "unknown"])
def test_what_was_refused_or_may_have_left_is_told_and_not_sent_again(shop: Shop, fate: str) -> None:
    add(shop)
    post = Post((fate, "why"))
    assert [sent(shop, post, JUNE), sent(shop, post, JUNE + HOUR)] == ["0 of 1", "0 of 0"]
    assert (states(), len(post.letters)) == ([(fate, 1, "why")], 1)
    assert db.value("SELECT count(*) FROM alert WHERE kind = 'report_mail'") == 1


def test_a_mail_whose_process_ended_is_not_sent_again(shop: Shop) -> None:
    add(shop)
    at = Millis(shop.now + JUNE)
    (one,) = mailing.due(now=at)
    assert mailing.begin(one, now=at) is not None
    assert mailing.begin(one, now=at) is None
    post = Post()
    sent(shop, post, JUNE + HOUR)
    assert (states(), post.letters) == ([("unknown", 1, "broke off")], [])


def test_who_was_dismissed_gets_nothing(shop: Shop) -> None:
    manager = staff.create("li", "李", "manager", password="long enough", by=shop.owner, now=shop.now)
    mailing.add("sales", "week", staff_id=manager, address="a@b.cn", language="zh", by=shop.owner, now=shop.now)
    staff.close(manager, by=shop.owner, now=shop.now)
    post = Post()
    assert (sent(shop, post, JUNE), post.letters) == ("0 of 1", [])
    assert states() == [("refused", 1, "mail_reader_may_not")]


def test_a_reader_sees_their_stores_with_one_right(shop: Shop) -> None:
    manager = staff.create("li", "李", "manager", password="long enough", stores=(shop.store,), by=shop.owner,
                           now=shop.now)  # fmt: skip
    actor = mailing.reader(manager)
    assert (actor.kind, actor.rights, actor.stores) == ("job", {"reports"}, {shop.store})


def test_what_cannot_be_mailed_is_refused(shop: Shop) -> None:
    clerk = staff.create("xiao", "小李", "clerk", password="long enough", by=shop.owner, now=shop.now)
    with pytest.raises(MonthPageWeekly):
        add(shop, mailing.MONTH_PAGE)
    for address in ("a@b", "a b@c.cn", "a@b.cn\nBcc: x@y.cn", "王@b.cn", "a@b.cn,c@d.cn"):
        with pytest.raises(MailAddressInvalid):
            add(shop, address=address)
    with pytest.raises(MailReaderMayNot):
        mailing.add("sales", "week", staff_id=clerk, address="a@b.cn", language="zh", by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        mailing.listing(by=staff.actor_of(clerk))


def test_one_that_ended_leaves_no_more_and_its_address_is_gone(shop: Shop) -> None:
    mail = add(shop)
    mailing.end(mail, by=shop.owner, now=shop.now)
    assert (sent(shop, Post(), JUNE), mailing.listing(by=shop.owner)) == ("0 of 0", [])
    assert db.value("SELECT address FROM report_mail") == ""
    with pytest.raises(ReportMailUnknown):
        mailing.end(mail, by=shop.owner, now=shop.now)


@pytest.mark.parametrize(
    ("every", "today", "first", "last"),
    [
        ("week", date(2026, 6, 1), date(2026, 5, 25), date(2026, 5, 31)),
        ("week", date(2026, 5, 31), date(2026, 5, 18), date(2026, 5, 24)),
        ("month", date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_the_last_whole_period(every: mailing.Every, today: date, first: date, last: date) -> None:
    assert mailing.last_period(every, today) == (first, last)
