"""The language of a session, the same in every task of the program."""

from core.base import i18n
from core.base.i18n import Scope


class SessionScope(Scope):
    """A scope that can change its language while tasks that inherited it are running.

    Textual runs each widget and timer in a task of its own with a copy of the context, so a scope set in
    one is not seen in the others; but all copies hold the same object.
    """

    def speak(self, language: str) -> None:
        """Change the language, from the next sentence on."""
        object.__setattr__(self, "language", language)

    def begin(self) -> None:
        """Be the scope of the present task and of all that start from it."""
        i18n.adopt(self)


def session(language: str) -> SessionScope:
    """The present scope in a language, as one that can change."""
    now = i18n.scope()
    return SessionScope(language, now.symbol, now.zone)
