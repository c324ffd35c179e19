"""`python -m bench`: measures the rows asked for, prints the table, writes one JSON object a row."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from bench import peers
from bench.figures import Size, Unmeasurable, table
from bench.rows import ROWS, measured_alone


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 1 if a row that was asked for could not be measured."""
    asked = _asked(arguments)
    if not asked.peers:
        os.environ[peers.CHOICE] = "no"
    figures, failed = [], False
    for row in asked.rows:
        try:
            figures.append(measured_alone(row, asked.size))
        except Unmeasurable as error:
            failed = True
            print(f"{row}: not measured. {error}", file=sys.stderr)
    if figures:
        print(table(figures))
    if asked.out is not None:
        asked.out.write_text("".join(figure.as_json() + "\n" for figure in figures), "utf-8")
    return int(failed)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=_rows, default=ROWS, help="of " + ",".join(ROWS))
    parser.add_argument("--size", choices=get_args(Size), default="small")
    parser.add_argument("--out", type=Path, help="file for the JSON, one object a row")
    parser.add_argument(
        "--no-peers", dest="peers", action="store_false", help=f"make and ask no peers (as {peers.CHOICE}=no does)"
    )
    return parser.parse_args(arguments)


def _rows(given: str) -> tuple[str, ...]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    if strangers := [name for name in names if name not in ROWS]:
        raise argparse.ArgumentTypeError(f"no row {', '.join(strangers)}; the rows are {', '.join(ROWS)}")
    return tuple(names)


if __name__ == "__main__":
    sys.exit(main())
