"""Who agreed to what: the last word counts, months count every word, who is gone is not counted."""

import csv
from dataclasses import replace

import pytest

from core.base import settings
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.keeping import consentlist, erasure, merging
from core.people import consent
from core.reports import consents
from core.reports.consents import Part, PurposeState
from tests.shops import NOON, Shop, at


def say(shop: Shop, member: int, granted: bool, now: Millis, source: str = "till") -> None:
    if granted:
        consent.grant(member, "marketing", source=source, language="zh", by=shop.owner, now=now)
    else:
        consent.withdraw(member, "marketing", source=source, by=shop.owner, now=now)


@pytest.fixture
def three(shop: Shop) -> tuple[int, int, int]:
    """One said yes in June, one yes and then no in July, one was never asked for offers."""
    first, second, third = shop.member("13800138000"), shop.member("13900139000"), shop.member("13700137000")
    say(shop, first, True, at(2026, 6, 1))
    say(shop, second, True, at(2026, 6, 30))
    say(shop, second, False, Millis(at(2026, 7, 1, 0) + 1), "sms")
    return first, second, third


def test_the_last_word_counts_and_months_count_every_word(shop: Shop, three: tuple[int, int, int]) -> None:
    found = consents.of(by=shop.owner, now=shop.now)
    assert found.members == 3
    assert found.purposes[0] == PurposeState("membership", 3, 0, 0)
    assert found.purposes[2] == PurposeState("marketing", 1, 1, 1)
    assert [one for one in found.sources if one.purpose == "marketing"] == [
        Part("marketing", "sms", 0, 1), Part("marketing", "till", 1, 0)]  # fmt: skip
    assert [one for one in found.months if one.purpose == "marketing"] == [
        Part("marketing", "2026-06", 2, 0), Part("marketing", "2026-07", 0, 1)]  # fmt: skip
    assert Part("membership", "南京东路店", 3, 0) in found.stores
    (use,) = [one for one in found.wordings if one.purpose == "marketing"]
    assert (use.granted, use.language, use.wording) == (1, "zh", consent.WORDINGS["marketing"])


def test_who_is_gone_is_not_counted(shop: Shop, three: tuple[int, int, int]) -> None:
    first, second, third = three
    seen = merging.preview(third, first, by=shop.owner, now=shop.now)
    merging.merge(third, first, mark=seen.mark, by=shop.owner, now=shop.now)
    erasure.erase(second, mark=erasure.preview(second, now=shop.now).mark, by=shop.owner, now=shop.now)
    found = consents.of(by=shop.owner, now=shop.now)
    assert (found.members, found.purposes[2]) == (1, PurposeState("marketing", 1, 0, 0))
    assert [one.granted for one in found.months if one.purpose == "marketing"] == [1]


def test_the_list_has_a_line_a_member_and_purpose(shop: Shop, three: tuple[int, int, int], tmp_path: object) -> None:
    settings.use(replace(settings.current(), exports=str(tmp_path)))
    made = consentlist.export(by=shop.owner, now=NOON, zone="Asia/Shanghai")
    lines = list(csv.DictReader(made.read_text("utf-8-sig").splitlines()))
    said = {(one["member"], one["purpose"]): (one["agreed"], one["joined by"]) for one in lines}
    assert len(lines) == len(said) == 5
    assert said[str(three[1]), "marketing"] == ("no", "sms")


def test_it_needs_the_right(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        consents.of(by=shop.owner_with(frozenset({"sell"})), now=shop.now)
    with pytest.raises(NotAllowed):
        consentlist.export(by=shop.owner_with(frozenset({"reports"})), now=NOON, zone="Asia/Shanghai")
