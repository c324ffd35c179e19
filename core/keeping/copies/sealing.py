"""Sealing a backup in the age format: for a public key, or with a passphrase that stands in a file.

Files go through in pieces of 64 KiB, whatever their size. The library takes passphrases for small things only, so
with one a key is made for each backup, the backup is sealed for that key, and the key with the passphrase: it
stands in the manifest, and `age -d -i KEY` opens the backup with it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T


class SealUnusable(Invalid):
    """A backup cannot be sealed as the settings ask."""

    code = "seal_unusable"
    text = N_("Setting “{field}”: {problem}")


class KeyNeeded(Refused):
    """A sealed backup was to be opened without its key."""

    code = "backup_key_needed"
    text = N_("This backup is sealed. Name the file with its key: --identity FILE (or --passphrase-file FILE).")


class KeyWrong(Refused):
    """The key does not open this backup."""

    code = "backup_key_wrong"
    text = N_("This key does not open the backup. Take the one that was made when sealing was set up.")


@dataclass(frozen=True)
class Seal:
    """How backups are sealed: for a recipient or with the passphrase in a file; both '' leaves them open."""

    recipient: str = ""
    passphrase_file: str = ""

    @property
    def kind(self) -> Literal["", "recipient", "passphrase"]:
        """What opens such a backup."""
        if self.recipient:
            return "recipient"
        return "passphrase" if self.passphrase_file else ""

    def check(self) -> None:
        """Raise unless backups can be sealed like this. Raises: SealUnusable."""
        if self.recipient:
            _recipient(self.recipient)
        elif self.passphrase_file:
            _passphrase(self.passphrase_file)


@dataclass(frozen=True)
class Opener:
    """What opens sealed backups: the file of an age identity, or the one that holds the passphrase."""

    identity_file: str = ""
    passphrase_file: str = ""


@dataclass(frozen=True)
class Sealed:
    """What was put beside a sealed file, in ASCII armour: its key (with a passphrase) and the installation's secret."""

    key: str
    secret: str


def seal(source: Path, target: Path, how: Seal, *, secret: str) -> Sealed:
    """Seal a file into another; the installation's secret for the same. Raises: SealUnusable."""
    import pyrage

    if how.recipient:
        recipient, key = _recipient(how.recipient), ""
    else:
        identity = pyrage.x25519.Identity.generate()
        recipient = identity.to_public()
        sealed = pyrage.passphrase.encrypt(str(identity).encode(), _passphrase(how.passphrase_file), armored=True)
        key = sealed.decode("ascii")
    with source.open("rb") as plain, target.open("wb") as out:
        pyrage.encrypt_io(plain, out, [recipient])
    beside = pyrage.encrypt(secret.encode(), [recipient], armored=True).decode("ascii")
    return Sealed(key, beside)


def open_file(source: Path, target: Path, beside: Sealed, opener: Opener) -> str:
    """Open a sealed file into another; the installation's secret that was sealed with it.

    Raises: KeyNeeded, KeyWrong.
    """
    import pyrage

    identity = _identity(beside.key, opener)
    try:
        with source.open("rb") as closed, target.open("wb") as out:
            pyrage.decrypt_io(closed, out, [identity])
        return str(pyrage.decrypt(beside.secret.encode(), [identity]).decode()) if beside.secret else ""
    except pyrage.DecryptError as error:
        raise KeyWrong() from error


def _identity(key: str, opener: Opener) -> Any:
    import pyrage

    try:
        if key:
            if not opener.passphrase_file:
                raise KeyNeeded()
            words = _passphrase(opener.passphrase_file)
            return pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(key.encode(), words).decode())
        if not opener.identity_file:
            raise KeyNeeded()
        lines = Path(opener.identity_file).read_text("utf-8").split()
        named = [line for line in lines if line.startswith("AGE-SECRET-KEY-")]
        return pyrage.x25519.Identity.from_str(named[0] if named else "")
    except (pyrage.IdentityError, pyrage.DecryptError, OSError, UnicodeDecodeError) as error:
        raise KeyWrong() from error


def _recipient(given: str) -> Any:
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(given)
    except pyrage.RecipientError as error:
        problem = T("this is no public key of age; it begins with age1")
        raise SealUnusable(field="backup_recipient", problem=problem) from error


def _passphrase(file: str) -> str:
    try:
        words = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = T("{file} cannot be read", file=file)
        raise SealUnusable(field="backup_passphrase_file", problem=problem) from error
    if len(words) < 12:
        problem = T("the passphrase in {file} is shorter than 12 characters", file=file)
        raise SealUnusable(field="backup_passphrase_file", problem=problem)
    return words
