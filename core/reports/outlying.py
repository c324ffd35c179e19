"""How far a figure stands from those of one's peers, robustly; pure, in whole numbers.

The distance is (x - median) / (1.4826 × MAD), MAD being the median of the distances from the median: one or two
strange figures among the peers do not move it. Where more than half of the peers are alike the MAD is 0, and
1.2533 times the mean distance stands in its place. 3.5 and more is looked at. Source: B. Iglewicz, D. Hoaglin,
How to Detect and Handle Outliers (1993), chapter 3.
"""

from collections.abc import Sequence

from core.base import money

LEAST_PEERS = 5
"""Of fewer peers there is no saying what is usual."""
FAR = 350
"""The distance at which something is looked at, in hundredths."""


def median(figures: Sequence[int]) -> int:
    """The middle one; of an even number half up between the two in the middle."""
    ordered, half = sorted(figures), len(figures) // 2
    return ordered[half] if len(ordered) % 2 else money.half_up(ordered[half - 1] + ordered[half], 2)


def distance(figure: int, peers: Sequence[int]) -> int | None:
    """How far above (or, negative, below) its peers a figure stands, in hundredths; None of too few peers.

    Where all peers are alike any other figure is as far as can be: 9,999.
    """
    if len(peers) < LEAST_PEERS:
        return None
    middle = median(peers)
    off = figure - middle
    spread = median([abs(one - middle) for one in peers]) * 14_826
    if not spread:
        spread = money.half_up(sum(abs(one - middle) for one in peers) * 12_533, len(peers))
    if not off:
        return 0
    size = money.half_up(abs(off) * 1_000_000, spread) if spread else 9_999
    return min(size, 9_999) if off > 0 else -min(size, 9_999)
