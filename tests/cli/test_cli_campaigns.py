"""`regulars campaign`, run in this process on a real shop."""

import json

from core.outreach.campaigns import plan
from core.outreach.campaigns.approving import CampaignChanged
from tests.campaigns import people
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
