"""What guests thought of an event 活动评价: a survey asked of who came, and its scores among them.

An event has one survey, the one that was asked last. Whoever came and answered it since the event began counts,
by whatever door; who did not come does not, though the survey may be asked of others too.
"""

from dataclasses import dataclass

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit
from core.service import gatheringguests, gatherings, surveyanswers, surveyasking, surveys, surveyscores
from core.service.gatherings import Gathering
from core.service.surveys import Survey
from core.service.surveyscores import Asked


@dataclass(frozen=True)
class Opinion:
    """What guests said: `asked` were written to, `replies` answered; the questions that come to a score."""

    survey: str
    asked: int
    replies: int
    scored: tuple[Asked, ...]


class NobodyCame(Refused):
    """There is nobody to ask how it was."""

    code = "nobody_came"
    text = N_("Nobody is checked in to “{event}”. Check in who came (tab 1, i), then ask them.")


def ask(gathering_id: int, survey_id: int, *, by: Actor, now: Millis) -> int:
    """Write to everyone who came with a link of their own, each once; how many. A second time asks who came since.

    Who was asked before, answered, or wants no offers where the survey is one, gets nothing.
    Raises: NotAllowed, GatheringUnknown, NobodyCame, SurveyUnknown, SurveyOver.
    """
    require(by, gatherings.PLANNING)
    survey = surveys.get(survey_id)
    surveyanswers.check_open(survey, None, now=now)
    found = gatherings.get(gathering_id)
    guests = dict.fromkeys(one.member_id for one in gatheringguests.came(gathering_id))
    if not guests:
        raise NobodyCame(event=found.name)
    _choose(found, survey, by=by, now=now)
    return sum(surveyasking.ask_one(survey, member_id, None, by=by, now=now) for member_id in guests)


@db.atomic
def _choose(found: Gathering, survey: Survey, *, by: Actor, now: Millis) -> None:
    db.run("UPDATE gathering SET survey_id = ? WHERE id = ?", (survey.id, found.id))
    after = {"event": found.name, "name": survey.terms.name}
    audit.record("gathering.surveyed", "gathering", found.id, by=by, now=now, after=after)


def survey_of(gathering_id: int) -> int | None:
    """The survey its guests were asked, if they were."""
    found: int | None = db.value("SELECT survey_id FROM gathering WHERE id = ?", (gathering_id,))
    return found


_WAS_THERE = (
    "{0}.at >= ? AND (SELECT coalesce(m.merged_into, m.id) FROM member m WHERE m.id = {0}.member_id) IN"
    " (SELECT s.member_id FROM gathering_signup s WHERE s.gathering_id = ? AND s.state = 'attended')"
)
"""Whose row it is came to the event, and it is not older than that."""


def opinion(found: Gathering) -> Opinion | None:
    """What who came said of it; None while nobody was asked."""
    survey_id = survey_of(found.id)
    if survey_id is None:
        return None
    survey, values = surveys.get(survey_id), (found.plan.from_at, found.id)
    of_guests = _WAS_THERE.format("r")
    asked = db.value(f"SELECT count(*) FROM survey_invite i WHERE i.survey_id = ? AND {_WAS_THERE.format('i')}",
                     (survey.id, *values))  # fmt: skip
    replies = db.value(f"SELECT count(*) FROM survey_reply r WHERE r.survey_id = ? AND {of_guests}",
                       (survey.id, *values))  # fmt: skip
    answers = surveyscores.asked_of(survey, of_guests, values)
    scored = tuple(one for one in answers if one.question.kind in surveyscores.SCORED)
    return Opinion(survey.terms.name, int(asked), int(replies), scored)
