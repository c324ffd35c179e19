"""The card beside the till: one page, the keys the pages have, and every way out it names is there."""

import re
from dataclasses import replace

import pytest

from core.base import i18n
from core.keeping import tillcard
from core.keeping.tillcard import Facts
from core.keeping.tillkeys import TillKey
from tests.core.keeping.test_launch_kit import words_of
from tests.core.keeping.test_sheets import pages
from tests.shops import Shop
from tui.keymap import OFFICE
from tui.screens import tillcard as door
from tui.screens.receipt import ReceiptPage
from tui.screens.till import TillPage

FACTS = Facts("桂花里", "南京东路店", ((50_000, 5000), (100_000, 12_000)), 20_000, ("周丽", "王伟"))
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def bare(words: object) -> str:
    return str(words).replace(" ", "")


def lowest(pdf: bytes) -> float:
    """Where the lowest line of the page stands, in points from its lower edge."""
    return min(float(y) for y in re.findall(r"1 0 0 1 [\d.]+ ([\d.-]+) Tm", pages(pdf)[0]))


@LANGUAGES
def test_each_key_of_till_and_receipt_stands_on_it_with_its_word_and_what_it_does(language: str) -> None:
    words = words_of(tillcard.card(door.till_keys(), FACTS, language=language))
    with i18n.use(language):
        said = [bare(one) for key in door.till_keys() for one in (key.shown, i18n.say(key.label), i18n.say(key.help))]
    assert len(said) == 66
    assert [one for one in said if one not in words] == []


def test_the_keys_are_those_of_the_pages() -> None:
    pages = {"till": TillPage.KEYS, "receipt": ReceiptPage.KEYS, "office": OFFICE}
    known = {f"{page}.{one.id}": one.label for page, actions in pages.items() for one in actions if one.keys}
    keys = {one.id: one.label for one in door.till_keys()}
    assert {id for id in known if id.startswith("till.")} <= set(keys)
    assert {id: label for id, label in keys.items() if known.get(id) != label} == {"office.section_till": "Till"}


def test_a_key_that_is_moved_moves_on_the_card_too() -> None:
    moved = [replace(one, shown="ctrl+8") if one.id == "till.pay" else one for one in door.till_keys()]
    words = words_of(tillcard.card(moved, FACTS, language="en"))
    assert "ctrl+t" not in words
    assert "Goods,member,ctrl+8,howitispaid" in words


@LANGUAGES
def test_it_is_one_page_of_a4_with_nothing_below_its_edge(language: str) -> None:
    made = tillcard.card(door.till_keys(), FACTS, language=language)
    assert len(pages(made)) == 1
    assert b"/MediaBox [ 0 0 595.2756 841.8898 ]" in made
    assert lowest(made) >= tillcard.EDGE


@LANGUAGES
def test_long_names_and_many_helpers_still_fit_on_the_page(language: str) -> None:
    crowded = Facts(
        "一家名字特别特别长的茶饮店" * 3, "南京东路步行街旗舰店", FACTS.top_ups, 20_000, ("Bartholomew",) * 30
    )
    made = tillcard.card(door.till_keys(), crowded, language=language)
    assert (len(pages(made)), lowest(made) >= tillcard.EDGE) == (1, True)


@LANGUAGES
def test_it_says_what_to_do_when_something_fails(language: str) -> None:
    words = words_of(tillcard.card(door.till_keys(), FACTS, language=language))
    shown = {one.id.replace(".", "_"): one.shown for one in door.till_keys()}
    with i18n.use(language):
        said = [bare(i18n.say(one, **shown)) for row in tillcard.FAILS for one in row]
    assert [one for one in said if one not in words] == []


def test_the_shops_own_facts_stand_on_it(shop: Shop) -> None:
    shop.rule("shop_name", "桂花里")
    found = tillcard.facts(shop.store, now=shop.now)
    assert (found.shop_name, found.store, found.refund_limit_cents, found.ask) == ("桂花里", "", 20_000, ("周丽",))
    assert "桂花里" in words_of(tillcard.card(door.till_keys(), found, language="en"))


def test_a_sentence_without_its_key_cannot_be_printed() -> None:
    with pytest.raises(KeyError, match="till_"):
        tillcard.card([TillKey("till.shift", "ctrl+s", "shift", "Open the till.")], FACTS, language="en")
