"""Surveys: drafted, started, asked for, answered once, passed on when somebody is unhappy, ended."""

from dataclasses import replace
from datetime import date

import pytest

from core.base import db
from core.base.access import Actor, scheduler
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.base.limits import TooOften
from core.books import posting
from core.keeping import erasure, merging, owncopy, retention
from core.loyalty import points
from core.people import members
from core.people.credentials import Proof
from core.service import surveyanswers, surveyasking, surveys, ticketlists
from core.service.surveyanswers import (
    AnswerMissing,
    AnswerUnread,
    CardNeeded,
    Place,
    QuestionUnknown,
    Reply,
    SurveyAnswered,
    SurveyOver,
)
from core.service.surveyasking import Invited, SurveyLinkUnknown
from core.service.surveys import Question, SurveyFixed, SurveyInvalid, SurveyUnknown, Terms
from tests.core.service.test_winback_cases import clerk
from tests.shops import Shop, at

TODAY = date(2026, 5, 29)
JOB = scheduler("surveys")
QUESTIONS = (
    Question(kind="nps", words_en="Would you recommend us?", words_zh="您会推荐我们吗？"),
    Question(kind="csat", words_en="How was the service?", words_zh="服务满意吗？", required=False),
    Question(kind="choice", words_en="What brought you?", words_zh="您为何而来？", required=False,
             choices=(("tea", "茶"), ("cake", "蛋糕"))),
    Question(kind="free", words_en="Anything else?", words_zh="还有什么想说？", required=False),
)  # fmt: skip


def terms(**given: object) -> Terms:
    base = Terms(name="May", intro_en="A minute, please.", intro_zh="请花一分钟。", first_on=TODAY,
                 last_on=date(2026, 6, 30), points=20)  # fmt: skip
    return replace(base, **given)  # type: ignore[arg-type]


def running(shop: Shop, **given: object) -> surveys.Survey:
    survey_id = surveys.draft(terms(**given), QUESTIONS, by=shop.owner, now=shop.now)
    surveys.start(survey_id, by=shop.owner, now=shop.now)
    return surveys.get(survey_id)


def say(survey: surveys.Survey, *typed: str) -> dict[int, str]:
    return {one.id: words for one, words in zip(survey.questions, typed, strict=False)}


def kiosk(shop: Shop) -> Actor:
    return Actor(kind="kiosk", id=7, name="kiosk", door="kiosk", rights=frozenset({"member.find"}),
                 stores=frozenset({shop.store}))  # fmt: skip


def answer(shop: Shop, survey: surveys.Survey, member_id: int, *typed: str) -> Reply:
    by = members.themselves(member_id)
    return surveyanswers.answer(survey.id, member_id, say(survey, *typed), by=by, now=shop.now)


def test_a_draft_is_changed_started_and_ended(shop: Shop) -> None:
    survey_id = surveys.draft(terms(), QUESTIONS, by=shop.owner, now=shop.now)
    surveys.change(survey_id, terms(name="June"), QUESTIONS[:1], by=shop.owner, now=shop.now)
    one = surveys.get(survey_id)
    assert (one.terms.name, one.state, [q.kind for q in one.questions]) == ("June", "draft", ["nps"])
    assert surveys.running(store_id=shop.store, now=shop.now) == []
    surveys.start(survey_id, by=shop.owner, now=shop.now)
    assert [one.id for one in surveys.running(store_id=shop.store, now=shop.now)] == [survey_id]
    with pytest.raises(SurveyFixed, match="running"):
        surveys.change(survey_id, terms(), QUESTIONS, by=shop.owner, now=shop.now)
    surveys.end(survey_id, by=shop.owner, now=shop.now)
    with pytest.raises(SurveyFixed, match="ended"):
        surveys.end(survey_id, by=shop.owner, now=shop.now)
    assert [one.state for one in surveys.listing(by=shop.owner)] == ["ended"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"intro_zh": ""}, "intro_zh"),
        ({"last_on": date(2026, 5, 28)}, "last_on"),
        ({"points": -1}, "points"),
        ({"as_service": True}, "as_service"),
        ({"after_days": 61}, "after_days"),
        ({"pause_days": 0}, "pause_days"),
        ({"store_id": 1}, "store_id"),
    ],
)
def test_what_cannot_be_right_is_refused(one_shop: Shop, given: dict[str, object], field: str) -> None:
    with pytest.raises(SurveyInvalid) as refused:
        surveys.draft(terms(**given), QUESTIONS, by=one_shop.owner, now=one_shop.now)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ((), "questions"),
        ((QUESTIONS[0], QUESTIONS[0]), "questions"),
        ((replace(QUESTIONS[1], words_zh=""),), "words"),
        ((replace(QUESTIONS[2], choices=(("tea", "茶"),)),), "choices"),
        ((replace(QUESTIONS[1], kind="stars"),), "kind"),  # type: ignore[arg-type]
    ],
)
def test_questions_that_cannot_be_right_are_refused(
    one_shop: Shop, questions: tuple[Question, ...], field: str
) -> None:
    with pytest.raises(SurveyInvalid) as refused:
        surveys.draft(terms(), questions, by=one_shop.owner, now=one_shop.now)
    assert refused.value.field == field


def test_only_who_may_do_marketing_makes_surveys(one_shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        surveys.draft(terms(), QUESTIONS, by=clerk(one_shop), now=one_shop.now)
    with pytest.raises(SurveyUnknown):
        surveys.start(1, by=one_shop.owner, now=one_shop.now)
    survey_id = surveys.draft(terms(), QUESTIONS, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(SurveyInvalid, match="over"):
        surveys.start(survey_id, by=one_shop.owner, now=Millis(one_shop.now + 40 * DAY))


def test_a_member_answers_once_for_points(shop: Shop) -> None:
    shop.product("tea", 1800)
    shop.rule("points_pending_days", 0)
    member_id = shop.member("13800138000")
    sale_id = shop.sell(shop.basket(("tea", 1), member=member_id))
    survey, before = running(shop), posting.usable(member_id, "points", now=shop.now)
    reply = answer(shop, survey, member_id, "9", "", "2", " lovely  tea ")
    assert reply.points == 20
    assert posting.usable(member_id, "points", now=shop.now) == before + 20
    kept = db.one("SELECT member_id, store_id, tier_id, staff_id, sale_id, door FROM survey_reply WHERE id = ?",
                  (reply.id,))  # fmt: skip
    assert kept == (member_id, shop.store, shop.tiers["normal"], shop.owner.id, sale_id, "phone")
    sql = (
        "SELECT a.number, a.words FROM survey_answer a JOIN survey_question q ON q.id = a.question_id"
        " ORDER BY q.position"
    )
    assert db.rows(sql) == [(9, None), (2, None), (None, "lovely tea")]
    with pytest.raises(SurveyAnswered, match="2026"):
        answer(shop, survey, member_id, "10")
    assert surveys.open_for(member_id, now=shop.now) == []


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        (("",), AnswerMissing),
        (("11",), AnswerUnread),
        (("9", "0"), AnswerUnread),
        (("9", "", "3"), AnswerUnread),
        (("九",), AnswerUnread),
        (("9", "", "", "a" * 1001), AnswerUnread),
    ],
)
def test_answers_that_do_not_fit_are_refused(one_shop: Shop, typed: tuple[str, ...], refusal: type[Exception]) -> None:
    survey = running(one_shop)
    with pytest.raises(refusal):
        answer(one_shop, survey, one_shop.member(), *typed)
    assert db.value("SELECT count(*) FROM survey_reply") == 0


def test_strange_questions_and_members_are_refused(one_shop: Shop) -> None:
    survey, member_id = running(one_shop), one_shop.member()
    by, now = members.themselves(member_id), one_shop.now
    with pytest.raises(QuestionUnknown):
        surveyanswers.answer(survey.id, member_id, {1: "9"}, by=by, now=now)
    with pytest.raises(NotAllowed):
        surveyanswers.answer(survey.id, one_shop.member(), say(survey, "9"), by=by, now=now)
    surveys.end(survey.id, by=one_shop.owner, now=now)
    with pytest.raises(SurveyOver, match="2026-06-30"):
        surveyanswers.answer(survey.id, member_id, say(survey, "9"), by=by, now=now)


def test_a_guest_answers_at_a_kiosk_where_the_shop_allows_it(shop: Shop) -> None:
    screen, closed, free = kiosk(shop), running(shop), running(shop, name="Guests", anonymous=True)
    with pytest.raises(CardNeeded):
        surveyanswers.answer(closed.id, None, say(closed, "9"), place=Place(shop.store), by=screen, now=shop.now)
    for _ in range(2):
        reply = surveyanswers.answer(free.id, None, say(free, "2"), place=Place(shop.store), by=screen, now=shop.now)
        assert reply.points == 0
    assert ticketlists.queue(by=shop.owner, now=shop.now) == []
    with pytest.raises(TooOften):
        for _ in range(40):
            surveyanswers.answer(free.id, None, say(free, "9"), place=Place(shop.store), by=screen, now=shop.now)


@pytest.mark.parametrize(
    ("typed", "low"),
    [(("6", ""), ["6/10"]), (("7", "2"), ["2/5"]), (("7", "3"), []), (("0", "1", "", "too sweet"), ["0/10, 1/5"])],
)
def test_low_answers_open_a_complaint_with_what_was_written(shop: Shop, typed: tuple[str, ...], low: list[str]) -> None:
    member_id = shop.member("13800138000")
    survey = running(shop)
    answer(shop, survey, member_id, *typed)
    found = ticketlists.queue(by=shop.owner, now=shop.now)
    assert [(one.kind, one.subject, one.member_id, one.state) for one in found] == [
        ("complaint", f"{survey.terms.name} · {said}", member_id, "open") for said in low
    ]
    written = db.rows("SELECT kind, body FROM ticket_note WHERE body IS NOT NULL")
    assert written == [("message", "too sweet")] * (len(typed) > 2)


def letters(member_id: int) -> list[tuple[str, str]]:
    return db.rows("SELECT template, category FROM outbox WHERE member_id = ? AND template LIKE ? ORDER BY id",
                   (member_id, "survey%"))  # fmt: skip


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, ("survey_points", "marketing")),
        ({"points": 0}, ("survey_offer", "marketing")),
        ({"points": 0, "as_service": True}, ("survey", "service")),
    ],
)
def test_an_invitation_is_an_offer_unless_the_survey_says_otherwise(
    one_shop: Shop, given: dict[str, object], wanted: tuple[str, str]
) -> None:
    survey, member_id = running(one_shop, **given), one_shop.member("13800138000")
    assert surveyasking.invite(survey.id, member_id, by=one_shop.owner, now=one_shop.now)
    assert not surveyasking.invite(survey.id, member_id, by=one_shop.owner, now=one_shop.now)
    assert letters(member_id) == [wanted]


def test_the_link_of_an_invitation_answers_for_its_member(shop: Shop) -> None:
    survey, member_id = running(shop), shop.member("13800138000")
    surveyasking.invite(survey.id, member_id, by=shop.owner, now=shop.now)
    token = surveyasking.link_of(db.value("SELECT id FROM survey_invite"))
    assert surveyasking.invited(token.lower()) == Invited(survey.id, member_id)
    with pytest.raises(SurveyLinkUnknown):
        surveyasking.invited(token[:-1] + ("A" if token[-1] != "A" else "B"))
    answer(shop, survey, member_id, "9")
    assert not surveyasking.invite(survey.id, member_id, by=shop.owner, now=shop.now)


def test_members_are_asked_some_days_after_a_sale_once_in_a_while(shop: Shop) -> None:
    shop.product("tea", 1800)
    agreed = [shop.member(f"1380013800{n}", purposes=("membership", "service", "marketing")) for n in range(2)]
    silent = shop.member("13800138009", purposes=("membership", "service"))
    running(shop, name="off")
    running(shop, after_days=3, pause_days=60)
    first = shop.sell(shop.basket(("tea", 1), member=agreed[0]))
    shop.sell(shop.basket(("tea", 1), member=silent))
    asked = [surveyasking.invite_after_sales(by=JOB, now=Millis(shop.now + days * DAY)) for days in (2, 3, 4)]
    assert asked == [0, 1, 0]
    assert db.rows("SELECT member_id, sale_id FROM survey_invite") == [(agreed[0], first)]
    later = another_sale(shop)
    assert surveyasking.invite_after_sales(by=JOB, now=later) == 0


def another_sale(shop: Shop) -> Millis:
    """Another survey after another sale within the pause: nobody is asked."""
    running(shop, name="second", after_days=3, pause_days=60)
    then = Millis(shop.now + 10 * DAY)
    member_id = db.value("SELECT member_id FROM survey_invite")
    shop.sell(shop.basket(("tea", 1), member=member_id), now=then)
    return Millis(then + 3 * DAY)


def test_the_night_ends_what_is_over(one_shop: Shop) -> None:
    survey = running(one_shop)
    assert surveys.end_due(by=JOB, now=at(2026, 6, 30)) == 0
    assert surveys.end_due(by=JOB, now=at(2026, 7, 1)) == 1
    assert surveys.get(survey.id).state == "ended"


def test_own_words_go_with_the_member_and_numbers_stay(shop: Shop) -> None:
    survey, member_id = running(shop), shop.member("13800138000")
    answer(shop, survey, member_id, "9", "5", "1", "I am 王伟芳")
    proof = Proof(member_id, "fresh_code", Millis(2**52))
    (_nps, _csat, _choice, words) = owncopy.of_member(member_id, proof=proof, now=shop.now)["answers"]
    assert (words["survey"], words["words"]) == ("May", "I am 王伟芳")
    mark = erasure.preview(member_id, now=shop.now).mark
    erasure.erase(member_id, mark=mark, by=shop.owner, now=shop.now)
    assert db.value("SELECT count(*) FROM survey_answer WHERE words IS NOT NULL") == 0
    numbers = db.rows("SELECT number FROM survey_answer WHERE number IS NOT NULL ORDER BY number")
    assert numbers == [(1,), (5,), (9,)]


def test_own_words_are_kept_as_long_as_replies(one_shop: Shop) -> None:
    answer(one_shop, running(one_shop), one_shop.member(), "9", "", "", "long ago")
    assert retention.sweep(by=JOB, now=Millis(one_shop.now + 364 * DAY))["answers"] == 0
    assert retention.sweep(by=JOB, now=Millis(one_shop.now + 366 * DAY))["answers"] == 1


def test_of_two_who_are_one_person_the_answer_of_either_counts(shop: Shop) -> None:
    survey, kept, gone = running(shop), shop.member("13800138000"), shop.member("13900139000")
    answer(shop, survey, gone, "9", "", "", "words")
    mark = merging.preview(kept, gone, by=shop.owner, now=shop.now).mark
    merging.merge(kept, gone, mark=mark, by=shop.owner, now=shop.now)
    with pytest.raises(SurveyAnswered):
        answer(shop, survey, kept, "10")
    erasure.erase(kept, mark=erasure.preview(kept, now=shop.now).mark, by=shop.owner, now=shop.now)
    assert db.value("SELECT count(*) FROM survey_answer WHERE words IS NOT NULL") == 0


def test_points_of_a_survey_stand_in_the_statement(one_shop: Shop) -> None:
    member_id = one_shop.member()
    answer(one_shop, running(one_shop), member_id, "9")
    assert points.state(member_id, now=one_shop.now).balance == 20
