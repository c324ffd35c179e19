"""What everything that is done at the counter shares: the page it is done on."""

from core.people.credentials import Proof
from core.people.members import MemberCard
from core.selling.pricing.values import Quote
from core.selling.shifts import Shift
from tui.page import Page
from tui.screens.basket import Counter, Exchange


class CounterPage(Page):
    """A page with one customer's counter on it."""

    counter: Counter
    shift: Shift | None
    store: str

    def stand(self, card: MemberCard, proof: Proof | None) -> None:
        """Someone stands at the counter."""
        raise NotImplementedError

    def begin_exchange(self, exchange: Exchange, card: MemberCard | None) -> None:
        """Take lines of a sale back for what comes on the counter."""
        raise NotImplementedError

    async def price(self) -> None:
        """Price what is on the counter and show it."""
        raise NotImplementedError

    async def quoted(self, counter: Counter) -> Quote | None:
        """The price of a counter."""
        raise NotImplementedError

    async def show(self) -> None:
        """Show the counter as it is."""
        raise NotImplementedError

    async def clear(self) -> None:
        """An empty counter for the next customer."""
        raise NotImplementedError
