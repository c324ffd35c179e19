"""Languages: text is marked where it is written and said in the language of the current scope.

`_` says a sentence now; `N_` only marks a template; `Text` is a template with its facts that can be
said later in any language. Facts are formatted by the last part of their name: `*_cents` as money,
`*_bp` as percent, `*_on` as a date, `*_at` as a local time, `phone` masked; other integers get
thousands separators.
"""

import gettext as std_gettext
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from core.base import money
from core.base.clock import local, now
from core.base.text import masked_phone

LANGUAGES = ("zh", "en")
LOCALE_DIR = Path(__file__).resolve().parents[1] / "locale"
WEEKDAYS = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "zh": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
}


@dataclass(frozen=True)
class Scope:
    """How the current asker reads: language, the shop's currency sign and time zone."""

    language: str = "en"
    symbol: str = "¥"
    zone: str = "Asia/Shanghai"


_scope: ContextVar[Scope] = ContextVar("scope", default=Scope())  # noqa: B039 (frozen)
_compiling = threading.Lock()


def N_(template: str) -> str:
    """Mark a template for translation without saying it."""
    return template


@dataclass(frozen=True)
class Text:
    """A template and its facts, to be said later; `str()` says it in the current language."""

    template: str
    facts: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return say(self.template, **dict(self.facts))


def T(template: str, **facts: object) -> Text:
    """Mark a template and keep its facts with it."""
    return Text(template, tuple(facts.items()))


def scope() -> Scope:
    """The scope of the current context."""
    return _scope.get()


@contextmanager
def use(language: str, *, symbol: str | None = None, zone: str | None = None) -> Iterator[None]:
    """Speak a language inside the block; sign and zone stay unless given."""
    before = _scope.get()
    token = _scope.set(Scope(language, symbol or before.symbol, zone or before.zone))
    try:
        yield
    finally:
        _scope.reset(token)


def set_scope(language: str, *, symbol: str | None = None, zone: str | None = None) -> None:
    """Speak a language from here on in this context (a session of the back-office)."""
    before = _scope.get()
    _scope.set(Scope(language, symbol or before.symbol, zone or before.zone))


def adopt(scope: Scope) -> None:
    """Make a scope the one of this context; one that others hold too changes for all of them."""
    _scope.set(scope)


def negotiate(wanted: str | None) -> str:
    """The language for an Accept-Language header or a locale name; English unless Chinese comes first."""
    for part in (wanted or "").replace("_", "-").lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("zh"):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return "en"


def _(template: str, **facts: object) -> str:
    """Say a marked template in the current language."""
    return say(template, **facts)


def say(template: str, **facts: object) -> str:
    """Translate a template and fill in its facts, each written by its unit."""
    language = _scope.get().language
    text = template if language == "en" or not template else _catalogue(language).gettext(template)
    if not facts:
        return text
    return text.format_map({name: written(name, value) for name, value in facts.items()})


def written(name: str, value: object) -> str:
    """One fact as text, by the unit at the end of its name."""
    reader = _scope.get()
    if isinstance(value, str | Text):
        if name == "phone":
            return masked_phone(str(value))
        return str(value)
    if isinstance(value, date):
        return date_shown(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    if name.endswith("_cents"):
        return money.shown(value, reader.symbol)
    if name.endswith("_bp"):
        return f"{value / 100:g} %"
    if name.endswith("_at"):
        return local(value, reader.zone).strftime("%Y-%m-%d %H:%M")
    if name.endswith("_milli"):
        return money.quantity_shown(value)
    return f"{value:,}".replace("-", "−")


def date_shown(day: date) -> str:
    """A date with its weekday, '11-21 Sat', '11-21 周六'; of another year with that year, '2027-11-21'."""
    scope_ = _scope.get()
    if day.year != local(now(), scope_.zone).year:
        return day.isoformat()
    names = WEEKDAYS[scope_.language]
    return f"{day:%m-%d} {names[day.weekday()]}"


@cache
def _catalogue(language: str) -> std_gettext.NullTranslations:
    """The catalogue of a language; compiled beside its source when the source is newer."""
    folder = LOCALE_DIR / {"zh": "zh_CN"}.get(language, language)
    source, compiled = folder / "regulars.po", folder / "regulars.mo"
    with _compiling:
        if source.exists() and (not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime):
            return _compile(source, compiled)
    with compiled.open("rb") as file:
        return std_gettext.GNUTranslations(file)


def _compile(source: Path, compiled: Path) -> std_gettext.GNUTranslations:
    """Compile a catalogue; a folder that cannot be written is no reason to fail."""
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    buffer = BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file))
    try:
        fresh = compiled.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(buffer.getvalue())
        fresh.replace(compiled)
    except OSError:
        compiled = source
    buffer.seek(0)
    return std_gettext.GNUTranslations(buffer)
