"""What a contact came to, noted with one key: the task is done, and what it was about goes on."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.service import followups, winback
from core.service.followups import Outcome

SPOKE = ("reached", "will_come", "wont_come", "complaint", "right")


@db.atomic
def note(task_id: int, came: Outcome, *, by: Actor, now: Millis) -> int | None:
    """Note the outcome of a task; the id of the next contact, if one follows. A case goes on with it.

    Raises: NotAllowed, TaskUnknown, TaskDone, OutcomeUnknown, ReasonUnknown, DueDayInvalid.
    """
    task = followups.get(task_id, by=by, now=now)
    next_id = followups.finish(task_id, came, by=by, now=now)
    if task.kind == "winback":
        winback.go_on(task.ref_id, reason=came.reason, spoke=came.word in SPOKE, by=by, now=now)
    return next_id
