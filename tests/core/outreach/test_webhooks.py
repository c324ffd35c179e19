"""Webhooks: which addresses, secrets that are nowhere, and how often an endpoint is tried."""

import pytest

from core.base import access, db
from core.base.access import NotAllowed
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis
from core.keeping import doctor
from core.outreach import telling, webhooks
from core.outreach.telling import Claimed
from core.outreach.webhooks import EventKindUnknown, WebhookEnded, WebhooksFull, WebhookUnknown, WebhookUrlInvalid
from core.people import devices
from tests import counter
from tests.shops import Shop

URL, KINDS = "https://shop.example/hook", ("points.changed",)


def made(shop: Shop, *, store: int | None = None) -> int:
    return webhooks.add(URL, KINDS, store_id=store, by=shop.owner, now=shop.now)[0]


def after(shop: Shop, milliseconds: int) -> Millis:
    return Millis(shop.now + milliseconds)


def claimed(hook: int, now: Millis) -> Claimed:
    found = telling.claim(telling.due(hook, now=now)[0], now=now)
    assert found is not None
    return found


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/hook", "https://shop.example:8443/a?b=c", "http://127.0.0.1:8000/", "http://localhost/x",
     "http://[::1]:9/x", "https://10.0.0.7/hook"],
)  # fmt: skip
def test_an_address_that_may_be_posted_to(url: str) -> None:
    assert webhooks.wrong_url(url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://shop.example/hook", "https://"), ("http://127.0.0.1.evil.example/", "https://"),
     ("http://127.0.0.1@evil.example/", "https://"), ("https://me:pw@shop.example/", "user"),
     ("https://shop.example/#x", "#"), ("ftp://shop.example/", "looks like"), ("shop.example/hook", "looks like"),
     ("https:///hook", "looks like"), ("https://shop.example/a b", "ASCII"), ("https://店.example/", "ASCII"),
     ("https://shop.example/\r\nX: y", "ASCII"), ("https://shop.example:99999/", "no address"),
     ("https://[::1/", "no address"), ("https://shop.example/" + "x" * 500, "at most 500"), ("", "looks like")],
)  # fmt: skip
def test_an_address_that_may_not(one_shop: Shop, url: str, said: str) -> None:
    with pytest.raises(WebhookUrlInvalid, match=said.replace("[", r"\[")):
        webhooks.add(url, KINDS, store_id=None, by=one_shop.owner, now=one_shop.now)


@pytest.mark.parametrize("kinds", [(), ("sale.posted",), ("ping",)])
def test_kinds_that_do_not_exist_are_named(one_shop: Shop, kinds: tuple[str, ...]) -> None:
    with pytest.raises(EventKindUnknown, match=r"sale\.completed"):
        webhooks.add(URL, kinds, store_id=None, by=one_shop.owner, now=one_shop.now)


def test_twenty_endpoints_are_enough(one_shop: Shop) -> None:
    hooks = [made(one_shop) for _ in range(20)]
    with pytest.raises(WebhooksFull):
        made(one_shop)
    webhooks.end(hooks[0], by=one_shop.owner, now=one_shop.now)
    assert made(one_shop)


def test_whose_endpoints_a_key_sees_and_makes(one_shop: Shop) -> None:
    there = counter.other_store(one_shop)
    ours, theirs, everyones = made(one_shop, store=one_shop.store), made(one_shop, store=there), made(one_shop)
    secret = devices.new_key("web", one_shop.store, ("settings",), by=one_shop.owner, now=one_shop.now)
    key = devices.by_key(secret, now=one_shop.now)
    assert [one.id for one in webhooks.all_webhooks(by=key)] == [ours]
    for other in (theirs, everyones, 12):
        with pytest.raises(WebhookUnknown):
            webhooks.rotate(other, by=key, now=one_shop.now)
    for store in (there, None):
        with pytest.raises(NotAllowed):
            webhooks.add(URL, KINDS, store_id=store, by=key, now=one_shop.now)
    with pytest.raises(NotAllowed):
        webhooks.secret_of(ours, by=key)


# --- secrets -------------------------------------------------------------------------------------


def test_a_secret_is_shown_again_and_stored_nowhere(shop: Shop) -> None:
    hook, secret = webhooks.add(URL, KINDS, store_id=None, by=shop.owner, now=shop.now)
    assert secret.startswith("whsec_")
    assert webhooks.secret_of(hook, by=shop.owner) == secret
    rows = [db.rows(f"SELECT * FROM {table}") for table in ("webhook", "audit", "event", "event_delivery")]
    assert secret.removeprefix("whsec_")[:20] not in str(rows)


def test_two_endpoints_have_two_secrets(one_shop: Shop) -> None:
    assert webhooks.secret_of(made(one_shop), by=one_shop.owner) != webhooks.secret_of(
        made(one_shop), by=one_shop.owner
    )


def test_both_secrets_sign_for_a_day_after_a_rotation(shop: Shop) -> None:
    hook = made(shop)
    old = webhooks.secret_of(hook, by=shop.owner)
    new = webhooks.rotate(hook, by=shop.owner, now=shop.now)
    webhooks.test(hook, by=shop.owner, now=shop.now)
    keys = claimed(hook, after(shop, DAY - 1)).keys
    assert [webhooks.secret_text(key) for key in keys] == [new, old]
    later = claimed(hook, after(shop, DAY + HOUR)).keys
    assert [webhooks.secret_text(key) for key in later] == [new]


# --- how often -----------------------------------------------------------------------------------


def test_the_pauses_between_attempts() -> None:
    pauses = [telling.retry_after(attempt, jitter_bp=0) for attempt in range(1, 10)]
    assert pauses == [10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, None]


def test_jitter_makes_a_pause_up_to_a_fifth_longer() -> None:
    assert telling.retry_after(2, jitter_bp=10_000) == 72 * SECOND
    assert telling.retry_after(2, jitter_bp=5_000) == 66 * SECOND


def test_an_endpoint_that_fails_again_and_again_rests() -> None:
    rests = [telling.rest_after(failures) // SECOND for failures in (0, 1, 2, 3, 4, 5, 6, 99)]
    assert rests == [0, 0, 0, 10, 60, 300, 1800, 1800]


def test_an_event_is_given_up_after_nine_attempts(shop: Shop) -> None:
    hook, now = made(shop), shop.now
    shop.give_points(shop.member(), 5)
    for attempt, pause in enumerate((*telling.PAUSES, 0), 1):
        mine = claimed(hook, now)
        assert mine.attempt == attempt
        telling.settle(mine, status=500, error="http-500", now=now)
        now = Millis(now + pause * 12 // 10)
    (one,) = webhooks.deliveries(hook, by=shop.owner)
    assert (one.state, one.attempts, one.status, one.error) == ("failed", 9, 500, "http-500")


def test_an_event_that_must_be_told_again_lets_the_next_one_by(shop: Shop) -> None:
    hook, ann = made(shop), shop.member()
    for points in (1, 2):
        shop.give_points(ann, points)
    first = claimed(hook, shop.now)
    telling.settle(first, status=500, error="http-500", now=shop.now)
    second = claimed(hook, shop.now)
    assert second.event_id != first.event_id
    assert telling.settle(second, status=204, error="", now=shop.now)
    assert telling.due(hook, now=after(shop, 9 * SECOND)) == []
    assert claimed(hook, after(shop, 13 * SECOND)).event_id == first.event_id


def test_events_are_told_in_their_order(shop: Shop) -> None:
    hook, ann = made(shop), shop.member()
    for second, points in enumerate((3, 1, 2)):
        shop.give_points(ann, points, now=after(shop, second * SECOND))
    due = telling.due(hook, now=after(shop, MINUTE))
    ordered = "SELECT e.id FROM event e ORDER BY e.at, e.id"
    assert [one.event_id for one in due] == [row[0] for row in db.rows(ordered)]


def test_an_event_is_claimed_once_until_its_minute_is_over(shop: Shop) -> None:
    hook = made(shop)
    shop.give_points(shop.member(), 5)
    (due,) = telling.due(hook, now=shop.now)
    assert telling.claim(due, now=shop.now) is not None
    assert telling.claim(due, now=shop.now) is None
    assert telling.due(hook, now=after(shop, MINUTE - 1)) == []
    assert claimed(hook, after(shop, MINUTE)).attempt == 2


def test_what_was_taken_stays_taken_whatever_a_second_attempt_brings(shop: Shop) -> None:
    hook = made(shop)
    shop.give_points(shop.member(), 5)
    slow, again = claimed(hook, shop.now), claimed(hook, after(shop, MINUTE))
    telling.settle(slow, status=200, error="", now=after(shop, MINUTE))
    telling.settle(again, status=500, error="http-500", now=after(shop, MINUTE))
    assert [one.state for one in webhooks.deliveries(hook, by=shop.owner)] == ["sent"]


def test_410_ends_the_endpoint_and_drops_what_waits(shop: Shop) -> None:
    hook, ann = made(shop), shop.member()
    for points in (1, 2):
        shop.give_points(ann, points)
    telling.settle(claimed(hook, shop.now), status=410, error="http-410", now=shop.now)
    assert sorted(one.state for one in webhooks.deliveries(hook, by=shop.owner)) == ["dropped", "failed"]
    assert telling.awake(now=shop.now) == []
    with pytest.raises(WebhookEnded):
        webhooks.test(hook, by=shop.owner, now=shop.now)
    assert db.value("SELECT actor FROM audit WHERE action = 'webhook.ended'") == "job:0"


def test_after_three_days_of_failures_it_is_paused_and_the_doctor_says_so(shop: Shop) -> None:
    hook, ann = made(shop), shop.member()
    for hours in range(0, 73, 8):
        now = after(shop, hours * HOUR)
        shop.give_points(ann, 1, now=now)
        telling.settle(claimed(hook, now), status=None, error="timeout", now=now)
    assert telling.awake(now=after(shop, 90 * HOUR)) == []
    (found,) = [one for one in doctor.examine(now=now) if one.check == "webhooks"]
    assert str(found.what) == f"Webhook {hook} (shop.example) took nothing for three days and is paused."
    assert f"regulars webhook test {hook}" in str(found.next_step)


def test_a_test_lets_a_paused_endpoint_go_on_before_all_that_waits(shop: Shop) -> None:
    hook = made(shop)
    shop.give_points(shop.member(), 5)
    telling.settle(claimed(hook, shop.now), status=500, error="http-500", now=shop.now)
    late = after(shop, 3 * DAY)
    telling.settle(claimed(hook, late), status=500, error="http-500", now=late)
    ping = webhooks.test(hook, by=shop.owner, now=late)
    assert telling.awake(now=late) == [hook]
    mine = claimed(hook, Millis(late + HOUR))
    assert (mine.event_id, '"type":"ping"' in mine.body) == (ping, True)
    assert telling.settle(mine, status=200, error="", now=late)
    assert not [one for one in doctor.examine(now=late) if one.check == "webhooks"]


def test_what_failed_is_told_again_when_asked_for(shop: Shop) -> None:
    hook = made(shop)
    shop.give_points(shop.member(), 5)
    db.run("UPDATE event_delivery SET state = 'failed', attempts = 9")
    assert webhooks.resend(hook, since=after(shop, 1), by=shop.owner, now=shop.now) == 0
    assert webhooks.resend(hook, since=shop.now, by=shop.owner, now=shop.now) == 1
    assert claimed(hook, shop.now).attempt == 1


def test_the_doctor_says_when_nobody_posts(shop: Shop) -> None:
    made(shop)
    shop.give_points(shop.member(), 5)
    found = [str(one.what) for one in doctor.examine(now=after(shop, 2 * HOUR)) if one.check == "webhooks"]
    assert found == ["1 events for online shops have been waiting for over an hour."]


def test_what_is_done_with_endpoints_stands_in_the_audit_log(one_shop: Shop) -> None:
    hook = made(one_shop)
    webhooks.rotate(hook, by=one_shop.owner, now=one_shop.now)
    webhooks.test(hook, by=one_shop.owner, now=one_shop.now)
    webhooks.resend(hook, since=one_shop.now, by=one_shop.owner, now=one_shop.now)
    webhooks.end(hook, by=one_shop.owner, now=one_shop.now)
    webhooks.end(hook, by=one_shop.owner, now=one_shop.now)
    actions = [row[0] for row in db.rows("SELECT action FROM audit WHERE entity = 'webhook' ORDER BY id")]
    assert actions == ["webhook.added", "webhook.rotated", "webhook.tested", "webhook.resent", "webhook.ended"]


def test_a_clerk_may_not_look(one_shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        webhooks.all_webhooks(by=one_shop.owner_with(access.CLERK))
