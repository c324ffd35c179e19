"""A survey is written down and started, answered by link, at the kiosk and by a guest, and read."""

from playwright.sync_api import expect

from tests.journeys.rest import LOCALES, Rest, choose
from tests.journeys.street import Office


async def begin(office: Office) -> str:
    """A survey with the usual three questions; a member is asked by hand."""
    await office.press("f8")
    await choose(office, "Surveys")
    await office.press("n")
    await office.type("五月", *["enter"] * 5, *["backspace"])
    await office.type("20", *["enter"] * 5, "right", "enter")
    office.shot("questions")
    await office.press("s", "y")
    office.shot("survey runs")
    await office.press("escape", "i")
    await office.type("8000", "enter")
    return office.shot("member asked")


async def read(office: Office) -> str:
    """What came of it, by store, and the words."""
    await office.press("f8")
    await choose(office, "Surveys")
    await office.press("enter")
    result = office.shot("survey result")
    await office.press("g")
    office.shot("survey by store")
    await office.press("escape", "w")
    office.shot("survey words")
    return result


def answer_by_link(rest: Rest, link: str, score: str, words: str) -> str:
    """The member taps the link and answers; nobody signs in."""
    page = rest.street.page(phone=True, locale=LOCALES[rest.language])
    page.goto(link)
    page.locator("fieldset").first.locator(f'label:has(input[value="{score}"])').click()
    page.locator("textarea").fill(words)
    page.locator("button.main").click()
    return page.locator("main").inner_text()


def open_again(rest: Rest, link: str) -> str:
    """The same link once more: what was answered stays, and there is nothing to fill in."""
    page = rest.street.page(phone=True, locale=LOCALES[rest.language])
    page.goto(link)
    expect(page.locator("textarea")).to_have_count(0)
    return page.locator("main").inner_text()


def answer_at_the_kiosk(rest: Rest, member_id: int) -> None:
    """One question a face, by touch."""
    rest.show(member_id)
    rest.kiosk.locator('[data-event="survey"]').click()
    for value in ("10", "5"):
        rest.kiosk.locator(f'[data-event="answer"][data-value="{value}"]').click()
    expect(rest.kiosk.locator(".face-thanked")).to_contain_text("20")
    rest.leave()


def guest_at_the_kiosk(rest: Rest) -> None:
    """Who has no card answers from the help."""
    rest.kiosk.locator('[data-event="go"][data-value="help"]').first.click()
    rest.kiosk.locator('[data-event="survey"]').click()
    for value in ("9", "4"):
        rest.kiosk.locator(f'[data-event="answer"][data-value="{value}"]').click()
    expect(rest.kiosk.locator(".face-thanked")).to_be_visible()
    rest.leave()


def two_by_api(rest: Rest) -> None:
    """An online shop passes on what two guests answered."""
    _status, found = rest.api("/surveys/running")
    (survey,) = found["surveys"]
    question = survey["questions"][0]["id"]
    for score in (9, 7):
        body = {"answers": [{"question_id": question, "number": score}]}
        assert rest.api(f"/surveys/{survey['id']}/replies", body)[0] == 201
