"""`make shots`: the journey once more, keeping what a person would have seen and typed, into .shots/.

Terminal captures at 80×24 and 120×40 with the keys that led there, kiosk and phone screenshots, in
both languages.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from core.base import clock, db
from core.tables import schema
from tests.conftest import CHROMIUM, FLAGS
from tests.journeys.street import Street
from tests.journeys.test_the_day import the_day

SIZES = ((80, 24), (120, 40))


def main(target: Path) -> None:
    """Walk the day in each language and size; every walk is a shop of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        for language in ("zh", "en"):
            for size in SIZES:
                folder = target / f"{language}-{size[0]}x{size[1]}"
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory() as shop:
                    db.open_database(f"{shop}/regulars.db")
                    schema.migrate(now=clock.now())
                    with Street(Path(shop), browser, size).open_doors() as street:
                        the_day(street, language)
                    db.close_database()
                for number, (name, text) in enumerate(street.shots.items(), 1):
                    (folder / f"{number:02d} {name}.txt").write_text(text + "\n", "utf-8")
                for name, picture in street.pictures.items():
                    (folder / f"{name}.png").write_bytes(picture)
                (folder / "keys.txt").write_text("\n".join(street.keys) + "\n", "utf-8")
                sys.stdout.write(f"{folder}: {len(street.shots)} captures, {len(street.pictures)} pictures\n")
        browser.close()


if __name__ == "__main__":
    main(Path(".shots"))
