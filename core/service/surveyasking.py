"""Asking 邀请答卷: a message with a link of its own, by hand or some days after a sale.

Whoever holds the link answers for the member, once, and sees nothing of them. An invitation is an offer, which needs
consent and obeys the gap, unless the survey says it is a notice; with points it always is an offer.
"""

from dataclasses import dataclass
from datetime import date

from core.base import db, ids, seals
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.books import audit, locks, merges, outbox
from core.books.outbox import Category, Letter
from core.outreach import careletters
from core.service import surveyanswers, surveys
from core.service.surveys import Survey

PREFIX = "F1"
GOOD_DAYS = 3
"""So many days an invitation may wait before it leaves, and so many days late a sale is still asked about."""


@dataclass(frozen=True)
class Invited:
    """Who answers by a link, and what."""

    survey_id: int
    member_id: int


class SurveyLinkUnknown(NotFound):
    """No invitation has this link."""

    code = "survey_link_unknown"
    text = N_("This link is not one of ours, or it was mistyped. Open it from the message once more.")


@db.atomic
def invite(survey_id: int, member_id: int, *, sale_id: int | None = None, by: Actor, now: Millis) -> bool:
    """Write to a member with a link of their own; False if they were asked or answered before.

    Raises: NotAllowed, SurveyUnknown, SurveyOver, MemberBlocked …
    """
    require(by, "service")
    locks.hold(member_id)
    survey = surveys.get(survey_id)
    if surveys.answered_at(survey_id, member_id) is not None:
        return False
    surveyanswers.check_open(survey, member_id, now=now)
    return _ask(survey, member_id, sale_id, by=by, now=now)


def _ask(survey: Survey, member_id: int, sale_id: int | None, *, by: Actor, now: Millis) -> bool:
    sql = f"SELECT 1 FROM survey_invite WHERE survey_id = ? AND member_id IN {merges.OVER_BOTH}"
    if db.value(sql, (survey.id, member_id, member_id)) is not None:
        return False
    invite_id, language = ids.new(), outbox.language_of(member_id, now=now)
    template, category = kind_of(survey)
    facts = {**careletters.named(member_id, language, now=now), "link": f"/survey/{link_of(invite_id)}"}
    letter = Letter(
        dedupe_key=f"survey:{survey.id}:{member_id}",
        template=template,
        category=category,
        language=language,
        variables=facts | ({"points": survey.terms.points} if survey.terms.points else {}),
        member_id=member_id,
        expires_at=Millis(now + GOOD_DAYS * DAY),
    )
    outbox_id = outbox.put(letter, now=now)
    db.add("survey_invite", id=invite_id, survey_id=survey.id, member_id=member_id, sale_id=sale_id,
           outbox_id=outbox_id, at=now, actor=by.tag)  # fmt: skip
    audit.record("survey.invited", "member", member_id, by=by, now=now, after={"name": survey.terms.name})
    return True


def kind_of(survey: Survey) -> tuple[str, Category]:
    """The wording and the kind of message of an invitation."""
    if survey.terms.as_service:
        return "survey", "service"
    return ("survey_points" if survey.terms.points else "survey_offer"), "marketing"


def link_of(invite_id: int) -> str:
    """The token of an invitation's link: 'F1.<number>.<seal>'."""
    return seals.code_of(PREFIX, invite_id)


def invited(token: str) -> Invited:
    """Whose link this is; of a merged membership the one it went into. Raises: SurveyLinkUnknown."""
    invite_id = seals.number_of(PREFIX, token)
    found = invite_id and db.one("SELECT survey_id, member_id FROM survey_invite WHERE id = ?", (invite_id,))
    if not found:
        raise SurveyLinkUnknown(what="link")
    return Invited(found[0], merges.leads_to(found[1]))


# --- by itself, after a sale -----------------------------------------------------------------------


def invite_after_sales(*, by: Actor, now: Millis) -> int:
    """Ask members some days after a sale, as running surveys say; how many. Raises: NotAllowed."""
    require(by, "care")
    today, asked = surveys.today_of(now), 0
    sql = "SELECT id FROM survey WHERE state = 'running' AND after_days > 0 AND ? BETWEEN first_day AND last_day"
    for (survey_id,) in db.rows(f"{sql} ORDER BY id", (today.toordinal(),)):
        survey = surveys.get(survey_id)
        asked += sum(ask_one(survey, *one, by=by, now=now) for one in due(survey, today, now=now))
    return asked


@db.atomic
def ask_one(survey: Survey, member_id: int, sale_id: int | None, *, by: Actor, now: Millis) -> int:
    """Write to one of many, whom the caller judged: 0 for who was asked, answered, left or wants no offers."""
    locks.hold(beside=[member_id])
    active = db.value("SELECT state FROM member WHERE id = ?", (member_id,)) == "active"
    if not active or surveys.answered_at(survey.id, member_id) is not None:
        return 0
    if kind_of(survey)[1] == "marketing" and not careletters.wants_offers(member_id):
        return 0
    return int(_ask(survey, member_id, sale_id, by=by, now=now))


def due(survey: Survey, today: date, *, now: Millis) -> list[tuple[int, int]]:
    """Members to be asked today with their sale: the last one so many days ago of which nothing came back."""
    last, terms = today.toordinal() - survey.terms.after_days, survey.terms
    store, store_ids = ("", ()) if terms.store_id is None else (" AND s.store_id = ?", (terms.store_id,))
    found = db.rows(
        "SELECT m.id, s.id FROM sale s JOIN member m ON m.id = s.member_id JOIN member_person p ON p.member_id = m.id"
        " WHERE s.day BETWEEN ? AND ? AND s.refunds = 0 AND m.state = 'active' AND p.phone IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM survey_invite i WHERE i.member_id = m.id AND (i.at > ? OR i.survey_id = ?))"
        f" AND NOT EXISTS (SELECT 1 FROM survey_reply r WHERE r.member_id = m.id AND r.survey_id = ?){store}"
        " ORDER BY m.id, s.at, s.id",
        (last - GOOD_DAYS, last, now - terms.pause_days * DAY, survey.id, survey.id, *store_ids),
    )
    return list(dict(found).items())
