"""Kiosks, browser sessions, API keys and join links."""

import pytest

from core.base import db, settings
from core.base.clock import DAY, MINUTE, Millis
from core.people import devices, joinlinks, websessions
from tests.shops import Shop


def paired(shop: Shop) -> tuple[devices.Device, str]:
    code = devices.new_pairing(shop.store, "door", by=shop.owner, now=shop.now)
    return devices.pair(f" {code[:4]}-{code[4:].lower()} ", now=shop.now)


def test_a_paired_screen_is_known_by_its_token(shop: Shop) -> None:
    device, token = paired(shop)
    assert devices.by_token(token, now=shop.now) == device
    assert devices.actor_of(device).stores == frozenset({shop.store})


def test_a_pairing_code_pairs_one_screen(shop: Shop) -> None:
    code = devices.new_pairing(shop.store, "door", by=shop.owner, now=shop.now)
    devices.pair(code, now=shop.now)
    with pytest.raises(devices.PairingWrong):
        devices.pair(code, now=shop.now)


def test_a_pairing_code_lives_ten_minutes(shop: Shop) -> None:
    code = devices.new_pairing(shop.store, "door", by=shop.owner, now=shop.now)
    with pytest.raises(devices.PairingWrong):
        devices.pair(code, now=Millis(shop.now + 10 * MINUTE))


def test_a_revoked_screen_is_shut_out(shop: Shop) -> None:
    device, token = paired(shop)
    devices.revoke(device.id, by=shop.owner, now=shop.now)
    with pytest.raises(devices.DeviceRefused):
        devices.by_token(token, now=shop.now)


def test_a_screen_is_noted_once_a_minute(shop: Shop) -> None:
    device, token = paired(shop)
    for later in (30_000, 90_000):
        devices.seen(device.id, now=Millis(shop.now + later))
    assert devices.by_token(token, now=shop.now).seen_at == shop.now + 90_000


def test_secrets_are_stored_hashed(shop: Shop) -> None:
    _, token = paired(shop)
    session = websessions.start_session("phone", now=shop.now)
    key = devices.new_key("web shop", shop.store, ("sales",), by=shop.owner, now=shop.now)
    for table, secret in (("device", token), ("web_session", session), ("api_key", key.split("_")[2])):
        assert secret not in str(db.rows(f"SELECT * FROM {table}"))


def test_a_session_holds_what_it_was_given(shop: Shop) -> None:
    session = websessions.start_session("phone", now=shop.now, member_id=7, data={"step": "name"})
    found = websessions.session(session, "phone", now=shop.now)
    assert found is not None
    assert (found.member_id, found.data) == (7, {"step": "name"})


def test_a_session_is_of_one_kind(shop: Shop) -> None:
    session = websessions.start_session("phone", now=shop.now)
    assert websessions.session(session, "kiosk", now=shop.now) is None


def test_a_session_ends_by_its_time_or_at_once(shop: Shop) -> None:
    short = websessions.start_session("phone", now=shop.now, life_ms=MINUTE)
    ended = websessions.start_session("phone", now=shop.now)
    websessions.end_session(ended)
    assert websessions.session(short, "phone", now=Millis(shop.now + MINUTE)) is None
    assert websessions.session(ended, "phone", now=shop.now) is None


def test_a_session_changes_as_a_whole(shop: Shop) -> None:
    session = websessions.start_session("phone", now=shop.now, data={"step": "code"})
    websessions.update_session(session, data={}, member_id=9, proved_at=shop.now)
    found = websessions.session(session, "phone", now=shop.now)
    assert found is not None
    assert (found.member_id, found.data, found.proved_at) == (9, {}, shop.now)


def test_old_sessions_are_swept(shop: Shop) -> None:
    websessions.start_session("phone", now=shop.now, life_ms=MINUTE)
    websessions.start_session("phone", now=shop.now, life_ms=2 * DAY)
    assert websessions.sweep_sessions(now=Millis(shop.now + DAY)) == 1


def test_a_key_acts_within_its_scopes_and_store(shop: Shop) -> None:
    key = devices.new_key("web shop", shop.store, ("sales", "members"), by=shop.owner, now=shop.now)
    actor = devices.by_key(key, now=shop.now)
    assert actor.may("sell", store_id=shop.store)
    assert not actor.may("sell", store_id=shop.store + 1)
    assert not actor.may("refund")
    assert not actor.may("member.phone")


@pytest.mark.parametrize("change", [lambda key: key[:-1] + "?", lambda key: "", lambda key: key.replace("sk_", "")])
def test_a_wrong_key_is_refused(shop: Shop, change: object) -> None:
    key = devices.new_key("web shop", shop.store, ("sales",), by=shop.owner, now=shop.now)
    with pytest.raises(devices.KeyRefused):
        devices.by_key(change(key), now=shop.now)  # type: ignore[operator]


def test_a_revoked_key_is_refused(shop: Shop) -> None:
    key = devices.new_key("web shop", shop.store, ("sales",), by=shop.owner, now=shop.now)
    devices.revoke_key(key.split("_")[1], by=shop.owner, now=shop.now)
    with pytest.raises(devices.KeyRefused):
        devices.by_key(key, now=shop.now)


def test_an_unknown_scope_is_refused(one_shop: Shop) -> None:
    with pytest.raises(devices.ScopeUnknown):
        devices.new_key("web shop", one_shop.store, ("everything",), by=one_shop.owner, now=one_shop.now)


def test_a_join_link_names_its_screen(one_shop: Shop) -> None:
    link = joinlinks.read(joinlinks.new(1_000_042, now=one_shop.now).lower(), now=one_shop.now)
    assert (link.device_id, link.made_at) == (1_000_042, one_shop.now)


@pytest.mark.parametrize(("age", "good"), [(5 * MINUTE, True), (5 * MINUTE + 1000, False), (-2 * MINUTE, False)])
def test_a_join_link_lives_five_minutes(one_shop: Shop, age: int, good: bool) -> None:
    token = joinlinks.new(7, now=one_shop.now)
    if good:
        assert joinlinks.read(token, now=Millis(one_shop.now + age)).device_id == 7
    else:
        with pytest.raises(joinlinks.JoinLinkOld):
            joinlinks.read(token, now=Millis(one_shop.now + age))


@pytest.mark.parametrize("token", ["", "A", "王", "A" * 42, "!" * 42])
def test_a_made_up_join_link_is_refused(one_shop: Shop, token: str) -> None:
    with pytest.raises(joinlinks.JoinLinkOld):
        joinlinks.read(token, now=one_shop.now)


def test_a_changed_join_link_is_refused(one_shop: Shop) -> None:
    token = joinlinks.new(7, now=one_shop.now)
    other = ("B" if token[20] == "A" else "A").join((token[:20], token[21:]))
    with pytest.raises(joinlinks.JoinLinkOld):
        joinlinks.read(other, now=one_shop.now)


def test_a_join_link_of_another_shop_is_refused(one_shop: Shop) -> None:
    settings.use(settings.Settings(secret="another shop's secret"))
    theirs = joinlinks.new(7, now=one_shop.now)
    settings.use(settings.Settings(secret="test secret"))
    with pytest.raises(joinlinks.JoinLinkOld):
        joinlinks.read(theirs, now=one_shop.now)
