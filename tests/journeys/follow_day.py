"""After a sale somebody calls: the rule is made, the night plans, the list says what was bought, one key ends it."""

from tests.journeys.rest import choose
from tests.journeys.street import Office


async def make_rule(office: Office) -> str:
    """Three days after every sale, by nobody in particular."""
    await office.press("f8")
    await choose(office, "Tasks")
    await office.press("f", "n", "enter")
    office.shot("rule asked")
    await office.press(*["backspace"] * 3)
    await office.type("3", *["enter"] * 7)
    return office.shot("rule made")


async def sell(office: Office) -> str:
    """A cake to the member."""
    await office.press("f3")
    await office.type("8000", "enter")
    await office.type("lizi", "enter")
    await office.press("ctrl+t", "enter")
    return office.shot("sold")


async def call(office: Office) -> str:
    """She will come: the next call is planned for a week later."""
    await office.press("f8")
    await choose(office, "Tasks")
    office.shot("call after a sale")
    await office.press("4")
    return office.shot("next step")
