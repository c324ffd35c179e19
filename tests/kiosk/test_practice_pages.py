"""Pages of a copy to practise on: each says at its top that nothing counts; those of the shop never do."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from kiosk import app as door
from tests.kiosk.conftest import SETTINGS
from tests.shops import Shop

PATHS = ("/kiosk", "/join", "/tiers")


@pytest.mark.parametrize(
    ("path", "language", "said"),
    [
        ("/kiosk", "zh-CN", "不计入店铺数据"),
        ("/join", "en", "nothing here counts"),
        ("/tiers", "zh-CN", "不计入店铺数据"),
    ],
)
def test_a_page_says_that_nothing_counts(one_shop: Shop, noon: None, path: str, language: str, said: str) -> None:
    client = door.create_app(replace(SETTINGS, practice=True)).test_client()
    page = client.get(path, headers={"Accept-Language": language}).text
    assert f"练习 PRACTICE · {said}" in page


@pytest.mark.parametrize("path", PATHS)
def test_the_shops_own_pages_say_nothing_of_it(client: FlaskClient, path: str) -> None:
    assert "PRACTICE" not in client.get(path).text
