"""A survey asked of who came to an event, and its scores among them."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.insight.satisfaction import Score
from core.keeping import merging
from core.people import members
from core.service import gatheringday, gatheringresult, gatheringsurveys, surveyanswers, surveys
from core.service.gatheringsurveys import NobodyCame, Opinion
from core.service.surveyanswers import SurveyOver
from tests.core.service.gathered import opened, sign_up
from tests.core.service.test_surveys import running, say
from tests.shops import Shop

DAY_OF = 7 * DAY


def held(shop: Shop, came: int, absent: int = 1) -> tuple[int, list[int]]:
    """An event that took place: who came first, then who did not."""
    tea = opened(shop, places=99)
    everyone = [shop.member(f"1380013{number:04d}") for number in range(came + absent)]
    for member in everyone:
        sign_up(shop, tea, member)
    for member in everyone[:came]:
        gatheringday.check_in(tea, member, by=shop.owner, now=Millis(shop.now + DAY_OF))
    return tea, everyone


def answer(survey: surveys.Survey, member: int, nps: str, csat: str, *, now: int) -> None:
    given, by = say(survey, nps, csat), members.themselves(member)
    surveyanswers.answer(survey.id, member, given, by=by, now=Millis(now))


def found(shop: Shop, tea: int) -> Opinion | None:
    return gatheringresult.of(tea, by=shop.owner, now=shop.now).opinion


def test_everyone_who_came_is_asked_once(shop: Shop) -> None:
    tea, everyone = held(shop, 3)
    survey, after = running(shop, points=0, as_service=True), Millis(shop.now + 8 * DAY)
    assert found(shop, tea) is None
    assert gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=after) == 3
    assert gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=after) == 0
    invited = [id for (id,) in db.rows("SELECT member_id FROM survey_invite ORDER BY id")]
    assert invited == everyone[:3]
    gatheringday.check_in(tea, everyone[3], by=shop.owner, now=Millis(shop.now + DAY_OF))
    assert gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=after) == 1
    assert gatheringsurveys.survey_of(tea) == survey.id
    assert found(shop, tea) == Opinion("May", 4, 0, found(shop, tea).scored)  # type: ignore[union-attr]


def test_an_offer_goes_to_who_wants_offers_only(shop: Shop) -> None:
    tea, _everyone = held(shop, 2)
    survey = running(shop, points=20)
    assert gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=Millis(shop.now + 8 * DAY)) == 0


def test_only_answers_of_who_came_count_and_five_make_a_score(shop: Shop) -> None:
    tea, everyone = held(shop, 6, absent=2)
    survey, after = running(shop, points=0, as_service=True), shop.now + 8 * DAY
    answer(survey, everyone[5], "0", "1", now=shop.now)  # before the event: about something else
    gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=Millis(after))
    for member, nps in zip(everyone[:4], ("10", "9", "8", "0"), strict=True):
        answer(survey, member, nps, "5", now=after)
    for absent in everyone[6:]:
        answer(survey, absent, "0", "1", now=after)
    few = found(shop, tea)
    assert few is not None
    assert (few.asked, few.replies) == (5, 4)
    assert [(one.answers, one.score) for one in few.scored] == [(4, None), (4, None)]
    answer(survey, everyone[4], "10", "4", now=after)
    enough = found(shop, tea)
    assert enough is not None
    assert enough.scored[0].score == Score(5, 4000, -2978, 7978)
    assert enough.scored[1].score == Score(5, 10_000, 5655, 10_000)


def test_the_answer_of_who_was_merged_counts_for_the_guest_they_are(shop: Shop) -> None:
    tea, (ann, *_others) = held(shop, 2)
    survey, after = running(shop, points=0, as_service=True), shop.now + 8 * DAY
    gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=Millis(after))
    answer(survey, ann, "10", "5", now=after)
    kept = shop.member("13900139000")
    mark = merging.preview(kept, ann, by=shop.owner, now=Millis(after)).mark
    merging.merge(kept, ann, mark=mark, by=shop.owner, now=Millis(after))
    one = found(shop, tea)
    assert one is not None and (one.asked, one.replies) == (2, 1)


def test_what_cannot_be_asked_is_refused(one_shop: Shop) -> None:
    shop = one_shop
    tea, survey = opened(shop), running(shop)
    with pytest.raises(NobodyCame):
        gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        gatheringsurveys.ask(tea, survey.id, by=shop.owner_with(frozenset({"service"})), now=shop.now)
    surveys.end(survey.id, by=shop.owner, now=shop.now)
    with pytest.raises(SurveyOver):
        gatheringsurveys.ask(tea, survey.id, by=shop.owner, now=shop.now)
    assert gatheringsurveys.survey_of(tea) is None
