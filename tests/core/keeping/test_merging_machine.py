"""Whatever two members did: merged and unmerged, everything means what it meant before, and the books are in order."""

from pathlib import Path
from shutil import copy

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.base import db, limits
from core.base import settings as deployment
from core.keeping import doctor, merging
from tests import postgres, shops
from tests.core.keeping.merged_pairs import DOING, Pair, Step, dump, open_pair

STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(DOING)), st.integers(0, 1), st.integers(1, 5)), min_size=4, max_size=14
)

TAKEN_BACK: list[Step] = [("buy", 0, 1), ("buy", 0, 1), ("say", 1, 1), ("say", 0, 2)]
"""One said yes where the other had taken it back."""


def lived(steps: list[Step]) -> Pair:
    pair = open_pair(shops.open_shop())
    pair.live(steps)
    return pair


def check_there_and_back(steps: list[Step], since: list[Step]) -> None:
    """Without anything in between all is as before; with something, the books are still in order."""
    pair = lived(steps)
    owner, (kept, gone) = pair.shop.owner, pair.members
    before, totals = dump(pair), sums()
    merge_id = merging.merge(
        kept, gone, mark=merging.preview(kept, gone, by=owner, now=pair.now).mark, by=owner, now=pair.now
    )
    assert (found(pair), sums()) == ([], totals)
    together = dump(pair)
    assert [account[1] for account in together[0]["accounts"]] == [
        one[1] + other[1] for one, other in zip(before[0]["accounts"], before[1]["accounts"], strict=True)
    ]
    merging.undo(merge_id, by=owner, now=pair.now)
    assert (dump(pair), found(pair), sums()) == (before, [], totals)
    again = merging.merge(
        kept, gone, mark=merging.preview(kept, gone, by=owner, now=pair.now).mark, by=owner, now=pair.now
    )
    pair.live([(what, 0, amount) for what, _, amount in since])
    assert found(pair) == []
    seen = merging.undo_preview(again, by=owner, now=pair.now)
    totals = sums()
    merging.undo(again, by=owner, now=pair.now)
    assert (seen.refusals, found(pair), sums()) == ((), [], totals)


def found(pair: Pair) -> list[str]:
    """What the doctor finds in the books; the sweep of what expired is a job's."""
    return [f"{one.check}: {one.what}" for one in doctor.examine(now=pair.now) if one.check != "expired lots"]


def sums() -> list[tuple[object, ...]]:
    """What the whole shop owes, by asset."""
    rows = db.rows("SELECT asset, sum(balance) FROM account GROUP BY asset ORDER BY asset")
    return [(asset, int(total)) for asset, total in rows]


def fresh(path: Path, empty: Path) -> None:
    db.close_database()
    limits.forget()
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    copy(empty, path)
    deployment.use(deployment.Settings(secret="test secret"))
    db.open_database(str(path), durable=False)


QUICK = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
THOROUGH = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(steps=STEPS, since=STEPS)
@example(steps=TAKEN_BACK, since=[])
def test_there_and_back(tmp_path: Path, empty_sqlite: Path, steps: list[Step], since: list[Step]) -> None:
    fresh(tmp_path / "shop.db", empty_sqlite)
    check_there_and_back(steps, since)


@pytest.mark.long
@THOROUGH
@given(steps=STEPS, since=STEPS)
def test_there_and_back_thoroughly(tmp_path: Path, empty_sqlite: Path, steps: list[Step], since: list[Step]) -> None:
    fresh(tmp_path / "shop.db", empty_sqlite)
    check_there_and_back(steps, since)


@pytest.mark.postgres
@settings(QUICK, max_examples=3)
@given(steps=STEPS, since=STEPS)
def test_there_and_back_on_postgres(cluster: postgres.Cluster, steps: list[Step], since: list[Step]) -> None:
    db.close_database()
    limits.forget()
    deployment.use(deployment.Settings(secret="test secret"))
    db.open_database(cluster.create("pair", template="migrated"))
    check_there_and_back(steps, since)
    db.close_database()
