"""`regulars checklist`: the first day of a shop."""

from pathlib import Path

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json
from core.base.i18n import _


@click.command("checklist", help=_("What a new shop has still to do before it sells; each line ticks itself."))
@AS_JSON
@click.option("--confirm", metavar="STEP", help=_("Leave a step as it is; a JSON list names them."))
@click.option("--withdraw", metavar="STEP", help=_("Take that back."))
@click.pass_obj
def checklist(folder: Path, as_json: bool, confirm: str | None, withdraw: str | None) -> None:
    """Done or not, the exit code is 0."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import firstday

    for step_id, verb in ((confirm, firstday.confirm), (withdraw, firstday.withdraw)):
        if step_id is not None:
            verb(step_id, by=owner(), now=clock.now())
    found = firstday.checklist(by=owner(), now=clock.now())
    if as_json:
        say_json([
            {"id": one.id, "title": str(one.title), "done": one.done, "detail": str(one.detail),
             "next": str(one.next_step), "can_be_confirmed": one.confirm is not None, "confirmed": one.confirmed}
            for one in found
        ])  # fmt: skip
        return
    for one in found:
        say(f"{'✓' if one.done else '·'} {one.title}: {one.detail}")
        if not one.done:
            say(f"  → {one.next_step}")
    say(_("{done} of {count} done.", done=sum(one.done for one in found), count=len(found)))
