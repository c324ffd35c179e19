"""The first day as a rule over values: what ticks a step, what a person may leave as it is, when it is over."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import i18n
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.i18n import T
from core.keeping import golive
from core.keeping.golive import CONFIRMABLE, Facts, Step, StoreFact, open_steps, steps

NOW = Millis(1_780_000_000_000)
EMPTY = Facts(now=NOW, opened_at=Millis(NOW - HOUR), shop_name="Regulars", language="en", sells_value=True)
READY = Facts(
    now=NOW, opened_at=Millis(NOW - HOUR), shop_name="桂花里", language="zh",
    stores=(StoreFact("南京东路店", "Asia/Shanghai", 4),), products=3, sells_value=True, points_set=True,
    tiers=("普通", "银卡"), tiers_set=True, value_rules=2, owner_pin=True, staff=2, staff_pins=1, imported=40,
    kiosks=1, kiosk_seen_at=Millis(NOW - MINUTE), ssh_keys=1, channel="twilio", delivered=1,
    address="https://vip.example.cn", job_at=Millis(NOW - MINUTE), backup_at=Millis(NOW - HOUR), doctor_found=0,
    phones=1, sales=1, practised=1,
)  # fmt: skip


def step(facts: Facts, id: str) -> Step:
    return next(one for one in steps(facts) if one.id == id)


def test_the_steps_come_in_the_order_of_a_first_day() -> None:
    assert [one.id for one in steps(EMPTY)] == [
        "shop", "stores", "products", "points", "tiers", "value", "pin", "staff", "address", "messages", "scheduler",
        "kiosk", "till", "members", "backup", "doctor", "refund", "phones", "sales",
    ]  # fmt: skip


def test_nothing_is_done_in_an_empty_shop_and_everything_in_one_that_is_ready() -> None:
    assert open_steps(steps(EMPTY)) == steps(EMPTY)
    assert open_steps(steps(READY)) == ()


@pytest.mark.parametrize(
    ("undone", "id"),
    [
        ({"shop_name": "Regulars"}, "shop"),
        ({"stores": ()}, "stores"),
        ({"products": 0}, "products"),
        ({"points_set": False}, "points"),
        ({"tiers_set": False}, "tiers"),
        ({"value_rules": 0}, "value"),
        ({"owner_pin": False}, "pin"),
        ({"staff_pins": 0}, "staff"),
        ({"address": ""}, "address"),
        ({"address_wrong": T("The shop has its name and language")}, "address"),
        ({"channel": "console"}, "messages"),
        ({"channel": "file"}, "messages"),
        ({"delivered": 0}, "messages"),
        ({"job_at": None}, "scheduler"),
        ({"job_at": NOW - DAY}, "scheduler"),
        ({"kiosks": 0, "kiosk_seen_at": None}, "kiosk"),
        ({"kiosk_seen_at": NOW - DAY}, "kiosk"),
        ({"ssh_keys": 0}, "till"),
        ({"imported": 0}, "members"),
        ({"backup_at": None}, "backup"),
        ({"doctor_found": None}, "doctor"),
        ({"doctor_found": 2}, "doctor"),
        ({"practised": 0}, "refund"),
        ({"phones": 0}, "phones"),
        ({"sales": 0}, "sales"),
    ],
)
def test_one_missing_fact_opens_its_step_alone(undone: dict[str, object], id: str) -> None:
    assert [one.id for one in open_steps(steps(replace(READY, **undone)))] == [id]  # type: ignore[arg-type]


def test_a_shop_that_sells_no_top_ups_has_no_step_for_stored_value() -> None:
    assert "value" not in [one.id for one in steps(replace(EMPTY, sells_value=False))]


def test_only_named_steps_can_be_left_as_they_are() -> None:
    everything = frozenset(one.id for one in steps(EMPTY))
    left = [one.id for one in steps(replace(EMPTY, confirmed=everything)) if one.done]
    assert sorted(left) == sorted(CONFIRMABLE)
    assert [one.id for one in steps(EMPTY) if one.confirm is not None] == [
        one.id for one in steps(EMPTY) if one.id in CONFIRMABLE
    ]


def test_a_step_that_is_done_says_so_though_it_was_confirmed() -> None:
    found = step(replace(READY, confirmed=frozenset({"members"})), "members")
    assert (str(found.detail), found.confirmed) == ("40 moved in", False)
    zero = step(replace(READY, imported=0, confirmed=frozenset({"members"})), "members")
    assert (str(zero.detail), zero.confirmed, zero.done) == ("starts from zero", True, True)


@pytest.mark.parametrize(
    ("id", "english", "chinese"),
    [
        ("products", "3 for sale", "在售 3 种"),
        ("staff", "2 beside you, 1 of them with a PIN", "另有 2 人，其中 1 人有 PIN"),
        ("stores", "1 in use; 南京东路店: Asia/Shanghai, its day ends at 04:00",
         "共 1 家；南京东路店：Asia/Shanghai，营业日止于 04:00"),
        ("messages", "channel twilio, delivered: 1", "通道 twilio，已送达 1 条"),
        ("tiers", "2: 普通, 银卡", "2 个：普通, 银卡"),
    ],
)  # fmt: skip
def test_figures_stand_beside_a_step_in_both_languages(id: str, english: str, chinese: str) -> None:
    found = step(READY, id)
    with i18n.use("en"):
        assert str(found.detail) == english
    with i18n.use("zh"):
        assert str(found.detail) == chinese


@pytest.mark.parametrize(
    ("days", "sales", "new"), [(29, 500, True), (30, 20, False), (30, 19, True), (400, 0, True), (400, 20, False)]
)
def test_a_shop_is_new_for_thirty_days_and_until_twenty_sales(days: int, sales: int, new: bool) -> None:
    assert golive.is_new(opened_at=Millis(NOW - days * DAY), sales=sales, now=NOW) is new


@given(
    st.builds(
        Facts, now=st.just(NOW), opened_at=st.just(NOW), shop_name=st.sampled_from(["", "Regulars", "茶"]),
        language=st.sampled_from(["zh", "en"]), sells_value=st.booleans(), products=st.integers(0, 3),
        points_set=st.booleans(), staff=st.integers(0, 2), kiosk_seen_at=st.sampled_from([None, NOW, 0]),
        channel=st.sampled_from(["console", "twilio"]), delivered=st.integers(0, 1),
        doctor_found=st.sampled_from([None, 0, 3]), confirmed=st.frozensets(st.sampled_from(CONFIRMABLE)),
    ),
    st.sampled_from(CONFIRMABLE),
)  # fmt: skip
def test_confirming_ticks_its_own_step_and_changes_no_other(facts: Facts, id: str) -> None:
    before = {one.id: one for one in steps(facts)}
    after = {one.id: one for one in steps(replace(facts, confirmed=facts.confirmed | {id}))}
    assert before.keys() == after.keys()
    assert all(after[other] == before[other] for other in before if other != id)
    assert id not in after or after[id].done
