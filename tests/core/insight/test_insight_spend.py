import numpy as np
import pytest

from core.insight.spend import SpendFit, conditional_mean, fit, objective

CDNOW = SpendFit(p=6.25, q=3.74, v=15.44, loglik=0.0)


def simulated(members: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(20_13)
    repeats = draw.geometric(0.3, members)
    return repeats, draw.gamma(6.0 * repeats) / repeats / draw.gamma(4.0, 1 / 1500.0, members)


def test_unknown_member_is_expected_to_spend_the_population_mean() -> None:
    # 6.25 · 15.44 / 2.74
    assert conditional_mean(CDNOW, np.array([0]), np.array([0.0]))[0] == pytest.approx(35.21898, abs=1e-4)


def test_own_mean_is_drawn_towards_the_population() -> None:
    # 6.25 · (15.44 + 2 · 100) / (6.25 · 2 + 2.74)
    assert conditional_mean(CDNOW, np.array([2]), np.array([100.0]))[0] == pytest.approx(88.35302, abs=1e-4)


def test_refunded_member_counts_as_unknown() -> None:
    assert conditional_mean(CDNOW, np.array([2]), np.array([-5.0]))[0] == pytest.approx(35.21898, abs=1e-4)


def test_population_mean_needs_q_above_one() -> None:
    assert SpendFit(p=2.0, q=1.0, v=3.0, loglik=0.0).population_mean is None


def test_fit_recovers_the_simulated_shop() -> None:
    found = fit(*simulated(20_000))
    assert found is not None
    assert (found.p, found.q, found.v) == pytest.approx((6.0, 4.0, 1500.0), rel=0.06)


def test_fit_moves_with_the_currency_unit() -> None:
    repeats, means = simulated(2_000)
    yuan, cents = fit(repeats, means), fit(repeats, means * 100)
    assert yuan is not None and cents is not None
    assert cents.v == pytest.approx(yuan.v * 100, rel=1e-6)


def test_gradient_agrees_with_differences() -> None:
    loss = objective(*simulated(300))
    at = np.log(np.array([5.0, 3.0, 900.0]))
    numeric = [(loss(at + move)[0] - loss(at - move)[0]) / 2e-5 for move in np.eye(3) * 1e-5]
    assert loss(at)[1] == pytest.approx(numeric, abs=1e-7)


@pytest.mark.parametrize("means", [[], [12.0], [12.0, 12.0], [-3.0, 12.0]])
def test_nothing_is_fitted_to_fewer_than_two_different_means(means: list[float]) -> None:
    assert fit(np.ones(len(means), dtype=np.int64), np.array(means)) is None
