"""`python -m bench.office FILE [all]`: the back-office of the owner, with the members' page or with all sections."""

import sys
from pathlib import Path

from core.base import clock, db, i18n
from core.base.i18n import N_
from core.books import rules
from core.people import staff
from tui import start


def main(file: str, sections: str = "members") -> int:
    """Run it on this terminal until it is left; the exit code."""
    start.prepare()
    db.open_database(file)
    owner = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id")))
    shop = rules.current(now=clock.now())
    i18n.set_scope(owner.language, symbol=shop.symbol, zone=shop.zone)

    from tui.app import BackOffice  # Textual reads the environment while it is imported
    from tui.gateway import Gateway
    from tui.sections import SECTIONS, Section, lazy

    gateway = Gateway()
    gateway.start()
    try:
        members = Section("f4", "members", N_("Members"), lazy("tui.screens.members:MembersPage"))
        app = BackOffice(
            owner,
            gateway,
            log=Path(file).with_name("crash.log"),
            sections=SECTIONS if sections == "all" else (members,),
        )
        app.run()
    finally:
        gateway.close()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
