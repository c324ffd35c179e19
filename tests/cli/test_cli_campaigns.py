"""`regulars campaign`, run in this process on a real shop."""

import json

from core.base import clock, db
from core.outreach import costs
from core.outreach.campaigns import plan
from core.outreach.campaigns.approving import CampaignChanged
from core.outreach.costs import Rate
from tests.campaigns import approved, leave, people
from tests.campaigns import run as advance
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop

BODY = "【{shop}】{name}，新茶到店。{stop}"


def drafted(run: Run, *more: str) -> str:
    ok(run("segment", "save", "熟客", "has:phone"))
    return ok(run("campaign", "draft", "夏日", "--segment", "熟客", "--zh", BODY, *more)).strip()


def test_a_campaign_from_draft_to_cancelled(run: Run, one_shop: Shop) -> None:
    people(one_shop, 4)
    one = drafted(run, "--hold-out", "25", "--budget", "5")
    seen = json.loads(ok(run("campaign", "preview", one, "--json")))
    assert (seen["written"], seen["held"], seen["version"]) == (3, 1, 1)
    assert "139****5678" in ok(run("campaign", "test", one, "13912345678"))
    assert "无法证明" in ok(run("campaign", "approve", one, "--version", "1", language="zh"))
    ok(run("campaign", "pause", one, "--reason", "price"))
    assert "paused" in ok(run("campaign", "list"))
    ok(run("campaign", "resume", one))
    (told,) = json.loads(ok(run("campaign", "list", "--json")))
    assert (told["name"], told["state"], told["segment"]) == ("夏日", "approved", "熟客")
    assert ok(run("campaign", "cancel", one)) == "Messages stopped: 0\n"


def test_its_result_is_said_and_goes_out_as_json(run: Run, one_shop: Shop) -> None:
    people(one_shop, 2)
    one = drafted(run, "--hold-out", "0")
    ok(run("campaign", "approve", one))
    assert "No proof: nobody was held out." in ok(run("campaign", "result", one))
    told = json.loads(ok(run("campaign", "result", one, "--json")))
    assert (told["arms"][0]["members"], told["has_proof"]) == (2, False)
    assert "138" not in json.dumps(told["arms"])


def test_a_medium_gets_its_link_and_text(run: Run, one_shop: Shop) -> None:
    people(one_shop, 1)
    one = drafted(run)
    ok(run("campaign", "link", one, "朋友圈"))
    assert "/q/" in ok(run("campaign", "text", one, "朋友圈"))


def test_an_older_version_is_not_approved(run: Run, one_shop: Shop) -> None:
    people(one_shop, 1)
    one = drafted(run)
    assert plan.get(int(one), by=one_shop.owner).version == 1
    assert isinstance(run("campaign", "approve", one, "--version", "9").exception, CampaignChanged)


def test_a_preview_says_how_many_members_it_takes(run: Run, one_shop: Shop) -> None:
    members = people(one_shop, 100)
    today = clock.day_of(clock.now(), "Asia/Shanghai").toordinal()

    @db.atomic
    def came() -> None:
        for member_id in members[:10]:
            db.run("UPDATE member_stats SET last_day = ? WHERE member_id = ?", (today, member_id))

    came()
    one = drafted(run)
    assert "To see 5 more in a hundred come, it takes 1,372 members" in ok(run("campaign", "preview", one))
    told = json.loads(ok(run("campaign", "preview", one, "--rise", "10", "--json")))
    assert (told["rise_bp"], told["needed"]) == (1_000, 398)


def test_a_result_is_said_in_plain_words(run: Run, one_shop: Shop) -> None:
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=one_shop.owner, now=one_shop.now)
    people(one_shop, 150)
    one = approved(one_shop, holdout_bp=5_334)
    advance(one_shop)
    leave(one_shop, one)
    sql = "SELECT member_id FROM campaign_audience WHERE arm = ? ORDER BY member_id"
    written, held = ([row[0] for row in db.rows(sql, (arm,))] for arm in ("A", "holdout"))
    day = db.value("SELECT started_day FROM campaign WHERE id = ?", (one.id,))

    @db.atomic
    def came() -> None:
        for member_id in (*written[:56], *held[:48]):
            db.add("member_day", member_id=member_id, day=day, net_cents=1000, sales=1)

    came()
    said = ok(run("campaign", "result", str(one.id)))
    assert "Of a hundred written to 20 more came than without it (between 5.2 and 33.4)." in said
    assert "One more member who came cost ¥0.25 (between ¥0.15 and ¥0.95)." in said
    assert "After all costs ¥66.50 are left (between ¥15.87 and ¥117.12)." in said
    assert "每百名收到消息的会员，比不发时多来 20 人" in ok(run("campaign", "result", str(one.id), language="zh"))
    told = json.loads(ok(run("campaign", "result", str(one.id), "--json")))
    assert told["effect"]["came_bp"] == {"difference": 2000, "low": 524, "high": 3339, "is_proof": True}
    assert "sms: sent 70, arrived 0, opened 0, joined –, came 56" in ok(run("campaign", "channels", str(one.id)))
    assert json.loads(ok(run("campaign", "channels", str(one.id), "--json")))["own"][0]["came"] == 56
