"""Lines of one event, and what its forms do when they are filled in."""

from core.base import phones
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.people import picking, proving
from core.service import gatheringkit, gatheringsignups
from core.service.gatheringguests import STATES, Guest, Mine, SignUp
from core.service.gatheringinvites import Invited
from core.service.gatheringkit import Cost, Hand, Supply
from core.service.gatheringresult import Result
from core.service.gatheringsurveys import Opinion
from core.service.surveys import KIND_WORDS
from core.service.surveyscores import Asked
from tui.screens.lists import cents, moment
from tui.screens.surveyresults import range_shown, score_shown
from tui.widgets.overlay import Answer
from tui.widgets.pagetable import Row
from tui.widgets.row import Words


def sign_up(gathering_id: int, answer: Answer, by: Actor, now: Millis) -> SignUp:
    """Sign up whom the form names; the code on their phone lets points leave. Raises: what the verbs raise."""
    member_id, key = picking.one(answer.text("member"), field="member", by=by).id, answer.key
    places = answer.number("places") or 0

    def do(proved: bool) -> SignUp:
        return gatheringsignups.sign_up(gathering_id, member_id, places, proved=proved, by=by, now=now, key=key)

    code = answer.text("code") or None
    return proving.with_code(code, member_id, do, key=key, scope=f"{by.tag}/event", now=now)


def change_places(one: SignUp, answer: Answer, by: Actor, now: Millis) -> SignUp:
    """Change how many come, by a form like that one. Raises: what the verbs raise."""
    key, places = answer.key, answer.number("places") or 0

    def do(proved: bool) -> SignUp:
        return gatheringsignups.change_places(one.id, places, proved=proved, by=by, now=now, key=key)

    code = answer.text("code") or None
    return proving.with_code(code, one.member_id, do, key=key, scope=f"{by.tag}/event-places", now=now)


def add_line(shown: str, gathering_id: int, answer: Answer, by: Actor, now: Millis) -> None:
    """Add to the list that is shown. Raises: what the verbs raise."""
    what = answer.text("what")
    if shown == "supplies":
        count, amount = answer.number("count") or 0, answer.number("cents") or 0
        gatheringkit.add_supply(gathering_id, what, count, amount, by=by, now=now)
    elif shown == "costs":
        gatheringkit.add_cost(gathering_id, what, answer.number("cents") or 0, by=by, now=now)
    else:
        gatheringkit.give_to(gathering_id, int(answer.text("who")), what, by=by, now=now)


def guest_row(one: Guest) -> Row:
    """A guest as cells; who owes or is owed something stands out."""
    state: Words = T("waits as {place}", place=one.place) if one.place else Text(STATES[one.signup.state])
    money: Words = T("{places} to pay", places=one.to_pay) if one.to_pay else ""
    money = T("{places} to refund", places=one.to_refund) if one.to_refund else money
    name: Words = one.name or Text(N_("without a name"))
    cells = (name, phones.national(one.phone), f"{one.signup.places}", state, money, moment(one.signup.at))
    tone = {"attended": "good", "cancelled": "quiet"}.get(one.signup.state, "")
    return Row(one, cells, tone="warn" if one.to_pay or one.to_refund else tone)


def mine_row(one: Mine) -> Row:
    """An event a member signed up for as cells."""
    state: Words = T("waits as {place}", place=one.place) if one.place else Text(STATES[one.signup.state])
    return Row(one, (moment(one.gathering.plan.from_at), one.gathering.name, f"{one.signup.places}", state))


def line_row(one: Supply | Cost | Hand) -> Row:
    """A supply, a cost or somebody of the staff as cells."""
    if isinstance(one, Hand):
        return Row(one, (one.name, one.task))
    if isinstance(one, Cost):
        return Row(one, (one.what, cents(one.cents), moment(one.at)))
    ready: Words = T("yes") if one.ready else T("no")
    return Row(one, (one.what, f"{one.quantity:,}", cents(one.cost_cents), ready), tone="good" if one.ready else "warn")


def result_lines(found: Result) -> list[tuple[Words, Words]]:
    """What an event came to, a figure a line."""
    turnout, lift, budget_cents = found.turnout, found.lift, found.gathering.plan.budget_cents
    lines: list[tuple[Words, Words]] = [
        (T("places taken"), f"{turnout.signed_up:,}"),
        (T("guests who came"), T("{count} ({share_bp})", count=turnout.came, share_bp=turnout.came_bp)),
        (T("stayed away"), T("{count} ({share_bp})", count=turnout.absent, share_bp=turnout.absent_bp)),
        (T("cancelled"), f"{turnout.cancelled:,}"),
        (T("found no place"), f"{turnout.waiting:,}"),
        (T("invited by campaign"), _invited_said(found.invited)),
        *_opinion_lines(found.opinion),
        (T("cost against the budget"), T("{cost_cents} of {budget_cents}", cost_cents=found.cost_cents,
                                         budget_cents=budget_cents)),
        (T("cost a guest"), "—" if found.guest_cents is None else cents(found.guest_cents)),
        (T("fees paid at the till"), cents(found.income_cents)),
        (T("guests spent, {days} days before and after", days=lift.days),
         _moved(lift.guests_before_cents, lift.guests_after_cents)),
        (T("who found no place spent"), _moved(lift.others_before_cents, lift.others_after_cents)),
        (T("more than they by"), _lift_said(found)),
    ]  # fmt: skip
    return [*lines, *((T("lessons"), line) for line in found.gathering.lessons.splitlines()[:3])]


def _moved(before_cents: int, after_cents: int) -> Words:
    return f"{cents(before_cents)} → {cents(after_cents)}"


def _opinion_lines(one: Opinion | None) -> list[tuple[Words, Words]]:
    """The survey among who came: how many answered, and a line for each score."""
    if one is None:
        return [(T("survey"), T("not asked yet"))]
    answered = T("{replies} answered, {asked} asked by message", replies=one.replies, asked=one.asked)
    return [(one.survey, answered), *((Text(KIND_WORDS[part.question.kind]), _score(part)) for part in one.scored)]


def _score(one: Asked) -> Words:
    if one.score is None:
        return T("{count} answered, too few to tell", count=one.answers)
    kind = one.question.kind
    return f"{score_shown(kind, one.score)} ({range_shown(kind, one.score)})"


def _invited_said(one: Invited) -> Words:
    if not one.written:
        return T("nobody")
    share = {"count": one.signed_up, "share_bp": one.signed_up_bp}
    return T("{written}, of them signed up {count} ({share_bp})", written=one.written, **share)


def _lift_said(found: Result) -> Words:
    more = found.lift.more_cents
    if not found.lift.is_over:
        return T("the days are not over")
    if more is None:
        return T("too few to tell")
    figures = {"more_cents": more.difference, "low_cents": more.low, "high_cents": more.high}
    return T("{more_cents} ({low_cents} to {high_cents})", **figures)
