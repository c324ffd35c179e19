import numpy as np
import pytest
from numpy.typing import NDArray

from core.insight.churn import (
    ChurnFit,
    Histories,
    Model,
    expected_visits,
    fit,
    histories,
    level,
    new_member_visits,
    objective,
    p_alive,
    p_visit,
)

CDNOW = ChurnFit("bgnbd", r=0.243, alpha=4.414, a=0.793, b=2.426, loglik=-9582.43)
CDNOW_MBG = ChurnFit("mbgnbd", r=0.525, alpha=6.183, a=0.891, b=1.614, loglik=-9582.14)


def one(repeats: int, last_days: int, age_days: int) -> Histories:
    return Histories(np.array([repeats]), np.array([last_days]), np.array([age_days]))


def simulated(model: Model, members: int) -> Histories:
    draw = np.random.default_rng(20_05)
    repeats, last, age = [], [], []
    for _ in range(members):
        rate, drop, span = draw.gamma(0.8, 1 / 10), draw.beta(0.8, 2.5), int(draw.integers(200, 700))
        day, count, seen = 0.0, 0, 0.0
        active = model == "bgnbd" or draw.random() >= drop
        while active and (day := day + draw.exponential(1 / rate) * 7) < span:
            count, seen, active = count + 1, day, draw.random() >= drop
        repeats.append(count)
        last.append(round(seen))
        age.append(span)
    return Histories(np.array(repeats), np.array(last), np.array(age))


def test_bgnbd_expects_the_published_visits_of_the_worked_member() -> None:
    assert expected_visits(CDNOW, one(2, 213, 272), days=273)[0] == pytest.approx(1.226, abs=5e-4)


def test_bgnbd_expects_the_published_visits_of_a_new_member() -> None:
    exact = ChurnFit("bgnbd", r=0.24259, alpha=4.41360, a=0.79292, b=2.42591, loglik=-9582.43)
    assert new_member_visits(exact, days=364) == pytest.approx(1.4440, abs=1e-4)


def test_bgnbd_gives_the_published_p_alive_of_the_busiest_member() -> None:
    assert p_alive(CDNOW, one(26, 216, 217))[0] == pytest.approx(0.96885, abs=1e-5)


def test_bgnbd_expects_the_published_visits_of_the_busiest_member() -> None:
    assert expected_visits(CDNOW, one(26, 216, 217), days=364)[0] == pytest.approx(25.757, abs=1e-3)


def test_bgnbd_calls_every_one_time_visitor_active() -> None:
    assert p_alive(CDNOW, one(0, 0, 700))[0] == 1.0


def test_mbgnbd_doubts_a_new_member_by_the_mean_dropout() -> None:
    # b/(a+b) = 1.614/2.505
    assert p_alive(CDNOW_MBG, one(0, 0, 0))[0] == pytest.approx(0.644311, abs=1e-6)


def test_chance_of_a_visit_is_the_closed_form() -> None:
    even = ChurnFit("bgnbd", r=1.0, alpha=1.0, a=1.0, b=1.0, loglik=0.0)
    # P(alive) 1, then 1 - (1+1)/(1+1+2) for x 0, T 1 week, h 2 weeks
    assert p_visit(even, one(0, 0, 7), days=14)[0] == pytest.approx(0.5)


def test_expected_visits_hold_where_the_published_formula_divides_by_zero() -> None:
    even = ChurnFit("bgnbd", r=1.0, alpha=1.0, a=1.0, b=1.0, loglik=0.0)
    # ∫(1-1/(1+p))/p dp over 0..1 = ln 2 for one week
    assert new_member_visits(even, days=7) == pytest.approx(0.6931471806, abs=1e-9)


def test_without_dropout_expected_visits_are_rate_times_time() -> None:
    stays = ChurnFit("bgnbd", r=3.0, alpha=2.0, a=1e-9, b=1.0, loglik=0.0)
    assert expected_visits(stays, one(5, 14, 14), days=70)[0] == pytest.approx(20.0, abs=1e-5)


def test_no_days_ahead_means_no_visits() -> None:
    assert expected_visits(CDNOW, one(2, 213, 272), days=0)[0] == 0.0


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
def test_gradient_agrees_with_differences(model: Model) -> None:
    loss = objective(simulated(model, 300), model=model)
    at = np.log(np.array([0.7, 9.0, 0.6, 2.0]))
    moves: NDArray[np.float64] = np.eye(4) * 1e-5
    numeric = [(loss(at + move)[0] - loss(at - move)[0]) / 2e-5 for move in moves]
    assert loss(at)[1] == pytest.approx(numeric, abs=1e-8)


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
def test_fit_recovers_the_simulated_shop(model: Model) -> None:
    found = fit(simulated(model, 20_000), model=model)
    assert found is not None
    assert (found.r, found.alpha) == pytest.approx((0.8, 10.0), rel=0.06)
    assert (found.a, found.b) == pytest.approx((0.8, 2.5), rel=0.15)


def test_fit_in_two_stages_ends_where_the_single_fit_ends() -> None:
    some = simulated("mbgnbd", 2_000)
    many = Histories(*(np.tile(part, 25) for part in (some.repeats, some.last_days, some.age_days)))
    single, staged = fit(some, model="mbgnbd"), fit(many, model="mbgnbd")
    assert single is not None and staged is not None
    assert (staged.r, staged.alpha) == pytest.approx((single.r, single.alpha), rel=1e-4)


def test_nothing_is_fitted_without_repeat_visits() -> None:
    assert fit(one(0, 0, 90), model="mbgnbd") is None


def test_nothing_is_fitted_to_an_empty_shop() -> None:
    none = np.empty(0, dtype=np.int64)
    assert fit(histories(none, none, today=738_000), model="bgnbd") is None


def test_a_single_member_gets_finite_figures_but_no_still_active() -> None:
    found = fit(one(3, 20, 40), model="mbgnbd")
    assert found is not None
    assert not found.still_active_shown
    assert 0 < p_visit(found, one(3, 20, 40), days=30)[0] < 1


@pytest.mark.parametrize(("a", "b", "shown"), [(0.002, 0.998, True), (0.0019, 0.9981, False), (30.0, 10_001.0, False)])
def test_still_active_is_hidden_where_the_likelihood_collapsed(a: float, b: float, shown: bool) -> None:
    assert ChurnFit("mbgnbd", 0.5, 6.0, a, b, 0.0).still_active_shown is shown


def test_histories_count_repeats_and_days_from_the_first_visit() -> None:
    found = histories(np.array([4, 4, 4, 9]), np.array([100, 107, 130, 120]), today=150)
    assert found.repeats.tolist() == [2, 0]
    assert found.last_days.tolist() == [30, 0]
    assert found.age_days.tolist() == [50, 30]


@pytest.mark.parametrize(
    ("repeat_members", "history_days", "expected"), [(50, 60, "L1"), (49, 60, "L0"), (50, 59, "L0")]
)
def test_level_needs_members_and_history(repeat_members: int, history_days: int, expected: str) -> None:
    assert level(repeat_members=repeat_members, history_days=history_days, horizon_days=30) == expected
