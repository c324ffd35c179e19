"""The departments, each in one story through its doors, in both languages."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from core.base import clock, db
from core.base.clock import HOUR
from core.people import staff
from core.service.surveyanswers import SurveyAnswered
from tests.journeys import booking_day, event_day, follow_day, service_day, staff_day, survey_day
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
    assert rest.points(rest.wang) == before + 20

    lilei = rest.member("13900139001", "李雷")
    survey_day.answer_at_the_kiosk(rest, lilei)
    assert rest.points(lilei) == 20
    survey_day.guest_at_the_kiosk(rest)
    survey_day.two_by_api(rest)
    result = rest.office(survey_day.read)
    print(result)
    shots = rest.street.shots
    print(shots["survey by store"], shots["survey words"])
    print(db.rows("SELECT member_id, door FROM survey_reply"), db.rows("SELECT kind, state FROM follow_up"))
    print(at_home, again)


def test_an_event_from_its_plan_to_what_it_brought(rest: Rest) -> None:
    import time
    t = time.time()
    rest.office(event_day.plan)
    event_id = db.value("SELECT id FROM gathering")
    sent = rest.sent
    lilei, han = rest.member("13900139011", "李雷"), rest.member("13900139002", "韩梅")
    rest.member("13900139003", "赵敏")
    made = rest.api(f"/events/{event_id}/signups", {"member_id": str(lilei)})
    assert (made[0], made[1]["state"]) == (201, "booked")
    print(event_day.sign_up_on_the_phone(rest))
    print(event_day.wait_at_the_kiosk(rest, han))
    rest.office(event_day.sign_up_at_the_till)
    print(rest.letters(sent))
    sent = rest.sent
    print(event_day.give_up_on_the_phone(rest))
    print(rest.letters(sent))
    sent = rest.sent
    print(rest.job("event-reminders", rest.noon(2)), rest.job("event-reminders", rest.noon(2)+4*HOUR))
    with clock.set_to(rest.noon(2)+4*HOUR):
        print(rest.letters(sent))
    with clock.set_to(rest.noon(3)+90*60000):
        print(event_day.arrive_at_the_kiosk(rest, han))
        rest.office(event_day.check_in)
    print(db.rows("SELECT member_id, state FROM gathering_signup"))
    for k in rest.street.shots: print(k); print(rest.street.shots[k])
    print(time.time()-t)


def test_a_booking_is_kept_and_another_is_not(rest: Rest) -> None:
    import time
    t = time.time()
    sent = rest.sent
    rest.office(booking_day.set_up)
    tomorrow = rest.today + timedelta(days=1)
    print(booking_day.book_on_the_phone(rest, str(tomorrow)))
    lilei = rest.member("13900139021", "李雷")
    rest.office(booking_day.book_at_the_counter("9021"))
    print(rest.letters(sent)); sent = rest.sent
    print(rest.job("booking-reminders", clock.at_time(rest.today, 18, 0, ZONE)))
    with clock.set_to(clock.at_time(rest.today, 18, 0, ZONE)): print(rest.letters(sent))
    begins = db.value("SELECT min(from_at) FROM booking")
    with clock.set_to(begins - 10*60000):
        print(booking_day.arrive(rest, rest.wang))
        rest.office(booking_day.sell)
    print(rest.job("bookings", clock.at_time(tomorrow, 20, 0, ZONE)))
    with clock.set_to(clock.at_time(tomorrow, 20, 0, ZONE)):
        rest.office(booking_day.look_at_the_day)
    for k in rest.street.shots: print(k); print(rest.street.shots[k])
    print(db.rows("SELECT member_id, state FROM booking"))
    print(time.time()-t)


def test_staff(rest: Rest) -> None:
    import time
    t = time.time()
    rest.office(staff_day.hire)
    badge = staff_day.badge_in(rest.street.folder)
    clerk = staff.actor_of(db.value("SELECT id FROM staff WHERE login = 'xiaowu'"))
    print(staff_day.punch(rest, badge))
    came = rest.noon(1)
    for hours in (0, 4):
        with clock.set_to(came + hours * HOUR): print(staff_day.punch(rest, badge))
    with clock.set_to(came + 5 * HOUR):
        rest.office(staff_day.ask_for_correction, by=clerk)
        rest.office(staff_day.approve)
    rest.office(staff_day.make_rule)
    rest.office(staff_day.sell)
    rest.office(staff_day.statement)
    rest.office(staff_day.goals)
    rest.office(staff_day.conduct)
    rest.office(staff_day.try_settings, by=clerk)
    for k in rest.street.shots: print(k); print(rest.street.shots[k])
    print(time.time()-t)
