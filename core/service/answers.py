"""What a contact came to, noted with one key: the task is done, and what it was about goes on."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.service import followups, winback
from core.service.followups import Outcome

SPOKE = ("reached", "will_come", "wont_come", "complaint")


@db.atomic
def note(task_id: int, came: Outcome, *, by: Actor, now: Millis) -> int | None:
    """Note the outcome of a task; the id of the next contact, if one follows. A case goes on with it.

    Raises: NotAllowed, TaskUnknown, TaskDone, OutcomeUnknown, ReasonUnknown, DueDayInvalid.
    """
    task = followups.get(task_id, by=by, now=now)
    if task.kind == "winback":
        case = winback.get(task.ref_id, by=by)
        if case.is_open and came.reason is not None:
            winback.note_reason(case.id, came.reason, by=by, now=now)
        if case.is_open and came.word in SPOKE:
            winback.contacted(case.id, by=by, now=now)
    return followups.finish(task_id, came, by=by, now=now)
