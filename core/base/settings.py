"""Deployment settings: where the database is, how doors listen, which channel sends.

From the environment (REGULARS_DATABASE …), then `regulars.toml`, then the default. A secret may
stand in a file named by REGULARS_<NAME>_FILE. Shop rules are not here: they live in the database.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from hashlib import sha256
from hmac import new as hmac_new
from pathlib import Path

from core.base.errors import Invalid
from core.base.i18n import N_, T


class SettingInvalid(Invalid):
    """A setting of this installation cannot be used."""

    code = "setting_invalid"
    text = N_("Setting “{field}” in {where}: {problem}")


@dataclass(frozen=True)
class Settings:
    """What this installation needs to run. Secrets are never printed."""

    database: str = "regulars.db"
    secret: str = field(default="", repr=False)
    kiosk_host: str = "127.0.0.1"
    kiosk_port: int = 8080
    public_url: str = ""
    trusted_proxy: str = ""
    """The address of the proxy that says which phone asks; '' believes nobody."""
    trusted_proxies: int = 1
    """How many proxies stand one behind the other, the last of them at `trusted_proxy`."""
    channel: str = "console"
    outbox_file: str = "outbox.jsonl"
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_base_url: str = ""
    send_per_s: int = 20
    """Parts of messages a channel lets out in a second; 0 is no bound."""
    log_file: str = ""
    log_format: str = "auto"
    log_level: str = "info"
    exports: str = "exports"
    imports: str = "imports"
    limits: str = ""
    backups: str = ""
    backup_copy_to: str = ""
    """A folder on another disk that holds each backup a second time."""
    backup_keep_daily: int = 7
    backup_keep_weekly: int = 4
    backup_keep_monthly: int = 12
    backup_recipient: str = ""
    """The public key (age1…) backups are sealed for."""
    backup_passphrase_file: str = ""
    backup_scratch: str = field(default="", repr=False)
    """A PostgreSQL database whose name holds “scratch”: the drill restores into it and empties it."""
    look: str = "dark"
    printer: str = ""
    printer_columns: int = 32
    demo: bool = False
    practice: bool = False
    """A copy of a shop to practise on; it is a demo too, so that it can send nothing real."""

    @property
    def base_url(self) -> str:
        """The address phones use, without a slash at the end."""
        return (self.public_url or f"http://{self.kiosk_host}:{self.kiosk_port}").rstrip("/")


@dataclass(frozen=True)
class Told:
    """One setting as it may be shown: a secret only whether it is set, and where its value comes from."""

    name: str
    shown: str
    where: str


CHOICES = {"log_format": ("auto", "text", "json"), "log_level": ("debug", "info", "warning", "error")}


def load(folder: Path, environ: Mapping[str, str] | None = None, *, look_only: bool = False) -> Settings:
    """Read the settings of an installation; its secret key is made on first use unless one only looks.

    Raises: SettingInvalid.
    """
    given = _given(folder, os.environ if environ is None else environ)
    values = {name: _typed(name, value, where) for name, (value, where) in given.items()}
    if not str(values.get("database", "")).startswith("postgres"):
        values["database"] = str(folder / str(values.get("database", Settings.database)))
    for name in ("exports", "imports"):
        values[name] = str(folder / str(values.get(name, getattr(Settings, name))))
    values["backups"] = str(folder / str(values.get("backups", "backups")))
    values["limits"] = str(folder / str(values.get("limits", "limits.db")))
    if not values.get("secret") and not look_only:
        values["secret"] = _own_secret(folder)
    values["demo"] = bool(values.get("demo") or values.get("practice"))
    return Settings(**values)  # type: ignore[arg-type]


def told(folder: Path, environ: Mapping[str, str] | None = None) -> list[Told]:
    """Every setting in force and where it comes from. Raises: SettingInvalid."""
    given = _given(folder, os.environ if environ is None else environ)
    found = load(folder, environ, look_only=True)
    listed = []
    for f in fields(Settings):
        value = getattr(found, f.name)
        shown = str(value) if f.repr else ("set" if value else "not set")
        listed.append(Told(f.name, shown, given[f.name][1] if f.name in given else "default"))
    return listed


def _given(folder: Path, env: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    """What was set and where: the environment comes before the file."""
    given = _from_file(Path(env.get("REGULARS_CONFIG", folder / "regulars.toml")))
    for f in fields(Settings):
        name = f"REGULARS_{f.name.upper()}"
        if name in env:
            given[f.name] = (env[name], name)
        elif f"{name}_FILE" in env:
            given[f.name] = (Path(env[f"{name}_FILE"]).read_text("utf-8").strip(), f"{name}_FILE")
    return given


def _from_file(path: Path) -> dict[str, tuple[object, str]]:
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingInvalid(field="*", where=str(path), problem=str(error)) from error
    return {name: (value, str(path)) for name, value in found.items()}


def _typed(name: str, value: object, where: str) -> object:
    wanted = {f.name: f.type for f in fields(Settings)}
    if name not in wanted:
        raise SettingInvalid(field=name, where=where, problem=T("unknown; docs/en/settings.md lists them all"))
    kind = wanted[name]
    if kind is bool:
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")
    if kind is int:
        try:
            return int(str(value))
        except ValueError as error:
            raise SettingInvalid(
                field=name, where=where, problem=T("“{value}” is no number", value=str(value))
            ) from error
    if name in CHOICES and value not in CHOICES[name]:
        raise SettingInvalid(
            field=name, where=where, problem=T("choose one of {known}", known=", ".join(CHOICES[name]))
        )
    return str(value)


def _own_secret(folder: Path) -> str:
    path = folder / "secret.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".secret.{os.getpid()}"
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(file, secrets.token_hex(32).encode())
        os.close(file)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text("ascii").strip()


_in_use: list[Settings] = []


def use(settings: Settings) -> None:
    """Make these the settings of this process."""
    _in_use[:] = [settings]
    derived_key.cache_clear()


def current() -> Settings:
    """The settings of this process."""
    if not _in_use:
        raise RuntimeError("settings.use() was not called by the front door")
    return _in_use[0]


def practising() -> bool:
    """Whether this process works on a copy to practise on, where nothing counts."""
    return bool(_in_use) and _in_use[0].practice


@cache
def derived_key(purpose: str) -> bytes:
    """A key for one purpose (codes, join links, suppression), derived from the installation's secret."""
    return hmac_new(current().secret.encode(), purpose.encode(), sha256).digest()
