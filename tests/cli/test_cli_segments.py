"""`regulars segment`, run in this process on a real shop."""

import json

from core.outreach.segments.typed import SegmentUnreadable
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_a_rule_is_tried_saved_listed_counted_and_retired(run: Run, one_shop: Shop) -> None:
    one_shop.tier("gold", 2)
    one_shop.member("13800138000", tier="gold")
    one_shop.member("13900139000")
    assert ok(run("segment", "try", "tier:gold or visits >= 1")) == "tier is gold or visits in all ≥ 1\nMembers: 1\n"
    assert json.loads(ok(run("segment", "try", "tier:gold", "--json")))["members"] == 1
    assert "version 1" in ok(run("segment", "save", "金卡", "tier:gold"))
    assert "version 2" in ok(run("segment", "save", "金卡", "tier:gold and has:phone"))
    (told,) = json.loads(ok(run("segment", "list", "--json")))
    assert (told["name"], told["version"], told["text"]) == ("金卡", 2, "tier:gold and has:phone")
    assert "等级为 gold 且 留有手机号" in ok(run("segment", "list", language="zh"))
    assert "version 1" in ok(run("segment", "show", "金卡"))
    assert ok(run("segment", "count", "金卡")) == "Members: 1\n"
    ok(run("segment", "retire", "金卡"))
    assert ok(run("segment", "list")) == ""


def test_what_cannot_be_read_is_refused(run: Run, one_shop: Shop) -> None:
    assert isinstance(run("segment", "try", "tier:gold vip").exception, SegmentUnreadable)
