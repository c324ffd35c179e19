"""Inviting to an event: whom, when, with which words, and what invitations brought."""

from dataclasses import replace

import pytest

from core.base import db, i18n
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.books import rules
from core.outreach.campaigns import approving, drafting, preview
from core.outreach.campaigns import plan as plans
from core.outreach.segments import reading, typed, words
from core.service import gatheringinvites, gatheringresult, gatherings, gatheringsignups
from core.service.gatheringinvites import Invited, InviteLate, InviteNotOpen, leaves_at, may_sign_up, rule_of
from core.service.gatheringrules import Opening
from core.service.gatherings import GatheringOver
from tests import campaigns
from tests.core.service.gathered import opened, plan, sign_up
from tests.shops import Shop, at

ZONE = "Asia/Shanghai"


def test_invitations_begin_in_the_morning_unless_that_is_too_late() -> None:
    far = at(2026, 6, 20, 14)
    assert leaves_at(at(2026, 6, 5, 9), Millis(0), far, ZONE) == at(2026, 6, 5, 10)
    assert leaves_at(at(2026, 6, 5, 10), Millis(0), far, ZONE) == at(2026, 6, 5, 10)
    assert leaves_at(at(2026, 6, 5, 11), Millis(0), far, ZONE) == at(2026, 6, 6, 10)
    assert leaves_at(at(2026, 6, 5, 11), at(2026, 6, 9, 0), far, ZONE) == at(2026, 6, 9, 10)
    assert leaves_at(at(2026, 6, 5, 11), Millis(0), at(2026, 6, 5, 14), ZONE) == at(2026, 6, 5, 11)
    assert leaves_at(at(2026, 6, 5, 11), Millis(0), Millis(at(2026, 6, 5) - 1), ZONE) is None


def test_tiers_that_may_sign_up_then_are_named_unless_all_may() -> None:
    ranks = [(0, "normal"), (1, "silver"), (2, "gold")]
    later = (Opening(1, Millis(100)), Opening(0, Millis(500)))
    assert [may_sign_up(later, ranks, Millis(when)) for when in (99, 100, 500)] == [[], ["silver", "gold"], None]
    assert may_sign_up((Opening(2, Millis(0)),), ranks, Millis(1)) == ["gold"]


def test_the_rule_says_who_is_meant() -> None:
    assert words.say(rule_of("Tea", None)) == "not (ever signed up for the event “Tea”)"
    assert words.say(rule_of("Tea", ["gold"])) == "tier is gold and not (ever signed up for the event “Tea”)"
    assert typed.write(rule_of("Tea", ["a", "b"])) == "(tier:a or tier:b) and not event:Tea"


def test_who_may_sign_up_and_never_did_is_invited(shop: Shop) -> None:
    ann, bob, cleo, dan = campaigns.people(shop, 4)
    tea = opened(shop)
    sign_up(shop, tea, ann)
    gatheringsignups.cancel_signup(sign_up(shop, tea, bob).id, by=shop.owner, now=shop.now)
    one = gatheringinvites.invite(tea, by=shop.owner, now=shop.now)
    assert (one.state, one.plan.link, one.plan.holdout_bp) == ("draft", f"/me/events/{tea}", 0)
    assert reading.page(one.segment.rule, by=shop.owner, now=shop.now, size=9) == [cleo, dan]
    seen = preview.preview(one.id, by=shop.owner, now=shop.now)
    assert (seen.written, [said.look.findings for said in seen.said]) == (2, [(), ()])
    assert gatheringinvites.invite(tea, by=shop.owner, now=shop.now).id == one.id
    approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)
    assert gatheringinvites.invite(tea, by=shop.owner, now=shop.now).id != one.id


def test_only_tiers_that_may_sign_up_are_invited(shop: Shop) -> None:
    shop.tier("gold", 2)
    (ann,), (bob,) = campaigns.people(shop, 1), campaigns.people(shop, 1, first=20_000_000, tier="gold")
    tea = opened(shop, openings=(Opening(2, Millis(0)), Opening(0, Millis(shop.now + 3 * DAY))))
    one = gatheringinvites.invite(tea, by=shop.owner, now=shop.now)
    assert reading.page(one.segment.rule, by=shop.owner, now=shop.now, size=9) == [bob]
    assert ann != bob


def test_a_name_that_was_used_before_means_what_comes(shop: Shop) -> None:
    ann, bob = campaigns.people(shop, 2)
    old = opened(shop)
    sign_up(shop, old, ann)
    gatheringsignups.call_off(old, by=shop.owner, now=shop.now)
    new = opened(shop)
    one = gatheringinvites.invite(new, by=shop.owner, now=shop.now)
    assert reading.page(one.segment.rule, by=shop.owner, now=shop.now, size=9) == [ann, bob]


def test_the_words_name_event_day_and_place_in_both_languages(shop: Shop) -> None:
    tea = opened(
        shop, name_en="Tea {x}", name_zh="品茶会" * 26, from_at=at(2026, 7, 4, 14), until_at=at(2026, 7, 4, 16)
    )
    one = gatheringinvites.invite(tea, by=shop.owner, now=shop.now)
    assert one.plan.words["en"].body == (
        "【{shop}】 {name}, you are invited: Tea (x), 07-04 Sat 14:00, 南京东路店."
        " Places are few; sign up: {link} {stop}"
    )
    assert one.plan.words["zh"].body.endswith("：07-04 周六 14:00，南京东路店。名额有限，点此报名：{link} {stop}")
    abroad = replace(rules.current(now=shop.now), region="US")
    assert gatheringinvites.words_of(gatherings.get(tea), abroad)["en"].body.startswith("[{shop}] {name}, you")
    assert one.name == "Invitation 07-04: Tea {x}"
    with i18n.use("zh", zone=ZONE):
        longer = gatheringinvites._title(gatherings.get(tea))
    assert (len(longer), longer[-1]) == (plans.LONGEST_NAME, "…")


def test_what_invitations_brought_is_counted(shop: Shop) -> None:
    ann, bob, cleo, _dan = campaigns.people(shop, 4)
    tea = opened(shop, places=9)
    sign_up(shop, tea, cleo)
    assert gatheringresult.of(tea, by=shop.owner, now=shop.now).invited == Invited(0, 0)
    one = gatheringinvites.invite(tea, by=shop.owner, now=shop.now)
    soon = campaigns.with_plan(one, send_at=shop.now)
    one = drafting.change(one.id, soon, by=shop.owner, now=shop.now)
    assert gatheringinvites.brought(tea) == Invited(0, 0)
    approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)
    campaigns.run(shop)
    assert len(campaigns.leave(shop, one)) == 3
    later = Millis(shop.now + HOUR)
    sign_up(shop, tea, ann, now=later)
    gatheringsignups.cancel_signup(sign_up(shop, tea, bob, now=later).id, by=shop.owner, now=later)
    found = gatheringresult.of(tea, by=shop.owner, now=later).invited
    assert (found, found.signed_up_bp) == (Invited(3, 1), 3333)
    other = opened(shop, name_en="Another")
    assert gatheringinvites.brought(other) == Invited(0, 0)


def test_nobody_is_invited_to_what_cannot_be_signed_up_for(one_shop: Shop) -> None:
    shop = one_shop
    tea = gatherings.draft(plan(shop), by=shop.owner, now=shop.now)
    with pytest.raises(InviteNotOpen, match="being planned"):
        gatheringinvites.invite(tea, by=shop.owner, now=shop.now)
    gatherings.open_signup(tea, by=shop.owner, now=shop.now)
    with pytest.raises(InviteLate):
        gatheringinvites.invite(tea, by=shop.owner, now=Millis(shop.now + 7 * DAY))
    with pytest.raises(NotAllowed):
        gatheringinvites.invite(tea, by=shop.owner_with(frozenset({"service"})), now=shop.now)
    gatheringsignups.call_off(tea, by=shop.owner, now=shop.now)
    with pytest.raises(GatheringOver):
        gatheringinvites.invite(tea, by=shop.owner, now=shop.now)
    assert db.value("SELECT count(*) FROM campaign") == 0
