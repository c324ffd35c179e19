"""What tells a copy to practise on from the shop it was made of; looked at by every command that opens a shop."""

from core.base import db
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.settings import Settings

BEGUN = "practice.begun"
"""The line of a copy's own audit log, which nobody can take away, that says what it is."""


class NotTheRealShop(Refused):
    """A copy to practise on was to be opened as the shop."""

    code = "not_the_real_shop"
    text = N_("{path} is a copy to practise on, not the shop. Name the shop's own folder with --folder.")


class NotForPractice(Refused):
    """The shop was to be opened as a copy to practise on."""

    code = "not_for_practice"
    text = N_("{path} is the shop itself, but the settings say practice. Take `practice` out of them.")


def check(chosen: Settings) -> None:
    """Refuse the open database unless it is what the settings say: the shop, or a copy to practise on.

    Raises: NotTheRealShop, NotForPractice.
    """
    sql = "SELECT 1 FROM audit WHERE entity = 'practice' AND entity_id = 0 AND action = ? LIMIT 1"
    is_copy = db.value(sql, (BEGUN,)) is not None
    if is_copy and not chosen.practice:
        raise NotTheRealShop(path=chosen.database)
    if chosen.practice and not is_copy:
        raise NotForPractice(path=chosen.database)
