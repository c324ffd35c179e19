"""Results of surveys: scores with five answers or more, groups of stores, people and months, own words."""

from dataclasses import replace
from datetime import date

import pytest

from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.insight.satisfaction import Score
from core.people import members
from core.service import surveyanswers, surveyasking, surveys, surveyscores
from tests.core.service.test_surveys import answer, running, say
from tests.shops import Shop


def answered(shop: Shop, *said: tuple[str, ...], **given: object) -> surveys.Survey:
    survey = running(shop, points=0, **given)
    for typed in said:
        answer(shop, survey, shop.member(), *typed)
    return surveys.get(survey.id)


def test_a_result_has_scores_and_counts(shop: Shop) -> None:
    asked = shop.member("13800138000")
    survey = answered(shop, ("10", "5", "1"), ("9", "4", "2"), ("8", "", "1"), ("0", "1"))
    surveyasking.invite(survey.id, asked, by=shop.owner, now=shop.now)
    few = surveyscores.result(survey.id, by=shop.owner)
    assert (few.replies, few.invited, few.came, few.asked[0].score, few.asked[0].counts) == (4, 1, 0, None, ())
    answer(shop, survey, asked, "10", "5")
    result = surveyscores.result(survey.id, by=shop.owner)
    nps, csat, choice, free = result.asked
    assert (result.replies, result.came, nps.answers, csat.answers, choice.answers, free.answers) == (5, 1, 5, 4, 3, 0)
    assert nps.counts == (1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2)
    assert nps.score == Score(5, 4000, -2978, 7978)
    assert csat.score is None


def test_groups_of_stores_people_tiers_and_months(shop: Shop) -> None:
    shop.product("tea", 1800)
    survey = running(shop, points=0)
    for number in range(6):
        member_id = shop.member()
        if number:
            shop.sell(shop.basket(("tea", 1), member=member_id))
        now = Millis(shop.now + (5 * DAY if number == 5 else 0))
        by = members.themselves(member_id)
        surveyanswers.answer(survey.id, member_id, say(survey, "9", "5"), by=by, now=now)
    found = {
        cut: [(str(one.name), one.replies, one.nps and one.nps.value_bp, one.csat and one.csat.value_bp)
              for one in surveyscores.groups(survey.id, cut, by=shop.owner, now=shop.now)]
        for cut in surveyscores.CUTS
    }  # fmt: skip
    assert found == {
        "store": [("南京东路店", 6, 10_000, 10_000)],
        "tier": [("normal", 6, 10_000, 10_000)],
        "staff": [("周丽", 5, 10_000, 10_000), ("not known", 1, None, None)],
        "month": [(str(date(2026, 5, 1)), 5, 10_000, 10_000), (str(date(2026, 6, 1)), 1, None, None)],
    }


def test_own_words_are_named_for_who_may_find_members(one_shop: Shop) -> None:
    survey = answered(one_shop, ("9", "", "", "first"), ("9", "", "", "second"))
    named = surveyscores.words(survey.id, by=one_shop.owner)
    assert [one.words for one in named] == ["second", "first"]
    assert all(one.member_id for one in named)
    (older,) = surveyscores.words(
        survey.id, after=(named[0].id, named[0].question.id), by=one_shop.owner_with(frozenset({"service"}))
    )
    assert (older.words, older.member_id, older.name) == ("first", None, "")


def test_other_stores_and_rights_see_nothing(one_shop: Shop) -> None:
    survey = answered(one_shop, ("9", "", "", "words"))
    elsewhere = replace(one_shop.owner, stores=frozenset({1}))
    assert surveyscores.result(survey.id, by=elsewhere).replies == 0
    assert surveyscores.words(survey.id, by=elsewhere) == []
    assert surveyscores.groups(survey.id, "store", by=elsewhere, now=one_shop.now) == []
    with pytest.raises(NotAllowed):
        surveyscores.result(survey.id, by=one_shop.owner_with(frozenset()))


def test_what_came_lately(one_shop: Shop) -> None:
    answered(one_shop, ("9",), ("8",))
    assert surveys.lately(by=one_shop.owner, now=one_shop.now) == (1, 2)
    assert surveys.lately(by=one_shop.owner, now=Millis(one_shop.now + 8 * DAY)) == (1, 0)
    assert surveys.lately(by=one_shop.owner, now=Millis(one_shop.now + 90 * DAY)) == (0, 0)
