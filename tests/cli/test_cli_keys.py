"""`regulars key` in this process on a real shop."""

import json

import pytest

from core.people import devices
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_a_key_is_made_listed_rotated_and_revoked(run: Run, one_shop: Shop) -> None:
    old = ok(run("key", "new", "till 2", "--scope", "sales", "--expires", "2026-06-30", "--address", "203.0.113.0/24"))
    name = old.split("_")[1]
    devices.key_used(name, now=one_shop.now)
    line = f"{name}  till 2               南京东路店 sales · last used 2026-05-29 12:00"
    assert ok(run("key", "list")).splitlines()[0].split() == [
        *line.split(), "·", "good", "until", "2026-07-01", "00:00", "·", "from", "203.0.113.0/24",
    ]  # fmt: skip
    new = ok(run("key", "rotate", name, "--days", "3")).strip()
    assert devices.by_key(new, now=one_shop.now, address="203.0.113.1").scopes == {"sales"}
    ok(run("key", "revoke", new.split("_")[1]))
    listed = json.loads(ok(run("key", "list", "--json")))
    assert [(one["key_id"], one["revoked_at"]) for one in listed] == [
        (name, None), (new.split("_")[1], one_shop.now),
    ]  # fmt: skip
    assert "2026-06-01 12:00" in ok(run("key", "list"))
    assert "ran out 2026-06-01 12:00" in ok(run("key", "list", day=4))


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("key", "revoke", "AAAAAAAA"), "key_unknown", "There is no API key “AAAAAAAA” in use."),
        (("key", "new", "x", "--expires", "2026-01-01"), "key_ends_before", "The key would end at 2026-01-02 00:00"),
        (("key", "new", "x", "--address", "here"), "network_unreadable", "“here” is no address or network."),
    ],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...], code: str, sentence: str) -> None:
    refusal = run(*arguments).exception
    assert (getattr(refusal, "code", ""), str(refusal)[: len(sentence)]) == (code, sentence)


def test_a_shop_without_keys_says_how_to_make_one(run: Run) -> None:
    assert ok(run("key", "list")) == "No API key yet. `regulars key new NAME` makes one.\n"
