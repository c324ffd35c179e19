"""What a form cannot read is refused at its field."""

import pytest

from core.people import blanks, credentials
from tests.shops import Shop
from tui.screens.members import NobodyNamed, join_form, join_member
from tui.screens.receipt import NothingChosen
from tui.widgets.dates import DayUnreadable, read_day
from tui.widgets.money import QuantityUnreadable, read_quantity
from tui.widgets.overlay import Answer, Field, FieldMissing, FieldRow


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-01", "2026-02-30"])
def test_a_day_that_does_not_exist_is_refused(typed: str) -> None:
    with pytest.raises(DayUnreadable):
        read_day(typed, field="until")


@pytest.mark.parametrize("typed", ["", "-1", "1.2345", "two"])
def test_a_quantity_that_cannot_be_read_is_refused(typed: str) -> None:
    with pytest.raises(QuantityUnreadable):
        read_quantity(typed)


def test_an_empty_field_that_must_be_filled_is_named() -> None:
    with pytest.raises(FieldMissing) as refusal:
        FieldRow(Field("name", "name")).read()
    assert refusal.value.field == "name"


def test_a_return_of_nothing_is_told_what_to_type() -> None:
    assert NothingChosen().sentence() == "Type how much comes back, in at least one line."


def test_nobody_joins_at_the_counter_without_a_number_or_a_name(one_shop: Shop) -> None:
    left_empty = dict.fromkeys(("phone", "name", "birthday", "service", "marketing", "card"), "")
    answer = Answer(join_form(), left_empty | {"language": "en"}, "k")
    with pytest.raises(NobodyNamed):
        join_member(answer, one_shop.owner)


def test_a_printed_card_alone_makes_a_member_at_the_counter(one_shop: Shop) -> None:
    card = blanks.blank_of(blanks.make(1, by=one_shop.owner, now=one_shop.now), by=one_shop.owner)[0]
    left_empty = dict.fromkeys(("phone", "name", "birthday", "service", "marketing"), "")
    member = join_member(Answer(join_form(), left_empty | {"language": "en", "card": card}, "k"), one_shop.owner)
    assert credentials.card_of(member) == card
