"""The sections of the back-office: a key, a name and the page that opens."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen

from core.base.access import Actor
from core.base.i18n import N_
from tui.keymap import Action
from tui.page import Page


@dataclass(frozen=True)
class Section:
    """One section; `page` makes its first page when the section is first opened."""

    key: str
    id: str
    label: str
    page: Callable[[], Page]

    @property
    def action(self) -> Action:
        """The record by which keys, help and palette know the section."""
        return Action(f"section_{self.id}", (self.key,), self.label, N_("Go to this section."))


@dataclass(frozen=True)
class SignIn:
    """The modal screen that names an actor (None: leave), and after how many idle seconds it returns.

    Without a screen the session ends then.
    """

    screen: Callable[[], Screen[Actor | None]] | None
    idle_s: int | None = None


def lazy(place: str) -> Callable[[], Page]:
    """A page that is imported when it is first opened: 'tui.screens.today:TodayPage'."""

    def made() -> Page:
        page: Page = loaded(place)()
        return page

    return made


def loaded(place: str) -> Callable[..., Any]:
    """The class of a page, or a function, by its place, imported now."""
    module, _, name = place.partition(":")
    made: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return made


SECTIONS = (
    Section("f2", "today", N_("Today"), lazy("tui.screens.today:TodayPage")),
    Section("f3", "till", N_("Till"), lazy("tui.screens.till:TillPage")),
    Section("f4", "members", N_("Members"), lazy("tui.screens.members:MembersPage")),
    Section("f5", "marketing", N_("Marketing"), lazy("tui.screens.marketing:MarketingPage")),
    Section("f6", "care", N_("Care"), lazy("tui.screens.care:CarePage")),
    Section("f7", "churn", N_("Churn"), lazy("tui.screens.churn:ChurnPage")),
    Section("f8", "service", N_("Service"), lazy("tui.screens.service:ServicePage")),
    Section("f9", "goods", N_("Goods"), lazy("tui.screens.goods:GoodsPage")),
    Section("f10", "reports", N_("Reports"), lazy("tui.screens.reportshelf:ShelfPage")),
    Section("ctrl+g", "settings", N_("Settings"), lazy("tui.screens.settings:SettingsPage")),
)
