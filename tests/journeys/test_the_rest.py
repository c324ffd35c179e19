"""The departments, each in one story through its doors, in both languages."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from core.base import access, clock, db, i18n
from core.base.clock import HOUR, MINUTE
from core.keeping import opening
from core.people import accounts, staff
from core.service.surveyanswers import SurveyAnswered
from tests.journeys import booking_day, event_day, follow_day, goods_day, service_day, staff_day, survey_day
from tests.journeys import rest as rest_of_the_shop
from tests.journeys.rest import LOCALES, ZONE, Rest

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", params=["zh", "en"])
def rest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Rest]:
    with rest_of_the_shop.opened(tmp_path_factory.mktemp("street"), browser, request.param) as rest:
        yield rest


LINK = re.compile(r"http\S+/l/\w+")


def test_a_message_becomes_a_ticket_and_its_bad_end_a_call(rest: Rest) -> None:
    sent = rest.sent
    rest.writes("13800138000", "蛋糕碎了")
    assert rest.job("tickets") == "1"
    promised = rest.office(service_day.answer)
    shots = rest.street.shots
    assert "1" in next(line for line in shots["today"].splitlines() if rest.said("tickets") in line)
    assert "蛋糕碎了" in shots["tickets"]
    assert rest.said("waits for the member") in shots["ticket replied"]
    assert "We bake another" in promised
    reply, promise = rest.letters(sent)
    assert "We bake another" in reply
    assert str(rest.today + timedelta(days=1))[5:] in promise

    rest.writes("13800138000", "谢谢，我明天来取")
    assert rest.job("tickets") == "1"
    closed = rest.office(service_day.deal_with)
    assert "谢谢，我明天来取" in shots["ticket answered"]
    assert rest.said("solved") in closed
    (asked,) = rest.letters(sent + 2)
    stranger = rest.street.page(phone=True, locale=LOCALES[rest.language])
    stranger.goto(LINK.findall(asked)[0])
    stranger.locator('button[value="2"]').click()
    thanks = rest.said("Your answer: {satisfaction} of 5. Thank you.", satisfaction=2)
    expect(stranger.get_by_role("status")).to_have_text(thanks)

    rest.office(service_day.call)
    assert "蛋糕碎了" in shots["calls"]
    assert "王伟芳" in shots["calls"]
    assert "王伟芳" not in shots["called"]
    assert "2.00" in rest.office(service_day.look_back)
    found = db.rows("SELECT state, satisfaction FROM ticket")
    assert found == [("closed", 2)]
    assert db.rows("SELECT kind, outcome FROM follow_up") == [("ticket", "reached")]


def test_a_sale_is_followed_by_a_call(rest: Rest) -> None:
    rest.office(follow_day.make_rule)
    rest.office(follow_day.sell)
    assert rest.job("follow-ups-planned") == "0"
    assert rest.job("follow-ups-planned", rest.noon(3)) == "1"
    with clock.set_to(rest.noon(3)):
        rest.office(follow_day.call)
    shots = rest.street.shots
    assert rest.said("after a sale") in shots["rule made"]
    assert "栗子蛋糕" in shots["call after a sale"]
    assert "¥32.00" in shots["call after a sale"]
    found = db.rows("SELECT state, outcome, due_day FROM follow_up WHERE kind = 'after_sale' ORDER BY id")
    today = rest.today.toordinal()
    assert found == [("done", "will_come", today + 3), ("open", None, today + 10)]


def test_a_survey_is_answered_once_at_every_door(rest: Rest) -> None:
    sent, before = rest.sent, rest.points(rest.wang)
    rest.office(survey_day.begin)
    (asked,) = rest.letters(sent)
    at_home = survey_day.answer_by_link(rest, LINK.findall(asked)[0], "2", "太甜了")
    assert "20" in at_home
    assert rest.points(rest.wang) == before + 20
    again = survey_day.open_again(rest, LINK.findall(asked)[0])
    assert rest.said(SurveyAnswered.text).partition("{")[0] in again
    assert rest.said("Thank you") in again
    assert rest.points(rest.wang) == before + 20

    lilei = rest.member("13900139001", "李雷")
    survey_day.answer_at_the_kiosk(rest, lilei)
    assert rest.points(lilei) == 20
    survey_day.guest_at_the_kiosk(rest)
    survey_day.two_by_api(rest)
    assert "+40.0" in rest.office(survey_day.read)  # 2, 7 and three of 9 or 10
    shots = rest.street.shots
    (by_store,) = (line.split() for line in shots["survey by store"].splitlines() if "南京东路店" in line)
    assert by_store[1:6] == ["5", "+40.0", "−29.8", "…", "+79.8"]
    assert "太甜了" in shots["survey words"]
    replies = db.rows("SELECT member_id, door FROM survey_reply ORDER BY id")
    assert sorted(replies, key=str) == sorted([(rest.wang, "phone"), (lilei, "kiosk"), (None, "kiosk"),
                                               (None, "api"), (None, "api")], key=str)  # fmt: skip
    complaint = "SELECT kind, state, subject FROM ticket WHERE member_id = ? AND subject LIKE ?"
    assert db.rows(complaint, (rest.wang, "五月%")) == [("complaint", "open", "五月 · 2/10")]


def test_an_event_from_its_plan_to_what_it_brought(rest: Rest) -> None:
    rest.office(event_day.plan)
    event_id = db.value("SELECT id FROM gathering")
    lilei, han = rest.member("13900139011", "李雷"), rest.member("13900139002", "韩梅")
    zhao = rest.member("13900139003", "赵敏")
    sent = rest.sent
    made = rest.api(f"/events/{event_id}/signups", {"member_id": str(lilei)})
    assert (made[0], made[1]["state"]) == (201, "booked")
    assert rest.said("You are signed up: {places}. Show your member code there.", places=1) in (
        event_day.sign_up_on_the_phone(rest)
    )
    assert rest.said("You are number {place} on the waiting list.", place=1) in event_day.wait_at_the_kiosk(rest, han)
    rest.office(event_day.sign_up_at_the_till)
    assert len(rest.letters(sent)) == 4
    assert _states(event_id) == {lilei: "booked", rest.wang: "booked", han: "waiting", zhao: "waiting"}

    sent = rest.sent
    assert rest.said("Join the waiting list") in event_day.give_up_on_the_phone(rest)
    (moved_up,) = rest.letters(sent)
    assert rest.said("Tea tasting") in moved_up or "品茶会" in moved_up
    assert _states(event_id) == {lilei: "booked", rest.wang: "cancelled", han: "booked", zhao: "waiting"}

    sent, day_before = rest.sent, rest.noon(2) + 4 * HOUR
    assert rest.job("event-reminders", rest.noon(2)) == "0"
    assert rest.job("event-reminders", day_before) == "2"
    with clock.set_to(day_before):
        assert len(rest.letters(sent)) == 2

    with clock.set_to(rest.noon(3) + HOUR):
        rest.arrive(han, "event_in")
    with clock.set_to(rest.noon(3) + 3 * HOUR):
        rest.office(event_day.check_in)
    assert _states(event_id) == {lilei: "attended", rest.wang: "cancelled", han: "attended", zhao: "waiting"}
    assert db.value("SELECT state FROM gathering") == "done"
    assert "2" in next(
        line for line in rest.street.shots["event result"].splitlines() if rest.said("guests who came") in line
    )


def _states(event_id: int) -> dict[int, str]:
    return dict(db.rows("SELECT member_id, state FROM gathering_signup WHERE gathering_id = ?", (event_id,)))


def test_a_booking_is_kept_and_another_is_not(rest: Rest) -> None:
    sent, tomorrow = rest.sent, rest.today + timedelta(days=1)
    rest.office(booking_day.set_up)
    assert "足部按摩" in booking_day.book_on_the_phone(rest, str(tomorrow))
    lilei = rest.member("13900139021", "李雷")
    rest.office(booking_day.book_at_the_counter("9021"))
    assert sum("足部按摩" in one for one in rest.letters(sent)) == 2

    sent, evening = rest.sent, clock.at_time(rest.today, 18, 0, ZONE)
    assert rest.job("booking-reminders", evening) == "1"  # she was told of hers within these hours
    with clock.set_to(evening):
        assert "足部按摩" in rest.letters(sent)[0]

    begins = db.value("SELECT from_at FROM booking WHERE member_id = ?", (rest.wang,))
    with clock.set_to(begins - 10 * MINUTE):
        arrived = rest.arrive(rest.wang, "here")
        rest.office(booking_day.sell)
    assert rest.said("We know that you are here. Please take a seat.") in arrived
    assert "足部按摩" in rest.street.shots["booked on the counter"]
    night = clock.at_time(tomorrow, 20, 0, ZONE)
    assert rest.job("bookings", night) == "0 done, 1 did not come"
    with clock.set_to(night):
        assert rest.said("did not come") in rest.office(booking_day.look_at_the_day)
    assert dict(db.rows("SELECT member_id, state FROM booking")) == {rest.wang: "done", lilei: "no_show"}


def test_staff_come_and_go_earn_and_are_refused(rest: Rest) -> None:
    rest.office(staff_day.hire)
    badge = staff_day.badge_in(rest.street.folder)
    clerk = staff.actor_of(db.value("SELECT id FROM staff WHERE login = 'xiaowu'"))
    assert "10:0" in staff_day.punch(rest, badge)
    came = rest.noon(1)
    with clock.set_to(came):
        assert "12:00" in staff_day.punch(rest, badge)
    with clock.set_to(came + 4 * HOUR):
        assert staff_day.punch(rest, badge) == rest.said("Out. {hours} h {minutes} min today", hours=4, minutes=0)
    with clock.set_to(came + 5 * HOUR):
        rest.office(staff_day.ask_for_correction, by=clerk)
        hours = rest.office(staff_day.approve)
    assert "–18:00" in hours
    assert rest.said("going is missing") not in hours

    rest.office(staff_day.make_rule)
    rest.office(staff_day.sell)
    assert "¥2.40" in rest.office(staff_day.statement)  # 40 % of a tenth of 60.00
    assert "¥50.00" in rest.office(staff_day.goals)
    assert "周丽" in rest.office(staff_day.conduct).split("\n", 4)[4]  # below the head, which names who is signed in
    refused = access.refusal("settings")
    with i18n.use(rest.language):
        assert refused.sentence() in rest.office(staff_day.try_settings, by=clerk)


def test_goods_come_move_are_counted_and_sold(rest: Rest) -> None:
    opening.add_store("徐汇店", zone=ZONE, by=rest.owner, now=clock.now())
    rest.office(goods_day.make)
    rest.office(goods_day.deliver)
    transfers = rest.office(goods_day.transfer)
    keeper = staff.create("keeper", "老库", "clerk", password="correct horse", by=rest.owner, now=clock.now())
    accounts.set_rights(keeper, frozenset({"goods"}), by=rest.owner, now=clock.now())
    waits = rest.office(goods_day.count, by=staff.actor_of(keeper))
    written = rest.office(goods_day.approve)
    assert rest.said("taken in") in transfers
    assert rest.said("waits for approval") in waits
    assert rest.said("waits for approval") not in written

    rest.office(goods_day.sale(goods_day.label_of("123", 250)))
    rest.office(goods_day.print_labels)
    assert goods_day.labels_in(rest.street.folder) == {("Code128", "6901000000121")}
    assert "散装红茶" in rest.office(goods_day.look_back)
    assert db.rows("SELECT sent_milli, arrived_milli FROM stock_transfer_line") == [(3000, 2000)]
    costs = dict(db.rows("SELECT name, cost_mills / 1000 FROM product WHERE cost_mills > 0"))
    assert costs == {"鲜牛奶": 500, "保温杯": 3000}
    held_in = "SELECT code, quantity_milli FROM stock_batch WHERE quantity_milli > 0 ORDER BY store_id"
    assert db.rows(held_in) == [("A7", 9000), ("A7", 2000)]
    sql = "SELECT p.name, sum(k.quantity_milli) FROM stock k JOIN product p ON p.id = k.product_id GROUP BY p.name"
    held = dict(db.rows(sql))
    found = [held[name] for name in ("鲜牛奶", "保温杯", "散装红茶", "果汁 · 大杯")]
    assert found == [11_000, 1_000, -250, -1_000]
    moved = "SELECT store_id, product_id, sum(quantity_milli) FROM stock_move GROUP BY store_id, product_id"
    assert sorted(db.rows(moved)) == sorted(db.rows("SELECT store_id, product_id, quantity_milli FROM stock"))


def test_in_the_end_every_ledger_adds_up(rest: Rest) -> None:
    well = rest.street.command("doctor", "--json", language=rest.language)
    found = {one["check"] for one in json.loads(well.stdout)}
    assert (found - {"clock"}, well.stderr) == (set(), "")  # jobs of the days to come have left their entries
