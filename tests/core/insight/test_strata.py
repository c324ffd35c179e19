"""The effect within strata and with what was spent before taken out: worked by hand, and by its properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight import effect, strata
from core.insight.strata import Seen, Side


def seen(written: bool, *pairs: tuple[int | None, int], stratum: str = "") -> list[Seen]:
    """Members by what they spent before and after."""
    return [Seen(written, stratum, before, spent) for before, spent in pairs]


WRITTEN = seen(True, (10, 12), (20, 19), (30, 33), (40, 40))
HELD = seen(False, (20, 15), (30, 24), (40, 36), (50, 45))


def test_cuped_worked_by_hand() -> None:
    found = strata.spending(WRITTEN + HELD)
    # products 490 + 510, squares of x 500 + 500: theta 1; of y 490 + 522: r² = 1000²/(1000 · 1012)
    assert found.explained == pytest.approx(0.98814, abs=0.00001)
    # means 26 and 30, of x 25 and 35: 26 − 30 − 1 · (25 − 35) = 6, where the plain difference is −4
    assert (found.found.difference, found.plain.difference) == (6.0, -4.0)
    # what is left has variances 10/3 and 2/3, so √((10/3 + 2/3)/4) = 1, with 4.154 degrees of freedom: t = 2.737
    assert found.found.high == pytest.approx(6 + 2.737, abs=0.02)


def test_the_more_before_explains_the_narrower_it_is() -> None:
    found = strata.spending(WRITTEN + HELD)
    # variance 1 instead of (490 + 522)/3/4 = 84.3, with fewer degrees of freedom
    width = (found.found.high - found.found.low) / (found.plain.high - found.plain.low)
    assert width == pytest.approx(0.122, abs=0.001)


@pytest.mark.parametrize("before", [(5, 5, 5, 5), (None, 20, 30, 40)])
def test_where_before_tells_nothing_it_is_welch(before: tuple[int | None, ...]) -> None:
    sides = [seen(written, *zip(before, (10, 20, 30, 60), strict=True)) for written in (True, False)]
    found = strata.spending([*sides[0], *sides[1]])
    assert (found.explained, found.found) == (0.0, found.plain)
    assert found.plain == effect.welch(effect.spread([10, 20, 30, 60], 4), effect.spread([10, 20, 30, 60], 4))


def test_negligible_before_is_left_out() -> None:
    sides = [seen(written, (1, 10), (2, 30), (3, 30), (4, 11)) for written in (True, False)]
    assert strata.spending([*sides[0], *sides[1]]).explained == 0.0


def test_one_stratum_is_newcombes_own() -> None:
    assert strata.rates([(Side(70, 56), Side(80, 48))]) == effect.newcombe(56, 70, 48, 80)


def test_strata_are_weighed_by_their_size() -> None:
    # 10 % more of 300 and 4 % more of 100: 8.5 % more
    found = strata.rates([(Side(200, 60), Side(100, 20)), (Side(50, 3), Side(50, 1))])
    assert found.difference == pytest.approx(0.085)


def test_strata_that_differ_make_the_interval_narrower() -> None:
    apart = [(Side(200, 180), Side(200, 170)), (Side(200, 20), Side(200, 10))]
    inside, across = strata.rates(apart), effect.newcombe(200, 400, 180, 400)
    assert inside.difference == pytest.approx(across.difference)
    assert inside.is_proof and not across.is_proof


def test_spending_is_compared_within_strata() -> None:
    parts = [Seen(written, name, 0, cents, 30) for written in (True, False) for name, cents in
             (("a", 100), ("a", 140), ("b", 900), ("b", 940))]  # fmt: skip
    found = strata.spending(parts)
    assert (found.found.difference, found.plain.difference) == (0.0, 0.0)
    assert found.found.high < found.plain.high / 10


def test_small_strata_are_put_together() -> None:
    def drawn(size: int) -> set[str]:
        rows = [Seen(written, name, 0, 0, size) for written in (True, False) for name in ("few:much", "few:some")]
        return {one.stratum for one in strata.fitting([*rows, Seen(True, "many:some", 0, 0, 25),
                                                       Seen(False, "many:some", 0, 0, 25)])}  # fmt: skip

    assert drawn(20) == {"few:much", "few:some", "many:some"}
    assert drawn(19) == {"few", "many"}
    assert drawn(9) == {""}


SIDE = st.integers(2, 300).flatmap(lambda n: st.builds(Side, st.just(n), st.integers(0, n)))


@given(st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=9))
def test_the_interval_holds_the_difference_and_turns_with_the_sides(sides: list[tuple[Side, Side]]) -> None:
    there = strata.rates(sides)
    back = strata.rates([(other, one) for one, other in sides])
    assert -1 <= there.low <= there.difference + 1e-9 and there.difference <= there.high + 1e-9 <= 1 + 2e-9
    assert there.low == pytest.approx(-back.high, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=2, max_size=30))
def test_two_sides_that_are_alike_differ_by_nothing(pairs: list[tuple[int, int]]) -> None:
    found = strata.spending(seen(True, *pairs) + seen(False, *pairs))
    assert found.found.difference == pytest.approx(0, abs=1e-3)


def test_alike_members_counted_together_are_the_same() -> None:
    apart = [
        Seen(written, "", x, y) for written in (True, False) for x, y in ((1, 5), (1, 5), (3, 9), (4, 2 + written))
    ]
    together = [Seen(written, "", x, y, n) for written in (True, False)
                for x, y, n in ((1, 5, 2), (3, 9, 1), (4, 2 + written, 1))]  # fmt: skip
    assert strata.spending(apart) == strata.spending(together)
    assert strata.spending(apart).plain.difference == 0.25
