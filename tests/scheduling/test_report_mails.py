"""Reports by mail leave through a mail server not of ours, with their file; each period once."""

import scheduler
from core.base import clock, settings
from core.base.access import scheduler as job
from core.base.clock import DAY, HOUR, Millis
from core.base.settings import Settings
from core.reports import mailing
from mailing import mail_reports
from tests.fakes.mailserver import Postbox, mail_server
from tests.shops import Shop


def mailed(shop: Shop, port: int, after: int) -> str:
    server = f"smtp://127.0.0.1:{port}?starttls=off"
    account = {"twilio_account_sid": "AC" + 32 * "0", "twilio_auth_token": 32 * "1", "twilio_from": "+12025550100"}
    given = Settings(secret="test secret", channel="twilio", smtp_url=server, mail_from="Shop <hello@shop.example>",
                     **account)  # type: ignore[arg-type]  # fmt: skip
    now = Millis(shop.now + after)
    with clock.set_to(now):
        return mail_reports(given, by=job("report-mail"), now=now)


def test_a_report_leaves_once_with_its_file(one_shop: Shop) -> None:
    mailing.add("sales", "week", staff_id=one_shop.owner.id, address="zhou@example.com", language="zh",
                by=one_shop.owner, now=one_shop.now)  # fmt: skip
    postbox = Postbox()
    with mail_server(postbox) as port:
        assert [mailed(one_shop, port, 3 * DAY + hour * HOUR) for hour in (0, 1)] == ["1 of 1", "0 of 0"]
    (mail,) = postbox.mails
    (file,) = mail.iter_attachments()
    assert (mail["To"], file.get_filename()) == ("zhou@example.com", "sales-2026-05-25.xlsx")
    assert file.get_content()[:2] == b"PK"


def test_a_receiver_the_server_refuses_is_told_once(one_shop: Shop) -> None:
    mailing.add("sales", "week", staff_id=one_shop.owner.id, address="zhou@example.com", language="zh",
                by=one_shop.owner, now=one_shop.now)  # fmt: skip
    with mail_server(Postbox({"zhou@example.com": "550 5.1.1 no such user"})) as port:
        mailed(one_shop, port, 3 * DAY)
    (one,) = mailing.listing(by=one_shop.owner)
    assert (one.state, one.reason) == ("refused", "address 550")


def test_the_job_mails_to_the_channel_of_the_shop(one_shop: Shop, tmp_path: object) -> None:
    settings.use(Settings(secret="test secret", channel="file", outbox_file=f"{tmp_path}/out.jsonl"))
    mailing.add(mailing.MONTH_PAGE, "month", staff_id=one_shop.owner.id, address="zhou@example.com", language="zh",
                by=one_shop.owner, now=one_shop.now)  # fmt: skip
    now = Millis(one_shop.now + 3 * DAY)
    with clock.set_to(now):
        assert scheduler.run_job("report-mail", "x", now=now) == "1 of 1"
    with open(f"{tmp_path}/out.jsonl", encoding="utf-8") as sent:
        assert '"name": "month-page-2026-05-01.pdf"' in sent.read()
