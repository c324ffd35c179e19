"""Look-ups and sales together at a steady pace: nobody is turned away, and the figures are printed."""

import pytest

from bench import load


@pytest.mark.parametrize(
    ("size", "seconds"), [("tiny", 2), pytest.param("full", 60, marks=pytest.mark.long)], ids=["2 s", "a minute"]
)
def test_look_ups_and_sales_together_are_all_answered(size: load.Size, seconds: int) -> None:
    heard = []
    for name, one, used in load.run(size, seconds, print):
        print(f"{name}: {one}; the server used {used:.0%} of a processor")
        heard.append((name, len(one.waits), one.errors))
    assert heard == [
        ("look-ups, ours", 200 * seconds, 0),
        ("sales, ours", 20 * seconds, 0),
        ("look-ups, floor", 200 * seconds, 0),
    ]


def test_a_request_that_waits_for_its_turn_counts_the_waiting() -> None:
    heard = load.Heard([float(one) for one in range(1, 101)])
    assert (heard.at(0.5), heard.at(0.99), heard.errors) == (51.0, 100.0, 0)
