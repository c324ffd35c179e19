"""The demo shop recommends what its customers take together."""

import pytest

from core.base import db
from core.insight import recommend
from core.keeping import demo
from tests import shops


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_demo_shop_suggests_what_goes_together(sqlite: str) -> None:
    demo.build(now=shops.NOON)
    ids = {name: id for id, name in db.rows("SELECT id, name FROM product")}
    for name, other in demo.GOES_WITH.items():
        first, *_rest = recommend.beside([ids[name]], now=shops.NOON)
        assert (first.name, first.beside) == (other, name)
        assert first.together * 5 > first.baskets
    sql = "SELECT member_id FROM member_stats ORDER BY visits DESC, member_id LIMIT 40"
    tastes = [taste for (one,) in db.rows(sql) if (taste := recommend.of_member(one, now=shops.NOON)) is not None]
    assert len(tastes) >= 20
    assert all(taste.usual and len(taste.may_like) == 3 for taste in tastes)
