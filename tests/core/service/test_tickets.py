"""Tickets: opened, answered, promised, closed, rated; who sees them, and what becomes of the words."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db, i18n, settings
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed, Refused
from core.books import locks, rules
from core.keeping import erasure, merging
from core.loyalty import benefits
from core.outreach import inbound
from core.people.members import themselves
from core.service import calls, carrying, followups, takingin, ticketlists, ticketrules, tickets
from core.service.followups import AssigneeUnknown
from core.service.ticketrules import TicketClosed, TicketInvalid, TicketOpen
from core.service.tickets import Terms, TicketNobody, TicketRated, TicketSaleUnknown, TicketUnknown
from tests.core.service.test_winback_cases import TODAY, clerk
from tests.shops import Shop, _store, at

PHONE = "13800138000"


def opened(shop: Shop, kind: str = "complaint", **given: object) -> int:
    terms = Terms(kind, "The cup leaks", **given)  # type: ignore[arg-type]
    return tickets.open_ticket(terms, by=shop.owner, now=shop.now)


def of(shop: Shop, ticket_id: int, now: int | None = None) -> ticketlists.Ticket:
    return ticketlists.get(ticket_id, by=shop.owner, now=Millis(now or shop.now))


def said(shop: Shop, ticket_id: int) -> list[tuple[str, str | None, str]]:
    lines = ticketlists.history(ticket_id, by=shop.owner, now=shop.now)
    return [(one.kind, one.change, one.body) for one in lines]


def sent() -> list[tuple[str, str]]:
    return db.rows("SELECT template, language FROM outbox WHERE template <> 'welcome' ORDER BY created_at, id")


def test_a_ticket_is_due_within_the_hours_of_its_kind(shop: Shop) -> None:
    shop.rule("ticket_complaint_in_h", 4)
    complaint, praise = opened(shop, words="It was new."), opened(shop, "praise")
    assert [one.id for one in ticketlists.queue(by=shop.owner, now=shop.now)] == [complaint, praise]
    assert of(shop, complaint).due_at == shop.now + 4 * HOUR
    assert ticketlists.waiting(by=shop.owner, now=Millis(shop.now + 5 * HOUR)) == (2, 1)
    assert said(shop, complaint) == [("change", "opened", ""), ("note", None, "It was new.")]


def test_pages_of_the_queue_go_on_after_the_last_row(shop: Shop) -> None:
    ids = [opened(shop) for _ in range(3)]
    first = ticketlists.queue(by=shop.owner, now=shop.now, limit=2)
    rest = ticketlists.queue(by=shop.owner, now=shop.now, after=(first[-1].due_at, first[-1].id))
    assert [one.id for one in (*first, *rest)] == ids


def test_a_receipt_says_store_and_member(shop: Shop) -> None:
    shop.product("cup", 3000)
    member = shop.member(PHONE)
    sale = shop.sell(shop.basket(("cup", 1), member=member))
    line = db.value("SELECT position FROM sale_line WHERE sale_id = ?", (sale,))
    found = of(shop, opened(shop, "exchange", sale_id=sale, line_no=line))
    assert (found.member_id, found.store_id, found.sale_id, found.line_no) == (member, shop.store, sale, line)
    with pytest.raises(TicketSaleUnknown):
        opened(shop, sale_id=sale, line_no=99)


def test_a_reply_goes_out_and_the_ticket_waits_then_comes_back(shop: Shop) -> None:
    ticket = opened(shop, member_id=shop.member(PHONE, language="en"))
    outbox_id = tickets.reply(ticket, "Bring it along.", by=shop.owner, now=shop.now)
    assert sent() == [("ticket_reply", "en")]
    found = of(shop, ticket)
    assert (found.state, found.due_at) == ("waiting", shop.now + 72 * HOUR)
    assert ticketlists.history(ticket, by=shop.owner, now=shop.now)[-1].fate == "queued"
    assert db.value("SELECT category FROM outbox WHERE id = ?", (outbox_id,)) == "service"
    assert of(shop, ticket, shop.now + 73 * HOUR).overdue


def test_without_a_member_nothing_can_be_sent(shop: Shop) -> None:
    with pytest.raises(TicketNobody):
        tickets.reply(opened(shop), "Hello", by=shop.owner, now=shop.now)


def test_a_promise_is_told_and_keeps_the_ticket_from_being_late(shop: Shop) -> None:
    ticket = opened(shop, "repair", member_id=shop.member(PHONE))
    tickets.promise(ticket, date(2026, 6, 3), by=shop.owner, now=shop.now)
    assert not of(shop, ticket, at(2026, 6, 3, 23)).overdue
    assert of(shop, ticket, at(2026, 6, 4, 1)).overdue
    assert sent() == [("ticket_promised", "zh")]
    with pytest.raises(TicketInvalid):
        tickets.promise(ticket, date(2026, 5, 28), by=shop.owner, now=shop.now)


def test_closing_asks_the_member_once_by_a_link(shop: Shop) -> None:
    settings.use(settings.Settings(secret="test secret", public_url="https://shop.example.com"))
    ticket = opened(shop, member_id=shop.member(PHONE))
    tickets.close(ticket, "solved", by=shop.owner, now=shop.now)
    tickets.reopen(ticket, by=shop.owner, now=shop.now)
    tickets.close(ticket, "goodwill", by=shop.owner, now=shop.now)
    assert sent() == [("ticket_closed", "zh")]
    assert "/rate/T1." in db.value("SELECT variables FROM outbox WHERE template = 'ticket_closed'")


def test_an_unsatisfied_member_is_called_by_the_owner_of_the_ticket(shop: Shop) -> None:
    li, member = clerk(shop), shop.member(PHONE)
    ticket = opened(shop, member_id=member, owner_id=li.id)
    tickets.close(ticket, "declined", by=shop.owner, now=shop.now)
    tickets.rate(ticket, 2, by=themselves(member), now=shop.now)
    (task,) = followups.of_member(member, by=shop.owner, now=shop.now)
    assert (task.kind, task.ref_id, task.assigned_to, task.due_on) == ("ticket", ticket, li.id, TODAY)
    with pytest.raises(TicketRated, match="2 of 5"):
        tickets.rate(ticket, 5, by=shop.owner, now=shop.now)


def test_a_satisfied_member_is_not_called(shop: Shop) -> None:
    member = shop.member(PHONE)
    ticket = opened(shop, member_id=member)
    with pytest.raises(TicketInvalid):
        tickets.rate(ticket, 4, by=themselves(member), now=shop.now)
    tickets.close(ticket, "solved", by=shop.owner, now=shop.now)
    tickets.rate(ticket, 4, by=themselves(member), now=shop.now)
    assert followups.of_member(member, by=shop.owner, now=shop.now) == []


def test_what_is_closed_is_opened_again_first(shop: Shop) -> None:
    ticket = opened(shop, member_id=shop.member(PHONE))
    with pytest.raises(TicketOpen):
        tickets.reopen(ticket, by=shop.owner, now=shop.now)
    tickets.close(ticket, "solved", by=shop.owner, now=shop.now)
    with pytest.raises(TicketClosed):
        tickets.assign(ticket, None, by=shop.owner, now=shop.now)
    with pytest.raises(TicketClosed):
        tickets.reply(ticket, "Hello", by=shop.owner, now=shop.now)
    tickets.note(ticket, "Sent by post.", by=shop.owner, now=shop.now)
    assert [one.id for one in ticketlists.dealt_with(by=shop.owner, now=shop.now)] == [ticket]


def test_clerks_see_their_stores_and_what_is_given_to_them(shop: Shop) -> None:
    other = db.atomic(lambda: _store("浦东店"))()
    li = replace(clerk(shop), stores=frozenset({other}))
    ours, theirs = opened(shop), opened(shop, store_id=other)
    assert [one.id for one in ticketlists.queue(by=li, now=shop.now)] == [theirs]
    with pytest.raises(NotAllowed):
        ticketlists.get(ours, by=li, now=shop.now)
    with pytest.raises(NotAllowed):
        tickets.note(ours, "Mine?", by=li, now=shop.now)
    tickets.assign(ours, li.id, by=shop.owner, now=shop.now)
    assert [one.id for one in ticketlists.queue(by=li, now=shop.now)] == [ours, theirs]
    assert [one.id for one in ticketlists.queue(by=li, now=shop.now, mine=True)] == [ours]
    assert ticketlists.waiting(by=li, now=shop.now) == (2, 0)
    with pytest.raises(NotAllowed):
        ticketlists.queue(by=shop.owner_with(frozenset()), now=shop.now)


def test_a_ticket_goes_to_the_members_adviser(shop: Shop) -> None:
    shop.tier("gold", 1, adviser=True)
    li, member = clerk(shop), shop.member(PHONE, tier="gold")
    benefits.set_adviser(member, li.id, by=shop.owner, now=shop.now)
    assert of(shop, opened(shop, member_id=member)).owner == "李娜"
    with pytest.raises(AssigneeUnknown):
        opened(shop, member_id=member, owner_id=7)


def test_members_open_write_and_see_their_own(shop: Shop) -> None:
    member, other = shop.member(PHONE), shop.member("13900139000")
    me, terms = themselves(member), Terms("suggestion", "Longer hours", words="Till ten?", member_id=member)
    ticket = tickets.open_ticket(terms, by=me, now=shop.now)
    tickets.note(ticket, "For us only", by=shop.owner, now=shop.now)
    tickets.close(ticket, "solved", by=shop.owner, now=shop.now)
    tickets.say(ticket, "And on Sundays?", by=me, now=shop.now)
    lines = ticketlists.history(ticket, by=me, now=shop.now)
    assert [one.body for one in lines if one.kind != "change"] == ["Till ten?", "And on Sundays?"]
    assert [one.state for one in ticketlists.tickets_of(member, by=me, now=shop.now)] == ["open"]
    with pytest.raises(TicketUnknown):
        tickets.say(ticket, "Me too", by=themselves(other), now=shop.now)
    with pytest.raises(NotAllowed):
        tickets.open_ticket(terms, by=themselves(other), now=shop.now)
    with pytest.raises(NotAllowed):
        tickets.close(ticket, "solved", by=me, now=shop.now)


@pytest.mark.parametrize("wrong", [{"kind": "riddle"}, {"subject": "  "}, {"subject": "x" * 121}])
def test_what_no_ticket_can_be_is_refused(shop: Shop, wrong: dict[str, str]) -> None:
    terms = replace(Terms("enquiry", "Opening hours"), **wrong)  # type: ignore[arg-type]
    with pytest.raises(TicketInvalid):
        tickets.open_ticket(terms, by=shop.owner, now=shop.now)


# --- messages --------------------------------------------------------------------------------------


def wrote(shop: Shop, sid: str, body: str, number: str = "+8613800138000") -> None:
    inbound.receive(sid=sid, from_=number, body=body, opt_out_type=None, now=shop.now)


def test_a_message_opens_a_ticket_and_the_next_one_joins_it(shop: Shop) -> None:
    member = shop.member(PHONE)
    wrote(shop, "SM1", "Is the blue one back?")
    wrote(shop, "SM2", "STOP")
    assert takingin.take_in(by=shop.owner, now=shop.now) == 1
    wrote(shop, "SM3", "In size 40")
    assert takingin.take_in(by=shop.owner, now=shop.now) == 1
    assert takingin.take_in(by=shop.owner, now=shop.now) == 0
    (one,) = ticketlists.queue(by=shop.owner, now=shop.now)
    assert (one.kind, one.member_id, one.subject) == ("enquiry", member, "Is the blue one back?")
    bodies = [body for kind, _, body in said(shop, one.id) if kind == "message"]
    assert bodies == ["Is the blue one back?", "In size 40"]
    assert inbound.replies(by=shop.owner) == []


def test_what_may_mean_stop_stays_with_the_replies_too(shop: Shop) -> None:
    shop.member(PHONE)
    wrote(shop, "SM1", "please cancel my order")
    assert takingin.take_in(by=shop.owner, now=shop.now) == 1
    assert [one.sid for one in inbound.replies(by=shop.owner)] == ["SM1"]
    assert takingin.take_in(by=shop.owner, now=shop.now) == 0


def test_who_calls_about_a_message_is_told_its_words(shop: Shop) -> None:
    shop.member(PHONE)
    wrote(shop, "SM1", "The cake was dry")
    takingin.take_in(by=shop.owner, now=shop.now)
    (one,) = ticketlists.queue(by=shop.owner, now=shop.now)
    tickets.close(one.id, "solved", by=shop.owner, now=shop.now)
    tickets.rate(one.id, 1, by=shop.owner, now=shop.now)
    (call,) = calls.listing(by=shop.owner, now=shop.now)
    with i18n.use("en"):
        assert str(call.about[0]) == "enquiry: The cake was dry"


def test_strangers_have_a_ticket_for_each_number(shop: Shop) -> None:
    wrote(shop, "SM1", "Do you open on Sunday?", "+8613700137000")
    wrote(shop, "SM2", "And Monday?", "+8613700137000")
    wrote(shop, "SM3", "Where are you?", "+8613600136000")
    assert takingin.take_in(by=shop.owner, now=shop.now) == 3
    found = ticketlists.queue(by=shop.owner, now=shop.now)
    assert [(one.member_id, one.subject) for one in found] == [
        (None, "Do you open on Sunday?"), (None, "Where are you?"),
    ]  # fmt: skip


# --- members who merge or are forgotten ------------------------------------------------------------


def test_tickets_follow_a_merge_and_go_back(shop: Shop) -> None:
    kept, gone = shop.member(PHONE), shop.member("13900139000")
    ticket = opened(shop, member_id=gone)
    seen = merging.preview(kept, gone, by=shop.owner, now=shop.now)
    merge = merging.merge(kept, gone, mark=seen.mark, by=shop.owner, now=shop.now)
    assert of(shop, ticket).member_id == kept
    assert of(shop, opened(shop, member_id=gone)).member_id == kept
    merging.undo(merge, by=shop.owner, now=shop.now)
    assert of(shop, ticket).member_id == gone


def test_the_words_go_with_the_member(shop: Shop) -> None:
    member = shop.member(PHONE)
    ticket = opened(shop, member_id=member, words="I am at home after six.")
    wrote(shop, "SM1", "My door is the red one")
    takingin.take_in(by=shop.owner, now=shop.now)
    mark = erasure.preview(member, now=shop.now).mark
    erasure.erase(member, mark=mark, by=shop.owner, now=shop.now)
    found = of(shop, ticket)
    assert (found.state, found.subject, found.outcome) == ("closed", "", "no_answer")
    assert {body for _, _, body in said(shop, ticket)} == {""}
    with pytest.raises(locks.MemberErased):
        opened(shop, member_id=member)


def test_words_dealt_with_long_ago_are_emptied(one_shop: Shop) -> None:
    old, fresh = opened(one_shop), opened(one_shop)
    tickets.close(old, "solved", by=one_shop.owner, now=one_shop.now)
    assert carrying.forget_tickets(Millis(one_shop.now + DAY)) == 1
    assert [of(one_shop, one).subject for one in (old, fresh)] == ["", "The cup leaks"]


def test_the_record_of_a_member_is_one_line_of_time(shop: Shop) -> None:
    member = shop.member(PHONE)
    ticket = opened(shop, member_id=member)
    task = followups.plan(member, date(2026, 6, 2), followups.Plan(), by=shop.owner, now=shop.now)
    found = ticketlists.of_member(member, by=shop.owner, now=shop.now)
    assert [(one.what, one.id, one.state) for one in found] == [("contact", task, "open"), ("ticket", ticket, "open")]


# --- the rules by themselves -----------------------------------------------------------------------

EVENTS = st.sampled_from(["reply", "message", "promise", "assign", "close", "reopen"])


@given(st.lists(EVENTS, max_size=12))
def test_only_closing_closes_and_only_reopening_or_a_message_opens_again(events: list[ticketrules.Event]) -> None:
    state: ticketrules.State = "open"
    for event in events:
        before = state
        try:
            state = ticketrules.after(state, event, ticket_id=1)
        except Refused:
            continue
        assert (state == "closed") == (event == "close")
        assert before != "closed" or event in ("message", "reopen")


@given(st.sampled_from(ticketrules.KINDS), st.sampled_from(["open", "waiting"]), st.integers(-3, 40))
def test_what_is_due_lies_ahead_and_a_promise_holds_till_the_end_of_its_day(
    kind: ticketrules.Kind, state: ticketrules.State, ahead: int
) -> None:
    promised, now = date.fromordinal(TODAY.toordinal() + ahead), at(2026, 5, 29)
    due = ticketrules.due_at(kind, state, promised, rules.ShopRules(), now=now)
    assert due > now and not ticketrules.is_overdue(state, due, now=now)
    if state == "open" and ahead >= 0:
        assert due == at(2026, 5, 29, 0) + (ahead + 1) * DAY
