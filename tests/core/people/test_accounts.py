"""Accounts of staff changed by an owner: role, stores, rights, password; what nobody may change."""

import pytest

from core.base.access import Actor
from core.base.errors import NotAllowed
from core.books import audit
from core.books.audit import SignedOut
from core.people import accounts, devices, staff
from core.people.accounts import AboveOwn, Account, AccountUnknown, OwnRole
from core.people.staff import LastOwner, OwnAccount, PasswordShort, SignInFailed, StaffInvalid
from tests.shops import Shop


def hired(shop: Shop, login: str = "mei", role: str = "clerk") -> Actor:
    return staff.actor_of(staff.create(login, "梅", role, password="long enough", by=shop.owner, now=shop.now))


def test_another_role_counts_from_the_next_sign_in_and_ends_this_one(shop: Shop) -> None:
    clerk = hired(shop)
    account = Account("梅梅", "manager", (shop.store,), "en")
    accounts.change(clerk.id, account, by=shop.owner, now=shop.now)
    with pytest.raises(SignedOut):
        staff.set_language("en", by=clerk, now=shop.now)
    again = staff.sign_in("mei", "long enough", now=shop.now)
    assert (again.name, again.role, again.stores, again.language) == ("梅梅", "manager", {shop.store}, "en")
    assert accounts.account_of(clerk.id) == account


def test_another_name_ends_no_session(shop: Shop) -> None:
    clerk = hired(shop)
    accounts.change(clerk.id, Account("梅梅", "clerk", (), "en"), by=shop.owner, now=shop.now)
    staff.set_language("zh", by=clerk, now=shop.now)
    row = next(row for row in audit.newest(by=shop.owner) if row.action == "staff.changed")
    assert (row.before, row.after) == ('{"language": "zh", "name": "梅"}', '{"language": "en", "name": "梅梅"}')


def test_own_name_may_change_but_not_own_role_stores_or_rights(shop: Shop) -> None:
    hired(shop, "anna", "owner")
    me = shop.owner
    accounts.change(me.id, Account("周丽丽", "owner", (), "zh"), by=me, now=shop.now)
    for account in (Account("周丽", "manager"), Account("周丽", "owner", (shop.store,))):
        with pytest.raises(OwnRole):
            accounts.change(me.id, account, by=me, now=shop.now)
    with pytest.raises(OwnRole):
        accounts.set_rights(me.id, {"sell"}, by=me, now=shop.now)


def test_the_last_owner_stays_owner_and_open(shop: Shop) -> None:
    deputy = hired(shop, "anna", "owner")
    accounts.change(shop.owner.id, Account("周丽", "clerk"), by=deputy, now=shop.now)
    robot = Actor("job", 0, "x", "scheduler", deputy.rights)
    with pytest.raises(LastOwner) as refusal:
        accounts.change(deputy.id, Account("Anna", "clerk"), by=robot, now=shop.now)
    assert refusal.value.sentence() == "梅 is the last owner in use. Make someone else an owner first."
    with pytest.raises(LastOwner):
        staff.close(deputy.id, by=robot, now=shop.now)
    with pytest.raises(OwnAccount):
        staff.close(deputy.id, by=deputy, now=shop.now)


def test_rights_beside_the_role_are_kept_as_the_difference(shop: Shop) -> None:
    clerk = hired(shop)
    accounts.set_rights(clerk.id, (clerk.rights | {"goods"}) - {"refund"}, by=shop.owner, now=shop.now)
    now_as = staff.actor_of(clerk.id)
    assert (now_as.may("goods"), now_as.may("refund"), now_as.may("sell")) == (True, False, True)
    assert audit.newest(by=shop.owner, limit=1)[0].after == '{"given": ["goods"], "taken": ["refund"]}'
    accounts.change(clerk.id, Account("梅", "manager"), by=shop.owner, now=shop.now)
    assert not staff.actor_of(clerk.id).may("refund")


def test_nobody_gives_or_takes_over_what_they_may_not_do_themselves(shop: Shop) -> None:
    manager, clerk = hired(shop, "anna", "manager"), hired(shop)
    accounts.set_rights(manager.id, manager.rights | {"staff"}, by=shop.owner, now=shop.now)
    manager = staff.actor_of(manager.id)
    with pytest.raises(AboveOwn):
        accounts.change(clerk.id, Account("梅", "owner"), by=manager, now=shop.now)
    with pytest.raises(AboveOwn):
        accounts.set_rights(clerk.id, {"keys"}, by=manager, now=shop.now)
    with pytest.raises(AboveOwn):
        accounts.reset_password(shop.owner.id, "taken over by me", by=manager, now=shop.now)
    accounts.change(clerk.id, Account("梅", "manager"), by=manager, now=shop.now)


def test_a_new_password_lets_in_and_the_old_one_does_not(shop: Shop) -> None:
    clerk = hired(shop)
    with pytest.raises(PasswordShort):
        accounts.reset_password(clerk.id, "short", by=shop.owner, now=shop.now)
    accounts.reset_password(clerk.id, "much longer", by=shop.owner, now=shop.now)
    with pytest.raises(SignInFailed):
        staff.sign_in("mei", "long enough", now=shop.now)
    assert staff.sign_in("mei", "much longer", now=shop.now).id == clerk.id
    with pytest.raises(SignedOut):
        staff.set_language("en", by=clerk, now=shop.now)


def test_a_closed_account_is_opened_again(shop: Shop) -> None:
    clerk = hired(shop)
    staff.close(clerk.id, by=shop.owner, now=shop.now)
    accounts.reopen(clerk.id, by=shop.owner, now=shop.now)
    assert staff.sign_in("mei", "long enough", now=shop.now).role == "clerk"


def test_what_is_no_role_right_or_account_is_refused(shop: Shop) -> None:
    clerk = hired(shop)
    with pytest.raises(StaffInvalid):
        accounts.change(clerk.id, Account("梅", "king"), by=shop.owner, now=shop.now)
    with pytest.raises(StaffInvalid):
        accounts.set_rights(clerk.id, {"fly"}, by=shop.owner, now=shop.now)
    with pytest.raises(AccountUnknown):
        accounts.reopen(7, by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        accounts.reset_password(clerk.id, "long enough", by=clerk, now=shop.now)


def test_api_keys_are_listed_without_their_secrets(shop: Shop) -> None:
    key = devices.new_key("web shop", shop.store, ("sales", "members"), by=shop.owner, now=shop.now)
    devices.revoke_key(key.split("_")[1], by=shop.owner, now=shop.now)
    devices.new_key("till 2", shop.store, ("sales",), by=shop.owner, now=shop.now)
    found = devices.all_keys(by=shop.owner)
    assert [(one.name, one.scopes, one.revoked_at) for one in found] == [
        ("till 2", ("sales",), None),
        ("web shop", ("sales", "members"), shop.now),
    ]
    with pytest.raises(NotAllowed):
        devices.all_keys(by=hired(shop))
