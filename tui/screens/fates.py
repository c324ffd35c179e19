"""What became of a message, in words: its state, and the reason for it."""

import re

from core.base.i18n import N_, T, Text

TEMPLATES = {
    "code": N_("sign-in code"),
    "welcome": N_("welcome"),
    "phone_changed": N_("number changed"),
    "wallet_balance": N_("stored value changed"),
    "tier_up": N_("tier reached"),
    "tier_down": N_("tier changed"),
    "tier_review": N_("tier soon reviewed"),
    "plan_ending": N_("plan soon over"),
    "birthday": N_("birthday"),
    "birthday_gift": N_("birthday gift"),
    "points_expiring": N_("points expire"),
    "bonus_expiring": N_("bonus expires"),
    "coupons_expiring": N_("coupons lapse"),
    "winback": N_("come back"),
    "ticket_reply": N_("answer on a ticket"),
    "ticket_promised": N_("day promised on a ticket"),
    "ticket_closed": N_("question after a ticket"),
    "winback_gift": N_("come back, with a gift"),
    "anniversary": N_("anniversary"),
    "anniversary_gift": N_("anniversary gift"),
    "festival": N_("festival"),
    "festival_gift": N_("festival gift"),
    "welcome_back": N_("word to a new member"),
    "welcome_gift": N_("gift to a new member"),
    "followup": N_("after a sale"),
    "followup_gift": N_("after a sale, with a gift"),
    "tier_near": N_("next tier near"),
    "booking_made": N_("booking made"),
    "booking_moved": N_("booking moved"),
    "booking_cancelled": N_("booking cancelled"),
    "booking_reminder": N_("booking reminder"),
    "event_booked": N_("signed up for an event"),
    "event_waiting": N_("waiting list of an event"),
    "event_moved_up": N_("moved up in an event"),
    "event_changed": N_("event changed"),
    "event_reminder": N_("event soon"),
    "event_called_off": N_("event called off"),
}

CATEGORIES = {
    "service": N_("notice"),
    "greeting": N_("greeting"),
    "gift_greeting": N_("gift"),
    "marketing": N_("offer"),
}

CHANNELS = {
    "sms": N_("text message"),
    "whatsapp": N_("WhatsApp"),
    "email": N_("e-mail"),
    "console": N_("console"),
    "file": N_("file"),
}

STATES = {
    "queued": N_("waiting"),
    "held": N_("held back"),
    "sending": N_("being sent"),
    "accepted": N_("on its way"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "undelivered": N_("not delivered"),
    "failed": N_("failed"),
    "refused": N_("refused"),
    "unknown": N_("unclear"),
    "review": N_("to be checked"),
    "dead": N_("given up"),
    "expired": N_("too late"),
    "skipped": N_("not sent"),
    "cancelled": N_("withdrawn"),
}

TONES = {"undelivered": "bad", "failed": "bad", "refused": "bad", "dead": "bad", "review": "warn",
         "unknown": "warn", "expired": "quiet", "skipped": "quiet", "cancelled": "quiet"}  # fmt: skip

_SENTENCES = {
    "queued": N_("Waiting to be sent."),
    "held": N_("Held back until someone releases it."),
    "sending": N_("Being sent now."),
    "accepted": N_("The provider took it; whether it arrived is not known yet."),
    "sent": N_("Handed to the phone network."),
    "delivered": N_("Arrived on the phone."),
    "undelivered": N_("The network could not deliver it: phone off, or number not in use."),
    "failed": N_("The provider tried and failed."),
    "refused": N_("The provider will not send it."),
    "unknown": N_("It may have left or not; it is looked up before anything is sent again."),
    "review": N_("Nobody knows whether it left. Look it up with the provider before writing again."),
    "dead": N_("Given up after several tries."),
    "expired": N_("Not sent: its time was over."),
    "skipped": N_("Not sent."),
    "cancelled": N_("Withdrawn before it was sent."),
}

_REASONS = {
    "too late": N_("Its day had passed before it could leave."),
    "member blocked": N_("The membership is blocked."),
    "member merged": N_("The member was merged into another one."),
    "member erased": N_("The member's data was erased."),
    "no address": N_("There is no number to send it to."),
    "suppressed": N_("This number asked for no messages, or cannot take any."),
    "no consent (service)": N_("The member did not agree to notices."),
    "no consent (abroad)": N_("The member did not agree to sending by a company abroad."),
    "no consent (marketing)": N_("The member did not agree to offers."),
    "occasion over": N_("What it was about is no longer so."),
    "quiet hours": N_("Not at this hour: it waits for the shop's hours for such messages."),
    "budget (month)": N_("What messages may cost this month is used up: it waits for the next month."),
    "budget (campaign)": N_("What the campaign may cost is used up; it waits for a while, in case that is raised."),
    "a greeting with a gift comes": N_("A greeting with a gift is due within the shop's pause, and comes first."),
    "gap": N_("The member had a message a few days ago; it waits for the shop's pause."),
    "fate unknown": N_("The provider gave no answer and its list does not show it."),
    "stop": N_("The member answered STOP."),
    "erased": N_("The member's data was erased."),
    "staff": N_("Staff took it back."),
    "looked up": N_("Staff looked it up with the provider."),
    "connect-timeout": N_("The provider could not be reached; it is tried again."),
    "dns": N_("The provider could not be found; is this machine on the internet?"),
    "connect-refused": N_("The provider could not be reached; it is tried again."),
    "certificate": N_("The provider's certificate is not trusted; check this machine's clock and certificates."),
}


def label(words: dict[str, str], id: str) -> Text:
    """The word for an id; the id itself where there is none."""
    return Text(words.get(id, id))


def fate(state: str, reason: str) -> tuple[Text, ...]:
    """What became of a message and why, a sentence each."""
    said = (Text(_SENTENCES[state]),) if state in _SENTENCES else (Text(state),)
    if not reason:
        return said
    if reason in _REASONS:
        return (*said, Text(_REASONS[reason]))
    if re.fullmatch(r"\d{5}", reason):
        return (*said, T("The provider's error {code}; its list of errors says more.", code=reason))
    return (*said, T("The provider says: {reason}.", reason=reason))


def unsaid(template: str) -> Text:
    """Why a message shows no text."""
    if template == "code":
        return T("The code itself is not kept.")
    return T("The text is made when it is sent, from the wording of that day.")
