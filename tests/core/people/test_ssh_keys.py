"""SSH keys: what is a key, whom it opens, and that it stops opening."""

from base64 import b64encode

import pytest

from core.base import db
from core.base.access import CLERK, Actor
from core.base.errors import NotAllowed
from core.people import sshkeys, staff
from core.people.sshkeys import SshKeyInvalid, SshKeyRefused, SshKeyTaken, SshKeyUnknown
from core.people.staff import StaffUnknown
from tests.shops import Shop

ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIIzk0RjkmR8mUHeihuKY0tSYJIVqaNJ7A3BIuWFBGLZy"
LINE = f"ssh-ed25519 {ED25519} mei@laptop"


def rsa(bits: int) -> str:
    modulus = (1 << (bits - 1) | 1).to_bytes(bits // 8 + 1, "big")
    fields = (b"ssh-rsa", b"\x01\x00\x01", modulus)
    return b64encode(b"".join(len(one).to_bytes(4, "big") + one for one in fields)).decode()


def hire(shop: Shop) -> int:
    return staff.create("mei", "梅", "manager", password="long enough", by=shop.owner, now=shop.now)


def test_the_fingerprint_is_what_openssh_shows() -> None:
    key = sshkeys.parsed(LINE)
    assert (key.kind, key.label) == ("ssh-ed25519", "mei@laptop")
    assert key.fingerprint == "SHA256:fGv9L8NLeNFNjZS4Bs7W8o4OcYDjSvPjqW7Tf6t6yfg"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "does not begin"),
        ("hello", "does not begin"),
        (f'command="sh" ssh-ed25519 {ED25519}', "does not begin"),
        (f"ssh-dss {ED25519}", "does not begin"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private half"),
        (f"{LINE}\n{LINE}", "more than one line"),
        (f"ssh-ed25519 {'A' * 9000}", "more than one line"),
        ("ssh-ed25519 AAAA!", "damaged"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIzk", "damaged"),
        (f"ssh-rsa {ED25519}", "damaged"),
        ("ssh-ed25519 AAAA", "damaged"),
        (f"ssh-rsa {rsa(1024)}", "1,024 bits, 2,048"),
    ],
)
def test_what_is_no_usable_key_is_refused(line: str, said: str) -> None:
    with pytest.raises(SshKeyInvalid, match=said):
        sshkeys.parsed(line)


def test_rsa_with_enough_bits_is_taken() -> None:
    assert sshkeys.parsed(f"ssh-rsa {rsa(2048)}").kind == "ssh-rsa"


def test_the_line_for_openssh_allows_a_terminal_and_one_command() -> None:
    line = sshkeys.authorized_line(7, "ssh-ed25519", "AAAA", "'/a b/regulars' tui --key \"x\\")
    assert line == 'restrict,pty,command="\'/a b/regulars\' tui --key \\"x\\\\ 7" ssh-ed25519 AAAA'


def test_a_key_comes_in_as_its_account(shop: Shop) -> None:
    staff_id = hire(shop)
    made = sshkeys.add("mei", LINE, by=shop.owner, now=shop.now)
    assert sshkeys.offered("ssh-ed25519", ED25519) == made.id
    actor = sshkeys.enter(made.id, now=shop.now)
    assert (actor.id, actor.role, actor.door) == (staff_id, "manager", "ssh")
    assert [one.used_at for one in sshkeys.listing(by=shop.owner)] == [shop.now]
    assert db.value("SELECT door FROM audit WHERE action = 'staff.came_in'") == "ssh"


def test_a_removed_key_opens_nothing_and_ends_open_sessions(shop: Shop) -> None:
    hire(shop)
    made = sshkeys.add("mei", LINE, by=shop.owner, now=shop.now)
    actor = sshkeys.enter(made.id, now=shop.now)
    sshkeys.remove(made.id, by=shop.owner, now=shop.now)
    assert sshkeys.offered("ssh-ed25519", ED25519) is None
    with pytest.raises(SshKeyRefused):
        sshkeys.enter(made.id, now=shop.now)
    with pytest.raises(NotAllowed):
        staff.set_language("en", by=actor, now=shop.now)


def test_a_removed_key_can_be_given_to_another_account(shop: Shop) -> None:
    hire(shop)
    sshkeys.remove(sshkeys.add("mei", LINE, by=shop.owner, now=shop.now).id, by=shop.owner, now=shop.now)
    again = sshkeys.add(staff.listing(by=shop.owner)[0].login, LINE, by=shop.owner, now=shop.now)
    assert sshkeys.offered("ssh-ed25519", ED25519) == again.id


def test_a_closed_account_lets_no_key_in(shop: Shop) -> None:
    staff_id = hire(shop)
    made = sshkeys.add("mei", LINE, by=shop.owner, now=shop.now)
    staff.close(staff_id, by=shop.owner, now=shop.now)
    assert sshkeys.offered("ssh-ed25519", ED25519) is None
    with pytest.raises(SshKeyRefused):
        sshkeys.enter(made.id, now=shop.now)


def test_a_key_opens_one_account_only(shop: Shop) -> None:
    hire(shop)
    sshkeys.add("mei", LINE, by=shop.owner, now=shop.now)
    with pytest.raises(SshKeyTaken, match="mei"):
        sshkeys.add("mei", LINE, by=shop.owner, now=shop.now)


def test_keys_that_are_not_there_and_names_nobody_has(shop: Shop) -> None:
    with pytest.raises(SshKeyUnknown):
        sshkeys.remove(99, by=shop.owner, now=shop.now)
    with pytest.raises(StaffUnknown):
        sshkeys.add("nobody", LINE, by=shop.owner, now=shop.now)
    assert sshkeys.offered("ssh-ed25519", "rubbish") is None


@pytest.mark.parametrize("right", ["add", "remove", "listing"])
def test_only_who_may_manage_staff_manages_keys(shop: Shop, right: str) -> None:
    clerk = Actor(kind="staff", id=1, name="x", door="back-office", rights=CLERK)
    with pytest.raises(NotAllowed):
        if right == "add":
            sshkeys.add("mei", LINE, by=clerk, now=shop.now)
        elif right == "remove":
            sshkeys.remove(1, by=clerk, now=shop.now)
        else:
            sshkeys.listing(by=clerk)
