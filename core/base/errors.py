"""The four kinds of refusal a door must tell apart; the exact class stands beside its rule.

A sentence is an English template with named fields; the door shows it in the asker's language.
Names of fields end in their unit, so that `needed_cents` is shown as money (see `i18n.say`).
"""

from typing import ClassVar

from core.base.i18n import N_, Text, say


class RegularsError(Exception):
    """Base of everything core refuses; carries a stable code, a template and named figures."""

    code: ClassVar[str] = "error"
    text: ClassVar[str] = N_("Something went wrong.")

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts

    def sentence(self) -> str:
        """What happened and what to do, in the language of the current scope."""
        return say(self.text, **self.facts)

    def as_text(self) -> Text:
        """The same as a value that can be said later, in another language."""
        return Text(self.text, tuple(self.facts.items()))

    @property
    def field(self) -> str | None:
        """The input the refusal is about, if it is about one."""
        field = self.facts.get("field")
        return str(field) if field is not None else None

    def __str__(self) -> str:
        return self.sentence()


class NotFound(RegularsError):
    """What was named does not exist (404)."""

    code = "not_found"
    text = N_("Not found: {what}. Check the spelling or search again.")


class Invalid(RegularsError):
    """The input cannot be read or breaks a rule by itself (422)."""

    code = "invalid"
    text = N_("{field}: {problem}")


class Refused(RegularsError):
    """The input is fine, but the shop's state does not allow it now (409)."""

    code = "refused"
    text = N_("Not possible now: {problem}")


class NotAllowed(RegularsError):
    """The asker may not do this (403)."""

    code = "not_allowed"
    text = N_("You may not do this. It needs the right “{right}”; ask a manager.")
