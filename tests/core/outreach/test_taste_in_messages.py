"""What a member may like, in offers: filled in for who agreed, and words that still read well for who did not."""

import pytest

from core.base import access
from core.base.clock import DAY, Millis
from core.insight import baskets
from core.outreach import delivery, envelopes, lint, templates
from core.outreach.lint import Draft
from core.outreach.templates import TemplateInvalid
from tests.core.outreach.test_policy import PURPOSES, put
from tests.shops import Shop

ZH = "【{shop}】{name}，好久不见，试试{may_like}。{stop}"


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        ("[{shop}] {name}, hello. Your {usual} waits, and {may_like} too. See you.", "[T] A, hello. See you."),
        ("[{shop}] {name}, your {usual} is ready. See you.", "[T] A. See you."),
        ("【{shop}】{name}，好久不见，试试{may_like}。回来吧", "【T】A，好久不见。回来吧"),
        ("【{shop}】{name}，试试{may_like}，我们等您。", "【T】A，我们等您。"),
        ("Try {may_like}! [{shop}] from 9.30 on", "[T] from 9.30 on"),
        ("[{shop}] for {name}: {may_like}", "[T] for A:"),
        ("[{shop}] {points} points.", "[T]  points."),
    ],
)
def test_words_around_a_suggestion_go_with_it(body: str, bare: str) -> None:
    assert templates.filled(body, {"shop": "T", "name": "A"}) == bare


def test_a_suggestion_that_is_known_is_filled_in() -> None:
    facts = {"shop": "T", "name": "A", "may_like": "桂花拿铁"}
    assert templates.filled(ZH, facts) == "【T】A，好久不见，试试桂花拿铁。"


def test_offers_know_suggestions_and_greetings_and_notices_do_not() -> None:
    for template in ("winback", "winback_gift", "welcome_back", "birthday_gift", "campaign.1.A"):
        templates.check(template, "{usual} {may_like}")
    for template in ("birthday", "festival", "followup", "code", "points_expiring"):
        with pytest.raises(TemplateInvalid):
            templates.check(template, "{may_like}")


def test_a_message_says_what_this_member_may_like(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baskets, "LEAST_BASKETS", 3)
    for name in ("latte", "tart"):
        shop.product(name, 1800)
    for day in range(4):
        shop.sell(shop.basket(("latte", 1), ("tart", 1)), now=Millis(shop.now - day * DAY))
    templates.reword("winback", "zh", ZH, by=shop.owner, now=shop.now)
    said = []
    for purposes, phone in (((*PURPOSES, "profiling"), "13800138000"), (PURPOSES, "13800138001")):
        member = shop.member(phone, name="王伟", purposes=purposes)
        shop.sell(shop.basket(("latte", 1), member=member))
        baskets.count(by=access.scheduler("recommend"), now=shop.now)
        one = put(member, f"a:{member}", shop.now)
        claimed = delivery.claim(one, owner="a", now=shop.now)
        assert claimed is not None
        fields = envelopes.of(one, address=phone, now=shop.now).fields
        said.append((claimed.body.split("。")[0], fields["may_like"]))
    assert said == [("【店】王，好久不见，试试tart", "tart"), ("【店】王，好久不见", "")]


def test_the_look_shows_how_it_reads_without(shop: Shop) -> None:
    seen = lint.look(Draft("winback", "zh", ZH, "marketing"), now=shop.now)
    (finding,) = [one for one in seen.findings if one.code == "suggestion"]
    assert "试试桂花拿铁" in seen.said and finding.severity == "warning"
    assert "试试" not in str(finding.said) and "好久不见" in str(finding.said)
    assert "{may_like}" not in templates.preview("winback", "zh", ZH, shop_name="店")
