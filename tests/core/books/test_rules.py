"""The shop's rules: defaults, changes from a moment on, and what is refused."""

import subprocess
import sys

import pytest

from core.base import ids
from core.base.access import scheduler
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import audit, rules
from tests.shops import Shop


def test_a_rule_nobody_set_has_its_default(one_shop: Shop) -> None:
    assert rules.current(now=one_shop.now).redeem_cap_bp == 5000


def test_a_changed_rule_holds_at_once(shop: Shop) -> None:
    shop.rule("redeem_cap_bp", 3000)
    assert rules.current(now=shop.now).redeem_cap_bp == 3000


def test_the_last_change_of_a_moment_wins(shop: Shop) -> None:
    shop.rule("redeem_cap_bp", 3000)
    shop.rule("redeem_cap_bp", 4000)
    assert rules.current(now=shop.now).redeem_cap_bp == 4000


def test_a_rule_may_start_later(shop: Shop) -> None:
    later = Millis(shop.now + DAY)
    rules.change("redeem_cap_bp", 3000, by=shop.owner, now=shop.now, from_at=later)
    found = [rules.current(now=Millis(moment)).redeem_cap_bp for moment in (shop.now, later - 1, later)]
    assert found == [5000, 5000, 3000]


def test_the_past_keeps_its_rules_after_the_present_was_asked(shop: Shop) -> None:
    before = Millis(shop.now - DAY)
    shop.rule("redeem_cap_bp", 3000)
    assert rules.current(now=shop.now).redeem_cap_bp == 3000
    assert rules.current(now=before).redeem_cap_bp == 5000


ELSEWHERE = """
import sys
from core.base import db
from core.books import revisions

@db.atomic
def write(row_id, value, at):
    db.add("shop_rule", id=row_id, name="shop_name", value=f'"{value}"', from_at=at, at=at, actor="staff:1")
    revisions.bump("rules")

db.open_database(sys.argv[1])
write(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
"""


def set_elsewhere(url: str, row_id: int, value: str, at: int) -> None:
    """A change as another process writes it, with an id of its own block."""
    subprocess.run([sys.executable, "-c", ELSEWHERE, url, str(row_id), value, str(at)], check=True)


def test_a_change_with_a_lower_id_is_seen(shop: Shop, engine: str) -> None:
    """Ids come in blocks: another process may write a later rule with a lower id."""
    set_elsewhere(engine, ids.FIRST * 2, "first", shop.now - 2)
    assert rules.current(now=shop.now).shop_name == "first"
    set_elsewhere(engine, ids.FIRST + 999_999, "second", shop.now - 1)
    assert rules.current(now=shop.now).shop_name == "second"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redeem_cap_bp", -1),
        ("redeem_cap_bp", "half"),
        ("points_expiry", "someday"),
        ("wallet_order", ""),
        ("cents_per_point", 0),
        ("points_per_unit", 0),
        ("zone", "Mars/Olympus"),
        ("region", "UK"),
        ("region", ""),
    ],
)
def test_a_value_that_does_not_fit_is_refused(one_shop: Shop, name: str, value: str | int) -> None:
    with pytest.raises(rules.RuleInvalid):
        one_shop.rule(name, value)


def test_an_unknown_rule_is_refused(one_shop: Shop) -> None:
    with pytest.raises(rules.RuleUnknown):
        one_shop.rule("free_beer", 1)


def test_only_those_with_the_right_change_rules(one_shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        rules.change("redeem_cap_bp", 1, by=scheduler("night"), now=one_shop.now)


def test_a_change_leaves_before_and_after_in_the_log(shop: Shop) -> None:
    shop.rule("redeem_cap_bp", 3000)
    row = audit.newest(by=shop.owner, limit=1)[0]
    assert (row.action, row.before, row.after) == (
        "rule.changed",
        '{"redeem_cap_bp": 5000}',
        '{"redeem_cap_bp": 3000}',
    )
