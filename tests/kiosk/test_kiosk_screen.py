"""The kiosk's state machine, without a browser."""

import pytest
from flask import Flask

from core.base import clock, db
from core.people import badges, devices, members, staff
from kiosk import screen as machine
from tests import shops
from tests.kiosk.conftest import OURS, Screen, code_sent, codes_sent, rotating


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups need not take their time here."""
    monkeypatch.setattr(machine, "LOOK_UP_S", 0.0)


@pytest.fixture
def wang(one_shop: shops.Shop) -> int:
    """王伟芳, with points and a coupon."""
    member_id = one_shop.member("13800138000", name="王伟芳")
    one_shop.give_points(member_id, 180)
    kind = one_shop.coupon_kind("新客5元", effect="amount", off_cents=500)
    one_shop.give_coupon(kind, member_id)
    return member_id


def test_an_unpaired_screen_asks_for_its_code(app: Flask) -> None:
    face = app.test_client().get("/kiosk/state").json
    assert face and face["screen"] == "pair"


def test_a_wrong_pairing_code_says_where_to_get_one(app: Flask) -> None:
    face = Screen(app.test_client()).event("pair", "AAAAAAAA")
    assert (face["screen"], 'role="alert"' in face["html"]) == ("pair", True)


def test_a_revoked_screen_is_out_of_service(screen: Screen, one_shop: shops.Shop) -> None:
    devices.revoke(screen.device_id, by=one_shop.owner, now=shops.NOON)
    face = screen.face()
    assert (face["screen"], face["n"]) == ("pair", "out")
    assert screen.client.get("/kiosk/state?since=out").status_code == 204


def test_the_first_face_changes_its_code_every_minute(screen: Screen) -> None:
    first = screen.face()
    assert screen.client.get(f"/kiosk/state?since={first['n']}").status_code == 204
    with clock.set_to(shops.NOON + clock.MINUTE):
        second = screen.face()
    assert first["n"] != second["n"]
    assert first["html"] != second["html"]


def test_a_rotating_code_shows_points_and_coupons(screen: Screen, wang: int) -> None:
    face = screen.event("scan", rotating(wang))
    assert face["screen"] == "card"
    assert "王**" in face["html"]
    assert "180" in face["html"]
    assert "新客5元" in face["html"]
    assert "伟芳" not in face["html"]


def test_a_look_up_does_not_use_the_code_up(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    assert db.value("SELECT last_step FROM credential WHERE kind = 'card'") == 0


def test_a_printed_card_shows_the_masked_summary_only(screen: Screen, wang: int) -> None:
    face = screen.event("scan", members.own_card(wang, now=shops.NOON).card)
    assert "180" in face["html"]
    assert "新客5元" not in face["html"]


def test_an_unknown_card_says_what_to_do(screen: Screen) -> None:
    face = screen.event("scan", "C1.0000000000000")
    assert (face["screen"], face["ends_ms"]) == ("problem", 8000)
    assert "Hold it to the reader again, or ask our staff." in face["html"]


def test_a_blocked_member_is_sent_to_the_staff(screen: Screen, wang: int, one_shop: shops.Shop) -> None:
    members.set_state(wang, "blocked", by=one_shop.owner, now=shops.NOON)
    face = screen.event("scan", rotating(wang))
    assert face["screen"] == "problem"
    assert "Our staff can tell you why" in face["html"]


def test_a_new_scan_replaces_the_one_before(screen: Screen, wang: int, one_shop: shops.Shop) -> None:
    other = one_shop.member("13900139000", name="Anna")
    screen.event("scan", rotating(wang))
    face = screen.event("scan", rotating(other))
    assert "A***" in face["html"]
    assert "王" not in face["html"]
    assert db.value("SELECT count(*) FROM web_session") == 1


def test_the_end_wipes_session_and_language(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    face = screen.event("end")
    assert (face["screen"], face["lang"]) == ("wipe", "zh-CN")
    assert "王" not in face["html"]
    assert db.value("SELECT member_id FROM web_session") is None
    assert screen.event("end")["screen"] == "attract"


def test_a_forgotten_card_is_wiped_by_this_side_too(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    with clock.set_to(shops.NOON + 39_000):
        assert screen.face()["screen"] == "card"
    with clock.set_to(shops.NOON + 41_000):
        assert screen.face()["screen"] == "wipe"


def test_staying_keeps_the_card(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    with clock.set_to(shops.NOON + 30_000):
        assert screen.client.post("/kiosk/event", json={"event": "stay"}, headers=OURS).status_code == 204
    with clock.set_to(shops.NOON + 60_000):
        assert screen.face()["screen"] == "card"


def test_known_and_unknown_numbers_get_the_same_answer(screen: Screen, wang: int) -> None:
    screen.event("go", "phone")
    known = screen.event("phone", "13800138000")
    screen.event("go", "phone")
    unknown = screen.event("phone", "13700137000")
    assert known["html"] == unknown["html"]
    assert codes_sent() == 1


def test_known_and_unknown_numbers_fail_in_the_same_words(screen: Screen, wang: int) -> None:
    answers = []
    for phone in ("13800138000", "13700137000"):
        screen.event("go", "phone")
        screen.event("phone", phone)
        wrong = "000000" if code_sent() != "000000" else "111111"
        answers.append([screen.event("code", wrong)["html"] for _ in range(6)])
    assert answers[0] == answers[1]
    assert "4 tries are left" in answers[0][0]
    assert "run out" in answers[0][4]


def test_the_budget_of_codes_does_not_tell_who_is_known(screen: Screen, wang: int) -> None:
    screen.event("go", "phone")
    first = screen.event("phone", "13800138000")
    screen.event("go", "phone")
    again = screen.event("phone", "13800138000")
    assert first["html"] == again["html"]
    assert codes_sent() == 1


def test_both_look_ups_take_their_time(screen: Screen, wang: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(machine, "LOOK_UP_S", 5.0)
    monkeypatch.setattr(machine.time, "sleep", slept.append)
    for phone in ("13800138000", "13700137000"):
        screen.event("go", "phone")
        screen.event("phone", phone)
    assert [round(one) for one in slept] == [5, 5]


def test_the_code_from_the_message_opens_the_card(screen: Screen, wang: int) -> None:
    screen.event("go", "phone")
    screen.event("phone", "13800138000")
    face = screen.event("code", code_sent())
    assert face["screen"] == "card"
    assert "新客5元" in face["html"]


def test_a_wrong_number_stays_on_the_keypad(screen: Screen) -> None:
    screen.event("go", "phone")
    face = screen.event("phone", "12")
    assert (face["screen"], "is not a phone number" in face["html"]) == ("phone", True)


@pytest.mark.parametrize(
    "sent",
    [
        ["x"],
        {"event": 1},
        {"event": "scan", "value": "A" * 300},
        {"event": "nonsense"},
        {"event": "scan", "value": "\ud800"},
        {"event": "scan", "value": "\x00"},
    ],
)
def test_nonsense_from_the_page_is_no_disaster(screen: Screen, sent: object) -> None:
    answer = screen.client.post("/kiosk/event", json=sent, headers=OURS)
    assert answer.status_code == 200


def test_a_frame_without_a_code_changes_nothing(screen: Screen) -> None:
    screen.event("go", "code")
    grey = {"data": bytes(480 * 360), "content_type": "application/octet-stream", "headers": OURS}
    assert screen.client.post("/kiosk/frame?w=480&h=360", **grey).status_code == 204  # type: ignore[arg-type]
    assert screen.face()["screen"] == "code"


def test_a_frame_with_a_code_opens_the_card(screen: Screen, wang: int) -> None:
    import qrcode
    from PIL import Image

    made = qrcode.QRCode(border=4)
    made.add_data(rotating(wang))
    code = made.make_image().get_image().convert("L").resize((300, 300))
    picture = Image.new("L", (480, 360), 200)
    picture.paste(code, (90, 30))
    screen.event("go", "code")
    face = screen.client.post(
        "/kiosk/frame?w=480&h=360",
        data=picture.tobytes(),
        content_type="application/octet-stream",
        headers=OURS,
    ).json
    assert face and face["screen"] == "card"


def test_a_frame_that_is_too_large_is_refused(screen: Screen) -> None:
    screen.event("go", "code")
    answer = screen.client.post("/kiosk/frame?w=640&h=480", data=bytes(640 * 480), headers=OURS)
    assert answer.status_code == 413


def test_a_phone_that_opened_the_link_shows_on_the_screen(screen: Screen, app: Flask) -> None:
    from core.people import joinlinks
    from kiosk import meeting

    link = joinlinks.new(screen.device_id, now=shops.NOON)
    match = meeting.match_of(joinlinks.read(link, now=shops.NOON))
    phone = app.test_client()
    phone.get(f"/J/{link}")
    face = screen.face()
    assert (face["screen"], f">{match}<" in face["html"]) == ("matched", True)
    assert f">{match}<" in phone.get("/join", headers=OURS).text
    phone.post("/join/terms", data={"purpose": "membership", "age": "yes", "sealed": ""}, headers=OURS)
    assert screen.face()["screen"] == "welcome"
    assert screen.event("end")["screen"] == "wipe"
    assert screen.event("end")["screen"] == "attract"


def test_the_first_face_in_another_language_goes_back_quietly(screen: Screen) -> None:
    face = screen.face()
    assert (face["lang"], face["ends_ms"], face["warn_ms"]) == ("en", 35_000, 0)
    face = screen.event("end")
    assert (face["screen"], face["lang"], face["ends_ms"]) == ("attract", "zh-CN", 0)


def test_what_was_wrong_with_a_pairing_code_stays_until_the_next_input(app: Flask) -> None:
    screen = Screen(app.test_client())
    wrong = screen.event("pair", "AAAAAAAA")
    assert screen.client.get(f"/kiosk/state?since={wrong['n']}").status_code == 204


def test_a_badge_comes_and_goes_at_the_screen_and_shows_nothing_else(screen: Screen, one_shop: shops.Shop) -> None:
    clerk = staff.create("xiaowu", "小吴", "clerk", password="correct horse", by=one_shop.owner, now=shops.NOON)
    badge = badges.make(clerk, by=one_shop.owner, now=shops.NOON)
    face = screen.event("scan", badge)
    assert (face["screen"], "12:00" in face["html"], "小吴" in face["html"]) == ("punched", True, False)
    with clock.set_to(shops.NOON + 7 * clock.HOUR + 42 * clock.MINUTE):
        screen.event("end")
        face = screen.event("scan", badge)
        assert "今天 7 小时 42 分" in face["html"] or "7 h 42 min today" in face["html"]
        for event in ("check_in", "rewards"):
            assert screen.event("go" if event == "rewards" else event, event)["screen"] == "problem"
    badges.end(clerk, by=one_shop.owner, now=shops.NOON)
    assert screen.event("scan", badge)["screen"] == "problem"
