"""Terms of promotions and coupons as they are typed: a JSON file, standard input, or --set name=value.

Each value is checked against the field it is for, so that a mistake is named before core sees it.
"""

import json
from dataclasses import fields
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import click

from core.base.i18n import _

if TYPE_CHECKING:
    from core.loyalty.limits import Limits

Terms = TypeVar("Terms", bound="Limits")
LARGEST = 2**53 - 1

FILE = click.argument("terms", type=click.File("r", "utf-8"), required=False)
SET = click.option("--set", "sets", multiple=True, help=_("One term, like --set off_bp=5000; repeat it."))


def read(kind: type[Terms], file: Any, sets: tuple[str, ...]) -> Terms:
    """Terms from a JSON file and single settings, the latter stronger. Raises: UsageError."""
    hints = {field.name: get_type_hints(kind)[field.name] for field in fields(kind)}
    given = {}
    for name, value in _from_file(file).items():
        given[name] = _fitting(name, _known(hints, name), value)
    for one in sets:
        name, sign, typed = one.partition("=")
        if not sign:
            raise click.UsageError(_("Write --set name=value, not “{given}”.", given=one))
        name, typed = name.strip(), typed.strip()
        given[name] = _fitting(name, _known(hints, name), _read(_known(hints, name), typed))
    if "effect" not in given:
        raise click.UsageError(
            _("Say what it does, like --set effect=percent: {known}", known=_named(get_args(hints["effect"])))
        )
    return kind(**given)


def _from_file(file: Any) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        found = json.load(file)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(_("This is no JSON: {problem}", problem=str(error))) from None
    if not isinstance(found, dict):
        raise click.UsageError(_("Terms are one JSON object of names and values, not “{given}”.", given=_short(found)))
    return found


def _known(hints: dict[str, Any], name: str) -> Any:
    """The type of a term. Raises: UsageError."""
    if name not in hints:
        raise click.UsageError(_("There is no term “{name}”. Known: {known}", name=name, known=_named(hints)))
    return hints[name]


# --- typed words into values -----------------------------------------------------------------------


def _read(hint: Any, typed: str) -> Any:
    """A word after --set as a value of its type, or as it is where it does not fit."""
    if get_origin(hint) is tuple:
        return _read_many(get_args(hint)[0], typed)
    if hint is int and typed.removeprefix("-").isdecimal():
        return int(typed)
    if hint is bool and typed in ("true", "false"):
        return typed == "true"
    return typed


def _read_many(each: Any, typed: str) -> Any:
    if typed.startswith("["):
        try:
            return json.loads(typed)
        except (ValueError, RecursionError):
            return typed
    return [_read(each, part.strip()) for part in typed.split(",")]


# --- values into their fields ----------------------------------------------------------------------


def _fitting(name: str, hint: Any, value: Any) -> Any:
    """A value as its field takes it. Raises: UsageError."""
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            value = [value]
        return tuple(_fitting_each(name, get_args(hint)[0], one) for one in value)
    if isinstance(value, list) or (hint is not str and isinstance(value, str) and "," in value):
        raise click.UsageError(_("“{name}” is one value, not several.", name=name))
    return _fitting_each(name, hint, value)


def _fitting_each(name: str, hint: Any, value: Any) -> Any:
    wanted = _wanted(hint, value)
    if wanted is None:
        return tuple(value) if isinstance(value, list) else value
    raise click.UsageError(_("“{name}” is {wanted}, not “{given}”.", name=name, wanted=wanted, given=_short(value)))


def _wanted(hint: Any, value: Any) -> str | None:
    """What a field takes, if the value is something else."""
    if get_origin(hint) is Literal:
        return None if value in get_args(hint) else _("one of {known}", known=_named(get_args(hint)))
    if hint is bool:
        return None if isinstance(value, bool) else _("true or false")
    if hint is int:
        return None if _whole(value) else _("a whole number")
    if isinstance(hint, GenericAlias):
        pair = isinstance(value, list) and len(value) == 2 and all(_whole(one) for one in value)
        return None if pair else _("a list of pairs like {example}", example="[[7, 1], [9, 2]]")
    return None if isinstance(value, str) else _("a text")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST


def _short(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 40 else shown[:39] + "…"


def _named(known: Any) -> str:
    return ", ".join(known)
