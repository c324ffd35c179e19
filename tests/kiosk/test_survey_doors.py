"""Surveys at the doors: by link without signing in, from the card, at the screen with and without a card, by API."""

import json

import pytest
from flask.testing import FlaskClient

from core.base import db
from core.service import surveyasking, surveys
from tests.core.service.test_surveys import QUESTIONS, running
from tests.kiosk.conftest import OURS, Screen, rotating
from tests.kiosk.counter import header
from tests.shops import Shop

ZH = OURS | {"Accept-Language": "zh"}


def form(survey: surveys.Survey, *typed: str) -> dict[str, str]:
    return {f"q{one.id}": words for one, words in zip(survey.questions, typed, strict=False)}


def link(shop: Shop, survey: surveys.Survey, member_id: int) -> str:
    surveyasking.invite(survey.id, member_id, by=shop.owner, now=shop.now)
    return f"/survey/{surveyasking.link_of(db.value('SELECT max(id) FROM survey_invite'))}"


def test_a_link_answers_without_signing_in_and_once(client: FlaskClient, one_shop: Shop) -> None:
    survey, member_id = running(one_shop), one_shop.member("13800138000", name="王伟芳")
    path = link(one_shop, survey, member_id)
    page = client.get(path, headers=OURS).text
    assert "A minute, please." in page and "you get 20 points" in page and "王" not in page
    assert "请花一分钟。" in client.get(path, headers=ZH).text
    answer = client.post(path, data=form(survey, "9", "5", "1", "more cake"), headers=OURS)
    assert (answer.status_code, "20 points are on your card" in answer.text) == (200, True)
    assert db.value("SELECT member_id FROM survey_reply") == member_id
    again = client.post(path, data=form(survey, "9"), headers=OURS)
    assert (again.status_code, "You answered this on" in again.text, "<form method=\"post\">" in again.text) == (
        409, True, False,
    )  # fmt: skip
    opened = client.get(path, headers=OURS)
    assert (opened.status_code, "<h1>Thank you</h1>" in opened.text) == (409, True)


def test_what_was_filled_in_stays_where_something_is_missing(client: FlaskClient, one_shop: Shop) -> None:
    survey = running(one_shop)
    path = link(one_shop, survey, one_shop.member("13800138000"))
    answer = client.post(path, data=form(survey, "", "4", "2", "kept words"), headers=OURS)
    assert answer.status_code == 422
    assert "One answer is missing" in answer.text and "kept words" in answer.text
    assert f'name="q{survey.questions[1].id}" value="4" checked' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("token", ["F1.ABC.DEFGHJKMNP", "F1", "王"])
def test_a_strange_link_is_told_so(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/survey/{token}", headers=OURS)
    assert (answer.status_code, "This link is not one of ours" in answer.text) == (404, True)


def test_the_card_leads_to_the_survey(visitor: FlaskClient, one_shop: Shop) -> None:
    survey = running(one_shop)
    visitor.post("/join", data={"way": "card"}, headers=OURS)
    visitor.post("/join/terms", data={"sealed": "", "purpose": "membership", "age": "yes"}, headers=OURS)
    assert "Answer the survey: +20 points" in visitor.get("/me", headers=OURS).text
    path = f"/me/survey/{survey.id}"
    assert "Would you recommend us?" in visitor.get(path, headers=OURS).text
    assert visitor.post(path, data=form(survey, "9"), headers=OURS).status_code == 200
    assert "Answer the survey" not in visitor.get("/me", headers=OURS).text


def test_no_card_no_survey_of_the_card(client: FlaskClient, one_shop: Shop) -> None:
    assert client.get(f"/me/survey/{running(one_shop).id}", headers=OURS).status_code == 409


# --- the screen -----------------------------------------------------------------------------------


def test_a_member_answers_at_the_screen_one_question_a_face(screen: Screen, one_shop: Shop) -> None:
    survey, member_id = running(one_shop), one_shop.member("13800138000")
    card = screen.event("scan", rotating(member_id))
    assert 'Your opinion <span class="quiet">+20 points</span>' in card["html"]
    face = screen.event("survey", str(survey.id))
    assert (face["screen"], "Question 1 of 3" in face["html"]) == ("asked", True)
    screen.event("answer", "10")
    assert "How was the service?" in screen.event("lang")["html"] or "服务满意吗" in screen.face()["html"]
    screen.event("skip")
    face = screen.event("answer", "2")
    assert (face["screen"], "20" in face["html"]) == ("thanked", True)
    assert db.rows("SELECT number FROM survey_answer ORDER BY number") == [(2,), (10,)]
    assert 'data-event="survey"' not in screen.event("back")["html"]


def test_who_skips_a_must_is_back_at_the_card(screen: Screen, one_shop: Shop) -> None:
    survey, member_id = running(one_shop), one_shop.member("13800138000")
    screen.event("scan", rotating(member_id))
    screen.event("survey", str(survey.id))
    assert screen.event("skip")["screen"] == "card"
    assert db.value("SELECT count(*) FROM survey_reply") == 0


def test_a_guest_answers_from_the_help_face_where_the_shop_allows_it(screen: Screen, one_shop: Shop) -> None:
    closed = running(one_shop)
    assert "Tell us how it was" not in screen.event("go", "help")["html"]
    assert screen.event("survey", str(closed.id))["screen"] == "problem"
    screen.event("end")
    survey = running(one_shop, name="guests", anonymous=True)
    assert "说说您的感受" in screen.event("go", "help")["html"]
    screen.event("survey", str(survey.id))
    for value in ("3", "2", "1"):
        face = screen.event("answer", value)
    assert (face["screen"], 'data-event="back"' in face["html"]) == ("thanked", False)
    kept = db.one("SELECT member_id, store_id, door FROM survey_reply")
    assert kept == (None, one_shop.store, "kiosk")


@pytest.mark.parametrize(("name", "value"), [("answer", "9"), ("skip", ""), ("survey", "x"), ("survey", "1")])
def test_touches_of_nothing_are_refused(screen: Screen, name: str, value: str) -> None:
    assert screen.event(name, value)["screen"] == "problem"  # touch_unknown, survey_unknown


def test_a_survey_that_must_be_written_is_not_offered_at_the_screen(screen: Screen, one_shop: Shop) -> None:
    must = (*QUESTIONS[:3], surveys.Question(kind="free", words_en="Why?", words_zh="为何？"))
    survey = running(one_shop)
    surveys.end(survey.id, by=one_shop.owner, now=one_shop.now)
    survey_id = surveys.draft(survey.terms, must, by=one_shop.owner, now=one_shop.now)
    surveys.start(survey_id, by=one_shop.owner, now=one_shop.now)
    assert "Your opinion" not in screen.event("scan", rotating(one_shop.member("13800138000")))["html"]


# --- the API --------------------------------------------------------------------------------------


def test_running_surveys_and_replies_over_the_api(client: FlaskClient, one_shop: Shop) -> None:
    survey, member_id, key = running(one_shop), one_shop.member(), header(one_shop, "members")
    (found,) = client.get("/api/v1/surveys/running", headers=key).json["surveys"]  # type: ignore[index]
    assert (found["id"], found["questions"][2]["numbers"][1]) == (
        str(survey.id),
        {"number": 2, "en": "cake", "zh": "蛋糕"},
    )
    nps, _csat, _choice, free = found["questions"]
    body = {"member_id": str(member_id), "answers": [{"question_id": nps["id"], "number": 9},
                                                     {"question_id": free["id"], "words": "fine"}]}  # fmt: skip
    sent = {"data": json.dumps(body), "content_type": "application/json", "headers": key}
    sent["headers"] = key | {"Idempotency-Key": "shop-1"}
    made = client.post(f"/api/v1/surveys/{survey.id}/replies", **sent)  # type: ignore[arg-type]
    assert (made.status_code, made.json["points"]) == (201, 20)  # type: ignore[index]
    repeated = client.post(f"/api/v1/surveys/{survey.id}/replies", **sent)  # type: ignore[arg-type]
    assert (repeated.status_code, repeated.json) == (201, made.json)
    sent["headers"] = key | {"Idempotency-Key": "shop-2"}
    again = client.post(f"/api/v1/surveys/{survey.id}/replies", **sent)  # type: ignore[arg-type]
    assert (again.status_code, again.json["code"]) == (409, "survey_answered")  # type: ignore[index]


def test_answers_of_a_guest_sent_twice_count_once(client: FlaskClient, one_shop: Shop) -> None:
    survey, key = running(one_shop, anonymous=True, points=0), header(one_shop, "members")
    body = {"answers": [{"question_id": str(survey.questions[0].id), "number": 9}]}
    sent = {"data": json.dumps(body), "content_type": "application/json"}
    codes = [
        client.post(f"/api/v1/surveys/{survey.id}/replies", headers=key | {"Idempotency-Key": name}, **sent).status_code  # type: ignore[arg-type]
        for name in ("till-1", "till-1", "till-2")
    ]
    bare = client.post(f"/api/v1/surveys/{survey.id}/replies", headers=key, **sent)  # type: ignore[arg-type]
    assert (codes, bare.json["field"]) == ([201, 201, 201], "Idempotency-Key")  # type: ignore[index]
    assert db.value("SELECT count(*) FROM survey_reply") == 2
