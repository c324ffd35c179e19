"""The rows of the table, and how one is measured: in a process of its own."""

import importlib
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from bench.figures import Figure, Size, Unmeasurable

ROWS = ("sale", "quote", "processes", "lookup", "search", "nightly", "churn", "messages", "import", "tui")
MODULES = {"import": "movein"}
"""Where a row is not measured in the file of its name (a word of the language cannot be one)."""


def measured_alone(row: str, size: Size) -> Figure:
    """Measure a row in a fresh process, so that no row inherits another's memory or caches.

    Raises: Unmeasurable.
    """
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        try:
            return pool.submit(_measured, row, size).result()
        except BrokenProcessPool as error:
            raise Unmeasurable("Its process ended early; was it killed for its memory?") from error


def _measured(row: str, size: Size) -> Figure:
    figure: Figure = importlib.import_module(f"bench.{MODULES.get(row, row)}").measure(size, _say)
    return figure


def _say(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"· {line}\n")
