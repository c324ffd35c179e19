"""Build hook: the catalogues are compiled into the wheel."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compile each .po beside its source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the .mo files that the wheel takes along as artifacts."""
        for source in Path(self.root, "core", "locale").glob("*/regulars.po"):
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po))
