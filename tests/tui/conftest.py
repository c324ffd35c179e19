"""Both languages are there before the catalogue is: the pages' own list fills what it lacks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base import i18n
from core.base.clock import Millis

LIST = Path(__file__).parents[2] / "tui" / "zh.txt"


def _pairs() -> dict[str, str]:
    if not LIST.exists():
        return {}
    return dict(line.split("\t", 1) for line in LIST.read_text("utf-8").splitlines() if line)


@pytest.fixture(autouse=True, scope="session")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A catalogue made of the real one and the list."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    real = i18n.LOCALE_DIR / "zh_CN" / "regulars.po"
    catalogue = Catalog(locale="zh_CN")
    if real.exists():
        with real.open("rb") as file:
            catalogue = read_po(file)
    for english, chinese in _pairs().items():
        message = catalogue.get(english) or catalogue.add(english)
        message.string = message.string or chinese
    folder = tmp_path_factory.mktemp("locale")
    (folder / "zh_CN").mkdir()
    with (folder / "zh_CN" / "regulars.po").open("wb") as file:
        write_po(file, catalogue)
    before = i18n.LOCALE_DIR
    i18n.LOCALE_DIR = folder
    i18n._catalogue.cache_clear()
    yield
    i18n.LOCALE_DIR = before
    i18n._catalogue.cache_clear()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """An empty migrated database, open in this process."""
    from core.base import db
    from core.tables import schema

    path = tmp_path / "shop.db"
    db.open_database(str(path), durable=False)
    schema.migrate(now=Millis(1_763_700_000_000))
    yield path
    db.close_database()
