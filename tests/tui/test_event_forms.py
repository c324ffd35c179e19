"""Times of events as they are typed."""

from datetime import date

import pytest

from core.base import i18n
from tests.shops import at
from tui.screens.eventforms import read_time
from tui.screens.jobtimes import TimeUnreadable


def test_a_time_of_day_is_read_in_the_zone_of_the_session() -> None:
    with i18n.use("en", zone="Asia/Shanghai"):
        assert read_time("14:00", date(2026, 6, 5), field="begins") == at(2026, 6, 5, 14)
        assert read_time("１４：００", date(2026, 6, 5), field="begins") == at(2026, 6, 5, 14)


@pytest.mark.parametrize("typed", ["", "25:00", "14", "2 pm"])
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(TimeUnreadable), i18n.use("en", zone="Asia/Shanghai"):
        read_time(typed, date(2026, 6, 5), field="begins")
