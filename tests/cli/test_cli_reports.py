"""`regulars report`, run in this process on a real shop."""

import json

from core.people import consent
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_consents_are_counted_and_listed(run: Run, one_shop: Shop) -> None:
    member = one_shop.member("13800138000")
    consent.grant(member, "marketing", source="till", language="zh", by=one_shop.owner, now=one_shop.now)
    told = json.loads(ok(run("report", "consents", "--json")))
    assert told["purposes"][2] == {"purpose": "marketing", "granted": 1, "withdrawn": 0, "never_asked": 0}
    assert "优惠" in ok(run("report", "consents", language="zh"))
    assert "is written" in ok(run("report", "consents", "--csv"))
