"""`regulars member`, run in this process on a real shop."""

from core.books.locks import MemberUnknown
from core.books.merges import MergeUnknown
from core.keeping.merging import MergeWithSelf
from core.people import credentials
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_two_are_merged_and_unmerged(run: Run, one_shop: Shop) -> None:
    kept = one_shop.member("13800138000", name="王伟芳")
    gone = one_shop.member("13900139000", name="王芳", email="w@example.org")
    one_shop.give_points(gone, 1200)
    shown = ok(run("member", "merge", str(kept), str(gone), "--take", "name", "--yes"))
    assert [word in shown for word in ("王芳 ✓", "w@example.org ✓", "1,200", "numbers and cards")] == [True] * 4
    assert credentials.by_phone("13900139000", now=one_shop.now) == kept
    merge = shown.split()[-1]
    shown = ok(run("member", "unmerge", merge, "--yes", language="zh"))
    assert ("返还" in shown, f"会员 {gone} 恢复独立" in shown) == (True, True)
    assert credentials.by_phone("13900139000", now=one_shop.now) == gone


def test_what_stands_in_the_way_is_said(run: Run, one_shop: Shop) -> None:
    kept = one_shop.member("13800138000")
    for words, refusal in (((str(kept), str(kept)), MergeWithSelf), ((str(kept), "7"), MemberUnknown)):
        assert isinstance(run("member", "merge", *words, "--yes").exception, refusal)
    assert isinstance(run("member", "unmerge", "7", "--yes").exception, MergeUnknown)


def test_somebody_is_deleted_for_good(run: Run, one_shop: Shop) -> None:
    member = one_shop.member("13800138000", name="王伟芳")
    one_shop.give_points(member, 300)
    shown = ok(run("member", "erase", str(member), "--yes"))
    assert [word in shown for word in ("王伟芳", "300", "Older backups")] == [True] * 3
    assert credentials.by_phone("13800138000", now=one_shop.now) is None


def test_who_does_not_come_any_more_is_listed(run: Run, one_shop: Shop) -> None:
    one_shop.member("13800138000", name="王伟芳")
    assert "proposed for erasure: 0" in ok(run("member", "inactive"))
