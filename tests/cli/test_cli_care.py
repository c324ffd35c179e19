"""`regulars care` and `regulars festival`, run in this process on a real shop."""

import json

from core.people.birthdays import Birthday
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_a_rule_is_set_listed_and_switched_off(run: Run, one_shop: Shop) -> None:
    kind = one_shop.coupon_kind("满50减5", effect="amount", off_cents=500)
    assert ok(run("care", "set", "winback", "--days", "90,60", "--coupon", str(kind))).strip() == (
        "on   60, 90 days after   满50减5"
    )
    lines = ok(run("care", "list")).splitlines()
    assert "winback                  on   60, 90 days after   满50减5" in lines
    assert "points                   on" in lines
    (told,) = [one for one in json.loads(ok(run("care", "list", "--json"))) if one["occasion"] == "winback"]
    assert (told["days"], told["coupon_kind_id"], told["active"]) == ([60, 90], str(kind), True)
    assert ok(run("care", "set", "winback", "--off")).strip() == "off   60, 90 days after"
    near = ok(run("care", "set", "tier_near", "--near-cents", "5000", language="zh")).strip()
    assert near == "开   差额 ¥50.00 以内"


def test_tiers_and_categories_are_named(run: Run, one_shop: Shop) -> None:
    one_shop.product("tea set", 48_000, category="茶具")
    ok(run("care", "set", "followup:茶具", "--tier", "normal", "--points", "5"))
    (told,) = [one for one in json.loads(ok(run("care", "list", "--json"))) if one["occasion"].startswith("followup")]
    assert told["tier_ids"] == [str(one_shop.tiers["normal"])]
    assert "followup:茶具            on   3 days after   5 points" in ok(run("care", "list")).splitlines()
    assert run("care", "set", "followup:蛋糕").exit_code == 1
    assert run("care", "set", "birthday", "--tier", "gold").exit_code == 2


def test_a_rule_that_makes_no_sense_is_refused_at_the_command_line(run: Run, one_shop: Shop) -> None:
    assert run("care", "set", "easter").exit_code == 1
    assert run("care", "set", "winback", "--days", "sixty").exit_code == 2


def test_festivals_are_listed_added_greeted_and_ended(run: Run, one_shop: Shop) -> None:
    assert "moon         lunar:8-15     中秋" in ok(run("festival", "list", language="zh"))
    ok(run("festival", "add", "shop-day", "solar:6-18", "--name", "店庆", "--wish", "店庆快乐"))
    ok(run("care", "set", "festival:shop-day", "--points", "10"))
    found = {one["code"]: one for one in json.loads(ok(run("festival", "list", "--json")))}
    assert (found["shop-day"]["name_en"], found["shop-day"]["greeted"]) == ("店庆", True)
    assert found["shop-day"]["next"].endswith("-06-18")
    ok(run("festival", "end", "shop-day"))
    assert run("festival", "end", "shop-day").exit_code == 1


def test_the_calendar_is_told_in_lines_and_for_programs(run: Run, one_shop: Shop) -> None:
    one_shop.member("13800138000", name="王伟", birthday=Birthday("solar", 6, 1))
    ok(run("care", "set", "birthday"))
    days = ("--from", "2099-05-30", "--days", "5")
    assert ok(run("care", "calendar", *days)).strip() == "2099-06-01   birthdays   1   王伟"
    (line,) = json.loads(ok(run("care", "calendar", *days, "--json")))
    assert (line["day"], line["count"], line["names"]) == ("2099-06-01", 1, ["王伟"])
