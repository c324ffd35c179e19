"""Row `churn`: fitting and scoring members by MBG/NBD and gamma-gamma, beside lifetimes on the very same members.

Members are drawn from the model itself, so that the parameters found can be held against those they were made of. Both
sides begin with the same four numbers a member and end with each member's expected spend.
"""

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import peers
from bench.figures import SEED, Figure, Say, Size
from bench.process import peak_mb
from core.insight import churn, spend
from core.insight.bfgs import Floats
from core.insight.churn import Histories

COUNTS: dict[Size, int] = {"tiny": 2_000, "small": 20_000, "full": 1_000_000}
DAYS = 30
TIMES = 10
ALIKE = 0.01
TRUTH = {"r": 0.9, "alpha": 25.0, "a": 0.5, "b": 3.0}
LOCK = Path(__file__).with_name("forecast") / "lifetimes.lock"
PEER = Path(__file__).with_name("forecast") / "peer.py"
Parameters = tuple[float, float, float, float]


@dataclass(frozen=True)
class Done:
    """CPU seconds of fitting and scoring, the parameters found, and what members who came again will spend."""

    fit_s: float
    score_s: float
    parameters: Parameters
    spend: float

    @property
    def cpu_s(self) -> float:
        """Both together."""
        return self.fit_s + self.score_s


def measure(size: Size, say: Say) -> Figure:
    """Draw the members, then fit and score them on both sides. Raises: Unmeasurable."""
    count = COUNTS[size]
    say(f"churn: drawing {count:,} members")
    members, means = drawn(count)
    say("churn: ours")
    ours, held = _ours(members, means), peak_mb()
    try:
        peer, why = _theirs(members, means, say), ""
    except peers.Unavailable as error:
        peer, why = None, f"Peer not available: {error}"
    return figure(size, ours, peer, why or compared(ours, peer), held)


def drawn(count: int) -> tuple[Histories, Floats]:
    """So many members of MBG/NBD with one week as the unit, and the mean spend of their repeat visits."""
    draw = np.random.default_rng(SEED)
    rate = draw.gamma(TRUTH["r"], 1 / TRUTH["alpha"], count)
    leaves = draw.beta(TRUTH["a"], TRUTH["b"], count)
    age = draw.integers(200, 730, count)
    time_, last, repeats = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64)
    going = np.flatnonzero(draw.random(count) >= leaves)
    while len(going):
        time_[going] += draw.exponential(1, len(going)) / rate[going] * 7
        going = going[time_[going] < age[going]]
        last[going] = time_[going]
        repeats[going] += 1
        going = going[draw.random(len(going)) >= leaves[going]]
    scale = draw.gamma(4, 1 / 15, count)
    means = draw.gamma(6.0 * np.maximum(repeats, 1)) / (np.maximum(repeats, 1) * scale)
    return Histories(repeats, np.floor(last).astype(np.int64), age), np.where(repeats > 0, means, 0.0)


def _ours(members: Histories, means: Floats) -> Done:
    start = time.process_time()
    model, money = churn.fit(members, model="mbgnbd"), spend.fit(members.repeats, means)
    assert model is not None and money is not None
    fitted = time.process_time()
    visits = churn.expected_visits(model, members, days=DAYS)
    expected = visits * spend.conditional_mean(money, members.repeats, means)
    used = time.process_time()
    parameters = (model.r, model.alpha, model.a, model.b)
    return Done(fitted - start, used - fitted, parameters, float(expected[members.repeats > 0].sum()))


def _theirs(members: Histories, means: Floats, say: Say) -> Done:
    python = peers.python_of("lifetimes", [LOCK], say)
    say("churn: lifetimes")
    with tempfile.TemporaryDirectory(dir=peers.FOLDER) as folder:
        file = Path(folder) / "members.npz"
        np.savez(file, repeats=members.repeats, last_days=members.last_days, age_days=members.age_days, spend=means)
        try:
            done = subprocess.run(
                [python, PEER, file, str(DAYS)],
                capture_output=True,
                text=True,
                timeout=2 * peers.PATIENCE_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            raise peers.Unavailable(f"lifetimes did not come to an end: {said[-1][:200]}") from error
    answer = json.loads(done.stdout.splitlines()[-1])
    return Done(answer["fit_s"], answer["score_s"], tuple(answer["parameters"]), answer["spend"])


def apart(one: Done, other: Done) -> float:
    """By how much the parameters or the spend differ at most, as a share."""
    pairs = [*zip(one.parameters, other.parameters, strict=True), (one.spend, other.spend)]
    return max(abs(a - b) / abs(b) for a, b in pairs)


def compared(ours: Done, peer: Done | None) -> str:
    """What is said of both."""
    if peer is None:
        return ""
    return (
        f"lifetimes 0.11.3: fit {peer.fit_s:.2f} s, score {peer.score_s:.2f} s;"
        f" parameters and spend differ by {apart(ours, peer):.3%} at most"
    )


def figure(size: Size, ours: Done, peer: Done | None, beside: str, held_mb: float) -> Figure:
    """The row: met if the peer took ten times as long for the same parameters."""
    times = None if peer is None else peer.cpu_s / ours.cpu_s
    same = peer is not None and apart(ours, peer) <= ALIKE
    found = ", ".join(f"{name} {value:.3f}" for name, value in zip(TRUTH, ours.parameters, strict=True))
    return Figure(
        row="churn",
        ours=ours.cpu_s,
        floor=None,
        peer=None if peer is None else peer.cpu_s,
        ratio=None,
        bar=f"≥ {TIMES} × peer, same parameters",
        met=times is not None and times >= TIMES and same,
        cpu_s=ours.cpu_s,
        peak_mb=held_mb,
        size=size,
        seed=SEED,
        n=COUNTS[size],
        rounds=1,
        unit="s",
        note=f"fit {ours.fit_s:.2f} s, score {ours.score_s:.2f} s; {found} (made of 0.9, 25, 0.5, 3). {beside}",
        peer_ratio=times,
    )
