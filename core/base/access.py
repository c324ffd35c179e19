"""Who acts: one value made when someone signs in, and the table of what each role may do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from core.base.errors import NotAllowed
from core.base.i18n import N_, Text

Door = Literal["back-office", "ssh", "kiosk", "phone", "api", "scheduler", "command line"]

RIGHTS = (
    "sell", "refund", "approve", "adjust",
    "member.find", "member.join", "member.edit", "member.phone", "member.merge", "member.erase",
    "goods", "marketing", "campaigns", "care", "churn", "service", "reports", "audit", "settings",
    "devices", "staff", "keys", "export",
)  # fmt: skip

NAMES = {
    "sell": N_("sell"), "refund": N_("refund"), "approve": N_("approve"), "adjust": N_("adjust points and prices"),
    "member.find": N_("find members"), "member.join": N_("join members"), "member.edit": N_("edit members"),
    "member.phone": N_("see phone numbers"), "member.merge": N_("merge members"),
    "member.erase": N_("erase members"), "goods": N_("goods"),
    "marketing": N_("marketing"), "campaigns": N_("approve large campaigns"),
    "care": N_("care"), "churn": N_("churn"), "service": N_("service"),
    "reports": N_("reports"), "audit": N_("audit log"), "settings": N_("settings"), "devices": N_("devices"),
    "staff": N_("staff"), "keys": N_("API keys"), "export": N_("export"),
}  # fmt: skip
"""How a refusal names each right."""

CLERK = frozenset({"sell", "refund", "member.find", "member.join", "service"})
MANAGER = frozenset(RIGHTS) - {"staff", "keys", "export", "member.erase", "campaigns"}
ROLES: dict[str, frozenset[str]] = {"owner": frozenset(RIGHTS), "manager": MANAGER, "clerk": CLERK}

KIOSK = frozenset({"member.find", "member.join"})
SELF = frozenset({"member.join"})
JOB = frozenset({"care", "churn", "member.find"})


@dataclass(frozen=True)
class Actor:
    """Who does something, from which door, with what rights.

    `stores` empty means every store. `version` is compared with the staff row at each write, so a
    dismissed clerk stops at once. `limit_cents` bounds what may be refunded or overridden alone.
    """

    kind: Literal["staff", "kiosk", "member", "key", "job"]
    id: int
    name: str
    door: Door
    rights: frozenset[str]
    stores: frozenset[int] = frozenset()
    role: str = ""
    language: str = "en"
    version: int = 0
    limit_cents: int | None = None
    scopes: frozenset[str] = field(default=frozenset())

    @property
    def tag(self) -> str:
        """How ledgers and the audit log name this actor: 'staff:1000012'."""
        return f"{self.kind}:{self.id}"

    def may(self, right: str, *, store_id: int | None = None) -> bool:
        """Whether the right is held, in that store if one is named."""
        return right in self.rights and (store_id is None or not self.stores or store_id in self.stores)


def require(by: Actor, right: str, *, store_id: int | None = None) -> None:
    """Raise unless the actor holds the right, in that store if one is named.

    Raises: NotAllowed.
    """
    if not by.may(right, store_id=store_id):
        raise refusal(right)


def require_own(by: Actor, member_id: int, right: str) -> None:
    """Raise unless it is the member's own doing or the actor holds the right.

    Raises: NotAllowed.
    """
    if by.kind != "member" or by.id != member_id:
        require(by, right)


def refusal(right: str) -> NotAllowed:
    """The refusal that names a right."""
    return NotAllowed(right=named(right))


def named(right: str) -> Text:
    """A right by its name."""
    return Text(NAMES[right])


def scheduler(name: str) -> Actor:
    """The actor of a scheduled job."""
    return Actor(kind="job", id=0, name=name, door="scheduler", rights=JOB)


def rights_of(role: str, changes: Iterable[tuple[str, bool]]) -> frozenset[str]:
    """A role's rights with what was granted or withdrawn beside it."""
    rights = set(ROLES[role])
    for right, granted in changes:
        rights.add(right) if granted else rights.discard(right)
    return frozenset(rights)
