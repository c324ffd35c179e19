"""`regulars webhook` on a real shop: added, tried, read, changed, ended."""

import json

import pytest

import scheduler
from core.base import clock
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.fakes.shop import online_shop
from tests.shops import Shop


def test_an_endpoint_is_added_tried_and_read(run: Run, one_shop: Shop) -> None:
    with online_shop() as online:
        hook, secret = ok(run("webhook", "add", f"{online.url}/hook", "--type", "points.changed")).split()
        one_shop.give_points(one_shop.member(), 5)
        assert hook in ok(run("webhook", "test", hook))
        with clock.set_to(one_shop.now):
            assert scheduler.tell_due() == 2
    lines = ok(run("webhook", "log", hook)).splitlines()
    assert [line.split()[-4:] for line in lines] == [
        ["ping", "sent", "1", "200"],
        ["points.changed", "sent", "1", "200"],
    ]
    assert json.loads(ok(run("webhook", "log", hook, "--json")))[0]["kind"] == "ping"
    assert secret in ok(run("webhook", "list", "--secrets"))
    assert secret not in ok(run("webhook", "list"))


def test_a_new_secret_and_the_end(run: Run) -> None:
    hook, secret = ok(run("webhook", "add", "https://shop.example/hook", "--all-stores")).split()
    fresh = ok(run("webhook", "rotate", hook)).strip()
    assert fresh.startswith("whsec_")
    assert fresh != secret
    assert ok(run("webhook", "end", hook)).strip() == f"Webhook {hook} is ended."
    (one,) = json.loads(ok(run("webhook", "list", "--json", "--secrets")))
    assert (one["id"], one["store_id"], "secret" in one, one["ended_at"] is None) == (hook, None, False, False)
    assert run("webhook", "test", hook).exit_code == 1


@pytest.mark.parametrize(("language", "said"), [("en", "in use"), ("zh", "在用")])
def test_the_list_in_both_languages(run: Run, language: str, said: str) -> None:
    ok(run("webhook", "add", "https://shop.example/hook"))
    assert said in ok(run("webhook", "list", language=language))
