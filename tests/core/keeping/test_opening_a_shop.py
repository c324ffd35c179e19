"""From an empty folder to a shop that can sell."""

import io

import pytest

from core.base import db, i18n
from core.keeping import asking, opening
from core.keeping.opening import Opening
from core.loyalty import tiers
from core.people import staff
from core.people.staff import PasswordShort
from tests.shops import NOON

FLAGS = dict.fromkeys(("language", "shop", "store", "owner", "login", "password_file", "zone", "region", "symbol")) | {
    "products": ()
}


class Owner:
    """Answers questions in turn; an empty answer takes the default."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.told = list(answers), []  # type: ignore[var-annotated]

    def ask(self, question: str, default: str | None, *, hidden: bool = False) -> str:
        return self.answers.pop(0) or (default or "")

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)


def given(**changes: object) -> Opening:
    defaults = {"language": "zh", "shop_name": "茶", "store_name": "一店", "owner_name": "周丽", "login": "owner",
                "password": "long enough"} | changes  # fmt: skip
    return Opening(**defaults)  # type: ignore[arg-type]


def test_an_opened_shop_has_store_owner_tiers_and_products(sqlite: str) -> None:
    owner = opening.open_shop(given(products=(("奶茶", 1800, ""),)), now=NOON)
    assert [name for _, name in opening.stores()] == ["一店"]
    assert [tier.name for tier in tiers.all_tiers()] == ["普通", "银卡", "金卡", "钻石"]
    assert staff.sign_in("owner", "long enough", now=NOON).id == owner.id
    assert db.rows("SELECT name, price_cents FROM product ORDER BY id") == [("储值", 0), ("奶茶", 1800)]


def test_a_second_opening_is_refused_and_changes_nothing(sqlite: str) -> None:
    opening.open_shop(given(), now=NOON)
    with pytest.raises(opening.AlreadyOpen):
        opening.open_shop(given(shop_name="别"), now=NOON)
    assert len(opening.stores()) == 1


def test_a_short_password_opens_nothing(sqlite: str) -> None:
    with pytest.raises(PasswordShort):
        opening.open_shop(given(password="short"), now=NOON)
    assert db.value("SELECT count(*) FROM shop_rule") == 0


def test_an_owner_is_asked_step_by_step_with_defaults() -> None:
    owner = Owner(
        "en", "Tea", "", "", "", "short", "long enough", "Mars", "", "", "", "Milk tea=18", "Cake", "Cake=32.5", ""
    )
    answers = asking.answers(FLAGS, owner)
    assert (answers.shop_name, answers.store_name, answers.login) == ("Tea", "Main store", "owner")
    assert answers.products == (("Milk tea", 1800, ""), ("Cake", 3250, ""))
    assert (answers.region, answers.symbol) == ("US", "$")
    assert len(owner.told) == 4


def test_without_a_terminal_a_missing_password_is_named_with_its_flag() -> None:
    with pytest.raises(asking.AnswerMissing) as refusal, i18n.use("en"):
        asking.answers(FLAGS, None)
    assert "--password-file" in refusal.value.sentence()


def test_flags_alone_are_enough() -> None:
    answers = asking.answers(FLAGS | {"language": "zh", "password_file": io.StringIO("long enough\n")}, None)
    assert (answers.password, answers.shop_name) == ("long enough", "熟客小店")


def test_a_zone_that_does_not_exist_is_refused_without_a_terminal() -> None:
    with pytest.raises(asking.RegionUnknown):
        asking.answers(FLAGS | {"password_file": io.StringIO("long enough"), "region": "UK"}, None)
    with pytest.raises(asking.ZoneUnknown):
        asking.answers(FLAGS | {"password_file": io.StringIO("long enough"), "zone": "Mars/Base"}, None)


@pytest.mark.parametrize(("typed", "cents"), [("18", 1800), ("18.5", 1850), ("¥1,800.00", 180_000), ("0", 0)])
def test_prices_are_read_as_people_type_them(typed: str, cents: int) -> None:
    assert asking.cents_of(typed) == cents


@pytest.mark.parametrize("typed", ["", "1.234", "abc", "-5", "1e3", "1.2.3"])
def test_what_is_no_price_is_refused(typed: str) -> None:
    with pytest.raises(asking.PriceInvalid):
        asking.cents_of(typed)


def test_a_first_product_needs_a_name() -> None:
    with pytest.raises(asking.NameMissing):
        asking.product_of("=4")
    assert asking.product_of("奶茶＝18元") == ("奶茶", 1800, "")
