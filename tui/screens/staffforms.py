"""Forms of the staff: an account added, changed, its rights and its password; and a PIN of one's own."""

from collections.abc import Collection, Sequence

from core.base import access, clock
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, scope
from core.people import staff
from core.people.accounts import Account
from core.reports import goals
from tui.page import Page
from tui.screens.lists import LANGUAGES
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

ROLES = {"owner": N_("owner"), "manager": N_("manager"), "clerk": N_("clerk")}
RIGHTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "till": (N_("at the till"), ("sell", "refund", "approve", "adjust")),
    "members": (N_("with members"), ("member.find", "member.join", "member.edit", "member.phone", "member.merge")),
    "shop": (N_("in the shop"), ("goods", "marketing", "campaigns", "care", "churn", "service", "member.erase")),
    "office": (N_("in the office"), ("reports", "audit", "settings", "devices", "staff", "keys", "export")),
}
"""The rights in groups, so that each group fits a line."""


class SecretsDiffer(Invalid):
    """A secret was typed twice, not alike."""

    code = "secrets_differ"
    text = N_("The two are not alike. Type both again.")


def _stores_field(chosen: str, stores: Sequence[tuple[int, str]]) -> Field:
    choices: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in stores)
    return Field("stores", N_("stores"), "several", chosen, choices=choices, required=False)


def _role_field(role: str) -> Field:
    roles: tuple[tuple[str, Words], ...] = tuple((id, Text(ROLES[id])) for id in ("clerk", "manager", "owner"))
    return Field("role", N_("role"), "choice", role, choices=roles)


def new_form(stores: Sequence[tuple[int, str]], language: str) -> Form:
    """A new account."""
    fields = (
        Field("login", N_("sign-in name"), hint=N_("small letters and digits")),
        Field("name", N_("name")),
        _role_field("clerk"),
        _stores_field("", stores),
        Field("language", N_("language"), "choice", value=language, choices=LANGUAGES),
        Field("password", N_("password"), "secret", hint=N_("8 characters or more")),
    )
    return Form("staff", T("New account"), (T("No store marked means all stores."),), fields)


def edit_form(login: str, account: Account, stores: Sequence[tuple[int, str]]) -> Form:
    """What may be changed of an account."""
    fields = (
        Field("name", N_("name"), value=account.name),
        _role_field(account.role),
        _stores_field(" ".join(map(str, account.stores)), stores),
        Field("language", N_("language"), "choice", value=account.language, choices=LANGUAGES),
    )
    lines = (
        T("No store marked means all stores."),
        T("Another role or other stores end the open sessions of this account."),
    )
    return Form("edit", T("Account {login}", login=login), lines, fields)


def account(answer: Answer) -> Account:
    """The account of a filled-in form."""
    return Account(answer.text("name"), answer.text("role"), stores(answer), answer.text("language"))


def stores(answer: Answer) -> tuple[int, ...]:
    """The stores marked in a form."""
    return tuple(int(id) for id in answer.text("stores").split())


def rights_form(name: str, rights: Collection[str]) -> Form:
    """What the account may do."""
    fields = tuple(
        Field(id, label, "several", " ".join(one for one in group if one in rights),
              choices=tuple((one, access.named(one)) for one in group), required=False)
        for id, (label, group) in RIGHTS.items()
    )  # fmt: skip
    lines = (
        T("What is marked may be done, whatever the role. ← → go along, space marks."),
        T("The open sessions of this account end."),
    )
    return Form("rights", T("What may {name} do?", name=name), lines, fields)


def rights(answer: Answer) -> frozenset[str]:
    """The rights marked in a form."""
    return frozenset(one for id in RIGHTS for one in answer.text(id).split())


def password_form(name: str) -> Form:
    """Another password."""
    fields = (
        Field("password", N_("new password"), "secret", hint=N_("8 characters or more")),
        Field("again", N_("once more"), "secret"),
    )
    lines = (T("Tell it in person. The open sessions of this account end."),)
    return Form("password", T("New password for {name}", name=name), lines, fields)


def goal_form(name: str) -> Form:
    """What a month is meant to bring of one person."""
    first = clock.local(clock.now(), scope().zone).date().replace(day=1)
    months = tuple((f"{one}", f"{one:%Y-%m}") for one in (clock.add_months(first, ahead) for ahead in range(3)))
    whats = tuple((what, Text(words)) for what, words in goals.PERSONAL.items())
    fields = (
        Field("month", N_("month"), "choice", choices=months),
        Field("what", N_("goal"), "choice", choices=whats),
        Field("target", N_("target"), "number", hint=N_("takings in whole units of the currency")),
    )
    return Form("goal", T("What is {name} meant to bring?", name=name), (), fields, done=N_("set the goal"))


def pin_form() -> Form:
    """A PIN of one's own."""
    fields = (Field("pin", N_("new PIN"), "secret", hint=N_("6 digits")), Field("again", N_("once more"), "secret"))
    lines = (T("With it you approve at a till where someone else is signed in. It opens nothing else."),)
    return Form("pin", T("Your PIN"), lines, fields)


def twice(answer: Answer, id: str) -> str:
    """A secret that was typed twice. Raises: SecretsDiffer."""
    if answer.text(id) != answer.text("again"):
        raise SecretsDiffer()
    return answer.text(id)


async def ask_pin(page: Page) -> None:
    """Ask for a PIN of one's own, and set it."""

    async def write(answer: Answer) -> None:
        await page.gateway.write(staff.set_pin, twice(answer, "pin"), by=page.actor, now=clock.now())
        page.office.tell(T("Your PIN is set. It approves at any till from now on."))

    await page.ask(pin_form(), write)
