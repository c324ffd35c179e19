"""Staff accounts: signing in, being slowed down, approving, leaving."""

import pytest

from core.base.clock import MINUTE, Millis
from core.base.errors import NotAllowed
from core.people import staff
from tests.shops import Shop

SECOND = 1000


def create(shop: Shop, login: str = "mei", role: str = "clerk", password: str = "long enough") -> int:
    return staff.create(login, "梅", role, password=password, by=shop.owner, now=shop.now)


def fail(shop: Shop, times: int, *, now: int = 0) -> None:
    for _ in range(times):
        with pytest.raises(staff.SignInFailed):
            staff.sign_in("mei", "wrong", now=Millis(now or shop.now))


def test_name_and_password_let_someone_in(shop: Shop) -> None:
    staff_id = create(shop)
    actor = staff.sign_in(" MEI ", "long enough", now=shop.now)
    assert (actor.id, actor.role, actor.tag) == (staff_id, "clerk", f"staff:{staff_id}")


def test_an_unknown_name_and_a_wrong_password_are_told_alike(shop: Shop) -> None:
    create(shop)
    told = []
    for login in ("mei", "nobody"):
        with pytest.raises(staff.SignInFailed) as refused:
            staff.sign_in(login, "wrong", now=shop.now)
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_the_fifth_failure_makes_everyone_wait(shop: Shop) -> None:
    create(shop)
    fail(shop, 5)
    with pytest.raises(staff.SignInWait, match="Wait 30 seconds"):
        staff.sign_in("mei", "long enough", now=shop.now)
    assert staff.sign_in("mei", "long enough", now=Millis(shop.now + 30 * SECOND)).name == "梅"


def test_each_further_failure_doubles_the_wait_up_to_half_an_hour(shop: Shop) -> None:
    create(shop)
    fail(shop, 5)
    now, waits = shop.now, []
    for _ in range(8):
        now = Millis(now + 40 * MINUTE)
        fail(shop, 1, now=now)
        with pytest.raises(staff.SignInWait) as refused:
            staff.sign_in("mei", "long enough", now=now)
        waits.append(refused.value.facts["seconds"])
    assert waits == [60, 120, 240, 480, 960, 1800, 1800, 1800]


def test_signing_in_forgets_failures(shop: Shop) -> None:
    create(shop)
    fail(shop, 4)
    staff.sign_in("mei", "long enough", now=shop.now)
    fail(shop, 4)
    staff.sign_in("mei", "long enough", now=shop.now)


def test_a_closed_account_signs_in_no_more(shop: Shop) -> None:
    staff_id = create(shop)
    staff.close(staff_id, by=shop.owner, now=shop.now)
    with pytest.raises(staff.SignInFailed):
        staff.sign_in("mei", "long enough", now=shop.now)


def test_only_the_first_account_needs_nobody(one_shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        staff.create("second", "二", "owner", password="long enough", by=None, now=one_shop.now)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"login": "a"}, staff.StaffInvalid),
        ({"login": "王"}, staff.StaffInvalid),
        ({"role": "king"}, staff.StaffInvalid),
        ({"password": "short"}, staff.PasswordShort),
        ({"login": "owner"}, staff.LoginTaken),
    ],
)
def test_an_account_that_cannot_be_is_refused(one_shop: Shop, given: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        create(one_shop, **given)


def test_a_manager_does_not_create_accounts(one_shop: Shop) -> None:
    manager = staff.actor_of(create(one_shop, role="manager"))
    with pytest.raises(NotAllowed):
        staff.create("new", "新", "owner", password="long enough", by=manager, now=one_shop.now)


def test_an_approval_needs_the_right(one_shop: Shop) -> None:
    create(one_shop)
    with pytest.raises(NotAllowed):
        staff.approver("mei", "long enough", right="refund", now=one_shop.now)
    assert staff.approver("owner", "correct horse", right="refund", now=one_shop.now).role == "owner"


def test_a_manager_approves_with_a_pin_that_opens_nothing_else(one_shop: Shop) -> None:
    staff.set_pin("240613", by=one_shop.owner, now=one_shop.now)
    assert staff.approver("owner", "240613", right="refund", now=one_shop.now).role == "owner"
    assert staff.approver("owner", "correct horse", right="refund", now=one_shop.now).role == "owner"
    with pytest.raises(staff.SignInFailed):
        staff.sign_in("owner", "240613", now=one_shop.now)


def test_pins_are_not_guessed_by_trying(one_shop: Shop) -> None:
    staff.set_pin("240613", by=one_shop.owner, now=one_shop.now)
    for number in range(5):
        with pytest.raises(staff.SignInFailed):
            staff.approver("owner", f"11122{number}", right="refund", now=one_shop.now)
    with pytest.raises(staff.SignInWait):
        staff.approver("owner", "240613", right="refund", now=one_shop.now)


@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef", "111111", "１２３４５６", ""])
def test_a_pin_has_six_digits_and_is_not_one_of_the_easiest(one_shop: Shop, pin: str) -> None:
    with pytest.raises(staff.PinInvalid):
        staff.set_pin(pin, by=one_shop.owner, now=one_shop.now)


def test_a_remembered_language_is_there_at_the_next_sign_in(one_shop: Shop) -> None:
    actor = staff.actor_of(create(one_shop))
    staff.set_language("en", by=actor, now=one_shop.now)
    assert staff.sign_in("mei", "long enough", now=one_shop.now).language == "en"
