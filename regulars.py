"""The front door: the `regulars` command. One thin function a verb; everything is imported when used."""

import importlib
import json
import keyword
import os
import sys
from pathlib import Path
from typing import Any, ClassVar

import click

from commands.frame import VERSION, keep_log, language, open_shop, owner, say, settings_of, verb
from core.base import i18n
from core.base.i18n import _

DONE, REFUSED, WRONG_USE = 0, 1, 2


class _Lazy(click.Group):
    """The front door with groups that are loaded when they are asked for."""

    TOPICS: ClassVar[dict[str, str]] = {
        "promotion": "commands.offers", "coupon": "commands.offers",
        "sale": "commands.till", "day": "commands.till", "parked": "commands.till",
        "statement": "commands.loyalty", "liability": "commands.loyalty", "lottery": "commands.loyalty",
        "ssh-keys": "commands.sshkeys", "webhook": "commands.webhooks", "key": "commands.keys",
        "source": "commands.sources", "cards": "commands.sources", "member": "commands.members",
        "backup": "commands.backups", "restore": "commands.backups", "checklist": "commands.golive",
        "import": "commands.movein", "export": "commands.takeout", "practice": "commands.practice",
        "report": "commands.reportverbs", "message": "commands.messages", "suppress": "commands.messages",
        "care": "commands.care", "festival": "commands.care",
        "segment": "commands.segments", "campaign": "commands.campaigns",
        "alert": "commands.alerts", "churn": "commands.churn", "winback": "commands.winback",
        "upgrade": "commands.running", "support": "commands.running", "launch-kit": "printing",
        "till-card": "printing",
    }  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs and groups, by name."""
        return sorted([*super().list_commands(ctx), *self.TOPICS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb or group by its name."""
        if cmd_name in self.TOPICS:
            name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
            found: click.Command = getattr(importlib.import_module(self.TOPICS[cmd_name]), name)
            return found
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=_("Regulars (熟客): the membership system a shop runs itself."),
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    envvar="REGULARS_FOLDER",
    default=Path(),
    help=_("Where the shop's database and settings are."),
)
@click.version_option(VERSION, prog_name="regulars")
@click.pass_context
def cli(context: click.Context, folder: Path) -> None:
    """Keep the folder for the verbs."""
    context.obj = folder.absolute()


class _Terminal:
    """Asks the owner at this terminal."""

    def ask(self, question: str, default: str | None, *, hidden: bool = False) -> str:
        again = _("Again") if hidden else False
        answer = click.prompt(
            question, default=default, hide_input=hidden, confirmation_prompt=again, show_default=bool(default)
        )
        return str(answer)

    def tell(self, sentence: str) -> None:
        click.echo(sentence)


# --- opening ---------------------------------------------------------------------------------------


@verb(
    cli,
    "init",
    _("Open a shop in an empty folder: asked step by step, or by these flags."),
    click.option("--language", type=click.Choice(["zh", "en"]), help=_("Language of the shop.")),
    click.option("--shop", help=_("Name of the shop.")),
    click.option("--store", help=_("Name of the first store.")),
    click.option("--owner", help=_("Name of the owner.")),
    click.option("--login", help=_("The owner's sign-in name.")),
    click.option("--password-file", type=click.File(), help=_("File that holds the owner's password.")),
    click.option(
        "--product", "products", multiple=True, help=_("A product as name=price or name=price=barcode; repeat it.")
    ),
    click.option("--zone", help=_("Time zone, like Asia/Shanghai.")),
    click.option("--region", help=_("Country of your customers' phone numbers, like CN.")),
    click.option("--symbol", help=_("The currency's sign, like ¥.")),
)
def init(folder: Path, **flags: Any) -> None:
    from core.base import clock, db
    from core.keeping import asking, opening
    from core.tables import schema

    answers = asking.answers(flags, _Terminal() if sys.stdin.isatty() and not flags["password_file"] else None)
    folder.mkdir(parents=True, exist_ok=True)
    loaded = settings_of(folder)
    db.open_database(loaded.database)
    schema.migrate(now=clock.now())
    opening.open_shop(answers, now=clock.now())
    say(_("{shop} is open. Its data is in {path}.", shop=answers.shop_name, path=loaded.database))
    say(_("Next: `regulars tui` opens the back-office (sign in as {login}); F3 is the till.", login=answers.login))
    say(_("Then: `regulars kiosk` and `regulars scheduler`, each in a terminal of its own or as a service."))


@verb(
    cli,
    "demo",
    _("Try it: a made-up shop in a folder of its own, which can send nothing real."),
    click.option("--fresh", is_flag=True, help=_("Make the demo shop anew.")),
)
def demo(folder: Path, fresh: bool) -> None:
    from core.keeping import showing

    with showing.running(folder / ".demo", fresh=fresh, say=say, todays_jobs=_todays_jobs) as shown:
        for line in shown.lines():
            say(line)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            say(_("Not on a terminal: everything was started, answered, and ends here."))
            return
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
        from core.base import settings
        from tui import start

        keep_log(settings.current(), shown.folder)
        click.pause(_("Press any key to open the back-office …"))
        sys.exit(start.run(shown.owner(language()), log=shown.folder / "crash.log"))


def _todays_jobs() -> dict[str, str]:
    import scheduler
    from core.base import clock

    return scheduler.run_today(f"demo-{os.getpid()}", now=clock.now())


# --- processes -------------------------------------------------------------------------------------


@verb(
    cli,
    "tui",
    _("The back-office, in this terminal."),
    click.option("--key", type=int, help=_("As the account of this SSH key; sshd says which.")),
)
def tui(folder: Path, key: int | None) -> None:
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    open_shop(folder)
    from core.base import clock
    from core.books import rules
    from tui import start

    if language() is None:
        i18n.set_scope(rules.current(now=clock.now()).language)
    log = folder / "crash.log"
    sys.exit(start.run(None, log=log) if key is None else start.run_by_key(key, log=log))


@verb(cli, "kiosk", _("The kiosk, the customers' pages and the API, over HTTP."))
def kiosk(folder: Path) -> None:
    loaded = open_shop(folder)
    keep_log(loaded, folder, serving=True)
    from kiosk import app

    say(
        _(
            "Kiosk: {url}/kiosk   API: {url}/api/v1/docs   (Ctrl-C ends it)",
            url=f"http://{loaded.kiosk_host}:{loaded.kiosk_port}",
        )
    )
    app.run(loaded)


@verb(
    cli,
    "scheduler",
    _("Greets, reminds and warns: runs the jobs and sends what is in the outbox."),
    click.option("--once", is_flag=True, help=_("Run what is due, send what is queued, and end.")),
    click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help=_("With --once: as if it were noon of this day.")),
)
def scheduler_(folder: Path, once: bool, on: Any) -> None:
    loaded = open_shop(folder)
    import scheduler

    if on is not None and not once:
        raise click.UsageError(_("--on needs --once."))
    if not once:
        keep_log(loaded, folder, serving=True)
        scheduler.main(loaded)
        return
    for name, result in scheduler.once(loaded, on=on.date() if on else None).items():
        say(f"{name}: {result}")


# --- looking after the shop --------------------------------------------------------------------------


@verb(
    cli,
    "doctor",
    _("Replay every ledger and check the installation; exit code 1 if anything differs."),
    click.option("--json", "as_json", is_flag=True, help=_("For programs.")),
)
def doctor(folder: Path, as_json: bool) -> None:
    open_shop(folder)
    from core.base import clock
    from core.keeping import doctor as verbs

    found = verbs.examine(now=clock.now())
    if as_json:
        say(json.dumps([{"check": f.check, "what": str(f.what), "next": str(f.next_step)} for f in found]))
    else:
        for one in found:
            say(f"✗ {one.check}: {one.what}\n  → {one.next_step}")
        if not found:
            say(_("All is well: {count} checks, no difference.", count=len(verbs.CHECKS)))
    sys.exit(REFUSED if found else DONE)


@verb(
    cli,
    "migrate",
    _("Bring the database up to date after an update of the program, or move it to the other engine."),
    click.option("--to", default="", metavar="DATABASE", help=_("Move to: postgresql://user@host/name, or a file.")),
    click.option("--again", is_flag=True, help=_("With --to: start over where a move did not finish.")),
)
def migrate(folder: Path, to: str, again: bool) -> None:
    if to:
        from commands import moving

        moving.move(folder, to, again=again)
        return
    from core.base import clock, db
    from core.tables import schema

    db.open_database(settings_of(folder).database)
    done = schema.migrate(now=clock.now())
    say(_("Applied: {names}", names=", ".join(done)) if done else _("The database is up to date."))


@cli.group("job", help=_("Scheduled jobs."))
def job() -> None:
    """Group."""


@verb(job, "list", _("All jobs with their next times."))
def job_list(folder: Path) -> None:
    open_shop(folder)
    import scheduler
    from core.base import clock, text
    from core.keeping import jobs, slots

    jobs.ensure(scheduler.default_jobs(clock.now()))
    for one in jobs.all_jobs():
        times = ", ".join(f"{moment:%m-%d %H:%M}" for moment in slots.next_times(one, now=clock.now()))
        state = _("on") if one.enabled else _("off")
        say(f"{one.name:<16} {one.cron:<14} {text.fit(state, 4)} {times}")


@verb(
    job,
    "set",
    _("Give a job other times: regulars job set doctor --cron “30 5 * * mon-fri”"),
    click.argument("name"),
    click.option("--cron", help=_("Minute, hour, day, month, weekday.")),
    click.option("--zone", help=_("The time zone they are read in.")),
    click.option("--catch-up", "catch_up_s", type=int, help=_("So many seconds a missed run is caught up.")),
)
def job_set(folder: Path, name: str, cron: str | None, zone: str | None, catch_up_s: int | None) -> None:
    open_shop(folder)
    import scheduler
    from core.base import clock
    from core.keeping import jobs, slots

    jobs.ensure(scheduler.default_jobs(clock.now()))
    done = jobs.reschedule(name, cron=cron, zone=zone, catch_up_s=catch_up_s, by=owner(), now=clock.now())
    say(", ".join(f"{moment:%m-%d %H:%M}" for moment in slots.next_times(done, now=clock.now())))


@verb(job, "run", _("Run one job now."), click.argument("name"))
def job_run(folder: Path, name: str) -> None:
    open_shop(folder)
    import scheduler
    from core.base import clock
    from core.keeping import jobs

    if name not in scheduler.BY_NAME:
        raise click.UsageError(_("There is no job “{name}”: {known}", name=name, known=", ".join(scheduler.BY_NAME)))
    slot = f"by hand {clock.iso(clock.now())}"
    jobs.claim(name, slot, owner=f"cli-{os.getpid()}", now=clock.now())
    say(f"{name}: {scheduler.run_job(name, slot, now=clock.now())}")


@cli.group("rule", help=_("The shop's rules."))
def rule() -> None:
    """Group."""


@verb(rule, "list", _("All rules and their values."))
def rule_list(folder: Path) -> None:
    open_shop(folder)
    from dataclasses import asdict

    from core.base import clock
    from core.books import rules
    from core.outreach import gap

    found = rules.current(now=clock.now())
    for name, value in asdict(found).items():
        meant = f"   {gap.said(found)}" if name == "gap_days" else ""
        say(f"{name:<24} {value}{meant}")


@verb(rule, "set", _("Set one rule from now on."), click.argument("name"), click.argument("value"))
def rule_set(folder: Path, name: str, value: str) -> None:
    open_shop(folder)
    from core.base import clock
    from core.books import rules

    rules.change(name, value, by=owner(), now=clock.now())
    say(_("{name} is {value} from now on.", name=name, value=value))


# --- people and machines -----------------------------------------------------------------------------


@cli.group("staff", help=_("Staff accounts."))
def staff() -> None:
    """Group."""


@verb(
    staff,
    "add",
    _("Add a staff account; the password is asked for."),
    click.argument("login"),
    click.option("--name", default="", help=_("The person's name.")),
    click.option(
        "--role", type=click.Choice(["owner", "manager", "clerk"]), default="clerk", help=_("What they may do.")
    ),
    click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help=_("Language they work in.")),
    click.option("--password-file", type=click.File(), help=_("File that holds the password.")),
)
def staff_add(folder: Path, login: str, name: str, role: str, language: str, password_file: Any) -> None:
    open_shop(folder)
    from core.base import clock
    from core.people import staff as verbs

    password = password_file.read().strip() if password_file else click.prompt(_("Password"), hide_input=True)
    verbs.create(login, name, role, password=password, by=owner(), now=clock.now(), language=language)
    say(_("{login} can sign in as {role}.", login=login, role=role))


@cli.group("device", help=_("Kiosk screens."))
def device() -> None:
    """Group."""


@verb(
    device,
    "pair",
    _("A one-time code that pairs a screen within ten minutes."),
    click.option("--store", type=int, help=_("Store id; the first store if left out.")),
    click.option("--name", default="kiosk", help=_("Name of the screen.")),
)
def device_pair(folder: Path, store: int | None, name: str) -> None:
    open_shop(folder)
    from core.base import clock
    from core.keeping import opening
    from core.people import devices

    code = devices.new_pairing(store or opening.stores()[0][0], name, by=owner(), now=clock.now())
    say(_("Type {code} on the screen within ten minutes.", code=f"{code[:4]}-{code[4:]}"))


@cli.group("product", help=_("Products."))
def product() -> None:
    """Group."""


@verb(
    product,
    "add",
    _("Add a product, like: regulars product add 珍珠奶茶 18.00"),
    click.argument("name"),
    click.argument("price"),
    click.option("--barcode", default=None, help=_("Its barcode.")),
    click.option("--category", default="", help=_("Its category.")),
)
def product_add(folder: Path, name: str, price: str, barcode: str | None, category: str) -> None:
    open_shop(folder)
    from core.base import clock
    from core.goods import catalogue
    from core.keeping import asking

    cents = asking.cents_of(price)
    catalogue.create(name, cents, by=owner(), now=clock.now(), barcode=barcode, category=category)
    say(_("{name} is sold for {price_cents}.", name=name, price_cents=cents))


# --- channels ----------------------------------------------------------------------------------------


@cli.group("channel", help=_("What messages go by: sms, whatsapp, email."))
def channel() -> None:
    """Group."""


@verb(channel, "list", _("What is set up, and where a provider's reports shall go; a mistake in a setting is named."))
def channel_list(folder: Path) -> None:
    loaded = open_shop(folder)
    import scheduler
    from commands import channels

    channels.tell(loaded, scheduler.channels_for(loaded))


@verb(
    channel,
    "test",
    _("Send one message with made-up facts to an address of your own; the scheduler does it within a second."),
    click.argument("address"),
    click.option("--by", default="sms", show_default=True, type=click.Choice(["sms", "whatsapp", "email"]),
                 help=_("By which channel.")),
    click.option("--template", default="welcome", show_default=True, help=_("Which message.")),
)  # fmt: skip
def channel_test(folder: Path, address: str, by: str, template: str) -> None:
    open_shop(folder)
    from core.base import clock
    from core.outreach import trials

    number = str(trials.send(address, by, template=template, by=owner(), now=clock.now()))
    say(_("Message {message} waits. `regulars channel fate {message}` shows what became of it.", message=number))


@verb(channel, "fate", _("What became of a trial."), click.argument("outbox_id", type=int))
def channel_fate(folder: Path, outbox_id: int) -> None:
    open_shop(folder)
    from core.outreach import trials

    say("  ".join(trials.fate(outbox_id, by=owner())).strip())


def main() -> None:
    """Run the command; a refusal is one sentence on standard error and exit code 1."""
    from core.base.errors import RegularsError

    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(WRONG_USE)
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Stopped. Nothing is half done."), err=True)
        sys.exit(REFUSED)
    except RegularsError as refusal:
        click.echo(refusal.sentence(), err=True)
        sys.exit(REFUSED)
    except ValueError as unfit:
        if type(unfit) is ValueError:
            raise
        click.echo(str(unfit), err=True)
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
